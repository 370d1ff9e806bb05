"""What members do with a prompt, from the first tap to the last."""

from __future__ import annotations

import logging
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType
from simcord.results import InteractionResult

from bot.texts import Texts, Words
from bot.views import plain
from cogs.checkins import answer_views, views
from cogs.checkins.answering import LINE_LIMIT, PICKS, finished, typed_again
from cogs.checkins.model import Body, Place
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

WORDS = Words(Texts.load(), "en")
PROMISE = "0123456789abcdef01234567"
LINE = "the kettle sang to me"


async def post_prompt(world: World, place: Any = None, *, own: bool = False) -> discord.Message:
    """A prompt as the carrier sends it."""
    body = Body("5c4ed01e", Place.CHANNEL, "en", "hello-1", "How is your evening?", own=own)
    there = place or world.bot.get_partial_messageable(world.channel.id)
    return await there.send(view=views.prompt(WORDS, body, PROMISE))


async def begin(world: World, prompt: discord.Message, who: Any = None) -> InteractionResult:
    return await (who or world.member).click(prompt, label="Check in")


async def pick(
    world: World, asked: InteractionResult, picked: str = "fog", who: Any = None
) -> InteractionResult:
    menu = next(i for i in custom_ids_of(asked) if i.startswith("checkins:pick:"))
    return await (who or world.member).select(answer_of(asked), [picked], custom_id=menu)


async def tap(
    world: World, answer: InteractionResult, label: str, who: Any = None
) -> InteractionResult:
    return await (who or world.member).click(answer_of(answer).message, label=label)


async def write(world: World, ready: InteractionResult, line: str = LINE) -> InteractionResult:
    label = next(label for label in buttons_of(ready) if label.endswith(" line"))
    form = await tap(world, ready, label)
    return await world.member.submit_modal(form, {inputs_of(form)[0]: line})


async def picked(world: World, line: str = "") -> InteractionResult:
    """A member who has picked a word from a prompt in the channel, and written a line."""
    ready = await pick(world, await begin(world, await post_prompt(world)))
    return await write(world, ready, line) if line else ready


def posts(world: World, channel: Any = None) -> list[discord.Message]:
    """What members posted through the bot: everything but the prompts."""
    history = (channel or world.channel).history()
    return [m for m in history if m.components and "checkins:answer" not in str(custom_ids_of(m))]


