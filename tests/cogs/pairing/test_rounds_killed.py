"""Killed between any two steps of a round: nobody twice, nobody forgotten, no thread unrecorded.

The carriers are the real ones, on discord.py's own client; only the wire is left out. A step is a
request that changes something in Discord, or a commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.database import Database
from bot.errors import UserError
from bot.jobs.runner import Carrier
from bot.migrations import migrate
from bot.servers import Servers
from bot.texts import Texts
from bot.threads import Steps
from cogs.pairing import course
from cogs.pairing.course import is_live
from cogs.pairing.introductions_cog import (
    CloseCarrier,
    FollowupCarrier,
    IntroductionCarrier,
    TellCarrier,
)
from cogs.pairing.model import IntroductionState, Round, RoundState, Said
from cogs.pairing.promises_service import (
    AGAIN,
    ASK,
    CLOSE,
    DRAW,
    FOLLOWUP,
    INTRODUCTION,
    OPEN,
    TELL,
)
from cogs.pairing.rounds_cog import AskCarrier
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    CHANNEL,
    DAY,
    ELM,
    FIR,
    HOUR,
    MINUTE,
    MODERATOR,
    PLAN,
    SERVER,
    START,
    WISHES,
    Drawer,
    Harbour,
    make_harbour,
)
from tests.wire.direct import DirectClient
from tests.wire.pairing_witness import CLOSING, PART, SAY, said_in, threads_in
from tests.wire.pairing_witness import meetings as meetings_in
from tests.wire.rest import Limits, Rest
from tests.wire.world import (
    MANAGE_THREADS,
    PRIVATE_THREADS,
    TEXT,
    Channel,
    Guild,
    Person,
    World,
)

EVERYBODY = (ASH, BIRCH, CEDAR, ELM, FIR)
TEXTS = Texts.load()


@pytest.fixture(scope="module", autouse=True)
def written_one_by_one() -> Iterator[None]:
    """A draw is written group by group, so that it is also killed between two of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "WRITTEN_AT_ONCE", 1)
        yield


class Unhurried(Steps):
    """Requests need not wait for each other where no clock runs."""

    async def wait(self) -> None:
        """Go on at once."""


@dataclass(slots=True)
class Place:
    """The feature with its real carriers, and the Discord that they reach."""

    harbour: Harbour
    world: World
    guild: Guild
    channel: Channel

    @property
    def threads(self) -> list[Channel]:
        return threads_in(self.world, self.guild)

    async def join(self, *people: int, dm: bool = False, **wishes: Any) -> None:
        await self.harbour.join(*people, **wishes)
        for user_id in people if dm else ():
            one = await self.harbour.member(user_id)
            assert one is not None
            channel = self.world.open_dm(user_id)
            await self.harbour.members.write_to(user_id, one.id, channel.id)

    def refuse(self, *, on: bool) -> None:
        """Take the right to make private threads away, or give it back."""
        self.channel.overwrites[self.world.bot.id] = (MANAGE_THREADS, PRIVATE_THREADS if on else 0)

    async def told(self, user_id: int) -> int:
        """How often somebody was told something that is no question."""
        waiting = await self.harbour.told(user_id)
        dm = self.world.dm_with(user_id)
        return len(waiting) + (0 if dm is None else len(said_in(self.world, dm, CLOSING)))


