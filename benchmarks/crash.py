"""What is lost and what comes twice when the bot is killed in mid-work, beside two usual ways.

`python -m benchmarks.crash` kills the real bot process with SIGKILL at random moments, starts it
again, and goes on until all that was promised is over; then it counts what the Discord double has
stored. `--kills 1000` for a long campaign, `--store postgres` for the other store, `--faults` for
a bad day of Discord's as well, `--json` for the figures.

Beside it, each with a double of its own that has the same faults, run two naive bots
(`benchmarks/naive_bot.py`), killed as often and by the same rule.

A kill comes when so many messages more have been stored (drawn anew each time), when Discord has
just done something of a kind drawn anew each time (let somebody into a thread, say), at once or
within some milliseconds, or some moments after the bot is ready, while members use it; every tenth
comes while the process starts.

Promises are check-ins in channels, with threads and in direct messages; `--ground pairing` has
people brought together in private threads while some of them leave or block; `--ground probe`
drives the ground of promises alone, by a feature that lives outside the product
(`tests/wire/probe_feature.py`) and can be late within seconds. Another feature is one more
`tests.wire.ground.Ground`, named in GROUNDS.

`--at-once 4` shares the kills out among four such worlds side by side, each with a double, a store
and processes of its own: most of a kill is waiting. `--processes 2` lets two processes share the
shards of one PostgreSQL store, of which one is killed while the other lives on and sends for both.

`--hurry 10` makes the lease and the window of the nonce ten times shorter, in the bot and in the
double alike: what takes a minute after each kill then takes seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from benchmarks.naive_bot import FILE, TABLE
from bot.clock import system_clock, to_epoch
from bot.database import Database
from bot.jobs.model import NONCE_WINDOW, SEND_SECONDS
from bot.migrations import migrate
from tests.wire.checkins_ground import CheckinsGround
from tests.wire.double import Double
from tests.wire.faults import CALM, ROUGH, Faults
from tests.wire.ground import Ground, Owed, promise_of
from tests.wire.pairing_ground import PairingGround
from tests.wire.postgres import schemas
from tests.wire.probe_feature import ProbeGround
from tests.wire.process import KEY, BotProcess
from tests.wire.rest import Limits
from tests.wire.world import Channel, Guild, Posted, World

CHANNELS = 40
LONGEST = 15 * 60.0
"""After so many seconds of undisturbed life what is still open is counted as it is."""

LONGEST_START = 300.0
"""After so many seconds without a sign of life a process is killed all the same.

