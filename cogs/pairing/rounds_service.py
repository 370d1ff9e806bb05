"""Rounds: planned by moderators, answered by members, and opened by the clock.

`Rounds` is what people do; each use case is one transaction with its timers and, for moderators,
its audit line. `Opening` is what the clock does: the runner of `bot.jobs` calls it inside its
transactions.
"""

from __future__ import annotations

from calendar import day_abbr
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot import audit
from bot.bounds import Bounds, bounds_of
from bot.database import Reading, Transaction
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.notices.service import Notices
from bot.pace import Limit, Pace
from bot.privacy import store as privacy
from bot.settings.service import Settings
from bot.zones import ZoneGone, zone_info
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.introductions_service import Introductions
from cogs.pairing.model import NEVER_WITHIN, Member, Plan, PlanState, Round, RoundState
from cogs.pairing.promises_service import (
    ASK,
    CLOSE,
    DRAW,
    INTRODUCTION,
    OPEN,
    PLACE,
    STOPPED,
    SUBJECT,
    UNDER_WAY,
    next_draw,
)
from cogs.pairing.service import RENEWAL, Ground, Members, agreed, went_on
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling

LEAST = 2
"""People without whom there is nobody to ask."""

BY_HAND_LIMITS = (Limit(6, timedelta(days=1)),)
"""How often a server opens a round by hand: each writes to everybody who takes part."""


@dataclass(frozen=True, slots=True)
class Status:
    """What moderators see of a server's rounds: numbers, and nobody's wishes."""

    plan: Plan | None
    next_draw: datetime | None
    round: Round | None
    """The latest one."""
    members: int
    paused: int
    yes: int
    """Who said yes to the round that asks now."""
    threads: int
    """Introductions that are not yet over."""
    enabled: bool
    bounds: Bounds


