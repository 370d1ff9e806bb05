"""Taking a server's own entries out as files, and in again: whole, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.content import parse_yaml
from bot.errors import ContentError, UserError
from cogs.faq import store, tallies_store
from cogs.faq.entries_service import record
from cogs.faq.model import OWN, RELATED_LIMIT

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.database import Database
    from cogs.faq.catalogs_service import Catalog, Catalogs
    from cogs.faq.model import Entry
    from cogs.faq.transfer import Change, Plan, Refusal, Row

FILE_BYTES = 1_000_000
"""What is read of one file; some hundreds of entries. Larger ones are written in parts."""

KINDS = ("yaml", "csv")

# `cogs.faq.transfer` loads all of YAML and is asked for a few times a year: where it is used.


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was read and not applied yet. In memory only."""

    server_id: int
    language: str
    rows: tuple[Row | Refusal, ...]
    plan: Plan
    seen: int
    """The server's count of changes that the plan was made for."""


class Transfer:
    """Writes and reads files of entries."""

    def __init__(self, catalogs: Catalogs, database: Database, clock: Clock) -> None:
        self._catalogs = catalogs
        self._database = database
        self._clock = clock

    async def export(self, server_id: int, kind: str) -> tuple[bytes, ...]:
        """Give all of a server's own entries as files of a kind; raises UserError without any."""
        async with self._database.read() as read:
            own = await store.entries(read, server_id)
        if not own:
            raise UserError("faq.export.nothing")
        return await asyncio.to_thread(lambda: tuple(_parts(kind, own)))

    async def read(self, server_id: int, language: str, name: str, content: bytes) -> Upload:
        """Read a file and say what it would change; raises UserError for what is none of ours."""
        if len(content) > FILE_BYTES:
            raise UserError("faq.import.too_big", limit=FILE_BYTES // 1_000)
        rows = await asyncio.to_thread(lambda: tuple(_rows(name, content)))
        return await self._planned(server_id, self._catalogs.language(language), rows)

    async def again(self, upload: Upload) -> Upload:
        """Say what the same file would change now."""
        return await self._planned(upload.server_id, upload.language, upload.rows)

    async def apply(self, upload: Upload, *, by: int) -> None:
        """Do all that the plan says.

        Raises UserError, and does nothing, when anything of it is refused, or when moderators
        changed something since it was made.
        """
        if not upload.plan.ready:
            raise UserError("faq.import.not_ready")
        server_id, at = upload.server_id, self._clock()
        try:
            async with self._database.transaction() as tx:
                revision = await store.advance_revision(tx, server_id)
                if revision != upload.seen + 1:
                    raise UserError("faq.import.changed_meanwhile")
                for change in upload.plan.changes:
                    entry = replace(change.entry, revision=revision)
                    await store.put_entry(tx, server_id, entry, at)
                    verb = "add" if change.before is None else "edit"
                    if change.before is not None:
                        await tallies_store.forget(tx, server_id, entry.id)
                    await record(tx, server_id, by, at, verb, entry, change.before, entry)
        finally:
            self._catalogs.forget(server_id)

    async def _planned(
        self, server_id: int, language: str, rows: tuple[Row | Refusal, ...]
    ) -> Upload:
        async with self._database.read() as read:
            # The count first: what changes between the two makes the plan old, never wrong.
            seen = await store.revision(read, server_id)
            own = await store.entries(read, server_id)
        shipped = {entry.id for every in self._catalogs.shipped.values() for entry in every}
        catalog = await self._catalogs.get(server_id, language)

        def work() -> Plan:
            from cogs.faq.transfer import plan

            made = plan(
                rows,
                own,
                shipped=shipped,
                languages=self._catalogs.languages,
                language=language,
            )
            return replace(made, added=tuple(_finished(one, catalog) for one in made.added))

        return Upload(server_id, language, rows, await asyncio.to_thread(work), seen)


def _finished(change: Change, catalog: Catalog) -> Change:
    """Give a new entry its id, and what belongs with it where the file does not say."""
    entry = change.entry
    if not entry.id:
        entry = replace(entry, id=f"{OWN}{uuid4().hex[:12]}")
    if change.relates:
        near = catalog.near(entry.question, RELATED_LIMIT)
        entry = replace(entry, related=tuple(found.id for found in near))
    return replace(change, entry=entry)


def _rows(name: str, content: bytes) -> Iterator[Row | Refusal]:
    from cogs.faq.transfer import Refusal, rows_of_csv, rows_of_yaml

    ending = name.casefold().rpartition(".")[2]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("faq.import.not_utf8") from error
    if ending == "csv":
        yield from rows_of_csv(text)
        return
    if ending not in {"yaml", "yml"}:
        raise UserError("faq.import.what_file")
    try:
        document = parse_yaml(text, name)
    except ContentError as error:
        yield Refusal("yaml", error.line)
        return
    yield from rows_of_yaml(document.data, document.line)


def _parts(kind: str, entries: Sequence[Entry]) -> Iterator[bytes]:
    """As few files as can each be read again."""
    from cogs.faq.transfer import as_csv, as_yaml

    # The mark at the beginning tells spreadsheets that it is UTF-8.
    written = as_csv(entries).encode("utf-8-sig") if kind == "csv" else as_yaml(entries).encode()
    if len(written) <= FILE_BYTES or len(entries) == 1:
        yield written
        return
    half = len(entries) // 2
    yield from _parts(kind, entries[:half])
    yield from _parts(kind, entries[half:])
