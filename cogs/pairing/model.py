"""Who takes part in pairing, what they wish, and what a round and an introduction are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.recurrence import Rule

CONSENT = "pairing"
"""The feature that a member's consent is for."""

CONSENT_VERSION = 1
"""Of the words that a member agrees to; a change of their meaning counts it up."""

ANSWER_RENEWAL = timedelta(days=14)
"""How long the question whether pairing shall go on waits before silence pauses it."""

ASKING_GRACE = timedelta(hours=2)
"""How late a member is still asked again; after that, at the same hour of the next day."""

NEVER_WITHIN = 3
"""Two who met are not brought together again in so many rounds, whatever else would fit."""

SILENT_ROUNDS = 2
"""After so many rounds in a row without a yes, the bot pauses a member."""

MOST_LANGUAGES = 5
MOST_TOPICS = 10
"""Topics that a member may name, and as many that they may ask to avoid."""

TOPICS_LIMIT = 25
"""Topics that a server may offer: Discord shows no more in one menu."""


# What a member wishes


class Role(StrEnum):
    """What a member would rather do."""

    LISTEN = "listen"
    TALK = "talk"
    EITHER = "either"


class Often(StrEnum):
    """In how many rounds a member wants to take part."""

    EVERY = "every"
    SECOND = "second"
    ONCE = "once"


class Block(StrEnum):
    """Hours at which a member is usually free, on their own clock; see `cogs.pairing.wishes`."""

    WEEKDAY_MORNING = "weekday-morning"
    WEEKDAY_AFTERNOON = "weekday-afternoon"
    WEEKDAY_EVENING = "weekday-evening"
    WEEKDAY_NIGHT = "weekday-night"
    WEEKEND_MORNING = "weekend-morning"
    WEEKEND_AFTERNOON = "weekend-afternoon"
    WEEKEND_EVENING = "weekend-evening"
    WEEKEND_NIGHT = "weekend-night"


class Shown(StrEnum):
    """What may be told to the person one is introduced to, where both have it in common."""

    LANGUAGES = "languages"
    TOPICS = "topics"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a member asked for. Codes from lists only: there is no place in it for a word of theirs.

    The first language comes first. No hours means any.
    """

    languages: tuple[str, ...]
    topics: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    role: Role = Role.EITHER
    hours: frozenset[Block] = frozenset()
    often: Often = Often.EVERY
    threesome: bool = False
    shown: frozenset[Shown] = frozenset(Shown)

    def to_text(self) -> str:
        """JSON for the store; the same wishes are the same text."""
        return json.dumps(
            {
                "languages": self.languages,
                "topics": sorted(self.topics),
                "avoid": sorted(self.avoid),
                "role": self.role.value,
                "hours": sorted(self.hours),
                "often": self.often.value,
                "threesome": self.threesome,
                "shown": sorted(self.shown),
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Wishes:
        """Read what `to_text` wrote."""
        told: dict[str, Any] = json.loads(text)
        return cls(
            languages=tuple(told["languages"]),
            topics=frozenset(told["topics"]),
            avoid=frozenset(told["avoid"]),
            role=Role(told["role"]),
            hours=frozenset(map(Block, told["hours"])),
            often=Often(told["often"]),
            threesome=told["threesome"],
            shown=frozenset(map(Shown, told["shown"])),
        )


# Who takes part


class State(StrEnum):
    """Whether a member takes part."""

    IN = "in"
    PAUSED = "paused"


class Why(StrEnum):
    """Why a member is paused."""

    OWN = "own"
    """They paused it themselves."""
    SILENT = "silent"
    """Rounds went by without a yes of theirs."""
    RENEWAL = "renewal"
    """They did not answer whether it shall go on."""
    ONCE = "once"
    """They wanted to be introduced once, and were."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person who takes part in pairing in one server. `dm_channel_id` is None without DMs.

    `id` stands for them on buttons and in timers, so that those name no person.
    """

    id: str
    server_id: int
    user_id: int
    wishes: Wishes
    zone: str
    joined_at: datetime
    dm_channel_id: int | None = None
    state: State = State.IN
    paused_until: datetime | None = None
    paused_why: Why | None = None
    skip_next: bool = False
    waited: int = 0
    odd: int = 0
    silent: int = 0
    last_round: int | None = None

    def is_in(self, now: datetime) -> bool:
        """Whether they take part at a moment: a pause is over when its time has come."""
        if self.state is State.IN:
            return True
        return self.paused_until is not None and self.paused_until <= now

    def wants(self, number: int, now: datetime) -> bool:
        """Whether they would be drawn in the round of this number, were it drawn at `now`."""
        if not self.is_in(now) or self.skip_next:
            return False
        # Whoever was drawn and met nobody after all is first the next time, and does not rest.
        met = self.last_round == number - 1 and not self.waited
        return not (met and self.wishes.often is Often.SECOND)

    def paused(self, until: datetime | None, why: Why = Why.OWN) -> Member:
        """The same, paused until a moment, or until they go on."""
        return replace(self, state=State.PAUSED, paused_until=until, paused_why=why)

    def resumed(self) -> Member:
        """The same, taking part; what came before is not held against them."""
        return replace(
            self, state=State.IN, paused_until=None, paused_why=None, skip_next=False, silent=0
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """Something to talk about or to do together. `name` is None for one that ships."""

    id: str
    name: str | None = None


# Rounds


class PlanState(StrEnum):
    """Whether a server's rounds come."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"
    """Switched off by the bot, for `off_reason`, until a moderator switches it on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When a server's rounds are drawn, and how. Introductions are threads in `channel_id`."""

    server_id: int
    channel_id: int
    rule: Rule
    made_at: datetime
    confirm_first: bool = True
    lead_hours: int = 48
    followup_days: int = 4
    period_days: int = 12
    state: PlanState = PlanState.ON
    off_reason: str | None = None

    @property
    def details(self) -> tuple[bool, int, int, int]:
        """How rounds go, apart from when and where."""
        return self.confirm_first, self.lead_hours, self.followup_days, self.period_days


