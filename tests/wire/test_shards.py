"""What one process does in servers whose shard another process has: by REST alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.http import Route

from bot import threads
from bot.client import Alongside
from bot.config import Config
from bot.opening import open_runtime
from bot.servers import KEPT, UNNAMED
from bot.standing import Gone, role_ids
from bot.threads import Steps
from cogs.pairing.drawing_cog import read_roles
from tests.stores import KEY, copy_migrated
from tests.wire.double import TOKEN, Double
from tests.wire.faults import Fault
from tests.wire.world import MANAGE_SERVER, Channel, Guild, Person

ASKED = "GET /guilds/{guild}"


@dataclass
class Elsewhere:
    """A server of shard 1, and a bot that has shard 0."""

    double: Double
    bot: Alongside
    guild: Guild
    channel: Channel
    member: Person
    now: datetime = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def asked(self) -> int:
        return self.double.requests.get(ASKED, 0)


@pytest.fixture
async def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Elsewhere]:
    config = Config(tmp_path, database_key=KEY, shard_count=2, shard_ids=(0,))
    await copy_migrated(config.database_path)
    async with Double() as double:
        monkeypatch.setattr(Route, "BASE", double.url)
        world = double.world
        guild = world.add_guild("Harbour", shard=(1, 2))
        member = world.add_person("birch")
        world.join(guild, member, MANAGE_SERVER)
        made: list[Elsewhere] = []
        runtime = await open_runtime(config, lambda: made[0].now if made else Elsewhere.now)
        bot = Alongside(runtime)
        made.append(Elsewhere(double, bot, guild, world.add_channel(guild, "room"), member))
        # Without a gateway: nothing of any server is known but by asking.
        await bot.login(TOKEN)
        yield made[0]
        await bot.close()
        assert double.unknown == []


async def test_its_name_is_asked_for_and_not_again_for_ten_minutes(elsewhere: Elsewhere) -> None:
    servers, id_ = elsewhere.bot.servers, elsewhere.guild.id
    assert [await servers.name(id_) for _ in range(3)] == ["Harbour"] * 3
    assert elsewhere.asked() == 1
    elsewhere.guild.name = "Meadow"
    names: list[str | None] = []
    for _ in range(10):
        # However often it is used meanwhile.
        names.append(await servers.name(id_))
        elsewhere.now += KEPT / 10
    assert set(names) == {"Harbour"}
    assert await servers.name(id_) == "Meadow"
    assert elsewhere.asked() == 2


async def test_names_of_several_are_asked_for_at_once_each_one_time(elsewhere: Elsewhere) -> None:
    world = elsewhere.double.world
    more = [world.add_guild(f"Quay {n}", shard=(1, 2)).id for n in range(5)]
    gone = more.pop()
    del world.guilds[gone]
    names = await elsewhere.bot.servers.names([*more, elsewhere.guild.id, *more, gone])
    assert list(names.values()) == ["Quay 0", "Quay 1", "Quay 2", "Quay 3", "Harbour"]
    assert elsewhere.asked() == 6


async def test_one_that_is_gone_has_no_name_and_one_of_ours_is_not_asked_for(
    elsewhere: Elsewhere,
) -> None:
    ours = elsewhere.double.world.add_guild("Quay", shard=(0, 2))
    assert await elsewhere.bot.servers.name(ours.id) is None
    assert elsewhere.asked() == 0
    del elsewhere.double.world.guilds[elsewhere.guild.id]
    assert await elsewhere.bot.servers.name(elsewhere.guild.id) is None
    assert elsewhere.asked() == 1


async def test_one_of_which_the_gateway_has_told_the_number_only_is_called_by_its_name(
    elsewhere: Elsewhere,
) -> None:
    ours = elsewhere.double.world.add_guild("Quay", shard=(0, 2))
    data: Any = {"id": str(ours.id), "unavailable": True}
    elsewhere.bot._connection._add_guild_from_data(data)  # pyright: ignore[reportPrivateUsage]
    assert [await elsewhere.bot.servers.name(ours.id) for _ in range(3)] == ["Quay"] * 3
    assert elsewhere.asked() == 1
    del elsewhere.double.world.guilds[ours.id]
    elsewhere.now += KEPT
    assert await elsewhere.bot.servers.name(ours.id) is None


async def test_in_an_outage_a_name_holds_nothing_up_and_is_asked_for_again_after_half_a_minute(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.servers.NAME_SECONDS", 0.1)
    servers, id_ = elsewhere.bot.servers, elsewhere.guild.id
    chance = elsewhere.double.chance
    chance.next_for("GET", f"/guilds/{id_}", *[Fault.BROKEN] * 2)
    async with asyncio.timeout(0.5):
        assert await servers.names([id_]) == {}
    for _ in range(3):
        elsewhere.now += UNNAMED / 3
        # However often it is used meanwhile.
        assert await servers.name(id_) is None
    assert chance.drawn == {"broken": 1}
    elsewhere.now += UNNAMED / 3
    assert await servers.name(id_) is None
    assert chance.drawn == {"broken": 2}
    elsewhere.now += 2 * UNNAMED
    assert await servers.name(id_) == "Harbour"


async def test_roles_are_those_of_now(elsewhere: Elsewhere) -> None:
    bot, guild, world = elsewhere.bot, elsewhere.guild, elsewhere.double.world
    held = await role_ids(bot, guild.id, elsewhere.member.id)
    assert isinstance(held, frozenset)
    assert len(held) == 1
    # Somebody with a role that is newer than what was asked before.
    other, stranger = world.add_person("fern"), world.add_person("ash")
    world.join(guild, other, MANAGE_SERVER)
    assert await role_ids(bot, guild.id, other.id) not in (None, frozenset(), held)
    assert isinstance(await role_ids(bot, guild.id, stranger.id), Gone)


async def test_a_draw_reads_roles_of_everybody_and_knows_who_is_gone(elsewhere: Elsewhere) -> None:
    stranger = elsewhere.double.world.add_person("ash")
    people = [elsewhere.member.id, stranger.id]
    found = await read_roles(elsewhere.bot, elsewhere.guild.id, people)
    assert len(found[elsewhere.member.id] or ()) == 1  # pyright: ignore[reportArgumentType]
    assert isinstance(found[stranger.id], Gone)
    del elsewhere.double.world.guilds[elsewhere.guild.id]
    assert await read_roles(elsewhere.bot, elsewhere.guild.id, people) == dict.fromkeys(people)


async def test_a_private_thread_is_made_found_and_closed(elsewhere: Elsewhere) -> None:
    bot, steps = elsewhere.bot, Steps()
    where = (elsewhere.guild.id, elsewhere.channel.id)
    made = await threads.make(bot, steps, *where, "A room ab12", "ab12")
    assert isinstance(made, int)
    world = elsewhere.double.world
    assert world.channels[made].name == "A room ab12"
    assert await threads.find(bot, steps, where[0], [where[1]], "ab12") == made
    assert await threads.close(bot, steps, where[0], made)
    assert world.channels[made].archived
    # Folded away, it is found among those as well.
    assert await threads.find(bot, steps, where[0], [where[1]], "ab12") == made
    del world.channels[where[1]]
    assert await threads.make(bot, steps, *where, "A room cd34", "cd34") == threads.Refused("gone")


async def test_what_cannot_be_told_now_is_no_refusal(elsewhere: Elsewhere) -> None:
    elsewhere.double.down = True
    where = (elsewhere.guild.id, elsewhere.channel.id)
    with pytest.raises(threads.LATER):
        await threads.make(elsewhere.bot, Steps(), *where, "A room ab12", "ab12")
    elsewhere.double.down = False


async def test_a_check_in_gets_its_thread(elsewhere: Elsewhere) -> None:
    posted, _ = elsewhere.double.world.post(elsewhere.channel, {"content": "How is it?"})
    before = sum(elsewhere.double.requests.values())
    where = (elsewhere.guild.id, elsewhere.channel.id)
    message = await elsewhere.bot.servers.message(*where, posted.id)
    thread = await message.create_thread(name="room")
    assert elsewhere.double.world.channels[thread.id].parent_id == elsewhere.channel.id
    # The dispatcher opens many at once: no more is asked than what server it is.
    assert sum(elsewhere.double.requests.values()) == before + 2


async def test_what_the_bot_may_do_there_is_asked_for(elsewhere: Elsewhere) -> None:
    servers = elsewhere.bot.servers
    server = await servers.get(elsewhere.guild.id)
    assert server is not None
    channel = await servers.channel(server, elsewhere.channel.id)
    assert channel is not None
    assert (await servers.own_rights(channel)).create_private_threads
    own = elsewhere.double.world.bot.id
    private = discord.Permissions(create_private_threads=True).value
    elsewhere.channel.overwrites[own] = (0, private)
    channel = await servers.channel(server, elsewhere.channel.id)
    assert channel is not None
    assert not (await servers.own_rights(channel)).create_private_threads
    assert await servers.channel(server, elsewhere.channel.id + 1) is None
