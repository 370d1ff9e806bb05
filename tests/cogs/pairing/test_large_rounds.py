"""What is done for thousands is done in parts, and goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs import store as jobs
from bot.jobs.model import Timer
from cogs.pairing import course, rounds_store, store, telling_service
from cogs.pairing.course import Tell
from cogs.pairing.matching.scoring import WINDOW
from cogs.pairing.model import IntroductionState, Met, Round, RoundState, Said
from cogs.pairing.promises_service import CLOSE, DRAW, INTRODUCTION, STOPPED
from cogs.pairing.rounds_service import new_round
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    DAY,
    ELM,
    FIR,
    HOUR,
    MINUTE,
    MODERATOR,
    PLAN,
    SERVER,
    Harbour,
)

EIGHT = (ASH, BIRCH, CEDAR, ELM, FIR, 36, 37, 38)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that a handful of people are a crowd."""
    monkeypatch.setattr(course, "ENDED_AT_ONCE", 1)
    monkeypatch.setattr(course, "WRITTEN_AT_ONCE", 1)
    monkeypatch.setattr(telling_service, "AT_ONCE", 2)
    monkeypatch.setattr(store, "AT_ONCE", 3)
    monkeypatch.setattr(rounds_store, "AT_ONCE", 2)


async def asked(harbour: Harbour) -> Round:
    """Eight people are asked by direct message; half of them say yes, one no."""
    await harbour.join(*EIGHT, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.run()
    await harbour.say_in(one, *EIGHT[:4])
    await harbour.rounds.answer(EIGHT[4], one.id, yes=False)
    return one


def cuts(*bounds: int) -> list[Any]:
    """Each step on SQLite; on PostgreSQL the first, the last and every third between.

    Locks and lost connections are others there, so that is a sample: a step takes half a second.
    """
    steps = range(*bounds)
    return [("sqlite", step) for step in steps] + [
        pytest.param("postgres", step, marks=pytest.mark.postgres)
        for step in sorted({*steps[::3], steps[-1]})
    ]


async def told(harbour: Harbour, what: Tell) -> list[int]:
    return sorted(one for one, told in harbour.discord.direct if told.what is what)


async def test_everybody_is_asked_once_however_many_they_are(harbour: Harbour) -> None:
    await asked(harbour)
    assert await told(harbour, Tell.ASK) == sorted(EIGHT)


@pytest.mark.parametrize(("engine", "step"), cuts(1, 12), indirect=["engine"])
async def test_asking_goes_on_where_it_was_cut_off(harbour: Harbour, step: int) -> None:
    await harbour.join(*EIGHT, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    await harbour.run_now()
    harbour.fate.at = harbour.fate.count + step
    await harbour.run()
    harbour.fate.at = None
    for _ in range(3):
        harbour.now += 3 * MINUTE
        await harbour.run()
    assert await told(harbour, Tell.ASK) == sorted(EIGHT)


async def test_a_round_is_closed_some_at_a_time_and_to_the_end(harbour: Harbour) -> None:
    one = await harbour.round_of(*EIGHT)
    harbour.now = one.ends_at
    async with harbour.database.transaction() as tx:
        [timer] = [t for t in await jobs.take_due_timers(tx, harbour.now, 9) if t.kind == CLOSE]
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    await runner.materialise()
    assert len(await harbour.live(one)) == 3
    assert (await harbour.round(one.id)).state is RoundState.DRAWN
    # The process is gone; the next one finds the promise.
    await harbour.run()
    assert await harbour.live(one) == []
    assert (await harbour.round(one.id)).state is RoundState.ENDED
    assert all(thread.locked for thread in harbour.discord.threads.values())
    assert timer.subject == one.id


DEEDS = ("nothing", "leave", "erase", "block")


async def do(harbour: Harbour, deed: str, one: Round) -> None:
    """Something that comes in between, done by the first who has been given a peer by then."""
    made = await harbour.introductions_in(one)
    who, peer = made[0].people[:2] if made else EIGHT[:2]
    if deed == "leave":
        await harbour.leave(who)
    elif deed == "erase":
        await harbour.privacy.erase(who)
    elif deed == "block":
        await harbour.blocks.block(SERVER, who, peer, stays=False)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(("engine", "step"), cuts(1, 11), indirect=["engine"])
async def test_a_draw_goes_on_where_it_was_cut_off(harbour: Harbour, step: int, deed: str) -> None:
    # Nine are drawn, so that one of them waits; somebody else leaves this round out.
    await harbour.join(*EIGHT, 39, 40)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    async with harbour.database.transaction() as tx:
        skipping = await store.member(tx, SERVER, 40)
        assert skipping is not None
        await store.put_members(tx, [replace(skipping, skip_next=True)])
    one = await harbour.run_now()
    harbour.fate.at, harbour.fate.after = harbour.fate.count + step, bool(step % 2)
    await harbour.run()
    harbour.fate.at = None
    await do(harbour, deed, one)
    written = {each.id: each.people for each in await harbour.introductions_in(one)}
    for _ in range(3):
        harbour.now += 3 * MINUTE
        await harbour.run()
    made = await harbour.introductions_in(one)
    # What was written stands, nobody is in two, and whoever can be is in one.
    assert set(written) <= {each.id for each in made}
    live = [user_id for each in await harbour.live(one) for user_id in each]
    assert len(live) == len(set(live)) == 8
    there = [one for one in (*EIGHT, 39) if await harbour.member(one) is not None]
    for user_id in set(there) - set(live):
        assert await harbour.told(user_id) == ["odd"]
        waited = await harbour.member(user_id)
        assert waited is not None
        assert (waited.waited, waited.odd) == (1, 1)
    rested = await harbour.member(40)
    assert rested is not None
    assert not rested.skip_next
    assert (await harbour.round(one.id)).state is RoundState.DRAWN
    threads = [sorted(thread.people) for thread in harbour.discord.threads.values()]
    assert len(threads) == len({tuple(people) for people in threads})


@pytest.mark.parametrize(("engine", "step"), cuts(1, 16), indirect=["engine"])
async def test_who_said_nothing_is_counted_once_where_a_draw_was_cut_off(
    harbour: Harbour, step: int
) -> None:
    await harbour.join(*EIGHT)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.at(harbour.now + 2 * DAY + 6 * HOUR)
    [one] = await rounds_in(harbour)
    await harbour.say_in(one, *EIGHT[:4])
    await harbour.rounds.answer(EIGHT[4], one.id, yes=False)
    harbour.fate.at = harbour.fate.count + step
    await harbour.at(one.draw_at)
    harbour.fate.at = None
    for _ in range(3):
        harbour.now += 3 * MINUTE
        await harbour.run()
    found = [await harbour.member(user_id) for user_id in EIGHT]
    assert [one.silent for one in found if one is not None] == [0, 0, 0, 0, 0, 1, 1, 1]


async def rounds_in(harbour: Harbour) -> tuple[Round, ...]:
    async with harbour.database.read() as read:
        return await rounds_store.rounds_in(read, SERVER, set(RoundState))


async def test_a_round_to_which_nobody_said_yes_is_over_and_counted(harbour: Harbour) -> None:
    await harbour.join(*EIGHT)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.at(harbour.now + 2 * DAY + 6 * HOUR)
    [one] = await rounds_in(harbour)
    await harbour.at(one.draw_at)
    assert (await harbour.round(one.id)).state is RoundState.ENDED
    found = [await harbour.member(user_id) for user_id in EIGHT]
    assert [one.silent for one in found if one is not None] == [1] * 8


async def test_of_a_round_that_is_stopped_half_written_the_rest_is_told_and_its_threads_close(
    harbour: Harbour,
) -> None:
    one = await asked(harbour)
    # Half of it is written when the process is killed.
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 4, True
    await harbour.at(one.draw_at)
    harbour.fate.at = None
    assert (await harbour.round(one.id)).state is RoundState.DRAWING
    [written] = await harbour.introductions_in(one)
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    [(message, way)] = [m for m in await runner.claim() if m[0].kind == INTRODUCTION]
    await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]
    await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)
    await harbour.run()
    assert await harbour.live(one) == [written.people]
    rest = set(EIGHT[:4]) - set(written.people)
    assert await told(harbour, Tell.STOPPED) == sorted(rest)
    await harbour.at(one.ends_at + HOUR)
    assert await harbour.live(one) == []
    assert all(thread.locked for thread in harbour.discord.threads.values())


