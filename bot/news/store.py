"""SQL of the news."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Transaction
from bot.news.model import Item

_COLUMNS = "id, user_id, server_id, key, params, made_at"


TOPIC = "news"
"""Under which it is told who has something to be told (`Line.hear`)."""


async def add_item(tx: Transaction, item: Item) -> None:
    """Write one down."""
    tx.tell(TOPIC, item.user_id)
    await tx.execute(
        f"INSERT INTO news ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)",  # noqa: S608
        item.id,
        item.user_id,
        item.server_id,
        item.key,
        json.dumps(dict(item.params), ensure_ascii=False),
        to_epoch(item.made_at),
    )


async def who_waits(read: Reading, most: int) -> list[int]:
    """Some people who are still to be told something, `most` of them at most."""
    rows = await read.fetch("SELECT DISTINCT user_id FROM news LIMIT $1", most)
    return [row["user_id"] for row in rows]


async def waits(read: Reading, user_id: int, server_id: int, key: str) -> bool:
    """Whether a person is still to be told something of this key."""
    row = await read.fetch_one(
        "SELECT id FROM news WHERE user_id = $1 AND server_id = $2 AND key = $3 LIMIT 1",
        user_id,
        server_id,
        key,
    )
    return row is not None


async def items(read: Reading, user_id: int) -> tuple[Item, ...]:
    """What a person is still to be told, the oldest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM news WHERE user_id = $1 ORDER BY made_at, id",  # noqa: S608
        user_id,
    )
    return tuple(
        Item(
            row["id"],
            row["user_id"],
            row["server_id"],
            row["key"],
            json.loads(row["params"]),
            from_epoch(row["made_at"]),
        )
        for row in rows
    )


async def delete_these(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete what was told."""
    await tx.execute_many("DELETE FROM news WHERE id = $1", [(id_,) for id_ in ids])


async def delete_items(tx: Transaction, user_id: int, server_id: int | None = None) -> int:
    """Delete what a person was to be told, of one server or of all; gives how many there were."""
    if server_id is None:
        return await tx.execute("DELETE FROM news WHERE user_id = $1", user_id)
    return await tx.execute(
        "DELETE FROM news WHERE user_id = $1 AND server_id = $2", user_id, server_id
    )
