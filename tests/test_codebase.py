"""The shape defends itself: each rule holds, and each is seen to catch a breach."""

from __future__ import annotations

import re
from typing import Any

import pytest
from discord import app_commands

from bot.commands import key_of
from bot.content import DATA
from bot.database import Database
from bot.privacy import Kind
from bot.texts import COMMAND, SHIPPED, Texts
from tests import rules
from tests.world import World

SOURCES = rules.read_sources("bot", "cogs")
TEXTS = Texts.load()


def test_every_file_imports_only_what_its_role_may() -> None:
    assert rules.wrong_imports(SOURCES) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cogs/faq/model.py", "import discord"),
        ("cogs/faq/search.py", "import asyncio"),
        ("cogs/faq/search.py", "from bot.database import Database"),
        ("cogs/faq/search.py", "from random import choice"),
        ("cogs/faq/search/words.py", "import discord"),
        ("cogs/faq/search/__main__.py", "from cogs.faq import service"),
        ("cogs/faq/search/words_store.py", "from bot.database import Database"),
        ("cogs/faq/store.py", "import discord"),
        ("cogs/faq/store.py", "from cogs.faq import service"),
        ("cogs/faq/service.py", "from discord import Embed"),
        ("cogs/faq/service.py", "from bot.views import Panel"),
        ("cogs/faq/service.py", "from bot.runtime import Runtime"),
        ("cogs/faq/service.py", "from bot.commands import key_of"),
        ("cogs/faq/settings.py", "from cogs.faq import store"),
        ("cogs/faq/settings.py", "from discord import Role"),
        ("cogs/faq/check.py", "import discord"),
        ("cogs/faq/cog.py", "from cogs.faq import store"),
        ("cogs/faq/views.py", "from cogs.faq.store import entries"),
        ("cogs/faq/share_cog.py", "from cogs.faq import store"),
        ("cogs/faq/share_views.py", "from cogs.faq.store import entries"),
        ("cogs/faq/service.py", "from cogs.faq import share_views"),
        ("cogs/faq/search.py", "from cogs.faq import share_cog"),
        ("cogs/faq/overviews.py", "import discord"),
        ("cogs/faq/cog.py", "from cogs.helplines import model"),
        ("bot/views.py", "from cogs.faq import model"),
        ("bot/client.py", "import simcord"),
        ("cogs/faq/cog.py", "import simcord"),
        ("cogs/insights/cog.py", "from matplotlib.figure import Figure"),
    ],
)
def test_an_import_against_the_roles_is_caught(path: str, source: str) -> None:
    assert rules.wrong_imports({path: source})


def test_a_role_may_say_before_its_name_what_it_is_about() -> None:
    assert not rules.wrong_imports({"cogs/faq/share_views.py": "import discord"})
    assert not rules.wrong_imports({"cogs/faq/share_cog.py": "from cogs.faq import share_views"})


def test_an_import_for_the_type_checker_alone_is_no_breach() -> None:
    source = "if TYPE_CHECKING:\n    from bot.views import Panel"
    assert not rules.wrong_imports({"cogs/faq/service.py": source})


def test_sql_stands_only_in_stores_and_at_the_door() -> None:
    assert rules.sql_out_of_place(SOURCES) == []
    assert rules.sql_out_of_place({"cogs/faq/service.py": 'x = "SELECT 1 FROM a"'})


def test_only_the_clock_asks_for_the_time() -> None:
    assert rules.clocks_out_of_place(SOURCES) == []
    assert rules.clocks_out_of_place({"bot/jobs.py": "now = datetime.now(UTC)"})


def test_no_search_for_a_place_holds_the_loop() -> None:
    assert rules.searches_on_the_loop(SOURCES) == []
    for search in ("zone_named(typed)", "countries.exact(typed, locale)"):
        assert rules.searches_on_the_loop({"cogs/faq/cog.py": f"async def a():\n    {search}"})


@pytest.mark.parametrize("locale", [name for name in TEXTS.locales if name != "en"])
def test_every_language_says_the_same_things_with_the_same_parameters(locale: str) -> None:
    assert TEXTS.keys(locale) == TEXTS.keys("en")
    for key in sorted(TEXTS.keys("en")):
        assert TEXTS.placeholders(key, locale) == TEXTS.placeholders(key, "en"), key


