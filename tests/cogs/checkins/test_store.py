from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.recurrence import Rule
from cogs.checkins import store
from cogs.checkins.model import Off, OwnPrompt, Place, Plan, Schedule, State, Used

if TYPE_CHECKING:
    from bot.database import Database

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


async def test_marks_are_kept_by_server_and_channel_and_the_last_one_counts(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await store.mark_used(tx, [(ONE, "a", AT), (ONE, "b", AT), (FULL, "a", AT)])
        await store.end_round(tx, 10, 100, ["a", "b"])
        await store.mark_used(tx, [(ONE, "a", AT + timedelta(days=1))])
        await store.unmark_used(tx, 10, 100, "b")
    async with database.read() as read:
        assert await store.used(read, []) == {}
        found = await store.used(read, [100, 300])
    assert found[10, 100] == [Used("a", AT + timedelta(days=1), past=False)]
    assert found[10, 300] == [Used("a", AT, past=False)]
    async with database.transaction() as tx:
        await store.forget_used(tx, 10, 30)
        assert (10, 300) not in await store.used(tx, [100, 300])


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
