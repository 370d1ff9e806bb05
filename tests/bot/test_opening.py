"""How the process opens what it needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bot.config import Config
from bot.errors import StartError
from bot.opening import open_runtime, open_store
from tests.stores import KEY, NOW

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def clock() -> datetime:
    return NOW


async def test_the_first_start_makes_the_folder_the_key_and_the_store(tmp_path: Path) -> None:
    config = Config(tmp_path / "a" / "state")
    runtime = await open_runtime(config, clock)
    assert await runtime.database.schema_version() > 0
    await runtime.database.close()
    assert config.state_dir.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in config.state_dir.iterdir()} == {
        "alongside.db",
        "database.key",
        "journal.db",
    }


async def test_a_given_key_leaves_no_key_file_behind(tmp_path: Path) -> None:
    config = Config(tmp_path, database_key=KEY)
    await (await open_store(config)).close()
    assert not config.key_path.exists()


async def test_looking_does_not_make_a_store(tmp_path: Path) -> None:
    assert await open_store(Config(tmp_path / "state"), create=False) is None
    assert not (tmp_path / "state").exists()


async def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = Config(tmp_path / "file" / "state")
    with pytest.raises(StartError, match="STATE_DIR") as refused:
        await open_store(config)
    assert refused.value.status == os.EX_CANTCREAT
