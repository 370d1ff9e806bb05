"""What stands in for Discord while the bot is measured: a loopback server, and what it sends.

It knows as much of Discord's HTTP and gateway as a bot needs to start, to be told of its servers
and to answer interactions; anything else is refused with 404, so that a gap is seen.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Sequence

BOT = "100000000000000001"
SERVER = 200000000000000000
CHANNEL = 300000000000000000
MEMBER = "400000000000000001"

Payload = dict[str, Any]
LATER = frozenset({5, 6})
"""Kinds of answers that only say that one will come."""

_numbers = itertools.count(500000000000000000)


def fresh_id() -> str:
    """A snowflake that was not used before."""
    return str(next(_numbers))


# --- What Discord says ----------------------------------------------------------------------------


def bot_user() -> Payload:
    """The bot as Discord knows it."""
    return {
        "id": BOT,
        "username": "Alongside",
        "discriminator": "0",
        "avatar": None,
        "bot": True,
        "global_name": None,
    }


def server(number: int) -> Payload:
    """A community of 25 roles, 40 channels and 30 emojis, as GUILD_CREATE describes it."""
    own = str(SERVER + number)
    roles = [own, *(fresh_id() for _ in range(24))]
    groups = [fresh_id() for _ in range(5)]
    return {
        "id": own,
        "name": f"Community {number}",
        "icon": None,
        "splash": None,
        "owner_id": fresh_id(),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 2,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "preferred_locale": "en-US",
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "features": ["COMMUNITY", "NEWS"],
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "joined_at": "2026-01-05T09:00:00.000000+00:00",
        "large": False,
        "unavailable": False,
        "member_count": 180,
        "roles": [_role(identity, at) for at, identity in enumerate(roles)],
        "channels": [
            *(_channel(identity, at, None) for at, identity in enumerate(groups)),
            *(_channel(fresh_id(), at, groups[at % 5], own) for at in range(34)),
            _channel(str(CHANNEL + number), 34, groups[0], own),
        ],
        "emojis": [
            {
                "id": fresh_id(),
                "name": f"emoji_{at}",
                "roles": [],
                "require_colons": True,
                "managed": False,
                "animated": at % 6 == 0,
                "available": True,
            }
            for at in range(30)
        ],
        "stickers": [],
        "threads": [],
        "members": [
            {
                "user": bot_user(),
                "nick": None,
                "roles": roles[1:3],
                "joined_at": "2026-01-05T09:00:00.000000+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
        ],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def _role(identity: str, at: int) -> Payload:
    return {
        "id": identity,
        "name": f"role {at}" if at else "@everyone",
        "color": 0x3366 * at,
        "colors": {"primary_color": 0x3366 * at, "secondary_color": None, "tertiary_color": None},
        "hoist": at % 5 == 0,
        "position": at,
        "permissions": "1071698660929",
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def _channel(identity: str, at: int, group: str | None, own: str | None = None) -> Payload:
    told: Payload = {
        "id": identity,
        "type": 0 if group else 4,
        "name": f"channel-{at}",
        "position": at,
        "parent_id": group,
        "permission_overwrites": [],
        "flags": 0,
    }
    if group is None:
        return told
    limits = [{"id": own, "type": 0, "allow": "0", "deny": "1024"}] if at % 4 == 0 else []
    return {
        **told,
        "permission_overwrites": limits,
        "topic": f"What channel {at} is for",
        "nsfw": False,
        "last_message_id": fresh_id(),
        "rate_limit_per_user": 0,
        "last_pin_timestamp": None,
    }


def interaction(kind: int, data: Payload, message: Payload | None = None) -> Payload:
    """A member's use of the bot: `kind` 2 is a command, 3 a button, 4 a keystroke."""
    told: Payload = {
        "id": fresh_id(),
        "application_id": BOT,
        "type": kind,
        "token": f"token-{fresh_id()}",
        "version": 1,
        "data": data,
        "guild_id": str(SERVER),
        "guild": {"id": str(SERVER), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "locale": "en-GB",
        "channel_id": str(CHANNEL),
        "channel": {"id": str(CHANNEL), "type": 0, "name": "channel-34", "permissions": "3072"},
        "member": {
            "user": {
                "id": MEMBER,
                "username": "ash",
                "discriminator": "0",
                "avatar": None,
                "global_name": "Ash",
            },
            "nick": None,
            "roles": [],
            "joined_at": "2026-01-05T09:00:00.000000+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
            # Manage Server, so that one person can use the moderators' commands too.
            "permissions": str(1 << 5 | 3072),
        },
        "app_permissions": "2147600384",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(SERVER)},
        "context": 0,
        "attachment_size_limit": 10485760,
    }
    return told if message is None else {**told, "message": message}


def command(path: str, **options: str) -> Payload:
    """The data of a slash command, its group included: `command("faq ask", question="...")`."""
    name, *groups = path.split()
    given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
    for group in reversed(groups):
        given = [{"type": 1, "name": group, "options": given}]
    return {"id": "1", "name": name, "type": 1, "options": given}


def keystroke(path: str, option: str, typed: str) -> Payload:
    """The data of a command that is being typed."""
    data = command(path, **{option: typed})
    data["options"][0]["options"][0]["focused"] = True
    return data


def press(custom_id: str) -> Payload:
    """The data of a pressed button."""
    return {"component_type": 2, "custom_id": custom_id, "id": 1}


