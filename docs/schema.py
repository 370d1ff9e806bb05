"""Writes tests/bot/schema.sql, the whole schema as SQLite has it, for a person to review.

`python -m docs.schema` writes the file; a test compares it with what the migrations make.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.database import Database
from bot.migrations import migrate

PAGE = Path(__file__).resolve().parent.parent / "tests" / "bot" / "schema.sql"


async def schema(folder: Path) -> str:
    """Every statement that makes a table or an index, by name."""
    database = await Database.open(folder / "schema.db", plain=True)
    await migrate(database, now=datetime(2026, 1, 1, tzinfo=UTC))
    async with database.read() as read:
        rows = await read.fetch("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    await database.close()
    return "".join(f"{row['sql']};\n\n" for row in rows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(asyncio.run(schema(Path(folder))), encoding="utf-8")
