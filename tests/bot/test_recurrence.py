from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.recurrence import (
    FIRST,
    LAST,
    Count,
    Oracle,
    any_rule,
    aware,
    changes,
    check_days,
    check_edges,
    check_rule,
    clip,
    distinct,
    same_data,
    telling_times,
    walk,
    zone_names,
)
from bot.errors import UserError
from bot.recurrence import (
    Rule,
    RuleWrong,
    between,
    grace,
    jitter,
    missed,
    next_after,
    period,
    upcoming,
)
from bot.zones import ZoneGone

ALL = frozenset(range(7))
FRIDAY = frozenset({4})
HOUR = timedelta(hours=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


days = st.frozensets(st.integers(0, 6), min_size=1)
times = st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0, fold=0))
dates = st.dates(date(2000, 1, 1), date(2060, 1, 1))
moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "America/Havana",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Asia/Kolkata",
        "Asia/Tehran",
        "Antarctica/Troll",
        "UTC",
    ]
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    anchor = draw(st.none() | dates)
    weeks = draw(st.integers(1, 6)) if anchor else 1
    return Rule(draw(days), draw(times), draw(zones), weeks, anchor, draw(st.none() | dates))


# --- what a wall time means ---


def test_a_time_keeps_its_place_on_the_clock_across_a_change() -> None:
    rule = Rule.daily(18, 30, "Europe/Berlin")
    assert upcoming(rule, utc(2026, 3, 28), 2) == [
        utc(2026, 3, 28, 17, 30),
        utc(2026, 3, 29, 16, 30),
    ]


def test_a_time_that_does_not_exist_moves_forward_by_the_gap() -> None:
    rule = Rule.daily(2, 30, "Europe/Berlin")
    assert next_after(rule, utc(2026, 3, 29)) == utc(2026, 3, 29, 1, 30)
    assert next_after(rule, utc(2026, 3, 29, 1, 30)) == utc(2026, 3, 30, 0, 30)


def test_half_an_hour_of_gap_moves_a_time_by_half_an_hour() -> None:
    # Lord Howe goes from +10:30 to +11 at 02:00: 02:15 is shown as 02:45.
    rule = Rule.daily(2, 15, "Australia/Lord_Howe")
    assert next_after(rule, utc(2026, 10, 3, 12)) == utc(2026, 10, 3, 15, 45)


def test_a_gap_at_midnight_moves_into_the_next_hour_of_the_same_date() -> None:
    # Havana's clocks go from 00:00 to 01:00.
    rule = Rule(frozenset({6}), time(0, 30), "America/Havana")
    assert next_after(rule, utc(2026, 3, 7)) == utc(2026, 3, 8, 5, 30)


def test_of_a_time_that_exists_twice_only_the_first_counts() -> None:
    rule = Rule.daily(2, 30, "Europe/Berlin")
    first, following = upcoming(rule, utc(2026, 10, 25), 2)
    assert first == utc(2026, 10, 25, 0, 30)
    assert following == utc(2026, 10, 26, 1, 30)


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_a_daily_rule_comes_once_on_the_day_after_one_that_did_not_exist(zone: str) -> None:
    found = upcoming(Rule.daily(9, 0, zone), utc(2011, 12, 29), 3)
    assert len(set(found)) == 3
    assert found[1] - found[0] == timedelta(days=1)


def test_a_weekly_rule_moves_to_the_day_after_one_that_did_not_exist() -> None:
    rule = Rule(FRIDAY, time(9), "Pacific/Apia")
    assert upcoming(rule, utc(2011, 12, 24), 2) == [
        utc(2011, 12, 30, 19),  # Saturday 31 December, 09:00 at +14
        utc(2012, 1, 5, 19),
    ]


def test_what_was_moved_from_yesterday_still_lies_ahead_today() -> None:
    rule = Rule(FRIDAY, time(9), "Pacific/Apia")
    # It is Saturday 31 December, 08:00 there, and Friday's 09:00 is yet to come.
    assert next_after(rule, utc(2011, 12, 30, 18)) == utc(2011, 12, 30, 19)


