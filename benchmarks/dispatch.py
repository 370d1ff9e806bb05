"""How fast what is due goes out, and what finding it costs as the number of schedules grows.

`python -m benchmarks.dispatch [--json] [--quick]`. One run, medians:

- *sent*: due check-ins posted through the real cog over HTTP to a Discord double in a process of
  its own, which takes 20 to 30 ms each way; beside it a loop that sends one, marks it, and goes on
  to the next, as a bot usually does. Our pace of 40 a second is off for this.
- *materialised*: 10,000 schedules that come due at once, turned into messages to send and the next
  moment of each; beside it the same rows written one transaction each. What they say is chosen
  as they are sent, and counts there.
- *claimed*: the query that finds the first 50 due, among 10,000 to 1,000,000 schedules.
- *memory*: what a process that opens such a store holds at most while it works through 40,000 of
  the schedules. They stay in the store; what fills is the engine's page cache, up to its bound.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
from discord.http import Route

from bot.client import Alongside
from bot.clock import to_epoch
from bot.config import Config
from bot.database.sqlite import to_sqlite
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.jobs.runner import Runner
from bot.opening import open_runtime
from bot.recurrence import Rule
from bot.zones import zone_info
from cogs.checkins import store
from cogs.checkins.model import Place, Plan, Schedule
from cogs.checkins.service import PROMPT
from tests.wire.double import TOKEN, Double
from tests.wire.faults import Faults
from tests.wire.rest import Limits

if TYPE_CHECKING:
    import sqlite3 as sqlcipher
    from collections.abc import AsyncGenerator

    from bot.database import Database
    from bot.runtime import Runtime
else:
    from sqlcipher3 import dbapi2 as sqlcipher

KEY = "5a" * 32
CHANNELS = 500
ENDLESS = (1_000_000, 1.0)
NEVER_LIMITED = Limits(messages=ENDLESS, others=ENDLESS, everywhere=1_000_000)
ZONES = (
    "Etc/UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Bogota",
    "Asia/Kolkata",
    "Australia/Sydney",
)
GOALS = {
    "sent_per_second": 500,
    "sent_ratio": 10,
    "materialised_seconds": 0.4,
    "query_ms": 0.2,
}
DELAY = Faults(delay_seconds=(0.02, 0.03))


async def serve() -> None:
    """Be the Discord double, until standard input is closed."""
    async with Double(DELAY, limits=NEVER_LIMITED) as double:
        guild = double.world.add_guild("Harbour")
        channels = [double.world.add_channel(guild, f"c{n}").id for n in range(CHANNELS)]
        print(json.dumps({"url": double.url, "guild": guild.id, "channels": channels}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def double_elsewhere() -> AsyncGenerator[dict[str, Any]]:
    """Start the double in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.dispatch",
        "--serve",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def due_schedules(
    count: int, servers: list[int], channels: list[int], now: datetime
) -> tuple[list[Schedule], list[Timer]]:
    """Schedules whose moment was some minutes ago, well within what is not yet late.

    They keep to the clocks of several zones, some daily and some on a few days of the week.
    """
    dice = random.Random(7)
    due = now.replace(second=0, microsecond=0) - timedelta(minutes=5)
    schedules: list[Schedule] = []
    for number in range(count):
        zone = dice.choice(ZONES)
        local = due.astimezone(zone_info(zone))
        days = frozenset({local.weekday(), *dice.sample(range(7), dice.choice((1, 2, 7)))})
        rule = Rule(days, time_of_day(local.hour, local.minute), zone)
        at = number % len(channels)
        plan = Plan(Place.CHANNEL, channels[at], rule, (), "en")
        server = servers[at % len(servers)]
        schedules.append(Schedule(f"{number:016x}", server, None, plan, now - timedelta(days=20)))
    timers = [Timer(PROMPT, one.id, one.server_id, due + one.spread) for one in schedules]
    return schedules, timers


async def seed(database: Database, schedules: list[Schedule], timers: list[Timer]) -> None:
    """Write them."""
    async with database.transaction() as tx:
        await store.put_schedules(tx, schedules)
        await jobs.set_timers(tx, timers)


