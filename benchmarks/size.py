"""How large the store grows for each server, on both engines.

`python -m benchmarks.size` prints a table, `--json` the figures. Servers are filled with what an
active community of some 180 members leaves after a year of everyday use, table by table as `YEAR`
says, in texts of middling length; so it is a model, and its sizes are real. PostgreSQL is measured
where TEST_POSTGRES_URL names one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from bot.clock import system_clock
from bot.database import Database
from bot.migrations import migrate
from tests.stores import KEY, new_schema

SERVERS = 200
BATCH = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one table in one server after a year, and how long its longest text is."""

    rows: int
    text: int = 0


YEAR = {
    "settings_values": Kept(12, 30),
    "audit_lines": Kept(120, 60),
    "consents": Kept(40),
    "blocks": Kept(6),
    "notices": Kept(12, 60),
    "news": Kept(6, 40),
    "reports": Kept(4, 300),
    "checkins_schedules": Kept(14, 90),
    "checkins_used": Kept(14, 900),
    "checkins_prompts": Kept(6, 140),
    "jobs_timers": Kept(30),
    "jobs_messages": Kept(140, 160),
    "pairing_members": Kept(24, 260),
    "pairing_topics": Kept(4, 40),
    "pairing_plans": Kept(1, 90),
    "pairing_rounds": Kept(26, 80),
    "pairing_answers": Kept(24),
    "pairing_introductions": Kept(48),
    "pairing_places": Kept(100),
    "pairing_met": Kept(260),
    "pairing_met_before": Kept(12),
    "company_requests": Kept(6),
    "company_places": Kept(8),
    "company_duties": Kept(3),
    "faq_entries": Kept(20, 700),
    "faq_vectors": Kept(140, 1_200),
    "faq_questions": Kept(10, 120),
    "faq_tallies": Kept(60),
}


async def fill(database: Database, servers: int) -> None:
    """Write so many servers."""
    columns = await _columns(database)
    number = count(10**17)
    for start in range(0, servers, BATCH):
        async with database.transaction() as tx:
            for server in range(start, min(start + BATCH, servers)):
                for table, kept in YEAR.items():
                    kinds = columns[table]
                    places = ", ".join(f"${at}" for at in range(1, len(kinds) + 1))
                    await tx.execute_many(
                        f"INSERT INTO {table} ({', '.join(kinds)}) VALUES ({places})",  # noqa: S608
                        [_row(kinds, kept.text, server, number) for _ in range(kept.rows)],
                    )


def _row(kinds: dict[str, str], length: int, server: int, number: Iterator[int]) -> Any:
    longest = _longest(kinds)
    return tuple(
        server
        if name == "server_id"
        else _value(name, kind, next(number), length if name == longest else 0)
        for name, kind in kinds.items()
    )


def _longest(columns: dict[str, str]) -> str:
    texts = [name for name, kind in columns.items() if kind == "text"]
    for wanted in ("vector", "answer", "words", "posts", "wishes", "body", "text", "rule", "line"):
        if wanted in texts:
            return wanted
    return texts[-1] if texts else ""


def _value(name: str, kind: str, number: int, length: int) -> Any:
    if kind == "boolean":
        return number % 2 == 0
    if kind != "text":
        return number if name.endswith("_id") else number % 1_000_000_000
    if length:
        return f"{number:x} " + "peer support " * (length // 13)
    told_apart = name in {"id", "hash", "key", "subject"} or name.endswith("_id")
    return f"{number:024x}" if told_apart else "one"


async def _columns(database: Database) -> dict[str, dict[str, str]]:
    if database.engine == "PostgreSQL":
        sql = (
            "SELECT table_name AS t, column_name AS c, data_type AS k FROM "
            "information_schema.columns WHERE table_schema = current_schema() "
            "ORDER BY table_name, ordinal_position"
        )
    else:
        sql = (
            "SELECT m.name AS t, c.name AS c, lower(c.type) AS k FROM sqlite_schema m, "
            "pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid"
        )
    found: dict[str, dict[str, str]] = {}
    async with database.read() as read:
        for row in await read.fetch(sql):
            found.setdefault(row["t"], {})[row["c"]] = row["k"]
    return found


async def measure(database: Database, servers: int) -> dict[str, Any]:
    """KB (10³ bytes) that each server adds."""
    try:
        await migrate(database, now=system_clock())
        empty = (await database.health()).size_bytes
        await fill(database, servers)
        full = (await database.health()).size_bytes
    finally:
        await database.close()
    return {
        "servers": servers,
        "rows_per_server": sum(kept.rows for kept in YEAR.values()),
        "kb_per_server": round((full - empty) / servers / 1000, 1),
    }


async def run(servers: int) -> dict[str, Any]:
    """Measure on each engine that is there."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        database = await Database.open(Path(folder, "size.db"), key=KEY)
        found["sqlite"] = await measure(database, servers)
    url = os.environ.get("TEST_POSTGRES_URL")
    if url:
        async with new_schema(url) as place:
            found["postgres"] = await measure(await place.open(), servers)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how large the store grows.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--servers", type=int, default=SERVERS)
    options = parser.parse_args()
    found = asyncio.run(run(options.servers))
    if options.json:
        sys.stdout.write(f"{json.dumps(found, indent=2)}\n")
        return
    for engine, figures in found.items():
        sys.stdout.write(
            f"{engine:<10}{figures['rows_per_server']:>8} rows"
            f"{figures['kb_per_server']:>10} KB a server\n"
        )


if __name__ == "__main__":
    main()
