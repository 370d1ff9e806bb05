"""Whether answers help: counted by entry, without who said so, when, or what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.database import StoreError
from bot.pace import Limit, Pace
from cogs.faq import tallies_store as store
from cogs.faq.tallies import Told, told

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.database import Database
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.model import Entry

ONCE = Limit(1, timedelta(days=1))
"""How often one member counts for one entry."""


@dataclass(frozen=True, slots=True)
class Helpfulness:
    """An entry that is shown, and what can be told of how it helps."""

    entry: Entry
    told: Told


class Tallies:
    """Counts taps."""

    def __init__(self, catalogs: Catalogs, database: Database, clock: Clock) -> None:
        self._catalogs = catalogs
        self._database = database
        self._clock = clock
        self._pace = Pace(ONCE)

    async def count(self, server_id: int, person_id: int, entry: Entry, *, helped: bool) -> None:
        """Count a tap, unless this person was counted for this entry within a day.

        Who was counted is in this process's memory only, as a number made of person and entry.
        """
        key = hash((server_id, person_id, entry.id))
        if self._pace.take(key, self._clock()):
            return
        try:
            async with self._database.transaction() as tx:
                await store.count(tx, server_id, entry.id, helped=helped)
        except StoreError:
            self._pace.give_back(key)
            raise

    async def told(self, server_id: int, language: str) -> tuple[Helpfulness, ...]:
        """Give what can be told of the entries that are shown here, the worst first."""
        async with self._database.read() as read:
            counted = await store.tallies(read, server_id)
        shown = (await self._catalogs.get(server_id, language)).entries
        return tuple(
            Helpfulness(shown[one.entry_id], one) for one in told(counted) if one.entry_id in shown
        )
