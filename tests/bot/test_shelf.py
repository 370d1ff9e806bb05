"""Keeping what is costly to make, and no more of it than there is room for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.shelf import Shelf

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def shelf(*, most: int = 10, weight: int = 100) -> Shelf[int, str]:
    return Shelf(most=most, weight=weight, unused=timedelta(minutes=30))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_what_was_put_is_there() -> None:
    kept = shelf()
    kept.put(1, "a", 5, at(0))
    assert kept.get(1, at(1)) == "a"
    assert kept.get(2, at(1)) is None


def test_the_one_unused_for_longest_makes_room() -> None:
    kept = shelf(weight=10)
    kept.put(1, "a", 5, at(0))
    kept.put(2, "b", 5, at(1))
    kept.get(1, at(2))
    kept.put(3, "c", 5, at(3))
    assert (1 in kept, 2 in kept, 3 in kept) == (True, False, True)


def test_what_is_too_heavy_stays_alone() -> None:
    kept = shelf(weight=10)
    kept.put(1, "a", 5, at(0))
    kept.put(2, "b", 50, at(1))
    assert len(kept) == 1
    assert kept.get(2, at(1)) == "b"


def test_what_is_unused_goes() -> None:
    kept = shelf()
    kept.put(1, "a", 5, at(0))
    kept.put(2, "b", 5, at(20))
    assert kept.get(2, at(31)) == "b"
    assert 1 not in kept
    assert kept.weight == 5


def test_dropping_is_by_key() -> None:
    kept = shelf()
    for key in range(4):
        kept.put(key, "x", 1, at(0))
    kept.drop(lambda key: key % 2 == 0)
    assert [key for key in range(4) if key in kept] == [1, 3]


def test_what_was_let_go_is_gone_and_weighs_nothing() -> None:
    kept = shelf()
    kept.put(1, "a", 5, at(0))
    kept.let_go(1)
    kept.let_go(2)
    assert 1 not in kept
    assert kept.weight == 0


puts = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40), st.floats(0, 20)), max_size=60)


@given(puts)
def test_it_never_holds_more_than_it_may(steps: list[tuple[int, int, float]]) -> None:
    kept = shelf(most=5, weight=60)
    minute = 0.0
    for key, weight, later in steps:
        minute += later
        kept.put(key, "x", weight, at(minute))
        assert key in kept
        assert len(kept) <= 5
        assert kept.weight <= 60
