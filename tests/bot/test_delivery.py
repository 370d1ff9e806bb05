"""What becomes of a message that the bot sends, as data."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import pytest

from bot.delivery import Closed, Failed, Gone, Outcome, Sent, send, take_back
from bot.views import Panel
from tests.world import World


def place(world: World) -> discord.TextChannel:
    found = world.bot.get_channel(world.channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


def messages(world: World) -> list[dict[str, Any]]:
    return [sent.json or {} for sent in world.env.http_requests if sent.path.endswith("/messages")]


async def try_to_send(world: World, **more: Any) -> Outcome:
    return await send(place(world), Panel(f"Hello {world.member.mention} @everyone"), **more)


async def test_what_was_sent_is_there_once_and_mentions_nobody(world: World) -> None:
    outcome = await try_to_send(world, nonce="round-1")
    assert isinstance(outcome, Sent)
    assert outcome.channel_id == world.channel.id
    (sent,) = messages(world)
    assert sent["nonce"] == "round-1"
    assert sent["enforce_nonce"] is True
    assert sent["allowed_mentions"] == {"parse": []}


async def test_who_said_yes_may_be_mentioned(world: World) -> None:
    only = discord.AllowedMentions(
        everyone=False, roles=False, users=[discord.Object(world.member.id)]
    )
    await try_to_send(world, nonce="round-2", mentions=only)
    (sent,) = messages(world)
    assert sent["allowed_mentions"]["users"] == [world.member.id]
    assert "parse" not in sent["allowed_mentions"] or not sent["allowed_mentions"]["parse"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (403, 50001, Closed(50001)),
        (403, 50013, Closed(50013)),
        (403, 50007, Closed(50007)),
        (400, 50278, Closed(50278)),
        (404, 10003, Gone()),
        (404, 10013, Gone()),
        (400, 50035, Failed()),
        (500, 0, Failed()),
    ],
)
async def test_what_stands_in_the_way_is_told_as_what_it_is(
    world: World, status: int, code: int, outcome: Outcome
) -> None:
    path = f"/channels/{world.channel.id}/messages"
    world.env.inject_error("POST", path, status=status, code=code, times=None)
    assert await try_to_send(world, nonce="round-3") == outcome


class Unplugged:
    """A place whose connection ends while the message is on its way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def send(self, **_message: Any) -> discord.Message:
        raise self._error

    delete = send


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut off"),
        ConnectionResetError("reset"),
        TimeoutError(),
    ],
)
async def test_a_connection_that_ends_is_a_failure_and_not_an_exception(error: Exception) -> None:
    unplugged: Any = Unplugged(error)
    assert await send(unplugged, Panel("Hello"), nonce="round-4") == Failed()
    assert await take_back(unplugged) is False


@pytest.mark.parametrize(
    ("status", "code", "gone"), [(None, 0, True), (404, 10008, True), (403, 50013, False)]
)
async def test_taking_a_message_back_says_whether_it_is_gone(
    world: World, status: int | None, code: int, gone: bool
) -> None:
    outcome = await try_to_send(world, nonce="round-5")
    assert isinstance(outcome, Sent)
    if status is not None:
        world.env.inject_error("DELETE", "/channels/*", status=status, code=code, times=None)
    assert await take_back(place(world).get_partial_message(outcome.message_id)) is gone
