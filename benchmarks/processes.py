"""Several processes on one PostgreSQL, killed and started again at random, and PostgreSQL too.

`python -m benchmarks.processes` runs three processes of the real bot, each with one of three shards
of 3,000 servers. They are killed with SIGKILL at random, each started again after the two seconds
that systemd would wait, while check-ins come due in all servers and members say yes to their own.
In the middle PostgreSQL itself is stopped for a while and started again. Then it counts what the
Discord double has stored, and how long each shard was away. `--json` for the figures; what each of
them means is in benchmarks/README.md.

Windows are the real ones unless `--hurry` shortens them (see `benchmarks.crash`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.crash import Figures as Counts
from benchmarks.crash import Kept, count, ends_of, note, opened, still_open
from benchmarks.crash import Scene as Place
from bot.clock import system_clock
from bot.identifying import APART_SECONDS
from bot.jobs.model import NONCE_WINDOW, SEND_SECONDS
from bot.migrations import migrate
from tests.wire.checkins_ground import CheckinsGround
from tests.wire.double import Double
from tests.wire.faults import CALM
from tests.wire.postgres import Server, schemas, throw_away_server
from tests.wire.process import BotProcess
from tests.wire.rest import Limits

RESTART_SECONDS = 2.0
"""`RestartSec=2`, as the unit in deploy/ has it."""

SERVED_SECONDS = 60.0
"""Within so long after a kill its shard is to be served again; a start may wait for two others.

It is stated of one kill and one start: a shard that is killed again while it starts has so long
anew, and how long it was away in all is told apart. Most of it is the start of a process, so a
machine that is busy with other things takes longer: `load` says how busy it was.
"""

LONGEST = 15 * 60.0
"""After so long without a kill what is still open is counted as it is."""

LIFE_SECONDS = (1.0, 15.0)
"""Between two kills."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a campaign is like."""

    processes: int = 3
    servers: int = 3_000
    kills: int = 30
    plans: int = 60
    """Schedules that become due before each kill, beside as many as servers at the beginning."""
    away: float = 20.0
    """For how many seconds PostgreSQL is away in the middle; 0 leaves it alone."""
    seed: int = 1
    hurry: int = 1
    shown: bool = False
    """Whether to say on stderr how far it is."""


@dataclass(slots=True)
class Away:
    """How long shards were away; moments are seconds of any clock that only goes forward."""

    since_last_kill: list[float] = field(default_factory=list[float])
    """From the last kill of each outage until the shard was served again."""
    since_first_kill: list[float] = field(default_factory=list[float])
    """From the first one: longer where the shard was killed again while it started."""
    killed_again: int = 0
    """Kills of a shard that was not served again since the one before."""
    _kills: dict[int, list[float]] = field(default_factory=dict[int, list[float]])

    def killed(self, shard: int, at: float) -> None:
        """Its process was killed."""
        kills = self._kills.setdefault(shard, [])
        self.killed_again += bool(kills)
        kills.append(at)

    def served(self, shard: int, at: float) -> None:
        """It is served again."""
        kills = self._kills.pop(shard)
        self.since_last_kill.append(round(at - kills[-1], 1))
        self.since_first_kill.append(round(at - kills[0], 1))

    @property
    def never(self) -> list[int]:
        """Shards that were not served again."""
        return sorted(self._kills)


@dataclass(slots=True)
class Figures:
    """What came of it."""

    counts: Counts = field(default_factory=Counts)
    servers: int = 0
    identified: int = 0
    closest_identifies: float | None = None
    """Seconds between the two of one bucket that were nearest to each other."""
    served_again: list[float] = field(default_factory=list[float])
    """Seconds from the last kill of each outage until its shard was served again, with the wait
    before the start: what the stated time is about."""
    outages: list[float] = field(default_factory=list[float])
    """Seconds from the first kill of each outage, in the same order: longer where the shard was
    killed again while it started."""
    killed_again: int = 0
    """Kills of a shard that was not served again since the one before."""
    never_served_again: list[int] = field(default_factory=list[int])
    """Shards whose last outage had no end."""
    dispatchers: int = 0
    """How often a process began to send for all."""
    promises: list[str] = field(default_factory=list[str])
    """What each process says of who sends, when all are back."""
    store_away: float = 0.0
    """For how many seconds PostgreSQL was away."""
    ill_while_away: list[str] = field(default_factory=list[str])
    """What /healthz of each process named while it was."""
    well_after: float = 0.0
    """Seconds from its return until every process was well again."""
    load: float = 0.0
    """Processes that wanted a core at the end, those of others too (the load average)."""
    cores: int = 0
    sessions_kept: bool = True
    """Whether every connection to Discord outlived that."""


