"""Drawing: what a round is drawn from, and what is written when it has been.

A draw is made outside of any transaction: from a `Snapshot`, in a process of its own, and written
down once, by `Draws.write`, which looks at the hard rules again. `Drawing` is what the clock does:
the runner of `bot.jobs` calls it inside its transactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from bot.blocks.service import forbidden
from bot.database import Reading, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.notices.service import Notices
from bot.privacy import store as privacy
from bot.settings.service import Settings
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.introductions_service import Introductions
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.matching.scoring import WINDOW
from cogs.pairing.model import NEVER_WITHIN, Counts, Introduction, Member, Plan, Round, RoundState
from cogs.pairing.peers import Snapshot
from cogs.pairing.promises_service import (
    AGAIN,
    CLOSE,
    DRAW,
    SUBJECT,
    UNDER_WAY,
    look_again,
    round_of,
)
from cogs.pairing.rounds_service import Rounds, new_round, require_plan, to_ask
from cogs.pairing.service import Ground, Members, agreed
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling


class Draws:
    """Reads what a round is to be drawn from, and writes down what it came to."""

    def __init__(
        self, ground: Ground, members: Members, introductions: Introductions, telling: Telling
    ) -> None:
        self._database = ground.database
        self._clock = ground.clock
        self._wake = ground.wake
        self._counting = ground.counting
        self._members = members
        self._introductions = introductions
        self._telling = telling

    # Before it

    async def snapshot(self, round_id: str, *, again: bool = False) -> Snapshot | None:
        """Give what a round is to be drawn from; None when there is nothing to draw any more."""
        now = self._clock()
        async with self._database.read() as read:
            one = await rounds_store.round_(read, round_id)
            plan = None if one is None else await rounds_store.plan(read, one.server_id)
            if one is None or plan is None or not _to_draw(one, now, again=again):
                return None
            if again:
                people = await self._without(read, one)
                there = await self._there_again(
                    read, one, await store.of_people(read, one.server_id, people), now
                )
            else:
                there = await self._all_there(read, one, now)
            return await self._snapshot(read, one, plan, there, now, again=again)

    async def preview(self, server_id: int) -> Snapshot:
        """Give what a round would be drawn from now; raises UserError without a plan.

        While one asks, from those who have said yes so far; else from all who would be asked.
        """
        now = self._clock()
        async with self._database.read() as read:
            plan = await require_plan(read, server_id)
            asking = await rounds_store.rounds_in(read, server_id, UNDER_WAY)
            latest = await rounds_store.latest_round(read, server_id)
            if asking:
                one = asking[0]
                there = await self._all_there(read, one, now)
            else:
                number = 1 if latest is None else latest.number + 1
                one = new_round(plan, number, now, now, RoundState.DRAWING)
                there = {m.user_id: m for m in await to_ask(read, server_id, now)}
            return await self._snapshot(read, one, plan, there, now)

    async def topics(self, server_id: int) -> frozenset[str]:
        """Give the ids of the topics that a server offers."""
        return frozenset(topic.id for topic in await self._members.offered(server_id, "en"))

    async def write(
        self, snapshot: Snapshot, drawn: Drawn, not_drawn: Mapping[int, Tell]
    ) -> Counts | None:
        """Write down what a draw came to, once; None when that has been done, or is not wanted.

        What has changed since the snapshot is looked at again: who has left, paused or taken a yes
        back is in no group, and no block is crossed.
        """
        now = self._clock()
        if snapshot.again:
            counts = await self._write_again(snapshot, drawn, not_drawn, now)
        else:
            counts = await self._write_round(snapshot, drawn, not_drawn, now)
        self._wake()
        return counts

    async def _write_round(
        self, snapshot: Snapshot, drawn: Drawn, not_drawn: Mapping[int, Tell], now: datetime
    ) -> Counts | None:
        """Write some groups at a time, so that thousands of them keep nobody waiting.

        The round is drawn with the last transaction. Of a draw that is cut off before that, what is
        written stands, and the rest is drawn anew.
        """
        await self._forget_met(snapshot.round)
        there = {member.user_id: member for member in snapshot.members}
        # In a thread, as all that is done for thousands of people at once.
        groups = await asyncio.to_thread(course.in_turn, drawn.groups, there)
        waiting = {user_id: Tell(why) for user_id, why in drawn.waiting}
        if snapshot.round.counts.groups:
            # Drawn anew without those who are in a group by now, of whom somebody might fit.
            waiting = dict.fromkeys(waiting, Tell.ODD)
        waiting |= not_drawn
        for first in range(0, len(groups), course.WRITTEN_AT_ONCE):
            some = groups[first : first + course.WRITTEN_AT_ONCE]
            async with self._database.transaction() as tx:
                held = await self._hold(tx, snapshot, now)
                if held is None:
                    return None
                await self._write_some(tx, *held, some, now)
        async with self._database.transaction() as tx:
            held = await self._hold(tx, snapshot, now)
            if held is None:
                return None
            # Whoever was left by another while it was written.
            without = set(await rounds_store.still_without(tx, held[0].id))
            freed = without - waiting.keys()
            after = await self._drawn(tx, held[0], waiting, freed, now)
            await rounds_store.mark_offered(tx, after.id, sorted(without - freed))
            if freed:
                await look_again(tx, after, now)
        return after.counts

    async def _hold(
        self, tx: Transaction, snapshot: Snapshot, now: datetime
    ) -> tuple[Round, Plan] | None:
        """The round of a snapshot, held, and its plan; None when it is not to be drawn any more."""
        one = await rounds_store.hold_round(tx, snapshot.round.id)
        plan = None if one is None else await rounds_store.plan(tx, one.server_id)
        if one is None or plan is None or not _to_draw(one, now, again=snapshot.again):
            return None
        return one, plan

    async def _forget_met(self, one: Round) -> None:
        """Delete who met so long ago that neither this round nor a later one needs it."""
        before = one.number - WINDOW
        async with self._database.read() as read:
            old = await rounds_store.met_long_ago(read, one.server_id, before)
        for first in range(0, len(old), rounds_store.AT_ONCE):
            some = old[first : first + rounds_store.AT_ONCE]
            async with self._database.transaction() as tx:
                await rounds_store.forget_met(tx, one.server_id, some, before)

    async def _write_some(
        self,
        tx: Transaction,
        one: Round,
        plan: Plan,
        groups: Sequence[tuple[int, ...]],
        now: datetime,
    ) -> None:
        """Write some groups; for whoever is left of those that may not be, look for others."""
        people = [user_id for group in groups for user_id in group]
        members = await store.hold_some(tx, one.server_id, people)
        there = await self._some_there(tx, one, members, now)
        held = course.still_allowed(groups, there, await forbidden(tx, one.server_id, people))
        await self._introductions.introduce(tx, one, plan, held.groups, there, now)
        await self._introductions.miss(tx, one, [there[user_id] for user_id in held.freed], now)
        size = {user_id: len(group) for group in held.groups for user_id in group}
        if not one.confirm:
            yes = [(user_id, True) for user_id in (*size, *held.freed)]
            await rounds_store.put_answers(tx, one, yes, now)
        await store.put_turns(
            tx, [course.drawn(there[user_id], one.number, count) for user_id, count in size.items()]
        )
        made = course.counted(held.groups, {})
        counts = replace(
            one.counts,
            pairs=one.counts.pairs + made.pairs,
            threesomes=one.counts.threesomes + made.threesomes,
        )
        await rounds_store.put_round(tx, replace(one, counts=counts))

    async def _drawn(
        self,
        tx: Transaction,
        one: Round,
        told: Mapping[int, Tell],
        freed: Collection[int],
        now: datetime,
    ) -> Round:
        """Write down that a round is drawn, and tell those for whom nobody was found.

        Those `freed` wait as well, and are not told yet: somebody else is looked for.
        """
        waiting: dict[int, Tell] = {}
        skipping = await store.skipping(tx, one.server_id)
        concerned = sorted({*told, *skipping})
        for first in range(0, len(concerned), store.AT_ONCE):
            people = concerned[first : first + store.AT_ONCE]
            members = await store.hold_some(tx, one.server_id, people)
            there = await self._some_there(tx, one, members, now)
            waited = [
                (course.waited(member, told[member.user_id]), told[member.user_id])
                for member in members
                if member.user_id in there and member.user_id in told
            ]
            skipped = [member for member in members if member.skip_next]
            # Whoever was brought together in this one, and said so after that, means the next.
            met = course.by_person(
                await rounds_store.of_people(tx, one.id, [m.user_id for m in skipped])
            )
            skipped = [member for member in skipped if member.user_id not in met]
            await store.put_turns(tx, [member for member, _ in waited])
            await store.put_members(tx, [course.after_skipping(member) for member in skipped])
            # Leaving it out was their answer; where nobody is asked, everybody's is a yes.
            answers = [(member.user_id, False) for member in skipped]
            if not one.confirm:
                answers += [(member.user_id, True) for member, _ in waited]
            await rounds_store.put_answers(tx, one, answers, now)
            await self._telling.tell(tx, waited, one.id, now)
            waiting |= {member.user_id: why for member, why in waited}
        members = await store.hold_some(tx, one.server_id, sorted(freed))
        waiting |= dict.fromkeys(await self._some_there(tx, one, members, now), Tell.ODD)
        counts = replace(one.counts, waiting=course.counted((), waiting).waiting)
        after = replace(one, state=RoundState.DRAWN, counts=counts)
        await rounds_store.put_round(tx, after)
        await rounds_store.forget_met_before(tx, one.server_id, one.number - NEVER_WITHIN + 1)
        begun = await rounds_store.of_round(tx, one.id, limit=1)
        if begun or not one.confirm:
            ends_at = one.ends_at if begun else now
            await jobs.set_timers(tx, [Timer(CLOSE, one.id, one.server_id, ends_at)])
        if one.confirm:
            await self._telling.tell_all(tx, after, Tell.SILENT, now)
        size = 2 * counts.pairs + 3 * counts.threesomes
        await self._counting.note_round(tx, one.server_id, now, size)
        return after

    async def _write_again(
        self, snapshot: Snapshot, drawn: Drawn, not_drawn: Mapping[int, Tell], now: datetime
    ) -> Counts | None:
        async with self._database.transaction() as tx:
            held = await self._hold(tx, snapshot, now)
            if held is None:
                return None
            one, plan = held
            people = await self._without(tx, one)
            members = await store.hold_some(tx, one.server_id, people)
            there = await self._there_again(tx, one, members, now)
            among = [user_id for group in drawn.groups for user_id in group]
            parted = await forbidden(tx, one.server_id, among)
            if len(drawn.waiting) == 1:
                # Somebody did fit them: they are one too many, not hard to please.
                drawn = replace(drawn, waiting=((drawn.waiting[0][0], Tell.ODD),))
            came = course.settled(drawn, not_drawn, there, parted)
            await self._introductions.introduce(tx, one, plan, came.groups, there, now)
            await self._after_again(tx, one, came, there, now)
        return came.counts

    async def _after_again(
        self,
        tx: Transaction,
        one: Round,
        came: course.Settled,
        there: Mapping[int, Member],
        now: datetime,
    ) -> None:
        found = [user_id for group in came.groups for user_id in group]
        await store.put_members(
            tx, [course.found_after_all(there[user_id], one.number) for user_id in found]
        )
        owed = {
            place.user_id
            for each in await rounds_store.over_in_round(tx, one.id)
            for place in each.places
            if place.user_id in there and not place.offered
        }
        # They had been drawn, and so are first the next time only if it is written now.
        told = [
            (course.waited(there[user_id], why), why)
            for user_id, why in came.waiting.items()
            if user_id in owed
        ]
        # Whoever has asked for another peer since the draw is looked for by a promise of their own.
        heard = [member.user_id for member, _ in told]
        await rounds_store.mark_offered(tx, one.id, [*found, *heard])
        await store.put_members(tx, [member for member, _ in told])
        await self._telling.tell(tx, told, f"{one.id}-{uuid4().hex[:6]}", now)

    async def _all_there(self, read: Reading, one: Round, now: datetime) -> dict[int, Member]:
        """Those of a server's members who are to be brought together in a round drawn now."""
        members = await store.members(read, one.server_id)
        consenting = await agreed(read, one.server_id)
        answers = await rounds_store.answers(read, one.id)
        # A draw that was cut off has written some of it down.
        written = await rounds_store.of_round(read, one.id)
        return _there(one, members, consenting, answers, written, now)

    async def _some_there(
        self, tx: Transaction, one: Round, members: Sequence[Member], now: datetime
    ) -> dict[int, Member]:
        """The same of some members only."""
        people = [member.user_id for member in members]
        consenting = await agreed(tx, one.server_id, people)
        answers = await rounds_store.answers(tx, one.id, people)
        written = await rounds_store.of_people(tx, one.id, people)
        return _there(one, members, consenting, answers, written, now)

    async def _without(self, read: Reading, one: Round) -> list[int]:
        """Who said yes to a round and is in none of its introductions now."""
        answers = await rounds_store.answers(read, one.id)
        introduced = await rounds_store.introduced_in(read, one.id)
        return [user_id for user_id, yes in answers.items() if yes and user_id not in introduced]

    async def _there_again(
        self, read: Reading, one: Round, members: Sequence[Member], now: datetime
    ) -> dict[int, Member]:
        """Those who are without a peer in a round, and to be brought together with somebody."""
        consenting = await agreed(read, one.server_id)
        theirs = course.by_person(await rounds_store.over_in_round(read, one.id))
        return {
            member.user_id: member
            for member in members
            if member.user_id in consenting
            and course.may_go_on(member, now)
            and course.looks_for_another(member.user_id, theirs.get(member.user_id, []))
        }

    async def _snapshot(
        self,
        read: Reading,
        one: Round,
        plan: Plan,
        there: Mapping[int, Member],
        now: datetime,
        *,
        again: bool = False,
    ) -> Snapshot:
        return Snapshot(
            one,
            plan,
            tuple(there.values()),
            await forbidden(read, one.server_id, list(there))
            | course.in_vain(await rounds_store.over_in_round(read, one.id)),
            await rounds_store.met(read, one.server_id, there),
            await rounds_store.pending(read, one.server_id),
            now,
            again,
        )

    async def give_up(self, tx: Transaction, round_id: str, now: datetime) -> None:
        """Tell whoever still waits for another peer in a round that there is none in it."""
        one = await rounds_store.hold_round(tx, round_id)
        if one is not None and _to_draw(one, now, again=True):
            members = await store.hold_some(tx, one.server_id, await self._without(tx, one))
            there = await self._there_again(tx, one, members, now)
            nobody = course.Settled((), dict.fromkeys(there, Tell.ODD), (), Counts())
            await self._after_again(tx, one, nobody, there, now)


