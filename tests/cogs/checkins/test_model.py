from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.recurrence import Rule
from cogs.checkins.model import (
    REFUSALS_IN_A_ROW,
    SPREAD_SECONDS,
    Body,
    History,
    Off,
    Place,
    Plan,
    Schedule,
    State,
    check_place,
    refused_once,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLAN = Plan(Place.CHANNEL, 100, Rule.daily(9, 0, "UTC"), (), "en")
ONE = Schedule("a" * 16, 10, None, PLAN, NOW)
OWN = replace(ONE, owner_user_id=30, plan=replace(PLAN, place=Place.DM))


def test_a_running_schedule_comes_next_by_its_rule() -> None:
    assert ONE.coming(NOW, 2) == [datetime(2026, 3, day, 9, tzinfo=UTC) for day in (3, 4)]


def test_what_is_skipped_is_not_announced() -> None:
    skipping = replace(ONE, skip_next=True)
    assert skipping.next_due(NOW) == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert skipping.coming(NOW, 1) == [datetime(2026, 3, 4, 9, tzinfo=UTC)]


def test_a_pause_hides_what_falls_into_it_and_one_without_end_everything() -> None:
    assert ONE.paused(NOW + 3 * DAY).coming(NOW, 1) == [datetime(2026, 3, 6, 9, tzinfo=UTC)]
    assert ONE.paused(None).coming(NOW, 1) == []
    assert ONE.switched_off(Off.REFUSED).coming(NOW, 1) == []


def test_resuming_forgets_pause_refusals_and_reason() -> None:
    ended = replace(ONE.switched_off(Off.REFUSED), refusals=3)
    assert ended.resumed() == ONE


def test_a_rule_that_has_ended_comes_no_more() -> None:
    rule = replace(PLAN.rule, until=NOW.date())
    assert replace(ONE, plan=replace(PLAN, rule=rule)).coming(NOW, 5) == []


@given(st.text("0123456789abcdef", min_size=16, max_size=16))
def test_everything_comes_within_the_minute_that_was_asked_for(schedule_id: str) -> None:
    spread = replace(ONE, id=schedule_id).spread
    assert timedelta(0) <= spread < timedelta(seconds=SPREAD_SECONDS)
    due = datetime.combine(NOW.date(), time(9), UTC) + spread
    assert (due.hour, due.minute) == (9, 0)


def test_a_servers_schedule_bears_refusals_in_a_row_and_a_members_none() -> None:
    one = ONE
    for _ in range(REFUSALS_IN_A_ROW - 1):
        one = refused_once(one)
        assert one.state is State.ON
    assert refused_once(one).state is State.OFF
    assert refused_once(OWN).state is State.OFF


def test_direct_messages_are_for_members_own_schedules_and_for_no_other() -> None:
    check_place(OWN.plan, own=True)
    check_place(PLAN, own=False)
    for plan, own in ((OWN.plan, False), (PLAN, True)):
        with pytest.raises(UserError):
            check_place(plan, own=own)


def test_a_body_is_read_as_it_was_written() -> None:
    body = Body("a" * 16, Place.THREAD, "es", "today-weather", "¿Qué tiempo hace?", by_hand=True)
    body = replace(body, number=7, before=3)
    assert Body.from_text(body.to_text()) == body


def test_a_body_of_before_posts_were_numbered_is_read() -> None:
    body = Body("a" * 16, Place.CHANNEL, "en", "hello-there", "Hello?")
    old = body.to_text().replace(', "number": 0, "before": 0', "")
    assert old != body.to_text()
    assert Body.from_text(old) == body


SEEN = History(10, 100, None, {"a": 1, "b": 2, "c": 3})


def test_a_post_is_the_latest_of_its_channel() -> None:
    again = SEEN.with_post("a")
    assert list(again.posts) == ["b", "c", "a"]
    assert (SEEN.latest, again.latest) == (3, 4)
    assert replace(SEEN, posts={}).with_post("a").posts == {"a": 1}


def test_a_post_that_did_not_come_about_leaves_the_channel_as_it_was() -> None:
    again = SEEN.with_post("a").with_post("d")
    assert list(again.without_post("a", 4, 1).posts) == ["a", "b", "c", "d"]
    assert SEEN.with_post("d").without_post("d", 4, 0) == SEEN


def test_a_post_that_was_followed_by_the_same_prompt_is_not_missed() -> None:
    again = SEEN.with_post("a").with_post("a")
    assert again.without_post("a", 4, 1) == again
    assert SEEN.without_post("e", 0, 0) == SEEN
