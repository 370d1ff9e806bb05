"""Looking through what a server shows, away from what members wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from bot import memory
from cogs.faq import store
from cogs.faq.model import entries_for
from cogs.faq.review import Finding, review

if TYPE_CHECKING:
    from bot.database import Database
    from cogs.faq.catalogs_service import Catalogs


class Reviews:
    """Reviews one server at a time: each takes seconds of what all servers share."""

    def __init__(self, catalogs: Catalogs, database: Database) -> None:
        self._catalogs = catalogs
        self._database = database
        self._one = asyncio.Lock()

    async def review(
        self, server_id: int, language: str, commands: Collection[str]
    ) -> tuple[Finding, ...]:
        """Give what may be mended, as the store has it now."""
        async with self._database.read() as read:
            own = await store.entries(read, server_id)
            hidden = await store.hidden(read, server_id)
        entries = entries_for(
            self._catalogs.shipped, self._catalogs.language(language), own, hidden
        )
        async with self._one:
            try:
                return await asyncio.to_thread(review, entries, commands)
            finally:
                memory.give_back()
