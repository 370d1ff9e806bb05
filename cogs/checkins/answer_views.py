"""How a check-in is answered: a private panel from the first tap to the last.

The panel itself is the only place where an answer stands. What was picked is in its buttons, the
written line is one of its texts, and posting reads both back from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import ui

from bot.views import Form, Panel, button, field, helplines_button, menu, plain, row
from cogs.checkins.answering import LINE_LIMIT, PICKS, finished, typed_again

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

ANSWER = "checkins:answer"
"""Begins an answer; the argument names the prompt's promise, or is `NOW`."""

COMPANY = "company:ask"
"""Asks for a person, which another feature answers; the argument is as on `ANSWER`."""

PASS = "checkins:pass"  # noqa: S105 - no password

PICK = "checkins:pick"
"""A word was chosen; the arguments are the Discord message of the prompt, or `NO_MESSAGE`, whether
a content warning goes with it, and a number that nobody reads."""

AGAIN = "checkins:again"
"""Offers the words again; the arguments are the prompt's message, the warning, and the pick."""
WRITE = "checkins:write"
WARN = "checkins:warn"
KEEP = "checkins:keep"
POST = "checkins:post"
TAKE_BACK = "checkins:take_back"

NOW = "now"
"""Stands for the id of the promise where a prompt was asked for on the spot."""

NO_MESSAGE = "0"
"""Stands for the prompt's message where there is none to make a thread of."""

HERE = "here"
THREAD = "thread"

_LINE = 300
"""The id of the written line among the parts of the panel."""

_QUESTION = 301
"""The id of the prompt's own words, on the prompt and on the panel of an answer."""

Written = Callable[["Interaction", str], Awaitable[None]]
"""What happens with a written line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as far as it has come: it lives in the panel's buttons and text, nowhere else.

    `source` is the prompt's message; `question`, its words, and `line` are shown as they stand.
    """

    source: str
    pick: str
    line: str = ""
    warned: bool = False
    question: str = ""

    @property
    def state(self) -> tuple[str, str, str]:
        """What its buttons remember: never the line."""
        return self.source, self.pick, "1" if self.warned else "0"


@dataclass(frozen=True, slots=True)
class Places:
    """Where this person may post it themselves, and the bot may too."""

    here: bool
    thread: bool


def prompt(
    words: Words,
    text: str,
    prompt_id: str,
    *more: ui.ActionRow[Any],
    news: Sequence[str] = (),
) -> Panel:
    """A prompt, with ways to go on of which none is louder than another."""
    return Panel(
        *news,
        ui.TextDisplay(text, id=_QUESTION),
        row(
            button(words("checkin.button.answer"), ANSWER, prompt_id),
            button(words("checkin.button.company"), COMPANY, prompt_id),
            helplines_button(words),
            button(words("checkin.button.pass"), PASS, prompt_id),
        ),
        *more,
    )


def picking(words: Words, answer: Answer, *, once: int) -> Panel:
    """Offer the words and weathers; a line that was written already stays.

    A menu may go on showing what was last chosen in it, and then the same cannot be chosen again:
    `once` is another number each time, and what was picked can be left as it is.
    """
    options = [
        discord.SelectOption(label=words(f"checkin.pick.{pick}"), value=pick) for pick in PICKS
    ]
    choosing = words("checkin.picking.choose")
    return Panel(
        _shown(answer.question, _QUESTION),
        words("checkin.picking.body"),
        _shown(answer.line, _LINE),
        row(
            menu(PICK, answer.source, answer.state[2], once, placeholder=choosing, options=options)
        ),
        row(
            button(
                words("checkin.picking.stay", pick=words(f"checkin.pick.{answer.pick}")),
                WARN,
                *answer.state,
            )
            if answer.pick
            else None,
            button(words("checkin.button.pass"), PASS, NOW),
            helplines_button(words),
        ),
    )


def _shown(text: str, part: int) -> ui.TextDisplay[Any] | None:
    return ui.TextDisplay(text, id=part) if text else None


