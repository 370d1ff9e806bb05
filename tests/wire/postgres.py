"""A PostgreSQL for processes: schemas in a given server, or in one that is thrown away."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

untyped: Any = asyncpg


@asynccontextmanager
async def schemas(count: int) -> AsyncGenerator[list[str]]:
    """URLs of so many schemas of their own, in the server of TEST_POSTGRES_URL or a new one."""
    async with AsyncExitStack() as stack:
        url = os.environ.get("TEST_POSTGRES_URL")
        if not url:
            url = (await stack.enter_async_context(throw_away_server())).url
        yield [await stack.enter_async_context(_schema(url)) for _ in range(count)]


@asynccontextmanager
async def _schema(url: str) -> AsyncGenerator[str]:
    name = f"crash_{random.getrandbits(48):x}"
    admin = await untyped.connect(url)
    await admin.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{url}{'&' if '?' in url else '?'}search_path={name}"
    finally:
        await admin.execute(f"DROP SCHEMA {name} CASCADE")
        await admin.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A server on loopback that can be stopped and started again."""

    url: str
    _user: tuple[str, ...]
    _control: tuple[str, ...]
    _start: tuple[str, ...]
    _folder: str

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        await self.run(*self._control, *self._start, "start")

    async def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` ends every session, `immediate` is a crash that it recovers from."""
        await self.run(*self._control, "-m", mode, "stop")

    async def run(self, *command: str) -> None:
        """Run one of its programs on its account."""
        await asyncio.to_thread(
            subprocess.run,
            [*self._user, *command],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )


@asynccontextmanager
async def throw_away_server() -> AsyncGenerator[Server]:
    """A server on loopback, gone when the block ends."""
    binaries = _binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed; set TEST_POSTGRES_URL to use another one.")
    as_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="crash-postgres-") as scratch:
        if as_root:
            shutil.chown(scratch, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        data = f"{scratch}/data"
        # Durable as in production: killing the bot, not the server, is what is measured here.
        settings = f"-p {port} -k {scratch} -c listen_addresses=127.0.0.1 -c max_connections=200"
        server = Server(
            f"postgresql://postgres@127.0.0.1:{port}/postgres",
            ("runuser", "-u", "postgres", "--") if as_root else (),
            (f"{binaries}/pg_ctl", "-D", data, "-w"),
            ("-l", f"{scratch}/log", "-o", settings),
            scratch,
        )
        await server.run(f"{binaries}/initdb", "-D", data, "-A", "trust", "-U", "postgres")
        await server.start()
        try:
            yield server
        finally:
            await server.stop("immediate")


def installed() -> bool:
    """Whether a server can be started here."""
    return _binaries() is not None


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None
