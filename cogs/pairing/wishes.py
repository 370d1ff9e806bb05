"""Wishes as others may know them: free hours in UTC, and what people have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from bot.zones import zone_info
from cogs.pairing.model import Block, Member, Shown

HOURS_A_WEEK = 168

_STARTS = {"morning": 6, "afternoon": 12, "evening": 18, "night": 22}
_LENGTHS = {"morning": 6, "afternoon": 6, "evening": 4, "night": 4}
"""Hours on the member's own clock: 6 to 12, 12 to 18, 18 to 22, and 22 to 2.

A night belongs to the day on which it begins.
"""

_DAYS = {"weekday": range(5), "weekend": range(5, 7)}


def free_hours(blocks: frozenset[Block], zone: str, now: datetime) -> frozenset[int]:
    """Give the hours of the week in UTC, 0 to 167 from Monday 00:00, that somebody has free.

    They are worked out for the seven local days that begin with the one of `now`, so that they
    follow the clocks of the place; an hour that clocks leave out is the one after it. No blocks
    means any hour. Raises ZoneGone when the data have lost the zone.
    """
    if not blocks:
        return frozenset(range(HOURS_A_WEEK))
    today = now.astimezone(zone_info(zone)).date()
    return frozenset[int]().union(*(_hours(block, zone, today) for block in blocks))


@lru_cache(maxsize=2_048)
def _hours(block: Block, zone: str, today: date) -> frozenset[int]:
    """The same for one block: ten thousand members share few zones and eight blocks."""
    days, part = block.value.split("-")
    place = zone_info(zone)
    found: set[int] = set()
    for ahead in range(7):
        day = today + timedelta(days=ahead)
        if day.weekday() not in _DAYS[days]:
            continue
        begin = datetime.combine(day, time(), place)
        for hour in range(_STARTS[part], _STARTS[part] + _LENGTHS[part]):
            # Added before it is taken to UTC, so it is an hour of the wall clock.
            moment = (begin + timedelta(hours=hour)).astimezone(UTC)
            found.add(moment.weekday() * 24 + moment.hour)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Common:
    """What people have in common, as far as all of them agreed to show it."""

    languages: tuple[str, ...]
    topics: tuple[str, ...]
    hours: int
    """Hours of a week that all of them usually have free; 0 also where somebody left it open."""


def in_common(members: Sequence[Member], offered: Sequence[str], now: datetime) -> Common:
    """Give what may be told to all of these people. `offered` are the topics, in their order.

    Languages are in the order of the first member. Raises ZoneGone.
    """
    wishes = [one.wishes for one in members]
    shown = frozenset(Shown).intersection(*(one.shown for one in wishes))
    first = wishes[0].languages if Shown.LANGUAGES in shown else ()
    languages = tuple(code for code in first if all(code in one.languages for one in wishes))
    topics = (
        tuple(id_ for id_ in offered if all(id_ in one.topics for one in wishes))
        if Shown.TOPICS in shown
        else ()
    )
    hours = 0
    if Shown.HOURS in shown and all(one.hours for one in wishes):
        each = [free_hours(one.wishes.hours, one.zone, now) for one in members]
        hours = len(each[0].intersection(*each))
    return Common(languages, topics, hours)
