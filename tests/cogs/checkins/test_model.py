from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.recurrence import Rule
from cogs.checkins.model import (
    REFUSALS_IN_A_ROW,
    SPREAD_SECONDS,
    Body,
    Off,
    Place,
    Plan,
    Schedule,
    State,
    Used,
    check_place,
    posted,
    refused_once,
)
from cogs.checkins.prompts import Pool, Prompt, Task, Tip, Weight, choose

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
    assert Body.from_text(body.to_text()) == body


def prompt(number: int) -> Prompt:
    return Prompt(
        f"prompt-{number:02}",
        "hello",
        Tip.GREET,
        Task.CONNECTION,
        Weight.DEEP if number % 5 == 0 else Weight.LIGHT,
        f"Hello {number}",
        "",
    )


def post(marks: list[Used], prompts: list[Prompt], step: int) -> tuple[list[Used], str]:
    """Choose and mark one, as the service does."""
    allowed = {one.id for one in prompts}
    history, over = posted(marks, allowed)
    if over:
        marks = [replace(m, past=m.past or m.prompt_id in allowed) for m in marks]
    chosen = choose(Pool.of(prompts), history, step)
    assert chosen is not None
    others = [mark for mark in marks if mark.prompt_id != chosen.id]
    return [*others, Used(chosen.id, NOW + step * DAY, past=False)], chosen.id


@given(st.integers(2, 30), st.integers(0, 1_000))
def test_one_mark_for_each_prompt_is_enough_to_repeat_none_before_all(
    count: int, start: int
) -> None:
    prompts = [prompt(number) for number in range(count)]
    marks: list[Used] = []
    shown: list[str] = []
    for step in range(4 * count):
        marks, chosen = post(marks, prompts, start + step)
        shown.append(chosen)
    for begin in range(0, len(shown), count):
        assert len(set(shown[begin : begin + count])) == count
    assert len(marks) == count
    if count > 2:
        assert all(first != second for first, second in pairwise(shown))


def test_a_prompt_that_joins_later_comes_in_the_round_that_is_under_way() -> None:
    prompts = [prompt(number) for number in range(1, 4)]
    marks: list[Used] = []
    for step in range(7):
        marks, _ = post(marks, prompts, step)
    prompts.append(prompt(4))
    shown: list[str] = []
    for step in range(7, 10):
        marks, chosen = post(marks, prompts, step)
        shown.append(chosen)
    assert "prompt-04" in shown
    assert len(set(shown)) == 3