async def test_of_a_round_that_is_stopped_half_written_who_is_not_yet_introduced_is_told(
    harbour: Harbour,
) -> None:
    one = await asked(harbour)
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 4, True
    await harbour.at(one.draw_at)
    harbour.fate.at = None
    assert len(await harbour.introductions_in(one)) == 1
    await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)
    await harbour.run()
    assert harbour.discord.threads == {}
    assert await told(harbour, Tell.STOPPED) == sorted(EIGHT[:4])


async def test_what_was_written_while_a_round_was_stopped_introduces_nobody(
    harbour: Harbour,
) -> None:
    one = await asked(harbour)
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 4, True
    await harbour.at(one.draw_at)
    harbour.fate.at = None
    [written] = await harbour.introductions_in(one)
    async with harbour.database.transaction() as tx:
        # Who stops it had looked for what waits before this was there to be seen.
        now = await rounds_store.hold_round(tx, one.id)
        assert now is not None
        await rounds_store.put_round(tx, replace(now, state=RoundState.STOPPED))
        await jobs.set_timers(tx, [Timer(CLOSE, f"{one.id}.{STOPPED}", SERVER, harbour.now + HOUR)])
    await harbour.run()
    assert harbour.discord.threads == {}
    await harbour.until(harbour.now + 2 * HOUR)
    assert harbour.discord.threads == {}
    assert await told(harbour, Tell.STOPPED) == sorted(written.people)


