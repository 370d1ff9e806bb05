"""SQL of erasure and export, written from the declared holdings.

The names put into the statements come from declarations in the code, each checked to be a plain
lower-case name; everything else is a parameter.
"""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_epoch
from bot.database import Reading, Row, Transaction
from bot.privacy.model import Holding


async def rows_of_person(read: Reading, holding: Holding, user_id: int) -> list[Row]:
    """Everything a holding has that names this person."""
    return await read.fetch(
        f"SELECT * FROM {holding.table} WHERE {holding.person} = $1",  # noqa: S608
        user_id,
    )


async def erase_person(tx: Transaction, holding: Holding, user_id: int) -> int:
    """Delete a person's rows of a holding; gives how many there were."""
    return await tx.execute(
        f"DELETE FROM {holding.table} WHERE {holding.person} = $1",  # noqa: S608
        user_id,
    )


async def people(read: Reading, holding: Holding) -> list[int]:
    """Everybody whom a holding's rows name."""
    rows = await read.fetch(
        f"SELECT DISTINCT {holding.person} AS user_id FROM {holding.table} "  # noqa: S608
        f"WHERE {holding.person} IS NOT NULL"
    )
    return [row["user_id"] for row in rows]


async def erase_everybody(tx: Transaction, holding: Holding) -> int:
    """Delete the rows of a holding that name anybody; gives how many there were."""
    return await tx.execute(
        f"DELETE FROM {holding.table} WHERE {holding.person} IS NOT NULL"  # noqa: S608
    )


async def rows_of_server(read: Reading, holding: Holding, server_id: int) -> list[Row]:
    """A server's rows of a holding that name nobody."""
    nobody = f" AND {holding.person} IS NULL" if holding.person else ""
    return await read.fetch(
        f"SELECT * FROM {holding.table} WHERE {holding.server} = $1{nobody}",  # noqa: S608
        server_id,
    )


async def erase_server(tx: Transaction, holding: Holding, server_id: int) -> int:
    """Delete a server's rows of a holding; gives how many there were."""
    return await tx.execute(
        f"DELETE FROM {holding.table} WHERE {holding.server} = $1",  # noqa: S608
        server_id,
    )


async def expire(tx: Transaction, holding: Holding, before: datetime) -> int:
    """Delete the rows of a holding that are older than a moment."""
    return await tx.execute(
        f"DELETE FROM {holding.table} WHERE {holding.kept_since} < $1",  # noqa: S608
        to_epoch(before),
    )


async def note_departure(tx: Transaction, server_id: int, at: datetime) -> int:
    """Remember since when the bot is no longer in a server; the first moment stays.

    Gives whether this was the first.
    """
    return await tx.execute(
        "INSERT INTO privacy_departures (server_id, left_at) VALUES ($1, $2) "
        "ON CONFLICT (server_id) DO NOTHING",
        server_id,
        to_epoch(at),
    )


async def clear_departure(tx: Transaction, server_id: int) -> int:
    """Forget that the bot had left; gives whether it had."""
    return await tx.execute("DELETE FROM privacy_departures WHERE server_id = $1", server_id)


async def servers(read: Reading, holding: Holding) -> list[int]:
    """Servers that a holding has rows of."""
    rows = await read.fetch(
        f"SELECT DISTINCT {holding.server} AS server_id FROM {holding.table}"  # noqa: S608
    )
    return [row["server_id"] for row in rows]


async def departed(read: Reading) -> list[int]:
    """Servers that the bot left."""
    return [
        row["server_id"] for row in await read.fetch("SELECT server_id FROM privacy_departures")
    ]


async def departed_before(read: Reading, moment: datetime) -> list[int]:
    """Servers that the bot left before a moment."""
    rows = await read.fetch(
        "SELECT server_id FROM privacy_departures WHERE left_at < $1 ORDER BY left_at",
        to_epoch(moment),
    )
    return [row["server_id"] for row in rows]
