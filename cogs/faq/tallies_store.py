"""SQL of how often answers helped: two numbers an entry, no person and no moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.faq.tallies import Tally

if TYPE_CHECKING:
    from bot.database import Reading, Transaction


async def count(tx: Transaction, server_id: int, entry_id: str, *, helped: bool) -> None:
    """Count one more tap."""
    await tx.execute(
        "INSERT INTO faq_tallies (server_id, entry_id, helped, missed) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (server_id, entry_id) DO UPDATE SET "
        "helped = faq_tallies.helped + excluded.helped, "
        "missed = faq_tallies.missed + excluded.missed",
        server_id,
        entry_id,
        int(helped),
        int(not helped),
    )


async def tallies(read: Reading, server_id: int) -> tuple[Tally, ...]:
    """All counts of a server."""
    rows = await read.fetch(
        "SELECT entry_id, helped, missed FROM faq_tallies WHERE server_id = $1", server_id
    )
    return tuple(Tally(row["entry_id"], row["helped"], row["missed"]) for row in rows)


async def forget(tx: Transaction, server_id: int, entry_id: str) -> None:
    """Begin anew for an entry that is another one now, or gone."""
    await tx.execute(
        "DELETE FROM faq_tallies WHERE server_id = $1 AND entry_id = $2", server_id, entry_id
    )
