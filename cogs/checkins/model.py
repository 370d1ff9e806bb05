"""What a schedule of check-ins is, and the rules that hold for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from bot.errors import UserError
from bot.recurrence import Rule, jitter, next_after

SPREAD_SECONDS = 60
"""Schedules of one minute are spread over it, by a hash of their id.

A check-in of 09:00 therefore comes while clocks show 09:00, and still the moment it is *due* is
09:00 sharp: lateness, keys and what people are told are all reckoned from that.
"""

REFUSALS_IN_A_ROW = 3
"""After so many a server's schedule is switched off. A member's is at the first (DESIGN 5b)."""

SERVER_LIMIT = 20
"""Schedules that a server may have: more would not fit a list."""

PROMPTS_LIMIT = 100
"""Prompts of its own that a server may have."""

ASKING_GRACE = timedelta(hours=2)
"""How late a member is still asked again; after that, at the same hour of the next day."""

ANSWER_RENEWAL = timedelta(days=14)
"""How long the question whether check-ins shall go on waits before silence pauses them."""

BY_HAND_GRACE = timedelta(minutes=10)
"""What a moderator posts at once comes within this time or not at all."""

MISSED_WRITTEN = 60
"""How many missed occurrences of one outage are written down: two months of a daily schedule."""

CONSENT = "checkins"
"""The feature that a member's consent is for."""

CONSENT_VERSION = 1
"""Of the words that a member agrees to; a change of their meaning counts it up."""


class Place(StrEnum):
    """Where a check-in is posted."""

    CHANNEL = "channel"
    THREAD = "thread"
    """In the channel, with a fresh thread on it."""
    DM = "dm"


class State(StrEnum):
    """Whether a schedule runs."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"
    """Switched off by the bot, for `off_reason`, until a person switches it on."""


class Off(StrEnum):
    """Why the bot switched a schedule off, or paused it."""

    REFUSED = "refused"
    """The place did not take what was sent."""
    ZONE = "zone"
    """The data of time zones have lost its zone."""
    SILENCE = "silence"
    """Its owner did not answer whether it shall go on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person decides about a schedule. No categories means all of them."""

    place: Place
    channel_id: int
    rule: Rule
    categories: tuple[str, ...]
    language: str

    @property
    def course(self) -> tuple[Rule, tuple[str, ...]]:
        """When, and about what."""
        return self.rule, self.categories

    @property
    def whereabouts(self) -> tuple[int, Place, str]:
        """Where, and in which language."""
        return self.channel_id, self.place, self.language


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan that is being kept. `owner_user_id` is None for one of the server."""

    id: str
    server_id: int
    owner_user_id: int | None
    plan: Plan
    made_at: datetime
    state: State = State.ON
    paused_until: datetime | None = None
    skip_next: bool = False
    refusals: int = 0
    off_reason: Off | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is a member's own."""
        return self.owner_user_id is not None

    @property
    def spread(self) -> timedelta:
        """By how much its messages are put off within their minute."""
        return timedelta(seconds=jitter(self.id, SPREAD_SECONDS))

    def running_from(self, now: datetime) -> datetime | None:
        """Give the moment after which it may post again; None while that is left open."""
        if self.state is State.ON:
            return now
        if self.state is State.PAUSED and self.paused_until is not None:
            return max(now, self.paused_until)
        return None

    def next_due(self, now: datetime) -> datetime | None:
        """Give the next moment at which it is due, whether or not that one is to be skipped.

        Raises ZoneGone when the data have lost its zone.
        """
        start = self.running_from(now)
        return None if start is None else next_due_after(self.plan.rule, start)

    def coming(self, now: datetime, count: int) -> list[datetime]:
        """Give the next moments at which it will post; what is skipped is not among them.

        Raises ZoneGone.
        """
        found: list[datetime] = []
        due = self.next_due(now)
        if due is not None and self.skip_next:
            due = next_after(self.plan.rule, due)
        while due is not None and len(found) < count:
            found.append(due)
            due = next_after(self.plan.rule, due)
        return found

    def resumed(self) -> Schedule:
        """The same, running."""
        return replace(self, state=State.ON, paused_until=None, refusals=0, off_reason=None)

    def paused(self, until: datetime | None, reason: Off | None = None) -> Schedule:
        """The same, paused until a moment, or until somebody resumes it."""
        return replace(self, state=State.PAUSED, paused_until=until, off_reason=reason)

    def switched_off(self, reason: Off) -> Schedule:
        """The same, switched off by the bot."""
        return replace(self, state=State.OFF, paused_until=None, off_reason=reason)


@lru_cache(maxsize=4_096)
def next_due_after(rule: Rule, moment: datetime) -> datetime | None:
    """The same as `next_after`, remembered: many schedules share a rule and come due together."""
    return next_after(rule, moment)


def refused_once(schedule: Schedule) -> Schedule:
    """What one refusal makes of a schedule."""
    counted = replace(schedule, refusals=schedule.refusals + 1)
    if counted.is_own or counted.refusals >= REFUSALS_IN_A_ROW:
        return counted.switched_off(Off.REFUSED)
    return counted


@dataclass(frozen=True, slots=True)
class History:
    """What a channel has seen of prompts on behalf of a server."""

    server_id: int
    channel_id: int
    owner_user_id: int | None
    """Whose direct messages the channel is."""
    posts: dict[str, int]
    """Each prompt's id with the number of the last post that said it, the longest ago first."""

    @property
    def latest(self) -> int:
        """The number of the latest post; 0 before the first."""
        return next(reversed(self.posts.values()), 0)

    def with_post(self, prompt_id: str) -> History:
        """The same after one more post."""
        posts = {**self.posts}
        posts.pop(prompt_id, None)
        posts[prompt_id] = self.latest + 1
        return History(self.server_id, self.channel_id, self.owner_user_id, posts)

    def without_post(self, prompt_id: str, number: int, before: int) -> History:
        """The same without a post that did not come about; `before` is what it had replaced."""
        if self.posts.get(prompt_id) != number:
            return self
        posts = {**self.posts, prompt_id: before}
        kept = sorted((number, prompt_id) for prompt_id, number in posts.items() if number)
        return replace(self, posts={prompt_id: number for number, prompt_id in kept})


# One encoder for all of them: thousands may be written at once.
_to_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Body:
    """What a message of a schedule says; `prompt_id` is empty where none is asked for."""

    schedule_id: str
    place: Place
    language: str
    prompt_id: str = ""
    text: str = ""
    own: bool = False
    by_hand: bool = False
    number: int = 0
    """Which post of its channel it is, and which one had said the prompt before; 0 for none."""
    before: int = 0

    def to_text(self) -> str:
        """JSON for the store."""
        return _to_json(
            {
                "schedule": self.schedule_id,
                "place": self.place.value,
                "language": self.language,
                "prompt": self.prompt_id,
                "text": self.text,
                "own": self.own,
                "by_hand": self.by_hand,
                "number": self.number,
                "before": self.before,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Body:
        """Read what `to_text` wrote."""
        told: dict[str, Any] = json.loads(text)
        return cls(
            told["schedule"],
            Place(told["place"]),
            told["language"],
            told["prompt"],
            told["text"],
            told["own"],
            told["by_hand"],
            told.get("number", 0),
            told.get("before", 0),
        )


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """A prompt that moderators wrote for their server."""

    id: str
    language: str
    category: str
    weight: str
    text: str


def check_place(plan: Plan, *, own: bool) -> None:
    """Refuse a place that is not for this kind of schedule; raises UserError."""
    if own != (plan.place is Place.DM):
        raise UserError("checkins.cannot.place")
