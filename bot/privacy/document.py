"""The file that a person or a server gets: what docs/privacy.md describes."""

from __future__ import annotations

from datetime import datetime

from bot.clock import from_epoch
from bot.privacy.service import Export

FORMAT = 1
"""Goes up when what stands in the file changes its meaning."""


def document(kept: Export, made_at: datetime) -> dict[str, object]:
    """Put rows into the file's form: ids as text, moments as ISO 8601 in UTC.

    Discord's ids are text because JSON's readers take numbers of their size for others nearby.
    """
    return {
        "alongside_export": FORMAT,
        "made_at": _moment(made_at),
        "tables": {
            table: [
                {column: _spoken(column, value) for column, value in one.items()} for one in rows
            ]
            for table, rows in kept.items()
        },
    }


def _spoken(column: str, value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if column.endswith("_at"):
        return _moment(from_epoch(value))
    return str(value) if column.endswith("_id") else value


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
