from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import audit
from bot.database import Database
from bot.database.line import Alone
from bot.errors import UserError
from bot.settings.service import Settings
from cogs.helplines.model import RECHECK, Grade
from cogs.helplines.service import HelplineDesk, Typed
from cogs.helplines.settings import FIRST_COUNTRY
from tests.cogs.helplines.samples import GOOD, read

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
SERVER, MODERATOR = 10, 20
TYPED = Typed("Local line", "91 234 56 78", "", "24/7", "https://local.example/")


def clock() -> datetime:
    return AT


def desk_on(database: Database, **options: Any) -> HelplineDesk:
    settings = Settings(database, clock)
    settings.declare(FIRST_COUNTRY)
    return HelplineDesk(read(GOOD), database, settings, clock, **options)


@pytest.fixture
def desk(database: Database) -> HelplineDesk:
    return desk_on(database)


async def shown(desk: HelplineDesk, country: str = "ES", server: int | None = SERVER) -> list[str]:
    return [line.name for line in (await desk.look_up(server, country)).helplines]


async def audited(database: Database) -> list[tuple[str, str]]:
    async with database.read() as reading:
        lines = await audit.lines(reading, SERVER, limit=10)
    return sorted((line.action, line.target) for line in lines)


async def test_an_added_line_leads_in_its_server_and_nowhere_else(desk: HelplineDesk) -> None:
    line = await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    assert line.grade is Grade.SERVER
    assert await shown(desk) == ["Local line", "Línea 024"]
    assert await shown(desk, server=11) == ["Línea 024"]
    assert await shown(desk, server=None) == ["Línea 024"]
    assert await shown(desk, "PL") == []


async def test_a_changed_line_stands_in_place_of_the_shipped_one(desk: HelplineDesk) -> None:
    await desk.edit(SERVER, "es-024", TYPED, by=MODERATOR)
    assert await shown(desk) == ["Local line"]
    assert (await desk.line(SERVER, "es-024")).name == "Local line"
    await desk.restore(SERVER, "es-024", by=MODERATOR)
    assert await shown(desk) == ["Línea 024"]


async def test_a_hidden_line_can_be_shown_again(desk: HelplineDesk) -> None:
    await desk.remove(SERVER, "es-024", by=MODERATOR)
    answer = await desk.look_up(SERVER, "ES")
    assert answer.helplines == ()
    assert [number.number for number in answer.emergency] == ["112"]
    await desk.restore(SERVER, "es-024", by=MODERATOR)
    assert await shown(desk) == ["Línea 024"]


async def test_a_removed_addition_is_gone(desk: HelplineDesk) -> None:
    line = await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    await desk.remove(SERVER, line.id, by=MODERATOR)
    assert await desk.rows(SERVER) == ()
    with pytest.raises(UserError):
        await desk.remove(SERVER, line.id, by=MODERATOR)


async def test_every_change_is_audited_and_a_refused_one_leaves_no_trace(
    desk: HelplineDesk, database: Database
) -> None:
    line = await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    await desk.edit(SERVER, line.id, replace(TYPED, name="Better name"), by=MODERATOR)
    await desk.remove(SERVER, "es-024", by=MODERATOR)
    await desk.restore(SERVER, "es-024", by=MODERATOR)
    await desk.remove(SERVER, line.id, by=MODERATOR)
    told = [
        ("helplines.add", "ES: Local line"),
        ("helplines.edit", "ES: Better name"),
        ("helplines.hide", "ES: Línea 024"),
        ("helplines.remove", "ES: Better name"),
        ("helplines.restore", "ES: Línea 024"),
    ]
    assert await audited(database) == told
    with pytest.raises(UserError):
        await desk.add(SERVER, "ES", replace(TYPED, phone="123456789012"), by=MODERATOR)
    assert await desk.rows(SERVER) == ()
    assert await audited(database) == told


async def test_a_line_that_does_not_exist_cannot_be_changed(desk: HelplineDesk) -> None:
    for attempt in (
        desk.edit(SERVER, "es-own-gone", TYPED, by=MODERATOR),
        desk.remove(SERVER, "es-own-gone", by=MODERATOR),
        desk.restore(SERVER, "es-own-gone", by=MODERATOR),
    ):
        with pytest.raises(UserError) as refused:
            await attempt
        assert refused.value.key == "helplines.refused.unknown"


