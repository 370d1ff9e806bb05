"""Hours as moderators write them, and when they next are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from cogs.company.model import in_turn
from cogs.company.staffing import accepted, read_hours

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Mon-Fri 18:00-22:00; UTC", (2, 18), (2, 22)),
        ("lun-vie 18:00-22:00; Europe/Berlin", (2, 17), (2, 21)),
        ("Sat 10:00-14:00; Tue 9:00-10:00; UTC", (3, 9), (3, 10)),
        ("20:00-24:00; UTC", (2, 20), (3, 0)),
        ("Sun 22:00-2:00; Mon 11:00-13:00; UTC", (2, 11), (2, 13)),
    ],
)
def test_the_hours_under_way_or_the_next_ones(
    text: str, start: tuple[int, int], end: tuple[int, int]
) -> None:
    found = read_hours(text).upcoming(MONDAY)
    assert found is not None
    assert [(moment.day, moment.hour) for moment in found] == [start, end]


def test_a_night_goes_on_past_midnight() -> None:
    hours = read_hours("Sun 22:00-2:00; UTC")
    found = hours.upcoming(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    assert found == (
        datetime(2026, 3, 1, 22, tzinfo=UTC),
        datetime(2026, 3, 2, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("Mon-Fri 18:00-22:00", "Mon-Fri; UTC", "18-22; UTC", "Mon 25:00-26:00; UTC", "; UTC"),
        *(
            "someday 18:00-22:00; UTC",
            "Mon 18:00-22:00; Nowhere/Land",
            "UTC",
            "Mon 10:61-11:00;UTC",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(UserError, match=r"company\.cannot\.hours"):
        accepted(text)


@given(st.text(max_size=200))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    try:
        given_back = accepted(text)
    except UserError as error:
        given_back = error.key
    assert given_back in {text, "company.cannot.hours"}


@given(st.integers(0, 10_000))
def test_hours_that_are_given_have_not_ended(minutes: int) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    found = read_hours("Mon-Fri 18:00-22:00; Sat 23:00-3:00; Europe/Berlin").upcoming(now)
    assert found is not None
    assert found[0] < found[1]
    assert now < found[1] <= now + timedelta(days=8)


@given(st.frozensets(st.integers(1, 2**62), max_size=30), st.integers(1, 5))
def test_everybody_has_a_turn_and_the_order_is_always_the_same(
    people: frozenset[int], call: int
) -> None:
    order = in_turn("a1", call, people)
    assert frozenset(order) == people
    assert len(order) == len(people)
    assert order == in_turn("a1", call, people)
