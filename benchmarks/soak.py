"""A day of the bot's life in minutes: what grows, what is left behind, and what blocks its loop.

`python -m benchmarks.soak --hours 24 --servers 1000 --json`: the real process, on its real store,
speaks over HTTP and WebSocket with a Discord double that has a bad day, while people use all of it.

**Time.** It goes at its real pace while anything is under way: a request, a statement of the store,
a worker thread, a process. When there is only waiting, it is skipped to the next thing that waits,
at most 20 seconds at once, in the bot and in the double alike. So leases, the window of the nonce,
retries after a 429, the three seconds of an interaction, forms that close after an hour, the
timers and backoffs of discord.py and the event loop itself all keep their real lengths, on one
time; nothing is shortened. Only the beats of the gateway stay on real time, for discord.py sends
them from a thread: a day has fewer of them than it should.

**Measured** every hour of the bot's, after `gc.collect()`: resident memory and its slope by least
squares, what there is of objects, tasks, threads, descriptors, cursors, views and caches; and at
the end once more, after two hours in which nobody does anything. A probe in the loop asks for its
turn every 5 ms: how late that came on the wall, and how much the loop's own thread used of the
processor meanwhile, which other people's work on the machine does not lengthen. A second thread
looks where the loop is when it does not come.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.crash import ends_of, opened
from benchmarks.soak_people import People
from bot.migrations import migrate
from tests.wire.double import Double
from tests.wire.faults import NONE, ROUGH, Faults
from tests.wire.ground import promise_of
from tests.wire.process import BotProcess
from tests.wire.rest import Limits

HOUR = 3600.0

MOST_SKIPPED = 20.0
"""Seconds at once: discord.py takes a gateway that says nothing for a minute for lost."""

LOST_SECONDS = 2.0
"""For so long nothing is skipped while an event is on its way to the bot; then its socket broke."""

MINUTE = 30.0

SETTLED_SECONDS = 120.0
WARM_UP_HOURS = 4
REST_HOURS = 2
"""Without anybody: after that, what is there and was not at the beginning was left behind."""

STUCK_SECONDS = 120.0

MOST_GROWTH = 0.001
"""Of its memory an hour, over the last third: what grows by less is called flat. At that pace a
process takes three weeks to become half as large again."""

ACTS_A_SERVER = 4.0
"""Walks a day in each server; each is some three interactions."""

FAULTS = replace(
    ROUGH,
    delay_seconds=(0.0, 0.004),
    slow_seconds=0.4,
    dropped_sockets=0.003,
    reconnects=0.003,
)
"""The bad day of the crash campaign, on a shorter wire. Sockets break at a smaller share of the
events, for there are many more: it is still some four times an hour."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a soak is like."""

    hours: float = 24.0
    servers: int = 1000
    faults: Faults = FAULTS
    seed: int = 1
    acts: float = ACTS_A_SERVER
    search: str = "semantic"
    """As `FAQ_SEARCH`: by meaning is what an image does, and the more that is in use."""
    shown: bool = False


class DrivenClock:
    """Real time, and what of it was skipped."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    @property
    def seconds(self) -> float:
        """UTC seconds of the soak."""
        return time.time() + self.skipped


class Control:
    """The line to the bot's inside."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, do: str, **more: object) -> Any:
        """Have something done; raises ConnectionError when the bot is gone."""
        self._writer.write(json.dumps({"do": do, **more}).encode() + b"\n")
        line = await self._reader.readline()
        if not line:
            raise ConnectionError("the bot has ended")
        return json.loads(line)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@dataclass(slots=True)
