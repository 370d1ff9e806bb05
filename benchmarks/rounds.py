"""What a round costs the process that serves people: the longest pause, and the longest hold.

`python -m benchmarks.rounds [--sizes 5000 10000] [--json]` plays one whole round in one server,
with the real services, the real runner, an encrypted SQLite file and the draw in a process of its
own; only Discord is left out, which answers at once. Stage by stage it prints:

- `pause_ms`: the longest time between two turns of a task that asks for one every millisecond, so
  what somebody who taps a button meanwhile would have waited for;
- `loop_ms`: the longest time that one turn of the loop took of the processor, which does not depend
  on what else the machine is doing;
- `held_ms`: the longest time that one transaction kept the others from writing;
- `held_cpu_ms`: the most processor time that the process took while one did, which does not depend
  on what else the machine is doing either.

`idle` is the same process with nothing to do, before and after: what the machine alone makes of it.
The question is asked of everybody by direct message, follow-ups are asked of everybody, and ten
rounds are remembered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as at_time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bot.blocks import store as blocks_store
from bot.blocks.model import Block
from bot.bounds import ALL_ADULTS, SETTINGS, Standing
from bot.consent import service as consents
from bot.counting import Counting
from bot.database import Database
from bot.jobs import store as jobs
from bot.jobs.model import Message
from bot.jobs.runner import Absent, Delivered, Found, Runner, Tried
from bot.migrations import migrate
from bot.notices.service import Notices
from bot.recurrence import Rule
from bot.settings.core import LANGUAGE, NOTICE_CHANNEL
from bot.settings.service import Settings
from cogs.pairing import rounds_store, store
from cogs.pairing.drawing_service import Draws
from cogs.pairing.introductions_service import Introductions
from cogs.pairing.model import (
    CONSENT,
    CONSENT_VERSION,
    Member,
    Met,
    Plan,
    Role,
    Round,
    Said,
    Wishes,
)
from cogs.pairing.pairing_service import Pairing
from cogs.pairing.peers import Snapshot, asked
from cogs.pairing.process_service import drawing_apart
from cogs.pairing.promises_service import (
    AGAIN,
    ASK,
    CLOSE,
    DRAW,
    FOLLOWUP,
    INTRODUCTION,
    OPEN,
    TELL,
    round_of,
)
from cogs.pairing.service import Ground, shipped_content
from cogs.pairing.settings import ENABLED

if TYPE_CHECKING:
    from bot.database import Reading, Transaction
    from cogs.pairing.matching.rounds import Drawn

Figures = dict[str, Any]

SERVER, MODERATOR, CHANNEL = 10, 20, 100
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
RULE = Rule(frozenset({4}), at_time(18), "Europe/Berlin", 2, START.date())
PLAN = Plan(SERVER, CHANNEL, RULE, START)
SPOKEN = frozenset({"en", "es"})
SIZES = (5_000, 10_000)

PATIENCE = 900.0
"""Seconds that a draw may take: on a machine that does much else, what is measured is its CPU."""

PAST = 10
"""Rounds that are remembered."""

PER_SECOND = 160
"""Messages begun in a second: four times what the bot does, so that it does not take an hour."""

ADULT = Standing(adult=True, circles=frozenset())


@dataclass(slots=True, eq=False)
class Worst:
    """The longest of what was seen in a stage, in seconds."""

    pause: float = 0.0
    busy: float = 0.0
    held: float = 0.0
    held_busy: float = 0.0


class Watch:
    """The longest pause of a loop, of its processor time in one turn, and of a held writer."""

    def __init__(self) -> None:
        self._stages: list[Worst] = []
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        last, spent = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now, cpu = time.perf_counter(), time.thread_time()
            for stage in self._stages:
                stage.pause = max(stage.pause, now - last)
                stage.busy = max(stage.busy, cpu - spent)
            last, spent = now, cpu

    async def stage(self, work: Awaitable[object]) -> Figures:
        """Do something, and say what it came to."""
        worst = Worst()
        self._stages.append(worst)
        start = time.perf_counter()
        await work
        await asyncio.sleep(0.002)
        self._stages.remove(worst)
        return {
            "seconds": round(time.perf_counter() - start, 2),
            "pause_ms": round(worst.pause * 1000, 1),
            "loop_ms": round(worst.busy * 1000, 1),
            "held_ms": round(worst.held * 1000, 1),
            "held_cpu_ms": round(worst.held_busy * 1000, 1),
        }

    def held(self, seconds: float, busy: float) -> None:
        """Note that the writer was held for so long, and how busy the process was meanwhile."""
        for stage in self._stages:
            stage.held = max(stage.held, seconds)
            stage.held_busy = max(stage.held_busy, busy)

    def end(self) -> None:
        self._task.cancel()


class Held:
    """A store that notes for how long a transaction keeps the others from writing."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database, self._watch = database, watch
        self.line = database.line

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        async with self._database.transaction() as tx:
            start, spent = time.perf_counter(), time.process_time()
            yield tx
            self._watch.held(time.perf_counter() - start, time.process_time() - spent)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reading]:
        async with self._database.read() as read:
            yield read


