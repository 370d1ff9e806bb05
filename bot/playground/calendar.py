"""How far the buttons of the clock move time (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MONDAY = 0
_NINE = 9
_JUST_AFTER = 1
"""Minutes after nine, so that what is due at nine and spread over a minute has come."""


class Jump(StrEnum):
    """One button of the clock."""

    HOUR = "hour"
    DAY = "day"
    MONDAY = "monday"

    def target(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The moment this button leads to, as aware UTC. `now` is aware.

        A day is a day of the wall clock, also when the clocks change within it: what is due at
        nine each morning is then met once by each press.
        """
        local = now.astimezone(zone)
        if self is Jump.HOUR:
            return now + timedelta(hours=1)
        if self is Jump.DAY:
            later = (local + timedelta(days=1)).astimezone(UTC)
            return later if later > now else now + timedelta(days=1)
        nine = local.replace(hour=_NINE, minute=_JUST_AFTER, second=0, microsecond=0, fold=0)
        monday = nine + timedelta(days=(_MONDAY - local.weekday()) % 7)
        if monday <= local:
            monday += timedelta(days=7)
        return monday.astimezone(UTC)
