"""Who has left a server: found out slowly, surely, and across restarts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import simcord

from bot.database import Database, Reading, Transaction
from bot.journal import Replays
from bot.membership import looking
from bot.membership.model import SURE_AFTER
from bot.membership.service import GONE, Membership
from bot.standing import Gone, role_ids
from tests.journals import InMemory
from tests.stores import NOW
from tests.world import World

HARBOUR, MEADOW = 11, 12
ASH, BIRCH = 101, 102


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Feature:
    """Holds something of people, and ends it when they leave."""

    of: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    ended: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    async def held(self, read: Reading) -> set[tuple[int, int]]:
        return self.of

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        self.of.discard((server_id, user_id))
        self.ended.append((server_id, user_id))


@pytest.fixture
def time() -> Time:
    return Time()


def opened(database: Database, time: Time, *features: Feature) -> Membership:
    made = Membership(database, time, lambda: None)
    for feature in features:
        made.register(feature.held, feature.left)
    return made


async def test_somebody_is_gone_when_not_found_twice_a_day_apart_also_across_a_restart(
    database: Database, time: Time
) -> None:
    feature, other = Feature({(HARBOUR, ASH)}), Feature({(HARBOUR, ASH), (MEADOW, ASH)})
    assert not await opened(database, time, feature, other).not_found(HARBOUR, ASH)
    time.now += SURE_AFTER - timedelta(seconds=1)
    membership = opened(database, time, feature, other)
    assert not await membership.not_found(HARBOUR, ASH)
    time.now += timedelta(seconds=1)
    assert await membership.not_found(HARBOUR, ASH)
    assert feature.ended == other.ended == [(HARBOUR, ASH)]
    assert await membership.people() == {(MEADOW, ASH): None}


async def test_whoever_is_found_in_between_starts_anew(database: Database, time: Time) -> None:
    feature = Feature({(HARBOUR, ASH)})
    membership = opened(database, time, feature)
    await membership.not_found(HARBOUR, ASH)
    assert await membership.people() == {(HARBOUR, ASH): NOW}
    await membership.found(HARBOUR, ASH)
    assert await membership.people() == {(HARBOUR, ASH): None}
    time.now += 2 * SURE_AFTER
    assert not await membership.not_found(HARBOUR, ASH)
    assert feature.ended == []


async def test_of_whom_nothing_is_held_nothing_is_remembered(
    database: Database, time: Time
) -> None:
    feature = Feature({(HARBOUR, ASH), (MEADOW, BIRCH)})
    membership = opened(database, time, feature)
    await membership.not_found(HARBOUR, ASH)
    feature.of.discard((HARBOUR, ASH))
    assert await membership.people() == {(MEADOW, BIRCH): None}
    time.now += SURE_AFTER
    assert not await membership.not_found(HARBOUR, ASH)


async def test_what_a_feature_cannot_end_is_tried_again_whole(
    database: Database, time: Time
) -> None:
    feature, broken = Feature({(HARBOUR, ASH)}), Feature()

    async def failing(tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        raise RuntimeError

    membership = opened(database, time, feature)
    membership.register(broken.held, failing)
    await membership.not_found(HARBOUR, ASH)
    time.now += SURE_AFTER
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await membership.not_found(HARBOUR, ASH)


async def test_the_servers_where_something_is_held_of_a_person_are_known(
    database: Database, time: Time
) -> None:
    membership = opened(
        database, time, Feature({(HARBOUR, ASH), (MEADOW, BIRCH)}), Feature({(MEADOW, ASH)})
    )
    membership.register(None, Feature().left)
    assert await membership.servers_of(ASH) == (HARBOUR, MEADOW)
    assert await membership.servers_of(1) == ()


# On Discord


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "APART_SECONDS", 0)
    settle: Any = simcord.Env._settle_internal  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(settle.__kwdefaults__, "idle", 0.0005)


async def wait(world: World, span: timedelta) -> None:
    """Let time pass; in steps, because simcord gives one of them five seconds of real time."""
    while span:
        step = min(span, timedelta(hours=6))
        await world.env.advance_time(step.total_seconds())
        span -= step


async def test_roles_are_read_at_the_moment_and_only_one_answer_means_gone(world: World) -> None:
    everybody = await role_ids(world.bot, world.guild.id, world.member.id)
    assert everybody == frozenset()
    moderator = await role_ids(world.bot, world.guild.id, world.moderator.id)
    assert isinstance(moderator, frozenset)
    assert len(moderator) == 1
    assert await role_ids(world.bot, world.guild.id, 4_242) == Gone()
    assert await role_ids(world.bot, 4_242, world.member.id) is None
    path = f"/guilds/{world.guild.id}/members/{world.member.id}"
    for status, code in ((403, 50001), (404, 10004), (500, 0)):
        world.env.inject_error("GET", path, status=status, code=code)
        assert await role_ids(world.bot, world.guild.id, world.member.id) is None


async def test_who_left_is_noticed_within_two_days_and_who_cannot_be_asked_about_is_not(
    world: World,
) -> None:
    world.bot.runtime.jobs._longest_sleep = 10**6  # pyright: ignore[reportPrivateUsage]
    there, unsure, gone, away = world.member.id, world.other.id, 4_242, 4_243
    feature = Feature({(world.guild.id, one) for one in (there, unsure, gone)} | {(away, gone)})
    world.bot.runtime.membership.register(feature.held, feature.left)
    path = f"/guilds/{world.guild.id}/members/{unsure}"
    world.env.inject_error("GET", path, status=404, code=10004, times=None)
    await wait(world, SURE_AFTER)
    assert feature.ended == []
    await wait(world, timedelta(hours=12))
    assert feature.ended == [(world.guild.id, gone)]
    await wait(world, timedelta(hours=12))
    assert feature.ended == [(world.guild.id, gone)]
    assert set(feature.of) == {(world.guild.id, there), (world.guild.id, unsure), (away, gone)}


async def test_who_left_a_server_since_the_backup_is_not_brought_back(
    database: Database, time: Time
) -> None:
    feature, journal = Feature({(HARBOUR, ASH), (HARBOUR, BIRCH)}), InMemory()
    membership = opened(database, time, feature)
    database.keep_journal(journal.write)
    await membership.not_found(HARBOUR, ASH)
    assert journal.entries(NOW) == []
    time.now += SURE_AFTER
    assert await membership.not_found(HARBOUR, ASH)
    database.keep_journal(None)
    feature.of.add((HARBOUR, ASH))
    replays = Replays()
    replays.on(GONE, membership.replay)
    for _ in range(2):
        await replays.run(database, journal.entries(time.now))
        assert feature.of == {(HARBOUR, BIRCH)}