Long, for on a busy machine it would otherwise be killed before it has done anything.
"""

LONGEST_END = 60.0
"""After so many seconds one that was asked to end is killed, as a host does it."""

LONGEST_LIFE = 2.0
"""So many seconds after its first sign of life, too."""

WAYS = {"starting": 1, "sending": 3, "working": 2, "asking": 4}
"""How often a kill comes while it starts, while it sends, some time after it is ready, and when
Discord has just done what it was asked for."""

WHY_SHOWN = 10
"""Of what went wrong so much is said in words."""

GROUNDS: dict[str, Callable[[Double, Guild, list[Channel], random.Random], Ground]] = {
    "checkins": CheckinsGround,
    "pairing": PairingGround,
    "probe": ProbeGround,
}


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
    at_once: int = 1
    """Worlds side by side, among which the kills are shared out."""
    processes: int = 1
    """Processes on one store; only PostgreSQL takes several."""
    shown: bool = False
    """Whether to say on stderr how far it is."""

    @property
    def nonce_seconds(self) -> float:
        return NONCE_WINDOW.total_seconds() / self.hurry

    def shares(self) -> list[Terms]:
        """What each of the worlds side by side is like."""
        each, more = divmod(self.kills, self.at_once)
        return [
            replace(self, kills=each + (number < more), seed=self.seed + 1000 * number)
            for number in range(self.at_once)
        ]


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
    there: dict[str, int] = field(default_factory=dict[str, int])
    """What arrived, by its kind, and what stands beside it."""
    sends: int = 0
    """Messages that Discord was asked to post, each try counted."""
    lost: int = 0
    """Due, wanted, not late, and never there; a thread that its message lacks, too."""
    doubled: int = 0
    """There more than once, or without a reason."""
    unsent: int = 0
    """Neither sent nor lost when the time was over."""
    late_sent: int = 0
    """There later than its grace and the time of one try allow."""
    late_skipped: int = 0
    """Not there, and written down as too late."""
    uncertain: int = 0
    """Told to moderators, because nobody could know."""
    asked: int = 0
    """Opt-ins that members began; some are cut off by a kill or a fault."""
    opted_in: int = 0
    """Opt-ins that were confirmed to the member."""
    opt_ins_lost: int = 0
    refused_by_nonce: int = 0
    """Second messages that the nonce held back."""
    requests_that_count_towards_a_ban: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])
    cut: dict[str, int] = field(default_factory=dict[str, int])
    """At how many kills each stage of the work was under way."""
    seconds: float = 0.0
    why: list[str] = field(default_factory=list[str])
    """Of what went wrong, the first few."""


def together(those: Sequence[Figures]) -> Figures:
    """Add up worlds that ran side by side; they took as long as the longest."""
    total = Figures()
    for one in those:
        for name in (each.name for each in fields(Figures)):
            ours: Any = getattr(total, name)
            theirs: Any = getattr(one, name)
            match name:
                case "there" | "faults" | "cut":
                    value = dict(Counter[str](ours) + Counter[str](theirs))
                case "seconds":
                    value = max(ours, theirs)
                case _:
                    value = ours + theirs
            setattr(total, name, value)
    del total.why[WHY_SHOWN:]
    return total


@dataclass(slots=True)
class Scene:
    """A double with a server, and the folder of the bot that lives in it."""

    double: Double
    guild: Guild
    channels: list[Channel]
    folder: Path
    figures: Figures
    started: list[BotProcess] = field(default_factory=list[BotProcess])

    async def start(
        self,
        environment: dict[str, str],
        *,
        module: str = "tests.wire.launch",
        url: str | None = None,
    ) -> BotProcess:
        """Begin a life; it ends at the latest with the scene."""
        bot = await BotProcess.start(
            self.double, self.folder, module=module, database_url=url, environment=environment
        )
        self.started = [each for each in [*self.started, bot] if each.running]
        return bot


@asynccontextmanager
async def scene(terms: Terms, folder: Path) -> AsyncGenerator[Scene]:
    faults = replace(terms.faults, seed=terms.seed)
    limits = Limits(messages=(10, 1.0))
    async with Double(faults, limits=limits, nonce_seconds=terms.nonce_seconds) as double:
        guild = double.world.add_guild("Harbour")
        channels = [double.world.add_channel(guild, f"room-{n}") for n in range(CHANNELS)]
        at = Scene(double, guild, channels, folder, Figures())
        try:
            yield at
        finally:
            for bot in at.started:
                await bot.kill()


async def live_and_die(at: Scene, bot: BotProcess, dice: random.Random, left: int) -> None:
    """Let it live until it is killed in mid-work: somewhere in what is left to send."""
    double, world = at.double, at.double.world
    way = dice.choices([*WAYS], [*WAYS.values()])[0]
    if way == "starting":
        await asyncio.sleep(dice.uniform(0.1, 1.2))
    elif way == "asking":
        await _until_asked(double, bot, dice)
        await asyncio.sleep(dice.choice((0.0, dice.uniform(0.0, 0.03))))
    else:
        before = len(world.posted)
        target = before + dice.randint(1, max(left, 2))
        with suppress(TimeoutError):
            await double.until(
                lambda: (
                    double.gateway.live
                    or (way == "sending" and len(world.posted) > before)
                    or not bot.running
                ),
                LONGEST_START,
            )
            await double.until(
                lambda: (way == "sending" and len(world.posted) >= target) or not bot.running,
                dice.uniform(LONGEST_LIFE / 4, LONGEST_LIFE),
            )
        await asyncio.sleep(dice.choice((0.0, dice.uniform(0.0, 0.03))))
    if not bot.running:
        at.figures.own_exits += 1
        return
    at.figures.kills += 1
    at.figures.killed_with_unanswered += bool(double.unanswered)
    await bot.kill()


async def _until_asked(double: Double, bot: BotProcess, dice: random.Random) -> None:
    """Wait until Discord has done one thing more of a kind that it was asked for before."""
    kinds = [kind for kind in double.requests if "{channel}" in kind or "{interaction}" in kind]
    kind = dice.choice(kinds) if kinds else ""
    before = double.requests.get(kind, 0)
    with suppress(TimeoutError):
        await double.until(lambda: double.gateway.live or not bot.running, LONGEST_START)
        await double.until(
            lambda: double.requests.get(kind, 0) > before or not bot.running, 2 * LONGEST_LIFE
        )


# Ours


@asynccontextmanager
async def opened(folder: Path, url: str | None) -> AsyncGenerator[Database]:
    location = url or folder / "alongside.db"
    database = await Database.open(location, key=None if url else KEY)
    try:
        yield database
    finally:
        await database.close()


class Kept:
    """The messages that keep promises, by the id of the promise; each is looked at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked_at = 0
        self._by_promise: dict[str, list[Posted]] = {}

    def look(self) -> dict[str, list[Posted]]:
        """All of them up to now."""
        for posted in self._world.posted[self._looked_at :]:
            id_ = promise_of(posted)
            if id_ is not None:
                self._by_promise.setdefault(id_, []).append(posted)
        self._looked_at = len(self._world.posted)
        return self._by_promise