async def open_fresh(folder: Path) -> Runtime:
    """A runtime on a store of its own."""
    return await open_runtime(Config(state_dir=folder, database_key=KEY))


async def sent(count: int, folder: Path) -> dict[str, float]:
    """Post what is due through the real bot, and one by one."""
    async with double_elsewhere() as place:
        Route.BASE = place["url"]
        ours, used = await _sent_by_runner(count, folder / "ours", place)
        loop = await _sent_one_by_one(max(count // 20, 40), folder / "loop", place)
    return {
        "alongside": ours,
        "one_by_one": loop,
        "ratio": ours / loop,
        "cpu_seconds_a_thousand": used,
    }


async def _sent_by_runner(count: int, folder: Path, place: dict[str, Any]) -> tuple[float, float]:
    """Messages in a second, and CPU seconds of our process for each thousand."""
    opened = await open_fresh(folder)
    unpaced = Runner(opened.database, opened.clock, longest_sleep=5, per_second=1_000_000)
    runtime = replace(opened, jobs=unpaced)
    bot = Alongside(runtime)
    now = datetime.now(UTC)
    await seed(runtime.database, *due_schedules(count, [place["guild"]], place["channels"], now))
    async with bot:
        await bot.login(TOKEN)
        begun, cpu = time.perf_counter(), time.process_time()
        while await _is_something_left(runtime.database):  # noqa: ASYNC110 - it is the store that is watched
            await asyncio.sleep(0.05)
        took, used = time.perf_counter() - begun, time.process_time() - cpu
        async with runtime.database.read() as read:
            row = await read.fetch_one(
                "SELECT count(*) AS n FROM jobs_messages WHERE state = 'sent'"
            )
    assert row is not None
    assert row["n"] == count, f"{row['n']} of {count} were sent"
    return count / took, used / count * 1e3


async def _is_something_left(database: Database) -> bool:
    """In one statement, because a timer becomes a message between two; and one that is cheap."""
    async with database.read() as read:
        row = await read.fetch_one(
            "SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM jobs_messages WHERE settled_at IS NULL) "
            "OR EXISTS (SELECT 1 FROM jobs_timers WHERE due_at <= $1)",
            int(time.time()),
        )
    return row is not None


async def _sent_one_by_one(count: int, folder: Path, place: dict[str, Any]) -> float:
    runtime = await open_fresh(folder)
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        await client.login(TOKEN)
        begun = time.perf_counter()
        for number in range(count):
            channel = client.get_partial_messageable(place["channels"][number % CHANNELS])
            await channel.send("What is one small thing that went your way today?")
            async with runtime.database.transaction() as tx:
                await tx.execute(
                    "INSERT INTO checkins_vetoes (server_id, prompt_id) VALUES ($1, $2)",
                    number,
                    "sent",
                )
        took = time.perf_counter() - begun
    await runtime.database.close()
    return count / took


async def materialised(count: int, folder: Path) -> dict[str, float]:
    """Turn what is due into drafts and next moments; and write as many rows one by one."""
    runtime = await open_fresh(folder / "many")
    bot = Alongside(runtime)
    await bot.load_features()
    now = datetime.now(UTC)
    servers = list(range(1_000, 3_000))
    schedules, timers = due_schedules(count, servers, list(range(5_000, 15_000)), now)
    await seed(runtime.database, schedules, timers)
    # As the bot does once it is ready.
    gc.collect()
    gc.freeze()
    begun, cpu = time.perf_counter(), time.process_time()
    while await runtime.jobs.materialise():
        pass
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    few = min(count, 500)
    begun = time.perf_counter()
    for timer in timers[:few]:
        draft = Draft(
            PROMPT, timer.subject, timer.server_id, 1, "{}", now, now + timedelta(hours=1)
        )
        async with runtime.database.transaction() as tx:
            await jobs.add_messages(tx, [draft])
            await jobs.set_timers(tx, [timer])
    each = (time.perf_counter() - begun) / few
    await runtime.database.close()
    return {
        "count": count,
        "seconds": took,
        "cpu_seconds": used,
        "one_by_one_seconds": each * count,
    }


async def claimed(sizes: list[int], folder: Path) -> dict[str, Any]:
    """Find the first 50 due, as schedules grow in number; and the memory they cost.

    `query_ms` is the query alone, on a connection of its own; `claim_ms` also the way to the
    database's thread and back, and making the 50 values.
    """
    runtime = await open_fresh(folder / "claim")
    now = datetime.now(UTC)
    far = now + timedelta(days=1)
    when = far + timedelta(days=1)
    query: dict[str, float] = {}
    claim: dict[str, float] = {}
    peaks: dict[str, float] = {}
    written = 0
    for size in sizes:
        while written < size:
            upto = min(size, written + 10_000)
            rows = [
                Timer(PROMPT, f"{n:016x}", n % 5_000, far + timedelta(seconds=n % 80_000))
                for n in range(written, upto)
            ]
            async with runtime.database.transaction() as tx:
                await jobs.set_timers(tx, rows)
            written = upto
        peaks[str(size)] = await _peak_elsewhere(folder / "claim")
        query[str(size)] = _query_ms(runtime.database.where, when)
        spans: list[float] = []
        for _ in range(200):
            async with runtime.database.transaction() as tx:
                await tx.fetch_one("SELECT 1 AS one")  # so that it has begun
                begun = time.perf_counter()
                found = await jobs.take_due_timers(tx, when, 50)
                spans.append((time.perf_counter() - begun) * 1e3)
            assert len(found) == 50
        claim[str(size)] = statistics.median(spans)
    await runtime.database.close()
    return {"query_ms": query, "claim_ms": claim, "memory_mb": peaks}


def _query_ms(path: str, when: datetime) -> float:
    connection = sqlcipher.connect(path)
    try:
        connection.execute(f"PRAGMA key = \"x'{KEY}'\"")
        sql = to_sqlite(jobs.DUE_TIMERS)
        spans: list[float] = []
        for _ in range(200):
            begun = time.perf_counter()
            found = connection.execute(sql, (to_epoch(when), 50)).fetchall()
            spans.append((time.perf_counter() - begun) * 1e3)
            assert len(found) == 50
        return statistics.median(spans)
    finally:
        connection.close()


async def _peak_elsewhere(folder: Path) -> float:
    """What a process of its own holds at most, in MB, which has nothing left of the seeding."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(folder, name, dirs_exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.dispatch", "--work-through", name),
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
    return float(told)


async def work_through(folder: Path) -> None:
    """Take 40,000 due timers and set them anew; print the peak of resident memory in MB."""
    runtime = await open_fresh(folder)
    when = datetime.now(UTC) + timedelta(days=2)
    for _ in range(20):
        async with runtime.database.transaction() as tx:
            due = await jobs.take_due_timers(tx, when, 2_000)
            later = [replace(one, due_at=one.due_at + timedelta(days=1)) for one in due]
            await jobs.set_timers(tx, later)
    print(_peak_mb())
    await runtime.database.close()


def _peak_mb() -> float:
    # Not the greatest size by getrusage: that counts what the parent held before it began.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


async def measure(*, quick: bool) -> dict[str, Any]:
    """Run all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "goals": GOALS,
            "claimed": await claimed(
                [1_000, 2_000] if quick else [10_000, 100_000, 1_000_000], folder
            ),
            "materialised": await materialised(200 if quick else 10_000, folder),
            "sent_per_second": await sent(100 if quick else 3_000, folder),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--work-through", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    if options.work_through:
        asyncio.run(work_through(options.work_through))
        return
    found = asyncio.run(measure(quick=options.quick))
    if options.json:
        print(json.dumps(found, indent=1))
        return
    rates, made, looked = found["sent_per_second"], found["materialised"], found["claimed"]
    print(f"sent a second        {rates['alongside']:8.0f}   one by one {rates['one_by_one']:.0f}")
    print(f"  ratio              {rates['ratio']:8.1f}")
    print(
        f"materialised, s      {made['seconds']:8.2f}   one by one {made['one_by_one_seconds']:.1f}"
    )
    for size, span in looked["query_ms"].items():
        print(
            f"first 50 of {int(size):>9,} {span:8.3f} ms   with the way there and back "
            f"{looked['claim_ms'][size]:.3f} ms   memory {looked['memory_mb'][size]:.1f} MB"
        )


if __name__ == "__main__":
    main()
