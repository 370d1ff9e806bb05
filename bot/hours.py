"""Hours of a week in a time zone: when somebody is usually on duty, as moderators write them.

`Mon-Fri 18:00-22:00; Sat 10:00-14:00; Europe/Berlin`: days and a span of time, as often as needed,
and at the end the time zone they are meant in. Days are read as in every schedule (bot.spoken). A
span that ends before it begins goes on past midnight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from babel import Locale
from babel.dates import get_day_names

from bot.errors import UserError
from bot.spoken import EVERY_DAY, days
from bot.zones import ZoneGone, zone_info

MAX_LENGTH = 200

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_SPAN = re.compile(
    r"(.*?)\b(\d{1,2})[:.h](\d{2})\s*(?:-|–|to|a|à|bis)\s*(\d{1,2})[:.h](\d{2})(?: ?[Uu]hr)?"
)


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
        raise UserError("settings.refused.hours") from None
    if not parts:
        raise UserError("settings.refused.hours")
    return Hours(tuple(_span(part) for part in parts), zone)


def accepted(text: str) -> str:
    """Give hours as they were written; raises UserError for what cannot be read. Empty is none."""
    if text:
        read_hours(text)
    return text


def _span(text: str, language: str = "") -> Span:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UserError("settings.refused.hours")
    named = match[1].strip(" ,:")
    try:
        start = time(int(match[2]), int(match[3]))
        # Midnight at the end of a day.
        end = time(int(match[4]) % 24 if match[5] == "00" else int(match[4]), int(match[5]))
        on = days(named, language) if named else EVERY_DAY
    except (ValueError, UserError):
        raise UserError("settings.refused.hours") from None
    return Span(on, start, end)


def written(hours: Hours) -> str:
    """Write hours as `read_hours` reads them."""
    return "; ".join([*(_written_span(span) for span in hours.spans), hours.zone])


def composed(on: frozenset[int], span: str, more: str, zone: str, language: str = "") -> str:
    """Put hours together from a form: days and a span of time, and more of them, if any.

    No days are every day; no times are no hours at all. Names of days are read as in `bot.spoken`,
    in `language` first. Raises UserError saying what is accepted.
    """
    given = [part.strip() for part in [span, *more.split(";")]]
    parts = [_span(part, language) for part in given if part]
    if span.strip() and on:
        parts[0] = replace(parts[0], days=on)
    return written(Hours(tuple(parts), zone)) if parts else ""


def apart(hours: Hours) -> tuple[Span, str]:
    """Take hours apart for a form: the first span, and the others as they are written."""
    first, *others = hours.spans
    return first, "; ".join(_written_span(span) for span in others)


def times(span: Span) -> str:
    """Write when a span begins and ends."""
    return f"{span.start:%H:%M}-{span.end:%H:%M}"


def said(hours: Hours, locale: str) -> str:
    """Say hours in the language of a locale, with the zone at the end."""
    names = get_day_names("abbreviated", locale=Locale.parse(locale, sep="-"))
    parts = [
        f"{_ranges(span.days, [names[day] for day in range(7)])} {times(span)}".strip()
        for span in hours.spans
    ]
    return "; ".join([*parts, hours.zone])


def _written_span(span: Span) -> str:
    return f"{_ranges(span.days, _DAYS)} {times(span)}".strip()


def _ranges(on: frozenset[int], names: Sequence[str]) -> str:
    """Name days, those in a row from the first to the last; every day has no name."""
    if on == EVERY_DAY:
        return ""
    rows: list[list[int]] = []
    for day in sorted(on):
        if rows and rows[-1][-1] == day - 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    return ", ".join(
        names[row[0]] if len(row) == 1 else f"{names[row[0]]}-{names[row[-1]]}" for row in rows
    )
