"""Reads what Discord tells of its servers with pauses, and keeps them over a new session.

When a session is lost for good, Discord tells of every server anew, all at once. discord.py reads
that in one go, in which nobody is answered: for a thousand servers most of a second. And it makes
every server anew, with its roles and channels: the old ones hold each other, so only the garbage
collector can free them, and it goes through everything at once, in which nobody is answered either.
Here the loop has its turn in between, and a server that is known already is brought up to date as
it is, the way discord.py does it for a single role or channel. So a new session makes next to
nothing that has to be freed. discord.py offers neither, so private parts of it are named here and
nowhere else; tests hold them to what is said above.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import discord
from discord import shard
from discord.channel import _guild_channel_factory  # pyright: ignore[reportPrivateUsage]
from discord.gateway import DiscordWebSocket
from discord.state import AutoShardedConnectionState

BREATH_SECONDS = 0.01
"""For so long messages are read until others have their turn; the largest server takes 25 ms."""

LET_GO_SECONDS = 15 * 60
"""For so long somebody may still be answered in a server that is gone: Discord takes no more."""

_ANEW = ("_threads", "_voice_states", "_stage_instances", "_scheduled_events", "_soundboard_sounds")
"""What a server has few of: made anew."""


class Socket(DiscordWebSocket):
    """Lets others have their turn while messages keep coming.

    aiohttp gives messages that have come already without a pause.
    """

    _reading = 0.0

    async def received_message(self, msg: Any, /) -> None:
        """Read one message, and let the loop breathe when that took long by now."""
        began = time.perf_counter()
        await super().received_message(msg)
        self._reading += time.perf_counter() - began
        if self._reading > BREATH_SECONDS:
            self._reading = 0.0
            await asyncio.sleep(0)


# There is no way to name another class to a shard.
cast("Any", shard).DiscordWebSocket = Socket


class State(AutoShardedConnectionState[Any]):
    """Keeps the servers that it knows."""

    def parse_ready(self, data: Any) -> None:
        """Begin a session; servers that are not in it any more are forgotten."""
        super().parse_ready(data)
        told = {int(one["id"]) for one in data["guilds"]}
        here = data["shard"][0]
        for guild in self.guilds:
            if guild.shard_id == here and guild.id not in told:
                self._remove_guild(guild)

    def _get_create_guild(self, data: Any) -> discord.Guild:
        return self._add_guild_from_data(data)

    def _add_guild_from_data(self, data: Any) -> discord.Guild:
        known: Any = self._get_guild(int(data["id"]))
        if known is None:
            return super()._add_guild_from_data(data)
        if data.get("unavailable"):
            # As a session begins: nothing else is told yet, and what was known is as good.
            known.unavailable = True
        elif known.roles:
            _renew(known, data, self)
        else:
            # Only its number was known, and made at once it takes less room.
            known._from_data(data)
        return known

    def _remove_guild(self, guild: discord.Guild) -> None:
        super()._remove_guild(guild)
        asyncio.get_running_loop().call_later(LET_GO_SECONDS, _let_go, guild)


def _renew(guild: Any, data: Any, state: State) -> None:
    """Bring a server up to date by all that Discord tells of it."""
    roles, channels = guild._roles, guild._channels
    told_roles = {int(one["id"]): one for one in data.get("roles", ())}
    for id_, role in told_roles.items():
        if id_ in roles:
            roles[id_]._update(role)
        else:
            roles[id_] = discord.Role(guild=guild, state=state, data=role)
    told_channels = {int(one["id"]): one for one in data.get("channels", ())}
    for id_, channel in told_channels.items():
        kind, _ = _guild_channel_factory(channel["type"])
        if kind is None:
            continue
        if type(channels.get(id_)) is kind:
            _renew_channel(channels[id_], guild, channel)
        else:
            channels[id_] = cast("Any", kind)(guild=guild, state=state, data=channel)
    for known, told in ((roles, told_roles), (channels, told_channels)):
        for id_ in known.keys() - told.keys():
            del known[id_]
    for name in _ANEW:
        getattr(guild, name).clear()
    guild._from_data({key: told for key, told in data.items() if key not in {"roles", "channels"}})
    guild._roles = roles


def _renew_channel(channel: Any, guild: Any, data: Any) -> None:
    rights = channel._overwrites
    channel._update(guild, data)
    # Made anew at every update; most of the little that the collector would have to look at.
    if [one._asdict() for one in rights] == [one._asdict() for one in channel._overwrites]:
        channel._overwrites = rights


def _let_go(guild: Any) -> None:
    """Break the rings in which a server holds itself, so that it is freed at once."""
    for name in ("_roles", "_channels", "_members", *_ANEW):
        getattr(guild, name).clear()
