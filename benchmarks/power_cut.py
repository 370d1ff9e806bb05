"""Whether what the store has acknowledged survives a power cut.

`python -m benchmarks.power_cut` cuts the power 300 times under the real store at work and prints a
table, `--json` the figures. Each time a process works on the store the way the bot or the command
line does, over a disk that forgets what it was not told to sync (`disk.py`), and tells over a pipe
what it was promised: that a transaction is kept, a backup taken, the key changed. At a random step
it is gone. What a disk may hold then is made several times over: with all that was not synced
gone, with all up to some moment, and twice with any part of it. Each is opened as the next start
would open it, and has to hold every promise, and nothing half.

Beside it the same writers and the same cuts, with the store's syncs switched off, and with plain
aiosqlite as it is often set up: write-ahead log, `synchronous = NORMAL`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import aiosqlite

from benchmarks.disk import AnyOrder, Disk, Fate, InOrder, NoLayer, Nothing, compiled, put, watch
from bot.alone import alone
from bot.backup.restoring import restore
from bot.backup.service import before_update, take
from bot.config import Config
from bot.database import Database
from bot.database.files import fits, opened, problems
from bot.journal import Journal
from bot.keys import former, read_key
from bot.migrations import known_migrations, migrate
from bot.opening import open_runtime, open_store, store_key
from bot.rekey import rekey
from bot.texts import Texts

if TYPE_CHECKING:
    import sqlite3 as sqlcipher
else:
    from sqlcipher3 import dbapi2 as sqlcipher

RUNS = 300
QUICK_RUNS = 6
WRITERS = 8
MANY = 40
"""Transactions of each writer, after which the store is closed."""
SYNC_MICROSECONDS = 300
"""What an fsync takes, so that transactions wait for it together."""
SINCE = 20
"""How many transactions of its own a writer leaves in the store."""
EARLIER = 9
"""The schema from which a start has to bring the store up to date."""
SET_DOWN = "power.cut"

TABLES = (
    "CREATE TABLE cut_lines (id BIGINT NOT NULL PRIMARY KEY, words TEXT NOT NULL)",
    "CREATE TABLE cut_totals (writer BIGINT NOT NULL PRIMARY KEY, total BIGINT NOT NULL)",
)

Tell = Callable[..., None]
"""Tells the process that watches what was promised."""


def to_nobody(**_: Any) -> None:
    """What is promised before the process begins is counted, not told."""


BEFORE = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_WORK = BEFORE + timedelta(days=1)
AFTER = BEFORE + timedelta(days=2)
_now = BEFORE


def clock() -> datetime:
    """A second later each time it is asked: backups are called by their second."""
    global _now
    _now += timedelta(seconds=1)
    return _now


def set_clock(now: datetime) -> None:
    """Say what time it is from here on."""
    global _now
    _now = now


# What a writer does: in each transaction two lines, its total, and its oldest two lines gone.


def words_of(line: int) -> str:
    """The words of a line, of a page or two at most, which follow from its number."""
    return f"{line} " * (3, 60, 300, 800)[line % 7 % 4]


def lines_of(writer: int, total: int) -> set[int]:
    """The numbers of the lines that a writer has in the store after so many transactions."""
    numbers = range(max(total - SINCE, 0) + 1, total + 1)
    return {writer * 1_000_000 + number * 2 + half for number in numbers for half in (0, 1)}


class HalfError(Exception):
    """Ends a transaction that must leave nothing behind."""


async def begin(database: Database | Plain) -> None:
    """Make the writers' tables."""
    async with database.transaction() as tx:
        for sql in TABLES:
            await tx.execute(sql)
        await tx.execute_many(
            "INSERT INTO cut_totals VALUES ($1, 0)", [(writer,) for writer in range(WRITERS)]
        )


async def totals(database: Database | Plain) -> list[int]:
    """How many transactions of each writer the store has."""
    async with database.read() as reading:
        rows = await reading.fetch("SELECT total FROM cut_totals ORDER BY writer")
    return [int(row["total"]) for row in rows]


