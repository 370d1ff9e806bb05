"""Ends a member's own check-ins when they have left the server they were made in."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord.ext import commands

from bot import logs
from cogs.checkins.service import Schedules

if TYPE_CHECKING:
    from bot.client import Alongside

_log = logs.get(__name__)

LOOK_SECONDS = 8 * 60 * 60
"""How often it is asked who is still there: Discord tells only bots that may list members."""

SURE_AFTER = timedelta(days=1)
"""Somebody is gone when they are not found twice, at least so far apart."""

APART_SECONDS = 0.2
"""Between two questions, so that what members wait for always comes first."""

UNKNOWN_MEMBER = 10007
"""Discord's code; no other answer, and no failure, means that somebody has left."""


class Membership(commands.Cog):
    """Who was not found, and since when, is kept in memory only; a restart asks anew."""

    def __init__(self, bot: Alongside, schedules: Schedules) -> None:
        self._bot = bot
        self._schedules = schedules
        self._missing: dict[tuple[int, int], datetime] = {}
        self._task: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._run(), name="checkins-membership")

    async def cog_unload(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()

    async def look(self) -> None:
        """Ask once about everybody with check-ins of their own."""
        owners = await self._schedules.owners()
        self._missing = {key: since for key, since in self._missing.items() if key in owners}
        for server_id, user_id in owners:
            there = await self._is_there(server_id, user_id)
            now = self._bot.runtime.clock()
            if there:
                self._missing.pop((server_id, user_id), None)
            elif there is False:
                since = self._missing.setdefault((server_id, user_id), now)
                if now - since >= SURE_AFTER:
                    await self._schedules.left(server_id, user_id)
            await asyncio.sleep(APART_SECONDS)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.error("membership_failed", error=logs.describe(error))

    async def _is_there(self, server_id: int, user_id: int) -> bool | None:
        """Whether somebody is in a server; None when nobody can tell now."""
        server = self._bot.get_guild(server_id)
        if server is None:
            return None
        try:
            await server.fetch_member(user_id)
        except discord.NotFound as error:
            return False if error.code == UNKNOWN_MEMBER else None
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            return None
        return True
