"""SQL of who was not found."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Transaction


async def missing(read: Reading) -> dict[tuple[int, int], datetime]:
    """Since when people were not found, by server and person."""
    rows = await read.fetch("SELECT server_id, user_id, since_at FROM membership_missing")
    return {(row["server_id"], row["user_id"]): from_epoch(row["since_at"]) for row in rows}


async def missing_since(tx: Transaction, server_id: int, user_id: int) -> datetime | None:
    """Since when one person was not found."""
    row = await tx.fetch_one(
        "SELECT since_at FROM membership_missing WHERE server_id = $1 AND user_id = $2 FOR UPDATE",
        server_id,
        user_id,
    )
    return None if row is None else from_epoch(row["since_at"])


async def mark_missing(tx: Transaction, server_id: int, user_id: int, at: datetime) -> None:
    """Write down that somebody was not found; the first moment stays."""
    await tx.execute(
        "INSERT INTO membership_missing (server_id, user_id, since_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (server_id, user_id) DO NOTHING",
        server_id,
        user_id,
        to_epoch(at),
    )


async def forget(tx: Transaction, people: Collection[tuple[int, int]]) -> None:
    """Forget that people were not found, by server and person."""
    await tx.execute_many(
        "DELETE FROM membership_missing WHERE server_id = $1 AND user_id = $2", list(people)
    )
