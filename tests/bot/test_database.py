from __future__ import annotations

import asyncio
import os
import resource
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlcipher3 import dbapi2 as sqlcipher  # pyright: ignore[reportMissingTypeStubs]

from bot.database import (
    Database,
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreFull,
    StoreKeyWrong,
    StoreUnavailable,
    Transaction,
)
from bot.database.sqlite import to_sqlite
from tests.conftest import OpenStore
from tests.stores import KEY, Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

driver: Any = sqlcipher

ADD = "INSERT INTO accounts (id, balance, note) VALUES ($1, $2, $3)"
ACCOUNTS = 8
START = 100

WRITER = """
import asyncio, itertools, sys
from bot.database import Database

async def main(location, key):
    database = await Database.open(location, key=key or None)
    ids = itertools.count(1000, 2)

    async def writer():
        while True:
            first = next(ids)
            async with database.transaction() as tx:
                for id in (first, first + 1):
                    await tx.execute("INSERT INTO accounts VALUES ($1, 0, 'x', TRUE)", id)
            print(first, flush=True)

    await asyncio.gather(*(writer() for _ in range(10)))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def bank(database: Database) -> Database:
    """A store with a few accounts in it."""
    async with database.transaction() as tx:
        await tx.execute(
            "CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL, "
            "note TEXT, open BOOLEAN NOT NULL DEFAULT TRUE)"
        )
        for account in range(ACCOUNTS):
            await tx.execute(ADD, account, START, None)
    return database


@pytest.fixture
async def own_bank(tmp_path: Path) -> AsyncIterator[Database]:
    """An encrypted SQLite store that does not wait long for a lock, with an empty table."""
    database = await Database.open(tmp_path / "own.db", key=KEY, busy_timeout=0.02)
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, note TEXT)")
    yield database
    await database.close()


async def balances(database: Database) -> list[int]:
    async with database.read() as reading:
        return [row["balance"] for row in await reading.fetch("SELECT balance FROM accounts")]


async def count(database: Database) -> int:
    async with database.read() as reading:
        row = await reading.fetch_one("SELECT count(*) FROM accounts")
    assert row is not None
    return row[0]


async def transfer(database: Database, source: int, target: int, amount: int) -> None:
    """Move money the naive way, in Python: right only where transactions exclude each other."""
    async with database.transaction() as tx:
        held: dict[int, int] = {}
        for account in sorted({source, target}):
            row = await tx.fetch_one(
                "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE", account
            )
            assert row is not None
            held[account] = row["balance"]
        change = "UPDATE accounts SET balance = $2 WHERE id = $1"
        await tx.execute(change, source, held[source] - amount)
        await tx.execute(change, target, held[target] + amount)


async def test_what_a_transaction_wrote_is_seen_once_it_has_ended(bank: Database) -> None:
    async with bank.transaction() as tx:
        await tx.execute(ADD, 50, 7, "hello")
    async with bank.read() as reading:
        row = await reading.fetch_one("SELECT * FROM accounts WHERE id = $1", 50)
    assert row is not None
    assert (row["id"], row[1], row["note"], bool(row["open"])) == (50, 7, "hello", True)


async def test_it_says_how_many_rows_a_statement_changed(bank: Database) -> None:
    async with bank.transaction() as tx:
        assert await tx.execute("UPDATE accounts SET open = $1 WHERE id < $2", False, 3) == 3
        assert await tx.execute("DELETE FROM accounts WHERE NOT open") == 3
        assert await tx.execute("CREATE TABLE empty (id BIGINT NOT NULL)") == 0
        assert await tx.execute(ADD + " ON CONFLICT (id) DO NOTHING", 5, 0, None) == 0
        row = await tx.fetch_one(ADD + " RETURNING balance", 60, 12, None)
    assert row is not None
    assert row["balance"] == 12


async def test_the_same_argument_may_be_used_twice(bank: Database) -> None:
    async with bank.transaction() as tx:
        rows = await tx.fetch("SELECT id FROM accounts WHERE id = $1 OR id = $1 + $2", 2, 3)
    assert sorted(row["id"] for row in rows) == [2, 5]


async def test_a_large_id_and_any_text_come_back_as_they_went_in(bank: Database) -> None:
    words = "“¿Cómo?” '; DROP TABLE accounts; -- $1 \U0001f9e1 \u202e"
    async with bank.transaction() as tx:
        await tx.execute(ADD, 2**63 - 1, -(2**63), words)
        row = await tx.fetch_one("SELECT * FROM accounts WHERE id = $1", 2**63 - 1)
    assert row is not None
    assert (row["balance"], row["note"]) == (-(2**63), words)


async def test_what_no_store_takes_in_a_text_is_left_out_everywhere(database: Database) -> None:
    """Half signs and the sign of zero: a program can send both, in any field of Discord's."""
    hostile = "a\0b\ud800c\udfff"
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE said (id BIGINT, words TEXT)")
        await tx.execute("INSERT INTO said VALUES ($1, $2)", 1, hostile)
        await tx.execute_many("INSERT INTO said VALUES ($1, $2)", [(2, hostile), (3, "é")])
        assert len(await tx.fetch("SELECT * FROM said WHERE words = $1", hostile)) == 2
    async with database.read() as read:
        rows = await read.fetch("SELECT words FROM said WHERE words <> $1 ORDER BY id", "\udfff")
    assert [row["words"] for row in rows] == ["abc", "abc", "é"]