async def make_place(database: Database) -> Place:
    """A server in Discord's double, with the feature as a process would wire it."""
    harbour = await make_harbour(database)
    world = World(harbour.clock, nonce_seconds=180)
    rest = Rest(world, Limits())
    guild = world.guilds[SERVER] = Guild(SERVER, "Harbour")
    world.join(guild, world.bot)
    channel = world.put_channel(Channel(CHANNEL, TEXT, "introductions", SERVER))
    channel.overwrites[world.bot.id] = (MANAGE_THREADS, 0)
    for user_id in EVERYBODY:
        person = world.people[user_id] = Person(user_id, f"m{user_id}")
        world.join(guild, person)
    place = Place(harbour, world, guild, channel)

    def wired(harbour: Harbour) -> dict[str, Carrier]:
        def between(_: str, done: bool) -> None:
            harbour.fate.step(done=done)

        bot: Any = DirectClient(rest, between)
        bot.runtime = SimpleNamespace(settings=harbour.settings, texts=TEXTS)
        bot.shard_ids = None
        bot.servers = Servers(bot)
        steps = Unhurried()
        asking = AskCarrier(bot, harbour.rounds)
        drawer = Drawer(harbour.draws, harbour.standing)
        return {
            OPEN: asking,
            ASK: asking,
            DRAW: drawer,
            AGAIN: drawer,
            INTRODUCTION: IntroductionCarrier(bot, harbour.introductions, steps),
            FOLLOWUP: FollowupCarrier(bot, harbour.introductions, steps),
            CLOSE: CloseCarrier(bot, harbour.introductions, steps),
            TELL: TellCarrier(bot, harbour.introductions, harbour.rounds),
        }

    harbour.carriers = wired
    return place


STEPS = 110
"""More than one story takes: a kill beyond the last step is a story without one."""

APART = 27
"""On PostgreSQL, where a story takes longer, one is killed four times, so many steps apart."""

CUTS = [("sqlite", [step]) for step in range(1, STEPS)] + [
    pytest.param("postgres", [*range(step, STEPS, APART)], marks=pytest.mark.postgres)
    for step in range(1, APART + 1)
]


async def story(place: Place) -> Round:
    """Five people and one round: its question, who leaves, who blocks, how it went, and its end."""
    harbour = place.harbour
    await place.join(ASH, BIRCH, dm=True)
    await place.join(CEDAR, ELM, FIR, wishes=replace(WISHES, threesome=True))
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
    for days in (PLAN.followup_days, PLAN.period_days):
        await harbour.at(START + days * DAY + 2 * HOUR)
    return one


async def recovered(harbour: Harbour) -> None:
    """Let leases end, and the next process do what was left."""
    for _ in range(8):
        harbour.now += 3 * MINUTE
        await harbour.run()


async def nothing_is_wrong(
    place: Place,
    one: Round,
    blocked: set[tuple[int, int]],
    erased: frozenset[int] = frozenset(),
    *,
    slept: bool = False,
) -> None:
    """Look at all that is left; a bot that `slept` through its draw may have stopped the round."""
    harbour, world = place.harbour, place.world
    every = await harbour.every_introduction()
    recorded = {each.thread_id: each for each in every if each.thread_id is not None}
    assert {thread.id for thread in place.threads} == set(recorded), "a thread without a record"
    for thread in place.threads:
        assert len(said_in(world, thread, PART)) <= 1
        assert len(said_in(world, thread, SAY)) <= 1
        mine = recorded[thread.id]
        closings = len(said_in(world, thread, CLOSING))
        assert closings == (not is_live(mine)), "it is not said once that it is over"
        inside = thread.members - erased - {world.bot.id}
        assert inside <= {each.user_id for each in mine.places}
        assert thread.locked == thread.archived == (not is_live(mine)), mine
    people = [world.people[user_id] for user_id in EVERYBODY]
    met = meetings_in(world, place.guild, people)
    groups = [tuple(sorted(meeting.people)) for meeting in met]
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
    state = (await harbour.round(one.id)).state
    if slept and state is RoundState.STOPPED:
        assert not [each for each in every if each.round_id == one.id]
        if not one.confirm:
            # Nobody had been asked, so nobody waits for it.
            return
    else:
        assert state in {RoundState.DRAWN, RoundState.ENDED}
    placed = {user_id for meeting in met for user_id in meeting.people}
    # Who ended it themselves knows.
    placed |= {p.user_id for each in every for p in each.places if p.left_at is not None}
    for user_id in EVERYBODY:
        if await harbour.member(user_id) is not None and user_id not in placed:
            assert await place.told(user_id), "forgotten"