def planned(server_id: int, channel_id: int, rule: Rule, now: datetime) -> Plan:
    """Give a plan that goes as suits most: an introduction ends before the next round."""
    period = max(7 * rule.weeks - 2, 1)
    return Plan(
        server_id,
        channel_id,
        rule,
        now,
        followup_days=min(4, period // 2),
        period_days=period,
    )


class RoundState(StrEnum):
    """How far a round is."""

    ASKING = "asking"
    DRAWING = "drawing"
    DRAWN = "drawn"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of a round, in numbers only. `waiting` counts by general reason."""

    pairs: int = 0
    threesomes: int = 0
    waiting: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def groups(self) -> int:
        """How many introductions that is."""
        return self.pairs + self.threesomes

    def to_text(self) -> str:
        """JSON for the store."""
        told = {"pairs": self.pairs, "threesomes": self.threesomes, "waiting": dict(self.waiting)}
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Counts:
        """Read what `to_text` wrote."""
        told: dict[str, Any] = json.loads(text)
        return cls(told["pairs"], told["threesomes"], told["waiting"])


@dataclass(frozen=True, slots=True)
class Round:
    """One draw, and the time until the threads that came of it are closed."""

    id: str
    server_id: int
    number: int
    draw_at: datetime
    ends_at: datetime
    state: RoundState
    seed: int
    confirm: bool
    made_at: datetime
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member said to one round."""

    round_id: str
    user_id: int
    yes: bool
    answered_at: datetime


# Introductions


class IntroductionState(StrEnum):
    """How far an introduction is."""

    PENDING = "pending"
    INTRODUCED = "introduced"
    ENDED = "ended"
    DROPPED = "dropped"
    """It never came about: somebody left, or was blocked, before it was sent."""


class Said(StrEnum):
    """What a member answered to “did you get to talk?”."""

    YES = "yes"
    NOT_YET = "not_yet"
    ANOTHER = "another"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in an introduction."""

    user_id: int
    said: Said | None = None
    said_at: datetime | None = None
    left_at: datetime | None = None
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Introduction:
    """Two people, or three, who are brought together in a thread."""

    id: str
    server_id: int
    round_id: str
    state: IntroductionState
    code: str
    language: str
    opener: str
    places: tuple[Place, ...]
    made_at: datetime
    ends_at: datetime
    thread_id: int | None = None
    ended_at: datetime | None = None

    @property
    def people(self) -> tuple[int, ...]:
        """Who is still in it."""
        return tuple(place.user_id for place in self.places if place.left_at is None)


@dataclass(frozen=True, slots=True)
class Met:
    """Two people who were brought together; `first` is the smaller id."""

    first: int
    second: int
    round_number: int
    met_at: datetime
