"""Who counts as a moderator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest
from simcord.builders import RoleHandle

from bot.permissions import MODERATOR_DEFAULT, is_moderator
from bot.views import Panel, button, reply, row
from tests.world import World, text_of

if TYPE_CHECKING:
    from bot.client import Interaction


@pytest.fixture
async def helper_role(world: World) -> RoleHandle:
    return world.guild.create_role("Helper")


async def may_steer(world: World, roles: list[RoleHandle], *, permissions: int = 0) -> bool:
    """Whether somebody with these roles is a moderator when they press a button."""

    async def ask(interaction: Interaction) -> None:
        answer = await is_moderator(interaction)
        await reply(interaction, Panel("yes" if answer else "no"))

    world.bot.runtime.actions.on("test:ask", ask)
    if permissions:
        given = discord.Permissions(permissions)
        roles = [*roles, world.guild.create_role("Other", permissions=given)]
    person = world.guild.add_member(world.env.create_user("dogwood"), roles=roles)
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send(view=Panel("?", row(button("Ask", "test:ask"))))
    return text_of(await person.click(message, label="Ask")) == "yes"


@pytest.mark.parametrize(
    ("permissions", "answer"),
    [
        (0, False),
        (MODERATOR_DEFAULT.value, True),
        (discord.Permissions(administrator=True).value, True),
        (discord.Permissions(manage_messages=True, kick_members=True).value, False),
    ],
)
async def test_whoever_may_manage_the_server_steers(
    world: World, permissions: int, answer: bool
) -> None:
    assert await may_steer(world, [], permissions=permissions) is answer


async def test_a_named_role_steers_and_one_that_is_not_named_does_not(
    world: World, helper_role: RoleHandle
) -> None:
    other = world.guild.create_role("Guest")
    await world.settings("server.moderator_roles", [helper_role.id])
    assert await may_steer(world, [other, helper_role])


async def test_a_role_that_nobody_named_does_not_steer(
    world: World, helper_role: RoleHandle
) -> None:
    await world.settings("server.moderator_roles", [helper_role.id + 1])
    assert not await may_steer(world, [helper_role])


async def test_naming_a_server_as_its_own_role_opens_no_door(world: World) -> None:
    await world.settings("server.moderator_roles", [world.guild.id])
    assert not await may_steer(world, [])