async def _killed(place: Place, steps: list[int]) -> int:
    """Tell the story with a kill after each of these steps; gives how many steps there were."""
    fate = place.harbour.fate
    fate.at, *fate.later = steps
    fate.after = True
    one = await story(place)
    reached = fate.count
    fate.at = None
    await recovered(place.harbour)
    await nothing_is_wrong(place, one, {(BIRCH, CEDAR)})
    return reached


# Nothing lies between the end of one step and the beginning of the next but reading.


@pytest.mark.parametrize(("engine", "steps"), CUTS, indirect=["engine"])
async def test_killed_after_a_step_of_a_round(database: Database, steps: list[int]) -> None:
    await _killed(await make_place(database), steps)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_no_step_lies_beyond_those_that_are_tried(database: Database) -> None:
    assert APART < await _killed(await make_place(database), [STEPS]) < STEPS


async def test_what_comes_after_the_closing_words_leaves_no_thread_open(
    database: Database,
) -> None:
    place = await make_place(database)
    harbour = place.harbour
    await place.join(ASH, BIRCH)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    await harbour.run_now()
    await harbour.run()
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    # Killed while it asks how it went, before Discord has heard of it: two looks at what is due
    # and the claim come first.
    harbour.now += PLAN.followup_days * DAY
    harbour.fate.at, harbour.fate.after = harbour.fate.count + 4, False
    assert not await harbour.run()
    [thread] = place.threads
    assert said_in(place.world, thread, SAY) == []
    harbour.fate.at = None
    await harbour.leave(ASH)
    await recovered(harbour)
    assert len(said_in(place.world, thread, CLOSING)) == 1
    assert said_in(place.world, thread, SAY) == []
    assert thread.archived


# Whatever people do meanwhile

A_DAY = 24 * 60
"""In minutes."""

people = st.sampled_from(EVERYBODY)
deeds = st.one_of(
    st.tuples(st.just("time"), st.sampled_from([1, 5, 60, A_DAY, 4 * A_DAY])),
    st.tuples(st.just("kill"), st.integers(1, 12), st.booleans()),
    st.tuples(st.just("leave"), people),
    st.tuples(st.just("erase"), people),
    st.tuples(st.just("block"), people, people),
    st.tuples(st.just("say"), people, st.sampled_from(Said)),
    st.tuples(st.just("another"), people),
    st.tuples(st.just("refuse"), st.booleans()),
    st.tuples(st.just("run")),
)


async def _do(place: Place, deed: tuple[Any, ...], blocked: set[tuple[int, int]]) -> None:
    harbour = place.harbour
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
            place.refuse(on=on)
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
        place = await make_place(database)
        harbour = place.harbour
        await place.join(ASH, BIRCH, dm=True)
        await place.join(CEDAR, ELM, FIR, wishes=replace(WISHES, threesome=threesome))
        plan = replace(PLAN, confirm_first=asks)
        await harbour.rounds.save_plan(plan, by=MODERATOR)
        await harbour.rounds.pause(SERVER, by=MODERATOR)
        one = await harbour.run_now()
        if asks:
            await harbour.say_in(one, *EVERYBODY)
            harbour.now += HOUR
        blocked: set[tuple[int, int]] = set()
        for deed in done:
            await _do(place, deed, blocked)
        place.refuse(on=False)
        await recovered(harbour)
        while (now := await harbour.round(one.id)).state is RoundState.ASKING:
            # Too late for its hour, it waits for the same one of the next day.
            harbour.now = now.draw_at
            await recovered(harbour)
        erased = frozenset(deed[1] for deed in done if deed[0] == "erase")
        slept = any(deed[0] == "time" and deed[1] >= A_DAY for deed in done)
        await nothing_is_wrong(place, one, blocked, erased, slept=slept)
    finally:
        await database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), st.booleans(), st.lists(deeds, max_size=12))
def test_whatever_people_do_meanwhile(
    asks: bool, threesome: bool, done: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(whatever_people_do(Path(folder), asks, threesome, done))