class AtOnce:
    """A Discord that takes everything at once."""

    async def send(self, message: Message) -> Tried:
        return Delivered(1)

    async def look(self, message: Message) -> Found:
        return Absent()


class Introduces(AtOnce):
    """Makes a thread of a number, and asks of the store what the bot asks."""

    def __init__(self, introductions: Introductions) -> None:
        self._introductions = introductions
        self._threads = 1_000

    async def send(self, message: Message) -> Tried:
        if await self._introductions.details(message.subject) is None:
            return Delivered(1)
        self._threads += 1
        await self._introductions.thread_made(message.subject, self._threads)
        return Delivered(1)


class Draw(AtOnce):
    """Draws as the bot does, but for the roles."""

    def __init__(self, draws: Draws, watch: Watch, found: dict[str, Figures]) -> None:
        self._draws, self._watch, self._found = draws, watch, found
        self.snapshot: Snapshot | None = None
        self.drawing: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> Tried:
        # Longer than the runner waits, where a machine has much else to do.
        self.drawing = asyncio.create_task(self._make(message))
        return Delivered(0)

    async def _make(self, message: Message) -> None:
        again = message.kind == AGAIN
        name = "again " if again else ""

        async def look() -> None:
            self.snapshot = await self._draws.snapshot(round_of(message), again=again)

        self._found[f"{name}snapshot"] = await self._watch.stage(look())
        snapshot = self.snapshot
        if snapshot is None:
            return
        drawn: list[tuple[Drawn, Any]] = []

        async def draw() -> None:
            topics = await self._draws.topics(SERVER)
            where = {member.user_id: ADULT for member in snapshot.members}
            told, waiting = await asyncio.to_thread(asked, snapshot, where, topics)
            drawn.append((await drawing_apart(PATIENCE)(told), waiting))

        self._found[f"{name}drawing"] = await self._watch.stage(draw())
        self._found[f"{name}writing"] = await self._watch.stage(
            self._draws.write(snapshot, *drawn[0])
        )


@dataclass(slots=True)
class Bot:
    """The feature and its runner, with a clock to turn."""

    database: Database
    pairing: Pairing
    runner: Runner
    drawer: Draw
    now: datetime

    async def until_done(self) -> None:
        """Let the runner do what is due, until there is nothing more."""
        while True:
            if self.drawer.drawing is not None:
                await self.drawer.drawing
                self.drawer.drawing = None
            async with self.database.read() as read:
                moments = [await jobs.next_timer_at(read), await jobs.next_message_at(read)]
            if not any(moment is not None and moment <= self.now for moment in moments):
                flying = self.runner._flying  # pyright: ignore[reportPrivateUsage]
                if not flying and self.drawer.drawing is None:
                    return
            await asyncio.sleep(0.05)

    async def at(self, moment: datetime) -> None:
        self.now = moment
        self.runner.wake()
        await self.until_done()


