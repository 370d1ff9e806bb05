"""How blocks, reports and what moderators keep apart look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.blocks.model import Apart, Block
from bot.errors import UserError
from bot.reports.model import WORDS_LENGTH, Report
from bot.views import Form, Panel, button, clip, field, given_back, helplines_button, plain, row

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

BLOCK = "safety:block"
"""Blocks the other person of a scene; the arguments are its name and a reference."""

BLOCK_PERSON = "safety:block_person"
"""Blocks somebody; the arguments are the server and the person."""

UNBLOCK = "safety:unblock"
STAYS = "safety:stays"
"""Makes a block hold on after leaving, or not; server, person, and `yes` or `no`."""

LIST = "safety:list"
"""Turns to a page of one's own blocks."""

REPORT = "safety:report"
"""Opens the form; the arguments are a scene's name, a reference, and whom it is about if asked."""

REPORTS = "safety:reports"
"""Shows moderators a report; `waiting` or `handled`, and its place in the list."""

HANDLE = "safety:handle"
APART = "safety:apart"
CONFIRM = "safety:confirm"
LET_MEET = "safety:let_meet"

WAITING = "waiting"
HANDLED = "handled"
YES, NO = "yes", "no"

ELSE = "else"
"""In place of whom a report is about: none of those who are offered."""

PAGE = 6
"""Blocks, or pairs, on one page."""


# Blocks


def choose(words: Words, server_id: int, partners: Sequence[int]) -> Panel:
    """Whom to block: those met lately, each with a button, and how to name anybody else."""
    met = [
        ui.Section[Any](
            person(words, one),
            accessory=button(words("safety.block.button"), BLOCK_PERSON, server_id, one),
        )
        for one in partners
    ]
    return Panel(
        f"## {words('safety.block.title')}",
        *met,
        words("safety.block.how"),
        "-# " + words("safety.block.silent"),
        row(button(words("safety.block.list"), LIST, 0), helplines_button(words)),
    )


def blocked(words: Words, server_ids: Sequence[int], other: int, *, stays: bool) -> Panel:
    """A block that is there now, with what can be done about it."""
    only = server_ids[0] if len(server_ids) == 1 else None
    return Panel(
        words("safety.block.done", person=person(words, other)),
        words("safety.block.silent"),
        words("safety.block.stays_yes" if stays else "safety.block.stays_no"),
        row(
            _stays_button(words, only, other, stays=stays) if only else None,
            button(words("safety.block.undo"), UNBLOCK, only, other) if only else None,
            button(words("safety.block.list"), LIST, 0),
            helplines_button(words),
        ),
    )


def _stays_button(words: Words, server_id: int, other: int, *, stays: bool) -> ui.Button[Any]:
    return button(
        words("safety.block.let_end" if stays else "safety.block.make_stay"),
        STAYS,
        server_id,
        other,
        NO if stays else YES,
    )


def listing(
    words: Words,
    blocks: Sequence[Block],
    names: dict[int, str] | None,
    page: int,
    *,
    note: str | None = None,
) -> Panel:
    """One's own blocks, each with a way to take it back; `names` are those of several servers."""
    shown = blocks[page * PAGE : (page + 1) * PAGE]
    parts: list[ui.Item[Any] | str] = []
    for one in shown:
        since = discord.utils.format_dt(one.made_at, "d")
        lines = [person(words, one.blocked_user_id), f"-# {words('safety.since', date=since)}"]
        if names is not None:
            lines.append(f"-# {plain(names[one.server_id])}")
        if one.stays:
            lines.append(f"-# {words('safety.block.stays_short')}")
        undo = button(words("safety.block.undo"), UNBLOCK, one.server_id, one.blocked_user_id)
        parts.append(ui.Section[Any]("\n".join(lines), accessory=undo))
    turning = _turning(words, LIST, page, len(blocks))
    return Panel(
        note,
        f"## {words('safety.block.list_title')}",
        *(parts or [words("safety.block.nobody")]),
        turning,
        "-# " + words("safety.block.silent"),
        row(helplines_button(words)),
    )


def unblocked(words: Words, other: int, *, was: bool) -> Panel:
    """A block that is no longer there, or never was."""
    key = "safety.block.undone" if was else "safety.block.was_not"
    return Panel(
        words(key, person=person(words, other)),
        row(button(words("safety.block.list"), LIST, 0), helplines_button(words)),
    )


def server_of(interaction: Interaction) -> int:
    """Give the server somebody acts in; raises UserError for direct messages."""
    if interaction.guild_id is None:
        raise UserError("safety.in_server")
    return interaction.guild_id


def person(words: Words, user_id: int) -> str:
    """Name somebody: as Discord shows them, and by id, which also works for whoever has left."""
    return words("safety.person", mention=f"<@{user_id}>", id=str(user_id))


# Reports


