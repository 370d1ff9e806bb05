"""The page around the conversation, and the way through to simcord's preview behind it.

simcord's preview refuses to be framed and knows one channel. Here it stays on its own port, out of
reach of the browser's page; this server hands its files and answers on under our own origin, so our
bar can stand around it. What guards it: loopback only; Host must be ours, so no name that a
stranger's page points at this machine works; a request from another origin is refused; and all that
shows or changes anything needs the key, which is in the part of the address that browsers never
send by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import simcord
from aiohttp import web

from bot.errors import StartError
from bot.playground.calendar import Jump
from bot.playground.simulator import LONGEST_ANSWER, preview_page
from bot.playground.stage import RefusedError, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from aiohttp.typedefs import Handler

KEY_HEADER = "X-Playground-Key"
# The conversation's own scripts send the key of their address under this name.
_INSIDE_KEY_HEADER = "X-Simcord-Capability"
_LOOPBACK = "127.0.0.1"
_PAGE = Path(__file__).with_name("page")
_FILES = {"page.css": "text/css", "page.js": "text/javascript", "inside.css": "text/css"}
_INSIDE_FILE = re.compile(r"/(?:[a-z-]+\.(?:js|css|json)|(?:vendor|fonts)/[\w./-]+)")
_INSIDE_CALL = re.compile(r"/api/[\w/-]+")
# Asking, looking around and typing change nothing in the world.
_QUIET = frozenset(
    {
        "autocomplete_command",
        "browse_candidates",
        "browse_messages",
        "configure_presentation",
        "focus",
        "history",
    }
)
_LATE = frozenset({"stale-generation", "stale-revision"})
_LARGEST_UPLOAD = 27 * 1024 * 1024
_GUARDS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OUR_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_INSIDE_PAGE = (
    "default-src 'self'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "connect-src 'self' blob:; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


class Server:
    """Serves one stage to the person at this computer."""

    def __init__(self, stage: Stage, client: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._client = client
        self._hosts: frozenset[str] = frozenset()

    def at(self, port: int) -> str:
        """Take note of the port that was given; the address of the page, key included."""
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        return f"http://127.0.0.1:{port}/#{self._stage.gaze.key}"

    def application(self) -> web.Application:
        """The routes behind their guard."""
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST_UPLOAD)
        app.router.add_get("/", self._index)
        app.router.add_get("/play/inside", self._inside)
        app.router.add_get("/play/state", self._keyed(self._state))
        app.router.add_post("/play/look", self._keyed(self._acted(self._look)))
        app.router.add_post("/play/language", self._keyed(self._acted(self._language)))
        app.router.add_post("/play/clock", self._keyed(self._acted(self._clock)))
        app.router.add_post("/play/restart", self._keyed(self._acted(self._restart)))
        app.router.add_get("/play/{name}", self._file)
        app.router.add_route("*", "/{inside:.*}", self._pass_on)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Host") not in self._hosts:
            raise web.HTTPForbidden(text="Open the playground by the address it printed.")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            raise web.HTTPForbidden(text="Only the playground's own page may ask.")
        response = await handler(request)
        for name, value in _GUARDS.items():
            response.headers.setdefault(name, value)
        return response

    def _keyed(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def checked(request: web.Request) -> web.StreamResponse:
            self._check(request, KEY_HEADER)
            return await handler(request)

        return checked

    def _check(self, request: web.Request, header: str) -> None:
        given = request.headers.get(header, "").encode()
        if not hmac.compare_digest(given, self._stage.gaze.key.encode()):
            raise web.HTTPUnauthorized(text="Open the playground by the address it printed.")

    # --------------------------------------------------------------- our page

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.Response(
            text=(_PAGE / "index.html").read_text("utf-8"),
            content_type="text/html",
            headers={"Content-Security-Policy": _OUR_PAGE, "X-Frame-Options": "DENY"},
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in _FILES:
            raise web.HTTPNotFound
        return web.Response(text=(_PAGE / name).read_text("utf-8"), content_type=_FILES[name])

    async def _state(self, request: web.Request) -> web.StreamResponse:
        state = self._stage.state()
        known = request.query.get("known")
        if known == f"{state['boot']}.{state['version']}":
            return web.Response(status=204)
        return web.json_response(state)

    def _acted(
        self, act: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                await act(await request.json())
            except (KeyError, TypeError, ValueError) as error:
                raise web.HTTPBadRequest(text="The page asked for something unknown.") from error
            except (RefusedError, simcord.SetupError) as refusal:
                return web.json_response({**self._stage.state(), "refused": str(refusal)})
            return web.json_response(self._stage.state())

        return answered

    async def _look(self, asked: dict[str, Any]) -> None:
        await self._stage.look(int(asked["viewer"]), int(asked["channel"]), str(asked["zone"]))

    async def _language(self, asked: dict[str, Any]) -> None:
        await self._stage.speak(int(asked["viewer"]), str(asked["language"]))

    async def _clock(self, asked: dict[str, Any]) -> None:
        await self._stage.jump(Jump(asked["jump"]))

    async def _restart(self, _: dict[str, Any]) -> None:
        await self._stage.restart()

    # ------------------------------------------------- the conversation inside

    async def _inside(self, _: web.Request) -> web.StreamResponse:
        # Its own bar (viewer, refresh, end of session) would contradict ours, so a sheet hides it.
        sheet = '<link rel="stylesheet" href="/play/inside.css">\n  </head>'
        return web.Response(
            text=preview_page().replace("</head>", sheet, 1),
            content_type="text/html",
            headers={"Content-Security-Policy": _INSIDE_PAGE, "X-Frame-Options": "SAMEORIGIN"},
        )

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and _INSIDE_FILE.fullmatch(request.path):
            # Fonts are megabytes and scripts many; both stay what they are while simcord does.
            return await self._fetch(request, b"", cached=True)
        if _INSIDE_CALL.fullmatch(request.path) is None:
            raise web.HTTPNotFound
        self._check(request, _INSIDE_KEY_HEADER)
        body = await request.read()
        if request.path != "/api/action":
            return await self._fetch(request, body)
        kind = _kind(request, body)
        if kind == "close":
            raise web.HTTPForbidden(text="The playground ends where it was started.")
        if kind in _QUIET:
            async with self._stage.undisturbed():
                return await self._fetch(request, body)
        async with self._stage.acting():
            answer = await self._fetch(request, body)
            if kind != "upload" and _is_late(answer):
                return await self._fetch(request, await self._up_to_date(request, body))
            return answer

    async def _up_to_date(self, request: web.Request, body: bytes) -> bytes:
        # The preview refuses a click made in the half second before its page heard of a change.
        # Discord knows no such thing: what is clicked is looked up when the click arrives, and
        # that is what the preview does with the numbers of now.
        state = await self._fetch(request, b"", path="/api/state", method="GET")
        now = json.loads(state.body if isinstance(state.body, bytes) else b"{}")
        asked = json.loads(body)
        asked["bot_generation"] = now["botGeneration"]
        asked["published_revision"] = now["publishedRevision"]
        return json.dumps(asked).encode()

    async def _fetch(
        self,
        request: web.Request,
        body: bytes,
        *,
        method: str | None = None,
        path: str | None = None,
        cached: bool = False,
    ) -> web.Response:
        preview = self._stage.preview
        if preview is None:
            raise web.HTTPServiceUnavailable
        headers = {
            name: request.headers[name]
            for name in ("Content-Type", "X-Simcord-Context")
            if name in request.headers
        }
        headers[_INSIDE_KEY_HEADER] = preview.capability
        try:
            address = preview.url.partition("/#")[0] + (path or request.path_qs)
        except simcord.SetupError as error:
            # The view is being changed, and the next one is not open yet.
            raise web.HTTPGone from error
        try:
            async with self._client.request(
                method or request.method, address, data=body or None, headers=headers
            ) as answer:
                content = await answer.read()
        except TimeoutError as error:
            raise web.HTTPGatewayTimeout from error
        except aiohttp.ClientError as error:
            # The view was changed while this request was on its way.
            raise web.HTTPGone from error
        passed = {
            name: value
            for name, value in answer.headers.items()
            if name.startswith("X-") and name != "X-Frame-Options"
        }
        for name in ("Content-Type", "Content-Disposition"):
            if name in answer.headers:
                passed[name] = answer.headers[name]
        passed["Cache-Control"] = "private, max-age=600" if cached else "no-store"
        return web.Response(status=answer.status, body=content, headers=passed)


def _is_late(answer: web.Response) -> bool:
    try:
        receipt = json.loads(answer.body if isinstance(answer.body, bytes) else b"")
        return receipt["rejected"] and receipt["diagnostics"][0]["code"] in _LATE
    except (ValueError, KeyError, TypeError, IndexError):
        return False


def _kind(request: web.Request, body: bytes) -> str:
    if request.content_type != "application/json":
        return "upload"
    try:
        return str(json.loads(body)["kind"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


async def _listen(runner: web.AppRunner, port: int) -> int:
    await web.TCPSite(runner, _LOOPBACK, port).start()
    return runner.addresses[0][1]


@contextlib.asynccontextmanager
async def serving(stage: Stage, *, patience: float = LONGEST_ANSWER) -> AsyncGenerator[str]:
    """Serve the stage on loopback; gives the address of its page. Raises StartError.

    `patience` is how many seconds the conversation inside has for an answer.
    """
    limit = aiohttp.ClientTimeout(total=patience)
    async with aiohttp.ClientSession(timeout=limit, auto_decompress=False) as client:
        server = Server(stage, client)
        runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            try:
                stage.gaze.port = await _listen(runner, stage.play.port or stage.gaze.port)
            except OSError as error:
                if stage.play.port:
                    raise StartError(
                        f"Port {stage.play.port} is taken: stop what uses it, or choose another "
                        "with --port.",
                        os.EX_UNAVAILABLE,
                    ) from error
                stage.gaze.port = await _listen(runner, 0)
            yield server.at(stage.gaze.port)
        finally:
            await runner.cleanup()
            await asyncio.sleep(0)
