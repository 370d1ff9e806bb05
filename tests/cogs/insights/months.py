"""Months that have been counted, written down as if they had passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from bot.counting import Speed, What, store
from bot.counting.settings import ENABLED
from bot.database import Database
from bot.settings.service import Settings

MODERATOR = 9


async def counted_from(database: Database, settings: Settings, server_id: int, first: date) -> None:
    """Have a server counted, as if it had been switched on before a month."""
    await settings.change(server_id, ENABLED, True, by=MODERATOR)
    async with database.transaction() as tx:
        await store.forget(tx, server_id)
        await store.begin(tx, server_id, first)


async def put(
    database: Database,
    server_id: int,
    month: date,
    times: Mapping[What | Speed, int],
    *,
    five: bool = True,
) -> None:
    """Count for a month."""
    async with database.transaction() as tx:
        for what, often in times.items():
            for _ in range(often):
                await store.add(tx, server_id, month, what, five=five)


async def rows(database: Database) -> dict[str, int]:
    """What is counted, by kind."""
    async with database.read() as read:
        found = await read.fetch("SELECT what, times FROM insights_counts")
        return {row["what"]: row["times"] for row in found}


def month_now(now: datetime) -> date:
    """The month of a moment, in UTC."""
    return now.astimezone(UTC).date().replace(day=1)