class ReportForm(Form):
    """A member's own words to the moderators."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str, bool, int | None], Awaitable[None]],
        *,
        about: int | None,
        servers: dict[int, str] | None = None,
        of_few: bool = False,
    ) -> None:
        """`of_few`: it is opened where only a few people are."""
        text: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=WORDS_LENGTH
        )
        named: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for value in (NO, YES):
            named.add_option(
                label=words(f"safety.report.named_{value}"), value=value, default=value == NO
            )
        where: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(label=clip(name, 100), value=str(server_id))
                for server_id, name in list((servers or {}).items())[:25]
            ]
        )
        told = [words("safety.report.who_reads")]
        if about is not None:
            told.insert(0, words("safety.report.about", person=person(words, about)))
        if of_few:
            told.append(words("safety.report.of_few"))

        async def read(interaction: Interaction) -> None:
            chosen = int(where.values[0]) if where.values else None
            await submitted(interaction, text.value, named.value == YES, chosen)

        parts: list[ui.Label[Any] | ui.TextDisplay[Any]] = [ui.TextDisplay("\n".join(told))]
        if servers:
            parts.append(field(words("safety.report.where"), where))
        parts += [
            field(words("safety.report.words"), text),
            field(words("safety.report.named"), named),
        ]
        super().__init__(client, words("safety.report.title"), read, *parts)


def whom(words: Words, scene: str, reference: str, others: Sequence[int], *, known: bool) -> Panel:
    """Ask whom a report is about: who of the several people there, or who of those met lately.

    Unless they are `known` to have been there, it may be about none of them.
    """
    none = None
    if not known:
        none = row(button(words("safety.report.else"), REPORT, scene, reference, ELSE))
    people = [
        ui.Section[Any](
            person(words, one),
            accessory=button(words("safety.report.button"), REPORT, scene, reference, one),
        )
        for one in others[:PAGE]
    ]
    return Panel(
        f"## {words('safety.report.title')}",
        words("safety.report.whom" if known else "safety.report.whom_unknown"),
        *people,
        none,
        row(helplines_button(words)),
    )


def reported(words: Words, server_id: int, about: int | None) -> Panel:
    """It is with the moderators; what else can be done now."""
    block = None
    if about is not None:
        block = button(words("safety.block.button"), BLOCK_PERSON, server_id, about)
    return Panel(
        words("safety.report.done"),
        words("safety.report.kept"),
        row(block, helplines_button(words)),
    )


def not_reported(words: Words, key: str, params: dict[str, object], text: str) -> Panel:
    """It was not taken; the words come back."""
    return Panel(words(key, **params), given_back(text), row(helplines_button(words)))


def report(
    words: Words, reports: Sequence[Report], state: str, place: int, *, note: str | None = None
) -> Panel:
    """One report, for moderators, with the way to the others."""
    title = f"## {words(f'safety.reports.{state}', count=len(reports))}"
    other = HANDLED if state == WAITING else WAITING
    switch = button(words(f"safety.reports.show_{other}"), REPORTS, other, 0)
    if not reports:
        return Panel(note, title, words("safety.reports.nothing"), row(switch))
    place = min(place, len(reports) - 1)
    one = reports[place]
    about = words("safety.reports.nobody")
    if one.about_user_id is not None:
        about = person(words, one.about_user_id)
    reporter = words("safety.reports.unnamed")
    if one.named:
        reporter = person(words, one.reporter_user_id)
    lines = [
        discord.utils.format_dt(one.made_at, "f"),
        words("safety.reports.about", person=about),
        words("safety.reports.by", person=reporter),
        words("safety.reports.where", scene=words(f"safety.scene.{one.scene}")),
    ]
    if one.reference is not None:
        lines.append(f"https://discord.com/channels/{one.server_id}/{one.reference}")
    earlier = button(words("safety.earlier"), REPORTS, state, place - 1) if place else None
    more = place + 1 < len(reports)
    later = button(words("safety.later"), REPORTS, state, place + 1) if more else None
    done = button(words("safety.reports.done"), HANDLE, one.id) if state == WAITING else None
    return Panel(
        note,
        title,
        "\n".join(lines),
        plain(one.words),
        "-# " + words("safety.reports.kept"),
        row(done, earlier, later, switch),
    )


# What moderators keep apart


def apart(words: Words, pairs: Sequence[Apart], page: int, *, note: str | None = None) -> Panel:
    """The pairs that are kept apart, those that end soonest first."""
    parts: list[ui.Item[Any] | str] = []
    for one in pairs[page * PAGE : (page + 1) * PAGE]:
        first, second = one.first_user_id, one.second_user_id
        until = discord.utils.format_dt(one.ends_at, "d")
        parts.append(
            f"{person(words, first)} · {person(words, second)}\n"
            f"-# {words('safety.apart.until', date=until)}"
        )
        parts.append(
            row(
                button(words("safety.apart.confirm"), CONFIRM, first, second),
                button(words("safety.apart.let_meet"), LET_MEET, first, second),
            )
        )
    return Panel(
        note,
        f"## {words('safety.apart.title')}",
        *(parts or [words("safety.apart.nobody")]),
        _turning(words, APART, page, len(pairs)),
        "-# " + words("safety.apart.silent"),
    )


def _turning(words: Words, action: str, page: int, count: int) -> ui.ActionRow[Any] | None:
    earlier = button(words("safety.earlier"), action, page - 1) if page else None
    more = (page + 1) * PAGE < count
    later = button(words("safety.later"), action, page + 1) if more else None
    return row(earlier, later) if earlier or later else None
