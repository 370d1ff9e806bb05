"""The lexical tier: how much of a question's spelling and words an entry shares.

Two views, each scored 0..1. *Spelling* compares character n-grams, which see through endings,
compounds and slips. *Words* weighs whole words over all that an entry says, answer included.
"""

from __future__ import annotations

import math
from array import array
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
Spans = tuple[Rows, Rows]
Number = TypeVar("Number", bound=np.generic)

# All figures below were chosen over the sets of benchmarks/faq together, not for any one of them,
# and none is at a sharp peak: each neighbour costs less than a point.
SHORTEST_GRAM, LONGEST_GRAM = 2, 4
STEM = 4
"""Letters by which a word is known: "pairing" and "pairs" meet, "escucho" and "escuchan"."""
FLATTEN = 0.6
"""Power on the rarity of n-grams; at 1, one odd spelling outweighs the rest of a question."""
SATURATION, LENGTH = 1.2, 0.5
"""BM25's k1 and b."""
NEAREST, CENTRE, WORDS = 0.3, 0.4, 0.3
"""Weights of the nearest phrasing, of all phrasings together, and of the words."""

MOST_ROWS = 3000
"""Phrasings that may hold an n-gram before it is left out: what so many hold tells few of them
apart, and a question to thousands of entries stays cheap."""

_MULTIPLIER = np.array([0x9E3779B1], np.uint32)


def _grams(texts: Sequence[str]) -> tuple[Hashes, Rows]:
    """Every character n-gram of `texts` as a hash, and the number of the text it is from.

    N-grams reach over the gaps between words, for the order of words says something too.
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in texts])
    hashes: list[Hashes] = []
    rows: list[Rows] = []
    rolling = np.zeros(len(codes), np.uint32)
    for size in range(1, LONGEST_GRAM + 1):
        count = max(len(codes) - size + 1, 0)
        rolling = (rolling[:count] + codes[size - 1 :]) * _MULTIPLIER
        if size >= SHORTEST_GRAM:
            whole = owners[:count] == owners[size - 1 :]
            hashes.append(rolling[whole])
            rows.append(owners[:count][whole])
    return np.concatenate(hashes), np.concatenate(rows)


def _grams_of(text: str) -> tuple[Hashes, Ints]:
    """Every distinct character n-gram of one text of at least two characters, in rising order, and
    how often it has it: what `_grams` finds, in few steps, for a keystroke waits for it.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    rolling = codes * _MULTIPLIER
    grams: list[Hashes] = []
    for size in range(2, LONGEST_GRAM + 1):
        rolling = rolling[:-1] + codes[size - 1 :]
        rolling *= _MULTIPLIER
        grams.append(rolling)
    hashes = np.concatenate(grams)
    hashes.sort()
    edge = np.empty(len(hashes) + 1, np.bool_)
    edge[0] = edge[-1] = True
    np.not_equal(hashes[1:], hashes[:-1], out=edge[1:-1])
    edges = edge.nonzero()[0]
    return hashes[edges[:-1]], edges[1:] - edges[:-1]


def _stems(texts: Iterable[str]) -> tuple[Hashes, Ints]:
    """Every word of `texts` by its stem, as a hash, and how many words each text has."""
    hashes = array("I")
    lengths: list[int] = []
    for text in texts:
        words = text.split()
        lengths.append(len(words))
        hashes.extend(crc32(word[:STEM].encode()) for word in words)
    return np.array(hashes, np.uint32), np.array(lengths)


class _Postings:
    """An inverted index: for each feature, the rows that hold it."""

    __slots__ = ("_features", "_rows", "_size", "_starts")

    def __init__(self, features: Hashes, starts: Ints, rows: Rows, size: int) -> None:
        self._features = features
        self._starts = starts.astype(np.int32)
        self._rows = rows
        self._size = size

    def find(self, hashes: Hashes) -> tuple[Ints, Flags]:
        """Where each of `hashes` stands among the features, and whether it does."""
        at = self._features.searchsorted(hashes)
        return at, self._features.take(at, mode="clip") == hashes

    def spans(self, at: Ints) -> Spans:
        """Where the rows begin and end that hold each of the features `at`."""
        return self._starts.take(at), self._starts.take(at + 1)

    def rows(self, spans: Spans) -> Rows:
        """Give the rows of some features after each other."""
        return _joined(self._rows, spans)

    def sums(self, spans: Spans, weights: Doubles | Floats) -> Doubles:
        """For each row, the sum of the `weights` that stand beside it in `rows`."""
        return np.bincount(self.rows(spans), weights, self._size).astype(np.float64, copy=False)


