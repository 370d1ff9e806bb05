"""What starting costs: CPU seconds of the process until it first claims what is due, and to READY.

`python -m benchmarks.start` prints a table, `--json` the figures. A real `python -m bot run` joins
a Discord on loopback that has one server: settings, store (opened, its key read, its schema
checked), texts, content, every feature, the commands sent to Discord, READY. It starts on a store
that is there, as after a crash; the first start, which makes the store and reads all YAML, stands
beside it. What is due is claimed as soon as Discord knows the commands, before READY: the goal is
about that moment, which is measured in starts of its own. The peer is discord.py's least bot, with
one command, started in turns with ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.double import Discord, server
from benchmarks.peers import ROOT, collected, started

ROUNDS = 5
QUICK_ROUNDS = 1
GOAL_SECONDS = 0.6


async def start_seconds(name: str, folder: Path) -> float:
    """CPU seconds of a bot's process from its beginning to READY, or to its first claim."""
    async with Discord([server(0)]) as discord, started(name, discord.url, folder) as running:
        pass
    return running.cpu_seconds


def import_seconds(modules: str) -> float:
    """CPU seconds of a Python process that does nothing but import."""
    line = [sys.executable, "-c", f"import os, {modules}; os._exit(0)"]
    process = subprocess.Popen(line, cwd=ROOT)  # noqa: S603
    used = collected(process)
    return used.ru_utime + used.ru_stime


async def run(rounds: int) -> dict[str, Any]:
    """Start all in turns, so that the machine's moods fall on all alike."""
    took: dict[str, list[float]] = {
        "claiming": [],
        "ours": [],
        "bare": [],
        "import_discord": [],
    }
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as place:
        folder = Path(place)
        first = await start_seconds("ours", folder)
        for _ in range(rounds):
            took["import_discord"].append(await asyncio.to_thread(import_seconds, "discord"))
            for name in ("claiming", "ours", "bare"):
                took[name].append(await start_seconds(name, folder))
    median = {name: round(statistics.median(seconds), 3) for name, seconds in took.items()}
    pairs = zip(took["ours"], took["bare"], strict=True)
    return {
        "goal_s": GOAL_SECONDS,
        "rounds": rounds,
        "cpu_s": median,
        "least_cpu_s": {name: round(min(seconds), 3) for name, seconds in took.items()},
        "first_start_cpu_s": round(first, 3),
        "ratio": round(statistics.median(ours / bare for ours, bare in pairs), 2),
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    rows = [f"{'start to ready':<28}{'CPU s':>8}{'least':>8}"]
    labels = {
        "claiming": "ours, to the first claim",
        "ours": "ours",
        "bare": "bare discord.py bot",
        "import_discord": "import discord",
    }
    for name, label in labels.items():
        rows.append(f"{label:<28}{found['cpu_s'][name]:>8}{found['least_cpu_s'][name]:>8}")
    rows.append(f"{'ours, the first start':<28}{found['first_start_cpu_s']:>8}")
    rows.append(
        f"Ours takes {found['ratio']} times the bare bot's to READY; "
        f"the goal is {GOAL_SECONDS} s to the first claim."
    )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the start beside a bare bot's.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="one round only")
    options = parser.parse_args()
    found = asyncio.run(run(QUICK_ROUNDS if options.quick else ROUNDS))
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")


if __name__ == "__main__":
    main()
