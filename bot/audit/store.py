"""SQL of the audit lines."""

from __future__ import annotations

from bot.audit.model import Line
from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Transaction


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


async def lines(read: Reading, server_id: int, *, limit: int, offset: int = 0) -> list[Line]:
    """The newest lines of a server first."""
    rows = await read.fetch(
        "SELECT id, server_id, actor_user_id, changed_at, action, target, before, after "
        "FROM audit_lines WHERE server_id = $1 ORDER BY changed_at DESC, id LIMIT $2 OFFSET $3",
        server_id,
        limit,
        offset,
    )
    return [
        Line(
            row["id"],
            row["server_id"],
            row["actor_user_id"],
            from_epoch(row["changed_at"]),
            row["action"],
            row["target"],
            row["before"],
            row["after"],
        )
        for row in rows
    ]