class Rounds:
    """What moderators do with the rounds of a server, and members with one of them."""

    def __init__(
        self, ground: Ground, members: Members, introductions: Introductions, telling: Telling
    ) -> None:
        self._database = ground.database
        self._settings = ground.settings
        self._notices = ground.notices
        self._clock = ground.clock
        self._wake = ground.wake
        self._members = members
        self._introductions = introductions
        self._telling = telling
        self._by_hand = Pace(*BY_HAND_LIMITS)

    # Reading

    async def plan(self, server_id: int) -> Plan | None:
        """Give the plan of a server."""
        async with self._database.read() as read:
            return await rounds_store.plan(read, server_id)

    async def round(self, round_id: str) -> Round | None:
        """Give one round."""
        async with self._database.read() as read:
            return await rounds_store.round_(read, round_id)

    async def status(self, server_id: int) -> Status:
        """Give what moderators see."""
        now = self._clock()
        async with self._database.read() as read:
            plan = await rounds_store.plan(read, server_id)
            present, paused = await store.count_members(read, server_id, now)
            latest = await rounds_store.latest_round(read, server_id)
            coming = await next_draw(read, server_id)
            yes = 0 if latest is None else await rounds_store.count_yes(read, latest.id)
            live = await rounds_store.count_live(read, server_id)
        return Status(
            plan,
            coming,
            latest,
            present,
            paused,
            yes,
            live,
            await self._settings.get(server_id, ENABLED),
            await bounds_of(self._settings, server_id),
        )

    async def next_draw(self, server_id: int) -> datetime | None:
        """Give when the next round is drawn: of one that asks now, else of the one to open."""
        async with self._database.read() as read:
            return await next_draw(read, server_id)

    async def asking(self, server_id: int) -> Round | None:
        """Give the round that asks now who is in."""
        async with self._database.read() as read:
            found = await rounds_store.rounds_in(read, server_id, {RoundState.ASKING})
        return found[0] if found else None

    # What moderators do

    async def save_plan(self, plan: Plan, *, by: int) -> Plan:
        """Give a server a plan, or another; the next round moves at once. Raises UserError."""
        now = self._clock()
        _check(plan)
        async with self._database.transaction() as tx:
            before = await _hold_plan(tx, plan.server_id)
            after = replace(
                plan,
                made_at=now if before is None else before.made_at,
                state=PlanState.PAUSED
                if before is not None and before.state is PlanState.PAUSED
                else PlanState.ON,
                off_reason=None,
            )
            if course.next_opening(replace(after, state=PlanState.ON), now) is None:
                raise UserError("pairing.cannot.never")
            await rounds_store.put_plan(tx, after)
            await self._set_timer(tx, after, now)
            await self._close_notices(tx, plan.server_id, now)
            await self._audit(tx, plan.server_id, by, "plan", before, after)
        self._wake()
        return after

    async def pause(self, server_id: int, *, by: int) -> Plan:
        """Open no more rounds until somebody resumes; what is under way goes on."""
        return await self._turn(server_id, PlanState.PAUSED, "pause", by)

    async def resume(self, server_id: int, *, by: int) -> Plan:
        """Open rounds again."""
        return await self._turn(server_id, PlanState.ON, "resume", by)

    async def postpone(self, server_id: int, days: int, *, by: int) -> datetime:
        """Draw the next round so many days later; gives when. Raises UserError."""
        now = self._clock()
        later = timedelta(days=days)
        async with self._database.transaction() as tx:
            plan = await require_plan(tx, server_id)
            await jobs.hold_timers(tx, OPEN, [str(server_id)])
            one = await _under_way(tx, server_id)
            if one is not None and one.state is RoundState.ASKING:
                after = replace(one, draw_at=one.draw_at + later, ends_at=one.ends_at + later)
                await rounds_store.put_round(tx, after)
                await jobs.set_timers(tx, [Timer(DRAW, one.id, server_id, after.draw_at)])
                await self._telling.tell_all(tx, after, Tell.POSTPONED, now)
                draw_at = after.draw_at
            else:
                timer = await jobs.timer(tx, OPEN, str(server_id))
                if timer is None:
                    raise UserError("pairing.cannot.nothing_planned")
                moved = replace(timer, due_at=timer.due_at + later)
                await jobs.set_timers(tx, [moved])
                draw_at = moved.due_at + course.lead(plan)
            line = audit.Line.of(
                server_id, by, now, "pairing.postpone", "", None, f"{draw_at:%Y-%m-%d %H:%M} UTC"
            )
            await audit.record(tx, line)
        self._wake()
        return draw_at

    async def run_now(self, server_id: int, *, by: int, shown: str | None = None) -> Round:
        """Open a round now, or draw now the one that asks; raises UserError.

        One that asks first asks for `RUN_NOW_ASKING`. `shown` is the id of the round that was to be
        drawn, None where one was to be opened: a second tap never draws what the first has opened.
        """
        now = self._clock()
        await self._members.check_open(server_id)
        async with self._database.transaction() as tx:
            plan = await require_plan(tx, server_id)
            one = await _under_way(tx, server_id)
            if one is not None and one.state is RoundState.DRAWING:
                raise UserError("pairing.cannot.drawing")
            if (None if one is None else one.id) != shown:
                raise UserError("errors.old_button")
            if one is not None:
                after = replace(one, draw_at=now)
                await rounds_store.put_round(tx, after)
                await jobs.set_timers(tx, [Timer(DRAW, one.id, server_id, now)])
            else:
                if not await _enough(tx, server_id, now):
                    raise UserError("pairing.cannot.too_few")
                if self._by_hand.take(server_id, now):
                    raise UserError("pairing.cannot.too_often")
                asks = course.RUN_NOW_ASKING if plan.confirm_first else timedelta()
                after = await self._open(tx, plan, now + asks, now)
            line = audit.Line.of(server_id, by, now, "pairing.run", "", None, None)
            await audit.record(tx, line)
        self._wake()
        return after

    async def stop(self, server_id: int, *, by: int, shown: str) -> Round:
        """Stop the latest round: one not yet drawn is not drawn, and of one that is, nobody who
        has not been introduced is, nor is anybody given another peer. Threads that are open stay
        open until their time is up. `shown` is the id of the round that was to be stopped. Raises
        UserError.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            latest = await rounds_store.latest_round(tx, server_id)
            if latest is not None:
                # Before their round is held, as the runner does.
                await jobs.hold_timers(tx, DRAW, [latest.id])
                await jobs.hold_open(tx, (ASK, DRAW), [latest.id])
                pending = await rounds_store.pending_in(tx, latest.id)
                await jobs.drop_all_open(tx, INTRODUCTION, pending, now, "stopped")
            one = None if latest is None else await rounds_store.hold_round(tx, latest.id)
            if one is None or one.state in {RoundState.ENDED, RoundState.STOPPED}:
                raise UserError("pairing.cannot.no_round")
            if one.id != shown:
                raise UserError("errors.old_button")
            if one.state is RoundState.DRAWN:
                # Nobody is brought together in it any more; those concerned are told by and by.
                after = replace(one, state=RoundState.STOPPED)
                await rounds_store.put_round(tx, after)
                await rounds_store.delete_answers(tx, one.id)
                subject = f"{one.id}.{STOPPED}"
                await jobs.set_timers(tx, [Timer(CLOSE, subject, server_id, now)])
            else:
                after = await self._stop(tx, one, now)
            line = audit.Line.of(server_id, by, now, "pairing.stop", "", None, None)
            await audit.record(tx, line)
        self._wake()
        return after

    async def switched(self, tx: Transaction, server_id: int, enabled: bool) -> None:
        """React to the setting: while it is off no round opens. Raises UserError.

        It cannot be switched on before it is known who is of age.
        """
        now = self._clock()
        if enabled and not (await bounds_of(self._settings, server_id)).decided:
            raise UserError("pairing.cannot.undecided")
        plan = await _hold_plan(tx, server_id)
        if plan is None:
            return
        if enabled:
            await self._set_timer(tx, plan, now, enabled=True)
        else:
            await jobs.clear_timers(tx, OPEN, [str(server_id)])
        self._wake()

    # What members do

    async def answer(self, user_id: int, round_id: str, *, yes: bool) -> Round:
        """Say *in* or *not this time* to a round; the last word counts. Raises UserError."""
        now = self._clock()
        async with self._database.transaction() as tx:
            mine = await store.of_person(tx, user_id)
            await jobs.hold_timers(tx, RENEWAL, [one.id for one in mine])
            one = await rounds_store.hold_round(tx, round_id)
            if one is None or one.state is not RoundState.ASKING:
                raise UserError("pairing.cannot.too_late")
            member = await store.hold_member(tx, one.server_id, user_id)
            if member is None:
                raise UserError("pairing.cannot.join_first")
            if yes and user_id not in await agreed(tx, one.server_id):
                raise UserError("pairing.refused.words_changed")
            await rounds_store.put_answers(tx, one, [(user_id, yes)], now)
            if yes:
                # A yes to this round is a yes, whatever they had paused or left out.
                after = course.back_in(member)
                await store.put_members(tx, [after])
                await went_on(tx, after, now)
        return one

    # Parts of what others do

    async def leaving(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what a member who leaves is in: told by `Members` in its transaction."""
        await self._introductions.part(tx, server_id, user_id, now)
        await rounds_store.forget_answers(tx, server_id, user_id)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """Forget whom somebody met who is in the server no longer: bot.membership."""
        await self._introductions.part(tx, server_id, user_id, now)
        await rounds_store.forget_answers(tx, server_id, user_id)
        # Who comes back is as little given the same person at once as who erases.
        await rounds_store.leave_to_others(tx, user_id, NEVER_WITHIN, server_id)
        await rounds_store.forget_person(tx, server_id, user_id)

    # Opening

    async def open(self, tx: Transaction, plan: Plan, opens_at: datetime, now: datetime) -> None:
        """Open the round of a plan whose moment has come, unless that is too late or for nobody."""
        if not course.may_open(plan, opens_at, now) or await _under_way(tx, plan.server_id):
            return
        if await _enough(tx, plan.server_id, now):
            await self._open(tx, plan, opens_at + course.lead(plan), now)

    async def _open(self, tx: Transaction, plan: Plan, draw_at: datetime, now: datetime) -> Round:
        latest = await rounds_store.latest_round(tx, plan.server_id)
        number = 1 if latest is None else latest.number + 1
        one = new_round(plan, number, draw_at, now, RoundState.ASKING)
        await rounds_store.put_round(tx, one)
        await jobs.set_timers(tx, [Timer(DRAW, one.id, one.server_id, draw_at)])
        if plan.confirm_first:
            draft = Draft(ASK, one.id, one.server_id, plan.channel_id, "", now, draw_at)
            await jobs.add_messages(tx, [draft])
            await self._telling.tell_all(tx, one, Tell.ASK, now)
        return one

    async def stop_undrawn(self, tx: Transaction, round_id: str, now: datetime) -> Round | None:
        """Stop a round that could not be drawn; gives it."""
        one = await rounds_store.hold_round(tx, round_id)
        if one is None or one.state not in UNDER_WAY:
            return None
        return await self._stop(tx, one, now)

    # Inside

    async def _stop(self, tx: Transaction, one: Round, now: datetime) -> Round:
        after = replace(one, state=RoundState.STOPPED)
        await rounds_store.put_round(tx, after)
        await jobs.clear_timers(tx, DRAW, [one.id])
        for kind in (ASK, DRAW):
            await jobs.drop_open(tx, kind, one.id, now, "stopped")
        if one.state is RoundState.DRAWING:
            # Some of it may have been written down: who has not met is told, the rest stays open.
            stopped = Timer(CLOSE, f"{one.id}.{STOPPED}", one.server_id, now)
            await jobs.set_timers(tx, [stopped, Timer(CLOSE, one.id, one.server_id, one.ends_at)])
        # Their answers go when all who said yes have been told.
        await self._telling.tell_all(tx, one, Tell.STOPPED, now)
        return after

    async def _turn(self, server_id: int, state: PlanState, verb: str, by: int) -> Plan:
        now = self._clock()
        async with self._database.transaction() as tx:
            before = await _hold_plan(tx, server_id)
            if before is None:
                raise UserError("pairing.cannot.no_plan")
            after = replace(before, state=state, off_reason=None)
            await rounds_store.put_plan(tx, after)
            await self._set_timer(tx, after, now)
            if state is PlanState.ON:
                await self._close_notices(tx, server_id, now)
            await self._audit(tx, server_id, by, verb, before, after)
        self._wake()
        return after

    async def _set_timer(
        self, tx: Transaction, plan: Plan, now: datetime, *, enabled: bool | None = None
    ) -> None:
        if enabled is None:
            enabled = await self._settings.get(plan.server_id, ENABLED)
        opens_at = course.next_opening(plan, now) if enabled else None
        subject = str(plan.server_id)
        if opens_at is None:
            await jobs.clear_timers(tx, OPEN, [subject])
        else:
            await jobs.set_timers(tx, [Timer(OPEN, subject, plan.server_id, opens_at)])

    async def _close_notices(self, tx: Transaction, server_id: int, now: datetime) -> None:
        for subject in (SUBJECT, PLACE):
            await self._notices.close(tx, server_id, subject, now)

    async def _audit(
        self, tx: Transaction, server_id: int, by: int, verb: str, before: Plan | None, after: Plan
    ) -> None:
        told = [None if each is None else _told(each) for each in (before, after)]
        line = audit.Line.of(server_id, by, self._clock(), f"pairing.{verb}", "", *told)
        await audit.record(tx, line)


