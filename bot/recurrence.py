"""When something repeats: local rules in, aware UTC out.

A rule names days of the week, a wall-clock time and an IANA zone. What it comes to in UTC is worked
out anew for every occurrence, from the standard library's `zoneinfo`, so it follows the clocks of
the place and not the seconds that passed.

Each date that the rule names has exactly one moment, by one rule (RFC 5545, 3.3.5):

- A wall time that exists twice, when clocks go back, is the first of the two.
- A wall time that does not exist, when clocks go forward, moves forward by the gap: 02:30 in a gap
  from 02:00 to 03:00 is 03:30.
- A date that does not exist is a gap of 24 hours and nothing else. Apia had no 30 December 2011: a
  rule for Fridays at 09:00 comes on Saturday the 31st at 09:00, and a daily one comes once on the
  31st, because the moved occurrence and that day's own are the same moment.

No moment is given twice, and the moments of a rule only ever grow.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import Any, NoReturn, cast

from bot.errors import UserError
from bot.zones import is_zone_name, zone_info

DAY = timedelta(days=1)

MAX_WEEKS = 52
"""A rule comes at least this often, so that nobody waits for something long forgotten."""

LONGEST_GRACE = timedelta(hours=2)
"""What comes later than this is not kind any more, however rare it is."""

MAX_TEXT = 500
"""Characters of a stored rule; a real one has about 120."""


class RuleWrong(UserError, ValueError):  # noqa: N818 - named as it is spoken of
    """A rule that cannot be, or a stored one that cannot be read; `key` says which."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When something repeats, as the people it is for would say it.

    `days` are 0 for Monday to 6 for Sunday. With `weeks` of 2 or more, every so many weeks counted
    from the week of `anchor`; weeks start on Monday. Nothing comes on a local date before `anchor`
    or after `until`, both of which are included. Raises RuleWrong for what cannot be; whether the
    zone exists is asked of `bot.zones` when a moment is wanted, since data may lose a zone later.
    """

    days: frozenset[int]
    at: time
    zone: str
    weeks: int = 1
    anchor: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.days:
            raise RuleWrong("recurrence.no_days")
        if not all(_is_whole(day, 0, 6) for day in self.days):
            raise RuleWrong("recurrence.wrong_days")
        if not _is_whole(self.weeks, 1, MAX_WEEKS):
            raise RuleWrong("recurrence.wrong_weeks", most=MAX_WEEKS)
        if self.weeks > 1 and self.anchor is None:
            raise RuleWrong("recurrence.no_anchor")
        if self.at.second or self.at.microsecond or self.at.tzinfo or self.at.fold:
            raise RuleWrong("recurrence.wrong_time")
        if not is_zone_name(self.zone):
            raise RuleWrong("recurrence.wrong_zone", zone=self.zone[:60])

    @classmethod
    def daily(cls, hour: int, minute: int, zone: str) -> Rule:
        """Every day at this wall time."""
        return cls(frozenset(range(7)), time(hour, minute), zone)

    def to_text(self) -> str:
        """JSON for the store, always the same for the same rule."""
        return json.dumps(
            {
                "anchor": self.anchor and self.anchor.isoformat(),
                "at": self.at.strftime("%H:%M"),
                "days": sorted(self.days),
                "until": self.until and self.until.isoformat(),
                "weeks": self.weeks,
                "zone": self.zone,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> Rule:
        """Read what `to_text` wrote; raises RuleWrong for anything else."""
        fields = _fields(text)
        days = fields["days"]
        if not isinstance(days, list) or len(cast("list[object]", days)) > 7:
            _unreadable()
        listed = cast("list[Any]", days)
        if not all(_is_whole(day, 0, 6) for day in listed) or len(set(listed)) != len(listed):
            _unreadable()
        if not isinstance(fields["zone"], str):
            _unreadable()
        return cls(
            days=frozenset(listed),
            at=_time(fields["at"]),
            zone=fields["zone"],
            weeks=cast("int", fields["weeks"]),
            anchor=_date(fields["anchor"]),
            until=_date(fields["until"]),
        )


def next_after(rule: Rule, moment: datetime) -> datetime | None:
    """Give the first due moment strictly after `moment`, in UTC; None if there is none any more.

    Raises ZoneGone when the data have lost the rule's zone, ValueError for a naive `moment`.
    """
    return next(_after(rule, moment), None)


def upcoming(rule: Rule, moment: datetime, count: int) -> list[datetime]:
    """Give the next due moments strictly after `moment`, at most `count`.

    Raises as `next_after` does.
    """
    return list(islice(_after(rule, moment), count))


def between(rule: Rule, start: datetime, end: datetime) -> list[datetime]:
    """Give all due moments after `start` up to and including `end`. Raises as `next_after`.

    Neighbouring spans share no moment, so walking from span to span meets each exactly once.
    """
    return list(takewhile(lambda due: due <= end, _after(rule, start)))


def period(rule: Rule) -> timedelta:
    """Give the shortest time by the wall clock between two occurrences of the rule."""
    days = sorted(rule.days)
    # A week that is left out widens only the step from the last day of one to the first of another.
    wrapped = days[0] + 7 * rule.weeks - days[-1]
    return DAY * min([wrapped, *(after - day for day, after in pairwise(days))])


@lru_cache(maxsize=4_096)
def grace(rule: Rule) -> timedelta:
    """Give how late an occurrence may still come: a quarter of the period, at most two hours."""
    return min(period(rule) / 4, LONGEST_GRACE)


def missed(rule: Rule, due: datetime, now: datetime) -> bool:
    """Whether it is too late at `now` for what was due: it is then skipped, never sent."""
    return now - due > grace(rule)


def jitter(schedule_id: str, spread_seconds: int) -> int:
    """Give the whole seconds, from 0 to below `spread_seconds`, by which one schedule is put off.

    Always the same for the same schedule, in every process and version, and spread evenly over
    schedules, so that those of one hour do not all fall on its first second.
    """
    if spread_seconds < 1:
        return 0
    hashed = hashlib.blake2b(schedule_id.encode(), digest_size=8, person=b"jitter").digest()
    return int.from_bytes(hashed, "big") % spread_seconds


def _after(rule: Rule, moment: datetime) -> Iterator[datetime]:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    zone = zone_info(rule.zone)
    last = moment.astimezone(UTC)
    # A gap moves an occurrence by a day at most, so one of yesterday may still lie ahead.
    for day in _dates(rule, last.astimezone(zone).date() - DAY):
        # The first of two and the offset before a gap are what fold=0 means.
        due = datetime.combine(day, rule.at, zone).astimezone(UTC)
        if due > last:
            yield due
            last = due


def _dates(rule: Rule, start: date) -> Iterable[date]:
    """The local dates that the rule names, from `start` on, until the calendar ends."""
    day = start if rule.anchor is None else max(start, rule.anchor)
    first_week = 0 if rule.anchor is None else _week(rule.anchor.toordinal())
    # The last days of the calendar may lie beyond it in UTC.
    last = min(rule.until or date.max, date.max - 2 * DAY).toordinal()
    at = day.toordinal()
    while at <= last:
        beyond = (_week(at) - first_week) % rule.weeks
        if beyond:
            at = 7 * (_week(at) + rule.weeks - beyond) + 1
            continue
        if (at - 1) % 7 in rule.days:
            yield date.fromordinal(at)
        at += 1


def _week(ordinal: int) -> int:
    # Day 1 of the calendar, and so every 7n + 1, is a Monday.
    return (ordinal - 1) // 7


def _is_whole(value: object, least: int, most: int) -> bool:
    # True is an int to Python, and no weekday to anybody.
    return type(value) is int and least <= value <= most


_KEYS = {"anchor", "at", "days", "until", "weeks", "zone"}


def _unreadable() -> NoReturn:
    raise RuleWrong("recurrence.unreadable")


def _fields(text: str) -> dict[str, object]:
    if len(text) > MAX_TEXT:
        _unreadable()
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        _unreadable()
    # The hook shows objects as tuples of pairs, so that a key given twice is seen and not lost.
    if not isinstance(pairs, tuple):
        _unreadable()
    given = cast("tuple[tuple[str, object], ...]", pairs)
    fields = dict(given)
    if len(given) != len(fields) or fields.keys() != _KEYS:
        _unreadable()
    return fields


def _time(value: object) -> time:
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        _unreadable()
    return time(int(value[:2]), int(value[3:]))


def _date(value: object) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        _unreadable()
    try:
        return date.fromisoformat(value)
    except ValueError:
        _unreadable()