async def alongside(terms: Terms, folder: Path, url: str | None) -> Figures:
    dice = random.Random(terms.seed)
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody waits beside it
    async with scene(terms, folder) as at:
        kept = Kept(at.double.world)
        ground = GROUNDS[terms.ground](at.double, at.guild, at.channels, dice)
        environment = {"WIRE_PREPARE": ground.prepare, "WIRE_HURRY": str(terms.hurry)}
        lives: dict[int, BotProcess] = {}
        expected = 0

        async def fill_up() -> None:
            for shard in range(terms.processes):
                if shard not in lives:
                    shards = {"SHARD_COUNT": str(terms.processes), "SHARD_IDS": str(shard)}
                    own = shards if terms.processes > 1 else {}
                    lives[shard] = await at.start({**environment, **own}, url=url)

        async def set_up(plans: int) -> int:
            # Closed again before the next life: what a crash left is for the bot to find.
            async with opened(folder, url) as database:
                await migrate(database, now=system_clock())
                return await ground.set_up(database, system_clock(), plans)

        async def act() -> None:
            # A member can only press while the bot is there; the kill may come at any moment of it.
            while True:
                if at.double.gateway.live:
                    await ground.act(system_clock())
                await asyncio.sleep(dice.uniform(0.1, 0.4))

        while at.figures.kills < terms.kills:
            expected += await set_up(terms.plans)
            await fill_up()
            acting = asyncio.create_task(act())
            victim = lives.pop(dice.randrange(terms.processes))
            await live_and_die(at, victim, dice, expected - len(kept.look()))
            acting.cancel()
            if terms.shown and at.figures.kills % 10 == 0:
                print(f"killed {at.figures.kills} of {terms.kills}", file=sys.stderr, flush=True)

        # What members have just said yes to comes due, too; then nobody disturbs any more.
        for number in range(ground.last_lives):
            await set_up(0)
            await fill_up()
            until = time.monotonic() + LONGEST
            async with opened(folder, url) as database:
                while time.monotonic() < until and await still_open(database):
                    at.figures.own_exits += sum(not life.running for life in lives.values())
                    lives = {shard: life for shard, life in lives.items() if life.running}
                    await fill_up()
                    await asyncio.sleep(0.5)
                if number == ground.last_lives - 1:
                    await ground.finish()
                for life in lives.values():
                    with suppress(TimeoutError, ProcessLookupError):
                        await life.terminate(LONGEST_END)
                    await life.kill()
            lives = {}
        async with opened(folder, url) as database:
            posted = kept.look()
            account = await ground.account(database, posted)
            ends = await ends_of(database)
        at.figures.asked, at.figures.opted_in = account.asked, account.opted_in
        at.figures.opt_ins_lost = len(account.opt_ins_lost)
        at.figures.lost, at.figures.doubled = len(account.lost), len(account.doubled)
        at.figures.there, at.figures.cut = account.others, account.cut
        at.figures.why += account.opt_ins_lost + account.lost + account.doubled
        slack = SEND_SECONDS / terms.hurry + 1
        count(at.figures, account.owed, posted, ends, slack)
        note(at, began)
        return at.figures


