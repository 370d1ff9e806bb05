from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.calendar import Jump

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.integers(0, 10 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"])


@given(moments, zones, st.sampled_from(Jump))
def test_every_button_leads_forward_by_at_most_a_week(now: datetime, zone: str, jump: Jump) -> None:
    ahead = jump.target(now, ZoneInfo(zone)) - now
    assert timedelta(0) < ahead <= timedelta(days=7, hours=2)


@given(moments, zones)
def test_next_monday_is_a_monday_at_nine_where_the_person_is(now: datetime, zone: str) -> None:
    monday = Jump.MONDAY.target(now, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert (monday.weekday(), monday.hour, monday.minute) == (0, 9, 0)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 3, 28, 8, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 7, 0, tzinfo=UTC), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
        (datetime(2026, 5, 4, 7, 0, tzinfo=UTC), datetime(2026, 5, 5, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_day_keeps_the_time_on_the_wall_when_the_clocks_change(
    now: datetime, then: datetime
) -> None:
    assert Jump.DAY.target(now, BERLIN) == then


def test_at_nine_on_a_monday_the_button_leads_to_the_next_one() -> None:
    nine = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert Jump.MONDAY.target(nine, ZoneInfo("UTC")) == nine + timedelta(days=7)
