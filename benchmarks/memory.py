"""How much memory the bot takes, and how much each server adds.

`python -m benchmarks.memory` prints a table, `--json` the figures. Real processes join a Discord on
loopback: one with a single server, in which somebody asks the shipped FAQ once (so that its index
is built), and one with many servers of 25 roles, 40 channels and 30 emojis each. The difference
by the number of servers is what one costs. Beside it stands discord.py's least bot, once with the
intents and caches it has by itself and once with ours: what ours takes more than the latter is our
own state, when the servers are there and after a member of each has asked the FAQ. In the bot with
one server as many questions are asked there, so that what questions cost is not taken for what
servers cost. Memory is what is resident at that moment (RSS).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.double import CHANNEL, SERVER, Discord, command, interaction, server
from benchmarks.peers import started

SERVERS = 1500
QUICK_SERVERS = 30
ROUNDS = 3
GOAL_MB = 120
KB_GOAL = 45
OWN_KB_GOAL = 1
SEMANTIC_GOAL_MB = 250
LEARNING_SECONDS = 30
"""A question each, after which the encoder has read the shipped FAQ on a slow machine."""
QUICK_LEARNING = 2
QUESTION = "what is peer support"


async def resident(name: str, servers: int, *, asked: int = 0, search: str = "lexical") -> float:
    """MB of a bot with so many servers, once ready and asked so many questions."""
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        told = [server(number) for number in range(servers)]
        async with (
            Discord(told) as discord,
            started(name, discord.url, Path(folder), search) as running,
        ):
            # By meaning, the first is answered by words while the encoder is loaded.
            for _ in range(asked):
                await asyncio.sleep(1 if search == "semantic" else 0)
                answer = await discord.use(interaction(2, command("faq ask", question=QUESTION)))
                assert "faq:show" in json.dumps(answer), "the FAQ did not answer"
            return running.resident_mb()


async def per_server(name: str, servers: int) -> tuple[float, float]:
    """KB (10³ bytes) that each further server adds: when it is there, and when it has been used."""
    asked = servers + 1
    few, many = await asyncio.gather(
        joined_and_used(name, 1, asked), joined_and_used(name, servers + 1, asked)
    )
    joined, used = ((more - less) * 1000 / servers for less, more in zip(few, many, strict=True))
    return joined, used


async def joined_and_used(name: str, servers: int, times: int) -> tuple[float, float]:
    """MB of a process that is ready in so many servers, and after commands in them in turn."""
    asked = command("faq ask", question=QUESTION) if name == "ours" else command("empty")
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        told = [server(number) for number in range(servers)]
        async with Discord(told) as discord, started(name, discord.url, Path(folder)) as running:
            joined = running.resident_mb()
            for number in range(times):
                await discord.use(in_server(interaction(2, asked), number % servers))
            await running.collect()
            return joined, running.resident_mb()


def in_server(told: dict[str, Any], number: int) -> dict[str, Any]:
    """Let an interaction come from another server, and from a member of that."""
    own, user = str(SERVER + number), told["member"]["user"]
    channel = str(CHANNEL + number)
    return {
        **told,
        "guild_id": own,
        "guild": {**told["guild"], "id": own},
        "channel_id": channel,
        "channel": {**told["channel"], "id": channel},
        "member": {**told["member"], "user": {**user, "id": str(int(user["id"]) + number)}},
        "authorizing_integration_owners": {"0": own},
    }


async def run(servers: int, rounds: int, learning: int) -> dict[str, Any]:
    """Measure both at the same time: memory does not depend on how busy the machine is."""
    names = ("ours", "bare", "defaults")
    added = [
        await asyncio.gather(*(per_server(name, servers) for name in names)) for _ in range(rounds)
    ]
    asked, bare = await asyncio.gather(resident("ours", 1, asked=1), resident("bare", 1))
    meaning = await resident("ours", 1, asked=1 + learning, search="semantic")
    kb = {
        name: round(statistics.median(each[place][0] for each in added), 1)
        for place, name in enumerate(names)
    }
    own = {
        when: round(statistics.median(ours[at] - least[at] for ours, least, _ in added), 2)
        for at, when in enumerate(("joined", "used"))
    }
    return {
        "goal_mb": GOAL_MB,
        "asked_mb": round(asked, 1),
        "semantic_goal_mb": SEMANTIC_GOAL_MB,
        "semantic_mb": round(meaning, 1),
        "bare_mb": round(bare, 1),
        "servers": servers,
        "kb_goal": KB_GOAL,
        "kb_a_server": kb,
        "own_kb_goal": OWN_KB_GOAL,
        "own_kb_a_server": own,
        "ratio": round(kb["ours"] / kb["defaults"], 2),
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    kb, own = found["kb_a_server"], found["own_kb_a_server"]
    return "\n".join(
        [
            f"ours, ready, the shipped FAQ asked once {found['asked_mb']:>8} MB",
            f"the same, by meaning                    {found['semantic_mb']:>8} MB",
            f"bare discord.py bot, ready              {found['bare_mb']:>8} MB",
            f"ours, each server                       {kb['ours']:>8} KB",
            f"discord.py's defaults, each server      {kb['defaults']:>8} KB",
            f"ours, more than the least bot, joined   {own['joined']:>8} KB",
            f"the same, when each was used            {own['used']:>8} KB",
            f"Each server takes {found['ratio']} of what it takes with discord.py's defaults.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure memory beside discord.py's defaults.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="fewer servers, one round")
    options = parser.parse_args()
    terms = (SERVERS, ROUNDS, LEARNING_SECONDS)
    found = asyncio.run(run(*((QUICK_SERVERS, 1, QUICK_LEARNING) if options.quick else terms)))
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")


if __name__ == "__main__":
    main()
