"""How the crash campaign makes promises of check-ins, and knows them again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from bot.database import Database
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.recurrence import LONGEST_GRACE, Rule
from cogs.checkins import store
from cogs.checkins.model import CONSENT_VERSION, Place, Plan, Schedule
from cogs.checkins.service import PROMPT
from tests.wire.double import Double
from tests.wire.rest import Asked
from tests.wire.world import Channel, Guild

SOON = 3
"""Seconds within which what is seeded comes due."""


class CheckinsGround:
    """Server schedules that are due now, and members who say yes to their own."""

    prepare = "tests.wire.hurry"

    def __init__(
        self, double: Double, guild: Guild, channels: list[Channel], dice: random.Random
    ) -> None:
        self._double = double
        self._guild = guild
        self._channels = channels
        self._dice = dice
        self._members: list[int] = []

    async def seed(self, database: Database, now: datetime, plans: int) -> dict[str, float]:
        """Write daily schedules of this minute; every sixth was due almost its grace ago."""
        made: list[Schedule] = []
        timers: list[Timer] = []
        promised: dict[str, float] = {}
        minute = now.replace(second=0, microsecond=0)
        for number in range(plans):
            late = number % 6 == 5
            due = minute + timedelta(minutes=1) - LONGEST_GRACE if late else minute
            one = self._schedule(due, now)
            # A schedule comes some seconds after its minute, by its id: take one that comes now.
            while not late and not 0 <= (due + one.spread - now).total_seconds() < SOON:
                one = self._schedule(due, now)
                if now.second > 60 - SOON:
                    break
            made.append(one)
            timers.append(Timer(PROMPT, one.id, one.server_id, due + one.spread))
            channel_id = one.plan.channel_id
            late_at = due + LONGEST_GRACE
            draft = Draft(PROMPT, one.id, one.server_id, channel_id, "", due, late_at)
            promised[draft.id] = late_at.timestamp()
        async with database.transaction() as tx:
            await store.put_schedules(tx, made)
            await jobs.set_timers(tx, timers)
        return promised

    async def opt_in(self, now: datetime) -> tuple[Asked, dict[str, float]]:
        """Let a new member press *Yes, start* for a time half a day from now."""
        world = self._double.world
        member = world.add_person(f"member-{len(self._members)}")
        self._members.append(member.id)
        world.join(self._guild, member)
        at = now + timedelta(hours=12)
        custom_id = f"checkins:own_start:0123456:{at:%H%M}:Etc/UTC:{CONSENT_VERSION}:co{member.id}"
        button = {"type": 2, "style": 2, "label": "Yes, start", "custom_id": custom_id}
        asking = {"components": [{"type": 1, "components": [button]}], "flags": 1 << 6}
        posted = world.answer(self._channels[0], asking)
        return await self._double.press(member, posted, custom_id), {}

    def confirmed(self, asked: Asked) -> bool:
        """Whether the member was told that it is on."""
        # Deferred, then the question itself was changed: any refusal is another message.
        return asked.answer_type == 6 and asked.message is asked.on and not asked.followups

    async def opt_ins_lost(self, database: Database, asked: list[Asked]) -> list[str]:
        """What those were told who have no schedule although they were told so."""
        async with database.read() as read:
            kept = {user_id for _, user_id in await store.owners(read)}
        return [each.text[:80] for each in asked if each.person.id not in kept]

    def _schedule(self, due: datetime, now: datetime) -> Schedule:
        rule = Rule.daily(due.hour, due.minute, "Etc/UTC")
        channel = self._dice.choice(self._channels)
        plan = Plan(Place.CHANNEL, channel.id, rule, (), "en")
        id_ = f"{self._dice.getrandbits(64):016x}"
        # Made before it was due, as every schedule is.
        return Schedule(id_, self._guild.id, None, plan, now - timedelta(days=1))
