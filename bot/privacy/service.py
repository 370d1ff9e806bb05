"""Shows, exports and erases what is stored, and lets it expire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.database import Database, Row, Transaction
from bot.privacy import store
from bot.privacy.model import Holding, Kind

SERVER_GRACE = timedelta(days=7)
"""How long a server's data outlives the removal of the bot, so that a rejoin loses nothing."""

Erasing = Callable[[Transaction, int, datetime], Awaitable[None]]
"""Ends what a person has under way with others, before all that is theirs is deleted."""

Export = dict[str, list[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep deleted: servers erased, rows expired."""

    servers: int
    rows: int


def _columns(row: Row) -> dict[str, object]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row iterates over values


class Privacy:
    """Knows every table through the holdings that features register."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._holdings: list[Holding] = []
        self._listeners: list[Callable[[int], None]] = []
        self._erasings: list[Erasing] = []

    def register(self, *holdings: Holding) -> None:
        """Declare tables."""
        self._holdings += holdings

    def when_server_erased(self, listener: Callable[[int], None]) -> None:
        """Be told of an erased server, to drop what is kept of it in memory."""
        self._listeners.append(listener)

    def when_erasing(self, listener: Erasing) -> None:
        """Be told of a person who erases what is theirs, in that transaction and before it goes."""
        self._erasings.append(listener)

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """Every declared table."""
        return tuple(self._holdings)

    async def export(self, user_id: int) -> Export:
        """Everything that is a person's own, by table. What others hold about them is not in it."""
        found: Export = {}
        async with self._database.read() as read:
            for holding in self._own():
                rows = await store.rows_of_person(read, holding, user_id)
                if rows:
                    found.setdefault(holding.table, []).extend(_columns(row) for row in rows)
        return found

    async def erase(self, user_id: int) -> dict[str, int]:
        """Delete everything that is a person's own, at once; gives how many rows by table."""
        receipt: dict[str, int] = {}
        now = self._clock()
        async with self._database.transaction() as tx:
            for erasing in self._erasings:
                await erasing(tx, user_id, now)
            for holding in self._own():
                count = await store.erase_person(tx, holding, user_id)
                if count:
                    receipt[holding.table] = receipt.get(holding.table, 0) + count
        return receipt

    async def erase_server(self, server_id: int) -> int:
        """Delete everything of a server; gives how many rows there were."""
        try:
            async with self._database.transaction() as tx:
                return await self._erase_server(tx, server_id)
        finally:
            # Also when this was cancelled: by then it may have been committed.
            self._tell_listeners(server_id)

    async def server_left(self, server_id: int) -> None:
        """The bot was removed from a server: its data goes after the grace."""
        async with self._database.transaction() as tx:
            await store.note_departure(tx, server_id, self._clock())

    async def server_returned(self, server_id: int) -> None:
        """The bot is in a server, so nothing of it is due for erasure."""
        async with self._database.transaction() as tx:
            await store.clear_departure(tx, server_id)

    async def sweep(self) -> Swept:
        """Delete what is past its retention, and servers that were left longer than the grace."""
        now = self._clock()
        rows = 0
        gone: list[int] = []
        async with self._database.transaction() as tx:
            for holding in self._holdings:
                if holding.kept_days is not None:
                    rows += await store.expire(tx, holding, now - timedelta(days=holding.kept_days))
            # In the same transaction, lest a server that returns meanwhile be erased.
            gone += await store.departed_before(tx, now - SERVER_GRACE)
            for server_id in gone:
                await self._erase_server(tx, server_id)
        for server_id in gone:
            self._tell_listeners(server_id)
        return Swept(len(gone), rows)

    async def compare(self, here: frozenset[int]) -> list[int]:
        """Keep what is back among the servers where the bot is; give those that it has data of
        and that are neither here nor known to be left.
        """
        async with self._database.transaction() as tx:
            departed = set(await store.departed(tx))
            for server_id in departed & here:
                await store.clear_departure(tx, server_id)
            kept: set[int] = set()
            for holding in self._holdings:
                if holding.server is not None:
                    kept.update(await store.servers(tx, holding))
        return sorted(kept - departed - here)

    async def _erase_server(self, tx: Transaction, server_id: int) -> int:
        count = 0
        for holding in self._holdings:
            if holding.server is not None:
                count += await store.erase_server(tx, holding, server_id)
        await store.clear_departure(tx, server_id)
        return count

    def _tell_listeners(self, server_id: int) -> None:
        for listener in self._listeners:
            listener(server_id)

    def _own(self) -> list[Holding]:
        return [holding for holding in self._holdings if holding.kind is Kind.OWN]
