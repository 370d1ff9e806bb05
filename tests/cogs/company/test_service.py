"""What members and supporters do, and what the clock does, on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.bounds import ADULT_ROLES, ALL_ADULTS, OTHERS_MEET
from bot.errors import UserError
from bot.news.service import News
from bot.privacy.service import Export
from cogs.company.model import Ending, State, Wish
from cogs.company.service import CALL, JOIN, OPEN, Asked
from cogs.company.settings import CALL_CHANNEL, ENABLED, ENDS_HOURS, LIMIT, WAIT_MINUTES
from tests.cogs.company.harbour import (
    ADULT_ROLE,
    ASKER,
    CALLS,
    FERN,
    HAZEL,
    HOUR,
    MINUTE,
    MODERATOR,
    OTHER_SERVER,
    SERVER,
    SOMEBODY,
    START,
    SUPPORTER,
    Harbour,
    Killed,
    make_harbour,
)

if TYPE_CHECKING:
    from bot.database import Database


@pytest.fixture
async def harbour(database: Database) -> Harbour:
    return await make_harbour(database)


# Asking


async def test_a_request_opens_one_thread_and_calls_exactly_who_is_on_duty(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    assert one.state is State.WAITING
    assert one.heard
    assert harbour.discord.thread.members == [ASKER]
    assert harbour.discord.mentioned == {FERN}
    await harbour.after(MINUTE)
    assert len(harbour.discord.threads) == len(harbour.discord.calls) == 1


async def test_nobody_on_duty_is_known_and_who_then_goes_on_duty_is_called(
    harbour: Harbour,
) -> None:
    one = await harbour.ask()
    assert not one.heard
    assert harbour.discord.mentioned == frozenset()
    _, waiting = await harbour.requests.go_on_duty(SERVER, FERN, SUPPORTER, None)
    assert waiting == 1
    await harbour.after(MINUTE)
    assert (await harbour.one(one.id)).heard
    assert harbour.discord.mentioned == {FERN}


async def test_going_on_duty_counts_once_however_many_wait(harbour: Harbour) -> None:
    waiting = [await harbour.ask(person) for person in range(1_000, 1_008)]
    await harbour.on_duty(FERN)
    assert all([(await harbour.one(one.id)).heard for one in waiting])


async def test_the_sixth_going_on_duty_in_ten_minutes_calls_nobody_again(
    harbour: Harbour,
) -> None:
    one = await harbour.ask()
    harbour.discord.roles[FERN] = frozenset()
    for _ in range(6):
        await harbour.requests.go_on_duty(SERVER, FERN, SUPPORTER, None)
        await harbour.run()
    assert (await harbour.one(one.id)).calls == 1 + 5


async def test_one_request_at_a_time_and_three_in_a_day(harbour: Harbour) -> None:
    for _ in range(3):
        one = await harbour.ask()
        with pytest.raises(UserError, match="one_open"):
            await harbour.ask()
        await harbour.requests.take_back(ASKER, one.id)
    with pytest.raises(UserError, match="too_many"):
        await harbour.ask()
    # Erasing what one asked for does not begin a new day.
    await harbour.privacy.erase(ASKER)
    with pytest.raises(UserError, match="too_many"):
        await harbour.ask()
    harbour.now += timedelta(days=1)
    await harbour.ask()


async def test_two_askings_at_once_are_one_request(harbour: Harbour) -> None:
    results = await asyncio.gather(harbour.ask(), harbour.ask(), return_exceptions=True)
    assert sorted(isinstance(result, UserError) for result in results) == [False, True]
    assert len(harbour.discord.threads) == await harbour.rows("company_requests") == 1


async def test_calls_of_a_server_are_paced(harbour: Harbour) -> None:
    for person in range(1_000, 1_010):
        await harbour.ask(person)
    with pytest.raises(UserError, match="too_many"):
        await harbour.ask(2_000)
    harbour.now += 11 * MINUTE
    await harbour.ask(2_000)


async def test_whom_roles_let_meet_nobody_is_not_kept_waiting(harbour: Harbour) -> None:
    await harbour.settings.change(SERVER, ADULT_ROLES, [ADULT_ROLE], by=MODERATOR)
    await harbour.settings.change(SERVER, ALL_ADULTS, False, by=MODERATOR)
    with pytest.raises(UserError, match="off"):
        await harbour.ask()
    await harbour.settings.change(SERVER, OTHERS_MEET, True, by=MODERATOR)
    await harbour.ask()


async def test_it_cannot_be_switched_on_before_it_is_set_up(harbour: Harbour) -> None:
    with pytest.raises(UserError, match="not_ready"):
        await harbour.settings.change(OTHER_SERVER, ENABLED, True, by=MODERATOR)
    assert not await harbour.requests.is_on(OTHER_SERVER)
    await harbour.settings.change(SERVER, CALL_CHANNEL, [], by=MODERATOR)
    with pytest.raises(UserError, match="off"):
        await harbour.ask()


async def test_a_line_too_long_is_refused_and_what_no_store_takes_is_left_out(
    harbour: Harbour,
) -> None:
    with pytest.raises(UserError, match="length"):
        await harbour.ask(line="a" * 301)
    assert (await harbour.ask(line=" a\0b\ud800 ")).line == "ab"


# Coming


async def test_of_two_supporters_at_once_one_comes_and_the_other_is_thanked(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN, HAZEL)
    one = await harbour.ask()
    results = await asyncio.gather(
        *(harbour.accept(person, one.id) for person in (FERN, HAZEL)), return_exceptions=True
    )
    [refusal] = [result for result in results if isinstance(result, UserError)]
    assert refusal.key == "company.cannot.taken"
    assert await harbour.rows("company_places") == 1
    shown = await harbour.requests.shown(one.id)
    assert shown is not None
    assert shown.supporter in {FERN, HAZEL}
    await harbour.after(MINUTE)
    assert harbour.discord.thread.members == [ASKER, shown.supporter]


async def test_one_supporter_at_two_calls_at_once_keeps_their_limit(harbour: Harbour) -> None:
    await harbour.on_duty(FERN)
    ids = [(await harbour.ask(person)).id for person in (ASKER, SOMEBODY)]
    results = await asyncio.gather(
        *(harbour.accept(FERN, id_) for id_ in ids), return_exceptions=True
    )
    [refusal] = [result for result in results if isinstance(result, UserError)]
    assert refusal.key == "company.cannot.limit"
    await harbour.settings.change(SERVER, LIMIT, 2, by=MODERATOR)
    for id_ in ids:
        if (await harbour.one(id_)).state is State.WAITING:
            await harbour.accept(FERN, id_)
    assert await harbour.rows("company_places") == 2


async def test_who_may_not_come_hears_the_same_words_as_who_is_second(harbour: Harbour) -> None:
    await harbour.on_duty(FERN, HAZEL)
    await harbour.blocks.block(SERVER, ASKER, FERN, stays=False)
    one = await harbour.ask()
    assert harbour.discord.mentioned == {HAZEL}
    blocked = await harbour.refused(FERN, one.id)
    await harbour.accept(HAZEL, one.id)
    assert await harbour.refused(FERN, one.id) == blocked == "company.cannot.taken"
    assert await harbour.refused(FERN, "0000000000000000") == blocked


async def test_a_supporter_of_the_other_age_is_neither_called_nor_let_in(harbour: Harbour) -> None:
    await harbour.settings.change(SERVER, ADULT_ROLES, [ADULT_ROLE], by=MODERATOR)
    await harbour.settings.change(SERVER, ALL_ADULTS, False, by=MODERATOR)
    await harbour.settings.change(SERVER, OTHERS_MEET, True, by=MODERATOR)
    harbour.discord.roles[FERN] = SUPPORTER | {ADULT_ROLE}
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    assert harbour.discord.mentioned == frozenset()
    assert await harbour.refused(FERN, one.id) == "company.cannot.taken"
    harbour.discord.roles[FERN] = SUPPORTER
    await harbour.accept(FERN, one.id)


async def test_who_is_not_on_duty_or_no_supporter_or_the_asker_does_not_come(
    harbour: Harbour,
) -> None:
    one = await harbour.ask()
    assert await harbour.refused(FERN, one.id) == "company.cannot.not_on_duty"
    assert await harbour.refused(SOMEBODY, one.id) == "company.cannot.no_supporter"
    harbour.discord.roles[ASKER] = SUPPORTER
    await harbour.on_duty(ASKER)
    assert await harbour.refused(ASKER, one.id) == "company.cannot.own"
    await harbour.on_duty(FERN)
    await harbour.after(3 * HOUR)
    assert await harbour.refused(FERN, one.id) == "company.cannot.not_on_duty"


async def test_a_button_of_another_server_leads_nowhere(harbour: Harbour) -> None:
    one = await harbour.ask()
    with pytest.raises(UserError, match="taken"):
        await harbour.requests.asker_for(one.id, OTHER_SERVER)
    for attempt in (
        harbour.requests.close(SOMEBODY, one.id),
        harbour.requests.take_back(SOMEBODY, one.id),
        harbour.requests.hand_over(SOMEBODY, one.id, to_moderators=True),
    ):
        with pytest.raises(UserError, match="over"):
            await attempt


# Duty


async def test_a_duty_ends_by_itself_and_is_never_longer_than_the_server_wants(
    harbour: Harbour,
) -> None:
    duty, _ = await harbour.requests.go_on_duty(SERVER, FERN, SUPPORTER, 9)
    assert duty.until_at == START + 3 * HOUR
    assert (await harbour.requests.outlook(SERVER)).on_duty
    await harbour.after(3 * HOUR)
    assert not (await harbour.requests.outlook(SERVER)).on_duty
    assert not await harbour.requests.go_off_duty(SERVER, FERN)
    await harbour.ask()
    assert harbour.discord.mentioned == frozenset()
    with pytest.raises(UserError, match="no_supporter"):
        await harbour.requests.go_on_duty(SERVER, SOMEBODY, frozenset(), None)


async def test_after_three_in_a_row_a_supporter_is_told_to_rest(harbour: Harbour) -> None:
    await harbour.on_duty(FERN)
    rests: list[bool] = []
    for person in (1_000, 1_001, 1_002):
        one = await harbour.ask(person)
        await harbour.accept(FERN, one.id)
        rests.append(await harbour.requests.close(FERN, one.id))
        await harbour.run()
    assert rests == [False, False, True]
    assert await harbour.requests.go_off_duty(SERVER, FERN)
    duty, _ = await harbour.requests.go_on_duty(SERVER, FERN, SUPPORTER, 1)
    assert duty.in_a_row == 0


# Handing over


async def test_handing_over_calls_somebody_else_and_the_first_does_not_come_again(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN, HAZEL)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    await harbour.requests.hand_over(FERN, one.id, to_moderators=False)
    await harbour.after(MINUTE)
    assert harbour.discord.mentioned == {HAZEL}
    assert "handing_over" in harbour.discord.thread.messages.values()
    assert await harbour.refused(FERN, one.id) == "company.cannot.taken"
    await harbour.accept(HAZEL, one.id)
    await harbour.after(MINUTE)
    assert harbour.discord.thread.members == [ASKER, HAZEL]


async def test_handing_over_to_moderators_tells_them_and_nobody_is_left_alone(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    await harbour.requests.hand_over(FERN, one.id, to_moderators=True)
    await harbour.run()
    assert await harbour.told() == ["company_moderators"]
    assert "moderators" in harbour.discord.thread.messages.values()
    assert (await harbour.one(one.id)).state is State.ACCEPTED
    await harbour.requests.close(ASKER, one.id)
    assert await harbour.told() == []


# Time


async def test_waiting_too_long_is_told_to_asker_and_moderators_once(harbour: Harbour) -> None:
    await harbour.settings.change(SERVER, WAIT_MINUTES, 5, by=MODERATOR)
    one = await harbour.ask()
    await harbour.after(4 * MINUTE)
    assert await harbour.told() == []
    await harbour.after(MINUTE)
    await harbour.after(HOUR)
    assert await harbour.told() == ["company_waiting"]
    assert list(harbour.discord.thread.messages.values()) == ["panel", "late"]
    await harbour.on_duty(FERN)
    await harbour.accept(FERN, one.id)
    assert await harbour.told() == []


async def test_who_comes_in_time_leaves_nothing_to_tell(harbour: Harbour) -> None:
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    await harbour.after(2 * HOUR)
    assert await harbour.told() == []


@pytest.mark.parametrize("came", [False, True])
async def test_it_ends_by_itself_and_its_line_and_its_call_are_gone(
    harbour: Harbour, *, came: bool
) -> None:
    await harbour.settings.change(SERVER, ENDS_HOURS, 2, by=MODERATOR)
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    if came:
        await harbour.accept(FERN, one.id)
    await harbour.after(2 * HOUR)
    over = await harbour.one(one.id)
    assert (over.state, over.line) == (State.ENDED, "")
    assert harbour.discord.thread.closed
    assert harbour.discord.calls == {}
    ending = Ending.OVER if came else Ending.UNMET
    assert ending.value in list(harbour.discord.thread.messages.values())[-1]
    await harbour.after(timedelta(days=16, hours=2))
    await harbour.privacy.sweep()
    for table in ("company_requests", "company_places", "company_duties"):
        assert await harbour.rows(table) == 0


async def test_switching_it_off_ends_what_is_open(harbour: Harbour) -> None:
    one = await harbour.ask()
    await harbour.settings.change(SERVER, ENABLED, False, by=MODERATOR)
    await harbour.run()
    assert harbour.discord.thread.closed
    assert not (await harbour.one(one.id)).is_open


# Leaving, blocking, erasing


async def at_once(harbour: Harbour, how: str) -> None:
    match how:
        case "close":
            [one] = await harbour.requests.mine(ASKER)
            await harbour.requests.close(FERN, one.id)
        case "take back":
            [one] = await harbour.requests.mine(ASKER)
            await harbour.requests.take_back(ASKER, one.id)
        case "asker blocks":
            await harbour.blocks.block(SERVER, ASKER, FERN, stays=False)
        case "supporter blocks":
            await harbour.blocks.block(SERVER, FERN, ASKER, stays=False)
        case "kept apart":
            await harbour.blocks.keep_apart(SERVER, ASKER, FERN, by=MODERATOR)
        case "asker erases":
            await harbour.privacy.erase(ASKER)
        case "supporter erases":
            await harbour.privacy.erase(FERN)
        case _:
            person = ASKER if how == "asker left" else FERN
            assert not await harbour.membership.not_found(SERVER, person)
            harbour.now += timedelta(days=1)
            assert await harbour.membership.not_found(SERVER, person)


@pytest.mark.parametrize(
    "how",
    [
        *("close", "take back", "asker blocks", "supporter blocks", "kept apart"),
        *("asker erases", "supporter erases", "asker left", "supporter left"),
    ],
)
async def test_it_ends_in_one_way_whoever_ends_it(harbour: Harbour, how: str) -> None:
    await harbour.settings.change(SERVER, ENDS_HOURS, 48, by=MODERATOR)
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    await harbour.after(MINUTE)
    await at_once(harbour, how)
    await harbour.after(MINUTE)
    thread = harbour.discord.thread
    assert thread.closed
    assert f'["over", "en", {(await panel_of(harbour))}]' in thread.messages.values()
    assert harbour.discord.calls == {}
    async with harbour.database.read() as read:
        found = await read.fetch("SELECT line, state FROM company_requests")
    assert [(row["line"], row["state"]) for row in found] == [("", "ended")] * len(found)
    assert len(found) == (0 if how.startswith("asker e") or how == "asker left" else 1)


async def panel_of(harbour: Harbour) -> str:
    """The panel's id, as it was written for closing: rows may be gone by then."""
    async with harbour.database.read() as read:
        rows = await read.fetch("SELECT body FROM jobs_messages WHERE kind = 'company.close'")
    [body] = [row["body"] for row in rows]
    return str(body).rsplit(", ", 1)[1].removesuffix("]")


