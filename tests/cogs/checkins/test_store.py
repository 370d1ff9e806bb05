from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.migrations import known_migrations, migrate
from bot.recurrence import Rule
from cogs.checkins import store
from cogs.checkins.model import History, Off, OwnPrompt, Place, Plan, Schedule, State

if TYPE_CHECKING:
    from bot.database import Database
    from tests.stores import Place as StorePlace

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULE = Rule(frozenset({0, 4}), time(21, 30), "Europe/Berlin", 2, date(2026, 3, 2), date(2027, 1, 1))
PLAN = Plan(Place.THREAD, 100, RULE, ("hello", "today"), "es")
ONE = Schedule("one", 10, None, PLAN, AT)
FULL = Schedule(
    "full",
    10,
    30,
    replace(PLAN, place=Place.DM, channel_id=300, categories=()),
    AT + timedelta(seconds=1),
    State.PAUSED,
    AT + timedelta(days=2),
    skip_next=True,
    refusals=2,
    off_reason=Off.SILENCE,
)


async def test_a_schedule_comes_back_as_it_was_written(database: Database) -> None:
    async with database.transaction() as tx:
        await store.put_schedules(tx, [ONE, FULL])
    async with database.read() as read:
        assert await store.schedule(read, "one") == ONE
        assert await store.schedule(read, "full") == FULL
        assert await store.schedule(read, "none") is None
        assert await store.of_server(read, 10) == (ONE,)
        assert await store.all_in_server(read, 10) == (ONE, FULL)
        assert await store.of_member(read, 30) == (FULL,)
        assert await store.owners(read) == [(10, 30)]
    async with database.transaction() as tx:
        assert await store.schedules(tx, ["one", "full", "none"]) == {"one": ONE, "full": FULL}
        assert await store.schedules(tx, []) == {}


async def test_writing_again_changes_everything_but_whose_it_is_and_since_when(
    database: Database,
) -> None:
    changed = replace(FULL, state=State.ON, paused_until=None, skip_next=False, refusals=0)
    async with database.transaction() as tx:
        await store.put_schedules(tx, [FULL])
        await store.put_schedules(tx, [replace(changed, owner_user_id=31, made_at=AT)])
    async with database.read() as read:
        assert await store.schedule(read, "full") == changed
    async with database.transaction() as tx:
        await store.delete_schedule(tx, "full")
    async with database.read() as read:
        assert await store.schedule(read, "full") is None


async def test_what_a_channel_has_seen_is_kept_in_its_order_and_for_each_server(
    database: Database,
) -> None:
    seen = History(10, 100, None, {"a": 1}).with_post("b").with_post("a")
    elsewhere = History(11, 100, None, {"b": 1})
    theirs = History(10, 300, 30, {"a": 1})
    async with database.transaction() as tx:
        await store.put_histories(tx, [History(10, 100, None, {"c": 1}), elsewhere, theirs])
        await store.put_histories(tx, [seen])
    async with database.read() as read:
        assert await store.histories(read, []) == {}
        found = await store.histories(read, [100, 300])
    assert found == {(10, 100): seen, (11, 100): elsewhere, (10, 300): theirs}
    assert list(found[10, 100].posts) == ["b", "a"]
    async with database.transaction() as tx:
        await store.forget_used(tx, 10, 30)
        assert set(await store.histories(tx, [100, 300], hold=True)) == {(10, 100), (11, 100)}


async def test_what_was_written_before_posts_were_numbered_keeps_its_order(
    place: StorePlace,
) -> None:
    database = await place.open()
    await migrate(database, now=AT, migrations=known_migrations()[:5])
    rows = [(10, 100, "b", None, 5), (10, 100, "a", None, 5), (10, 100, "c", None, 4)]
    async with database.transaction() as tx:
        await tx.execute_many(
            "INSERT INTO checkins_used "
            "(server_id, channel_id, prompt_id, owner_user_id, used_at, past) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            [(*row, False) for row in [*rows, (10, 300, "a", 30, 5)]],
        )
    await migrate(database, now=AT)
    async with database.read() as read:
        found = await store.histories(read, [100, 300])
    await database.close()
    assert list(found[10, 100].posts.items()) == [("c", 1), ("a", 2), ("b", 3)]
    assert found[10, 300] == History(10, 300, 30, {"a": 1})


async def test_vetoes_and_own_prompts_belong_to_their_server(database: Database) -> None:
    own = OwnPrompt("own-1", "en", "hello", "light", "Hello?")
    async with database.transaction() as tx:
        assert await store.add_veto(tx, 10, "a")
        assert not await store.add_veto(tx, 10, "a")
        await store.add_prompt(tx, 10, own)
        assert await store.vetoes(tx, [10, 11]) == {10: frozenset({"a"})}
        assert dict(await store.own_prompts(tx, [10, 11])) == {10: [own]}
        assert await store.delete_veto(tx, 10, "a")
        assert not await store.delete_veto(tx, 10, "a")
        await store.delete_prompt(tx, 10, "own-1")
        assert await store.vetoes(tx, [10]) == {}
        assert dict(await store.own_prompts(tx, [10])) == {}
        assert await store.vetoes(tx, []) == {}
        assert dict(await store.own_prompts(tx, [])) == {}
