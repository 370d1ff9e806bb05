"""Every road by which a moderator might see what a member answered; docs/threats.md lists them.

Members have everything under way, and whatever they wrote carries `SECRET`. A moderator goes down
each road, and what is found there is searched for that, and for who the members are. Each road also
has something that it must hold, so that none is empty because it was not read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from discord import AppCommandType

from bot.counting import What
from cogs.faq import tallies_store
from tests import rules
from tests.cogs.checkins import test_answering as answering
from tests.cogs.insights.months import counted_from, put
from tests.cogs.insights.test_cog import drawer_of
from tests.hostile.arguments import custom_ids, known
from tests.hostile.ground import SECRET, Ground, Person, close_forms, make_ground, tap
from tests.world import answer_of, text_of

PRIVATE_THREAD, DIRECT = 12, 1

MEANT = {
    *("faq:questions", "faq:question_answer", "faq:question_with", "faq:question_entry"),
    *("faq:question_give", "faq:question_decline", "faq:question_hand", "faq:question_handed"),
    *("safety:reports", "safety:handle", "faq:import_apply", "form:again"),
}
"""Buttons about what was sent to moderators, so that they read it, or with
what they themselves gave."""

NEVER_TAPPED = {"privacy:server_erase", "privacy:erase"}
"""After these there would be nothing left to be told."""

WRITTEN_DOWN = {"create_thread", "edit", "delete", "remove_user", "add_user", "ban", "kick", "pin"}
"""What Discord writes into its audit log."""

MEMBERS: dict[str, int] = {}
"""Names and ids of those who are not moderators."""

Road = Callable[[Ground], Awaitable[str]]


def moderator(ground: Ground) -> Person:
    return next(one for one in ground.members if one.id == ground.world.moderator.id)


def told(text: str) -> list[str]:
    """What of members stands in a text: their words, their ids, their names."""
    found = [SECRET] if SECRET in text else []
    found += [f"id of {name}" for name, number in MEMBERS.items() if str(number) in text]
    return found + [name for name in MEMBERS if re.search(rf"\b{name}\b", text)]


async def used(ground: Ground, command: str, *labels: str) -> str:
    """All that a command answers with and what its buttons lead to, files as well."""
    world = ground.world
    shown = await world.moderator.slash(world.channel, command)
    for label in labels:
        shown = await world.moderator.click(answer_of(shown).message, label=label)
    given = [file for file in answer_of(shown).attachments if not file.filename.endswith(".png")]
    return "\n".join([text_of(shown), *[(await file.read()).decode("utf-8") for file in given]])


async def menus(ground: Ground) -> str:
    world = ground.world
    asked = await world.moderator.send(world.channel, "What is peer support?")
    found: list[str] = []
    for menu in world.bot.tree.get_commands(type=AppCommandType.message):
        shown = await world.moderator.context_menu(world.channel, menu.name, asked)
        found.append(str(shown.modal) if shown.modal else text_of(shown))
    return "\n".join(found)


async def channels(ground: Ground) -> str:
    """All that stands where a moderator may read it: private threads and messages are others'."""
    backend = ground.world.env.backend
    kinds = {place: int(backend.channels[place].type) for place, _ in ground.messages()}
    shared = {post[1] for post in ground.posts}
    return "\n".join(
        said
        for (place, message), said in ground.messages().items()
        if kinds[place] not in {PRIVATE_THREAD, DIRECT}
        and str(message) not in shared
        and "via" not in said  # what somebody replied with stands under their name
    )


async def threads(ground: Ground) -> str:
    """The names of private threads, and whether the bot took a moderator into one."""
    world = ground.world
    found = [
        f"{place.name} {SECRET if world.moderator.id in place.thread_members else 'without them'}"
        for place in world.env.backend.channels.values()
        if int(place.type) == PRIVATE_THREAD
    ]
    return "\n".join(found)


async def today(ground: Ground) -> str:
    return await used(ground, "today")


async def settings(ground: Ground) -> str:
    return await used(ground, "settings")


async def settings_file(ground: Ground) -> str:
    return await used(ground, "settings", "As a file")


async def server_file(ground: Ground) -> str:
    return await used(ground, "manage privacy", "Download")


async def answers_file(ground: Ground) -> str:
    return await used(ground, "manage faq export")


async def audit(ground: Ground) -> str:
    return await used(ground, "manage audit")


async def audit_file(ground: Ground) -> str:
    return await used(ground, "manage audit", "As a file")


