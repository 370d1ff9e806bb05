"""What the store keeps of a server's own entries, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.clock import to_epoch
from bot.database import Database
from bot.privacy import Holding, Privacy
from cogs.faq import store
from cogs.faq.model import Entry, entry_from_form
from tests.cogs.faq.samples import TYPED

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SERVER = 2**62 + 7


def own(entry_id: str = "own-1", revision: int = 1) -> Entry:
    return entry_from_form(
        TYPED, entry_id=entry_id, language="en", related=("kettle",), revision=revision
    )


async def test_an_entry_comes_back_as_it_was_put(database: Database) -> None:
    async with database.transaction() as tx:
        await store.put_entry(tx, SERVER, own(), AT)
        row = await tx.fetch_one("SELECT changed_at FROM faq_entries")
    assert row is not None
    assert row["changed_at"] == to_epoch(AT)
    async with database.read() as read:
        assert await store.entry(read, SERVER, "own-1") == own()
        assert await store.entry(read, SERVER + 1, "own-1") is None
        assert await store.entries(read, SERVER + 1) == ()


async def test_putting_again_replaces(database: Database) -> None:
    changed = replace(own(revision=2), answer="Another answer that is long enough to be one.")
    async with database.transaction() as tx:
        await store.put_entry(tx, SERVER, own(), AT)
        await store.put_entry(tx, SERVER, changed, AT)
        assert await store.entries(tx, SERVER) == (changed,)


async def test_entries_come_in_the_order_of_their_changes(database: Database) -> None:
    async with database.transaction() as tx:
        for entry_id, revision in (("own-b", 3), ("own-a", 1), ("own-c", 2)):
            await store.put_entry(tx, SERVER, own(entry_id, revision), AT)
        assert [e.id for e in await store.entries(tx, SERVER)] == ["own-a", "own-c", "own-b"]
        await store.delete_entry(tx, SERVER, "own-c")
        assert [e.id for e in await store.entries(tx, SERVER)] == ["own-a", "own-b"]


async def test_hiding_tells_whether_it_changed_anything(database: Database) -> None:
    async with database.transaction() as tx:
        assert await store.hide(tx, SERVER, "kettle")
        assert not await store.hide(tx, SERVER, "kettle")
        assert await store.hidden(tx, SERVER) == {"kettle"}
        assert await store.hidden(tx, SERVER + 1) == frozenset()
        assert await store.unhide(tx, SERVER, "kettle")
        assert not await store.unhide(tx, SERVER, "kettle")


async def test_a_server_counts_its_own_changes(database: Database) -> None:
    async with database.transaction() as tx:
        counts = [await store.advance_revision(tx, SERVER) for _ in range(3)]
        assert counts == [1, 2, 3]
        assert await store.advance_revision(tx, SERVER + 1) == 1


@pytest.mark.parametrize("table", ["faq_entries", "faq_hidden", "faq_revisions"])
async def test_all_of_it_goes_with_the_server(database: Database, table: str) -> None:
    privacy = Privacy(database, lambda: AT)
    privacy.register(Holding(table=table))
    async with database.transaction() as tx:
        for server in (SERVER, SERVER + 1):
            await store.put_entry(tx, server, own(), AT)
            await store.hide(tx, server, "kettle")
            await store.advance_revision(tx, server)
    assert await privacy.erase_server(SERVER) == {table: 1}
    async with database.read() as read:
        rows = await read.fetch(f"SELECT server_id FROM {table}")  # noqa: S608
    assert [row["server_id"] for row in rows] == [SERVER + 1]
