"""A fresh store for each test, on SQLite and on PostgreSQL, and a simulated server."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from bot.database import Database
from tests.stores import (
    KEY,
    Place,
    copy_migrated,
    migrated_schema,
    new_schema,
    postgres_url,
    put_away,
)
from tests.world import World, make_world

# A quarter of a collection's time went by in search of garbage, of which it makes none.
gc.disable()

# As the FAQ's search sets it, for whatever test loads numpy first.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A run finds what the last one found, however busy the machine is: what is drawn is the same each
# time, half as much of it as is usual, and how long it takes says nothing. So it finds nothing new;
# that is for `TEST_PROPERTIES=anew`, which draws other values each time (CONTRIBUTING.md).
ALIKE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", ALIKE, derandomize=True, max_examples=50)
settings.register_profile("anew", ALIKE, derandomize=False, max_examples=100, print_blob=True)
settings.load_profile(os.environ.get("TEST_PROPERTIES", "same"))

if TYPE_CHECKING:
    from pathlib import Path

LONG = ("browser", "slow")
"""The marks of tests of which one takes as long as a hundred others."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than cores: half of a test's time is waiting for others."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left alone with one in the end."""
    tests = Counter(item.path for item in items)
    long = {item.path for item in items if any(map(item.get_closest_marker, LONG))}
    items.sort(key=lambda item: (item.path not in long, -tests[item.path], item.path))


def pytest_collection_finish() -> None:
    """Look for garbage again, but never more among what the tests consist of."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Leave no schema behind."""
    put_away()


OpenStore = Callable[[], Awaitable[Database]]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    if request.param == "postgres" and not postgres_url():
        pytest.skip("TEST_POSTGRES_URL is not set")
    return request.param


@pytest.fixture
async def place(engine: str, tmp_path: Path) -> AsyncIterator[Place]:
    """An empty place for a store."""
    url = postgres_url()
    if engine == "sqlite" or url is None:
        yield Place("sqlite", tmp_path / "alongside.db", KEY)
        return
    async with new_schema(url) as made:
        yield made


@pytest.fixture
async def ready_place(engine: str, tmp_path: Path) -> AsyncIterator[Place]:
    """A place with a store up to date and with nothing in it."""
    url = postgres_url()
    if engine == "sqlite" or url is None:
        path = tmp_path / "ready" / "alongside.db"
        await copy_migrated(path)
        yield Place("sqlite", path, KEY)
        return
    async with migrated_schema(url) as made:
        yield made


@pytest.fixture
async def open_store(ready_place: Place) -> AsyncIterator[OpenStore]:
    """Open the test's store, as often as wanted; all are closed at the end."""
    opened: list[Database] = []

    async def open_one() -> Database:
        database = await ready_place.open()
        opened.append(database)
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
