"""Introductions on Discord that something comes in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import threads
from cogs.pairing import introductions_cog, rounds_store
from cogs.pairing.introductions_service import Details, Introductions
from cogs.pairing.matching import Drawn, Round, draw
from tests.cogs.pairing.test_rounds_cog import (
    WISHES,
    asks_nobody,
    is_closed,
    join,
    people_in,
    quick,
    ready,
    run_now,
    service,
)
from tests.world import World, buttons_of, text_of

__all__ = ["quick", "ready"]


@pytest.fixture(autouse=True)
def drawn_here(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draw comes to the same here as in another process, which a busy machine starts late."""

    async def here(asked: Round) -> Drawn:
        return draw(asked)

    monkeypatch.setattr(ready.bot.get_cog("Drawer"), "_draw", here)


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
    path = f"/guilds/{ready.guild.id}/members/{ready.member.id}"
    ready.env.inject_error("GET", path, status=404, code=10007, times=None)
    # It comes later, from inside the bot's own work, where simcord refuses to be told.
    gone = ready.env.backend.faults.pop()

    async def go() -> None:
        ready.env.backend.faults.append(gone)

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


@pytest.mark.parametrize("folded", [False, True], ids=["open", "folded away"])
@pytest.mark.parametrize("moved", ["before", "after"])
async def test_a_thread_is_found_again_although_the_channel_was_changed_meanwhile(
    ready: World, monkeypatch: pytest.MonkeyPatch, moved: str, folded: bool
) -> None:
    elsewhere = ready.guild.create_text_channel("elsewhere")
    original, looked = Introductions.thread_made, Introductions.details
    deeds = ["move"] if moved == "before" else []
    cut = [True]

    async def move() -> None:
        database = ready.bot.runtime.database
        async with database.transaction() as tx:
            now = await rounds_store.hold_plan(tx, ready.guild.id)
            assert now is not None
            await rounds_store.put_plan(tx, replace(now, channel_id=elsewhere.id))

    async def details(self: Introductions, introduction_id: str) -> Details | None:
        if deeds:
            deeds.pop()
            await move()
        return await looked(self, introduction_id)

    async def cut_off(self: Introductions, introduction_id: str, thread_id: int) -> bool:
        if cut:
            cut.pop()
            raise RuntimeError("cut off")
        return await original(self, introduction_id, thread_id)

    monkeypatch.setattr(Introductions, "details", details)
    monkeypatch.setattr(Introductions, "thread_made", cut_off)
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    assert cut == []
    if moved == "after":
        await move()
    both = [ready.channel, elsewhere]
    other, where = both if moved == "before" else reversed(both)
    [thread] = where.threads
    metadata = ready.env.backend.channels[thread.id].thread_metadata
    assert metadata is not None
    metadata.archived = folded
    await ready.env.advance_time(5 * 60)
    [only] = where.threads
    assert only.id == thread.id
    assert other.threads == []
    assert people_in(ready, only) == {ready.member.id, ready.other.id}
    assert len([said for said in only.history() if "you asked to meet" in text_of(said)]) == 1


@pytest.mark.parametrize("how", ["near", "refused"])
async def test_a_server_near_its_limit_of_threads_closes_earlier_ones_first_and_says_so(
    ready: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    [earlier] = ready.channel.threads
    if how == "near":
        monkeypatch.setattr(introductions_cog, "THREADS_FULL", 1)
    else:
        path = f"/channels/{ready.channel.id}/threads"
        ready.env.inject_error("POST", path, status=400, code=threads.TOO_MANY_THREADS)
    newer = [ready.guild.add_member(ready.env.create_user(name)) for name in ("elm", "fir")]
    await join(ready, *newer)
    await run_now(ready)
    await ready.env.advance_time(60)
    assert is_closed(ready, earlier)
    later = [one for one in ready.channel.threads if one.id != earlier.id]
    assert [len(people_in(ready, one)) for one in later] == [2, 2]
    assert not any(is_closed(ready, one) for one in later)
    shown = text_of(await ready.moderator.slash(ready.channel, "settings"))
    assert "near the number of active threads" in shown


async def test_where_no_thread_can_be_made_they_meet_by_the_direct_messages_they_asked_for(
    ready: World,
) -> None:
    alone = ready.guild.add_member(ready.env.create_user("cedar"))
    people = (ready.member, ready.other, alone)
    await join(ready, ready.member, ready.other)
    await join(ready, alone, wishes=replace(WISHES, languages=("pl",)))
    for one in people:
        [mine] = await service(ready).of_person(one.id)
        await service(ready).write_to(one.id, mine.id, one.user.dm_channel.id)
    await asks_nobody(ready)
    path = f"/channels/{ready.channel.id}/threads"
    ready.env.inject_error("POST", path, status=403, code=50013, times=None)
    await run_now(ready)
    for one, peer in ((ready.member, ready.other), (ready.other, ready.member)):
        [told] = one.user.dm_channel.history()
        assert text_of(told).startswith("A note you asked for\n")
        assert f"<@{peer.id}>" in text_of(told)
        assert list(buttons_of(told))[-1] == "Helplines"
    [told] = alone.user.dm_channel.history()
    assert text_of(told).startswith("A note you asked for\n")
    assert "Helplines" in buttons_of(told)
