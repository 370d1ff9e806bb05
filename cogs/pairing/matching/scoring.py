"""Who may meet, and how well two people go together: facts about two peers alone.

This module leans on the standard library only, so that the bot may know a `Peer` without loading
what it takes to match ten thousand of them. `candidates.py` says the same with arrays, and a test
holds the two equal.

A score is a whole number:

- `NEVER` (-1): they must not meet;
- 0: they may, and met within the window that should see no repeat: dearer than any wish;
- else 60 to 1,000: hours both are usually free (250), topics both want (250), roles that fit (200),
  somebody new (150), a shared first language (100), a newcomer with somebody who has been here
  longer (50).

A first shared hour and a first shared topic count most, a fourth hardly: two people need one
evening and something to begin with.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = -1
"""The score of two people who must not meet."""

GAP = 3
"""Rounds for which two who met never meet again.

Without it, two people whom nobody else fits are given to each other for ever.
"""

WINDOW = 50
"""Rounds that should see no repeat, unless a round says otherwise."""

HOURS = (0, 100, 170, 215, 250)
"""By hours of the week that both are usually free; more count like the last."""

TOPICS = (0, 110, 190, 250)
"""By topics that both want."""

ROLES = ("listen", "talk", "either")

FIT = {
    ("listen", "talk"): 200,
    ("listen", "either"): 160,
    ("either", "talk"): 150,
    ("either", "either"): 140,
    ("listen", "listen"): 60,
    ("talk", "talk"): 20,
}
"""By what two would rather do, in either order."""

FIRST_LANGUAGE, OTHER_LANGUAGE = 100, 40
SEASONED = 50
"""At least one of the two has been here longer."""

NEW = 150
"""They never met; after the window it grows back, over four windows more."""

HOURS_A_WEEK = 168


@dataclass(frozen=True, slots=True)
class Peer:
    """One who said yes for this round, as a snapshot."""

    id: int
    languages: tuple[str, ...]
    """The first one is the first language."""
    topics: frozenset[str]
    avoid: frozenset[str]
    """Topics they asked to avoid."""
    role: str
    """One of `ROLES`."""
    hours: frozenset[int]
    """Hours of the week in UTC, 0 to 167, that are usually free."""
    threesome: bool
    """Fine with a threesome."""
    circles: frozenset[str]
    """Groups by server roles; two may meet only if theirs are equal or share one."""
    adult: bool
    newcomer: bool
    waited: int
    """Rounds in a row in which they were left waiting."""
    odd: int
    """How often lately in a threesome or waiting."""


@dataclass(frozen=True, slots=True)
class Common:
    """What two share, in a fixed order; languages in the order of the first."""

    languages: tuple[str, ...]
    topics: tuple[str, ...]
    hours: tuple[int, ...]


def may_meet(a: Peer, b: Peer) -> bool:
    """Whether the rules about two people alone let them meet.

    Blocks, keep-apart and when they last met are the round's to know, not theirs.
    """
    return (
        a.id != b.id
        and a.adult == b.adult
        and (a.circles == b.circles or not a.circles.isdisjoint(b.circles))
        and not set(a.languages).isdisjoint(b.languages)
        and a.avoid.isdisjoint(b.topics)
        and b.avoid.isdisjoint(a.topics)
    )


def score(a: Peer, b: Peer, rounds_ago: int | None, window: int = WINDOW) -> int:
    """How well two go together; `rounds_ago` is when they last met, 1 for the last round."""
    if not may_meet(a, b) or (rounds_ago is not None and rounds_ago <= GAP):
        return NEVER
    novelty = new_again(rounds_ago, window)
    if novelty is None:
        return 0
    hours = min(len(a.hours & b.hours), len(HOURS) - 1)
    topics = min(len(a.topics & b.topics), len(TOPICS) - 1)
    same_first = a.languages[0] == b.languages[0]
    return (
        HOURS[hours]
        + TOPICS[topics]
        + role_fit(a.role, b.role)
        + (FIRST_LANGUAGE if same_first else OTHER_LANGUAGE)
        + (0 if a.newcomer and b.newcomer else SEASONED)
        + novelty
    )


def role_fit(one: str, other: str) -> int:
    """How well two wishes go together, in either order."""
    return FIT[(one, other)] if (one, other) in FIT else FIT[(other, one)]


def new_again(rounds_ago: int | None, window: int) -> int | None:
    """What not having met, or long ago, is worth; None within the window."""
    if rounds_ago is None:
        return NEW
    if rounds_ago <= window:
        return None
    return NEW * min(rounds_ago - window, 4 * window) // (4 * window) if window else NEW


def in_common(a: Peer, b: Peer) -> Common:
    """What two share, for their introduction."""
    return Common(
        tuple(language for language in a.languages if language in b.languages),
        tuple(sorted(a.topics & b.topics)),
        tuple(sorted(a.hours & b.hours)),
    )
