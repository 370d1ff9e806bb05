"""How company looks: before the tap, in the thread, in the supporters' channel, on duty."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.views import (
    Form,
    Panel,
    block_button,
    button,
    field,
    given_back,
    helplines_button,
    plain,
    report_button,
    row,
)
from cogs.company.model import LINE_LENGTH, Duty, Ending, Request, State, Wish
from cogs.company.service import SCENE, Asked, Outlook, Shown

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

ASK = "company:ask"
"""On every prompt and closing: begins a request; the argument is what it is found again by."""
CHOOSE = "company:choose"
"""By direct message, where several servers offer it; the argument is the server."""
FORM = "company:form"
"""Opens the form; the argument is the server."""
TAKE_BACK = "company:take_back"
"""Arguments: the request's id, and the id of the message or `PRIVATE`."""
ACCEPT = "company:accept"
"""On a call; arguments: the request's id, and the id of the message."""
CLOSE = "company:close"
"""In the thread; arguments: the request's id, and the id of the message."""
HAND_OVER = "company:hand_over"
"""In the thread; the argument is the request's id."""
HANDED = "company:handed"
"""Privately; arguments: the request's id, and to whom."""
KEEP = "company:keep"
OFF_DUTY = "company:off_duty"

PRIVATE = "private"
"""Stands for the id of the message where it is never looked for."""

MODERATORS, SUPPORTERS = "moderators", "supporters"

Given = Callable[["Interaction", Asked], Awaitable[None]]
"""What happens with a filled form."""


# Before the tap


def unavailable(words: Words, role_ids: Sequence[int], line: str = "") -> Panel:
    """The way to a person where the bot cannot call one; `line` is what they wrote already."""
    roles = " ".join(f"<@&{role_id}>" for role_id in role_ids)
    return Panel(
        words("company.off.body"),
        words("company.off.roles", roles=roles) if roles else words("company.off.nobody"),
        *_back(words, line),
        row(helplines_button(words)),
    )


def not_asked(words: Words, error: UserError, line: str) -> Panel:
    """It was not sent, and why; what they wrote is not lost."""
    return Panel(
        words(error.key, **error.params), *_back(words, line), row(helplines_button(words))
    )


def _back(words: Words, line: str) -> list[str | None]:
    return [words("company.given_back"), given_back(line)] if line.strip() else []


def about(
    words: Words, server: str, server_id: int, outlook: Outlook, news: Sequence[str] = ()
) -> Panel:
    """What will happen, and who may look, before anything does."""
    return Panel(
        *news,
        f"## {words('company.about.title')}",
        words("company.about.what", server=plain(server)),
        words("company.about.seen"),
        words("company.about.kept"),
        None if outlook.on_duty else nobody(words, outlook),
        f"-# {words('company.about.no_crisis_care')}",
        row(
            button(
                words("company.about.go_on"), FORM, server_id, style=discord.ButtonStyle.primary
            ),
            helplines_button(words),
        ),
    )


def nobody(words: Words, outlook: Outlook) -> str:
    """That nobody is on duty, and when somebody usually is, by the reader's own clock."""
    said = words("company.nobody.now")
    if outlook.staffed is None:
        return said
    start, end = (discord.utils.format_dt(moment, "f") for moment in outlook.staffed)
    return f"{said} {words('company.nobody.usually', start=start, end=end)}"


def choose(words: Words, servers: Sequence[tuple[int, str]]) -> Panel:
    """In which server to ask."""
    return Panel(
        words("company.choose"),
        row(*(button(plain(name), CHOOSE, server_id) for server_id, name in servers)),
        row(helplines_button(words)),
    )


class AskForm(Form):
    """What would help, a line, and whether to stay unnamed."""

    def __init__(self, client: Alongside, words: Words, given: Given) -> None:
        self._wish: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for wish in Wish:
            self._wish.add_option(
                label=words(f"company.wish.{wish.value}"),
                value=wish.value,
                default=wish is Wish.LISTEN,
            )
        self._line: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=LINE_LENGTH, required=False
        )
        self._unnamed: ui.Checkbox[Any] = ui.Checkbox()

        async def hand_over(interaction: Interaction) -> None:
            wish = Wish(self._wish.value or Wish.LISTEN.value)
            await given(interaction, Asked(wish, self._line.value, self._unnamed.value))

        super().__init__(
            client,
            words("company.form.title"),
            hand_over,
            field(words("company.form.wish"), self._wish),
            field(
                words("company.form.line"),
                self._line,
                description=words("company.form.line_meaning"),
            ),
            field(
                words("company.form.unnamed"),
                self._unnamed,
                description=words("company.form.unnamed_meaning"),
            ),
        )


def asked(words: Words, one: Request, *, before: bool = False) -> Panel:
    """That the thread opens, or where it is when one is open already."""
    where = "" if one.thread_id is None else f" <#{one.thread_id}>"
    said = words("company.asked.before" if before else "company.asked.now")
    return Panel(
        f"{said}{where}",
        row(
            button(words("company.take_back"), TAKE_BACK, one.id, PRIVATE),
            helplines_button(words),
        ),
    )


# In the thread


def thread_name(words: Words, code: str) -> str:
    """A neutral name, for thread names show in lists and logs; the code finds it again."""
    return words("company.thread.name", code=code)


