"""What a person is told once, at the next command they use."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.database import Database
from bot.migrations import migrate
from bot.news import service
from bot.news.model import HOLDING, SHOWN
from bot.news.service import News, tell
from bot.privacy import Privacy
from tests.stores import NOW
from tests.world import World, text_of

HARBOUR, MEADOW = 11, 12
ASH, BIRCH = 101, 102


@pytest.fixture
async def news(database: Database) -> News:
    # On PostgreSQL nothing is kept in memory before what others change is heard.
    database.line.start()
    async with asyncio.timeout(5):
        while not database.line.up:  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.01)
    return News(database)


async def test_news_are_told_once_in_their_order_and_to_whom_they_are_for(
    database: Database, news: News
) -> None:
    async with database.transaction() as tx:
        await tell(tx, ASH, HARBOUR, "waiting", NOW + timedelta(hours=1), round=2)
        await tell(tx, ASH, MEADOW, "paused", NOW)
        await tell(tx, BIRCH, HARBOUR, "paused", NOW)
    told = await news.unheard(ASH)
    assert [(one.server_id, one.key, dict(one.params)) for one in told] == [
        (MEADOW, "paused", {}),
        (HARBOUR, "waiting", {"round": 2}),
    ]
    assert await news.unheard(ASH) == told
    await news.heard(told)
    assert await news.unheard(ASH) == ()
    assert len(await news.unheard(BIRCH)) == 1


async def test_what_is_told_once_waits_once(database: Database, news: News) -> None:
    async with database.transaction() as tx:
        for server in (HARBOUR, HARBOUR, MEADOW):
            await tell(tx, ASH, server, "postponed", NOW, once=True)
    told = await news.unheard(ASH)
    assert sorted(one.server_id for one in told) == [HARBOUR, MEADOW]
    await news.heard(told)
    async with database.transaction() as tx:
        await tell(tx, ASH, HARBOUR, "postponed", NOW, once=True)
    assert len(await news.unheard(ASH)) == 1


async def test_of_a_lot_only_the_latest_are_told_once_they_are_there(world: World) -> None:
    runtime = world.bot.runtime
    async with runtime.database.transaction() as tx:
        for hour in range(SHOWN + 3):
            when = NOW + timedelta(hours=hour)
            await tell(tx, world.member.id, world.guild.id, "pairing.odd", when)
    told = await runtime.news.unheard(world.member.id)
    sentence = runtime.texts.say("news.pairing.odd", "en", server=world.guild.name)
    assert len(told) == SHOWN + 3
    answer = await world.member.slash(world.channel, "pair status")
    assert text_of(answer).count(sentence) == SHOWN
    assert await runtime.news.unheard(world.member.id) == ()


async def test_what_is_rolled_back_is_not_told(database: Database, news: News) -> None:
    async def failing() -> None:
        async with database.transaction() as tx:
            await tell(tx, ASH, HARBOUR, "waiting", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    assert await news.unheard(ASH) == ()


async def test_everybody_is_told_at_once_whoever_else_asks_meanwhile(
    database: Database, news: News
) -> None:
    people = range(ASH, ASH + 40)

    async def happen(person: int) -> None:
        assert await news.unheard(person) == ()
        async with database.transaction() as tx:
            await tell(tx, person, HARBOUR, "waiting", NOW)
        told = await news.unheard(person)
        assert len(told) == 1
        await news.heard(told)
        assert await news.unheard(person) == ()

    await asyncio.gather(*map(happen, people))


async def test_what_was_committed_is_told_though_the_tap_was_given_up(
    database: Database, news: News
) -> None:
    assert await news.unheard(ASH) == ()
    committing = asyncio.Event()

    async def happen() -> None:
        async with database.transaction() as tx:
            await tell(tx, ASH, HARBOUR, "waiting", NOW)
            committing.set()

    task = asyncio.create_task(happen())
    await committing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await news.unheard(ASH)) == 1


async def test_whoever_has_no_news_needs_no_store(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "alongside.db", key=None, plain=True)
    await migrate(database, now=NOW)
    news = News(database)
    assert await news.unheard(ASH) == ()
    await database.close()
    assert await news.unheard(BIRCH) == ()


async def test_where_very_many_wait_all_are_told(
    database: Database, news: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_WAITING", 3)
    for person in range(ASH, ASH + 5):
        assert await news.unheard(person) == ()
        async with database.transaction() as tx:
            await tell(tx, person, HARBOUR, "waiting", NOW)
    for asked in (news, News(database)):
        for person in range(ASH, ASH + 5):
            assert len(await asked.unheard(person)) == 1


async def test_leaving_erasing_and_time_end_news(database: Database, news: News) -> None:
    now = NOW
    privacy = Privacy(database, lambda: now)
    privacy.register(HOLDING)
    async with database.transaction() as tx:
        for server in (HARBOUR, MEADOW):
            await tell(tx, ASH, server, "waiting", NOW)
        await tell(tx, BIRCH, HARBOUR, "waiting", NOW)
        await news.left(tx, HARBOUR, ASH, NOW)
    [kept] = (await privacy.export(ASH))["news"]
    assert kept["server_id"] == MEADOW
    assert await privacy.erase(ASH) == {"news": 1}
    now += timedelta(days=91)
    assert (await privacy.sweep()).rows == 1
    assert await news.unheard(BIRCH) == ()
