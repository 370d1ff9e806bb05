"""SQL of the settings."""

from __future__ import annotations

from collections.abc import Collection

from bot.database import Reading, Transaction

TOPIC = "settings"
"""Under which processes tell each other of changed values (`Transaction.tell`)."""


async def values(read: Reading, server_id: int) -> dict[str, str]:
    """All values that a server has set, as JSON text by key."""
    rows = await read.fetch(
        "SELECT key, value FROM settings_values WHERE server_id = $1", server_id
    )
    return {row["key"]: row["value"] for row in rows}


async def hold_value(tx: Transaction, server_id: int, key: str) -> str | None:
    """One value, or None where the server has not set it; whoever else holds it waits for us.

    PostgreSQL can lock only a row that exists, so an empty one is put where there is none. The
    caller writes it or clears it.
    """
    made = await tx.execute(
        "INSERT INTO settings_values (server_id, key, value) VALUES ($1, $2, '') "
        "ON CONFLICT (server_id, key) DO NOTHING",
        server_id,
        key,
    )
    if made:
        return None
    row = await tx.fetch_one(
        "SELECT value FROM settings_values WHERE server_id = $1 AND key = $2 FOR UPDATE",
        server_id,
        key,
    )
    return None if row is None else row["value"]


async def set_value(tx: Transaction, server_id: int, key: str, text: str) -> None:
    """Write one value."""
    await tx.execute(
        "INSERT INTO settings_values (server_id, key, value) VALUES ($1, $2, $3) "
        "ON CONFLICT (server_id, key) DO UPDATE SET value = excluded.value",
        server_id,
        key,
        text,
    )
    tx.tell(TOPIC, server_id)


async def clear_value(tx: Transaction, server_id: int, key: str) -> None:
    """Go back to the default."""
    await tx.execute(
        "DELETE FROM settings_values WHERE server_id = $1 AND key = $2", server_id, key
    )
    tx.tell(TOPIC, server_id)


async def hold_servers_with(
    tx: Transaction, key: str, value: str, server_ids: Collection[int]
) -> frozenset[int]:
    """Of some servers, those that have this stored value, held until the transaction ends."""
    if not server_ids:
        return frozenset()
    marks = ", ".join(f"${number}" for number in range(3, len(server_ids) + 3))
    rows = await tx.fetch(
        "SELECT server_id FROM settings_values "  # noqa: S608
        f"WHERE key = $1 AND value = $2 AND server_id IN ({marks}) ORDER BY server_id FOR UPDATE",
        key,
        value,
        *server_ids,
    )
    return frozenset(row["server_id"] for row in rows)
