"""Keeps what is promised: turns due timers into messages, and messages into sent ones."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from bot import logs
from bot.clock import Clock
from bot.database import Database, StoreError, Transaction
from bot.database.line import Ours, Turn
from bot.jobs import store
from bot.jobs.model import (
    LEASE,
    SEND_SECONDS,
    Backlog,
    Draft,
    Message,
    State,
    Timer,
    Way,
    pause_after,
    way,
)

T = TypeVar("T")

_log = logs.get(__name__)

AT_ONCE = 2_000
"""Due timers in one transaction: few enough that nobody waits long for the writer."""

LOOKED_AT = 500
"""Messages that one claim looks at, for the same reason; those that are skipped end one by one."""

DISPATCH = "dispatch"
"""The name of the turn of the one process that keeps the promises of a store."""

IN_FLIGHT = 200
"""Messages being sent at the same time. One kind takes no more of them than it leaves free, so that
ten thousand slow introductions never keep a check-in waiting for a place.
"""

PER_SECOND = 40
"""Messages begun in one second: under Discord's 50 requests for the whole bot."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """It is there, as this message."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The place does not take it, now or later."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nobody knows whether it went through; a later try may tell."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The place was read, and the message is not in it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The place cannot be read, so nobody will know."""


Tried = Delivered | Refused | NotNow
Found = Delivered | Absent | Unreadable | NotNow


class Promises(Protocol):
    """The use cases of a kind of promise: a feature's service. All run inside a transaction."""

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Say what follows from due timers, and when each is next due; one left out ends."""
        ...

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look once more before messages are first tried; give the ids to skip, with reasons.

        What the others are to say, if that was left open, is written now: `store.say`.
        """
        ...

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Take note of how a message ended."""
        ...


class Carrier(Protocol):
    """How a kind of message is sent and found again: a feature's cog."""

    async def send(self, message: Message) -> Tried:
        """Try to send it, with its id as nonce."""
        ...

    async def look(self, message: Message) -> Found:
        """Look for it where it should be, by the id in its buttons."""
        ...


async def _nowhere(_tx: Transaction, _server_ids: Collection[int]) -> Collection[int]:
    return ()


