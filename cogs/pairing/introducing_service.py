"""What the clock does with introductions: introduces, asks once how it went, and closes.

The runner of `bot.jobs` calls `Introducing` inside its transactions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

from bot.blocks.service import forbidden
from bot.counting import Counting, What
from bot.database import Transaction
from bot.jobs import store as jobs
from bot.jobs.model import RESTORED, Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.notices.service import Notices
from bot.privacy import store as privacy
from bot.settings.service import Settings
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.introductions_service import APART, end_all
from cogs.pairing.model import (
    Introduction,
    IntroductionState,
    Member,
    Round,
    RoundState,
)
from cogs.pairing.promises_service import (
    CLOSE,
    FOLLOWUP,
    INTRODUCTION,
    PLACE,
    STOPPED,
    SUBJECT,
    TELL,
    hold,
    is_open,
    look_again,
    seal,
)
from cogs.pairing.service import agreed
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling

ASKED_AT_ONCE = 250
"""Introductions in which it is asked in one go, so that nobody waits for the store."""

FOLLOWUP_GRACE = timedelta(days=1)
"""How late it is still asked whether they got to talk."""


class Introducing:
    """Keeps the promises to introduce, to ask once how it went, and to close."""

    def __init__(
        self, settings: Settings, notices: Notices, telling: Telling, counting: Counting
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._telling = telling
        self._counting = counting

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Ask how it went, or end what belongs to a round whose time is up."""
        closing = [timer for timer in timers if timer.kind == CLOSE]
        # One round at a time, so that many whose time is up at once keep nobody waiting either.
        following = closing[1:]
        if closing and await self._close_some(tx, closing[0], now):
            following.append(closing[0])
        due = [timer for timer in timers if timer.kind == FOLLOWUP]
        asking = {timer.subject: timer for timer in due[:ASKED_AT_ONCE]}
        following += due[ASKED_AT_ONCE:]
        drafts: list[Draft] = []
        for one in await rounds_store.by_ids(tx, list(asking)):
            if one.state is not IntroductionState.INTRODUCED:
                continue
            if one.thread_id is None:
                members = await self._people(tx, one)
                await self._telling.tell(tx, [(m, Tell.TALKED) for m in members], one.id, now)
                continue
            due_at = asking[one.id].due_at
            late_at = due_at + FOLLOWUP_GRACE
            drafts.append(
                Draft(FOLLOWUP, one.id, one.server_id, one.thread_id, "", due_at, late_at)
            )
        return drafts, following

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look once more whether those to be introduced are there, and may meet."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        # Of all at once, for dozens are looked at while everybody else waits for the store.
        ids = [message.subject for message in messages if message.kind != CLOSE]
        found = {one.id: one for one in await rounds_store.by_ids(tx, ids)}
        why_not = await _why_not(tx, list(found.values()))
        for message in messages:
            if message.server_id in departed:
                reasons[message.id] = "left"
                continue
            if message.kind == CLOSE:
                continue
            one = found.get(message.subject)
            if one is None:
                reasons[message.id] = "over"
            elif message.kind == FOLLOWUP:
                if one.state is not IntroductionState.INTRODUCED:
                    reasons[message.id] = "over"
            elif not await self._settings.get(one.server_id, ENABLED):
                reasons[message.id] = "switched off"
            elif one.id in why_not:
                reasons[message.id] = why_not[one.id]
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Write down that people are introduced, or see to them where they could not be."""
        if message.kind != INTRODUCTION:
            return
        held = await hold(tx, message.subject)
        if held is None:
            return
        one, mine = held
        if state in {Ended.SENT, Ended.UNCERTAIN} or reason == RESTORED:
            # They met, or may have, even if one of them has left before it was known.
            placed = [place.user_id for place in mine.places]
            await rounds_store.put_met(tx, one.server_id, course.met_in(placed, one.number, now))
        if not course.is_live(mine):
            # It ended while it was on its way: its thread, if there is one, is closed.
            await seal(tx, [mine], now)
            return
        if mine.state is IntroductionState.INTRODUCED:
            return
        if state is Ended.SENT:
            await self._notices.close(tx, one.server_id, PLACE, now)
            await self._introduced(tx, one, mine, now)
        elif state is Ended.REFUSED and reason == APART:
            await self._apart(tx, one, mine, now)
        elif state is Ended.REFUSED:
            await self._no_thread(tx, one, mine, now)
        elif state is Ended.SKIPPED and reason not in {"late", "switched off", "left"}:
            await self._apart(tx, one, mine, now)
        else:
            if state is Ended.UNCERTAIN:
                await self._notices.raise_notice(
                    tx, one.server_id, "pairing_uncertain", SUBJECT, now
                )
            await self._not_made(tx, one, mine, now)

    # Inside

    async def _introduced(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        after = replace(mine, state=IntroductionState.INTRODUCED)
        await rounds_store.put_introduction(tx, after)
        await rounds_store.put_met(tx, one.server_id, course.met_in(mine.people, one.number, now))
        members = await self._people(tx, mine)
        await store.put_members(tx, [course.introduced(member) for member in members])
        plan = await rounds_store.plan(tx, one.server_id)
        if plan is not None and plan.followup_days:
            at = now + timedelta(days=plan.followup_days)
            if at < one.ends_at:
                await jobs.set_timers(tx, [Timer(FOLLOWUP, mine.id, mine.server_id, at)])
        await self._counting.note(tx, mine.server_id, What.INTRODUCTIONS, now, *mine.people)

    async def _no_thread(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        """Say it to who can act; introduce by direct message where all have asked for those."""
        plan = await rounds_store.plan(tx, one.server_id)
        if plan is not None:
            await self._notices.raise_notice(
                tx, one.server_id, "pairing_no_thread", PLACE, now, channel=plan.channel_id
            )
        members = await self._people(tx, mine)
        if mine.thread_id is None and all(m.dm_channel_id is not None for m in members):
            await self._introduced(tx, one, mine, now)
            await self._telling.tell(tx, [(m, Tell.INTRODUCED) for m in members], mine.id, now)
        else:
            await self._not_made(tx, one, mine, now)

    async def _not_made(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        """Nobody is to blame; they are first the next time."""
        after = course.ended(mine, now)
        await rounds_store.put_introduction(tx, after)
        # They hear it here, and not once more when the round is over.
        await rounds_store.mark_offered(tx, one.id, mine.people)
        await seal(tx, [after], now)
        members = await self._people(tx, mine)
        await store.put_members(tx, [course.waited(m, Tell.NOT_MADE) for m in members])
        await self._telling.tell(tx, [(m, Tell.NOT_MADE) for m in members], mine.id, now)

    async def _apart(self, tx: Transaction, one: Round, mine: Introduction, now: datetime) -> None:
        """One is no longer there, or they may not meet any more: look again for the rest."""
        after = course.ended(mine, now)
        await rounds_store.put_introduction(tx, after)
        await seal(tx, [after], now)
        if is_open(one, now):
            await look_again(tx, one, now)

    async def _close_some(self, tx: Transaction, timer: Timer, now: datetime) -> bool:
        """End some of what belongs to a round whose time is up; gives whether there is more.

        Each time in a transaction of its own: closing thousands of introductions keeps nobody
        waiting, and a crash goes on where it was.
        """
        round_id, _, why = timer.subject.partition(".")
        one = await rounds_store.hold_round(tx, round_id)
        if one is None or one.state not in {RoundState.DRAWN, RoundState.STOPPED}:
            return False
        stopped = why == STOPPED
        some = await rounds_store.of_round(
            tx, round_id, live=True, pending=stopped, limit=course.ENDED_AT_ONCE
        )
        if some:
            await end_all(tx, [course.ended(each, now) for each in some], now)
            if not stopped:
                await self._count_silence(tx, one, some, now)
            return True
        if await self._tell_who_waits(tx, one, now):
            return True
        if one.state is RoundState.DRAWN:
            await rounds_store.put_round(tx, replace(one, state=RoundState.ENDED))
            await rounds_store.delete_answers(tx, round_id)
        return False

    async def _count_silence(
        self, tx: Transaction, one: Round, over: Sequence[Introduction], now: datetime
    ) -> None:
        """Note who said nothing to “did you get to talk?”, where that was the question."""
        plan = await rounds_store.plan(tx, one.server_id)
        if one.confirm or plan is None or not plan.followup_days:
            # They had said yes to it beforehand, or nobody asks.
            return
        if await self._settings.paused_among(tx, [one.server_id]):
            return
        quiet = {
            place.user_id: each
            for each in over
            if each.state is IntroductionState.INTRODUCED
            for place in each.places
            if place.left_at is None and place.said is None
        }
        silent = [
            course.said_nothing(member)
            for member in await store.hold_some(tx, one.server_id, quiet)
            if member.is_in(now) and await _was_asked(tx, quiet[member.user_id], member)
        ]
        await store.put_members(tx, silent)
        paused = [(member, Tell.SILENT) for member in silent if not member.is_in(now)]
        await self._telling.tell(tx, paused, one.id, now)

    async def _tell_who_waits(self, tx: Transaction, one: Round, now: datetime) -> bool:
        """Tell some of those who were still to be brought together with somebody when the time was
        up or the round was stopped, if there are any; gives whether there were.
        """
        people = await rounds_store.still_without(tx, one.id, course.ENDED_AT_ONCE)
        theirs = course.by_person(await rounds_store.of_people(tx, one.id, people))
        waiting = [
            user_id for user_id in people if course.looks_for_another(user_id, theirs[user_id])
        ]
        members = await store.hold_some(tx, one.server_id, waiting)
        if one.state is RoundState.STOPPED:
            # Also who has paused since: they were in this one.
            told = [(member, Tell.STOPPED) for member in members]
        else:
            told = [
                (course.waited(member, Tell.ODD), Tell.ODD)
                for member in members
                if course.may_go_on(member, now)
            ]
        await rounds_store.mark_offered(tx, one.id, people)
        await store.put_members(tx, [member for member, _ in told])
        await self._telling.tell(tx, told, one.id, now)
        return bool(people)

    async def _people(self, tx: Transaction, one: Introduction) -> tuple[Member, ...]:
        return await store.hold_some(tx, one.server_id, one.people)


async def _was_asked(tx: Transaction, one: Introduction, member: Member) -> bool:
    """Whether it was asked of somebody how it went: in their thread, or by direct message."""
    kind, subject = FOLLOWUP, one.id
    if one.thread_id is None:
        kind, subject = TELL, f"{Tell.TALKED}.{one.id}.{member.id}"
    return any(
        message.state is Ended.SENT for message in await jobs.messages_of(tx, kind, subject, 1)
    )


async def _why_not(tx: Transaction, introductions: Sequence[Introduction]) -> dict[str, str]:
    """Why people are not to be introduced after all, by their introduction, where they are not."""
    by_server: dict[int, list[Introduction]] = defaultdict(list)
    for one in introductions:
        by_server[one.server_id].append(one)
    rounds = [await rounds_store.round_(tx, id_) for id_ in {one.round_id for one in introductions}]
    stopped = {one.id for one in rounds if one is not None and one.state is RoundState.STOPPED}
    reasons: dict[str, str] = {}
    for server_id, those in by_server.items():
        people = [user_id for one in those for user_id in one.people]
        consenting = await agreed(tx, server_id, people)
        apart = await forbidden(tx, server_id, people)
        for one in those:
            if one.state is not IntroductionState.PENDING:
                reasons[one.id] = "over"
            elif one.round_id in stopped:
                reasons[one.id] = "stopped"
            elif len(one.people) < 2 or len(one.people) < len(one.places):
                reasons[one.id] = "someone left"
            elif not consenting.issuperset(one.people):
                reasons[one.id] = "no consent"
            elif not apart.isdisjoint(combinations(sorted(one.people), 2)):
                reasons[one.id] = "parted"
    return reasons