async def _enough(read: Reading, server_id: int, now: datetime) -> bool:
    """Whether there are people to bring together; looks no further than the first of them."""
    latest = await rounds_store.latest_round(read, server_id)
    number = 1 if latest is None else latest.number + 1
    consenting = await agreed(read, server_id)
    count, after = 0, ""
    while some := await store.some_members(read, server_id, after, store.AT_ONCE):
        count += sum(one.wants(number, now) and one.user_id in consenting for one in some)
        if count >= LEAST:
            return True
        after = some[-1].id
    return False


async def to_ask(read: Reading, server_id: int, now: datetime) -> list[Member]:
    """Give whom a round that opens now would ask, or draw where nobody is asked."""
    latest = await rounds_store.latest_round(read, server_id)
    number = 1 if latest is None else latest.number + 1
    consenting = await agreed(read, server_id)
    return [
        member
        for member in await store.members(read, server_id)
        if member.wants(number, now) and member.user_id in consenting
    ]


async def require_plan(read: Reading, server_id: int) -> Plan:
    """Give the plan of a server; raises UserError where there is none."""
    plan = await rounds_store.plan(read, server_id)
    if plan is None:
        raise UserError("pairing.cannot.no_plan")
    return plan


def _check(plan: Plan) -> None:
    """Refuse a plan that cannot be kept, or would press; raises UserError."""
    zone_info(plan.rule.zone)
    if not course.weekly(plan.rule):
        raise UserError("pairing.cannot.one_day")
    days = 7 * plan.rule.weeks
    if not 1 <= plan.period_days <= days:
        raise UserError("pairing.cannot.period", most=days)
    if not 0 <= plan.followup_days < plan.period_days:
        raise UserError("pairing.cannot.followup", most=plan.period_days - 1)
    if not 1 <= plan.lead_hours <= min(course.LONGEST_LEAD, 24 * days - 24):
        raise UserError("pairing.cannot.lead", most=min(course.LONGEST_LEAD, 24 * days - 24))


