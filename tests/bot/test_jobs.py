"""What is promised is kept once, in turn, and in time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs import store
from bot.jobs.model import LEASE, NONCE_WINDOW, Draft, Message, State, Timer, Way, pause_after, way
from bot.jobs.runner import (
    IN_FLIGHT,
    Absent,
    Delivered,
    Found,
    NotNow,
    Refused,
    Runner,
    Tried,
    Unreadable,
)
from bot.settings.core import PAUSED
from bot.settings.service import Settings
from tests.stores import migrated_schema, postgres_url

if TYPE_CHECKING:
    from bot.database import Database, Transaction

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATE = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
KIND, SLOW = "test.word", "test.slow"

# The rules


MESSAGE = Message(
    id="a" * 24,
    kind=KIND,
    subject="s",
    server_id=1,
    recipient_user_id=None,
    channel_id=2,
    body="",
    due_at=NOW,
    late_at=LATE,
    try_at=NOW,
    first_tried_at=None,
    tries=0,
    state=State.WAITING,
    reason=None,
    message_id=None,
)


def tried_at(moment: datetime) -> Message:
    return replace(MESSAGE, first_tried_at=moment, tries=1, state=State.SENDING)


def test_what_was_never_tried_is_sent_until_it_is_late() -> None:
    assert way(MESSAGE, NOW) is Way.SEND
    assert way(MESSAGE, LATE - timedelta(seconds=1)) is Way.SEND
    assert way(MESSAGE, LATE) is Way.SKIP_LATE


def test_what_was_tried_is_sent_again_only_while_its_nonce_outlasts_the_lease() -> None:
    safe = NONCE_WINDOW - LEASE
    assert way(tried_at(NOW), NOW + safe - timedelta(seconds=1)) is Way.SEND
    assert way(tried_at(NOW), NOW + safe) is Way.LOOK_FIRST


def test_what_was_tried_and_is_late_by_now_is_looked_for() -> None:
    assert way(tried_at(LATE - timedelta(seconds=1)), LATE) is Way.LOOK_FIRST


@given(st.integers(0, 7200), st.integers(0, 7200))
def test_what_may_have_gone_out_is_never_skipped_unseen(first: int, later: int) -> None:
    tried = tried_at(NOW + timedelta(seconds=first))
    chosen = way(tried, NOW + timedelta(seconds=first + later))
    assert chosen is not Way.SKIP_LATE
    if chosen is Way.SEND:
        assert timedelta(seconds=later) + LEASE < NONCE_WINDOW


def test_the_pause_after_failures_doubles_up_to_five_minutes() -> None:
    assert [pause_after(tries).total_seconds() for tries in range(1, 9)] == [
        5,
        10,
        20,
        40,
        80,
        160,
        300,
        300,
    ]
    assert pause_after(10_000) == timedelta(minutes=5)


def test_the_same_promise_has_the_same_id_and_another_one_another() -> None:
    one = draft("s")
    assert replace(one, body="other words", channel_id=9).id == one.id
    others = [replace(one, kind="x"), replace(one, subject="t"), replace(one, due_at=LATE)]
    assert len({one.id, *(other.id for other in others)}) == 4
    assert len(one.id) <= 25


# The runner


def draft(subject: str, *, server: int = 1, due: datetime = NOW) -> Draft:
    return Draft(KIND, subject, server, 100 + server, "", due, due + timedelta(hours=1))


@dataclass
class Words:
    """Promises and their carrier in one: every due timer becomes one message."""

    sent: list[str] = field(default_factory=list[str])
    looked_for: list[str] = field(default_factory=list[str])
    ended: list[tuple[str, State, str | None]] = field(
        default_factory=list[tuple[str, State, str | None]]
    )
    not_wanted: set[str] = field(default_factory=set[str])
    again: timedelta | None = None
    try_it: Callable[[Message], Awaitable[Tried]] | None = None
    find: Found = field(default_factory=Absent)
    settled_one: asyncio.Event = field(default_factory=asyncio.Event)

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        drafts = [draft(one.subject, server=one.server_id, due=one.due_at) for one in timers]
        if self.again is None:
            return drafts, []
        return drafts, [replace(one, due_at=one.due_at + self.again) for one in timers]

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        return {one.id: "not wanted" for one in messages if one.subject in self.not_wanted}

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        self.ended.append((message.subject, state, reason))
        self.settled_one.set()

    async def send(self, message: Message) -> Tried:
        self.sent.append(message.subject)
        return Delivered(len(self.sent)) if self.try_it is None else await self.try_it(message)

    async def look(self, message: Message) -> Found:
        self.looked_for.append(message.subject)
        return self.find


class Ground:
    """A runner on a real store, with a clock to turn."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.words = Words()
        self.paused: set[int] = set()
        self.runner = self.another_runner()

    def another_runner(self, per_second: int = 1_000_000) -> Runner:
        runner = Runner(
            self.database,
            lambda: self.now,
            longest_sleep=300,
            per_second=per_second,
            paused=self.paused_among,
        )
        runner.register(KIND, self.words, self.words)
        return runner

    async def paused_among(self, _tx: Transaction, server_ids: Collection[int]) -> Collection[int]:
        return self.paused & set(server_ids)

    async def resume(self) -> None:
        self.paused.clear()
        async with self.database.transaction() as tx:
            await self.runner.switched(tx, 1, paused=False)

    async def promise(self, *drafts: Draft) -> None:
        async with self.database.transaction() as tx:
            await store.add_messages(tx, drafts)

    async def set_timer(self, subject: str, due: datetime) -> None:
        async with self.database.transaction() as tx:
            await store.set_timers(tx, [Timer(KIND, subject, 1, due)])

    async def timer(self, subject: str) -> datetime | None:
        async with self.database.read() as read:
            found = await store.timer(read, KIND, subject)
        return found and found.due_at

    async def message(self, subject: str) -> Message:
        async with self.database.read() as read:
            [found] = await store.messages_of(read, KIND, subject, 2)
        return found

    async def until_ended(self, subject: str) -> None:
        async with asyncio.timeout(30):
            while subject not in [ended for ended, _, _ in self.words.ended]:
                self.words.settled_one.clear()
                await self.words.settled_one.wait()

    async def run_until_ended(self, subject: str) -> None:
        self.runner.start()
        await self.until_ended(subject)
        await self.runner.stop()


