from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.database import Database, StoreConflict, StoreNewer
from bot.migrations import Migration, known_migrations, migrate, split_statements
from docs.schema import PAGE, schema
from tests.conftest import OpenStore
from tests.stores import KEY, NOW, Place

RACER = """
import asyncio, sys
from datetime import UTC, datetime
from bot.database import Database
from bot.migrations import migrate

async def main(location, key):
    database = await Database.open(location, key=key or None)
    print(await migrate(database, now=datetime(2026, 1, 5, tzinfo=UTC)))
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""

Columns = dict[str, list[tuple[str, str, bool, int]]]


async def logical_schema(database: Database) -> Columns:
    """Each table's columns: name, type in the words of the migrations, may be null, key place."""
    found: Columns = {}
    async with database.read() as reading:
        if database.engine == "SQLite":
            for row in await reading.fetch(
                "SELECT t.name AS in_table, c.* FROM pragma_table_list t, pragma_table_info(t.name)"
                " c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid"
            ):
                kind = "BIGINT" if row["type"] == "INTEGER" else str(row["type"])
                found.setdefault(row["in_table"], []).append(
                    (row["name"], kind, not row["notnull"], row["pk"])
                )
            return found
        for row in await reading.fetch(
            "SELECT c.table_name AS in_table, c.column_name, c.data_type, c.is_nullable,"
            " coalesce(k.ordinal_position, 0) AS pk FROM information_schema.columns c"
            " LEFT JOIN information_schema.key_column_usage k USING"
            " (table_schema, table_name, column_name) WHERE c.table_schema = current_schema()"
            " ORDER BY c.table_name, c.ordinal_position"
        ):
            found.setdefault(row["in_table"], []).append(
                (
                    row["column_name"],
                    row["data_type"].upper(),
                    row["is_nullable"] == "YES",
                    row["pk"],
                )
            )
    return found


def step(version: int, *statements: str) -> Migration:
    return Migration(version, f"step_{version}", statements)


async def test_from_empty_the_schema_is_the_reviewed_one(tmp_path: Path) -> None:
    reviewed = await asyncio.to_thread(PAGE.read_text, "utf-8")
    assert await schema(tmp_path) == reviewed, "run python -m docs.schema and read what changed"


async def test_the_schema_is_the_same_on_every_engine(database: Database, tmp_path: Path) -> None:
    reference = await Database.open(tmp_path / "reference.db", key=KEY)
    await migrate(reference, now=NOW)
    expected = await logical_schema(reference)
    await reference.close()
    found = await logical_schema(database)
    assert len(found) > 5
    # SQLite keeps a flag as a whole number, so that is what the two have in common.
    assert expected == {
        table: [
            (name, "BIGINT" if kind == "BOOLEAN" else kind, null, place)
            for name, kind, null, place in columns
        ]
        for table, columns in found.items()
    }


async def test_each_step_is_recorded_with_its_moment(database: Database) -> None:
    async with database.read() as reading:
        rows = await reading.fetch("SELECT * FROM schema_version ORDER BY version")
    assert [(row["version"], row["name"]) for row in rows] == [
        (migration.version, migration.name) for migration in known_migrations()
    ]
    assert {row["applied_at"] for row in rows} == {int(NOW.timestamp())}
    assert await database.schema_version() == len(rows)


async def test_migrating_again_changes_nothing(database: Database) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert await migrate(database, now=later) == 0


async def test_from_each_released_version_the_schema_is_the_same(
    place: Place, open_store: OpenStore
) -> None:
    steps = known_migrations()
    async with asyncio.timeout(30):
        database = await place.open()
        assert await database.schema_version() == 0
        for end in range(1, len(steps) + 1):
            assert await migrate(database, now=NOW, migrations=steps[:end]) == 1
        at_once = await open_store()
        assert await logical_schema(database) == await logical_schema(at_once)
        await database.close()


async def test_a_store_from_a_newer_version_is_refused_untouched(database: Database) -> None:
    steps = known_migrations()
    await migrate(database, now=NOW, migrations=(*steps, step(len(steps) + 1)))
    before = await logical_schema(database)
    with pytest.raises(StoreNewer, match=rf"at schema version {len(steps) + 1}"):
        await migrate(database, now=NOW)
    assert await logical_schema(database) == before


async def test_a_step_that_fails_leaves_nothing_and_those_before_it_stay(
    database: Database,
) -> None:
    good = len(known_migrations())
    steps = (
        *known_migrations(),
        step(good + 1, "CREATE TABLE first_rows (id BIGINT NOT NULL PRIMARY KEY)"),
        step(
            good + 2,
            "CREATE TABLE second_rows (id BIGINT NOT NULL PRIMARY KEY)",
            "INSERT INTO second_rows VALUES (1)",
            "INSERT INTO second_rows VALUES (1)",
        ),
    )
    with pytest.raises(StoreConflict):
        await migrate(database, now=NOW, migrations=steps)
    assert await database.schema_version() == good + 1
    assert "first_rows" in await logical_schema(database)
    assert "second_rows" not in await logical_schema(database)


async def test_two_processes_that_start_at_once_migrate_once(place: Place) -> None:
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RACER, str(place.location), place.key or "",
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    outputs = await asyncio.gather(*(racer.communicate() for racer in racers))
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert sum(int(output) for output, _ in outputs) == len(known_migrations())


async def test_connections_that_race_share_the_steps_between_them(place: Place) -> None:
    stores = [await place.open() for _ in range(4)]
    applied = await asyncio.gather(*(migrate(store, now=NOW) for store in stores))
    assert sum(applied) == len(known_migrations())
    for store in stores:
        await store.close()


def test_a_script_is_split_where_its_statements_end() -> None:
    script = """
        -- What it's for; and why.
        INSERT INTO a VALUES ('x; y'); -- a note; here
        INSERT INTO b VALUES (1);

        -- The end.
    """
    assert [re.sub(r"\s+", " ", part) for part in split_statements(script)] == [
        "INSERT INTO a VALUES ('x; y');",
        "INSERT INTO b VALUES (1);",
    ]


def test_a_statement_without_its_semicolon_is_refused() -> None:
    with pytest.raises(ValueError, match="does not end in a semicolon"):
        split_statements("SELECT 1; SELECT 2")


@pytest.mark.parametrize("names", [["0002_a.sql"], ["0001_a.sql", "0003_b.sql"], ["1_a.sql"]])
def test_a_gap_or_a_bad_name_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ValueError, match="without gaps"):
        known_migrations(tmp_path)


def test_the_shipped_steps_use_only_the_types_that_both_engines_share() -> None:
    for migration in known_migrations():
        text = re.sub(r"--[^\n]*", "", "\n".join(migration.statements)).upper()
        assert not re.search(
            r"\b(INTEGER|INT|SMALLINT|SERIAL|REAL|NUMERIC|VARCHAR|TIMESTAMP|JSONB?|BLOB|BYTEA)\b",
            text,
        )