def wrong(terms: Terms, found: Figures) -> list[str]:
    """What is not as it is promised, one word or a few each; nothing when all is well."""
    counts = found.counts
    closest = found.closest_identifies
    away = terms.away > 0
    return [
        name
        for name, so in (
            ("lost", counts.lost),
            ("doubled", counts.doubled),
            ("sent late", counts.late_sent),
            ("neither sent nor skipped", counts.unsent),
            ("opt-ins lost", counts.opt_ins_lost),
            ("served again too late", max(found.served_again, default=0.0) > SERVED_SECONDS),
            ("never served again", found.never_served_again),
            (
                "identified too soon after each other",
                closest is not None and closest < APART_SECONDS / terms.hurry,
            ),
            (
                "not ill by the store alone while it was away",
                away and found.ill_while_away != ["store"] * terms.processes,
            ),
            ("connections to Discord lost with the store", away and not found.sessions_kept),
        )
        if so
    ]


class Fleet:
    """The processes, one a shard, and the pages on which they say how they are."""

    def __init__(self, terms: Terms, place: Place, url: str) -> None:
        self._terms = terms
        self._place = place
        self._url = url
        self.ports = [_free_port() for _ in range(terms.processes)]
        self.lives: dict[int, BotProcess] = {}

    @property
    def double(self) -> Double:
        return self._place.double

    async def start(self, shard: int) -> None:
        """Start the process of a shard."""
        environment = {
            "WIRE_PREPARE": "tests.wire.hurry",
            "WIRE_HURRY": str(self._terms.hurry),
            "SHARD_COUNT": str(self._terms.processes),
            "SHARD_IDS": str(shard),
            "STATUS_ADDRESS": str(self.ports[shard]),
        }
        self.lives[shard] = await BotProcess.start(
            self.double,
            self._place.folder / f"process-{shard}",
            database_url=self._url,
            environment=environment,
        )
        self._place.started.append(self.lives[shard])

    def served(self, shard: int) -> bool:
        """Whether a shard's process is there and knows its servers."""
        return self.lives[shard].running and any(
            session.shard == shard for session in self.double.gateway.live
        )

    async def until_served(self, shard: int) -> None:
        """Wait until a shard is served, and start its process again when it has ended by itself."""
        until = time.monotonic() + LONGEST
        while not self.served(shard) and time.monotonic() < until:
            if not self.lives[shard].running:
                self._place.figures.own_exits += 1
                await asyncio.sleep(RESTART_SECONDS / self._terms.hurry)
                await self.start(shard)
            with suppress(TimeoutError):
                await self.double.until(
                    lambda: self.served(shard) or not self.lives[shard].running, 5
                )

    async def kill(self, shard: int) -> None:
        """Kill a process."""
        self._place.figures.kills += 1
        self._place.figures.killed_with_unanswered += bool(self.double.unanswered)
        await self.lives[shard].kill()
        with suppress(TimeoutError):
            # The double has seen the end of its socket.
            await self.double.until(lambda: not self.served(shard), 5)

    async def health(self) -> list[dict[str, Any]]:
        """What each process says of itself."""
        told: list[dict[str, Any]] = []
        async with aiohttp.ClientSession() as session:
            for port in self.ports:
                with suppress(aiohttp.ClientError, OSError):
                    async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                        told.append(await answer.json())
        return told

    def dispatchers(self) -> int:
        """How often one of them began to send for all, from their logs."""
        return sum(life.said().count('"event": "dispatching"') for life in self.lives.values())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@asynccontextmanager
async def _store(terms: Terms) -> AsyncGenerator[tuple[str, Server | None]]:
    """A PostgreSQL that may be stopped; where it is left alone, a schema in one that is there."""
    async with AsyncExitStack() as stack:
        if terms.away:
            server = await stack.enter_async_context(throw_away_server())
            yield server.url, server
        else:
            [url] = await stack.enter_async_context(schemas(1))
            yield url, None


