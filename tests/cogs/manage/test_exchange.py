"""What moderators do with settings in a file."""

from __future__ import annotations

from simcord.results import InteractionResult

from bot.settings.exchange import FORMAT
from tests.world import World, answer_of, buttons_of, inputs_of, text_of


async def panel(world: World) -> InteractionResult:
    return await world.moderator.slash(world.channel, "settings")


async def take(world: World, text: str | bytes) -> InteractionResult:
    form = await world.moderator.click(answer_of(await panel(world)).message, label="From a file")
    content = text.encode() if isinstance(text, str) else text
    name = inputs_of(form)[0]
    return await world.moderator.submit_modal(form, {name: ("settings.yaml", content)})


async def language(world: World) -> str:
    settings = world.bot.runtime.settings
    return await settings.get(world.guild.id, settings.by_key("server.language"))


async def test_the_file_that_is_given_changes_nothing_when_it_is_taken_back(world: World) -> None:
    await world.settings("server.language", "es")
    await world.settings("faq.channels", [world.channel.id])
    given = await world.moderator.click(answer_of(await panel(world)).message, label="As a file")
    [file] = answer_of(given).attachments
    text = (await file.read()).decode()
    assert "# Language: " in text
    assert "Everything is already as this file has it" in text_of(await take(world, text))


async def test_what_a_file_would_change_is_shown_and_then_changed_whole(world: World) -> None:
    text = f"format: {FORMAT}\nsettings:\n  server.language: es\n  faq.enabled: false\n"
    shown = await take(world, text)
    assert "Language" in text_of(shown)
    assert "on → off" in text_of(shown)
    assert await language(world) == "en"
    done = await world.moderator.click(answer_of(shown).message, label="Change all of it")
    assert "2 settings" in text_of(done) or "2 ajustes" in text_of(done)
    assert await language(world) == "es"


async def test_nothing_is_changed_when_one_line_is_refused(world: World) -> None:
    text = f'format: {FORMAT}\nsettings:\n  server.language: es\n  faq.channels: ["12"]\n'
    shown = await take(world, text)
    assert "Line 4" in text_of(shown)
    assert "not in this server" in text_of(shown)
    assert "Change all of it" not in buttons_of(shown)
    assert await language(world) == "en"


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(world: World) -> None:
    text = f"format: {FORMAT}\nsettings:\n  server.language: es\n  faq.enabled: false\n"
    shown = await take(world, text)
    await world.settings("faq.enabled", False)
    refused = await world.moderator.click(answer_of(shown).message, label="Change all of it")
    assert "Somebody else changed this" in text_of(refused)
    assert await language(world) == "en"


async def test_what_is_no_file_of_settings_is_refused_in_a_sentence(world: World) -> None:
    assert "no file of settings" in text_of(await take(world, "hello"))
    assert "cannot be read" in text_of(await take(world, "a: *b"))
    assert "UTF-8" in text_of(await take(world, b"\xff\xfe"))
    assert "too big" in text_of(await take(world, " " * 200_000))


async def test_who_is_moderator_by_a_role_names_no_moderators_through_a_file(world: World) -> None:
    named = world.guild.create_role("Helpers")
    await world.settings("server.moderator_roles", [named.id])
    text = f"format: {FORMAT}\nsettings:\n  server.moderator_roles: []\n"
    shown = await take(world, text)
    backend = world.env.backend
    backend.get_guild(world.guild.id).members[world.moderator.id].role_ids[:] = [named.id]
    refused = await world.moderator.click(answer_of(shown).message, label="Change all of it")
    assert "Only people who may manage the server" in text_of(refused)


async def test_a_feature_is_switched_on_by_a_file_that_brings_what_it_needs(world: World) -> None:
    role = world.guild.create_role("Supporter")
    calls = world.guild.create_text_channel("calls")
    text = f"""format: {FORMAT}
settings:
  company.enabled: true
  company.supporter_roles: ["{role.id}"]
  company.call_channel: ["{calls.id}"]
  company.thread_channel: ["{world.channel.id}"]
  meeting.all_adults: true
"""
    shown = await take(world, text)
    assert "Change all of it" in buttons_of(shown)
    done = await world.moderator.click(answer_of(shown).message, label="Change all of it")
    assert "5 settings" in text_of(done)


async def test_a_file_takes_no_channel_that_no_form_offers(world: World) -> None:
    voice = world.guild.create_voice_channel("voice")
    text = f'format: {FORMAT}\nsettings:\n  faq.channels: ["{voice.id}"]\n'
    assert "of another kind" in text_of(await take(world, text))
