"""How moderators read whether answers help."""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts import Words
from bot.views import Panel, button, plain, row
from cogs.faq.entries_views import FEEDBACK, LIST
from cogs.faq.tallies import STEP
from cogs.faq.tallies_service import Helpfulness

PAGE_SIZE = 8
"""Entries on one page, two lines each: about a phone screen."""


def feedback(words: Words, every: Sequence[Helpfulness], number: int) -> Panel:
    """Which answers help and which do not, one page of it."""
    pages = max(1, -(-len(every) // PAGE_SIZE))
    number = min(max(number, 0), pages - 1)
    shown = every[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
    newer = button(words("faq.browse.back"), FEEDBACK, number - 1) if number else None
    older = button(words("faq.browse.more"), FEEDBACK, number + 1) if number + 1 < pages else None
    lines = [
        f"**{plain(one.entry.question)}**\n"
        + words(
            "faq.feedback.counts",
            helped=_count(words, one.told.helped),
            missed=_count(words, one.told.missed),
        )
        for one in shown
    ]
    return Panel(
        f"## {words('faq.feedback.title')}",
        "\n".join(lines) if lines else words("faq.feedback.nothing", least=STEP),
        "-# " + words("faq.feedback.how", least=STEP),
        row(newer, older, button(words("faq.list.button"), LIST, 0)),
    )


def _count(words: Words, count: int | None) -> str:
    if count is None:
        return words("faq.feedback.few", least=STEP)
    return words("faq.feedback.about", count=count)
