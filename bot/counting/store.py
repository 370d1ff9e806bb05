"""SQL of the counts: a number for each server, month and kind."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.clock import from_epoch, to_epoch
from bot.counting.model import Count
from bot.database import Reading, Transaction


async def begin(tx: Transaction, server_id: int, first: date) -> None:
    """Count in a server from a month on."""
    await tx.execute(
        "INSERT INTO insights_starts (server_id, month_at) VALUES ($1, $2) "
        "ON CONFLICT (server_id) DO NOTHING",
        server_id,
        _moment(first),
    )


async def forget(tx: Transaction, server_id: int) -> None:
    """Delete all that was counted in a server, and count nothing more."""
    await tx.execute("DELETE FROM insights_counts WHERE server_id = $1", server_id)
    await tx.execute("DELETE FROM insights_starts WHERE server_id = $1", server_id)


async def add(tx: Transaction, server_id: int, month: date, what: str, *, five: bool) -> None:
    """Count one more, if that month is counted in this server."""
    # Held, lest it be switched off in between and leave a count behind.
    row = await tx.fetch_one(
        "SELECT month_at FROM insights_starts WHERE server_id = $1 AND month_at <= $2 FOR UPDATE",
        server_id,
        _moment(month),
    )
    if row is None:
        return
    await tx.execute(
        "INSERT INTO insights_counts (server_id, month_at, what, times, five) "
        "VALUES ($1, $2, $3, 1, $4) ON CONFLICT (server_id, month_at, what) DO UPDATE "
        "SET times = insights_counts.times + 1, five = insights_counts.five OR excluded.five",
        server_id,
        _moment(month),
        what,
        five,
    )


async def first_month(read: Reading, server_id: int) -> date | None:
    """Give since which month a server is counted; None where it is not."""
    row = await read.fetch_one(
        "SELECT month_at FROM insights_starts WHERE server_id = $1", server_id
    )
    return None if row is None else from_epoch(row["month_at"]).date()


async def counts(read: Reading, server_id: int) -> dict[date, list[tuple[str, Count]]]:
    """Give what was counted in a server, by month."""
    rows = await read.fetch(
        "SELECT month_at, what, times, five FROM insights_counts WHERE server_id = $1", server_id
    )
    found: dict[date, list[tuple[str, Count]]] = {}
    for row in rows:
        month = from_epoch(row["month_at"]).date()
        found.setdefault(month, []).append((row["what"], Count(row["times"], bool(row["five"]))))
    return found


def _moment(month: date) -> int:
    return to_epoch(datetime(month.year, month.month, 1, tzinfo=UTC))
