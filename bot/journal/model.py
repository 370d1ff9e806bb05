"""What an entry says, and how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT = timedelta(days=35)
"""How long an entry is kept, and how old a backup may be that is restored with the journal."""

MARGIN = timedelta(minutes=10)
"""Longer than any transaction: how far before a backup's moment replaying begins."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do again after a restore: `kind` is `<feature>.<what>`, facts are ids."""

    kind: str
    facts: Mapping[str, int | str]
    at: datetime
