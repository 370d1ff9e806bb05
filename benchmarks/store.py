"""What the door to the store costs, beside its peers, in one run.

`python -m benchmarks.store` prints a table, `--json` the figures. Everybody writes to a file of
their own in one folder with the write-ahead log on, every commit synced to the disk, and the same
transaction: read a row, change it, add a line. The peers' writers take turns behind a lock, for
without one they mix each other's transactions; their files are not encrypted, ours is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

TABLES = (
    "CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL)",
    "CREATE TABLE lines (id BIGINT NOT NULL PRIMARY KEY, note TEXT NOT NULL)",
)
ACCOUNTS = 1000
SECONDS = 2.0
READS = 1500
NOTE = "a line of about the length that an audit line has when a setting was changed"


class Store(Protocol):
    """A way to do the benchmark's transaction and its read."""

    name: str

    async def change(self, line: int) -> None: ...

    async def look(self, account: int) -> None: ...


class Door:
    """Our door."""

    name = "alongside"

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator[Door]:
        database = await Database.open(folder / "door.db", key="5a" * 32)
        async with database.transaction() as tx:
            for sql in TABLES:
                await tx.execute(sql)
            for account in range(ACCOUNTS):
                await tx.execute("INSERT INTO accounts VALUES ($1, 0)", account)
        yield cls(database)
        await database.close()

    async def change(self, line: int) -> None:
        account = line % ACCOUNTS
        async with self.database.transaction() as tx:
            await tx.fetch_one("SELECT balance FROM accounts WHERE id = $1", account)
            await tx.execute("UPDATE accounts SET balance = balance + 1 WHERE id = $1", account)
            await tx.execute("INSERT INTO lines VALUES ($1, $2)", line, NOTE)

    async def look(self, account: int) -> None:
        async with self.database.read() as reading:
            await reading.fetch_one("SELECT balance FROM accounts WHERE id = $1", account)


class Plain:
    """aiosqlite as its documentation shows it, with a lock around each transaction."""

    name = "aiosqlite"

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self.lock = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator[Plain]:
        async with aiosqlite.connect(folder / "plain.db", isolation_level=None) as connection:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                await connection.execute_fetchall(f"PRAGMA {pragma}")
            await connection.execute_fetchall("BEGIN IMMEDIATE")
            for sql in TABLES:
                await connection.execute_fetchall(sql)
            for account in range(ACCOUNTS):
                await connection.execute_fetchall("INSERT INTO accounts VALUES (?, 0)", (account,))
            await connection.execute_fetchall("COMMIT")
            yield cls(connection)

    async def change(self, line: int) -> None:
        account, run = line % ACCOUNTS, self.connection.execute_fetchall
        async with self.lock:
            await run("BEGIN IMMEDIATE")
            await run("SELECT balance FROM accounts WHERE id = ?", (account,))
            await run("UPDATE accounts SET balance = balance + 1 WHERE id = ?", (account,))
            await run("INSERT INTO lines VALUES (?, ?)", (line, NOTE))
            await run("COMMIT")

    async def look(self, account: int) -> None:
        # On one connection a read outside the lock would see half a transaction.
        async with self.lock:
            await self.connection.execute_fetchall(
                "SELECT balance FROM accounts WHERE id = ?", (account,)
            )


class Alchemy:
    """SQLAlchemy Core on aiosqlite: its pool, one writer at a time, readers beside it."""

    name = "sqlalchemy"

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.lock = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator[Alchemy]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'alchemy.db'}")

        def prepare(connection: Any, _: object) -> None:
            # What SQLAlchemy's documentation advises for transactions of one's own.
            connection.isolation_level = None
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")

        event.listen(engine.sync_engine, "connect", prepare)
        async with engine.connect() as connection:
            await connection.execute(text("BEGIN IMMEDIATE"))
            for sql in TABLES:
                await connection.execute(text(sql))
            for account in range(ACCOUNTS):
                await connection.execute(
                    text("INSERT INTO accounts VALUES (:id, 0)"), {"id": account}
                )
            await connection.commit()
        yield cls(engine)
        await engine.dispose()

    async def change(self, line: int) -> None:
        account = {"id": line % ACCOUNTS}
        async with self.lock, self.engine.connect() as connection:
            await connection.execute(text("BEGIN IMMEDIATE"))
            await connection.execute(text("SELECT balance FROM accounts WHERE id = :id"), account)
            await connection.execute(
                text("UPDATE accounts SET balance = balance + 1 WHERE id = :id"), account
            )
            await connection.execute(
                text("INSERT INTO lines VALUES (:id, :note)"), {"id": line, "note": NOTE}
            )
            await connection.commit()

    async def look(self, account: int) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(
                text("SELECT balance FROM accounts WHERE id = :id"), {"id": account}
            )