@pytest.fixture
def ground(database: Database) -> Ground:
    return Ground(database)


async def test_a_due_timer_becomes_one_message_and_the_next_moment(ground: Ground) -> None:
    ground.words.again = timedelta(days=1)
    await ground.set_timer("a", NOW)
    assert await ground.runner.materialise() == 1
    assert await ground.runner.materialise() == 0
    assert await ground.timer("a") == NOW + timedelta(days=1)
    assert (await ground.message("a")).state is State.WAITING


async def test_a_timer_that_names_no_next_moment_ends(ground: Ground) -> None:
    await ground.set_timer("a", NOW)
    await ground.runner.materialise()
    assert await ground.timer("a") is None


async def test_many_timers_that_wait_for_each_other_are_written_once_each(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Timer] = []
    write = store.set_timers

    async def count(tx: Transaction, timers: Sequence[Timer]) -> None:
        written.extend(timers)
        await write(tx, timers)

    async def one_at_a_time(
        tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        first, *others = timers
        if first.subject.endswith("again"):
            return [], others
        return [], [*others, replace(first, subject=f"{first.subject} again")]

    for number in range(20):
        await ground.set_timer(f"{number:02}", NOW)
    monkeypatch.setattr(store, "set_timers", count)
    monkeypatch.setattr(ground.words, "due", one_at_a_time)
    rounds = 0
    while await ground.runner.materialise():
        rounds += 1
    assert rounds == 40
    assert sorted(timer.subject for timer in written) == [f"{n:02} again" for n in range(20)]


async def test_a_message_is_sent_and_written_down_as_sent(ground: Ground) -> None:
    await ground.promise(draft("a"))
    await ground.run_until_ended("a")
    found = await ground.message("a")
    assert (found.state, found.message_id, found.tries) == (State.SENT, 1, 1)
    assert ground.words.sent == ["a"]


async def test_what_was_left_open_is_said_as_it_is_written_before_the_first_try(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def choose(tx: Transaction, messages: Sequence[Message], now: datetime) -> dict[str, str]:
        await store.say(tx, {one.id: f"chosen at {now:%H:%M:%S}" for one in messages})
        return {}

    monkeypatch.setattr(ground.words, "unwanted", choose)
    await ground.promise(draft("a"))
    [(first, _)] = await ground.runner.claim()
    ground.now += LEASE
    [(again, _)] = await ground.another_runner().claim()
    assert first.body == again.body == f"chosen at {NOW:%H:%M:%S}"
    async with ground.database.transaction() as tx:
        await store.say(tx, {first.id: "other words"})
    assert (await ground.message("a")).body == first.body


async def test_the_same_promise_twice_is_one_message(ground: Ground) -> None:
    await ground.promise(draft("a"), draft("a"))
    await ground.promise(draft("a"))
    assert [one.subject for one, _ in await ground.runner.claim()] == ["a"]


async def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(ground: Ground) -> None:
    await ground.promise(draft("a"))
    assert len(await ground.runner.claim()) == 1
    other = ground.another_runner()
    assert await other.claim() == []
    ground.now += LEASE
    [(again, chosen)] = await other.claim()
    assert (again.subject, chosen) == ("a", Way.LOOK_FIRST)


async def test_whoever_slept_past_the_lease_sends_nothing_that_another_may_have_sent(
    ground: Ground,
) -> None:
    await ground.promise(draft("a"))
    [(claimed, chosen)] = await ground.runner.claim()
    ground.now += LEASE
    await ground.runner._keep(claimed, chosen)  # pyright: ignore[reportPrivateUsage]
    assert ground.words.sent == []
    await ground.run_until_ended("a")
    assert ground.words.sent == ["a"]


async def test_servers_take_turns(ground: Ground) -> None:
    await ground.promise(*(draft(f"many {n}", server=1) for n in range(5)))
    await ground.promise(draft("single", server=2), draft("lone", server=3))
    claimed = [one.server_id for one, _ in await ground.runner.claim()]
    assert sorted(claimed[:3]) == [1, 2, 3]
    assert claimed[3:] == [1, 1, 1, 1]


async def test_no_more_is_claimed_than_can_begin_within_a_second(ground: Ground) -> None:
    await ground.promise(*(draft(f"{n}") for n in range(IN_FLIGHT)))
    assert len(await ground.another_runner(per_second=7).claim()) == 7
    assert len(await ground.runner.claim()) == IN_FLIGHT // 2


async def test_what_else_a_message_asks_of_discord_takes_of_the_same_room(ground: Ground) -> None:
    await ground.promise(*(draft(f"{n}") for n in range(9)))
    runner = ground.another_runner(per_second=4)
    threads = [asyncio.create_task(runner.wait_for_room()) for _ in range(3)]
    await asyncio.sleep(0)
    assert len(await runner.claim()) < 4
    await asyncio.gather(*threads)


async def test_a_check_in_goes_out_on_time_while_thousands_are_introduced(ground: Ground) -> None:
    # In one server, and each introduction takes as long as it likes.
    stuck, full = asyncio.Event(), asyncio.Event()
    slow, prompt = Words(), ground.words

    async def wait(message: Message) -> Tried:
        if len(slow.sent) == IN_FLIGHT // 2:
            full.set()
        await stuck.wait()
        return Delivered(1)

    slow.try_it = wait
    ground.runner.register(SLOW, slow, slow)
    await ground.promise(*(replace(draft(f"{n}"), kind=SLOW) for n in range(3 * IN_FLIGHT)))
    ground.runner.start()
    async with asyncio.timeout(30):
        await full.wait()
    await ground.promise(draft("check-in"))
    ground.runner.wake()
    await ground.until_ended("check-in")
    assert prompt.sent == ["check-in"]
    assert len(slow.sent) == IN_FLIGHT // 2
    stuck.set()
    await ground.runner.stop()


async def test_kinds_take_turns_in_one_server(ground: Ground) -> None:
    slow = Words()
    ground.runner.register(SLOW, slow, slow)
    await ground.promise(*(replace(draft(f"{n}"), kind=SLOW) for n in range(5)))
    await ground.promise(draft("check-in"))
    claimed = [one.kind for one, _ in await ground.runner.claim()]
    assert KIND in claimed[:2]


async def test_whatever_kinds_there_are_there_is_a_place_left_for_another(ground: Ground) -> None:
    for number in range(4):
        ground.runner.register(f"test.{number}", Words(), Words())
        await ground.promise(
            *(replace(draft(f"{n}"), kind=f"test.{number}") for n in range(IN_FLIGHT))
        )
    claimed = await ground.runner.claim()
    count = Counter(one.kind for one, _ in claimed)
    assert len(count) == 4
    assert IN_FLIGHT // 2 < len(claimed) < IN_FLIGHT


async def test_what_is_skipped_takes_no_room_from_what_is_sent(ground: Ground) -> None:
    ground.words.not_wanted = {f"{n}" for n in range(20)}
    await ground.promise(*(draft(f"{n}") for n in range(20)), draft("wanted"))
    [(claimed, _)] = await ground.another_runner(per_second=7).claim()
    assert claimed.subject == "wanted"
    assert (await ground.message("3")).reason == "not wanted"


async def test_what_nobody_keeps_any_more_is_skipped(ground: Ground) -> None:
    await ground.promise(replace(draft("a"), kind="test.gone"))
    assert await ground.runner.claim() == []
    async with ground.database.read() as read:
        [found] = await store.messages_of(read, "test.gone", "a", 2)
    assert (found.state, found.reason) == (State.SKIPPED, "unknown")


async def test_what_is_late_is_skipped_without_a_try(ground: Ground) -> None:
    await ground.promise(draft("a"))
    ground.now = LATE
    assert await ground.runner.claim() == []
    assert ground.words.ended == [("a", State.SKIPPED, "late")]
    assert ground.words.sent == ground.words.looked_for == []


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (Absent(), (State.SKIPPED, "late")),
        (Delivered(7), (State.SENT, None)),
        (Unreadable(), (State.UNCERTAIN, "unreadable")),
    ],
)
async def test_an_old_try_that_is_late_by_now_is_looked_for_and_never_sent_again(
    ground: Ground, found: Found, end: tuple[State, str | None]
) -> None:
    await ground.promise(draft("a"))
    await ground.another_runner().claim()
    ground.now = LATE
    ground.words.find = found
    await ground.run_until_ended("a")
    assert ground.words.looked_for == ["a"]
    assert ground.words.sent == []
    assert ground.words.ended == [("a", *end)]


