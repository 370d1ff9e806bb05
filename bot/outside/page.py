"""Serves `/healthz` and `/metrics` to whoever runs the bot."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from bot import logs
from bot.database import StoreError
from bot.errors import StartError
from bot.jobs.model import Backlog
from bot.outside.health import Pulse, Signs, ailments

if TYPE_CHECKING:
    from bot.client import Alongside

_log = logs.get(__name__)

PULSE_SECONDS = 15
"""How often the connections are looked at."""

LOOK_SECONDS = 5
"""For how long what was read of the store is shown again: looking costs a read of the outbox."""

STORE_PATIENCE_SECONDS = 5
"""How long the store may take to be read."""

_FIGURES = "text/plain; version=0.0.4; charset=utf-8"


class Page:
    """What is seen of one bot."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._runtime = bot.runtime
        self._pulse = Pulse(asyncio.get_running_loop().time())
        self._backlog: Backlog | None = None
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    def application(self) -> web.Application:
        """The two addresses, and no others."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def keep_feeling(self) -> None:
        """Look at the connections again and again."""
        while True:
            self._pulse.feel(self._bot.latencies, asyncio.get_running_loop().time())
            await asyncio.sleep(PULSE_SECONDS)

    async def signs(self) -> Signs:
        """Gather the signs of life of this moment."""
        now = self._runtime.clock()
        backlog = await self._look(now)
        loop_now = asyncio.get_running_loop().time()
        self._pulse.feel(self._bot.latencies, loop_now)
        # Who stands by commits nothing, and nothing is wrong with that.
        committed_at = None if self._runtime.jobs.stands_by else self._runtime.figures.committed_at
        return Signs(
            gateway=self._pulse.ages(loop_now),
            due=None if backlog is None else backlog.lag(now),
            commit=None if committed_at is None else (now - committed_at).total_seconds(),
            store=backlog is not None,
        )

    async def _look(self, now: datetime) -> Backlog | None:
        async with self._looking:
            fresh = self._looked_at is not None and (
                0 <= (now - self._looked_at).total_seconds() < LOOK_SECONDS
            )
            if not fresh:
                self._backlog, self._looked_at = None, now
                try:
                    async with asyncio.timeout(STORE_PATIENCE_SECONDS):
                        self._backlog = await self._runtime.jobs.backlog()
                except (StoreError, TimeoutError) as error:
                    _log.warning("status_store", error=logs.describe(error))
            return self._backlog

    async def health(self) -> dict[str, str | float | None]:
        """Say whether all is well, and what is not."""
        signs = await self.signs()
        ill = ailments(signs)
        return {
            "status": "ill" if ill else "well",
            "ill": ", ".join(ill) or None,
            "gateway_age_seconds": round(signs.gateway_age, 1),
            "oldest_due_seconds": None if signs.due is None else round(signs.due, 1),
            "last_commit_seconds": None if signs.commit is None else round(signs.commit, 1),
            "store": "up" if signs.store else "down",
            "promises": "kept by another process" if self._runtime.jobs.stands_by else "kept here",
        }

    async def figures(self) -> bytes:
        """Write down all figures of this moment."""
        signs = await self.signs()
        now = {
            "due_lag_seconds": signs.due,
            "last_commit_age_seconds": signs.commit,
            "servers": len(self._bot.guilds),
            "store_up": signs.store,
        }
        taken = self._runtime.figures.taken(
            {name: float(value) for name, value in now.items() if value is not None},
            self._backlog.messages if self._backlog else None,
            signs.gateway,
        )
        return await asyncio.to_thread(taken)

    async def _healthz(self, request: web.Request) -> web.Response:
        told = await self.health()
        return web.json_response(told, status=503 if told["ill"] else 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=await self.figures(), headers={"Content-Type": _FIGURES})


@asynccontextmanager
async def shown(bot: Alongside, address: tuple[str, int]) -> AsyncGenerator[int]:
    """Serve what is seen of a bot at an address, and give the port.

    Raises StartError when the address cannot be had.
    """
    page = Page(bot)
    runner = web.AppRunner(page.application(), access_log=None)
    feeling: asyncio.Task[None] | None = None
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *address, shutdown_timeout=1).start()
        except OSError as error:
            raise StartError(
                f"STATUS_ADDRESS {address[0]}:{address[1]} cannot be served on: {error.strerror}. "
                "Name another port, or leave it empty.",
                os.EX_CONFIG,
            ) from error
        port: int = runner.addresses[0][1]
        feeling = asyncio.create_task(page.keep_feeling(), name="pulse")
        _log.info("status_served", address=address[0], port=port)
        yield port
    finally:
        if feeling is not None:
            feeling.cancel()
        await runner.cleanup()
