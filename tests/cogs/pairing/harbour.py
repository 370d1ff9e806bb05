"""Rounds without Discord: a clock to turn, threads in memory, and a process that can be killed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from bot.blocks.service import Blocks
from bot.bounds import ALL_ADULTS, SETTINGS, Standing, may_meet
from bot.counting import Counting
from bot.database.line import Alone
from bot.jobs import store as jobs
from bot.jobs.model import HOLDINGS as JOBS
from bot.jobs.model import RESTORED, Message
from bot.jobs.runner import (
    Absent,
    Carrier,
    Delivered,
    Found,
    NotNow,
    Refused,
    Runner,
    Tried,
    Unreadable,
)
from bot.journal import Entry, Replays
from bot.membership.service import GONE, Membership
from bot.news.model import HOLDING as NEWS
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.recurrence import Rule
from bot.settings.core import LANGUAGE, NOTICE_CHANNEL, PAUSED
from bot.settings.service import Settings
from bot.threads import NO_RIGHTS
from cogs.pairing import rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.drawing_service import Draws
from cogs.pairing.introductions_service import APART, Introductions
from cogs.pairing.matching import draw
from cogs.pairing.model import (
    Introduction,
    IntroductionState,
    Member,
    Plan,
    Round,
    RoundState,
    Wishes,
)
from cogs.pairing.pairing_service import Pairing
from cogs.pairing.peers import asked
from cogs.pairing.promises_service import (
    AGAIN,
    ASK,
    CLOSE,
    DRAW,
    FOLLOWUP,
    INTRODUCTION,
    OPEN,
    TELL,
    round_of,
)
from cogs.pairing.rounds_service import Rounds
from cogs.pairing.service import Ground, Members, shipped_content
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling, Told

if TYPE_CHECKING:
    from bot.database import Database, Reading, Transaction

SERVER, OTHER_SERVER, MODERATOR, CHANNEL = 10, 11, 20, 100
ASH, BIRCH, CEDAR, ELM, FIR = 31, 32, 33, 34, 35
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
RULE = Rule(frozenset({4}), time(18), "Europe/Berlin", 2, START.date())
PLAN = Plan(SERVER, CHANNEL, RULE, START)
DRAWN_AT = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
WISHES = Wishes(("en",), frozenset({"music"}))
SHIPPED = shipped_content()
SPOKEN = frozenset({"en", "es"})


class Killed(BaseException):
    """The process is gone at this moment."""


class Fate:
    """Kills the process at the nth thing that it does to the world outside, before or after it."""

    def __init__(self) -> None:
        self.count = 0
        self.at: int | None = None
        self.later: list[int] = []
        """At which steps it is killed again, after that."""
        self.after = False

    def step(self, *, done: bool) -> None:
        """Say that a step is about to be taken, or has been."""
        if not done:
            self.count += 1
        if self.count == self.at and done is self.after:
            self.at = self.later.pop(0) if self.later else None
            raise Killed


class Mortal:
    """A store whose process may be killed before or after each commit."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self._database = database
        self.line = Alone()
        self._fate = fate
        self.alive = False

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        async with self._database.transaction() as tx:
            yield tx
            if self.alive:
                self._fate.step(done=False)
        if self.alive:
            self._fate.step(done=True)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reading]:
        async with self._database.read() as read:
            yield read


@dataclass(slots=True)
class Thread:
    """A private thread as the other side keeps it."""

    id: int
    code: str
    people: set[int] = field(default_factory=set[int])
    messages: list[str] = field(default_factory=list[str])
    kinds: list[str] = field(default_factory=list[str])
    locked: bool = False