async def test_an_old_try_that_is_not_there_is_sent_while_it_is_in_time(ground: Ground) -> None:
    await ground.promise(draft("a"))
    await ground.another_runner().claim()
    ground.now += 5 * MINUTE
    await ground.run_until_ended("a")
    assert (ground.words.looked_for, ground.words.sent) == (["a"], ["a"])


async def test_what_failed_waits_longer_each_time_and_keeps_its_first_try(ground: Ground) -> None:
    async def fail(message: Message) -> Tried:
        return NotNow()

    ground.words.try_it = fail
    await ground.promise(draft("a"))
    for tries, pause in ((1, 5), (2, 10), (3, 20)):
        [(claimed, chosen)] = await ground.runner.claim()
        await ground.runner._keep(claimed, chosen)  # pyright: ignore[reportPrivateUsage]
        found = await ground.message("a")
        assert (found.tries, found.first_tried_at) == (tries, NOW)
        assert found.try_at == ground.now + timedelta(seconds=pause)
        assert await ground.runner.claim() == []
        ground.now = found.try_at


async def test_what_is_refused_ends_with_the_reason(ground: Ground) -> None:
    async def refuse(message: Message) -> Tried:
        return Refused("gone")

    ground.words.try_it = refuse
    await ground.promise(draft("a"))
    await ground.run_until_ended("a")
    assert ground.words.ended == [("a", State.REFUSED, "gone")]


