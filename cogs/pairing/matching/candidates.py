"""The scores of many pairs at once, with arrays, and whom each person would go well with.

The rules are those of `scoring.py`, and a test says so. People are numbers here, 0 to n - 1, in the
order of their ids, so that the order in which a round lists them changes nothing. Sets become bits;
two sets share as much as the bits of their `&`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogs.pairing.matching.rounds import Round
from cogs.pairing.matching.scoring import (
    FIRST_LANGUAGE,
    GAP,
    HOURS,
    NEVER,
    NEW,
    OTHER_LANGUAGE,
    ROLES,
    SEASONED,
    TOPICS,
    new_again,
    role_fit,
)

Ints = NDArray[np.int64]
Scores = NDArray[np.int16]
Floats = NDArray[np.float32]
Bits = NDArray[np.uint64]

BLOCK = 400_000
"""Scores that are looked at together: what a processor's cache holds."""

FINE = 16
"""Prices are told apart to a sixteenth of a point, so that equal scores do not all go one way."""

BINS = 160
"""The others are dealt into so many bins, and the best of each bin is a candidate.

Only about one in twenty of the best eight is lost by sharing a bin with a better one, and finding
the best of a bin costs a tenth of sorting.
"""


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs that may meet, each once with `a < b`, sorted, and their scores."""

    a: Ints
    b: Ints
    score: Scores


class Table:
    """The people of a round, and the score of any pair of them."""

    def __init__(self, asked: Round) -> None:
        self.peers = peers = tuple(sorted(asked.peers, key=lambda peer: peer.id))
        self.size = len(peers)
        self.languages = _bits([peer.languages for peer in peers])
        both = _bits([peer.topics for peer in peers] + [peer.avoid for peer in peers])
        self.topics, self.avoid = both[: self.size], both[self.size :]
        self.hours = _bits([peer.hours for peer in peers])
        # Equal or sharing one: without any, the circle of those who have none.
        self.circles = _bits([peer.circles or ("",) for peer in peers])
        self.first = _numbered([peer.languages[0] for peer in peers])
        self.role = np.array([ROLES.index(peer.role) for peer in peers], np.int64)
        self.adult = np.array([peer.adult for peer in peers], bool)
        self.newcomer = np.array([peer.newcomer for peer in peers], bool)
        self.threesome = np.array([peer.threesome for peer in peers], bool)
        self.waited = np.array([peer.waited for peer in peers], np.int64)
        self.odd = np.array([peer.odd for peer in peers], np.int64)
        self._known, self._novelty = self._what_is_known(asked)

    def _what_is_known(self, asked: Round) -> tuple[Ints, Scores]:
        """Pairs of which the round says something, as sorted keys, and how new they are."""
        met = [(one.a, one.b, one.rounds_ago) for one in asked.past]
        barred = [(a, b, 0) for a, b in asked.forbidden]  # sorts before any meeting
        rows = np.array(met + barred, np.int64).reshape(-1, 3)
        if not self.size or not len(rows):
            return np.empty(0, np.int64), np.empty(0, np.int16)
        ids = np.array([peer.id for peer in self.peers], np.int64)
        at = np.minimum(np.searchsorted(ids, rows[:, :2]), self.size - 1)
        here = (ids[at] == rows[:, :2]).all(axis=1)
        keys, ago = self._keys(at[here, 0], at[here, 1]), rows[here, 2]
        in_order = np.lexsort((ago, keys))
        keys, ago = keys[in_order], ago[in_order]
        latest = np.ones(len(keys), bool)
        latest[1:] = keys[1:] != keys[:-1]
        keys, ago = keys[latest], ago[latest]
        rounds, at = np.unique(ago, return_inverse=True)
        told = np.array([_novelty(one, asked.window) for one in rounds.tolist()], np.int16)
        return keys, told[at]

    def _keys(self, a: Ints, b: Ints) -> Ints:
        return np.minimum(a, b) * self.size + np.maximum(a, b)

    def scores(self, a: Ints, b: Ints) -> Scores:
        """Score the pairs of two arrays, which are broadcast against each other."""
        a, b = np.broadcast_arrays(a, b)
        found = self.fits(a, b)
        if len(self._known):
            keys = self._keys(a, b)
            at = np.minimum(np.searchsorted(self._known, keys), len(self._known) - 1)
            hit = (self._known[at] == keys) & (found != NEVER)
            found[hit] = _with_past(found[hit], self._novelty[at[hit]])
        return found

    def fits(self, a: Ints, b: Ints) -> Scores:
        """Score pairs as if nobody had met or blocked anyone."""
        never = (self.adult[a] != self.adult[b]) | (a == b)
        never |= ~_meet(self.languages[a], self.languages[b])
        never |= ~_meet(self.circles[a], self.circles[b])
        never |= _meet(self.avoid[a], self.topics[b]) | _meet(self.topics[a], self.avoid[b])
        found = _FIT[self.role[a], self.role[b]] + np.int16(NEW)
        found += np.where(self.first[a] == self.first[b], _FIRST, _OTHER)
        found += np.where(self.newcomer[a] & self.newcomer[b], np.int16(0), _SEASONED)
        hours = _shared(self.hours[a], self.hours[b], _MOST_HOURS)
        found += _WISHES[hours * _STEP + _shared(self.topics[a], self.topics[b], _MOST_TOPICS)]
        found[never] = NEVER
        return found

    def met_lately(self, one: int) -> bool:
        """Whether this person fits somebody whom they may not meet only because they just did."""
        a, b = np.divmod(self._known[self._novelty == _LATELY], self.size)
        others = np.concatenate([b[a == one], a[b == one]])
        return bool((self.fits(np.full_like(others, one), others) >= 0).any())

    def among(self, people: Ints) -> Scores:
        """Every score among some people, as a square."""
        return self.scores(people[:, None], people[None, :])

    def edges(self, a: Ints, b: Ints) -> Edges:
        """Those of some pairs that may meet, each once."""
        keys = np.unique(self._keys(a, b))
        a, b = np.divmod(keys, max(self.size, 1))
        score = self.scores(a, b)
        allowed = score >= 0
        return Edges(a[allowed], b[allowed], score[allowed])

    def all_edges(self) -> Edges:
        """Every pair that may meet."""
        return self.edges(*np.triu_indices(self.size, 1))

    def nearest(
        self,
        people: Ints,
        prices: Floats,
        count: int,
        dice: np.random.Generator,
        share: int = 1,
    ) -> Edges:
        """For each of some people, about the `count` others who give most beyond their price.

        With `share`, each looks at a random one in so many only: enough to estimate prices with.
        """
        rows: list[Ints] = []
        columns: list[Ints] = []
        cost = np.rint(prices * FINE).astype(np.int16)
        for circle, others in self._circles(people):
            step = max(1, BLOCK * share // len(others))
            for start in range(0, len(circle), step):
                some = circle[start : start + step]
                seen = dice.permutation(others)[: -(-len(others) // share)]
                gain = self._fits(some, seen) * np.int16(FINE) - cost[seen]
                row, column = _best(gain, count)
                rows.append(some[row])
                columns.append(seen[column])
        return self.edges(np.concatenate(rows), np.concatenate(columns))

    def _circles(self, people: Ints) -> Iterator[tuple[Ints, Ints]]:
        """People of the same languages, circles and age, and all who share one of each."""
        kinds = np.column_stack([self.languages, self.circles, self.adult.astype(np.uint64)])
        first, kind = np.unique(kinds[people], axis=0, return_index=True, return_inverse=True)[1:]
        of_kind, one = kind.ravel(), people[first]
        meet = _meet(self.languages[one][:, None], self.languages[one][None, :])
        meet &= _meet(self.circles[one][:, None], self.circles[one][None, :])
        meet &= self.adult[one][:, None] == self.adult[one][None, :]
        for number in range(len(first)):
            yield people[of_kind == number], people[meet[number][of_kind]]

    def _fits(self, a: Ints, b: Ints) -> Scores:
        """Scores of all of `a` with all of `b`, who share a language, a circle and their age.

        As if they were new to each other: where they are not, `edges` says so afterwards.
        """
        found = _WISHES[
            _shared(self.hours[a][:, None], self.hours[b][None, :], _MOST_HOURS) * _STEP
            + _shared(self.topics[a][:, None], self.topics[b][None, :], _MOST_TOPICS)
        ]
        # What depends on a few kinds of people only is worked out a kind at a time.
        kind = (self.first[a] * len(ROLES) + self.role[a]) * 2 + self.newcomer[a]
        first, which = np.unique(kind, return_index=True, return_inverse=True)[1:]
        one = a[first][:, None]
        rest = _FIT[self.role[one], self.role[b]] + np.int16(NEW)
        rest += np.where(self.first[one] == self.first[b], _FIRST, _OTHER)
        rest += np.where(self.newcomer[one] & self.newcomer[b], np.int16(0), _SEASONED)
        found += rest[which]
        avoided = _meet(self.avoid[a][:, None], self.topics[b][None, :])
        avoided |= _meet(self.topics[a][:, None], self.avoid[b][None, :])
        avoided |= a[:, None] == b[None, :]
        found[avoided] = NEVER
        return found


_BARRED, _LATELY, _REPEAT = -3, -2, -1

_MOST_HOURS, _MOST_TOPICS = len(HOURS) - 1, len(TOPICS) - 1
_STEP = np.uint8(len(TOPICS))
_WISHES = np.array([hours + topics for hours in HOURS for topics in TOPICS], np.int16)
_FIT = np.array([[role_fit(one, other) for other in ROLES] for one in ROLES], np.int16)
_FIRST, _OTHER = np.int16(FIRST_LANGUAGE), np.int16(OTHER_LANGUAGE)
_SEASONED = np.int16(SEASONED)


def _novelty(rounds_ago: int, window: int) -> int:
    if not rounds_ago:
        return _BARRED
    if rounds_ago <= GAP:
        return _LATELY
    again = new_again(rounds_ago, window)
    return _REPEAT if again is None else again


def _with_past(scores: Scores, novelty: Scores) -> Scores:
    again = np.where(novelty == _REPEAT, np.int16(0), scores - np.int16(NEW) + novelty)
    return np.where(novelty <= _LATELY, np.int16(NEVER), again).astype(np.int16)


def _best(gain: Scores, count: int) -> tuple[Ints, Ints]:
    """Row and column of about the `count` largest of each row, the columns being in any order."""
    people, others = gain.shape
    if others <= 2 * BINS:
        best: Ints = gain.argpartition(max(others - count, 0), axis=1)[:, -count:]
        return np.repeat(np.arange(people, dtype=np.int64), best.shape[1]), best.ravel()
    deep = -(-others // BINS)
    padded = np.full((people, deep * BINS), np.iinfo(np.int16).min, np.int16)
    padded[:, :others] = gain
    bins = padded.reshape(people, deep, BINS)
    tops: Scores = bins.max(axis=1)
    best: Ints = tops.argpartition(BINS - count, axis=1)[:, -count:]
    row: Ints = np.repeat(np.arange(people, dtype=np.int64), count)
    place = bins[row, :, best.ravel()].argmax(axis=1)
    return row, place * BINS + best.ravel()


def _numbered(words: Sequence[str]) -> Ints:
    place = {word: at for at, word in enumerate(sorted(set(words)))}
    return np.array([place[word] for word in words], np.int64)


def _bits(sets: Sequence[Collection[Any]]) -> Bits:
    """Sets as rows of bits, 64 to a word."""
    place = {one: at for at, one in enumerate(sorted({one for row in sets for one in row}))}
    found = np.zeros((len(sets), (len(place) + 63) // 64 or 1), np.uint64)
    row = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    word, bit = np.divmod(np.array([place[one] for row in sets for one in row], np.int64), 64)
    np.bitwise_or.at(found, (row, word), np.uint64(1) << bit.astype(np.uint64))
    return found


def _meet(one: Bits, other: Bits) -> NDArray[np.bool_]:
    """Whether sets share anything; their words are the last axis."""
    found = (one[..., 0] & other[..., 0]) != 0
    for word in range(1, one.shape[-1]):
        found |= (one[..., word] & other[..., word]) != 0
    return found


def _shared(one: Bits, other: Bits, most: int) -> NDArray[np.uint8]:
    """How much sets share, up to `most`; the hours of a week, the largest, fit in 8 bits."""
    found = np.bitwise_count(one[..., 0] & other[..., 0])
    for word in range(1, one.shape[-1]):
        found += np.bitwise_count(one[..., word] & other[..., word])
    return np.minimum(found, np.uint8(most), out=found)
