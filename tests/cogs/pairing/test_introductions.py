"""Introductions that something comes in between, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cogs.pairing.introductions_service import INTRODUCTION
from cogs.pairing.model import IntroductionState
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    HOUR,
    SERVER,
    Harbour,
    make_harbour,
)

if TYPE_CHECKING:
    from bot.database import Database


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
