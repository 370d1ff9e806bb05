"""The list of who changed what, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import audit
from bot.database import Database
from bot.privacy import Kind
from tests.stores import NOW

SERVER, OTHER_SERVER, CEDAR = 10, 11, 20


def line(minutes: int, server: int = SERVER, after: str | None = "é ' \x7f %s $1") -> audit.Line:
    at = NOW + timedelta(minutes=minutes)
    return audit.Line.of(server, CEDAR, at, "faq.add", f"entry-{minutes}", None, after)


async def test_a_line_is_read_as_it_was_written(database: Database) -> None:
    written = line(1)
    async with database.transaction() as tx:
        await audit.record(tx, written)
    async with database.read() as read:
        assert await audit.lines(read, SERVER, limit=5) == [written]


async def test_the_newest_stands_first_a_page_at_a_time_and_each_server_alone(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        for minutes in (2, 1, 3, 5, 4):
            await audit.record(tx, line(minutes))
        await audit.record(tx, line(9, OTHER_SERVER))
    async with database.read() as read:
        first = await audit.lines(read, SERVER, limit=3)
        second = await audit.lines(read, SERVER, limit=3, offset=3)
        beyond = await audit.lines(read, SERVER, limit=3, offset=6)
    assert [found.target for found in [*first, *second]] == [f"entry-{n}" for n in (5, 4, 3, 2, 1)]
    assert beyond == []


async def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    naive = audit.Line.of(SERVER, CEDAR, NOW.replace(tzinfo=None), "faq.add", "entry")
    with pytest.raises(ValueError, match="time zone"):
        async with database.transaction() as tx:
            await audit.record(tx, naive)


def test_lines_are_held_about_a_moderator_for_a_stated_time() -> None:
    assert audit.HOLDING.kind is Kind.ABOUT
    assert audit.HOLDING.kept_days == 365