def test_kwajaleins_missing_day_is_a_gap_like_any_other() -> None:
    rule = Rule(frozenset({5}), time(9), "Pacific/Kwajalein")
    assert next_after(rule, utc(1993, 8, 20)) == utc(1993, 8, 21, 21)
    assert upcoming(Rule.daily(9, 0, "Pacific/Kwajalein"), utc(1993, 8, 20), 3) == [
        utc(1993, 8, 20, 21),
        utc(1993, 8, 21, 21),
        utc(1993, 8, 22, 21),
    ]


def test_a_zone_that_changes_its_offset_for_good_keeps_the_wall_time() -> None:
    # Volgograd left +4 for +3 on 27 December 2020.
    found = upcoming(Rule.daily(12, 0, "Europe/Volgograd"), utc(2020, 12, 26), 2)
    assert found == [utc(2020, 12, 26, 8), utc(2020, 12, 27, 9)]


def test_leap_days_and_month_ends_are_days_like_any_other() -> None:
    found = upcoming(Rule.daily(12, 0, "UTC"), utc(2028, 2, 27, 13), 3)
    assert [moment.day for moment in found] == [28, 29, 1]


# --- which dates are due ---


def test_every_other_week_is_counted_from_the_week_of_its_anchor() -> None:
    rule = Rule(frozenset({0, 3}), time(12), "UTC", weeks=2, anchor=date(2026, 1, 7))
    assert [moment.date() for moment in upcoming(rule, utc(2025, 1, 1), 4)] == [
        date(2026, 1, 8),
        date(2026, 1, 19),
        date(2026, 1, 22),
        date(2026, 2, 2),
    ]


def test_the_last_date_is_included_and_nothing_follows() -> None:
    rule = Rule(ALL, time(23, 30), "America/Los_Angeles", until=date(2026, 5, 2))
    assert next_after(rule, utc(2026, 5, 3)) == utc(2026, 5, 3, 6, 30)
    assert next_after(rule, utc(2026, 5, 3, 6, 30)) is None
    assert upcoming(rule, utc(2026, 5, 3, 6, 30), 5) == []


def test_the_end_of_the_calendar_is_an_end() -> None:
    assert next_after(Rule.daily(12, 0, "Asia/Tokyo"), utc(9999, 12, 30)) is None


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        next_after(Rule.daily(12, 0, "UTC"), datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_moment_asked_from_may_be_in_any_zone() -> None:
    asked = datetime(2026, 1, 1, 23, tzinfo=timezone(-5 * HOUR))
    assert next_after(Rule.daily(12, 0, "UTC"), asked) == utc(2026, 1, 2, 12)


@given(rules(), moments)
def test_what_comes_next_lies_ahead_and_nothing_lies_between(rule: Rule, moment: datetime) -> None:
    due = next_after(rule, moment)
    if due is None:
        return
    assert due > moment
    assert due.tzinfo is UTC
    assert next_after(rule, due - timedelta(seconds=1)) == due
    assert between(rule, moment, due) == [due]


@given(rules(), moments, st.integers(0, 40))
def test_looking_ahead_shows_what_a_walk_will_meet(rule: Rule, moment: datetime, n: int) -> None:
    ahead = upcoming(rule, moment, n)
    assert ahead == sorted(set(ahead))
    met: list[datetime] = []
    due = next_after(rule, moment)
    while due is not None and len(met) < n:
        met.append(due)
        due = next_after(rule, due)
    assert met == ahead


@given(rules(), moments, st.integers(0, 1000), st.integers(0, 1000))
def test_neighbouring_spans_share_nothing_and_lose_nothing(
    rule: Rule, start: datetime, one: int, two: int
) -> None:
    middle, end = start + one * HOUR, start + (one + two) * HOUR
    assert between(rule, start, middle) + between(rule, middle, end) == between(rule, start, end)


# --- against python-dateutil ---


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with same_data() as found:
        yield found


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Oracle:
    return Oracle(folder)


def sound(count: Count) -> None:
    assert (count.skipped, count.doubled, count.wrong) == (0, 0, 0), count.examples
    assert count.days


def test_every_zone_agrees_with_the_oracle_around_its_changes(oracle: Oracle) -> None:
    # Every change would take minutes: the benchmark does. Here each zone shows one of its own.
    dice = random.Random(7)  # noqa: S311
    count = Count()
    for name in distinct(oracle.folder, zone_names(oracle.folder)):
        year = datetime(dice.choice([2011, 2014, 2016, 2025]), 1, 1)  # noqa: DTZ001
        at = changes(name, year, year + timedelta(days=366))
        for change, wall in zip(at, telling_times(name, at), strict=False):
            rule = Rule(ALL, wall, name)
            start, end = change - timedelta(days=2), change + timedelta(days=2)
            around = oracle.moments(
                rule, start.date() - timedelta(days=2), end.date() + timedelta(days=2)
            )
            count.compare(rule, walk(rule, start, end), clip(around, start, end))
    sound(count)


def test_no_day_of_26_years_is_skipped_doubled_or_wrong(oracle: Oracle) -> None:
    name = "Europe/Dublin"
    at = changes(name)
    naive = Count()
    sound(check_days(oracle, name, telling_times(name, at)[:1], naive))
    assert naive.wrong, "a loop that adds 24 hours gets this wrong, or the check sees nothing"
    sound(check_edges(oracle, name, at[:2], 120))


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dice=st.randoms(use_true_random=False), name=zones)
def test_any_rule_agrees_with_the_oracle(oracle: Oracle, dice: random.Random, name: str) -> None:
    rule = any_rule(dice, name, [time(0, 30), time(1, 30), time(2, 30)])
    count = check_rule(oracle, rule)
    assert (count.skipped, count.doubled, count.wrong) == (0, 0, 0), count.examples