def test_every_sentence_that_counts_has_all_plural_forms_of_its_language() -> None:
    for locale in TEXTS.locales:
        for key in sorted(TEXTS.keys(locale)):
            forms = TEXTS.forms(key, locale)
            if len(forms) > 1 or "" not in forms:
                assert set(forms) == TEXTS.plural_categories(locale), (locale, key)


def test_every_key_that_is_said_exists() -> None:
    missing = {key for key in rules.keys_used(SOURCES) if not TEXTS.has(key)}
    assert missing == set()
    assert rules.keys_used({"a.py": 'words("faq.x" if y else "faq.z")'}) == {"faq.x", "faq.z"}


def test_everything_that_is_written_down_of_moderators_has_its_words() -> None:
    actions = rules.actions_written_down(SOURCES)
    assert {"settings.change", "pairing.stop"} <= actions
    wanted = {f"audit.action.{one}" for one in actions}
    wanted |= {f"audit.about.{one.split('.')[0]}" for one in actions}
    assert [key for key in sorted(wanted) if not TEXTS.has(key)] == []


def test_every_key_is_said_somewhere() -> None:
    keys = {key for key in sorted(TEXTS.keys()) if not key.startswith("commands.")}
    assert rules.never_said(keys, SOURCES) == []
    assert rules.never_said({"faq.lost"}, {"a.py": 'f"faq.{x}.title"'}) == ["faq.lost"]


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_a_section_of_a_text_file_begins_once(locale: str) -> None:
    lines = (SHIPPED / f"{locale}.yaml").read_text("utf-8").splitlines()
    sections = [line for line in lines if line.startswith("#")]
    assert [line for line in sections if sections.count(line) > 1] == []


async def test_every_command_and_option_has_words_in_every_language(world: World) -> None:
    wanted: set[str] = set()
    exemplified: set[str] = set()
    for command in world.bot.tree.walk_commands():
        key = key_of(command)
        wanted |= {f"{key}.name", f"{key}.description"}
        assert TEXTS.say(f"{key}.name", "en") == command.name
        if isinstance(command, app_commands.Command):
            for option in command.parameters:
                wanted |= {f"{key}.options.{option.name}.{part}" for part in _PARTS}
                # One that can be left out need not be in the example that /help gives.
                if option.required or len(command.parameters) == 1:
                    exemplified.add(f"{key}.options.{option.name}.example")
    have = {key for key in sorted(TEXTS.keys()) if key.startswith("commands.")}
    examples = {key for key in have if key.endswith(".example")}
    assert have - examples == wanted
    assert examples >= exemplified
    assert {key.replace(".example", ".name") for key in examples} <= wanted


_PARTS = ("name", "description")

_ALIKE = {"faq", "id", "plan"}
"""Words for a command or an option that many languages share."""

_SHARED = {"de": {"pause"}, "fr": {"pause"}}
"""And those that one language shares with English."""


async def test_no_command_or_option_is_left_in_english(world: World) -> None:
    for locale in set(TEXTS.locales) - {"en"}:
        alike = _ALIKE | _SHARED.get(locale, set())
        for key in sorted(TEXTS.keys()):
            if not key.startswith("commands.") or key.endswith(".example"):
                continue
            if (said := TEXTS.say(key, "en")) not in alike:
                assert TEXTS.say(key, locale) != said, (locale, key)
    for command in world.bot.tree.walk_commands():
        for option in getattr(command, "parameters", ()):
            # Choices that are fixed would need words of their own; suggestions bring theirs.
            assert option.choices == [], command.qualified_name


async def test_every_command_that_is_named_exists_and_can_be_used(world: World) -> None:
    usable = {
        command.qualified_name
        for command in world.bot.tree.walk_commands()
        if isinstance(command, app_commands.Command)
    }
    for key in sorted(TEXTS.keys()):
        named = [_commands_named(key, locale) for locale in TEXTS.locales]
        assert named[0] <= usable, key
        assert all(others == named[0] for others in named), key
        for locale in TEXTS.locales:
            # Plain words would stay English for everybody, and do nothing when tapped.
            for form in TEXTS.forms(key, locale).values():
                assert not re.search(r"(?<![\w<:/.])/[^\W\d]", form), (locale, key)
    assert _commands_named("pairing.rounds.off", "es") == {"settings"}


