"""What each server shows in each language: indexed once, in memory until it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import logs, memory
from bot.content import DATA, Load, by_language, load_yaml
from bot.database import StoreError
from bot.shelf import Shelf
from cogs.faq import store
from cogs.faq.model import BASE, Entry, entries_for, parse
from cogs.faq.search import SHOWN, Document, Index, Result, Tongues, Understanding, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from bot.clock import Clock
    from bot.database import Database
    from cogs.faq.meanings_service import Meanings

_log = logs.get(__name__)

CONTENT = DATA / "content" / "faq"
"""What ships: one file a language."""

SHELF_DOCUMENTS = 1_500
"""Entries indexed at once, over all servers: about 25 servers with their own, in some 25 MB."""
SHELF_SERVERS = 5_000
"""Servers remembered at once."""
PLAIN_SERVERS = 20_000
"""Servers of which it is remembered that they show what ships, some 40 bytes each."""
UNUSED = timedelta(minutes=30)
"""After this long without a question an index is dropped."""

STORE_PATIENCE_SECONDS = 1.0
"""How long the store may take before members are answered without it: Discord waits 3 s in all."""
STORE_REST = timedelta(seconds=10)
"""How long shipped entries answer alone after the store has failed, before it is asked again."""


MEANING_PATIENCE_SECONDS = 1.0
"""How long questions wait for what entries mean, from when that is begun to be read. After that,
and for all else, the words of the entries are enough."""

Shipped = Mapping[str, tuple[Entry, ...]]
Key = tuple[int | None, str]
"""A server, or None for what ships, and a language."""


def shipped_entries(folder: Path = CONTENT, *, load: Load = load_yaml) -> Shipped:
    """Read what ships, by language; raises ContentError."""
    return {
        language: parse(document.data, language, document.error)
        for language, document in by_language(folder, load)
    }


@dataclass(frozen=True, slots=True)
class Catalog:
    """What one server shows in one language, ready to be asked."""

    entries: Mapping[str, Entry]
    hidden: frozenset[str]
    index: Index

    @classmethod
    def of(
        cls,
        entries: Sequence[Entry],
        hidden: frozenset[str] = frozenset(),
        understanding: Understanding | None = None,
    ) -> Catalog:
        """Index entries. Takes a while: in a worker thread only."""
        index = Index(documents_of(entries), understanding)
        memory.give_back()
        return cls({entry.id: entry for entry in entries}, hidden, index)

    async def ask(self, text: str, language: str) -> Result:
        """Ask the index a question in a language, which need not be the catalog's.

        At once by words, in a worker thread where meaning counts.
        """
        if self.index.understands:
            return await asyncio.to_thread(self.index.ask, text, SHOWN, language)
        return self.index.ask(text)

    def near(self, text: str, limit: int) -> tuple[Entry, ...]:
        """Give the entries that are nearest to a text, those worth a look only.

        Takes a while where meaning counts: in a worker thread only.
        """
        result = self.index.ask(text, limit)
        if result.verdict is Verdict.NOTHING:
            return ()
        return tuple(self.entries[hit.id] for hit in result.hits)


def documents_of(entries: Iterable[Entry]) -> list[Document]:
    """Give entries as the search reads them."""
    return [
        Document(entry.id, entry.question, entry.phrasings, entry.answer, entry.language)
        for entry in entries
    ]


class Catalogs:
    """Gives what a server shows in a language, from memory where it can."""

    def __init__(
        self,
        shipped: Shipped,
        database: Database,
        clock: Clock,
        *,
        documents: int = SHELF_DOCUMENTS,
        patience: float = STORE_PATIENCE_SECONDS,
        meanings: Meanings | None = None,
    ) -> None:
        self.shipped = shipped
        self._database = database
        self._clock = clock
        self._patience = patience
        self._meanings = meanings
        self._learning: dict[Key, tuple[asyncio.Task[None], float]] = {}
        """Who reads just now what entries mean, and the loop's time until which questions wait."""
        self._shelf: Shelf[Key, Catalog] = Shelf(
            most=SHELF_SERVERS, weight=documents, unused=UNUSED
        )
        self._plain: set[int] = set()
        """Servers that neither added nor hid anything: they share the shipped index."""
        self._building: dict[Key, asyncio.Task[Catalog]] = {}
        self._ask_store_from = clock()
        database.line.hear(store.TOPIC, self.forget)
        self._tongues: Tongues | None = None

    @property
    def indexed(self) -> int:
        """Entries indexed in memory now, those of every server together."""
        return self._shelf.weight

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are shipped entries in."""
        return tuple(self.shipped)

    def language(self, *wanted: str | None) -> str:
        """Give the first wanted language that has entries, exactly or by its language."""
        for locale in wanted:
            for candidate in (locale, locale.split("-")[0]) if locale else ():
                if candidate in self.shipped:
                    return candidate
        return BASE

    async def spoken(self, text: str, locale: str) -> str:
        """Give the language that a text is in: by its words, else that of a `locale`."""
        if self._tongues is None:
            every = [entry for entries in self.shipped.values() for entry in entries]
            self._tongues = await asyncio.to_thread(Tongues, documents_of(every))
        spoken = locale if locale in self.shipped else locale.split("-")[0]
        return self._tongues.of(text, otherwise=spoken)

    def is_shipped(self, entry_id: str) -> bool:
        """Tell whether an entry ships, in whatever language."""
        return any(e.id == entry_id for entries in self.shipped.values() for e in entries)

    def is_ready(self, server_id: int | None, language: str) -> bool:
        """Tell whether an answer can be given at once, with nothing to read or build first."""
        key = self._key(server_id, language)
        return key in self._shelf and not self._patience_left(key)

    async def get(self, server_id: int | None, language: str) -> Catalog:
        """Give what a server shows; whoever asks at the same time waits for the same building.

        While the store cannot say, what ships.
        """
        key = self._key(server_id, self.language(language))
        found = self._shelf.get(key, self._clock())
        if found is not None:
            return found
        task = self._building.get(key)
        if task is None:
            task = asyncio.create_task(self._build(*key), name="faq index")
            self._building[key] = task
            task.add_done_callback(lambda done: self._built(key, done))
        # Whoever waits may give up; the others, and the shelf, still get what is being built.
        return await asyncio.shield(task)

    async def to_ask(self, server_id: int | None, language: str) -> Catalog:
        """Give the same for a question, which waits a moment where meaning is just being read."""
        catalog = await self.get(server_id, language)
        key = self._key(server_id, self.language(language))
        left = self._patience_left(key)
        if not left:
            return catalog
        await asyncio.wait({self._learning[key][0]}, timeout=left)
        return await self.get(server_id, language)

    def _key(self, server_id: int | None, language: str) -> Key:
        return None if server_id in self._plain else server_id, language

    def _patience_left(self, key: Key) -> float:
        """For how many seconds a question still waits for what entries mean."""
        learning = self._learning.get(key)
        return max(learning[1] - asyncio.get_running_loop().time(), 0) if learning else 0

    def forget(self, server_id: int | None) -> None:
        """Drop what is in memory of a server, or of all of them.

        One that is being built meanwhile still answers who waits for it, and is not kept: it may
        have read what was there before.
        """

        def is_meant(one: int | None) -> bool:
            # What ships, under None, changes with the code alone.
            return one is not None and server_id in (None, one)

        self._shelf.drop(lambda key: is_meant(key[0]))
        self._plain = {one for one in self._plain if not is_meant(one)}
        for key in [key for key in self._building if is_meant(key[0])]:
            del self._building[key]

    def tidy(self) -> None:
        """Drop what nobody has used for a while, also when nobody asks anything any more."""
        self._shelf.drop_unused(self._clock())

    def _built(self, key: Key, task: asyncio.Task[Catalog]) -> None:
        if self._building.get(key) is task:
            del self._building[key]
        if not task.cancelled():
            # Looked at here, so that asyncio does not complain where nobody waits any more.
            task.exception()

    async def _build(self, server_id: int | None, language: str) -> Catalog:
        if server_id is None:
            return await self._index((None, language), entries_for(self.shipped, language))
        try:
            own, hidden = await self._own(server_id)
        except (StoreError, TimeoutError) as error:
            _log.warning("faq_without_store", error=logs.describe(error))
            self._ask_store_from = self._clock() + STORE_REST
            return await self.get(None, language)
        if own is None:
            return await self.get(None, language)
        if not own and not hidden:
            if self._is_current((server_id, language)):
                if len(self._plain) >= PLAIN_SERVERS:
                    # Each is asked for once more; which of them were used last is not worth more.
                    self._plain.clear()
                self._plain.add(server_id)
            return await self.get(None, language)
        entries = entries_for(self.shipped, language, own, hidden)
        return await self._index((server_id, language), entries, hidden)

    async def _index(
        self, key: Key, entries: Sequence[Entry], hidden: frozenset[str] = frozenset()
    ) -> Catalog:
        catalog = await asyncio.to_thread(Catalog.of, entries, hidden)
        self._keep(key, catalog, len(entries))
        if self._meanings is not None and self._meanings.wanted:
            task = asyncio.create_task(
                self._learn(key, catalog, self._meanings), name="faq meanings"
            )
            until = asyncio.get_running_loop().time() + MEANING_PATIENCE_SECONDS
            self._learning[key] = task, until
            task.add_done_callback(lambda done: self._learned(key, done))
        return catalog

    async def _learn(self, key: Key, catalog: Catalog, meanings: Meanings) -> None:
        """Put a catalog that knows what its entries mean in the place of one that does not."""
        entries = tuple(catalog.entries.values())
        own = documents_of(entry for entry in entries if entry.own)
        understood = await meanings.of(key[0], documents_of(entries), own)
        if understood is None:
            return
        better = await asyncio.to_thread(Catalog.of, entries, catalog.hidden, understood)
        # It may have been dropped meanwhile, because its entries have changed.
        if self._shelf.get(key, self._clock()) is catalog:
            self._shelf.put(key, better, len(entries), self._clock())

    def _learned(self, key: Key, task: asyncio.Task[None]) -> None:
        # Another may have begun since, of entries that were changed.
        if self._learning.get(key, (None, 0))[0] is task:
            del self._learning[key]

    async def _own(self, server_id: int) -> tuple[tuple[Entry, ...] | None, frozenset[str]]:
        """Read what a server has of its own; None while the store rests after a failure."""
        if self._clock() < self._ask_store_from:
            return None, frozenset()
        async with asyncio.timeout(self._patience), self._database.read() as read:
            return await store.entries(read, server_id), await store.hidden(read, server_id)

    def _keep(self, key: Key, catalog: Catalog, weight: int) -> None:
        if self._is_current(key):
            self._shelf.put(key, catalog, weight, self._clock())

    def _is_current(self, key: Key) -> bool:
        # An edit since the build began has taken the task off the list: what it read is old.
        return self._building.get(key) is asyncio.current_task()