def test_the_comparison_tells_skipped_doubled_and_wrong_apart() -> None:
    rule = Rule.daily(12, 0, "UTC")
    right = between(rule, aware(FIRST), aware(FIRST) + timedelta(days=5))
    assert aware(LAST) > right[-1]
    for ours, wanted in (
        (right[1:], (1, 0, 0)),
        ([*right, right[0]], (0, 1, 0)),
        ([right[0] + HOUR, *right[1:]], (0, 0, 1)),
        ([*right, right[0] + HOUR], (0, 0, 1)),
    ):
        count = Count()
        count.compare(rule, ours, right)
        assert (count.skipped, count.doubled, count.wrong) == wanted


# --- late, and apart ---


def test_the_period_is_the_shortest_wait() -> None:
    assert period(Rule.daily(12, 0, "UTC")) == timedelta(days=1)
    assert period(Rule(FRIDAY, time(12), "UTC")) == timedelta(days=7)
    assert period(Rule(frozenset({0, 4}), time(12), "UTC")) == timedelta(days=3)
    assert period(Rule(FRIDAY, time(12), "UTC", 2, date(2026, 1, 1))) == timedelta(days=14)
    ends = Rule(frozenset({0, 6}), time(12), "UTC", 2, date(2026, 1, 1))
    assert period(ends) == timedelta(days=6)


@given(rules())
def test_grace_is_never_longer_than_two_hours_or_a_quarter_of_the_wait(rule: Rule) -> None:
    assert timedelta(0) < grace(rule) <= min(2 * HOUR, period(rule) / 4)


def test_what_is_late_beyond_grace_is_missed() -> None:
    rule, due = Rule.daily(12, 0, "UTC"), utc(2026, 5, 1, 12)
    assert not missed(rule, due, due)
    assert not missed(rule, due, due + 2 * HOUR)
    assert missed(rule, due, due + 2 * HOUR + timedelta(seconds=1))


def test_a_schedule_is_always_put_off_by_the_same_seconds() -> None:
    assert jitter("checkins:1", 60) == jitter("checkins:1", 60) == 55
    assert jitter("checkins:1", 0) == 0