async def dump(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    async with world.bot.runtime.database.read() as read:
        tables = await read.fetch(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {
            table["name"]: [
                {key: row[key] for key in row.keys()}  # noqa: SIM118 - a row iterates over values
                for row in await read.fetch(f"SELECT * FROM {table['name']}")  # noqa: S608
            ]
            for table in tables
        }


# Picking and keeping


async def test_checking_in_is_private_from_the_first_tap(world: World) -> None:
    asked = await begin(world, await post_prompt(world))
    assert asked.ephemeral
    assert "Only you see this" in text_of(asked)
    ready = await pick(world, asked)
    assert answer_of(ready).id == answer_of(asked).id
    assert "Today: **Fog**" in text_of(ready)


async def test_words_and_weathers_are_offered_without_numbers_or_pictures(world: World) -> None:
    asked = await begin(world, await post_prompt(world))
    (menu,) = (part for part in _all_parts(answer_of(asked).components) if "options" in part)
    labels = [option["label"] for option in menu["options"]]
    assert [option["value"] for option in menu["options"]] == list(PICKS)
    assert {"Tired", "Hopeful", "Fog", "Sun"} <= set(labels)
    assert all(char.isalpha() or char == " " for label in labels for char in label)
    assert not any(option.get("emoji") for option in menu["options"])


async def test_keeping_it_stores_nothing_sends_nothing_and_logs_nothing(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    prompt = await post_prompt(world)
    before = await dump(world)
    ready = await write(world, await pick(world, await begin(world, prompt), "storm"))
    kept = await tap(world, ready, "Keep it to myself")
    assert "Nothing was stored, and nothing was sent." in text_of(kept)
    assert LINE not in text_of(kept)
    assert posts(world) == []
    assert await dump(world) == before
    written = "".join(capsys.readouterr())
    ours = "".join(r.getMessage() for r in caplog.records if not r.name.startswith("discord"))
    for secret in (LINE, "storm", str(world.member.id)):
        assert secret not in written + ours


async def test_posting_stores_nothing_either(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = await picked(world, LINE)
    before = await dump(world)
    await tap(world, ready, "Post it here")
    assert len(posts(world)) == 1
    assert await dump(world) == before
    assert LINE not in "".join(capsys.readouterr())


async def test_the_line_is_in_no_button(world: World) -> None:
    ready = await picked(world, LINE)
    assert LINE in text_of(ready)
    assert not any("kettle" in custom_id for custom_id in custom_ids_of(ready))
    assert "It is not stored." in WORDS("checkin.line.not_stored")


async def test_everybody_is_thanked_in_the_same_words(world: World) -> None:
    prompt = await post_prompt(world)
    thanked = {
        text_of(
            await tap(
                world, await pick(world, await begin(world, prompt), one), "Keep it to myself"
            )
        )
        for one in ("sun", "heavy", "mixed")
    }
    assert len(thanked) == 1


async def test_passing_is_one_tap(world: World) -> None:
    prompt = await post_prompt(world)
    before = await dump(world)
    said = await world.member.click(prompt, label="Pass")
    assert said.ephemeral
    assert "Passing is always fine." in text_of(said)
    assert await dump(world) == before


@pytest.mark.parametrize("own", [False, True])
async def test_the_question_stays_on_top_of_the_answer(world: World, own: bool) -> None:
    asked = await begin(world, await post_prompt(world, own=own))
    shown = [asked, await pick(world, asked)]
    shown.append(await write(world, shown[-1]))
    shown.append(await tap(world, shown[-1], "Add a content warning"))
    shown.append(await tap(world, shown[-1], "Pick another"))
    for panel in shown:
        assert text_of(panel).startswith("How is your evening?\n")


async def test_the_same_word_can_be_picked_again_on_a_phone(world: World) -> None:
    asked = await begin(world, await post_prompt(world))
    before = {one for one in custom_ids_of(asked) if ":pick:" in one}
    again = await tap(world, await pick(world, asked), "Pick another")
    # A menu that stayed the same would still show the word, and choosing it would do nothing.
    assert before
    assert before.isdisjoint(custom_ids_of(again))
    assert "Today: **Fog**" in text_of(await tap(world, again, "Leave it: Fog"))
    again = await tap(world, again, "Pick another")
    assert "Today: **Fog**" in text_of(await pick(world, again, "fog"))


async def test_picking_again_keeps_the_line_and_the_warning(world: World) -> None:
    ready = await tap(world, await picked(world, LINE), "Add a content warning")
    again = await pick(world, await tap(world, ready, "Pick another"), "sun")
    assert "Today: **Sun**" in text_of(again)
    assert LINE in text_of(again)
    assert "Take the warning off" in buttons_of(again)


async def test_the_line_can_be_changed_and_taken_out(world: World) -> None:
    ready = await picked(world, "*stars* & _marks_")
    form = await tap(world, ready, "Change the line")
    assert form.modal is not None
    assert "*stars* & _marks_" in str(form.modal["components"])
    changed = await world.member.submit_modal(form, {inputs_of(form)[0]: "   "})
    assert "stars" not in text_of(changed)
    assert "Write a line" in buttons_of(changed)


async def test_old_buttons_work_after_a_restart(world: World) -> None:
    prompt = await post_prompt(world)
    ready = await write(world, await pick(world, await begin(world, prompt)))
    await world.restart()
    await world.member.click(answer_of(ready).message, label="Post it here")
    (message,) = posts(world)
    assert LINE in text_of(message)
    again = await begin(world, prompt, world.other)
    assert "Only you see this" in text_of(again)


# Posting


async def test_a_post_names_the_member_and_pings_nobody(world: World) -> None:
    ready = await picked(world, f"<@{world.other.id}> @everyone **loud** https://example.org/")
    posted = await tap(world, ready, "Post it here")
    assert "with your name" in text_of(posted)
    (message,) = posts(world)
    told = text_of(message)
    assert told.startswith("ash checks in.\n**Fog**\n")
    assert f"<@{world.other.id}>" not in told
    assert "@everyone" not in told
    assert "https://" not in told
    assert "**loud**" not in told
    assert message.mentions == []
    assert not message.mention_everyone
    assert message.embeds == []
    (sent,) = (
        r
        for r in world.env.http_requests
        if r.method == "POST" and r.path.endswith("/messages") and "checks in" in str(r.json)
    )
    assert sent.json is not None
    assert sent.json["allowed_mentions"]["parse"] == []


async def test_a_name_cannot_format_its_way_out(world: World) -> None:
    loud = world.guild.add_member(world.env.create_user("**LOUD** @everyone"))
    prompt = await post_prompt(world)
    ready = await pick(world, await begin(world, prompt, loud), who=loud)
    await tap(world, ready, "Post it here", loud)
    (message,) = posts(world)
    assert "@everyone" not in text_of(message)
    assert "**LOUD**" not in text_of(message)


async def test_two_members_answer_the_same_prompt(world: World) -> None:
    prompt = await post_prompt(world)
    mine = await pick(world, await begin(world, prompt), "sun")
    theirs = await pick(world, await begin(world, prompt, world.other), "rain", world.other)
    await tap(world, mine, "Post it here")
    await tap(world, theirs, "Post it here", world.other)
    told = sorted(text_of(message) for message in posts(world))
    assert told[0].startswith("ash checks in.\n**Sun**")
    assert told[1].startswith("birch checks in.\n**Rain**")
    assert "sun" not in text_of(prompt).lower()


async def test_a_content_warning_covers_the_words(world: World) -> None:
    warned = await tap(world, await picked(world, f"{LINE} || peek"), "Add a content warning")
    assert "With a content warning." in text_of(warned)
    await tap(world, warned, "Post it here")
    (message,) = posts(world)
    first, second, *covered = text_of(message).removesuffix("\nHelplines").split("\n")
    assert first == "ash checks in."
    assert second.startswith("Content warning.")
    inside = "\n".join(covered)
    assert inside.startswith("||**Fog**")
    assert inside.endswith("||")
    assert "||" not in inside[2:-2]


async def test_a_content_warning_can_be_taken_off_again(world: World) -> None:
    warned = await tap(world, await picked(world, LINE), "Add a content warning")
    plainly = await tap(world, warned, "Take the warning off")
    await tap(world, plainly, "Post it here")
    (message,) = posts(world)
    assert "||" not in text_of(message)
    assert LINE in text_of(message)


async def test_what_was_posted_can_be_taken_back_also_after_a_restart(world: World) -> None:
    posted = await tap(world, await picked(world), "Post it here")
    await world.restart()
    gone = await tap(world, posted, "Take back")
    assert "no longer there" in text_of(gone)
    assert posts(world) == []


async def test_only_the_bots_own_message_can_be_taken_back(world: World) -> None:
    posted = await tap(world, await picked(world), "Post it here")
    (message,) = posts(world)
    theirs = await world.other.send(world.channel, "hello")
    forged = await world.bot.get_partial_messageable(world.channel.id).send(
        view=answer_views.posted(
            WORDS,
            world.channel.id,
            theirs.id,
            world.bot.runtime.seals.make(world.member.id, world.channel.id, theirs.id),
        )
    )
    refused = await world.member.click(forged, label="Take back")
    assert "no longer there" not in text_of(refused)
    assert {theirs.id, message.id} <= {m.id for m in world.channel.history()}
    assert "Take back" in buttons_of(posted)


async def test_a_thread_is_made_from_the_prompt_and_used_by_all(world: World) -> None:
    prompt = await post_prompt(world)
    mine = await pick(world, await begin(world, prompt), "sun")
    done = await tap(world, mine, "Post it in a thread")
    assert f"<#{prompt.id}>" in text_of(done)
    theirs = await pick(world, await begin(world, prompt, world.other), "rain", world.other)
    await tap(world, theirs, "Post it in a thread", world.other)
    thread = world.bot.get_guild(world.guild.id).get_thread(prompt.id)  # pyright: ignore[reportOptionalMemberAccess]
    assert thread is not None
    assert "ash" not in thread.name
    assert posts(world) == []
    told = [text_of(m) async for m in thread.history() if m.components]
    assert len(told) == 2


async def test_there_is_no_thread_to_post_in_where_the_bot_may_make_none(world: World) -> None:
    deny(world, world.bot.user.id, create_public_threads=True)  # pyright: ignore[reportOptionalMemberAccess]
    ready = await picked(world)
    assert "Post it here" in buttons_of(ready)
    assert "Post it in a thread" not in buttons_of(ready)


async def test_who_may_not_write_here_is_not_offered_to_post_here(world: World) -> None:
    deny(world, world.member.id, send_messages=True)
    ready = await picked(world)
    assert "Post it here" not in buttons_of(ready)
    assert "Keep it to myself" in buttons_of(ready)


async def test_the_right_to_write_is_asked_again_at_the_tap(world: World) -> None:
    ready = await picked(world)
    deny(world, world.member.id, send_messages=True)
    refused = await tap(world, ready, "Post it here")
    assert refused.ephemeral
    assert "You can still keep it to yourself." in text_of(refused)
    assert posts(world) == []


def deny(world: World, who: int, **rights: bool) -> None:
    world.env.backend.channels[world.channel.id].overwrites.append(
        Overwrite(
            target_id=who,
            type=OverwriteType.MEMBER,
            allow=0,
            deny=discord.Permissions(**rights).value,
        )
    )


async def test_a_channel_closed_to_the_bot_is_said_and_costs_no_pause(world: World) -> None:
    ready = await picked(world)
    path = f"/channels/{world.channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50013)
    assert "may not write there" in text_of(await tap(world, ready, "Post it here"))
    await tap(world, ready, "Post it here")
    assert len(posts(world)) == 1


async def test_there_is_a_pause_between_posts(world: World) -> None:
    await tap(world, await picked(world), "Post it here")
    ready = await picked(world)
    assert "You can post again in" in text_of(await tap(world, ready, "Post it here"))
    await world.env.advance_time(31)
    await tap(world, ready, "Post it here")
    assert len(posts(world)) == 2


async def test_nothing_is_posted_where_moderators_switched_check_ins_off(world: World) -> None:
    ready = await picked(world)
    await world.settings("checkins.enabled", value=False)
    assert "switched off check-ins" in text_of(await tap(world, ready, "Post it here"))
    later = await picked(world)
    assert "Post it here" not in buttons_of(later)
    assert "Keep it to myself" in buttons_of(later)
    assert posts(world) == []


async def test_in_direct_messages_it_can_only_be_kept(world: World) -> None:
    person = world.env.create_user("dune")
    world.guild.add_member(person)
    prompt = await post_prompt(world, await world.bot.fetch_user(person.id), own=True)
    ready = await pick(world, await begin(world, prompt, person), who=person)
    assert "Only you see this. Nothing of it is stored." in text_of(ready)
    assert set(buttons_of(ready)) == {
        "Write a line",
        "Pick another",
        "Keep it to myself",
        "Helplines",
    }
    kept = await tap(world, ready, "Keep it to myself", person)
    assert "Thank you" in text_of(kept)


async def test_in_a_thread_it_is_posted_in_that_thread(world: World) -> None:
    channel: Any = world.bot.get_channel(world.channel.id)
    thread = await channel.create_thread(name="t", type=discord.ChannelType.public_thread)
    await world.env.settle()
    ready = await pick(world, await begin(world, await post_prompt(world, thread)))
    assert "Post it in a thread" not in buttons_of(ready)
    done = await tap(world, ready, "Post it here")
    assert f"<#{thread.id}>" in text_of(done)


# Company, helplines, now


async def test_company_says_how_to_reach_a_person_and_that_nobody_was_told(world: World) -> None:
    prompt = await post_prompt(world)
    said = await world.member.click(prompt, label="I'd like company")
    assert said.ephemeral
    assert "nobody knows that you tapped this" in text_of(said)
    assert "write to a moderator" in text_of(said)
    assert "Helplines" in buttons_of(said)
    role = world.guild.create_role("Listeners")
    await world.settings("server.moderator_roles", [role.id])
    named = await world.member.click(prompt, label="I'd like company")
    assert f"<@&{role.id}>" in text_of(named)


async def test_helplines_are_on_the_prompt(world: World) -> None:
    form = await world.member.click(await post_prompt(world), label="Helplines")
    assert form.modal is not None


async def test_checkin_now_gives_the_same_at_any_time(world: World) -> None:
    shown = await world.member.slash(world.channel, "checkin now")
    assert shown.ephemeral
    assert list(buttons_of(shown)) == ["Check in", "I'd like company", "Helplines", "Pass"]
    asked = await tap(world, shown, "Check in")
    assert answer_of(asked).id != answer_of(shown).id
    ready = await pick(world, asked)
    assert "Post it in a thread" not in buttons_of(ready)
    await tap(world, ready, "Post it here")
    assert len(posts(world)) == 1


async def test_checkin_now_works_in_direct_messages(world: World) -> None:
    person = world.env.create_user("dune")
    shown = await person.slash("checkin now")
    assert "Check in" in buttons_of(shown)


# What a finished answer reads like


def test_a_post_without_a_line_is_its_word_alone() -> None:
    assert finished("ash checks in.", "Fog", "") == "ash checks in.\n**Fog**"
    covered = finished("ash checks in.", "Fog", "", warning="Careful.")
    assert covered == "ash checks in.\nCareful.\n||**Fog**||"


@given(st.text(max_size=LINE_LIMIT))
def test_no_line_uncovers_itself(line: str) -> None:
    told = finished("x", "Fog", plain(line), warning="w").removeprefix("x\nw\n")
    assert told.startswith("||**Fog**")
    assert told.endswith("||")
    inside = told[2:-2].replace("\\\\", "").replace("\\|", "")
    assert "|" not in inside
    assert not inside.endswith("\\")


TYPED = st.text(
    alphabet=st.characters(codec="ascii", exclude_characters="\0\r\x0b\x0c"), max_size=99
)


@given(TYPED)
def test_a_line_comes_back_to_the_form_as_it_was_typed(line: str) -> None:
    assert typed_again(plain(line)) == line


def _all_parts(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        part
        for component in components
        for part in (component, *_all_parts(component.get("components") or []))
    ]
