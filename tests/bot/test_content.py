"""What the reader of content files takes, and how it says what it does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import load_yaml, parse_yaml
from bot.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a: &a [x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# nothing yet", None),
        ("a: 1", {"a": 1}),
        ("a: -0.5", {"a": -0.5}),
        ("a: true\nb: false", {"a": True, "b": False}),
        ("a: null\nb: ~\nc:", {"a": None, "b": None, "c": None}),
        ("[NO, SE, yes, on, Y]", ["NO", "SE", "yes", "on", "Y"]),
        ("a: 2026-11-01", {"a": "2026-11-01"}),
        ("a: 09:30", {"a": "09:30"}),
        ("a: 0112", {"a": "0112"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: .nan", {"a": ".nan"}),
        (f"a: {'9' * 5000}", {"a": "9" * 5000}),
        ("112: police", {"112": "police"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 'say \"hello\": yes'", {"a": 'say "hello": yes'}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
    ],
)
def test_values_are_read_as_whoever_wrote_them_meant_them(text: str, data: Any) -> None:
    assert parse_yaml(text, "file.yaml").data == data


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: *a", 2, "alias"),
        ("a: 1\nb: &b 2", 2, "anchor"),
        (BOMB, 1, "anchor"),
        ("a: 1\n\nb: !!python/object/apply:os.system ['true']", 3, "tag"),
        ("a: !!str 1", 1, "tag"),
        ("a: ! 1", 1, "tag"),
        ("- a: 1\n  b: 2\n  a: 3", 3, "the key “a” twice"),
        ("[a]: 1", 1, "key that is not plain text"),
        ("a: 1\n{b: 1}: 2", 2, "key that is not plain text"),
        ("a:\n  - b\n c: d", 3, "is not YAML"),
        ("a: 'open", 1, "is not YAML"),
        ("a: 1\nb: \x07", 2, "is not YAML"),
        ("a: 1\n--- \nb: 2", 2, "is not YAML"),
        ("a: 1\n\tb: 2", 2, "is not YAML"),
        ("[" * 13 + "]" * 13, 1, "nested more than 12 deep"),
        ("[" * 100_000, 1, "nested more than 12 deep"),
        ("".join(" " * i + "- \n" for i in range(20)), 13, "nested more than 12 deep"),
    ],
)
def test_what_is_refused_is_said_with_file_line_and_reason(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(ContentError) as refused:
        parse_yaml(text, "faq/en.yaml")
    assert str(refused.value).startswith(f"faq/en.yaml:{line}: ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def refusal_of(text: str) -> ContentError | None:
    try:
        parse_yaml(text, "any.yaml")
    except ContentError as refused:
        return refused
    return None


@given(
    st.text()
    | st.lists(st.sampled_from([*"-:[]{}&*!|>'\"%@`#,?~\n\t \r", "a", "1", "\x00"])).map("".join)
)
def test_any_text_is_either_read_or_refused_as_content(text: str) -> None:
    refused = refusal_of(text)
    if refused is not None:
        assert refused.file == "any.yaml"
        assert refused.line is None or 1 <= refused.line <= max(1, len(text.splitlines()))


WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_json_is_read_as_it_is(data: Any) -> None:
    assert parse_yaml(json.dumps(data, ensure_ascii=False), "any.yaml").data == data


def test_each_part_knows_its_line() -> None:
    document = parse_yaml("# top\na:\n  - x\n  - b: 1\n    c: 2\n", "file.yaml")
    assert document.line("a") == 2
    assert document.line("a", 0) == 3
    assert document.line("a", 1, "c") == 5
    assert document.line("a", 1, "no such key") == 4
    assert str(document.error("is wrong", "a", 1, "b")) == "file.yaml:4: is wrong"


def test_a_file_is_named_by_its_last_folders(tmp_path: Path) -> None:
    file = tmp_path / "content" / "faq" / "en.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("a: [")
    with pytest.raises(ContentError, match=r"^content/faq/en\.yaml:1: "):
        load_yaml(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: 'caf\xe9'", "is not UTF-8 text"),
        ("a: 1".encode("utf-16"), "is not UTF-8 text"),
        (b"a" * 1001, "has 1,001 bytes; at most 1,000 are read"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "one.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ContentError, match=reason):
        load_yaml(file, max_bytes=1_000)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read: Is a directory"):
        load_yaml(tmp_path)
