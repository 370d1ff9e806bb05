"""How questions to the moderators look: before they go, to the asker later, and in the queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.clock import to_epoch
from bot.views import (
    Form,
    Panel,
    button,
    clip,
    field,
    given_back,
    helplines_button,
    menu,
    plain,
    row,
)
from cogs.faq.questions_model import (
    NOTE_LENGTH,
    WORDS_LENGTH,
    Asking,
    Group,
    Hear,
    Question,
    Reason,
    State,
)
from cogs.faq.views import SHOW, told

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.errors import UserError
    from bot.texts import Words
    from cogs.faq.model import Entry

ASK = "faq:question_ask"
"""Shows what would go; this and the next ones remember under which key the words are in memory."""
CHANGE = "faq:question_change"
HEAR = "faq:question_hear"
NAME = "faq:question_name"
SEND = "faq:question_send"
DROP = "faq:question_drop"
WRITE = "faq:question_write"
"""Opens an empty form, where the words are gone."""
BACK = "faq:question_back"
"""Takes a question back; the argument is its id."""
QUIET = "faq:question_quiet"
MINE = "faq:question_mine"
"""Shows what one has asked; the argument is what the message is found again by."""

QUEUE = "faq:questions"
"""Shows moderators a group; its place, and whether like ones stand together."""
ANSWER = "faq:question_answer"
"""This and the next ones remember a group: its first question, how it was put together, and when
the newest that was seen of it was asked."""
WITH = "faq:question_with"
ENTRY = "faq:question_entry"
GIVE = "faq:question_give"
DECLINE = "faq:question_decline"
HAND = "faq:question_hand"
HANDED = "faq:question_handed"

COMPANY = "company:ask"

TOGETHER, APART = "1", "0"
ON, OFF = "on", "off"

SHOWN = 4
"""Questions of a group whose words are shown; that they are alike, their number says."""
SHOWN_WORDS = 700
"""Characters of each of several; one alone is shown whole."""
MINE_SHOWN = 6
MINE_WORDS = 400
"""Questions on one's own list, and characters of each: three wait at most."""
OFFERED = 25
"""Entries to choose from: what Discord takes in a menu."""


# Before it goes


def ask_button(words: Words, key: str | None) -> ui.Button[Any]:
    """The way to the moderators, wherever no answer was found; without words, to an empty form."""
    label = words("faq.questions.button")
    return button(label, WRITE) if key is None else button(label, ASK, key)


def before(
    words: Words, server: str, key: str, asking: Asking, days: int, *, note: str | None = None
) -> Panel:
    """What goes, to whom, and what comes of it, before anything does."""
    name = "named" if asking.named else "unnamed"
    return Panel(
        note,
        f"## {words('faq.questions.about.title')}",
        words("faq.questions.about.words", server=plain(server)),
        quoted(asking.words),
        f"-# {words('faq.questions.about.cut', limit=WORDS_LENGTH)}" if asking.cut else None,
        words("faq.questions.about.seen"),
        words(f"faq.questions.about.{name}"),
        words("faq.questions.about.kept", count=days),
        words(f"faq.questions.about.hear_{asking.hear.value}"),
        row(_hear_menu(words, key, asking.hear)),
        row(
            button(words("faq.questions.send"), SEND, key, style=discord.ButtonStyle.primary),
            button(words("faq.questions.change"), CHANGE, key),
            button(words("faq.questions.name_off"), NAME, key, OFF)
            if asking.named
            else button(words("faq.questions.name_on"), NAME, key, ON),
        ),
        f"-# {words('faq.questions.about.bot')}",
        row(button(words("faq.questions.drop"), DROP, key), helplines_button(words)),
    )


def _hear_menu(words: Words, key: str, chosen: Hear) -> ui.Select[Any]:
    return menu(
        HEAR,
        key,
        placeholder=words("faq.questions.hear.choose"),
        options=[
            discord.SelectOption(
                label=clip(words(f"faq.questions.hear.{one.value}"), 100),
                value=one.value,
                default=one is chosen,
            )
            for one in (Hear.LATER, Hear.DM, Hear.NEVER)
        ],
    )


def quoted(text: str) -> str:
    """Give a person's words as they stand, each line marked as theirs."""
    return "\n".join(f"> {line}" for line in plain(text).split("\n"))


def words_gone(words: Words) -> Panel:
    """The words are no longer in memory; they can be written again."""
    return Panel(
        words("faq.questions.words_gone"),
        row(button(words("faq.questions.write"), WRITE), helplines_button(words)),
    )


def not_sent(words: Words, error: UserError, key: str, text: str) -> Panel:
    """It did not go, and why; the words are not lost."""
    return Panel(
        words(error.key, **error.params),
        words("faq.questions.given_back") if text else None,
        given_back(text),
        row(button(words("faq.questions.again"), ASK, key), helplines_button(words)),
    )


