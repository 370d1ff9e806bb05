"""What docs/threats.md says, tried as somebody would who means harm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from simcord import interactions
from simcord.results import InteractionResult

from bot.errors import UserError
from cogs.pairing.rounds_service import BY_HAND_LIMITS
from tests.hostile.ground import SECRET, Ground, Person, close_forms, make_ground, send, tap
from tests.world import answer_of, text_of


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    async with make_ground(tmp_path / "state") as made:
        yield made


def _asked(root: Any, path: list[str], leaf: Any, *, focus: int | None = None) -> dict[str, Any]:
    """A command with the plainest words that it takes."""
    plain: dict[int, Any] = {3: "a", 4: 1, 5: True}
    options: list[dict[str, Any]] = []
    for number, one in enumerate(_options(leaf)):
        if one["type"] in plain and (one.get("required") or number == focus):
            told = {"name": one["name"], "type": one["type"], "value": plain[one["type"]]}
            options.append(told | ({"focused": True, "value": ""} if number == focus else {}))
    nested = interactions.nest_options(root, path[1:], options)
    return {"id": "1", "name": root["name"], "type": 1, "options": nested}


def _options(leaf: Any) -> list[Any]:
    return leaf.get("options") or []


async def everything(ground: Ground, who: Person) -> dict[str, str]:
    """All that somebody can read by command and by suggestion."""
    told: dict[str, str] = {}
    for command in ground.world.bot.tree.get_commands():
        root: Any = command.to_dict(ground.world.bot.tree)
        leaves: Any = interactions.command_leaves(root) if root["type"] == 1 else []
        for path, leaf in leaves:
            name = " ".join(path)
            if any(one.get("required") and one["type"] > 5 for one in _options(leaf)):
                continue  # It asks for a person or a channel, and tells of what it was given.
            shown = await send(ground, who, 2, _asked(root, path, leaf))
            told[name] = _read(shown)
            for number, option in enumerate(_options(leaf)):
                if option.get("autocomplete"):
                    asked = _asked(root, path, leaf, focus=number)
                    offered = await send(ground, who, 4, asked)
                    told[f"{name} {option['name']}"] = str(offered.autocomplete_choices)
            close_forms(ground)
    return told


def _read(shown: InteractionResult) -> str:
    if shown.modal is not None:
        return str(shown.modal)
    said = [answer_of(shown), *shown.followups]
    files = "".join(str(one.attachments) for one in said)
    return "".join(text_of(one) for one in said) + files


async def test_nothing_that_a_member_can_ask_for_tells_who_is_with_whom_or_what_was_asked(
    ground: Ground,
) -> None:
    told = await everything(ground, ground.stranger)
    assert len(told) > 50
    for name, words in told.items():
        assert SECRET not in words, name
        for one in ground.members:
            assert str(one.id) not in words, name
            assert f"{one.name}" not in words.split(), name


async def test_moderators_are_shown_what_was_written_to_them_and_nothing_else(
    ground: Ground,
) -> None:
    moderator = next(one for one in ground.members if one.id == ground.world.moderator.id)
    told = await everything(ground, moderator)
    meant_for_them = ["manage faq questions", "manage reports"]
    assert sorted(name for name, words in told.items() if SECRET in words) == meant_for_them
    # Whom moderators keep apart, and what they did, names people; nothing else of members' does.
    named = {
        name
        for name, words in told.items()
        for one in ground.members
        if str(one.id) in words and one.id != moderator.id
    }
    assert named <= {"manage apart list", "manage reports"}


async def test_who_was_banned_is_brought_together_with_nobody(ground: Ground) -> None:
    server = ground.world.guild.id
    before = await ground.rows()
    for custom_id in (f"company:choose:{server}", f"company:form:{server}", "company:ask:private"):
        shown = await tap(ground, ground.banned, custom_id)
        if shown.modal is not None:
            parts: list[dict[str, Any]] = shown.modal["components"]
            sent: list[dict[str, Any]] = []
            for part in parts:
                inner = part["component"]
                value: Any = {21: "listen", 4: SECRET, 23: False}[inner["type"]]
                kept = {key: inner[key] for key in ("type", "custom_id")} | {"value": value}
                sent.append({"type": 18, "id": 1, "component": kept})
            data = {"custom_id": shown.modal["custom_id"], "components": sent}
            shown = await send(ground, ground.banned, 5, data)
        assert "nobody knows that you tapped this" in text_of(shown)
    assert await ground.rows() == before


async def test_rounds_by_hand_are_paced_for_the_whole_server(ground: Ground) -> None:
    world = ground.world
    [group] = [one for one in world.bot.runtime.manage.commands if one.name == "pairing"]
    rounds = cast(Any, group)._rounds
    by = world.moderator.id
    latest = (await rounds.status(world.guild.id)).round
    await rounds.stop(world.guild.id, by=by, shown=latest.id)
    began = 0
    with suppress(UserError):
        while began <= BY_HAND_LIMITS[0].times:
            one = await rounds.run_now(world.guild.id, by=by)
            await rounds.stop(world.guild.id, by=by, shown=one.id)
            began += 1
    assert 0 < began <= BY_HAND_LIMITS[0].times
    with pytest.raises(UserError, match="too_often"):
        await rounds.run_now(world.guild.id, by=by)
