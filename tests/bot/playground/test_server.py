import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from simcord.preview import Preview

from bot.errors import StartError
from bot.playground.play import Play
from bot.playground.server import serving
from bot.playground.stage import Stage
from tests.bot.playground.conftest import House, person, use

Visit = tuple[aiohttp.ClientSession, str, dict[str, str]]


@pytest.fixture
async def visit(stage: Stage) -> AsyncIterator[Visit]:
    async with serving(stage) as address, aiohttp.ClientSession() as client:
        base, _, key = address.partition("/#")
        yield client, base, {"X-Playground-Key": key}


async def test_the_page_listens_on_loopback_and_may_not_be_framed(visit: Visit) -> None:
    client, base, _ = visit
    assert base.startswith("http://127.0.0.1:")
    async with client.get(base) as answer:
        assert answer.status == 200
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/play/state", "/app.js", "/api/state", "/play/inside"])
async def test_a_name_of_a_stranger_that_leads_here_is_refused(visit: Visit, path: str) -> None:
    client, base, key = visit
    async with client.get(base + path, headers={**key, "Host": "stranger.example"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("origin", ["https://stranger.example", "null", "http://127.0.0.1:1"])
async def test_the_page_of_a_stranger_cannot_drive_it(visit: Visit, origin: str) -> None:
    client, base, key = visit
    headers = {**key, "Origin": origin}
    async with client.post(base + "/play/restart", json={}, headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/play/state"),
        ("POST", "/play/look"),
        ("POST", "/play/clock"),
        ("POST", "/play/restart"),
        ("POST", "/play/language"),
        ("POST", "/api/pages"),
        ("GET", "/api/state"),
        ("POST", "/api/action"),
    ],
)
async def test_nothing_answers_without_the_key(visit: Visit, method: str, path: str) -> None:
    client, base, _ = visit
    for headers in ({}, {"X-Playground-Key": "wrong", "X-Simcord-Capability": "wrong"}):
        async with client.request(method, base + path, headers=headers) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("path", ["/play/page.html", "/api", "/../secret", "/fonts/../app.py"])
async def test_what_is_not_there_is_not_found(visit: Visit, path: str) -> None:
    client, base, key = visit
    async with client.get(base + path, headers=key) as answer:
        assert answer.status == 404


async def test_the_conversation_stands_inside_our_page(visit: Visit) -> None:
    client, base, key = visit
    async with client.get(base + "/play/inside") as answer:
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "/play/inside.css" in await answer.text()
    async with client.get(base + "/app.js") as answer:
        assert answer.status == 200
        assert "javascript" in answer.headers["Content-Type"]
    async with client.get(base + "/fonts/noto-sans-latin-v2.015.ttf") as answer:
        assert answer.headers["Cache-Control"] == "private, max-age=600"
        assert (await answer.read())[:4] == b"\0\1\0\0"
    headers = {"X-Simcord-Capability": key["X-Playground-Key"]}
    async with client.post(base + "/api/pages", json={}, headers=headers) as answer:
        assert (await answer.json())["channel"]["name"] == "welcome"
    async with client.post(base + "/api/action", json={"kind": "close"}, headers=headers) as answer:
        assert answer.status == 403


async def test_the_state_is_sent_when_it_changed(visit: Visit, stage: Stage) -> None:
    client, base, key = visit

    async def ask(known: str) -> tuple[int, Any]:
        async with client.get(f"{base}/play/state?known={known}", headers=key) as answer:
            return answer.status, await answer.json() if answer.status == 200 else None

    status, state = await ask("")
    assert status == 200
    known = f"{state['boot']}.{state['version']}"
    assert await ask(known) == (204, None)
    await use(stage, "Alex", "general", "hello")
    status, state = await ask(known)
    assert status == 200
    assert [each["new"] for each in state["channels"] if each["name"] == "general"] > [0]


async def test_the_buttons_do_what_they_say(visit: Visit, stage: Stage) -> None:
    client, base, key = visit
    before = stage.env.now()

    async def press(path: str, asked: dict[str, Any]) -> dict[str, Any]:
        async with client.post(base + path, json=asked, headers=key) as answer:
            assert answer.status == 200
            return await answer.json()

    state = await press("/play/clock", {"jump": "hour"})
    assert state["now"] > before.isoformat()
    sam = str(person(stage, "Sam"))
    asked = {"viewer": sam, "channel": state["channels"][1]["id"], "zone": "Europe/Berlin"}
    state = await press("/play/look", asked)
    assert (state["viewer"], state["zone"]) == (sam, "Europe/Berlin")
    state = await press("/play/language", {"viewer": sam, "language": "es-ES"})
    assert state["language"] == "es-ES"
    state = await press("/play/language", {"viewer": sam, "language": "xx"})
    assert "not offered" in state["refused"]
    assert await press("/play/restart", {})


@pytest.mark.parametrize("turns", range(2, 8))  # After a single turn Python itself hangs up.
async def test_a_view_closes_at_once_whatever_its_page_was_asking(stage: Stage, turns: int) -> None:
    assert stage.preview is not None
    port = urlsplit(stage.preview.url).port or 0
    # A browser that is called away while it opens the page: its connection is accepted some turns
    # of the loop before the view is closed, and nothing more comes of it.
    with socket.create_connection(("127.0.0.1", port)):
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await stage.look(stage.gaze.viewer, stage.gaze.channel, "UTC")
    for _ in range(6):
        await asyncio.sleep(0)  # The other end hears that the browser hung up.


async def test_a_conversation_that_never_answers_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(Preview, "url", property(lambda _: f"http://127.0.0.1:{port}/#"))
        async with (
            serving(stage, patience=0.05) as address,
            aiohttp.ClientSession() as client,
            client.get(address.partition("/#")[0] + "/app.js") as answer,
        ):
            assert answer.status == 504


@pytest.mark.parametrize("asked", [{}, {"jump": "year"}, {"jump": None}])
async def test_a_request_that_makes_no_sense_is_refused(visit: Visit, asked: object) -> None:
    client, base, key = visit
    async with client.post(base + "/play/clock", json=asked, headers=key) as answer:
        assert answer.status == 400


async def test_a_taken_port_is_named(visit: Visit, house: House) -> None:
    _, base, _ = visit
    port = int(base.rpartition(":")[2])
    elsewhere = Stage(Play(build=house.build, folder=house.folder, announce=print, port=port))
    with pytest.raises(StartError, match=rf"Port {port} is taken"):
        async with serving(elsewhere):
            pass