async def test_an_error_leaves_nothing_of_its_transaction(bank: Database) -> None:
    async def empty() -> None:
        async with bank.transaction() as tx:
            await tx.execute("UPDATE accounts SET balance = 0")
            raise LookupError

    with pytest.raises(LookupError):
        await empty()
    assert await balances(bank) == [START] * ACCOUNTS


async def test_among_many_at_once_an_error_undoes_only_its_own(bank: Database) -> None:
    async def add(number: int) -> None:
        async with bank.transaction() as tx:
            await tx.execute(ADD, 100 + number, 0, None)
            if number % 3 == 0:
                raise LookupError

    results = await asyncio.gather(*(add(number) for number in range(60)), return_exceptions=True)
    assert sum(isinstance(result, LookupError) for result in results) == 20
    async with bank.read() as reading:
        rows = await reading.fetch("SELECT id FROM accounts WHERE id >= 100 ORDER BY id")
    assert [row["id"] - 100 for row in rows] == [n for n in range(60) if n % 3]


async def test_after_a_failed_statement_the_transaction_is_over(bank: Database) -> None:
    async def swallow() -> None:
        async with bank.transaction() as tx:
            await tx.execute(ADD, 70, 0, None)
            for existing_then_new in (1, 71):
                with suppress(StoreConflict):
                    await tx.execute(ADD, existing_then_new, 0, None)

    with pytest.raises(StoreConflict):
        await swallow()
    assert await count(bank) == ACCOUNTS


async def test_concurrent_transfers_keep_the_balance(bank: Database) -> None:
    await asyncio.gather(
        *(
            transfer(bank, number % ACCOUNTS, (number * 5 + 1) % ACCOUNTS, number % 7)
            for number in range(120)
            if number % ACCOUNTS != (number * 5 + 1) % ACCOUNTS
        )
    )
    assert sum(await balances(bank)) == ACCOUNTS * START


async def test_a_transfer_cancelled_at_any_moment_is_whole_or_nothing(bank: Database) -> None:
    for ticks in range(40):
        tasks = [
            asyncio.ensure_future(transfer(bank, n % ACCOUNTS, (n + 1) % ACCOUNTS, 1))
            for n in range(6)
        ]
        for _ in range(ticks):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None for result in results[1::2])
        assert sum(await balances(bank)) == ACCOUNTS * START
    await transfer(bank, 0, 1, 1)


