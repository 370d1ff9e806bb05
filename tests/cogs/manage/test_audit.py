"""How moderators find what was changed, take it along, and take it back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import audit
from bot.audit import Line, Wanted
from bot.database import Database
from bot.settings.model import Channels, Setting, Text
from bot.texts import BASE, Texts, Words
from cogs.manage import audit_views as views
from cogs.manage.audit_views import written
from tests.stores import NOW
from tests.world import World, answer_of, buttons_of, text_of

ENGLISH = Words(Texts.load(), BASE)


def line(action: str, by: int = 7, minutes: int = 0, target: str = "x") -> Line:
    return Line.of(1, by, NOW + timedelta(minutes=minutes), action, target, None, "after")


async def test_lines_of_one_feature_and_of_one_moderator_are_found(database: Database) -> None:
    async with database.transaction() as tx:
        for each in (line("faq.add", 7), line("faq.edit", 8, 1), line("faqx.add", 7, 2)):
            await audit.record(tx, each)
    async with database.read() as read:

        async def found(wanted: Wanted) -> list[str]:
            return [each.action for each in await audit.lines(read, 1, limit=9, wanted=wanted)]

        assert await found(Wanted()) == ["faqx.add", "faq.edit", "faq.add"]
        assert await found(Wanted("faq")) == ["faq.edit", "faq.add"]
        assert await found(Wanted(actor_user_id=7)) == ["faqx.add", "faq.add"]
        assert await found(Wanted("faq", 8)) == ["faq.edit"]
        assert await found(Wanted("faq", 9)) == []
        assert await audit.features(read, 1) == ("faq", "faqx")
        assert await audit.features(read, 2) == ()


async def test_a_line_is_found_in_its_own_server_alone(database: Database) -> None:
    kept = line("faq.add")
    async with database.transaction() as tx:
        await audit.record(tx, kept)
    async with database.read() as read:
        assert await audit.line(read, 1, kept.id) == kept
        assert await audit.line(read, 2, kept.id) is None


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_file_is_a_formula(begins: str) -> None:
    made, count = written(ENGLISH, [line("faq.add", target=f"{begins}1+1")], {})
    assert count == 1
    [_, row] = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    assert row[3] == f"'{begins}1+1"
    assert not any(cell[:1] in "=+-@" for cell in row if cell)


def test_everything_that_is_recorded_can_be_asked_for() -> None:
    texts = Texts.load()
    recorded = [key for key in texts.keys(BASE) if key.startswith("audit.action.")]
    assert recorded
    for key in recorded:
        assert texts.has(f"audit.about.{key.split('.')[2]}", BASE)


async def test_a_change_is_undone_with_one_tap_and_that_can_be_undone_too(world: World) -> None:
    await world.settings("server.language", "es")
    shown = await world.moderator.slash(world.channel, "manage audit")
    undone = await world.moderator.click(answer_of(shown).message, label="Undo")
    assert "English" in text_of(undone)
    shown = await world.moderator.slash(world.channel, "manage audit")
    assert text_of(shown).count("Language") == 2


async def test_what_was_changed_again_since_is_not_undone(world: World) -> None:
    await world.settings("server.language", "es")
    shown = await world.moderator.slash(world.channel, "manage audit")
    await world.settings("server.language", "en")
    refused = await world.moderator.click(answer_of(shown).message, label="Undo")
    assert "changed again since" in text_of(refused)


async def test_undoing_takes_the_right_that_the_change_took(world: World) -> None:
    named = world.guild.create_role("Helpers")
    await world.settings("server.moderator_roles", [named.id])
    shown = await world.moderator.slash(world.channel, "manage audit")
    backend = world.env.backend
    backend.get_guild(world.guild.id).members[world.moderator.id].role_ids[:] = [named.id]
    refused = await world.moderator.click(answer_of(shown).message, label="Undo")
    assert "may manage the server" in text_of(refused)


async def test_the_list_is_filtered_and_comes_as_a_file(world: World) -> None:
    await world.settings("server.language", "es")
    shown = await world.moderator.slash(world.channel, "manage audit")
    message = answer_of(shown).message
    only = await world.moderator.select(message, ["settings"], custom_id="audit:about:0")
    assert "Language" in text_of(only)
    given = await world.moderator.click(answer_of(only).message, label="As a file")
    [file] = answer_of(given).attachments
    assert file.filename == "alongside-changes.csv"
    assert "Undo" in buttons_of(only)


def changed(setting: Setting[Any], before: Any, after: Any) -> Line:
    texts = setting.encode(before), setting.encode(after)
    return Line.of(1, 10**18, NOW, "settings.change", setting.key, *texts)


def test_the_longest_changes_fit_into_one_message_in_every_language() -> None:
    channels = Channels(key="faq.channels", default=())
    text = Text(key="company.staffed", default="", max_length=200)
    settings: dict[str, Setting[Any]] = {channels.key: channels, text.key: text}
    ids = [tuple(range(first, first + 25)) for first in (10**18, 2 * 10**18)]
    features = ("faq", "settings", "checkins", "pairing", "safety", "helplines")
    for locale in Texts.load().locales:
        for line in (changed(channels, *ids), changed(text, "a_" * 100, "b_" * 100)):
            panel = views.audit_list(
                Words(Texts.load(), locale),
                [line] * views.LINES,
                settings,
                1,
                Wanted(),
                features,
                more=True,
            )
            assert panel.content_length() <= 4000
            assert panel.total_children_count <= 40


def test_of_a_list_the_change_itself_is_told() -> None:
    setting = Channels(key="faq.channels", default=())
    many = tuple(range(1, 21))
    line = changed(setting, many, (*many, 99))
    shown = views.audit_list(ENGLISH, [line], {setting.key: setting}, 0, Wanted(), (), more=False)
    assert "… → <#99>" in str(shown.to_components())


def test_the_file_holds_whole_values_and_no_more_than_discord_takes() -> None:
    long = replace(line("faq.edit"), before="x" * 9_000, after="y" * 9_000)
    made, count = written(ENGLISH, [long] * 1_000, {})
    assert 400 < count < 500
    assert len(made) <= views.FILE_BYTES + 3
    assert b"y" * 9_000 in made


async def test_what_points_at_a_channel_that_is_gone_is_not_undone(world: World) -> None:
    place = world.guild.create_text_channel("old")
    await world.settings("faq.channels", [place.id])
    await world.env.advance_time(60)
    await world.settings("faq.channels", [])
    world.env.backend.delete_channel(place.id)
    await world.env.settle()
    shown = await world.moderator.slash(world.channel, "manage audit")
    async with world.bot.runtime.database.read() as read:
        lines = await audit.lines(read, world.guild.id, limit=9)
    # Of one second, lines stand in any order.
    [taken_out] = [each for each in lines if each.before is not None]
    refused = await world.moderator.click(
        answer_of(shown).message, custom_id=f"audit:undo:{taken_out.id}"
    )
    assert "not in this server" in text_of(refused)
