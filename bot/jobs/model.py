"""What is promised, and the rules for keeping it."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.privacy.model import Holding, Kind

NONCE_WINDOW = timedelta(seconds=120)
"""For how long Discord surely refuses a second message of one nonce ("the past few minutes")."""

LEASE = timedelta(seconds=60)
"""How long a claimed message belongs to the process that claimed it."""

SEND_SECONDS = 45
"""After this long without an answer a try is given up; shorter than the lease."""

_LONGEST_PAUSE = timedelta(minutes=5)

NONCE_LENGTH = 25
"""Characters of a nonce at most (Discord); a message's id is used as its nonce."""

HOLDINGS = (
    Holding(table="jobs_timers", working=True),
    Holding(
        working=True,
        table="jobs_messages",
        person="recipient_user_id",
        kind=Kind.OWN,
        kept_days=14,
        kept_since="settled_at",
    ),
)
"""A settled message stays for two weeks: what went out, what was skipped, and why."""


class State(enum.Enum):
    """Where a message is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


RESTORED = "restored"
"""Why what fell due before a restore is left out: it may have been sent, and nobody can tell."""


@dataclass(frozen=True, slots=True)
class Timer:
    """When a subject is next due."""

    kind: str
    subject: str
    server_id: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that follows from a due timer, before it is written down.

    `late_at` is the moment from which it would come too late to be kind.
    """

    kind: str
    subject: str
    server_id: int
    channel_id: int
    body: str
    due_at: datetime
    late_at: datetime
    recipient_user_id: int | None = None

    @property
    def id(self) -> str:
        """The id that this promise and no other has."""
        named = f"{self.kind}\0{self.subject}\0{int(self.due_at.timestamp())}"
        return hashlib.sha256(named.encode()).hexdigest()[: NONCE_LENGTH - 1]


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was promised, as it is written down."""

    id: str
    kind: str
    subject: str
    server_id: int
    recipient_user_id: int | None
    channel_id: int
    body: str
    due_at: datetime
    late_at: datetime
    try_at: datetime
    first_tried_at: datetime | None
    tries: int
    state: State
    reason: str | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is promised and has not come to its end."""

    messages: Mapping[str, int]
    """How many there are, by state."""
    oldest_at: datetime | None
    """When the first of them that nothing holds, or of the timers, falls due or fell due."""

    def lag(self, now: datetime) -> float:
        """For how many seconds the oldest that is due has been so; 0 when nothing is."""
        if self.oldest_at is None:
            return 0.0
        return max((now - self.oldest_at).total_seconds(), 0.0)


class Way(enum.Enum):
    """What to do with a message whose turn it is."""

    SEND = "send"
    """Send it, or send it again under the protection of its nonce."""
    LOOK_FIRST = "look first"
    """A try was made too long ago for the nonce, or it is late by now: look whether it is there."""
    SKIP_LATE = "late"
    """It was never tried, and would come too late to be kind."""


def way(message: Message, now: datetime) -> Way:
    """Decide what to do with a message that is due and that nobody holds."""
    if message.first_tried_at is None:
        return Way.SKIP_LATE if now >= message.late_at else Way.SEND
    if now >= message.late_at or now - message.first_tried_at >= NONCE_WINDOW - LEASE:
        return Way.LOOK_FIRST
    return Way.SEND


def pause_after(tries: int) -> timedelta:
    """How long to wait after a try that failed: 5 s, 10 s, 20 s ... at most 5 minutes."""
    return min(timedelta(seconds=5 * 2 ** min(tries - 1, 10)), _LONGEST_PAUSE)
