"""Servers of the bot, those of other processes' shards too.

A process knows the servers of its own shards from the gateway. What it does for others, sending
what is promised there and answering in direct messages, which all come to shard 0, it does by REST
alone: a server is fetched when it is asked for, without its channels and members.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot import logs
from bot.shelf import Shelf
from bot.views import clip

if TYPE_CHECKING:
    from bot.client import Alongside

_log = logs.get(__name__)

KEPT = timedelta(minutes=10)
"""How old the name of another process's server may be."""

NAME_LENGTH = 60

NAME_SECONDS = 1.5
"""How long a name is waited for: Discord waits three seconds for the answer that it stands in."""

UNNAMED = timedelta(seconds=30)
"""For how long a name that was not to be had is not asked for again."""

MOST = 2_000
"""Servers of other processes in memory, some 5 KB each."""


class Servers:
    """Finds a server by its id, wherever its shard is."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._shelf: Shelf[tuple[int, int], discord.Guild] = Shelf(
            most=MOST, weight=MOST, unused=KEPT
        )
        self._unnamed: Shelf[int, None] = Shelf(most=MOST, weight=MOST, unused=UNNAMED)

    def is_ours(self, server_id: int) -> bool:
        """Whether a shard of this process serves it."""
        # docs.discord.com/developers/events/gateway, "Sharding".
        shards = self._bot.shard_ids
        return shards is None or (server_id >> 22) % (self._bot.shard_count or 1) in shards

    async def get(self, server_id: int, *, fresh: bool = False) -> discord.Guild | None:
        """Give a server; None where it is gone, or where nobody can tell now.

        One of another process has its name and roles, and no channels: see `channel`. It may be ten
        minutes old unless it is to be `fresh`.
        """
        found = self._bot.get_guild(server_id)
        if found is not None or self.is_ours(server_id):
            return found
        return await self._fetched(server_id, fresh=fresh)

    async def _fetched(
        self, server_id: int, *, fresh: bool = False, seconds: float | None = None
    ) -> discord.Guild | None:
        now = self._bot.runtime.clock()
        # By the stretch of time as well: however often it is used, it is fetched anew.
        key = (server_id, int(now.timestamp() // KEPT.total_seconds()))
        found = None if fresh else self._shelf.get(key, now)
        if found is None:
            try:
                async with asyncio.timeout(seconds):
                    found = await self._bot.fetch_guild(server_id, with_counts=False)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                _log.warning("server_not_fetched", error=logs.describe(error))
                return None
            self._shelf.put(key, found, 1, now)
        return found

    async def name(self, server_id: int) -> str | None:
        """Give what a server is called, cut to what fits into a sentence.

        None as `get` does, and where it does not come soon: see `NAME_SECONDS`.
        """
        server = self._bot.get_guild(server_id)
        if server is None and self.is_ours(server_id):
            return None
        if server is None or not server.name:
            # Ours have none when just connected, or in an outage: it is known that they are there.
            server = await self._soon(server_id)
        return None if server is None else clip(server.name, NAME_LENGTH)

    async def _soon(self, server_id: int) -> discord.Guild | None:
        now = self._bot.runtime.clock()
        self._unnamed.drop_unused(now)
        if server_id in self._unnamed:
            return None
        # In an outage discord.py asks five times, which takes 25 seconds.
        found = await self._fetched(server_id, seconds=NAME_SECONDS)
        if found is None:
            self._unnamed.put(server_id, None, 1, now)
        return found

    async def names(self, server_ids: Iterable[int]) -> dict[int, str]:
        """Give what servers are called, where that is known now; all are asked for at once."""
        ids = list(dict.fromkeys(server_ids))
        # One after the other, ten would take longer than Discord waits for a form.
        found = await asyncio.gather(*map(self.name, ids))
        return {id_: name for id_, name in zip(ids, found, strict=True) if name is not None}

    async def channel(
        self, server: discord.Guild, channel_id: int
    ) -> discord.abc.GuildChannel | None:
        """Give a channel of a server; None where it has none of this id, or the bot sees it not.

        Raises what discord.py does when nobody can tell now: HTTPException, ClientError, OSError.
        """
        found = server.get_channel(channel_id)
        if found is not None or self.is_ours(server.id):
            return found
        try:
            fetched = await server.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden, discord.InvalidData):
            return None
        return None if isinstance(fetched, discord.Thread) else fetched

    async def message(
        self, server_id: int, channel_id: int, message_id: int
    ) -> discord.PartialMessage:
        """Give a message on which a thread can be opened, without looking it up.

        Raises ClientException when nobody can tell now what server it is in.
        """
        place = self._bot.get_partial_messageable(channel_id, guild_id=server_id)
        found = place.get_partial_message(message_id)
        if found.guild is None:
            found.guild = await self.get(server_id)
        if found.guild is None:
            raise discord.ClientException("the server is not known now")
        return found

    async def own_rights(self, channel: discord.abc.GuildChannel) -> discord.Permissions:
        """Give what the bot may do in a channel; raises as `channel` does."""
        if self._bot.user is None:
            return discord.Permissions.none()
        # A server that was fetched has no members, and does not know the bot's own roles either.
        own = channel.guild.get_member(self._bot.user.id)
        return channel.permissions_for(own or await channel.guild.fetch_member(self._bot.user.id))
