"""How the crash campaign makes promises of check-ins, and knows them again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from bot.database import Database
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.recurrence import LONGEST_GRACE, Rule
from cogs.checkins import store
from cogs.checkins.model import CONSENT_VERSION, Place, Plan, Schedule
from cogs.checkins.service import PROMPT
from tests.wire.double import Double
from tests.wire.ground import Account, Owed, promise_of
from tests.wire.rest import INTERACTION_SECONDS, Asked
from tests.wire.world import Channel, Guild, Posted

SOON = 5
"""Seconds within which what is set up comes due."""

PATIENT = 3
"""Members who wait for an answer at the same time."""


class CheckinsGround:
    """Schedules that are due now, in channels and with threads; members who say yes to their own.

    The channels may be those of several servers.

    What a member said yes to comes due as well: before the next life its time is set to now, as if
    the day had passed.
    """

    prepare = "tests.wire.hurry"
    last_lives = 1

    def __init__(
        self, double: Double, guild: Guild, channels: list[Channel], dice: random.Random
    ) -> None:
        self._double = double
        self._channels = channels
        self._dice = dice
        self._owed: list[Owed] = []
        self._asked: list[Asked] = []
        self._asleep: list[Asked] = []
        """Those whose own check-in has not come due yet."""
        self._without_timer: list[str] = []

    async def set_up(self, database: Database, now: datetime, plans: int) -> int:
        """Write daily schedules of this minute, and let what members said yes to come due."""
        before = len(self._owed)
        self._close_threads()
        made: list[Schedule] = []
        timers: list[Timer] = []
        for number in range(plans):
            # Every sixth was due almost its grace ago, every fourth has a thread for each.
            place = Place.THREAD if number % 4 == 2 else Place.CHANNEL
            one, due = self._schedule(place, now, late=number % 6 == 5)
            made.append(one)
            timers.append(Timer(PROMPT, one.id, one.server_id, due + one.spread))
            self._owe(one, due)
        async with database.transaction() as tx:
            await store.put_schedules(tx, made)
            await jobs.set_timers(tx, timers)
        await self._let_a_day_pass(database, now)
        return len(self._owed) - before

    async def act(self, now: datetime) -> None:
        """Let a new member press *Yes, start* for a time half a day from now."""
        world = self._double.world
        waiting = [one for one in self._asked[-PATIENT:] if one.answer_type is None]
        if sum(world.now() - one.at < INTERACTION_SECONDS for one in waiting) == PATIENT:
            # More of them would only keep a bot on a busy machine from answering any in time.
            return
        member = world.add_person(f"member-{len(self._asked)}")
        channel = self._dice.choice(self._channels)
        world.join(world.guilds[channel.guild_id or 0], member)
        at = now + timedelta(hours=12)
        custom_id = f"checkins:own_start:0123456:{at:%H%M}:Etc/UTC:{CONSENT_VERSION}:co{member.id}"
        button = {"type": 2, "style": 2, "label": "Yes, start", "custom_id": custom_id}
        asking = {"components": [{"type": 1, "components": [button]}], "flags": 1 << 6}
        posted = world.answer(channel, asking)
        asked = await self._double.press(member, posted, custom_id)
        self._asked.append(asked)
        self._asleep.append(asked)

    async def finish(self) -> None:
        """Nothing is left to do."""

    async def account(self, database: Database, posted: dict[str, list[Posted]]) -> Account:
        """Look for the schedules of who was told so, and for one thread on each that has one."""
        told = [asked for asked in self._asked if _confirmed(asked)]
        async with database.read() as read:
            kept = {user_id for _, user_id in await store.owners(read)}
        account = Account(
            owed=self._owed,
            asked=len(self._asked),
            opted_in=len(told),
            opt_ins_lost=[
                *self._without_timer,
                *(one.text[:80] for one in told if one.person.id not in kept),
            ],
        )
        self._look_for_threads(account, posted)
        self._look_for_confirmations(account)
        return account

    def _look_for_threads(self, account: Account, posted: dict[str, list[Posted]]) -> None:
        there = {one.id for one in self._double.world.channels.values() if one.is_thread}
        wanted: set[int] = set()
        for owed in self._owed:
            if owed.kind != Place.THREAD:
                continue
            on = {message.id for message in posted.get(owed.id, [])}
            wanted |= on
            account.lost += [f"{owed.id} has no thread"] * len(on - there)
        account.doubled += [f"a thread without a check-in: {id_}" for id_ in there - wanted]
        account.others["threads"] = len(there & wanted)

    def _look_for_confirmations(self, account: Account) -> None:
        """One yes brings one message that says so, however often it is sent."""
        world = self._double.world
        for asked in self._asked:
            channel = world.dm_with(asked.person.id)
            there = [] if channel is None else world.in_channel(channel)
            said = sum(promise_of(message) is None for message in there)
            account.others["confirmations"] = account.others.get("confirmations", 0) + said
            if said > 1:
                account.doubled.append(f"{said} confirmations of one yes")

    async def _let_a_day_pass(self, database: Database, now: datetime) -> None:
        """Let the own check-ins of those who were told come due; what is not there stays so."""
        told = [asked for asked in self._asleep if _confirmed(asked)]
        self._asleep = [asked for asked in self._asleep if not _confirmed(asked)]
        async with database.transaction() as tx:
            for asked in told:
                for one in await store.of_member(tx, asked.person.id):
                    if await jobs.timer(tx, PROMPT, one.id) is None:
                        self._without_timer.append(f"{one.id} has no timer")
                        continue
                    due = (now - one.spread).replace(second=0, microsecond=0)
                    moved = replace(one, plan=replace(one.plan, rule=_daily(due)))
                    await store.put_schedules(tx, [moved])
                    timer = Timer(PROMPT, one.id, one.server_id, due + one.spread)
                    await jobs.set_timers(tx, [timer])
                    self._owe(moved, due)

    def _schedule(self, place: Place, now: datetime, *, late: bool) -> tuple[Schedule, datetime]:
        minute = now.replace(second=0, microsecond=0)
        due = minute + timedelta(minutes=1) - LONGEST_GRACE if late else minute
        channel = self._dice.choice(self._channels)
        plan = Plan(place, channel.id, _daily(due), (), "en")
        while True:
            id_ = f"{self._dice.getrandbits(64):016x}"
            # Made before it was due, as every schedule is.
            one = Schedule(id_, channel.guild_id or 0, None, plan, now - timedelta(days=1))
            # It comes some seconds after its minute, by its id: take one that comes now.
            if late or now.second > 60 - SOON:
                return one, due
            if 0 <= (due + one.spread - now).total_seconds() < SOON:
                return one, due

    def _owe(self, one: Schedule, due: datetime) -> None:
        channel_id, late_at = one.plan.channel_id, due + LONGEST_GRACE
        draft = Draft(PROMPT, one.id, one.server_id, channel_id, "", due, late_at)
        place = one.plan.place.value
        self._owed.append(Owed(draft.id, late_at.timestamp(), place, channel_id, one.is_own))

    def _close_threads(self) -> None:
        # As Discord does after a while: a bot that starts is told of open ones only.
        for channel in self._double.world.channels.values():
            channel.archived = channel.archived or channel.is_thread


def _daily(due: datetime) -> Rule:
    return Rule.daily(due.hour, due.minute, "Etc/UTC")


def _confirmed(asked: Asked) -> bool:
    """Whether the member was told that it is on."""
    # Deferred, then the question itself was changed: any refusal is another message.
    return asked.answer_type == 6 and asked.message is asked.on and not asked.followups
