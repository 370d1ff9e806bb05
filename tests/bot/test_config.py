"""What the process takes from its environment, and how it says what is wrong with it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import VARIABLES, Config
from bot.errors import StartError
from tests.rules import ROOT

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz_-0123456789"
KEY = "a1B2" * 16
URL = "postgresql://alongside:quiet-word@db.example/alongside"


def read(**environ: str) -> Config:
    return Config.read(environ)


def refusal(**environ: str) -> str:
    with pytest.raises(StartError) as refused:
        read(**environ)
    assert refused.value.status == os.EX_CONFIG
    return str(refused.value)


def test_nothing_at_all_is_enough() -> None:
    config = read()
    assert config.token is None
    assert config.state_dir == ROOT / "data" / "state"
    assert config.database_path == ROOT / "data" / "state" / "alongside.db"
    assert config.key_path == ROOT / "data" / "state" / "database.key"
    assert not config.database_plain
    assert (config.log_level, config.log_format) == ("info", "auto")


@pytest.mark.parametrize(
    ("name", "value", "field", "taken"),
    [
        ("DISCORD_TOKEN", f"  {TOKEN}\n", "token", TOKEN),
        ("DISCORD_TOKEN", " ", "token", None),
        ("STATE_DIR", "/var/lib/alongside", "state_dir", Path("/var/lib/alongside")),
        ("STATE_DIR", "~/alongside", "state_dir", Path("~/alongside").expanduser()),
        ("DATABASE_URL", URL, "database_url", URL),
        ("DATABASE_URL", "postgres://h/n", "database_url", "postgres://h/n"),
        ("DATABASE_URL", "postgresql:///n?host=/run/pg", "database_url", ANY),
        ("DATABASE_URL", "postgresql://u:a%2Fb@[::1]:1,h:2/n", "database_url", ANY),
        ("SHARD_COUNT", "", "shard_count", None),
        ("DATABASE_KEY", KEY, "database_key", KEY.lower()),
        ("DATABASE_KEY_FILE", "/run/key", "key_path", Path("/run/key")),
        ("DATABASE_PLAIN", "Yes", "database_plain", True),
        ("DATABASE_PLAIN", "", "database_plain", False),
        ("LOG_LEVEL", "WARNING", "log_level", "warning"),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("STATUS_ADDRESS", "9464", "status_address", ("127.0.0.1", 9464)),
        ("STATUS_ADDRESS", "192.0.2.1:80", "status_address", ("192.0.2.1", 80)),
        ("STATUS_ADDRESS", "[::1]:9464", "status_address", ("::1", 9464)),
        ("STATUS_ADDRESS", "bot.internal:9464", "status_address", ("bot.internal", 9464)),
        ("STATUS_ADDRESS", "", "status_address", None),
        ("HOST_NAME", "A library", "host_name", "A library"),
        ("HOST_CONTACT", "help@example.org", "host_contact", "help@example.org"),
        ("SOURCE_URL", "https://example.org/a", "source_url", "https://example.org/a"),
    ],
)
def test_a_good_value_is_taken(name: str, value: str, field: str, taken: Any) -> None:
    assert getattr(read(**{name: value}), field) == taken


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", "two words"),
        ("DISCORD_TOKEN", f"{TOKEN}\r\nX-Header: 1"),
        ("DISCORD_TOKEN", "t\u00f6ken"),
        ("STATE_DIR", "~nobody-of-this-name/state"),
        ("DATABASE_URL", "mysql://u:quiet-word@h/n"),
        ("DATABASE_URL", "sqlite:///quiet-word.db"),
        ("DATABASE_URL", "postgresql://u:quiet-word@h:port/n"),
        ("DATABASE_URL", "postgresql://u:p@h:99999/n"),
        ("DATABASE_URL", "postgresql://[::1/n"),
        ("DATABASE_URL", "postgresql://u:a/quiet-word@h/n"),
        ("DATABASE_URL", "postgresql://u:12/quiet-word@h/n"),
        ("DATABASE_URL", "postgresql://u:12#quiet-word@h/n"),
        ("DATABASE_URL", "postgresql://u:12?quiet-word@h/n"),
        ("DATABASE_KEY", "quiet-word"),
        ("DATABASE_KEY", "g" * 64),
        ("DATABASE_KEY", "a" * 63),
        ("DATABASE_KEY_FILE", "~nobody-of-this-name/key"),
        ("DATABASE_PLAIN", "maybe"),
        ("DATABASE_PLAIN", "true"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("STATUS_ADDRESS", "here"),
        ("STATUS_ADDRESS", "0"),
        ("STATUS_ADDRESS", "65536"),
        ("STATUS_ADDRESS", "127.0.0.1"),
        ("STATUS_ADDRESS", "http://127.0.0.1:9464"),
        ("STATUS_ADDRESS", "127.0.0.1:9464/metrics"),
        ("STATUS_ADDRESS", "quiet-word@127.0.0.1:9464"),
        ("SOURCE_URL", "example.org"),
        ("SOURCE_URL", "javascript:alert(1)"),
        ("SOURCE_URL", "https://example.org/) [x](https://elsewhere.example"),
    ],
)
def test_a_bad_value_is_refused_by_its_name_and_not_repeated(name: str, value: str) -> None:
    said = refusal(**{name: value})
    assert name.removeprefix("DISCORD_") in said or "token" in said
    assert value not in said
    assert "quiet-word" not in said
    assert "\n" not in said


def test_everything_that_is_wrong_is_named_at_once() -> None:
    said = refusal(
        DATABASE_URL="x", DATABASE_KEY="x", DATABASE_PLAIN="x", LOG_LEVEL="x", SOURCE_URL="x"
    )
    assert re.findall(r"[A-Z]+_[A-Z_]+", said) == [
        "DATABASE_URL",
        "DATABASE_KEY",
        "SOURCE_URL",
        "DATABASE_PLAIN",
        "LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    "both",
    [
        {"DISCORD_TOKEN": TOKEN, "DISCORD_TOKEN_FILE": "/run/token"},
        {"DATABASE_KEY": KEY, "DATABASE_KEY_FILE": "/run/key"},
    ],
)
def test_two_places_for_one_secret_are_refused(both: dict[str, str]) -> None:
    assert "not both" in refusal(**both)


def test_the_token_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert read(DISCORD_TOKEN_FILE=str(file)).token == TOKEN


@pytest.mark.parametrize("content", [None, b"", b"\n", "tökén".encode(), b"a b"])
def test_a_token_file_without_a_token_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    assert "token" in refusal(DISCORD_TOKEN_FILE=str(file)).lower()


@pytest.mark.parametrize(
    ("token", "right"),
    [
        (TOKEN, True),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4", False),
        ("a.b.c", False),
        (TOKEN.replace(".", ":"), False),
        (f"Bot{TOKEN}!", False),
    ],
)
def test_the_shape_of_a_token_is_known(token: str, right: bool) -> None:
    assert read(DISCORD_TOKEN=token).token_looks_right is right


def test_no_secret_is_shown_when_the_settings_are_printed() -> None:
    shown = repr(read(DISCORD_TOKEN=TOKEN, DATABASE_URL=URL, DATABASE_KEY=KEY))
    for secret in (TOKEN, "quiet-word", KEY, KEY.lower()):
        assert secret not in shown
        assert secret not in str(shown)


SECRETS = [variable.name for variable in VARIABLES if variable.secret]


@given(st.sampled_from(SECRETS), st.text("abcXYZ019.:/@-_~ \t", min_size=9))
def test_no_wrong_secret_comes_back_in_the_refusal(name: str, value: str) -> None:
    try:
        shown = repr(read(**{name: value}))
    except StartError as refused:
        shown = str(refused)
    assert value not in shown
    assert not value.strip() or len(value.strip()) < 9 or value.strip() not in shown


def test_the_example_names_every_variable_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(named) == sorted(variable.name for variable in VARIABLES)


def test_the_example_shows_the_defaults_that_hold() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    for variable in VARIABLES:
        if variable.default:
            assert shown[variable.name] == variable.default


def test_the_example_can_be_used_as_it_is() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert Config.read(dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))) == read()


def test_a_credential_of_systemd_is_the_key_file_unless_another_is_named(tmp_path: Path) -> None:
    credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    without = read(**credentials)
    assert without.database_key_file is None
    (tmp_path / "database.key").write_text(KEY)
    given = read(**credentials)
    assert given.key_path == tmp_path / "database.key"
    assert given.database_key_is_credential
    named = read(**credentials, DATABASE_KEY_FILE="/run/key")
    assert named.key_path == Path("/run/key")
    assert not named.database_key_is_credential
    assert read(**credentials, DATABASE_KEY=KEY).database_key_file is None


@pytest.mark.parametrize(
    ("count", "ids", "taken"),
    [
        ("8", "", None),
        ("8", "7", (7,)),
        ("8", "0-3,7", (0, 1, 2, 3, 7)),
        ("8", " 6, 0-1 ,1 ", (0, 1, 6)),
        ("1", "0", (0,)),
    ],
)
def test_the_shards_of_a_process_are_numbers_and_ranges(
    count: str, ids: str, taken: tuple[int, ...] | None
) -> None:
    config = read(DATABASE_URL=URL, SHARD_COUNT=count, SHARD_IDS=ids)
    assert (config.shard_count, config.shard_ids) == (int(count), taken)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"SHARD_COUNT": "2"}, "need DATABASE_URL"),
        ({"SHARD_COUNT": "2", "SHARD_IDS": "0"}, "need DATABASE_URL"),
        ({"DATABASE_URL": URL, "SHARD_IDS": "0"}, "SHARD_IDS needs SHARD_COUNT"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "0"}, "SHARD_COUNT must be"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "10001"}, "SHARD_COUNT must be"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "two"}, "SHARD_COUNT must be"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "\u0662"}, "SHARD_COUNT must be"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "0-4"}, "names shard 4"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "3-0"}, "ends before it begins"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "0-"}, "numbers and ranges"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "-1"}, "numbers and ranges"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "0;1"}, "numbers and ranges"),
        ({"DATABASE_URL": URL, "SHARD_COUNT": "4", "SHARD_IDS": "0,"}, "numbers and ranges"),
    ],
)
def test_shards_that_cannot_be_are_refused_in_a_sentence(
    environ: dict[str, str], sentence: str
) -> None:
    assert sentence in refusal(**environ)


@given(st.text("0123456789-, ", max_size=30), st.integers(1, 40))
def test_whatever_shards_are_named_they_are_within_the_count_or_refused(
    ids: str, count: int
) -> None:
    try:
        config = read(DATABASE_URL=URL, SHARD_COUNT=str(count), SHARD_IDS=ids)
    except StartError:
        return
    assert config.shard_ids is None or set(config.shard_ids) <= set(range(count))
    assert config.shard_ids != ()