def sent_message(answer: Payload) -> Payload:
    """A private message as Discord gives it back, made of an answer's `data`."""
    return {
        "id": fresh_id(),
        "type": 20,
        "content": answer.get("content", ""),
        "channel_id": str(CHANNEL),
        "author": bot_user(),
        "attachments": [],
        "embeds": [],
        "mentions": [],
        "mention_roles": [],
        "pinned": False,
        "mention_everyone": False,
        "tts": False,
        "timestamp": "2026-01-05T09:00:00.000000+00:00",
        "edited_timestamp": None,
        "flags": answer.get("flags", 64),
        "components": numbered(answer.get("components", [])),
        "application_id": BOT,
    }


def numbered(components: Sequence[Payload]) -> list[Payload]:
    """Number the parts of a message, as Discord does for those that have no number."""
    numbers = itertools.count(1)

    def one(part: Payload) -> Payload:
        told = {**part, "id": next(numbers)}
        if "components" in part:
            told["components"] = [one(inner) for inner in part["components"]]
        if "accessory" in part:
            told["accessory"] = one(part["accessory"])
        return told

    return [one(part) for part in components]


def acknowledged(told: Payload, answer: Payload) -> Payload:
    """What Discord says to an answer: the message that it made of it."""
    made: Payload = {
        "interaction": {"id": told["id"], "type": told["type"], "response_message_ephemeral": True}
    }
    if answer["type"] in {4, 7}:
        message = sent_message(answer["data"])
        made["interaction"]["response_message_id"] = message["id"]
        made["resource"] = {"type": answer["type"], "message": message}
    return made


def registered(commands: Sequence[Payload]) -> list[Payload]:
    """What Discord says to a list of commands."""
    # Commands of a menu come without a description, and Discord shows it as empty.
    told = {"application_id": BOT, "version": "1"}
    return [{"description": "", **one, **told, "id": fresh_id()} for one in commands]


# --- The loopback server --------------------------------------------------------------------------


def _json(content: object, status: int = 200) -> web.Response:
    # discord.py reads only the bare content type as JSON.
    headers = {"Content-Type": "application/json"}
    return web.Response(body=json.dumps(content).encode(), status=status, headers=headers)


def _too_late() -> web.Response:
    return _json({"code": 10062, "message": "Unknown interaction"}, 404)


class Discord:
    """A Discord with so many servers, for one bot at a time. Use it with `async with`."""

    def __init__(self, servers: Sequence[Payload] = ()) -> None:
        self._frames = [self._frame("GUILD_CREATE", one) for one in servers]
        self._ids = [one["id"] for one in servers]
        self._socket: web.WebSocketResponse | None = None
        self._asked: dict[str, tuple[Payload, asyncio.Future[Payload]]] = {}
        app = web.Application()
        app.router.add_get("/gateway/bot", self._gateway_bot)
        app.router.add_get("/users/@me", self._me)
        app.router.add_get("/oauth2/applications/@me", self._application)
        app.router.add_put("/applications/{id}/commands", self._commands)
        app.router.add_post("/interactions/{id}/{token}/callback", self._answered)
        app.router.add_post("/webhooks/{id}/{token}", self._followed)
        app.router.add_get("/gateway/", self._gateway)
        self._runner = web.AppRunner(app)
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        address: Any = self._runner.addresses[0]
        self.url = f"http://127.0.0.1:{address[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def connected(self) -> bool:
        """Whether a bot is there."""
        return self._socket is not None and not self._socket.closed

    async def use(self, told: Payload, patience: float = 10.0) -> Payload:
        """Send an interaction to the bot and give its answer, also one that was put off."""
        assert self._socket is not None, "no bot is connected"
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._asked[told["token"]] = (told, answer)
        try:
            await self._socket.send_str(self._frame("INTERACTION_CREATE", told))
            return await asyncio.wait_for(answer, patience)
        finally:
            self._asked.pop(told["token"], None)

    @staticmethod
    def _frame(event: str, data: Payload) -> str:
        return json.dumps({"op": 0, "s": 1, "t": event, "d": data})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
        url = f"ws://{request.host}/gateway/"
        return _json({"url": url, "shards": 1, "session_start_limit": limit})

    async def _me(self, _: web.Request) -> web.Response:
        return _json(bot_user())

    async def _application(self, _: web.Request) -> web.Response:
        owner = {**bot_user(), "id": MEMBER, "bot": False}
        described = {"summary": "", "description": "", "verify_key": "", "flags": 0}
        flags = {"bot_public": True, "bot_require_code_grant": False, "icon": None}
        return _json({"id": BOT, "name": "Alongside", "owner": owner, **described, **flags})

    async def _commands(self, request: web.Request) -> web.Response:
        return _json(registered(await request.json()))

    async def _answered(self, request: web.Request) -> web.Response:
        answer = await request.json()
        asked = self._asked.get(request.match_info["token"])
        if asked is None or asked[1].done():
            return _too_late()
        told, future = asked
        if answer["type"] not in LATER:
            future.set_result(answer)
        return _json(acknowledged(told, answer))

    async def _followed(self, request: web.Request) -> web.Response:
        data = await request.json()
        asked = self._asked.get(request.match_info["token"])
        if asked is None or asked[1].done():
            return _too_late()
        asked[1].set_result({"type": 4, "data": data})
        return _json(sent_message(data))

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            match json.loads(message.data)["op"]:
                case 1:
                    await socket.send_json({"op": 11})
                case 2:
                    await self._welcome(socket, f"ws://{request.host}/gateway/")
                case _:
                    pass
        return socket

    async def _welcome(self, socket: web.WebSocketResponse, url: str) -> None:
        ready = {
            "v": 10,
            "user": bot_user(),
            "guilds": [{"id": identity, "unavailable": True} for identity in self._ids],
            "session_id": "session",
            "resume_gateway_url": url,
            "shard": [0, 1],
            "application": {"id": BOT, "flags": 0},
        }
        await socket.send_str(self._frame("READY", ready))
        for frame in self._frames:
            await socket.send_str(frame)
