"""Draws for which roles cannot be read at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from cogs.pairing import drawing_cog
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


async def in_vain(*_: Any, **__: Any) -> None:
    raise TimeoutError


async def test_a_moment_in_which_roles_cannot_be_read_leaves_nobody_out(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def of(_: Any, user_id: int) -> frozenset[int] | None:
        asked.append(user_id)
        return frozenset() if asked.count(user_id) > 1 else None

    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    monkeypatch.setattr(discord.Guild, "query_members", in_vain)
    monkeypatch.setattr(drawing_cog, "role_ids_in", of)
    await run_now(ready)
    await ready.env.advance_time(10)
    assert len(asked) == 4
    [thread] = ready.channel.threads
    assert people_in(ready, thread) == {ready.member.id, ready.other.id}


async def test_a_reading_that_takes_longer_than_all_patience_leaves_nobody_out(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    runtime = ready.bot.runtime
    late = [timedelta()]

    async def of(_: Any, user_id: int) -> frozenset[int] | None:
        passes.append(user_id)
        late[0] += drawing_cog.ROLES_TRIED
        return frozenset() if passes.count(user_id) > 2 else None

    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    monkeypatch.setattr(discord.Guild, "query_members", in_vain)
    monkeypatch.setattr(drawing_cog, "role_ids_in", of)
    later = replace(runtime, clock=lambda: runtime.clock() + late[0])
    bot = SimpleNamespace(runtime=later, servers=ready.bot.servers)
    monkeypatch.setattr(ready.bot.get_cog("Drawer"), "_bot", bot)
    await run_now(ready)
    await ready.env.advance_time(60)
    [thread] = ready.channel.threads
    assert people_in(ready, thread) == {ready.member.id, ready.other.id}


async def test_who_could_not_be_read_at_first_is_asked_about_once_more_at_the_end(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def of(_: Any, user_id: int) -> frozenset[int] | None:
        asked.append(user_id)
        return None if asked == [ready.member.id] else frozenset()

    monkeypatch.setattr(discord.Guild, "query_members", in_vain)
    monkeypatch.setattr(drawing_cog, "role_ids_in", of)
    people = [ready.member.id, ready.other.id]
    roles = await drawing_cog.read_roles(ready.bot, ready.guild.id, people)
    assert asked == [*people, ready.member.id]
    assert roles == dict.fromkeys(people, frozenset[int]())


async def test_whose_roles_stay_unknown_is_told_so_and_the_others_are_drawn(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(_: Any, user_id: int) -> frozenset[int] | None:
        return None if user_id == ready.moderator.id else frozenset()

    await join(ready, ready.member, ready.other, ready.moderator)
    await asks_nobody(ready)
    monkeypatch.setattr(discord.Guild, "query_members", in_vain)
    monkeypatch.setattr(drawing_cog, "role_ids_in", of)
    monkeypatch.setattr(drawing_cog, "ROLES_TRIED", timedelta())
    await run_now(ready)
    assert len(ready.channel.threads) == 1
    shown = text_of(await ready.moderator.slash(ready.channel, "pair status"))
    assert "which roles you have" in shown
