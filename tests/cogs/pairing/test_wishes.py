"""Free hours across clock changes, and what people have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.zones import ZoneGone
from cogs.pairing.model import Block, Member, Shown, Wishes
from cogs.pairing.wishes import HOURS_A_WEEK, free_hours, in_common

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
LENGTHS = {"morning": 6, "afternoon": 6, "evening": 4, "night": 4}
ZONES = st.sampled_from(
    (
        *("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"),
        *("Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Chatham"),
    )
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
SETS = st.frozensets(st.sampled_from(Block), min_size=1)


def member(**changed: object) -> Member:
    wishes = Wishes(("en",), frozenset({"music"}), hours=frozenset(Block))
    one = Member("m1", 10, 30, wishes, "UTC", MONDAY)
    return replace(one, **changed)  # pyright: ignore[reportArgumentType]


def test_hours_are_those_of_the_clock_where_somebody_lives() -> None:
    evening = frozenset({Block.WEEKDAY_EVENING})
    berlin = free_hours(evening, "Europe/Berlin", MONDAY)
    assert berlin == {day * 24 + hour for day in range(5) for hour in (17, 18, 19, 20)}
    summer = free_hours(evening, "Europe/Berlin", MONDAY + timedelta(days=180))
    assert summer == {day * 24 + hour for day in range(5) for hour in (16, 17, 18, 19)}


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = free_hours(frozenset({Block.WEEKEND_NIGHT}), "UTC", MONDAY)
    saturday, sunday = 5 * 24, 6 * 24
    assert nights == {
        *(saturday + 22, saturday + 23, sunday, sunday + 1),
        *(sunday + 22, sunday + 23, 0, 1),
    }


def test_without_hours_any_will_do() -> None:
    assert len(free_hours(frozenset(), "UTC", MONDAY)) == HOURS_A_WEEK


def test_in_the_week_of_a_change_each_day_has_its_own_offset() -> None:
    # 29 March 2026, a Sunday: Berlin goes from UTC+1 to UTC+2.
    mornings = free_hours(
        frozenset({Block.WEEKEND_MORNING}), "Europe/Berlin", datetime(2026, 3, 24, tzinfo=UTC)
    )
    assert mornings == {5 * 24 + hour for hour in range(5, 11)} | {
        6 * 24 + hour for hour in range(4, 10)
    }


@given(SETS, ZONES, MOMENTS)
def test_every_free_hour_is_one_on_the_members_own_clock(
    blocks: frozenset[Block], zone: str, now: datetime
) -> None:
    hours = free_hours(blocks, zone, now)
    assert hours <= set(range(HOURS_A_WEEK))
    days = {"weekday": 5, "weekend": 2}
    most = sum(LENGTHS[b.split("-")[1]] * days[b.split("-")[0]] for b in blocks)
    # A change of clocks may take an hour, and nothing more.
    assert most - 2 <= len(hours) <= most
    place = ZoneInfo(zone)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0)
    walls = {
        (wall.weekday(), wall.hour)
        for week in (-1, 0, 1)
        for hour in hours
        for minute in (0, 59)
        for wall in [(monday + timedelta(weeks=week, hours=hour, minutes=minute)).astimezone(place)]
    }
    wanted = set[int]()
    for block in blocks:
        part = block.split("-")[1]
        start = {"morning": 6, "afternoon": 12, "evening": 18, "night": 22}[part]
        # An hour more on either side: offsets of half hours, and the week of a change.
        wanted |= {(start + step) % 24 for step in range(-2, LENGTHS[part] + 2)}
    assert {hour for _, hour in walls} <= wanted


@given(SETS, SETS, ZONES, MOMENTS)
def test_more_blocks_never_make_fewer_hours(
    some: frozenset[Block], more: frozenset[Block], zone: str, now: datetime
) -> None:
    assert free_hours(some, zone, now) <= free_hours(some | more, zone, now)


def test_a_zone_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(ZoneGone):
        free_hours(frozenset(Block), "Europe/Nowhere", MONDAY)


def test_only_what_all_allow_is_told_and_only_what_they_share() -> None:
    wishes = Wishes(("es", "en"), frozenset({"music", "books"}), hours=frozenset(Block))
    ash = member(wishes=wishes)
    birch = member(
        wishes=replace(
            wishes,
            languages=("en", "de"),
            topics=frozenset({"books", "games"}),
            hours=frozenset({Block.WEEKDAY_NIGHT}),
        ),
        zone="Europe/Berlin",
    )
    found = in_common([ash, birch], ["games", "music", "books"], MONDAY)
    assert found.languages == ("en",)
    assert found.topics == ("books",)
    assert found.hours == 20
    shy = replace(birch, wishes=replace(birch.wishes, shown=frozenset({Shown.LANGUAGES})))
    found = in_common([ash, shy], ["games", "music", "books"], MONDAY)
    assert (found.languages, found.topics, found.hours) == (("en",), (), 0)
    # Who left the hours open did not say that they share them.
    free = replace(ash, wishes=replace(ash.wishes, hours=frozenset()))
    assert in_common([free, birch], [], MONDAY).hours == 0
