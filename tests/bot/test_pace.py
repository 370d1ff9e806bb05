"""How often one person may do something that others see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import Limit, Pace, take

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LIMITS = (Limit(1, timedelta(seconds=30)), Limit(5, timedelta(minutes=10)))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_is_granted_and_the_next_told_how_long_to_wait() -> None:
    pace = Pace(*LIMITS)
    assert pace.take(1, at(0)) == timedelta()
    assert pace.take(1, at(10)) == timedelta(seconds=20)
    assert pace.take(1, at(30)) == timedelta()


def test_what_was_refused_does_not_count() -> None:
    pace = Pace(*LIMITS)
    for second in range(30):
        pace.take(1, at(second))
    assert pace.take(1, at(30)) == timedelta()


def test_the_longer_limit_holds_as_well() -> None:
    pace = Pace(*LIMITS)
    for minute in range(5):
        assert pace.take(1, at(60 * minute)) == timedelta()
    assert pace.take(1, at(300)) == timedelta(seconds=300)
    assert pace.take(1, at(600)) == timedelta()


def test_people_do_not_wait_for_each_other() -> None:
    pace = Pace(*LIMITS)
    assert pace.take(1, at(0)) == timedelta()
    assert pace.take(2, at(0)) == timedelta()


def test_what_did_not_come_about_is_given_back() -> None:
    pace = Pace(*LIMITS)
    pace.take(1, at(0))
    pace.give_back(1)
    pace.give_back(1)
    pace.give_back(2)
    assert pace.take(1, at(1)) == timedelta()


def test_memory_stays_bounded() -> None:
    pace = Pace(*LIMITS, remembered=100)
    for key in range(1_000):
        pace.take(key, at(0))
    assert len(pace) == 100


def test_who_is_under_no_limit_any_more_is_forgotten() -> None:
    pace = Pace(*LIMITS)
    for key in range(100):
        pace.take(key, at(key))
    for key in range(50):
        pace.give_back(key)
    pace.take(1_000, at(600 + 70))
    assert len(pace) == 30
    pace.take(1_000, at(600 + 99))
    assert len(pace) == 1


def test_a_pace_without_a_limit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="limit"):
        Pace()


@given(st.lists(st.floats(0, 120), max_size=60))
def test_no_stretch_of_time_holds_more_than_its_limit(gaps: list[float]) -> None:
    pace = Pace(*LIMITS)
    moment, granted = 0.0, list[datetime]()
    for gap in gaps:
        moment += gap
        if not pace.take(7, at(moment)):
            granted.append(at(moment))
    for limit in LIMITS:
        for start in granted:
            inside = [g for g in granted if start <= g < start + limit.within]
            assert len(inside) <= limit.times


def test_several_paces_grant_together_or_count_nothing() -> None:
    of_member, in_server = Pace(Limit(5, timedelta(hours=1))), Pace(Limit(1, timedelta(hours=1)))
    assert take(at(0), (of_member, 1), (in_server, 9)) == timedelta()
    for _ in range(9):
        assert take(at(60), (of_member, 2), (in_server, 9)) == timedelta(minutes=59)
    for _ in range(5):
        assert of_member.take(2, at(61)) == timedelta()
