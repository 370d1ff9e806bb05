"""How often answers helped, told in numbers that point at nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_FROM = 5
"""A smaller count is not told: it would say too much about the few who tapped."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many said of an entry that it helped, and that it was not what they meant."""

    entry_id: str
    helped: int
    missed: int


@dataclass(frozen=True, slots=True)
class Told:
    """What moderators read of a tally; None stands for fewer than five, none included."""

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
    return count if count >= SHOWN_FROM else None
