"""What moderators do with /settings and /manage audit."""

from __future__ import annotations

from typing import Any

import pytest
import simcord.interactions
from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult

from bot import audit
from tests.stores import NOW
from tests.world import World, answer_of, custom_ids_of, inputs_of, text_of


async def test_a_moderator_sees_each_setting_with_meaning_and_value(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    assert panel.ephemeral
    assert "Language" in text_of(panel)
    assert "English" in text_of(panel)


async def test_a_member_is_not_offered_the_settings(world: World) -> None:
    with pytest.raises(SetupError):
        await world.member.slash(world.channel, "settings")


async def test_a_language_is_chosen_in_a_form_and_written_to_the_audit_list(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:server.language"
    )
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "es"})
    assert "Español" in text_of(saved)
    lines = await world.moderator.slash(world.channel, "manage audit")
    assert "Language" in text_of(lines)
    assert world.moderator.mention in text_of(lines)


async def test_a_second_moderator_does_not_overwrite_what_changed_meanwhile(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:server.language"
    )
    await world.settings("server.language", "es")
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "en"})
    assert "Somebody else changed this" in text_of(refused)
    assert "Español" in text_of(await world.moderator.slash(world.channel, "settings"))


async def test_the_panel_works_after_a_restart(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    message = answer_of(panel).message
    await world.restart()
    lines = await world.moderator.click(message, label="Who changed what")
    assert "Nothing has been changed yet." in text_of(lines)


async def test_who_lost_the_right_cannot_use_an_open_panel(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    message = answer_of(panel).message
    assert "settings:edit:server.language" in custom_ids_of(panel)
    backend = world.env.backend
    guild = backend.get_guild(world.guild.id)
    guild.members[world.moderator.id].role_ids.clear()
    refused = await world.moderator.click(message, custom_id="settings:edit:server.language")
    assert "Only moderators" in text_of(refused)


async def call(world: World, by: MemberActor, name: str) -> dict[str, Any]:
    """Use a command that the client does not offer, as a forged one would; gives the answer."""
    command = world.env.backend.find_command(name, world.guild.id)
    assert command is not None
    data: dict[str, Any] = {"id": str(command["id"]), "name": name, "type": 1, "options": []}
    _, payload = simcord.interactions.base_payload(
        world.env.backend,
        type=2,
        channel_id=world.channel.id,
        guild_id=world.guild.id,
        user_id=by.id,
        data=data,
    )
    world.env.backend.emit("INTERACTION_CREATE", payload)
    await world.env.settle()
    answer: Any = world.env.http_requests[-1].json
    return answer["data"]


async def test_who_calls_a_moderators_command_all_the_same_is_refused_privately(
    world: World,
) -> None:
    refused = await call(world, world.member, "settings")
    assert "Only moderators" in str(refused["components"])
    assert refused["flags"] & 64
    assert refused["allowed_mentions"] == {"parse": []}
    opened = await call(world, world.moderator, "settings")
    assert "Settings: Server" in str(opened["components"])


async def open_section(world: World, section: str) -> InteractionResult:
    panel = await world.moderator.slash(world.channel, "settings")
    return await world.moderator.select(
        answer_of(panel).message, [section], custom_id="settings:section"
    )


async def test_a_switch_does_what_it_said_whatever_changed_meanwhile(world: World) -> None:
    panel = await open_section(world, "faq")
    old = answer_of(panel).message
    off = await world.moderator.click(old, custom_id=SWITCH_OFF)
    assert "is now: off" in text_of(off)
    on = await world.moderator.click(answer_of(off).message, custom_id=SWITCH_ON)
    assert "is now: on" in text_of(on)
    await world.settings("faq.enabled", False)
    again = await world.moderator.click(answer_of(on).message, custom_id=SWITCH_OFF)
    assert "Switch on" in text_of(again)
    settings = world.bot.runtime.settings
    assert await settings.get(world.guild.id, settings.by_key("faq.enabled")) is False


SWITCH_OFF = "settings:switch:faq.enabled:off"
SWITCH_ON = "settings:switch:faq.enabled:on"


async def test_a_changed_value_is_shown_beside_its_default(world: World) -> None:
    await world.settings("server.language", "es")
    said = text_of(await world.moderator.slash(world.channel, "settings"))
    assert "**Language**: Español" in said
    assert "Default: English" in said


async def test_roles_are_chosen_and_taken_away_again(world: World) -> None:
    role = world.guild.create_role("Helper")
    panel = await world.moderator.slash(world.channel, "settings")
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:server.moderator_roles"
    )
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: [role]})
    assert f"<@&{role.id}>" in text_of(saved)
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:server.moderator_roles"
    )
    none = await world.moderator.submit_modal(form, {inputs_of(form)[0]: []})
    assert "only people who may manage the server" in text_of(none)


