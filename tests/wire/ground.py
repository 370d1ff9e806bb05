"""What a feature tells the crash campaign, so that it can be killed in mid-work and counted.

A ground says how to set up, what members do meanwhile, and at the end what must be there once.
`benchmarks.crash.GROUNDS` names them all; `CheckinsGround` is the nearest model for another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.database import Database
from tests.wire.world import Posted

_ID = re.compile(r"[0-9a-f]{24}")


def promise_of(posted: Posted) -> str | None:
    """The id of the promise that a message keeps; None for any other message."""
    words = [word for custom_id in posted.custom_ids for word in custom_id.split(":")]
    return next((word for word in words if _ID.fullmatch(word)), None)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that must be there exactly once, unless it is written down as too late."""

    id: str
    """Of the promise; one of the message's buttons carries it."""
    late_at: float
    """From when it would come too late, in UTC seconds."""
    kind: str
    """What the figures call it."""
    channel_id: int | None = None
    """Where it must be; None where that is not known beforehand."""
    by_member: bool = False
    """Whether it follows from what a member was told is noted."""


@dataclass(slots=True)
class Account:
    """What came of it: what is owed, and what else is not as it must be, each in words."""

    owed: list[Owed] = field(default_factory=list[Owed])
    asked: int = 0
    """Opt-ins that members began; a kill or a fault may cut them off."""
    opted_in: int = 0
    """Opt-ins that were confirmed to the member."""
    opt_ins_lost: list[str] = field(default_factory=list[str])
    """Those that the store does not know."""
    lost: list[str] = field(default_factory=list[str])
    """What is missing beside the messages owed: a thread, say."""
    doubled: list[str] = field(default_factory=list[str])
    """What is there twice, or without a reason."""
    others: dict[str, int] = field(default_factory=dict[str, int])
    """How many there are of what stands beside messages, for the figures."""
    cut: dict[str, int] = field(default_factory=dict[str, int])
    """At how many kills each stage of the work was under way."""


class Ground(Protocol):
    """A feature that makes promises."""

    prepare: str
    """The module that prepares the bot's process for it."""

    last_lives: int
    """How many undisturbed lives of a process it takes at the end until all is over."""

    async def set_up(self, database: Database, now: datetime, plans: int) -> int:
        """Write so many plans that come due within seconds; gives how many messages follow.

        Called before each life of a process, on a migrated store; with several processes the others
        live on meanwhile.
        """
        ...

    async def act(self, now: datetime) -> None:
        """Let a member do what the bot must not forget once it has said so."""
        ...

    async def finish(self) -> None:
        """Let members do what they still want to when all is over and the bot is there."""
        ...

    async def account(self, database: Database, posted: dict[str, list[Posted]]) -> Account:
        """Say, when all is over, what is owed and what else is amiss.

        `posted` are the messages that keep promises, by the id of the promise.
        """
        ...
