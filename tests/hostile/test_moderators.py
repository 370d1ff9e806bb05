"""Every road into what is for moderators asks again who comes."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.ground import make_ground, send
from tests.hostile.steering import commands, moderator, steps, submit
from tests.world import World, text_of

ONLY = "Only moderators of this server can do that."

FOR_MODERATORS = {"insights", "manage", "pause", "settings", "setup", "today"}
"""The commands whose every part is for moderators."""


async def test_discord_hides_every_command_for_moderators_until_a_server_says_otherwise(
    world: World,
) -> None:
    for root in world.bot.tree.get_commands():
        hidden = getattr(root, "default_permissions", None)
        assert (hidden is not None) == (root.name in FOR_MODERATORS), root.name
        if hidden is not None:
            assert hidden.manage_guild
            assert root.guild_only


async def test_a_command_that_discord_shows_to_others_all_the_same_refuses_them(
    tmp_path: Path,
) -> None:
    async with make_ground(tmp_path / "state") as ground:
        rows = await ground.rows()
        tried = dict(commands(ground))
        assert {name.split()[0] for name in tried} == FOR_MODERATORS
        for who in (ground.stranger, ground.former, ground.banned):
            for name, data in tried.items():
                assert ONLY in text_of(await send(ground, who, 2, data)), f"{who.name}: {name}"
        assert await ground.rows() == rows


async def test_a_form_for_moderators_is_refused_to_who_is_none_when_it_is_sent(
    tmp_path: Path,
) -> None:
    async with make_ground(tmp_path / "state") as ground:
        tried = 0
        async for step in steps(ground, moderator(ground)):
            if step.can_be_filled_in:
                rows = await ground.rows()
                shown = await submit(ground, ground.former, step.shown)
                assert ONLY in text_of(shown), step.name
                assert await ground.rows() == rows, step.name
                tried += 1
        assert tried > 10
