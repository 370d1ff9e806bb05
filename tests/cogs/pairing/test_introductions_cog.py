"""Introductions on Discord that something comes in between."""

from __future__ import annotations

from typing import Any

import pytest

from cogs.pairing.introductions_service import Details, Introductions
from tests.cogs.pairing.test_rounds_cog import (
    asks_nobody,
    join,
    people_in,
    quick,
    ready,
    run_now,
)
from tests.world import World, text_of

__all__ = ["quick", "ready"]


def before_the_thread(monkeypatch: pytest.MonkeyPatch, deed: Any) -> None:
    """Do something once, after the draw and before what it came to is looked at."""
    original = Introductions.details
    deeds = [deed]

    async def details(self: Introductions, introduction_id: str) -> Details | None:
        found = await original(self, introduction_id)
        if deeds:
            await deeds.pop()()
        return found

    monkeypatch.setattr(Introductions, "details", details)


async def nobody_is_to_blame(world: World) -> None:
    assert world.channel.threads == []
    assert "Create Private Threads" not in text_of(
        await world.moderator.slash(world.channel, "settings")
    )
    shown = text_of(await world.other.slash(world.channel, "pair status"))
    assert "could not be made" not in shown


async def test_no_thread_is_made_for_whom_roles_no_longer_let_meet(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = ready.guild.create_role("Of age")

    async def decide() -> None:
        await ready.settings("meeting.adult_roles", [role.id])
        await ready.settings("meeting.all_adults", False)

    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    before_the_thread(monkeypatch, decide)
    await run_now(ready)
    await nobody_is_to_blame(ready)


async def test_no_thread_is_made_for_somebody_who_is_gone(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        path = f"/guilds/{ready.guild.id}/members/{ready.member.id}"
        ready.env.inject_error("GET", path, status=404, code=10007, times=None)

    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    before_the_thread(monkeypatch, go)
    await run_now(ready)
    await nobody_is_to_blame(ready)


async def test_nobody_is_added_or_named_after_a_block(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Introductions.thread_made

    async def thread_made(self: Introductions, introduction_id: str, thread_id: int) -> bool:
        wanted = await original(self, introduction_id, thread_id)
        blocks = ready.bot.runtime.blocks
        await blocks.block(ready.guild.id, ready.member.id, ready.other.id, stays=False)
        return wanted

    monkeypatch.setattr(Introductions, "thread_made", thread_made)
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    [thread] = ready.channel.threads
    assert people_in(ready, thread) == set()
    assert not any(f"<@{ready.member.id}>" in text_of(said) for said in thread.history())
