"""What moderators do with /settings and /manage audit."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

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
