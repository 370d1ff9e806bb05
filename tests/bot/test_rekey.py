"""Changing the key: whenever it is cut off, a key that is on the disk opens the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.alone import alone
from bot.backup.restoring import restore
from bot.backup.service import take
from bot.config import Config
from bot.database import Database, StoreBusy, StoreError, StoreKeyWrong
from bot.database.files import fits, opened
from bot.errors import StartError
from bot.journal import Journal
from bot.journal.service import journal_key
from bot.keys import former, pending, write_key
from bot.migrations import migrate
from bot.opening import open_runtime, store_key
from bot.rekey import rekey
from tests.bot.killing import killed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


async def made(config: Config, rows: int = 10) -> Config:
    """A store with its key and its journal, as the first start makes them."""
    runtime = await open_runtime(config, clock)
    async with runtime.database.transaction() as tx:
        await tx.execute("CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, pad TEXT)")
        filled = [(at, f"{at}" * 200) for at in range(rows)]
        await tx.execute_many("INSERT INTO scratch VALUES ($1, $2)", filled)
        tx.set_down('{"kind":"a.test"}')
    await runtime.database.close()
    return config


async def opens(config: Config, rows: int = 10) -> str:
    """Start on it as the bot does, and find everything there; gives the key."""
    runtime = await open_runtime(config, clock)
    async with runtime.database.read() as read:
        row = await read.fetch_one("SELECT count(*) AS n FROM scratch")
    await runtime.database.close()
    assert row is not None
    assert row["n"] == rows
    key = store_key(config)
    assert key is not None
    assert [entry.kind for entry in Journal(config.journal_path, key, clock).since(NOW)] == [
        "a.test"
    ]
    return key


@pytest.fixture
async def config(tmp_path: Path) -> Config:
    return await made(Config(tmp_path / "state"))


async def test_the_store_gets_a_new_key_and_the_old_one_is_kept(config: Config) -> None:
    old = store_key(config)
    assert rekey(config, None) == config.key_path
    new = await opens(config)
    assert new != old
    (kept,) = former(config.key_path)
    assert kept.read_text().strip() == old
    assert not fits(config.database_path, old)
    names = sorted(path.name for path in config.state_dir.iterdir())
    assert names == ["alongside.db", "database.key", "database.key.1", "journal.db"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in config.state_dir.iterdir())


async def test_a_backup_from_before_is_opened_with_the_key_from_before(config: Config) -> None:
    backup = take(config, None, clock).path
    for _ in range(2):
        rekey(config, None)
    await restore(config, backup, clock, replace_store=True)
    assert fits(config.database_path, store_key(config))
    with opened(config.database_path, store_key(config)) as file:
        assert file.execute("SELECT count(*) FROM scratch").fetchall()[0][0] == 10


async def test_the_new_key_can_come_from_a_file(config: Config) -> None:
    chosen = write_key(config.state_dir / "chosen.key", "7c" * 32)
    rekey(config, config.state_dir / "chosen.key")
    assert await opens(config) == chosen


async def test_a_new_key_that_others_can_read_is_refused(config: Config) -> None:
    old = await opens(config)
    write_key(config.state_dir / "chosen.key")
    (config.state_dir / "chosen.key").chmod(0o644)
    with pytest.raises(StoreKeyWrong, match="chmod 600"):
        rekey(config, config.state_dir / "chosen.key")
    assert await opens(config) == old


async def test_a_key_in_the_environment_is_changed_only_into_a_named_file(
    tmp_path: Path,
) -> None:
    config = await made(Config(tmp_path / "state", database_key="5a" * 32))
    with pytest.raises(StoreError, match="--new-key-file"):
        rekey(config, None)
    new_file = tmp_path / "new.key"
    assert rekey(config, new_file) == new_file
    assert await opens(replace(config, database_key=None, database_key_file=new_file))
    with pytest.raises(StoreKeyWrong, match="does not fit"):
        await opens(config)


async def test_the_key_is_not_changed_while_the_bot_runs(config: Config) -> None:
    old = store_key(config)
    runtime = await open_runtime(config, clock)
    with pytest.raises(StoreBusy, match="stop the bot"):
        rekey(config, None)
    await runtime.database.close()
    with alone(config), pytest.raises(StartError, match="Another process"):
        rekey(config, None)
    assert await opens(config) == old
    rekey(config, None)
    assert await opens(config) != old


async def test_a_wrong_key_changes_nothing(config: Config) -> None:
    right = config.key_path.read_text()
    config.key_path.write_text("00" * 32)
    with pytest.raises(StoreKeyWrong, match="Put back the key file"):
        rekey(config, None)
    config.key_path.write_text(right)
    assert await opens(config) == right.strip()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"database_url": "postgresql://a@b/c"}, "PostgreSQL"),
        ({"database_plain": True}, "no key"),
        ({"state_dir": Path("missing")}, "no database"),
    ],
)
async def test_where_there_is_no_key_to_change_it_says_so(
    config: Config, changed: dict[str, object], sentence: str
) -> None:
    with pytest.raises(StoreError, match=sentence):
        rekey(replace(config, **changed), None)  # pyright: ignore[reportArgumentType]


# Cut off


async def test_cut_off_before_the_store_was_replaced_the_old_key_goes_on(config: Config) -> None:
    old = store_key(config)
    write_key(pending(config.key_path))
    assert await opens(config) == old
    rekey(config, None)
    assert await opens(config) != old


@pytest.mark.parametrize("journal_too", [False, True])
async def test_cut_off_after_the_store_was_replaced_the_next_start_finishes(
    config: Config, journal_too: bool
) -> None:
    old = store_key(config)
    assert old is not None
    before = config.journal_path.read_bytes()
    rekey(config, None)
    # Put the files back as they stood between two steps.
    new = config.key_path.read_text()
    new_journal = config.journal_path.read_bytes()
    config.key_path.rename(pending(config.key_path))
    former(config.key_path)[0].rename(config.key_path)
    if not journal_too:
        config.journal_path.with_name("journal.db.new").write_bytes(new_journal)
        config.journal_path.write_bytes(before)
    # A bot that starts holds the state folder meanwhile.
    with alone(config):
        assert await opens(config) == new.strip()
    assert not pending(config.key_path).exists()
    assert [one.read_text().strip() for one in former(config.key_path)] == [old]


@pytest.mark.slow
def test_killed_at_any_line_a_key_on_the_disk_opens_the_store(tmp_path: Path) -> None:
    seen = killed("rekey", tmp_path, 20)
    assert seen["kills"] > 20
    assert set(seen["seen"]) == {"old key", "new key"}


async def test_a_plain_journal_lies_beside_a_plain_store(tmp_path: Path) -> None:
    config = await made(Config(tmp_path / "state", database_plain=True))
    with opened(config.journal_path, None) as file:
        assert file.execute("SELECT count(*) FROM journal_entries").fetchall()[0][0] == 1


async def test_the_journal_is_encrypted_with_a_key_of_its_own(config: Config) -> None:
    key = store_key(config)
    assert not fits(config.journal_path, key)
    assert fits(config.journal_path, journal_key(key))
    assert b"a.test" not in config.journal_path.read_bytes()


async def test_a_migrated_store_without_a_journal_gets_one(tmp_path: Path) -> None:
    config = Config(tmp_path / "state")
    await (await open_runtime(config, clock)).database.close()
    config.journal_path.unlink()
    database = await Database.open(config.database_path, key=store_key(config))
    await migrate(database, now=NOW)
    await database.close()
    await (await open_runtime(config, clock)).database.close()
    assert config.journal_path.exists()