async def test_one_cancelled_in_the_queue_does_not_stop_those_behind(bank: Database) -> None:
    order: list[int] = []

    async def add(number: int) -> None:
        async with bank.transaction() as tx:
            await tx.execute("UPDATE accounts SET balance = balance + 1 WHERE id = 0")
            order.append(number)

    async with bank.transaction() as tx:
        await tx.execute("UPDATE accounts SET balance = balance + 1 WHERE id = 0")
        waiting = [asyncio.ensure_future(add(number)) for number in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == [2]
    assert START + 2 in await balances(bank)


async def test_one_cancelled_in_the_moment_of_its_turn_passes_it_on(bank: Database) -> None:
    async with bank.transaction():
        waiting = asyncio.ensure_future(transfer(bank, 0, 1, 1))
        await asyncio.sleep(0)
    waiting.cancel()
    async with asyncio.timeout(10):
        await transfer(bank, 1, 2, 5)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert sum(await balances(bank)) == ACCOUNTS * START


async def test_what_only_the_commit_finds_wrong_is_told_and_rolled_back(bank: Database) -> None:
    async def add_line(account: int) -> None:
        async with bank.transaction() as tx:
            await tx.execute("INSERT INTO account_lines VALUES ($1)", account)

    async with bank.transaction() as tx:
        await tx.execute(
            "CREATE TABLE account_lines (account_id BIGINT NOT NULL "
            "REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    with pytest.raises(StoreConflict):
        await add_line(4711)
    await add_line(1)
    async with bank.read() as reading:
        rows = await reading.fetch("SELECT account_id FROM account_lines")
    assert [row["account_id"] for row in rows] == [1]


async def test_a_task_cancelled_at_its_commit_learns_of_it_after_the_commit(
    bank: Database,
) -> None:
    written = asyncio.Event()

    async def add() -> None:
        async with bank.transaction() as tx:
            await tx.execute(ADD, 80, 0, None)
            written.set()

    task = asyncio.ensure_future(add())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(bank) == ACCOUNTS + 1


async def test_a_statement_cancelled_half_way_is_undone(bank: Database) -> None:
    started = asyncio.Event()

    async def empty() -> None:
        async with bank.transaction() as tx:
            await tx.execute("DELETE FROM accounts WHERE id = 0")
            started.set()
            await tx.execute("DELETE FROM accounts")
            await asyncio.Event().wait()

    task = asyncio.ensure_future(empty())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(bank) == ACCOUNTS


async def test_an_ended_transaction_cannot_be_used(bank: Database) -> None:
    async with bank.transaction() as tx:
        await tx.execute(ADD, 90, 0, None)
    with pytest.raises(RuntimeError):
        await tx.execute(ADD, 91, 0, None)


async def test_it_tells_how_long_each_commit_took_and_of_no_other_end(bank: Database) -> None:
    waited: list[float] = []
    bank.when_committed(waited.append)
    await asyncio.gather(*(transfer(bank, 0, 1, 1) for _ in range(5)))
    with suppress(LookupError):
        async with bank.transaction() as tx:
            await tx.execute(ADD, 99, 0, None)
            raise LookupError
    assert len(waited) == 5
    assert all(0 < seconds < 30 for seconds in waited)


async def test_a_reader_sees_only_what_is_committed_and_never_waits(bank: Database) -> None:
    async with bank.transaction() as tx:
        await tx.execute("UPDATE accounts SET balance = 1")
        assert await balances(bank) == [START] * ACCOUNTS
    assert await balances(bank) == [1] * ACCOUNTS


async def test_a_reader_cannot_write(bank: Database) -> None:
    async with bank.read() as reading:
        with pytest.raises(Exception, match=r"read.?only"):
            await reading.fetch("DELETE FROM accounts RETURNING id")
    assert await count(bank) == ACCOUNTS


async def test_much_at_once_goes_through(bank: Database) -> None:
    async with bank.transaction() as tx:
        for number in range(2000):
            await tx.execute(ADD, 1000 + number, number, "note " * 20)
    assert await count(bank) == ACCOUNTS + 2000


async def test_a_process_killed_while_it_writes_loses_nothing_acknowledged(
    bank: Database, ready_place: Place
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(ready_place.location), ready_place.key or "",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    acknowledged = [int(await process.stdout.readline()) for _ in range(300)]
    process.kill()
    acknowledged += [int(line) for line in (await process.stdout.read()).splitlines()]
    await process.wait()
    async with bank.read() as reading:
        rows = await reading.fetch("SELECT id FROM accounts WHERE id >= 1000")
    kept = {row["id"] for row in rows}
    assert kept >= {account for first in acknowledged for account in (first, first + 1)}
    assert all(account ^ 1 in kept for account in kept)


async def test_closing_lets_those_who_wait_finish_and_refuses_the_next(
    bank: Database, open_store: OpenStore
) -> None:
    async with bank.transaction() as tx:
        await tx.execute(ADD, 95, 0, None)
        closing = asyncio.ensure_future(bank.close())
        await asyncio.sleep(0)
        await tx.execute(ADD, 96, 0, None)
    await closing
    with pytest.raises(StoreUnavailable):
        async with bank.transaction():
            pass
    with pytest.raises(StoreUnavailable):
        await balances(bank)
    assert await count(await open_store()) == ACCOUNTS + 2


async def test_the_doctor_learns_how_the_store_is(database: Database, ready_place: Place) -> None:
    health = await database.health()
    assert health.problems == ()
    assert health.writable
    assert health.schema_version > 0
    assert health.size_bytes > 0
    assert health.encrypted is (ready_place.engine == "sqlite")
    assert health.engine == database.engine
    assert health.version[0].isdigit()


# What only a file can do.


@pytest.mark.parametrize(("most", "seen_by_the_first"), [(5, {5, 10, 15, 20}), (50, {20})])
async def test_a_commit_is_shared_by_those_who_wait(
    own_bank: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    seen_by_the_first: set[int],
) -> None:
    monkeypatch.setattr("bot.database.sqlite.BATCH_TRANSACTIONS", most)
    monkeypatch.setattr("bot.database.sqlite.BATCH_SECONDS", 60)
    other = driver.connect(tmp_path / "own.db")
    other.execute(f"PRAGMA key = \"x'{KEY}'\"")

    async def add(number: int) -> int:
        async with own_bank.transaction() as tx:
            await tx.execute("INSERT INTO accounts (id) VALUES ($1)", number)
        return other.execute("SELECT count(*) FROM accounts").fetchone()[0]

    assert set(await asyncio.gather(*(add(number) for number in range(20)))) == seen_by_the_first
    other.close()


async def test_the_file_is_opened_as_durability_asks(own_bank: Database) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    async with own_bank.transaction() as tx:
        found = {name: (await tx.fetch(f"PRAGMA {name}"))[0][0] for name in wanted}
    assert found == wanted


async def test_nothing_that_was_written_can_be_read_from_the_file(
    own_bank: Database, tmp_path: Path
) -> None:
    async with own_bank.transaction() as tx:
        await tx.execute("INSERT INTO accounts VALUES (1, $1)", "tell nobody " * 50)
    for file in (tmp_path / f"own.db{end}" for end in ("", "-wal", "-shm")):
        assert b"tell nobody" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


async def test_what_is_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    database = await Database.open(path, plain=True)
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, note TEXT)")
        for number in range(50):
            await tx.execute("INSERT INTO accounts VALUES ($1, $2)", number, "tell nobody")
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM accounts WHERE id <> 7")
        await tx.execute("UPDATE accounts SET note = 'short'")
    await database.close()
    assert b"tell nobody" not in await asyncio.to_thread(path.read_bytes)


async def test_a_full_store_refuses_and_keeps_what_it_has(own_bank: Database) -> None:
    async def add(number: int) -> None:
        async with own_bank.transaction() as tx:
            await tx.execute("INSERT INTO accounts VALUES ($1, $2)", number, "x" * 3000)

    async with own_bank.transaction() as tx:
        await tx.fetch("PRAGMA max_page_count = 40")
    results = await asyncio.gather(*(add(number) for number in range(90)), return_exceptions=True)
    refused = [result for result in results if result is not None]
    assert refused
    assert all(isinstance(result, StoreFull) for result in refused)
    assert await count(own_bank) == 90 - len(refused)
    async with own_bank.transaction() as tx:
        await tx.fetch("PRAGMA max_page_count = 1000")
    await add(500)


async def test_when_a_commit_fails_everyone_in_it_is_told(own_bank: Database) -> None:
    async def add(number: int) -> None:
        async with own_bank.transaction() as tx:
            await tx.execute("INSERT INTO accounts VALUES ($1, $2)", number, "x" * 9000)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, hard))
    try:
        results = await asyncio.gather(*(add(n) for n in range(20)), return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    refused = [result for result in results if result is not None]
    assert len(refused) > 1
    assert all(isinstance(result, StoreUnavailable | StoreFull) for result in refused)
    assert await count(own_bank) == 20 - len(refused)
    await add(100)
    assert await count(own_bank) == 21 - len(refused)


async def test_a_database_locked_by_another_is_said_to_be_so(
    own_bank: Database, tmp_path: Path
) -> None:
    other = driver.connect(tmp_path / "own.db", isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{KEY}'\"")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="locked by another process"):
        async with own_bank.transaction() as tx:
            await tx.execute("DELETE FROM accounts")
    assert not (await own_bank.health()).writable
    other.close()
    async with own_bank.transaction() as tx:
        await tx.execute("DELETE FROM accounts")


async def test_keys_and_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    secret, open_one = tmp_path / "secret.db", tmp_path / "open.db"
    await (await Database.open(secret, key=KEY)).close()
    await (await Database.open(open_one, plain=True)).close()
    with pytest.raises(StoreKeyWrong, match="does not fit"):
        await Database.open(secret, key="77" * 32)
    with pytest.raises(StoreKeyWrong, match="no key was given"):
        await Database.open(secret)
    with pytest.raises(StoreKeyWrong, match="64 hexadecimal digits"):
        await Database.open(secret, key="x'; --")
    with pytest.raises(StoreKeyWrong, match="is encrypted"):
        await Database.open(secret, plain=True)
    with pytest.raises(StoreKeyWrong, match="is not encrypted"):
        await Database.open(open_one, key=KEY)
    await (await Database.open(secret, key=KEY)).close()
    await (await Database.open(open_one, plain=True)).close()


async def test_a_damaged_file_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    database = await Database.open(path, plain=True)
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, note TEXT)")
        for number in range(100):
            await tx.execute("INSERT INTO accounts VALUES ($1, $2)", number, "x" * 500)
    await database.close()
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096)
    database = await Database.open(path, plain=True)
    assert (await database.health()).problems
    with pytest.raises(StoreDamaged, match="restore the latest backup"):
        async with database.read() as reading:
            await reading.fetch("SELECT sum(length(note)) FROM accounts")
    await database.close()


