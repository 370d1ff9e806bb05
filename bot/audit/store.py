"""SQL of the audit lines."""

from __future__ import annotations

from bot.audit.model import Line, Wanted
from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction

ALL = Wanted()
"""Every line."""


async def record(tx: Transaction, line: Line) -> None:
    """Write a line, in the same transaction as the change it speaks of."""
    await tx.execute(
        "INSERT INTO audit_lines "
        "(id, server_id, actor_user_id, changed_at, action, target, before, after) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        line.id,
        line.server_id,
        line.actor_user_id,
        to_epoch(line.changed_at),
        line.action,
        line.target,
        line.before,
        line.after,
    )


_COLUMNS = "id, server_id, actor_user_id, changed_at, action, target, before, after"


async def lines(
    read: Reading, server_id: int, *, limit: int, offset: int = 0, wanted: Wanted = ALL
) -> list[Line]:
    """The newest lines of a server first, of those that are wanted."""
    asked = "server_id = $1"
    values: list[int | str] = []
    if wanted.feature is not None:
        values += [len(wanted.feature) + 1, f"{wanted.feature}."]
        asked += " AND substr(action, 1, $4) = $5"
    if wanted.actor_user_id is not None:
        values.append(wanted.actor_user_id)
        asked += f" AND actor_user_id = ${3 + len(values)}"
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM audit_lines WHERE {asked} "  # noqa: S608 - constants and marks
        "ORDER BY changed_at DESC, id LIMIT $2 OFFSET $3",
        server_id,
        limit,
        offset,
        *values,
    )
    return [_line(row) for row in rows]


async def line(read: Reading, server_id: int, id_: str) -> Line | None:
    """One line of a server."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM audit_lines WHERE server_id = $1 AND id = $2",  # noqa: S608
        server_id,
        id_,
    )
    return None if row is None else _line(row)


async def features(read: Reading, server_id: int) -> tuple[str, ...]:
    """The features of which a server has lines, by name."""
    rows = await read.fetch(
        "SELECT DISTINCT action FROM audit_lines WHERE server_id = $1", server_id
    )
    return tuple(sorted({row["action"].split(".")[0] for row in rows}))


def _line(row: Row) -> Line:
    return Line(
        row["id"],
        row["server_id"],
        row["actor_user_id"],
        from_epoch(row["changed_at"]),
        row["action"],
        row["target"],
        row["before"],
        row["after"],
    )
