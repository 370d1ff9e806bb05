"""What moderators do with a server's check-ins, and what then arrives."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle
from simcord.results import InteractionResult

from cogs.checkins.service import shipped_prompts
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

DAY = 86_400


TEXTS = {one.text for prompts in shipped_prompts(judged=False).values() for one in prompts}


def posts(channel: ChannelHandle) -> list[discord.Message]:
    """The check-ins in a channel, oldest first."""
    return [one for one in channel.history() if any(_answers(i) for i in custom_ids_of(one))]


def _answers(custom_id: str) -> bool:
    return custom_id.startswith("checkins:answer:")


async def manage(world: World, what: str, **options: object) -> InteractionResult:
    return await world.moderator.slash(world.channel, f"manage checkins {what}", **options)


async def add(world: World, **options: object) -> InteractionResult:
    """Every day at 09:00 in Berlin, unless something else is said."""
    given: dict[str, object] = {"channel": world.channel, "at": "9", "zone": "Europe/Berlin"}
    return await manage(world, "add", **(given | options))


async def press(world: World, panel: InteractionResult, label: str) -> InteractionResult:
    return await world.moderator.click(answer_of(panel).message, label=label)


async def until(world: World, moment: datetime) -> None:
    """Let time pass; in steps, because simcord gives one of them five seconds of real time."""
    while (left := (moment - world.env.now()).total_seconds()) > 0:
        await world.env.advance_time(min(left, DAY / 2))


# The simulated clock starts on Thursday, 1 January 2026, at midnight UTC.
def january(day: int, hour: int = 8, minute: int = 2) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


async def test_a_check_in_arrives_once_with_its_four_ways_to_go_on(world: World) -> None:
    made = await add(world)
    assert made.ephemeral
    assert "every day" in text_of(made)
    await until(world, january(1, 7, 58))
    assert posts(world.channel) == []
    await until(world, january(1, 9))
    [post] = posts(world.channel)
    assert text_of(post).split("\n")[0] in TEXTS
    assert list(buttons_of(post)) == ["Check in", "I'd like company", "Helplines", "Pass"]
    await until(world, january(2))
    assert len(posts(world.channel)) == 2


async def test_the_restart_in_between_changes_nothing(world: World) -> None:
    await add(world)
    await until(world, january(1, 7))
    await world.restart()
    await until(world, january(1, 8, 1))
    await world.restart()
    await until(world, january(1, 10))
    assert len(posts(world.channel)) == 1


async def test_the_panel_shows_the_next_five_moments_there_and_for_the_reader(
    world: World,
) -> None:
    shown = text_of(await add(world, days="mon", at="21.30", zone="America/New_York"))
    assert "Mon 5 Jan, 21:30" in shown
    moment = datetime(2026, 1, 6, 2, 30, tzinfo=UTC)
    assert f"<t:{int(moment.timestamp())}:F>" in shown
    assert len(re.findall(r"<t:\d+:F>", shown)) == 5


async def test_a_preview_is_exactly_what_is_posted(world: World) -> None:
    made = await add(world)
    seen = await press(world, made, "Preview")
    shown = text_of(seen)
    # One message, so that nothing that looks like a prompt stays behind.
    back = await press(world, seen, "Back")
    assert seen.followups == back.followups == []
    assert "I'd like company" not in text_of(back)
    await until(world, january(1))
    [post] = posts(world.channel)
    assert shown.endswith(f"\n{text_of(post)}")


async def test_post_now_posts_once_and_the_schedule_goes_on(world: World) -> None:
    made = await add(world)
    posted = await press(world, made, "Post now")
    assert "being posted" in text_of(posted)
    await world.env.settle()
    assert len(posts(world.channel)) == 1
    await until(world, january(1))
    assert len(posts(world.channel)) == 2


async def test_skip_pause_and_resume_are_one_tap_each(world: World) -> None:
    made = await add(world)
    skipping = await press(world, made, "Skip the next")
    assert "next one is skipped" in text_of(skipping)
    await until(world, january(1))
    assert posts(world.channel) == []
    await until(world, january(2))
    assert len(posts(world.channel)) == 1
    shown = await manage(world, "list")
    form = await press(world, shown, "Pause")
    paused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "2026-01-04"})
    assert "Paused until" in text_of(paused)
    await until(world, january(3))
    assert len(posts(world.channel)) == 1
    await until(world, january(4))
    assert len(posts(world.channel)) == 2


async def test_an_edit_moves_the_next_moment_and_gives_refused_words_back(world: World) -> None:
    made = await add(world)
    form = await press(world, made, "Edit")
    days, at, zone, last, categories = inputs_of(form)
    refused = await world.moderator.submit_modal(
        form, {days: "every day", at: "25:00", zone: "Madrid", last: "", categories: []}
    )
    assert "**Time zone:**" not in text_of(refused)
    assert "**Time of day:** I could not read that time. You can write" in text_of(refused)
    assert "25:00" in text_of(refused)
    form = await press(world, refused, "Try again")
    days, at, zone, last, categories = inputs_of(form)
    saved = await world.moderator.submit_modal(
        form, {days: "every day", at: "12", zone: "Europe/Madrid", last: "", categories: ["hello"]}
    )
    assert "12:00" in text_of(saved)
    assert "About: Hello" in text_of(saved)
    await until(world, january(1, 10))
    assert posts(world.channel) == []
    await until(world, january(1, 11))
    assert len(posts(world.channel)) == 1


async def test_it_moves_to_another_channel_and_language(world: World) -> None:
    other = world.guild.create_text_channel("lounge")
    made = await add(world)
    form = await press(world, made, "Channel and language")
    channel, place, language = inputs_of(form)
    saved = await world.moderator.submit_modal(
        form, {channel: [other], place: "channel", language: "es"}
    )
    assert f"<#{other.id}>" in text_of(saved)
    await until(world, january(1))
    assert posts(world.channel) == []
    assert list(buttons_of(posts(other)[0]))[-1] == "Paso"


async def test_an_open_form_puts_nothing_back_that_somebody_else_changed(world: World) -> None:
    other = world.guild.create_text_channel("lounge")
    made = await add(world)
    when = await press(world, made, "Edit")
    where = await press(world, made, "Channel and language")
    days, at, zone, last, categories = inputs_of(when)
    moved = await press(world, made, "Channel and language")
    channel, place, language = inputs_of(moved)
    await world.moderator.submit_modal(moved, {channel: [other], place: "channel", language: "es"})
    given: dict[str, object] = {
        days: "every day",
        at: "12",
        zone: "Europe/Madrid",
        last: "",
        categories: [],
    }
    saved = text_of(await world.moderator.submit_modal(when, given))
    assert f"<#{other.id}>" in saved
    assert "Español" in saved
    assert "12:00" in saved
    # And the other way round; what the form itself holds is not overwritten unseen.
    channel, place, language = inputs_of(where)
    given = {channel: [world.channel], place: "channel", language: "en"}
    told = await world.moderator.submit_modal(where, given)
    assert "Somebody else changed this" in text_of(told)
    assert f"<#{other.id}>" in text_of(told)
    again = await press(world, told, "Try again")
    channel, place, language = inputs_of(again)
    given = {channel: [world.channel], place: "channel", language: "en"}
    saved = text_of(await world.moderator.submit_modal(again, given))
    assert f"<#{world.channel.id}>" in saved
    assert "12:00" in saved


async def test_when_a_check_in_comes_is_not_overwritten_unseen(world: World) -> None:
    made = await add(world)
    first, second = await press(world, made, "Edit"), await press(world, made, "Edit")
    for form, hour in ((second, "10"), (first, "12")):
        days, at, zone, last, categories = inputs_of(form)
        given: dict[str, object] = {
            days: "every day",
            at: hour,
            zone: "Europe/Madrid",
            last: "",
            categories: [],
        }
        told = await world.moderator.submit_modal(form, given)
    assert "Somebody else changed this" in text_of(told)
    assert "10:00" in text_of(told)
    assert "10:00" in text_of(await manage(world, "list"))


async def test_while_check_ins_are_switched_off_the_panel_says_so(world: World) -> None:
    await add(world)
    await world.settings("checkins.enabled", False)
    assert "switched off in this server" in text_of(await manage(world, "list"))
    await until(world, january(1))
    assert posts(world.channel) == []
    panel = await world.moderator.slash(world.channel, "settings")
    section = await world.moderator.select(
        answer_of(panel).message, ["checkins"], custom_id="settings:section"
    )
    await press(world, section, "Switch on")
    await until(world, january(2))
    assert len(posts(world.channel)) == 1


async def test_several_schedules_are_turned_like_pages(world: World) -> None:
    await add(world)
    await world.env.advance_time(60)
    await add(world, at="18")
    shown = await manage(world, "list")
    assert "Check-ins 1 of 2" in text_of(shown)
    second = await press(world, shown, "Next")
    assert "Check-ins 2 of 2" in text_of(second)
    assert "every day, 18:00" in text_of(second)


async def test_each_change_is_told_in_the_audit_list(world: World) -> None:
    await press(world, await add(world, days="mon wed"), "Skip the next")
    lines = text_of(await world.moderator.slash(world.channel, "manage audit"))
    assert "check-ins set up" in lines
    assert "Mon Wed 09:00 Europe/Berlin" in lines


async def test_removing_asks_once(world: World) -> None:
    made = await add(world)
    asked = await press(world, made, "Remove")
    assert "cannot be undone" in text_of(asked)
    gone = await press(world, asked, "Remove")
    assert "There is no schedule yet" in text_of(gone)
    await until(world, january(1))
    assert posts(world.channel) == []


async def test_a_thread_is_opened_for_each_with_a_neutral_name(world: World) -> None:
    await add(world, place="thread")
    await until(world, january(2))
    assert len(posts(world.channel)) == 2
    assert [thread.name for thread in world.channel.threads] == ["Room to talk"] * 2


async def test_a_thread_that_cannot_be_opened_is_told_with_what_to_do(world: World) -> None:
    await add(world, place="thread")
    world.env.inject_error(
        "POST",
        f"/channels/{world.channel.id}/messages/*/threads",
        status=403,
        code=50013,
        times=None,
    )
    await until(world, january(2))
    assert len(posts(world.channel)) == 2
    panel = text_of(await world.moderator.slash(world.channel, "settings"))
    assert panel.count("without its thread") == 1
    assert "*Create Public Threads*" in panel


async def test_a_thread_that_has_to_wait_its_turn_is_opened_later(world: World) -> None:
    await add(world, place="thread")
    world.env.inject_error(
        "POST", f"/channels/{world.channel.id}/messages/*/threads", status=429, code=0
    )
    await until(world, january(1, 12))
    assert len(world.channel.threads) == 1
    panel = text_of(await world.moderator.slash(world.channel, "settings"))
    assert "without its thread" not in panel


async def test_what_came_too_late_is_not_posted(world: World) -> None:
    await add(world)
    await world.bot.runtime.jobs.stop()
    await until(world, january(1, 12))
    await world.restart()
    await world.env.settle()
    assert posts(world.channel) == []
    await until(world, january(2))
    assert len(posts(world.channel)) == 1


async def test_three_refusals_switch_it_off_and_the_settings_say_what_to_do(
    world: World,
) -> None:
    await add(world)
    world.env.inject_error(
        "POST", f"/channels/{world.channel.id}/messages", status=403, code=50013, times=None
    )
    await until(world, january(3))
    panel = await world.moderator.slash(world.channel, "settings")
    assert "three times in a row" in text_of(panel)
    listed = await manage(world, "list")
    assert "Switched off" in text_of(listed)
    cleared = await world.moderator.click(answer_of(panel).message, label="Seen")
    assert "three times in a row" not in text_of(cleared)


async def test_with_a_channel_for_notices_they_are_posted_there(world: World) -> None:
    notices = world.guild.create_text_channel("mods")
    await world.settings("server.notice_channel", [notices.id])
    await add(world)
    world.env.inject_error(
        "POST", f"/channels/{world.channel.id}/messages", status=403, code=50013, times=None
    )
    await until(world, january(4))
    [told] = notices.history()
    assert "three times in a row" in text_of(told)
    await world.moderator.click(told, label="Seen")
    [told] = notices.history()
    assert "Seen by a moderator." in text_of(told)


async def test_a_prompt_of_their_own_is_checked_and_given_back_with_the_reason(
    world: World,
) -> None:
    form = await manage(world, "prompt", category="hello")
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Why are you sad?"})
    assert "Why are you sad?" in text_of(refused)
    assert "Not saved yet" in text_of(refused)
    form = await manage(world, "prompt", category="hello")
    text = "Which drink goes with today?"
    added = await world.moderator.submit_modal(form, {inputs_of(form)[0]: text})
    assert text in text_of(added)
    offered = await world.moderator.autocomplete(
        world.channel, "manage checkins veto", "prompt", "drink goes"
    )
    assert [choice["name"] for choice in offered] == [text]


async def test_a_veto_is_taken_back_from_the_list_of_vetoed_ones(world: World) -> None:
    offered = await world.moderator.autocomplete(
        world.channel, "manage checkins veto", "prompt", "weather"
    )
    await manage(world, "veto", prompt=offered[0]["value"])
    vetoed = await world.moderator.autocomplete(
        world.channel, "manage checkins allow", "prompt", ""
    )
    assert vetoed == [offered[0]]
    await manage(world, "allow", prompt=offered[0]["value"])
    assert not await world.moderator.autocomplete(
        world.channel, "manage checkins allow", "prompt", ""
    )


async def test_a_zone_is_found_by_its_city(world: World) -> None:
    offered = await world.moderator.autocomplete(
        world.channel, "manage checkins add", "zone", "lisb", channel=world.channel, at="9"
    )
    assert offered[0]["value"] == "Europe/Lisbon"
    assert "Europe/Lisbon" in text_of(await add(world, zone="Lisbon"))
    refused = await add(world, zone="Nowhere at all")
    assert "not sure which time zone" in text_of(refused)


async def test_a_channel_where_the_bot_may_not_post_is_refused_at_once(world: World) -> None:
    closed = world.guild.create_text_channel(
        "closed",
        overwrites={world.guild.default_role: discord.PermissionOverwrite(send_messages=False)},
    )
    refused = await add(world, channel=closed)
    assert "may not post" in text_of(refused)


async def test_a_removed_server_gets_nothing_more(world: World) -> None:
    await add(world)
    await world.bot.runtime.privacy.erase_server(world.guild.id)
    await until(world, january(2))
    assert posts(world.channel) == []


async def test_members_are_not_offered_the_moderators_commands(world: World) -> None:
    with pytest.raises(SetupError):
        await world.member.slash(world.channel, "manage checkins list")


async def test_each_button_of_a_post_remembers_the_promise_it_is_found_by(world: World) -> None:
    await add(world)
    await until(world, january(1))
    [post] = posts(world.channel)
    ids = {custom_id.split(":")[-1] for custom_id in custom_ids_of(post)} - {"open"}
    assert len(ids) == 1
    assert len(ids.pop()) == 24


async def test_a_message_cut_off_after_it_was_sent_is_found_and_not_sent_again(
    world: World,
) -> None:
    await add(world)
    await until(world, january(1))
    [post] = posts(world.channel)
    promise = custom_ids_of(post)[0].split(":")[-1]
    database = world.bot.runtime.database
    async with database.transaction() as tx:
        # As it stands when the process died between sending and writing that down.
        await tx.execute(
            "UPDATE jobs_messages SET state = 'sending', settled_at = NULL, message_id = NULL "
            "WHERE id = $1",
            promise,
        )
    world.bot.runtime.jobs.wake()
    await until(world, january(1) + timedelta(minutes=30))
    assert len(posts(world.channel)) == 1
    async with database.read() as read:
        row = await read.fetch_one("SELECT state, message_id FROM jobs_messages")
    assert row is not None
    assert (row["state"], row["message_id"]) == ("sent", post.id)
