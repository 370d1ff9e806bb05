"""What is lost and what comes twice when the bot is killed in mid-work, beside two usual ways.

`python -m benchmarks.crash` kills the real bot process with SIGKILL at random moments, starts it
again, and goes on until all that was promised is over; then it counts what the Discord double has
stored. `--kills 1000` for a long campaign, `--store postgres` for the other store, `--faults` for
a bad day of Discord's as well, `--json` for the figures.

Beside it, each with a double of its own that has the same faults, run two naive bots
(`benchmarks/naive_bot.py`), killed as often and by the same rule.

A kill comes when so many messages more have been stored (drawn anew each time), at once or within
some milliseconds, or after some seconds of work; every seventh comes while the process starts.

Promises are check-ins; `--ground probe` drives the ground of promises alone, by a feature that
lives outside the product (`tests/wire/probe_feature.py`) and can be late within seconds.

`--hurry 10` makes the lease and the window of the nonce ten times shorter, in the bot and in the
double alike: what takes a minute after each kill then takes seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from benchmarks.naive_bot import FILE, TABLE
from bot.clock import system_clock, to_epoch
from bot.database import Database
from bot.jobs.model import NONCE_WINDOW, SEND_SECONDS
from bot.migrations import migrate
from tests.wire.checkins_ground import CheckinsGround
from tests.wire.double import Double
from tests.wire.faults import CALM, ROUGH, Faults
from tests.wire.probe_feature import ProbeGround
from tests.wire.process import KEY, BotProcess
from tests.wire.rest import Asked, Limits
from tests.wire.world import Channel, Guild, Posted

CHANNELS = 40
LONGEST = 15 * 60.0
"""After so many seconds of undisturbed life what is still open is counted as it is."""

LONGEST_START = 30.0
"""After so many seconds without a sign of life a process is killed all the same."""

LONGEST_LIFE = 2.0
"""So many seconds after its first sign of life, too."""

untyped: Any = asyncpg


class Ground(Protocol):
    """A feature that makes promises. A promise's key is the id of its message."""

    prepare: str
    """The module that prepares the bot's process for it."""

    async def seed(self, database: Database, now: datetime, plans: int) -> dict[str, float]:
        """Write so many schedules that come due within seconds.

        Gives the keys of all that they promise, and when each would come too late, in UTC seconds.
        """
        ...

    async def opt_in(self, now: datetime) -> tuple[Asked, dict[str, float]]:
        """Let a member opt in; gives what they did, and what it promises once confirmed."""
        ...

    def confirmed(self, asked: Asked) -> bool:
        """Whether the member was told that it is noted."""
        ...

    async def opt_ins_lost(self, database: Database, asked: list[Asked]) -> list[str]:
        """What those were told whose confirmed opt-in the store does not know."""
        ...


GROUNDS: dict[str, Callable[[Double, Guild, list[Channel], random.Random], Ground]] = {
    "checkins": CheckinsGround,
    "probe": ProbeGround,
}

_KEY = re.compile(r"[0-9a-f]{24}")


