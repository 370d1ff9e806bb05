"""Killed between any two steps of a round: nobody twice, nobody forgotten, no thread unrecorded."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.errors import UserError
from bot.migrations import migrate
from cogs.pairing.course import is_live
from cogs.pairing.model import Introduction, IntroductionState, Round, RoundState, Said
from cogs.pairing.promises_service import INTRODUCTION
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    ELM,
    FIR,
    HOUR,
    MINUTE,
    MODERATOR,
    PLAN,
    SERVER,
    START,
    WISHES,
    Harbour,
    make_harbour,
)

EVERYBODY = (ASH, BIRCH, CEDAR, ELM, FIR)
STEPS = 90
"""More than one story takes: a kill beyond the last step is a story without one."""


async def story(harbour: Harbour) -> Round:
    """Five people, one round with its question, one who leaves, one who blocks, and its end."""
    await harbour.join(ASH, BIRCH, dm=True)
    await harbour.join(CEDAR, ELM, FIR, wishes=replace(WISHES, threesome=True))
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.run()
    await harbour.say_in(one, *EVERYBODY)
    await harbour.at(harbour.now + HOUR)
    await harbour.leave(ASH)
    await harbour.at(harbour.now + MINUTE)
    await harbour.blocks.block(SERVER, BIRCH, CEDAR, stays=False)
    await harbour.at(harbour.now + 5 * MINUTE)
    await recovered(harbour)
    for each in await harbour.introductions_in(one):
        if each.state is IntroductionState.INTRODUCED:
            await harbour.introductions.say(each.people[0], each.id, Said.ANOTHER)
            break
    await harbour.at(harbour.now + MINUTE)
    return one


async def recovered(harbour: Harbour) -> None:
    """Let leases end, and the next process do what was left."""
    for _ in range(8):
        harbour.now += 3 * MINUTE
        await harbour.run()


async def nothing_is_wrong(
    harbour: Harbour,
    one: Round,
    blocked: set[tuple[int, int]],
    erased: frozenset[int] = frozenset(),
) -> None:
    every = await harbour.every_introduction()
    threads = harbour.discord.threads
    recorded = {each.thread_id: each for each in every if each.thread_id is not None}
    assert set(threads) == set(recorded), "a thread without a record"
    for thread in threads.values():
        assert thread.kinds.count(INTRODUCTION) <= 1
        assert len(thread.messages) == len(set(thread.messages))
        mine = recorded[thread.id]
        assert thread.people - erased <= {place.user_id for place in mine.places}
        assert thread.locked == (not is_live(mine)), mine
    introduced = [each for each in every if INTRODUCTION in _kinds(harbour, each)]
    # As the threads know them: of who erased what is theirs, no place is left.
    groups = [tuple(sorted(t.people)) for t in threads.values() if INTRODUCTION in t.kinds]
    assert len(groups) == len(set(groups)), "introduced twice"
    for pair in (group for group in groups if len(group) == 2):
        wider = [group for group in groups if len(group) == 3 and set(pair) < set(group)]
        assert len(wider) <= 1
    assert not any(each.state is IntroductionState.PENDING for each in every), "forgotten"
    for round_id in {each.round_id for each in every}:
        of_round = [each for each in every if each.round_id == round_id and is_live(each)]
        live = [user_id for each in of_round for user_id in each.people]
        assert len(live) == len(set(live)), "in two at once"
    for each in every:
        if is_live(each):
            assert not blocked.intersection(combinations(sorted(each.people), 2))
    assert (await harbour.round(one.id)).state in {RoundState.DRAWN, RoundState.ENDED}
    placed = {place.user_id for each in introduced for place in each.places}
    # Who ended it themselves knows.
    placed |= {p.user_id for each in every for p in each.places if p.left_at is not None}
    for user_id in EVERYBODY:
        if await harbour.member(user_id) is not None and user_id not in placed:
            assert await harbour.told(user_id), "forgotten"


def _kinds(harbour: Harbour, one: Introduction) -> list[str]:
    return [] if one.thread_id is None else harbour.discord.threads[one.thread_id].kinds


async def _killed(harbour: Harbour, step: int, *, after: bool) -> bool:
    """Tell the story with one kill; gives whether there was that step at all."""
    harbour.fate.at, harbour.fate.after = step, after
    one = await story(harbour)
    reached = harbour.fate.count >= step
    harbour.fate.at = None
    await recovered(harbour)
    await nothing_is_wrong(harbour, one, {(BIRCH, CEDAR)})
    return reached


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(2, STEPS, 8))
async def test_killed_at_a_step_of_a_round(database: Database, step: int, after: bool) -> None:
    await _killed(await make_harbour(database), step - after, after=after)


async def test_no_step_lies_beyond_those_that_are_tried(database: Database) -> None:
    assert not await _killed(await make_harbour(database), STEPS, after=False)


# Whatever people do meanwhile

people = st.sampled_from(EVERYBODY)
deeds = st.one_of(
    st.tuples(st.just("time"), st.sampled_from([1, 5, 60, 24 * 60, 4 * 24 * 60])),
    st.tuples(st.just("kill"), st.integers(1, 12), st.booleans()),
    st.tuples(st.just("leave"), people),
    st.tuples(st.just("erase"), people),
    st.tuples(st.just("block"), people, people),
    st.tuples(st.just("say"), people, st.sampled_from(Said)),
    st.tuples(st.just("another"), people),
    st.tuples(st.just("refuse"), st.booleans()),
    st.tuples(st.just("run")),
)


async def _do(harbour: Harbour, deed: tuple[Any, ...], blocked: set[tuple[int, int]]) -> None:
    match deed:
        case ("time", minutes):
            await harbour.at(harbour.now + timedelta(minutes=minutes))
        case ("kill", steps, after):
            harbour.fate.at, harbour.fate.after = harbour.fate.count + steps, after
            await harbour.run()
            harbour.fate.at = None
        case ("leave", one):
            await harbour.leave(one)
        case ("erase", one):
            await harbour.privacy.erase(one)
        case ("block", one, other) if one != other:
            await harbour.blocks.block(SERVER, one, other, stays=False)
            blocked.add((min(one, other), max(one, other)))
        case ("say", one, said):
            for each in await harbour.introductions.live(one, SERVER):
                await harbour.introductions.say(one, each.id, said)
        case ("another", one):
            offer = await harbour.introductions.may_have_another(one, SERVER)
            if offer is not None:
                await harbour.introductions.another(one, offer.id)
        case ("refuse", on):
            harbour.discord.refusing = {INTRODUCTION} if on else set()
        case ("run",):
            with contextlib.suppress(UserError):
                await harbour.run_now()
        case _:
            pass


async def whatever_people_do(
    folder: Path, asks: bool, threesome: bool, done: Sequence[tuple[Any, ...]]
) -> None:
    database = await Database.open(folder / "alongside.db", plain=True)
    try:
        await migrate(database, now=START)
        harbour = await make_harbour(database)
        await harbour.join(ASH, BIRCH, dm=True)
        await harbour.join(CEDAR, ELM, FIR, wishes=replace(WISHES, threesome=threesome))
        plan = replace(PLAN, confirm_first=asks)
        await harbour.rounds.save_plan(plan, by=MODERATOR)
        await harbour.rounds.pause(SERVER, by=MODERATOR)
        one = await harbour.run_now()
        if asks:
            await harbour.say_in(one, *EVERYBODY)
            harbour.now += HOUR
        blocked: set[tuple[int, int]] = set()
        for deed in done:
            await _do(harbour, deed, blocked)
        harbour.discord.refusing = set()
        await recovered(harbour)
        while (now := await harbour.round(one.id)).state is RoundState.ASKING:
            # Too late for its hour, it waits for the same one of the next day.
            harbour.now = now.draw_at
            await recovered(harbour)
        erased = frozenset(deed[1] for deed in done if deed[0] == "erase")
        await nothing_is_wrong(harbour, one, blocked, erased)
    finally:
        await database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), st.booleans(), st.lists(deeds, max_size=12))
def test_whatever_people_do_meanwhile(
    asks: bool, threesome: bool, done: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(whatever_people_do(Path(folder), asks, threesome, done))