async def test_who_leaves_the_next_one_out_while_a_round_is_written_leaves_out_the_next(
    harbour: Harbour,
) -> None:
    await harbour.join(*EIGHT)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 4, True
    await harbour.run()
    harbour.fate.at = None
    written = await harbour.introductions_in(one)
    [met, *_] = written[0].people
    [waits, *_] = set(EIGHT) - {user_id for each in written for user_id in each.people}
    for user_id in (met, waits):
        mine = await harbour.member(user_id)
        assert mine is not None
        await harbour.members.skip(user_id, mine.id)
    harbour.now += 3 * MINUTE
    await harbour.run()
    assert (await harbour.round(one.id)).state is RoundState.DRAWN
    found = [await harbour.member(user_id) for user_id in (met, waits)]
    assert [member.skip_next for member in found if member is not None] == [True, False]
    async with harbour.database.read() as read:
        assert await rounds_store.answers(read, one.id, [met, waits]) == {met: True, waits: False}


async def test_what_no_later_round_needs_is_forgotten_some_at_a_time(harbour: Harbour) -> None:
    people = range(100, 111)
    old = [Met(user_id, user_id + 1, 1, harbour.now) for user_id in people]
    async with harbour.database.transaction() as tx:
        await rounds_store.put_met(tx, SERVER, [*old, Met(1, 2, 3, harbour.now)])
        past = new_round(PLAN, WINDOW + 1, harbour.now, harbour.now, RoundState.ENDED)
        await rounds_store.put_round(tx, past)
    one = await harbour.round_of(*EIGHT[:2])
    assert one.number == WINDOW + 2
    async with harbour.database.read() as read:
        kept = await rounds_store.met(read, SERVER, {1, 2, *EIGHT, *people})
    assert [(each.first, each.second) for each in kept] == [(1, 2), EIGHT[:2]]


@pytest.mark.parametrize(("engine", "step"), cuts(1, 26, 3), indirect=["engine"])
async def test_closing_goes_on_where_it_was_cut_off(harbour: Harbour, step: int) -> None:
    one = await harbour.round_of(*EIGHT)
    first = (await harbour.introductions_in(one))[0]
    leaver = first.people[0]
    harbour.now = one.ends_at - HOUR
    await harbour.introductions.say(leaver, first.id, Said.ANOTHER)
    harbour.now = one.ends_at
    harbour.fate.at = harbour.fate.count + step
    await harbour.run()
    harbour.fate.at = None
    for _ in range(3):
        harbour.now += 3 * MINUTE
        await harbour.run()
    assert await harbour.live(one) == []
    assert (await harbour.round(one.id)).state is RoundState.ENDED
    assert all(thread.locked for thread in harbour.discord.threads.values())
    # Whoever asked for another peer and got none is told so, once.
    assert (await harbour.told(leaver)).count("odd") == 1


