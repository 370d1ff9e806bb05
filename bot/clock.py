"""The one place that asks what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware and in UTC; tests and the playground hand in their own."""


def system_clock() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def to_epoch(moment: datetime) -> int:
    """Whole UTC seconds since 1970, as the store keeps moments; refuses a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp())


def from_epoch(seconds: int) -> datetime:
    """Read a moment back as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)
