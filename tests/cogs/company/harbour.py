"""The feature without Discord: a stand-in for the other side, and a clock to turn."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.blocks.model import HOLDINGS as BLOCKS
from bot.blocks.service import Blocks
from bot.bounds import ALL_ADULTS
from bot.bounds import SETTINGS as MEETING
from bot.counting import Counting
from bot.database.line import Alone
from bot.errors import UserError
from bot.jobs.model import HOLDINGS as JOBS
from bot.jobs.model import Message
from bot.jobs.runner import Absent, Delivered, Found, Refused, Runner, Tried
from bot.membership.service import Membership
from bot.news.model import HOLDING as NEWS
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.service import Settings
from cogs.company import store
from cogs.company.keeping_service import Keeping, subject_of
from cogs.company.model import Request, Wish
from cogs.company.service import (
    CALL,
    CLOSE,
    END,
    HOLDINGS,
    JOIN,
    OPEN,
    SAY,
    SHOW,
    UNCALL,
    WAIT,
    Asked,
    Requests,
)
from cogs.company.settings import CALL_CHANNEL, ENABLED, SETTINGS, SUPPORTER_ROLES, THREAD_CHANNEL

if TYPE_CHECKING:
    from bot.database import Database, Reading, Transaction

SERVER, OTHER_SERVER = 10, 11
MODERATOR, ASKER, FERN, HAZEL, SOMEBODY = 20, 30, 40, 41, 50
SUPPORTER_ROLE, ADULT_ROLE = 70, 71
CALLS, THREADS = 100, 101
SUPPORTER = frozenset({SUPPORTER_ROLE})
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Killed(BaseException):
    """The process is no more."""


class Mortal:
    """A database whose process is killed when one more transaction would begin."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.line = Alone()
        self.left: int | None = None
        self.killed = False

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.killed = True
                raise Killed
        return self._database.transaction()

    def read(self) -> AbstractAsyncContextManager[Reading]:
        return self._database.read()


@dataclass(slots=True)
class Thread:
    """A private thread on the other side."""

    id: int
    members: list[int] = field(default_factory=list[int])
    messages: dict[str, str] = field(default_factory=dict[str, str])
    closed: bool = False


class Discord:
    """What the other side does with what is sent: each nonce once, each code one thread."""

    def __init__(self) -> None:
        self.threads: dict[str, Thread] = {}
        self.calls: dict[str, tuple[int, frozenset[int]]] = {}
        self.roles: dict[int, frozenset[int]] = {FERN: SUPPORTER, HAZEL: SUPPORTER}
        self.refusing: set[str] = set()
        self.ids = 1_000

    def id(self) -> int:
        self.ids += 1
        return self.ids

    @property
    def thread(self) -> Thread:
        [only] = self.threads.values()
        return only

    @property
    def mentioned(self) -> frozenset[int]:
        [(_, people)] = self.calls.values()
        return people


class Carrier:
    """Carries as the real one does, to the stand-in."""

    def __init__(self, discord: Discord, requests: Requests) -> None:
        self._discord = discord
        self._requests = requests

    async def send(self, message: Message) -> Tried:
        if message.kind in self._discord.refusing:
            return Refused("closed 50013")
        if message.kind == UNCALL:
            calls = self._discord.calls
            self._discord.calls = {k: v for k, v in calls.items() if str(v[0]) != message.body}
        elif message.kind == CLOSE:
            for thread in self._discord.threads.values():
                if thread.id == message.channel_id:
                    thread.messages[message.id] = message.body
                    thread.closed = True
        else:
            return await self._of_request(message)
        return Delivered(self._discord.id())

    async def _of_request(self, message: Message) -> Tried:
        discord = self._discord
        shown = await self._requests.shown(subject_of(message))
        if shown is None or not shown.request.is_open:
            return Refused("over")
        one = shown.request
        if message.kind == OPEN:
            thread = discord.threads.setdefault(one.code, Thread(discord.id()))
            if not await self._requests.thread_made(one.server_id, one.id, thread.id):
                return Refused("over")
            thread.members = [one.asker_user_id]
            thread.messages[message.id] = "panel"
        elif message.kind == CALL:
            call = int(message.subject.split(".")[1])
            calling = await self._requests.calling(one.id, call)
            if calling is None:
                return Refused("over")
            asker = discord.roles.get(one.asker_user_id, frozenset())
            people = frozenset(
                person
                for person in calling.supporters
                if calling.may_come(asker, discord.roles.get(person, frozenset()))
            )
            if not await self._requests.called(one.id, call, heard=bool(people)):
                return Refused("over")
            if message.id not in discord.calls:
                discord.calls[message.id] = (discord.id(), people)
            return Delivered(discord.calls[message.id][0])
        else:
            thread = discord.threads[one.code]
            if message.kind == JOIN and shown.supporter is not None:
                thread.members = [one.asker_user_id, shown.supporter]
            if message.kind in {JOIN, SAY}:
                thread.messages[message.id] = message.body or "joined"
        return Delivered(discord.id())

    async def look(self, message: Message) -> Found:
        discord = self._discord
        if message.kind == CALL and message.id in discord.calls:
            return Delivered(discord.calls[message.id][0])
        for thread in discord.threads.values():
            if message.id in thread.messages:
                return Delivered(discord.id())
        return Absent()


