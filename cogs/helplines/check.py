"""What the doctor looks at: whether what ships keeps its rules, and what has grown old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor import Finding, Grade
from cogs.helplines.model import warnings
from cogs.helplines.numbers import check_numbers
from cogs.helplines.service import shipped_helplines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

SUBJECT = "helplines"


def findings(today: date) -> Iterator[Finding]:
    """Give what was found; raises ContentError for a row that must not ship."""
    shipped = shipped_helplines()
    check_numbers(shipped)
    lines = sum(len(country.helplines) for country in shipped.countries.values())
    yield Finding(
        Grade.FINE,
        SUBJECT,
        f"{len(shipped.countries)} countries, {lines} helplines; "
        "every row has its source and date.",
    )
    old = warnings(shipped, today)
    if old:
        # One finding, not a hundred: they fall due together, and the file shows the rest.
        yield Finding(
            Grade.WARNING,
            SUBJECT,
            f"{len(old)} rows should be looked at again (docs/helplines.md says how): "
            + "; ".join(old[:5])
            + (" ..." if len(old) > 5 else ""),
        )