def _told(plan: Plan) -> str:
    """A plan in one line of the audit list."""
    rule = plan.rule
    days = " ".join(day_abbr[day] for day in sorted(rule.days))
    parts = [
        plan.state.value,
        f"{days} {rule.at:%H:%M} {rule.zone}",
        f"every {rule.weeks} weeks",
        f"channel {plan.channel_id}",
        f"asks {plan.lead_hours} h before" if plan.confirm_first else "asks nobody",
        f"follow-up after {plan.followup_days} d",
        f"closes after {plan.period_days} d",
    ]
    return ", ".join(parts)


def new_round(
    plan: Plan, number: int, draw_at: datetime, now: datetime, state: RoundState
) -> Round:
    """Make the round of a plan that is drawn at a moment; nothing is written."""
    id_ = uuid4().hex[:16]
    return Round(
        id=id_,
        server_id=plan.server_id,
        number=number,
        draw_at=draw_at,
        ends_at=draw_at + timedelta(days=plan.period_days),
        state=state,
        seed=course.seed_of(id_),
        confirm=plan.confirm_first,
        made_at=now,
    )


async def _hold_plan(tx: Transaction, server_id: int) -> Plan | None:
    """The plan of a server, and when its next round opens, held until the transaction ends."""
    await jobs.hold_timers(tx, OPEN, [str(server_id)])
    return await rounds_store.hold_plan(tx, server_id)


