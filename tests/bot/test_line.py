"""What processes on one store know of each other, on the real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from bot import migrations
from bot.database import StoreError, StoreNewer, StoreUnavailable, line
from bot.database.line import PostgresLine
from bot.errors import StartError
from bot.identifying import Identifying, take_shards
from bot.migrations import Migration, known_migrations, migrate, overtaken
from bot.news.service import News, tell
from tests.stores import NOW, Place, migrated_schema, postgres_url, untyped

if TYPE_CHECKING:
    from bot.database import Database

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL not set"),
]

SOON = 5.0


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "BEAT_SECONDS", "SETTLE_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(line, name, 0.05)


@pytest.fixture
async def shared() -> AsyncIterator[Place]:
    async with migrated_schema(postgres_url() or "") as place:
        yield place


@pytest.fixture
async def both(shared: Place) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' doors to one store, their lines laid."""
    first, second = await shared.open(), await shared.open()
    for one in (first, second):
        one.line.start()
        await until(lambda one=one: one.line.up)
    yield first, second
    for one in (first, second):
        await one.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110 - what is waited for is the server's doing
            await asyncio.sleep(0.01)


async def say_and_give_up(database: Database) -> None:
    """A word in a transaction that is rolled back."""
    with suppress(LookupError):
        async with database.transaction() as tx:
            tx.tell("word", 1)
            raise LookupError


def shown(database: Database) -> PostgresLine:
    assert isinstance(database.line, PostgresLine)
    return database.line


async def cut(database: Database) -> None:
    """End the session of a line on the server, as a restart of the server does."""
    connection = shown(database)._connection  # pyright: ignore[reportPrivateUsage]
    admin = await untyped.connect(postgres_url())
    await admin.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await admin.close()


async def test_a_turn_is_one_processs_until_it_lets_go(both: tuple[Database, Database]) -> None:
    first, second = (one.line.turn("word") for one in both)
    await first.hold()
    waiting = asyncio.create_task(second.hold())
    done, _ = await asyncio.wait((waiting,), timeout=0.3)
    assert (done, first.held, second.held) == (set(), True, False)
    first.let_go()
    await asyncio.wait_for(waiting, SOON)
    assert (first.held, second.held) == (False, True)


async def test_turns_of_other_names_are_had_at_the_same_time(
    both: tuple[Database, Database],
) -> None:
    first, second = both[0].line.turn("word"), both[1].line.turn("other")
    await asyncio.wait_for(asyncio.gather(first.hold(), second.hold()), SOON)
    assert first.held
    assert second.held


async def test_turns_of_another_schema_are_its_own(both: tuple[Database, Database]) -> None:
    await both[0].line.turn("word").hold()
    async with migrated_schema(postgres_url() or "") as elsewhere:
        other = await elsewhere.open()
        other.line.start()
        try:
            await asyncio.wait_for(other.line.turn("word").hold(), SOON)
        finally:
            await other.close()


async def test_who_loses_the_line_has_no_turn_before_another_begins(
    both: tuple[Database, Database],
) -> None:
    first, second = (one.line.turn("word") for one in both)
    await first.hold()
    waiting = asyncio.create_task(second.hold())
    held_together = False

    def taken() -> bool:
        nonlocal held_together
        held_together |= first.held and second.held
        return second.held

    await cut(both[0])
    await until(taken)
    await waiting
    assert not held_together
    assert not first.held
    # Laid again, it waits as anybody does.
    again = asyncio.create_task(first.hold())
    await until(lambda: both[0].line.up)
    second.let_go()
    await asyncio.wait_for(again, SOON)


async def test_a_process_that_ends_leaves_its_turn(shared: Place) -> None:
    first, second = await shared.open(), await shared.open()
    for one in (first, second):
        one.line.start()
    await first.line.turn("word").hold()
    await first.close()
    await asyncio.wait_for(second.line.turn("word").hold(), SOON)
    await second.close()


