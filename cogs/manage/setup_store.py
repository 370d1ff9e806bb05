"""SQL of how far a server has been set up."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_epoch
from bot.database import Reading, Transaction


async def add_offer(tx: Transaction, server_id: int, at: datetime) -> bool:
    """Write down that the setup is offered; gives whether it was neither offered nor begun."""
    count = await tx.execute(
        "INSERT INTO setup_servers (server_id, offered_at, step) VALUES ($1, $2, '') "
        "ON CONFLICT DO NOTHING",
        server_id,
        to_epoch(at),
    )
    return count > 0


async def step(read: Reading, server_id: int) -> str:
    """Give the page that was last shown in a server; empty before the first."""
    row = await read.fetch_one("SELECT step FROM setup_servers WHERE server_id = $1", server_id)
    return "" if row is None else row["step"]


async def set_step(tx: Transaction, server_id: int, name: str) -> None:
    """Remember the page that is shown now."""
    await tx.execute(
        "INSERT INTO setup_servers (server_id, offered_at, step) VALUES ($1, NULL, $2) "
        "ON CONFLICT (server_id) DO UPDATE SET step = excluded.step",
        server_id,
        name,
    )