async def campaign(terms: Terms, folder: Path) -> Figures:
    """Run it."""
    dice = random.Random(terms.seed)
    began = time.monotonic()
    limits = Limits(messages=(10, 1.0))
    nonce = NONCE_WINDOW.total_seconds() / terms.hurry
    async with (
        _store(terms) as (url, server),
        Double(CALM, limits=limits, nonce_seconds=nonce) as double,
    ):
        double.rest.shards = terms.processes
        guilds = [
            double.world.add_guild(f"Harbour {n}", shard=(n % terms.processes, terms.processes))
            for n in range(terms.servers)
        ]
        channels = [double.world.add_channel(guild, "room") for guild in guilds]
        folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody waits beside it
        place = Place(double, guilds[0], channels, folder, Counts())
        ground = CheckinsGround(double, guilds[0], channels, dice)
        fleet = Fleet(terms, place, url)
        figures = Figures(place.figures, servers=len(guilds))
        try:
            async with opened(folder, url) as database:
                await migrate(database, now=system_clock())
                await ground.set_up(database, system_clock(), terms.servers)
            await _live(terms, fleet, ground, figures, dice, url, server)
            async with opened(folder, url) as database:
                posted = Kept(double.world).look()
                account = await ground.account(database, posted)
                ends = await ends_of(database)
        finally:
            for life in place.started:
                await life.kill()
        found = figures.counts
        found.asked, found.opted_in = account.asked, account.opted_in
        found.opt_ins_lost = len(account.opt_ins_lost)
        found.lost, found.doubled = len(account.lost), len(account.doubled)
        found.there = account.others
        found.why += account.opt_ins_lost + account.lost + account.doubled
        count(found, account.owed, posted, ends, SEND_SECONDS / terms.hurry + 1)
        note(place, began)
        figures.identified = len(double.gateway.identified_at)
        figures.closest_identifies = closest(
            double.gateway.identified_at, double.rest.max_concurrency
        )
        figures.dispatchers = fleet.dispatchers()
        figures.load, figures.cores = round(os.getloadavg()[1], 1), os.cpu_count() or 1
        return figures


def closest(identified: Sequence[tuple[int, float]], concurrency: int) -> float | None:
    """Seconds between the nearest two of one bucket; None where none had two."""
    buckets: dict[int, list[float]] = {}
    for shard, at in identified:
        buckets.setdefault(shard % concurrency, []).append(at)
    apart = [b - a for moments in buckets.values() for a, b in pairwise(moments)]
    return round(min(apart), 2) if apart else None


async def _live(
    terms: Terms,
    fleet: Fleet,
    ground: CheckinsGround,
    figures: Figures,
    dice: random.Random,
    url: str,
    server: Server | None,
) -> None:
    """Let the processes live and die, then let what is open come to its end."""
    shards = list(range(terms.processes))
    away = Away()

    async def act() -> None:
        while True:
            if fleet.double.gateway.live:
                await ground.act(system_clock())
            await asyncio.sleep(dice.uniform(0.1, 0.4))

    async def bring_back(shard: int) -> None:
        await asyncio.sleep(RESTART_SECONDS / terms.hurry)
        await fleet.start(shard)
        await fleet.until_served(shard)
        if fleet.served(shard):
            away.served(shard, time.monotonic())

    for shard in shards:
        await fleet.start(shard)
    for shard in shards:
        await fleet.until_served(shard)
    acting = asyncio.create_task(act())
    returning: dict[int, asyncio.Task[None]] = {}
    try:
        for number in range(terms.kills):
            await asyncio.sleep(dice.uniform(*LIFE_SECONDS) / terms.hurry)
            async with opened(Path(), url) as database:
                await ground.set_up(database, system_clock(), terms.plans)
            await fleet.double.until(lambda: any(life.running for life in fleet.lives.values()))
            victim = dice.choice([one for one in shards if fleet.lives[one].running])
            if victim in returning:
                # Where it is still on its way, it is killed while it starts.
                returning.pop(victim).cancel()
            away.killed(victim, time.monotonic())
            await fleet.kill(victim)
            returning[victim] = asyncio.create_task(bring_back(victim))
            if server is not None and number == terms.kills // 2:
                await asyncio.gather(*returning.values())
                await _without_store(terms, fleet, figures, server)
            if terms.shown and number % 5 == 4:
                print(f"killed {number + 1} of {terms.kills}", file=sys.stderr, flush=True)
        await asyncio.gather(*returning.values())
        figures.served_again, figures.outages = away.since_last_kill, away.since_first_kill
        figures.killed_again, figures.never_served_again = away.killed_again, away.never
        figures.promises = sorted(str(told["promises"]) for told in await fleet.health())
    finally:
        acting.cancel()
    until = time.monotonic() + LONGEST
    async with opened(Path(), url) as database:
        await ground.set_up(database, system_clock(), 0)
        while time.monotonic() < until and await still_open(database):
            for shard in shards:
                await fleet.until_served(shard)
            await asyncio.sleep(0.5)
    for life in fleet.lives.values():
        with suppress(TimeoutError, ProcessLookupError):
            await life.terminate(60)