async def test_another_servers_line_cannot_be_changed_from_here(desk: HelplineDesk) -> None:
    line = await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    with pytest.raises(UserError):
        await desk.remove(11, line.id, by=MODERATOR)
    assert await shown(desk) == ["Local line", "Línea 024"]


async def test_a_country_takes_a_few_additions_only(desk: HelplineDesk) -> None:
    for _ in range(5):
        await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    with pytest.raises(UserError) as refused:
        await desk.add(SERVER, "ES", TYPED, by=MODERATOR)
    assert refused.value.key == "helplines.refused.too_many_here"


async def test_moderators_choose_among_shipped_and_own_lines(desk: HelplineDesk) -> None:
    await desk.add(SERVER, "PL", replace(TYPED, phone="800 70 2222"), by=MODERATOR)
    names = [(line.country, line.name) for line in await desk.lines(SERVER)]
    assert names == [("ES", "Línea 024"), ("PL", "Local line")]


async def test_a_servers_first_country_is_a_name_or_a_code(database: Database) -> None:
    settings = Settings(database, clock)
    settings.declare(FIRST_COUNTRY)
    desk = HelplineDesk(read(GOOD), database, settings, clock)
    assert await desk.first_country(SERVER) is None
    assert await desk.first_country(None) is None
    await settings.change(SERVER, FIRST_COUNTRY, "España", by=MODERATOR)
    assert await desk.first_country(SERVER) == "ES"
    with pytest.raises(UserError) as refused:
        await settings.change(SERVER, FIRST_COUNTRY, "Narnia", by=MODERATOR)
    assert refused.value.key == "helplines.refused.first_country"
    await settings.change(SERVER, FIRST_COUNTRY, "", by=MODERATOR)
    assert await desk.first_country(SERVER) is None


async def test_a_closed_store_hides_no_number(database: Database) -> None:
    desk = desk_on(database)
    await database.close()
    assert await shown(desk) == ["Línea 024"]
    assert await desk.first_country(SERVER) is None


async def test_a_store_without_its_tables_hides_no_number(database: Database) -> None:
    desk = desk_on(database)
    async with database.transaction() as tx:
        await tx.execute("DROP TABLE helplines_rows")
        await tx.execute("DROP TABLE settings_values")
    assert await shown(desk) == ["Línea 024"]
    assert await desk.first_country(SERVER) is None


class Stuck:
    """An engine whose reads never come back."""

    line = Alone()

    def read(self) -> Any:
        @asynccontextmanager
        async def never() -> AsyncGenerator[None]:
            await asyncio.Event().wait()
            yield

        return never()


async def test_a_store_that_never_answers_hides_no_number() -> None:
    stuck: Any = Stuck()
    desk = desk_on(Database(stuck), patience=0)
    assert await shown(desk) == ["Línea 024"]
    assert await desk.first_country(SERVER) is None


async def test_what_was_checked_too_long_ago_is_named_by_who_stands_for_it(
    database: Database,
) -> None:
    now = AT
    settings = Settings(database, lambda: now)
    settings.declare(FIRST_COUNTRY)
    desk = HelplineDesk(read(GOOD), database, settings, lambda: now)
    own = await desk.add(SERVER, "PL", replace(TYPED, phone="22 484 88 01"), by=MODERATOR)
    now = AT + RECHECK
    assert await desk.stale(SERVER) == ()
    now = AT + RECHECK + timedelta(days=1)
    assert await desk.stale(SERVER) == (own,)
    assert await desk.stale(11) == ()
    await settings.change(SERVER, FIRST_COUNTRY, "ES", by=MODERATOR)
    assert [line.id for line in await desk.stale(SERVER)] == ["es-024", own.id]
    await desk.edit(SERVER, own.id, replace(TYPED, phone="22 484 88 01"), by=MODERATOR)
    await desk.remove(SERVER, "es-024", by=MODERATOR)
    assert await desk.stale(SERVER) == ()
