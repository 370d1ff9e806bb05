"""Ten thousand introductions over many servers at one hour: paced, in turn, resumed after a kill.

`python -m benchmarks.servers [--servers 50] [--members 400] [--json]` draws a round in every server
at once with the real services and runner on an encrypted SQLite file; only Discord is left out,
which answers at once and remembers whom it has introduced. When a third is out the process is
killed, and another goes on. It runs at ten times the bot's pace, so as not to take an hour; what it
takes at the bot's own is reckoned: each pair takes five requests of its own.
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
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.rounds import MODERATOR, PLAN, SPOKEN, START, AtOnce, Figures
from bot.bounds import ALL_ADULTS, SETTINGS
from bot.consent import service as consents
from bot.counting import Counting
from bot.database import Database
from bot.jobs import store as jobs
from bot.jobs.model import LEASE, Message
from bot.jobs.runner import PER_SECOND, Absent, Delivered, Found, Runner, Tried
from bot.migrations import migrate
from bot.notices.service import Notices
from bot.settings.core import LANGUAGE, NOTICE_CHANNEL
from bot.settings.service import Settings
from bot.threads import REQUESTS_A_SECOND
from cogs.pairing import rounds_store, store
from cogs.pairing.drawing_service import Draws
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.model import CONSENT, CONSENT_VERSION, IntroductionState, Member, Wishes
from cogs.pairing.pairing_service import Pairing
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

FASTER = 10
"""Times the bot's pace."""

REQUESTS = 5
"""Of each pair: the roles of both, a thread, and both added to it."""

WAITED = 4
"""Members have waited 0 to 3 rounds."""


@dataclass(slots=True)
class World:
    """What Discord saw: whom it has introduced, and what was begun when, by process."""

    total: int
    introduced: set[str] = field(default_factory=set[str])
    begun: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    again: int = 0
    """Begun once more after the kill, and found to be there."""
    a_third: asyncio.Event = field(default_factory=asyncio.Event)
    """Is out."""


class Introduces:
    """Makes a thread of a number, and asks of the store what the bot asks."""

    def __init__(self, pairing: Pairing, world: World) -> None:
        self._introductions = pairing.introductions
        self._world = world

    async def send(self, message: Message) -> Tried:
        self._world.begun.append((time.perf_counter(), message.subject))
        if len(self._world.begun) > self._world.total // 3:
            self._world.a_third.set()
        if await self._introductions.details(message.subject) is None:
            return Delivered(1)
        self._world.introduced.add(message.subject)
        await self._introductions.thread_made(message.subject, len(self._world.introduced))
        return Delivered(1)

    async def look(self, message: Message) -> Found:
        there = message.subject in self._world.introduced
        self._world.again += there
        return Delivered(1) if there else Absent()


