"""What stands in for Discord over real HTTP and WebSocket, for a real process of the bot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

BOT = {"id": "1", "username": "Alongside", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION: dict[str, Any] = {
    "id": "1",
    "name": "Alongside",
    "description": "",
    "icon": None,
    "flags": 0,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "rpc_origins": [],
}


def answer(data: Any, status: int = 200) -> web.Response:
    """Answer as Discord does, whose content type names no charset."""
    body = json.dumps(data).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


Manner = Literal["polite", "refuses", "resets", "silent"]
"""Takes the token; refuses it; takes it back once the bot is there; never says goodbye."""


@dataclass
class Double:
    """Knows as much of Discord as a bot needs to be there; anything else is refused with 404."""

    manner: Manner
    url: str = ""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def me(self, request: web.Request) -> web.Response:
        """Tell the bot who it is, if its token is good."""
        if self.manner == "refuses":
            return answer({"message": "401: Unauthorized", "code": 0}, status=401)
        return answer(BOT)

    async def application(self, request: web.Request) -> web.Response:
        return answer({**APPLICATION, "owner": BOT, "team": None})

    async def commands(self, request: web.Request) -> web.Response:
        return answer([])

    async def where(self, request: web.Request) -> web.Response:
        limit = {"total": 9, "remaining": 9, "reset_after": 0, "max_concurrency": 1}
        gateway = self.url.replace("http", "ws") + "/gateway"
        return answer({"url": gateway, "shards": 1, "session_start_limit": limit})

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        """Say hello, wait for who comes, and tell them that they are there."""
        socket = web.WebSocketResponse(autoclose=self.manner != "silent")
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        async for message in socket:
            if json.loads(message.data)["op"] != 2:
                continue
            told: dict[str, Any] = {
                "v": 10,
                "user": BOT,
                "guilds": [],
                "session_id": "s",
                "shard": [0, 1],
            }
            told |= {"resume_gateway_url": self.url, "application": {"id": "1", "flags": 0}}
            await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": told})
            self.ready.set()
            if self.manner == "resets":
                await socket.close(code=4004, message=b"Authentication failed.")
            if self.manner == "silent":
                # Reading no further, it never sees that the other side wants to close.
                await self.gone.wait()
        return socket


@asynccontextmanager
async def discord_double(manner: Manner) -> AsyncGenerator[Double]:
    """Listen on loopback for as long as the block lasts."""
    double = Double(manner)
    app = web.Application()
    app.router.add_get("/users/@me", double.me)
    app.router.add_get("/oauth2/applications/@me", double.application)
    app.router.add_put("/applications/1/commands", double.commands)
    app.router.add_get("/gateway/bot", double.where)
    app.router.add_get("/gateway", double.gateway)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.url = f"http://{host}:{port}"
    try:
        yield double
    finally:
        double.gone.set()
        await runner.cleanup()
