"""What the door to the store costs, beside its peers, in one run.

`python -m benchmarks.store` prints a table, `--json` the figures. Everybody writes to a file of
their own in one folder with the write-ahead log on, every commit synced to the disk, and the same
transaction: read a row, change it, add a line. The peers' writers take turns behind a lock, for
without one they mix each other's transactions; their files are not encrypted, ours is.

Sharing a COMMIT pays by what a COMMIT costs, and disks differ: all is measured on this machine's
disk as it is, and once more with a COMMIT that takes two milliseconds longer, as on a small
server's network volume or a memory card.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from unittest.mock import patch

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import Database

if TYPE_CHECKING:
    import sqlite3 as sqlcipher
else:
    from sqlcipher3 import dbapi2 as sqlcipher

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

TABLES = (
    "CREATE TABLE accounts (id BIGINT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL)",
    "CREATE TABLE lines (id BIGINT NOT NULL PRIMARY KEY, note TEXT NOT NULL)",
)
ACCOUNTS = 1000
SECONDS = 13.0
ROUNDS = 4
READS = 150
SLOWER_MS = 2.0
NOTE = "a line of about the length that an audit line has when a setting was changed"


class SlowCommit:
    """Makes a driver's connection wait after each COMMIT, in its own thread."""

    seconds = 0.0

    def execute(self, sql: str, *parameters: Any) -> Any:
        cursor = cast("Any", super()).execute(sql, *parameters)
        if sql == "COMMIT":
            time.sleep(SlowCommit.seconds)
        return cursor

    def commit(self) -> None:
        cast("Any", super()).commit()
        time.sleep(SlowCommit.seconds)


class OwnConnection(SlowCommit, sqlcipher.Connection):
    """Ours."""


class PeerConnection(SlowCommit, sqlite3.Connection):
    """Our peers'."""


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
    async def opened(cls, folder: Path) -> AsyncGenerator[Door]:
        with patch.object(sqlcipher, "connect", partial(sqlcipher.connect, factory=OwnConnection)):
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
    async def opened(cls, folder: Path) -> AsyncGenerator[Plain]:
        async with aiosqlite.connect(
            folder / "plain.db", isolation_level=None, factory=PeerConnection
        ) as connection:
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
    async def opened(cls, folder: Path) -> AsyncGenerator[Alchemy]:
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{folder / 'alchemy.db'}",
            connect_args={"factory": PeerConnection},
        )

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


@dataclass(slots=True)
class Sample:
    """What was measured of one thing, over all rounds."""

    took: list[float] = field(default_factory=list[float])
    wall: float = 0.0
    cpu: float = 0.0
    rates: list[float] = field(default_factory=list[float])

    def quantile_ms(self, share: float) -> float:
        """Milliseconds below which `share` of the times lie."""
        return round(
            1000 * sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))], 3
        )

    def figures(self) -> dict[str, float]:
        return {
            "per_second": round(len(self.took) / self.wall),
            "p50_ms": self.quantile_ms(0.5),
            "p99_ms": self.quantile_ms(0.99),
            "cpu_us": round(1e6 * self.cpu / len(self.took), 1),
        }

    @contextmanager
    def watch(self) -> Generator[list[float]]:
        """Add what happens within; the block appends how long each took."""
        took: list[float] = []
        start, cpu = time.perf_counter(), time.process_time()
        yield took
        wall = time.perf_counter() - start
        self.cpu += time.process_time() - cpu
        self.wall += wall
        self.took += took
        self.rates.append(len(took) / wall)