def sent(words: Words, one: Question, hear: str) -> Panel:
    """The receipt; `hear` says how they hear what comes of it, as it turned out."""
    return Panel(
        f"**{words('faq.questions.sent')}** {words(f'faq.questions.sent_{hear}')}",
        words("faq.questions.sent_where"),
        row(button(words("faq.questions.take_back"), BACK, one.id), helplines_button(words)),
    )


def said(words: Words, key: str) -> Panel:
    """What a tap did, in a sentence."""
    return Panel(words(key), row(helplines_button(words)))


class WordsForm(Form):
    """The words that go to the moderators."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        now: str,
        given: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        text: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=WORDS_LENGTH, default=now or None
        )

        async def read(interaction: Interaction) -> None:
            await given(interaction, text.value)

        super().__init__(
            client,
            words("faq.questions.form.title"),
            read,
            field(
                words("faq.questions.form.words"),
                text,
                description=words("faq.questions.form.meaning"),
            ),
        )


# What the asker hears


def confirmation(words: Words, server: str, one: Question) -> Panel:
    """The one direct message that is sent at once, to see that they arrive."""
    return Panel(
        words("faq.questions.dm.first_line"),
        words("faq.questions.dm.confirmed", server=plain(server)),
        row(
            button(words("faq.questions.take_back"), BACK, one.id),
            button(words("faq.questions.quiet"), QUIET, one.id),
            helplines_button(words),
        ),
    )


def came_of(
    words: Words, server: str, one: Question, entry: Entry | None, message_id: str
) -> Panel:
    """The direct message with what came of a question; nothing of its words is in it."""
    return Panel(
        words("faq.questions.dm.first_line"),
        outcome(words, server, one, entry),
        *(told(words, entry) if entry is not None else []),
        row(
            button(words("faq.questions.company"), COMPANY) if _wants_a_person(one) else None,
            button(words("faq.questions.mine.button"), MINE, message_id),
            helplines_button(words),
        ),
    )


def outcome(words: Words, server: str, one: Question, entry: Entry | None) -> str:
    """Say what came of a question."""
    key = one.state.value
    if one.state is State.ANSWERED and entry is None:
        key = "answered_gone"
    said_ = words(f"faq.questions.told.{key}", server=plain(server), day=_day(one))
    if one.reason is Reason.WRITTEN:
        return f"{said_}\n{quoted(one.note)}"
    return said_ if one.reason is None else f"{said_} {reason_words(words, one.reason)}"


def reason_words(words: Words, reason: Reason) -> str:
    """What the asker reads for a reason of the list."""
    return words(f"faq.questions.reason.{reason.value}")


def _wants_a_person(one: Question) -> bool:
    return one.state in {State.HANDED, State.EXPIRED} or one.reason is Reason.PERSONAL


def _day(one: Question) -> str:
    return discord.utils.format_dt(one.made_at, "D")


def mine(
    words: Words,
    questions: Sequence[Question],
    servers: Sequence[str],
    entries: Sequence[Entry | None],
) -> Panel:
    """What somebody asked, the latest first: what waits can be taken back."""
    parts: list[ui.Item[Any] | str] = []
    listed = list(zip(questions, servers, entries, strict=True))[:MINE_SHOWN]
    company = False
    for one, server, entry in listed:
        if parts:
            parts.append(ui.Separator())
        if one.is_waiting:
            parts.append(quoted(clip(one.words, MINE_WORDS)))
            when = discord.utils.format_dt(one.ends_at, "D")
            waits = words("faq.questions.mine.waits", server=plain(server), until=when)
            parts.append(f"-# {waits}")
            parts.append(row(button(words("faq.questions.take_back"), BACK, one.id)))
            continue
        company = company or _wants_a_person(one)
        parts.append(outcome(words, server, one, entry))
        if entry is not None:
            parts.append(row(button(entry.question, SHOW, entry.id)))
    return Panel(
        f"## {words('faq.questions.mine.title')}",
        *(parts or [words("faq.questions.mine.nothing")]),
        f"-# {words('faq.questions.mine.kept')}" if parts else None,
        row(
            button(words("faq.questions.company"), COMPANY) if company else None,
            helplines_button(words),
        ),
    )


# For moderators


def queue(
    words: Words,
    groups: Sequence[Group],
    number: int,
    *,
    alike: bool,
    note: str | None = None,
) -> Panel:
    """One group of questions, and what can be done about it."""
    title = f"## {words('faq.questions.queue.title')}"
    if not groups:
        return Panel(note, title, words("faq.questions.queue.nothing"))
    number = min(max(number, 0), len(groups) - 1)
    group = groups[number]
    waiting = sum(map(len, groups))
    how = TOGETHER if alike else APART
    turning = [
        button(words("faq.questions.queue.earlier"), QUEUE, number - 1, how) if number else None,
        button(words("faq.questions.queue.later"), QUEUE, number + 1, how)
        if number + 1 < len(groups)
        else None,
    ]
    if alike and waiting > len(groups):
        turning.append(button(words("faq.questions.queue.apart"), QUEUE, 0, APART))
    elif not alike:
        turning.append(button(words("faq.questions.queue.together"), QUEUE, 0, TOGETHER))
    named = reference(group, alike=alike)
    place = words("faq.questions.queue.waiting", count=waiting)
    if len(groups) > 1:
        shown = words("faq.questions.queue.place", number=number + 1, groups=len(groups))
        place = f"{place} {shown}"
    ends = discord.utils.format_dt(group[0].ends_at, "D")
    return Panel(
        note,
        title,
        place,
        ui.Separator(),
        *_said_in(words, group),
        ui.Separator(),
        row(
            button(
                words("faq.questions.queue.answer"),
                ANSWER,
                *named,
                style=discord.ButtonStyle.primary,
            ),
            button(words("faq.questions.queue.with"), WITH, *named),
        ),
        row(
            button(words("faq.questions.queue.decline"), DECLINE, *named),
            button(words("faq.questions.queue.hand"), HAND, *named),
        ),
        f"-# {words('faq.questions.queue.answer_meaning')}",
        f"-# {words('faq.questions.queue.until', until=ends)}",
        row(*turning) if any(turning) else None,
    )


def reference(group: Group, *, alike: bool) -> tuple[str, str, int]:
    """What a button remembers of a group: see `ANSWER`."""
    newest = max(to_epoch(one.made_at) for one in group)
    return group[0].id, TOGETHER if alike else APART, newest


def _said_in(words: Words, group: Group) -> list[str]:
    length = WORDS_LENGTH if len(group) == 1 else SHOWN_WORDS
    lines = [f"{quoted(clip(one.words, length))}\n-# {_asker(words, one)}" for one in group[:SHOWN]]
    if len(group) > SHOWN:
        lines.append(words("faq.questions.queue.more", count=len(group) - SHOWN))
    return lines


def _asker(words: Words, one: Question) -> str:
    when = discord.utils.format_dt(one.made_at, "f")
    if one.named:
        return words("faq.questions.queue.named", when=when, person=f"<@{one.asker_user_id}>")
    return words("faq.questions.queue.unnamed", when=when)


def choose_entry(words: Words, group: Group, entries: Sequence[Entry], *, alike: bool) -> Panel:
    """Which of the entries that are there answers it."""
    named = reference(group, alike=alike)
    options = [
        discord.SelectOption(label=clip(entry.question, 100), value=entry.id)
        for entry in entries[:OFFERED]
    ]
    return Panel(
        words("faq.questions.with.body"),
        quoted(clip(group[0].words, SHOWN_WORDS)),
        row(menu(ENTRY, *named, placeholder=words("faq.questions.with.choose"), options=options))
        if options
        else words("faq.questions.with.nothing"),
        row(_to_queue(words, alike=alike)),
    )


def confirm_entry(words: Words, group: Group, entry: Entry, *, alike: bool) -> Panel:
    """What the askers will read, before they do."""
    return Panel(
        words("faq.questions.with.confirm", count=len(group)),
        ui.Separator(),
        *told(words, entry),
        ui.Separator(),
        row(
            button(
                words("faq.questions.with.yes"),
                GIVE,
                *reference(group, alike=alike),
                entry.id,
                style=discord.ButtonStyle.primary,
            ),
            _to_queue(words, alike=alike),
        ),
    )


def confirm_hand_over(words: Words, server: str, group: Group, *, alike: bool) -> Panel:
    """What the askers will read, before they do."""
    after = group[0].ended(State.HANDED, group[0].made_at)
    return Panel(
        words("faq.questions.hand.confirm", count=len(group)),
        "\n".join(f"> {line}" for line in outcome(words, server, after, None).split("\n")),
        words("faq.questions.hand.named") if any(one.named for one in group) else None,
        row(
            button(
                words("faq.questions.hand.yes"),
                HANDED,
                *reference(group, alike=alike),
                style=discord.ButtonStyle.primary,
            ),
            _to_queue(words, alike=alike),
        ),
    )


def _to_queue(words: Words, *, alike: bool) -> ui.Button[Any]:
    return button(words("faq.questions.queue.back"), QUEUE, 0, TOGETHER if alike else APART)


class DeclineForm(Form):
    """Why there will be no answer: a kind sentence of the list, or one's own."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        given: Callable[[Interaction, Reason, str], Awaitable[None]],
    ) -> None:
        reasons: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for reason in Reason:
            meaning = None if reason is Reason.WRITTEN else clip(reason_words(words, reason), 100)
            reasons.add_option(
                label=words(f"faq.questions.decline.{reason.value}"),
                value=reason.value,
                description=meaning,
                default=reason is Reason.ELSEWHERE,
            )
        note: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=NOTE_LENGTH, required=False
        )

        async def read(interaction: Interaction) -> None:
            await given(interaction, Reason(reasons.value or Reason.ELSEWHERE.value), note.value)

        super().__init__(
            client,
            words("faq.questions.decline.title"),
            read,
            field(
                words("faq.questions.decline.reason"),
                reasons,
                description=words("faq.questions.decline.meaning"),
            ),
            field(
                words("faq.questions.decline.note"),
                note,
                description=words("faq.questions.decline.note_meaning"),
            ),
            moderators=True,
        )