async def test_one_broken_channel_does_not_hold_up_another(ground: Ground) -> None:
    broken, begun = asyncio.Event(), asyncio.Event()

    async def hang_in_the_first(message: Message) -> Tried:
        if message.server_id == 1:
            begun.set()
            await broken.wait()
        return Delivered(1)

    ground.words.try_it = hang_in_the_first
    await ground.promise(draft("broken", server=1), draft("well", server=2))
    ground.runner.start()
    await begun.wait()
    await ground.until_ended("well")
    assert [ended for ended, _, _ in ground.words.ended] == ["well"]
    broken.set()
    await ground.until_ended("broken")
    await ground.runner.stop()


async def test_a_carrier_that_breaks_leaves_the_message_to_the_next_lease(ground: Ground) -> None:
    async def break_down(message: Message) -> Tried:
        raise RuntimeError("broken")

    ground.words.try_it = break_down
    await ground.promise(draft("a"))
    [(claimed, chosen)] = await ground.runner.claim()
    await ground.runner._keep(claimed, chosen)  # pyright: ignore[reportPrivateUsage]
    assert (await ground.message("a")).state is State.SENDING
    ground.now += LEASE
    assert len(await ground.runner.claim()) == 1


async def test_a_wake_up_ends_a_long_sleep(ground: Ground) -> None:
    ground.runner.start()
    await ground.promise(draft("first"))
    ground.runner.wake()
    await ground.until_ended("first")
    await ground.promise(draft("second"))
    ground.runner.wake()
    await ground.until_ended("second")
    await ground.runner.stop()


