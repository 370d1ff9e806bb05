"""What members and moderators do with helplines."""

from __future__ import annotations

import logging

import pytest
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult

from tests.world import World, answer_of, buttons_of, inputs_of, text_of


async def ask(world: World, words: str) -> InteractionResult:
    return await world.member.slash(world.channel, "helplines", country=words)


async def press_the_button(world: World) -> InteractionResult:
    """Press it where it stands on another feature's answer."""
    about = await world.member.slash(world.channel, "about")
    return await world.member.click(answer_of(about).message, custom_id="helplines:open")


async def fill(world: World, form: InteractionResult, *typed: str) -> InteractionResult:
    return await world.moderator.submit_modal(form, dict(zip(inputs_of(form), typed, strict=True)))


async def manage(world: World, what: str, **options: str) -> InteractionResult:
    return await world.moderator.slash(world.channel, f"manage helplines {what}", **options)


LOCAL = ("Local line", "91 234 56 78", "", "24/7, Spanish", "https://local.example/")


async def test_a_members_own_word_for_a_country_is_answered_privately(world: World) -> None:
    answered = await ask(world, "England")
    assert answered.ephemeral
    assert "Helplines: United Kingdom" in text_of(answered)
    assert "**116 123**" in text_of(answered)
    assert text_of(answered).index("999") < text_of(answered).index("116 123")


async def test_suggestions_come_as_one_types(world: World) -> None:
    offered = await world.member.autocomplete(world.channel, "helplines", "country", "swizerl")
    assert [(choice["name"], choice["value"]) for choice in offered] == [("Switzerland", "CH")]
    first = await world.member.autocomplete(world.channel, "helplines", "country", "")
    assert len(first) == 25


async def test_a_chosen_suggestion_is_shown(world: World) -> None:
    assert "Helplines: Switzerland" in text_of(await ask(world, "CH"))


async def test_a_country_without_checked_numbers_says_so_and_leads_to_the_finder(
    world: World,
) -> None:
    told = text_of(await ask(world, "Tuvalu"))
    assert "There are no checked numbers for Tuvalu here." in told
    assert told.endswith("Find A Helpline (website)")


async def test_a_name_of_two_countries_offers_both_and_a_tap_answers(world: World) -> None:
    offered = await ask(world, "korea")
    assert "Which country do you mean?" in text_of(offered)
    assert {"North Korea", "South Korea"} <= set(buttons_of(offered))
    shown = await world.member.click(answer_of(offered).message, label="South Korea")
    assert "Helplines: South Korea" in text_of(shown)


async def test_the_button_asks_for_a_country_and_fills_in_none(world: World) -> None:
    form = await press_the_button(world)
    assert form.modal is not None
    assert "value" not in str(form.modal["components"])
    shown = await world.member.submit_modal(form, {inputs_of(form)[0]: "spain"})
    assert shown.ephemeral
    assert shown.followups == []
    assert "Helplines: Spain" in text_of(shown)


async def test_words_that_name_no_country_lead_to_the_finder_and_the_command(world: World) -> None:
    form = await press_the_button(world)
    shown = await world.member.submit_modal(form, {inputs_of(form)[0]: "zzzz qqqq"})
    assert "pick from a list with </helplines:" in text_of(shown)
    assert text_of(shown).endswith("Find A Helpline (website)")


async def test_a_country_listed_first_is_one_tap_away(world: World) -> None:
    await world.settings("helplines.first_country", "Ireland")
    shown = await press_the_button(world)
    assert shown.ephemeral
    assert "Helplines: Ireland" in text_of(shown)
    form = await world.member.click(answer_of(shown).message, label="Another country")
    other = await world.member.submit_modal(form, {inputs_of(form)[0]: "France"})
    assert "Helplines: France" in text_of(other)


async def test_the_country_listed_first_is_called_by_its_name(world: World) -> None:
    await world.settings("helplines.first_country", "Ireland")
    panel = await world.moderator.slash(world.channel, "settings")
    section = await world.moderator.select(
        answer_of(panel).message, ["helplines"], custom_id="settings:section"
    )
    assert "**Country listed first**: Ireland" in text_of(section)
    lines = await world.moderator.click(answer_of(section).message, label="Who changed what")
    assert "none, the button asks → Ireland" in text_of(lines)
    back = await world.moderator.click(answer_of(lines).message, label="Settings")
    assert "Settings: Server" in text_of(back)