class Discord:
    """What the other side does: threads, and direct messages by person."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.threads: dict[int, Thread] = {}
        self.direct: list[tuple[int, Told]] = []
        self.asked: list[str] = []
        self.refusing: set[str] = set()
        self.closed: set[int] = set()
        self.failing: set[int] = set()
        self.unreadable = False
        self._seen: set[str] = set()

    def make(self, code: str) -> Thread:
        self.fate.step(done=False)
        made = Thread(1_000 + len(self.threads), code)
        self.threads[made.id] = made
        self.fate.step(done=True)
        return made

    def post(self, thread: Thread, message: Message) -> Delivered:
        self.fate.step(done=False)
        # What Discord promises for one nonce.
        if message.id not in thread.messages:
            thread.messages.append(message.id)
            thread.kinds.append(message.kind)
        self.fate.step(done=True)
        return Delivered(len(thread.messages))


class Introducer:
    """The steps of the real carrier, on threads in memory."""

    def __init__(
        self,
        discord: Discord,
        introductions: Introductions,
        standings: Callable[[int], Standing | None],
    ) -> None:
        self._discord = discord
        self._introductions = introductions
        self._standings = standings

    async def send(self, message: Message) -> Tried:
        one = await self._introductions.introduction(message.subject)
        if one is None:
            return Refused("over")
        thread_id = await self._find(one, message)
        if one.state is not IntroductionState.PENDING:
            return Refused("over")
        details = await self._introductions.details(one.id)
        if details is None:
            return Refused("over")
        standings = [self._standings(user_id) for user_id in one.people]
        known = [standing for standing in standings if standing is not None]
        if len(known) < len(standings):
            return NotNow()
        if not all(may_meet(*pair) for pair in combinations(known, 2)):
            return Refused(APART)
        if thread_id is None:
            if INTRODUCTION in self._discord.refusing:
                return Refused(NO_RIGHTS)
            thread_id = self._discord.make(one.code).id
            if not await self._introductions.thread_made(one.id, thread_id):
                return Refused("over")
        thread = self._discord.threads[thread_id]
        for user_id in one.people:
            if not await self._introductions.still_to_be(one):
                return Refused("over")
            thread.people.add(user_id)
        if not await self._introductions.still_to_be(one):
            return Refused("over")
        return self._discord.post(thread, message)

    async def look(self, message: Message) -> Found:
        if self._discord.unreadable:
            return Unreadable()
        one = await self._introductions.introduction(message.subject)
        thread_id = None if one is None else await self._find(one, message)
        if thread_id is None or message.id not in self._discord.threads[thread_id].messages:
            return Absent()
        return Delivered(1)

    async def _find(self, one: Introduction, message: Message) -> int | None:
        if one.thread_id is not None or message.first_tried_at is None:
            return one.thread_id
        for thread in self._discord.threads.values():
            if thread.code == one.code:
                await self._introductions.thread_made(one.id, thread.id)
                return thread.id
        return None


class InThread:
    """Asks, or closes, in a thread."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord

    async def send(self, message: Message) -> Tried:
        thread = self._discord.threads[message.channel_id]
        posted = self._discord.post(thread, message)
        thread.locked = thread.locked or message.kind == CLOSE
        return posted

    async def look(self, message: Message) -> Found:
        thread = self._discord.threads[message.channel_id]
        if message.id not in thread.messages:
            return Absent()
        thread.locked = thread.locked or message.kind == CLOSE
        return Delivered(1)


class Teller:
    """Takes what is told, and what is asked in the channel."""

    def __init__(self, discord: Discord, introductions: Introductions) -> None:
        self._discord = discord
        self._introductions = introductions
        self._sent: set[str] = set()

    async def send(self, message: Message) -> Tried:
        if message.channel_id in self._discord.closed:
            return Refused("closed 50007")
        if message.channel_id in self._discord.failing:
            return NotNow()
        told = Told.from_text(message.body) if message.kind == TELL else None
        if (
            told is not None
            and told.what in {Tell.INTRODUCED, Tell.TALKED}
            and await self._introductions.details(told.about) is None
        ):
            return Refused("over")
        self._discord.fate.step(done=False)
        if message.kind == ASK and message.id not in self._discord.asked:
            self._discord.asked.append(message.id)
        elif told is not None and message.id not in self._sent:
            self._sent.add(message.id)
            assert message.recipient_user_id is not None
            self._discord.direct.append((message.recipient_user_id, told))
        self._discord.fate.step(done=True)
        return Delivered(1)

    async def look(self, message: Message) -> Found:
        there = message.id in self._sent or message.id in self._discord.asked
        return Delivered(1) if there else Absent()


