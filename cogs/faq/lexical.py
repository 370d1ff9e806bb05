"""The lexical tier: how much of a question's spelling and words an entry shares.

Two views, each scored 0..1. *Spelling* compares character n-grams, which see through endings,
compounds and slips. *Words* weighs whole words over all that an entry says, answer included.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

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

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def _grams(texts: Sequence[str]) -> tuple[Hashes, Ints]:
    """Every character n-gram of `texts` as a hash, and the number of the text it is from.

    N-grams reach over the gaps between words, for the order of words says something too.
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    hashes: list[Hashes] = []
    rows: list[Ints] = []
    rolling = np.zeros(len(codes), np.uint64)
    for size in range(1, LONGEST_GRAM + 1):
        count = max(len(codes) - size + 1, 0)
        rolling = (rolling[:count] + codes[size - 1 :]) * _MULTIPLIER
        if size >= SHORTEST_GRAM:
            whole = owners[:count] == owners[size - 1 :]
            hashes.append(rolling[whole])
            rows.append(owners[:count][whole])
    return np.concatenate(hashes), np.concatenate(rows)


def _stems(texts: Sequence[Sequence[str]]) -> tuple[Hashes, Ints]:
    """Every word of `texts` by its stem, as a hash, and the number of the text it is from."""
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    known: dict[str, int] = {}
    hashes: list[int] = []
    for word in chain.from_iterable(texts):
        stem = word[:STEM]
        if stem not in known:
            known[stem] = crc32(stem.encode())
        hashes.append(known[stem])
    return np.array(hashes, np.uint64), rows


class _Postings:
    """An inverted index: for each feature, the rows that hold it and how much it weighs there."""

    __slots__ = ("_features", "_rows", "_size", "_starts", "_weights")

    def __init__(
        self, features: Hashes, starts: Ints, rows: Ints, weights: Floats, size: int
    ) -> None:
        self._features = features
        self._starts = starts.astype(np.int32)
        self._rows = rows.astype(np.int32)
        self._weights = weights
        self._size = size

    def find(self, hashes: Hashes) -> tuple[Ints, Flags]:
        """Where each of `hashes` stands among the features, and whether it does."""
        at = np.searchsorted(self._features, hashes).clip(max=len(self._features) - 1)
        return at, self._features[at] == hashes

    def dot(self, at: Ints, weights: Floats) -> Floats:
        """For each row, the sum of its weights for the features `at`, each times `weights`."""
        begin = self._starts[at]
        length = self._starts[at + 1] - begin
        before = np.cumsum(length) - length
        where = np.repeat(begin - before, length) + np.arange(length.sum(), dtype=np.int32)
        values = self._weights[where] * np.repeat(weights, length)
        return np.bincount(self._rows[where], values, self._size).astype(np.float32)


def _count(hashes: Hashes, rows: Ints, size: int) -> tuple[Hashes, Ints, Ints, Ints]:
    """Distinct features; then, for each pair of feature and row: feature, row, occurrences."""
    features, index = np.unique(hashes, return_inverse=True)
    pairs, counts = np.unique(index.astype(np.int64) * size + rows, return_counts=True)
    which, where = np.divmod(pairs, size)
    return features, which, where, counts


def _rarity(entries: Ints | int, size: int) -> Floats:
    return np.log((size + 1) / (np.asarray(entries, np.float32) + 0.5)).astype(np.float32)