class Soak:
    """One run, and what was seen in it."""

    terms: Terms
    clock: DrivenClock
    double: Double
    people: People
    control: Control
    bot: BotProcess
    status: str
    began: float = field(default_factory=time.monotonic)
    hours: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    kinds: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    tasks: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    waited_for: dict[str, float] = field(default_factory=dict[str, float])
    """Real seconds in which nothing was skipped, by what was under way."""
    _walking: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _next_minute: float = 0.0

    async def until(self, moment: float, *, acting: bool) -> None:
        """Live until a moment of the soak, in UTC seconds."""
        gap = HOUR * 24 / max(self.terms.servers * self.terms.acts, 1)
        dice = self.people.dice
        next_act = self.clock.seconds + dice.expovariate(1 / gap)
        blocked_since = time.monotonic()
        while (now := self.clock.seconds) < moment:
            if acting and now >= next_act:
                self._walk()
                next_act += dice.expovariate(1 / gap)
                continue
            if now >= self._next_minute:
                await self.people.minute()
                self._next_minute = now + MINUTE
            ends = [moment, self._next_minute, *([next_act] if acting else [])]
            most = min(MOST_SKIPPED, min(ends) - self.clock.seconds)
            before = time.monotonic()
            told = self._told() if before - blocked_since < LOST_SECONDS else 0
            asked = self.double.rest.asked
            known = len(asked)
            answer = await self.control.ask("skip", most=max(most, 0.0), told=told)
            if answer["seconds"] > 0:
                self.clock.skipped += answer["seconds"]
                # Asked while the skip was under way: it is not older for that.
                for one in islice(reversed(asked.values()), len(asked) - known):
                    one.at += answer["seconds"]
                blocked_since = time.monotonic()
                continue
            await asyncio.sleep(0.002)
            why = answer["busy"] or "timers"
            self.waited_for[why] = self.waited_for.get(why, 0.0) + time.monotonic() - before
            if time.monotonic() - blocked_since > STUCK_SECONDS:
                raise TimeoutError(f"nothing but {answer['busy']} for {STUCK_SECONDS:g} s")

    def _told(self) -> int:
        """How many events the gateway has sent on the session that is there."""
        return max((len(session.events) for session in self.double.gateway.live), default=0)

    def _walk(self) -> None:
        task = asyncio.create_task(self.people.wander())
        self._walking.add(task)
        task.add_done_callback(self._walking.discard)

    async def measure(self, name: str) -> dict[str, Any]:
        """Look inside."""
        probe = await self.control.ask("probe")
        found = await self.control.ask("measure")
        await self.control.ask("probe")
        figures = {"hour": name, **found["figures"], **{f"loop_{k}": v for k, v in probe.items()}}
        self.hours.append(figures)
        self.kinds.append(found["kinds"])
        self.tasks.append(found["tasks"])
        if self.terms.shown:
            shown = ("rss_kb", "objects", "frozen", "tasks", "sockets", "views", "modals")
            line = "  ".join(f"{key} {figures[key]:,.0f}" for key in shown)
            real = time.monotonic() - self.began
            late = f"late {probe['late_max_ms']} cpu {probe['cpu_max_ms']} ms"
            print(f"hour {name:>5}  {line}  {late}  {real:.0f} s", file=sys.stderr, flush=True)
        return figures

    async def page(self) -> None:
        """Read what a host's monitoring reads."""
        async with aiohttp.ClientSession() as session:
            for name in ("healthz", "metrics"):
                async with session.get(f"{self.status}/{name}") as answer:
                    await answer.read()


