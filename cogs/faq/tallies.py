"""How often answers helped, told in numbers too coarse to point at somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

STEP = 5
"""Counts are told in steps of so many, rounded down, and none under the first: who looks before and
after must not see every tap. They are taps, not people: one person can tap on several days."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often it was said of an entry that it helped, and that it was not what was meant."""

    entry_id: str
    helped: int
    missed: int


@dataclass(frozen=True, slots=True)
class Told:
    """What moderators read of a tally; None stands for fewer than one step."""

    entry_id: str
    helped: int | None
    missed: int | None


def told(tallies: Iterable[Tally]) -> tuple[Told, ...]:
    """Give what can be told, the entries that missed what was meant most often first.

    Those of which nothing can be told are left out. The order follows from what is told alone.
    """
    every = (Told(one.entry_id, _told(one.helped), _told(one.missed)) for one in tallies)
    known = [one for one in every if one.helped is not None or one.missed is not None]
    return tuple(
        sorted(known, key=lambda one: ((one.helped or 0) - (one.missed or 0), one.entry_id))
    )


def _told(count: int) -> int | None:
    return count // STEP * STEP or None
