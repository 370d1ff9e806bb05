"""Counting, and telling what may be told of it."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b

from bot.clock import Clock
from bot.counting import store
from bot.counting.model import (
    LEAST,
    Figures,
    Speed,
    What,
    by_kind,
    figures_of,
    first_whole_month,
    month_of,
    months_told,
    speed_of,
)
from bot.counting.settings import ENABLED
from bot.database import Database, StoreError, Transaction
from bot.pace import Limit, Pace
from bot.settings.core import ZONE
from bot.settings.service import Settings

ONCE = Limit(1, timedelta(days=1))
"""How often one person counts for one kind of use of the FAQ."""

REMEMBERED = 10_000
"""Numbers of all servers for which it is remembered at once who is behind them."""

_SPEEDS = "speeds"


@dataclass(frozen=True, slots=True)
class Overview:
    """What is told of a server: `months` that are over, the earliest first."""

    first: date
    """The month with which counting began, or will begin."""
    months: tuple[Figures, ...]


class Counting:
    """The one door to the counts. Ids that it is given are never stored."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._different = _Different()
        self._once = Pace(ONCE)

    # Counting

    async def note(
        self, tx: Transaction, server_id: int, what: What, now: datetime, *people: int
    ) -> None:
        """Count one more in the transaction in which it happens, where moderators switched it on.

        `people` are those whose doing it is.
        """
        await self._add(tx, server_id, what, what, now, people)

    async def note_round(self, tx: Transaction, server_id: int, now: datetime, size: int) -> None:
        """Count a pairing round that brings `size` people together, if those are five or more."""
        if size >= LEAST and await self._settings.get(server_id, ENABLED):
            month = await self._month(server_id, now)
            await store.add(tx, server_id, month, What.ROUNDS, five=True)

    async def note_company(
        self,
        tx: Transaction,
        server_id: int,
        now: datetime,
        *,
        asker: int,
        supporter: int,
        waited: timedelta,
    ) -> None:
        """Count a request that somebody came to, and how soon."""
        await self._add(tx, server_id, What.ANSWERED, What.ANSWERED, now, [asker])
        speed = speed_of(waited)
        await self._add(tx, server_id, speed, _SPEEDS, now, [supporter])

    async def count(self, server_id: int | None, what: What, person: int) -> None:
        """Count one more in a transaction of its own, once a person and day.

        Raises StoreError; then nothing was counted.
        """
        if server_id is None or not await self._settings.get(server_id, ENABLED):
            return
        now = self._clock()
        key = hash((server_id, person, what))
        if self._once.take(key, now):
            return
        try:
            async with self._database.transaction() as tx:
                await self.note(tx, server_id, what, now, person)
        except StoreError:
            self._once.give_back(key)
            raise

    async def _add(
        self,
        tx: Transaction,
        server_id: int,
        what: What | Speed,
        group: str,
        now: datetime,
        people: Collection[int],
    ) -> None:
        if not await self._settings.get(server_id, ENABLED):
            return
        month = await self._month(server_id, now)
        # Should the transaction fail after this, somebody was seen who does not count. They are
        # the rare one of five, and meant to.
        five = self._different.saw(server_id, month, group, people)
        await store.add(tx, server_id, month, what, five=five)

    async def _month(self, server_id: int, now: datetime) -> date:
        return month_of(now, await self._settings.get(server_id, ZONE))

    # Switching

    async def switched(self, tx: Transaction, server_id: int, on: bool) -> None:
        """Begin with the next month, or delete what there is."""
        self._different.forget(server_id)
        if on:
            await store.begin(tx, server_id, first_whole_month(self._clock()))
        else:
            await store.forget(tx, server_id)

    # Telling

    async def is_on(self, server_id: int | None) -> bool:
        """Whether counts are kept of a server."""
        return server_id is not None and await self._settings.get(server_id, ENABLED)

    async def overview(self, server_id: int) -> Overview | None:
        """Give what may be told of a server; None where it is switched off."""
        async with self._database.read() as read:
            first = await store.first_month(read, server_id)
            counted = await store.counts(read, server_id)
        if first is None:
            return None
        months = months_told(first, self._clock())
        return Overview(
            first, tuple(figures_of(month, *by_kind(counted.get(month, ()))) for month in months)
        )


class _Different:
    """Notices when five different people are behind a number, and remembers no more of them."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._seen: OrderedDict[tuple[int, date, str], set[bytes]] = OrderedDict()

    def saw(self, server_id: int, month: date, group: str, people: Collection[int]) -> bool:
        """Tell whether, with these people, five different ones are behind a number."""
        key = server_id, month, group
        seen = self._seen.pop(key, set[bytes]())
        told = {
            blake2b(f"{server_id}.{person}".encode(), digest_size=8, key=self._key).digest()
            for person in people
        }
        if len(seen | told) >= LEAST:
            # The store knows it from now on: who they were is not needed any more.
            return True
        self._seen[key] = seen | told
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def forget(self, server_id: int) -> None:
        """Let go of what is remembered of a server."""
        for key in [key for key in self._seen if key[0] == server_id]:
            del self._seen[key]