def promise_of(posted: Posted) -> str | None:
    """The key of the promise that a message keeps; None for any other message."""
    words = [word for custom_id in posted.custom_ids for word in custom_id.split(":")]
    return next((word for word in words if _KEY.fullmatch(word)), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a campaign is like."""

    kills: int = 50
    store: str = "sqlite"
    faults: Faults = CALM
    seed: int = 1
    hurry: int = 10
    plans: int = 12
    """Schedules that become due in each life."""
    naive: bool = True
    ground: str = "checkins"
    shown: bool = False
    """Whether to say on stderr how far it is."""

    @property
    def nonce_seconds(self) -> float:
        return NONCE_WINDOW.total_seconds() / self.hurry


@dataclass(slots=True)
class Figures:
    """What came of it."""

    kills: int = 0
    killed_with_unanswered: int = 0
    """Kills at which the double had stored messages whose answer was still on its way."""
    own_exits: int = 0
    """Ends of the process by itself, as when Discord could not be reached at its start."""
    promised: int = 0
    arrived: int = 0
    lost: int = 0
    """Due, wanted, not late, and never there."""
    doubled: int = 0
    """There more than once."""
    unsent: int = 0
    """Neither sent nor lost when the time was over."""
    late_sent: int = 0
    """There later than its grace and the time of one try allow."""
    late_skipped: int = 0
    """Not there, and written down as too late."""
    uncertain: int = 0
    """Told to moderators, because nobody could know."""
    opted_in: int = 0
    """Opt-ins that were confirmed to the member."""
    opt_ins_lost: int = 0
    refused_by_nonce: int = 0
    """Second messages that the nonce held back."""
    requests_that_count_towards_a_ban: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0
    why: list[str] = field(default_factory=list[str])
    """Of what went wrong, the first few."""


@dataclass(slots=True)
class Scene:
    """A double with a server, and the folder of the bot that lives in it."""

    double: Double
    guild: Guild
    channels: list[Channel]
    folder: Path
    figures: Figures


@asynccontextmanager
async def scene(terms: Terms, folder: Path) -> AsyncGenerator[Scene]:
    faults = replace(terms.faults, seed=terms.seed)
    limits = Limits(messages=(10, 1.0))
    async with Double(faults, limits=limits, nonce_seconds=terms.nonce_seconds) as double:
        guild = double.world.add_guild("Harbour")
        channels = [double.world.add_channel(guild, f"room-{n}") for n in range(CHANNELS)]
        yield Scene(double, guild, channels, folder, Figures())


async def live_and_die(at: Scene, bot: BotProcess, dice: random.Random, left: int) -> None:
    """Let it live until it is killed in mid-work: somewhere in what is left to send."""
    double, world = at.double, at.double.world
    if dice.random() < 1 / 7:
        await asyncio.sleep(dice.uniform(0.1, 1.2))
    else:
        before = len(world.posted)
        target = before + dice.randint(1, max(left, 2))
        with suppress(TimeoutError):
            await double.until(
                lambda: double.gateway.live or len(world.posted) > before or not bot.running,
                LONGEST_START,
            )
            await double.until(
                lambda: len(world.posted) >= target or not bot.running,
                dice.uniform(LONGEST_LIFE / 4, LONGEST_LIFE),
            )
        await asyncio.sleep(dice.choice((0.0, dice.uniform(0.0, 0.03))))
    if not bot.running:
        at.figures.own_exits += 1
        return
    at.figures.kills += 1
    at.figures.killed_with_unanswered += bool(double.unanswered)
    await bot.kill()


# Ours


@asynccontextmanager
async def opened(folder: Path, url: str | None) -> AsyncGenerator[Database]:
    location = url or folder / "alongside.db"
    database = await Database.open(location, key=None if url else KEY)
    try:
        yield database
    finally:
        await database.close()


async def alongside(terms: Terms, folder: Path, url: str | None) -> Figures:
    dice = random.Random(terms.seed)
    began = time.monotonic()
    async with scene(terms, folder) as at:
        world = at.double.world
        ground = GROUNDS[terms.ground](at.double, at.guild, at.channels, dice)
        environment = {"WIRE_PREPARE": ground.prepare, "WIRE_HURRY": str(terms.hurry)}
        promised: dict[str, float] = {}
        asked: list[tuple[Asked, dict[str, float]]] = []

        async def seed() -> None:
            async with opened(folder, url) as database:
                await migrate(database, now=system_clock())
                promised.update(await ground.seed(database, system_clock(), terms.plans))

        async def ask(bot: BotProcess) -> None:
            # A member can only press while the bot is there; the kill may come at any moment of it.
            while bot.running:
                if at.double.gateway.live:
                    asked.append(await ground.opt_in(system_clock()))
                await asyncio.sleep(dice.uniform(0.2, 0.6))

        folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody waits beside it
        while at.figures.kills < terms.kills:
            await seed()
            bot = await BotProcess.start(
                at.double, folder, database_url=url, environment=environment
            )
            asking = asyncio.create_task(ask(bot))
            there = sum(1 for posted in world.posted if promise_of(posted))
            await live_and_die(at, bot, dice, len(promised) - there)
            asking.cancel()
            if terms.shown:
                print(f"killed {at.figures.kills} of {terms.kills}", file=sys.stderr, flush=True)
        await _drain(at, folder, url, environment)

        opted: dict[str, float] = {}
        confirmed = [(each, keys) for each, keys in asked if ground.confirmed(each)]
        for _, keys in confirmed:
            opted.update(keys)
        arrived: dict[str, list[float]] = {}
        for posted in world.posted:
            key = promise_of(posted)
            if key is not None:
                arrived.setdefault(key, []).append(posted.at)
        at.figures.opted_in = len(confirmed)
        async with opened(folder, url) as database:
            lost = await ground.opt_ins_lost(database, [each for each, _ in confirmed])
            ends = await _ends(database)
        at.figures.opt_ins_lost = len(lost)
        at.figures.why += [f"told without being kept: {words}" for words in lost]
        slack = SEND_SECONDS / terms.hurry + 1
        _count(at.figures, promised, opted, arrived, ends, slack)
        _note(at, began)
        return at.figures


async def _drain(at: Scene, folder: Path, url: str | None, environment: dict[str, str]) -> None:
    """Let it live undisturbed until nothing is open any more; Discord's faults go on."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        bot = await BotProcess.start(at.double, folder, database_url=url, environment=environment)
        async with opened(folder, url) as database:
            while bot.running and time.monotonic() < until:
                await asyncio.sleep(0.5)
                async with database.read() as read:
                    # A daily schedule's next timer is not what is waited for.
                    row = await read.fetch_one(
                        "SELECT (SELECT count(*) FROM jobs_timers WHERE due_at <= $1) + "
                        "(SELECT count(*) FROM jobs_messages WHERE settled_at IS NULL) AS open",
                        to_epoch(system_clock()) + 60,
                    )
                if row is not None and not row["open"]:
                    await bot.terminate()
                    return
        await bot.kill()
        at.figures.own_exits += 1


async def _ends(database: Database) -> dict[str, tuple[str, str | None]]:
    async with database.read() as read:
        rows = await read.fetch("SELECT id, state, reason FROM jobs_messages")
    return {row["id"]: (row["state"], row["reason"]) for row in rows}


def _count(
    figures: Figures,
    promised: dict[str, float],
    opted: dict[str, float],
    arrived: dict[str, list[float]],
    ends: dict[str, tuple[str, str | None]],
    slack: float,
) -> None:
    due = {**promised, **opted}
    figures.promised, figures.arrived = len(due), sum(key in arrived for key in due)
    for key, late_at in due.items():
        there = arrived.get(key, [])
        end = ends.get(key, ("nowhere", None))
        if len(there) > 1:
            figures.doubled += 1
            apart = there[-1] - there[0]
            figures.why.append(f"{key} doubled, {apart:.1f} s apart, {end[0]}")
        if there and there[0] > late_at + slack:
            figures.late_sent += 1
            figures.why.append(f"{key} late by {there[0] - late_at:.1f} s")
        figures.uncertain += end[0] == "uncertain"
        if there:
            continue
        if end == ("skipped", "late"):
            figures.late_skipped += 1
            continue
        figures.lost += 1
        figures.opt_ins_lost += key in opted
        figures.why.append(f"{key} lost, {end[0]} {end[1] or ''}")
    # An opt-in that was never confirmed may be kept or not, but not twice.
    for key in set(arrived) - set(due):
        figures.doubled += len(arrived[key]) > 1
    del figures.why[10:]


def _note(at: Scene, began: float) -> None:
    at.figures.refused_by_nonce = at.double.world.refused_doubles
    at.figures.requests_that_count_towards_a_ban = at.double.loud
    at.figures.faults = dict(sorted(at.double.chance.drawn.items()))
    at.figures.seconds = round(time.monotonic() - began, 1)


# Theirs


async def naive(terms: Terms, folder: Path, kind: str) -> Figures:
    dice = random.Random(terms.seed)
    began = time.monotonic()
    made: list[str] = []
    folder.mkdir(parents=True)  # noqa: ASYNC240 - nobody waits beside it
    path = folder / FILE
    environment = {"NAIVE_KIND": kind}

    def seed(at: Scene) -> None:
        now = system_clock().timestamp()
        with sqlite3.connect(path) as db:
            db.execute(TABLE)
            for _ in range(terms.plans):
                made.append(f"promise-{len(made)}")
                row = (made[-1], dice.choice(at.channels).id, now + dice.uniform(0, 2))
                db.execute("INSERT INTO reminders (id, channel_id, due_at) VALUES (?, ?, ?)", row)
        db.close()

    def left() -> int:
        db = sqlite3.connect(path)
        try:
            return int(db.execute("SELECT count(*) FROM reminders WHERE sent = 0").fetchone()[0])
        finally:
            db.close()

    async with scene(terms, folder) as at:
        while at.figures.kills < terms.kills:
            seed(at)
            bot = await BotProcess.start(
                at.double, folder, module="benchmarks.naive_bot", environment=environment
            )
            await live_and_die(at, bot, dice, len(made) - len(at.double.world.posted))
        until = time.monotonic() + LONGEST
        while left() and time.monotonic() < until:
            bot = await BotProcess.start(
                at.double, folder, module="benchmarks.naive_bot", environment=environment
            )
            # Its loop may have ended for good, which only a restart mends.
            before, still = left(), 0
            while bot.running and before and still < 30:
                await asyncio.sleep(0.5)
                now = left()
                before, still = now, still + 1 if now == before else 0
            if bot.running:
                await bot.kill()
        arrived = Counter(posted.payload.get("content") for posted in at.double.world.posted)
        at.figures.promised = len(made)
        at.figures.arrived = sum(arrived[key] > 0 for key in made)
        at.figures.unsent = left()
        at.figures.lost = sum(arrived[key] == 0 for key in made) - at.figures.unsent
        at.figures.doubled = sum(arrived[key] > 1 for key in made)
        _note(at, began)
        return at.figures


# PostgreSQL


def _postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None


@asynccontextmanager
async def postgres() -> AsyncGenerator[str]:
    """A schema of its own in TEST_POSTGRES_URL, or in a server that is thrown away afterwards."""
    async with AsyncExitStack() as stack:
        url = os.environ.get("TEST_POSTGRES_URL")
        if not url:
            url = await stack.enter_async_context(_throw_away_server())
        schema = f"crash_{random.getrandbits(48):x}"
        admin = await untyped.connect(url)
        await admin.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{url}{'&' if '?' in url else '?'}search_path={schema}"
        finally:
            await admin.execute(f"DROP SCHEMA {schema} CASCADE")
            await admin.close()


@asynccontextmanager
async def _throw_away_server() -> AsyncGenerator[str]:
    binaries = _postgres_bin()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed; set TEST_POSTGRES_URL to use another one.")
    as_root = os.geteuid() == 0
    user = ["runuser", "-u", "postgres", "--"] if as_root else []
    with tempfile.TemporaryDirectory(prefix="crash-postgres-") as scratch:
        if as_root:
            shutil.chown(scratch, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        data = f"{scratch}/data"

        async def run(*command: str) -> None:
            await asyncio.to_thread(
                subprocess.run,
                [*user, *command],
                check=True,
                cwd=scratch,
                stdout=subprocess.DEVNULL,
            )

        await run(f"{binaries}/initdb", "-D", data, "-A", "trust", "-U", "postgres")
        # Durable as in production: killing the bot, not the server, is what is measured here.
        settings = f"-p {port} -k {scratch} -c listen_addresses=127.0.0.1 -c max_connections=200"
        control = (f"{binaries}/pg_ctl", "-D", data, "-w")
        await run(*control, "-l", f"{scratch}/log", "-o", settings, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            await run(*control, "-m", "immediate", "stop")


# All together


async def campaign(terms: Terms, folder: Path) -> dict[str, Figures]:
    """Run ours, and the naive ones beside it unless they were not wanted."""
    async with AsyncExitStack() as stack:
        url = None
        if terms.store == "postgres":
            url = await stack.enter_async_context(postgres())
        runs = {"alongside": alongside(terms, folder / "alongside", url)}
        if terms.naive:
            for kind in ("send-then-mark", "delete-then-send"):
                runs[kind] = naive(terms, folder / kind, kind)
        found = await asyncio.gather(*runs.values())
    return dict(zip(runs, found, strict=True))


def table(found: dict[str, Figures]) -> str:
    shown = ("kills", "promised", "arrived", "lost", "doubled", "late_sent", "opt_ins_lost")
    lines = [f"{'':<18}" + "".join(f"{name:>14}" for name in shown)]
    for who, figures in found.items():
        values = asdict(figures)
        lines.append(f"{who:<18}" + "".join(f"{values[name]:>14}" for name in shown))
        lines += [f"    {why}" for why in figures.why]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kill the bot in mid-work, and count.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--ground", choices=tuple(GROUNDS), default="checkins")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hurry", type=int, default=10, help="1 keeps the real windows")
    parser.add_argument("--keep", type=Path, help="keep stores and logs in this folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    faults = ROUGH if options.faults else CALM
    terms = Terms(
        options.kills,
        options.store,
        faults,
        options.seed,
        options.hurry,
        naive=options.naive,
        ground=options.ground,
        shown=True,
    )
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        found = asyncio.run(campaign(terms, options.keep or Path(scratch)))
    if options.json:
        head = {
            "store": terms.store,
            "ground": terms.ground,
            "faults": options.faults,
            "seed": terms.seed,
        }
        body = {who: asdict(figures) for who, figures in found.items()}
        print(json.dumps({**head, **body}, indent=2))
    else:
        print(table(found))
    ours = found["alongside"]
    return int(bool(ours.lost or ours.doubled or ours.late_sent or ours.opt_ins_lost))


if __name__ == "__main__":
    sys.exit(main())
