"""Shards introduce themselves as often as Discord takes it, and no oftener."""

from __future__ import annotations

import asyncio
import os
import selectors
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from discord.http import Route

from bot.client import Alongside
from bot.clock import system_clock
from bot.config import Config
from bot.database import line
from bot.database.line import Alone, Turn
from bot.identifying import SENDING_SECONDS, Identifying
from bot.opening import open_runtime
from tests.stores import KEY, migrated_schema, postgres_url
from tests.wire.double import TOKEN, Double

WINDOW_SECONDS = 5.0
"""In which Discord takes one IDENTIFY of a bucket (.../events/gateway, "Sharding")."""


class Skipping(selectors.DefaultSelector):
    """Waits for nothing: it is at once as late as it would have become."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is under way any more"
        self.now += max(timeout, 0.0)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """Keeps the time that its waiting would have taken."""

    def __init__(self) -> None:
        self._waits = Skipping()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.now


class OneAtATime:
    """A turn of several processes, had some moments before it is used, as on PostgreSQL."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self.held = False

    async def hold(self) -> None:
        await self._lock.acquire()
        await asyncio.sleep(line.SETTLE_SECONDS)
        self.held = True

    def let_go(self) -> None:
        if self.held:
            self._lock.release()
        self.held = False


class Shared(Alone):
    """What one of several processes knows of the others."""

    def __init__(self, locks: dict[str, asyncio.Lock]) -> None:
        super().__init__()
        self._locks = locks

    def turn(self, name: str) -> Turn:
        return OneAtATime(self._locks.setdefault(name, asyncio.Lock()))


@pytest.mark.parametrize("processes", [1, 2])
def test_two_of_one_bucket_are_never_within_discords_window_and_buckets_do_not_wait(
    processes: int,
) -> None:
    identified: dict[int, list[float]] = {0: [], 1: []}

    async def concurrency() -> int:
        return 2

    async def introduce(asking: Identifying, shard: int) -> None:
        await asking.wait(shard)
        # Every other one takes as long to be sent as it may.
        await asyncio.sleep(SENDING_SECONDS * (shard // 2 % 2 == 0))
        identified[shard % 2].append(asyncio.get_running_loop().time())

    async def introduce_all() -> None:
        locks: dict[str, asyncio.Lock] = {}
        asking = [Identifying(Shared(locks), concurrency) for _ in range(processes)]
        await asyncio.gather(*(introduce(asking[n // 2 % processes], n) for n in range(12)))

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(introduce_all())
    for moments in identified.values():
        assert len(moments) == 6
        assert min(b - a for a, b in pairwise(moments)) >= WINDOW_SECONDS - 1e-6
    assert identified[0] == pytest.approx(identified[1])  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.postgres
@pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL is not set")
async def test_as_many_introduce_themselves_at_the_same_time_as_discord_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(line, name, 0.05)
    monkeypatch.setattr("bot.identifying.APART_SECONDS", 0.1)
    # Who has had its turn keeps it, so that a second one of its bucket never comes.
    monkeypatch.setattr("bot.identifying.SENDING_SECONDS", 3_600.0)
    async with migrated_schema(postgres_url() or "") as place, Double() as double:
        monkeypatch.setattr(Route, "BASE", double.url)
        double.rest.max_concurrency = 2
        shared: dict[str, Any] = {
            "database_url": str(place.location),
            "database_key": KEY,
            "shard_count": 3,
        }
        bots: list[Alongside] = []
        for shard in range(3):
            config = Config(tmp_path / str(shard), shard_ids=(shard,), **shared)
            config.state_dir.mkdir()
            bots.append(Alongside(await open_runtime(config, system_clock)))
            await bots[-1].login(TOKEN)
        try:
            async with asyncio.timeout(10):
                await asyncio.gather(*(bots[n].before_identify_hook(n) for n in (0, 1)))
            third = asyncio.create_task(bots[2].before_identify_hook(2))
            done, _ = await asyncio.wait((third,), timeout=0.5)
            assert done == set()
            third.cancel()
        finally:
            for bot in bots:
                await bot.close()
