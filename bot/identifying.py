"""Lets one shard after the other introduce itself to Discord, whichever process it is in.

Discord takes `max_concurrency` IDENTIFYs in five seconds, one for each rest of a shard's number
divided by it (docs.discord.com/developers/events/gateway, "Sharding"). Who has the turn waits
before it identifies, not after: so the pause is kept also behind a process that died, and no clock
of one machine is compared with that of another.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from bot import logs
from bot.database import line
from bot.database.line import Line
from bot.errors import StartError

_log = logs.get(__name__)

APART_SECONDS = 5.0
"""Between two IDENTIFYs of one bucket."""

SENDING_SECONDS = 1.0
"""How long IDENTIFY may take to be sent; the turn is kept so long."""

SHARD_SECONDS = 40.0
"""How long a shard that another process serves is waited for: longer than PostgreSQL takes to let
go of a process that is out of reach (`bot.database.line`)."""

PATIENCE_SECONDS = 60.0
"""How long to wait for turns while nobody can tell whose it is: then Discord's own refusal, which
only asks to try again, has to do."""


async def take_shards(shared: Line, shard_ids: Iterable[int]) -> None:
    """Take the shards of this process, for as long as it lives; raises StartError.

    Two processes with one shard would both be told of all that happens there, and both answer.
    """
    turns = [shared.turn(f"shard.{shard_id}") for shard_id in shard_ids]
    try:
        async with asyncio.timeout(SHARD_SECONDS):
            await asyncio.gather(*(turn.hold() for turn in turns))
    except TimeoutError as error:
        if not shared.up:
            # Nobody can tell, and a bot that waits for PostgreSQL still answers what it can.
            _log.warning("shards_without_turn")
            return
        raise StartError(
            "Another process on this store serves the same shard. Give each process its own "
            "SHARD_IDS and all of them the same SHARD_COUNT, or stop the other one."
        ) from error


class Identifying:
    """Asked before each IDENTIFY of this process."""

    def __init__(self, shared: Line, concurrency: Callable[[], Awaitable[int]]) -> None:
        """Ask `concurrency` once how many shards may identify at the same time."""
        self._line = shared
        self._concurrency = concurrency
        self._buckets: int | None = None
        self._here: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._lingering: set[asyncio.Task[None]] = set()

    async def wait(self, shard_id: int) -> None:
        """Wait until a shard may identify; its turn ends by itself some moments later."""
        if self._buckets is None:
            self._buckets = max(await self._concurrency(), 1)
        bucket = shard_id % self._buckets
        here = self._here[bucket]
        await here.acquire()
        turn = self._line.turn(f"identify.{bucket}")
        try:
            # Who takes a turn has waited in it for a moment already, before it is theirs to use.
            waited = line.SETTLE_SECONDS if await self._taken(turn.hold()) else 0.0
            await asyncio.sleep(APART_SECONDS - waited)
        except BaseException:
            turn.let_go()
            here.release()
            raise
        lingering = asyncio.create_task(self._let_go(turn.let_go, here), name="identifying")
        self._lingering.add(lingering)
        lingering.add_done_callback(self._lingering.discard)

    async def _taken(self, holding: Awaitable[None]) -> bool:
        """Wait for a turn; False where nobody can tell whose it is."""
        task = asyncio.ensure_future(holding)
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=PATIENCE_SECONDS)
                if not task.done() and not self._line.up:
                    _log.warning("identifies_without_turn")
                    return False
            return True
        finally:
            task.cancel()

    async def _let_go(self, let_go: Callable[[], None], here: asyncio.Lock) -> None:
        try:
            await asyncio.sleep(SENDING_SECONDS)
        finally:
            let_go()
            here.release()
