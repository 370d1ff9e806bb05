"""What /about and /help say, and to whom."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from discord import app_commands

from bot import __version__, spoken
from bot.config import Config
from bot.texts import Texts, Words
from bot.zones import zone_named
from cogs.about.views import Usable, about
from tests.world import World, answer_of, buttons_of, text_of

ENGLISH = Words(Texts.load(), "en")
CONFIG = Config(Path("unused"))


async def test_about_says_what_the_bot_is_and_is_not(world: World) -> None:
    answer = await world.member.slash(world.channel, "about")
    assert answer.ephemeral
    said = text_of(answer)
    for promise in ("I am a bot", "not therapy", "not a crisis service", "nobody watches"):
        assert promise in said
    assert f"Alongside {__version__}" in said


async def test_from_about_everything_else_is_one_tap_away(world: World) -> None:
    message = answer_of(await world.member.slash(world.channel, "about")).message
    assert "/helplines" in text_of(await world.member.click(message, label="What can I use?"))
    message = answer_of(await world.member.slash(world.channel, "about")).message
    assert "What is kept about you" in text_of(await world.member.click(message, label="Your data"))


async def test_help_lists_what_a_member_may_use(world: World) -> None:
    said = text_of(await world.member.slash(world.channel, "help"))
    for name in ("about", "help", "privacy", "faq ask", "helplines"):
        assert f"**</{name}:" in said
    assert "/manage" not in said
    assert "/settings" not in said
    assert not said.rstrip().endswith("…")


@pytest.mark.parametrize("locale", ["en", "es"])
async def test_commands_open_with_a_tap_from_the_help_of_members(world: World, locale: str) -> None:
    said = text_of(await world.member.slash(world.channel, "help"))
    ids = {command.name: command.id for command in await world.bot.tree.fetch_commands()}
    texts = world.bot.runtime.texts
    assert f"**</pair join:{ids['pair']}>**" in said
    assert texts.say("pairing.cannot.join_first", locale).count(f"</pair join:{ids['pair']}>") == 1


async def pages_of_help(world: World) -> list[str]:
    """What a moderator reads, page by page."""
    shown = await world.moderator.slash(world.channel, "help")
    pages = [text_of(shown)]
    while onward := {"More", "For moderators"} & set(buttons_of(shown)):
        shown = await world.moderator.click(answer_of(shown).message, label=onward.pop())
        pages.append(text_of(shown))
    return pages


async def test_help_shows_moderators_what_moderators_may_use_on_pages_of_its_own(
    world: World,
) -> None:
    first, *others = await pages_of_help(world)
    assert "</settings:" not in first
    assert "</settings:" in "".join(others)
    assert "</manage audit:" in "".join(others)
    assert all(page.startswith("## For moderators") for page in others[-1:])


async def test_everything_in_help_is_a_command_that_discord_offers(world: World) -> None:
    said = "\n".join(await pages_of_help(world))
    listed = re.findall(r"^\*\*</([^:]+):\d+>\*\*$", said, re.MULTILINE)
    assert sorted(listed) == sorted(world.moderator.available_commands(world.channel))


async def test_help_gives_an_example_with_the_names_that_discord_shows(world: World) -> None:
    said = text_of(await world.member.slash(world.channel, "help"))
    assert "For example: *question:* how can I listen well" in said
    assert "For example: *days:* mon wed fri *time:* 18:30 *zone:* Berlin" in said
    commands = [
        Usable.of(command, moderators=False)
        for command in world.bot.tree.walk_commands()
        if command.qualified_name == "faq ask" and isinstance(command, app_commands.Command)
    ]
    german = Words(world.bot.runtime.texts, "de")
    assert commands[0].example(german, german) == "Zum Beispiel: *frage:* wie höre ich gut zu"


async def test_times_days_and_places_of_the_examples_are_understood_as_they_stand(
    world: World,
) -> None:
    texts = world.bot.runtime.texts
    for locale in texts.locales:
        for key in texts.keys(locale):
            if not (key.startswith("commands.") and key.endswith(".example")):
                continue
            said, option = texts.say(key, locale), key.split(".")[-2]
            match option:
                case "day" | "days":
                    assert spoken.days(said)
                case "at" | "time":
                    assert spoken.wall_time(said)
                case "zone":
                    assert zone_named(said, locale)
                case "until":
                    assert spoken.pause_end(said, date(2026, 1, 1)) == date(2026, 1, 15)
                case _:
                    assert said


@pytest.mark.parametrize(
    ("name", "contact", "said"),
    [
        (None, None, []),
        ("A _library_", None, [r"run by A \_library\_."]),
        (None, "help@here.example", ["Contact: help@here.example"]),
        ("Us", "https://us.example/a_b", ["run by Us.", "Contact: https://us.example/a_b"]),
    ],
)
def test_who_runs_the_bot_is_said_as_far_as_the_host_says_it(
    name: str | None, contact: str | None, said: list[str]
) -> None:
    panel = about(ENGLISH, replace(CONFIG, host_name=name, host_contact=contact), counts=False)
    shown = str(panel.to_components())
    for part in said:
        assert repr(part)[1:-1] in shown
    assert ("Contact:" in shown) is (contact is not None)


@pytest.mark.parametrize("address", [None, "https://example.org/alongside"])
def test_the_source_is_one_tap_away_where_the_host_says_where_it_is(address: str | None) -> None:
    panel = about(ENGLISH, replace(CONFIG, source_url=address), counts=False)
    assert ("Source code" in str(panel.to_components())) is (address is not None)


async def test_the_buttons_of_about_have_names(world: World) -> None:
    labels = buttons_of(await world.member.slash(world.channel, "about"))
    assert set(labels) >= {"Helplines", "What can I use?", "Your data"}