async def _without_store(terms: Terms, fleet: Fleet, figures: Figures, server: Server) -> None:
    """Stop PostgreSQL, look at what the processes say, and start it again."""
    sessions = {session.id for session in fleet.double.gateway.live}
    began = time.monotonic()
    await server.stop()
    await asyncio.sleep(terms.away)
    figures.ill_while_away = [str(told["ill"]) for told in await fleet.health()]
    await server.start()
    back = time.monotonic()
    figures.store_away = round(back - began, 1)
    until = back + LONGEST
    while time.monotonic() < until:
        told = await fleet.health()
        if len(told) == terms.processes and all(each["store"] == "up" for each in told):
            break
        await asyncio.sleep(0.2)
    figures.well_after = round(time.monotonic() - back, 1)
    figures.sessions_kept = sessions <= {session.id for session in fleet.double.gateway.live}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kill processes that share a store, and count.")
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--servers", type=int, default=3_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--away", type=float, default=20.0, help="seconds without PostgreSQL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hurry", type=int, default=1, help="1 keeps the real windows")
    parser.add_argument("--keep", type=Path, help="keep the logs in this folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    terms = Terms(
        options.processes,
        options.servers,
        options.kills,
        away=options.away,
        seed=options.seed,
        hurry=options.hurry,
        shown=True,
    )
    # Told to end, it ends its bots and its PostgreSQL first, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="processes-") as scratch:
        found = asyncio.run(campaign(terms, options.keep or Path(scratch)))
    faults = wrong(terms, found)
    print(json.dumps(figures(terms, found), indent=2) if options.json else told(found, faults))
    return int(bool(faults))


def figures(terms: Terms, found: Figures) -> dict[str, Any]:
    """All of it, for `--json` and for the table of `python -m benchmarks`."""
    more = {"stated_s": SERVED_SECONDS, "wrong": wrong(terms, found)}
    return {"terms": asdict(terms), **asdict(found), **more}


def told(found: Figures, faults: Sequence[str]) -> str:
    """The figures in a few lines."""
    counts, again = found.counts, sorted(found.served_again)
    middle = again[len(again) // 2] if again else 0.0
    twice = (
        f"; {found.killed_again} of the kills met a shard that was still starting, and with those "
        f"the longest outage was {max(found.outages, default=0.0)} s"
        if found.killed_again
        else ""
    )
    return "\n".join(
        (
            f"{found.servers:,} servers, {counts.kills} kills: {counts.promised:,} promised, "
            f"{counts.arrived:,} arrived, {counts.late_skipped} too late; {counts.lost} lost, "
            f"{counts.doubled} doubled, {counts.late_sent} late, {counts.opt_ins_lost} of "
            f"{counts.opted_in} opt-ins lost",
            f"a shard was served again {middle} s after its kill (longest "
            f"{max(again, default=0.0)} s, stated {SERVED_SECONDS:.0f} s){twice}",
            f"{found.identified} identified, the nearest two {found.closest_identifies} s apart; "
            f"{found.dispatchers} times a process began to send for all",
            f"PostgreSQL away for {found.store_away} s: {'; '.join(found.ill_while_away)}; well "
            f"again {found.well_after} s after its return; connections to Discord "
            f"{'kept' if found.sessions_kept else 'lost'}",
            f"it took {counts.seconds / 60:.1f} minutes, load {found.load} on {found.cores} cores",
            f"wrong: {', '.join(faults) or 'nothing'}",
            *counts.why,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
