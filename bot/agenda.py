"""What a server's day holds, told by the features: what went out, what will, and what needs a hand.

Of members nothing but numbers: what goes to one person is nobody's agenda.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


class Part(enum.Enum):
    """Where an item stands, the most urgent first."""

    NEED = "need"
    """Somebody has to do something."""
    COMING = "coming"
    LEFT_OUT = "left_out"
    """It did not go out, and `reason` says why."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Item:
    """One line: the sentence `key` with `params`; channels in them are written as mentions.

    `lead` is the action of a button, and its arguments, that leads to where it is mended.
    """

    part: Part
    key: str
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    at: datetime | None = None
    reason: str | None = None
    lead: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose day is asked for, by which moderator, and between which moments."""

    server_id: int
    by: int
    since: datetime
    until: datetime


Teller = Callable[[Asked], Awaitable[Sequence[Item]]]


class Agenda:
    """Asks every feature that has something to tell."""

    def __init__(self) -> None:
        self._tellers: list[Teller] = []

    def register(self, teller: Teller) -> None:
        """Let a feature tell of its own."""
        self._tellers.append(teller)

    async def of(self, asked: Asked) -> dict[Part, list[Item]]:
        """Give what all of them tell: what comes, the soonest first; what was, the latest first."""
        items = [item for teller in self._tellers for item in await teller(asked)]
        told = {part: [item for item in items if item.part is part] for part in Part}
        for part in (Part.COMING, Part.LEFT_OUT, Part.DONE):
            latest_first = part is not Part.COMING
            told[part].sort(key=lambda item: item.at or asked.since, reverse=latest_first)
        return told