class Drawer:
    """Draws here, where a test needs no other process."""

    def __init__(self, draws: Draws, standings: Callable[[int], Standing | None]) -> None:
        self._draws = draws
        self._standings = standings

    async def send(self, message: Message) -> Tried:
        again = message.kind == AGAIN
        snapshot = await self._draws.snapshot(round_of(message), again=again)
        if snapshot is None:
            return Delivered(0)
        where = {m.user_id: self._standings(m.user_id) for m in snapshot.members}
        told, waiting = asked(snapshot, where, await self._draws.topics(SERVER))
        await self._draws.write(snapshot, draw(told), waiting)
        return Delivered(0)

    async def look(self, message: Message) -> Found:
        return Absent()


@dataclass(slots=True)
class Harbour:
    """The feature without Discord, and a clock to turn."""

    database: Database
    mortal: Mortal
    settings: Settings
    notices: Notices
    blocks: Blocks
    privacy: Privacy
    membership: Membership
    pairing: Pairing
    discord: Discord
    teller: Teller
    fate: Fate
    now: datetime
    standings: dict[int, Standing | None] = field(default_factory=dict[int, Standing | None])
    carriers: Callable[[Harbour], dict[str, Carrier]] = lambda self: in_memory(self)
    """How a process that has just started reaches Discord, by the kind of promise."""

    @property
    def members(self) -> Members:
        return self.pairing.members

    @property
    def introductions(self) -> Introductions:
        return self.pairing.introductions

    @property
    def rounds(self) -> Rounds:
        return self.pairing.rounds

    @property
    def draws(self) -> Draws:
        return self.pairing.draws

    @property
    def telling(self) -> Telling:
        return self.pairing.telling

    def clock(self) -> datetime:
        return self.now

    def _runner(self) -> Runner:
        runner = Runner(
            cast("Database", self.mortal),
            self.clock,
            longest_sleep=1,
            paused=self.settings.paused_among,
        )
        self.pairing.keep(runner, self.carriers(self))
        return runner

    def standing(self, user_id: int) -> Standing | None:
        return self.standings.get(user_id, _ADULT)

    async def run(self) -> bool:
        """Do what is due now, as a process that has just started; False where it was killed."""
        runner = self._runner()
        self.mortal.alive = True
        try:
            for _ in range(50):
                while await runner.materialise():
                    pass
                claimed = await runner.claim()
                for message, way in claimed:
                    await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]
                if not claimed and not await self._due():
                    return True
        except Killed:
            return False
        finally:
            self.mortal.alive = False
        return True

    async def _due(self) -> bool:
        async with self.database.read() as read:
            at = await jobs.next_timer_at(read)
        return at is not None and at <= self.now

    async def at(self, moment: datetime) -> None:
        self.now = moment
        await self.run()

    async def until(self, end: datetime, step: timedelta = HOUR) -> None:
        while self.now < end:
            await self.at(min(self.now + step, end))

    async def restored(self, *entries: Entry) -> None:
        """Do again what was set down since a backup, and leave out what is due: bot.backup."""
        replays = Replays()
        self.privacy.replay_with(replays)
        replays.on(GONE, self.membership.replay)
        await replays.run(self.database, entries)
        await self._runner().leave_out(RESTORED)

    # What people do

    async def join(self, *people: int, wishes: Wishes = WISHES, dm: bool = False) -> None:
        for user_id in people:
            one = await self.members.join(SERVER, user_id, wishes, "Europe/Berlin")
            if dm:
                await self.members.write_to(user_id, one.id, 1_000_000 + user_id)

    async def leave(self, user_id: int) -> None:
        one = await self.member(user_id)
        if one is not None:
            await self.members.leave(user_id, one.id)

    async def pause_everything(self, *, paused: bool = True) -> None:
        await self.settings.change(SERVER, PAUSED, paused, by=MODERATOR)

    async def run_now(self, shown: str | None = None) -> Round:
        return await self.rounds.run_now(SERVER, by=MODERATOR, shown=shown)

    async def say_in(self, one: Round, *people: int) -> None:
        for user_id in people:
            await self.rounds.answer(user_id, one.id, yes=True)

    async def round_of(self, *people: int, **wishes: Any) -> Round:
        """People join where nobody is asked first, and a round is drawn and introduced."""
        await self.join(*people, **wishes)
        await self.rounds.save_plan(replace(PLAN, confirm_first=False), by=MODERATOR)
        one = await self.run_now()
        await self.run()
        # No other round comes in between.
        await self.rounds.pause(SERVER, by=MODERATOR)
        return one

    # What there is

    async def member(self, user_id: int) -> Member | None:
        async with self.database.read() as read:
            return await store.member(read, SERVER, user_id)

    async def round(self, round_id: str) -> Round:
        found = await self.rounds.round(round_id)
        assert found is not None
        return found

    async def introductions_in(self, one: Round) -> tuple[Introduction, ...]:
        async with self.database.read() as read:
            return await rounds_store.of_round(read, one.id)

    async def every_introduction(self) -> list[Introduction]:
        async with self.database.read() as read:
            rounds = await rounds_store.rounds_in(read, SERVER, set(RoundState))
            return [i for one in rounds for i in await rounds_store.of_round(read, one.id)]

    async def live(self, one: Round) -> list[tuple[int, ...]]:
        async with self.database.read() as read:
            found = await rounds_store.of_round(read, one.id, live=True)
        return sorted(each.people for each in found)

    async def told(self, user_id: int) -> list[str]:
        """What somebody was told: by direct message, and what waits for their next command."""
        async with self.database.read() as read:
            rows = await read.fetch("SELECT key FROM news WHERE user_id = $1", user_id)
        later = [row["key"].removeprefix("pairing.") for row in rows]
        return [told.what.value for one, told in self.discord.direct if one == user_id] + later