async def test_what_is_committed_is_heard_by_others_and_what_is_rolled_back_by_nobody(
    both: tuple[Database, Database],
) -> None:
    first, second = both
    heard: list[tuple[str, int | None]] = []
    for name, one in (("first", first), ("second", second)):
        one.line.hear("word", lambda about, name=name: heard.append((name, about)))
    await say_and_give_up(first)
    async with first.transaction() as tx:
        tx.tell("word", 2)
        tx.tell("word", 2)
        tx.tell("other", 3)
    async with second.transaction() as tx:
        tx.tell("word", 4)
    await until(lambda: len(heard) >= 2)
    assert sorted(heard) == [("first", 4), ("second", 2)]


async def test_whoever_asks_for_it_hears_ones_own_process_too(
    both: tuple[Database, Database],
) -> None:
    first, second = both
    heard: list[int | None] = []
    first.line.hear("word", heard.append, own=True)
    await say_and_give_up(first)
    async with first.transaction() as tx:
        tx.tell("word", 2)
    assert heard == [2]
    async with second.transaction() as tx:
        tx.tell("word", 3)
    await until(lambda: len(heard) >= 2)
    assert heard == [2, 3]


async def test_news_that_the_server_has_committed_are_told_though_its_word_was_lost(
    both: tuple[Database, Database],
) -> None:
    first, _ = both
    news = News(first)
    assert await news.unheard(7) == ()

    class Lost:
        def __init__(self, block: Any) -> None:
            self._block = block

        async def commit(self) -> None:
            await self._block.commit()
            raise ConnectionResetError

    with suppress(StoreError):
        async with first.transaction() as tx:
            await tell(tx, 7, 11, "waiting", NOW)
            within: Any = tx
            within._block = Lost(within._block)
    assert len(await news.unheard(7)) == 1


async def test_news_that_another_process_has_of_somebody_are_told_here(
    both: tuple[Database, Database],
) -> None:
    first, second = both
    news = News(first)
    assert await news.unheard(7) == ()
    async with second.transaction() as tx:
        await tell(tx, 7, 11, "waiting", NOW)
    async with asyncio.timeout(SOON):
        while not await news.unheard(7):  # noqa: ASYNC110 - as in `until`
            await asyncio.sleep(0.01)


async def test_whoever_was_out_of_reach_is_told_that_anything_may_have_changed(
    both: tuple[Database, Database],
) -> None:
    first, second = both
    heard: list[int | None] = []
    second.line.hear("word", heard.append)
    await cut(second)
    await until(lambda: heard and not second.line.up)
    async with first.transaction() as tx:
        tx.tell("word", 5)
    await until(lambda: second.line.up)
    assert heard[:2] == [None, None]