async def test_rounds_that_end_in_one_minute_wait_for_each_other(harbour: Harbour) -> None:
    one = await harbour.round_of(*EIGHT[:4])
    other = replace(one, id="f" * 16, number=one.number + 1)
    async with harbour.database.transaction() as tx:
        await rounds_store.put_round(tx, replace(other, state=RoundState.DRAWN))
        await jobs.set_timers(tx, [Timer(CLOSE, other.id, SERVER, other.ends_at)])
    await harbour.at(one.ends_at)
    for each in (one, other):
        assert (await harbour.round(each.id)).state is RoundState.ENDED


async def test_whom_a_stop_keeps_from_being_introduced_is_told_and_nobody_else_goes_out(
    harbour: Harbour,
) -> None:
    one = await asked(harbour)
    harbour.now += HOUR
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    await runner.materialise()
    [(message, way)] = [
        (message, way) for message, way in await runner.claim() if message.kind == DRAW
    ]
    await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]
    await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)
    # Nothing has been told yet, and already nobody is introduced any more.
    assert not [m for m, _ in await runner.claim() if m.kind == INTRODUCTION]
    await harbour.run()
    assert harbour.discord.threads == {}
    assert await told(harbour, Tell.STOPPED) == sorted(EIGHT[:4])
    made = await harbour.introductions_in(one)
    assert {each.state for each in made} == {IntroductionState.DROPPED}


async def test_of_many_rounds_at_one_hour_so_many_are_told_at_once_as_of_one(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling_service, "AT_ONCE", 3)
    await harbour.join(*EIGHT, dm=True)
    rounds = [
        new_round(PLAN, number, harbour.now + DAY, harbour.now, RoundState.ASKING)
        for number in range(1, 6)
    ]
    async with harbour.database.transaction() as tx:
        for one in rounds:
            await rounds_store.put_round(tx, one)
            await harbour.telling.tell_all(tx, one, Tell.ASK, harbour.now)
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    written = 0
    while await runner.materialise():
        async with harbour.database.read() as read:
            [row] = await read.fetch("SELECT count(*) AS n FROM jobs_messages")
        assert row["n"] - written <= 3
        written = row["n"]
    await harbour.run()
    assert await told(harbour, Tell.ASK) == sorted(EIGHT * len(rounds))


async def test_whoever_said_yes_is_told_once_that_a_round_was_moved(harbour: Harbour) -> None:
    await asked(harbour)
    await harbour.rounds.postpone(SERVER, 1, by=MODERATOR)
    # Before that has gone out it is moved again.
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    while await runner.materialise():
        pass
    harbour.now += timedelta(seconds=20)
    await harbour.rounds.postpone(SERVER, 7, by=MODERATOR)
    await harbour.run()
    assert await told(harbour, Tell.POSTPONED) == sorted(EIGHT[:4])


async def test_whoever_said_yes_is_told_that_a_missed_draw_comes_later(harbour: Harbour) -> None:
    one = await asked(harbour)
    await harbour.at(one.draw_at + 5 * HOUR)
    assert (await harbour.round(one.id)).draw_at == one.draw_at + DAY
    assert await told(harbour, Tell.POSTPONED) == sorted(EIGHT[:4])


async def test_nobody_is_told_of_a_move_when_the_round_is_over_by_then(harbour: Harbour) -> None:
    one = await asked(harbour)
    await harbour.rounds.postpone(SERVER, 1, by=MODERATOR)
    await harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id)
    await harbour.run()
    assert await told(harbour, Tell.POSTPONED) == []
    assert await told(harbour, Tell.STOPPED) == sorted(EIGHT[:4])
    async with harbour.database.read() as read:
        assert await rounds_store.answers(read, one.id) == {}
