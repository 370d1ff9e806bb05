"""Copies the store of a bot that does not run into an empty PostgreSQL, and reads it all back.

A table is copied in batches, each committed together with how far it is: killed at any moment, the
move goes on from there when it is begun again. Until its end the target has a table by which a bot
that is started on it knows that it is not whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.alone import alone, alone_on
from bot.database.files import sync_folder
from bot.errors import StartError
from bot.migrations import known_migrations, migrate
from bot.moving import store
from bot.opening import open_store

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.config import Config
    from bot.database import Database
    from bot.moving.store import Cells, Table

BATCH = 1_000
"""Rows in one transaction."""

Copied = Callable[[str, int], None]
"""Is told of each table, once it is read back, and of how many rows it has."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    tables: int
    rows: int
    digest: str
    """SHA-256 of all rows in the order of tables and keys, of the source as of the target."""
    kept: Path
    """Where the SQLite store is now."""


async def move(config: Config, clock: Clock, copied: Copied) -> Moved:
    """Copy the SQLite store of STATE_DIR to where DATABASE_URL says, or go on with it.

    Then the SQLite store gets another name, lest a bot be started on it by mistake: two bots would
    both send what is due. Raises StartError, also StoreError, with nothing of the source changed.
    """
    if config.database_url is None:
        raise StartError(
            "Where to? Set DATABASE_URL to an empty PostgreSQL database: "
            "DATABASE_URL=postgresql://user@host/name alongside move",
            os.EX_USAGE,
        )
    here = replace(config, database_url=None, shard_count=None, shard_ids=None)
    path = here.database_path
    kept = path.with_name(f"{path.name}.moved")
    if not path.exists() and not kept.exists():
        raise StartError(
            f"There is no SQLite database {path} to move. Is STATE_DIR right?", os.EX_NOINPUT
        )
    with alone(here):
        async with _open(config) as target:
            if not path.exists() and not await target.has_table(store.PROGRESS):
                raise StartError(f"{path} was moved before: it is {kept} now.", os.EX_NOINPUT)
            await alone_on(target)
            if not path.exists():
                # Cut off once the store had its other name, and before the target was whole.
                kept.rename(path)
            async with _open(here) as source:
                await _check_source(source)
                await _check_target(source, target)
                async with target.transaction() as tx:
                    await store.begin(tx)
                await migrate(target, now=clock())
                async with target.read() as read:
                    tables = await store.tables(read)
                for table in tables:
                    await _copy(source, target, table)
                digest = hashlib.sha256()
                rows = 0
                for table in tables:
                    count = await _compare(source, target, table, digest.update)
                    copied(table.name, count)
                    rows += count
            # Renamed first: while the target is not whole, no bot starts on it either.
            path.rename(kept)
            sync_folder(path.parent)
            async with target.transaction() as tx:
                await store.end(tx)
    return Moved(len(tables), rows, digest.hexdigest(), kept)


@asynccontextmanager
async def _open(config: Config) -> AsyncGenerator[Database]:
    database = await open_store(config)
    try:
        yield database
    finally:
        await database.close()


async def _check_source(source: Database) -> None:
    latest = known_migrations()[-1].version
    found = await source.schema_version()
    if found != latest:
        raise StartError(
            f"{source.where} has schema {found} and this version of Alongside has {latest}. "
            "Without DATABASE_URL run alongside migrate first, then move again."
            if found < latest
            else f"{source.where} has schema {found} and this version of Alongside knows {latest} "
            "only. Install the version that last ran on it, then move again.",
        )


async def _check_target(source: Database, target: Database) -> None:
    if await target.has_table(store.PROGRESS):
        return
    async with source.read() as read:
        ours = await store.names_in_sqlite(read)
    async with target.read() as read:
        foreign = await store.names_in_postgres(read) - ours
        if foreign:
            raise StartError(
                f"{target.where} has tables that are not Alongside's ({', '.join(sorted(foreign))})"
                ". Make a database for it alone, and name that in DATABASE_URL.",
                os.EX_CANTCREAT,
            )
        for table in await store.tables(read):
            if await store.rows_after(read, table, None, 1, postgres=True):
                raise StartError(
                    f"{target.where} is not empty: {table.name} has rows. A move never writes over "
                    "what is there; name an empty database in DATABASE_URL.",
                    os.EX_CANTCREAT,
                )


async def _copy(source: Database, target: Database, table: Table) -> None:
    async with target.read() as read:
        last = await store.reached(read, table)
    while True:
        async with source.read() as read:
            rows = await store.rows_after(read, table, last, BATCH, postgres=False)
        if not rows:
            return
        last = store.key_of(table, rows[-1])
        async with target.transaction() as tx:
            await store.add(tx, table, rows)
            await store.reach(tx, table, last)


async def _compare(
    source: Database, target: Database, table: Table, digest: Callable[[bytes], None]
) -> int:
    """Read a table of both side by side; gives how many rows it has."""
    digest(table.name.encode())
    last: Cells | None = None
    count = 0
    while True:
        async with source.read() as read:
            rows = await store.rows_after(read, table, last, BATCH, postgres=False)
        async with target.read() as read:
            there = await store.rows_after(read, table, last, BATCH, postgres=True)
        if rows != there:
            raise StartError(
                f"{table.name} is not the same in {source.where} and {target.where}, from row "
                f"{count + _same(rows, there) + 1} on. The bot may have run since the move was "
                "begun: empty the PostgreSQL database and move again. Nothing of the SQLite "
                "database was changed.",
                os.EX_DATAERR,
            )
        if not rows:
            return count
        for row in rows:
            digest(repr(row).encode())
        last = store.key_of(table, rows[-1])
        count += len(rows)


def _same(rows: list[Cells], there: list[Cells]) -> int:
    """How many rows are alike before the first that is not."""
    pairs = zip(rows, there, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(there))
