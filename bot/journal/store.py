"""SQL of the journal, in a file of its own; every call opens it and closes it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.clock import from_epoch, to_epoch
from bot.database.files import Connection, opened
from bot.journal.model import Entry

_TABLES = (
    "CREATE TABLE IF NOT EXISTS journal_facts (begun_at INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS journal_entries ("
    "number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, line TEXT NOT NULL) STRICT",
)


def begin(path: Path, key: str | None, now: datetime, keep_from: datetime) -> None:
    """Make the journal when there is none, and drop what is older than `keep_from`."""
    with opened(path, key, create=True) as file:
        # A rollback journal needs no file of its own between two entries; EXTRA also syncs the
        # folder, without which a power cut could take back a commit (sqlite.org/pragma.html).
        file.execute("PRAGMA journal_mode = DELETE").fetchall()
        _start(file)
        for table in _TABLES:
            file.execute(table)
        file.execute(
            "INSERT INTO journal_facts SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM journal_facts)",
            (to_epoch(now),),
        )
        file.execute("DELETE FROM journal_entries WHERE at < ?1", (to_epoch(keep_from),))
        file.execute("COMMIT")


def add(path: Path, key: str | None, lines: Sequence[str], now: datetime) -> datetime:
    """Write entries; gives their moment, which is never before that of the entry before them."""
    with opened(path, key) as file:
        _start(file)
        (at,) = file.execute(
            "SELECT max(?1, coalesce("
            "(SELECT at FROM journal_entries ORDER BY number DESC LIMIT 1), 0))",
            (to_epoch(now),),
        ).fetchall()[0]
        file.executemany(
            "INSERT INTO journal_entries (at, line) VALUES (?1, ?2)", [(at, one) for one in lines]
        )
        file.execute("COMMIT")
    return from_epoch(at)


def begun_at(path: Path, key: str | None) -> datetime:
    """Since when the journal is kept."""
    with opened(path, key) as file:
        (moment,) = file.execute("SELECT begun_at FROM journal_facts").fetchall()[0]
    return from_epoch(moment)


def entries(path: Path, key: str | None, since: datetime) -> list[Entry]:
    """What was written since a moment, the oldest first."""
    with opened(path, key) as file:
        rows = file.execute(
            "SELECT at, line FROM journal_entries WHERE at >= ?1 ORDER BY number",
            (to_epoch(since),),
        ).fetchall()
    found: list[Entry] = []
    for at, line in rows:
        facts = json.loads(line)
        found.append(Entry(facts.pop("kind"), facts, from_epoch(at)))
    return found


def _start(file: Connection) -> None:
    file.execute("PRAGMA synchronous = EXTRA").fetchall()
    file.execute("BEGIN IMMEDIATE")
