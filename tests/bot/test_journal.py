"""What a restore must not undo is on the disk before its change is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backup.service import copy_journal
from bot.config import Config
from bot.consent import service as consent
from bot.database import Database, StoreError, StoreKeyWrong
from bot.database.files import opened
from bot.journal import KEPT, Entry, Journal, Replays, record
from bot.journal.service import journal_key
from bot.opening import open_runtime
from bot.privacy import Privacy

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "5a" * 32
ASH, HARBOUR = 101, 11


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def journal(tmp_path: Path, clock: Time) -> Journal:
    made = Journal(tmp_path / "journal.db", KEY, clock)
    made.begin()
    return made


async def test_what_is_set_down_is_read_back_in_its_order(
    database: Database, journal: Journal, clock: Time
) -> None:
    database.keep_journal(journal.write)
    async with database.transaction() as tx:
        record(tx, "a.left", user=ASH, server=HARBOUR)
        record(tx, "a.blocked", user=ASH, what="x")
    clock.now += timedelta(minutes=1)
    async with database.transaction() as tx:
        record(tx, "a.erased", user=2**63 - 1)
    assert journal.since(NOW) == [
        Entry("a.left", {"user": ASH, "server": HARBOUR}, NOW),
        Entry("a.blocked", {"user": ASH, "what": "x"}, NOW),
        Entry("a.erased", {"user": 2**63 - 1}, NOW + timedelta(minutes=1)),
    ]
    assert [entry.kind for entry in journal.since(NOW + timedelta(seconds=1))] == ["a.erased"]


async def test_of_what_is_given_up_nothing_is_set_down(
    database: Database, journal: Journal
) -> None:
    database.keep_journal(journal.write)
    with suppress(StoreError):
        async with database.transaction() as tx:
            record(tx, "a.left", user=ASH)
            raise StoreError("given up")
    async with database.transaction() as tx:
        record(tx, "a.left", user=ASH + 1)
    assert [entry.facts for entry in journal.since(NOW)] == [{"user": ASH + 1}]


async def test_many_who_withdraw_at_once_all_have_their_entry(
    database: Database, journal: Journal
) -> None:
    written: list[int] = []

    def write(lines: Sequence[str]) -> None:
        written.append(len(lines))
        journal.write(lines)

    people = range(ASH, ASH + 40)
    async with database.transaction() as tx:
        for person in people:
            await consent.give(tx, person, HARBOUR, "checkins", 1, NOW)
    database.keep_journal(write)

    async def withdraw(person: int) -> None:
        async with database.transaction() as tx:
            await consent.withdraw(tx, person, HARBOUR, "checkins")

    await asyncio.gather(*map(withdraw, people))
    assert sorted(entry.facts["user"] for entry in journal.since(NOW)) == list(people)
    if database.engine == "SQLite":
        assert len(written) < len(people), "one for each would hold everybody up"


async def test_what_cannot_be_journalled_is_not_done(database: Database) -> None:
    def full(lines: Sequence[str]) -> None:
        raise StoreError("no room")

    async with database.transaction() as tx:
        await consent.give(tx, ASH, HARBOUR, "checkins", 1, NOW)
    database.keep_journal(full)
    with pytest.raises(StoreError, match="no room"):
        async with database.transaction() as tx:
            await consent.withdraw(tx, ASH, HARBOUR, "checkins")
    database.keep_journal(None)
    async with database.transaction() as tx:
        assert await consent.given(tx, ASH, HARBOUR, "checkins") is not None


async def test_a_tap_that_is_cancelled_has_left_its_entry_whole_or_not_at_all(
    database: Database, journal: Journal
) -> None:
    database.keep_journal(journal.write)
    privacy = Privacy(database, lambda: NOW)
    for turns in range(12):
        task = asyncio.create_task(privacy.erase(ASH))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert {entry.kind for entry in journal.since(NOW)} <= {"privacy.erased"}


async def test_several_processes_and_tasks_write_one_journal(
    tmp_path: Path, journal: Journal, clock: Time
) -> None:
    another = Journal(tmp_path / "journal.db", KEY, clock)
    await asyncio.gather(
        *(
            asyncio.to_thread(one.write, [f'{{"kind":"a.{at}"}}'])
            for at in range(40)
            for one in (journal, another)
        )
    )
    assert len(journal.since(NOW)) == 80


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=8))
def test_times_never_go_back_whatever_the_clock_does(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    clock = Time()
    journal = Journal(tmp_path_factory.mktemp("j") / "journal.db", None, clock)
    journal.begin()
    marks: list[datetime] = []
    for step in steps:
        clock.now += timedelta(seconds=step)
        marks.append(journal.mark_backup())
    assert marks == sorted(marks)
    assert [entry.at for entry in journal.since(marks[0])] == marks


def test_an_entry_goes_when_no_backup_needs_it(journal: Journal, clock: Time) -> None:
    journal.mark_backup()
    clock.now += KEPT
    journal.begin()
    assert len(journal.since(NOW)) == 1
    clock.now += timedelta(seconds=1)
    journal.begin()
    assert journal.since(NOW) == []
    assert journal.begun_at() == NOW


def test_another_key_does_not_open_it(tmp_path: Path, journal: Journal, clock: Time) -> None:
    with pytest.raises(StoreKeyWrong):
        Journal(tmp_path / "journal.db", "6b" * 32, clock).begin()
    with pytest.raises(StoreKeyWrong), opened(tmp_path / "journal.db", KEY):
        pass
    assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0


def test_a_changed_byte_is_noticed(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "journal.db"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError):
        journal.mark_backup()


# Replaying


async def test_replaying_twice_is_replaying_once_on_both_stores(database: Database) -> None:
    privacy = Privacy(database, lambda: NOW)
    consents = consent.Consents(database)
    replays = Replays()
    privacy.replay_with(replays)
    replays.on(consent.WITHDRAWN, consents.replay)
    ended: list[int] = []

    async def end(tx: object, user_id: int, server_id: int) -> None:
        ended.append(user_id)

    consents.when_withdrawn("checkins", end)
    async with database.transaction() as tx:
        for person in (ASH, ASH + 1):
            await consent.give(tx, person, HARBOUR, "checkins", 1, NOW)
    entries = [
        Entry(consent.WITHDRAWN, {"user": ASH, "server": HARBOUR, "feature": "checkins"}, NOW),
        Entry("privacy.server_left", {"server": HARBOUR}, NOW),
        Entry("gone.feature", {"user": ASH}, NOW),
        Entry("journal.backup", {}, NOW),
    ]
    for _ in range(2):
        counted = await replays.run(database, entries)
        assert counted == {consent.WITHDRAWN: 1, "privacy.server_left": 1}
        assert await consents.of(ASH) == ()
        assert len(await consents.of(ASH + 1)) == 1
    assert ended == [ASH, ASH]
    async with database.read() as read:
        (row,) = await read.fetch("SELECT server_id, left_at FROM privacy_departures")
    assert (row["server_id"], row["left_at"]) == (HARBOUR, int(NOW.timestamp()))


async def test_leaving_and_coming_back_are_journalled_once_each(
    database: Database, journal: Journal
) -> None:
    database.keep_journal(journal.write)
    privacy = Privacy(database, lambda: NOW)
    for _ in range(2):
        await privacy.server_left(HARBOUR)
    for _ in range(2):
        await privacy.server_returned(HARBOUR)
    assert [entry.kind for entry in journal.since(NOW)] == [
        "privacy.server_left",
        "privacy.server_returned",
    ]


async def test_a_kind_has_one_who_replays_it(database: Database) -> None:
    replays = Replays()
    privacy = Privacy(database, lambda: NOW)
    privacy.replay_with(replays)
    with pytest.raises(ValueError, match="already"):
        privacy.replay_with(replays)


async def test_a_copy_for_another_disk_is_whole_and_replaces_the_one_before(
    tmp_path: Path, clock: Time
) -> None:
    config = Config(tmp_path / "state", database_key=KEY)
    runtime = await open_runtime(config, clock)
    target = tmp_path / "copy.db"
    for count in (1, 2):
        async with runtime.database.transaction() as tx:
            record(tx, "a.left", user=count)
        copy_journal(config, target, clock)
        assert len(Journal(target, KEY, clock).since(NOW)) == count
    await runtime.database.close()
    with opened(target, journal_key(KEY)) as file:
        assert file.execute("SELECT count(*) FROM journal_facts").fetchall()[0][0] == 1
    with pytest.raises(StoreError, match="cannot be copied"):
        copy_journal(config, tmp_path / "missing" / "copy.db", clock)
