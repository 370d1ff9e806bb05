"""SQL of a server's rows, whatever table they are in, and of what a file says of itself.

The names put into the statements come from declarations in the code and from the schema itself;
everything else is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Transaction
from bot.database.files import Connection
from bot.handover.model import Facts
from bot.privacy import Holding

Rows = Mapping[str, list[dict[str, Any]]]
"""Rows by table, each with its columns by name."""


async def rows_of(read: Reading, server_id: int, holdings: Iterable[Holding]) -> Rows:
    """Give all rows of a server."""
    columns = {one.table: one.server for one in holdings if one.server is not None}
    found: dict[str, list[dict[str, Any]]] = {}
    for table, server in sorted(columns.items()):
        rows = await read.fetch(
            f"SELECT * FROM {table} WHERE {server} = $1",  # noqa: S608
            server_id,
        )
        if rows:
            found[table] = [{name: row[name] for name in row.keys()} for row in rows]  # noqa: SIM118
    return found


async def put(tx: Transaction, rows: Rows, *, flags_are_numbers: bool) -> int:
    """Add rows that are not there yet; gives how many.

    PostgreSQL tells flags from numbers, and SQLite does not.
    """
    added = 0
    for table, each in rows.items():
        names = list(each[0])
        flags = frozenset[str]() if flags_are_numbers else await _flags(tx, table)
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        added += await tx.execute_many(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",  # noqa: S608
            [tuple(_fit(row[name], name in flags) for name in names) for row in each],
        )
    return added


def put_facts(file: Connection, facts: Facts) -> None:
    """Write into a file what it is."""
    file.execute(
        "CREATE TABLE handover_facts (form INTEGER NOT NULL, server_id INTEGER NOT NULL, "
        "taken_at INTEGER NOT NULL, version TEXT NOT NULL, schema INTEGER NOT NULL, "
        "handed_over INTEGER NOT NULL) STRICT"
    )
    file.execute(
        "INSERT INTO handover_facts VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            facts.form,
            facts.server_id,
            to_epoch(facts.taken_at),
            facts.version,
            facts.schema,
            facts.handed_over,
        ),
    )


def facts(file: Connection) -> Facts | None:
    """Read what a file says of itself; None when it is no server's file."""
    has = "SELECT 1 FROM sqlite_schema WHERE name = 'handover_facts'"
    if not file.execute(has).fetchall():
        return None
    (row,) = file.execute(
        "SELECT form, server_id, taken_at, version, schema, handed_over FROM handover_facts"
    ).fetchall()
    form, server_id, taken_at, version, schema, handed_over = row
    return Facts(server_id, from_epoch(taken_at), version, schema, bool(handed_over), form)


def drop_facts(file: Connection) -> None:
    """Make a store of the file again."""
    file.execute("DROP TABLE handover_facts")


async def _flags(read: Reading, table: str) -> frozenset[str]:
    rows = await read.fetch(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = $1 AND data_type = 'boolean'",
        table,
    )
    return frozenset(row["column_name"] for row in rows)


def _fit(value: Any, is_flag: bool) -> Any:
    return bool(value) if is_flag and value is not None else value
