"""Stores to test on: an encrypted file, or a PostgreSQL schema of its own.

Bringing a new store to the present schema takes longer than most tests, so it is done once in each
process: a file is copied, and a schema is emptied and used again.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bot.database import Database
from bot.migrations import migrate

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KEY = "5a" * 32

untyped: Any = asyncpg


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


@asynccontextmanager
async def new_schema(url: str) -> AsyncGenerator[Place]:
    """An empty schema, dropped at the end."""
    name, place = _new(url)
    admin = await untyped.connect(url)
    try:
        await admin.execute(f"CREATE SCHEMA {name}")
        yield place
        await admin.execute(f"DROP SCHEMA {name} CASCADE")
    finally:
        await admin.close()


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


_idle: list[_Migrated] = []


@asynccontextmanager
async def migrated_schema(url: str) -> AsyncGenerator[Place]:
    """A schema up to date and with nothing in it."""
    admin = await untyped.connect(url)
    try:
        lent = _idle.pop() if _idle else await _migrate(admin, url)
        yield lent.place
        if await _shape(admin, lent.name) == lent.shape:
            await _empty(admin, lent)
            _idle.append(lent)
        else:
            await admin.execute(f"DROP SCHEMA {lent.name} CASCADE")
    finally:
        await admin.close()


async def _migrate(admin: Any, url: str) -> _Migrated:
    name, place = _new(url)
    await admin.execute(f"CREATE SCHEMA {name}")
    database = await place.open()
    await migrate(database, now=NOW)
    await database.close()
    tables = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", name)
    return _Migrated(name, place, [row["tablename"] for row in tables], await _shape(admin, name))


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