async def _under_way(tx: Transaction, server_id: int) -> Round | None:
    """The round of a server that is not yet drawn, and when it is to be, held until the end."""
    found = await rounds_store.rounds_in(tx, server_id, UNDER_WAY)
    await jobs.hold_timers(tx, DRAW, [one.id for one in found])
    one = await rounds_store.hold_round(tx, found[0].id) if found else None
    return one if one is not None and one.state in UNDER_WAY else None


# What the clock does: bot.jobs.runner.Promises


class Opening:
    """Keeps the promises to open rounds, and to ask in the channel who is in."""

    def __init__(self, settings: Settings, notices: Notices, rounds: Rounds) -> None:
        self._settings = settings
        self._notices = notices
        self._rounds = rounds

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Open what is due, and say when each server's next round opens.

        While everything is paused in a server nobody could be asked, so it opens a day later.
        """
        following: list[Timer] = []
        paused = await self._settings.paused_among(tx, {timer.server_id for timer in timers})
        for timer in timers:
            plan = await rounds_store.hold_plan(tx, timer.server_id)
            if plan is None or not await self._settings.get(timer.server_id, ENABLED):
                continue
            try:
                opens_at = course.next_opening(plan, now)
            except ZoneGone as gone:
                after = replace(plan, state=PlanState.OFF, off_reason="zone")
                await rounds_store.put_plan(tx, after)
                await self._notices.raise_notice(
                    tx, plan.server_id, "pairing_zone", SUBJECT, now, zone=gone.zone
                )
                continue
            if plan.state is PlanState.ON and plan.server_id in paused:
                later = course.next_day(timer.due_at, now, plan.rule.zone)
                opens_at = later if opens_at is None else min(later, opens_at)
            elif plan.state is PlanState.ON:
                await self._rounds.open(tx, plan, timer.due_at, now)
            if opens_at is not None:
                following.append(replace(timer, due_at=opens_at))
        return [], following

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Ask only while there is something to say yes to."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        for message in messages:
            one = await rounds_store.round_(tx, message.subject)
            if message.server_id in departed:
                reasons[message.id] = "left"
            elif one is None or one.state is not RoundState.ASKING:
                reasons[message.id] = "over"
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Where the channel took no question, tell who can act; the round goes on by message."""
        if state is Ended.REFUSED:
            await self._notices.raise_notice(
                tx,
                message.server_id,
                "pairing_closed",
                PLACE,
                now,
                channel=message.channel_id,
            )
