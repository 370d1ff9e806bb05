"""The double is taken for Discord by the real bot, in a process of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.wire.double import TOKEN, Double
from tests.wire.faults import NONE, Fault, Faults
from tests.wire.process import BotProcess
from tests.wire.rest import Limits
from tests.wire.world import MANAGE_THREADS, SEND, VIEW, Channel, Guild, Person


@dataclass(slots=True)
class Scene:
    """A server with a member, as the bot finds it."""

    double: Double
    guild: Guild
    channel: Channel
    ash: Person


@asynccontextmanager
async def served(faults: Faults = NONE, **options: Any) -> AsyncGenerator[Scene]:
    async with Double(faults, **options) as double:
        guild = double.world.add_guild("Harbour")
        channel = double.world.add_channel(guild, "general")
        ash = double.world.add_person("ash")
        double.world.join(guild, ash)
        yield Scene(double, guild, channel, ash)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with served() as scene:
        yield scene


@asynccontextmanager
async def living(scene: Scene, folder: Path) -> AsyncGenerator[BotProcess]:
    """The real bot, ready; it must have asked for nothing that the double does not know."""
    bot = await BotProcess.start(scene.double, folder)
    try:
        await scene.double.until(lambda: scene.double.gateway.live or not bot.running)
        assert bot.running, bot.said()
        yield bot
    finally:
        await bot.kill()
    assert scene.double.unknown == []


# With the real bot


@pytest.mark.slow
async def test_the_real_bot_comes_up_answers_and_goes_within_ten_seconds_of_being_told(
    scene: Scene, tmp_path: Path
) -> None:
    async with living(scene, tmp_path) as bot:
        assert {command["name"] for command in scene.double.rest.commands} >= {"about", "manage"}
        asked = await scene.double.command(scene.ash, scene.channel, "about")
        await scene.double.answered(asked)
        assert "Alongside" in asked.text
        assert await bot.terminate(seconds=10) == 0
    assert scene.double.gateway.identified == 1


@pytest.mark.slow
async def test_a_button_of_an_earlier_life_opens_its_form_and_the_form_is_answered(
    scene: Scene, tmp_path: Path
) -> None:
    async with living(scene, tmp_path):
        about = await scene.double.command(scene.ash, scene.channel, "about")
        await scene.double.answered(about)
    assert about.message is not None
    async with living(scene, tmp_path):
        tapped = await scene.double.press(scene.ash, about.message, "helplines:open")
        await scene.double.answered(tapped)
        [question] = tapped.data["components"]
        words = {question["component"]["custom_id"]: "Germany"}
        typed = await scene.double.submit(scene.ash, scene.channel, tapped.data, words)
        await scene.double.answered(typed)
        assert "Germany" in typed.text


@pytest.mark.slow
async def test_a_dropped_socket_is_resumed_and_nothing_that_happened_meanwhile_is_missed(
    scene: Scene, tmp_path: Path
) -> None:
    async with living(scene, tmp_path):
        gateway = scene.double.gateway
        gateway.cut()
        asked = await scene.double.command(scene.ash, scene.channel, "about")
        assert not asked.reached
        await scene.double.until(lambda: gateway.resumed)
        await scene.double.answered(asked)
        await gateway.ask_to_reconnect()
        await scene.double.until(lambda: gateway.resumed == 2 and gateway.live)
        assert gateway.identified == 1


@pytest.mark.slow
async def test_a_session_that_is_no_longer_known_is_begun_anew(
    scene: Scene, tmp_path: Path
) -> None:
    async with living(scene, tmp_path):
        gateway = scene.double.gateway
        await gateway.invalidate()
        await scene.double.until(lambda: gateway.identified == 2 and gateway.live, 30)
        asked = await scene.double.command(scene.ash, scene.channel, "about")
        await scene.double.answered(asked)


@pytest.mark.slow
async def test_a_token_that_was_revoked_before_the_start_is_one_sentence_and_status_77(
    scene: Scene, tmp_path: Path
) -> None:
    await scene.double.revoke()
    bot = await BotProcess.start(scene.double, tmp_path)
    assert await bot.ended() == os.EX_NOPERM
    [sentence] = [line for line in bot.said().splitlines() if not line.startswith("{")]
    assert sentence.startswith("alongside: Discord refuses the token.")


@pytest.mark.slow
async def test_a_token_that_is_revoked_while_the_bot_runs_is_one_sentence_and_status_77(
    scene: Scene, tmp_path: Path
) -> None:
    async with living(scene, tmp_path) as bot:
        await scene.double.revoke()
        assert await bot.ended() == os.EX_NOPERM
        [sentence] = [line for line in bot.said().splitlines() if not line.startswith("{")]
        assert sentence.startswith("alongside: Discord refuses the token.")


@pytest.mark.slow
async def test_a_limit_and_a_fault_at_the_start_delay_it_and_do_not_prevent_it(
    scene: Scene, tmp_path: Path
) -> None:
    chance = scene.double.chance
    chance.next_for("GET", "/users/@me", Fault.LIMITED)
    chance.next_for("PUT", "/commands", Fault.LIMITED_EVERYWHERE, Fault.BAD_GATEWAY_AFTER)
    async with living(scene, tmp_path):
        assert scene.double.rest.syncs == 2
        assert scene.double.statuses[429] == 2


# By hand, over HTTP

Told = tuple[int, dict[str, str], Any]
"""Status, headers and body of an answer."""


@dataclass(slots=True)
class Hand:
    """Requests as the bot would make them."""

    session: aiohttp.ClientSession
    double: Double

    async def __call__(
        self, method: str, path: str, body: object = None, token: str = TOKEN
    ) -> Told:
        async with self.session.request(
            method,
            self.double.url + path,
            json=body,
            headers={"Authorization": f"Bot {token}"},
        ) as answer:
            told = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, dict(answer.headers), told


@asynccontextmanager
async def by_hand(double: Double) -> AsyncGenerator[Hand]:
    async with aiohttp.ClientSession() as session:
        yield Hand(session, double)


def code(told: Told) -> tuple[int, int]:
    return told[0], told[2]["code"]


async def test_a_nonce_within_its_window_gives_the_first_message_again(scene: Scene) -> None:
    path = f"/channels/{scene.channel.id}/messages"
    async with by_hand(scene.double) as hand:
        one = {"content": "hello", "nonce": "n1", "enforce_nonce": True}
        first = (await hand("POST", path, one))[2]
        again = (await hand("POST", path, {**one, "content": "other"}))[2]
        assert first == again
        await hand("POST", path, {"content": "hello", "nonce": "n1"})
    assert [posted.nonce for posted in scene.double.world.posted] == ["n1", "n1"]
    assert scene.double.world.refused_doubles == 1


async def test_a_nonce_past_its_window_is_a_new_message() -> None:
    async with served(nonce_seconds=0.0) as scene, by_hand(scene.double) as hand:
        one = {"content": "hello", "nonce": "n1", "enforce_nonce": True}
        for _ in range(2):
            await hand("POST", f"/channels/{scene.channel.id}/messages", one)
        assert len(scene.double.world.posted) == 2


async def test_permissions_are_those_of_the_channel(scene: Scene) -> None:
    world = scene.double.world
    message = {"content": "hello"}
    path = f"/channels/{scene.channel.id}/messages"
    async with by_hand(scene.double) as hand:
        scene.channel.overwrites[scene.guild.id] = (0, SEND)
        assert code(await hand("POST", path, message)) == (403, 50013)
        scene.channel.overwrites[world.bot.id] = (SEND, 0)
        assert (await hand("POST", path, message))[0] == 200
        scene.channel.overwrites[scene.guild.id] = (0, VIEW)
        assert code(await hand("POST", path, message)) == (403, 50001)
        assert code(await hand("GET", path)) == (403, 50001)
        del world.channels[scene.channel.id]
        assert code(await hand("POST", path, message)) == (404, 10003)
        assert code(await hand("GET", f"/guilds/1/members/{scene.ash.id}")) == (404, 10004)
        gone = f"/guilds/{scene.guild.id}/members/1"
        assert code(await hand("GET", gone)) == (404, 10007)
        assert code(await hand("GET", "/users/@me", token="no")) == (401, 0)


async def test_closed_direct_messages_show_when_writing_and_not_when_opening(scene: Scene) -> None:
    scene.ash.takes_dms = False
    async with by_hand(scene.double) as hand:
        status, _, opened = await hand(
            "POST", "/users/@me/channels", {"recipient_id": str(scene.ash.id)}
        )
        assert status == 200
        path = f"/channels/{opened['id']}/messages"
        assert code(await hand("POST", path, {"content": "hello"})) == (403, 50007)


async def test_history_is_paged_from_either_end(scene: Scene) -> None:
    world = scene.double.world
    ids = [world.say(scene.channel, scene.ash, str(n)).id for n in range(7)]
    path = f"/channels/{scene.channel.id}/messages"

    async def found(query: str) -> list[int]:
        body = (await hand("GET", path + query))[2]
        return [ids.index(int(each["id"])) for each in body]

    async with by_hand(scene.double) as hand:
        assert await found("?limit=3") == [6, 5, 4]
        assert await found(f"?limit=3&before={ids[4]}") == [3, 2, 1]
        assert await found(f"?limit=3&after={ids[1]}") == [4, 3, 2]
        world.posted[6].deleted = True
        assert await found("?limit=2") == [5, 4]


async def test_a_full_window_is_429_with_the_headers_and_the_body_that_discord_documents() -> None:
    async with served(limits=Limits(messages=(1, 60.0))) as scene, by_hand(scene.double) as hand:
        path = f"/channels/{scene.channel.id}/messages"
        status, headers, _ = await hand("POST", path, {"content": "one"})
        assert (status, headers["X-RateLimit-Remaining"]) == (200, "0")
        status, headers, body = await hand("POST", path, {"content": "two"})
        assert status == 429
        assert headers["X-RateLimit-Scope"] == "user"
        assert 0 < int(headers["Retry-After"]) <= 60
        assert (body["global"], 0 < body["retry_after"] <= 60) == (False, True)
        assert len(scene.double.world.posted) == 1


async def test_a_limit_for_all_holds_for_every_route(scene: Scene) -> None:
    scene.double.chance.next_for("GET", "/users/@me", Fault.LIMITED_EVERYWHERE)
    async with by_hand(scene.double) as hand:
        for path in ("/users/@me", "/gateway/bot"):
            status, headers, body = await hand("GET", path)
            assert (status, headers["X-RateLimit-Scope"]) == (429, "global")
            assert headers["X-RateLimit-Global"] == "true"
            assert body["global"]


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [
        (Fault.BROKEN, 500, 0),
        (Fault.BAD_GATEWAY, 502, 0),
        (Fault.BAD_GATEWAY_AFTER, 502, 1),
        (Fault.LOST_REQUEST, None, 0),
        (Fault.LOST_REPLY, None, 1),
        (Fault.LIMITED, 429, 0),
    ],
)
async def test_each_fault_does_or_does_not_do_what_was_asked(
    scene: Scene, fault: Fault, status: int | None, stored: int
) -> None:
    scene.double.chance.next_for("POST", "/messages", fault)
    async with by_hand(scene.double) as hand:
        sending = hand("POST", f"/channels/{scene.channel.id}/messages", {"content": "hello"})
        if status is None:
            with pytest.raises(aiohttp.ClientError):
                await sending
        else:
            assert (await sending)[0] == status
    assert len(scene.double.world.posted) == stored


async def test_the_same_seed_gives_the_same_faults() -> None:
    async def statuses() -> list[int]:
        faults = Faults(seed=7, broken=0.3, limited=0.3)
        async with served(faults) as scene, by_hand(scene.double) as hand:
            return [(await hand("GET", "/gateway/bot"))[0] for _ in range(20)]

    first = await statuses()
    assert set(first) == {200, 429, 500}
    assert await statuses() == first


async def test_threads_open_with_and_without_a_message_and_take_messages(scene: Scene) -> None:
    path = f"/channels/{scene.channel.id}"
    async with by_hand(scene.double) as hand:
        posted = (await hand("POST", f"{path}/messages", {"content": "hello"}))[2]
        on = f"{path}/messages/{posted['id']}/threads"
        status, _, thread = await hand("POST", on, {"name": "talk"})
        assert status == 201
        assert (thread["id"], thread["type"]) == (posted["id"], 11)
        assert code(await hand("POST", on, {"name": "talk"})) == (400, 160004)
        apart = (await hand("POST", f"{path}/threads", {"name": "apart", "type": 12}))[2]
        inside = f"/channels/{apart['id']}/messages"
        assert (await hand("POST", inside, {"content": "here"}))[0] == 200
        added = f"/channels/{apart['id']}/thread-members/{scene.ash.id}"
        assert (await hand("PUT", added))[0] == 204
    assert scene.ash.id in scene.double.world.channels[int(apart["id"])].members


async def test_waiting_for_what_does_not_come_about_ends(scene: Scene) -> None:
    with pytest.raises(TimeoutError):
        await scene.double.until(lambda: False, 0.01)


async def test_a_private_thread_is_listed_until_it_is_archived_and_then_takes_nobody(
    scene: Scene,
) -> None:
    threads = f"/channels/{scene.channel.id}/threads"
    active = f"/guilds/{scene.guild.id}/threads/active"
    asleep = f"/channels/{scene.channel.id}/users/@me/threads/archived/private"
    async with by_hand(scene.double) as hand:
        thread = (await hand("POST", threads, {"name": "apart", "type": 12}))[2]
        path = f"/channels/{thread['id']}"
        own = str(scene.double.world.bot.id)
        [shown] = (await hand("GET", active))[2]["threads"]
        assert (shown["name"], shown["owner_id"]) == ("apart", own)
        assert (await hand("GET", asleep))[2]["threads"] == []
        # Whoever made it may archive it; to lock it takes a right.
        assert code(await hand("PATCH", path, {"locked": True})) == (403, 50013)
        assert (await hand("PATCH", path, {"archived": True}))[0] == 200
        assert (await hand("GET", active))[2]["threads"] == []
        found = (await hand("GET", asleep))[2]
        assert ([each["id"] for each in found["threads"]], found["has_more"]) == (
            [thread["id"]],
            False,
        )
        added = f"{path}/thread-members/{scene.ash.id}"
        assert code(await hand("PUT", added)) == (400, 50083)
        assert (await hand("POST", f"{path}/messages", {"content": "awake"}))[0] == 200
        assert (await hand("PUT", added))[0] == 204
        scene.channel.overwrites[scene.double.world.bot.id] = (MANAGE_THREADS, 0)
        assert (await hand("PATCH", path, {"locked": True}))[2]["thread_metadata"]["locked"]
        scene.channel.overwrites.clear()
        assert code(await hand("POST", f"{path}/messages", {"content": "no"})) == (400, 160005)
