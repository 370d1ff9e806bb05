"""What is kept of a person and of a server: shown, exported, erased, expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.client import Alongside
from bot.config import Config
from bot.opening import make_runtime
from bot.policy import kept
from bot.privacy import Holding, Kind, Privacy
from bot.privacy.service import SERVER_GRACE
from bot.texts import Texts
from tests.filling import ASH, BIRCH, HARBOUR, MEADOW, columns, fill, fill_all
from tests.journals import InMemory
from tests.stores import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from bot.database import Database

NOTES = Holding(
    table="scratch_notes",
    person="author_user_id",
    kind=Kind.OWN,
    kept_days=30,
    kept_since="written_at",
)
REPORTS = Holding(
    table="scratch_reports",
    person="named_user_id",
    kind=Kind.ABOUT,
    kept_days=90,
    kept_since="written_at",
)
WISHES = Holding(table="scratch_wishes", person="user_id", kind=Kind.OWN, server=None)
REFUSALS = (
    Holding(table="scratch_refusals", person="author_user_id", kind=Kind.OWN),
    Holding(
        table="scratch_refusals",
        person="named_user_id",
        kind=Kind.ABOUT,
        kept_with="author_user_id",
    ),
)
SCRATCH = (NOTES, REPORTS, WISHES, *REFUSALS)


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def scratch(database: Database) -> Database:
    """A store with tables of a feature that keeps something of people."""
    async with database.transaction() as tx:
        for table, person in (("notes", "author_user_id"), ("reports", "named_user_id")):
            await tx.execute(
                f"CREATE TABLE scratch_{table} (server_id BIGINT NOT NULL, "
                f"{person} BIGINT NOT NULL, written_at BIGINT NOT NULL, body TEXT)"
            )
        await tx.execute("CREATE TABLE scratch_wishes (user_id BIGINT NOT NULL, wish TEXT)")
        await tx.execute(
            "CREATE TABLE scratch_refusals (server_id BIGINT NOT NULL, "
            "author_user_id BIGINT NOT NULL, named_user_id BIGINT NOT NULL)"
        )
    return database


@pytest.fixture
def privacy(scratch: Database, time: Time) -> Privacy:
    made = Privacy(scratch, time)
    made.register(*SCRATCH, Holding(table="privacy_departures"))
    return made


async def write(
    database: Database, holding: Holding, person: int, server: int = HARBOUR, at: datetime = NOW
) -> None:
    async with database.transaction() as tx:
        if holding.server is None:
            await tx.execute("INSERT INTO scratch_wishes VALUES ($1, 'quiet')", person)
        else:
            await tx.execute(
                f"INSERT INTO {holding.table} VALUES ($1, $2, $3, 'words')",  # noqa: S608
                server,
                person,
                int(at.timestamp()),
            )


async def count(database: Database, table: str, where: str = "1 = 1") -> int:
    async with database.read() as read:
        row = await read.fetch_one(f"SELECT count(*) AS n FROM {table} WHERE {where}")  # noqa: S608
    assert row is not None
    return int(row["n"])


# A person


async def test_a_person_gets_everything_of_theirs_and_nothing_of_others(
    scratch: Database, privacy: Privacy
) -> None:
    await write(scratch, NOTES, ASH, HARBOUR)
    await write(scratch, NOTES, ASH, MEADOW)
    await write(scratch, NOTES, BIRCH)
    await write(scratch, WISHES, ASH)
    at = int(NOW.timestamp())
    assert await privacy.export(ASH) == {
        "scratch_notes": [
            {"server_id": server, "author_user_id": ASH, "written_at": at, "body": "words"}
            for server in (HARBOUR, MEADOW)
        ],
        "scratch_wishes": [{"user_id": ASH, "wish": "quiet"}],
    }


async def test_erasing_takes_all_that_is_theirs_in_every_server_and_says_how_much(
    scratch: Database, privacy: Privacy
) -> None:
    for server in (HARBOUR, MEADOW):
        await write(scratch, NOTES, ASH, server)
    await write(scratch, WISHES, ASH)
    await write(scratch, NOTES, BIRCH)
    assert await privacy.erase(ASH) == {"scratch_notes": 2, "scratch_wishes": 1}
    assert await privacy.export(ASH) == {}
    assert await privacy.erase(ASH) == {}
    assert await count(scratch, "scratch_notes") == 1


async def test_what_is_held_about_a_person_is_neither_shown_nor_erased_by_them(
    scratch: Database, privacy: Privacy
) -> None:
    await write(scratch, REPORTS, ASH)
    assert await privacy.export(ASH) == {}
    assert await privacy.erase(ASH) == {}
    assert await count(scratch, "scratch_reports") == 1


async def test_a_row_of_one_person_about_another_is_shown_and_erased_by_the_first_alone(
    scratch: Database, privacy: Privacy
) -> None:
    async with scratch.transaction() as tx:
        for author, named in ((ASH, BIRCH), (BIRCH, ASH)):
            await tx.execute(
                "INSERT INTO scratch_refusals VALUES ($1, $2, $3)", HARBOUR, author, named
            )
    own = {"server_id": HARBOUR, "author_user_id": ASH, "named_user_id": BIRCH}
    assert await privacy.export(ASH) == {"scratch_refusals": [own]}
    assert await privacy.erase(ASH) == {"scratch_refusals": 1}
    assert await count(scratch, "scratch_refusals", f"named_user_id = {ASH}") == 1
    assert (await privacy.sweep()).rows == 0


# Time


@pytest.mark.parametrize(
    ("holding", "age", "left"),
    [
        (NOTES, timedelta(days=30), 1),
        (NOTES, timedelta(days=30, seconds=1), 0),
        (REPORTS, timedelta(days=89), 1),
        (REPORTS, timedelta(days=91), 0),
    ],
)
async def test_a_row_goes_when_its_time_is_over(
    scratch: Database, privacy: Privacy, holding: Holding, age: timedelta, left: int
) -> None:
    await write(scratch, holding, ASH, at=NOW - age)
    swept = await privacy.sweep()
    assert (swept.rows, swept.servers) == (1 - left, 0)
    assert await count(scratch, holding.table) == left


# A server


async def test_a_server_that_is_erased_takes_everything_with_it_and_is_forgotten_in_memory(
    scratch: Database, privacy: Privacy
) -> None:
    told: list[int] = []
    privacy.when_server_erased(told.append)
    for server in (HARBOUR, MEADOW):
        for holding in (NOTES, REPORTS):
            await write(scratch, holding, ASH, server)
    await write(scratch, WISHES, ASH)
    assert await privacy.erase_server(HARBOUR) == {"scratch_notes": 1, "scratch_reports": 1}
    assert told == [HARBOUR]
    assert await count(scratch, "scratch_notes", f"server_id = {HARBOUR}") == 0
    assert await count(scratch, "scratch_reports", f"server_id = {HARBOUR}") == 0
    assert await count(scratch, "scratch_notes") == await count(scratch, "scratch_reports") == 1
    assert await count(scratch, "scratch_wishes") == 1


@pytest.mark.parametrize(
    ("after", "left"),
    [(timedelta(), 1), (SERVER_GRACE, 1), (SERVER_GRACE + timedelta(seconds=1), 0)],
)
async def test_a_server_that_was_left_is_erased_after_the_grace(
    scratch: Database, privacy: Privacy, time: Time, after: timedelta, left: int
) -> None:
    told: list[int] = []
    privacy.when_server_erased(told.append)
    await write(scratch, WISHES, ASH)
    await write(scratch, REPORTS, ASH)
    await privacy.server_left(HARBOUR)
    time.now += after
    assert (await privacy.sweep()).servers == 1 - left
    assert await count(scratch, "scratch_reports") == left
    assert told == [HARBOUR] * (1 - left)
    assert await count(scratch, "privacy_departures") == left
    assert await count(scratch, "scratch_wishes") == 1


async def test_the_grace_counts_from_the_first_time_it_was_noticed(
    scratch: Database, privacy: Privacy, time: Time
) -> None:
    await privacy.server_left(HARBOUR)
    time.now += timedelta(days=5)
    await privacy.server_left(HARBOUR)
    time.now += timedelta(days=3)
    assert (await privacy.sweep()).servers == 1


async def test_who_comes_back_within_the_grace_has_lost_nothing(
    scratch: Database, privacy: Privacy, time: Time
) -> None:
    await write(scratch, REPORTS, ASH)
    await privacy.server_left(HARBOUR)
    time.now += timedelta(days=6)
    await privacy.server_returned(HARBOUR)
    time.now += timedelta(days=60)
    assert (await privacy.sweep()).servers == 0
    assert await count(scratch, "scratch_reports") == 1


async def test_what_came_and_went_unseen_is_noticed_by_comparing(
    scratch: Database, privacy: Privacy, time: Time
) -> None:
    await write(scratch, NOTES, ASH, HARBOUR)
    await write(scratch, REPORTS, ASH, MEADOW)
    await privacy.server_left(HARBOUR)
    assert await privacy.compare(frozenset({HARBOUR})) == [MEADOW]
    time.now += timedelta(days=8)
    assert (await privacy.sweep()).servers == 0
    await privacy.server_left(MEADOW)
    assert await privacy.compare(frozenset({HARBOUR})) == []
    assert await privacy.compare(frozenset()) == [HARBOUR]


# Declarations


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"table": "notes; DROP TABLE x"}, "lower-case words"),
        ({"table": "Notes"}, "lower-case words"),
        ({"table": "notes", "server": "server id"}, "lower-case words"),
        ({"table": "notes", "person": "user_id"}, "OWN or ABOUT"),
        ({"table": "notes", "kind": Kind.OWN}, "OWN or ABOUT"),
        ({"table": "notes", "kept_days": 3}, "both days and a moment"),
        ({"table": "notes", "kept_since": "at"}, "both days and a moment"),
        ({"table": "notes", "person": "user_id", "kind": Kind.ABOUT}, "needs a retention"),
        ({"table": "notes", "kept_with": "user_id"}, "kept with another"),
        ({"table": "notes", "kept_with": "user id"}, "lower-case words"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    declared: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Holding(**declared)


# Everything that the real bot keeps


@pytest.fixture
async def bot(scratch: Database, time: Time, tmp_path: Path) -> Alongside:
    """The real bot with all its features, on the test's store; it does not join Discord."""
    runtime = make_runtime(Config(tmp_path), time, Texts.load(), scratch)
    made = Alongside(runtime)
    await made.load_features()
    runtime.privacy.register(*SCRATCH)
    return made


