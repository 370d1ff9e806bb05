"""What members and moderators can do with the FAQ."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from bot import audit, logs, memory
from bot.content import DATA, load_yaml
from bot.database import StoreError
from bot.errors import UserError
from bot.shelf import Shelf
from cogs.faq import store
from cogs.faq.model import (
    BASE,
    OWN,
    OWN_LIMIT,
    RELATED_LIMIT,
    TOPICS,
    Entry,
    Typed,
    entries_for,
    entry_from_form,
    parse,
)
from cogs.faq.search import Document, Index, Verdict
from cogs.faq.settings import CHANNELS, ENABLED

if TYPE_CHECKING:
    from pathlib import Path

    from bot.clock import Clock
    from bot.database import Database
    from bot.settings.service import Settings

_log = logs.get(__name__)

CONTENT = DATA / "content" / "faq"
"""What ships: one file a language."""

TOKEN = "id:"  # noqa: S105 - no secret: what a chosen suggestion is sent as
"""How a chosen suggestion begins, which no question does."""

PERSON = "bot-talk-to-human"
"""The shipped entry on how to reach a person."""

SHELF_DOCUMENTS = 1_500
"""Entries indexed at once, over all servers: about 25 servers with their own, in some 25 MB."""
SHELF_SERVERS = 5_000
"""Servers remembered at once."""
UNUSED = timedelta(minutes=30)
"""After this long without a question an index is dropped."""

STORE_PATIENCE_SECONDS = 1.0
"""How long the store may take before members are answered without it: Discord waits 3 s in all."""
STORE_REST = timedelta(seconds=10)
"""How long shipped entries answer alone after the store has failed, before it is asked again."""


Shipped = Mapping[str, tuple[Entry, ...]]


def shipped_entries(folder: Path = CONTENT) -> Shipped:
    """Read what ships, by language; raises ContentError."""
    found: dict[str, tuple[Entry, ...]] = {}
    for path in sorted(folder.glob("*.yaml")):
        document = load_yaml(path)
        found[path.stem] = parse(document.data, path.stem, document.error)
    return found


@dataclass(frozen=True, slots=True)
class Catalog:
    """What one server shows in one language, ready to be asked."""

    entries: Mapping[str, Entry]
    hidden: frozenset[str]
    index: Index

    @classmethod
    def of(cls, entries: Sequence[Entry], hidden: frozenset[str] = frozenset()) -> Catalog:
        """Index entries. Takes a while: in a worker thread only."""
        documents = [
            Document(entry.id, entry.question, entry.phrasings, entry.answer) for entry in entries
        ]
        index = Index(documents)
        memory.give_back()
        return cls({entry.id: entry for entry in entries}, hidden, index)

    def near(self, text: str, limit: int) -> tuple[Entry, ...]:
        """Give the entries that are nearest to a text, those worth a look only."""
        result = self.index.ask(text, limit)
        if result.verdict is Verdict.NOTHING:
            return ()
        return tuple(self.entries[hit.id] for hit in result.hits)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question: the entry if it was found, and others worth a look."""

    verdict: Verdict
    entry: Entry | None
    near: tuple[Entry, ...]
    person: Entry | None = None
    """How to reach a person: offered wherever no answer was found."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. `number` counts from 0."""

    entries: tuple[Entry, ...]
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a server made of the FAQ."""

    own: tuple[Entry, ...]
    hidden: tuple[Entry, ...]


class Faq:
    """Answers questions, and keeps what each server made of the shipped entries."""

    def __init__(
        self,
        shipped: Shipped,
        database: Database,
        settings: Settings,
        clock: Clock,
        *,
        documents: int = SHELF_DOCUMENTS,
        patience: float = STORE_PATIENCE_SECONDS,
    ) -> None:
        self._shipped = shipped
        self._database = database
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._shelf: Shelf[tuple[int | None, str], Catalog] = Shelf(
            most=SHELF_SERVERS, weight=documents, unused=UNUSED
        )
        self._plain: Shelf[int, bool] = Shelf(most=SHELF_SERVERS, weight=0, unused=UNUSED)
        """Servers that neither added nor hid anything: they share the shipped index."""
        self._building: dict[tuple[int | None, str], asyncio.Task[Catalog]] = {}
        self._ask_store_from = clock()

    @property
    def indexed(self) -> int:
        """Entries indexed in memory now, those of every server together."""
        return self._shelf.weight

    # Members

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are shipped entries in."""
        return tuple(self._shipped)

    def language(self, *wanted: str | None) -> str:
        """Give the first wanted language that has entries, exactly or by its language."""
        for locale in wanted:
            for candidate in (locale, locale.split("-")[0]) if locale else ():
                if candidate in self._shipped:
                    return candidate
        return BASE

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

    def is_ready(self, server_id: int | None, language: str) -> bool:
        """Tell whether an answer can be given at once, with nothing to read or build first."""
        shared = server_id is None or server_id in self._plain
        return (None if shared else server_id, language) in self._shelf

    async def ask(self, server_id: int | None, language: str, text: str) -> Answer:
        """Answer a question, or the token of a chosen suggestion; raises UserError for a stale one.

        Nothing about it is kept.
        """
        catalog = await self._catalog(server_id, language)
        wanted = text.strip().removeprefix(TOKEN)
        if text.strip().startswith(TOKEN) and (wanted in catalog.entries or self._knew(wanted)):
            entry = self._shown(catalog, wanted)
            return Answer(Verdict.FOUND, entry, self._related(catalog, entry))
        result = catalog.index.ask(text)
        hits = tuple(catalog.entries[hit.id] for hit in result.hits)
        if result.verdict is Verdict.FOUND:
            return Answer(Verdict.FOUND, hits[0], self._related(catalog, hits[0]))
        near = tuple(entry for entry in hits if entry.id != PERSON)
        return Answer(result.verdict, None, near, catalog.entries.get(PERSON))

    async def suggest(
        self, server_id: int | None, language: str, text: str, limit: int
    ) -> tuple[Entry, ...]:
        """Give what half-typed words may be heading for, the likeliest first."""
        catalog = await self._catalog(server_id, language)
        return tuple(catalog.entries[i] for i in catalog.index.suggest(text, limit))

    async def entry(self, server_id: int | None, language: str, entry_id: str) -> Entry:
        """Give one entry that is shown here; raises UserError when it is not, or no longer."""
        return self._shown(await self._catalog(server_id, language), entry_id)

    async def related(
        self, server_id: int | None, language: str, entry: Entry
    ) -> tuple[Entry, ...]:
        """Give up to three entries that belong with this one, those shown here only."""
        return self._related(await self._catalog(server_id, language), entry)

    async def topics(self, server_id: int | None, language: str) -> dict[str, int]:
        """Give the topics that have entries, in their order, with how many."""
        catalog = await self._catalog(server_id, language)
        counted = Counter(entry.topic for entry in catalog.entries.values())
        return {topic: counted[topic] for topic in TOPICS if counted[topic]}

    async def browse(
        self, server_id: int | None, language: str, topic: str, number: int, size: int
    ) -> Page:
        """Give one page of a topic; a page that is no longer there becomes the last one."""
        catalog = await self._catalog(server_id, language)
        return _page([e for e in catalog.entries.values() if e.topic == topic], number, size)

    def _knew(self, entry_id: str) -> bool:
        return entry_id.startswith(OWN) or self._is_shipped(entry_id)

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

    # Moderators

    async def kept(self, server_id: int, language: str) -> Kept:
        """Give what a server added and hid, as the store has it now."""
        async with self._database.read() as read:
            own = await store.entries(read, server_id)
            hidden = await store.hidden(read, server_id)
        shipped = entries_for(self._shipped, language)
        return Kept(own, tuple(entry for entry in shipped if entry.id in hidden))

    async def suggest_own(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give entries that the server added and half-typed words may mean."""
        catalog = await self._catalog(server_id, language)
        return _matching((e for e in catalog.entries.values() if e.own), text)

    async def suggest_shipped(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give shipped entries that are shown here and half-typed words may mean."""
        catalog = await self._catalog(server_id, language)
        return _matching((e for e in catalog.entries.values() if not e.own), text)

    async def suggest_hidden(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give hidden entries that half-typed words may mean."""
        catalog = await self._catalog(server_id, language)
        shipped = entries_for(self._shipped, self.language(language))
        return _matching((e for e in shipped if e.id in catalog.hidden), text)

    async def own_entry(self, server_id: int, entry_id: str) -> Entry:
        """Give an entry that the server added; raises UserError for any other."""
        async with self._database.read() as read:
            found = await store.entry(read, server_id, entry_id)
        if found is None:
            shipped = self._is_shipped(entry_id)
            raise UserError("faq.refused.shipped" if shipped else "faq.refused.unknown")
        return found

    async def similar(self, server_id: int, language: str, entry: Entry) -> tuple[Entry, ...]:
        """Give entries that already answer something like it."""
        catalog = await self._catalog(server_id, language)
        near = catalog.near(entry.question, RELATED_LIMIT + 1)
        return tuple(found for found in near if found.id != entry.id)[:RELATED_LIMIT]

    def check(self, typed: Typed, language: str) -> Entry:
        """Give what would be saved; raises UserError for what shipped content is refused for."""
        return entry_from_form(typed, entry_id=f"{OWN}preview", language=self.language(language))

    async def add(self, server_id: int, language: str, typed: Typed, *, by: int) -> Entry:
        """Add an entry; raises UserError when it is refused."""
        draft = entry_from_form(
            typed, entry_id=f"{OWN}{uuid4().hex[:12]}", language=self.language(language)
        )
        related = tuple(e.id for e in await self.similar(server_id, draft.language, draft))
        try:
            async with self._database.transaction() as tx:
                revision = await store.advance_revision(tx, server_id)
                if len(await store.entries(tx, server_id)) >= OWN_LIMIT:
                    raise UserError("faq.refused.too_many", limit=OWN_LIMIT)
                entry = replace(draft, related=related, revision=revision)
                await store.put_entry(tx, server_id, entry, self._clock())
                await self._record(tx, server_id, by, "add", entry, None, entry)
        finally:
            self.forget(server_id)
        return entry

    async def edit(
        self, server_id: int, entry_id: str, typed: Typed, *, seen: int, by: int
    ) -> Entry:
        """Change an entry that the moderator saw at revision `seen`.

        Raises UserError when it is refused, gone, or was changed by somebody else since.
        """
        async with self._database.read() as read:
            before = await store.entry(read, server_id, entry_id)
        if before is None:
            raise UserError("faq.refused.gone_meanwhile")
        draft = entry_from_form(typed, entry_id=entry_id, language=before.language)
        related = tuple(e.id for e in await self.similar(server_id, draft.language, draft))
        try:
            async with self._database.transaction() as tx:
                revision = await store.advance_revision(tx, server_id)
                current = await store.entry(tx, server_id, entry_id)
                if current is None:
                    raise UserError("faq.refused.gone_meanwhile")
                if current.revision != seen:
                    raise UserError("faq.refused.changed_meanwhile")
                entry = replace(draft, related=related, revision=revision)
                await store.put_entry(tx, server_id, entry, self._clock())
                await self._record(tx, server_id, by, "edit", entry, current, entry)
        finally:
            self.forget(server_id)
        return entry

    async def remove(self, server_id: int, entry_id: str, *, seen: int, by: int) -> Entry:
        """Delete an entry that the moderator saw at revision `seen`; raises UserError as `edit`."""
        try:
            async with self._database.transaction() as tx:
                await store.advance_revision(tx, server_id)
                current = await store.entry(tx, server_id, entry_id)
                if current is None:
                    raise UserError("faq.refused.unknown")
                if current.revision != seen:
                    raise UserError("faq.refused.remove_changed")
                await store.delete_entry(tx, server_id, entry_id)
                await self._record(tx, server_id, by, "remove", current, current, None)
        finally:
            self.forget(server_id)
        return current

    async def hide(self, server_id: int, entry_id: str, language: str, *, by: int) -> Entry:
        """Stop showing a shipped entry here; raises UserError for one that is not shipped."""
        entry = self._shipped_entry(entry_id, language)
        try:
            async with self._database.transaction() as tx:
                await store.advance_revision(tx, server_id)
                if await store.hide(tx, server_id, entry_id):
                    await self._record(tx, server_id, by, "hide", entry, None, None)
        finally:
            self.forget(server_id)
        return entry

    async def restore(self, server_id: int, entry_id: str, language: str, *, by: int) -> Entry:
        """Show a hidden entry again; raises UserError for one that is not shipped."""
        entry = self._shipped_entry(entry_id, language)
        try:
            async with self._database.transaction() as tx:
                await store.advance_revision(tx, server_id)
                if await store.unhide(tx, server_id, entry_id):
                    await self._record(tx, server_id, by, "restore", entry, None, None)
        finally:
            self.forget(server_id)
        return entry

    def _is_shipped(self, entry_id: str) -> bool:
        return any(e.id == entry_id for entries in self._shipped.values() for e in entries)

    def _shipped_entry(self, entry_id: str, language: str) -> Entry:
        for entry in entries_for(self._shipped, self.language(language)):
            if entry.id == entry_id:
                return entry
        own = entry_id.startswith(OWN)
        raise UserError("faq.refused.own" if own else "faq.refused.unknown")

    async def _record(
        self,
        tx: store.Transaction,
        server_id: int,
        by: int,
        verb: str,
        entry: Entry,
        before: Entry | None,
        after: Entry | None,
    ) -> None:
        line = audit.Line.of(
            server_id,
            by,
            self._clock(),
            f"faq.{verb}",
            entry.question,
            _told(before),
            _told(after),
        )
        await audit.record(tx, line)

    # Indexes

    def forget(self, server_id: int) -> None:
        """Drop what is in memory of a server.

        One that is being built meanwhile still answers who waits for it, and is not kept: it may
        have read what was there before.
        """
        self._shelf.drop(lambda key: key[0] == server_id)
        self._plain.drop(lambda key: key == server_id)
        for key in [key for key in self._building if key[0] == server_id]:
            del self._building[key]

    def tidy(self) -> None:
        """Drop what nobody has used for a while, also when nobody asks anything any more."""
        self._shelf.drop_unused(self._clock())

    async def _catalog(self, server_id: int | None, language: str) -> Catalog:
        now = self._clock()
        if server_id is not None and self._plain.get(server_id, now):
            server_id = None
        key = (server_id, self.language(language))
        found = self._shelf.get(key, now)
        if found is not None:
            return found
        task = self._building.get(key)
        if task is None:
            task = asyncio.create_task(self._build(*key), name="faq index")
            self._building[key] = task
            task.add_done_callback(lambda done: self._built(key, done))
        # Whoever waits may give up; the others, and the shelf, still get what is being built.
        return await asyncio.shield(task)

    def _built(self, key: tuple[int | None, str], task: asyncio.Task[Catalog]) -> None:
        if self._building.get(key) is task:
            del self._building[key]
        if not task.cancelled():
            # Looked at here, so that asyncio does not complain where nobody waits any more.
            task.exception()

    async def _build(self, server_id: int | None, language: str) -> Catalog:
        if server_id is None:
            entries = entries_for(self._shipped, language)
            catalog = await asyncio.to_thread(Catalog.of, entries)
            self._keep((None, language), catalog, len(entries))
            return catalog
        try:
            own, hidden = await self._own(server_id)
        except (StoreError, TimeoutError) as error:
            _log.warning("faq_without_store", error=logs.describe(error))
            self._ask_store_from = self._clock() + STORE_REST
            return await self._catalog(None, language)
        if own is None:
            return await self._catalog(None, language)
        if not own and not hidden:
            if self._is_current((server_id, language)):
                self._plain.put(server_id, True, 0, self._clock())
            return await self._catalog(None, language)
        entries = entries_for(self._shipped, language, own, hidden)
        catalog = await asyncio.to_thread(Catalog.of, entries, hidden)
        self._keep((server_id, language), catalog, len(entries))
        return catalog

    async def _own(self, server_id: int) -> tuple[tuple[Entry, ...] | None, frozenset[str]]:
        """Read what a server has of its own; None while the store rests after a failure."""
        if self._clock() < self._ask_store_from:
            return None, frozenset()
        async with asyncio.timeout(self._patience), self._database.read() as read:
            return await store.entries(read, server_id), await store.hidden(read, server_id)

    def _keep(self, key: tuple[int | None, str], catalog: Catalog, weight: int) -> None:
        if self._is_current(key):
            self._shelf.put(key, catalog, weight, self._clock())

    def _is_current(self, key: tuple[int | None, str]) -> bool:
        # An edit since the build began has taken the task off the list: what it read is old.
        return self._building.get(key) is asyncio.current_task()


def _page(entries: Sequence[Entry], number: int, size: int) -> Page:
    pages = max(1, -(-len(entries) // size))
    number = min(max(number, 0), pages - 1)
    return Page(tuple(entries[number * size : (number + 1) * size]), number, pages)


def _matching(entries: Iterable[Entry], text: str) -> tuple[Entry, ...]:
    parts = text.casefold().split()
    return tuple(
        entry for entry in entries if all(part in entry.question.casefold() for part in parts)
    )


def _told(entry: Entry | None) -> str | None:
    if entry is None:
        return None
    source = entry.sources[0]
    return "\n".join(
        [
            entry.question,
            entry.answer,
            *entry.phrasings,
            " ".join(filter(None, [entry.topic, source.title, source.url])),
        ]
    )