async def test_shards_of_two_processes_identify_one_after_the_other(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = 0.2
    monkeypatch.setattr("bot.identifying.APART_SECONDS", apart)
    monkeypatch.setattr("bot.identifying.SENDING_SECONDS", 0.05)
    identified: dict[int, list[float]] = {0: [], 1: []}

    async def concurrency() -> int:
        return 2

    async def launch(database: Database, *shards: int) -> None:
        asking = Identifying(database.line, concurrency)
        for shard in shards:
            await asking.wait(shard)
            identified[shard % 2].append(time.monotonic())

    async with asyncio.timeout(4 * SOON):
        await asyncio.gather(launch(both[0], 0, 1, 2), launch(both[1], 3, 4, 5))
    for moments in identified.values():
        moments.sort()
        assert len(moments) == 3
        assert min(b - a for a, b in pairwise(moments)) >= apart
    # The two buckets did not wait for each other.
    assert min(identified[1]) < max(identified[0])


async def test_a_shard_identifies_also_while_nobody_can_tell_whose_turn_it_is(
    shared: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.identifying.APART_SECONDS", 0.01)
    monkeypatch.setattr("bot.identifying.PATIENCE_SECONDS", 0.05)
    database = await shared.open()

    async def concurrency() -> int:
        return 1

    # Its line was never laid, as while the store is away.
    await asyncio.wait_for(Identifying(database.line, concurrency).wait(0), SOON)
    await database.close()


async def test_a_shard_that_another_process_serves_is_refused_in_a_sentence(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.identifying.SHARD_SECONDS", 0.5)
    await take_shards(both[0].line, range(3))
    with pytest.raises(StartError, match="serves the same shard"):
        await take_shards(both[1].line, [2, 3])
    await take_shards(both[1].line, [4, 5])


async def test_a_shard_is_taken_over_from_a_process_that_ended(shared: Place) -> None:
    first, second = await shared.open(), await shared.open()
    for one in (first, second):
        one.line.start()
    await take_shards(first.line, [0])
    waiting = asyncio.create_task(take_shards(second.line, [0]))
    await first.close()
    await asyncio.wait_for(waiting, SOON)
    await second.close()


async def test_while_nobody_can_tell_who_serves_a_shard_it_is_served(
    shared: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.identifying.SHARD_SECONDS", 0.1)
    database = await shared.open()
    await take_shards(database.line, [0])
    await database.close()


async def brought_further(database: Database) -> None:
    """What the start of a newer version does to the store."""
    steps = known_migrations()
    newer = Migration(len(steps) + 1, "newer", ("CREATE TABLE newer (id BIGINT NOT NULL)",))
    assert await migrate(database, now=NOW, migrations=(*steps, newer)) == 1


async def test_a_store_that_a_newer_version_changes_ends_who_runs_on_the_older_one(
    both: tuple[Database, Database],
) -> None:
    first, second = both
    running = asyncio.create_task(overtaken(first))
    await until(lambda: migrations.TOPIC in shown(first).of_others)
    async with second.transaction() as tx:
        tx.tell(migrations.TOPIC, len(known_migrations()))
    assert await asyncio.wait([running], timeout=0.2) == (set(), {running})
    await brought_further(second)
    with pytest.raises(StoreNewer, match="Install the newer version"):
        await asyncio.wait_for(running, SOON)


async def test_files_that_an_update_lays_down_while_it_runs_are_not_what_it_knows(
    both: tuple[Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = both
    folder = copytree(migrations.FOLDER, tmp_path / "migrations")
    monkeypatch.setattr(migrations, "known_migrations", partial(known_migrations, folder))
    running = asyncio.create_task(overtaken(first))
    await until(lambda: migrations.TOPIC in shown(first).of_others)
    number = len(known_migrations()) + 1
    (folder / f"{number:04}_newer.sql").write_text("CREATE TABLE newer (id BIGINT);\n", "utf-8")
    await brought_further(second)
    with pytest.raises(StoreNewer):
        await asyncio.wait_for(running, SOON)


async def test_a_store_that_does_not_say_what_it_is_at_is_asked_again(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = both
    monkeypatch.setattr(migrations, "LOOK_AGAIN_SECONDS", 0)
    asked = iter([StoreUnavailable("away"), StoreUnavailable("away")])
    there = first.schema_version

    async def schema_version() -> int:
        if error := next(asked, None):
            raise error
        return await there()

    monkeypatch.setattr(first, "schema_version", schema_version)
    running = asyncio.create_task(overtaken(first))
    await until(lambda: migrations.TOPIC in shown(first).of_others)
    await brought_further(second)
    with pytest.raises(StoreNewer):
        await asyncio.wait_for(running, SOON)
    assert next(asked, None) is None


async def test_a_server_that_goes_away_as_a_look_ends_is_named_in_our_words(
    shared: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await shared.open()
    release = untyped.Pool.release

    async def released(pool: Any, connection: Any) -> None:
        await release(pool, connection)
        raise untyped.ConnectionDoesNotExistError

    with monkeypatch.context() as patched:
        patched.setattr(untyped.Pool, "release", released)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await database.schema_version()
    assert await database.schema_version()
    await database.close()


async def test_it_is_seen_too_where_nobody_listened_as_it_was_changed(shared: Place) -> None:
    first, second = await shared.open(), await shared.open()
    running = asyncio.create_task(overtaken(first))
    await until(lambda: migrations.TOPIC in shown(first).of_others)
    await brought_further(second)
    first.line.start()
    with pytest.raises(StoreNewer):
        await asyncio.wait_for(running, SOON)
    for one in (first, second):
        await one.close()
