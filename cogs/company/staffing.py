"""The hours in which somebody is usually on duty, as moderators write them.

`Mon-Fri 18:00-22:00; Sat 10:00-14:00; Europe/Berlin`: days and a span of time, as often as needed,
and at the end the time zone they are meant in. Days are read as in every schedule (bot.spoken). A
span that ends before it begins goes on past midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.errors import UserError
from bot.spoken import EVERY_DAY, days
from bot.zones import ZoneGone, zone_info

MAX_LENGTH = 200

_SPAN = re.compile(r"(.*?)\b(\d{1,2})[:.h](\d{2})\s*(?:-|–|to|a|à)\s*(\d{1,2})[:.h](\d{2})")


@dataclass(frozen=True, slots=True)
class Span:
    """A time of day on some days of the week, 0 for Monday."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Hours:
    """All spans of a week, in one time zone."""

    spans: tuple[Span, ...]
    zone: str

    def upcoming(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Give start and end of the span under way, else of the next one; None without any.

        Raises ZoneGone where the zone is no longer known.
        """
        zone = zone_info(self.zone)
        today = now.astimezone(zone).date()
        found: list[tuple[datetime, datetime]] = []
        for ahead in range(-1, 8):
            day = today + timedelta(days=ahead)
            for span in self.spans:
                if day.weekday() not in span.days:
                    continue
                last = day if span.end > span.start else day + timedelta(days=1)
                start = datetime.combine(day, span.start, zone).astimezone(UTC)
                end = datetime.combine(last, span.end, zone).astimezone(UTC)
                if end > now:
                    found.append((start, end))
        return min(found, default=None)


def read_hours(text: str) -> Hours:
    """Read hours; raises UserError saying what is accepted."""
    *parts, zone = (part.strip() for part in text.split(";"))
    try:
        zone_info(zone)
    except ZoneGone:
        raise UserError("company.cannot.hours") from None
    if not parts:
        raise UserError("company.cannot.hours")
    return Hours(tuple(_span(part) for part in parts), zone)


def accepted(text: str) -> str:
    """Give hours as they were written; raises UserError for what cannot be read. Empty is none."""
    if text:
        read_hours(text)
    return text


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UserError("company.cannot.hours")
    named = match[1].strip(" ,:")
    try:
        start = time(int(match[2]), int(match[3]))
        # Midnight at the end of a day.
        end = time(int(match[4]) % 24 if match[5] == "00" else int(match[4]), int(match[5]))
        on = days(named) if named else EVERY_DAY
    except (ValueError, UserError):
        raise UserError("company.cannot.hours") from None
    return Span(on, start, end)