@given(st.text(max_size=30), st.integers(1, 10_000))
def test_a_schedule_is_put_off_by_less_than_the_spread(name: str, spread: int) -> None:
    assert 0 <= jitter(name, spread) < spread


def test_schedules_are_spread_evenly() -> None:
    buckets = [0] * 60
    for number in range(60_000):
        buckets[jitter(str(number), 60)] += 1
    assert 850 < min(buckets) <= max(buckets) < 1150


# --- rules that cannot be, and rules in the store ---


@given(rules())
def test_a_rule_survives_the_store(rule: Rule) -> None:
    text = rule.to_text()
    assert Rule.from_text(text) == rule
    assert Rule.from_text(text).to_text() == text


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"days": frozenset[int]()}, "recurrence.no_days"),
        ({"days": frozenset({7})}, "recurrence.wrong_days"),
        ({"weeks": 0}, "recurrence.wrong_weeks"),
        ({"weeks": 53}, "recurrence.wrong_weeks"),
        ({"weeks": True}, "recurrence.wrong_weeks"),
        ({"weeks": 2}, "recurrence.no_anchor"),
        ({"at": time(12, 0, 1)}, "recurrence.wrong_time"),
        ({"zone": "../etc/passwd"}, "recurrence.wrong_zone"),
        ({"zone": "localtime"}, "recurrence.wrong_zone"),
        ({"zone": "right/Europe/Berlin"}, "recurrence.wrong_zone"),
        ({"zone": ""}, "recurrence.wrong_zone"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_reason(
    change: dict[str, object], key: str
) -> None:
    fields: dict[str, object] = {"days": ALL, "at": time(12), "zone": "UTC", **change}
    with pytest.raises(RuleWrong) as refused:
        Rule(**fields)  # type: ignore[arg-type]
    assert refused.value.key == key
    assert isinstance(refused.value, UserError)


GOOD = json.loads(Rule(FRIDAY, time(18, 5), "UTC", 2, date(2026, 1, 1)).to_text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 400,
        json.dumps(GOOD | {"more": 1}),
        json.dumps({key: value for key, value in GOOD.items() if key != "until"}),
        json.dumps(GOOD)[:-1] + ', "zone": "UTC"}',
        json.dumps(GOOD) + " " * 500,
        *(
            json.dumps(GOOD | {key: value})
            for key, value in [
                ("days", [4, 4]),
                ("days", [True]),
                ("days", ["4"]),
                ("days", 4),
                ("days", {"4": 4}),
                ("days", [[4]]),
                ("days", list(range(8))),
                ("at", "18:5"),
                ("at", "24:00"),
                ("at", "18:05:00"),
                ("at", "١٨:٠٥"),
                ("at", 18),
                ("zone", None),
                ("anchor", "2026-02-30"),
                ("anchor", "20260101"),
                ("until", 20260101),
            ]
        ),
    ],
)
def test_a_stored_rule_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(RuleWrong) as refused:
        Rule.from_text(text)
    assert refused.value.key == "recurrence.unreadable"


@given(st.text(max_size=60) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_junk_is_refused_and_never_breaks_anything(text: str) -> None:
    with pytest.raises(RuleWrong):
        Rule.from_text(text)


def test_a_rule_outlives_its_zone_and_says_which_one_is_gone() -> None:
    rule = Rule.from_text(Rule.daily(12, 0, "Europe/Atlantis").to_text())
    with pytest.raises(ZoneGone) as gone:
        next_after(rule, utc(2026, 1, 1))
    assert gone.value.zone == "Europe/Atlantis"


@pytest.mark.parametrize(
    ("old", "new"),
    [("Asia/Calcutta", "Asia/Kolkata"), ("Europe/Kiev", "Europe/Kyiv"), ("US/Pacific", None)],
)
def test_a_zone_under_its_old_name_keeps_working(old: str, new: str | None) -> None:
    moment = utc(2026, 7, 1)
    by_old = upcoming(Rule.daily(8, 0, old), moment, 3)
    assert by_old == upcoming(Rule.daily(8, 0, new or "America/Los_Angeles"), moment, 3)
