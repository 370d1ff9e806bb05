"""Introductions that something comes in between, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.bounds import Standing
from cogs.pairing.introductions_service import INTRODUCTION, Details
from cogs.pairing.model import IntroductionState
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    HOUR,
    SERVER,
    Harbour,
    make_harbour,
)

if TYPE_CHECKING:
    from bot.database import Database


ADULT = Standing(adult=True, circles=frozenset())


@pytest.fixture
async def harbour(database: Database) -> Harbour:
    return await make_harbour(database)


# By direct message


async def test_a_block_stops_an_introduction_by_direct_message_that_is_on_its_way(
    harbour: Harbour,
) -> None:
    harbour.discord.refusing = {INTRODUCTION}
    harbour.discord.failing = {1_000_000 + BIRCH}
    one = await harbour.round_of(ASH, BIRCH, dm=True)
    assert await harbour.told(ASH) == ["introduced"]
    await harbour.blocks.block(SERVER, ASH, BIRCH, stays=False)
    harbour.discord.failing = set()
    await harbour.until(harbour.now + 2 * HOUR, HOUR / 4)
    assert "introduced" not in await harbour.told(BIRCH)
    assert await harbour.live(one) == []


async def test_where_one_direct_message_is_refused_nobody_waits_for_them(harbour: Harbour) -> None:
    harbour.discord.refusing = {INTRODUCTION}
    harbour.discord.closed = {1_000_000 + BIRCH}
    one = await harbour.round_of(ASH, BIRCH, dm=True)
    await harbour.run()
    [mine] = await harbour.introductions_in(one)
    assert mine.state is IntroductionState.ENDED
    assert await harbour.told(BIRCH) == ["not_made"]
    assert (await harbour.told(ASH))[-1] == "over"
    assert await harbour.introductions.may_have_another(ASH, SERVER) is not None


# What changes between the draw and the first word


async def test_roles_count_when_people_are_introduced_not_only_when_they_are_drawn(
    harbour: Harbour,
) -> None:
    harbour.standings[CEDAR] = None
    await harbour.join(ASH, BIRCH, CEDAR)
    details = harbour.introductions.details

    async def meanwhile(introduction_id: str) -> Details | None:
        found = await details(introduction_id)
        harbour.standings[ASH] = Standing(adult=False, circles=frozenset())
        harbour.standings[CEDAR] = ADULT
        return found

    harbour.introductions.details = meanwhile  # pyright: ignore[reportAttributeAccessIssue]
    one = await harbour.round_of()
    assert await harbour.live(one) == [(BIRCH, CEDAR)]
    assert "not_made" not in await harbour.told(ASH)
    assert await harbour.notices.open_in(SERVER) == ()


@pytest.mark.parametrize("way", ["block", "leave", "erase"])
async def test_nobody_is_added_after_a_block_or_a_leaving(harbour: Harbour, way: str) -> None:
    thread_made = harbour.introductions.thread_made

    async def meanwhile(introduction_id: str, thread_id: int) -> bool:
        wanted = await thread_made(introduction_id, thread_id)
        match way:
            case "block":
                await harbour.blocks.block(SERVER, ASH, BIRCH, stays=False)
            case "leave":
                await harbour.leave(ASH)
            case _:
                await harbour.privacy.erase(ASH)
        return wanted

    harbour.introductions.thread_made = meanwhile  # pyright: ignore[reportAttributeAccessIssue]
    one = await harbour.round_of(ASH, BIRCH)
    [thread] = harbour.discord.threads.values()
    assert thread.people == set()
    assert INTRODUCTION not in thread.kinds
    assert await harbour.live(one) == []
    await harbour.until(harbour.now + HOUR, HOUR / 4)
    assert thread.locked
