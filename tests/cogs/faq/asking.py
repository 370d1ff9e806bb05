"""Questions to moderators without Discord: a clock to turn, and a process that can be killed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot import audit
from bot.database.line import Alone
from bot.errors import UserError
from bot.jobs.model import HOLDINGS as JOBS
from bot.jobs.model import Message
from bot.jobs.runner import Absent, Delivered, Found, Refused, Runner, Tried
from bot.journal import Replays
from bot.membership.service import GONE, Membership
from bot.news.model import HOLDING as NEWS
from bot.news.service import News
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.service import Settings
from cogs.faq import questions_store as store
from cogs.faq.catalogs_service import Catalogs
from cogs.faq.entries_service import Entries
from cogs.faq.questions_keeping_service import Keeping
from cogs.faq.questions_model import Asking, Hear, Question
from cogs.faq.questions_service import (
    END,
    ENDED,
    HOLDING,
    QUIET,
    TELL,
    Questions,
)
from cogs.faq.settings import SETTINGS
from tests.cogs.faq.samples import SHIPPED
from tests.journals import InMemory

if TYPE_CHECKING:
    from bot.database import Database, Reading, Transaction

SERVER, OTHER_SERVER = 10, 11
MODERATOR, SECOND = 20, 21
ASH, BIRCH, FERN = 7_770_000_000_001, 7_770_000_000_002, 7_770_000_000_003
CHANNEL = 900
"""The direct messages of Ash; those of the others count up from there."""
NOTICES = 800
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CHOIR = "when does the choir meet?"


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
                self.killed, self.left = True, None
                raise Killed
        return self._database.transaction()

    def read(self) -> AbstractAsyncContextManager[Reading]:
        return self._database.read()


@dataclass(slots=True)
class Mailbox:
    """The other side: what arrived, each nonce once."""

    written: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    closed: set[int] = field(default_factory=set[int])
    dies_after: bool = False
    """Whether the process is killed when the next message is there and nobody knows yet."""


class Carrier:
    """Carries as the real one does, to the mailbox."""

    def __init__(self, mailbox: Mailbox, questions: Questions) -> None:
        self._mailbox = mailbox
        self._questions = questions

    async def send(self, message: Message) -> Tried:
        one = await self._questions.question(message.subject)
        if one is None or one.hear is not Hear.DM:
            return Refused("over")
        if message.channel_id in self._mailbox.closed:
            return Refused("closed 50007")
        told = one.entry_id or (one.reason.value if one.reason else one.state.value)
        self._mailbox.written.setdefault(message.id, (message.channel_id, told))
        if self._mailbox.dies_after:
            self._mailbox.dies_after = False
            raise Killed
        return Delivered(5)

    async def look(self, message: Message) -> Found:
        return Delivered(5) if message.id in self._mailbox.written else Absent()


@dataclass(slots=True)
class Desk:
    """Where members ask and moderators answer."""

    database: Database
    mortal: Mortal
    settings: Settings
    notices: Notices
    privacy: Privacy
    membership: Membership
    news: News
    journal: InMemory
    questions: Questions
    entries: Entries
    mailbox: Mailbox
    now: datetime
    count: int = 0

    def clock(self) -> datetime:
        return self.now

    async def run(self) -> None:
        """Do what is due now, as the runner of a process that has just started does."""
        runner = Runner(cast("Database", self.mortal), self.clock, longest_sleep=1)
        keeping, carrier = Keeping(self.questions), Carrier(self.mailbox, self.questions)
        for kind in (TELL, END):
            runner.register(kind, keeping, carrier)
        while True:
            while await runner.materialise():
                pass
            claimed = await runner.claim()
            if not claimed:
                break
            for message, way in claimed:
                await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]

    async def after(self, wait: timedelta) -> None:
        self.now += wait
        await self.run()

    async def send(
        self,
        words: str = CHOIR,
        *,
        who: int = ASH,
        hear: Hear = Hear.LATER,
        server: int = SERVER,
        named: bool = False,
    ) -> Question:
        """Ask, and have direct messages open where that was chosen."""
        self.count += 1
        asking = Asking(words, server, who, named=named, hear=hear)
        one = await self.questions.send(f"{self.count:016}", asking, language="en")
        if hear is Hear.DM:
            await self.questions.write_to(who, one.id, CHANNEL + who - ASH)
        return await self.one(one.id)

    async def one(self, question_id: str) -> Question:
        found = await self.questions.question(question_id)
        assert found is not None
        return found

    async def told(self, who: int = ASH) -> list[str]:
        """What somebody is told at their next command."""
        return [item.key for item in await self.news.unheard(who)]

    async def noticed(self) -> list[int]:
        """Of how many the open notices tell."""
        return [int(one.params["count"]) for one in await self.notices.open_in(SERVER)]

    async def audited(self) -> list[audit.Line]:
        async with self.database.read() as read:
            return await audit.lines(read, SERVER, limit=50)

    async def everything(self) -> str:
        """All that the store holds of questions and of what follows from them, as text."""
        tables = ("faq_questions", "jobs_messages", "jobs_timers", "news", "notices", "audit_lines")
        async with self.database.read() as read:
            rows = [
                tuple(row)
                for table in tables
                for row in await read.fetch(f"SELECT * FROM {table}")  # noqa: S608
            ]
        return str(rows)

    async def rows(self, table: str = "faq_questions") -> int:
        async with self.database.read() as read:
            return len(await read.fetch(f"SELECT * FROM {table}"))  # noqa: S608

    async def restored(self) -> None:
        """Do again what the journal says, as after a restore."""
        replays = Replays()
        self.privacy.replay_with(replays)
        replays.on(GONE, self.membership.replay)
        replays.on(ENDED, self.questions.replay_ended)
        replays.on(QUIET, self.questions.replay_quiet)
        await replays.run(self.database, self.journal.entries(self.now))

    async def put_back(self, one: Question) -> None:
        """Have a question in the store again as it was, as a backup brings it."""
        async with self.database.transaction() as tx:
            await store.delete(tx, [one.id])
            await store.add(tx, one)


async def make_desk(database: Database) -> Desk:
    """Wire it as the feature does."""

    def clock() -> datetime:
        return made.now

    mortal = Mortal(database)
    door = cast("Database", mortal)
    settings = Settings(database, clock)
    for setting in (*SETTINGS, NOTICE_CHANNEL):
        settings.declare(setting)
    journal = InMemory()
    database.keep_journal(journal.write)
    notices = Notices(door, settings, clock)
    questions = Questions(door, settings, notices, clock, lambda: None)
    privacy = Privacy(database, clock)
    privacy.register(HOLDING, *JOBS, NEWS)
    privacy.when_erasing(questions.erased)
    membership = Membership(database, clock, lambda: None)
    membership.register(questions.held, questions.left)
    shipped: Any = SHIPPED
    entries = Entries(Catalogs(shipped, database, lambda: START), door, clock)
    made = Desk(
        database,
        mortal,
        settings,
        notices,
        privacy,
        membership,
        News(database),
        journal,
        questions,
        entries,
        Mailbox(),
        START,
    )
    return made


async def refused(work: Any) -> str:
    """The key of what something is refused with."""
    with pytest.raises(UserError) as found:
        await work
    return found.value.key