async def counts(ground: Ground) -> str:
    """In words, and on the picture."""
    runtime, server = ground.world.bot.runtime, ground.world.guild.id
    await counted_from(runtime.database, runtime.settings, server, date(2025, 11, 1))
    await put(runtime.database, server, date(2025, 11, 1), {What.INTRODUCTIONS: 3})
    drawer = drawer_of(ground.world)
    shown = await used(ground, "insights")
    return "\n".join([shown, *(page.to_json() for page in drawer.pages)])


async def counts_file(ground: Ground) -> str:
    await counts(ground)
    return await used(ground, "insights", "As a table")


ROADS: dict[str, tuple[Road, str]] = {
    "menus of messages": (menus, "What is peer support?"),
    "channels": (channels, "I can be there"),
    "private threads": (threads, "without them"),
    "today": (today, "Today in this server"),
    "settings": (settings, "Settings: Server"),
    "file of the settings": (settings_file, "alongside-settings/1"),
    "file of the server": (server_file, '"faq_entries"'),
    "file of the answers": (answers_file, "related:"),
    "audit": (audit, "Who changed what"),
    "file of the audit": (audit_file, "setting"),
    "counts": (counts, "fewer than five"),
    "file of the counts": (counts_file, "fewer than five"),
}
"""The roads, each with something that stands there."""


@pytest.fixture
async def ground(tmp_path: Path) -> Any:
    async with answered(tmp_path / "state") as made:
        yield made


@asynccontextmanager
async def answered(folder: Path) -> AsyncGenerator[Ground]:
    """The ground, after Ash and others have answered; it is known who they are."""
    async with make_ground(folder) as ground:
        others = [one for one in ground.members if one.id != ground.world.moderator.id]
        MEMBERS.update({one.name: one.id for one in others})
        await _answer(ground)
        yield ground


async def _answer(ground: Ground) -> None:
    """Ash checks in and keeps it, and says of an answer that it helped."""
    world = ground.world
    prompt = await answering.post_prompt(world)
    ready = await answering.pick(world, await answering.begin(world, prompt), "storm")
    ready = await answering.write(world, ready, SECRET)
    await answering.tap(world, ready, "Keep it to myself")
    async with world.bot.runtime.database.transaction() as tx:
        await tallies_store.count(tx, world.guild.id, "what-is-peer-support", helped=True)


_read: dict[str, str] = {}


@pytest.fixture
async def read(tmp_path: Path) -> dict[str, str]:
    """What stands on each road. All are gone down once, for making the ground takes longest."""
    if not _read:
        async with answered(tmp_path / "state") as made:
            _read.update({name: await road(made) for name, (road, _) in ROADS.items()})
    return _read


@pytest.mark.parametrize("road", ROADS)
async def test_a_road_shows_a_moderator_neither_what_members_answered_nor_who_they_are(
    road: str, read: dict[str, str]
) -> None:
    _, stands_there = ROADS[road]
    assert stands_there in read[road]
    assert told(read[road]) == []


async def test_no_file_of_the_server_has_the_counts_that_are_told_in_steps(ground: Ground) -> None:
    await counts(ground)
    text = await server_file(ground)
    assert "faq_tallies" not in text
    assert "insights_counts" not in text


async def test_no_button_shows_a_moderator_what_was_not_sent_to_them(ground: Ground) -> None:
    actions = ground.world.bot.runtime.actions
    values, who = known(ground, await ground.rows()), moderator(ground)
    wrong: list[str] = []
    seen: set[str] = set()
    for action in sorted(actions.known - NEVER_TAPPED):
        for custom_id in custom_ids(actions, action, values, 4):
            shown = await tap(ground, who, custom_id)
            words = str(shown.modal) if shown.modal else text_of(shown)
            found = told(words)
            if action in MEANT and SECRET in found:
                seen.add(action)
            elif action.split(":")[0] != "safety":
                # Who names somebody by their id, to block or to keep apart, reads whom they named.
                wrong += [f"{custom_id}: {one}" for one in found]
            elif SECRET in found:
                wrong.append(f"{custom_id}: {SECRET}")
        close_forms(ground)
    assert wrong == []
    assert {one.split(":")[0] for one in seen} >= {"faq", "safety"}


def test_nothing_but_a_neutral_name_goes_into_discords_own_log() -> None:
    sources = rules.read_sources("bot", "cogs")
    assert reasons_given(sources) == []
    assert reasons_given({"a.py": "await thread.edit(locked=True, reason='x')"}) == ["a.py:1"]


def reasons_given(sources: rules.Sources) -> list[str]:
    """Where Discord is given a reason, which it shows to whoever may read its audit log."""
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITTEN_DOWN
        and any(word.arg == "reason" for word in node.keywords)
    ]
