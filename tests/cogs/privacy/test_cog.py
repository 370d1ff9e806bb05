"""What a member sees, downloads and erases with /privacy."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from bot.consent import service as consent
from bot.database import Transaction
from bot.privacy import Holding, Kind
from tests.stores import NOW
from tests.world import World, answer_of, text_of

NOTES = Holding(table="helplines_rows", person="author_user_id", kind=Kind.OWN)
"""No feature keeps something of members yet; a table that has its words stands in."""


@pytest.fixture
async def notes(world: World) -> World:
    """A world in which a feature keeps two notes of the member and one of somebody else."""
    async with world.bot.runtime.database.transaction() as tx:
        await tx.execute("ALTER TABLE helplines_rows ADD COLUMN author_user_id BIGINT")
        for number, person in enumerate((world.member, world.member, world.other)):
            await tx.execute(
                "INSERT INTO helplines_rows VALUES ($1, $2, 'ES', 'words', 0, $3)",
                world.guild.id,
                f"note-{number}",
                person.id,
            )
    world.bot.runtime.privacy.register(NOTES)
    return world


async def open_page(world: World) -> Any:
    page = await world.member.slash(world.channel, "privacy")
    assert page.ephemeral
    return answer_of(page)


async def test_who_has_left_nothing_is_told_so(world: World) -> None:
    said = text_of(await open_page(world))
    assert "Nothing. There is no record of yours in this bot." in said
    assert "Never kept: the questions you ask" in said
    assert "365 days" in said


async def test_the_page_says_how_much_is_kept(notes: World) -> None:
    assert "2 records" in text_of(await open_page(notes))


async def test_the_file_has_everything_of_ones_own_and_nothing_of_others(notes: World) -> None:
    page = await open_page(notes)
    answer = await notes.member.click(page.message, label="Download")
    assert answer.ephemeral
    (file,) = answer_of(answer).attachments
    assert file.filename == "alongside-my-data.json"
    exported = json.loads(await file.read())
    rows = exported["tables"]["helplines_rows"]
    assert [row["id"] for row in rows] == ["note-0", "note-1"]
    assert str(notes.other.id) not in json.dumps(exported)


async def test_erasing_is_asked_once_and_gives_a_receipt(notes: World) -> None:
    page = await open_page(notes)
    asked = await notes.member.click(page.message, label="Erase everything")
    assert "cannot be undone" in text_of(asked)
    assert "2 records" in text_of(await open_page(notes))
    erased = await notes.member.click(answer_of(asked).message, label="Erase")
    assert "2 records were deleted. Nothing of yours is left." in text_of(erased)
    assert "- Helplines that servers added, changed or hid. Nothing about you.: 2" in text_of(
        erased
    )
    assert "Nothing. There is no record of yours" in text_of(await open_page(notes))
    assert await notes.bot.runtime.privacy.export(notes.other.id)


async def test_who_keeps_their_data_is_back_on_the_page_with_no_button_to_erase_left_over(
    notes: World,
) -> None:
    page = await open_page(notes)
    asked = await notes.member.click(page.message, label="Erase everything")
    kept = await notes.member.click(answer_of(asked).message, label="Keep it")
    assert answer_of(kept).id == page.id
    assert "2 records" in text_of(kept)
    assert not kept.followups


async def test_the_buttons_work_after_a_restart(world: World) -> None:
    page = await open_page(world)
    await world.restart()
    asked = await world.member.click(page.message, label="Erase everything")
    erased = await world.member.click(answer_of(asked).message, label="Erase")
    assert "There was nothing to delete." in text_of(erased)


async def test_what_moderators_did_is_not_theirs_to_see_or_to_erase(world: World) -> None:
    await world.settings("server.language", "es")
    page = await world.moderator.slash(world.channel, "privacy")
    assert "Nothing. There is no record" in text_of(page)
    asked = await world.moderator.click(answer_of(page).message, label="Erase everything")
    await world.moderator.click(answer_of(asked).message, label="Erase")
    lines = await world.moderator.slash(world.channel, "manage audit")
    assert world.moderator.mention in text_of(lines)


# What they said yes to


async def agree(world: World, feature: str = "checkins", person: int | None = None) -> None:
    async with world.bot.runtime.database.transaction() as tx:
        await consent.give(
            tx, person or world.member.id, world.guild.id, feature, 1, world.bot.runtime.clock()
        )


async def test_a_yes_is_taken_back_with_one_tap_and_what_rested_on_it_ends(world: World) -> None:
    runtime = world.bot.runtime
    ended: list[tuple[int, int]] = []

    async def end(tx: Transaction, user_id: int, server_id: int) -> None:
        ended.append((user_id, server_id))

    runtime.consents.when_withdrawn("checkins", end)
    await agree(world)
    await agree(world, person=world.other.id)
    page = await open_page(world)
    assert f"Check-ins for you alone** in {world.guild.name}" in text_of(page)
    after = await world.member.click(page.message, label="Take back: Check-ins for you alone")
    assert "Taken back: Check-ins for you alone." in text_of(after)
    assert "What you said yes to" not in text_of(after)
    assert ended == [(world.member.id, world.guild.id)]
    assert await runtime.consents.of(world.member.id) == ()
    assert len(await runtime.consents.of(world.other.id)) == 1


async def test_a_yes_to_a_feature_that_is_gone_can_be_taken_back_too(world: World) -> None:
    await agree(world, "old_thing")
    page = await open_page(world)
    after = await world.member.click(page.message, label="Take back: old\\_thing")
    assert "Nothing. There is no record" in text_of(after)


async def test_a_page_with_many_yeses_is_one_that_discord_takes(world: World) -> None:
    async with world.bot.runtime.database.transaction() as tx:
        for server in range(1, 30):
            await consent.give(tx, world.member.id, server, "checkins", 1, NOW)
    said = text_of(await open_page(world))
    assert said.count("a server that this bot is no longer in") == 6


async def test_every_feature_that_asks_says_how_it_ends_and_has_words(world: World) -> None:
    features = world.bot.runtime.consents.features
    assert "checkins" in features
    for feature in features:
        assert world.bot.runtime.texts.has(f"consent.{feature}")


# The file


async def test_the_file_gives_ids_as_text_and_moments_in_utc(world: World) -> None:
    await agree(world)
    page = await open_page(world)
    (file,) = answer_of(await world.member.click(page.message, label="Download")).attachments
    exported = json.loads(await file.read())
    assert exported["alongside_export"] == 1
    (row,) = exported["tables"]["consents"]
    assert row["user_id"] == str(world.member.id)
    assert row["version"] == 1
    for moment in (exported["made_at"], row["given_at"]):
        assert datetime.fromisoformat(moment).tzinfo is not None


# A whole server


async def open_server_page(world: World) -> Any:
    return answer_of(await world.moderator.slash(world.channel, "manage privacy"))


async def test_moderators_see_what_the_server_set_up_and_nothing_of_members(world: World) -> None:
    await world.settings("server.language", "es")
    await agree(world)
    page = await open_server_page(world)
    assert "- Settings: 1 record" in text_of(page)
    answer = await world.moderator.click(page.message, label="Download")
    (file,) = answer_of(answer).attachments
    assert file.filename == "alongside-server-data.json"
    content = (await file.read()).decode()
    assert set(json.loads(content)["tables"]) == {"settings_values"}
    for person in (world.member, world.moderator):
        assert str(person.id) not in content


async def test_a_server_is_erased_by_who_may_manage_it_after_one_question(world: World) -> None:
    await world.settings("server.language", "es")
    await world.settings("server.language", "en")
    await world.settings("faq.enabled", False)
    await agree(world)
    page = await open_server_page(world)
    asked = await world.moderator.click(page.message, label="Erase this server")
    assert "cannot be undone" in text_of(asked)
    erased = await world.moderator.click(answer_of(asked).message, label="Erase this server")
    said = text_of(erased)
    # One setting, three lines of changes, one consent.
    assert "5 records were deleted. Nothing of this server is left." in said
    assert "- Changes by moderators: 3 records" in said
    assert "- What members kept here, and what the bot needed to work: 1 record" in said
    assert await world.bot.runtime.privacy.export(world.member.id) == {}
    assert "Nothing. This server has set nothing up." in text_of(await open_server_page(world))


async def test_who_is_moderator_by_a_role_does_not_erase_the_server(world: World) -> None:
    await world.settings("faq.enabled", False)
    named = world.guild.create_role("Helpers")
    await world.settings("server.moderator_roles", [named.id])
    page = await open_server_page(world)
    asked = await world.moderator.click(page.message, label="Erase this server")
    roles = world.env.backend.get_guild(world.guild.id).members[world.moderator.id].role_ids
    roles[:] = [named.id]
    refused = await world.moderator.click(answer_of(asked).message, label="Erase this server")
    assert "Only people who may manage the server" in text_of(refused)
    roles[:] = []
    refused = await world.moderator.click(answer_of(asked).message, label="Keep it")
    assert "Settings: " not in text_of(refused)
    assert await world.bot.runtime.privacy.export_server(world.guild.id)


async def test_every_table_that_a_server_sets_up_has_words(world: World) -> None:
    """All that can have a row which names nobody: such a row is shown on the server's page."""
    async with world.bot.runtime.database.read() as read:
        for one in world.bot.runtime.privacy.set_up:
            sql = 'SELECT "notnull" AS always FROM pragma_table_info($1) WHERE name = $2'
            column = await read.fetch_one(sql, one.table, one.person)
            if column is None or not column["always"]:
                assert world.bot.runtime.texts.has(f"privacy.server.{one.table}"), one.table
