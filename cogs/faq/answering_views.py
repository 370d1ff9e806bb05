"""How it looks to answer somebody's message with the FAQ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.texts import Words
from bot.views import Form, Panel, button, field, helplines_button, plain, row
from cogs.faq.model import Entry
from cogs.faq.search import Verdict
from cogs.faq.service import Answer
from cogs.faq.views import ABOUT, NEAR, TAKE_BACK, told

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

CHOOSE = "faq:reply_choose"
SEARCH = "faq:reply_search"
LINE = "faq:reply_line"
POST = "faq:reply_post"
DROP = "faq:reply_drop"

LINE_LIMIT = 200
WORDS_LIMIT = 300
OFFERED = 5


def suggested(words: Words, found: Answer | None, message_id: int) -> Panel:
    """Entries that may answer a message; None where it has no words."""
    entries: tuple[Entry, ...] = ()
    if found is not None and found.entry is not None:
        entries = (found.entry, *found.others)[:OFFERED]
    elif found is not None:
        entries = found.near[: NEAR[found.verdict]]
    return Panel(
        f"## {words('faq.answering.title')}",
        words("faq.answering.body"),
        words(_said(found, entries)),
        *(row(button(entry.question, CHOOSE, entry.id, message_id)) for entry in entries),
        row(button(words("faq.answering.search"), SEARCH, message_id), helplines_button(words)),
    )


def _said(found: Answer | None, entries: tuple[Entry, ...]) -> str:
    if found is None:
        return "faq.answering.empty"
    if not entries:
        return "faq.answering.none"
    if found.verdict is Verdict.FOUND:
        return "faq.answering.found"
    return "faq.answering.near" if found.verdict is Verdict.NEARBY else "faq.nothing.offer"


def preview(words: Words, public: Words, entry: Entry, line: str, by: str, kept: str) -> Panel:
    """What everybody would see, before they do."""
    return Panel(
        words("faq.answering.preview"),
        ui.Separator(),
        *_post(public, entry, line, by),
        ui.Separator(),
        row(
            button(words("faq.answering.post"), POST, kept, style=discord.ButtonStyle.primary),
            button(words("faq.answering.change"), LINE, kept),
            button(words("faq.answering.drop"), DROP, kept),
        ),
        row(helplines_button(words)),
    )


def post(public: Words, entry: Entry, line: str, by: str) -> Panel:
    """What everybody in the channel sees."""
    return Panel(
        *_post(public, entry, line, by),
        row(button(public("faq.share.what"), ABOUT), helplines_button(public)),
    )


def posted(words: Words, channel_id: int, message_id: int, seal: str) -> Panel:
    """Only the member who posted sees this."""
    return Panel(
        words("faq.answering.posted"),
        row(
            button(words("faq.share.take_back"), TAKE_BACK, channel_id, message_id, seal),
            helplines_button(words),
        ),
    )


def _post(public: Words, entry: Entry, line: str, by: str) -> list[str | None]:
    return [
        plain(line) or None,
        *told(public, entry),
        # A mention, which calls nobody: a nickname could be anybody's.
        "-# " + public("faq.answering.by", who=by),
    ]


class SearchForm(Form):
    """Asks for other words to search with."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        typed: ui.TextInput[Any] = ui.TextInput(max_length=WORDS_LIMIT)

        async def hand_over(interaction: Interaction) -> None:
            await submitted(interaction, typed.value)

        super().__init__(
            client,
            words("faq.answering.search"),
            hand_over,
            field(
                words("faq.answering.words"),
                typed,
                description=words("faq.answering.words_meaning"),
            ),
        )


class LineForm(Form):
    """Asks for the opening line."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        line: str,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        typed: ui.TextInput[Any] = ui.TextInput(
            max_length=LINE_LIMIT, default=line or None, required=False
        )

        async def hand_over(interaction: Interaction) -> None:
            await submitted(interaction, typed.value)

        super().__init__(
            client,
            words("faq.answering.change"),
            hand_over,
            field(
                words("faq.answering.line"), typed, description=words("faq.answering.line_meaning")
            ),
        )
