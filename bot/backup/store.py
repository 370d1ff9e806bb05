"""SQL of what a backup says of itself."""

from __future__ import annotations

from bot.backup.model import Facts
from bot.clock import from_epoch, to_epoch
from bot.database.files import Connection


def schema_version(file: Connection) -> int:
    """Give the highest migration in a file, or 0."""
    if not _has(file, "schema_version"):
        return 0
    (version,) = file.execute("SELECT max(version) FROM schema_version").fetchall()[0]
    return int(version or 0)


def put_facts(file: Connection, facts: Facts) -> None:
    """Write into a copy what it is."""
    file.execute(
        "CREATE TABLE backup_facts (form INTEGER NOT NULL, taken_at INTEGER NOT NULL, "
        "version TEXT NOT NULL, schema INTEGER NOT NULL) STRICT"
    )
    file.execute(
        "INSERT INTO backup_facts VALUES (?1, ?2, ?3, ?4)",
        (facts.form, to_epoch(facts.taken_at), facts.version, facts.schema),
    )


def facts(file: Connection) -> Facts | None:
    """Read what a file says of itself; None when it is no backup."""
    if not _has(file, "backup_facts"):
        return None
    rows = file.execute("SELECT form, taken_at, version, schema FROM backup_facts").fetchall()
    if len(rows) != 1:
        return None
    form, taken_at, version, schema = rows[0]
    return Facts(from_epoch(taken_at), version, schema, form)


def drop_facts(file: Connection) -> None:
    """Make a store of a backup again."""
    file.execute("DROP TABLE backup_facts")


def _has(file: Connection, table: str) -> bool:
    found = file.execute("SELECT 1 FROM sqlite_schema WHERE name = ?1", (table,)).fetchall()
    return bool(found)
