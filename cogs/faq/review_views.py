"""How what may be mended looks to moderators."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bot.texts import Words
from bot.views import Panel, button, clip, plain, row
from cogs.faq.entries_views import LIST
from cogs.faq.review import ENOUGH_PHRASINGS, Finding, Kind

CHECK = "faq:check"

SHOWN = 4
"""Findings of each kind that are shown; the others are counted."""
QUESTION = 60
"""Characters of a question in a list, the backslashes before its marks included."""


def reviewed(words: Words, findings: Sequence[Finding]) -> Panel:
    """What was found, by kind."""
    parts = [
        _part(words, kind, list(found))
        for kind, found in groupby(findings, key=lambda one: one.kind)
    ]
    return Panel(
        f"## {words('faq.check.title')}",
        *(parts or [words("faq.check.nothing")]),
        "-# " + words("faq.check.how") if parts else None,
        row(
            button(words("faq.check.again"), CHECK) if parts else None,
            button(words("faq.list.button"), LIST, 0),
        ),
    )


def _part(words: Words, kind: Kind, found: Sequence[Finding]) -> str:
    lines = [f"- {_line(words, one)}" for one in found[:SHOWN]]
    more = len(found) - SHOWN
    if more > 0:
        lines.append(words("faq.import.more", count=more))
    title = words(f"faq.check.{kind.value}.title", enough=ENOUGH_PHRASINGS)
    return "\n".join([f"**{title}**", *lines])


def _line(words: Words, one: Finding) -> str:
    return words(
        f"faq.check.{one.kind.value}.line",
        question=_short(one.entry.question),
        other=_short(one.other.question) if one.other is not None else "",
        detail=_short(one.detail),
        count=len(one.entry.phrasings),
    )


def _short(text: str) -> str:
    return clip(plain(text), QUESTION)
