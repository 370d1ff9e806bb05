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
            url = await stack.enter_async_context(throw_away_server())
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


@asynccontextmanager
async def throw_away_server() -> AsyncGenerator[str]:
    """The URL of a server on loopback, gone when the block ends."""
    binaries = _binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed; set TEST_POSTGRES_URL to use another one.")
    as_root = os.geteuid() == 0
    user = ["runuser", "-u", "postgres", "--"] if as_root else []
    with tempfile.TemporaryDirectory(prefix="crash-postgres-") as scratch:
        if as_root:
            shutil.chown(scratch, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        data = f"{scratch}/data"

        async def run(*command: str) -> None:
            await asyncio.to_thread(
                subprocess.run,
                [*user, *command],
                check=True,
                cwd=scratch,
                stdout=subprocess.DEVNULL,
            )

        await run(f"{binaries}/initdb", "-D", data, "-A", "trust", "-U", "postgres")
        # Durable as in production: killing the bot, not the server, is what is measured here.
        settings = f"-p {port} -k {scratch} -c listen_addresses=127.0.0.1 -c max_connections=200"
        control = (f"{binaries}/pg_ctl", "-D", data, "-w")
        await run(*control, "-l", f"{scratch}/log", "-o", settings, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            await run(*control, "-m", "immediate", "stop")


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None
