"""SQL of the vectors of texts: those of a server's own entries, and those of what ships."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.database import Reading, Transaction

Vectors = Mapping[str, bytes]
"""Packed vectors by the hash of their text."""

Kept = Mapping[str, str]
"""The same as they are kept: in base64, which takes too long to read for the event loop."""


async def of_server(read: Reading, server_id: int, encoder: str) -> Kept:
    """Those of a server's own texts."""
    rows = await read.fetch(
        "SELECT hash, vector FROM faq_vectors WHERE server_id = $1 AND encoder = $2",
        server_id,
        encoder,
    )
    return {row["hash"]: row["vector"] for row in rows}


async def shipped(read: Reading, encoder: str) -> Kept:
    """Those of the texts that ship."""
    rows = await read.fetch(
        "SELECT hash, vector FROM faq_shipped_vectors WHERE encoder = $1", encoder
    )
    return {row["hash"]: row["vector"] for row in rows}


async def keep_of_server(tx: Transaction, server_id: int, encoder: str, made: Vectors) -> None:
    """Write vectors of a server's own texts."""
    for name, vector in made.items():
        await tx.execute(
            "INSERT INTO faq_vectors (server_id, encoder, hash, vector) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (server_id, encoder, hash) DO NOTHING",
            server_id,
            encoder,
            name,
            b64encode(vector).decode(),
        )


async def keep_shipped(tx: Transaction, encoder: str, made: Vectors) -> None:
    """Write vectors of texts that ship."""
    for name, vector in made.items():
        await tx.execute(
            "INSERT INTO faq_shipped_vectors (encoder, hash, vector) VALUES ($1, $2, $3) "
            "ON CONFLICT (encoder, hash) DO NOTHING",
            encoder,
            name,
            b64encode(vector).decode(),
        )


async def drop_of_server(
    tx: Transaction, server_id: int, encoder: str, used: Collection[str]
) -> None:
    """Delete those of a server that another encoder made, or whose text is not `used` any more."""
    rows = await tx.fetch("SELECT encoder, hash FROM faq_vectors WHERE server_id = $1", server_id)
    for row in rows:
        if row["encoder"] != encoder or row["hash"] not in used:
            await tx.execute(
                "DELETE FROM faq_vectors WHERE server_id = $1 AND encoder = $2 AND hash = $3",
                server_id,
                row["encoder"],
                row["hash"],
            )


async def drop_shipped(tx: Transaction, encoder: str, used: Collection[str]) -> None:
    """Delete those that another encoder made, or whose text does not ship any more."""
    for row in await tx.fetch("SELECT encoder, hash FROM faq_shipped_vectors"):
        if row["encoder"] != encoder or row["hash"] not in used:
            await tx.execute(
                "DELETE FROM faq_shipped_vectors WHERE encoder = $1 AND hash = $2",
                row["encoder"],
                row["hash"],
            )
