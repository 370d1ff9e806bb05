"""The scores of many pairs at once, with arrays: the same rules as `scoring.py`, a test says so.

People are numbers here, 0 to n - 1, in the order of their ids, so that the order in which a round
lists them changes nothing. Sets become bits; two sets share as much as the bits of their `&`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogs.pairing.rounds import Round
from cogs.pairing.scoring import (
    FIRST_LANGUAGE,
    GAP,
    HOURS,
    NEVER,
    NEW,
    OTHER_LANGUAGE,
    ROLES,
    SEASONED,
    TOPICS,
    Peer,
    new_again,
    role_fit,
)

Ints = NDArray[np.int64]
Scores = NDArray[np.int16]
Bits = NDArray[np.uint64]


class Table:
    """The people of a round, and the score of any pair of them."""

    def __init__(self, asked: Round) -> None:
        self.peers = peers = tuple(sorted(asked.peers, key=lambda peer: peer.id))
        self.size = len(peers)
        self.languages = _bits(peers, lambda peer: peer.languages)
        self.topics, self.avoid = _bits_of_both(peers)
        self.hours = _bits(peers, lambda peer: peer.hours)
        # Equal or sharing one: nobody's circles share nothing, so they become one of their own.
        self.circles = _bits(peers, lambda peer: peer.circles or {""})
        self.first = np.unique([peer.languages[0] for peer in peers], return_inverse=True)[1]
        self.role = np.array([ROLES.index(peer.role) for peer in peers], np.int64)
        self.adult = np.array([peer.adult for peer in peers], bool)
        self.newcomer = np.array([peer.newcomer for peer in peers], bool)
        self.threesome = np.array([peer.threesome for peer in peers], bool)
        self.waited = np.array([peer.waited for peer in peers], np.int64)
        self.odd = np.array([peer.odd for peer in peers], np.int64)
        self._known, self._novelty = self._pairs_known(asked)

    def _pairs_known(self, asked: Round) -> tuple[Ints, Scores]:
        """Pairs of which the round says something, as sorted keys, and what: never, 0 or less new.

        A pair that is forbidden has `_BARRED`, one that is a repeat `_REPEAT`.
        """
        number = {peer.id: at for at, peer in enumerate(self.peers)}
        last: dict[int, int] = {}
        for met in asked.past:
            if met.a in number and met.b in number:
                key = self._key(number[met.a], number[met.b])
                last[key] = min(met.rounds_ago, last.get(key, met.rounds_ago))
        known = {key: _novelty(rounds_ago, asked.window) for key, rounds_ago in last.items()}
        for a, b in asked.forbidden:
            if a in number and b in number:
                known[self._key(number[a], number[b])] = _BARRED
        keys = np.array(sorted(known), np.int64)
        return keys, np.array([known[key] for key in keys.tolist()], np.int16)

    def _key(self, a: int, b: int) -> int:
        return min(a, b) * self.size + max(a, b)

    def scores(self, a: Ints, b: Ints) -> Scores:
        """Score the pairs of two arrays, which are broadcast against each other."""
        found = self.fits(a, b)
        if not len(self._known):
            return found
        a, b = np.broadcast_arrays(a, b)
        keys = np.minimum(a, b) * self.size + np.maximum(a, b)
        at = np.minimum(np.searchsorted(self._known, keys), len(self._known) - 1)
        hit = (self._known[at] == keys) & (found != NEVER)
        found[hit] = _with_past(found[hit], self._novelty[at[hit]])
        return found

    def fits(self, a: Ints, b: Ints) -> Scores:
        """Score pairs as if nobody had met or blocked anyone."""
        never = ~_meet(self.languages, self.languages, a, b) | ~_meet(
            self.circles, self.circles, a, b
        )
        never |= _meet(self.avoid, self.topics, a, b) | _meet(self.topics, self.avoid, a, b)
        never |= (self.adult[a] != self.adult[b]) | (a == b)
        found = _HOURS[_shared(self.hours, a, b)]
        found += _TOPICS[_shared(self.topics, a, b)]
        found += _FIT[self.role[a], self.role[b]]
        found += np.where(self.first[a] == self.first[b], _FIRST, _OTHER)
        found += np.where(self.newcomer[a] & self.newcomer[b], np.int16(0), _SEASONED)
        found += np.int16(NEW)
        found[never] = NEVER
        return found


_BARRED, _REPEAT = -2, -1

_HOURS = np.array([HOURS[min(n, len(HOURS) - 1)] for n in range(256)], np.int16)
_TOPICS = np.array([TOPICS[min(n, len(TOPICS) - 1)] for n in range(256)], np.int16)
_FIT = np.array([[role_fit(one, other) for other in ROLES] for one in ROLES], np.int16)
_FIRST, _OTHER = np.int16(FIRST_LANGUAGE), np.int16(OTHER_LANGUAGE)
_SEASONED = np.int16(SEASONED)


def _novelty(rounds_ago: int, window: int) -> int:
    if rounds_ago <= GAP:
        return _BARRED
    again = new_again(rounds_ago, window)
    return _REPEAT if again is None else again


def _with_past(scores: Scores, novelty: Scores) -> Scores:
    """Take what is new out of scores, or the scores away."""
    again = np.where(novelty == _REPEAT, np.int16(0), scores - np.int16(NEW) + novelty)
    return np.where(novelty == _BARRED, np.int16(NEVER), again).astype(np.int16)


def _bits(peers: Sequence[Peer], sets: Callable[[Peer], Iterable[Any]]) -> Bits:
    """Sets as rows of bits, 64 to a word."""
    return _rows([set(sets(peer)) for peer in peers])


def _bits_of_both(peers: Sequence[Peer]) -> tuple[Bits, Bits]:
    """Topics wanted and avoided, the same bit for the same topic."""
    both = _rows([peer.topics for peer in peers] + [peer.avoid for peer in peers])
    return both[: len(peers)], both[len(peers) :]


def _rows(sets: Sequence[Iterable[Any]]) -> Bits:
    place = {one: at for at, one in enumerate(sorted({one for row in sets for one in row}))}
    found = np.zeros((len(sets), (len(place) + 63) // 64 or 1), np.uint64)
    for at, row in enumerate(sets):
        for one in row:
            word, bit = divmod(place[one], 64)
            found[at, word] |= np.uint64(1 << bit)
    return found


def _meet(these: Bits, those: Bits, a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Whether the sets of two share anything."""
    found = (these[a, 0] & those[b, 0]) != 0
    for word in range(1, these.shape[1]):
        found |= (these[a, word] & those[b, word]) != 0
    return found


def _shared(sets: Bits, a: Ints, b: Ints) -> NDArray[np.uint8]:
    """How much the sets of two share; hours of a week, the largest, fit in 8 bits."""
    found = np.bitwise_count(sets[a, 0] & sets[b, 0])
    for word in range(1, sets.shape[1]):
        found += np.bitwise_count(sets[a, word] & sets[b, word])
    return found
