"""A short campaign of kills; `python -m benchmarks.crash` runs a long one, with peers beside us."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.crash import Kept, Terms, campaign, opened
from bot.clock import system_clock
from bot.migrations import migrate
from tests.wire.checkins_ground import CheckinsGround
from tests.wire.double import Double
from tests.wire.faults import CALM, ROUGH, Fault, Faults
from tests.wire.postgres import schemas
from tests.wire.process import BotProcess
from tests.wire.rest import Limits

HURRY = 10

LIMITS = Limits(messages=(50, 1.0), everywhere=500)
"""More than Discord takes, so that nothing is in the way of who hurries."""


def wrong_in(found: object) -> tuple[int, ...]:
    names = ("lost", "doubled", "late_sent", "opt_ins_lost")
    return tuple(getattr(found, name) for name in names)


@pytest.mark.slow
@pytest.mark.parametrize(("ground", "faults"), [("checkins", CALM), ("probe", ROUGH)])
async def test_nothing_is_lost_doubled_or_late_however_often_the_process_is_killed(
    tmp_path: Path, ground: str, faults: Faults
) -> None:
    terms = Terms(kills=6, faults=faults, naive=False, ground=ground, at_once=2)
    found = (await campaign(terms, tmp_path))["alongside"]
    assert found.kills == 6
    assert found.promised > 50
    assert found.arrived + found.late_skipped == found.promised
    assert wrong_in(found) == (0, 0, 0, 0), found.why


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL is not set")
async def test_of_two_processes_on_one_store_either_is_killed_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    terms = Terms(kills=6, store="postgres", faults=ROUGH, naive=False, processes=2)
    found = (await campaign(terms, tmp_path))["alongside"]
    assert found.arrived + found.late_skipped == found.promised
    assert wrong_in(found) == (0, 0, 0, 0), found.why


@dataclass(slots=True)
class Place:
    """A double, and a store in which check-ins come due within seconds."""

    double: Double
    ground: CheckinsGround
    kept: Kept
    folder: Path
    url: str | None
    started: list[BotProcess]

    async def start(self, shard: int | None = None) -> BotProcess:
        """Start a process, with one of two shards or with all; it is gone when the place is."""
        environment = {"WIRE_PREPARE": self.ground.prepare, "WIRE_HURRY": str(HURRY)}
        if shard is not None:
            environment |= {"SHARD_COUNT": "2", "SHARD_IDS": str(shard)}
        bot = await BotProcess.start(
            self.double, self.folder, database_url=self.url, environment=environment
        )
        self.started.append(bot)
        return bot


@asynccontextmanager
async def due(folder: Path, plans: int, url: str | None = None) -> AsyncGenerator[Place]:
    """A place where so many check-ins come due."""
    async with Double(limits=LIMITS, nonce_seconds=120 / HURRY) as double:
        guild = double.world.add_guild("Harbour")
        channels = [double.world.add_channel(guild, f"room-{n}") for n in range(20)]
        ground = CheckinsGround(double, guild, channels, random.Random(1))  # noqa: S311 - replayable
        async with opened(folder, url) as database:
            await migrate(database, now=system_clock())
            await ground.set_up(database, system_clock(), plans)
        place = Place(double, ground, Kept(double.world), folder, url, [])
        try:
            yield place
        finally:
            for bot in place.started:
                await bot.kill()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL is not set")
async def test_two_processes_on_one_store_try_nothing_twice(tmp_path: Path) -> None:
    async with schemas(1) as [url], due(tmp_path, 120, url) as place:
        both = [await place.start(shard) for shard in range(2)]
        # Every sixth was due two hours ago but for less than a minute, and may be too late.
        await place.double.until(lambda: len(place.kept.look()) >= 100, 30)
        for bot in both:
            assert await bot.terminate() == 0
        assert {len(those) for those in place.kept.look().values()} == {1}
        # The nonce would have hidden a second try; there was none to hide.
        assert place.double.world.refused_doubles == 0


@pytest.mark.parametrize(("fault", "arrived"), [(Fault.LOST_REQUEST, 1), (Fault.LOST_REPLY, 2)])
async def test_a_thread_whose_request_or_answer_was_lost_is_there_once(
    tmp_path: Path, fault: Fault, arrived: int
) -> None:
    async with due(tmp_path, 3) as place:
        double = place.double
        double.chance.next_for("POST", "/threads", fault)
        bot = await place.start()
        asked = "POST /channels/{channel}/messages/{message}/threads"
        await double.until(lambda: double.requests.get(asked, 0) >= arrived, 30)
        assert await bot.terminate() == 0
        async with opened(tmp_path, None) as database:
            account = await place.ground.account(database, place.kept.look())
        assert (account.lost, account.doubled, account.others["threads"]) == ([], [], 1)
