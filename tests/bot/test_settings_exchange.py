"""Settings as a file, and from one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.errors import UserError
from bot.settings.exchange import FORMAT, Given, read, schema, written
from bot.settings.model import Channels, Choice, Language, Number, Roles, Setting, Text, Toggle

SETTINGS: tuple[Setting[Any], ...] = (
    Toggle(key="test.toggle", default=False),
    Choice(key="test.choice", default="a", options=("a", "b")),
    Language(key="test.language", default="en"),
    Number(key="test.number", default=3, minimum=1, maximum=9),
    Text(key="test.text", default="", max_length=40),
    Channels(key="test.channels", default=()),
    Roles(key="test.roles", default=()),
)
DECLARED = {setting.key: setting for setting in SETTINGS}
IDS = st.lists(st.integers(1, 2**63 - 1), max_size=5, unique=True).map(tuple)
VALUES = st.fixed_dictionaries(
    {
        "test.toggle": st.booleans(),
        "test.choice": st.sampled_from("ab"),
        "test.language": st.sampled_from(["en", "es"]),
        "test.number": st.integers(1, 9),
        "test.text": st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(
            str.strip
        ),
        "test.channels": IDS,
        "test.roles": IDS,
    }
)


def anything(_setting: Setting[Any], _value: Any) -> None:
    """Accept it."""


def explained(setting: Setting[Any]) -> str:
    return f"About {setting.key}:\nmore # and {{more}}"


@given(VALUES)
def test_what_is_written_is_read_back_as_it_was(values: dict[str, Any]) -> None:
    text = written(SETTINGS, values, explained)
    given_, refused = read(parse_yaml(text, "settings"), DECLARED, anything)
    assert refused == []
    assert given_ == [Given(setting, values[setting.key]) for setting in SETTINGS]


def test_each_line_that_cannot_be_taken_is_named_and_the_others_are_read() -> None:
    text = f"""format: {FORMAT}
settings:
  test.number: 10
  test.nothing: 1
  test.toggle: true
  test.channels: [12, "x"]
"""
    given_, refused = read(parse_yaml(text, "settings"), DECLARED, anything)
    assert [(each.line, each.name, each.key) for each in refused] == [
        (3, "test.number", "settings.refused.number"),
        (4, "test.nothing", "settings.file.unknown"),
        (6, "test.channels", "settings.refused.channels"),
    ]
    assert given_ == [Given(DECLARED["test.toggle"], True)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "[]",
        "settings: {}",
        f"format: {FORMAT}",
        f"format: {FORMAT}\nsettings: 1",
        "a: 1",
        f"format: {FORMAT}\nsettings: {{}}\nmore: 1",
        "format: other/1\nsettings: {}",
    ],
)
def test_what_is_no_file_of_settings_is_refused_whole(text: str) -> None:
    with pytest.raises(UserError) as refused:
        read(parse_yaml(text, "settings"), DECLARED, anything)
    assert refused.value.key == "settings.file.no_settings"


def test_what_a_server_has_no_use_for_is_refused_in_its_words() -> None:
    def nothing(_setting: Setting[Any], _value: Any) -> None:
        raise UserError("test.no", why=1)

    text = f"format: {FORMAT}\nsettings:\n  test.toggle: true\n"
    given_, [refused] = read(parse_yaml(text, "settings"), DECLARED, nothing)
    assert (given_, refused.key, refused.params) == ([], "test.no", {"why": 1})


def test_the_schema_knows_every_setting_and_what_it_accepts() -> None:
    made = schema(SETTINGS, str)
    known = made["properties"]["settings"]["properties"]
    assert list(known) == list(DECLARED)
    assert known["test.number"]["maximum"] == 9
    assert known["test.choice"]["enum"] == ["a", "b"]
    assert known["test.channels"]["items"]["type"] == "string"
    assert yaml.safe_load(written(SETTINGS, {s.key: s.default for s in SETTINGS}, explained))
