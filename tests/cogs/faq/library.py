"""The FAQ on a real store that can be watched, held back and switched off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.database import Database, StoreUnavailable
from bot.database.line import Alone
from bot.errors import UserError
from bot.settings.service import Settings
from cogs.faq.catalogs_service import Catalogs
from cogs.faq.entries_service import Entries
from cogs.faq.service import Faq
from cogs.faq.settings import CHANNELS, ENABLED
from tests.cogs.faq.samples import SHIPPED

SERVER, MODERATOR = 10, 20


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Watched:
    """The real store, which counts looks, and can hold one back after it has read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.line = Alone()
        self.looks = 0
        self.down = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.has_read = asyncio.Event()

    def transaction(self) -> Any:
        if self.down:
            raise StoreUnavailable("The store cannot be reached.")
        return self._database.transaction()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Any]:
        self.looks += 1
        if self.down:
            raise StoreUnavailable("The store cannot be reached.")
        async with self._database.read() as read:
            yield read
        self.has_read.set()
        await self.may_go_on.wait()


@dataclass(slots=True)
class Library:
    """The parts of the FAQ, wired as the feature does."""

    database: Database
    """The store, watched."""
    store: Watched
    clock: Time
    settings: Settings
    catalogs: Catalogs
    faq: Faq
    entries: Entries

    @classmethod
    def on(cls, database: Database, clock: Time, shipped: Any = SHIPPED, **how: Any) -> Library:
        """Wire it on a store."""
        watched: Any = Watched(database)
        settings = Settings(watched, clock)
        settings.declare(ENABLED)
        settings.declare(CHANNELS)
        catalogs = Catalogs(shipped, watched, clock, **how)
        entries = Entries(catalogs, watched, clock)
        return cls(watched, watched, clock, settings, catalogs, Faq(catalogs, settings), entries)

    async def found(self, text: str, server: int | None = SERVER, language: str = "en") -> str:
        """Ask, and give the question that was answered, or the verdict."""
        answer = await self.faq.ask(server, language, text)
        return answer.entry.question if answer.entry else answer.verdict.value

    async def shown(self, server: int | None = SERVER, language: str = "en") -> list[str]:
        """The ids of what a server shows."""
        return [entry.id for entry in await self.faq.suggest(server, language, "", 25)]


async def refusal(work: Any) -> str:
    """The key of what something is refused with."""
    with pytest.raises(UserError) as refused:
        await work
    return refused.value.key