async def still_open(database: Database) -> bool:
    """Whether anything is still to be done; Discord's faults go on while it is."""
    async with database.read() as read:
        # A daily schedule's next timer is not what is waited for.
        row = await read.fetch_one(
            "SELECT (SELECT count(*) FROM jobs_timers WHERE due_at <= $1) + "
            "(SELECT count(*) FROM jobs_messages WHERE settled_at IS NULL) AS open",
            to_epoch(system_clock()) + 60,
        )
    return row is None or bool(row["open"])


async def ends_of(database: Database) -> dict[str, tuple[str, str | None]]:
    async with database.read() as read:
        rows = await read.fetch("SELECT id, state, reason FROM jobs_messages")
    return {row["id"]: (row["state"], row["reason"]) for row in rows}


def count(
    figures: Figures,
    all_owed: Iterable[Owed],
    posted: dict[str, list[Posted]],
    ends: dict[str, tuple[str, str | None]],
    slack: float,
) -> None:
    due = {owed.id: owed for owed in all_owed}
    figures.promised = len(due)
    arrived: Counter[str] = Counter()
    for id_, owed in due.items():
        there = [one for one in posted.get(id_, []) if owed.channel_id in (None, one.channel_id)]
        end = ends.get(id_, ("nowhere", None))
        figures.uncertain += end[0] == "uncertain"
        if len(posted.get(id_, [])) > 1:
            figures.doubled += 1
            apart = posted[id_][-1].at - posted[id_][0].at
            figures.why.append(f"{owed.kind} {id_} doubled, {apart:.1f} s apart, {end[0]}")
        if there:
            arrived[owed.kind] += 1
            if there[0].at > owed.late_at + slack:
                figures.late_sent += 1
                figures.why.append(f"{owed.kind} {id_} late by {there[0].at - owed.late_at:.1f} s")
        elif end == ("skipped", "late"):
            figures.late_skipped += 1
        else:
            figures.lost += 1
            figures.opt_ins_lost += owed.by_member
            figures.why.append(f"{owed.kind} {id_} lost, {end[0]} {end[1] or ''}")
    figures.arrived = arrived.total()
    figures.there = dict(sorted({**figures.there, **arrived}.items()))
    # An opt-in that was never confirmed may be kept or not, but not twice.
    figures.doubled += sum(len(posted[id_]) > 1 for id_ in set(posted) - set(due))
    del figures.why[WHY_SHOWN:]


def note(at: Scene, began: float) -> None:
    at.figures.sends = at.double.requests.get("POST /channels/{channel}/messages", 0)
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
            bot = await at.start(environment, module="benchmarks.naive_bot")
            await live_and_die(at, bot, dice, len(made) - len(at.double.world.posted))
        until = time.monotonic() + LONGEST
        while left() and time.monotonic() < until:
            bot = await at.start(environment, module="benchmarks.naive_bot")
            await _until_idle(at, bot, left)
            if bot.running:
                await bot.kill()
        arrived = Counter(posted.payload.get("content") for posted in at.double.world.posted)
        at.figures.promised = len(made)
        at.figures.arrived = sum(arrived[key] > 0 for key in made)
        at.figures.unsent = left()
        at.figures.lost = sum(arrived[key] == 0 for key in made) - at.figures.unsent
        at.figures.doubled = sum(arrived[key] > 1 for key in made)
        note(at, began)
        return at.figures


