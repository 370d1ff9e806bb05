"""What it takes at once: 500 interactions a second, for half a minute, on one core.

`python -m benchmarks.load` prints a table, `--json` the figures. The real bot is a process of its
own, held to one core; the Discord on loopback that sends the interactions and takes the answers has
another. Who uses a bot does not wait for others to be done: interactions come at moments drawn
beforehand (a Poisson process), whether or not earlier ones are answered, and each waits from the
moment at which it was to come. A bot that falls behind is seen to.

What is used is mixed as members do it, in English, each interaction by a member of its own, one in
twenty with something to write into the store. Beside it, in turns, discord.py's least bot gets as
many uses of its one empty command.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import double, handling
from benchmarks.handling import EMPTY, empty, not_exceeded
from benchmarks.peers import Running, started
from bot.texts import BASE, Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GOAL_RATE = 500
GOAL_P99_MS = 250
GOAL_LONGEST_MS = 3_000
"""After three seconds Discord takes no answer any more."""

GIVEN_UP_SECONDS = 5.0
"""No more are sent to a bot that is so far behind: it has not kept up."""

PATIENCE_SECONDS = 60.0
SECONDS = 30.0
STEPS = (100, 200, 300, 400, 500, 600, 700, 800, 1_000, 1_200, 1_500)
STEP_SECONDS = 10.0
QUICK_SECONDS = 0.5
QUICK_STEPS = (20,)
WARM_UP = 40
SEED = 7

BLOCK = "a block, written to the store"
"""The one of the mix that writes."""

MIX = {
    "a keystroke of /faq ask": 40,
    "/faq ask, a suggestion": 15,
    "/faq ask, own words": 5,
    "a button, faq:show": 12,
    "/checkin now": 8,
    "/help": 8,
    "/about": 5,
    BLOCK: 5,
    "/settings": 2,
}
"""How often each is used, of a hundred."""


@dataclass(slots=True)
class Offered:
    """Interactions that were sent at a rate, and how long each waited for its answer."""

    rate: float
    seconds: float
    waits_ms: list[float] = field(default_factory=list[float])
    unanswered: int = 0
    failed: int = 0
    """Answered with no more than that it did not work."""
    open_at_end: int = 0
    """Not answered yet when the last of them had come."""
    cpu_seconds: float = 0.0
    """What the bot's process used meanwhile."""
    waited_seconds: float = 0.0
    """For how long its event loop was ready to run and something else had the core."""

    def at(self, share: float) -> float:
        """The wait in milliseconds that so large a share did not exceed."""
        return not_exceeded(self.waits_ms, share) if self.waits_ms else float("inf")

    @property
    def sustained(self) -> bool:
        """Whether it keeps up: all answered as they should be, hardly any late, none too late."""
        return (
            bool(self.waits_ms)
            and not self.unanswered
            and not self.failed
            and self.at(0.99) <= GOAL_P99_MS
            and max(self.waits_ms) <= GOAL_LONGEST_MS
        )

    def figures(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "answered": len(self.waits_ms),
            "unanswered": self.unanswered,
            "failed": self.failed,
            "open_at_end": self.open_at_end,
            "p50_ms": round(self.at(0.5), 1),
            "p99_ms": round(self.at(0.99), 1),
            "longest_ms": round(max(self.waits_ms, default=float("inf")), 1),
            "cpu_us": round(self.cpu_seconds / max(len(self.waits_ms), 1) * 1e6),
            "a_cpu_second": round(len(self.waits_ms) / max(self.cpu_seconds, 1e-9)),
            "core": round(self.cpu_seconds / self.seconds, 2),
            "kept_off_the_core": round(self.waited_seconds / self.seconds, 2),
            "sustained": self.sustained,
        }


@cache
def refusals() -> frozenset[str]:
    """The sentences that say, to whoever uses a bot of ours, that something did not work."""
    texts = Texts.load()
    keys = texts.keys(BASE)
    return frozenset(texts.say(key, BASE) for key in keys if key.startswith("errors."))


def refused(data: double.Payload) -> bool:
    """Whether an answer says no more than that it did not work; of suggestions, that none came."""
    if "choices" in data:
        return not data["choices"]
    frames: list[double.Payload] = data.get("components", [])
    parts = (part for frame in frames for part in frame.get("components", ()))
    return any(part.get("content") in refusals() for part in parts)


@dataclass(slots=True)
class Used:
    """A bot and what its members do."""

    world: double.Discord
    process: Running
    tell: Callable[[], double.Payload]

    def held_to(self, core: int) -> bool:
        """Whether the bot's process may run on this core, and on no other."""
        pid = self.process.process.pid
        return sys.platform == "linux" and os.sched_getaffinity(pid) == {core}

    async def offer(self, rate: float, seconds: float, dice: random.Random) -> Offered:
        """Send interactions at such a rate for so long, and wait for what is still open."""
        offered = Offered(rate, seconds)
        loop = asyncio.get_running_loop()
        open_ones: set[asyncio.Task[None]] = set()

        async def use(due: float) -> None:
            try:
                answer = await self.world.use(self.tell(), PATIENCE_SECONDS)
            except TimeoutError:
                offered.unanswered += 1
            else:
                offered.failed += refused(answer["data"])
                offered.waits_ms.append((loop.time() - due) * 1000)

        waited, cpu = self.process.waited_seconds(), await self.process.cpu_now()
        began = due = loop.time()
        until = due + seconds
        while (due := due + dice.expovariate(rate)) < until:
            if len(open_ones) > rate * GIVEN_UP_SECONDS:
                break
            await asyncio.sleep(max(due - loop.time(), 0))
            task = asyncio.create_task(use(due))
            open_ones.add(task)
            task.add_done_callback(open_ones.discard)
        offered.open_at_end = len(open_ones)
        if open_ones:
            await asyncio.wait(open_ones)
        offered.cpu_seconds = await self.process.cpu_now() - cpu
        offered.waited_seconds = self.process.waited_seconds() - waited
        offered.seconds = loop.time() - began
        return offered


