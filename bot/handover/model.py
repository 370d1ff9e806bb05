"""What such a file says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FORM = 1
"""The version of the file's form; a higher one is refused."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in a file about itself."""

    server_id: int
    taken_at: datetime
    version: str
    """Of Alongside."""
    schema: int
    """The highest migration in it."""
    handed_over: bool
    """Whether what is members' own is in it, and no longer where it was taken from."""
    form: int = FORM
