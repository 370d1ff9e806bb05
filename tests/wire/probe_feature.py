"""A tiny feature outside the product that drives the ground of promises itself.

`prepare` is named to `tests.wire.launch` and runs inside the bot's process; `ProbeGround` is how
the crash campaign makes promises of it and knows them again. A plan's subject holds everything, so
the feature has no table: its moments are `count`, `period` seconds apart, from `start` on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import from_epoch, to_epoch
from bot.database import Database, Transaction
from bot.jobs import store
from bot.jobs.model import Draft, Message, State, Timer
from tests.wire import hurry
from tests.wire.double import Double
from tests.wire.ground import Account, Owed
from tests.wire.rest import Asked
from tests.wire.world import Channel, Guild, Json, Posted

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.runner import Found, Tried

KIND = "probe.message"
SERVER = 1

LONG, SHORT = 600, 4
"""Seconds of grace: long enough that nothing is late here, and so short that some will be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Messages that were asked for."""

    name: str
    channel_id: int
    start: int
    """The first moment, in UTC seconds."""
    period: int
    """Seconds from one moment to the next."""
    count: int
    grace: int
    """Seconds after its moment from which a message would come too late."""

    @property
    def subject(self) -> str:
        """All of it in one word."""
        numbers = (self.channel_id, self.start, self.period, self.count, self.grace)
        return ".".join([self.name, *map(str, numbers)])

    @classmethod
    def read(cls, subject: str) -> Plan:
        """Read it back from its subject."""
        name, *numbers = subject.split(".")
        channel_id, start, period, count, grace = map(int, numbers)
        return cls(name, channel_id, start, period, count, grace)

    @property
    def moments(self) -> list[int]:
        """When its messages are due, in UTC seconds."""
        return [self.start + n * self.period for n in range(self.count)]

    def draft(self, moment: int) -> Draft:
        """The message of one moment."""
        due = from_epoch(moment)
        late = due + timedelta(seconds=self.grace)
        return Draft(KIND, self.subject, SERVER, self.channel_id, "", due, late)

    def owed(self, *, by_member: bool = False) -> list[Owed]:
        """Its messages, as the campaign counts them."""
        drafts = [self.draft(moment) for moment in self.moments]
        kind = "joined" if by_member else "planned"
        return [
            Owed(draft.id, draft.late_at.timestamp(), kind, self.channel_id, by_member)
            for draft in drafts
        ]

    def timer(self, moment: int) -> Timer:
        """The timer of one moment."""
        return Timer(KIND, self.subject, SERVER, from_epoch(moment))


# Inside the bot's process


class ProbePromises:
    """Catches up with every moment that has passed: each is to be counted."""

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Write a message for every moment up to now; the next one is the next timer."""
        drafts: list[Draft] = []
        following: list[Timer] = []
        for timer in timers:
            plan = Plan.read(timer.subject)
            left = [moment for moment in plan.moments if moment >= to_epoch(timer.due_at)]
            drafts += [plan.draft(moment) for moment in left if moment <= to_epoch(now)]
            following += [plan.timer(moment) for moment in left if moment > to_epoch(now)][:1]
        return drafts, following

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Nothing is."""
        return {}

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Nothing follows from it."""


class ProbeCarrier:
    """Sends with what the product's features send with."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot

    async def send(self, message: Message) -> Tried:
        """Send a panel whose button carries the id."""
        from bot.jobs.carrying import try_to_send
        from bot.views import Panel, button, row

        panel = Panel(message.subject, row(button("Tap", "probe:tap", message.id)))
        return await try_to_send(self._bot, message, panel)

    async def look(self, message: Message) -> Found:
        """Look through the channel."""
        from bot.jobs.carrying import look_for

        return await look_for(self._bot, message)


def prepare() -> None:
    """Let the bot load this feature after its own."""
    from bot.client import Alongside

    own = Alongside.load_features

    async def load_features(self: Alongside) -> None:
        await own(self)
        _set_up(self)

    Alongside.load_features = load_features
    hurry.prepare()


def _set_up(bot: Alongside) -> None:
    from bot.views import Panel, reply

    runtime = bot.runtime
    runtime.jobs.register(KIND, ProbePromises(), ProbeCarrier(bot))

    async def join(interaction: Interaction, subject: str) -> None:
        plan = Plan.read(subject)
        async with runtime.database.transaction() as tx:
            await store.set_timers(tx, [plan.timer(plan.start)])
        runtime.jobs.wake()
        await reply(interaction, Panel("Noted."))

    runtime.actions.on("probe:join", join)


# In the campaign


class ProbeGround:
    """Makes promises of this feature, and knows them again."""

    prepare = "tests.wire.probe_feature"
    last_lives = 1

    def __init__(
        self, double: Double, guild: Guild, channels: list[Channel], dice: random.Random
    ) -> None:
        self._double = double
        self._channels = channels
        self._dice = dice
        self._made = 0
        self._owed: list[Owed] = []
        self._asked: list[tuple[Asked, Plan]] = []
        self._member = double.world.add_person("ash")
        double.world.join(guild, self._member)

    async def set_up(self, database: Database, now: datetime, plans: int) -> int:
        """Write schedules of one to three messages; every sixth has a short grace."""
        made = [
            self._plan("plan", now, self._dice.randint(1, 3), SHORT if number % 6 == 5 else LONG)
            for number in range(plans)
        ]
        async with database.transaction() as tx:
            await store.set_timers(tx, [plan.timer(plan.start) for plan in made])
        owed = [one for plan in made for one in plan.owed()]
        self._owed += owed
        return len(owed)

    async def act(self, now: datetime) -> None:
        """Let the member press a button that asks for one message."""
        plan = self._plan("join", now, 1, LONG)
        custom_id = f"probe:join:{plan.subject}"
        button = {"type": 2, "style": 1, "label": "Join", "custom_id": custom_id}
        payload: Json = {"content": "Join?", "components": [{"type": 1, "components": [button]}]}
        posted = self._double.world.answer(self._channels[0], payload)
        self._asked.append((await self._double.press(self._member, posted, custom_id), plan))

    async def finish(self) -> None:
        """Nothing is left to do."""

    async def account(self, database: Database, posted: dict[str, list[Posted]]) -> Account:
        """What a member saw noted is owed as well."""
        told = [plan for asked, plan in self._asked if asked.answer_type is not None]
        joined = [one for plan in told for one in plan.owed(by_member=True)]
        return Account([*self._owed, *joined], asked=len(self._asked), opted_in=len(told))

    def _plan(self, name: str, now: datetime, count: int, grace: int) -> Plan:
        self._made += 1
        start = to_epoch(now) + self._dice.randint(0, 2)
        channel = self._dice.choice(self._channels).id
        return Plan(f"{name}{self._made}", channel, start, 1, count, grace)