async def people(database: Database, size: int) -> None:
    """Write members, their consents, ten rounds that they remember, and some blocks."""
    dice = random.Random(size)
    ids = [1_000_000 + 7 * number for number in range(size)]
    names = ["music", "books", "films-series", "games", "board-games", "cooking"]
    for first in range(0, size, 500):
        async with database.transaction() as tx:
            for user_id in ids[first : first + 500]:
                wishes = Wishes(
                    ("en", "es") if dice.random() < 0.2 else ("en",),
                    frozenset(dice.sample(names, dice.randrange(1, 4))),
                    role=dice.choice(list(Role)),
                    threesome=dice.random() < 0.5,
                )
                joined = START - timedelta(days=dice.randrange(10, 300))
                one = Member(
                    f"m{user_id}", SERVER, user_id, wishes, "Europe/Berlin", joined, user_id + 1
                )
                await store.add_member(tx, one)
                await consents.give(tx, user_id, SERVER, CONSENT, CONSENT_VERSION, START)
    for number in range(1, PAST + 1):
        dice.shuffle(ids)
        pairs = [tuple(sorted(ids[at : at + 2])) for at in range(0, size - 1, 2)]
        met = [Met(a, b, number, START - timedelta(days=100 - number)) for a, b in pairs]
        async with database.transaction() as tx:
            await rounds_store.put_met(tx, SERVER, met)
    async with database.transaction() as tx:
        for _ in range(size // 10):
            one, other = dice.sample(ids, 2)
            await blocks_store.add_block(tx, Block(SERVER, one, other, START, stays=False))


async def open_bot(database: Database, watch: Watch, found: dict[str, Figures]) -> Bot:
    def clock() -> datetime:
        return made.now

    def wake() -> None:
        runner.wake()

    through = cast("Database", Held(database, watch))
    settings = Settings(through, clock)
    notices = Notices(through, settings, clock)
    runner = Runner(through, clock, longest_sleep=0.2, per_second=PER_SECOND)
    for setting in (LANGUAGE, NOTICE_CHANNEL, *SETTINGS):
        settings.declare(setting)
    counting = Counting(through, settings, clock)
    pairing = Pairing(
        Ground(
            *(through, settings, notices, shipped_content(), SPOKEN.__contains__, clock, wake),
            counting,
        )
    )
    drawer = Draw(pairing.draws, watch, found)
    at_once = AtOnce()
    pairing.keep(
        runner,
        {
            OPEN: at_once,
            ASK: at_once,
            DRAW: drawer,
            AGAIN: drawer,
            INTRODUCTION: Introduces(pairing.introductions),
            FOLLOWUP: at_once,
            CLOSE: at_once,
            TELL: at_once,
        },
    )
    made = Bot(database, pairing, runner, drawer, START)
    await settings.change(SERVER, ALL_ADULTS, True, by=MODERATOR)
    await settings.change(SERVER, ENABLED, True, by=MODERATOR)
    return made


async def play(size: int, database: Database) -> Figures:
    """Play one round of so many members, and say what each of its stages cost."""
    await people(database, size)
    found: dict[str, Figures] = {}
    watch = Watch()
    bot = await open_bot(database, watch, found)
    stage = watch.stage
    found["idle"] = await stage(asyncio.sleep(3))
    await bot.pairing.rounds.save_plan(PLAN, by=MODERATOR)
    await bot.pairing.rounds.pause(SERVER, by=MODERATOR)
    found["status"] = await stage(bot.pairing.rounds.status(SERVER))
    found["preview, read"] = await stage(bot.pairing.draws.preview(SERVER))
    bot.runner.start()
    opened: list[Round] = []

    async def ask() -> None:
        opened.append(await bot.pairing.rounds.run_now(SERVER, by=MODERATOR))
        await bot.until_done()

    found["asking"] = await stage(ask())
    one = opened[0]
    async with database.read() as read:
        ids = [member.user_id for member in await store.members(read, SERVER)]
    async with database.transaction() as tx:
        await rounds_store.put_answers(tx, one, [(user_id, True) for user_id in ids], bot.now)
    found["status while it asks"] = await stage(bot.pairing.rounds.status(SERVER))
    found["postponing"] = await stage(bot.pairing.rounds.postpone(SERVER, 1, by=MODERATOR))
    await bot.at(bot.now)
    moved = await bot.pairing.rounds.round(one.id)
    assert moved is not None
    found["drawn and introduced"] = await stage(bot.at(moved.draw_at))
    found["status while it lasts"] = await stage(bot.pairing.rounds.status(SERVER))
    found["another peer"] = await stage(_another(bot, ids[0]))
    found["checking back"] = await stage(bot.at(bot.now + timedelta(days=PLAN.followup_days)))
    found["closing"] = await stage(bot.at(moved.ends_at))
    found["idle again"] = await stage(asyncio.sleep(3))
    await bot.runner.stop()
    watch.end()
    return {"members": size, "stages": found}


async def _another(bot: Bot, user_id: int) -> None:
    for each in await bot.pairing.introductions.live(user_id, SERVER):
        await bot.pairing.introductions.say(user_id, each.id, Said.ANOTHER)
    await bot.until_done()


def played(size: int) -> Figures:
    """Play a round on a new encrypted file."""

    async def on_a_new_file() -> Figures:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(Path(folder) / "probe.db", key=secrets.token_hex(32))
            try:
                await migrate(database, now=START)
                return await play(size, database)
            finally:
                await database.close()

    return asyncio.run(on_a_new_file())


def table(found: Figures) -> str:
    """Lay the stages out for a person."""
    names = ("seconds", "pause_ms", "loop_ms", "held_ms", "held_cpu_ms")
    lines = [f"{found['members']} members" + " " * 8 + "".join(f"{name:>12}" for name in names)]
    for stage, row in found["stages"].items():
        lines.append(f"{stage:<22}" + "".join(f"{row[name]:>12}" for name in names))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a round costs those it serves.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    for size in options.sizes:
        found = played(size)
        sys.stdout.write(f"{json.dumps(found) if options.json else table(found)}\n")


if __name__ == "__main__":
    main()