class Runner:
    """One for the process. `start` it after the features have registered."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        longest_sleep: float,
        per_second: int = PER_SECOND,
        paused: Callable[[Transaction, Collection[int]], Awaitable[Collection[int]]] = _nowhere,
        turn: Turn | None = None,
    ) -> None:
        """Look again after `longest_sleep` seconds although nothing known is due.

        Of several processes on one store the one whose `turn` it is keeps the promises, those of
        all servers, and the others stand by; without a turn this process is the only one.

        Of some servers `paused` gives those in which nothing is sent: what is due there waits until
        it is late, and is skipped then as anything else that is late.
        """
        self._longest_sleep = longest_sleep
        self._paused = paused
        self._turn: Turn = turn or Ours()
        self._database = database
        self._clock = clock
        self._pace = _Pace(per_second)
        self._kinds: dict[str, tuple[Promises, Carrier]] = {}
        self._going_on: set[str] = set()
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._flying_kinds: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._asleep = False
        self._woken = False
        self._stopping = False
        self._told: Callable[[str, str], None] = lambda kind, state: None

    def when_settled(self, told: Callable[[str, str], None]) -> None:
        """Tell of each message that came to its end, by kind and state, once that is written."""
        self._told = told

    def register(
        self, kind: str, promises: Promises, carrier: Carrier, *, goes_on: bool = False
    ) -> None:
        """Say who keeps the promises of a kind. Its timers have the same kind.

        One that `goes_on` is kept in a paused server as well: it ends or tidies what is there.
        """
        if kind in self._kinds:
            raise ValueError(f"promises of the kind {kind} are kept already")
        self._kinds[kind] = (promises, carrier)
        if goes_on:
            self._going_on.add(kind)

    topic = store.TOPIC
    """Under which other processes tell that something is promised."""

    @property
    def stands_by(self) -> bool:
        """Whether another process keeps the promises just now, or nobody can tell who does."""
        return not self._turn.held

    def start(self) -> None:
        """Begin to keep promises."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="jobs")

    async def stop(self) -> None:
        """Claim nothing more, and let what is being sent be settled, for some seconds."""
        if self._task is not None:
            # Told apart from being woken, which may happen in the same turn of the loop.
            self._stopping = True
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
            self._turn.let_go()
        if self._flying:
            _, unfinished = await asyncio.wait(self._flying.values(), timeout=5)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished)

    def wake(self) -> None:
        """Look now: something may be due sooner than was known."""
        known, self._woken = self._woken, True
        if self._asleep and not known and self._task is not None:
            self._task.cancel()

    async def wait_for_room(self) -> None:
        """Wait until one more request fits under Discord's limit, beside the messages themselves.

        For a carrier whose message takes a second one, a thread say.
        """
        await self._pace.wait()

    async def materialise(self) -> int:
        """Turn due timers into messages and next moments; gives how many timers were due."""
        now = self._clock()
        async with self._database.transaction() as tx:
            timers = await store.take_due_timers(tx, now, AT_ONCE)
            by_kind: dict[str, list[Timer]] = defaultdict(list)
            for timer in timers:
                by_kind[timer.kind].append(timer)
            for kind, due in by_kind.items():
                known = self._kinds.get(kind)
                drafts, following = await known[0].due(tx, due, now) if known else ([], [])
                await store.add_messages(tx, drafts)
                # What a feature leaves for the next time stands there already: many that wait for
                # each other would be written again for each of them.
                unchanged = set(due)
                await store.set_timers(tx, [each for each in following if each not in unchanged])
                goes_on = {timer.subject for timer in following}
                ended = [timer.subject for timer in due if timer.subject not in goes_on]
                await store.clear_timers(tx, kind, ended)
        return len(timers)

    async def switched(self, tx: Transaction, server_id: int, paused: bool) -> None:
        """Let what waits in a server have its turn, when it is paused no more."""
        if not paused:
            await store.release(tx, server_id, self._clock())
            self.wake()

    async def leave_out(self, reason: str) -> list[Message]:
        """Skip all that has fallen due, and move each timer on; gives what was left out.

        For a store that was restored, before the runner starts: what fell due since the backup may
        have been sent, and nobody can tell. Features hear of it as of anything that is skipped.
        """
        while await self.materialise():
            pass
        now = self._clock()
        left: list[Message] = []
        while True:
            async with self._database.transaction() as tx:
                due = await store.take_fallen_due(tx, now, AT_ONCE)
                for message in due:
                    await self._settle(tx, message, State.SKIPPED, now, reason=reason)
            if not due:
                return left
            left += due

    async def backlog(self) -> Backlog:
        """What is promised, by this process or another, and has not come to its end."""
        async with self._database.read() as read:
            return await store.backlog(read, self._clock())

    async def claim(self) -> list[tuple[Message, Way]]:
        """Take messages that are due: those too late or no longer wanted end here."""
        now = self._clock()
        claimed: list[tuple[Message, Way]] = []
        skipped: list[str] = []
        taken = Counter(self._flying_kinds)
        # What waits for its turn in the pace is orphaned by a crash: a second's worth at most.
        room = min(IN_FLIGHT - len(self._flying), self._pace.room())
        looked_at = 0
        async with self._database.transaction() as tx:
            while len(claimed) < room and looked_at < LOOKED_AT:
                full = [kind for kind in taken if _share(taken, kind) <= 0]
                found = await store.take_due_messages(tx, now, room - len(claimed), full)
                due = _within_shares(found, taken)
                held = await self._held(tx, due, now)
                for message in held:
                    await store.retry(tx, message.id, message.late_at)
                free = [message for message in due if message not in held]
                reasons = await self._unwanted(tx, free, now)
                skipped += [message.kind for message in free if message.id in reasons]
                for message in free:
                    if message.id in reasons:
                        reason = reasons[message.id]
                        await self._settle(tx, message, State.SKIPPED, now, reason=reason)
                kept = [message for message in free if message.id not in reasons]
                until = now + LEASE
                said = await store.lease(tx, [message.id for message in kept], now, until)
                claimed += [
                    (replace(message, body=said[message.id], try_at=until), way(message, now))
                    for message in kept
                ]
                taken.update(message.kind for message in kept)
                looked_at += len(due)
                if len(kept) == len(found):
                    break
        for kind in skipped:
            self._told(kind, State.SKIPPED.value)
        return claimed

    async def _held(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> list[Message]:
        waiting = [
            message
            for message in messages
            if now < message.late_at and message.kind not in self._going_on
        ]
        paused = await self._paused(tx, {message.server_id for message in waiting})
        return [message for message in waiting if message.server_id in paused]

    async def _unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        reasons: dict[str, str] = {}
        untried: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            if message.kind not in self._kinds:
                reasons[message.id] = "unknown"
            elif way(message, now) is Way.SKIP_LATE:
                reasons[message.id] = "late"
            elif message.first_tried_at is None:
                untried[message.kind].append(message)
        for kind, those in untried.items():
            reasons |= await self._kinds[kind][0].unwanted(tx, those, now)
        return reasons

    async def _run(self) -> None:
        while True:
            if self.stands_by:
                await self._turn.hold()
                _log.info("dispatching")
            pause = 5.0
            try:
                due = await self.materialise()
                claimed = [] if self.stands_by else await self.claim()
                for message, chosen in claimed:
                    # Still under way past its lease: claiming it again has renewed that.
                    if message.id not in self._flying:
                        self._fly(message, chosen)
                if due or claimed:
                    pause = 0.0
                else:
                    pause = await self._until_next()
            except StoreError as error:
                _log.error("jobs_store", error=logs.describe(error))
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.error("jobs_failed", error=logs.describe(error))
            await self._sleep(pause)

    async def _sleep(self, seconds: float) -> None:
        self._asleep = True
        try:
            # Woken while it was still looking: what it saw may be old.
            await asyncio.sleep(0 if self._woken else seconds)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._stopping or not self._woken or task is None:
                raise
            task.uncancel()
        finally:
            self._asleep = self._woken = False

    async def _until_next(self) -> float:
        async with self._database.read() as read:
            moments = [await store.next_timer_at(read), await store.next_message_at(read)]
        known = [moment for moment in moments if moment is not None]
        if not known:
            return self._longest_sleep
        wait = (min(known) - self._clock()).total_seconds()
        # At least a moment: what is in flight counts as due when its lease runs out.
        return min(max(wait, 0.2), self._longest_sleep)

    def _fly(self, message: Message, chosen: Way) -> None:
        task = asyncio.create_task(self._keep(message, chosen), name=f"jobs-{message.id}")
        self._flying[message.id] = task
        self._flying_kinds[message.kind] += 1
        task.add_done_callback(lambda _: self._landed(message))

    def _landed(self, message: Message) -> None:
        self._flying.pop(message.id, None)
        self._flying_kinds -= Counter([message.kind])
        self.wake()

    async def _keep(self, message: Message, chosen: Way) -> None:
        carrier = self._kinds[message.kind][1]
        try:
            found: Tried | Found = Absent()
            if chosen is Way.LOOK_FIRST:
                await self._pace.wait()
                found = await _within(carrier.look(message))
            if isinstance(found, Absent) and self._clock() < message.late_at:
                await self._pace.wait()
                if self._clock() >= message.try_at:
                    # The machine slept past the lease, say: by now it may be another process's,
                    # or sent by it so long ago that the nonce no longer holds a second one back.
                    return
                found = await _within(carrier.send(message))
            await self._record(message, found)
        except Exception as error:  # noqa: BLE001 - the lease ends and it is taken up again
            _log.error("job_failed", kind=message.kind, error=logs.describe(error))

    async def _record(self, message: Message, tried: Tried | Found) -> None:
        now = self._clock()
        async with self._database.transaction() as tx:
            match tried:
                case NotNow():
                    await store.retry(tx, message.id, now + pause_after(message.tries + 1))
                    return
                case Delivered(message_id):
                    state, reason, sent_as = State.SENT, None, message_id
                case Refused(why):
                    state, reason, sent_as = State.REFUSED, why, None
                case Absent():
                    state, reason, sent_as = State.SKIPPED, "late", None
                case Unreadable():
                    state, reason, sent_as = State.UNCERTAIN, "unreadable", None
            await self._settle(tx, message, state, now, reason=reason, message_id=sent_as)
        self._told(message.kind, state.value)

    async def _settle(
        self,
        tx: Transaction,
        message: Message,
        state: State,
        now: datetime,
        *,
        reason: str | None = None,
        message_id: int | None = None,
    ) -> None:
        await store.settle(tx, message.id, state, now, reason=reason, message_id=message_id)
        known = self._kinds.get(message.kind)
        if known is not None:
            await known[0].settled(tx, message, state, reason, now)


def _share(taken: Counter[str], kind: str) -> int:
    """How many more of a kind may be in flight: no more than it leaves free to others."""
    free = IN_FLIGHT - taken.total()
    return (free - taken[kind] + 1) // 2


def _within_shares(found: Sequence[Message], taken: Counter[str]) -> list[Message]:
    """Those for which there is a place in their kind's share."""
    counted = Counter(taken)
    kept: list[Message] = []
    for message in found:
        if _share(counted, message.kind) > 0:
            counted[message.kind] += 1
            kept.append(message)
    return kept


async def _within(work: Awaitable[T]) -> T | NotNow:
    """Give up waiting after a while; nobody knows then whether it went through."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await work
    except TimeoutError:
        return NotNow()


class _Pace:
    """Lets through so many in a second, in the order in which they came."""

    def __init__(self, per_second: int) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    def room(self) -> int:
        """How many more could be let through within the next second."""
        ahead = max(self._next - asyncio.get_running_loop().time(), 0.0)
        return round((1 - ahead) / self._gap)

    async def wait(self) -> None:
        loop = asyncio.get_running_loop()
        at = max(self._next, loop.time())
        self._next = at + self._gap
        if at > loop.time():
            await asyncio.sleep(at - loop.time())
