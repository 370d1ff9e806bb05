"""Keeps whom to ask about, and ends what a person had in a server that they left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from bot import journal
from bot.clock import Clock
from bot.database import Database, Reading, Transaction
from bot.journal import Entry
from bot.membership import store
from bot.membership.model import SURE_AFTER

GONE = "membership.gone"
"""The journal's entry of somebody who left a server."""

Held = Callable[[Reading], Awaitable[Collection[tuple[int, int]]]]
"""Gives the servers and people of whom a feature holds something that ends when they leave."""

Left = Callable[[Transaction, int, int, datetime], Awaitable[None]]
"""Ends what a feature holds of a person in a server: transaction, server, person, moment."""


class Membership:
    """Asks nobody itself: `bot.membership.looking` does, and says here what it found."""

    def __init__(self, database: Database, clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._features: list[tuple[Held | None, Left]] = []

    def register(self, held: Held | None, left: Left) -> None:
        """Have a feature's members looked after; without `held` it asks after nobody itself."""
        self._features.append((held, left))

    async def people(self) -> dict[tuple[int, int], datetime | None]:
        """Give everybody to ask about, with since when they were not found.

        Of whom no feature holds anything any more, it is forgotten that they were not found.
        """
        async with self._database.read() as read:
            held = await self._held(read)
            missing = await store.missing(read)
        idle = missing.keys() - held
        if idle:
            async with self._database.transaction() as tx:
                await store.forget(tx, idle)
        return {key: missing.get(key) for key in sorted(held)}

    async def servers_of(self, user_id: int) -> tuple[int, ...]:
        """Give the servers where a feature holds something of a person."""
        async with self._database.read() as read:
            held = await self._held(read)
        return tuple(sorted(server_id for server_id, person in held if person == user_id))

    async def found(self, server_id: int, user_id: int) -> None:
        """Write down that somebody is there."""
        async with self._database.transaction() as tx:
            await store.forget(tx, [(server_id, user_id)])

    async def not_found(self, server_id: int, user_id: int) -> bool:
        """Write down that somebody is not there; gives whether they count as gone now.

        Then every feature ends what it holds of them there, in one transaction.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            await store.mark_missing(tx, server_id, user_id, now)
            since = await store.missing_since(tx, server_id, user_id)
            if since is None or now - since < SURE_AFTER:
                return False
            await self._end(tx, server_id, user_id, now)
            journal.record(tx, GONE, server=server_id, user=user_id)
        self._wake()
        return True

    async def replay(self, tx: Transaction, entry: Entry) -> None:
        """End once more what somebody had who left, because a restore brought it back."""
        facts = entry.facts
        await self._end(tx, int(facts["server"]), int(facts["user"]), self._clock())

    async def _end(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        for _, left in self._features:
            await left(tx, server_id, user_id, now)
        await store.forget(tx, [(server_id, user_id)])

    async def _held(self, read: Reading) -> set[tuple[int, int]]:
        return {key for held, _ in self._features if held for key in await held(read)}
