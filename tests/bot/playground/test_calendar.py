from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.calendar import Jump
from cogs.checkins.model import SPREAD_SECONDS

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
def test_next_monday_is_a_monday_just_after_nine_where_the_person_is(
    now: datetime, zone: str
) -> None:
    monday = Jump.MONDAY.target(now, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert (monday.weekday(), monday.hour, monday.minute) == (0, 9, 1)


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


def test_there_on_a_monday_the_button_leads_to_the_next_one() -> None:
    there = datetime(2026, 1, 5, 9, 1, tzinfo=UTC)
    assert Jump.MONDAY.target(there, ZoneInfo("UTC")) == there + timedelta(days=7)


def test_a_check_in_of_nine_has_come_when_the_button_has_led_there() -> None:
    monday = Jump.MONDAY.target(datetime(2026, 1, 2, 20, 0, tzinfo=UTC), ZoneInfo("UTC"))
    assert monday >= datetime(2026, 1, 5, 9, 0, tzinfo=UTC) + timedelta(seconds=SPREAD_SECONDS)