async def put_off(database: Database, holding: Holding, others: list[Holding]) -> None:
    """Have no other moment of a table end its rows first."""
    moments = {one.kept_since for one in others if one.table == holding.table}
    async with database.transaction() as tx:
        for moment in moments - {holding.kept_since}:
            later = int((NOW + timedelta(days=36_500)).timestamp())
            await tx.execute(f"UPDATE {holding.table} SET {moment} = $1", later)  # noqa: S608


async def test_of_an_erased_server_nothing_is_left_in_any_table(
    bot: Alongside, scratch: Database
) -> None:
    privacy = bot.runtime.privacy
    await fill_all(bot, scratch)
    await privacy.erase_server(HARBOUR)
    for holding in privacy.holdings:
        if holding.server is not None:
            where = f"{holding.server} = {HARBOUR}"
            assert await count(scratch, holding.table, where) == 0, holding.table
            where = f"{holding.server} = {MEADOW}"
            assert await count(scratch, holding.table, where) > 0, holding.table


async def test_of_an_erased_person_only_what_is_held_about_them_is_left(
    bot: Alongside, scratch: Database
) -> None:
    privacy = bot.runtime.privacy
    await fill_all(bot, scratch)
    exported = await privacy.export(ASH)
    erased = await privacy.erase(ASH)
    named = [holding for holding in privacy.holdings if holding.person is not None]
    own = [holding for holding in named if holding.kind is Kind.OWN]
    assert set(exported) == set(erased) == {holding.name for holding in own}
    assert sum(len(rows) for rows in exported.values()) == sum(erased.values()) == len(own)
    for holding in named:
        left = await count(scratch, holding.table, f"{holding.person} = {ASH}")
        others = await count(scratch, holding.table, f"{holding.person} = {BIRCH}")
        # Of whom they met lately others get a record of their own, so there may be one more.
        assert left == 0 if holding in own else left >= 1, holding.table
        assert others >= 1, holding.table


