"""Writing down what a person is to be told, and giving it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from bot.database import Database, Transaction
from bot.news import store
from bot.news.model import Item


async def tell(
    tx: Transaction,
    user_id: int,
    server_id: int,
    key: str,
    now: datetime,
    *,
    once: bool = False,
    **params: str | int,
) -> None:
    """Have a person told, in the transaction of what happened.

    What is to be told `once` is left out while something of the same key still waits.
    """
    if once and await store.waits(tx, user_id, server_id, key):
        return
    await store.add_item(tx, Item(uuid4().hex, user_id, server_id, key, params, now))


class News:
    """What people are still to be told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unheard(self, user_id: int) -> tuple[Item, ...]:
        """Give what there is to tell a person, the oldest first; it stays until it is `heard`."""
        async with self._database.read() as read:
            return await store.items(read, user_id)

    async def heard(self, items: Sequence[Item]) -> None:
        """Forget what a person has been told."""
        async with self._database.transaction() as tx:
            await store.delete_these(tx, [item.id for item in items])

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """Forget what somebody who left was to be told of a server: bot.membership."""
        await store.delete_items(tx, user_id, server_id)