def panel(words: Words, shown: Shown, mark: str) -> Panel:
    """How it stands; `mark` is the id of the message where that is looked for."""
    one = shown.request
    return Panel(
        f"## {words('company.thread.title')}",
        words("company.thread.hello", person=f"<@{one.asker_user_id}>"),
        words("company.thread.wish", wish=words(f"company.wish.{one.wish.value}")),
        "\n".join(f"> {line}" for line in plain(one.line).split("\n")) if one.line else None,
        _state(words, shown),
        "-# " + words("company.thread.small", ends=discord.utils.format_dt(one.ends_at, "R")),
        *_buttons(words, shown, mark),
    )


def _state(words: Words, shown: Shown) -> str:
    one = shown.request
    if shown.supporter is not None:
        return f"**{words('company.state.accepted', person=f'<@{shown.supporter}>')}**"
    if one.state is State.OPENING:
        return f"**{words('company.state.opening')}**"
    if one.heard:
        return f"**{words('company.state.waiting')}**"
    return f"**{nobody(words, shown.outlook)}** {words('company.state.still_seen')}"


def _buttons(words: Words, shown: Shown, mark: str) -> list[ui.Item[Any]]:
    one = shown.request
    if shown.supporter is None:
        return [
            row(
                button(words("company.take_back"), TAKE_BACK, one.id, mark),
                report_button(words, SCENE, one.id),
                helplines_button(words),
            )
        ]
    return [
        row(
            button(words("company.close"), CLOSE, one.id, mark),
            button(words("company.hand_over.button"), HAND_OVER, one.id),
        ),
        row(
            block_button(words, SCENE, one.id),
            report_button(words, SCENE, one.id),
            helplines_button(words),
        ),
    ]


def over(words: Words) -> Panel:
    """What stands where the panel was: nothing of what was asked for."""
    return Panel(words("company.state.over"), row(helplines_button(words)))


def joined(words: Words, shown: Shown, supporter: int, message_id: str) -> Panel:
    """Brings the two together."""
    one = shown.request
    return Panel(
        words("company.joined", asker=f"<@{one.asker_user_id}>", supporter=f"<@{supporter}>"),
        row(
            button(words("company.close"), CLOSE, one.id, message_id),
            helplines_button(words),
        ),
    )


def told(words: Words, one: Request, what: str, outlook: Outlook, message_id: str) -> Panel:
    """Something the thread is told as time goes on."""
    return Panel(
        words(f"company.told.{what}"),
        nobody(words, outlook) if what == "late" and not outlook.on_duty else None,
        row(
            button(words("company.take_back"), TAKE_BACK, one.id, message_id),
            helplines_button(words),
        ),
    )


def closing(words: Words, ending: Ending, message_id: str) -> Panel:
    """The last words, the same for whoever ended it and why."""
    return Panel(
        words(f"company.closing.{ending.value}"),
        row(button(words("company.ask_again"), ASK, message_id), helplines_button(words)),
    )


# Where supporters are called


def call(words: Words, one: Request, people: Sequence[int], message_id: str) -> Panel:
    """Call whoever is on duty: with the wish, never with the line."""
    key = "company.call.unnamed" if one.unnamed else "company.call.named"
    wish = words(f"company.wish.{one.wish.value}")
    return Panel(
        " ".join(f"<@{person}>" for person in people) or words("company.call.nobody"),
        words(key, person=f"<@{one.asker_user_id}>", wish=wish),
        f"-# {words('company.call.small')}",
        row(
            button(
                words("company.call.button"),
                ACCEPT,
                one.id,
                message_id,
                style=discord.ButtonStyle.primary,
            ),
            report_button(words, SCENE, one.id),
        ),
    )


def taken(words: Words) -> Panel:
    """A call that somebody has come to."""
    return Panel(words("company.call.taken"))


# Private answers


def accepted(words: Words, one: Request) -> Panel:
    """Where to go, for whoever came first."""
    where = f"<#{one.thread_id}>"
    return Panel(words("company.accepted", thread=where), row(helplines_button(words)))


def to_whom(words: Words, request_id: str) -> Panel:
    """To whom to hand over."""
    return Panel(
        words("company.hand_over.body"),
        row(
            button(words("company.hand_over.supporters"), HANDED, request_id, SUPPORTERS),
            button(words("company.hand_over.moderators"), HANDED, request_id, MODERATORS),
            button(words("company.hand_over.keep"), KEEP),
        ),
        row(helplines_button(words)),
    )


def said(words: Words, key: str) -> Panel:
    """What a tap did, in a sentence."""
    return Panel(words(key), row(helplines_button(words)))


def closed(words: Words, *, rest: bool) -> Panel:
    """Thanks; and after several in a row a word about rest."""
    return Panel(
        words("company.closed"),
        words("company.rest") if rest else None,
        row(
            button(words("company.duty.off_button"), OFF_DUTY) if rest else None,
            helplines_button(words),
        ),
    )


def duty(
    words: Words,
    found: Duty | None,
    *,
    waiting: int = 0,
    open_now: int = 0,
    channel_id: int | None = None,
    news: Sequence[str] = (),
) -> Panel:
    """Whether somebody is on duty, until when, and what that means."""
    if found is None:
        state = words("company.duty.is_off")
    else:
        until = discord.utils.format_dt(found.until_at, "t")
        state = words("company.duty.is_on", until=until)
    return Panel(
        *news,
        state,
        words("company.duty.means") if found is not None else None,
        words("company.duty.waiting", count=waiting, channel=f"<#{channel_id}>")
        if waiting and channel_id is not None
        else None,
        words("company.duty.open", count=open_now) if open_now else None,
        row(
            button(words("company.duty.off_button"), OFF_DUTY) if found is not None else None,
            helplines_button(words),
        ),
    )