class Bench:
    """One store and what was measured of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lines = itertools.count()
        self.one_writer = Sample()
        self.fifty_writers = Sample()
        self.read = Sample()
        self.read_while_writing = Sample()

    async def round(self, seconds: float) -> None:
        """Measure everything once, for about so long."""
        await self.write(self.one_writer, 1, seconds / 4)
        await self.write(self.fifty_writers, 50, seconds / 2)
        with self.read.watch() as took:
            for number in range(READS):
                took.append(await self.look(number))
        writing = asyncio.ensure_future(self.write(Sample(), 10, seconds / 4))
        with self.read_while_writing.watch() as took:
            while not writing.done():
                took.append(await self.look(len(took)))
                await asyncio.sleep(0.002)
        await writing

    async def look(self, number: int) -> float:
        start = time.perf_counter()
        await self.store.look(number % ACCOUNTS)
        return time.perf_counter() - start

    async def write(self, sample: Sample, writers: int, seconds: float) -> None:
        """Let so many writers write one transaction after the other."""
        end = time.perf_counter() + seconds
        with sample.watch() as took:

            async def writer() -> None:
                while (start := time.perf_counter()) < end:
                    await self.store.change(next(self.lines))
                    took.append(time.perf_counter() - start)

            await asyncio.gather(*(writer() for _ in range(writers)))

    def figures(self) -> dict[str, dict[str, float]]:
        waiting = self.read_while_writing.figures()
        return {
            "one_writer": self.one_writer.figures(),
            "fifty_writers": self.fifty_writers.figures(),
            "read": self.read.figures(),
            "read_while_writing": {key: waiting[key] for key in ("p50_ms", "p99_ms")},
        }


def sync_ms(folder: Path) -> float:
    """Milliseconds that the disk takes to make 8 kB durable, for judging the figures by."""
    took: list[float] = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(20):
            file.write(b"x" * 8192)
            start = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - start)
    return 1000 * statistics.fmean(took)


def ratios(ours: Bench, peer: Bench) -> dict[str, float]:
    """Set us beside a peer; rates by round, since a disk is slower now and faster then."""

    def rate(ours: Sample, peer: Sample) -> float:
        pairs = zip(ours.rates, peer.rates, strict=True)
        return round(statistics.median(mine / theirs for mine, theirs in pairs), 2)

    def cpu(ours: Sample, peer: Sample) -> float:
        return round(ours.figures()["cpu_us"] / peer.figures()["cpu_us"], 2)

    return {
        "fifty_writers_per_second": rate(ours.fifty_writers, peer.fifty_writers),
        "one_writer_per_second": rate(ours.one_writer, peer.one_writer),
        "transaction_cpu": cpu(ours.one_writer, peer.one_writer),
        "transaction_of_fifty_cpu": cpu(ours.fifty_writers, peer.fifty_writers),
        "read_cpu": cpu(ours.read, peer.read),
    }


async def run(seconds: float, rounds: int, slower_ms: float) -> dict[str, Any]:
    """Measure all three in turns, so that the machine's moods fall on all alike."""
    SlowCommit.seconds = slower_ms / 1000
    syncs: list[float] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-bench-")))
        kinds: tuple[Callable[[Path], Any], ...] = (Door.opened, Plain.opened, Alchemy.opened)
        benches = [Bench(await stack.enter_async_context(opened(folder))) for opened in kinds]
        for bench in benches:
            await bench.write(Sample(), 4, 0.1)
        for _ in range(rounds):
            syncs.append(sync_ms(folder))
            for bench in benches:
                await bench.round(seconds / rounds / len(benches))
    ours, *peers = benches
    return {
        "commit_slower_by_ms": slower_ms,
        "fsync_ms": round(statistics.fmean(syncs), 3),
        "stores": {bench.store.name: bench.figures() for bench in benches},
        "ratios": {peer.store.name: ratios(ours, peer) for peer in peers},
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    slower_ms = found["commit_slower_by_ms"]
    slower = f", and each COMMIT was made {slower_ms} ms slower" if slower_ms else ""
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
            rows.append(f"{name:<12}{label:>16}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{cpu:>9}")
    rows += ["", f"The disk took {found['fsync_ms']} ms to make 8 kB durable{slower}."]
    for peer, ratio in found["ratios"].items():
        rows.append(
            f"Against {peer}: {ratio['fifty_writers_per_second']} times the transactions of 50 "
            f"writers, {ratio['one_writer_per_second']} times those of one; "
            f"{ratio['transaction_cpu']} of the CPU a transaction of one, "
            f"{ratio['transaction_of_fifty_cpu']} of fifty, {ratio['read_cpu']} a read."
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the store beside its peers.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all of it, about")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="in so many turns")
    options = parser.parse_args()
    found = {
        name: asyncio.run(run(options.seconds / 2, options.rounds, slower_ms))
        for name, slower_ms in (("this_disk", 0.0), ("slower_disk", SLOWER_MS))
    }
    text = json.dumps(found, indent=2) if options.json else "\n\n".join(map(table, found.values()))
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
