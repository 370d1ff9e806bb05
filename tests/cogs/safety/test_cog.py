"""Blocking, reporting and keeping apart, as members, moderators and hostile people would."""

from __future__ import annotations

import re
from typing import Any

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult

from bot.blocks.service import forbidden
from bot.membership.service import Membership
from bot.scenes import Scene
from bot.texts import Texts
from bot.views import Panel, button, row
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

SECRET = "They @everyone wrote **things** to me, <@1>."


@pytest.fixture(autouse=True)
def quick_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simcord waits 50 ms after each tap by default, in case something still comes."""
    settle: Any = simcord.Env._settle_internal  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(settle.__kwdefaults__, "idle", 0.0005)


async def rows(world: World, table: str) -> list[dict[str, Any]]:
    async with world.bot.runtime.database.read() as read:
        found = await read.fetch(f"SELECT * FROM {table}")  # noqa: S608
    return [{key: row[key] for key in row.keys()} for row in found]  # noqa: SIM118


async def block(world: World, who: MemberActor, **options: object) -> InteractionResult:
    return await who.slash(world.channel, "block add", **options)


async def tap(who: MemberActor, answer: InteractionResult, label: str) -> InteractionResult:
    return await who.click(answer_of(answer).message, label=label)


async def forge(world: World, who: MemberActor, custom_id: str) -> InteractionResult:
    """Press a button whose custom id the bot never made."""
    action, *arguments = custom_id.split(":")
    made = button("Press", f"{action}:{arguments[0]}", *arguments[1:])
    sent = await world.bot.get_partial_messageable(world.channel.id).send(view=Panel(row(made)))
    return await who.click(sent, label="Press")


async def report(
    world: World, who: MemberActor, words: str = SECRET, *, named: str = "no", **options: object
) -> InteractionResult:
    form = await who.slash(world.channel, "report", **options)
    text, choice = inputs_of(form)
    return await who.submit_modal(form, {text: words, choice: named})


def refused(answer: InteractionResult, key: str, **params: object) -> bool:
    assert answer.ephemeral
    # The bot mentions commands; without the numbers that it was given they are named in words.
    said = re.sub(r"</([a-z ]+):\d+>", r"/\1", text_of(answer))
    return Texts.load().say(key, "en", **params) in said


# Blocking


async def test_a_block_takes_a_name_and_is_answered_in_private(world: World) -> None:
    done = await block(world, world.member, member=world.other)
    assert done.ephemeral
    assert f"<@{world.other.id}>" in text_of(done)
    assert "does not tell anybody" in text_of(done)
    [kept] = await rows(world, "blocks")
    assert (kept["owner_user_id"], kept["blocked_user_id"]) == (world.member.id, world.other.id)
    assert not kept["stays"]


async def seen_by(world: World, who: MemberActor, other: MemberActor) -> list[str]:
    """Everything somebody can look at and try, as they read it."""
    looks = [
        await who.slash(world.channel, "privacy"),
        await who.slash(world.channel, "block list"),
        await who.slash(world.channel, "block add"),
        await who.slash(world.channel, "block remove", member=other),
        await who.slash(world.channel, "help"),
        await who.context_menu(world.channel, "Block", other),
        await who.slash(world.channel, "block remove", member=other),
        await report(world, who, member=other),
    ]
    return [text_of(look) for look in looks]


async def test_whoever_is_blocked_sees_exactly_what_they_saw_before(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await seen_by(world, world.other, world.member)
    messages = len(world.channel.history())
    await block(world, world.member, member=world.other, stays=True)
    await world.moderator.slash(
        world.channel, "manage apart add", first=world.member, second=world.other
    )
    told = capsys.readouterr()
    await world.other.slash(world.channel, "privacy")
    after = await seen_by(world, world.other, world.member)
    # The kinds of rows of their own are the same but for the report that they made themselves.
    assert after[1:] == before[1:]
    assert await world.bot.runtime.privacy.export(world.other.id) != {}
    assert "blocks" not in await world.bot.runtime.privacy.export(world.other.id)
    assert len(world.channel.history()) == messages
    assert str(world.other.id) not in told.out + told.err
    await world.bot.runtime.privacy.erase(world.other.id)
    async with world.bot.runtime.database.read() as read:
        kept = await forbidden(read, world.guild.id, [world.member.id, world.other.id])
    assert len(kept) == 1
    assert len(await rows(world, "blocks")) == len(await rows(world, "blocks_apart")) == 1


@pytest.mark.parametrize("form", ["{}", "<@{}>", " <@!{}> "])
async def test_a_block_takes_an_id_also_of_somebody_who_is_not_there(
    world: World, form: str
) -> None:
    done = await block(world, world.member, id=form.format(4_242), stays=True)
    assert "It holds on if you leave" in text_of(done)
    [kept] = await rows(world, "blocks")
    assert (kept["blocked_user_id"], bool(kept["stays"])) == (4_242, True)


@pytest.mark.parametrize("typed", ["birch", "-5", "0", "9" * 25, "٤٢", "1e3", "<@>", "@everyone"])
async def test_what_is_no_id_is_refused_with_how_to_find_one(world: World, typed: str) -> None:
    assert refused(await block(world, world.member, id=typed), "safety.block.no_id")
    assert await rows(world, "blocks") == []


async def test_a_block_is_taken_back_from_the_list_and_by_name(world: World) -> None:
    await block(world, world.member, member=world.other)
    listed = await world.member.slash(world.channel, "block list")
    assert f"`{world.other.id}`" in text_of(listed)
    undone = await tap(world.member, listed, "Unblock")
    assert "not blocked any more" in text_of(undone)
    assert await rows(world, "blocks") == []
    again = await world.member.slash(world.channel, "block remove", member=world.other)
    assert "was not blocked" in text_of(again)
    assert "Nobody." in text_of(await world.member.slash(world.channel, "block list"))


async def test_whether_a_block_stays_is_changed_with_one_tap(world: World) -> None:
    done = await world.member.context_menu(world.channel, "Block", world.other)
    assert "It ends if you leave" in text_of(done)
    kept = await tap(world.member, done, "Keep it if I leave")
    assert [bool(one["stays"]) for one in await rows(world, "blocks")] == [True]
    again = await world.member.context_menu(world.channel, "Block", world.other)
    assert "It holds on if you leave" in text_of(again)
    await tap(world.member, kept, "Let it end if I leave")
    assert [bool(one["stays"]) for one in await rows(world, "blocks")] == [False]


async def test_without_a_name_those_one_was_introduced_to_are_offered(world: World) -> None:
    async def met(server_id: int, user_id: int) -> list[int]:
        return [world.other.id] if user_id == world.member.id else []

    world.bot.runtime.blocks.when_suggesting(met)
    offered = await block(world, world.member)
    assert f"<@{world.other.id}>" in text_of(offered)
    done = await tap(world.member, offered, "Block")
    assert "are not brought together" in text_of(done)
    assert f"<@{world.other.id}>" not in text_of(await block(world, world.member))
    assert "Block" not in buttons_of(await block(world, world.other))


async def test_a_long_list_of_blocks_is_turned_page_by_page(world: World) -> None:
    for number in range(1_000, 1_008):
        await world.bot.runtime.blocks.block(world.guild.id, world.member.id, number, stays=False)
    first = await world.member.slash(world.channel, "block list")
    assert text_of(first).count("Unblock") == 6
    last = await tap(world.member, first, "Later")
    assert text_of(last).count("Unblock") == 2
    assert text_of(await tap(world.member, last, "Earlier")).count("Unblock") == 6


async def test_oneself_is_refused(world: World) -> None:
    assert refused(await block(world, world.member, member=world.member), "safety.block.yourself")


# From direct messages


async def test_from_direct_messages_one_acts_in_the_servers_where_one_has_something(
    world: World,
) -> None:
    user = world.member.user
    assert refused(await user.slash("block add", id="4242"), "safety.in_server")
    assert refused(await user.slash("report"), "safety.in_server")
    await block(world, world.member, member=world.other)
    await user.slash("block add", id="4242")
    assert {one["blocked_user_id"] for one in await rows(world, "blocks")} == {
        4_242,
        world.other.id,
    }
    listed = await user.slash("block list")
    assert "Harbour" in text_of(listed)
    await user.slash("block remove", id="4242")
    listed = await user.slash("block list")
    await user.click(answer_of(listed).message, label="Unblock")
    assert await rows(world, "blocks") == []
    await user.slash("block remove", id=str(world.other.id))
    assert await rows(world, "blocks") == []


# Ids that somebody made up


@pytest.mark.parametrize(
    "custom_id",
    [
        "safety:unblock:{server}:{ash}",
        "safety:unblock:{server}:{birch}",
        "safety:unblock:1:{birch}",
        "safety:block_person:1:{ash}",
        "safety:block_person:x:{ash}",
        "safety:block_person:{server}:-1",
        "safety:block_person:{server}:99999999999999999999",
        "safety:stays:1:{ash}:yes",
        "safety:list:-5",
        "safety:list:next",
        "safety:list:99999999999999999999",
        "safety:block:pairing_nowhere:{ash}",
        "safety:report:pairing_nowhere:{ash}",
        "safety:report:__class__:x",
        "safety:reports",
        "safety:reports:handled:0",
        "safety:handle:{report}",
        "safety:apart:0",
        "safety:confirm:{ash}:{birch}",
        "safety:let_meet:{ash}:{cedar}",
        "safety:unblock",
        "safety:unblock:{server}:{ash}:more",
    ],
)
async def test_a_made_up_button_reaches_nobody_elses_rows(world: World, custom_id: str) -> None:
    await block(world, world.member, member=world.other)
    blocks = world.bot.runtime.blocks
    await blocks.keep_apart(world.guild.id, world.member.id, 4_242, by=world.moderator.id)
    await report(world, world.member, member=world.moderator)
    [made] = await rows(world, "reports")
    before = [await rows(world, table) for table in ("blocks", "blocks_apart", "reports")]
    pressed = await forge(
        world,
        world.other,
        custom_id.format(
            server=world.guild.id,
            ash=world.member.id,
            birch=world.other.id,
            cedar=4_242,
            report=made["id"],
        ),
    )
    answer = text_of(pressed)
    assert pressed.ephemeral
    assert Texts.load().say("errors.unexpected", "en") not in answer
    assert "They" not in answer
    after = [await rows(world, table) for table in ("blocks", "blocks_apart", "reports")]
    assert after == before


async def test_a_scene_leads_only_whom_it_concerns_to_the_other_person(world: World) -> None:
    async def find(reference: str, user_id: int) -> Scene | None:
        people = {world.member.id: world.other.id, world.other.id: world.member.id}
        if reference != "a1" or user_id not in people:
            return None
        return Scene(world.guild.id, people[user_id], world.channel.id)

    world.bot.runtime.scenes.register("person", find)
    assert refused(
        await forge(world, world.moderator, "safety:block:person:a1"), "errors.old_button"
    )
    assert refused(await forge(world, world.member, "safety:block:person:a2"), "errors.old_button")
    done = await forge(world, world.member, "safety:block:person:a1")
    assert f"<@{world.other.id}>" in text_of(done)
    form = await forge(world, world.other, "safety:report:person:a1")
    text, choice = inputs_of(form)
    await world.other.submit_modal(form, {text: "Please look.", choice: "yes"})
    [made] = await rows(world, "reports")
    assert (made["reporter_user_id"], made["about_user_id"]) == (world.other.id, world.member.id)
    assert (made["reference"], bool(made["named"])) == (str(world.channel.id), True)


async def scene_of(world: World, *people: MemberActor) -> None:
    """A scene `a1` of these people, in the thread or channel of the world."""

    async def find(reference: str, user_id: int) -> Scene | None:
        ids = [one.id for one in people]
        if reference != "a1" or user_id not in ids:
            return None
        others = tuple(one for one in ids if one != user_id)
        if len(others) == 1:
            return Scene(world.guild.id, others[0], world.channel.id)
        return Scene(world.guild.id, None, world.channel.id, others)

    world.bot.runtime.scenes.register("person", find)


async def test_without_a_name_a_report_does_not_say_where_it_was_written(world: World) -> None:
    await scene_of(world, world.member, world.other)
    form = await forge(world, world.member, "safety:report:person:a1")
    assert "In a room of two" in str(form.modal)
    text, choice = inputs_of(form)
    await world.member.submit_modal(form, {text: "Please look.", choice: "no"})
    [made] = await rows(world, "reports")
    assert (made["scene"], made["reference"]) == ("command", None)
    shown = text_of(await world.moderator.slash(world.channel, "manage reports"))
    assert "the menu of a person" not in shown
    assert "discord.com/channels" not in shown
    assert f"<@{world.other.id}>" in shown
    assert f"<@{world.member.id}>" not in shown


async def test_in_a_threesome_whom_a_report_is_about_is_asked_and_never_reads_it(
    world: World,
) -> None:
    await scene_of(world, world.member, world.other, world.moderator)
    asked = await forge(world, world.member, "safety:report:person:a1")
    assert asked.ephemeral
    assert await rows(world, "reports") == []
    about = [one for one in custom_ids_of(asked) if one.endswith(f":{world.moderator.id}")]
    form = await world.member.click(answer_of(asked).message, custom_id=about[0])
    text, choice = inputs_of(form)
    await world.member.submit_modal(form, {text: "Please look.", choice: "yes"})
    [made] = await rows(world, "reports")
    assert made["about_user_id"] == world.moderator.id
    shown = text_of(await world.moderator.slash(world.channel, "manage reports"))
    assert "Please look." not in shown
    made_up = f"safety:report:person:a1:{world.member.id}"
    assert refused(await forge(world, world.member, made_up), "errors.old_button")


async def test_where_nobody_is_known_any_more_a_report_asks_whom_it_is_about(world: World) -> None:
    async def find(reference: str, user_id: int) -> Scene | None:
        return Scene(world.guild.id, None, world.channel.id, forgotten=True)

    async def met(server_id: int, user_id: int) -> list[int]:
        return [world.moderator.id]

    world.bot.runtime.scenes.register("person", find)
    world.bot.runtime.blocks.when_suggesting(met)
    # Whom one has blocked is offered as well: they may be whom it is about.
    await block(world, world.member, member=world.moderator)
    asked = await forge(world, world.member, "safety:report:person:a1")
    assert asked.ephemeral
    [about] = [one for one in custom_ids_of(asked) if one.endswith(f":{world.moderator.id}")]
    form = await world.member.click(answer_of(asked).message, custom_id=about)
    text, choice = inputs_of(form)
    await world.member.submit_modal(form, {text: "Please look.", choice: "yes"})
    [made] = await rows(world, "reports")
    assert made["about_user_id"] == world.moderator.id
    shown = text_of(await world.moderator.slash(world.channel, "manage reports"))
    assert "Please look." not in shown
    form = await tap(world.member, asked, "About nobody here")
    text, choice = inputs_of(form)
    await world.member.submit_modal(form, {text: "In general.", choice: "yes"})
    assert [one["about_user_id"] for one in await rows(world, "reports")][1:] == [None]
    made_up = f"safety:report:person:a1:{world.other.id}"
    assert refused(await forge(world, world.member, made_up), "errors.old_button")


# Reporting


async def notice_channel(world: World) -> Any:
    channel = world.guild.create_text_channel("notices")
    await world.settings("server.notice_channel", [channel.id])
    return channel


async def test_a_report_reaches_moderators_alone_and_its_words_stay_out_of_the_channel(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    channel = await notice_channel(world)
    before = len(world.channel.history())
    done = await report(world, world.member, member=world.other)
    assert done.ephemeral
    assert "Block" in buttons_of(done)
    await world.env.settle()
    [posted] = channel.history()
    assert "wrote" in text_of(posted)
    assert "things" not in text_of(posted)
    assert str(world.other.id) not in text_of(posted) + str(custom_ids_of(posted))
    assert len(world.channel.history()) == before
    assert world.other.user.dm_channel.history() == []
    opened = await world.moderator.click(posted, label="Open")
    assert opened.ephemeral
    read = text_of(opened)
    assert "things" in read
    assert "@everyone" not in read
    assert "<@1>" not in read
    assert f"<@{world.other.id}>" in read
    assert f"<@{world.member.id}>" not in read
    handled = await tap(world.moderator, opened, "Dealt with")
    assert "Noted." in text_of(handled)
    kept = await tap(world.moderator, handled, "What was dealt with")
    assert "things" in text_of(kept)
    assert await world.bot.runtime.notices.open_in(world.guild.id) == ()
    logged = capsys.readouterr()
    for word in ("things", str(world.other.id), str(world.member.id)):
        assert word not in logged.out + logged.err


async def test_only_moderators_open_reports_checked_at_the_tap(world: World) -> None:
    channel = await notice_channel(world)
    await report(world, world.member, member=world.other)
    await world.env.settle()
    [posted] = channel.history()
    for who in (world.member, world.other):
        assert refused(await who.click(posted, label="Open"), "permissions.moderators_only")
    with pytest.raises(SetupError):
        await world.other.slash(world.channel, "manage reports")


async def test_a_moderator_cannot_open_what_is_about_themself(world: World) -> None:
    await report(world, world.member, member=world.moderator)
    shown = await world.moderator.slash(world.channel, "manage reports")
    assert "0 reports wait" in text_of(shown)
    assert "things" not in text_of(shown)
    [made] = await rows(world, "reports")
    tried = await forge(world, world.moderator, f"safety:handle:{made['id']}")
    assert "things" not in text_of(tried)
    assert (await rows(world, "reports"))[0]["handled_at"] is None


async def test_a_report_with_a_name_shows_it(world: World) -> None:
    await report(world, world.member, "The bot's sentence hurt.", named="yes")
    shown = await world.moderator.slash(world.channel, "manage reports")
    assert f"From: <@{world.member.id}>" in text_of(shown)
    assert "nobody in particular" in text_of(shown)


async def test_reports_are_turned_one_by_one(world: World) -> None:
    for words in ("First words.", "Second words.", "Third words."):
        await report(world, world.member, words)
    shown = await world.moderator.slash(world.channel, "manage reports")
    seen = [text_of(shown)]
    for _ in range(2):
        shown = await tap(world.moderator, shown, "Later")
        seen.append(text_of(shown))
    found = [word for text in seen for word in ("First", "Second", "Third") if word in text]
    assert sorted(found) == ["First", "Second", "Third"]
    assert "Earlier" in buttons_of(shown)
    assert "Later" not in buttons_of(shown)


async def test_a_message_is_reported_by_its_place_and_never_copied(world: World) -> None:
    said = await world.other.send(world.channel, "words of somebody else")
    form = await world.member.context_menu(world.channel, "Report this message", said)
    text, choice = inputs_of(form)
    await world.member.submit_modal(form, {text: "Please look.", choice: "no"})
    [made] = await rows(world, "reports")
    assert made["about_user_id"] == world.other.id
    assert made["reference"] == f"{world.channel.id}/{said.id}"
    assert "somebody else" not in str(made)
    shown = await world.moderator.slash(world.channel, "manage reports")
    assert f"/{world.guild.id}/{world.channel.id}/{said.id}" in text_of(shown)


async def test_the_bots_own_words_can_be_reported_and_it_is_about_nobody(world: World) -> None:
    said = await world.bot.get_partial_messageable(world.channel.id).send(view=Panel("Hello."))
    form = await world.member.context_menu(world.channel, "Report this message", said)
    text, choice = inputs_of(form)
    done = await world.member.submit_modal(form, {text: "Not kind.", choice: "no"})
    assert "Block" not in buttons_of(done)
    [made] = await rows(world, "reports")
    assert (made["about_user_id"], made["scene"]) == (None, "bot")


async def test_a_flood_is_stopped_kindly_gives_the_words_back_and_posts_one_notice(
    world: World,
) -> None:
    channel = await notice_channel(world)
    for _ in range(5):
        await report(world, world.member, member=world.other)
    stopped = await report(world, world.member, "My ```last``` words.", member=world.other)
    assert refused(stopped, "safety.report.too_many")
    assert "My '''last''' words." in text_of(stopped)
    assert len(await rows(world, "reports")) == 5
    assert (await report(world, world.other, member=world.member)).ephemeral
    assert len(await rows(world, "reports")) == 6
    await world.env.settle()
    assert len(channel.history()) == 1


async def test_from_direct_messages_a_report_says_which_server_it_is_about(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(self: Membership, user_id: int) -> tuple[int, ...]:
        return (world.guild.id, 4_242)

    monkeypatch.setattr(Membership, "servers_of", two)
    user = world.member.user
    form = await user.slash("report")
    where, text, choice = inputs_of(form)
    await user.submit_modal(
        form, {where: [str(world.guild.id)], text: "Please look.", choice: "no"}
    )
    [made] = await rows(world, "reports")
    assert made["server_id"] == world.guild.id


async def test_erasing_takes_ones_own_reports_back(world: World) -> None:
    await report(world, world.member, member=world.other)
    asked = await tap(
        world.member, await world.member.slash(world.channel, "privacy"), "Erase everything"
    )
    await tap(world.member, asked, "Erase")
    assert await rows(world, "reports") == []


# Keeping apart


async def apart(world: World, what: str, **options: object) -> InteractionResult:
    return await world.moderator.slash(world.channel, f"manage apart {what}", **options)


async def test_moderators_keep_two_apart_confirm_it_and_let_them_meet(world: World) -> None:
    made = await apart(world, "add", first=world.other, second=world.member)
    assert made.ephemeral
    assert f"`{world.member.id}`" in text_of(made)
    confirmed = await tap(world.moderator, made, "Three more years")
    assert "Confirmed" in text_of(confirmed)
    done = await tap(world.moderator, confirmed, "Let them meet")
    assert "no longer" in text_of(done)
    assert await rows(world, "blocks_apart") == []
    gone = await apart(world, "remove", first=world.other, second=world.member)
    assert "were not kept apart" in text_of(gone)
    assert "Nobody." in text_of(await apart(world, "list"))
    log = text_of(await world.moderator.slash(world.channel, "manage audit"))
    assert "members kept apart" in log
    assert str(world.member.id) not in log


async def test_a_pair_that_names_the_moderator_is_not_theirs_to_see_or_to_end(
    world: World,
) -> None:
    blocks = world.bot.runtime.blocks
    await blocks.keep_apart(world.guild.id, world.moderator.id, world.member.id, by=1)
    assert "Nobody." in text_of(await apart(world, "list"))
    for what in ("add", "remove"):
        answer = await apart(world, what, first=world.moderator, second=world.member)
        assert refused(answer, "safety.apart.yourself")
    forged = f"safety:let_meet:{world.member.id}:{world.moderator.id}"
    assert refused(await forge(world, world.moderator, forged), "safety.apart.yourself")
    assert len(await rows(world, "blocks_apart")) == 1


async def test_who_may_meet_is_set_by_those_who_manage_the_server(world: World) -> None:
    settings = {one.key: one for one in world.bot.runtime.settings.declared}
    for key in ("meeting.adult_roles", "meeting.all_adults", "meeting.others_meet"):
        assert settings[key].managers_only
        assert not settings[key].default
    panel = await world.moderator.slash(world.channel, "settings")
    shown = await world.moderator.select(
        answer_of(panel).message, ["meeting"], custom_id="settings:section"
    )
    assert "Everybody is an adult" in text_of(shown)


def test_the_menus_are_named_in_every_language() -> None:
    texts = Texts.load()
    for locale in texts.locales:
        names = {
            texts.say(f"safety.menu.{what}", locale)
            for what in ("block", "report_person", "report_message")
        }
        assert len(names) == 3
        assert all(1 <= len(name) <= 32 for name in names)


async def test_discord_is_told_the_menus_in_spanish(world: World) -> None:
    translator = world.bot.tree.translator
    assert translator is not None
    [menu] = world.bot.tree.get_commands(type=discord.AppCommandType.user)[:1]
    payload = await menu.get_translated_payload(world.bot.tree, translator)
    assert payload["name_localizations"]["es-ES"] in {"Bloquear", "Avisar a moderación"}
