"""What the doctor looks at: whether what ships keeps its rules, in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor import Finding, Grade
from cogs.faq.catalogs_service import CONTENT, Shipped, shipped_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

SUBJECT = "faq"


def findings(today: date, folder: Path = CONTENT) -> Iterator[Finding]:
    """Give what was found; raises ContentError for an entry that must not ship."""
    del today  # an answer has no date after which it is wrong
    shipped = shipped_entries(folder)
    counted = ", ".join(f"{len(entries)} in {language}" for language, entries in shipped.items())
    yield Finding(Grade.FINE, SUBJECT, f"Answers: {counted}; each has its source.")
    for language, ids in missing(shipped).items():
        yield Finding(
            Grade.WARNING,
            SUBJECT,
            f"Missing in {language}, so members read another language there ({len(ids)}): "
            + ", ".join(ids[:5])
            + (" ..." if len(ids) > 5 else ""),
        )


def missing(shipped: Shipped) -> dict[str, list[str]]:
    """Give by language the ids that another language has, and this one has not."""
    every = {entry.id for entries in shipped.values() for entry in entries}
    lacking = {
        language: sorted(every - {entry.id for entry in entries})
        for language, entries in shipped.items()
    }
    return {language: ids for language, ids in lacking.items() if ids}
