"""Offers the setup once to a server, and remembers how far its moderators have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.database import Database, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, State, Timer
from bot.privacy import Holding
from cogs.manage import setup_store as store

HOLDING = Holding(table="setup_servers", working=True)

OFFER = "setup.offer"
"""The kind of the promise to offer the setup."""

OFFER_GRACE = timedelta(hours=1)
"""How late the setup is still offered: by then they have gone on to something else."""


class Setups:
    """How far each server has come."""

    def __init__(self, database: Database, clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake

    async def offer(self, server_id: int, channel_id: int, language: str) -> None:
        """Promise to offer it in this channel, unless it was ever offered or begun there."""
        now = self._clock()
        async with self._database.transaction() as tx:
            if await store.add_offer(tx, server_id, now):
                draft = Draft(
                    OFFER, str(server_id), server_id, channel_id, language, now, now + OFFER_GRACE
                )
                await jobs.add_messages(tx, [draft])
        self._wake()

    async def step(self, server_id: int) -> str:
        """Give the page that was last shown; empty before the first."""
        async with self._database.read() as read:
            return await store.step(read, server_id)

    async def turn_to(self, server_id: int, name: str) -> None:
        """Remember the page that is shown now, for all moderators of the server."""
        async with self._database.transaction() as tx:
            if await store.step(tx, server_id) != name:
                await store.set_step(tx, server_id, name)

    # The promise to offer it: bot.jobs.runner.Promises

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Nothing: it is promised as the bot joins, without a timer."""
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Offer it to nobody who has begun by themselves."""
        return {
            message.id: "begun" for message in messages if await store.step(tx, message.server_id)
        }

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Nothing more: where it could not be posted, /setup is there all the same."""
