"""What the bot does when it comes, goes, and is away."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest
from simcord.backend import serializers

from bot.client import INTENTS, feature_names
from tests.world import World

DAY = 24 * 60 * 60


async def language(world: World) -> str:
    settings = world.bot.runtime.settings
    return await settings.get(world.guild.id, settings.by_key("server.language"))


def press(world: World, answer: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    task = asyncio.create_task(answer)
    world.bot.answering.add(task)
    task.add_done_callback(world.bot.answering.discard)
    return task


async def departed(world: World) -> set[int]:
    async with world.bot.runtime.database.read() as read:
        rows = await read.fetch("SELECT server_id FROM privacy_departures")
    return {row["server_id"] for row in rows}


async def let_days_pass(world: World, days: float) -> None:
    """In steps, for the simulated Discord limits how long one may take."""
    for _ in range(int(days * 4)):
        await world.env.advance_time(DAY / 4)
    await world.env.settle()


async def test_it_asks_for_no_privileged_intent_and_no_messages(world: World) -> None:
    assert {name for name, on in INTENTS if on} == {"guilds"}
    assert world.bot.allowed_mentions is not None
    assert world.bot.allowed_mentions.to_dict() == {"parse": []}


async def test_every_feature_folder_is_loaded(world: World) -> None:
    assert set(world.bot.extensions) == {f"cogs.{name}.cog" for name in feature_names()}
    assert {"about", "faq", "helplines", "manage", "privacy"} <= set(feature_names())


async def test_who_is_being_answered_has_the_store_until_then_although_the_bot_ends(
    world: World,
) -> None:
    async def look_up() -> Any:
        await asyncio.wait([ending], timeout=0.2)
        return await world.bot.runtime.blocks.mine(None, world.member.id)

    ending = asyncio.create_task(world.bot.close())
    answer = press(world, look_up())
    await ending
    assert answer.done()
    assert answer.result() == ()


async def test_who_presses_while_the_bot_ends_is_answered_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, answers = world.bot.runtime.jobs, list[asyncio.Task[Any]]()
    stop = jobs.stop

    async def settle() -> None:
        await stop()
        answers.append(press(world, look_up(first=True)))

    async def look_up(*, first: bool) -> Any:
        await asyncio.wait([ending], timeout=0.05)
        if first:
            answers.append(press(world, look_up(first=False)))
        return await world.bot.runtime.blocks.mine(None, world.member.id)

    monkeypatch.setattr(jobs, "stop", settle)
    ending = asyncio.create_task(world.bot.close())
    await ending
    assert [answer.done() and answer.result() for answer in answers] == [(), ()]


async def test_a_server_that_removed_the_bot_is_erased_after_seven_days(world: World) -> None:
    await world.settings("server.language", "es")
    world.env.backend.remove_guild(world.guild.id)
    await world.env.settle()
    assert await departed(world) == {world.guild.id}
    await let_days_pass(world, 6)
    assert await language(world) == "es"
    await let_days_pass(world, 2)
    assert await language(world) == "en"
    assert await departed(world) == set()


async def test_a_server_that_takes_the_bot_back_keeps_everything(world: World) -> None:
    await world.settings("server.language", "es")
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id)})
    await let_days_pass(world, 3)
    assert await departed(world) == {world.guild.id}
    guild = world.env.backend.get_guild(world.guild.id)
    back: Any = serializers.guild_create_payload(world.env.backend, guild)
    back.pop("unavailable", None)  # Discord names it only after an outage
    world.env.backend.emit("GUILD_CREATE", back)
    await world.env.settle()
    assert await departed(world) == set()
    await let_days_pass(world, 8)
    assert await language(world) == "es"


async def test_a_server_that_took_the_bot_back_while_it_was_not_running_keeps_everything(
    world: World,
) -> None:
    await world.settings("server.language", "es")
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id)})
    await world.env.settle()
    assert await departed(world) == {world.guild.id}
    await world.bot.close()
    await world.env.advance_time(8 * DAY)
    await world.restart()
    await world.env.settle()
    assert await departed(world) == set()
    assert await language(world) == "es"


async def test_a_server_left_while_the_bot_was_not_running_is_noticed_and_then_erased(
    world: World,
) -> None:
    await world.settings("server.language", "es")
    await world.bot.runtime.database.close()
    del world.env.backend.guilds[world.guild.id]
    await world.restart()
    await world.env.settle()
    assert await departed(world) == {world.guild.id}
    await let_days_pass(world, 8)
    assert await language(world) == "en"


async def test_a_server_that_discord_only_forgot_to_name_is_not_left(world: World) -> None:
    await world.settings("server.language", "es")
    del world.env.backend.guilds[world.guild.id]
    path = f"/guilds/{world.guild.id}"
    world.env.inject_error("GET", path, status=500, times=None)
    await world.restart()
    await world.env.settle()
    assert await departed(world) == set()


async def test_an_outage_of_a_server_is_no_departure(world: World) -> None:
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id), "unavailable": True})
    await world.env.settle()
    assert await departed(world) == set()


class Ring:
    """Holds itself, as a form is held by its fields."""

    def __init__(self) -> None:
        self.held = self


async def test_what_is_there_as_a_new_session_begins_is_freed_when_it_is_no_longer_used(
    world: World,
) -> None:
    ring = Ring()
    left = weakref.ref(ring)
    await world.bot.on_ready()
    del ring
    gc.collect()
    assert left() is None
