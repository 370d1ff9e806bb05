"""Questions to the moderators: sent, taken back, dealt with, and what the asker hears.

Each use case is one transaction, or a part of somebody else's; what is sent to Discord because of
it is promised in the same one. Whoever changes a question holds it first: of two moderators at
once one gets it, and the other is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import audit, journal, logs
from bot.clock import to_epoch
from bot.database import StoreError
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.news.service import tell as tell_later
from bot.pace import Limit, Pace, take
from bot.privacy.model import Holding, Kind
from bot.privacy.service import ERASED
from bot.shelf import Shelf
from cogs.faq import questions_store as store
from cogs.faq.model import clean
from cogs.faq.questions_model import (
    CONSENT_VERSION,
    NOTE_LENGTH,
    SERVER_WAITING,
    WAITING_LIMIT,
    Asking,
    Group,
    Hear,
    Question,
    Reason,
    State,
    grouped,
)
from cogs.faq.search.wording import plain
from cogs.faq.settings import QUESTIONS_DAYS, QUESTIONS_ENABLED

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.database import Database, Reading, Transaction
    from bot.journal import Entry as Line
    from bot.notices.service import Notices
    from bot.settings.service import Settings
    from cogs.faq.meanings_service import Meanings
    from cogs.faq.model import Entry
    from cogs.faq.search.lexical import Floats

_log = logs.get(__name__)

HOLDING = Holding(
    table="faq_questions",
    person="asker_user_id",
    kind=Kind.OWN,
    kept_days=14,
    kept_since="ends_at",
)
"""The words are there while a question waits; what came of it stays for two weeks after that."""

TELL = "faq.tell"
"""The kind of the promise to write what came of a question; its subject is the question's id."""

END = "faq.question_end"
"""The kind of the timer at which a question has waited long enough."""

ENDED, QUIET = "faq.question_ended", "faq.question_quiet"
"""What a restore does again, in the journal's words."""

NOTICE = "faq_questions"
"""The notice that something waits; it is about all that does."""

NOTICE_PAUSE = timedelta(hours=12)
"""How long after one question the next ones raise no notice, also when that has been seen."""

TELLING = timedelta(days=3)
"""How late what came of it may still be written; after that it is told at their next command."""

ASKER_LIMITS = (Limit(5, timedelta(days=1)),)
SERVER_LIMITS = (Limit(30, timedelta(hours=1)), Limit(100, timedelta(days=1)))
"""Questions are read by people."""

UNSENT = 2_000
UNSENT_WEIGHT = 500_000
"""Words that wait for a tap, in memory: how many, and characters of all together."""

UNSENT_KEPT = timedelta(hours=1)

MEANINGS = 1_000
"""Questions of which it is remembered, in memory, what they mean: 4 MB, unused half an hour."""
MEANINGS_KEPT = timedelta(minutes=30)


_Whose = tuple[str, int | None, int]
"""Under what words are kept: a key, the server and who wrote them."""


