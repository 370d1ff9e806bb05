"""What a new session with Discord changes, and that nobody has to wait for it."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import gateway
from bot.client import Alongside
from bot.config import Config
from bot.opening import open_runtime
from tests.stores import KEY, copy_migrated
from tests.wire.double import TOKEN, Double
from tests.wire.world import MANAGE_SERVER, Channel, Guild

READ_MESSAGES = 1 << 10


@dataclass
class Session:
    """A bot that has a session with the double."""

    double: Double
    bot: Alongside

    def known(self, guild: Guild) -> discord.Guild:
        found = self.bot.get_guild(guild.id)
        assert found is not None
        return found

    async def told(self) -> None:
        """Wait until the bot has been told of all servers there are."""
        await self.bot.wait_for("shard_ready", timeout=20)

    async def begin_anew(self) -> None:
        """Have Discord forget the session, and wait until all servers are told of in the next."""
        told = asyncio.create_task(self.told())
        await self.double.gateway.invalidate()
        await told
        assert self.double.gateway.identified == 2


async def at_once(*_: object, **__: object) -> None:
    """Before IDENTIFY: not after five seconds."""


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    async with Double() as double:
        monkeypatch.setattr(Route, "BASE", double.url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(double.gateway.url))
        yield double
        assert double.unknown == []


@pytest.fixture
async def session(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Session]:
    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)
    config = Config(tmp_path, database_key=KEY)
    await copy_migrated(config.database_path)
    bot = Alongside(await open_runtime(config), guild_ready_timeout=0.05)
    running = asyncio.create_task(bot.start(TOKEN))
    yield Session(double, bot)
    await bot.close()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Not `gc.disable`: once it is ready, the bot switches it on."""
    before = gc.get_threshold()
    gc.set_threshold(0)
    yield
    gc.set_threshold(*before)


def settle(double: Double, name: str = "Harbour") -> tuple[Guild, Channel]:
    world = double.world
    guild = world.add_guild(name)
    world.join(guild, world.add_person("ash"), MANAGE_SERVER)
    return guild, world.add_channel(guild, "room")


async def test_a_server_is_brought_up_to_date_and_stays_what_it_was(
    double: Double, session: Session
) -> None:
    guild, room = settle(double)
    gone = double.world.add_channel(guild, "hall")
    await session.told()
    known = session.known(guild)
    channel, role = known.get_channel(room.id), known.default_role
    made: Any = channel
    rights = made._overwrites

    guild.name, room.name, guild.everyone = "Quay", "porch", READ_MESSAGES
    double.world.join(guild, double.world.add_person("birch"), MANAGE_SERVER)
    double.world.remove_channel(gone)
    added = double.world.add_channel(guild, "garden")
    await session.begin_anew()

    assert session.known(guild) is known
    assert known.get_channel(room.id) is channel
    assert known.default_role is role
    assert made._overwrites is rights
    assert known.name == "Quay"
    assert made.name == "porch"
    assert role.permissions.value == READ_MESSAGES
    assert {one.id for one in known.channels} == {room.id, added.id}
    assert [one.name for one in known.roles] == ["@everyone", "ash", "birch"]
    assert known.me.id == double.world.bot.id


async def test_who_may_do_what_in_a_channel_is_as_discord_says_in_the_new_session(
    double: Double, session: Session
) -> None:
    guild, room = settle(double)
    await session.told()
    known = session.known(guild)
    channel = known.get_channel(room.id)
    assert channel is not None
    before = channel.permissions_for(known.me)
    room.overwrites[double.world.bot.id] = (0, discord.Permissions.all().value)
    await session.begin_anew()
    assert channel.permissions_for(known.me) != before
    assert not channel.permissions_for(known.me).send_messages


async def test_a_server_that_is_not_in_the_new_session_is_forgotten(
    double: Double, session: Session
) -> None:
    (guild, _), (other, _) = settle(double), settle(double, "Quay")
    await session.told()
    del double.world.guilds[other.id]
    await session.begin_anew()
    assert [one.id for one in session.bot.guilds] == [guild.id]


async def test_a_new_session_of_one_shard_leaves_the_servers_of_another(
    double: Double, session: Session
) -> None:
    guild, _ = settle(double)
    await session.told()
    state: Any = session.bot._connection  # pyright: ignore[reportPrivateUsage]
    state.shard_count = 2
    here = session.known(guild).shard_id

    def begin(shard: int) -> None:
        user = {"id": str(double.world.bot.id), "username": "alongside", "discriminator": "0"}
        state.parse_ready({"shard": [shard, 2], "guilds": [], "user": {**user, "avatar": None}})

    begin(1 - here)
    assert [one.id for one in session.bot.guilds] == [guild.id]
    begin(here)
    assert list(session.bot.guilds) == []


KINDS: set[type] = {discord.Guild, discord.Role, discord.TextChannel, discord.Member}


def alive() -> Counter[type]:
    """How many parts of servers there are in memory, those that only hold each other too."""
    gc.unfreeze()
    objects: list[object] = gc.get_objects()
    return Counter(type(one) for one in objects if type(one) in KINDS)


@pytest.mark.usefixtures("no_collector")
async def test_what_a_new_session_replaces_and_what_is_left_is_freed_without_the_collector(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "LET_GO_SECONDS", 0)
    _, room = settle(double)
    before = alive()
    await session.told()
    one = alive() - before
    other, _ = settle(double, "Quay")
    shown = double.world.guild_json(other)
    await double.gateway.push("GUILD_CREATE", shown, guild_id=other.id)
    await double.until(lambda: len(session.bot.guilds) == 2)
    assert alive() - before == one + one

    double.world.remove_channel(room)
    await session.begin_anew()
    assert alive() - before == one + one - Counter({discord.TextChannel: 1})
    await double.gateway.push("GUILD_DELETE", {"id": str(other.id)}, guild_id=other.id)
    await double.until(lambda: len(session.bot.guilds) == 1)
    await asyncio.sleep(0)
    assert alive() - before == one - Counter({discord.TextChannel: 1})


async def test_others_have_their_turn_while_many_servers_are_told(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "BREATH_SECONDS", 0)
    for number in range(40):
        settle(double, f"Harbour {number}")
    most = seen = 0
    while seen < len(double.world.guilds):
        now = sum(bool(guild.channels) for guild in session.bot.guilds)
        most, seen = max(most, now - seen), now
        await asyncio.sleep(0)
    assert most == 1
