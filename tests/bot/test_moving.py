"""A whole store goes from SQLite to PostgreSQL, or stays where it was."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import alone as turns
from bot.alone import alone
from bot.config import Config
from bot.database import Database, line
from bot.errors import StartError
from bot.migrations import migrate
from bot.moving import store
from bot.moving.service import Moved, move
from bot.opening import open_runtime
from tests.rules import ROOT
from tests.stores import KEY, NOW, Place, copy_migrated, new_schema, postgres_url

SERVER, PEOPLE = 10**18, 40

FILL = {
    "settings_values": [(SERVER, f"a.key{n}", '"é"') for n in range(7)],
    "faq_hidden": [(SERVER + n, f"entry-{n}") for n in range(PEOPLE)],
    "consents": [(n, SERVER, "Word", 1, n, n) for n in range(PEOPLE)],
}
"""Rows as the columns of these tables stand."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "SETTLE_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(line, name, 0.05)


@pytest.fixture
async def target() -> AsyncIterator[Place]:
    url = postgres_url()
    if url is None:
        pytest.skip("TEST_POSTGRES_URL is not set")
    async with new_schema(url) as made:
        yield made


@pytest.fixture
async def config(tmp_path: Path, target: Place) -> Config:
    """Settings with a filled SQLite store in STATE_DIR and an empty PostgreSQL beside it."""
    made = Config(tmp_path / "state", database_key=KEY, database_url=str(target.location))
    await copy_migrated(made.database_path)
    async with Opened(made.database_path) as source, source.transaction() as tx:
        for table, rows in FILL.items():
            marks = ", ".join(f"${n + 1}" for n in range(len(rows[0])))
            await tx.execute_many(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        await tx.execute(
            "INSERT INTO blocks (server_id, owner_user_id, blocked_user_id, made_at, stays) "
            "VALUES ($1, 1, 2, 3, $2)",
            SERVER,
            True,
        )
    return made


class Opened:
    """A store for a block."""

    def __init__(self, location: str | Path) -> None:
        self._location = location
        self._database: Database

    async def __aenter__(self) -> Database:
        key = KEY if isinstance(self._location, Path) else None
        self._database = await Database.open(self._location, key=key)
        return self._database

    async def __aexit__(self, *error: object) -> None:
        await self._database.close()


async def moved(config: Config) -> Moved:
    return await move(config, lambda: NOW, lambda table, rows: None)


async def refused(config: Config) -> str:
    with pytest.raises(StartError) as caught:
        await moved(config)
    assert config.database_path.exists()
    return str(caught.value)


async def rows_of(location: str | Path, *, postgres: bool) -> dict[str, list[store.Cells]]:
    """Every row of a store, by table, read without the move's own ways."""
    found: dict[str, list[store.Cells]] = {}
    async with Opened(location) as database, database.read() as read:
        names = (
            await store.names_in_postgres(read) if postgres else await store.names_in_sqlite(read)
        )
        for name in names:
            rows = await read.fetch(f"SELECT * FROM {name}")  # noqa: S608
            found[name] = sorted(
                (tuple(int(c) if type(c) is bool else c for c in row) for row in rows), key=repr
            )
    return found


async def test_every_row_arrives_and_the_sqlite_store_gets_another_name(config: Config) -> None:
    before = await rows_of(config.database_path, postgres=False)
    told: dict[str, int] = {}
    done = await move(config, lambda: NOW, told.__setitem__)
    after = await rows_of(str(config.database_url), postgres=True)
    assert after == before
    assert sum(map(len, before.values())) == done.rows == sum(told.values()) == 88
    assert told == {name: len(rows) for name, rows in before.items()}
    assert not config.database_path.exists()
    assert await rows_of(done.kept, postgres=False) == before
    # A bot starts on it as on any other.
    runtime = await open_runtime(config, lambda: NOW)
    await runtime.database.close()
    assert "was moved before" in await refused_without_source(config)


async def refused_without_source(config: Config) -> str:
    with pytest.raises(StartError) as caught:
        await moved(config)
    return str(caught.value)


KILLED = """
import os, signal, sys
from bot.moving import service, store
from bot.__main__ import main

service.BATCH = 5
left = int(sys.argv[1])
reach = store.reach

async def fatal(tx, table, key):
    global left
    await reach(tx, table, key)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

store.reach = fatal
sys.exit(main(["move"]))
"""
"""Moves, and is killed inside the n-th transaction, before its commit."""


async def told(config: Config, batches: int) -> tuple[int, str]:
    """Run the command, killed after so many batches; gives its status and what it said."""
    environment = {
        "PATH": os.environ["PATH"],
        "STATE_DIR": str(config.state_dir),
        "DATABASE_KEY": KEY,
        "DATABASE_URL": str(config.database_url),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", KILLED, str(batches)),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def killed(config: Config, batches: int) -> int:
    status, _ = await told(config, batches)
    return status


async def test_the_command_says_what_was_moved_and_what_to_do_now(config: Config) -> None:
    status, said = await told(config, 1_000)
    assert status == 0
    assert "consents: 40 rows, read back" in said
    assert "Moved 88 rows of" in said
    assert f"{config.database_path}.moved" in said
    assert "Keep DATABASE_URL in the settings of the bot and start it" in said


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await rows_of(config.database_path, postgres=False)
    for batches in (6, 5):
        assert await killed(config, batches) == -signal.SIGKILL
        # No bot takes half a store for a whole one.
        with pytest.raises(StartError, match="begun and not finished"):
            await open_runtime(config, lambda: NOW)
    added: list[int] = []
    add = store.add

    async def counted(tx: object, table: store.Table, rows: list[store.Cells]) -> None:
        added.append(len(rows))
        await add(tx, table, rows)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(store, "add", counted)
    done = await moved(config)
    # Eleven batches had been committed by then.
    assert 0 < sum(added) < done.rows - 40
    assert await rows_of(str(config.database_url), postgres=True) == before


@pytest.mark.parametrize("step", [(Path, "rename"), (store, "end")])
async def test_cut_off_at_its_end_it_goes_on_and_no_bot_starts_on_either_store_meanwhile(
    config: Config, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    before = await rows_of(config.database_path, postgres=False)

    def cut(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(*step, cut)
        with pytest.raises(asyncio.CancelledError):
            await moved(config)
    with pytest.raises(StartError, match="begun and not finished"):
        await open_runtime(config, lambda: NOW)
    done = await moved(config)
    assert await rows_of(done.kept, postgres=False) == before
    assert await rows_of(str(config.database_url), postgres=True) == before
    assert not config.database_path.exists()
    runtime = await open_runtime(config, lambda: NOW)
    await runtime.database.close()


async def test_a_source_that_changed_since_the_kill_is_not_taken_for_the_same(
    config: Config,
) -> None:
    assert await killed(config, 8) == -signal.SIGKILL
    async with Opened(config.database_path) as source, source.transaction() as tx:
        await tx.execute("UPDATE consents SET version = 2 WHERE user_id = 0")
    said = await refused(config)
    assert "consents is not the same" in said
    assert "from row 1 on" in said
    with pytest.raises(StartError, match="begun and not finished"):
        await open_runtime(config, lambda: NOW)


async def test_rows_that_are_there_already_are_never_written_over(config: Config) -> None:
    async with Opened(str(config.database_url)) as target:
        await migrate(target, now=NOW)
        async with target.transaction() as tx:
            await tx.execute("INSERT INTO faq_hidden VALUES (1, 'word')")
    assert "is not empty: faq_hidden has rows" in await refused(config)


async def test_a_store_that_a_bot_has_only_opened_counts_as_empty(config: Config) -> None:
    async with Opened(str(config.database_url)) as target:
        await migrate(target, now=NOW - timedelta(days=1))
    assert (await moved(config)).rows == 88


async def test_somebody_elses_database_is_left_alone(config: Config) -> None:
    async with Opened(str(config.database_url)) as target, target.transaction() as tx:
        await tx.execute("CREATE TABLE invoices (id BIGINT NOT NULL)")
    assert "not Alongside's (invoices)" in await refused(config)
    async with Opened(str(config.database_url)) as target:
        assert not await target.has_table("consents")


async def test_a_bot_that_runs_on_the_sqlite_store_is_in_the_way(config: Config) -> None:
    with alone(replace(config, database_url=None)):
        assert "Another process works on the store" in await refused(config)


async def test_a_bot_that_runs_on_the_target_is_in_the_way(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.5)
    async with Opened(str(config.database_url)) as running:
        running.line.start()
        await running.line.turn("dispatch").hold()
        assert "A bot or another command works on" in await refused(config)


async def test_a_store_of_another_version_is_told_what_to_do(config: Config) -> None:
    async with Opened(config.database_path) as source, source.transaction() as tx:
        await tx.execute("UPDATE schema_version SET version = 999 WHERE version = 1")
    assert "Install the version that last ran on it" in await refused(config)
    async with Opened(config.database_path) as source, source.transaction() as tx:
        await tx.execute("DELETE FROM schema_version WHERE version > 3")
    assert "run alongside migrate first" in await refused(config)


async def test_without_a_target_or_a_source_it_says_which(config: Config) -> None:
    assert "Where to?" in await refused(replace(config, database_url=None))
    config.database_path.unlink()
    assert "There is no SQLite database" in await refused_without_source(config)
