from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cogs.helplines import store
from cogs.helplines.model import Grade, PageDate, ServerRow, Source
from tests.cogs.helplines.samples import CHECKED, helpline

if TYPE_CHECKING:
    from bot.database import Database

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)

LINE = helpline(
    id="es-own-1",
    name="Nuestra línea *",
    grade=Grade.SERVER,
    sources=(Source("https://a.example/", PageDate(2026, 11, 21)),),
    checked=CHECKED,
    text="024",
    chat="https://chat.example/",
    hours="24/7; español",
)


async def test_a_row_comes_back_as_it_was_written(database: Database) -> None:
    rows = (
        ServerRow("es-own-1", "ES", LINE),
        ServerRow("fr-3114", "FR", None),
    )
    async with database.transaction() as tx:
        for row in rows:
            await store.put_row(tx, 1, row, AT)
    async with database.read() as read:
        assert await store.rows(read, 1) == rows
        assert await store.rows(read, 2) == ()


async def test_writing_again_replaces_and_deleting_twice_is_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await store.put_row(tx, 1, ServerRow("es-own-1", "ES", LINE), AT)
        await store.put_row(tx, 1, ServerRow("es-own-1", "ES", None), AT)
    async with database.read() as read:
        assert await store.rows(read, 1) == (ServerRow("es-own-1", "ES", None),)
    async with database.transaction() as tx:
        await store.delete_row(tx, 1, "es-own-1")
        await store.delete_row(tx, 1, "es-own-1")
    async with database.read() as read:
        assert await store.rows(read, 1) == ()