class Lines:
    """Gives each added line a number of its own, across the runs on one file."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def quantile(values: list[float], share: float) -> float:
    """Milliseconds below which `share` of the values lie."""
    return round(1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))], 3)


async def write(store: Store, lines: Lines, writers: int, seconds: float) -> dict[str, float]:
    """Let so many writers write one transaction after the other."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def writer() -> None:
        while (start := time.perf_counter()) < end:
            await store.change(lines.next())
            took.append(time.perf_counter() - start)

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(writer() for _ in range(writers)))
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {
        "per_second": round(len(took) / wall),
        "p50_ms": quantile(took, 0.5),
        "p99_ms": quantile(took, 0.99),
        "cpu_us": round(1e6 * cpu / len(took), 1),
    }


async def read(store: Store) -> dict[str, float]:
    """Read one row after the other while nobody writes."""
    took: list[float] = []
    cpu = time.process_time()
    for number in range(READS):
        start = time.perf_counter()
        await store.look(number % ACCOUNTS)
        took.append(time.perf_counter() - start)
    cpu = time.process_time() - cpu
    return {
        "p50_ms": quantile(took, 0.5),
        "p99_ms": quantile(took, 0.99),
        "cpu_us": round(1e6 * cpu / READS, 1),
    }


async def read_while_writing(store: Store, lines: Lines, seconds: float) -> dict[str, float]:
    """Read now and then while ten others write without a pause."""
    took: list[float] = []
    writing = asyncio.ensure_future(write(store, lines, 10, seconds))
    while not writing.done():
        start = time.perf_counter()
        await store.look(len(took) % ACCOUNTS)
        took.append(time.perf_counter() - start)
        await asyncio.sleep(0.005)
    await writing
    return {"p50_ms": quantile(took, 0.5), "p99_ms": quantile(took, 0.99)}


async def measure(store: Store, seconds: float) -> dict[str, dict[str, float]]:
    """Measure one store."""
    lines = Lines()
    await write(store, lines, 4, seconds / 8)
    await read(store)
    return {
        "one_writer": await write(store, lines, 1, seconds / 2),
        "fifty_writers": await write(store, lines, 50, seconds),
        "read": await read(store),
        "read_while_writing": await read_while_writing(store, lines, seconds / 2),
    }


def disk(folder: Path) -> float:
    """Milliseconds that the disk takes to make 8 kB durable, for judging the figures by."""
    took: list[float] = []
    with (folder / "sync").open("wb", buffering=0) as file:
        import os

        for _ in range(50):
            file.write(b"x" * 8192)
            start = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - start)
    return round(1000 * statistics.median(took), 3)


async def run(seconds: float) -> dict[str, Any]:
    """Measure all three and set the ratios beside them."""
    results: dict[str, Any] = {}
    kinds: tuple[Callable[[Path], Any], ...] = (Door.opened, Plain.opened, Alchemy.opened)
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as name:
        folder = Path(name)
        synced = disk(folder)
        for opened in kinds:
            async with opened(folder) as store:
                results[store.name] = await measure(store, seconds)
    ours = results["alongside"]
    ratios = {
        peer: {
            "fifty_writers_per_second": round(
                ours["fifty_writers"]["per_second"] / figures["fifty_writers"]["per_second"], 2
            ),
            "one_writer_per_second": round(
                ours["one_writer"]["per_second"] / figures["one_writer"]["per_second"], 2
            ),
            "read_cpu": round(ours["read"]["cpu_us"] / figures["read"]["cpu_us"], 2),
            "transaction_cpu": round(
                ours["one_writer"]["cpu_us"] / figures["one_writer"]["cpu_us"], 2
            ),
        }
        for peer, figures in results.items()
        if peer != "alongside"
    }
    return {"fsync_ms": synced, "stores": results, "ratios": ratios}


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    rows = [
        f"{'store':<12}{'writers':>9}{'tx/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs/tx':>11}",
    ]
    for name, figures in found["stores"].items():
        for writers, label in (("one_writer", "1"), ("fifty_writers", "50")):
            row = figures[writers]
            rows.append(
                f"{name:<12}{label:>9}{row['per_second']:>8}{row['p50_ms']:>9.2f}"
                f"{row['p99_ms']:>9.2f}{row['cpu_us']:>11.0f}"
            )
    rows += ["", f"{'store':<12}{'read':>16}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}"]
    for name, figures in found["stores"].items():
        for key, label in (("read", "alone"), ("read_while_writing", "while writing")):
            row = figures[key]
            cpu = f"{row['cpu_us']:.0f}" if "cpu_us" in row else ""
            rows.append(
                f"{name:<12}{label:>16}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{cpu:>9}"
            )
    rows += ["", f"The disk makes 8 kB durable in {found['fsync_ms']} ms."]
    for peer, ratio in found["ratios"].items():
        rows.append(
            f"Against {peer}: {ratio['fifty_writers_per_second']} times the transactions of 50 "
            f"writers, {ratio['one_writer_per_second']} times those of one; "
            f"{ratio['transaction_cpu']} of the CPU a transaction, {ratio['read_cpu']} a read."
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the store beside its peers.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for the longest part")
    options = parser.parse_args()
    found = asyncio.run(run(options.seconds))
    sys.stdout.write((json.dumps(found, indent=2) if options.json else table(found)) + "\n")


if __name__ == "__main__":
    main()