async def test_the_audit_list_is_turned_a_page_at_a_time(world: World) -> None:
    for turn in range(5):
        for language in ("es", "en"):
            await world.settings("server.language", language)
        await world.env.advance_time(60 * (turn + 1))
    first = await world.moderator.slash(world.channel, "manage audit")
    assert "Older" in text_of(first)
    newest = text_of(first)
    assert "Newer" not in newest
    assert newest.count("Language") == 8
    second = await world.moderator.click(answer_of(first).message, label="Older")
    assert text_of(second).count("Language") == 2
    assert "Older" not in text_of(second)
    back = await world.moderator.click(answer_of(second).message, label="Newer")
    assert text_of(back) == newest


async def test_the_audit_list_says_values_as_people_do(world: World) -> None:
    role = world.guild.create_role("Helper")
    await world.settings("server.moderator_roles", [role.id])
    await world.settings("faq.enabled", False)
    await world.settings("faq.channels", [world.channel.id])
    said = text_of(await world.moderator.slash(world.channel, "manage audit"))
    assert f"only people who may manage the server → <@&{role.id}>" in said
    assert "on → off" in said
    assert f"every channel → <#{world.channel.id}>" in said


async def test_what_stands_in_the_audit_list_mentions_and_formats_nothing(world: World) -> None:
    line = audit.Line.of(
        world.guild.id,
        world.moderator.id,
        NOW,
        "faq.add",
        "**<@&1> @everyone**",
        None,
        "# https://x",
    )
    async with world.bot.runtime.database.transaction() as tx:
        await audit.record(tx, line)
    said = text_of(await world.moderator.slash(world.channel, "manage audit"))
    for live in ("@everyone", "<@&1>", "https://", "→ # "):
        assert live not in said


async def test_who_is_moderator_by_a_role_does_not_name_the_moderators(world: World) -> None:
    named = world.guild.create_role("Helpers")
    await world.settings("server.moderator_roles", [named.id])
    panel = await world.moderator.slash(world.channel, "settings")
    backend = world.env.backend
    backend.get_guild(world.guild.id).members[world.moderator.id].role_ids[:] = [named.id]
    message = answer_of(panel).message
    refused = await world.moderator.click(message, custom_id="settings:edit:server.moderator_roles")
    assert "Only people who may manage the server" in text_of(refused)
    allowed = await world.moderator.click(message, custom_id="settings:edit:server.language")
    assert allowed.modal is not None


ADULTS = "meeting.all_adults"


async def is_on(world: World, key: str = ADULTS) -> Any:
    settings = world.bot.runtime.settings
    return await settings.get(world.guild.id, settings.by_key(key))


async def press(world: World, panel: InteractionResult, label: str) -> InteractionResult:
    return await world.moderator.click(answer_of(panel).message, label=label)


async def ask_about_age(world: World) -> InteractionResult:
    panel = await open_section(world, "meeting")
    return await world.moderator.click(
        answer_of(panel).message, custom_id=f"settings:switch:{ADULTS}:on"
    )


async def test_what_decides_about_age_is_asked_once_more_in_words(world: World) -> None:
    asked = await ask_about_age(world)
    assert "they could be introduced to adults they do not know" in text_of(asked)
    assert await is_on(world) is False
    left = await press(world, asked, "No, leave it as it is")
    assert "Settings: Who may meet" in text_of(left)
    assert await is_on(world) is False
    saved = await press(world, await ask_about_age(world), "Yes, change it")
    assert "is now: on" in text_of(saved)
    assert await is_on(world) is True


