"""Raising notices, and keeping the promise that moderators come to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from bot import audit
from bot.clock import Clock
from bot.database import Database, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, State, Timer
from bot.notices import store
from bot.notices.model import KIND, POST_GRACE, Notice
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.service import Settings

SHOWN = 5
"""Notices on the panel at once."""


class Notices:
    """What the moderators of all servers must know."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._leads: dict[str, str] = {}

    def lead(self, key: str, action: str) -> None:
        """Give the notices of a key a button to what they speak of; it checks who taps it."""
        self._leads[key] = action

    def lead_of(self, key: str) -> str | None:
        """Give the action of that button, if there is one."""
        return self._leads.get(key)

    async def raise_notice(
        self,
        tx: Transaction,
        server_id: int,
        key: str,
        subject: str,
        now: datetime,
        **params: str | int,
    ) -> None:
        """Tell moderators, unless the same is open already: in their channel, else on the panel."""
        notice = Notice(uuid4().hex, server_id, key, subject, params, now)
        if not await store.add_notice(tx, notice):
            return
        for channel_id in await self._settings.get(server_id, NOTICE_CHANNEL):
            draft = Draft(KIND, notice.id, server_id, channel_id, "", now, now + POST_GRACE)
            await jobs.add_messages(tx, [draft])

    async def close(self, tx: Transaction, server_id: int, subject: str, now: datetime) -> None:
        """Close what is open about a subject, because it has been dealt with."""
        await store.close(tx, server_id, subject, now)

    async def open_in(self, server_id: int) -> tuple[Notice, ...]:
        """Give the newest notices that nobody has seen to."""
        async with self._database.read() as read:
            return await store.open_notices(read, server_id, SHOWN)

    async def notice(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        async with self._database.read() as read:
            return await store.notice(read, notice_id)

    async def see(self, server_id: int, notice_id: str, *, by: int) -> None:
        """Take a notice off the panel for all moderators, because one of them has seen to it."""
        now = self._clock()
        async with self._database.transaction() as tx:
            notice = await store.notice(tx, notice_id)
            if notice is not None and await store.mark_seen(tx, server_id, notice_id, now):
                about = notice.key.replace("_", " ")
                line = audit.Line.of(server_id, by, now, "notices.seen", about)
                await audit.record(tx, line)

    # The promise to post: bot.jobs.runner.Promises

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Nothing: a notice is promised at the moment it is raised, without a timer."""
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Post each unless it has been dealt with meanwhile."""
        reasons: dict[str, str] = {}
        for message in messages:
            notice = await store.notice(tx, message.subject)
            if notice is None or notice.seen_at is not None:
                reasons[message.id] = "seen"
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Nothing more: where it could not be posted, it stands on the panel all the same."""