_ADULT = Standing(adult=True, circles=frozenset())


def in_memory(harbour: Harbour) -> dict[str, Carrier]:
    """Carriers that take the steps of the real ones, on threads in memory."""
    drawer = Drawer(harbour.draws, harbour.standing)
    introducer = Introducer(harbour.discord, harbour.introductions, harbour.standing)
    in_thread, teller = InThread(harbour.discord), harbour.teller
    return {
        OPEN: teller,
        ASK: teller,
        DRAW: drawer,
        AGAIN: drawer,
        INTRODUCTION: introducer,
        FOLLOWUP: in_thread,
        CLOSE: in_thread,
        TELL: teller,
    }


async def make_harbour(database: Database) -> Harbour:
    """Open the feature on a store, in a server whose members are all of age."""

    def clock() -> datetime:
        return made.now

    def wake() -> None:
        pass

    fate = Fate()
    mortal = Mortal(database, fate)
    # The use cases of the feature go through the store that can be killed, as the runner's do.
    through = cast("Database", mortal)
    settings = Settings(database, clock)
    notices = Notices(database, settings, clock)
    for setting in (LANGUAGE, NOTICE_CHANNEL, *SETTINGS):
        settings.declare(setting)

    async def switched(tx: Transaction, server_id: int, paused: bool) -> None:
        await made._runner().switched(tx, server_id, paused)  # pyright: ignore[reportPrivateUsage]

    settings.declare(PAUSED, switched)
    counting = Counting(database, settings, clock)
    pairing = Pairing(
        Ground(through, settings, notices, SHIPPED, SPOKEN.__contains__, clock, wake, counting)
    )
    blocks = Blocks(database, notices, clock, wake)
    privacy = Privacy(database, clock)
    privacy.register(*JOBS, NEWS)
    membership = Membership(database, clock, wake)
    pairing.listen(privacy, membership, blocks)
    discord = Discord(fate)
    made = Harbour(
        database,
        mortal,
        settings,
        notices,
        blocks,
        privacy,
        membership,
        pairing,
        discord,
        Teller(discord, pairing.introductions),
        fate,
        START,
    )
    await settings.change(SERVER, ALL_ADULTS, True, by=MODERATOR)
    await settings.change(SERVER, ENABLED, True, by=MODERATOR)
    return made
