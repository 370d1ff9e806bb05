"""Stores to test on: an encrypted file, or a PostgreSQL schema of its own.

Bringing a new store to the present schema takes longer than most tests, so it is done once in each
process: a file is copied, and a schema is emptied and used again. So is a connection that makes and
empties schemas: a server takes 20 ms to begin one and to look up what a schema consists of.
"""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import tempfile
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from bot.database import Database
from bot.migrations import migrate

if TYPE_CHECKING:
    from concurrent.futures import Future

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KEY = "5a" * 32

untyped: Any = asyncpg
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test's store is."""

    engine: str
    location: str | Path
    key: str | None

    async def open(self, *, busy_timeout: float = 5.0) -> Database:
        """Open the store as it is, without migrating it."""
        return await Database.open(self.location, key=self.key, busy_timeout=busy_timeout)


def postgres_url() -> str | None:
    """The server that tests may use, from TEST_POSTGRES_URL."""
    return os.environ.get("TEST_POSTGRES_URL")


# Files


_model: bytes | None = None


async def copy_migrated(path: Path) -> None:
    """Put a store of the present schema, with nothing in it, at `path`; its key is KEY."""
    global _model
    if _model is None:
        with tempfile.TemporaryDirectory(prefix="migrated-") as folder:
            database = await Database.open(f"{folder}/alongside.db", key=KEY)
            await migrate(database, now=NOW)
            await database.close()
            _model = _bytes(folder)
    _write(path, _model)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _bytes(folder: str) -> bytes:
    return Path(folder, "alongside.db").read_bytes()


# Schemas


class _Keeper:
    """Looks after schemas on one connection, which lives in a loop of its own: tests' loops end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._busy = asyncio.Lock()
        self._connection: Any = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Carry out work on the connection; one piece at a time."""
        return await asyncio.wrap_future(self._told(self._alone(work)))

    async def _alone(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async with self._busy:
            if self._connection is None or self._connection.is_closed():
                # What a name means changes with each test, so nothing is prepared for a next time.
                self._connection = await untyped.connect(self._url, statement_cache_size=0)
            return await work(self._connection)

    def _told(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Drop the schemas that are left, and end."""
        self._told(self._alone(self._leave)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _leave(self, connection: Any) -> None:
        for lent in _idle.pop(self._url, []):
            await _drop(connection, lent.name)
        await connection.close()


_keepers: dict[str, _Keeper] = {}


def _keeper(url: str) -> _Keeper:
    return _keepers[url] if url in _keepers else _keepers.setdefault(url, _Keeper(url))


def put_away() -> None:
    """Leave nothing behind on a server; after the last test of a process."""
    while _keepers:
        _keepers.popitem()[1].close()


@asynccontextmanager
async def new_schema(url: str) -> AsyncGenerator[Place]:
    """An empty schema, dropped at the end."""
    name, place = _new(url)
    keeper = _keeper(url)
    await keeper.do(functools.partial(_create, name=name))
    yield place
    await keeper.do(functools.partial(_drop, name=name))


async def _create(connection: Any, name: str) -> None:
    await connection.execute(f"CREATE SCHEMA {name}")


async def _drop(connection: Any, name: str) -> None:
    await connection.execute(f"DROP SCHEMA {name} CASCADE")


def _new(url: str) -> tuple[str, Place]:
    # A name of its own keeps tests apart that run at the same time in other processes.
    name = f"test_{secrets.token_hex(8)}"
    return name, Place("postgres", f"{url}{'&' if '?' in url else '?'}search_path={name}", None)


_COLUMNS = """
    SELECT c.relname, c.relkind, a.attname, a.atttypid::regtype::text, a.attnotnull
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = $1::text::regnamespace AND a.attnum > 0
    ORDER BY 1, 3
"""


@dataclass(slots=True)
class _Migrated:
    """A schema that is lent to one test after the other."""

    name: str
    place: Place
    tables: list[str]
    shape: list[Any]


_idle: dict[str, list[_Migrated]] = {}
"""Those that are lent to nobody, by the server's URL."""


@asynccontextmanager
async def migrated_schema(url: str) -> AsyncGenerator[Place]:
    """A schema up to date and with nothing in it."""
    keeper, idle = _keeper(url), _idle.setdefault(url, [])
    lent = idle.pop() if idle else await _migrate(keeper, url)
    yield lent.place
    if await keeper.do(functools.partial(_emptied, lent=lent)):
        idle.append(lent)


async def _migrate(keeper: _Keeper, url: str) -> _Migrated:
    name, place = _new(url)
    await keeper.do(functools.partial(_create, name=name))
    database = await place.open()
    await migrate(database, now=NOW)
    await database.close()
    return await keeper.do(lambda connection: _made(connection, name, place))


async def _made(connection: Any, name: str, place: Place) -> _Migrated:
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", name)
    shape = await _shape(connection, name)
    return _Migrated(name, place, [row["tablename"] for row in tables], shape)


async def _emptied(connection: Any, lent: _Migrated) -> bool:
    """Empty it; whether it can be lent again, for a test may have changed its tables."""
    if await _shape(connection, lent.name) != lent.shape:
        await _drop(connection, lent.name)
        return False
    await _empty(connection, lent)
    return True


async def _shape(admin: Any, name: str) -> list[Any]:
    """The columns of all tables, and the record of the migrations."""
    return [
        *await admin.fetch(_COLUMNS, name),
        *await admin.fetch(f"SELECT * FROM {name}.schema_version ORDER BY version"),  # noqa: S608
    ]


async def _empty(admin: Any, lent: _Migrated) -> None:
    """Leave only the record of the migrations, as it was."""
    tables = [table for table in lent.tables if table != "schema_version"]
    filled = await admin.fetch(
        " UNION ALL ".join(
            f"SELECT '{table}' AS name WHERE EXISTS (SELECT 1 FROM {lent.name}.{table})"  # noqa: S608
            for table in tables
        )
    )
    steps = [f"DELETE FROM {lent.name}.{row['name']}" for row in filled]  # noqa: S608
    # Without the checks of references, in whatever order.
    script = ["SET LOCAL session_replication_role = replica", *steps]
    async with admin.transaction():
        for line in script:
            await admin.execute(line)