async def test_every_command_in_a_page_or_an_answer_is_named_as_its_readers_see_it(
    world: World,
) -> None:
    paths = {command.qualified_name for command in world.bot.tree.walk_commands()}
    for locale in TEXTS.locales:
        known = {TEXTS.command_name(path, locale) for path in paths}
        pages = [*DATA.glob(f"policy/{locale}/*"), *DATA.glob(f"content/**/{locale}.yaml")]
        for page in pages:
            named = set(re.findall(r"`/([^`\n]+)`", page.read_text(encoding="utf-8")))
            assert named <= known, page
        assert known >= {TEXTS.command_name("privacy", locale)}


def _commands_named(key: str, locale: str) -> set[str]:
    forms = TEXTS.forms(key, locale).values()
    return {name for form in forms for name in COMMAND.findall(form)}


async def test_names_and_descriptions_of_commands_are_what_discord_takes(world: World) -> None:
    for locale in TEXTS.locales:
        for key in sorted(TEXTS.keys(locale)):
            if not key.startswith("commands."):
                continue
            said = TEXTS.say(key, locale)
            if key.endswith(".name"):
                assert re.fullmatch(r"[-_\w]{1,32}", said), key
                assert said == said.lower(), key
            else:
                assert 1 <= len(said) <= 100, (locale, key)


async def test_siblings_have_different_names_in_every_language(world: World) -> None:
    groups: dict[Any, list[str]] = {}
    for command in world.bot.tree.walk_commands():
        parent = command.parent.qualified_name if command.parent else ""
        groups.setdefault(parent, []).append(f"{key_of(command)}.name")
    for locale in TEXTS.locales:
        for keys in groups.values():
            names = [TEXTS.say(key, locale) for key in keys]
            assert len(set(names)) == len(names), (locale, names)


async def test_every_setting_has_its_words(world: World) -> None:
    for setting in world.bot.runtime.settings.declared:
        for part in ("name", "meaning"):
            assert TEXTS.has(f"settings.{setting.key}.{part}"), setting.key
        assert TEXTS.has(f"settings.section.{setting.section}")
        for option in getattr(setting, "options", ()):
            assert TEXTS.has(f"settings.{setting.key}.options.{option}")
        if setting.asks_first:
            assert TEXTS.has(f"settings.{setting.key}.follows_on")
            assert TEXTS.has(f"settings.{setting.key}.follows_off")
        if setting.default in ((), ""):
            assert TEXTS.has(f"settings.{setting.key}.none")


async def columns(database: Database) -> dict[str, set[str]]:
    """The columns of every table, by table, on either engine."""
    if database.engine == "PostgreSQL":
        sql = (
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns "
            "WHERE table_schema = current_schema()"
        )
    else:
        sql = (
            "SELECT m.name AS t, c.name AS c FROM sqlite_schema m, pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        )
    found: dict[str, set[str]] = {}
    async with database.read() as read:
        for row in await read.fetch(sql):
            found.setdefault(row["t"], set()).add(row["c"])
    return found


async def test_every_table_is_declared_with_whom_it_names(world: World, database: Database) -> None:
    schema = await columns(database)
    holdings = world.bot.runtime.privacy.holdings
    assert set(schema) - {"schema_version"} == {holding.table for holding in holdings}
    for table in {holding.table for holding in holdings}:
        people = [column for column in sorted(schema[table]) if column.endswith("user_id")]
        declared = [one.person for one in holdings if one.table == table]
        assert sorted(filter(None, declared)) == people, table
        assert len(declared) == max(1, len(people)), table
    for holding in holdings:
        table = holding.table
        assert (holding.server in schema[table]) if holding.server else True
        assert ("server_id" in schema[table]) == (holding.server is not None), table
        if holding.kept_since:
            assert holding.kept_since in schema[table]
        if holding.kind is Kind.OWN:
            assert TEXTS.has(f"privacy.holds.{holding.name}")
