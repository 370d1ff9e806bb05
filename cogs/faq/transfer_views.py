"""How files of entries, and what they would change, look to moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.texts import Words
from bot.views import Panel, button, clip, plain, row
from cogs.faq.entries_views import LIST

if TYPE_CHECKING:
    from cogs.faq.transfer import Change, Plan, Refusal

APPLY = "faq:import_apply"
DROP = "faq:import_drop"

SHOWN = 8
"""Lines of each kind that a preview shows; the others are counted."""
QUESTION = 80
"""Characters of a question in a list, the backslashes before its marks included."""


def exported(words: Words, names: Sequence[str]) -> Panel:
    """The files go with it."""
    files: list[ui.Item[Any]] = [ui.File(f"attachment://{name}") for name in names]
    return Panel(
        words("faq.export.body", count=len(names)),
        *files,
    )


def preview(words: Words, made: Plan, upload_id: str, *, meanwhile: bool = False) -> Panel:
    """What the file would change, and the way to do it where nothing is refused.

    With something refused nothing is done, so that alone is listed: it is what there is to mend,
    and all together may be more than a message takes.
    """
    if made.refused:
        parts = [_part(words, "refused", [_refused(words, one) for one in made.refused])]
    else:
        parts = [
            _part(words, "added", [_question(one.entry.question) for one in made.added]),
            _part(words, "changed", [_changed(words, one) for one in made.changed]),
        ]
    drop = button(words("faq.preview.drop"), DROP, upload_id)
    return Panel(
        words("faq.import.changed_meanwhile") if meanwhile else None,
        f"## {words('faq.import.title')}",
        words(
            "faq.import.counts",
            added=len(made.added),
            changed=len(made.changed),
            unchanged=len(made.unchanged),
            refused=len(made.refused),
        ),
        *parts,
        "-# " + words(_outlook(made)),
        row(
            button(words("faq.import.apply"), APPLY, upload_id, style=discord.ButtonStyle.primary)
            if made.ready
            else None,
            drop if made.ready else button(words("faq.list.button"), LIST, 0),
        ),
    )


def applied(words: Words, made: Plan) -> Panel:
    """It is done."""
    return Panel(
        words("faq.import.applied", added=len(made.added), changed=len(made.changed)),
        row(button(words("faq.list.button"), LIST, 0)),
    )


def _outlook(made: Plan) -> str:
    if made.refused:
        return "faq.import.mend"
    return "faq.import.nothing_removed" if made.changes else "faq.import.same"


def _part(words: Words, kind: str, lines: Sequence[str]) -> str | None:
    if not lines:
        return None
    more = len(lines) - SHOWN
    shown = [f"- {line}" for line in lines[:SHOWN]]
    if more > 0:
        shown.append(words("faq.import.more", count=more))
    return "\n".join([f"**{words(f'faq.import.{kind}')}**", *shown])


def _question(text: str) -> str:
    return clip(plain(text), QUESTION)


def _changed(words: Words, change: Change) -> str:
    parts = ", ".join(words(f"faq.import.part.{part}") for part in change.parts)
    return words("faq.import.what", question=_question(change.entry.question), parts=parts)


def _refused(words: Words, refusal: Refusal) -> str:
    params = {
        name: plain(value) if isinstance(value, str) else value
        for name, value in refusal.params.items()
    }
    reason = words(f"faq.import.refused.{refusal.rule}", **params)
    if refusal.line is None:
        return reason
    if not refusal.question:
        return words("faq.import.line", line=refusal.line, reason=reason)
    return words(
        "faq.import.line_question",
        line=refusal.line,
        question=_question(refusal.question),
        reason=reason,
    )
