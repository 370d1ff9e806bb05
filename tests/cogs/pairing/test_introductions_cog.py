"""Introductions on Discord that something comes in between."""

from __future__ import annotations

from typing import Any

import pytest

from cogs.pairing.introductions_service import Details, Introductions
from tests.cogs.pairing.test_rounds_cog import (
    asks_nobody,
    join,
    people_in,
    plan,
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


async def test_a_thread_is_found_again_although_the_channel_was_changed_meanwhile(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = ready.guild.create_text_channel("elsewhere")
    original = Introductions.thread_made
    cut = [True]

    async def cut_off(self: Introductions, introduction_id: str, thread_id: int) -> bool:
        if cut:
            cut.pop()
            raise RuntimeError("cut off")
        return await original(self, introduction_id, thread_id)

    monkeypatch.setattr(Introductions, "thread_made", cut_off)
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    # Their roles cannot be read at first, so that it is promised here and made elsewhere.
    path = f"/guilds/{ready.guild.id}/members/{ready.member.id}"
    ready.env.inject_error("GET", path, status=403, code=50001, times=1)
    await run_now(ready)
    assert ready.channel.threads == []
    await plan(ready, channel=elsewhere)
    await ready.env.advance_time(20 * 60)
    assert cut == []
    assert ready.channel.threads == []
    [thread] = elsewhere.threads
    assert len([m for m in thread.history() if "you asked to meet" in text_of(m)]) == 1
