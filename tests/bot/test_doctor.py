"""What the doctor finds, and what it says to do about it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import doctor
from bot.config import Config
from bot.database import Database
from bot.doctor import Finding, Grade, examine
from bot.migrations import migrate
from tests.stores import KEY, NOW, Place

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz_-0123456789"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "state", token=TOKEN, database_key=KEY)


async def found(config: Config, subject: str) -> list[Finding]:
    return [finding async for finding in examine(config) if finding.subject == subject]


async def only(config: Config, subject: str) -> tuple[Grade, str]:
    (finding,) = await found(config, subject)
    return finding.grade, finding.sentence


async def make_store(config: Config, **how: Any) -> None:
    config.state_dir.mkdir(exist_ok=True)
    database = await Database.open(config.database_path, **(how or {"key": KEY}))
    await migrate(database, now=NOW)
    await database.close()


async def test_a_fresh_machine_is_fine_and_is_left_as_it_is(config: Config) -> None:
    findings = [finding async for finding in examine(config)]
    assert {finding.grade for finding in findings} <= {Grade.FINE, Grade.WARNING}
    subjects = [finding.subject for finding in findings]
    assert subjects[:5] == ["token", "free space", "clock", "time zones", "database"]
    assert "texts" in subjects
    assert not config.state_dir.exists()
    for finding in findings:
        assert "\n" not in finding.sentence
        assert TOKEN not in finding.sentence
        assert KEY not in finding.sentence


@pytest.mark.parametrize(
    ("token", "grade", "said"),
    [
        (TOKEN, Grade.FINE, "right shape; it was not tried"),
        (None, Grade.WARNING, "the playground works"),
        ("secret-of-another-kind", Grade.WRONG, "Reset Token"),
    ],
)
async def test_the_token(config: Config, token: str | None, grade: Grade, said: str) -> None:
    found_grade, sentence = await only(replace(config, token=token), "token")
    assert found_grade is grade
    assert said in sentence
    assert token is None or token not in sentence


async def test_a_file_in_the_place_of_the_state_folder(config: Config) -> None:
    config.state_dir.write_text("")
    grade, sentence = await only(config, "state folder")
    assert grade is Grade.WRONG
    assert "STATE_DIR" in sentence


async def test_too_little_room(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage("/").free
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", free * 2)
    grade, sentence = await only(config, "free space")
    assert grade is Grade.WRONG
    assert "make room" in sentence


async def test_a_clock_that_is_behind(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await only(config, "clock"))[0] is Grade.FINE
    monkeypatch.setattr(doctor, "system_clock", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    grade, sentence = await only(config, "clock")
    assert grade is Grade.WRONG
    assert "clock is behind" in sentence


async def test_a_good_store(config: Config) -> None:
    await make_store(config)
    (database,) = await found(config, "database")
    assert database.grade is Grade.FINE
    assert "SQLite" in database.sentence
    assert (await only(config, "integrity"))[0] is Grade.FINE
    assert (await only(config, "encryption"))[0] is Grade.FINE


async def test_a_store_without_encryption_is_a_warning(config: Config) -> None:
    await make_store(config, plain=True)
    plain = replace(config, database_key=None, database_plain=True)
    grade, sentence = await only(plain, "encryption")
    assert grade is Grade.WARNING
    assert "DATABASE_PLAIN" in sentence


async def test_a_key_that_does_not_fit(config: Config) -> None:
    await make_store(config)
    grade, sentence = await only(replace(config, database_key="0" * 64), "database")
    assert grade is Grade.WRONG
    assert "key does not fit" in sentence


async def test_a_store_of_a_newer_version(config: Config) -> None:
    await make_store(config)
    database = await Database.open(config.database_path, key=KEY)
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO schema_version VALUES (9999, 'future', 0)")
    await database.close()
    grade, sentence = await only(config, "database")
    assert grade is Grade.WRONG
    assert "schema version 9999" in sentence


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
async def test_a_damaged_store(config: Config, at: float) -> None:
    await make_store(config)
    content = bytearray(config.database_path.read_bytes())
    middle = int(len(content) * at)
    content[middle : middle + 4_096] = bytes(4_096)
    config.database_path.write_bytes(content)
    grades = {finding.grade for finding in await found(config, "database")}
    assert Grade.WRONG in grades
    assert await found(config, "texts")


async def test_a_store_that_cannot_be_reached_does_not_end_the_check(config: Config) -> None:
    away = replace(config, database_url="postgresql://nobody:quiet-word@127.0.0.1:9/none")
    grade, sentence = await only(away, "database")
    assert grade is Grade.WRONG
    assert "quiet-word" not in sentence
    assert await found(away, "texts")


async def test_the_store_is_looked_at_on_either_engine(place: Place, config: Config) -> None:
    database = await place.open()
    await migrate(database, now=NOW)
    await database.close()
    if place.engine == "postgres":
        config = replace(config, database_url=str(place.location))
    else:
        config = replace(config, state_dir=Path(place.location).parent)
    (finding,) = await found(config, "database")
    assert finding.grade is Grade.FINE
    (encryption,) = await found(config, "encryption")
    assert encryption.grade is (Grade.WARNING if place.engine == "postgres" else Grade.FINE)
