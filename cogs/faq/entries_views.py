"""How the moderators' side of the FAQ looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.guide import way_back
from bot.texts import Words
from bot.views import Form, Panel, button, clip, field, plain, row
from cogs.faq.entries_service import Kept
from cogs.faq.model import (
    ANSWER_LIMIT,
    PHRASINGS_LEAST,
    QUESTION_LIMIT,
    TOPICS,
    Entry,
    Typed,
)
from cogs.faq.views import language_name, told

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

FIRST = "faq:first"
"""Begins an entry from /setup."""
SAVE_DRAFT = "faq:draft_save"
CHANGE_DRAFT = "faq:draft_change"
DROP_DRAFT = "faq:draft_drop"
EDIT = "faq:edit"
ASK_REMOVE = "faq:ask_remove"
REMOVE = "faq:remove"
RESTORE = "faq:restore"
LIST = "faq:list"
FEEDBACK = "faq:feedback"

LIST_SIZE = 10
PHRASINGS_FIELD = 2_000
"""Characters of the form's field for other ways to ask."""
SOURCE_FIELD = 400
SHOWN_PHRASINGS = 800
"""Characters of them in a preview, which holds everything else of the entry, too."""


def preview(
    words: Words, entry: Entry, similar: Sequence[Entry], draft_id: str, *, changes: bool
) -> Panel:
    """What members will see, everything that was typed with it, and what looks like it."""
    phrasings = clip(" · ".join(plain(phrasing) for phrasing in entry.phrasings), SHOWN_PHRASINGS)
    alike = "\n".join(f"- {plain(found.question)}" for found in similar)
    return Panel(
        words("faq.preview.change" if changes else "faq.preview.add"),
        ui.Separator(),
        *told(words, entry),
        ui.Separator(),
        "-# " + words("faq.preview.phrasings", phrasings=phrasings),
        "-# "
        + words(
            "faq.preview.topic",
            topic=words(f"faq.topic.{entry.topic}"),
            language=language_name(entry.language, words),
        ),
        words("faq.preview.similar") + "\n" + alike if similar else None,
        row(
            button(
                words("faq.preview.save"), SAVE_DRAFT, draft_id, style=discord.ButtonStyle.primary
            ),
            button(words("faq.preview.again"), CHANGE_DRAFT, draft_id),
            button(words("faq.preview.drop"), DROP_DRAFT, draft_id),
        ),
    )


def refused(words: Words, error: UserError, typed: Typed, draft_id: str) -> Panel:
    """Say what was refused, and give back what was typed, so that nothing is typed twice."""
    every = [typed.question, typed.answer, typed.phrasings, typed.source]
    given_back = "\n\n".join(text.replace("```", "'''") for text in every if text.strip())
    return Panel(
        words(error.key, **error.params),
        f"```\n{clip(given_back, 3_500)}\n```" if given_back else None,
        row(button(words("faq.preview.again"), CHANGE_DRAFT, draft_id)),
    )


def saved(words: Words, key: str, entry: Entry, *, first: bool = False) -> Panel:
    """What is now, with the way to change it again."""
    return Panel(
        words(key),
        ui.Separator(),
        *told(words, entry),
        ui.Separator(),
        row(
            button(words("faq.saved.edit"), EDIT, entry.id),
            button(words("faq.saved.remove"), ASK_REMOVE, entry.id),
            way_back(words) if first else None,
        ),
    )


def confirm_remove(words: Words, entry: Entry) -> Panel:
    """Ask once before an entry goes."""
    return Panel(
        words("faq.remove.body", question=plain(entry.question)),
        row(
            button(
                words("faq.remove.yes"),
                REMOVE,
                entry.id,
                entry.revision,
                style=discord.ButtonStyle.danger,
            ),
            button(words("faq.remove.no"), LIST, 0),
        ),
    )


def hidden(words: Words, entry: Entry) -> Panel:
    """A shipped entry is hidden now; undoing it is one tap."""
    return Panel(
        words("faq.hidden.body", question=plain(entry.question)),
        row(button(words("faq.hidden.undo"), RESTORE, entry.id)),
    )


def note(words: Words, key: str, entry: Entry) -> Panel:
    """One sentence about an entry, and the way to the list."""
    return Panel(
        words(key, question=plain(entry.question)), row(button(words("faq.list.button"), LIST, 0))
    )


def languages(words: Words, codes: Sequence[str]) -> list[tuple[str, str]]:
    """Languages by code and name, as the reader says them."""
    return [(code, language_name(code, words)) for code in codes]


def listed(words: Words, kept: Kept, number: int) -> Panel:
    """What the server added and hid, one page of it."""
    lines = [
        *(words("faq.list.own", question=plain(entry.question)) for entry in kept.own),
        *(words("faq.list.hidden", question=plain(entry.question)) for entry in kept.hidden),
    ]
    pages = max(1, -(-len(lines) // LIST_SIZE))
    number = min(max(number, 0), pages - 1)
    shown = lines[number * LIST_SIZE : (number + 1) * LIST_SIZE]
    newer = button(words("faq.browse.back"), LIST, number - 1) if number else None
    older = button(words("faq.browse.more"), LIST, number + 1) if number + 1 < pages else None
    return Panel(
        f"## {words('faq.list.title')}",
        "\n".join(shown) if shown else words("faq.list.nothing"),
        "-# " + words("faq.list.how"),
        row(newer, older, button(words("faq.feedback.title"), FEEDBACK, 0)),
    )


class EntryForm(Form):
    """A moderator's form for one entry, filled with what there is of it."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        typed: Typed,
        submitted: Callable[[Interaction, Typed], Awaitable[None]],
    ) -> None:
        self._question = _line(typed.question, QUESTION_LIMIT)
        self._answer = _paragraph(typed.answer, ANSWER_LIMIT)
        self._phrasings = _paragraph(typed.phrasings, PHRASINGS_FIELD)
        self._topic: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(
                    label=clip(words(f"faq.topic.{topic}"), 100),
                    value=topic,
                    default=topic == typed.topic,
                )
                for topic in TOPICS
            ]
        )
        self._source = _line(typed.source, SOURCE_FIELD)

        async def hand_over(interaction: Interaction) -> None:
            await submitted(
                interaction,
                Typed(
                    self._question.value,
                    self._answer.value,
                    self._phrasings.value,
                    next(iter(self._topic.values), typed.topic),
                    self._source.value,
                ),
            )

        super().__init__(
            client,
            words("faq.form.title"),
            hand_over,
            field(words("faq.form.question"), self._question),
            field(
                words("faq.form.answer"),
                self._answer,
                description=words("faq.form.answer_meaning"),
            ),
            field(
                words("faq.form.phrasings"),
                self._phrasings,
                description=words("faq.form.phrasings_meaning", least=PHRASINGS_LEAST),
            ),
            field(words("faq.form.topic"), self._topic),
            field(
                words("faq.form.source"),
                self._source,
                description=words("faq.form.source_meaning"),
            ),
            moderators=True,
        )


def _line(now: str, longest: int) -> ui.TextInput[Any]:
    return ui.TextInput(max_length=longest, default=now[:longest] or None)


def _paragraph(now: str, longest: int) -> ui.TextInput[Any]:
    return ui.TextInput(
        style=discord.TextStyle.paragraph, max_length=longest, default=now[:longest] or None
    )