async def test_a_wake_up_while_it_was_looking_is_not_lost(ground: Ground) -> None:
    """What it saw before is old by then: it looks again instead of going to sleep."""
    looked = asyncio.Event()
    go_on = asyncio.Event()
    real = ground.runner.claim

    async def claim_slowly() -> list[tuple[Message, Way]]:
        claimed = await real()
        if not looked.is_set():
            looked.set()
            await go_on.wait()
        return claimed

    ground.runner.claim = claim_slowly
    ground.runner.start()
    await looked.wait()
    await ground.promise(draft("a"))
    ground.runner.wake()
    ground.runner.wake()
    go_on.set()
    await ground.until_ended("a")
    await ground.runner.stop()


async def test_stopping_lets_what_is_in_flight_be_settled_and_claims_nothing_more(
    ground: Ground,
) -> None:
    begun, answer = asyncio.Event(), asyncio.Event()

    async def answer_later(message: Message) -> Tried:
        begun.set()
        await answer.wait()
        return Delivered(5)

    ground.words.try_it = answer_later
    await ground.promise(draft("in flight"))
    ground.runner.start()
    await begun.wait()
    stopping = asyncio.create_task(ground.runner.stop())
    await ground.promise(draft("afterwards"))
    ground.runner.wake()
    answer.set()
    await stopping
    assert (await ground.message("in flight")).state is State.SENT
    assert (await ground.message("afterwards")).state is State.WAITING


async def test_a_stopped_runner_can_start_again(ground: Ground) -> None:
    ground.runner.start()
    ground.runner.wake()
    await ground.runner.stop()
    await ground.promise(draft("a"))
    await ground.run_until_ended("a")
    assert ground.words.sent == ["a"]


async def test_it_tells_of_each_end_once_it_is_written(ground: Ground) -> None:
    told: list[tuple[str, str]] = []
    ground.runner.when_settled(lambda kind, state: told.append((kind, state)))
    ground.words.not_wanted = {"unwanted"}
    await ground.promise(draft("unwanted"), draft("sent"), replace(draft("gone"), kind="test.gone"))
    await ground.run_until_ended("sent")
    await ground.runner.stop()
    assert Counter(told) == {(KIND, "skipped"): 1, (KIND, "sent"): 1, ("test.gone", "skipped"): 1}


async def test_what_is_not_yet_kept_is_counted_with_how_long_it_has_been_due(
    ground: Ground,
) -> None:
    nothing = await ground.runner.backlog()
    assert (nothing.messages, nothing.lag(NOW)) == ({}, 0)
    await ground.set_timer("later", NOW + MINUTE)
    assert (await ground.runner.backlog()).lag(NOW) == 0
    await ground.promise(draft("first"), draft("second", due=NOW + MINUTE))
    await ground.another_runner(per_second=1).claim()
    behind = await ground.runner.backlog()
    assert behind.messages == {"waiting": 1, "sending": 1}
    assert behind.lag(NOW + 3 * MINUTE) == 180


async def test_what_a_paused_server_holds_is_not_behind(ground: Ground) -> None:
    ground.paused.add(1)
    await ground.promise(draft("held"))
    assert await ground.runner.claim() == []
    ground.now += 30 * MINUTE
    behind = await ground.runner.backlog()
    assert (behind.messages, behind.lag(ground.now)) == ({"waiting": 1}, 0)


async def test_a_kind_has_one_keeper(ground: Ground) -> None:
    with pytest.raises(ValueError, match="kept already"):
        ground.runner.register(KIND, ground.words, ground.words)


