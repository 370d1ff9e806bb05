"""What a host sees of a running bot, and what nobody sees there."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from simcord import interactions
from simcord.backend import serializers

from bot.jobs.model import Timer
from bot.jobs.store import set_timers
from bot.outside.page import Page
from bot.views import button
from tests.bot.test_main import ended, start
from tests.bot.test_views import post, press
from tests.hostile.ground import SECRET, make_ground
from tests.wire.double import Double
from tests.wire.faults import Fault
from tests.wire.process import BotProcess
from tests.world import World, answer_of, make_world

if TYPE_CHECKING:
    from bot.client import Interaction
    from tests.bot.conftest import LogTo

SOMEWHERE = ("127.0.0.1", 0)


def value(shown: bytes, name: str, *labels: str) -> float:
    """One figure; 0 where it has not been counted yet."""
    for line in shown.decode().splitlines():
        if line.startswith(f"alongside_{name}") and all(one in line for one in labels):
            return float(line.rpartition(" ")[2])
    return 0.0


def ids_of(world: World) -> set[str]:
    """The ids of everybody and of every place, and of what was said there."""
    backend = world.env.backend
    messages = {id_ for said in backend.messages.values() for id_ in said}
    found = {*backend.users, *backend.guilds, *backend.channels, *messages}
    return {str(one) for one in found} - {str(backend.bot_user.id)}


async def test_no_figure_no_health_and_no_line_of_the_log_names_anybody_or_quotes_them(
    tmp_path: Path, log_to: LogTo
) -> None:
    log = log_to("json", level="debug")
    async with make_ground(tmp_path / "state", status_address=SOMEWHERE) as ground:
        world = ground.world
        await world.member.slash(world.channel, "faq ask", question=f"{SECRET} {world.other.id}")
        await world.member.slash(world.channel, "company ask")
        world.env.inject_error("POST", "/interactions", status=500, times=1)
        await world.other.slash(world.channel, "about")
        _ = world.env.errors
        world.env._errors.clear()  # pyright: ignore[reportPrivateUsage]
        page = Page(world.bot)
        figures, health = await page.figures(), json.dumps(await page.health())
        ids = ids_of(world)
    assert len(ids) > 20
    assert value(figures, "interaction_seconds_count", 'name="faq ask"') >= 1
    assert value(figures, "promises_settled_total", 'state="sent"') >= 1
    assert value(figures, "servers") == 2
    assert '"event": "handled"' in log.getvalue()
    for shown in (figures.decode(), health, log.getvalue()):
        assert SECRET not in shown
        assert not [one for one in ids if one in shown]
        for name in ("Harbour", "Meadow", "birch", "fern"):
            assert name not in shown


async def test_what_one_interaction_logs_carries_one_number_of_its_own(
    world: World, log_to: LogTo
) -> None:
    log = log_to("json", level="debug")
    about = await world.member.slash(world.channel, "about")
    await world.member.click(answer_of(about).message, custom_id="helplines:open")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "handled"]
    assert [(line["kind"], line["asked"]) for line in told] == [
        ("command", "about"),
        ("button", "helplines:open"),
    ]
    marks = [line["interaction"] for line in told]
    assert len(set(marks)) == 2
    assert all(re.fullmatch("[0-9a-f]{8}", mark) for mark in marks)


async def test_every_line_of_an_interaction_carries_its_number_though_another_runs_meanwhile(
    world: World, log_to: LogTo
) -> None:
    begun = {who.id: asyncio.Event() for who in (world.member, world.other)}

    async def stumble(interaction: Interaction) -> None:
        begun[interaction.user.id].set()
        for each in begun.values():
            await each.wait()
        raise LookupError

    world.bot.runtime.actions.on("test:stumble", stumble)
    message = await post(world, button("Go", "test:stumble"))
    backend = world.env.backend
    stored = backend.get_message(world.channel.id, message.id)
    log = log_to("json", level="debug")
    for who in begun:
        _, payload = interactions.base_payload(
            backend,
            type=3,
            channel_id=world.channel.id,
            guild_id=world.guild.id,
            user_id=who,
            data={"custom_id": "test:stumble", "component_type": 2},
        )
        payload["message"] = dict(serializers.message_payload(backend, stored))
        backend.emit("INTERACTION_CREATE", payload)
    await world.env.settle()
    told: dict[str, list[str]] = {}
    for line in map(json.loads, log.getvalue().splitlines()):
        assert line["asked"] == "test:stumble"
        told.setdefault(line["interaction"], []).append(line["event"])
    assert list(told.values()) == [["unexpected", "handled"]] * 2


async def test_a_refusal_is_counted_by_its_key_and_a_button_nobody_knows_has_no_name(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path / "state", status_address=SOMEWHERE) as world:
        await press(world, button("Go", "gone:elsewhere", world.other.id))
        figures = await Page(world.bot).figures()
    assert value(figures, "refusals_total", 'key="errors.old_button"') == 1
    assert value(figures, "interaction_seconds_count", 'kind="button",name="unknown"') == 1
    assert b"elsewhere" not in figures


async def test_a_store_that_cannot_be_read_is_ill(tmp_path: Path) -> None:
    async with make_world(tmp_path / "state", status_address=SOMEWHERE) as world:
        with world.env.time_context():
            page = Page(world.bot)
            await world.settings("server.language", "es")
            well = await page.health()
            assert (well["status"], well["ill"], well["store"]) == ("well", None, "up")
            figures = await page.figures()
            for name in ("due_lag_seconds", 'outbox_messages{state="waiting"}'):
                assert value(figures, name) == 0
            await world.bot.runtime.jobs.stop()
            await world.bot.runtime.database.close()
            await world.env.advance_time(60)
            health = await page.health()
            assert (health["status"], health["ill"], health["store"]) == ("ill", "store", "down")
            figures = await page.figures()
            assert value(figures, "store_up") == 0
            # Nobody knows, and what was so before is not shown as if it still were.
            for name in ("due_lag_seconds", 'outbox_messages{state="waiting"}'):
                assert isnan(value(figures, name))


async def test_a_runner_that_stands_still_is_ill(tmp_path: Path) -> None:
    async with make_world(tmp_path / "state", status_address=SOMEWHERE) as world:
        with world.env.time_context():
            page = Page(world.bot)
            await world.bot.runtime.jobs.stop()
            now = world.bot.runtime.clock()
            async with world.bot.runtime.database.transaction() as tx:
                await set_timers(tx, [Timer("test.kind", "one", world.guild.id, now)])
            assert (await page.health())["ill"] is None
            await world.env.advance_time(1_000)
            health = await page.health()
            assert {"due", "commit"} <= set(str(health["ill"]).split(", "))
            assert health["oldest_due_seconds"] == pytest.approx(1_000, abs=2)
            assert value(await page.figures(), "due_lag_seconds") == health["oldest_due_seconds"]


# Over the wire


def free_port() -> int:
    with socket.socket() as one:
        one.bind(SOMEWHERE)
        return int(one.getsockname()[1])


async def fetched(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


@pytest.mark.slow
async def test_a_running_bot_shows_its_health_and_figures_and_says_them_when_asked(
    tmp_path: Path,
) -> None:
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    async with Double() as double:
        double.chance.next_for("PUT", "/commands", Fault.LIMITED)
        guild = double.world.add_guild("Harbour")
        channel = double.world.add_channel(guild, "general")
        ash = double.world.add_person("ash")
        double.world.join(guild, ash)
        settings: dict[str, Any] = {"STATUS_ADDRESS": str(port)}
        bot = await BotProcess.start(double, tmp_path / "state", environment=settings)
        try:
            await double.until(lambda: double.gateway.live or not bot.running)
            asked = await double.command(ash, channel, "about")
            await double.answered(asked)
            status, health = await fetched(f"{page}/healthz")
            assert (status, json.loads(health)["status"]) == (200, "well")
            _, figures = await fetched(f"{page}/metrics")
            assert value(figures.encode(), "interaction_seconds_count", 'name="about"') == 1
            assert value(figures.encode(), "commit_seconds_count") > 0
            assert value(figures.encode(), "discord_requests_total", 'status="200"') > 0
            assert value(figures.encode(), "discord_requests_total", 'status="429"') == 1
            assert value(figures.encode(), "servers") == 1
            said = await ended(await start(tmp_path, "status", **settings))
            assert (said.status, said.out.splitlines()[0]) == (0, "status: well")
            other = await fetched(f"{page}/")
            assert other[0] == 404
            (tmp_path / "other").mkdir()
            again = await ended(
                await start(tmp_path / "other", "run", DISCORD_TOKEN="a.b.c", **settings)
            )
            assert "STATUS_ADDRESS" in again.sentence
            assert await bot.terminate() == 0
        finally:
            await bot.kill()
        silent = await ended(await start(tmp_path, "status", **settings))
        assert silent.status != 0
        assert "No bot answers" in silent.sentence
    shown = health + figures + bot.said()
    for one in (guild.id, channel.id, ash.id):
        assert str(one) not in shown