def mixed(
    tells: Mapping[str, Callable[[], double.Payload]], dice: random.Random
) -> Callable[[], double.Payload]:
    """What the next member does, each a person of their own."""
    names, weights = [*MIX], [*MIX.values()]

    def tell() -> double.Payload:
        told = tells[dice.choices(names, weights)[0]]()
        member: Any = told["member"]
        return {**told, "member": {**member, "user": {**member["user"], "id": double.fresh_id()}}}

    return tell


async def cases(world: double.Discord) -> dict[str, Callable[[], double.Payload]]:
    """What members do, by name."""
    asked = await handling.cases(world.use)

    def block() -> double.Payload:
        pressed = f"safety:block_person:{double.SERVER}:{double.fresh_id()}"
        button = {"type": 2, "style": 4, "label": "Block", "custom_id": pressed}
        on = double.sent_message({"components": [{"type": 1, "components": [button]}]})
        return double.interaction(3, double.press(pressed), on)

    return {
        **asked,
        "/checkin now": lambda: double.interaction(2, double.command("checkin now")),
        "/help": lambda: double.interaction(2, double.command("help")),
        BLOCK: block,
    }


def cores() -> tuple[int, int] | None:
    """A core for the bot and one for Discord; None where a process cannot be held to one."""
    if sys.platform != "linux":
        return None
    mine = sorted(os.sched_getaffinity(0))
    return (mine[-1], mine[0]) if len(mine) > 1 else None


async def join(
    stack: AsyncExitStack, name: str, folder: Path, dice: random.Random, core: int | None
) -> Used:
    """Start a bot on its core, and know what its members do."""
    world = await stack.enter_async_context(double.Discord([double.server(0)]))
    process = await stack.enter_async_context(started(name, world.url, folder, core=core))
    if name != "ours":
        return Used(world, process, empty)
    return Used(world, process, mixed(await cases(world), dice))


async def run(seconds: float, steps: tuple[int, ...], step_seconds: float) -> dict[str, Any]:
    """Offer the goal's rate to both, then ever more until it is too much for them."""
    dice = random.Random(SEED)
    apart = cores()
    if apart is not None and sys.platform == "linux":
        os.sched_setaffinity(0, {apart[1]})
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-bench-")))
        core = apart and apart[0]
        bots = {name: await join(stack, name, place, dice, core) for name in ("ours", "bare")}
        held = apart is not None and all(bot.held_to(apart[0]) for bot in bots.values())
        for bot in bots.values():
            await bot.offer(WARM_UP, 1.0, dice)
        goal = {
            name: (await bot.offer(GOAL_RATE, seconds, dice)).figures()
            for name, bot in bots.items()
        }
        highest = dict.fromkeys(bots, 0)
        tried: dict[str, list[dict[str, Any]]] = {name: [] for name in bots}
        climbing = set(bots)
        for rate in steps:
            for name in sorted(climbing):
                offered = await bots[name].offer(rate, step_seconds, dice)
                tried[name].append(offered.figures())
                if offered.sustained:
                    highest[name] = rate
                else:
                    climbing.remove(name)
    ours, bare = goal["ours"], goal["bare"]
    return {
        "goals": {
            "rate": GOAL_RATE,
            "p99_ms": GOAL_P99_MS,
            "longest_ms": GOAL_LONGEST_MS,
        },
        "seconds": seconds,
        "cores": held,
        "load": round(os.getloadavg()[0], 1),
        "peer": EMPTY,
        "mix": MIX,
        "at_goal": goal,
        "cpu_ratio": round(ours["cpu_us"] / bare["cpu_us"], 2),
        "highest_rate": highest,
        "steps": tried,
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    shown = ("rate", "p50_ms", "p99_ms", "longest_ms", "unanswered", "failed")
    shown += ("open_at_end", "cpu_us", "a_cpu_second", "core", "kept_off_the_core", "sustained")
    lines = [f"{'':<6}" + "".join(f"{name.replace('_', ' '):>{len(name) + 3}}" for name in shown)]
    for name in ("ours", "bare"):
        lines += [
            f"{name:<6}" + "".join(f"{row[key]!s:>{len(key) + 3}}" for key in shown)
            for row in (found["at_goal"][name], *found["steps"][name])
        ]
    most = found["highest_rate"]
    lines.append(
        f"Sustained: ours up to {most['ours']} a second, the bare bot {most['bare']}; "
        f"{found['cpu_ratio']} times its CPU. {found['load']} processes wanted a core."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Offer 500 interactions a second to one core.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at the goal's rate")
    options = parser.parse_args()
    ran = (
        run(QUICK_SECONDS, QUICK_STEPS, QUICK_SECONDS)
        if options.quick
        else run(options.seconds, STEPS, STEP_SECONDS)
    )
    found = asyncio.run(ran)
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")


if __name__ == "__main__":
    main()