# A paused server


async def test_what_is_due_in_a_paused_server_waits_untried_and_goes_out_later(
    ground: Ground,
) -> None:
    ground.paused = {1}
    await ground.promise(draft("held"), draft("elsewhere", server=2))
    assert [one.subject for one, _ in await ground.runner.claim()] == ["elsewhere"]
    assert await ground.runner.claim() == []
    assert (await ground.message("held")).tries == 0
    await ground.resume()
    assert [one.subject for one, _ in await ground.runner.claim()] == ["held"]


async def test_what_is_not_due_yet_stays_so_when_a_server_resumes(ground: Ground) -> None:
    ground.paused = {1}
    await ground.promise(draft("later", due=NOW + timedelta(minutes=1)))
    await ground.resume()
    assert await ground.runner.claim() == []


async def test_what_came_too_late_while_a_server_was_paused_is_left_out(ground: Ground) -> None:
    ground.paused = {1}
    await ground.promise(draft("a"))
    await ground.runner.claim()
    ground.now += timedelta(hours=1)
    await ground.runner.claim()
    found = await ground.message("a")
    assert (found.state, found.reason) == (State.SKIPPED, "late")


async def test_endings_go_on_in_a_paused_server(ground: Ground) -> None:
    ground.runner.register("test.ending", ground.words, ground.words, goes_on=True)
    ground.paused = {1}
    await ground.promise(draft("a"), replace(draft("b"), kind="test.ending"))
    assert [one.subject for one, _ in await ground.runner.claim()] == ["b"]


async def test_whoever_resumes_while_something_is_being_held_lets_it_go_as_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database, lambda: NOW)
    words = Words()
    runner = Runner(database, lambda: NOW, longest_sleep=300, paused=settings.paused_among)
    runner.register(KIND, words, words)
    settings.declare(PAUSED, runner.switched)
    await settings.change(1, PAUSED, True, by=7)
    async with database.transaction() as tx:
        await store.add_messages(tx, [draft("a")])
    hold = store.retry
    resuming: list[asyncio.Task[object]] = []

    async def meanwhile(tx: Transaction, id_: str, at: datetime) -> None:
        # It cannot finish before what is claimed here is kept; that is what this test is about.
        resuming.append(asyncio.create_task(settings.change(1, PAUSED, False, by=7)))
        await asyncio.wait(resuming, timeout=0.2)
        await hold(tx, id_, at)

    monkeypatch.setattr(store, "retry", meanwhile)
    assert await runner.claim() == []
    await resuming[0]
    assert [one.subject for one, _ in await runner.claim()] == ["a"]


# Several processes


async def subjects_of_timers(tx: Transaction, limit: int) -> list[str]:
    return [one.subject for one in await store.take_due_timers(tx, NOW, limit)]


async def subjects_of_messages(tx: Transaction, limit: int) -> list[str]:
    return [one.subject for one in await store.take_due_messages(tx, NOW, limit)]


async def subjects_fallen_due(tx: Transaction, limit: int) -> list[str]:
    return [one.subject for one in await store.take_fallen_due(tx, NOW, limit)]


@pytest.mark.postgres
@pytest.mark.skipif(postgres_url() is None, reason="TEST_POSTGRES_URL is not set")
@pytest.mark.parametrize("take", [subjects_of_timers, subjects_of_messages, subjects_fallen_due])
async def test_what_one_process_holds_another_neither_waits_for_nor_takes(
    take: Callable[[Transaction, int], Awaitable[list[str]]],
) -> None:
    async with migrated_schema(postgres_url() or "") as place:
        # Whoever waited for a row would be told after 0.2 s that the store is busy.
        first, second = [await place.open(busy_timeout=0.2) for _ in range(2)]
        async with first.transaction() as tx:
            await store.set_timers(tx, [Timer(KIND, one, 1, NOW) for one in "abcd"])
            await store.add_messages(tx, [draft(one) for one in "abcd"])
        try:
            async with first.transaction() as holding, second.transaction() as looking:
                held, taken = await take(holding, 2), await take(looking, 10)
            assert (len(held), len(taken)) == (2, 2)
            assert {*held, *taken} == {*"abcd"}
        finally:
            for database in (first, second):
                await database.close()