async def write(database: Database | Plain, tell: Tell, many: int = MANY) -> None:
    """Let all writers write at once, each as fast as it is told that its writing is kept."""

    async def once(writer: int, number: int, *, half: bool) -> None:
        new = sorted(lines_of(writer, number) - lines_of(writer, number - 1))
        async with database.transaction() as tx:
            for line in new:
                await tx.execute("INSERT INTO cut_lines VALUES ($1, $2)", line, words_of(line))
            if half:
                raise HalfError
            for line in sorted(lines_of(writer, number - 1) - lines_of(writer, number)):
                await tx.execute("DELETE FROM cut_lines WHERE id = $1", line)
            await tx.execute("UPDATE cut_totals SET total = $2 WHERE writer = $1", writer, number)
            if number % 15 == writer:
                tx.set_down(json.dumps({"kind": SET_DOWN, "of": writer, "n": number}))

    async def all_of(writer: int, first: int) -> None:
        for number in range(first + 1, first + many + 1):
            if number % 7 == writer:
                with suppress(HalfError):
                    await once(writer, number, half=True)
            await once(writer, number, half=False)
            tell(writer=writer, total=number)

    await asyncio.gather(*(all_of(*one) for one in enumerate(await totals(database))))


# The scenes: what stands when the process begins, and what it does until the power is cut.


async def standing(config: Config) -> None:
    """The store of a bot that was killed, with its journal and with one backup from before."""
    runtime = await open_runtime(config, clock)
    await begin(runtime.database)
    await write(runtime.database, to_nobody, 12)
    await runtime.database.close()
    take(config, None, clock)
    runtime = await open_runtime(config, clock)
    await write(runtime.database, to_nobody, 6)
    killed = config.state_dir.with_name("killed")
    shutil.copytree(config.state_dir, killed)
    await runtime.database.close()
    shutil.rmtree(config.state_dir)
    killed.rename(config.state_dir)


async def nothing_yet(config: Config) -> None:
    """A machine on which the bot was never started."""


async def earlier(config: Config) -> None:
    """The store of an earlier version."""
    config.state_dir.mkdir(mode=0o700)
    database = await open_store(config)
    await migrate(database, now=clock(), migrations=known_migrations()[:EARLIER])
    await begin(database)
    await write(database, to_nobody, 12)
    await database.close()


async def started(config: Config) -> Database:
    """Start on the store as the bot does."""
    before_update(config, clock)
    return (await open_runtime(config, clock)).database


async def writes(config: Config, tell: Tell) -> None:
    """Start, write, and stop."""
    with alone(config):
        database = await started(config)
        await write(database, tell)
        await database.close()


async def first_start(config: Config, tell: Tell) -> None:
    """Make key, store and journal, and go on writing."""
    with alone(config):
        database = await started(config)
        await begin(database)
        tell(began=True)
        await write(database, tell, 6)
        await database.close()


async def update(config: Config, tell: Tell) -> None:
    """Start on the store of an earlier version, which is backed up and brought up to date."""
    with alone(config):
        taken = before_update(config, clock)
        assert taken is not None
        tell(backup=taken.path.name, totals=[12] * WRITERS)
        database = await started(config)
        await write(database, tell, 6)
        await database.close()


async def backup(config: Config, tell: Tell) -> None:
    """Take backups while the bot writes."""

    async def back_up() -> None:
        for _ in range(2):
            before = await totals(database)
            taken = await asyncio.to_thread(take, config, None, clock)
            tell(backup=taken.path.name, totals=before)

    with alone(config):
        database = await started(config)
        await asyncio.gather(write(database, tell, 30), back_up())
        await database.close()


async def new_key(config: Config, tell: Tell) -> None:
    """Change the key, and write again."""
    old = store_key(config)
    rekey(config, None)
    tell(rekeyed=old)
    with alone(config):
        database = await started(config)
        await write(database, tell, 3)
        await database.close()


