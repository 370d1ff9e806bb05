"""What a request for company is, and the rules it follows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LINE_LENGTH = 300
"""Characters of the line that may be added."""

MOST_HOURS = 48
"""Hours after which a request ends at the latest, whatever moderators choose."""

REST_AFTER = 3
"""Conversations in one duty after which a supporter is told, kindly, to rest."""

MENTIONED = 10
"""Supporters mentioned in one call at most."""

OPENING_GRACE = timedelta(hours=1)
"""How late a thread may still open; after that the asker is told instead."""

TIDYING = timedelta(days=7)
"""How long closing a thread, or deleting a call, is tried."""

_CODE = "bcdfghjkmnpqrstvwxz"
"""Letters of a code: no vowels, so that no word comes out of it."""


class Wish(StrEnum):
    """What would help."""

    LISTEN = "listen"
    DISTRACT = "distract"
    THINK = "think"


class State(StrEnum):
    """How a request stands."""

    OPENING = "opening"
    """Its thread is being made."""
    WAITING = "waiting"
    ACCEPTED = "accepted"
    """Somebody is there."""
    ENDED = "ended"


class Ending(StrEnum):
    """How a thread is closed; what is said in it does not tell who ended it, or why."""

    OVER = "over"
    UNMET = "unmet"
    """Its time was up before somebody came."""
    TAKEN_BACK = "taken_back"
    """By its asker, and nobody had come: the thread is deleted where the bot may do that."""


@dataclass(frozen=True, slots=True)
class Request:
    """One person's request for company; `calls` says how often supporters were called."""

    id: str
    server_id: int
    asker_user_id: int
    wish: Wish
    line: str
    unnamed: bool
    state: State
    code: str
    language: str
    channel_id: int
    made_at: datetime
    ends_at: datetime
    thread_id: int | None = None
    panel_message_id: int | None = None
    call_channel_id: int | None = None
    call_message_id: int | None = None
    calls: int = 0
    heard: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is not yet over."""
        return self.state is not State.ENDED


@dataclass(frozen=True, slots=True)
class Place:
    """A supporter who came to a request."""

    request_id: str
    server_id: int
    supporter_user_id: int
    since_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A supporter who asked to be called until a moment."""

    server_id: int
    user_id: int
    until_at: datetime
    in_a_row: int = 0


def code_of(request_id: str) -> str:
    """Six letters by which a thread is found again; they say nothing else."""
    digest = hashlib.sha256(request_id.encode()).digest()
    return "".join(_CODE[byte % len(_CODE)] for byte in digest[:6])


def in_turn(request_id: str, call: int, supporters: frozenset[int]) -> list[int]:
    """The order in which supporters are called: another one each time, so nobody is always first.

    Where there are many not all are mentioned, which also means that it tells nothing about
    anybody not to be mentioned once.
    """

    def place(user_id: int) -> bytes:
        return hashlib.sha256(f"{request_id}.{call}.{user_id}".encode()).digest()

    return sorted(supporters, key=place)
