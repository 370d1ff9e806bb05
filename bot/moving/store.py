"""SQL of the move: what tables there are, their rows in the order of their keys, and how far it is.

Keys are ordered by their bytes on both engines, so that rows can be read side by side.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.database import Argument, Reading, Transaction

PROGRESS = "move_progress"
"""Is there from the beginning of a move to its end, and no bot starts on a store that has it."""

_RECORD = "schema_version"
"""Written by the migrations of the target itself."""

Cells = tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What is to be known of a table to copy it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """The columns of its primary key."""
    flags: frozenset[str]
    """The columns that SQLite keeps as 0 and 1."""
    texts: frozenset[str]


async def names_in_sqlite(read: Reading) -> frozenset[str]:
    """The names of all tables of the source."""
    rows = await read.fetch(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' "
        "ESCAPE '~'"
    )
    return frozenset(row["name"] for row in rows) - {_RECORD}


async def names_in_postgres(read: Reading) -> frozenset[str]:
    """The names of all tables and views of the target's schema, but those of the move itself."""
    rows = await read.fetch(
        "SELECT table_name AS name FROM information_schema.tables "
        "WHERE table_schema = current_schema()"
    )
    return frozenset(row["name"] for row in rows) - {_RECORD, PROGRESS}


async def tables(read: Reading) -> list[Table]:
    """The tables of the target, in the order of their names."""
    columns = await read.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
    )
    keys = await read.fetch(
        "SELECT table_name, column_name FROM information_schema.key_column_usage "
        "JOIN information_schema.table_constraints USING (constraint_schema, constraint_name, "
        "table_name) WHERE constraint_type = 'PRIMARY KEY' "
        "AND constraint_schema = current_schema() ORDER BY table_name, ordinal_position"
    )
    found: list[Table] = []
    for name in sorted({row["table_name"] for row in columns} - {_RECORD, PROGRESS}):
        kinds = {
            row["column_name"]: row["data_type"] for row in columns if row["table_name"] == name
        }
        found.append(
            Table(
                name,
                tuple(kinds),
                tuple(row["column_name"] for row in keys if row["table_name"] == name),
                frozenset(column for column, kind in kinds.items() if kind == "boolean"),
                frozenset(column for column, kind in kinds.items() if kind == "text"),
            )
        )
    return found


async def rows_after(
    read: Reading, table: Table, last: Cells | None, limit: int, *, postgres: bool
) -> list[Cells]:
    """The next rows of a table in the order of its key; flags are 0 and 1."""
    by = [
        f'{column} COLLATE "C"' if postgres and column in table.texts else column
        for column in table.key
    ]
    marks = ", ".join(f"${number}" for number in range(1, len(by) + 1))
    where = f"WHERE ({', '.join(by)}) > ({marks}) " if last is not None else ""
    rows = await read.fetch(
        f"SELECT {', '.join(table.columns)} FROM {table.name} "  # noqa: S608 - names of the schema
        f"{where}ORDER BY {', '.join(by)} LIMIT {limit:d}",
        *(last or ()),
    )
    return [tuple(int(cell) if type(cell) is bool else cell for cell in row) for row in rows]


def key_of(table: Table, row: Cells) -> Cells:
    """The key of a row."""
    return tuple(row[table.columns.index(column)] for column in table.key)


async def add(tx: Transaction, table: Table, rows: Sequence[Cells]) -> None:
    """Write rows into the target."""
    marks = ", ".join(f"${number}" for number in range(1, len(table.columns) + 1))
    flags = [column in table.flags for column in table.columns]
    await tx.execute_many(
        f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})",  # noqa: S608
        [
            tuple(
                bool(cell) if flag and cell is not None else cell
                for cell, flag in zip(row, flags, strict=True)
            )
            for row in rows
        ],
    )


async def begin(tx: Transaction) -> None:
    """Make the target one that is being moved into; nothing happens when it is."""
    await tx.execute(
        f"CREATE TABLE IF NOT EXISTS {PROGRESS} (name TEXT NOT NULL PRIMARY KEY, last TEXT)"
    )


async def end(tx: Transaction) -> None:
    """Make the target a store as any other."""
    await tx.execute(f"DROP TABLE {PROGRESS}")


async def reached(read: Reading, table: Table) -> Cells | None:
    """The key of the last row of a table that was copied."""
    row = await read.fetch_one(
        f"SELECT last FROM {PROGRESS} WHERE name = $1",  # noqa: S608
        table.name,
    )
    return None if row is None or row["last"] is None else tuple(json.loads(row["last"]))


async def reach(tx: Transaction, table: Table, key: Cells) -> None:
    """Write down how far a table is copied, in the transaction that copies."""
    await tx.execute(
        f"INSERT INTO {PROGRESS} (name, last) VALUES ($1, $2) "  # noqa: S608
        "ON CONFLICT (name) DO UPDATE SET last = excluded.last",
        table.name,
        json.dumps(key),
    )
