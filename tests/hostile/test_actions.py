"""Every button of the bot, tapped by who has no business with what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from simcord.results import InteractionResult

from tests.hostile.arguments import custom_ids, known
from tests.hostile.ground import SECRET, Ground, Person, close_forms, make_ground, tap
from tests.world import text_of

PUBLIC_THREAD = 11

MOST = 4
"""Custom ids that are tried of each action by each person."""


COUNTED = {"faq_tallies"}
"""What every member of the server adds to: numbers that name nobody."""

Rows = dict[str, list[dict[str, Any]]]


def changed(before: Rows, after: Rows, who: Person, home: int) -> list[str]:
    """The tables of the home server that hold something else now, but for what is their own."""
    own = {
        row["id"]
        for rows in (before, after)
        for held in rows.values()
        for row in held
        if "id" in row and _is_of(row, who)
    }

    def others(held: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row
            for row in held
            if row.get("server_id", home) == home
            and not _is_of(row, who)
            and row.get("subject") not in own
        ]

    return [table for table in before if others(before[table]) != others(after[table])]


def _is_of(row: dict[str, Any], who: Person) -> bool:
    return any(name.endswith("user_id") and row[name] == who.id for name in row)


def tries(ground: Ground, values: dict[str, list[str]]) -> Iterator[tuple[Person, str]]:
    """Who taps what: everybody everything that may be in their reach."""
    actions = ground.world.bot.runtime.actions
    handlers = actions._handlers  # pyright: ignore[reportPrivateUsage]
    for who in (ground.stranger, ground.former, ground.outsider, ground.banned):
        for action, (_, moderators) in sorted(handlers.items()):
            # Who was a moderator is a member like any other, but for moderators' buttons.
            if moderators or who is not ground.former:
                for custom_id in custom_ids(actions, action, values, MOST):
                    yield who, custom_id


async def test_no_action_reaches_what_is_not_for_who_taps(tmp_path: Path) -> None:
    async with make_ground(tmp_path / "state") as ground:
        home = ground.world.guild.id
        rows, said = await ground.rows(), ground.messages()
        wrong: list[str] = []
        each = groupby(
            tries(ground, known(ground, rows)), lambda one: (one[0], one[1].split(":")[:2])
        )
        for (who, action), taps in each:
            for _, custom_id in taps:
                answer = await tap(ground, who, custom_id)
                wrong += [
                    f"{who.name} {custom_id}: {what}" for what in _told(ground, custom_id, answer)
                ]
            close_forms(ground)
            seen, now = ground.messages(), await ground.rows()
            wrong += [
                f"{who.name} {action}: changed a message"
                for place in seen.keys() | said.keys()
                if seen.get(place) != said.get(place)
                and not (place not in said and _may_write(ground, who, place[0]))
            ]
            wrong += [
                f"{who.name} {action}: changed {one}"
                for one in changed(rows, now, who, home)
                if not (who is ground.stranger and one in COUNTED)
            ]
            rows, said = now, seen
        assert wrong == []


def _told(ground: Ground, custom_id: str, answer: InteractionResult) -> list[str]:
    """What an answer says that it should not; an id that was in the tap is no news."""
    if not answer.acknowledged:
        return ["no answer"]
    words = str(answer.modal) if answer.modal else text_of(answer)
    found = [SECRET, "went wrong"]
    if custom_id.split(":")[0] != "safety":
        # Who blocks somebody by their id sees whom they have blocked.
        found += [str(one.id) for one in ground.members if str(one.id) not in custom_id]
    return [f"says {one}" for one in found if one in words]


def _may_write(ground: Ground, who: Person, channel_id: int) -> bool:
    """Whether it is where they are anyway: their channel, a public thread, their own messages."""
    backend = ground.world.env.backend
    public = int(backend.channels[channel_id].type) == PUBLIC_THREAD
    return public or channel_id in {who.channel, backend.dm_channels.get(who.id)}