async def test_what_is_held_about_a_person_goes_in_time_in_every_table(
    bot: Alongside, scratch: Database, time: Time
) -> None:
    privacy = bot.runtime.privacy
    dated = [holding for holding in privacy.holdings if holding.kept_days is not None]
    for holding in dated:
        await fill(scratch, holding, ASH, HARBOUR)
    time.now += timedelta(days=max(holding.kept_days or 0 for holding in dated) + 1)
    assert (await privacy.sweep()).rows == len(dated)
    for holding in privacy.holdings:
        if holding.kind is Kind.ABOUT and holding.kept_with is None:
            assert await count(scratch, holding.table) == 0, holding.table


async def test_what_is_kept_with_another_persons_own_is_erased_by_that_person(
    bot: Alongside,
) -> None:
    own = {
        (holding.table, holding.person)
        for holding in bot.runtime.privacy.holdings
        if holding.kind is Kind.OWN
    }
    kept = {
        (holding.table, holding.kept_with)
        for holding in bot.runtime.privacy.holdings
        if holding.kept_with is not None
    }
    assert kept
    assert kept <= own


async def test_the_settings_of_an_erased_server_are_the_defaults_at_once(
    bot: Alongside,
) -> None:
    settings = bot.runtime.settings
    language = settings.by_key("server.language")
    await settings.change(HARBOUR, language, "es", by=ASH)
    assert await settings.get(HARBOUR, language) == "es"
    await bot.runtime.privacy.erase_server(HARBOUR)
    assert await settings.get(HARBOUR, language) == "en"