async def test_a_damaged_page_of_an_encrypted_file_is_not_taken_for_a_wrong_key(
    tmp_path: Path,
) -> None:
    path = tmp_path / "damaged.db"
    database = await Database.open(path, key=KEY)
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, note TEXT)")
        for number in range(100):
            await tx.execute("INSERT INTO accounts VALUES ($1, $2)", number, "x" * 500)
    await database.close()
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096)
    database = await Database.open(path, key=KEY)
    assert any("restore the latest backup" in line for line in (await database.health()).problems)
    with pytest.raises(StoreDamaged):
        async with database.read() as reading:
            await reading.fetch("SELECT sum(length(note)) FROM accounts")
    await database.close()


async def test_nothing_is_left_running_after_a_wrong_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.db"
    await (await Database.open(path, key=KEY)).close()
    before = threading.enumerate()
    with pytest.raises(StoreKeyWrong):
        await Database.open(path, key="77" * 32)
    started = set(threading.enumerate()) - set(before)
    assert not [thread for thread in started if "_connection_worker" in thread.name]


@pytest.mark.parametrize(
    "location", ["{}/missing/a.db", "{}", "mysql://host/name", "sqlite://host/name"]
)
async def test_a_place_that_cannot_be_opened_is_named(location: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as refusal:
        await Database.open(location.format(tmp_path), key=KEY)
    assert str(refusal.value).endswith(".")
    assert refusal.value.status in {os.EX_CONFIG, os.EX_IOERR}


async def test_an_address_means_the_file_that_its_path_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for address in ("sqlite:///near.db", f"sqlite:///{tmp_path}/far.db"):
        await (await Database.open(address, key=KEY)).close()
    for name in ("near.db", "far.db"):
        with pytest.raises(StoreKeyWrong):
            await Database.open(tmp_path / name, plain=True)


async def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1/name cannot be reached") as refusal:
        await Database.open("postgresql://somebody:hidden@127.0.0.1:9/name")
    assert "hidden" not in str(refusal.value)


@pytest.mark.postgres
async def test_a_server_that_refuses_is_named_with_its_reason() -> None:
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set")
    elsewhere = urlsplit(url)._replace(path="/nobody_made_this")
    with pytest.raises(StoreUnavailable, match="does not exist") as refusal:
        await Database.open(elsewhere.geturl())
    assert refusal.value.status == os.EX_CONFIG


@pytest.mark.parametrize(
    ("written", "for_sqlite"),
    [
        ("SELECT $1, $12", "SELECT ?1, ?12"),
        ("SELECT '$1 BIGINT', 'it''s $2', $1", "SELECT '$1 BIGINT', 'it''s $2', ?1"),
        ("SELECT 1 -- it's $1\n + $1", "SELECT 1 -- it's $1\n + ?1"),
        ("SELECT a FROM b FOR UPDATE", "SELECT a FROM b"),
        ("SELECT a FROM b LIMIT 1\nFOR UPDATE SKIP LOCKED", "SELECT a FROM b LIMIT 1"),
        ("UPDATE a SET b = $1", "UPDATE a SET b = ?1"),
        ("CREATE TABLE a (b BIGINT);", "CREATE TABLE a (b INTEGER) STRICT"),
        ("CREATE TABLE a (b BOOLEAN, c TEXT)", "CREATE TABLE a (b INTEGER, c TEXT) STRICT"),
        ("ALTER TABLE a ADD COLUMN b BIGINT", "ALTER TABLE a ADD COLUMN b INTEGER"),
        ("CREATE INDEX a ON b (c)", "CREATE INDEX a ON b (c)"),
    ],
)
def test_what_is_written_for_both_is_said_in_sqlites_words(written: str, for_sqlite: str) -> None:
    assert to_sqlite(written) == for_sqlite


async def test_an_empty_transaction_costs_nothing_and_blocks_nobody(bank: Database) -> None:
    async def enter() -> Transaction:
        async with bank.transaction() as tx:
            return tx

    await asyncio.gather(*(enter() for _ in range(30)))
    await transfer(bank, 0, 1, 5)
    assert sum(await balances(bank)) == ACCOUNTS * START