async def test_taking_back_before_anybody_came_leaves_no_thread_to_read(harbour: Harbour) -> None:
    one = await harbour.ask()
    await harbour.requests.take_back(ASKER, one.id)
    await harbour.run()
    assert Ending.TAKEN_BACK.value in list(harbour.discord.thread.messages.values())[-1]
    with pytest.raises(UserError, match="over"):
        await harbour.requests.take_back(ASKER, one.id)


async def test_erasing_while_the_thread_is_made_closes_it(harbour: Harbour) -> None:
    one = await harbour.requests.ask(SERVER, ASKER, asked(), role_ids=frozenset(), language="en")
    await harbour.privacy.erase(ASKER)
    assert not await harbour.requests.thread_made(SERVER, one.id, 555)
    async with harbour.database.read() as read:
        [row] = await read.fetch(
            "SELECT channel_id FROM jobs_messages WHERE kind = 'company.close'"
        )
    assert row["channel_id"] == 555
    await harbour.run()
    assert harbour.discord.threads == {}


def named(exported: Export) -> set[object]:
    """Everything that is told of somebody's requests and duties."""
    told = (rows for table, rows in exported.items() if table.startswith("company"))
    return {value for rows in told for row in rows for value in row.values()}


async def test_an_export_holds_what_is_ones_own_and_nobody_else(harbour: Harbour) -> None:
    await harbour.on_duty(FERN)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    asker, supporter = await harbour.privacy.export(ASKER), await harbour.privacy.export(FERN)
    assert {"company_requests"} <= set(asker)
    assert FERN not in named(asker)
    assert {"company_places", "company_duties"} <= set(supporter)
    assert ASKER not in named(supporter)


