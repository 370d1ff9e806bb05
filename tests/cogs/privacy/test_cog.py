"""What a member sees, downloads and erases with /privacy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.privacy import Holding, Kind
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
