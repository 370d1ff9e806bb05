"""No two who change what belongs together wait for each other: on PostgreSQL each has a connection.

The runner holds a message before what it is about. Whoever does so in another order is given up by
the store after a second, and what they asked for did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.jobs import store as jobs
from bot.jobs.model import Message, State
from cogs.pairing import rounds_store
from cogs.pairing.model import IntroductionState, PlanState, RoundState
from cogs.pairing.promises_service import DRAW, INTRODUCTION, TELL
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    HOUR,
    MODERATOR,
    PLAN,
    SERVER,
    Harbour,
)

if TYPE_CHECKING:
    from bot.database import Transaction


async def while_it_is_settled(
    harbour: Harbour,
    message: Message,
    state: State,
    reason: str,
    deed: Callable[[], Awaitable[object]],
) -> None:
    """Settle a message as the runner does, while somebody does something about it."""
    promises, _ = harbour._runner()._kinds[message.kind]  # pyright: ignore[reportPrivateUsage]
    async with harbour.database.transaction() as tx:
        await jobs.settle(tx, message.id, state, harbour.now, reason=reason)
        doing = asyncio.ensure_future(deed())
        # For as long as it takes that does not wait for this.
        await asyncio.wait({doing}, timeout=0.5)
        await promises.settled(tx, message, state, reason, harbour.now)
    await doing


async def waiting(harbour: Harbour, kind: str) -> list[Message]:
    """What of a kind is to be sent now; it is left where it is."""
    found: list[Message] = []

    async def look(tx: Transaction) -> None:
        due = await jobs.take_due_messages(tx, harbour.now, 20)
        found.extend(one for one in due if one.kind == kind)

    async with harbour.database.transaction() as tx:
        await look(tx)
    return found


async def drawn(harbour: Harbour) -> None:
    """Two are to be introduced, and have not been."""
    await harbour.join(ASH, BIRCH, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    one = await harbour.run_now()
    await harbour.run()
    await harbour.say_in(one, ASH, BIRCH)
    harbour.now += HOUR
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    await runner.materialise()
    for message, way in await runner.claim():
        assert message.kind == DRAW
        await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]


async def test_erasing_while_a_message_to_oneself_is_settled(harbour: Harbour) -> None:
    await harbour.join(ASH, BIRCH, CEDAR, dm=True)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.run_now()
    await harbour._runner().materialise()  # pyright: ignore[reportPrivateUsage]
    mine = [one for one in await waiting(harbour, TELL) if one.recipient_user_id == ASH]
    await while_it_is_settled(
        harbour, mine[0], State.REFUSED, "closed 50007", lambda: harbour.privacy.erase(ASH)
    )
    assert await harbour.member(ASH) is None


@pytest.mark.parametrize("deed", ["erase", "leave", "block", "stop"])
async def test_ending_an_introduction_while_it_is_settled(harbour: Harbour, deed: str) -> None:
    await drawn(harbour)
    [message] = await waiting(harbour, INTRODUCTION)
    [mine] = await harbour.introductions.live(ASH)

    async def do() -> None:
        match deed:
            case "erase":
                await harbour.privacy.erase(ASH)
            case "leave":
                await harbour.leave(ASH)
            case "block":
                await harbour.blocks.block(SERVER, ASH, BIRCH, stays=False)
            case _:
                await harbour.rounds.stop(SERVER, by=MODERATOR, shown=mine.round_id)

    await while_it_is_settled(harbour, message, State.SKIPPED, "parted", do)
    found = await harbour.introductions.introduction(mine.id)
    assert found is not None
    assert found.state is IntroductionState.DROPPED
    became = RoundState.STOPPED if deed == "stop" else RoundState.DRAWN
    assert (await harbour.round(mine.round_id)).state is became


async def test_pausing_rounds_keeps_what_another_moderator_saves_at_that_moment(
    harbour: Harbour,
) -> None:
    saved = await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    async with harbour.database.transaction() as tx:
        held = await rounds_store.hold_plan(tx, SERVER)
        assert held == saved
        pausing = asyncio.ensure_future(harbour.rounds.pause(SERVER, by=MODERATOR))
        await asyncio.wait({pausing}, timeout=0.5)
        await rounds_store.put_plan(tx, replace(saved, period_days=5))
    await pausing
    assert await harbour.rounds.plan(SERVER) == replace(
        saved, period_days=5, state=PlanState.PAUSED
    )
