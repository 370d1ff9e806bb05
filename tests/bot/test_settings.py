"""What moderators can change: checked, saved with its audit line, or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import audit
from bot.database import Database, Transaction
from bot.errors import UserError
from bot.settings import store
from bot.settings.core import CORE
from bot.settings.model import Channels, Choice, Language, Number, Roles, Setting, Text, Toggle
from bot.settings.service import Settings
from tests.stores import NOW

if TYPE_CHECKING:
    pass

SERVER, OTHER_SERVER, CEDAR, DOGWOOD = 10, 11, 20, 21


def no_shouting(words: str) -> str:
    if words.isupper():
        raise UserError("settings.refused.choice")
    return words


TOGGLE = Toggle(key="test.toggle", default=True)
CHOICE = Choice(key="test.choice", default="a", options=("a", "b", "c"))
LANGUAGE = Language(key="test.language", default="en")
NUMBER = Number(key="test.number", default=3, minimum=1, maximum=10)
TEXT = Text(key="test.text", default="", max_length=20, accept=no_shouting)
CHANNELS = Channels(key="test.channels", default=(), maximum=3)
ROLES = Roles(key="test.roles", default=())
ALL: list[Setting[Any]] = [TOGGLE, CHOICE, LANGUAGE, NUMBER, TEXT, CHANNELS, ROLES]


def clock() -> Any:
    return NOW


def settings_on(database: Database) -> Settings:
    settings = Settings(database, clock)
    for setting in ALL:
        settings.declare(setting)
    return settings


@pytest.fixture
def settings(database: Database) -> Settings:
    return settings_on(database)


async def saved(database: Database) -> dict[str, str]:
    async with database.read() as read:
        return await store.values(read, SERVER)


async def audited(database: Database) -> list[audit.Line]:
    async with database.read() as read:
        return await audit.lines(read, SERVER, limit=100)


# The rules alone


@pytest.mark.parametrize(
    ("setting", "value", "taken"),
    [
        (TOGGLE, False, False),
        (CHOICE, "b", "b"),
        (LANGUAGE, "es", "es"),
        (LANGUAGE, "pt-BR", "pt-BR"),
        (NUMBER, 1, 1),
        (NUMBER, 10, 10),
        (NUMBER, " 7 ", 7),
        (NUMBER, "٧", 7),
        (TEXT, "  hello  ", "hello"),
        (TEXT, "   ", ""),
        (TEXT, " " * 50 + "x" * 20, "x" * 20),
        (CHANNELS, [], ()),
        (CHANNELS, [3, 1, 3], (3, 1)),
        (ROLES, (1, 2), (1, 2)),
    ],
)
def test_a_good_value_is_taken_in_its_proper_form(
    setting: Setting[Any], value: object, taken: object
) -> None:
    assert setting.check(value) == taken


JUNK: list[tuple[Setting[Any], object]] = [
    *((TOGGLE, value) for value in (None, 0, 1, "true", "", ["on"], {"on": 1})),
    *((CHOICE, value) for value in (None, "", "A", "ab", 1, ["a"], {"a": 1})),
    *((LANGUAGE, value) for value in (None, "", "e", "zz", "english", "en_US.UTF-8", "??", 5, [5])),
    *((NUMBER, value) for value in (None, 0, 11, -1, 2.0, True, "", "two", "1e1", "9" * 5000, [1])),
    *((TEXT, value) for value in (None, 1, "x" * 21, ["x"], "SHOUT", "half a pair \ud83d")),
    *((CHANNELS, value) for value in (None, 1, "1", [0], [-1], ["1"], [True], [2**63], [1.0])),
    *((CHANNELS, value) for value in ([1, 2, 3, 4], {1: 2}, [None], [[1]])),
    *((ROLES, value) for value in (None, list(range(1, 12)), "admin")),
]


@pytest.mark.parametrize(("setting", "value"), JUNK)
def test_junk_is_refused_in_words(setting: Setting[Any], value: object) -> None:
    with pytest.raises(UserError) as refused:
        setting.check(value)
    assert refused.value.key.startswith("settings.refused.")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["a", "en", "es-419", "5", 5, "SHOUT", "\ud800", 2**63]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(ALL), ANYTHING)
def test_whatever_is_given_is_refused_or_comes_back_from_the_store(
    setting: Setting[Any], value: object
) -> None:
    try:
        checked = setting.check(value)
    except UserError:
        return
    assert setting.check(checked) == checked
    text = setting.encode(checked)
    assert setting.decode(text.encode("utf-8").decode("utf-8")) == checked


@given(st.sampled_from(ALL), st.text() | st.sampled_from(["null", "[[]]", "9" * 5000, '"\\ud800"']))
def test_a_stored_value_that_is_no_longer_acceptable_is_the_default(
    setting: Setting[Any], text: str
) -> None:
    value = setting.decode(text)
    assert value == setting.default or setting.check(value) == value


@pytest.mark.parametrize(
    ("setting", "text"),
    [(CHOICE, '"gone"'), (NUMBER, "99"), (LANGUAGE, '"zz"'), (ROLES, '["x"]'), (TOGGLE, "no")],
)
def test_a_value_of_an_older_version_falls_back(setting: Setting[Any], text: str) -> None:
    assert setting.decode(text) == setting.default


# With a store


async def test_nothing_set_means_the_default(settings: Settings) -> None:
    for setting in ALL:
        assert await settings.get(SERVER, setting) == setting.default


async def test_a_change_holds_for_its_server_alone(settings: Settings) -> None:
    await settings.change(SERVER, NUMBER, "7", by=CEDAR)
    assert await settings.get(SERVER, NUMBER) == 7
    assert await settings.get(OTHER_SERVER, NUMBER) == 3


async def test_a_change_is_there_after_a_restart(database: Database, settings: Settings) -> None:
    await settings.change(SERVER, CHANNELS, [5, 6], by=CEDAR)
    assert await settings_on(database).get(SERVER, CHANNELS) == (5, 6)


async def test_each_change_is_written_down_with_who_what_and_when(
    database: Database, settings: Settings
) -> None:
    await settings.change(SERVER, TEXT, "hello", by=CEDAR)
    await settings.change(SERVER, TEXT, "", by=DOGWOOD)
    lines = {line.actor_user_id: line for line in await audited(database)}
    assert (lines[CEDAR].before, lines[CEDAR].after) == (None, '"hello"')
    assert (lines[DOGWOOD].before, lines[DOGWOOD].after) == ('"hello"', None)
    for line in lines.values():
        assert (line.action, line.target) == ("settings.change", "test.text")
        assert line.changed_at == NOW


async def test_what_is_the_default_again_takes_no_room(
    database: Database, settings: Settings
) -> None:
    await settings.change(SERVER, NUMBER, 7, by=CEDAR)
    await settings.change(SERVER, NUMBER, 3, by=CEDAR)
    assert await saved(database) == {}


async def test_what_changes_nothing_is_not_written_down(
    database: Database, settings: Settings
) -> None:
    change = await settings.change(SERVER, NUMBER, "3", by=CEDAR)
    assert change.before == change.after
    assert await audited(database) == []
    assert await saved(database) == {}


async def test_junk_leaves_no_trace(database: Database, settings: Settings) -> None:
    for setting, value in JUNK:
        with pytest.raises(UserError):
            await settings.change(SERVER, setting, value, by=CEDAR)
    assert await saved(database) == {}
    assert await audited(database) == []


async def test_the_reaction_sees_the_new_value_before_it_is_final(database: Database) -> None:
    settings = Settings(database, clock)
    seen: list[tuple[int, int, str | None]] = []

    async def react(tx: Transaction, server_id: int, value: int) -> None:
        seen.append((server_id, value, await store.hold_value(tx, server_id, NUMBER.key)))

    settings.declare(NUMBER, react)
    await settings.change(SERVER, NUMBER, 7, by=CEDAR)
    await settings.change(SERVER, NUMBER, 7, by=CEDAR)
    assert seen == [(SERVER, 7, "7")]


class TooLateError(Exception):
    pass


@pytest.mark.parametrize("error", [UserError("settings.refused.choice"), TooLateError()])
async def test_when_the_reaction_fails_nothing_has_changed(
    database: Database, error: Exception
) -> None:
    settings = Settings(database, clock)

    async def react(tx: Transaction, server_id: int, value: int) -> None:
        await store.set_value(tx, server_id, "test.due", str(value))
        raise error

    settings.declare(NUMBER, react)
    with pytest.raises(type(error)):
        await settings.change(SERVER, NUMBER, 7, by=CEDAR)
    assert await settings.get(SERVER, NUMBER) == 3
    assert await saved(database) == {}
    assert await audited(database) == []


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    database: Database, settings: Settings
) -> None:
    shown = await settings.get(SERVER, NUMBER)
    await settings.change(SERVER, NUMBER, 5, by=DOGWOOD, seen=shown)
    with pytest.raises(UserError) as refused:
        await settings.change(SERVER, NUMBER, 7, by=CEDAR, seen=shown)
    assert refused.value.key == "settings.refused.changed_meanwhile"
    assert await settings.get(SERVER, NUMBER) == 5
    assert [line.actor_user_id for line in await audited(database)] == [DOGWOOD]


async def test_of_two_moderators_at_once_one_wins_and_the_other_is_told(
    database: Database, settings: Settings
) -> None:
    for first in range(1, 20, 2):
        shown = await settings.get(SERVER, CHANNELS)
        outcomes = await asyncio.gather(
            settings.change(SERVER, CHANNELS, [first], by=CEDAR, seen=shown),
            settings.change(SERVER, CHANNELS, [first + 1], by=DOGWOOD, seen=shown),
            return_exceptions=True,
        )
        kept = await settings.get(SERVER, CHANNELS)
        assert [isinstance(outcome, UserError) for outcome in outcomes].count(True) == 1
        assert kept == ((first,) if isinstance(outcomes[1], UserError) else (first + 1,))
        await settings.change(SERVER, CHANNELS, [], by=CEDAR)
    assert len(await audited(database)) == 20


async def test_a_read_under_way_during_a_change_never_hides_it(settings: Settings) -> None:
    for value in range(4, 10):
        await asyncio.gather(
            *(settings.get(SERVER, NUMBER) for _ in range(5)),
            settings.change(SERVER, NUMBER, value, by=CEDAR),
            *(settings.get(SERVER, NUMBER) for _ in range(5)),
        )
        assert await settings.get(SERVER, NUMBER) == value
        settings.forget(SERVER)


async def test_a_change_given_up_while_it_was_committed_is_seen_as_it_was_kept(
    database: Database,
) -> None:
    settings = Settings(database, clock)

    async def react(tx: Transaction, server_id: int, value: int) -> None:
        # The last thing before the commit, so that the cancellation comes in the midst of it.
        asyncio.get_running_loop().call_soon(change.cancel)

    settings.declare(NUMBER, react)
    assert await settings.get(SERVER, NUMBER) == 3
    change = asyncio.ensure_future(settings.change(SERVER, NUMBER, 7, by=CEDAR))
    with pytest.raises(asyncio.CancelledError):
        await change
    assert await settings.get(SERVER, NUMBER) == 7
    assert await saved(database) == {"test.number": "7"}


async def test_the_settings_in_memory_are_bounded(settings: Settings) -> None:
    for server_id in range(1, 2_101):
        await settings.get(server_id, NUMBER)
    await settings.change(1, NUMBER, 7, by=CEDAR)
    assert await settings.get(1, NUMBER) == 7
    assert len(settings._cache) <= 2_000  # pyright: ignore[reportPrivateUsage]


async def test_a_setting_is_declared_once_and_found_by_its_key(settings: Settings) -> None:
    assert settings.by_key("test.number") is NUMBER
    assert settings.declared == tuple(ALL)
    with pytest.raises(ValueError, match="declared twice"):
        settings.declare(Toggle(key="test.number", default=True))
    with pytest.raises(UserError) as refused:
        settings.by_key("test.gone")
    assert refused.value.key == "settings.refused.unknown"


def test_the_settings_of_the_core_have_good_defaults() -> None:
    for setting in CORE:
        assert setting.check(setting.default) == setting.default
        assert setting.section == "server"
