"""Whoever is left while a round is drawn, or asks for another peer: looked for, and told once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cogs.pairing import rounds_store
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.model import Round, RoundState, Said
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    DAY,
    ELM,
    HOUR,
    MINUTE,
    MODERATOR,
    PLAN,
    Harbour,
)


async def drawn_while_these_leave(harbour: Harbour, *leaving: int, asks: bool) -> Round:
    """A round of four, drawn as two pairs, of whom some leave before that is written down."""
    everybody = (ASH, BIRCH, CEDAR, ELM)
    await harbour.join(*everybody)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=asks), by=MODERATOR)
    one = await harbour.run_now()
    if asks:
        await harbour.say_in(one, *everybody)
    # No other round comes in between.
    await harbour.rounds.pause(one.server_id, by=MODERATOR)
    async with harbour.database.transaction() as tx:
        held = await rounds_store.hold_round(tx, one.id)
        assert held is not None
        await rounds_store.put_round(tx, replace(held, state=RoundState.DRAWING))
    snapshot = await harbour.draws.snapshot(one.id)
    assert snapshot is not None
    for user_id in leaving:
        await harbour.leave(user_id)
    await harbour.draws.write(snapshot, Drawn(((ASH, BIRCH), (CEDAR, ELM)), ()), {})
    return one


@pytest.mark.parametrize("asks", [True, False])
async def test_two_who_are_left_while_a_round_is_drawn_meet_and_hear_of_no_lack(
    harbour: Harbour, asks: bool
) -> None:
    one = await drawn_while_these_leave(harbour, BIRCH, ELM, asks=asks)
    await harbour.at(harbour.now + 2 * HOUR)
    assert await harbour.live(one) == [(ASH, CEDAR)]
    await harbour.at(one.ends_at + HOUR)
    assert await harbour.told(ASH) == []
    assert await harbour.told(CEDAR) == []


@pytest.mark.parametrize("asks", [True, False])
async def test_one_who_is_left_while_a_round_is_drawn_hears_once_that_there_is_nobody(
    harbour: Harbour, asks: bool
) -> None:
    one = await drawn_while_these_leave(harbour, BIRCH, asks=asks)
    await harbour.at(harbour.now + 2 * HOUR)
    assert await harbour.live(one) == [(CEDAR, ELM)]
    assert await harbour.told(ASH) == ["odd"]
    counts = (await harbour.round(one.id)).counts
    assert (counts.pairs, counts.waiting) == (1, {"odd": 1})
    await harbour.at(one.ends_at + HOUR)
    await harbour.at(harbour.now + 5 * MINUTE)
    assert await harbour.told(ASH) == ["odd"]
    found = await harbour.member(ASH)
    assert found is not None
    assert found.waited == 1


async def test_that_somebody_was_left_while_a_round_was_drawn_is_not_kept_for_good(
    harbour: Harbour,
) -> None:
    one = await drawn_while_these_leave(harbour, BIRCH, asks=False)
    await harbour.at(one.ends_at + HOUR)
    await harbour.at(one.ends_at + 31 * DAY)
    await harbour.privacy.sweep()
    async with harbour.database.read() as read:
        rows = await read.fetch("SELECT user_id FROM pairing_places WHERE user_id = $1", ASH)
    assert rows == []


async def test_two_who_ask_for_another_peer_in_one_second_are_each_looked_for(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(ASH, mine.id, Said.ANOTHER)
    await harbour.run()
    await harbour.introductions.another(BIRCH, mine.id)
    await harbour.run()
    assert await harbour.told(ASH) == ["odd"]
    assert sorted(await harbour.told(BIRCH)) == ["met_lately", "over"]


async def test_who_asks_for_another_peer_while_it_is_looked_for_others_is_not_passed_over(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(ASH, mine.id, Said.ANOTHER)
    snapshot = await harbour.draws.snapshot(one.id, again=True)
    assert snapshot is not None
    await harbour.introductions.another(BIRCH, mine.id)
    await harbour.draws.write(snapshot, Drawn((), ((ASH, "odd"),)), {})
    assert await harbour.told(BIRCH) == ["over"]
    await harbour.run()
    assert sorted(await harbour.told(BIRCH)) == ["met_lately", "over"]
    assert await harbour.told(ASH) == ["odd"]
