"""A fresh, migrated store for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from bot.database import Database
from bot.migrations import migrate
from tests.world import World, make_world

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KEY = "5a" * 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test's store is: an encrypted file, or a PostgreSQL schema of its own."""

    engine: str
    location: str | Path
    key: str | None

    async def open(self, *, busy_timeout: float = 5.0) -> Database:
        """Open the store as it is, without migrating it."""
        return await Database.open(self.location, key=self.key, busy_timeout=busy_timeout)


untyped: Any = asyncpg
OpenStore = Callable[[], Awaitable[Database]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """An empty place for a store, on each engine in turn."""
    if request.param == "sqlite":
        yield Place("sqlite", tmp_path / "alongside.db", KEY)
        return
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set")
    # A name of its own keeps tests apart that run at the same time in other processes.
    schema = f"test_{secrets.token_hex(8)}"
    admin = await untyped.connect(url)
    try:
        await admin.execute(f"CREATE SCHEMA {schema}")
        yield Place("postgres", f"{url}{'&' if '?' in url else '?'}search_path={schema}", None)
        await admin.execute(f"DROP SCHEMA {schema} CASCADE")
    finally:
        await admin.close()


@pytest.fixture
async def open_store(place: Place) -> AsyncIterator[OpenStore]:
    """Open the test's store, migrated, as often as wanted; all are closed at the end."""
    opened: list[Database] = []

    async def open_one() -> Database:
        database = await place.open()
        opened.append(database)
        await migrate(database, now=NOW)
        return database

    yield open_one
    for database in opened:
        await database.close()


@pytest.fixture
async def database(open_store: OpenStore) -> Database:
    """The test's store: open, migrated and empty."""
    return await open_store()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A simulated server with the real bot in it."""
    async with make_world(tmp_path / "state") as made:
        yield made
