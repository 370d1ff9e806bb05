"""What moderators make of the FAQ: entries of their own, and which shipped ones are hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from bot import audit
from bot.errors import UserError
from cogs.faq import store, tallies_store
from cogs.faq.model import (
    OWN,
    OWN_LIMIT,
    RELATED_LIMIT,
    Entry,
    Typed,
    entries_for,
    entry_from_form,
)

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.database import Database
    from cogs.faq.catalogs_service import Catalogs


@dataclass(frozen=True, slots=True)
class Kept:
    """What a server made of the FAQ."""

    own: tuple[Entry, ...]
    hidden: tuple[Entry, ...]


class Entries:
    """Keeps what each server made of the shipped entries."""

    def __init__(self, catalogs: Catalogs, database: Database, clock: Clock) -> None:
        self._catalogs = catalogs
        self._database = database
        self._clock = clock

    async def kept(self, server_id: int, language: str) -> Kept:
        """Give what a server added and hid, as the store has it now."""
        async with self._database.read() as read:
            own = await store.entries(read, server_id)
            hidden = await store.hidden(read, server_id)
        shipped = entries_for(self._catalogs.shipped, language)
        return Kept(own, tuple(entry for entry in shipped if entry.id in hidden))

    async def suggest_own(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give entries that the server added and half-typed words may mean."""
        catalog = await self._catalogs.get(server_id, language)
        return _matching((e for e in catalog.entries.values() if e.own), text)

    async def suggest_shipped(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give shipped entries that are shown here and half-typed words may mean."""
        catalog = await self._catalogs.get(server_id, language)
        return _matching((e for e in catalog.entries.values() if not e.own), text)

    async def suggest_hidden(self, server_id: int, language: str, text: str) -> tuple[Entry, ...]:
        """Give hidden entries that half-typed words may mean."""
        catalog = await self._catalogs.get(server_id, language)
        shipped = entries_for(self._catalogs.shipped, self._catalogs.language(language))
        return _matching((e for e in shipped if e.id in catalog.hidden), text)

    async def own_entry(self, server_id: int, entry_id: str) -> Entry:
        """Give an entry that the server added; raises UserError for any other."""
        async with self._database.read() as read:
            found = await store.entry(read, server_id, entry_id)
        if found is None:
            shipped = self._catalogs.is_shipped(entry_id)
            raise UserError("faq.refused.shipped" if shipped else "faq.refused.unknown")
        return found

    async def similar(self, server_id: int, language: str, entry: Entry) -> tuple[Entry, ...]:
        """Give entries that already answer something like it."""
        catalog = await self._catalogs.get(server_id, language)
        near = await asyncio.to_thread(catalog.near, entry.question, RELATED_LIMIT + 1)
        return tuple(found for found in near if found.id != entry.id)[:RELATED_LIMIT]

    def check(self, typed: Typed, language: str) -> Entry:
        """Give what would be saved; raises UserError for what shipped content is refused for."""
        return entry_from_form(
            typed, entry_id=f"{OWN}preview", language=self._catalogs.language(language)
        )

    async def add(
        self,
        server_id: int,
        language: str,
        typed: Typed,
        *,
        by: int,
        then: Callable[[store.Transaction, Entry], Awaitable[None]] | None = None,
    ) -> Entry:
        """Add an entry; raises UserError when it is refused.

        `then` is done in the same transaction, or all of it is not: it is for an entry that answers
        what members asked. Their words may stand in it, so the audit line leaves out how it is
        asked for.
        """
        draft = entry_from_form(
            typed, entry_id=f"{OWN}{uuid4().hex[:12]}", language=self._catalogs.language(language)
        )
        related = tuple(e.id for e in await self.similar(server_id, draft.language, draft))
        try:
            async with self._database.transaction() as tx:
                revision = await store.advance_revision(tx, server_id)
                if len(await store.entries(tx, server_id)) >= OWN_LIMIT:
                    raise UserError("faq.refused.too_many", limit=OWN_LIMIT)
                entry = replace(draft, related=related, revision=revision)
                await store.put_entry(tx, server_id, entry, self._clock())
                at = self._clock()
                asked = then is not None
                await record(tx, server_id, by, at, "add", entry, None, entry, asked=asked)
                if then is not None:
                    await then(tx, entry)
        finally:
            self._catalogs.forget(server_id)
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
                # What was said of the answer was said of another one.
                await tallies_store.forget(tx, server_id, entry_id)
                await record(tx, server_id, by, self._clock(), "edit", entry, current, entry)
        finally:
            self._catalogs.forget(server_id)
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
                await tallies_store.forget(tx, server_id, entry_id)
                await record(tx, server_id, by, self._clock(), "remove", current, current, None)
        finally:
            self._catalogs.forget(server_id)
        return current

    async def hide(self, server_id: int, entry_id: str, language: str, *, by: int) -> Entry:
        """Stop showing a shipped entry here; raises UserError for one that is not shipped."""
        entry = self._shipped_entry(entry_id, language)
        try:
            async with self._database.transaction() as tx:
                await store.advance_revision(tx, server_id)
                if await store.hide(tx, server_id, entry_id):
                    await record(tx, server_id, by, self._clock(), "hide", entry, None, None)
        finally:
            self._catalogs.forget(server_id)
        return entry

    async def restore(self, server_id: int, entry_id: str, language: str, *, by: int) -> Entry:
        """Show a hidden entry again; raises UserError for one that is not shipped."""
        entry = self._shipped_entry(entry_id, language)
        try:
            async with self._database.transaction() as tx:
                await store.advance_revision(tx, server_id)
                if await store.unhide(tx, server_id, entry_id):
                    await record(tx, server_id, by, self._clock(), "restore", entry, None, None)
        finally:
            self._catalogs.forget(server_id)
        return entry

    def _shipped_entry(self, entry_id: str, language: str) -> Entry:
        for entry in entries_for(self._catalogs.shipped, self._catalogs.language(language)):
            if entry.id == entry_id:
                return entry
        own = entry_id.startswith(OWN)
        raise UserError("faq.refused.own" if own else "faq.refused.unknown")


async def record(
    tx: store.Transaction,
    server_id: int,
    by: int,
    at: datetime,
    verb: str,
    entry: Entry,
    before: Entry | None,
    after: Entry | None,
    *,
    asked: bool = False,
) -> None:
    """Write the audit line of what was done to an entry.

    Of one that answers what members `asked` it leaves out how it is asked for: those are their
    words.
    """
    target = entry.id if asked else entry.question
    told = after.answer if asked and after is not None else _told(after)
    line = audit.Line.of(server_id, by, at, f"faq.{verb}", target, _told(before), told)
    await audit.record(tx, line)


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
