"""The words of the commands, as Discord is told them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from discord import AppCommandType

from bot.texts import Texts
from tests.world import World

TEXTS = Texts.load()
OPTION = 3


Told = dict[str, Any]


def told(world: World) -> list[Told]:
    """The slash commands that were sent to Discord when the bot started."""
    sent: Any = next(one.json for one in world.env.http_requests if one.method == "PUT")
    return [one for one in sent if one["type"] == AppCommandType.chat_input.value]


def walk(sent: list[Told], path: str = "commands") -> Iterator[tuple[str, Told]]:
    """Every command and option, by the key of its words."""
    for one in sent:
        inside = f"{path}.options" if one["type"] >= OPTION else path
        key = f"{inside}.{one['name']}"
        yield key, one
        yield from walk(one.get("options") or [], key)


async def test_discord_is_told_every_name_and_description_in_english_and_spanish(
    world: World,
) -> None:
    seen = dict(walk(told(world)))
    assert {"commands.about", "commands.helplines.options.country"} <= set(seen)
    for key, one in seen.items():
        assert one["description"] == TEXTS.say(f"{key}.description", "en")
        for part in ("name", "description"):
            spoken = one[f"{part}_localizations"]
            for locale in ("es-ES", "es-419"):
                assert spoken[locale] == TEXTS.say(f"{key}.{part}", "es"), key
            assert "ja" not in spoken


@pytest.mark.parametrize("name", ["manage", "settings"])
async def test_moderators_commands_are_for_servers_and_for_who_may_manage_them(
    world: World, name: str
) -> None:
    (command,) = [one for one in told(world) if one["name"] == name]
    assert command["default_member_permissions"] == 1 << 5
    assert command["dm_permission"] is False


async def test_discord_takes_no_more_than_a_hundred_commands(world: World) -> None:
    assert len(told(world)) <= 100
