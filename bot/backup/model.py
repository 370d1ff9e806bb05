"""What a backup says of itself, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FORMAT = 1
"""The version of the file's form; a higher one is refused."""

_NAME = re.compile(r"alongside-(\d{8}T\d{6}Z)\.backup")


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in a backup about itself."""

    taken_at: datetime
    version: str
    """Of Alongside."""
    schema: int
    """The highest migration in it."""
    form: int = FORMAT


def name_for(taken_at: datetime) -> str:
    """Name a backup by its moment."""
    return f"alongside-{taken_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"


def draft_of(target: Path) -> Path:
    """Name the unfinished file of a backup."""
    return target.with_name(f".{target.name}.part")


def taken_by_name(path: Path) -> datetime | None:
    """Read the moment of a backup from its name; None for anything else."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