async def restored(config: Config, tell: Tell) -> None:
    """Write, and put the backup from before in the store's place."""
    with alone(config):
        database = await started(config)
        await write(database, tell, 3)
        await database.close()
    (one,) = (config.state_dir / "backups").glob("*.backup")
    found = await restore(config, one, clock, replace_store=True)
    assert found.kept is not None
    tell(restored=found.kept.name)


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands before, with how many transactions of each writer, and what is done."""

    before: Callable[[Config], Coroutine[Any, Any, None]]
    total: int
    work: Callable[[Config, Tell], Coroutine[Any, Any, None]]


OURS = {
    "writing": Scene(standing, 18, writes),
    "first start": Scene(nothing_yet, 0, first_start),
    "update": Scene(earlier, 12, update),
    "backup": Scene(standing, 18, backup),
    "new key": Scene(standing, 18, new_key),
    "restore": Scene(standing, 18, restored),
}


# The naive ways.


class Unsynced(sqlcipher.Connection):
    """A connection that never waits for the disk."""

    def execute(self, sql: str, *parameters: Any) -> Any:
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *parameters)


async def unsynced(config: Config, tell: Tell) -> None:
    """Our store, its syncs switched off."""
    with patch.object(sqlcipher, "connect", partial(sqlcipher.connect, factory=Unsynced)):
        await writes(config, tell)


class Plain:
    """Plain aiosqlite behind a lock, with what `write` needs of a `Database`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    @classmethod
    async def opened(cls, path: Path) -> Plain:
        connection = await aiosqlite.connect(path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        return cls(connection)

    async def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        sql = sql.replace("$", "?").replace("BIGINT", "INTEGER")
        return list(await self._connection.execute_fetchall(sql, parameters))

    execute = fetch

    async def execute_many(self, sql: str, rows: list[Any]) -> None:
        for row in rows:
            await self.execute(sql, *row)

    def set_down(self, line: str) -> None:
        """There is no journal."""

    def read(self) -> Any:
        return self

    async def __aenter__(self) -> Plain:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def transaction(self) -> Any:
        return _PlainTransaction(self, self._lock)

    async def close(self) -> None:
        await self._connection.close()


class _PlainTransaction:
    def __init__(self, plain: Plain, lock: asyncio.Lock) -> None:
        self._plain = plain
        self._lock = lock

    async def __aenter__(self) -> Plain:
        await self._lock.acquire()
        await self._plain.execute("BEGIN IMMEDIATE")
        return self._plain

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self._plain.execute("COMMIT" if kind is None else "ROLLBACK")
        self._lock.release()


async def plain_standing(config: Config) -> None:
    """A store of plain aiosqlite."""
    config.state_dir.mkdir(mode=0o700)
    store = await Plain.opened(config.database_path)
    await begin(store)
    await write(store, to_nobody, 18)
    await store.close()


async def plain_writes(config: Config, tell: Tell) -> None:
    """The same writing, through plain aiosqlite."""
    store = await Plain.opened(config.database_path)
    await write(store, tell)
    await store.close()


NAIVE = {
    "synchronous_off": Scene(standing, 18, unsynced),
    "aiosqlite_normal": Scene(plain_standing, 18, plain_writes),
}
SCENES = OURS | NAIVE


# What is looked at after a cut. Each finding is "lost: ..." or "corrupt: ...".


@dataclass(slots=True)
class Promised:
    """What the process was told, what had stood before it included."""

    totals: list[int]
    journal_from: int
    backups: dict[str, list[int]]
    restored: str | None = None
    key: str | None = None
    acknowledged: int = 0

    @classmethod
    def before(cls, way: str, template: Path) -> Promised:
        """What holds when the process begins."""
        scene = SCENES[way]
        taken = (template / "state" / "backups").glob("*.backup")
        return cls(
            [scene.total] * WRITERS,
            scene.total if scene.before is earlier else 0,
            {path.name: [12] * WRITERS for path in taken},
        )

    def add(self, told: dict[str, Any]) -> None:
        """Take one line of the process in."""
        self.acknowledged += 1
        match told:
            case {"writer": writer, "total": total}:
                self.totals[writer] = total
            case {"backup": name, "totals": least}:
                self.backups[name] = least
            case {"restored": name}:
                self.restored = name
            case {"rekeyed": key}:
                self.key = key
            case _:
                return


def content(lines: dict[int, str], found: list[int], least: list[int]) -> Iterator[str]:
    """Hold what a store has against what was promised: all of it, and nothing half."""
    if any(has < promised for has, promised in zip(found, least, strict=True)):
        yield f"lost: {found} where {least} were acknowledged"
    whole = set[int]().union(*(lines_of(*one) for one in enumerate(found)))
    if set(lines) != whole or any(words != words_of(line) for line, words in lines.items()):
        yield "corrupt: a transaction is there by half"


def of_file(path: Path, keys: list[str], least: list[int]) -> Iterator[str]:
    """Look into a file that has its name, as a host would: one of the keys opens it."""
    if not path.exists():
        yield f"lost: {path.name} is not there"
        return
    key = next((key for key in keys if fits(path, key)), None)
    if key is None or problems(path, key):
        yield f"corrupt: {path.name} cannot be read"
        return
    with opened(path, key) as file:
        lines = {row[0]: row[1] for row in file.execute("SELECT id, words FROM cut_lines")}
        rows = file.execute("SELECT total FROM cut_totals ORDER BY writer").fetchall()
    yield from content(lines, [int(row[0]) for row in rows], least)


async def look(config: Config, promised: Promised) -> list[str]:
    """Start as the bot does, and find everything."""
    found: list[str] = []
    folder = config.state_dir / "backups"
    backups = {*folder.glob("*.backup"), *(folder / name for name in promised.backups)}
    with alone(config):
        database = await started(config)
    async with database.read() as reading:
        for check in ("integrity_check", "cipher_integrity_check", "foreign_key_check"):
            rows = await reading.fetch(f"PRAGMA {check}")
            found += [f"corrupt: {row[0]}" for row in rows if row[0] != "ok"]
        begun = await database.has_table("cut_totals")
        rows = await reading.fetch("SELECT id, words FROM cut_lines") if begun else []
        lines = {int(row["id"]): str(row["words"]) for row in rows}
    key = store_key(config)
    assert key is not None
    keys = [key, *(read_key(one) for one in former(config.key_path))]
    if begun:
        there = await totals(database)
        kept = sorted(config.state_dir.glob("*.db.before-*"))
        if promised.restored or (kept and there == [12] * WRITERS):
            found += content(lines, there, [12] * WRITERS)
            name = promised.restored or kept[-1].name
            found += of_file(config.database_path.with_name(name), keys, promised.totals)
        else:
            found += content(lines, there, promised.totals)
        await write(database, to_nobody, 1)
    elif promised.acknowledged or any(promised.totals):
        found.append("lost: all of it")
    await database.close()
    journal = Journal(config.journal_path, key, clock).since(BEFORE)
    entries = {(one.facts["of"], one.facts["n"]) for one in journal if one.kind == SET_DOWN}
    for writer, total in enumerate(promised.totals):
        numbers = range(promised.journal_from + 1, total + 1)
        if not {(writer, n) for n in numbers if n % 15 == writer} <= entries:
            found.append("lost: a line of the journal")
    for path in backups:
        found += of_file(path, keys, promised.backups.get(path.name, [0] * WRITERS))
    if promised.key is not None and promised.key not in keys[1:]:
        found.append("lost: the key from before")
    return found


async def look_plain(config: Config, promised: Promised) -> list[str]:
    """The same for plain aiosqlite."""
    store = await Plain.opened(config.database_path)
    rows = await store.fetch("PRAGMA integrity_check")
    found = [f"corrupt: {row[0]}" for row in rows if row[0] != "ok"]
    lines = {
        row["id"]: row["words"] for row in await store.fetch("SELECT id, words FROM cut_lines")
    }
    found += content(lines, await totals(store), promised.totals)
    await store.close()
    return found


# One run.


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one run."""

    way: str
    steps: int
    acknowledged: int
    cut: bool
    findings: tuple[tuple[str, ...], ...]
    """Of each disk that may have been left."""

    def has(self, what: str) -> bool:
        """Whether one of the disks has a finding of a kind."""
        return any(one.startswith(what) for disk in self.findings for one in disk)


def in_fork(work: Callable[[Tell], Coroutine[Any, Any, None]]) -> tuple[int, list[Any]]:
    """Do it in a fork, whatever becomes of it; gives how that ended and what it told."""
    reading, telling = os.pipe()
    child = os.fork()
    if child == 0:

        def tell(**told: Any) -> None:
            os.write(telling, json.dumps(told).encode() + b"\n")

        status = 1
        try:
            asyncio.run(work(tell))
            status = 0
        except Exception as error:  # noqa: BLE001 - told, and judged by who forked
            tell(error=f"{type(error).__name__}: {error}")
        finally:
            os._exit(status)
    os.close(telling)
    with os.fdopen(reading, "rb") as pipe:
        told = [json.loads(line) for line in pipe]
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told


def run_one(folder: Path, way: str, seed: int, cut: int) -> Result:
    """Let one process work until its step `cut`, 0 for its end, and look at what may be left."""
    home = folder / f"{way} {seed}"
    live = home / "live"
    shutil.copytree(folder / way, live)
    disk = Disk(live)
    log = os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def work(tell: Tell) -> None:
        set_clock(AT_WORK)
        watch(live, log, cut, SYNC_MICROSECONDS)
        await SCENES[way].work(Config(live / "state"), tell)

    status, told = in_fork(work)
    os.close(log)
    assert status in (0, -signal.SIGKILL), f"{way} has ended with {status}: {told[-1:]}"
    disk.replay((home / "log").read_bytes())
    assert disk.holds(live), "something was written that the layer has not seen"
    promised = Promised.before(way, folder / way)
    for line in told:
        promised.add(line)
    rng = random.Random(seed)
    fates: list[Fate] = [Nothing(), AnyOrder(rng)]
    if way in OURS:
        fates += [InOrder(rng, disk.steps), AnyOrder(rng)]
    findings: list[tuple[str, ...]] = []
    for at, fate in enumerate(fates):
        put(disk.left(fate), home / str(at))
        findings.append(looked(Config(home / str(at) / "state"), way, promised))
    if way in NAIVE or not any(findings):
        shutil.rmtree(home)
    return Result(way, disk.steps, promised.acknowledged, status != 0, tuple(findings))


def looked(config: Config, way: str, promised: Promised) -> tuple[str, ...]:
    """Look at what is left; a store that cannot be used is a finding."""

    async def work(tell: Tell) -> None:
        set_clock(AFTER)
        find = look_plain if way == "aiosqlite_normal" else look
        tell(found=await find(config, promised))

    status, (told,) = in_fork(work)
    return tuple(told["found"]) if status == 0 else (f"corrupt: {told['error']}",)


# All runs.


def figures(results: list[Result]) -> dict[str, Any]:
    """What became of some runs; one is lost or corrupt when one of its disks is."""
    return {
        "runs": len(results),
        "disks": sum(len(one.findings) for one in results),
        "acknowledged": sum(one.acknowledged for one in results),
        "lost": sum(one.has("lost") for one in results),
        "corrupt": sum(one.has("corrupt") for one in results),
    }


def remember_texts() -> None:
    """Read what the bot says once: it is no part of the store, and takes longer than the rest."""
    patch.object(Texts, "load", return_value=Texts.load()).start()


def prepare(folder: Path, way: str) -> None:
    """Make what stands before."""
    (folder / way).mkdir()
    set_clock(BEFORE)
    asyncio.run(SCENES[way].before(Config(folder / way / "state")))


def steps_of(folder: Path, way: str) -> int:
    """Make what stands before, and count the steps of a run that is not cut."""
    prepare(folder, way)
    return run_one(folder, way, 0, 0).steps


def run(runs: int, workers: int, folder: Path) -> dict[str, Any]:
    """Cut the power so many times under each. Raises `NoLayer`."""
    os.environ["LD_PRELOAD"] = str(compiled(folder))
    scenes = list(OURS)
    ways = [scenes[at % len(scenes)] for at in range(runs)]
    ways += [way for way in NAIVE for _ in range(runs)]
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=remember_texts
    ) as pool:
        steps = dict(zip(SCENES, pool.map(partial(steps_of, folder), SCENES), strict=True))
        seeds = range(1, len(ways) + 1)
        cuts = [
            random.Random(f"{way} {seed}").randint(1, steps[way])
            for way, seed in zip(ways, seeds, strict=True)
        ]
        return summary(list(pool.map(partial(run_one, folder), ways, seeds, cuts)))


def summary(results: list[Result]) -> dict[str, Any]:
    """All figures."""

    def of(way: str) -> list[Result]:
        return [one for one in results if one.way == way]

    ours = [one for way in OURS for one in of(way)]
    found = {f"{one.way}: {what}" for one in ours for disk in one.findings for what in disk}
    return {
        **figures(ours),
        "findings": sorted(found),
        "scenes": {way: figures(of(way)) for way in OURS},
        "beside": {way: figures(of(way)) for way in NAIVE},
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    rows = [("alongside", found), *found["beside"].items(), *found["scenes"].items()]
    lines = [f"{'':<18}{'runs':>6}{'disks':>7}{'acknowledged':>14}{'lost':>6}{'corrupt':>9}"]
    for name, row in rows:
        lines.append(
            f"{name:<18}{row['runs']:>6}{row['disks']:>7}{row['acknowledged']:>14,}"
            f"{row['lost']:>6}{row['corrupt']:>9}"
        )
    return "\n".join([*lines, *found["findings"]])


def main() -> int:
    parser = argparse.ArgumentParser(description="Cut the power under the store, many times.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="each scene once")
    parser.add_argument("--runs", type=int, default=RUNS, help="how many cuts under each")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep runs with a finding there")
    options = parser.parse_args()
    # Real syncs, of those who look afterwards, would only take time.
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    place = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="alongside-bench-", dir=place) as folder:
        home = options.keep or Path(folder)
        try:
            found = run(
                QUICK_RUNS if options.quick else options.runs, options.workers, home.resolve()
            )
        except NoLayer as missing:
            sys.stderr.write(f"{missing}\n")
            return os.EX_UNAVAILABLE
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")
    return int(bool(found["lost"] or found["corrupt"]))


if __name__ == "__main__":
    sys.exit(main())
