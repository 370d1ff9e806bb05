"""Rows in every table of the store, whatever its columns are."""

from __future__ import annotations

from bot.client import Alongside
from bot.database import Database
from bot.privacy import Holding
from tests.stores import NOW

ASH, BIRCH = 101, 102
HARBOUR, MEADOW = 11, 12
OTHERS = 900
"""From here on, people whom a row names beside the one it is made for."""


async def columns(database: Database, table: str) -> dict[str, str]:
    """A table's columns, and the type of each in the engine's own words."""
    if database.engine == "PostgreSQL":
        sql = (
            "SELECT column_name AS c, data_type AS t FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = $1"
        )
    else:
        sql = "SELECT name AS c, type AS t FROM pragma_table_info($1)"
    async with database.read() as read:
        return {row["c"]: row["t"].lower() for row in await read.fetch(sql, table)}


CHOSEN: dict[str, int | str] = {"hear": "later", "state": "waiting", "reason": "unclear"}
"""Values of columns that hold one of a few words, where reading them back refuses any other."""


async def fill(database: Database, holding: Holding, person: int, server: int) -> None:
    """Put one row into a table, whatever its columns are; it names others as well as the person."""
    values: dict[str, int | str] = {}
    for at, (column, kind) in enumerate((await columns(database, holding.table)).items()):
        if column == holding.person:
            values[column] = person
        elif column.endswith("user_id"):
            values[column] = OTHERS + at
        elif column == holding.server:
            values[column] = server
        elif column.endswith("_at"):
            values[column] = int(NOW.timestamp())
        elif kind == "boolean":
            values[column] = True
        elif holding.table == "faq_questions" and column in CHOSEN:
            values[column] = CHOSEN[column]
        else:
            values[column] = f"{person}-{server}-{at}-{holding.person}" if kind == "text" else at
    async with database.transaction() as tx:
        slots = ", ".join(f"${at + 1}" for at in range(len(values)))
        names = ", ".join(values)
        await tx.execute(
            f"INSERT INTO {holding.table} ({names}) VALUES ({slots})",  # noqa: S608
            *values.values(),
        )


async def fill_all(bot: Alongside, database: Database) -> None:
    """One row for each column naming each of two people, in different servers, in every table."""
    for holding in bot.runtime.privacy.holdings:
        await fill(database, holding, ASH, HARBOUR)
        await fill(database, holding, BIRCH, MEADOW)
