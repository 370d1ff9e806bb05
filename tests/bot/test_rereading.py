"""What was read at an earlier start is read again faster, and never believed when it is wrong."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from bot import plain_yaml, rereading
from bot.content import Document, load_yaml
from bot.errors import ContentError
from bot.rereading import Rereading
from bot.texts import SHIPPED
from tests.bot.test_content import PLAIN
from tests.stores import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = "hello: Good morning\nlist:\n  - one: 1\n    two: 2.5\n  - null\n"
SECOND = FIRST.replace("morning", "evening")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "text" / "en.yaml"
    made.parent.mkdir()
    made.write_text(FIRST)
    return made


def started(tmp_path: Path, key: str | None = KEY) -> Rereading:
    return Rereading(tmp_path / "state" / "reread", key)


def copy_of(tmp_path: Path) -> Path:
    (copy,) = (tmp_path / "state" / "reread").iterdir()
    return copy


def parsed(text: str) -> Any:
    return plain_yaml.parse(text, "any.yaml")[0]


def never(*_: Any) -> Any:
    raise AssertionError("it was parsed")


def test_a_file_is_parsed_at_the_first_start_only(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = started(tmp_path).load(file)
    monkeypatch.setattr(plain_yaml, "parse", never)
    again = started(tmp_path).load(file)
    assert again.data == first.data
    assert again.file == first.file


def test_a_copy_still_knows_the_line_of_each_part(tmp_path: Path, file: Path) -> None:
    started(tmp_path).load(file)
    document: Document = started(tmp_path).load(file)
    assert document.line("list", 0, "two") == 4
    assert str(document.error("is wrong", "list", 1)).endswith("text/en.yaml:5: is wrong")


def test_what_was_changed_is_seen_at_the_next_start(tmp_path: Path, file: Path) -> None:
    started(tmp_path).load(file)
    file.write_text(SECOND)
    assert started(tmp_path).load(file).data["hello"] == "Good evening"
    file.write_text(FIRST)
    assert started(tmp_path).load(file).data["hello"] == "Good morning"


SPOILS: list[Callable[[bytes], bytes]] = [
    lambda copy: copy.replace(b"morning", b"evening"),
    lambda copy: copy[: len(copy) // 2],
    lambda copy: copy.partition(b"\n")[0],
    lambda copy: copy.partition(b"\n")[2],
    lambda copy: copy + b" ",
    lambda _: b"",
    lambda _: b"\x00\xff not JSON",
    lambda _: b'\n{"hello": "Good evening"}',
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoiled_copy_is_made_anew(
    tmp_path: Path, file: Path, spoil: Callable[[bytes], bytes]
) -> None:
    started(tmp_path).load(file)
    copy = copy_of(tmp_path)
    sound = copy.read_bytes()
    copy.write_bytes(spoil(sound))
    assert started(tmp_path).load(file).data["hello"] == "Good morning"
    assert copy.read_bytes() == sound


def test_a_copy_by_somebody_who_has_not_the_key_is_not_believed(tmp_path: Path, file: Path) -> None:
    for key in (None, "6b" * 32):
        started(tmp_path, key).load(file)
        forged = copy_of(tmp_path).read_bytes()
        assert started(tmp_path).load(file).data["hello"] == "Good morning"
        assert copy_of(tmp_path).read_bytes() != forged


@pytest.mark.parametrize("changed", ["parser", "version"])
def test_a_copy_of_another_version_is_made_anew(
    tmp_path: Path, file: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(tmp_path).load(file)
    before = copy_of(tmp_path).read_bytes()
    if changed == "parser":
        other = tmp_path / "other.py"
        other.write_bytes(rereading.PROGRAM.read_bytes() + b"\n# and more\n")
        monkeypatch.setattr(rereading, "PROGRAM", other)
    else:
        monkeypatch.setattr(rereading, "__version__", "999")
    assert started(tmp_path).load(file).data["hello"] == "Good morning"
    assert copy_of(tmp_path).read_bytes() != before


def test_a_wrong_file_is_refused_at_every_start_and_not_kept(tmp_path: Path, file: Path) -> None:
    file.write_text(FIRST + "hello: twice\n")
    for _ in range(2):
        with pytest.raises(ContentError, match=r"en\.yaml:6: has the key “hello” twice"):
            started(tmp_path).load(file)
    assert not (tmp_path / "state").exists()


def test_copies_are_for_their_owner_only(tmp_path: Path, file: Path) -> None:
    started(tmp_path).load(file)
    copy = copy_of(tmp_path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, file: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    reading = started(tmp_path)
    assert reading.load(file).data == parsed(FIRST)
    file.write_text(SECOND)
    assert reading.load(file).data == parsed(SECOND)


@given(PLAIN)
def test_whatever_a_file_may_hold_is_the_same_from_its_copy(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    folder = tmp_path_factory.mktemp("any")
    file = folder / "any.yaml"
    file.write_text(json.dumps(data, ensure_ascii=False), "utf-8", newline="")
    first = Rereading(folder / "copies", None).load(file).data
    assert Rereading(folder / "copies", None).load(file).data == first


def test_all_that_ships_is_the_same_from_its_copy(tmp_path: Path) -> None:
    for path in sorted(SHIPPED.glob("*.yaml")):
        started(tmp_path).load(path)
        assert started(tmp_path).load(path).data == load_yaml(path).data