async def _until_idle(at: Scene, bot: BotProcess, left: Callable[[], int]) -> None:
    """Wait until nothing is left, or nothing goes on: its loop may have ended for good."""
    with suppress(TimeoutError):
        await at.double.until(lambda: at.double.gateway.live or not bot.running, LONGEST_START)
    before, still = left(), 0
    while bot.running and before and still < 30:
        await asyncio.sleep(0.5)
        now = left()
        before, still = now, still + 1 if now == before else 0


# All together


async def campaign(terms: Terms, folder: Path) -> dict[str, Figures]:
    """Run ours, and the naive ones beside it unless they were not wanted."""
    async with AsyncExitStack() as stack:
        urls: list[str | None] = [None] * terms.at_once
        if terms.store == "postgres":
            urls = [*await stack.enter_async_context(schemas(terms.at_once))]
        shares = list(enumerate(terms.shares()))
        runs = {
            "alongside": [
                alongside(share, folder / f"alongside-{n}", urls[n]) for n, share in shares
            ]
        }
        if terms.naive:
            for kind in ("send-then-mark", "delete-then-send"):
                runs[kind] = [naive(share, folder / f"{kind}-{n}", kind) for n, share in shares]
        found = await asyncio.gather(*(asyncio.gather(*those) for those in runs.values()))
    return {who: together(those) for who, those in zip(runs, found, strict=True)}


def table(found: dict[str, Figures]) -> str:
    shown = (
        "kills",
        "promised",
        "arrived",
        "late_skipped",
        "lost",
        "doubled",
        "late_sent",
        "opted_in",
        "opt_ins_lost",
    )
    lines = [f"{'':<18}" + "".join(f"{name:>14}" for name in shown)]
    for who, figures in found.items():
        values = asdict(figures)
        lines.append(f"{who:<18}" + "".join(f"{values[name]:>14}" for name in shown))
        lines += [f"    {why}" for why in figures.why]
        lines += [f"    killed at {count:>4} x {stage}" for stage, count in figures.cut.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kill the bot in mid-work, and count.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--ground", choices=tuple(GROUNDS), default="checkins")
    parser.add_argument("--at-once", type=int, default=1, help="share the kills among so many")
    parser.add_argument("--processes", type=int, default=1, help="on one PostgreSQL store")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hurry", type=int, default=10, help="1 keeps the real windows")
    parser.add_argument("--keep", type=Path, help="keep stores and logs in this folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    if options.processes > 1 and options.store != "postgres":
        parser.error("several processes need --store postgres")
    faults = ROUGH if options.faults else CALM
    terms = Terms(
        options.kills,
        options.store,
        faults,
        options.seed,
        options.hurry,
        naive=options.naive,
        ground=options.ground,
        at_once=options.at_once,
        processes=options.processes,
        shown=True,
    )
    # Told to end, it ends its bots and its PostgreSQL first, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        found = asyncio.run(campaign(terms, options.keep or Path(scratch)))
    if options.json:
        head = {
            "store": terms.store,
            "ground": terms.ground,
            "faults": options.faults,
            "seed": terms.seed,
            "hurry": terms.hurry,
            "at_once": terms.at_once,
            "processes": terms.processes,
        }
        body = {who: asdict(figures) for who, figures in found.items()}
        print(json.dumps({**head, **body}, indent=2))
    else:
        print(table(found))
    ours = found["alongside"]
    return int(bool(ours.lost or ours.doubled or ours.late_sent or ours.opt_ins_lost))


if __name__ == "__main__":
    sys.exit(main())