async def test_roles_for_adults_are_asked_about_after_they_were_chosen(world: World) -> None:
    role = world.guild.create_role("18+")
    panel = await open_section(world, "meeting")
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:meeting.adult_roles"
    )
    asked = await world.moderator.submit_modal(form, {inputs_of(form)[0]: [role]})
    assert f"<@&{role.id}>" in text_of(asked)
    assert "a minor can do so as well" in text_of(asked)
    assert await is_on(world, "meeting.adult_roles") == ()
    await press(world, asked, "Yes, change it")
    assert await is_on(world, "meeting.adult_roles") == (role.id,)


async def test_an_open_question_about_age_ends_with_the_process(world: World) -> None:
    asked = await ask_about_age(world)
    await world.restart()
    assert "make the change again" in text_of(await press(world, asked, "Yes, change it"))
    assert await is_on(world) is False


async def test_who_lost_the_right_meanwhile_decides_nothing_about_age(world: World) -> None:
    asked = await ask_about_age(world)
    world.env.backend.get_guild(world.guild.id).members[world.moderator.id].role_ids.clear()
    assert "Only moderators" in text_of(await press(world, asked, "Yes, change it"))
    assert await is_on(world) is False


async def test_the_menu_of_sections_marks_the_one_that_is_shown(world: World) -> None:
    for section in ("faq", "meeting", "faq"):
        panel = await open_section(world, section)
        [menu] = [
            part
            for outer in answer_of(panel).components
            for rows in outer["components"]
            for part in rows.get("components", [])
            if part.get("custom_id") == "settings:section"
        ]
        marked = [option["value"] for option in menu["options"] if option.get("default")]
        assert marked == [section]


async def test_while_everybody_counts_as_adult_a_role_for_adults_promises_nothing(
    world: World,
) -> None:
    await world.settings(ADULTS, True)
    role = world.guild.create_role("18+")
    panel = await open_section(world, "meeting")
    form = await world.moderator.click(
        answer_of(panel).message, custom_id="settings:edit:meeting.adult_roles"
    )
    asked = await world.moderator.submit_modal(form, {inputs_of(form)[0]: [role]})
    assert "this changes nothing yet" in text_of(asked)
    assert "introduced to nobody" not in text_of(asked)
    too = await press(world, asked, "Yes, and switch off “Everybody is an adult”")
    assert await is_on(world, "meeting.adult_roles") == (role.id,)
    assert await is_on(world) is True
    assert "Introductions that are open stay open" in text_of(too)
    assert "is now: off" in text_of(await press(world, too, "Yes, change it"))
    assert await is_on(world) is False


async def test_while_everybody_counts_as_adult_no_switch_keeps_others_apart(world: World) -> None:
    for everybody in (True, False):
        await world.settings("meeting.others_meet", True)
        await world.settings(ADULTS, everybody)
        panel = await open_section(world, "meeting")
        asked = await world.moderator.click(
            answer_of(panel).message, custom_id="settings:switch:meeting.others_meet:off"
        )
        assert ("this changes nothing yet" in text_of(asked)) is everybody
        assert ("introduced to nobody" in text_of(asked)) is not everybody
        await press(world, asked, "Yes, change it")
        assert await is_on(world, "meeting.others_meet") is False
        assert await is_on(world) is everybody


async def test_trying_again_after_a_typing_error_does_not_overwrite_what_changed_meanwhile(
    world: World,
) -> None:
    key = "company.wait_minutes"
    panel = await open_section(world, "company")
    form = await world.moderator.click(answer_of(panel).message, custom_id=f"settings:edit:{key}")
    await world.settings(key, 33)
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "abc"})
    form = await press(world, refused, "Try again")
    told = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "25"})
    assert "Somebody else changed this" in text_of(told)
    assert await is_on(world, key) == 33
    form = await press(world, told, "Try again")
    await world.moderator.submit_modal(form, {inputs_of(form)[0]: "25"})
    assert await is_on(world, key) == 25