def _joined(column: npt.NDArray[Number], spans: Spans) -> npt.NDArray[Number]:
    """Give parts of a column after each other."""
    begins, ends = spans
    # Copying runs is several times faster than gathering the same elements by index.
    runs = [column[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    return np.concatenate(runs) if runs else column[:0]


def _count(hashes: Hashes, rows: Rows) -> tuple[Hashes, Rows, Rows, Floats]:
    """Distinct features; then, for each pair of feature and row: feature, row, occurrences."""
    # One sort of both halves in one number needs a third of the memory of sorting by columns.
    keys = hashes.astype(np.uint64) << np.uint64(32) | rows.astype(np.uint64)
    keys.sort()
    first = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    counts = np.diff(first, append=len(keys)).astype(np.float32)
    keys = keys[first]
    where = (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)
    keys >>= np.uint64(32)
    change = np.diff(keys, prepend=~keys[:1]) != 0
    which = np.cumsum(change, dtype=np.int32) - np.int32(1)
    return keys[change].astype(np.uint32), which, where, counts


def _rarity(entries: Ints | int, size: int) -> Floats:
    return np.log((size + 1) / (np.asarray(entries, np.float32) + 0.5)).astype(np.float32)


class _Spelling:
    """Cosines of TF-IDF over character n-grams, with each entry's phrasings as rows.

    Rarity counts entries, not phrasings: what one entry says ten times is still its own.
    """

    __slots__ = ("_begun", "_centres", "_postings", "_rarity", "_starts", "_unseen", "_whole")

    def __init__(self, entries: Sequence[Sequence[str]]) -> None:
        texts = [f" {text} " for text in chain.from_iterable(entries)]
        size = len(entries)
        sizes = [len(entry) for entry in entries]
        entry_of = np.repeat(np.arange(size, dtype=np.int32), sizes)
        self._starts = np.cumsum([0, *sizes[:-1]])
        features, which, where, counts = _count(*_grams(texts))

        # Rows of one entry stand together, so pairs of feature and entry do as well.
        entry = entry_of[where]
        change = (np.diff(which, prepend=-1) != 0) | (np.diff(entry, prepend=-1) != 0)
        first = np.flatnonzero(change)
        held_by = np.bincount(which[first], minlength=len(features))
        self._rarity = _rarity(held_by, size) ** np.float32(FLATTEN)
        self._unseen = float(_rarity(0, size) ** FLATTEN)

        weights: Floats = (counts * self._rarity[which]).astype(np.float32)
        lengths = np.sqrt(np.bincount(where, weights**2, len(texts)))
        weights /= lengths[where].astype(np.float32)
        sums = np.add.reduceat(weights, first)
        self._centres = np.sqrt(np.bincount(entry[first], sums**2, size)).astype(np.float32)
        # Weights are not kept: a row stands at an n-gram as often as it holds it, and weighs the
        # n-gram's rarity there, over the row's length.
        self._whole = (1 / lengths).astype(np.float32)
        # A long phrasing is no worse for what has not been typed yet: half of the division by its
        # length is taken back.
        self._begun = (np.sqrt(lengths / lengths.mean()) / lengths).astype(np.float32)
        kept = (np.bincount(which, minlength=len(features)) <= MOST_ROWS)[which]
        which, where, times = which[kept], where[kept], counts[kept].astype(np.int32)
        rows = np.bincount(which, times, len(features)).astype(np.int64)
        starts = np.concatenate(([0], rows.cumsum()))
        self._postings = _Postings(features, starts, where.repeat(times), len(texts))

    def _rows(self, text: str) -> Doubles:
        """For each row, what it shares with a text; times its own share, their cosine."""
        hashes, counts = _grams_of(text)
        at, known = self._postings.find(hashes)
        rarity = self._rarity.take(at, mode="clip")
        rarity[~known] = self._unseen
        weights = counts * rarity
        length = math.sqrt(weights @ weights)
        weights *= rarity
        weights /= length
        spans = self._postings.spans(at[known])
        shared = weights[known].repeat(spans[1] - spans[0])
        return self._postings.sums(spans, shared)

    def scores(self, text: str) -> tuple[Floats, Floats]:
        """For each entry, how near its nearest phrasing is and how near all of them together."""
        rows = self._rows(f" {text} ")
        rows *= self._whole
        nearest = np.maximum.reduceat(rows, self._starts)
        centre = np.add.reduceat(rows, self._starts) / self._centres
        return nearest.astype(np.float32), centre.astype(np.float32)

    def begun(self, text: str) -> Floats:
        """For each entry, how much of half-typed `text` its nearest phrasing holds."""
        rows = self._rows(f" {text}")
        rows *= self._begun
        return np.maximum.reduceat(rows, self._starts).astype(np.float32)


class _Words:
    """BM25 over everything that an entry says, as a share of what the question could reach."""

    __slots__ = ("_postings", "_rarity", "_unseen", "_weights")

    def __init__(self, entries: Iterable[str]) -> None:
        hashes, lengths = _stems(entries)
        size = len(lengths)
        features, which, where, counts = _count(
            hashes, np.repeat(np.arange(size, dtype=np.int32), lengths)
        )
        held_by = np.bincount(which, minlength=len(features))
        self._rarity = _rarity(held_by, size)
        self._unseen = float(_rarity(0, size))
        relative = 1 - LENGTH + LENGTH * lengths / lengths.mean()
        self._weights = (counts / (counts + SATURATION * relative[where])).astype(np.float32)
        starts = np.searchsorted(which, np.arange(len(features) + 1))
        self._postings = _Postings(features, starts, where, size)

    def scores(self, text: str) -> Floats:
        spans, weights = self._weighed(text)
        weights = weights * _joined(self._weights, spans)
        return self._postings.sums(spans, weights).astype(np.float32)

    def explained(self, text: str, entry: int) -> float:
        """How much of what the words of a question weigh is in words that `entry` has."""
        spans, weights = self._weighed(text)
        return float(weights[self._postings.rows(spans) == entry].sum())

    def _weighed(self, text: str) -> tuple[Spans, Floats]:
        """Where entries stand that have words of a text, and what each of these words weighs."""
        stems = {crc32(word[:STEM].encode()) for word in text.split()}
        at, known = self._postings.find(np.array(sorted(stems), np.uint32))
        weights = self._rarity.take(at, mode="clip")
        weights[~known] = self._unseen
        weights /= weights.sum()
        begins, ends = self._postings.spans(at[known])
        return (begins, ends), weights[known].repeat(ends - begins)


class Lexical:
    """Both views of the same entries, in the order given. Immutable once built."""

    __slots__ = ("_asked", "_spelling", "_words")

    def __init__(self, phrasings: Sequence[Sequence[str]], answers: Sequence[str]) -> None:
        """Reads plain texts: for each entry at least one phrasing, none empty, and its answer."""
        self._spelling = _Spelling(phrasings)
        self._asked = _Words(map(" ".join, phrasings))
        self._words = _Words(
            " ".join((*texts, answer)) for texts, answer in zip(phrasings, answers, strict=True)
        )

    def scores(self, text: str) -> Floats:
        """For each entry, how well it fits a question of at least one word, 0..1."""
        nearest, centre = self._spelling.scores(text)
        scores = NEAREST * nearest + CENTRE * centre + WORDS * self._words.scores(text)
        return np.minimum(scores, 1, out=scores)

    def explained(self, text: str, entry: int) -> float:
        """How much of a question of at least one word the phrasings of `entry` account for, 0..1.

        By words and their rarity: "my friend" in "my friend wants to die" is little of it.
        """
        return self._asked.explained(text, entry)

    def begun(self, text: str) -> Floats:
        """For each entry, how well it fits a half-typed question; comparable within one call."""
        return self._spelling.begun(text) + self._words.scores(text)
