"""SQL of the notices."""

from __future__ import annotations

import json
from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from bot.notices.model import Notice

_COLUMNS = "id, server_id, key, subject, params, raised_at, seen_at"


async def add_notice(tx: Transaction, notice: Notice) -> bool:
    """Write a notice, unless the same is open already; gives whether it is new."""
    count = await tx.execute(
        f"INSERT INTO notices ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, NULL) "  # noqa: S608
        "ON CONFLICT DO NOTHING",
        notice.id,
        notice.server_id,
        notice.key,
        notice.subject,
        json.dumps(dict(notice.params), ensure_ascii=False),
        to_epoch(notice.raised_at),
    )
    return count > 0


async def close(tx: Transaction, server_id: int, subject: str, at: datetime) -> None:
    """Close what is open about a subject: it has been dealt with."""
    await tx.execute(
        "UPDATE notices SET seen_at = $3 WHERE server_id = $1 AND subject = $2 AND seen_at IS NULL",
        server_id,
        subject,
        to_epoch(at),
    )


async def mark_seen(tx: Transaction, server_id: int, notice_id: str, at: datetime) -> bool:
    """Close one notice; gives whether it was open."""
    count = await tx.execute(
        "UPDATE notices SET seen_at = $3 WHERE server_id = $1 AND id = $2 AND seen_at IS NULL",
        server_id,
        notice_id,
        to_epoch(at),
    )
    return count > 0


async def open_notices(read: Reading, server_id: int, limit: int) -> tuple[Notice, ...]:
    """What moderators of a server have not seen yet, the newest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM notices WHERE server_id = $1 AND seen_at IS NULL "  # noqa: S608
        "ORDER BY raised_at DESC, id LIMIT $2",
        server_id,
        limit,
    )
    return tuple(_notice(row) for row in rows)


async def notice(read: Reading, notice_id: str) -> Notice | None:
    """One notice, by its id."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM notices WHERE id = $1",  # noqa: S608
        notice_id,
    )
    return None if row is None else _notice(row)


def _notice(row: Row) -> Notice:
    seen = row["seen_at"]
    return Notice(
        row["id"],
        row["server_id"],
        row["key"],
        row["subject"],
        json.loads(row["params"]),
        from_epoch(row["raised_at"]),
        None if seen is None else from_epoch(seen),
    )