async def test_the_command_alone_is_the_button(world: World) -> None:
    form = await world.member.slash(world.channel, "helplines")
    assert form.modal is not None


async def test_helplines_work_when_the_database_does_not(world: World) -> None:
    await world.settings("helplines.first_country", "IE")
    world.bot.runtime.settings.forget(world.guild.id)
    await world.bot.runtime.database.close()
    assert "**116 123**" in text_of(await ask(world, "uk"))
    form = await press_the_button(world)
    shown = await world.member.submit_modal(form, {inputs_of(form)[0]: "uk"})
    assert "**116 123**" in text_of(shown)


async def test_the_buttons_work_after_a_restart(world: World) -> None:
    offered = await ask(world, "korea")
    message = answer_of(offered).message
    await world.restart()
    shown = await world.member.click(message, label="South Korea")
    assert "Helplines: South Korea" in text_of(shown)


async def test_nothing_about_the_asking_is_stored_or_logged(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    await ask(world, "Denmark")
    form = await press_the_button(world)
    await world.member.submit_modal(form, {inputs_of(form)[0]: "Denmark"})
    written = caplog.text + "".join(capsys.readouterr())
    assert "Denmark" not in written
    assert "'DK'" not in written
    assert str(world.member.id) not in written
    database = world.bot.runtime.database
    async with database.read() as read:
        for table in ("helplines_rows", "settings_values", "audit_lines"):
            assert await read.fetch(f"SELECT * FROM {table}") == []  # noqa: S608


async def test_a_moderator_adds_a_line_and_members_see_who_vouches_for_it(world: World) -> None:
    form = await manage(world, "add", country="Spain")
    saved = await fill(world, form, *LOCAL)
    assert saved.followups == []
    assert "Members of this server see it like this" in text_of(saved)
    told = text_of(await ask(world, "Spain"))
    assert "**Local line**" in told
    assert "Added by the moderators of this server" in told
    lines = await world.moderator.slash(world.channel, "manage audit")
    assert "helpline added: **ES: Local line**" in text_of(lines)
    assert "{" not in text_of(lines)


async def test_a_refused_form_gives_back_what_was_typed(world: World) -> None:
    form = await manage(world, "add", country="ES")
    refused = await fill(world, form, "Local line", "123456789012", "", "", "https://a.example/")
    assert "does not look like a number of that country" in text_of(refused)
    assert "Name: Local line" in text_of(refused)
    again = await world.moderator.click(answer_of(refused).message, label="Try again")
    refused = await fill(world, again, "Local line", "", "0123", "", "no address")
    assert "**Page you checked it on:** Please give the address" in text_of(refused)
    assert "Local line" not in text_of(await ask(world, "ES"))


async def test_a_moderator_changes_hides_and_restores_a_shipped_line(world: World) -> None:
    offered = await world.moderator.autocomplete(
        world.channel, "manage helplines edit", "line", "spain"
    )
    line = offered[0]["value"]
    assert line == "es-024"
    form = await manage(world, "edit", line=line)
    await fill(world, form, *LOCAL)
    assert "Local line" in text_of(await ask(world, "ES"))
    hidden = await manage(world, "remove", line=line)
    assert "Hidden in this server" in text_of(hidden)
    told = text_of(await ask(world, "ES"))
    assert "024" not in told
    assert "**112**" in told
    listed = await manage(world, "list")
    assert "hidden" in text_of(listed)
    restored = await world.moderator.select(
        answer_of(listed).message, [line], custom_id="helplines:restore"
    )
    assert "as they come with the bot" in text_of(restored)
    assert "**024**" in text_of(await ask(world, "ES"))


async def test_a_country_that_does_not_exist_takes_no_line(world: World) -> None:
    refused = await manage(world, "add", country="Narnia")
    assert "No single country has that name" in text_of(refused)


async def test_members_are_not_offered_the_moderators_commands(world: World) -> None:
    with pytest.raises(SetupError):
        await world.member.slash(world.channel, "manage helplines list")