@asynccontextmanager
async def living(terms: Terms, folder: Path) -> AsyncGenerator[Soak]:
    """Set everything up, and start the bot."""
    clock, dice = DrivenClock(), random.Random(terms.seed)
    connected: asyncio.Queue[Control] = asyncio.Queue()
    path = folder / "inside.sock"

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await connected.put(Control(reader, writer))

    server = await asyncio.start_unix_server(on_connect, str(path), limit=1 << 24)
    async with (
        server,
        Double(
            replace(NONE, seed=terms.seed), limits=Limits(messages=(10, 1.0)), clock=clock
        ) as double,
    ):
        people = People(double, dice)
        people.settle(terms.servers)
        async with opened(folder, None) as database:
            await migrate(database, now=clock())
            await people.plan(database, clock(), terms.hours)
        port = free_port()
        environment = {
            "SOAK_SOCKET": str(path),
            "STATUS_ADDRESS": str(port),
            "FAQ_SEARCH": terms.search,
        }
        bot = await BotProcess.start(
            double, folder, module="benchmarks.soaked", environment=environment
        )
        try:
            await double.until(lambda: double.gateway.live or not bot.running, 120)
            control = await asyncio.wait_for(connected.get(), 60)
            try:
                # Not before the start, which is not what is measured.
                double.chance.faults = terms.faults
                yield Soak(terms, clock, double, people, control, bot, f"http://127.0.0.1:{port}")
            finally:
                await control.close()
        finally:
            await bot.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def run(terms: Terms, folder: Path) -> dict[str, Any]:
    """Live through it, and give the figures."""
    async with living(terms, folder) as soak:
        start = soak.clock.seconds
        # discord.py waits two seconds for more servers before it is ready; then it settles.
        await soak.until(start + 60, acting=False)
        # What the first question loads is there for good; whether it blocks the loop is looked at.
        await soak.control.ask("probe")
        await soak.people.first_question()
        await soak.until(start + SETTLED_SECONDS, acting=False)
        begun = await soak.measure("start")
        hours = max(int(terms.hours), 1)
        for number in range(1, hours + 1):
            ends = start + SETTLED_SECONDS + number * terms.hours / hours * HOUR
            await soak.until(ends, acting=True)
            await soak.people.hour()
            await soak.page()
            await soak.measure(str(number))
        soak.double.chance.faults = NONE
        await soak.until(soak.clock.seconds + REST_HOURS * HOUR, acting=False)
        rested = await soak.measure("rest")
        began = time.monotonic()
        status = await soak.bot.terminate(60)
        ended = time.monotonic() - began
        said = soak.bot.said()
        async with opened(folder, None) as database:
            ended_as = await ends_of(database)
        found = figures(soak, begun, rested, ended_as) | {
            "exit_status": status,
            "exit_seconds": round(ended, 1),
            "logged": logged(said),
        }
        return found | {"wrong": wrong(found)}


