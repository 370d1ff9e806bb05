import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.backend import Backend, models
from simcord.enums import ChannelType

from bot.errors import StartError
from bot.playground.world import UnreadableError, WorldFile, capture, decode, encode, restore

keys = st.one_of(st.integers(), st.text(max_size=8), st.none())
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=20),
        st.binary(max_size=20),
        st.just(datetime(2026, 1, 1, tzinfo=UTC)),
        st.sampled_from(ChannelType),
        st.frozensets(st.integers(), max_size=4),
        st.builds(models.Role, id=st.integers(), name=st.text(max_size=5)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
        st.tuples(inner, inner),
    ),
    max_leaves=12,
)


@given(values)
def test_what_was_written_is_read_back_as_it_was(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_a_word_of_a_member_that_looks_like_a_tag_stays_a_word() -> None:
    assert decode(encode({"$model": "Guild", "of": {}})) == {"$model": "Guild", "of": {}}


@pytest.mark.parametrize(
    "data",
    [
        {"$model": "Popen", "of": {}},
        {"$model": "Role", "of": {"id": 1}},
        {"$enum": "Jump", "of": 1},
        {"$call": "os.system"},
    ],
)
def test_only_the_parts_of_a_world_can_be_made(data: Any) -> None:
    with pytest.raises((UnreadableError, KeyError)):
        decode(data)


def test_what_a_world_cannot_hold_is_refused_when_writing() -> None:
    with pytest.raises(TypeError, match="object"):
        encode([object()])


def test_a_simulated_discord_comes_back_with_its_ids_moment_and_files() -> None:
    first = Backend()
    guild = first.create_guild("Harbour")
    first.advance_clock(3600)
    user = first.make_user("alex")
    first.add_member(guild.id, user.id)
    direct = first.get_dm_channel(user.id)
    first.store_attachments(direct.id, [("a.txt", b"words")])
    message = first.create_message(direct.id, user.id, "hello")
    second = Backend()
    restore(second, json.loads(json.dumps(capture(first))))
    assert second.get_message(direct.id, message.id) == message
    assert second.guilds == first.guilds
    assert second.bot_user is second.users[first.bot_user.id]
    assert second.clock.now() == first.clock.now()
    assert second.snowflake() not in {message.id, direct.id, user.id}
    assert capture(second) == {**capture(first), "parts": capture(second)["parts"]}


def test_nothing_kept_is_no_world(tmp_path: Path) -> None:
    assert WorldFile(tmp_path / "world.json").read() is None


def test_a_world_is_written_once_and_only_for_its_owner(tmp_path: Path) -> None:
    file = WorldFile(tmp_path / "world.json")
    assert file.write({"a": 1})
    assert not file.write({"a": 1})
    assert file.write({"a": 2})
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["world.json"]


@pytest.mark.parametrize("text", ["", '{"format": 1, "wor', "[]", "null", '{"form', "\xff\x00"])
def test_a_broken_world_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(text, "latin-1")
    with pytest.raises(StartError, match=r"cannot be read: start once with --fresh"):
        WorldFile(path).read()
    assert path.read_text("latin-1") == text


def test_a_world_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text('{"format": 2}')
    with pytest.raises(StartError, match=r"another version .* --fresh"):
        WorldFile(path).read()