async def test_of_each_dated_table_a_row_stays_for_its_days_and_not_a_second_longer(
    bot: Alongside, scratch: Database, time: Time
) -> None:
    """What docs/retention.md says is what the sweep does, table by table."""
    holdings = [one for one in bot.runtime.privacy.holdings if one.kept_days is not None]
    limits = {one.table: one.limits for one in kept(holdings)}
    for holding in holdings:
        await fill(scratch, holding, ASH, HARBOUR)
        await put_off(scratch, holding, holdings)
        time.now = NOW + timedelta(days=holding.kept_days or 0)
        await bot.runtime.privacy.sweep()
        assert await count(scratch, holding.table) == 1, holding.table
        time.now += timedelta(seconds=1)
        await bot.runtime.privacy.sweep()
        assert await count(scratch, holding.table) == 0, holding.table
        if holding.person is not None:
            assert (holding.kept_since, holding.kept_days) in limits[holding.table]


async def test_every_column_that_names_a_person_stands_in_the_retention_table(
    bot: Alongside, scratch: Database
) -> None:
    listed = {one.table: set(one.columns) for one in kept(bot.runtime.privacy.holdings)}
    if scratch.engine == "PostgreSQL":
        tables = "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = $1"
        schema = "SELECT current_schema() AS s"
        async with scratch.read() as read:
            (row,) = await read.fetch(schema)
            found = [row["t"] for row in await read.fetch(tables, row["s"])]
    else:
        async with scratch.read() as read:
            rows = await read.fetch("SELECT name AS t FROM sqlite_schema WHERE type = 'table'")
        found = [row["t"] for row in rows]
    for table in found:
        named = {name for name in await columns(scratch, table) if name.endswith("user_id")}
        assert listed.get(table, set()) == named, table


async def test_a_server_gets_what_it_set_up_and_no_row_that_names_anybody(
    bot: Alongside, scratch: Database
) -> None:
    await fill_all(bot, scratch)
    exported = await bot.runtime.privacy.export_server(HARBOUR)
    assert exported
    named = {one.table for one in bot.runtime.privacy.holdings if one.person is not None}
    # Every row that was filled in names somebody where it can, so of those tables nothing is in it.
    assert not set(exported) & named
    rows = [row for rows in exported.values() for row in rows]
    assert not [name for row in rows for name in row if name.endswith("user_id") and row[name]]


async def test_everybody_can_be_left_out_at_once(bot: Alongside, scratch: Database) -> None:
    privacy = bot.runtime.privacy
    await fill_all(bot, scratch)
    own = {one.table for one in privacy.holdings if one.kind is Kind.OWN}
    about = {one.table for one in privacy.holdings if one.kind is Kind.ABOUT} - own
    before = {table: await count(scratch, table) for table in own | about}
    # What one leaves to others is erased with those, so there may be more of it.
    assert await privacy.erase_everybody() >= sum(before[table] for table in own)
    for person in (ASH, BIRCH):
        assert await privacy.export(person) == {}
    for table in about:
        assert await count(scratch, table) == before[table]


async def test_what_is_erased_after_a_backup_is_erased_again_by_replaying(
    bot: Alongside, scratch: Database
) -> None:
    """The whole schema, on both stores: nobody comes back who erased, and no server that did."""
    privacy, journal = bot.runtime.privacy, InMemory()
    scratch.keep_journal(journal.write)
    await privacy.erase(ASH)
    await privacy.erase_server(MEADOW)
    scratch.keep_journal(None)
    await fill_all(bot, scratch)
    for _ in range(2):
        await bot.runtime.replays.run(scratch, journal.entries(NOW))
        assert await privacy.export(ASH) == {}
        for holding in privacy.holdings:
            if holding.server is not None:
                left = await count(scratch, holding.table, f"{holding.server} = {MEADOW}")
                assert left == 0, holding.table
