"""The double: a server on loopback that a real bot process takes for Discord."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from aiohttp import web

from bot.clock import Clock, system_clock
from tests.wire.faults import NONE, Chance, Fault, Faults
from tests.wire.gateway import AUTHENTICATION_FAILED, Gateway
from tests.wire.rest import Asked, Limits, Rest, new_token, refusal
from tests.wire.world import ALL, ApiError, Channel, Json, Person, Posted, World

TOKEN = "wire-double-token-aaaaaaaa.wiring.wire-double-token-bbbbbbbbbb"
"""The token that the double takes until it is revoked."""

NONCE_SECONDS = 180.0
"""For how long the double refuses a second message of one nonce; Discord says "a few minutes"."""

TYPING_SECONDS = 0.3
"""A person fills a form no faster: the answer that opened it has reached the bot's end by then."""

LOOK_SECONDS = 0.5
"""After so long without anything happening here it is looked all the same."""

_FREE = ("/interactions/", "/webhooks/")
"""Answers to interactions are exempt from the limit of the whole bot, and carry their own token."""

_LOUD_STATUSES = {401, 403, 429}


class Double:
    """`async with Double() as double:` serves until the block ends. Arrange through `world`."""

    def __init__(
        self,
        faults: Faults = NONE,
        *,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        nonce_seconds: float = NONCE_SECONDS,
        clock: Clock = system_clock,
    ) -> None:
        self.chance = Chance(faults)
        self.world = World(clock, nonce_seconds=nonce_seconds)
        self.rest = Rest(self.world, limits)
        self.tokens = {TOKEN}
        self.gateway = Gateway(self.world, self.chance, self.tokens, self._changed)
        self.requests: dict[str, int] = {}
        """How many requests each route has had."""
        self.statuses: dict[int, int] = {}
        """How many answers of each status there were; 0 for none at all."""
        self.unknown: list[str] = []
        """What was asked for and is not there: a gap of the double, or a mistake of the bot."""
        self.down = False
        """While it is, every connection is cut before anything is done."""
        self.faulty_from = ""
        """Faults befall only paths that begin so: a start-up can be kept out of them."""
        self.unanswered = 0
        """Requests that were done and whose answer is still on its way."""
        self.url = ""
        self._waiting: list[asyncio.Future[None]] = []
        self._runner: web.AppRunner | None = None
        self._limited_until = 0.0
        self._pushing: set[asyncio.Task[None]] = set()

    @property
    def loud(self) -> int:
        """Answers that Discord counts towards a ban: 10,000 in ten minutes."""
        return sum(count for status, count in self.statuses.items() if status in _LOUD_STATUSES)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_route("*", "/api/v10{path:/.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        await web.SockSite(self._runner, listening).start()
        self.url = f"http://127.0.0.1:{port}/api/v10"
        self.gateway.url = self.rest.gateway_url = f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(self, *error: object) -> None:
        self.gateway.cut()
        for task in self._pushing:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    # Waiting

    def _changed(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, holds: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until something holds; raises TimeoutError when it does not come about."""
        async with asyncio.timeout(seconds):
            while not holds():
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                # What is waited for may be no doing of ours: that a process has ended, say.
                await asyncio.wait((future,), timeout=LOOK_SECONDS)

    # HTTP

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        free = path.startswith(_FREE)
        await asyncio.sleep(self.chance.moment())
        faulty = path.startswith(self.faulty_from)
        fault = self.chance.draw(request.method, path) if faulty else None
        if self.down or fault is Fault.LOST_REQUEST:
            return self._cut(request)
        if fault is Fault.BROKEN:
            return await self._say(
                request, 500, {"message": "500: Internal Server Error", "code": 0}
            )
        if fault is Fault.BAD_GATEWAY:
            return await self._say(request, 502, "<html>502 Bad Gateway</html>")
        if not free and request.headers.get("Authorization", "")[4:] not in self.tokens:
            return await self._say(request, 401, {"message": "401: Unauthorized", "code": 0})
        found = self.rest.find(request.method, path)
        if found is None:
            self.unknown.append(f"{request.method} {path}")
            return await self._say(request, 404, {"message": "404: Not Found", "code": 0})
        template, route, ids = found
        self.requests[template] = self.requests.get(template, 0) + 1

        headers: dict[str, str] = {}
        if not free:
            refused = self._limited(template, ids, fault, headers)
            if refused is not None:
                return await self._say(request, 429, refused, headers)
        try:
            body = await _body(request)
        except ConnectionError:
            # Killed while it was still speaking.
            return self._cut(request)
        try:
            status, answer = route(self.rest, body, request.query, ids)
        except ApiError as error:
            status, answer = error.status, {"message": error.message, "code": error.code}
        self._tell()
        if fault is Fault.BAD_GATEWAY_AFTER:
            return await self._say(request, 502, "<html>502 Bad Gateway</html>")
        if fault is Fault.LOST_REPLY:
            return self._cut(request)
        if fault is Fault.SLOW:
            self._changed()
            await asyncio.sleep(self.chance.faults.slow_seconds)
        return await self._say(request, status, answer, headers)

    def _limited(
        self, template: str, ids: tuple[str, ...], fault: Fault | None, headers: dict[str, str]
    ) -> Json | None:
        now = self.world.now()
        seconds = self.chance.faults.limited_seconds
        if fault is Fault.LIMITED_EVERYWHERE:
            self._limited_until = now + seconds
        wait = max(self._limited_until - now, self.rest.take_everywhere(now))
        if wait > 0:
            extra, body = refusal(wait, "global")
            headers.update(extra)
            return body
        bucket = self.rest.bucket(template, ids)
        taken = bucket.take(now)
        headers.update(bucket.headers(f"{abs(hash(template)):x}", now))
        if taken and fault is not Fault.LIMITED:
            return None
        extra, body = refusal(seconds if taken else bucket.ends - now, "user")
        headers.update(extra)
        return body

    async def _say(
        self, request: web.Request, status: int, answer: Any, headers: dict[str, str] | None = None
    ) -> web.StreamResponse:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self._changed()
        self.unanswered += 1
        try:
            await asyncio.sleep(self.chance.moment())
        finally:
            self.unanswered -= 1
        if request.transport is None:
            return web.Response()
        if answer is None:
            return web.Response(status=status, headers=headers)
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, content_type="text/html")
        # Without a charset, as Discord says it and as discord.py expects it.
        said = {"Content-Type": "application/json", **(headers or {})}
        return web.Response(body=json.dumps(answer).encode(), status=status, headers=said)

    def _cut(self, request: web.Request) -> web.StreamResponse:
        self.statuses[0] = self.statuses.get(0, 0) + 1
        if request.transport is not None:
            request.transport.abort()
        self._changed()
        return web.Response()

    def _tell(self) -> None:
        told, self.rest.events = self.rest.events, []
        for name, event, guild_id in told:
            # A bot without the messages intent is not told of messages.
            if name == "MESSAGE_CREATE":
                continue
            task = asyncio.create_task(self._push(name, event, guild_id))
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    async def _push(self, name: str, event: Json, guild_id: int | None) -> None:
        await self.gateway.push(name, event, guild_id=guild_id)

    # What can happen to the bot

    async def revoke(self) -> None:
        """Take the token back, as "Reset Token" in the developer portal does."""
        self.tokens.clear()
        await self.gateway.close_all(AUTHENTICATION_FAILED)

    # Acting as a person

    async def command(
        self, person: Person, channel: Channel, words: str, /, **options: object
    ) -> Asked:
        """Use a slash command, such as "faq ask", with options; see `answered`.

        A person or a channel may be the value of one.
        """
        data, definition = self._called(words)
        kinds = {o["name"]: o["type"] for o in definition.get("options", [])}
        inner = data
        for _ in words.split()[1:]:
            inner = inner["options"][0]
        inner["options"] = [
            {"name": name, "type": kinds[name], "value": self._resolved(data, channel, value)}
            for name, value in options.items()
        ]
        return await self._ask(2, person, channel, data)

    async def suggest(
        self, person: Person, channel: Channel, words: str, option: str, typed: str
    ) -> Asked:
        """Type into an option of a slash command, and have suggestions made."""
        data, definition = self._called(words)
        kinds = {o["name"]: o["type"] for o in definition.get("options", [])}
        inner = data
        for _ in words.split()[1:]:
            inner = inner["options"][0]
        inner["options"] = [
            {"name": option, "type": kinds[option], "value": typed, "focused": True}
        ]
        return await self._ask(4, person, channel, data)

    def _called(self, words: str) -> tuple[Json, Json]:
        """The data of a command without its options, and how the bot has defined it."""
        names = words.split()
        known = next((each for each in self.rest.commands if each["name"] == names[0]), None)
        if known is None:
            raise LookupError(f"the bot has no command /{names[0]}")
        data: Json = {"id": known["id"], "name": names[0], "type": 1, "options": []}
        inner: Json = data
        definition = known
        for name in names[1:]:
            definition = next(o for o in definition["options"] if o["name"] == name)
            deeper: Json = {"name": name, "type": definition["type"], "options": []}
            inner["options"] = [deeper]
            inner = deeper
        return data, definition

    def _resolved(self, data: Json, channel: Channel, value: object) -> object:
        """The value of an option; who or what it names is told beside it, as Discord does."""
        resolved: Json = data.setdefault("resolved", {})
        if isinstance(value, Person):
            resolved.setdefault("users", {})[str(value.id)] = value.json()
            guild = self.world.guilds.get(channel.guild_id or 0)
            member = None if guild is None else guild.members.get(value.id)
            if guild is not None and member is not None:
                shown = {**self.world.member_json(guild, member), "permissions": "0"}
                resolved.setdefault("members", {})[str(value.id)] = shown
            return str(value.id)
        if isinstance(value, Channel):
            shown = {**self.world.channel_json(value), "permissions": str(ALL)}
            resolved.setdefault("channels", {})[str(value.id)] = shown
            return str(value.id)
        return value

    async def press(self, person: Person, posted: Posted, custom_id: str, *chosen: str) -> Asked:
        """Press a button of a message, or choose in its menu."""
        kind = 3 if chosen else 2
        data: Json = {"custom_id": custom_id, "component_type": kind}
        if chosen:
            data["values"] = list(chosen)
        channel = self.world.channel(posted.channel_id)
        return await self._ask(3, person, channel, data, on=posted)

    async def submit(
        self, person: Person, channel: Channel, form: Json, values: dict[str, str]
    ) -> Asked:
        """Send a form that an answer opened, with the texts typed into its fields."""
        await asyncio.sleep(TYPING_SECONDS)
        components: list[Json] = []
        for part in form["components"]:
            inner = part.get("component") or next(iter(part.get("components") or []), None)
            if inner is None or inner.get("custom_id") not in values:
                continue
            typed = {
                "type": inner["type"],
                "custom_id": inner["custom_id"],
                "value": values[inner["custom_id"]],
            }
            key = "component" if "component" in part else "components"
            components.append({"type": part["type"], key: typed if key == "component" else [typed]})
        data = {"custom_id": form["custom_id"], "components": components}
        return await self._ask(5, person, channel, data)

    async def answered(self, asked: Asked, seconds: float = 5.0) -> Asked:
        """Wait until the bot has answered with something to read."""
        await self.until(lambda: asked.done, seconds)
        return asked

    async def _ask(
        self, kind: int, person: Person, channel: Channel, data: Json, *, on: Posted | None = None
    ) -> Asked:
        asked = Asked(
            self.world.new_id(), new_token(), kind, person, channel, self.world.now(), on=on
        )
        self.rest.asked[asked.id] = self.rest.by_token[asked.token] = asked  # type: ignore[index]
        event: Json = {
            "id": str(asked.id),
            "application_id": str(self.world.application_id),
            "type": kind,
            "data": data,
            "token": asked.token,
            "version": 1,
            "channel_id": str(channel.id),
            "locale": person.locale,
            "entitlements": [],
            "authorizing_integration_owners": {},
            "attachment_size_limit": 10 * 1024 * 1024,
            "app_permissions": str(ALL),
            "context": 1 if channel.guild_id is None else 0,
        }
        shown = self.world.channel_json(channel)
        if channel.guild_id is None:
            event |= {"user": person.json(), "channel": shown}
        else:
            guild = self.world.guilds[channel.guild_id]
            permissions = str(self.world.permissions(channel, person.id))
            member = self.world.member_json(guild, guild.members[person.id])
            event |= {
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
                "guild_locale": guild.locale,
                "member": {**member, "permissions": permissions},
                "channel": {**shown, "permissions": permissions},
                "app_permissions": str(self.world.permissions(channel, self.world.bot.id)),
            }
        if on is not None:
            event["message"] = self.world.message_json(on)
        asked.reached = await self.gateway.push(
            "INTERACTION_CREATE", event, guild_id=channel.guild_id
        )
        return asked


async def _body(request: web.Request) -> Any:
    if request.content_type == "application/json":
        text = await request.text()
        return json.loads(text) if text else {}
    if request.content_type == "multipart/form-data":
        form = await request.post()
        with suppress(KeyError):
            return json.loads(str(form["payload_json"]))
    return {}