def ready(words: Words, answer: Answer, places: Places, nonce: str) -> Panel:
    """Show what was picked and written, and every way to go on."""
    may_post = places.here or places.thread
    parts: list[ui.Item[Any] | str | None] = [
        _shown(answer.question, _QUESTION),
        words("checkin.ready.title", pick=words(f"checkin.pick.{answer.pick}")),
        _shown(answer.line, _LINE),
        words("checkin.ready.warned") if answer.warned and may_post else None,
        row(
            button(
                words("checkin.ready.rewrite" if answer.line else "checkin.ready.write"),
                WRITE,
                *answer.state,
            ),
            button(
                words("checkin.ready.again"), AGAIN, answer.source, answer.state[2], answer.pick
            ),
            _warning_button(words, answer) if may_post else None,
        ),
        words("checkin.ready.note_post" if may_post else "checkin.ready.note_keep"),
        row(
            button(words("checkin.ready.keep"), KEEP),
            button(words("checkin.ready.here"), POST, HERE, *answer.state, nonce)
            if places.here
            else None,
            button(words("checkin.ready.thread"), POST, THREAD, *answer.state, nonce)
            if places.thread
            else None,
            helplines_button(words),
        ),
    ]
    return Panel(*parts)


def _warning_button(words: Words, answer: Answer) -> ui.Item[Any]:
    source, pick, _ = answer.state
    label = words("checkin.ready.unwarn" if answer.warned else "checkin.ready.warn")
    return button(label, WARN, source, pick, "0" if answer.warned else "1")


def post(words: Words, name: str, answer: Answer) -> Panel:
    """What everybody here reads, in the server's language."""
    return Panel(
        finished(
            words("checkin.post.opening", name=plain(name)),
            words(f"checkin.pick.{answer.pick}"),
            answer.line,
            warning=words("checkin.post.warning") if answer.warned else None,
        ),
        row(helplines_button(words)),
    )


def thanks(words: Words) -> Panel:
    """The end of what stays with the person: the same for everybody, whatever they picked."""
    return Panel(f"{words('checkin.thanks')} {words('checkin.kept')}", row(helplines_button(words)))


def passed(words: Words) -> Panel:
    """The end of a pass."""
    return Panel(words("checkin.passed"), row(helplines_button(words)))


def posted(words: Words, channel_id: int, message_id: int, seal: str) -> Panel:
    """The end of what was posted, with the way back."""
    return Panel(
        f"{words('checkin.thanks')} {words('checkin.posted', channel=f'<#{channel_id}>')}",
        row(
            button(words("checkin.take_back"), TAKE_BACK, channel_id, message_id, seal),
            helplines_button(words),
        ),
    )


def taken_back(words: Words) -> Panel:
    """What was posted is gone."""
    return Panel(words("checkin.taken_back"), row(helplines_button(words)))


class LineForm(Form):
    """Asks for the line that may go with a picked word."""

    def __init__(self, client: Alongside, words: Words, shown: str, written: Written) -> None:
        self._line: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            max_length=LINE_LIMIT,
            required=False,
            default=typed_again(shown) or None,
        )

        async def hand_over(interaction: Interaction) -> None:
            await written(interaction, plain(self._line.value.strip()))

        super().__init__(
            client,
            words("checkin.line.title"),
            hand_over,
            field(
                words("checkin.line.label"),
                self._line,
                description=words("checkin.line.not_stored"),
            ),
        )


def line_of(message: discord.Message | None) -> str:
    """Read the written line back from the private panel it stands in; empty if there is none."""
    return "" if message is None else _text_in(message.components, _LINE)


def question_of(message: discord.Message | None) -> str:
    """Read the prompt's words from the prompt, or from the private panel of an answer to it."""
    return "" if message is None else _text_in(message.components, _QUESTION)


def _text_in(components: Iterable[Any], part: int) -> str:
    for component in components:
        if isinstance(component, discord.TextDisplay) and component.id == part:
            return component.content
        found = _text_in(cast("Iterable[Any]", getattr(component, "children", ())), part)
        if found:
            return found
    return ""