class Pairs:
    """Cuts a round into pairs: what is measured comes after the draw."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws

    async def send(self, message: Message) -> Tried:
        snapshot = await self._draws.snapshot(round_of(message))
        if snapshot is not None:
            ids = [member.user_id for member in snapshot.members]
            random.Random(snapshot.round.seed).shuffle(ids)
            groups = tuple((ids[at], ids[at + 1]) for at in range(0, len(ids) - 1, 2))
            await self._draws.write(snapshot, Drawn(groups, ()), {})
        return Delivered(0)

    async def look(self, message: Message) -> Found:
        return Absent()


class Bot:
    """A process of the bot, with a clock to turn."""

    def __init__(self, database: Database, world: World, now: datetime) -> None:
        self.database, self.now = database, now
        self.settings = Settings(database, self.clock)
        for setting in (LANGUAGE, NOTICE_CHANNEL, *SETTINGS):
            self.settings.declare(setting)
        notices = Notices(database, self.settings, self.clock)
        self.runner = Runner(
            database, self.clock, longest_sleep=0.2, per_second=FASTER * PER_SECOND
        )
        spoken = SPOKEN.__contains__
        self.pairing = Pairing(
            Ground(
                database,
                self.settings,
                notices,
                shipped_content(),
                spoken,
                self.clock,
                self.runner.wake,
                Counting(database, self.settings, self.clock),
            )
        )
        at_once, pairs = AtOnce(), Pairs(self.pairing.draws)
        self.pairing.keep(
            self.runner,
            {
                OPEN: at_once,
                ASK: at_once,
                DRAW: pairs,
                AGAIN: pairs,
                INTRODUCTION: Introduces(self.pairing, world),
                FOLLOWUP: at_once,
                CLOSE: at_once,
                TELL: at_once,
            },
        )

    def clock(self) -> datetime:
        return self.now

    async def kill(self) -> int:
        """End it where it is, as a crash does; gives how many it was sending."""
        runner = self.runner
        flying = list(runner._flying.values())  # pyright: ignore[reportPrivateUsage]
        mine = runner._task  # pyright: ignore[reportPrivateUsage]
        for task in [*flying, *([mine] if mine is not None else [])]:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        return len(flying)

    async def until_done(self) -> None:
        while True:
            async with self.database.read() as read:
                moments = [await jobs.next_timer_at(read), await jobs.next_message_at(read)]
            due = any(moment is not None and moment <= self.now for moment in moments)
            if not due and not self.runner._flying:  # pyright: ignore[reportPrivateUsage]
                return
            await asyncio.sleep(0.05)


async def people(database: Database, server_id: int, count: int) -> None:
    """Write members who have waited for some rounds, and their consents."""
    dice = random.Random(server_id)
    async with database.transaction() as tx:
        for number in range(count):
            user_id = 1_000_000 * server_id + number
            joined = START - timedelta(days=dice.randrange(10, 300))
            one = Member(
                f"m{user_id}",
                server_id,
                user_id,
                Wishes(("en",), frozenset({"music"})),
                "Europe/Berlin",
                joined,
                waited=dice.randrange(WAITED),
            )
            await store.add_member(tx, one)
            await consents.give(tx, user_id, server_id, CONSENT, CONSENT_VERSION, START)


async def play(servers: int, members: int, database: Database) -> Figures:
    """Draw in all servers at once, kill the process when a third is out, and go on."""
    total = servers * (members // 2)
    world = World(total)
    ids = range(1, servers + 1)
    bot = Bot(database, world, START)
    waited: dict[int, int] = {}
    for server_id in ids:
        await people(database, server_id, members)
        await bot.settings.change(server_id, ALL_ADULTS, True, by=MODERATOR)
        await bot.settings.change(server_id, ENABLED, True, by=MODERATOR)
        plan = replace(PLAN, server_id=server_id, confirm_first=False)
        await bot.pairing.rounds.save_plan(plan, by=MODERATOR)
        await bot.pairing.rounds.pause(server_id, by=MODERATOR)
        await bot.pairing.rounds.run_now(server_id, by=MODERATOR)
        async with database.read() as read:
            waited |= {one.user_id: one.waited for one in await store.members(read, server_id)}
    start = time.perf_counter()
    bot.runner.start()
    await world.a_third.wait()
    flying = await bot.kill()
    killed_after = len(world.begun)
    bot = Bot(database, world, START + 2 * LEASE)
    bot.runner.start()
    await bot.until_done()
    seconds = time.perf_counter() - start
    await bot.runner.stop()
    places: Counter[int] = Counter()
    turn: dict[str, tuple[int, int]] = {}
    async with database.read() as read:
        for server_id in ids:
            latest = await rounds_store.latest_round(read, server_id)
            for one in await rounds_store.of_round(read, latest.id) if latest else ():
                turn[one.id] = server_id, max(waited[user_id] for user_id in one.people)
                if one.state is IntroductionState.INTRODUCED:
                    places.update(one.people)
    first, second = world.begun[:killed_after], world.begun[killed_after:]
    begun = [at for at, _ in world.begun]
    return {
        "introductions": total,
        "servers": servers,
        "seconds": round(seconds, 1),
        "pace_a_second": FASTER * PER_SECOND,
        "most_begun_in_a_second": _most(begun),
        "killed_after": killed_after,
        "under_way_when_killed": flying,
        "found_to_be_there": world.again,
        "people_introduced": len(places),
        "introduced_twice": sum(count > 1 for count in places.values()),
        "forgotten": servers * members - len(places),
        "before_one_who_waited_longer": _out_of_turn(first, turn)
        + _out_of_turn([one for one in second if one[1] not in {id_ for _, id_ in first}], turn),
        "minutes_at_its_own_pace": round(total * REQUESTS / REQUESTS_A_SECOND / 60),
    }


def _most(begun: list[float]) -> int:
    """How many at most began within one second."""
    most = first = 0
    for last, at in enumerate(begun):
        while begun[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def _out_of_turn(begun: list[tuple[float, str]], turn: dict[str, tuple[int, int]]) -> int:
    """How many began although somebody of their server who waited longer had not."""
    by_server: dict[int, list[int]] = defaultdict(list)
    for _, id_ in begun:
        server_id, waited = turn[id_]
        by_server[server_id].append(waited)
    count = 0
    for rows in by_server.values():
        longest = 0
        for waited in reversed(rows):
            count += waited < longest
            longest = max(longest, waited)
    return count


def played(servers: int, members: int) -> Figures:
    """Play it on a new encrypted file."""

    async def on_a_new_file() -> Figures:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(Path(folder) / "servers.db", key=secrets.token_hex(32))
            try:
                await migrate(database, now=START)
                return await play(servers, members, database)
            finally:
                await database.close()

    return asyncio.run(on_a_new_file())


def main() -> None:
    parser = argparse.ArgumentParser(description="Introduce people of many servers at one hour.")
    parser.add_argument("--servers", type=int, default=50)
    parser.add_argument("--members", type=int, default=400, help="of each server")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    found = played(options.servers, options.members)
    if options.json:
        sys.stdout.write(f"{json.dumps(found)}\n")
        return
    for name, value in found.items():
        sys.stdout.write(f"{name.replace('_', ' '):<32}{value:>10}\n")


if __name__ == "__main__":
    main()
