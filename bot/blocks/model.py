"""What a block is, and what a pair is that moderators keep apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.privacy.model import Holding, Kind

BLOCKS_LIMIT = 500
"""Blocks of one person in one server."""

APART_LIMIT = 1_000
"""Pairs that moderators of one server keep apart."""

APART_DAYS = 3 * 365
"""How long a pair is kept apart after a moderator last confirmed it."""

REMIND_AFTER = timedelta(days=APART_DAYS - 30)
"""After so long moderators are told that it ends in a month."""

HOLDINGS = (
    Holding(table="blocks", person="owner_user_id", kind=Kind.OWN),
    Holding(table="blocks", person="blocked_user_id", kind=Kind.ABOUT, kept_with="owner_user_id"),
    *(
        Holding(
            table="blocks_apart",
            person=person,
            kind=Kind.ABOUT,
            kept_days=APART_DAYS,
            kept_since="confirmed_at",
        )
        for person in ("first_user_id", "second_user_id")
    ),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One person's wish never to be brought together with another in a server.

    `stays` says whether it holds on after its owner has left the server.
    """

    server_id: int
    owner_user_id: int
    blocked_user_id: int
    made_at: datetime
    stays: bool


@dataclass(frozen=True, slots=True)
class Apart:
    """Two people whom moderators keep apart; the smaller id is the first."""

    server_id: int
    first_user_id: int
    second_user_id: int
    confirmed_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When it ends, unless a moderator confirms it before."""
        return self.confirmed_at + timedelta(days=APART_DAYS)


def pair_of(one: int, other: int) -> tuple[int, int]:
    """Two people in the order in which a pair is written."""
    return (one, other) if one < other else (other, one)