# Who may reach whom from a thread


async def test_the_safety_buttons_lead_to_the_other_one_and_for_outsiders_nowhere(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN, HAZEL)
    one = await harbour.ask()
    await harbour.accept(FERN, one.id)
    scenes = [await harbour.requests.scene(one.id, p) for p in (ASKER, FERN, HAZEL, SOMEBODY)]
    assert [scene and scene.about_user_id for scene in scenes] == [FERN, ASKER, None, None]
    assert scenes[2] is not None
    assert scenes[2].channel_id == CALLS
    assert scenes[3] is None
    assert await harbour.requests.recent(SERVER, ASKER) == [FERN]
    assert await harbour.requests.recent(SERVER, FERN) == [ASKER]


# What cannot be done


async def test_where_no_thread_can_be_made_asker_and_moderators_are_told(harbour: Harbour) -> None:
    harbour.discord.refusing = {OPEN}
    one = await harbour.ask()
    assert one.state is State.ENDED
    assert await harbour.told() == ["company_no_thread"]
    assert [item.key for item in await News(harbour.database).unheard(ASKER)] == [
        "company.not_opened"
    ]
    harbour.discord.refusing = set()
    await harbour.ask()
    assert await harbour.told() == []


async def test_where_no_call_can_be_made_the_thread_does_not_say_that_anybody_heard(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(FERN)
    harbour.discord.refusing = {CALL}
    one = await harbour.ask()
    assert one.state is State.WAITING
    assert not one.heard
    assert await harbour.told() == ["company_no_call"]


async def test_who_cannot_be_added_does_not_hold_the_request(harbour: Harbour) -> None:
    await harbour.on_duty(FERN, HAZEL)
    one = await harbour.ask()
    harbour.discord.refusing = {JOIN}
    await harbour.accept(FERN, one.id)
    await harbour.after(MINUTE)
    assert (await harbour.one(one.id)).state is State.WAITING
    assert harbour.discord.mentioned == {HAZEL}
    assert await harbour.told() == ["company_no_thread"]


# Crashes


def asked() -> Asked:
    return Asked(Wish.LISTEN, "hello")


async def tap(harbour: Harbour, step: Callable[[], Awaitable[object]]) -> None:
    """Do it and what follows; after a crash do it again, which may say that it is done."""
    for _ in range(3):
        try:
            await step()
            await harbour.run()
            await harbour.after(2 * MINUTE)
            return
        except Killed:
            harbour.mortal.left = None
            harbour.now += 2 * MINUTE
            await harbour.run()
        except UserError:
            return
    raise AssertionError("it does not go on")


async def whole_story(harbour: Harbour) -> None:
    """Ask, come, close; each step is taken again by the person whose tap a crash has lost."""
    await tap(harbour, lambda: harbour.requests.go_on_duty(SERVER, FERN, SUPPORTER, None))
    await tap(
        harbour,
        lambda: harbour.requests.ask(SERVER, ASKER, asked(), role_ids=frozenset(), language="en"),
    )
    [one] = await harbour.requests.mine(ASKER)
    await tap(
        harbour,
        lambda: harbour.requests.accept(
            FERN, one.id, SERVER, role_ids=SUPPORTER, asker_role_ids=frozenset()
        ),
    )
    assert len(harbour.discord.threads) == 1
    assert harbour.discord.thread.members == [ASKER, FERN]
    await tap(harbour, lambda: harbour.requests.close(FERN, one.id))


async def test_a_kill_between_any_two_transactions_loses_no_request_and_doubles_nothing(
    database: Database,
) -> None:
    for kills in range(60):
        harbour = await make_harbour(database)
        harbour.now = START + kills * timedelta(days=1)
        harbour.mortal.left = kills
        await whole_story(harbour)
        done = not harbour.mortal.killed
        thread = harbour.discord.thread
        assert thread.closed, kills
        assert sorted(thread.messages.values())[1:] == ["joined", "panel"], kills
        assert harbour.discord.calls == {}, kills
        assert await harbour.told() == [], kills
        async with database.read() as read:
            assert not await read.fetch("SELECT 1 FROM jobs_messages WHERE settled_at IS NULL")
            assert not await read.fetch("SELECT 1 FROM jobs_timers")
        if done:
            assert kills > 15
            return
    raise AssertionError("the story has no end")
