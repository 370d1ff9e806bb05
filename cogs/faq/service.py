"""What members can do with the FAQ: ask, choose a suggestion, browse."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import logs
from bot.database import StoreError
from bot.errors import UserError
from cogs.faq.model import OWN, RELATED_LIMIT, TOPICS, Entry
from cogs.faq.search import Verdict
from cogs.faq.settings import CHANNELS, ENABLED

if TYPE_CHECKING:
    from bot.settings.service import Settings
    from cogs.faq.catalogs_service import Catalog, Catalogs

_log = logs.get(__name__)

TOKEN = "id:"  # noqa: S105 - no secret: what a chosen suggestion is sent as
"""How a chosen suggestion begins, which no question does."""

PERSON = "bot-talk-to-human"
"""The shipped entry on how to reach a person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question: the entry if it was found, and others worth a look."""

    verdict: Verdict
    entry: Entry | None
    near: tuple[Entry, ...]
    person: Entry | None = None
    """How to reach a person: offered wherever no answer was found."""
    others: tuple[Entry, ...] = ()
    """Where one was found: those that come next, in case it is not what was meant."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. `number` counts from 0."""

    entries: tuple[Entry, ...]
    number: int
    pages: int


class Faq:
    """Answers questions. Nothing about them is kept."""

    def __init__(self, catalogs: Catalogs, settings: Settings) -> None:
        self._catalogs = catalogs
        self._settings = settings

    async def require_open(self, server_id: int | None, places: Sequence[int]) -> None:
        """Refuse where moderators switched it off; `places` are the channel and what holds it.

        Raises UserError. While the store cannot say, everybody may ask.
        """
        if server_id is None:
            return
        try:
            enabled = await self._settings.get(server_id, ENABLED)
            channels = await self._settings.get(server_id, CHANNELS)
        except StoreError as error:
            _log.warning("faq_without_settings", error=logs.describe(error))
            return
        if not enabled:
            raise UserError("faq.off")
        if channels and not set(channels) & set(places):
            raise UserError("faq.elsewhere", channels=", ".join(f"<#{i}>" for i in channels))

    async def spoken(self, text: str, locale: str) -> str:
        """Give the language that a question is in, else that of who asks.

        The token of a suggestion is in none: who chose it has read the language they have.
        """
        return (
            locale if text.strip().startswith(TOKEN) else await self._catalogs.spoken(text, locale)
        )

    async def ask(
        self, server_id: int | None, language: str, text: str, spoken: str = ""
    ) -> Answer:
        """Answer a question, or the token of a chosen suggestion; raises UserError for a stale one.

        What is shown in `language` is searched; the question is in `spoken`, else in that language
        too. Nothing about it is kept.
        """
        if text.strip().startswith(TOKEN):
            catalog = await self._catalogs.get(server_id, language)
            wanted = text.strip().removeprefix(TOKEN)
            if wanted in catalog.entries or self._knew(wanted):
                entry = self._shown(catalog, wanted)
                return Answer(Verdict.FOUND, entry, self._related(catalog, entry))
        catalog = await self._catalogs.to_ask(server_id, language)
        return await self._answered(catalog, text, spoken or language)

    async def ask_words(self, server_id: int | None, language: str, text: str) -> Answer:
        """Answer words that somebody else wrote, whatever they look like. Nothing is kept."""
        catalog = await self._catalogs.to_ask(server_id, language)
        return await self._answered(catalog, text, await self._catalogs.spoken(text, language))

    async def _answered(self, catalog: Catalog, text: str, spoken: str) -> Answer:
        result = await catalog.ask(text, spoken)
        hits = tuple(catalog.entries[hit.id] for hit in result.hits)
        if result.verdict is Verdict.FOUND:
            related = self._related(catalog, hits[0])
            return Answer(Verdict.FOUND, hits[0], related, others=hits[1:])
        near = tuple(entry for entry in hits if entry.id != PERSON)
        return Answer(result.verdict, None, near, catalog.entries.get(PERSON))

    async def instead(
        self, server_id: int | None, language: str, entry_id: str, others: Sequence[str]
    ) -> Answer:
        """Give what else may have been meant: `others` came next, for words that are not kept.

        Without any, what resembles the entry itself.
        """
        catalog = await self._catalogs.get(server_id, language)
        near = [catalog.entries[i] for i in dict.fromkeys(others) if i in catalog.entries]
        entry = catalog.entries.get(entry_id)
        if not near and entry is not None:
            near = list(await asyncio.to_thread(catalog.near, entry.question, RELATED_LIMIT + 1))
        near = [found for found in near if found.id not in {entry_id, PERSON}]
        verdict = Verdict.NEARBY if near else Verdict.NOTHING
        return Answer(verdict, None, tuple(near), catalog.entries.get(PERSON))

    async def suggest(
        self, server_id: int | None, language: str, text: str, limit: int
    ) -> tuple[Entry, ...]:
        """Give what half-typed words may be heading for, the likeliest first."""
        catalog = await self._catalogs.get(server_id, language)
        return tuple(catalog.entries[i] for i in catalog.index.suggest(text, limit))

    async def entry(self, server_id: int | None, language: str, entry_id: str) -> Entry:
        """Give one entry that is shown here; raises UserError when it is not, or no longer."""
        return self._shown(await self._catalogs.get(server_id, language), entry_id)

    async def shown_of(
        self, server_id: int | None, language: str, ids: Sequence[str]
    ) -> tuple[Entry, ...]:
        """Give those of some entries that are shown here."""
        catalog = await self._catalogs.get(server_id, language)
        return tuple(catalog.entries[i] for i in ids if i in catalog.entries)

    async def related(
        self, server_id: int | None, language: str, entry: Entry
    ) -> tuple[Entry, ...]:
        """Give up to three entries that belong with this one, those shown here only."""
        return self._related(await self._catalogs.get(server_id, language), entry)

    async def topics(self, server_id: int | None, language: str) -> dict[str, int]:
        """Give the topics that have entries, in their order, with how many."""
        catalog = await self._catalogs.get(server_id, language)
        counted = Counter(entry.topic for entry in catalog.entries.values())
        return {topic: counted[topic] for topic in TOPICS if counted[topic]}

    async def browse(
        self, server_id: int | None, language: str, topic: str, number: int, size: int
    ) -> Page:
        """Give one page of a topic; a page that is no longer there becomes the last one."""
        catalog = await self._catalogs.get(server_id, language)
        return _page([e for e in catalog.entries.values() if e.topic == topic], number, size)

    def _knew(self, entry_id: str) -> bool:
        return entry_id.startswith(OWN) or self._catalogs.is_shipped(entry_id)

    @staticmethod
    def _shown(catalog: Catalog, entry_id: str) -> Entry:
        entry = catalog.entries.get(entry_id)
        if entry is None:
            raise UserError("faq.gone")
        return entry

    @staticmethod
    def _related(catalog: Catalog, entry: Entry) -> tuple[Entry, ...]:
        named = (catalog.entries.get(i) for i in entry.related)
        return tuple(found for found in named if found is not None)[:RELATED_LIMIT]


def _page(entries: Sequence[Entry], number: int, size: int) -> Page:
    pages = max(1, -(-len(entries) // size))
    number = min(max(number, 0), pages - 1)
    return Page(tuple(entries[number * size : (number + 1) * size]), number, pages)