@dataclass(slots=True)
class Harbour:
    """A server where members can ask for a person."""

    database: Database
    mortal: Mortal
    settings: Settings
    notices: Notices
    privacy: Privacy
    blocks: Blocks
    membership: Membership
    requests: Requests
    discord: Discord
    now: datetime

    def clock(self) -> datetime:
        return self.now

    async def run(self) -> None:
        """Do what is due now, as the runner of a process that has just started does."""
        runner = Runner(cast("Database", self.mortal), self.clock, longest_sleep=1)
        keeping = Keeping(self.notices, self.requests)
        carrier = Carrier(self.discord, self.requests)
        for kind in (OPEN, CALL, UNCALL, SHOW, JOIN, SAY, CLOSE, WAIT, END):
            runner.register(kind, keeping, carrier)
        while True:
            while await runner.materialise():
                pass
            claimed = await runner.claim()
            if not claimed:
                break
            for message, way in claimed:
                await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]

    async def at(self, moment: datetime) -> None:
        self.now = moment
        await self.run()

    async def after(self, wait: timedelta) -> None:
        await self.at(self.now + wait)

    async def ask(self, user_id: int = ASKER, line: str = "hello", **options: Any) -> Request:
        one = await self.requests.ask(
            SERVER,
            user_id,
            Asked(Wish.LISTEN, line, **options),
            role_ids=self.discord.roles.get(user_id, frozenset()),
            language="en",
        )
        await self.run()
        return await self.one(one.id)

    async def on_duty(self, *people: int, hours: int | None = None) -> None:
        for person in people:
            await self.requests.go_on_duty(SERVER, person, self.discord.roles[person], hours)
        await self.run()

    async def accept(self, user_id: int, request_id: str) -> Request:
        one = await self.requests.accept(
            user_id,
            request_id,
            SERVER,
            role_ids=self.discord.roles.get(user_id, frozenset()),
            asker_role_ids=self.discord.roles.get(ASKER, frozenset()),
        )
        await self.run()
        return one

    async def refused(self, user_id: int, request_id: str) -> str:
        """With which words somebody may not come."""
        try:
            await self.accept(user_id, request_id)
        except UserError as error:
            return error.key
        raise AssertionError("they may come")

    async def one(self, request_id: str) -> Request:
        async with self.database.read() as read:
            found = await store.request(read, request_id)
        assert found is not None
        return found

    async def rows(self, table: str) -> int:
        async with self.database.read() as read:
            return len(await read.fetch(f"SELECT * FROM {table}"))  # noqa: S608

    async def told(self) -> list[str]:
        return sorted(notice.key for notice in await self.notices.open_in(SERVER))


async def make_harbour(database: Database) -> Harbour:
    """Open a server that has been set up."""

    def clock() -> datetime:
        return made.now

    mortal = Mortal(database)
    door = cast("Database", mortal)
    settings = Settings(database, clock)
    for setting in (*SETTINGS, *MEETING, NOTICE_CHANNEL):
        settings.declare(setting)
    notices = Notices(door, settings, clock)
    requests = Requests(
        door, settings, notices, clock, lambda: None, Counting(database, settings, clock)
    )
    settings.declare(ENABLED, requests.switched)
    privacy = Privacy(database, clock)
    privacy.register(*HOLDINGS, *JOBS, *BLOCKS, NEWS)
    privacy.when_erasing(requests.erased)
    blocks = Blocks(database, notices, clock, lambda: None)
    blocks.when_parted(requests.parted)
    membership = Membership(database, clock, lambda: None)
    membership.register(requests.held, requests.left)
    made = Harbour(
        database,
        mortal,
        settings,
        notices,
        privacy,
        blocks,
        membership,
        requests,
        Discord(),
        START,
    )
    chosen: list[tuple[Any, object]] = [
        (ALL_ADULTS, True),
        (SUPPORTER_ROLES, [SUPPORTER_ROLE]),
        (CALL_CHANNEL, [CALLS]),
        (THREAD_CHANNEL, [THREADS]),
        (ENABLED, True),
    ]
    for setting, value in chosen:
        await settings.change(SERVER, setting, value, by=MODERATOR)
    return made
