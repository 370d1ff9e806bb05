"""Introductions that something comes in between, on both stores."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.bounds import Standing
from bot.jobs.model import Message
from bot.jobs.runner import Absent, Delivered, NotNow, Refused
from bot.journal import Entry
from bot.membership.service import GONE
from bot.privacy.service import ERASED
from cogs.pairing import rounds_store
from cogs.pairing.introductions_service import APART, Details
from cogs.pairing.model import NEVER_WITHIN, IntroductionState, Met, Round, Said
from cogs.pairing.promises_service import INTRODUCTION
from tests.cogs.pairing.harbour import (
    ASH,
    BIRCH,
    CEDAR,
    DAY,
    ELM,
    HOUR,
    MINUTE,
    MODERATOR,
    OTHER_SERVER,
    PLAN,
    SERVER,
    WISHES,
    Harbour,
    Killed,
    Thread,
    in_memory,
)

THREESOME = replace(WISHES, threesome=True)
ADULT = Standing(adult=True, circles=frozenset())


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


class Slow:
    """Discord takes nothing for now."""

    async def send(self, message: Message) -> NotNow:
        return NotNow()

    async def look(self, message: Message) -> Absent:
        return Absent()


class Apart:
    """Their roles have changed since the draw, as Discord says it to who asks by name."""

    async def send(self, message: Message) -> Refused:
        return Refused(APART)

    async def look(self, message: Message) -> Absent:
        return Absent()


async def test_who_could_not_be_introduced_are_not_drawn_for_each_other_without_end(
    harbour: Harbour,
) -> None:
    harbour.carriers = lambda made: {**in_memory(made), INTRODUCTION: Apart()}
    one = await harbour.round_of(ASH, BIRCH, CEDAR)
    for _ in range(5):
        await harbour.at(harbour.now + MINUTE)
    tried = [each.people for each in await harbour.introductions_in(one)]
    assert len(tried) == len(set(tried)) <= 3
    for person in (ASH, BIRCH, CEDAR):
        assert not {"nobody_fits", "odd"}.isdisjoint(await harbour.told(person))


async def test_who_is_given_a_second_peer_and_not_introduced_to_them_either_hears_so(
    harbour: Harbour,
) -> None:
    harbour.carriers = lambda made: {**in_memory(made), INTRODUCTION: Slow()}
    one = await harbour.round_of(ASH, BIRCH, CEDAR)
    [(stays, leaves)] = await harbour.live(one)
    [waits] = {ASH, BIRCH, CEDAR} - {stays, leaves}
    await harbour.leave(leaves)
    await harbour.at(harbour.now + MINUTE)
    assert await harbour.live(one) == [tuple(sorted((stays, waits)))]
    assert await harbour.told(stays) == []
    await harbour.blocks.block(SERVER, stays, waits, stays=False)
    await harbour.at(harbour.now + MINUTE)
    assert await harbour.live(one) == []
    assert await harbour.told(stays) == ["nobody_fits"]
    assert "nobody_fits" in await harbour.told(waits)


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


# Killed after the first words


async def killed_after_the_words(harbour: Harbour) -> Round:
    """Two are introduced, and the process is gone before that is written down."""
    await harbour.join(ASH, BIRCH)
    await harbour.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
    one = await harbour.run_now()
    await harbour.rounds.pause(SERVER, by=MODERATOR)
    post = harbour.discord.post

    def killed(thread: Thread, message: Message) -> Delivered:
        post(thread, message)
        harbour.discord.post = post
        raise Killed

    harbour.discord.post = killed
    assert not await harbour.run()
    [thread] = harbour.discord.threads.values()
    assert INTRODUCTION in thread.kinds
    return one


async def met(harbour: Harbour) -> list[tuple[int, int]]:
    async with harbour.database.read() as read:
        found = await rounds_store.met(read, SERVER, {ASH, BIRCH, CEDAR})
    return [(pair.first, pair.second) for pair in found]


async def test_who_were_introduced_and_left_before_it_was_known_have_met(
    harbour: Harbour,
) -> None:
    one = await killed_after_the_words(harbour)
    [mine] = await harbour.introductions_in(one)
    await harbour.introductions.say(ASH, mine.id, Said.LEAVE)
    await harbour.until(harbour.now + HOUR, HOUR / 4)
    assert await met(harbour) == [(ASH, BIRCH)]


async def test_whom_nobody_knows_to_be_introduced_may_have_met(harbour: Harbour) -> None:
    one = await killed_after_the_words(harbour)
    harbour.discord.unreadable = True
    await harbour.until(harbour.now + HOUR, HOUR / 4)
    assert await harbour.live(one) == []
    assert await met(harbour) == [(ASH, BIRCH)]


# Restored from a backup


@pytest.mark.parametrize("kind", [ERASED, GONE])
async def test_a_departure_from_three_that_is_replayed_introduces_nobody_again(
    harbour: Harbour, kind: str
) -> None:
    one = await harbour.round_of(ASH, BIRCH, CEDAR, wishes=THREESOME, dm=True)
    assert await harbour.live(one) == [(ASH, BIRCH, CEDAR)]
    harbour.now += HOUR
    left = Entry(kind, {"user": ASH, "server": SERVER}, harbour.now)
    for _ in range(2):
        await harbour.restored(left)
    after = [(each.people, each.state) for each in await harbour.introductions_in(one)]
    # The two had a thread of their own by then, or never got one: nobody can tell.
    assert after == [
        ((BIRCH, CEDAR), IntroductionState.ENDED),
        ((BIRCH, CEDAR), IntroductionState.DROPPED),
    ]
    await harbour.until(harbour.now + DAY, HOUR)
    [thread] = harbour.discord.threads.values()
    assert thread.kinds == [INTRODUCTION]
    assert await harbour.live(one) == []
    assert await harbour.member(ASH) is None
    for user_id in (BIRCH, CEDAR):
        assert await harbour.told(user_id) == []
        assert await harbour.introductions.may_have_another(user_id, SERVER) is not None


async def test_who_may_have_been_introduced_after_the_backup_are_not_brought_together_again(
    harbour: Harbour,
) -> None:
    harbour.carriers = lambda made: {**in_memory(made), INTRODUCTION: Slow()}
    one = await harbour.round_of(ASH, BIRCH)
    await harbour.restored()
    assert await harbour.live(one) == []
    assert await met(harbour) == [(ASH, BIRCH)]
    harbour.carriers = in_memory
    harbour.now += 14 * DAY
    await harbour.run()
    again = await harbour.run_now()
    await harbour.run()
    assert await harbour.live(again) == []


# Too many threads


async def test_room_is_made_from_earlier_rounds_and_those_in_them_are_told(
    harbour: Harbour,
) -> None:
    first = await harbour.round_of(ASH, BIRCH)
    second = await harbour.round_of(CEDAR, ELM)
    [old] = await harbour.introductions_in(first)
    [new, *_] = await harbour.introductions_in(second)
    assert await harbour.live(second)
    live = await harbour.live(second)
    await harbour.introductions.make_room(old)
    assert await harbour.live(first) == [(ASH, BIRCH)]
    harbour.now += MINUTE
    await harbour.introductions.make_room(new)
    await harbour.run()
    assert await harbour.live(first) == []
    assert await harbour.live(second) == live
    assert (await harbour.told(ASH), await harbour.told(BIRCH)) == (["over"], ["over"])
    keys = [notice.key for notice in await harbour.notices.open_in(SERVER)]
    assert keys == ["pairing_many_threads"]


async def test_room_is_made_once_a_minute(harbour: Harbour) -> None:
    first = await harbour.round_of(ASH, BIRCH)
    [old] = await harbour.introductions_in(first)
    await harbour.introductions.make_room(old)
    second = await harbour.round_of(CEDAR, ELM)
    [new, *_] = await harbour.introductions_in(second)
    await harbour.introductions.make_room(new)
    assert await harbour.live(first) == [(ASH, BIRCH)]
    harbour.now += MINUTE
    await harbour.introductions.make_room(new)
    assert await harbour.live(first) == []


async def test_whoever_erases_and_joins_again_is_not_given_the_same_person_at_once(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    await harbour.privacy.erase(ASH)
    # What is theirs is gone; the other keeps their own record, and sees it.
    assert "pairing_met" not in await harbour.privacy.export(ASH)
    assert len((await harbour.privacy.export(BIRCH))["pairing_met"]) == 1
    await harbour.join(ASH)
    for number in range(2, 6):
        harbour.now += 14 * DAY
        await harbour.run()
        now = await harbour.run_now()
        await harbour.run()
        again = await harbour.live(now)
        assert again == ([(ASH, BIRCH)] if number > one.number + NEVER_WITHIN else [])
    # Three rounds are over: nothing is kept of that meeting any more, only of the new one.
    [met_again] = (await harbour.privacy.export(BIRCH))["pairing_met"]
    assert met_again["round_number"] == 5


async def test_nobody_can_tell_from_what_is_theirs_who_has_erased(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    await harbour.leave(ASH)
    harbour.now += HOUR
    await harbour.round_of(CEDAR)
    shown = await harbour.privacy.export(BIRCH)
    met_lately = await harbour.introductions.recent(SERVER, BIRCH)
    assert len(met_lately) > 1
    for gone in met_lately:
        await harbour.privacy.erase(gone)
        after = await harbour.privacy.export(BIRCH)
        assert json.dumps(after["pairing_met"]) == json.dumps(shown["pairing_met"])
        assert {key for key in after if "met" in key} == {"pairing_met"}
        assert await harbour.introductions.recent(SERVER, BIRCH) == met_lately
    receipt = await harbour.privacy.erase(BIRCH)
    assert receipt["pairing_met"] == len(met_lately)
    assert {key for key in receipt if "met" in key} == {"pairing_met"}


async def test_whoever_erases_is_still_known_to_whom_they_were_introduced(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    [mine] = await harbour.introductions_in(one)
    before = await harbour.introductions.scene(mine.id, BIRCH)
    assert before is not None
    assert before.about_user_id == ASH
    await harbour.privacy.erase(ASH)
    assert await harbour.introductions.scene(mine.id, BIRCH) == before
    assert await harbour.introductions.recent(SERVER, BIRCH) == [ASH]
    assert await harbour.introductions.scene(mine.id, ASH) is None
    assert await harbour.introductions.recent(SERVER, ASH) == []


async def test_an_earlier_introduction_is_not_taken_for_the_next(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    await harbour.privacy.erase(ASH)
    harbour.now += HOUR
    second = await harbour.round_of(CEDAR)
    [mine] = [one for one in await harbour.introductions_in(second) if BIRCH in one.people]
    scene = await harbour.introductions.scene(mine.id, BIRCH)
    assert scene is not None
    assert scene.about_user_id == CEDAR


async def test_whoever_leaves_the_server_and_returns_is_not_given_the_same_person_at_once(
    harbour: Harbour,
) -> None:
    one = await harbour.round_of(ASH, BIRCH)
    async with harbour.database.transaction() as tx:
        await rounds_store.put_met(tx, OTHER_SERVER, [Met(ASH, BIRCH, 1, harbour.now)])
    await harbour.membership.not_found(SERVER, ASH)
    harbour.now += DAY + MINUTE
    assert await harbour.membership.not_found(SERVER, ASH)
    # What they have in another server is left to them.
    [kept] = (await harbour.privacy.export(ASH))["pairing_met"]
    assert kept["server_id"] == OTHER_SERVER
    await harbour.join(ASH)
    for number in range(2, 6):
        harbour.now += 14 * DAY
        await harbour.run()
        now = await harbour.run_now()
        await harbour.run()
        again = await harbour.live(now)
        assert again == ([(ASH, BIRCH)] if number > one.number + NEVER_WITHIN else [])


async def test_whoever_leaves_keeps_no_record_of_their_own_there(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    await harbour.privacy.erase(ASH)
    await harbour.membership.not_found(SERVER, BIRCH)
    harbour.now += DAY + MINUTE
    assert await harbour.membership.not_found(SERVER, BIRCH)
    assert "pairing_met" not in await harbour.privacy.export(BIRCH)


async def test_whoever_keeps_such_a_record_may_erase_it(harbour: Harbour) -> None:
    await harbour.round_of(ASH, BIRCH)
    await harbour.privacy.erase(ASH)
    await harbour.privacy.erase(BIRCH)
    assert await harbour.privacy.export(BIRCH) == {}
    async with harbour.database.read() as read:
        assert await rounds_store.met(read, SERVER, {ASH, BIRCH}) == ()
