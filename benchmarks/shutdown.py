"""How long ending takes while much is under way, and whether anything is lost or comes twice.

`python -m benchmarks.shutdown` prints a table, `--json` the figures. The real bot is told to end by
SIGTERM, as a host does it, at two kinds of moments:

- **In use**: interactions come in as in `benchmarks.load`, and not one by one. What a member was
  told was written has to be in the store afterwards. Beside it discord.py's least bot.
- **Sending**: many check-ins are due, members say yes to their own, and Discord answers some
  requests slowly. After the end the bot is started anew, and what the Discord double has stored is
  counted as `benchmarks.crash` does. discord.py's `run` knows no SIGTERM: what the usual bots
  lose and double by one is what they do by a kill, which stands there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from benchmarks import crash, load
from benchmarks.crash import Kept, Terms, opened, still_open
from bot.clock import system_clock
from bot.config import Config
from bot.jobs.model import SEND_SECONDS
from bot.migrations import migrate
from bot.opening import open_runtime
from tests.wire.checkins_ground import CheckinsGround
from tests.wire.faults import Faults

GOAL_SECONDS = 10
RATE = 100
"""Interactions a second: so many that some are always being answered, and no queue grows."""

SECONDS = 3.0
"""Of use before the signal."""

LEFT_SECONDS = 5.0
"""An interaction without an answer for so long after the end has none."""

DUE = 300
ROUNDS = 5
QUICK_DUE = 12
QUICK_ROUNDS = 1
FAULTS = Faults(delay_seconds=(0.002, 0.03), slow=0.05, slow_seconds=1.5)
WRITES = "safety:block_person"


async def in_use(name: str, folder: Path, dice: random.Random) -> dict[str, Any]:
    """End a bot that is being used."""
    figures = Counter[str](answered=0, unanswered=0)
    folder.mkdir()  # noqa: ASYNC240 - nobody waits beside it
    told: set[int] = set()
    async with AsyncExitStack() as stack:
        apart = load.cores()
        bot = await load.join(stack, name, folder, dice, apart and apart[0])

        async def use() -> None:
            asked = bot.tell()
            try:
                await bot.world.use(asked, SECONDS + LEFT_SECONDS)
            except (TimeoutError, ConnectionError):
                figures["unanswered"] += 1
                return
            figures["answered"] += 1
            if str(asked["data"].get("custom_id", "")).startswith(WRITES):
                told.add(int(asked["member"]["user"]["id"]))

        async def come() -> None:
            loop = asyncio.get_running_loop()
            due = loop.time()
            async with asyncio.TaskGroup() as uses:
                while bot.world.connected:
                    uses.create_task(use())
                    due += dice.expovariate(RATE)
                    await asyncio.sleep(max(due - loop.time(), 0))

        coming = asyncio.create_task(come())
        await asyncio.sleep(SECONDS)
        seconds = await bot.process.end()
        await coming
    kept = await _kept(folder) if name == "ours" else set[int]()
    return {
        "seconds": round(seconds, 2),
        **figures,
        "written": len(told),
        "lost": len(told - kept),
    }


async def _kept(folder: Path) -> set[int]:
    runtime = await open_runtime(Config(state_dir=folder / "state"))
    try:
        async with runtime.database.read() as read:
            rows = await read.fetch("SELECT owner_user_id FROM blocks")
    finally:
        await runtime.database.close()
    return {row["owner_user_id"] for row in rows}


async def sending(rounds: int, due: int, folder: Path) -> dict[str, Any]:
    """End a bot that sends what is due, again and again; then let it finish, and count."""
    terms = Terms(plans=due, faults=FAULTS, hurry=1)
    dice = random.Random(load.SEED)
    began = time.monotonic()
    seconds: list[float] = []
    folder.mkdir()  # noqa: ASYNC240 - nobody waits beside it
    async with crash.scene(terms, folder) as at:
        ground = CheckinsGround(at.double, at.guild, at.channels, dice)
        environment = {"WIRE_PREPARE": ground.prepare, "WIRE_HURRY": "1"}

        async def act() -> None:
            while True:
                if at.double.gateway.live:
                    await ground.act(system_clock())
                await asyncio.sleep(dice.uniform(0.02, 0.1))

        async def life(plans: int) -> None:
            async with opened(folder, None) as database:
                await migrate(database, now=system_clock())
                await ground.set_up(database, system_clock(), plans)
            before = len(at.double.world.posted)
            bot = await at.start(environment)
            if not plans:
                async with opened(folder, None) as database:
                    until = time.monotonic() + crash.LONGEST
                    while time.monotonic() < until and await still_open(database):  # noqa: ASYNC110 - it is the store that is watched
                        await asyncio.sleep(0.5)
                await bot.terminate(crash.LONGEST_END)
                return
            acting = asyncio.create_task(act())
            target = before + dice.randint(plans // 10, plans // 2)
            with suppress(TimeoutError):
                await at.double.until(
                    lambda: len(at.double.world.posted) >= target, crash.LONGEST_START
                )
            signalled = time.monotonic()
            await bot.terminate(crash.LONGEST_END)
            seconds.append(time.monotonic() - signalled)
            acting.cancel()

        for _ in range(rounds):
            await life(due)
        await life(0)
        async with opened(folder, None) as database:
            posted = Kept(at.double.world).look()
            account = await ground.account(database, posted)
            ends = await crash.ends_of(database)
        figures = at.figures
        crash.count(figures, account.owed, posted, ends, SEND_SECONDS + 1)
        crash.note(at, began)
    for why in figures.why + account.lost + account.doubled + account.opt_ins_lost:
        print(why, file=sys.stderr)
    return {
        "seconds": [round(one, 2) for one in seconds],
        "due": figures.promised,
        "arrived": figures.arrived,
        "late": figures.late_skipped,
        "lost": figures.lost + len(account.lost) + len(account.opt_ins_lost),
        "doubled": figures.doubled + len(account.doubled),
        "uncertain": figures.uncertain,
        "opted_in": account.opted_in,
    }


async def run(rounds: int, due: int) -> dict[str, Any]:
    """End it in use and while it sends."""
    dice = random.Random(load.SEED)
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as place:
        folder = Path(place)
        used = {name: await in_use(name, folder / name, dice) for name in ("ours", "bare")}
        sent = await sending(rounds, due, folder / "sending")
    return {
        "goal_s": GOAL_SECONDS,
        "longest_s": max(used["ours"]["seconds"], *sent["seconds"]),
        "in_use": used,
        "sending": sent,
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    sent = found["sending"]
    lines = [f"{'in use':<8}{'s to the end':>14}{'answered':>10}{'unanswered':>12}{'lost':>6}"]
    for name, row in found["in_use"].items():
        lost = f"{row['lost']} of {row['written']}" if name == "ours" else ""
        lines.append(
            f"{name:<8}{row['seconds']:>14}{row['answered']:>10}{row['unanswered']:>12}{lost:>10}"
        )
    lines.append(
        f"While sending: {', '.join(map(str, sent['seconds']))} s. Of {sent['due']} due "
        f"{sent['arrived']} arrived, {sent['late']} were too late, {sent['lost']} lost, "
        f"{sent['doubled']} doubled; {sent['opted_in']} members said yes meanwhile."
    )
    lines.append(f"The longest took {found['longest_s']} s; the goal is {GOAL_SECONDS}.")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="End the bot while much is under way.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    options = parser.parse_args()
    terms = (QUICK_ROUNDS, QUICK_DUE) if options.quick else (ROUNDS, DUE)
    found = asyncio.run(run(*terms))
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")
    sent = found["sending"]
    return int(bool(found["in_use"]["ours"]["lost"] or sent["lost"] or sent["doubled"]))


if __name__ == "__main__":
    sys.exit(main())