def _there(
    one: Round,
    members: Sequence[Member],
    consenting: Collection[int],
    answers: Mapping[int, bool],
    written: Sequence[Introduction],
    now: datetime,
) -> dict[int, Member]:
    """Those of some members who are to be brought together in a round, by person.

    Nobody who is in an introduction of it already, or has left theirs.
    """
    theirs = course.by_person(written)
    return {
        member.user_id: member
        for member in members
        if member.user_id in consenting
        and (_is_in(member, answers, now) if one.confirm else member.wants(one.number, now))
        and course.looks_for_another(member.user_id, theirs.get(member.user_id, []))
    }


def _is_in(member: Member, answers: Mapping[int, bool], now: datetime) -> bool:
    return answers.get(member.user_id, False) and member.is_in(now) and not member.skip_next


def _to_draw(one: Round, now: datetime, *, again: bool) -> bool:
    if again:
        return one.state is RoundState.DRAWN and now < one.ends_at
    return one.state is RoundState.DRAWING


class Drawing:
    """Keeps the promises to draw a round, and to look once more within one."""

    def __init__(
        self, settings: Settings, notices: Notices, rounds: Rounds, draws: Draws, telling: Telling
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._rounds = rounds
        self._draws = draws
        self._telling = telling

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Have rounds drawn; what should have been drawn long ago waits for the next day.

        So does what is due while everything is paused in its server.
        """
        drafts: list[Draft] = []
        following: list[Timer] = []
        paused = await self._settings.paused_among(tx, {timer.server_id for timer in timers})
        for timer in timers:
            one = await rounds_store.hold_round(tx, timer.subject)
            plan = None if one is None else await rounds_store.plan(tx, one.server_id)
            if one is None or plan is None or one.state is not RoundState.ASKING:
                continue
            if not await self._settings.get(one.server_id, ENABLED):
                await self._rounds.stop_undrawn(tx, one.id, now)
                continue
            later = course.put_off(timer.due_at, now, plan.rule.zone)
            if one.server_id in paused:
                later = course.next_day(timer.due_at, now, plan.rule.zone)
            if later is not None:
                moved = replace(one, draw_at=later, ends_at=one.ends_at + (later - one.draw_at))
                await rounds_store.put_round(tx, moved)
                await self._telling.tell_all(tx, moved, Tell.POSTPONED, now)
                following.append(replace(timer, due_at=later))
                continue
            await rounds_store.put_round(tx, replace(one, state=RoundState.DRAWING))
            drafts.append(
                Draft(DRAW, one.id, one.server_id, plan.channel_id, "", now, now + course.DRAWING)
            )
        return drafts, following

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Draw what is still to be drawn."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        for message in messages:
            one = await rounds_store.round_(tx, round_of(message))
            if message.server_id in departed:
                reasons[message.id] = "left"
            elif one is None or not _to_draw(one, now, again=message.kind == AGAIN):
                reasons[message.id] = "over"
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """A round that could not be drawn in all this time is stopped, and told."""
        if state is Ended.SENT:
            return
        if message.kind == AGAIN:
            await self._draws.give_up(tx, round_of(message), now)
            return
        stopped = await self._rounds.stop_undrawn(tx, message.subject, now)
        if stopped is not None:
            await self._notices.raise_notice(
                tx, message.server_id, "pairing_not_drawn", SUBJECT, now
            )