def figures(
    soak: Soak,
    begun: dict[str, Any],
    rested: dict[str, Any],
    ends: dict[str, tuple[str, str | None]],
) -> dict[str, Any]:
    """What it comes to."""
    asked, live = soak.hours[:-1], soak.hours[1:-1]
    warm = WARM_UP_HOURS if len(live) > 2 * WARM_UP_HOURS else len(live) // 3
    level = live[warm:]
    late = live[-max(len(live) // 3, 2) :]
    posted: Counter[str] = Counter(
        id_
        for one in soak.double.world.posted
        if (id_ := promise_of(one)) is not None
        if one.author_id == soak.double.world.bot.id and id_ in ends
        if one.nonce is not None
    )
    lost = [
        id_
        for id_ in soak.people.owed
        if not posted[id_] and ends.get(id_, ("nowhere", None)) != ("skipped", "late")
    ]
    left = ("tasks", "threads", "sockets", "files", "pipes", "cursors", "in_transaction", "modals")
    slopes = {key: slope(level, key) for key in COUNTED}
    blocks = [{"hour": one["hour"], **block} for one in soak.hours for block in one["loop_blocks"]]
    return {
        "hours": soak.terms.hours,
        "servers": soak.terms.servers,
        "search": soak.terms.search,
        "real_seconds": round(time.monotonic() - soak.began, 1),
        "waited_for": {key: round(value, 1) for key, value in soak.waited_for.items()},
        "interactions": soak.people.asked,
        "unanswered": soak.people.unanswered,
        "commands": len(soak.people.used),
        "forms": soak.people.forms,
        "requests": sum(soak.double.requests.values()),
        "identified": soak.double.gateway.identified,
        "resumed": soak.double.gateway.resumed,
        "faults": dict(sorted(soak.double.chance.drawn.items())),
        "promises": dict(Counter(state for state, _ in ends.values())),
        "owed": len(soak.people.owed),
        "lost": len(lost),
        "doubled": sum(count > 1 for count in posted.values()),
        "rss_first_mb": round(live[0]["rss_kb"] / 1000, 1),
        "rss_warm_mb": round(level[0]["rss_kb"] / 1000, 1),
        "rss_last_mb": round(live[-1]["rss_kb"] / 1000, 1),
        "rss_slope_kb_an_hour": slopes["rss_kb"],
        "rss_slope_second_half_kb_an_hour": slope(live[len(live) // 2 :], "rss_kb"),
        "rss_slope_last_third_kb_an_hour": slope(late, "rss_kb"),
        "rss_growth_an_hour": round(slope(late, "rss_kb") / live[-1]["rss_kb"], 5),
        "python_blocks_slope_last_third": slope(late, "python_blocks"),
        "slopes_an_hour": slopes,
        "left_behind": {key: max(rested[key] - begun[key], 0) for key in left},
        "tasks_left": dict(Counter(soak.tasks[-1]) - Counter(soak.tasks[0])),
        "growing": growing(soak.kinds[1 + warm : -1]),
        "loop_late_p999_ms": max(one["loop_late_p999_ms"] for one in asked),
        "loop_late_max_ms": max(one["loop_late_max_ms"] for one in asked),
        "loop_late_over_50": sum(one["loop_late_over_50"] for one in asked),
        "loop_cpu_max_ms": max(one["loop_cpu_max_ms"] for one in asked),
        "loop_cpu_over_50": sum(one["loop_cpu_over_50"] for one in asked),
        "ticks": sum(one["loop_ticks"] for one in asked),
        "blocks": blocks,
        "every_hour": [{k: v for k, v in one.items() if k != "loop_blocks"} for one in soak.hours],
    }


COUNTED = (
    *("rss_kb", "objects", "frozen", "python_blocks", "tasks", "threads", "sockets", "files"),
    *("views", "view_messages", "modals", "channel_threads", "private_channels", "users"),
    *("http_buckets", "http_hashes", "open_forms", "shelved", "remembered"),
)


def slope(hours: Sequence[dict[str, Any]], key: str) -> float:
    """By how much it grows an hour, by least squares."""
    if len(hours) < 2:
        return 0.0
    at = [one["at"] / HOUR for one in hours]
    return round(statistics.linear_regression(at, [one[key] for one in hours]).slope, 2)


def growing(kinds: Sequence[dict[str, int]]) -> dict[str, float]:
    """The kinds of objects that grow most an hour, of those that hardly ever shrink."""
    if len(kinds) < 2:
        return {}
    found: dict[str, float] = {}
    for name in kinds[-1]:
        counts = [one.get(name, 0) for one in kinds]
        gained = statistics.linear_regression(range(len(counts)), counts).slope
        if gained > 1 and counts[-1] >= max(counts) * 0.95:
            found[name] = round(gained, 1)
    return dict(sorted(found.items(), key=lambda one: -one[1])[:25])


def logged(said: str) -> dict[str, int]:
    """How often each event of a warning or an error was logged."""
    events: Counter[str] = Counter()
    for line in said.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            events["not JSON"] += 1
            continue
        if event.get("level") in {"warning", "error", "critical"}:
            error = str(event.get("error", ""))[:60]
            events[f"{event['level']}: {str(event.get('event'))[:60]} {error}".strip()] += 1
    return dict(events.most_common(30))


def wrong(found: dict[str, Any]) -> list[str]:
    """What of a run is not as it must be, by the names of its figures."""
    names = ["lost", "doubled", "loop_cpu_over_50", "exit_status"]
    return [
        *(name for name in names if found[name]),
        *(name for name, count in found["left_behind"].items() if count),
        *(["rss_growth_an_hour"] if found["rss_growth_an_hour"] > MOST_GROWTH else []),
    ]


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    left_out = {"every_hour", "blocks", "slopes_an_hour"}
    lines = [f"{key:<24} {value}" for key, value in found.items() if key not in left_out]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Live through a day, and see what grows.")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--acts", type=float, default=ACTS_A_SERVER, help="walks a server and day")
    parser.add_argument("--search", choices=("lexical", "semantic"), default="semantic")
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep store and log in this folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    faults = FAULTS if options.faults else replace(NONE, delay_seconds=FAULTS.delay_seconds)
    terms = Terms(
        options.hours,
        options.servers,
        faults,
        options.seed,
        options.acts,
        options.search,
        shown=True,
    )
    # Told to end, it ends its bot first, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = asyncio.run(run(terms, folder))
    print(json.dumps(found, indent=2) if options.json else table(found))
    return int(bool(found["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
