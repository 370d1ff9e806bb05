"""Shows, exports and erases what is stored, and lets it expire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import journal
from bot.clock import Clock
from bot.database import Database, Reading, Row, Transaction
from bot.journal import Entry, Replays
from bot.privacy import store
from bot.privacy.model import Holding, Kind

SERVER_GRACE = timedelta(days=7)
"""How long a server's data outlives the removal of the bot, so that a rejoin loses nothing."""

Erasing = Callable[[Transaction, int, datetime], Awaitable[None]]
"""Ends what a person has under way with others, before all that is theirs is deleted."""

Keeping = Callable[[Reading], Awaitable[None]]
"""Puts a server's rows elsewhere, before they are deleted."""

ERASED, SERVER_ERASED = "privacy.erased", "privacy.server_erased"
SERVER_LEFT, SERVER_RETURNED = "privacy.server_left", "privacy.server_returned"
"""What a restore does again, in the journal's words; processes tell each other of the first two."""

Export = dict[str, list[dict[str, object]]]
Receipt = dict[str, int]
"""Rows by table."""


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
        database.line.hear(SERVER_ERASED, self._erased_elsewhere)

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

    @property
    def set_up(self) -> tuple[Holding, ...]:
        """The tables that hold what a server itself sets up, in rows that name nobody.

        Their words are `privacy.server.<table>`.
        """
        return tuple(
            holding
            for holding in self._holdings
            if holding.server is not None and holding.kind is not Kind.ABOUT and not holding.working
        )

    async def export(self, user_id: int) -> Export:
        """Everything that is a person's own, by table. What others hold about them is not in it."""
        found: Export = {}
        async with self._database.read() as read:
            for holding in self._own():
                rows = [_columns(row) for row in await store.rows_of_person(read, holding, user_id)]
                if holding.shown is not None:
                    rows = [holding.shown(row) for row in rows]
                if rows:
                    found.setdefault(holding.name, []).extend(rows)
        for name in {holding.shown_as for holding in self._own() if holding.shown_as} & set(found):
            # Their order would tell from which table each of them is.
            found[name].sort(key=lambda row: [str(value) for value in row.values()])
        return found

    async def export_server(self, server_id: int) -> Export:
        """Everything that a server itself has set up, by table; no row of it names a person."""
        found: Export = {}
        async with self._database.read() as read:
            for holding in self.set_up:
                rows = await store.rows_of_server(read, holding, server_id)
                if rows:
                    kept = found.setdefault(holding.table, [])
                    kept += [_columns(row) for row in rows]
        return found

    async def erase(self, user_id: int) -> Receipt:
        """Delete everything that is a person's own, at once; gives how many rows by table."""
        async with self._database.transaction() as tx:
            return await self._erase_person(tx, user_id)

    async def erase_server(self, server_id: int, *, first: Keeping | None = None) -> Receipt:
        """Delete everything of a server, its members' rows too; gives how many rows by table.

        `first` sees them in the same transaction, before they go; when it raises, they stay.
        """
        try:
            async with self._database.transaction() as tx:
                if first is not None:
                    await first(tx)
                return await self._erase_server(tx, server_id)
        finally:
            # Also when this was cancelled: by then it may have been committed.
            self._tell_listeners(server_id)

    async def make_room(self, tx: Transaction, server_id: int) -> bool:
        """Delete the bot's own workings of a server, where nothing else is kept of it.

        Gives whether nothing is; when something is, all stays. For what is put there in the same
        transaction, so nobody is told and no restore does it again.
        """
        workings: list[Holding] = []
        for holding in self._holdings:
            if holding.working:
                workings.append(holding)
            elif holding.server is not None and server_id in await store.servers(tx, holding):
                return False
        for holding in workings:
            await store.erase_server(tx, holding, server_id)
        return True

    async def server_left(self, server_id: int) -> None:
        """The bot was removed from a server: its data goes after the grace."""
        async with self._database.transaction() as tx:
            if await store.note_departure(tx, server_id, self._clock()):
                journal.record(tx, SERVER_LEFT, server=server_id)

    async def server_returned(self, server_id: int) -> None:
        """The bot is in a server, so nothing of it is due for erasure."""
        async with self._database.transaction() as tx:
            await self._returned(tx, server_id)

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
                await self._returned(tx, server_id)
            kept = await self._servers(tx)
        return sorted(kept - departed - here)

    async def servers(self) -> list[int]:
        """Every server that anything is kept of."""
        async with self._database.read() as read:
            return sorted(await self._servers(read))

    def replay_with(self, replays: Replays) -> None:
        """Do again, after a restore, what was erased and left since the backup."""

        async def erased(tx: Transaction, entry: Entry) -> None:
            await self._erase_person(tx, int(entry.facts["user"]))

        async def server_erased(tx: Transaction, entry: Entry) -> None:
            await self._erase_server(tx, int(entry.facts["server"]))

        async def server_left(tx: Transaction, entry: Entry) -> None:
            await store.note_departure(tx, int(entry.facts["server"]), entry.at)

        async def server_returned(tx: Transaction, entry: Entry) -> None:
            await store.clear_departure(tx, int(entry.facts["server"]))

        replays.on(ERASED, erased)
        replays.on(SERVER_ERASED, server_erased)
        replays.on(SERVER_LEFT, server_left)
        replays.on(SERVER_RETURNED, server_returned)

    async def erase_everybody(self) -> int:
        """Delete every row that is some person's own; gives how many.

        For a restore whose journal is lost: nobody knows then who left since, so nobody is kept.
        """
        own = self._own()
        async with self._database.transaction() as tx:
            people = {one for holding in own for one in await store.people(tx, holding)}
            await self._end(tx, sorted(people))
            return sum([await store.erase_everybody(tx, holding) for holding in own])

    async def _end(self, tx: Transaction, people: Iterable[int]) -> None:
        now = self._clock()
        for user_id in people:
            for erasing in self._erasings:
                await erasing(tx, user_id, now)

    async def _erase_person(self, tx: Transaction, user_id: int) -> Receipt:
        receipt: Receipt = {}
        await self._end(tx, [user_id])
        for holding in self._own():
            count = await store.erase_person(tx, holding, user_id)
            if count:
                receipt[holding.name] = receipt.get(holding.name, 0) + count
        tx.tell(ERASED, user_id)
        journal.record(tx, ERASED, user=user_id)
        return receipt

    async def _erase_server(self, tx: Transaction, server_id: int) -> Receipt:
        receipt: Receipt = {}
        for holding in self._holdings:
            if holding.server is not None:
                count = await store.erase_server(tx, holding, server_id)
                if count:
                    receipt[holding.table] = receipt.get(holding.table, 0) + count
        await store.clear_departure(tx, server_id)
        tx.tell(SERVER_ERASED, server_id)
        journal.record(tx, SERVER_ERASED, server=server_id)
        return receipt

    async def _servers(self, read: Reading) -> set[int]:
        kept: set[int] = set()
        for holding in self._holdings:
            if holding.server is not None:
                kept.update(await store.servers(read, holding))
        return kept

    async def _returned(self, tx: Transaction, server_id: int) -> None:
        if await store.clear_departure(tx, server_id):
            journal.record(tx, SERVER_RETURNED, server=server_id)

    def _tell_listeners(self, server_id: int) -> None:
        for listener in self._listeners:
            listener(server_id)

    def _erased_elsewhere(self, server_id: int | None) -> None:
        # None: the line was cut. What keeps anything that lasts is told so under its own topic.
        if server_id is not None:
            self._tell_listeners(server_id)

    def _own(self) -> list[Holding]:
        return [holding for holding in self._holdings if holding.kind is Kind.OWN]
