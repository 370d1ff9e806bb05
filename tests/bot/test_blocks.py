"""Who must never be brought together, and that nobody blocked can tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot import audit
from bot.blocks import service
from bot.blocks.model import APART_DAYS, BLOCKS_LIMIT, HOLDINGS, Block
from bot.blocks.service import Blocks
from bot.database import Database, Transaction
from bot.errors import UserError
from bot.journal import Replays
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.settings.service import Settings
from tests.journals import InMemory
from tests.stores import NOW

HARBOUR, MEADOW = 11, 12
ASH, BIRCH, CEDAR, MODERATOR = 101, 102, 103, 200


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def notices(database: Database, time: Time) -> Notices:
    return Notices(database, Settings(database, time), time)


@pytest.fixture
def blocks(database: Database, time: Time, notices: Notices) -> Blocks:
    return Blocks(database, notices, time, lambda: None)


@pytest.fixture
def privacy(database: Database, time: Time) -> Privacy:
    made = Privacy(database, time)
    made.register(*HOLDINGS)
    return made


async def forbidden(database: Database, *people: int, server: int = HARBOUR) -> set[object]:
    async with database.read() as read:
        return set(await service.forbidden(read, server, people))


async def test_a_block_holds_both_ways_and_in_its_server_alone(
    database: Database, blocks: Blocks
) -> None:
    assert await blocks.block(HARBOUR, BIRCH, ASH, stays=False)
    assert await forbidden(database, ASH, BIRCH, CEDAR) == {(ASH, BIRCH)}
    assert await forbidden(database, ASH, CEDAR) == set()
    assert await forbidden(database, ASH, BIRCH, server=MEADOW) == set()
    async with database.read() as read:
        assert await service.parted(read, HARBOUR, ASH, BIRCH)
        assert await service.parted(read, HARBOUR, BIRCH, ASH)
        assert not await service.parted(read, MEADOW, ASH, BIRCH)
        assert not await service.parted(read, HARBOUR, ASH, CEDAR)


async def test_blocking_twice_is_one_block_and_says_whether_it_stays(blocks: Blocks) -> None:
    assert await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert not await blocks.block(HARBOUR, ASH, BIRCH, stays=True)
    assert not await blocks.block(HARBOUR, ASH, BIRCH)
    assert await blocks.mine(HARBOUR, ASH) == (Block(HARBOUR, ASH, BIRCH, NOW, stays=True),)
    assert not await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert await blocks.mine(HARBOUR, ASH) == (Block(HARBOUR, ASH, BIRCH, NOW, stays=False),)


async def test_what_two_blocked_each_other_for_ends_only_when_both_take_it_back(
    database: Database, blocks: Blocks
) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    await blocks.block(HARBOUR, BIRCH, ASH, stays=False)
    assert await blocks.unblock(HARBOUR, ASH, BIRCH)
    assert not await blocks.unblock(HARBOUR, ASH, BIRCH)
    assert await forbidden(database, ASH, BIRCH) == {(ASH, BIRCH)}
    assert await blocks.unblock(HARBOUR, BIRCH, ASH)
    assert await forbidden(database, ASH, BIRCH) == set()


async def test_nobody_sees_or_takes_back_a_block_of_somebody_else(blocks: Blocks) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert await blocks.mine(None, BIRCH) == ()
    assert not await blocks.unblock(HARBOUR, BIRCH, ASH)
    assert len(await blocks.mine(None, ASH)) == 1


async def test_what_the_blocked_person_may_do_answers_as_if_there_were_no_block(
    blocks: Blocks, privacy: Privacy
) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert await privacy.export(BIRCH) == {}
    assert await privacy.erase(BIRCH) == {}
    assert await blocks.recent(HARBOUR, BIRCH) == ()
    assert await blocks.block(HARBOUR, BIRCH, ASH, stays=False)
    assert len(await blocks.mine(None, ASH)) == 1


async def test_who_erases_their_data_erases_their_own_blocks_alone(
    blocks: Blocks, privacy: Privacy
) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=True)
    await blocks.block(HARBOUR, BIRCH, ASH, stays=True)
    [own] = (await privacy.export(ASH))["blocks"]
    assert (own["owner_user_id"], own["blocked_user_id"]) == (ASH, BIRCH)
    assert await privacy.erase(ASH) == {"blocks": 1}
    assert len(await blocks.mine(None, BIRCH)) == 1


async def test_a_block_never_ends_by_itself(blocks: Blocks, privacy: Privacy, time: Time) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    time.now += timedelta(days=20_000)
    assert (await privacy.sweep()).rows == 0
    assert len(await blocks.mine(HARBOUR, ASH)) == 1


async def test_leaving_takes_ones_own_blocks_along_unless_they_stay(
    database: Database, blocks: Blocks
) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    await blocks.block(HARBOUR, ASH, CEDAR, stays=True)
    await blocks.block(MEADOW, ASH, BIRCH, stays=False)
    await blocks.block(HARBOUR, BIRCH, ASH, stays=False)
    async with database.transaction() as tx:
        assert await blocks.held(tx) == {(HARBOUR, ASH), (MEADOW, ASH), (HARBOUR, BIRCH)}
        await blocks.left(tx, HARBOUR, ASH, NOW)
        assert await blocks.held(tx) == {(MEADOW, ASH), (HARBOUR, BIRCH)}
    left = {(one.server_id, one.blocked_user_id) for one in await blocks.mine(None, ASH)}
    assert left == {(HARBOUR, CEDAR), (MEADOW, BIRCH)}
    assert len(await blocks.mine(None, BIRCH)) == 1


async def test_who_is_together_is_parted_in_the_same_transaction_and_once(
    database: Database, blocks: Blocks
) -> None:
    told: list[tuple[int, int, int]] = []

    async def listener(tx: Transaction, server: int, one: int, other: int, now: datetime) -> None:
        assert await service.parted(tx, server, one, other)
        told.append((server, one, other))

    blocks.when_parted(listener)
    await blocks.block(HARBOUR, BIRCH, ASH, stays=False)
    await blocks.block(HARBOUR, BIRCH, ASH, stays=True)
    await blocks.keep_apart(HARBOUR, CEDAR, ASH, by=MODERATOR)
    await blocks.keep_apart(HARBOUR, ASH, CEDAR, by=MODERATOR)
    assert told == [(HARBOUR, BIRCH, ASH), (HARBOUR, ASH, CEDAR)]


async def test_a_block_that_cannot_part_is_not_kept_either(blocks: Blocks) -> None:
    async def failing(tx: Transaction, server: int, one: int, other: int, now: datetime) -> None:
        raise RuntimeError

    blocks.when_parted(failing)
    with pytest.raises(RuntimeError):
        await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert await blocks.mine(None, ASH) == ()


async def test_the_latest_partners_are_offered_without_those_who_are_blocked(
    blocks: Blocks,
) -> None:
    async def met(server_id: int, user_id: int) -> list[int]:
        return [BIRCH, CEDAR, BIRCH, ASH, *range(300, 320)]

    blocks.when_suggesting(met)
    await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert await blocks.recent(HARBOUR, ASH) == (CEDAR, 300, 301, 302, 303)


async def test_oneself_and_more_than_a_person_can_know_are_refused(
    database: Database, blocks: Blocks
) -> None:
    with pytest.raises(UserError, match=r"safety\.block\.yourself"):
        await blocks.block(HARBOUR, ASH, ASH, stays=False)
    for other in range(1_000, 1_000 + BLOCKS_LIMIT):
        await blocks.block(HARBOUR, ASH, other, stays=False)
    with pytest.raises(UserError, match=r"safety\.block\.too_many"):
        await blocks.block(HARBOUR, ASH, BIRCH, stays=False)
    assert not await blocks.block(HARBOUR, ASH, 1_000, stays=True)
    assert await blocks.block(MEADOW, ASH, BIRCH, stays=False)
    assert len(await blocks.mine(HARBOUR, ASH)) == BLOCKS_LIMIT


# Moderators


async def test_moderators_keep_two_apart_and_the_list_of_changes_does_not_say_whom(
    database: Database, blocks: Blocks
) -> None:
    assert await blocks.keep_apart(HARBOUR, BIRCH, ASH, by=MODERATOR)
    assert not await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    assert await forbidden(database, ASH, BIRCH) == {(ASH, BIRCH)}
    assert await blocks.let_meet(HARBOUR, ASH, BIRCH, by=MODERATOR)
    assert not await blocks.let_meet(HARBOUR, ASH, BIRCH, by=MODERATOR)
    assert await forbidden(database, ASH, BIRCH) == set()
    async with database.read() as read:
        lines = await audit.lines(read, HARBOUR, limit=9)
    assert [line.action for line in lines].count("safety.keep_apart") == 2
    assert [line.action for line in lines].count("safety.let_meet") == 1
    # An id that was made by chance may hold any digits.
    said = repr([replace(line, id="") for line in lines])
    assert not any(str(person) in said for person in (ASH, BIRCH))


async def test_a_moderator_never_sees_or_changes_what_keeps_themself_apart(
    blocks: Blocks,
) -> None:
    await blocks.keep_apart(HARBOUR, ASH, MODERATOR, by=CEDAR)
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=CEDAR)
    shown = await blocks.kept_apart(HARBOUR, seen_by=MODERATOR)
    assert [(one.first_user_id, one.second_user_id) for one in shown] == [(ASH, BIRCH)]
    assert len(await blocks.kept_apart(HARBOUR, seen_by=CEDAR)) == 2
    for other in (ASH, BIRCH):
        with pytest.raises(UserError, match=r"safety\.apart\.yourself"):
            await blocks.let_meet(HARBOUR, MODERATOR, other, by=MODERATOR)
        with pytest.raises(UserError, match=r"safety\.apart\.yourself"):
            await blocks.keep_apart(HARBOUR, MODERATOR, other, by=MODERATOR)


async def test_what_keeps_people_apart_is_neither_shown_to_them_nor_erased_by_them(
    database: Database, blocks: Blocks, privacy: Privacy
) -> None:
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    for person in (ASH, BIRCH):
        assert await privacy.export(person) == {}
        assert await privacy.erase(person) == {}
    assert await forbidden(database, ASH, BIRCH) == {(ASH, BIRCH)}


async def test_moderators_are_told_once_a_month_before_it_ends_and_can_confirm_it(
    database: Database, blocks: Blocks, notices: Notices, privacy: Privacy, time: Time
) -> None:
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    time.now += timedelta(days=APART_DAYS - 31)
    await blocks.remind()
    assert await notices.open_in(HARBOUR) == ()
    time.now += timedelta(days=2)
    await blocks.remind()
    [notice] = await notices.open_in(HARBOUR)
    assert notice.key == "apart_ends"
    await notices.see(HARBOUR, notice.id, by=9)
    await blocks.remind()
    assert await notices.open_in(HARBOUR) == ()
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    time.now += timedelta(days=APART_DAYS - 1)
    await privacy.sweep()
    assert await forbidden(database, ASH, BIRCH) == {(ASH, BIRCH)}
    time.now += timedelta(days=2)
    await privacy.sweep()
    assert await forbidden(database, ASH, BIRCH) == set()


async def test_one_person_cannot_be_kept_apart_from_themself(blocks: Blocks) -> None:
    with pytest.raises(UserError, match=r"safety\.apart\.same"):
        await blocks.keep_apart(HARBOUR, ASH, ASH, by=MODERATOR)


# What a restore must not undo


async def test_a_restored_store_has_the_blocks_and_pairs_of_when_it_was_lost(
    database: Database, blocks: Blocks
) -> None:
    parted: list[tuple[int, int]] = []

    async def listen(tx: Transaction, server_id: int, one: int, other: int, now: datetime) -> None:
        parted.append((one, other))

    async def held() -> object:
        mine = [(one.blocked_user_id, one.stays) for one in await blocks.mine(HARBOUR, ASH)]
        apart = await blocks.kept_apart(HARBOUR, seen_by=MODERATOR)
        return sorted(mine), sorted((one.first_user_id, one.second_user_id) for one in apart)

    # As the backup has it.
    await blocks.block(HARBOUR, ASH, BIRCH)
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    journal = InMemory()
    database.keep_journal(journal.write)
    await blocks.unblock(HARBOUR, ASH, BIRCH)
    await blocks.block(HARBOUR, ASH, CEDAR)
    await blocks.block(HARBOUR, ASH, CEDAR, stays=True)
    await blocks.let_meet(HARBOUR, ASH, BIRCH, by=MODERATOR)
    await blocks.keep_apart(HARBOUR, CEDAR, BIRCH, by=MODERATOR)
    database.keep_journal(None)
    lost = await held()
    # Back to the backup.
    await blocks.unblock(HARBOUR, ASH, CEDAR)
    await blocks.let_meet(HARBOUR, CEDAR, BIRCH, by=MODERATOR)
    await blocks.block(HARBOUR, ASH, BIRCH)
    await blocks.keep_apart(HARBOUR, ASH, BIRCH, by=MODERATOR)
    replays = Replays()
    blocks.replay_with(replays)
    blocks.when_parted(listen)
    for _ in range(2):
        await replays.run(database, journal.entries(NOW))
        assert await held() == lost == ([(CEDAR, True)], [(BIRCH, CEDAR)])
    assert (ASH, CEDAR) in parted
    assert (BIRCH, CEDAR) in parted


async def test_nothing_is_set_down_of_what_changes_nothing(
    database: Database, blocks: Blocks
) -> None:
    await blocks.block(HARBOUR, ASH, BIRCH)
    journal = InMemory()
    database.keep_journal(journal.write)
    await blocks.block(HARBOUR, ASH, BIRCH)
    await blocks.unblock(HARBOUR, ASH, CEDAR)
    await blocks.let_meet(HARBOUR, ASH, BIRCH, by=MODERATOR)
    assert journal.entries(NOW) == []
