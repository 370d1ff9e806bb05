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


MOST_WAITING = 20_000
"""So many who wait for news are kept in memory (2 MB); of more, the store is asked each time."""


class News:
    """What people are still to be told.

    Nearly nobody who asks has any, so it is kept in memory who may have. While it cannot be heard
    what other processes write, and once too many wait, the store is asked each time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[int] | None = None
        self._too_many = False
        self._changes = 0
        database.line.hear(store.TOPIC, self._changed, own=True)

    async def unheard(self, user_id: int) -> tuple[Item, ...]:
        """Give what there is to tell a person, the oldest first; it stays until it is `heard`."""
        if self._waiting is not None and user_id not in self._waiting:
            return ()
        changes, unknown = self._changes, self._waiting is None and not self._too_many
        async with self._database.read() as read:
            found = await store.items(read, user_id)
            waiting = await store.who_waits(read, MOST_WAITING + 1) if unknown else []
        # What was committed while this was read must not be hidden by what was read.
        if changes == self._changes and self._database.line.up:
            if unknown:
                self._waiting = set(waiting)
                self._bound()
            elif self._waiting is not None and not found:
                self._waiting.discard(user_id)
        return found

    def _bound(self) -> None:
        if self._waiting is not None and len(self._waiting) > MOST_WAITING:
            self._waiting, self._too_many = None, True

    def _changed(self, user_id: int | None) -> None:
        self._changes += 1
        if user_id is None:
            self._waiting, self._too_many = None, False
        elif self._waiting is not None:
            self._waiting.add(user_id)
            self._bound()

    async def heard(self, items: Sequence[Item]) -> None:
        """Forget what a person has been told."""
        async with self._database.transaction() as tx:
            await store.delete_these(tx, [item.id for item in items])

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """Forget what somebody who left was to be told of a server: bot.membership."""
        await store.delete_items(tx, user_id, server_id)