class _Spelling:
    """Cosines of TF-IDF over character n-grams, with each entry's phrasings as rows.

    Rarity counts entries, not phrasings: what one entry says ten times is still its own.
    """

    __slots__ = ("_centres", "_fullness", "_postings", "_rarity", "_starts", "_unseen")

    def __init__(self, entries: Sequence[Sequence[str]]) -> None:
        texts = [f" {text} " for text in chain.from_iterable(entries)]
        size = len(entries)
        sizes = [len(entry) for entry in entries]
        entry_of = np.repeat(np.arange(size), sizes)
        self._starts = np.cumsum([0, *sizes[:-1]])
        features, which, where, counts = _count(*_grams(texts), len(texts))

        # Rows of one entry stand together, so pairs of feature and entry do as well.
        pairs = which * size + entry_of[where]
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        held_by = np.bincount(which[first], minlength=len(features))
        self._rarity = _rarity(held_by, size) ** np.float32(FLATTEN)
        self._unseen = float(_rarity(0, size) ** FLATTEN)

        weights = counts * self._rarity[which]
        lengths = np.sqrt(np.bincount(where, weights**2, len(texts)))
        weights = (weights / lengths[where]).astype(np.float32)
        sums = np.add.reduceat(weights, first)
        self._centres = np.sqrt(np.bincount(pairs[first] % size, sums**2, size)).astype(np.float32)
        self._fullness = np.sqrt(lengths / lengths.mean()).astype(np.float32)
        starts = np.searchsorted(which, np.arange(len(features) + 1))
        self._postings = _Postings(features, starts, where, weights, len(texts))

    def _rows(self, text: str) -> Floats:
        hashes, counts = np.unique(_grams([text])[0], return_counts=True)
        at, known = self._postings.find(hashes)
        weights = counts * np.where(known, self._rarity[at], self._unseen)
        weights = (weights / np.sqrt(weights @ weights)).astype(np.float32)
        return self._postings.dot(at[known], weights[known])

    def scores(self, text: str) -> tuple[Floats, Floats]:
        """For each entry, how near its nearest phrasing is and how near all of them together."""
        rows = self._rows(f" {text} ")
        nearest = np.maximum.reduceat(rows, self._starts)
        centre = np.add.reduceat(rows, self._starts) / self._centres
        return nearest, centre.astype(np.float32)

    def begun(self, text: str) -> Floats:
        """For each entry, how much of half-typed `text` its nearest phrasing holds."""
        # A long phrasing is no worse for what has not been typed yet: half of the division by its
        # length is taken back.
        return np.maximum.reduceat(self._rows(f" {text}") * self._fullness, self._starts)


class _Words:
    """BM25 over everything that an entry says, as a share of what the question could reach."""

    __slots__ = ("_postings", "_rarity", "_unseen")

    def __init__(self, entries: Sequence[Sequence[str]]) -> None:
        size = len(entries)
        features, which, where, counts = _count(*_stems(entries), size)
        held_by = np.bincount(which, minlength=len(features))
        self._rarity = _rarity(held_by, size)
        self._unseen = float(_rarity(0, size))
        lengths = np.array([len(entry) for entry in entries])
        relative = 1 - LENGTH + LENGTH * lengths / lengths.mean()
        weights = (counts / (counts + SATURATION * relative[where])).astype(np.float32)
        starts = np.searchsorted(which, np.arange(len(features) + 1))
        self._postings = _Postings(features, starts, where, weights, size)

    def scores(self, words: Sequence[str]) -> Floats:
        hashes = np.unique(_stems([words])[0])
        at, known = self._postings.find(hashes)
        weights = np.where(known, self._rarity[at], self._unseen)
        weights = (weights / weights.sum()).astype(np.float32)
        return self._postings.dot(at[known], weights[known])


class Lexical:
    """Both views of the same entries, in the order given. Immutable once built."""

    __slots__ = ("_spelling", "_words")

    def __init__(self, phrasings: Sequence[Sequence[str]], answers: Sequence[str]) -> None:
        """Reads plain texts: for each entry at least one phrasing, none empty, and its answer."""
        self._spelling = _Spelling(phrasings)
        self._words = _Words(
            [
                " ".join((*texts, answer)).split()
                for texts, answer in zip(phrasings, answers, strict=True)
            ]
        )

    def scores(self, words: Sequence[str]) -> Floats:
        """For each entry, how well it fits a question of at least one word, 0..1."""
        nearest, centre = self._spelling.scores(" ".join(words))
        scores = NEAREST * nearest + CENTRE * centre + WORDS * self._words.scores(words)
        return scores.clip(0, 1)

    def begun(self, words: Sequence[str]) -> Floats:
        """For each entry, how well it fits a half-typed question; comparable within one call."""
        return self._spelling.begun(" ".join(words)) + self._words.scores(words)
