"""Looking through what a server shows, away from what members wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from bot import memory
from cogs.faq import store
from cogs.faq.catalogs_service import documents_of
from cogs.faq.model import entries_for
from cogs.faq.review import Finding, review

if TYPE_CHECKING:
    from bot.database import Database
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.meanings_service import Meanings


class Reviews:
    """Reviews one server at a time: each takes seconds of what all servers share."""

    def __init__(
        self, catalogs: Catalogs, database: Database, meanings: Meanings | None = None
    ) -> None:
        self._catalogs = catalogs
        self._database = database
        self._meanings = meanings
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
            understood = None
            if self._meanings is not None:
                understood = await self._meanings.of(
                    server_id, documents_of(entries), documents_of(own)
                )
            vectors = understood.vectors if understood is not None else None
            try:
                return await asyncio.to_thread(review, entries, commands, vectors)
            finally:
                memory.give_back()
