from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.database import Database, StoreKeyWrong, StoreUnavailable
from bot.keys import former, key_for, next_former, read_key, write_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "alongside.db", tmp_path / "alongside.key"


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(
    files: tuple[Path, Path],
) -> None:
    key = key_for(*files)
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert stat.S_IMODE(files[1].stat().st_mode) == 0o600
    assert list(files[1].parent.iterdir()) == [files[1]]


def test_the_key_stays_the_same(files: tuple[Path, Path]) -> None:
    assert key_for(*files) == key_for(*files)


def test_two_stores_never_share_a_key(tmp_path: Path) -> None:
    keys = {key_for(tmp_path / "a.db", tmp_path / f"{number}.key") for number in range(20)}
    assert len(keys) == 20


def test_of_many_that_start_at_once_all_get_the_same_key(files: tuple[Path, Path]) -> None:
    with ThreadPoolExecutor(16) as pool:
        started = [pool.submit(key_for, *files) for _ in range(64)]
    keys = {start.result() for start in started}
    assert len(keys) == 1
    assert list(files[1].parent.iterdir()) == [files[1]]


async def test_a_key_missing_beside_its_database_is_never_replaced(
    files: tuple[Path, Path],
) -> None:
    database, key_file = files
    await (await Database.open(database, key=key_for(*files))).close()
    key_file.unlink()
    with pytest.raises(StoreKeyWrong, match="Put the key file back"):
        key_for(*files)
    assert not key_file.exists()


async def test_beside_a_plain_database_no_key_is_made_or_missed(files: tuple[Path, Path]) -> None:
    database, key_file = files
    await (await Database.open(database, plain=True)).close()
    with pytest.raises(StoreKeyWrong, match="DATABASE_PLAIN=yes"):
        key_for(*files)
    assert not key_file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_key_that_others_can_reach_is_refused(files: tuple[Path, Path], mode: int) -> None:
    key_for(*files)
    files[1].chmod(mode)
    with pytest.raises(StoreKeyWrong, match="chmod 600"):
        key_for(*files)


@pytest.mark.parametrize(
    "text", ["", "abc", "zz" * 32, "5a" * 33, "5a" * 5000, "ключ", "\x00" * 64]
)
def test_a_file_that_holds_no_key_is_refused_without_showing_it(
    files: tuple[Path, Path], text: str
) -> None:
    files[1].write_text(text, encoding="utf-8")
    files[1].chmod(0o600)
    with pytest.raises(StoreKeyWrong, match="64 hexadecimal digits") as refusal:
        key_for(*files)
    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize("text", ["5a" * 32, f"{'5a' * 32}\n", f"  {'5a' * 32}\r\n"])
def test_white_space_around_a_key_does_no_harm(files: tuple[Path, Path], text: str) -> None:
    files[1].write_text(text, encoding="ascii")
    files[1].chmod(0o600)
    assert key_for(*files) == "5a" * 32


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="Check that its folder exists"):
        key_for(tmp_path / "a.db", tmp_path / "missing" / "a.key")


# A secret store


def test_a_credential_of_systemd_may_show_rights_of_a_group_but_not_of_all(
    files: tuple[Path, Path],
) -> None:
    key = key_for(*files)
    files[1].chmod(0o440)
    assert key_for(*files, credential=True) == key
    files[1].chmod(0o444)
    with pytest.raises(StoreKeyWrong, match="chmod 600"):
        key_for(*files, credential=True)


def test_keys_from_before_are_found_the_newest_first(files: tuple[Path, Path]) -> None:
    assert former(files[1]) == []
    for _ in range(3):
        write_key(next_former(files[1]))
    assert [one.name for one in former(files[1])] == [
        "alongside.key.3",
        "alongside.key.2",
        "alongside.key.1",
    ]


def test_a_key_that_is_there_is_never_written_over(files: tuple[Path, Path]) -> None:
    first = write_key(files[1])
    assert write_key(files[1], "7c" * 32) == first
    with pytest.raises(StoreKeyWrong, match="no key file"):
        read_key(files[0])
