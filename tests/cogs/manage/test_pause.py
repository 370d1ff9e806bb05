"""What moderators stop with /pause, and what goes on."""

from __future__ import annotations

from tests.cogs.checkins.test_cog import add, january, posts, press, until
from tests.world import World, answer_of, buttons_of, text_of


async def test_nothing_is_posted_while_everything_is_paused_and_one_tap_resumes(
    world: World,
) -> None:
    await add(world)
    paused = await world.moderator.slash(world.channel, "pause everything")
    assert paused.ephemeral
    assert "Everything is paused" in text_of(paused)
    await until(world, january(3, 9))
    assert posts(world.channel) == []
    going_on = await world.moderator.click(answer_of(paused).message, label="Resume")
    assert "nothing comes in a flood" in text_of(going_on)
    # Of three that came due meanwhile, the one that is not too late by now.
    await until(world, january(3, 9, 2))
    assert len(posts(world.channel)) == 1


async def test_nothing_is_posted_by_hand_meanwhile_and_answers_go_on(world: World) -> None:
    made = await add(world)
    await world.moderator.slash(world.channel, "pause everything")
    refused = await press(world, made, "Post now")
    assert "paused everything" in text_of(refused)
    helplines = await world.member.slash(world.channel, "checkin now")
    assert "Helplines" in buttons_of(helplines)
    resumed = await world.moderator.slash(world.channel, "pause resume")
    assert "It goes on" in text_of(resumed)
    await press(world, made, "Post now")
    await world.env.settle()
    assert len(posts(world.channel)) == 1


async def test_the_pause_stands_in_the_settings_and_in_the_list_of_changes(world: World) -> None:
    await world.moderator.slash(world.channel, "pause everything")
    assert "**Everything paused**: on" in text_of(
        await world.moderator.slash(world.channel, "settings")
    )
    assert "Everything paused" in text_of(
        await world.moderator.slash(world.channel, "manage audit")
    )
