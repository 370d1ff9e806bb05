"""Several processes on one PostgreSQL, killed and started again at random, and PostgreSQL too.

`python -m benchmarks.processes` runs three processes of the real bot, each with one of three shards
of 3,000 servers. They are killed with SIGKILL at random, each started again after the two seconds
that systemd would wait, while check-ins come due in all servers and members say yes to their own.
In the middle PostgreSQL itself is stopped for a while and started again. Then it counts what the
Discord double has stored, and how long each shard was away. `--json` for the figures.

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

Most of it is the start of a process, so a machine that is busy with other things takes longer:
`load` says how busy it was.
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
    """Schedules that become due after each kill, beside one in each server at the beginning."""
    away: float = 20.0
    """For how many seconds PostgreSQL is away in the middle; 0 leaves it alone."""
    seed: int = 1
    hurry: int = 1
    shown: bool = False
    """Whether to say on stderr how far it is."""


@dataclass(slots=True)
class Figures:
    """What came of it."""

    counts: Counts = field(default_factory=Counts)
    servers: int = 0
    identified: int = 0
    closest_identifies: float = 0.0
    """Seconds between the two that were nearest to each other."""
    served_again: list[float] = field(default_factory=list[float])
    """Seconds from each kill until its shard was served again, with the wait before the start."""
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

    @property
    def wrong(self) -> bool:
        found = self.counts
        return bool(
            found.lost
            or found.doubled
            or found.late_sent
            or found.opt_ins_lost
            or max(self.served_again, default=0.0) > SERVED_SECONDS
        )


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
        moments = [at for _, at in double.gateway.identified_at]
        figures.identified = len(moments)
        pairs = pairwise(moments)
        figures.closest_identifies = round(min((b - a for a, b in pairs), default=0.0), 2)
        figures.dispatchers = fleet.dispatchers()
        figures.load, figures.cores = round(os.getloadavg()[1], 1), os.cpu_count() or 1
        return figures


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

    async def act() -> None:
        while True:
            if fleet.double.gateway.live:
                await ground.act(system_clock())
            await asyncio.sleep(dice.uniform(0.1, 0.4))

    async def bring_back(shard: int, killed_at: float) -> None:
        await asyncio.sleep(RESTART_SECONDS / terms.hurry)
        await fleet.start(shard)
        await fleet.until_served(shard)
        figures.served_again.append(round(time.monotonic() - killed_at, 1))

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
            victim = dice.choice([one for one in shards if fleet.lives[one].running] or shards)
            if victim in returning and not returning[victim].done():
                # Killed while it starts: it is its return that has to be quick, not the two.
                returning[victim].cancel()
            await fleet.kill(victim)
            returning[victim] = asyncio.create_task(bring_back(victim, time.monotonic()))
            if server is not None and number == terms.kills // 2:
                await asyncio.gather(*returning.values(), return_exceptions=True)
                await _without_store(terms, fleet, figures, server)
            if terms.shown and number % 5 == 4:
                print(f"killed {number + 1} of {terms.kills}", file=sys.stderr, flush=True)
        await asyncio.gather(*returning.values(), return_exceptions=True)
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
    if options.json:
        print(json.dumps({"terms": asdict(terms), **asdict(found)}, indent=2))
    else:
        print(told(found))
    return int(found.wrong)


def told(found: Figures) -> str:
    """The figures in a few lines."""
    counts, again = found.counts, sorted(found.served_again)
    middle = again[len(again) // 2] if again else 0.0
    return "\n".join(
        (
            f"{found.servers:,} servers, {counts.kills} kills: {counts.promised:,} promised, "
            f"{counts.arrived:,} arrived, {counts.late_skipped} too late; {counts.lost} lost, "
            f"{counts.doubled} doubled, {counts.late_sent} late, {counts.opt_ins_lost} of "
            f"{counts.opted_in} opt-ins lost",
            f"a shard was served again after {middle} s (longest {max(again, default=0.0)} s); "
            f"{found.identified} identified, never two within {found.closest_identifies} s; "
            f"{found.dispatchers} times a process began to send for all",
            f"PostgreSQL away for {found.store_away} s: {'; '.join(found.ill_while_away)}; well "
            f"again {found.well_after} s after its return; connections to Discord "
            f"{'kept' if found.sessions_kept else 'lost'}",
            *counts.why,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
