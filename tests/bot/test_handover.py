"""One server goes to another host: all that is its own, nothing of others', and nobody twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import alone as turns
from bot.alone import alone
from bot.backup.restoring import restore
from bot.backup.service import take
from bot.client import Alongside
from bot.config import Config
from bot.database import StoreError, line
from bot.database.files import opened
from bot.errors import StartError
from bot.handover import store
from bot.handover.service import export_server, import_server
from bot.jobs import store as jobs
from bot.jobs.model import Draft
from bot.opening import open_runtime
from bot.privacy import Kind
from bot.settings.service import Settings
from tests.filling import ASH, HARBOUR, MEADOW, fill_all
from tests.stores import NOW, Place

DEPARTURES = "privacy_departures"
NOT_YET = NOW - timedelta(days=1)


class Time:
    """A clock that stands before all that is filled in is due, so that nothing of it is over."""

    now = NOT_YET

    def __call__(self) -> datetime:
        return self.now


clock = Time()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "SETTLE_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(line, name, 0.05)


@asynccontextmanager
async def running(config: Config) -> AsyncGenerator[Alongside]:
    async with Alongside(await open_runtime(config, clock)) as bot:
        await bot.load_features()
        yield bot


@pytest.fixture
async def old(tmp_path: Path) -> Config:
    """A host with two communities, and a row of each in every table."""
    config = Config(tmp_path / "old", database_key="5a" * 32)
    async with running(config) as bot:
        await fill_all(bot, bot.runtime.database)
    return config


@pytest.fixture
def new(ready_place: Place, tmp_path: Path) -> Config:
    """Another host, on either engine."""
    if ready_place.engine == "sqlite":
        return Config(Path(ready_place.location).parent, database_key=ready_place.key)
    url = str(ready_place.location)
    return Config(tmp_path / "new", database_url=url, database_key="6b" * 32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "harbour.server"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "harbour.key"


Kept = dict[str, list[dict[str, object]]]


async def kept(config: Config, server: int) -> Kept:
    """Everything of a server, whatever table it is in."""
    async with running(config) as bot, bot.runtime.database.read() as read:
        rows = await store.rows_of(read, server, bot.runtime.privacy.holdings)
    # In an order that is the same on both engines; what the rows start with tells them apart.
    return {
        table: sorted(each, key=lambda row: [*row.values()][:3]) for table, each in rows.items()
    }


def as_read(before: Kept, there: Kept) -> Kept:
    """What was before, as the engine reads it that has it now: one of them knows flags."""
    return {
        table: [
            {name: bool(v) if type(now[name]) is bool else v for name, v in row.items()}
            for row, now in zip(each, there[table], strict=True)
        ]
        for table, each in before.items()
        if table != DEPARTURES
    }


def read(key: Path) -> str:
    return key.read_text().strip()


def halved(file: Path) -> Path:
    half = file.with_name("half.server")
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return half


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_server_that_is_handed_over_is_there_whole_and_no_longer_here(
    old: Config, new: Config, file: Path, key: Path
) -> None:
    harbour, meadow = await kept(old, HARBOUR), await kept(old, MEADOW)
    await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    assert await kept(old, HARBOUR) == {}
    assert await kept(old, MEADOW) == meadow
    taken = await import_server(new, file, key, clock)
    assert taken.facts.server_id == HARBOUR
    there = await kept(new, HARBOUR)
    assert await kept(new, MEADOW) == {}
    (told,) = [notice for notice in there["notices"] if notice["key"] == "restored"]
    there["notices"].remove(told)
    # That the bot was removed where it was before is of no matter where it is now.
    assert there == as_read(harbour, there)


async def test_a_copy_brings_what_a_server_set_up_and_nobody_s_own(
    old: Config, new: Config, file: Path, key: Path
) -> None:
    before = await kept(old, HARBOUR)
    await export_server(old, HARBOUR, file, key, clock)
    assert await kept(old, HARBOUR) == before
    await import_server(new, file, key, clock)
    async with running(new) as bot:
        assert await bot.runtime.privacy.export(ASH) == {}
        there = await bot.runtime.privacy.export_server(HARBOUR)
        own = {one.table for one in bot.runtime.privacy.holdings if one.kind is Kind.OWN}
    assert there["faq_entries"] == before["faq_entries"]
    assert there["settings_values"] == before["settings_values"]
    with opened(file, read(key)) as connection:
        for table in own:
            found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            assert not [one for row in found for one in row if one == ASH], table


async def test_what_fell_due_on_the_way_is_left_out_and_said(
    old: Config, new: Config, file: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = Draft("notices.post", "soon", HARBOUR, 5, "", NOW, NOW + timedelta(days=9))
    late = Draft("notices.post", "late", HARBOUR, 5, "", NOW + timedelta(days=3), NOW)
    async with running(old) as bot, bot.runtime.database.transaction() as tx:
        await jobs.add_messages(tx, [soon, late])
    await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    monkeypatch.setattr(Time, "now", NOW + timedelta(minutes=1))
    taken = await import_server(new, file, key, clock)
    assert [message.id for message in taken.settled.left_out] == [soon.id]
    async with running(new) as bot:
        assert await bot.runtime.jobs.leave_out("again") == []


async def test_it_is_refused_where_something_of_the_server_is_already(
    old: Config, new: Config, file: Path, key: Path
) -> None:
    await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    await import_server(new, file, key, clock)
    before = await kept(new, HARBOUR)
    with pytest.raises(StoreError, match=r"here already.*/manage privacy"):
        await import_server(new, file, key, clock)
    assert await kept(new, HARBOUR) == before


async def test_a_bot_that_was_only_invited_is_not_in_the_way(
    old: Config, new: Config, file: Path, key: Path
) -> None:
    before = await kept(old, HARBOUR)
    async with running(new) as bot:
        offer = Draft("setup.offer", "1", HARBOUR, 5, "", NOW, NOW + timedelta(hours=1))
        async with bot.runtime.database.transaction() as tx:
            await tx.execute("INSERT INTO setup_servers VALUES ($1, 1, 'hours')", HARBOUR)
            await jobs.add_messages(tx, [offer])
        # It was here before, and was removed.
        await bot.runtime.privacy.server_left(HARBOUR)
    await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    await import_server(new, file, key, clock)
    there = await kept(new, HARBOUR)
    assert DEPARTURES not in there
    for table in ("setup_servers", "jobs_messages"):
        assert there[table] == before[table]


async def test_cut_off_once_all_is_deleted_the_file_is_whole_and_is_not_to_be_deleted(
    old: Config, new: Config, file: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_settings: Settings, _server: int) -> None:
        raise InterruptedError

    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(Settings, "forget", cut)
        with pytest.raises(StoreError):
            await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    with pytest.raises(StoreError, match="keep this one: it may be all that is left"):
        await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    # What the page tells apart the two by.
    second = file.with_name("second.server")
    with pytest.raises(StoreError, match="Nothing is kept of a server"):
        await export_server(old, HARBOUR, second, key, clock, hand_over=True)
    assert not second.exists()
    assert (await import_server(new, file, key, clock)).rows


async def test_a_restore_brings_nothing_back_of_a_server_that_was_handed_over(
    old: Config, file: Path, key: Path
) -> None:
    backup = take(old, file.parent, clock)
    await export_server(old, HARBOUR, file, key, clock, hand_over=True)
    await restore(old, backup.path, clock, replace_store=True)
    assert await kept(old, HARBOUR) == {}
    assert await kept(old, MEADOW) != {}


async def test_when_the_file_cannot_be_written_nothing_is_deleted(
    old: Config, tmp_path: Path, key: Path
) -> None:
    before = await kept(old, HARBOUR)
    nowhere = tmp_path / "missing" / "harbour.server"
    with pytest.raises(StoreError, match="cannot be written"):
        await export_server(old, HARBOUR, nowhere, key, clock, hand_over=True)
    assert await kept(old, HARBOUR) == before


async def test_what_cannot_be_done_is_said_and_leaves_no_file(
    old: Config, file: Path, key: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="Nothing is kept of a server 404"):
        await export_server(old, 404, file, key, clock)
    with alone(old), pytest.raises(StartError, match="Stop the other one"):
        await export_server(old, HARBOUR, file, key, clock)
    assert names(tmp_path) == {"old", key.name}
    with pytest.raises(StoreError, match="exists already"):
        await export_server(old, HARBOUR, key, key, clock)
    assert len(read(key)) == 64


async def test_a_bot_that_runs_on_the_store_is_in_the_way(
    ready_place: Place,
    old: Config,
    new: Config,
    file: Path,
    key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await export_server(old, HARBOUR, file, key, clock)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.5)
    async with AsyncExitStack() as stack:
        if ready_place.engine == "sqlite":
            stack.enter_context(alone(new))
        else:
            bot = await ready_place.open()
            stack.push_async_callback(bot.close)
            bot.line.start()
            await bot.line.turn("dispatch").hold()
        for work in (
            import_server(new, file, key, clock),
            export_server(new, HARBOUR, file.with_name("again"), key, clock, hand_over=True),
        ):
            with pytest.raises(StartError, match=r"nother (process|command) works on"):
                await work
    assert (await import_server(new, file, key, clock)).rows


async def test_an_empty_flag_stays_empty(place: Place) -> None:
    database = await place.open()
    of_sqlite = place.engine == "sqlite"
    rows = {"probe": [{"id": one, "flag": flag} for one, flag in enumerate((1, 0, None))]}
    try:
        async with database.transaction() as tx:
            kind = "INTEGER" if of_sqlite else "BOOLEAN"
            await tx.execute(f"CREATE TABLE probe (id BIGINT NOT NULL, flag {kind})")
            await store.put(tx, rows, flags_are_numbers=of_sqlite)
            kept = await tx.fetch("SELECT flag FROM probe ORDER BY id")
    finally:
        await database.close()
    assert [row["flag"] for row in kept] == [1, 0, None]


async def test_only_a_whole_file_with_its_own_key_is_taken_in(
    old: Config, tmp_path: Path, file: Path, key: Path
) -> None:
    await export_server(old, HARBOUR, file, key, clock)
    new = Config(tmp_path / "new", database_key="6b" * 32)
    other = tmp_path / "other.key"
    other.touch(0o600)
    other.write_text("7c" * 32)
    with pytest.raises(StoreError, match="does not fit"):
        await import_server(new, file, other, clock)
    with pytest.raises(StoreError, match="damaged or not all there"):
        await import_server(new, halved(file), key, clock)
    backup = take(old, tmp_path, clock, key_file=key)
    with pytest.raises(StoreError, match="alongside restore FILE"):
        await import_server(new, backup.path, key, clock)
    with opened(file, read(key)) as connection:
        connection.execute("UPDATE handover_facts SET schema = 9999")
    with pytest.raises(StoreError, match="newer version"):
        await import_server(new, file, key, clock)
    assert await kept(new, HARBOUR) == {}
