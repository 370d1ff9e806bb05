"""Many at once on PostgreSQL: whoever needs two things takes them in the order of the runner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.jobs import store as jobs
from bot.jobs.model import Timer
from cogs.pairing.model import Round
from cogs.pairing.promises_service import DRAW, OPEN
from cogs.pairing.service import RENEWAL, Renewing
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    HOUR,
    MODERATOR,
    PLAN,
    SERVER,
    Harbour,
)

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("engine", ["postgres"], indirect=True),
]

TIMES = 8
"""Each time the two meet, give or take what the machine is doing."""


async def due(harbour: Harbour, *timers: tuple[str, str]) -> None:
    """Let subjects be due now."""
    async with harbour.database.transaction() as tx:
        await jobs.set_timers(
            tx, [Timer(kind, subject, SERVER, harbour.now) for kind, subject in timers]
        )


async def at_once(harbour: Harbour, *deeds: Awaitable[object]) -> None:
    """Do things while the runner does what is due; none of them has to give way."""
    runner = harbour._runner()  # pyright: ignore[reportPrivateUsage]
    runner.register(RENEWAL, Renewing(), harbour.teller)
    await asyncio.gather(runner.materialise(), *deeds)


async def asking(harbour: Harbour) -> Round:
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(PLAN, by=MODERATOR)
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    return await harbour.run_now()


async def test_a_plan_is_changed_while_its_round_opens(harbour: Harbour) -> None:
    rounds = harbour.rounds
    await rounds.save_plan(PLAN, by=MODERATOR)
    changes: list[Callable[[], Awaitable[object]]] = [
        lambda: rounds.save_plan(PLAN, by=MODERATOR),
        lambda: rounds.pause(SERVER, by=MODERATOR),
        lambda: rounds.resume(SERVER, by=MODERATOR),
        lambda: rounds.postpone(SERVER, 1, by=MODERATOR),
    ]
    for _ in range(TIMES // 2):
        for change in changes:
            await rounds.resume(SERVER, by=MODERATOR)
            await due(harbour, (OPEN, str(SERVER)))
            await at_once(harbour, change())


async def test_a_round_is_moved_or_stopped_while_it_is_to_be_drawn(harbour: Harbour) -> None:
    one = await asking(harbour)
    for _ in range(TIMES):
        # Too late for its hour, it waits for the next day: it is not drawn here.
        harbour.now = (await harbour.round(one.id)).draw_at + 3 * HOUR
        await at_once(harbour, harbour.rounds.postpone(SERVER, 1, by=MODERATOR))
    await due(harbour, (DRAW, one.id))
    await at_once(harbour, harbour.rounds.stop(SERVER, by=MODERATOR, shown=one.id))


async def test_somebody_answers_or_pauses_while_they_are_to_be_asked_again(
    harbour: Harbour,
) -> None:
    one = await asking(harbour)
    member = await harbour.member(ASH)
    assert member is not None
    for _ in range(TIMES):
        await due(harbour, (RENEWAL, member.id))
        await at_once(harbour, harbour.rounds.answer(ASH, one.id, yes=True))