class Unsent:
    """Words that were asked with and may yet be sent: in memory, for their writer alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelf: Shelf[_Whose, Asking] = Shelf(
            most=UNSENT, weight=UNSENT_WEIGHT, unused=UNSENT_KEPT
        )

    def put(self, key: str, asking: Asking) -> None:
        """Keep words until they are sent, let go, or unused for an hour."""
        whose = key, asking.server_id, asking.user_id
        self._shelf.put(whose, asking, len(asking.words) + 1, self._clock())

    def get(self, key: str, server_id: int | None, user_id: int) -> Asking | None:
        """Give what somebody is about to send; None where it is gone, or not theirs."""
        return self._shelf.get((key, server_id, user_id), self._clock())

    def take(self, key: str, server_id: int | None, user_id: int) -> Asking | None:
        """Give it and let it go, so that two taps send it once."""
        found = self.get(key, server_id, user_id)
        self._shelf.let_go((key, server_id, user_id))
        return found

    def forget(self, *, server_id: int | None = None, user_id: int | None = None) -> None:
        """Let go of all words of a server or a person."""
        self._shelf.drop(lambda whose: whose[1] == server_id or whose[2] == user_id)


class Questions:
    """What members and moderators do about questions that the FAQ does not answer."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        notices: Notices,
        clock: Clock,
        wake: Callable[[], None],
        meanings: Meanings | None = None,
    ) -> None:
        """`wake` makes the runner look now, because something may be due sooner than it knew.

        With `meanings`, questions that ask the same in other words stand together too.
        """
        self._database = database
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self._wake = wake
        self._of_asker = Pace(*ASKER_LIMITS)
        self._in_server = Pace(*SERVER_LIMITS)
        database.line.hear(ERASED, self._erased_elsewhere)
        self.unsent = Unsent(clock)
        self._meanings = meanings
        self._meant: Shelf[str, Floats] = Shelf(
            most=MEANINGS, weight=MEANINGS, unused=MEANINGS_KEPT
        )
        self._by_meaning: set[int] = set()
        """Servers whose moderators were last shown what stands together by meaning."""

    # What the asker does

    async def is_open(self, server_id: int | None) -> bool:
        """Whether a question can be sent in a server; while the store cannot say, it may."""
        if server_id is None:
            return False
        try:
            return await self._settings.get(server_id, QUESTIONS_ENABLED)
        except StoreError as error:
            _log.warning("questions_without_settings", error=logs.describe(error))
            return True

    async def days(self, server_id: int) -> int:
        """Give for how many days a question waits at most."""
        return await self._settings.get(server_id, QUESTIONS_DAYS)

    async def send(self, id_: str, asking: Asking, *, language: str) -> Question:
        """Hand it to the moderators; sending the same `id_` again changes nothing.

        Nobody is written to because of this alone: `write_to` says that they can be. Raises
        UserError where it is off, without words, with too many waiting, and past the pace.
        """
        if not asking.words:
            raise UserError("faq.questions.cannot.empty")
        if not await self._settings.get(asking.server_id, QUESTIONS_ENABLED):
            raise UserError("faq.questions.cannot.off")
        now = self._clock()
        user_id, server_id = asking.user_id, asking.server_id
        if take(now, (self._of_asker, user_id), (self._in_server, server_id)):
            raise UserError("faq.questions.cannot.too_many")
        one = Question(
            id=id_,
            server_id=server_id,
            asker_user_id=user_id,
            words=asking.words,
            named=asking.named,
            hear=Hear.NEVER if asking.hear is Hear.NEVER else Hear.LATER,
            language=language,
            made_at=now,
            ends_at=now + timedelta(days=await self.days(server_id)),
        )
        try:
            async with self._database.transaction() as tx:
                await self._add(tx, one, now)
        except BaseException:
            self._of_asker.give_back(user_id)
            self._in_server.give_back(server_id)
            raise
        self._wake()
        return one

    async def _add(self, tx: Transaction, one: Question, now: datetime) -> None:
        waiting = await store.waiting_in(tx, one.server_id)
        if len([each for each in waiting if each.asker_user_id == one.asker_user_id]) >= (
            WAITING_LIMIT
        ):
            raise UserError("faq.questions.cannot.waiting", limit=WAITING_LIMIT)
        if len(waiting) >= SERVER_WAITING:
            raise UserError("faq.questions.cannot.full")
        if not await store.add(tx, one):
            return
        await jobs.set_timers(tx, [Timer(END, one.id, one.server_id, one.ends_at)])
        if all(now - each.made_at >= NOTICE_PAUSE for each in waiting):
            count = len(waiting) + 1
            await self._notices.raise_notice(tx, one.server_id, NOTICE, NOTICE, now, count=count)

    async def write_to(self, user_id: int, question_id: str, channel_id: int) -> None:
        """Write down that what came of it is to be written to the asker, who agreed to that."""
        async with self._database.transaction() as tx:
            for one in await store.hold(tx, [question_id]):
                if one.is_waiting and one.asker_user_id == user_id:
                    heard = replace(
                        one,
                        hear=Hear.DM,
                        consent_version=CONSENT_VERSION,
                        dm_channel_id=channel_id,
                    )
                    await store.put(tx, heard)

    async def keep_quiet(self, user_id: int, question_id: str) -> None:
        """Write to the asker no more about it: they hear it at a command. Raises UserError."""
        async with self._database.transaction() as tx:
            [one] = await self._of(tx, user_id, question_id)
            await _quiet(tx, one)
            journal.record(tx, QUIET, question=one.id)

    async def take_back(self, user_id: int, question_id: str) -> None:
        """Delete one's own question. Raises UserError for any other, and where it is over."""
        now = self._clock()
        async with self._database.transaction() as tx:
            [one] = await self._of(tx, user_id, question_id)
            if not one.is_waiting:
                raise UserError("faq.questions.cannot.over")
            await _delete(tx, [one])
            await self._heed(tx, one.server_id, now)
            journal.record(tx, ENDED, question=one.id)

    async def _of(self, tx: Transaction, user_id: int, question_id: str) -> tuple[Question, ...]:
        held = await store.hold(tx, [question_id])
        if not held or held[0].asker_user_id != user_id:
            raise UserError("faq.questions.cannot.over")
        return held

    async def mine(self, user_id: int, server_id: int | None) -> tuple[Question, ...]:
        """Give what somebody asked and is still kept, in a server or in all, the latest first."""
        async with self._database.read() as read:
            return await store.of_asker(read, user_id, server_id)

    async def question(self, question_id: str) -> Question | None:
        """Give one question as it is now."""
        async with self._database.read() as read:
            return await store.question(read, question_id)

    # What moderators do

    async def groups(self, server_id: int, *, alike: bool) -> tuple[Group, ...]:
        """Give what waits in a server, the oldest first: like ones together, or each by itself."""
        waiting = await self._that_wait(server_id)
        if not alike:
            return tuple((one,) for one in waiting)
        meanings = await self._read(waiting)
        if meanings is None:
            self._by_meaning.discard(server_id)
        else:
            self._by_meaning.add(server_id)
        return await asyncio.to_thread(grouped, waiting, meanings)

    async def group(self, server_id: int, question_id: str, *, alike: bool, until: int) -> Group:
        """Give the group that began with a question when a moderator saw it.

        `until` is when its newest was asked, as a UTC epoch: a newer one has not been read yet.
        Raises UserError where somebody else dealt with it meanwhile.
        """
        waiting = await self._that_wait(server_id)
        groups: Iterable[Group] = ((one,) for one in waiting)
        if alike:
            # As they were put together then: an encoder that came meanwhile would add some unread.
            meant = await self._read(waiting) if server_id in self._by_meaning else None
            groups = await asyncio.to_thread(grouped, waiting, meant)
        for group in groups:
            seen = tuple(one for one in group if to_epoch(one.made_at) <= until)
            if seen and seen[0].id == question_id:
                return seen
        raise UserError("faq.questions.gone")

    async def _that_wait(self, server_id: int) -> tuple[Question, ...]:
        async with self._database.read() as read:
            return tuple(await store.waiting_in(read, server_id))

    async def _read(self, questions: Sequence[Question]) -> dict[str, Floats] | None:
        """Give what questions mean, by id; None where only words count, or do as yet."""
        if self._meanings is None:
            return None
        now = self._clock()
        known = {one.id: self._meant.get(one.id, now) for one in questions}
        lacking = [one for one in questions if known[one.id] is None and plain(one.words)]
        read = await self._meanings.read([one.words for one in lacking])
        if read is None:
            return None
        for one, vector in zip(lacking, read, strict=True):
            known[one.id] = vector
            self._meant.put(one.id, vector, 1, now)
        return {name: vector for name, vector in known.items() if vector is not None}

    async def answered(
        self, tx: Transaction, server_id: int, ids: Sequence[str], entry: Entry, *, by: int
    ) -> None:
        """Let an entry answer questions, in the transaction that makes it.

        Raises UserError where none of them waits any more.
        """
        now = self._clock()
        held = await self._waiting(tx, server_id, ids)
        await self._end(tx, held, State.ANSWERED, now, by=by, entry_id=entry.id)

    async def answer_with(
        self, server_id: int, ids: Sequence[str], entry: Entry, *, by: int
    ) -> int:
        """Let an entry that is there answer questions; gives how many. Raises UserError."""
        async with self._database.transaction() as tx:
            held = await self._waiting(tx, server_id, ids)
            await self._end(tx, held, State.ANSWERED, self._clock(), by=by, entry_id=entry.id)
        self._wake()
        return len(held)

    async def decline(
        self, server_id: int, ids: Sequence[str], reason: Reason, note: str, *, by: int
    ) -> int:
        """Say why there will be no entry; gives to how many. Raises UserError.

        What the moderator wrote goes before a reason from the list.
        """
        note = clean(note)[:NOTE_LENGTH]
        if note:
            reason = Reason.WRITTEN
        elif reason is Reason.WRITTEN:
            raise UserError("faq.questions.decline.no_words")
        async with self._database.transaction() as tx:
            held = await self._waiting(tx, server_id, ids)
            await self._end(
                tx, held, State.DECLINED, self._clock(), by=by, reason=reason, note=note
            )
        self._wake()
        return len(held)

    async def hand_over(self, server_id: int, ids: Sequence[str], *, by: int) -> int:
        """Tell the askers how to reach a person; gives how many. Raises UserError."""
        async with self._database.transaction() as tx:
            held = await self._waiting(tx, server_id, ids)
            await self._end(tx, held, State.HANDED, self._clock(), by=by)
        self._wake()
        return len(held)

    async def _waiting(
        self, tx: Transaction, server_id: int, ids: Sequence[str]
    ) -> tuple[Question, ...]:
        held = await store.hold(tx, ids)
        waiting = tuple(one for one in held if one.is_waiting and one.server_id == server_id)
        if not waiting:
            raise UserError("faq.questions.gone")
        return waiting

    # Parts of what others do

    def forget(self, server_id: int) -> None:
        """Drop what is in memory of a server."""
        self.unsent.forget(server_id=server_id)
        self._meant.drop(lambda _: True)

    def _erased_elsewhere(self, user_id: int | None) -> None:
        if user_id is not None:
            self.unsent.forget(user_id=user_id)
            self._meant.drop(lambda _: True)

    async def erased(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """Let go of what somebody asked, before all that is theirs is deleted and counted."""
        self.unsent.forget(user_id=user_id)
        self._meant.drop(lambda _: True)
        for server_id in {one.server_id for one in await store.of_asker(tx, user_id)}:
            await self._heed(tx, server_id, now, but=user_id)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """Delete what somebody asked in a server that they left: bot.membership."""
        await self._let_go(tx, await store.of_asker(tx, user_id, server_id), now)

    async def held(self, read: Reading) -> Collection[tuple[int, int]]:
        """Servers and people of whom something waits."""
        return await store.held(read)

    async def replay_ended(self, tx: Transaction, line: Line) -> None:
        """Delete once more what was over, because a restore brought it back."""
        held = await store.hold(tx, [str(line.facts["question"])])
        await self._let_go(tx, held, self._clock())

    async def replay_quiet(self, tx: Transaction, line: Line) -> None:
        """Write to an asker no more, because a restore brought it back that they agreed."""
        for one in await store.hold(tx, [str(line.facts["question"])]):
            await _quiet(tx, one)

    async def expire(self, tx: Transaction, ids: Sequence[str], now: datetime) -> None:
        """End what has waited long enough, and say so."""
        held = [one for one in await store.hold(tx, ids) if one.is_waiting]
        await self._end(tx, held, State.EXPIRED, now)

    async def not_written(
        self, tx: Transaction, question_id: str, now: datetime, *, refused: bool
    ) -> None:
        """Have an asker told at their next command what could not be written to them.

        Whoever cannot be written to is not written to about their other questions either.
        """
        for one in await store.hold(tx, [question_id]):
            if refused:
                for each in await store.of_asker(tx, one.asker_user_id):
                    if each.dm_channel_id == one.dm_channel_id:
                        await _quiet(tx, each)
            await _tell_later(tx, one, now)

    # Inside

    async def _end(
        self,
        tx: Transaction,
        held: Sequence[Question],
        state: State,
        now: datetime,
        *,
        by: int | None = None,
        entry_id: str | None = None,
        reason: Reason | None = None,
        note: str = "",
    ) -> None:
        """End questions that are held: their words go now, and each asker hears once."""
        for one in held:
            after = one.ended(state, now, entry_id=entry_id, reason=reason, note=note)
            if one.hear is Hear.NEVER:
                await _delete(tx, [one])
                continue
            await store.put(tx, after)
            await jobs.clear_timers(tx, END, [one.id])
            if after.hear is Hear.DM and after.dm_channel_id is not None:
                draft = Draft(
                    TELL,
                    one.id,
                    one.server_id,
                    after.dm_channel_id,
                    "",
                    now,
                    now + TELLING,
                    one.asker_user_id,
                )
                await jobs.add_messages(tx, [draft])
            else:
                await _tell_later(tx, after, now)
        for server_id in {one.server_id for one in held}:
            await self._heed(tx, server_id, now)
        if by is not None:
            count = f"{held[0].id[:8]} ({len(held)})"
            after_ = entry_id or (None if reason is None else reason.value)
            line = audit.Line.of(
                held[0].server_id, by, now, f"faq.question_{state.value}", count, None, after_
            )
            await audit.record(tx, line)
        for one in held:
            journal.record(tx, ENDED, question=one.id)

    async def _let_go(self, tx: Transaction, held: Sequence[Question], now: datetime) -> None:
        await _delete(tx, held)
        for server_id in {one.server_id for one in held}:
            await self._heed(tx, server_id, now)

    async def _heed(
        self, tx: Transaction, server_id: int, now: datetime, *, but: int | None = None
    ) -> None:
        """Take the notice away when nothing waits any more, of anybody but one."""
        waiting = await store.waiting_in(tx, server_id)
        if all(one.asker_user_id == but for one in waiting):
            await self._notices.close(tx, server_id, NOTICE, now)


async def _delete(tx: Transaction, held: Sequence[Question]) -> None:
    ids = [one.id for one in held]
    await jobs.clear_timers(tx, END, ids)
    await store.delete(tx, ids)


async def _quiet(tx: Transaction, one: Question) -> None:
    if one.hear is Hear.DM:
        heard = replace(one, hear=Hear.LATER, consent_version=None, dm_channel_id=None)
        await store.put(tx, heard)


async def _tell_later(tx: Transaction, one: Question, now: datetime) -> None:
    day = f"<t:{to_epoch(one.made_at)}:D>"
    key = f"faq.{one.state.value}"
    await tell_later(tx, one.asker_user_id, one.server_id, key, now, day=day)
