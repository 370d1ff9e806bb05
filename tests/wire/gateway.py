"""The double's gateway: HELLO, IDENTIFY, READY, heartbeats, RESUME, and what ends a connection."""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSMsgType, web

from tests.wire.faults import Chance
from tests.wire.world import Json, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, REQUEST_MEMBERS = 0, 1, 2, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11

AUTHENTICATION_FAILED = 4004


class Line:
    """One open socket, compressed as the client asked for."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self._zlib = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    async def send(
        self, op: int, data: Any, seq: int | None = None, name: str | None = None
    ) -> None:
        """Send one payload; a socket that has just gone takes it silently, as the network does."""
        text = json.dumps({"op": op, "d": data, "s": seq, "t": name})
        try:
            if self._zlib is None:
                await self._socket.send_str(text)
            else:
                packed = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                await self._socket.send_bytes(packed)
        except ConnectionError:
            return

    async def close(self, code: int) -> None:
        """Close as Discord does, with a code."""
        await self._socket.close(code=code)

    def cut(self) -> None:
        """Cut the wire without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


@dataclass(slots=True)
class Session:
    """What a bot resumes: every event since IDENTIFY, and the socket it is on just now."""

    id: str
    shard: int
    shards: int
    line: Line | None
    events: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    ready: bool = False
    """Whether the bot has been told of all its servers."""


class Gateway:
    """All sessions of the one bot."""

    def __init__(
        self, world: World, chance: Chance, tokens: set[str], changed: Callable[[], None]
    ) -> None:
        self._world = world
        self._chance = chance
        self._tokens = tokens
        self._changed = changed
        self.url = ""
        self.heartbeat_seconds = 41.25
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.identified_at: list[tuple[int, float]] = []
        """Which shard introduced itself, and when, in seconds of a clock that only goes forward."""
        self.resumed = 0
        self.heartbeats = 0
        self.refused_resumes = 0

    @property
    def live(self) -> list[Session]:
        """Sessions on an open socket that know all their servers."""
        return [each for each in self.sessions.values() if each.line is not None and each.ready]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it ends."""
        socket = web.WebSocketResponse(max_msg_size=0)
        try:
            await socket.prepare(request)
        except ConnectionError:
            # Killed while it was still connecting.
            return web.Response()
        line = Line(request, socket)
        await line.send(HELLO, {"heartbeat_interval": int(self.heartbeat_seconds * 1000)})
        session: Session | None = None
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                payload: Json = json.loads(message.data)
                match payload["op"]:
                    case 1:
                        self.heartbeats += 1
                        await line.send(HEARTBEAT_ACK, None)
                    case 2:
                        session = await self._identify(line, payload["d"])
                    case 6:
                        session = await self._resume(line, payload["d"])
                    case 8 if session is not None:
                        await self._tell_members(session, payload["d"])
                    case _:
                        pass
                self._changed()
        finally:
            if session is not None and session.line is line:
                session.line = None
            self._changed()
        return socket

    async def _identify(self, line: Line, data: Json) -> Session | None:
        if data["token"] not in self._tokens:
            await line.close(AUTHENTICATION_FAILED)
            return None
        shard, shards = data.get("shard", (0, 1))
        for old in [each for each in self.sessions.values() if each.shard == shard]:
            del self.sessions[old.id]
        session = Session(secrets.token_hex(16), shard, shards, line)
        self.sessions[session.id] = session
        self.identified += 1
        self.identified_at.append((shard, time.monotonic()))
        own = [g for g in self._world.guilds.values() if (g.id >> 22) % shards == shard]
        ready: Json = {
            "v": 10,
            "user": {**self._world.bot.json(), "verified": True, "mfa_enabled": False},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in own],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": [shard, shards],
            "application": {"id": str(self._world.application_id), "flags": 0},
            "private_channels": [],
            "presences": [],
        }
        await self._dispatch(session, "READY", ready, smooth=True)
        for guild in own:
            shown = self._world.guild_json(guild)
            await self._dispatch(session, "GUILD_CREATE", shown, smooth=True)
        session.ready = True
        return session

    async def _resume(self, line: Line, data: Json) -> Session | None:
        session = self.sessions.get(data["session_id"])
        faults = self._chance.faults
        if data["token"] not in self._tokens:
            await line.close(AUTHENTICATION_FAILED)
            return None
        lost = self._chance.happens("invalid_sessions", faults.invalid_sessions)
        if session is None or lost:
            self.refused_resumes += 1
            self.sessions.pop(data["session_id"], None)
            await line.send(INVALID_SESSION, False)
            return None
        session.line = line
        self.resumed += 1
        for number, (name, event) in enumerate(session.events[data["seq"] or 0 :]):
            await line.send(DISPATCH, event, (data["seq"] or 0) + number + 1, name)
        await self._dispatch(session, "RESUMED", {}, smooth=True)
        return session

    async def _tell_members(self, session: Session, data: Json) -> None:
        """Answer REQUEST_GUILD_MEMBERS for members named by id, at most 100 of them."""
        guild = self._world.guilds[int(data["guild_id"])]
        asked = [int(one) for one in cast("list[str]", data["user_ids"])[:100]]
        there = [guild.members[one] for one in asked if one in guild.members]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [self._world.member_json(guild, member) for member in there],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in asked if one not in guild.members],
            "nonce": data.get("nonce"),
        }
        await self._dispatch(session, "GUILD_MEMBERS_CHUNK", chunk)

    async def push(self, name: str, event: Json, *, guild_id: int | None = None) -> bool:
        """Tell the bot of an event; gives whether a socket was open to carry it now.

        A session without a socket gets it when it resumes.
        """
        carried = False
        for session in list(self.sessions.values()):
            if session.shard == ((guild_id or 0) >> 22) % session.shards:
                carried |= session.line is not None
                await self._dispatch(session, name, event)
        return carried

    async def _dispatch(
        self, session: Session, name: str, event: Json, *, smooth: bool = False
    ) -> None:
        session.events.append((name, event))
        line = session.line
        if line is None:
            return
        faults = self._chance.faults
        if not smooth and self._chance.happens("dropped_sockets", faults.dropped_sockets):
            session.line = None
            line.cut()
            return
        await line.send(DISPATCH, event, len(session.events), name)
        if not smooth and self._chance.happens("reconnects", faults.reconnects):
            await line.send(RECONNECT, None)

    # What ends a connection, on demand

    def cut(self) -> None:
        """Cut every socket without a word; the sessions stay resumable."""
        for session in self.live:
            assert session.line is not None
            session.line.cut()
            session.line = None

    async def ask_to_reconnect(self) -> None:
        """Send RECONNECT on every socket."""
        for session in self.live:
            assert session.line is not None
            await session.line.send(RECONNECT, None)

    async def invalidate(self) -> None:
        """Forget every session, and say so."""
        for session in self.live:
            assert session.line is not None
            self.sessions.pop(session.id)
            await session.line.send(INVALID_SESSION, False)

    async def close_all(self, code: int) -> None:
        """Close every socket with a code."""
        for session in self.live:
            assert session.line is not None
            await session.line.close(code)
