"""What is counted, and how much of a count may be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from bot.privacy.model import Holding
from bot.zones import ZoneGone, zone_info

LEAST = 5
"""People, and times, under which nothing is told."""

STEP = 5
"""Counts are told in steps of so many."""

MOST_MONTHS = 12
"""How many months are told at most, the latest."""

HOLDINGS = (
    # The bot's own workings: a server's file would tell what /insights keeps back.
    Holding(table="insights_starts", working=True),
    # Twelve whole months, and the one that is being counted.
    Holding(table="insights_counts", kept_days=400, kept_since="month_at", working=True),
)

LAST_ZONE = timedelta(hours=12)
"""How far the place where a day ends last is behind UTC (Etc/GMT+12)."""

FIRST_ZONE = timedelta(hours=14)
"""How far the place where a day begins first is ahead of UTC (Pacific/Kiritimati)."""


class What(StrEnum):
    """What is counted."""

    ROUNDS = "rounds"
    """Pairing rounds of five people or more."""
    INTRODUCTIONS = "introductions"
    """Introductions that came about, each with everybody's yes."""
    ANSWERED = "answered"
    """Requests for company that somebody came to."""
    FAQ_USED = "faq_used"
    """Answers of the FAQ that were read; a person counts once a day."""
    FAQ_MISSED = "faq_missed"
    """Questions that the FAQ has no entry for; a person counts once a day."""


class Speed(StrEnum):
    """How soon somebody came to a request."""

    QUARTER = "quarter"
    HOUR = "hour"
    FOUR_HOURS = "four_hours"
    LATER = "later"


_LIMITS = {
    Speed.QUARTER: timedelta(minutes=15),
    Speed.HOUR: timedelta(hours=1),
    Speed.FOUR_HOURS: timedelta(hours=4),
}


def speed_of(waited: timedelta) -> Speed:
    """Give the class of a wait."""
    return next((speed for speed, limit in _LIMITS.items() if waited <= limit), Speed.LATER)


# Months: the first day stands for one


def month_of(moment: datetime, zone: str) -> date:
    """Give the month of a moment at a place; an unknown place counts as UTC."""
    try:
        local = moment.astimezone(zone_info(zone)) if zone else moment.astimezone(UTC)
    except ZoneGone:
        local = moment.astimezone(UTC)
    return local.date().replace(day=1)


def next_month(month: date) -> date:
    """Give the month after one."""
    return (month + timedelta(days=31)).replace(day=1)


def month_before(month: date) -> date:
    """Give the month before one."""
    return (month - timedelta(days=1)).replace(day=1)


def first_whole_month(switched_on: datetime) -> date:
    """Give the first month that has begun nowhere on Earth when counting is switched on."""
    return next_month(month_of(switched_on + FIRST_ZONE, ""))


def told_from(month: date) -> datetime:
    """Give the moment at which a month is over everywhere on Earth."""
    after = next_month(month)
    return datetime(after.year, after.month, 1, tzinfo=UTC) + LAST_ZONE


def months_told(first: date, now: datetime) -> list[date]:
    """Give the months that may be told, the earliest first, of those counted since `first`."""
    latest = month_before(month_of(now - LAST_ZONE, ""))
    months: list[date] = []
    while latest >= first and len(months) < MOST_MONTHS:
        months.append(latest)
        latest = month_before(latest)
    return months[::-1]


# What may be told


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was, and whether five different people are behind it for certain."""

    times: int
    five: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A count as it is told: it is `least`, `most`, or in between."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a month. What is not in `spans` is not told: it may be none, or too few."""

    month: date
    spans: Mapping[What, Span]
    speed: Speed | None = None
    """Half of the requests were answered as soon as this, or sooner."""


def figures_of(month: date, counts: Mapping[What, Count], speeds: Mapping[Speed, Count]) -> Figures:
    """Say what may be told of a month; what is missing counts as none.

    There are no totals: with a total and its parts, what is missing could be worked out. Rounds
    are told with the introductions only, lest a round tell that there were some. How soon somebody
    came speaks of supporters too, so that takes five of them as well.
    """
    spans = {
        what: Span(count.times // STEP * STEP, count.times // STEP * STEP + STEP - 1)
        for what, count in counts.items()
        if what is not What.ROUNDS and count.five and count.times >= LEAST
    }
    rounds = counts.get(What.ROUNDS)
    if What.INTRODUCTIONS in spans:
        held = 0 if rounds is None else rounds.times
        spans[What.ROUNDS] = Span(held, held)
    known = What.ANSWERED in spans and any(count.five for count in speeds.values())
    return Figures(month, spans, _median(speeds) if known else None)


def _median(speeds: Mapping[Speed, Count]) -> Speed | None:
    """The class in which half of all have been reached; None under five."""
    total = sum(count.times for count in speeds.values())
    reached = 0
    for speed in Speed:
        reached += speeds[speed].times if speed in speeds else 0
        if total >= LEAST and 2 * reached >= total:
            return speed
    return None


def by_kind(
    counted: Iterable[tuple[str, Count]],
) -> tuple[dict[What, Count], dict[Speed, Count]]:
    """Sort what is stored by what it is; what an older version counted is left out."""
    whats: dict[What, Count] = {}
    speeds: dict[Speed, Count] = {}
    for name, count in counted:
        if name in set(What):
            whats[What(name)] = count
        elif name in set(Speed):
            speeds[Speed(name)] = count
    return whats, speeds
