"""Rounds and introductions, on both stores: asked, drawn, kept, ended, and told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.bounds import ALL_ADULTS, Standing
from bot.consent.model import HALF_A_YEAR
from bot.consent.service import Consents
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Message
from bot.jobs.model import State as Ended
from bot.news.service import News
from cogs.pairing import rounds_store, store
from cogs.pairing.course import Tell, put_off
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.model import (
    CONSENT,
    IntroductionState,
    Often,
    PlanState,
    Round,
    RoundState,
    Said,
    State,
    Why,
    Wishes,
)
from cogs.pairing.promises_service import CLOSE, FOLLOWUP, INTRODUCTION, TELL
from cogs.pairing.service import RENEWAL
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Told
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    CHANNEL,
    DAY,
    DRAWN_AT,
    ELM,
    FIR,
    HOUR,
    MINUTE,
    MODERATOR,
    PLAN,
    SERVER,
    WISHES,
    Harbour,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.database import Transaction

ALONE = Wishes(("is",))
THREESOME = replace(WISHES, threesome=True)


WRITTEN, DRAWN = 4, 5
"""Commits of a round that asks nobody: opened, drawing, claimed, written, drawn."""


# Asking


async def test_a_round_asks_first_and_introduces_those_who_said_yes(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.until(DRAWN_AT - 47 * HOUR)
    assert len(harbour.discord.asked) == 1
    one = await harbour.rounds.asking(SERVER)
    assert one is not None
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.rounds.answer(CEDAR, one.id, yes=False)
    await harbour.until(DRAWN_AT - MINUTE)
    assert harbour.discord.threads == {}
    await harbour.at(DRAWN_AT + MINUTE)
    [thread] = harbour.discord.threads.values()
    assert thread.people == {ASH, BIRCH}
    assert thread.kinds == [INTRODUCTION]
    assert (await harbour.round(one.id)).counts.pairs == 1
    assert await harbour.told(CEDAR) == []


async def test_no_answer_is_a_no_and_a_yes_can_be_taken_back(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR, ELM)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, BIRCH, CEDAR)
    await harbour.rounds.answer(CEDAR, one.id, yes=False)
    await harbour.at(harbour.now + HOUR)
    assert await harbour.live(one) == [(ASH, BIRCH)]
    with pytest.raises(UserError, match="too_late"):
        await harbour.rounds.answer(ELM, one.id, yes=True)


async def test_those_with_direct_messages_are_asked_there_too(harbour: Harbour) -> None:
    await harbour.join(ASH, dm=True)
    await harbour.join(BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.run_now()
    await harbour.run()
    assert [(who, told.what) for who, told in harbour.discord.direct] == [(ASH, Tell.ASK)]


async def test_a_yes_brings_back_who_had_wanted_to_leave_it_out(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    paused = await harbour.member(CEDAR)
    assert paused is not None
    await harbour.members.pause(CEDAR, paused.id)
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, CEDAR)
    await harbour.at(harbour.now + HOUR)
    assert await harbour.live(one) == [(ASH, CEDAR)]


async def test_a_yes_to_a_round_after_a_long_pause_is_a_yes_for_half_a_year(
    harbour: Harbour,
) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    cedar = await harbour.member(CEDAR)
    assert cedar is not None
    await harbour.members.pause(CEDAR, cedar.id)
    harbour.now += HALF_A_YEAR
    async with harbour.database.transaction() as tx:
        # What the runner does with it while they are paused.
        await jobs.clear_timers(tx, RENEWAL, [cedar.id])
    one = await harbour.run_now()
    await harbour.say_in(one, CEDAR)
    async with harbour.database.read() as read:
        timer = await jobs.timer(read, RENEWAL, cedar.id)
    assert timer is not None
    assert timer.due_at == harbour.now + HALF_A_YEAR


async def test_two_rounds_without_a_yes_pause_and_say_how_to_come_back(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    for count in (1, 2):
        drawn_at = DRAWN_AT + (count - 1) * 14 * DAY
        one = await asking(harbour, drawn_at)
        await harbour.say_in(one, ASH, BIRCH)
        await harbour.at(drawn_at + MINUTE)
        member = await harbour.member(CEDAR)
        assert member is not None
        assert (member.state is State.PAUSED) == (count == 2)
    assert member.paused_why is Why.SILENT
    assert await harbour.told(CEDAR) == ["silent"]
    await harbour.members.resume(CEDAR, member.id)
    again = await harbour.member(CEDAR)
    assert again is not None
    assert (again.state, again.silent) == (State.IN, 0)


async def asking(harbour: Harbour, drawn_at: datetime) -> Round:
    """Go to the moment at which the round asks that is drawn at this moment."""
    await harbour.until(drawn_at - 2 * DAY + MINUTE, DAY)
    await harbour.run()
    one = await harbour.rounds.asking(SERVER)
    assert one is not None
    return one


async def test_whoever_could_not_have_answered_is_not_silent(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR, ELM)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    # A round that a moderator starts at once asks for one hour.
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.at(harbour.now + HOUR)
    # A question that the channel did not take was put to nobody.
    harbour.discord.closed = {CHANNEL}
    one = await asking(harbour, DRAWN_AT)
    await harbour.at(DRAWN_AT + MINUTE)
    # *Not this time* is an answer.
    harbour.discord.closed = set()
    one = await asking(harbour, DRAWN_AT + 14 * DAY)
    await harbour.rounds.answer(CEDAR, one.id, yes=False)
    await harbour.at(DRAWN_AT + 14 * DAY + MINUTE)
    cedar, elm = await harbour.member(CEDAR), await harbour.member(ELM)
    assert cedar is not None
    assert elm is not None
    assert (cedar.silent, elm.silent) == (0, 1)


@pytest.mark.parametrize(("until", "silent"), [(5 * HOUR, 1), (47 * HOUR, 0), (49 * HOUR, 0)])
async def test_whom_no_question_reached_in_time_is_not_silent(
    harbour: Harbour, until: timedelta, silent: int
) -> None:
    await harbour.join(ASH, BIRCH, CEDAR, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    harbour.discord.closed = {CHANNEL}
    harbour.discord.failing = {1_000_000 + user_id for user_id in (ASH, BIRCH, CEDAR)}
    await asking(harbour, DRAWN_AT)
    await harbour.until(DRAWN_AT - 2 * DAY + until)
    harbour.discord.failing = set()
    await harbour.until(DRAWN_AT + HOUR)
    found = [await harbour.member(user_id) for user_id in (ASH, BIRCH, CEDAR)]
    assert [one.silent for one in found if one is not None] == [silent] * 3


async def test_while_everything_is_paused_no_round_asks_and_it_opens_a_day_later(
    harbour: Harbour,
) -> None:
    await harbour.join(ASH, BIRCH, CEDAR, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.pause_everything()
    await harbour.until(DRAWN_AT + HOUR)
    assert await harbour.rounds.asking(SERVER) is None
    await harbour.pause_everything(paused=False)
    assert await harbour.rounds.next_draw(SERVER) == DRAWN_AT + 3 * DAY
    await harbour.at(DRAWN_AT + DAY)
    one = await harbour.rounds.asking(SERVER)
    assert one is not None
    assert [told.what for _, told in harbour.discord.direct] == [Tell.ASK] * 3
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.at(DRAWN_AT + 3 * DAY + MINUTE)
    assert await harbour.live(one) == [(ASH, BIRCH)]
    cedar = await harbour.member(CEDAR)
    assert cedar is not None
    assert cedar.silent == 1
    # The one after it comes as planned.
    assert await harbour.rounds.next_draw(SERVER) == DRAWN_AT + 14 * DAY


async def test_after_a_long_pause_of_everything_rounds_open_as_planned(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.pause_everything()
    await harbour.until(DRAWN_AT + 12 * DAY - HOUR, DAY)
    await harbour.pause_everything(paused=False)
    assert await harbour.rounds.next_draw(SERVER) == DRAWN_AT + 14 * DAY


async def test_a_round_that_asks_is_drawn_when_everything_goes_on(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await asking(harbour, DRAWN_AT)
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.pause_everything()
    await harbour.until(DRAWN_AT + 2 * DAY + HOUR)
    await harbour.pause_everything(paused=False)
    moved = await harbour.round(one.id)
    assert (moved.state, moved.draw_at) == (RoundState.ASKING, DRAWN_AT + 3 * DAY)
    assert await harbour.told(ASH) == ["postponed"]
    await harbour.at(moved.draw_at)
    assert await harbour.live(one) == [(ASH, BIRCH)]


async def test_a_draw_that_had_begun_ends_and_those_in_it_meet_when_everything_goes_on(
    harbour: Harbour,
) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await asking(harbour, DRAWN_AT)
    await harbour.say_in(one, ASH, BIRCH)
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 1, True
    await harbour.at(DRAWN_AT)
    assert (await harbour.round(one.id)).state is RoundState.DRAWING
    await harbour.pause_everything()
    await harbour.until(DRAWN_AT + 8 * HOUR)
    assert harbour.discord.threads == {}
    await harbour.pause_everything(paused=False)
    await harbour.run()
    [thread] = harbour.discord.threads.values()
    assert thread.people == {ASH, BIRCH}


async def test_while_everything_is_paused_nobody_is_silent(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    await harbour.until(one.draw_at + 6 * DAY, DAY / 2)
    await harbour.pause_everything()
    await harbour.until(one.ends_at + HOUR, DAY)
    assert (await harbour.round(one.id)).state is RoundState.ENDED
    found = [await harbour.member(user_id) for user_id in (ASH, BIRCH)]
    assert [member.silent for member in found if member is not None] == [0, 0]


@pytest.mark.parametrize("why", ["never asked", "left alone", "not yet"])
async def test_without_a_question_that_nobody_answered_nobody_is_silent(
    harbour: Harbour, why: str
) -> None:
    await harbour.join(ASH, BIRCH)
    plan = replace(PLAN, confirm_first=False)
    if why == "never asked":
        plan = replace(plan, followup_days=0)
    await harbour.rounds.save_plan(plan, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.run()
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    [mine] = await harbour.introductions_in(one)
    await harbour.until(one.draw_at + 5 * DAY, DAY / 2)
    if why == "left alone":
        await harbour.leave(ASH)
    elif why == "not yet":
        await harbour.introductions.say(BIRCH, mine.id, Said.NOT_YET)
    await harbour.until(one.ends_at + HOUR, DAY)
    birch = await harbour.member(BIRCH)
    assert birch is not None
    assert birch.silent == 0


async def test_without_asking_only_a_yes_afterwards_counts(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(ASH, mine.id, Said.YES)
    await harbour.until(one.ends_at + HOUR, DAY)
    ash, birch = await harbour.member(ASH), await harbour.member(BIRCH)
    assert ash is not None
    assert birch is not None
    assert (ash.silent, birch.silent) == (0, 1)


async def test_a_round_all_of_whose_people_left_while_it_was_drawn_is_drawn_without_them(
    harbour: Harbour,
) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await asking(harbour, DRAWN_AT)
    await harbour.say_in(one, ASH, BIRCH)
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 1, True
    await harbour.at(DRAWN_AT)
    snapshot = await harbour.draws.snapshot(one.id)
    assert snapshot is not None
    for user_id in (ASH, BIRCH):
        await harbour.leave(user_id)
    counts = await harbour.draws.write(snapshot, Drawn(((ASH, BIRCH),), ()), {})
    assert counts is not None
    assert counts.groups == 0
    assert (await harbour.round(one.id)).state is RoundState.DRAWN


async def test_nobody_is_asked_where_fewer_than_two_take_part(harbour: Harbour) -> None:
    await harbour.join(ASH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.until(DRAWN_AT + HOUR)
    assert harbour.discord.asked == []
    with pytest.raises(UserError, match="too_few"):
        await harbour.run_now()


async def test_a_moment_missed_by_hours_waits_for_the_next_day(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.at(DRAWN_AT - 40 * HOUR)
    one = await harbour.rounds.asking(SERVER)
    assert one is not None
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.at(DRAWN_AT + 5 * HOUR)
    assert harbour.discord.threads == {}
    await harbour.at(DRAWN_AT + DAY)
    assert len(harbour.discord.threads) == 1


def test_the_next_day_has_the_same_hour_on_the_clock_of_the_plan() -> None:
    missed = datetime(2026, 3, 28, 17, 0, tzinfo=UTC)  # 18:00 in Berlin, before its clocks change
    assert put_off(missed, missed + HOUR, "Europe/Berlin") is None
    assert put_off(missed, missed + 5 * HOUR, "Europe/Berlin") == missed + 23 * HOUR
    assert put_off(missed, missed + 23 * HOUR, "Europe/Berlin") == missed + 47 * HOUR
    assert put_off(missed, missed + 5 * HOUR, "Mars/Base") == missed + 24 * HOUR


async def test_a_round_that_could_no_longer_ask_kindly_is_left_out(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.at(DRAWN_AT - 10 * MINUTE)
    assert harbour.discord.asked == []
    await harbour.until(DRAWN_AT + 14 * DAY - DAY, 6 * HOUR)
    assert len(harbour.discord.asked) == 1


# Who is introduced


async def test_who_waits_is_told_why_and_is_first_the_next_time(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH, CEDAR)
    [pair] = await harbour.live(one)
    [waiting] = {ASH, BIRCH, CEDAR} - set(pair)
    assert await harbour.told(waiting) == ["odd"]
    await harbour.until(one.ends_at + HOUR, DAY)
    two = await harbour.run_now()
    await harbour.run()
    assert any(waiting in group for group in await harbour.live(two))


async def test_three_meet_where_all_are_fine_with_it(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH, CEDAR, wishes=THREESOME)
    assert await harbour.live(one) == [(ASH, BIRCH, CEDAR)]
    assert (await harbour.round(one.id)).counts.threesomes == 1


async def test_whom_nobody_fits_is_told_so(harbour: Harbour) -> None:
    await harbour.join(FIR, wishes=ALONE)
    one = await harbour.round_of(ASH, BIRCH)
    assert await harbour.live(one) == [(ASH, BIRCH)]
    assert await harbour.told(FIR) == ["nobody_fits"]


async def test_whose_roles_cannot_be_read_is_not_drawn(harbour: Harbour) -> None:
    harbour.standings[ASH] = None
    harbour.standings[ELM] = Standing(adult=False, circles=frozenset(), admitted=False)
    one = await harbour.round_of(ASH, BIRCH, CEDAR, ELM)
    assert await harbour.live(one) == [(BIRCH, CEDAR)]
    assert await harbour.told(ASH) == ["unreadable"]
    assert await harbour.told(ELM) == ["roles"]


async def test_an_adult_is_never_brought_together_with_a_minor(harbour: Harbour) -> None:
    harbour.standings[ASH] = Standing(adult=False, circles=frozenset())
    one = await harbour.round_of(ASH, BIRCH)
    assert await harbour.live(one) == []
    assert harbour.discord.threads == {}


@pytest.mark.parametrize("step", [WRITTEN, DRAWN])
async def test_a_block_made_between_draw_and_introduction_is_not_crossed(
    harbour: Harbour, step: int
) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()
    harbour.discord.refusing = set()
    harbour.fate.at, harbour.fate.after = step, True
    assert not await harbour.run()
    assert await harbour.live(one) == [(ASH, BIRCH)]
    harbour.fate.at = None
    await harbour.blocks.block(SERVER, ASH, BIRCH, stays=False)
    await harbour.at(harbour.now + 5 * MINUTE)
    assert harbour.discord.threads == {}
    assert await harbour.live(one) == []


async def test_nobody_meets_again_in_the_next_rounds(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    await harbour.until(one.ends_at + HOUR, DAY)
    two = await harbour.run_now()
    await harbour.run()
    assert await harbour.live(two) == []
    assert await harbour.told(ASH) == ["met_lately"]


async def test_who_wanted_it_once_rests_afterwards(harbour: Harbour) -> None:
    once = replace(WISHES, often=Often.ONCE)
    await harbour.join(ASH, wishes=once)
    await harbour.round_of(BIRCH)
    member = await harbour.member(ASH)
    assert member is not None
    assert (member.state, member.paused_why) == (State.PAUSED, Why.ONCE)


async def test_every_second_round_is_every_second_round(harbour: Harbour) -> None:
    await harbour.join(ASH, wishes=replace(WISHES, often=Often.SECOND))
    seen: list[bool] = []
    one = await harbour.round_of(BIRCH, CEDAR, ELM)
    for _ in range(3):
        seen.append(any(ASH in group for group in await harbour.live(one)))
        for each in await harbour.introductions_in(one):
            for user_id in each.people:
                await harbour.introductions.say(user_id, each.id, Said.YES)
        await harbour.until(one.ends_at + HOUR, DAY)
        one = await harbour.run_now()
        await harbour.run()
    assert seen == [True, False, True]


async def test_every_second_round_does_not_rest_after_a_round_that_came_to_nothing(
    harbour: Harbour,
) -> None:
    harbour.discord.refusing = {INTRODUCTION}
    one = await harbour.round_of(ASH, BIRCH, wishes=replace(WISHES, often=Often.SECOND))
    assert await harbour.told(ASH) == ["not_made"]
    harbour.discord.refusing = set()
    two = await harbour.run_now()
    await harbour.run()
    assert two.number == one.number + 1
    assert await harbour.live(two) == [(ASH, BIRCH)]


async def test_introductions_go_out_in_order_of_who_waited_longest(harbour: Harbour) -> None:
    await harbour.join(*range(200, 210))
    async with harbour.database.transaction() as tx:
        found = await store.members(tx, SERVER)
        await store.put_members(
            tx, [replace(m, waited=3) for m in found if m.user_id in {207, 208}]
        )
    await harbour.round_of()
    first = next(iter(harbour.discord.threads.values()))
    assert first.people & {207, 208}


# How it ends


async def test_after_some_days_one_soft_question_and_then_the_thread_closes(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [thread] = harbour.discord.threads.values()
    await harbour.until(one.draw_at + timedelta(days=4, hours=1), 6 * HOUR)
    assert thread.kinds == [INTRODUCTION, FOLLOWUP]
    await harbour.until(one.ends_at - HOUR, 6 * HOUR)
    assert not thread.locked
    await harbour.until(one.ends_at + HOUR)
    assert thread.kinds == [INTRODUCTION, FOLLOWUP, CLOSE]
    assert thread.locked
    assert (await harbour.round(one.id)).state is RoundState.ENDED
    assert await harbour.told(ASH) == []


async def test_who_leaves_ends_it_for_both_and_the_other_is_told(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    await harbour.leave(ASH)
    await harbour.run()
    [thread] = harbour.discord.threads.values()
    assert (thread.kinds, thread.locked) == ([INTRODUCTION, CLOSE], True)
    assert await harbour.told(BIRCH) == ["over"]
    assert await harbour.live(one) == []


@pytest.mark.parametrize("way", ["leave", "consent", "block", "apart", "gone", "erase", "tap"])
async def test_every_way_to_end_it_looks_the_same_from_the_other_side(
    harbour: Harbour, way: str
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [mine] = await harbour.introductions_in(one)
    if way == "leave":
        await harbour.leave(ASH)
    elif way == "consent":
        consents = Consents(harbour.database)
        consents.when_withdrawn(CONSENT, harbour.members.end)
        await consents.take_back(ASH, SERVER, CONSENT)
    elif way == "block":
        await harbour.blocks.block(SERVER, ASH, BIRCH, stays=False)
    elif way == "apart":
        await harbour.blocks.keep_apart(SERVER, ASH, BIRCH, by=MODERATOR)
    elif way == "gone":
        await harbour.membership.not_found(SERVER, ASH)
        harbour.now += DAY + MINUTE
        await harbour.membership.not_found(SERVER, ASH)
    elif way == "erase":
        await harbour.privacy.erase(ASH)
    else:
        await harbour.introductions.say(ASH, mine.id, Said.LEAVE)
    await harbour.run()
    [thread] = harbour.discord.threads.values()
    assert (thread.kinds, thread.locked) == ([INTRODUCTION, CLOSE], True)
    assert await harbour.told(BIRCH) == ["over"]


async def test_the_one_who_is_left_may_ask_for_another_once(harbour: Harbour) -> None:
    await harbour.join(ELM, wishes=Wishes(("en",), frozenset({"books"})))
    one = await harbour.round_of(ASH, BIRCH, CEDAR)
    pairs = await harbour.live(one)
    assert len(pairs) == 2
    (first, second), (third, fourth) = pairs
    await harbour.leave(first)
    await harbour.leave(third)
    offer = await harbour.introductions.may_have_another(second, SERVER)
    assert offer is not None
    await harbour.introductions.another(second, offer.id)
    await harbour.run()
    assert await harbour.live(one) == []
    assert "odd" in await harbour.told(second) or "nobody_fits" in await harbour.told(second)
    other = await harbour.introductions.may_have_another(fourth, SERVER)
    assert other is not None
    await harbour.introductions.another(fourth, other.id)
    await harbour.run()
    assert await harbour.live(one) == [tuple(sorted((second, fourth)))]
    await harbour.leave(second)
    await harbour.run()
    assert await harbour.introductions.may_have_another(fourth, SERVER) is None
    with pytest.raises(UserError, match="another"):
        await harbour.introductions.another(fourth, other.id)


async def test_two_of_three_get_a_thread_of_their_own(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH, CEDAR, wishes=THREESOME)
    await harbour.leave(BIRCH)
    await harbour.run()
    first, second = harbour.discord.threads.values()
    assert first.locked
    assert (second.people, second.locked) == ({ASH, CEDAR}, False)
    assert await harbour.live(one) == [(ASH, CEDAR)]


async def test_another_peer_out_of_a_thread_finds_who_was_waiting(harbour: Harbour) -> None:
    one = await harbour.round_of(ASH, BIRCH, CEDAR)
    [(first, second)] = await harbour.live(one)
    [waiting] = {ASH, BIRCH, CEDAR} - {first, second}
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(first, mine.id, Said.ANOTHER)
    await harbour.run()
    assert await harbour.live(one) == [tuple(sorted((first, waiting)))]
    assert await harbour.told(second) == ["over"]


@pytest.mark.parametrize("step", [WRITTEN, DRAWN])
async def test_leaving_before_the_introduction_brings_the_other_together_with_who_waits(
    harbour: Harbour, step: int
) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()
    harbour.fate.at, harbour.fate.after = step, True
    await harbour.run()
    harbour.fate.at = None
    [(first, second)] = await harbour.live(one)
    await harbour.leave(first)
    await harbour.at(harbour.now + 5 * MINUTE)
    [waiting] = {ASH, BIRCH, CEDAR} - {first, second}
    assert await harbour.live(one) == [tuple(sorted((second, waiting)))]
    [thread] = harbour.discord.threads.values()
    assert thread.people == {second, waiting}


@pytest.mark.parametrize("parts", [True, False], ids=["peer-left", "never-sent"])
async def test_who_still_waits_for_a_peer_when_the_time_is_up_is_told(
    harbour: Harbour, parts: bool
) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()
    harbour.fate.at, harbour.fate.after = DRAWN, True
    await harbour.run()
    harbour.fate.at = None
    assert await harbour.live(one) == [(ASH, BIRCH)]
    if parts:
        await harbour.leave(ASH)
    await harbour.at(one.ends_at + HOUR)
    await harbour.at(harbour.now + 5 * MINUTE)
    assert await harbour.told(BIRCH) == ["odd"]
    assert await harbour.told(ASH) == ([] if parts else ["odd"])
    found = await harbour.member(BIRCH)
    assert found is not None
    assert found.waited == 1


# Without rights


async def test_without_rights_moderators_are_told_and_messages_introduce(
    harbour: Harbour,
) -> None:
    harbour.discord.refusing = {INTRODUCTION}
    one = await harbour.round_of(ASH, BIRCH, dm=True)
    [notice] = await harbour.notices.open_in(SERVER)
    assert (notice.key, notice.params) == ("pairing_no_thread", {"channel": CHANNEL})
    assert await harbour.told(ASH) == ["introduced"]
    assert await harbour.told(BIRCH) == ["introduced"]
    await harbour.until(one.draw_at + timedelta(days=4, hours=1), 6 * HOUR)
    assert await harbour.told(ASH) == ["introduced", "talked"]


async def test_without_rights_and_without_messages_nobody_is_left_guessing(
    harbour: Harbour,
) -> None:
    harbour.discord.refusing = {INTRODUCTION}
    await harbour.join(ASH, dm=True)
    one = await harbour.round_of(BIRCH)
    assert await harbour.told(ASH) == ["not_made"]
    assert await harbour.told(BIRCH) == ["not_made"]
    [mine] = await harbour.introductions_in(one)
    assert mine.state is IntroductionState.DROPPED
    member = await harbour.member(BIRCH)
    assert member is not None
    assert member.waited == 1


async def test_closed_direct_messages_are_written_to_no_more(harbour: Harbour) -> None:
    await harbour.join(FIR, wishes=ALONE, dm=True)
    harbour.discord.closed = {1_000_000 + FIR}
    await harbour.round_of(ASH, BIRCH)
    member = await harbour.member(FIR)
    assert member is not None
    assert member.dm_channel_id is None
    assert await harbour.told(FIR) == ["nobody_fits"]


# What moderators do


async def test_a_plan_that_would_press_is_refused(harbour: Harbour) -> None:
    for wrong in (
        replace(PLAN, rule=replace(PLAN.rule, days=frozenset({1, 3}))),
        replace(PLAN, period_days=15),
        replace(PLAN, followup_days=12),
        replace(PLAN, lead_hours=24 * 14),
    ):
        with pytest.raises(UserError):
            await harbour.rounds.save_plan(wrong, by=MODERATOR)


async def test_pause_postpone_and_stop(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    assert await harbour.rounds.next_draw(SERVER) == DRAWN_AT
    assert await harbour.rounds.postpone(SERVER, 1, by=MODERATOR) == DRAWN_AT + DAY
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    await harbour.until(DRAWN_AT + 2 * DAY, 6 * HOUR)
    assert harbour.discord.asked == []
    resumed = await harbour.rounds.resume(SERVER, by=MODERATOR)
    assert resumed.state is PlanState.ON
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, BIRCH)
    with pytest.raises(UserError, match="old_button"):
        await harbour.rounds.stop(SERVER, by=MODERATOR, shown="another")
    await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)
    await harbour.until(harbour.now + 3 * HOUR)
    assert harbour.discord.threads == {}
    assert await harbour.told(ASH) == ["stopped"]
    with pytest.raises(UserError, match="no_round"):
        await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)


async def test_a_second_tap_on_run_does_not_draw_what_the_first_has_opened(
    harbour: Harbour,
) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await harbour.run_now()
    with pytest.raises(UserError, match="old_button"):
        await harbour.run_now()
    assert await harbour.rounds.asking(SERVER) == one


async def test_running_now_draws_the_round_that_asks(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, BIRCH)
    again = await harbour.run_now(shown=one.id)
    await harbour.run()
    assert again.id == one.id
    assert await harbour.live(one) == [(ASH, BIRCH)]


async def test_it_cannot_be_switched_on_before_it_is_known_who_is_of_age(
    harbour: Harbour,
) -> None:
    await harbour.settings.change(SERVER, ENABLED, False, by=MODERATOR)
    await harbour.settings.change(SERVER, ALL_ADULTS, False, by=MODERATOR)
    with pytest.raises(UserError, match="undecided"):
        await harbour.settings.change(SERVER, ENABLED, True, by=MODERATOR)


async def test_switched_off_nothing_is_asked_drawn_or_introduced(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.say_in(one, ASH, BIRCH)
    await harbour.settings.change(SERVER, ENABLED, False, by=MODERATOR)
    await harbour.until(DRAWN_AT + DAY, 6 * HOUR)
    assert harbour.discord.threads == {}
    assert await harbour.told(ASH) == ["stopped"]


async def test_a_preview_is_made_of_those_who_would_be_asked(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    with pytest.raises(UserError, match="no_plan"):
        await harbour.draws.preview(SERVER)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    assert len((await harbour.draws.preview(SERVER)).members) == 3
    one = await harbour.run_now()
    await harbour.say_in(one, BIRCH)
    assert [m.user_id for m in (await harbour.draws.preview(SERVER)).members] == [BIRCH]


# What happens while it is drawn


async def drawn_while(
    harbour: Harbour, one: Round, change: Callable[[Transaction], Awaitable[None]]
) -> None:
    """Write a draw down that waits for somebody who changes what is theirs."""
    harbour.now += 2 * MINUTE
    async with harbour.database.transaction() as tx:
        held = await rounds_store.hold_round(tx, one.id)
        assert held is not None
        await rounds_store.put_round(tx, replace(held, state=RoundState.DRAWING))
    snapshot = await harbour.draws.snapshot(one.id)
    assert snapshot is not None
    drawn = Drawn(((ASH, BIRCH),), ((CEDAR, "odd"),))
    async with harbour.database.transaction() as tx:
        await change(tx)
        writing = asyncio.create_task(harbour.draws.write(snapshot, drawn, {}))
        # For as long as a draw takes that does not wait for this.
        await asyncio.wait({writing}, timeout=0.5)
    await writing


async def test_a_pause_made_while_a_draw_is_written_is_kept(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()

    async def pause(tx: Transaction) -> None:
        for user_id in (ASH, CEDAR):
            member = await store.hold_member(tx, SERVER, user_id)
            assert member is not None
            await store.put_members(tx, [member.paused(None)])

    await drawn_while(harbour, one, pause)
    for user_id in (ASH, CEDAR):
        member = await harbour.member(user_id)
        assert member is not None
        assert (member.state, member.waited, member.last_round) == (State.PAUSED, 0, None)
    assert await harbour.live(one) == []
    assert await harbour.told(CEDAR) == []


async def test_who_erases_while_a_draw_is_written_stays_erased(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()

    async def erase(tx: Transaction) -> None:
        await harbour.introductions.erased(tx, ASH, harbour.now)
        await store.delete_member(tx, SERVER, ASH)

    await drawn_while(harbour, one, erase)
    assert await harbour.member(ASH) is None
    assert await harbour.live(one) == []
    await harbour.run()
    assert all(ASH not in each.people for each in await harbour.every_introduction())


async def test_leaving_while_a_draw_is_written_waits_for_it_and_not_in_a_ring(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    ash = await harbour.member(ASH)
    assert ash is not None
    async with harbour.database.transaction() as tx:
        # As whatever changes an introduction does: the round first, then the member.
        await rounds_store.hold_round(tx, one.id)
        leaving = asyncio.create_task(harbour.members.leave(ASH, ash.id))
        await asyncio.wait({leaving}, timeout=0.5)
        await store.hold_member(tx, SERVER, ASH)
    await leaving
    assert await harbour.member(ASH) is None
    assert await harbour.live(one) == []


async def test_a_message_that_is_refused_brings_nobody_back(harbour: Harbour) -> None:
    await harbour.join(FIR, wishes=ALONE, dm=True)
    fir = await harbour.member(FIR)
    assert fir is not None
    told = Told(Tell.ODD, "round", "en").to_text()
    now, channel_id = harbour.now, 1_000_000 + FIR
    message = Message(
        "m",
        TELL,
        "s",
        SERVER,
        FIR,
        channel_id,
        told,
        now,
        now,
        now,
        now,
        1,
        Ended.WAITING,
        None,
        None,
    )

    async def settle() -> None:
        async with harbour.database.transaction() as tx:
            await harbour.telling.settled(tx, message, Ended.REFUSED, "closed", harbour.now)

    async with harbour.database.transaction() as tx:
        await store.hold_member(tx, SERVER, FIR)
        await store.put_members(tx, [fir.paused(None)])
        settling = asyncio.create_task(settle())
        await asyncio.wait({settling}, timeout=0.5)
    await settling
    after = await harbour.member(FIR)
    assert after is not None
    assert (after.state, after.dm_channel_id) == (State.PAUSED, None)


# What is kept


async def test_erasing_leaves_nothing_of_a_person(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH, dm=True)
    await harbour.privacy.erase(ASH)
    assert await harbour.privacy.export(ASH) == {}
    await harbour.until(harbour.now + 15 * DAY, DAY)
    assert await harbour.privacy.export(ASH) == {}


async def test_a_long_round_knows_to_its_end_who_is_in_it_and_no_longer(harbour: Harbour) -> None:
    rule = replace(PLAN.rule, weeks=12)
    plan = replace(PLAN, rule=rule, confirm_first=False, period_days=80)
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(plan, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.run()
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(ASH, mine.id, Said.LEAVE)
    await harbour.until(one.draw_at + 70 * DAY, 10 * DAY)
    await harbour.privacy.sweep()
    offer = await harbour.introductions.may_have_another(BIRCH, SERVER)
    assert offer is not None
    assert offer.id == mine.id
    assert await harbour.introductions.may_have_another(ASH, SERVER) is None
    async with harbour.database.read() as read:
        assert await rounds_store.answers(read, one.id) == {ASH: True, BIRCH: True}
    await harbour.until(one.ends_at + DAY, 10 * DAY)
    async with harbour.database.read() as read:
        assert await rounds_store.answers(read, one.id) == {}
    harbour.now = one.ends_at + 31 * DAY
    await harbour.privacy.sweep()
    assert await harbour.introductions_in(one) == ()


async def test_recent_peers_are_offered_to_be_blocked(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    assert await harbour.introductions.recent(SERVER, ASH) == [BIRCH]
    assert await harbour.introductions.recent(SERVER, CEDAR) == []


async def test_whom_somebody_met_is_theirs_no_longer_when_they_are_gone(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    await harbour.membership.not_found(SERVER, ASH)
    harbour.now += DAY + MINUTE
    assert await harbour.membership.not_found(SERVER, ASH)
    assert "pairing_met" not in await harbour.privacy.export(ASH)
    assert await harbour.introductions.recent(SERVER, ASH) == []
    assert await News(harbour.database).unheard(ASH) == ()
