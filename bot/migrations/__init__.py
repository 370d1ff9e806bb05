"""Brings the store's schema up to date: numbered SQL files, each committed with its record.

A migration is `NNNN_what.sql` in this folder, in the SQL that both engines understand (see
`bot.database`). It is never changed once released; a mistake is mended by the next number. Two
processes may start at once: the second finds each step done. One that runs already hears of it, and
ends: what it does not know it would not erase.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import complete_statement
from typing import TYPE_CHECKING, Final, NoReturn

from bot.clock import to_epoch
from bot.database import StoreError, StoreNewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.database import Database, Transaction

FOLDER: Final = Path(__file__).parent

TOPIC: Final = "schema"
"""What other processes are told of a step, with its number."""

LOOK_AGAIN_SECONDS = 1.0
"""How soon a store that did not say what it is at is asked again."""

_NAME: Final = re.compile(r"(?P<version>[0-9]{4})_(?P<name>[a-z0-9_]+)")
_LEADING_COMMENT: Final = re.compile(r"\A(?:\s*--[^\n]*\n)+")
_LOCK: Final = 0x416C6F6E67  # any number that nobody else locks: "Along" in ASCII
_RECORD: Final = """
    CREATE TABLE IF NOT EXISTS schema_version (
        version BIGINT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at BIGINT NOT NULL
    )
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    statements: tuple[str, ...]


def known_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Read the migrations in order; a gap, a double or a bad name is a `ValueError`."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        name = _NAME.fullmatch(path.stem)
        if name is None or int(name["version"]) != len(found) + 1:
            raise ValueError(f"{path.name}: migrations are numbered 0001_what.sql without gaps")
        statements = tuple(split_statements(path.read_text(encoding="utf-8")))
        found.append(Migration(len(found) + 1, name["name"], statements))
    return tuple(found)


def split_statements(script: str) -> list[str]:
    """Split a script at the semicolons that end a statement; text after the last is an error."""
    statements: list[str] = []
    pending = ""
    for piece in re.split(r"(?<=;)", script):
        pending += piece
        if complete_statement(pending):
            statements.append(_LEADING_COMMENT.sub("", pending).strip())
            pending = ""
    rest = re.sub(r"--[^\n]*", "", pending).strip()
    if rest:
        raise ValueError(f"a statement does not end in a semicolon: {rest[:60]}")
    return statements


async def migrate(
    database: Database, *, now: datetime, migrations: Sequence[Migration] | None = None
) -> int:
    """Apply what is missing and return how many steps that were; `now` dates their records.

    Raises `StoreNewer` and touches nothing when the store knows a step that we do not.
    """
    steps = known_migrations() if migrations is None else migrations
    latest = steps[-1].version if steps else 0
    found = await database.schema_version()
    if found > latest:
        raise StoreNewer(database.where, found, latest)
    applied = 0
    for step in steps[found:]:
        async with database.transaction() as tx:
            applied += await _apply(tx, database, step, latest, to_epoch(now))
    return applied


async def overtaken(database: Database) -> NoReturn:
    """Wait until another process has brought the store further than we know, and raise StoreNewer.

    Begun before the line is: what happens until then, the line asks us to look for.
    """
    # Counted now: an update may lay newer files here while we run.
    latest = len(known_migrations())
    stirred = asyncio.Event()
    database.line.hear(TOPIC, lambda _: stirred.set())
    while True:
        await stirred.wait()
        stirred.clear()
        try:
            found = await database.schema_version()
        except StoreError:
            stirred.set()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            continue
        if found > latest:
            raise StoreNewer(database.where, found, latest)


async def _apply(
    tx: Transaction, database: Database, step: Migration, latest: int, applied_at: int
) -> int:
    if database.engine == "PostgreSQL":
        # Two processes may start at once; SQLite's write lock is held by now, this is its equal.
        await tx.fetch("SELECT pg_advisory_xact_lock($1)", _LOCK)
    await tx.execute(_RECORD)
    row = await tx.fetch_one("SELECT max(version) AS version FROM schema_version")
    done = int(row["version"] or 0) if row else 0
    if done > latest:
        raise StoreNewer(database.where, done, latest)
    if done >= step.version:
        return 0
    for statement in step.statements:
        await tx.execute(statement)
    await tx.execute(
        "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
        step.version,
        step.name,
        applied_at,
    )
    tx.tell(TOPIC, step.version)
    return 1
