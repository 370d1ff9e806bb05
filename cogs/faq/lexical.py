"""The lexical tier: how much of a question's spelling and words an entry shares.

Two views, each 0..1: character n-grams (cosine of TF-IDF, the nearest phrasing counts) see through
endings, compounds and slips; whole words (BM25 over all that an entry says) weigh what it is about.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
STEM = 6
"""Letters by which a word is known: "pairing" and "pairings", "escuchar" and "escuchan"."""
SATURATION, LENGTH = 1.2, 0.5


def stem(word: str) -> str:
    """The part of `word` that its other forms share."""
    return word[:STEM]


def grams(texts: list[str]) -> tuple[Hashes, Ints]:
    """Every character n-gram of `texts` as a hash, and the number of the text it is from.

    N-grams reach over the ends of words, for the order of words says something too.
    """
    padded = [f" {text} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    hashes: list[Hashes] = []
    owners: list[Ints] = []
    rolling = np.zeros(len(codes), np.uint64)
    for size in range(1, LONGEST_GRAM + 1):
        count = max(len(codes) - size + 1, 0)
        rolling = (rolling[:count] + codes[size - 1 :]) * _MULTIPLIER
        if size >= SHORTEST_GRAM:
            whole = rows[:count] == rows[size - 1 :]
            hashes.append(rolling[whole])
            owners.append(rows[:count][whole])
    return np.concatenate(hashes), np.concatenate(owners)


def word_hashes(texts: list[list[str]]) -> tuple[Hashes, Ints]:
    """Every word of `texts` by its stem, as a hash, and the number of the text it is from."""
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    codes = [crc32(stem(word).encode()) for text in texts for word in text]
    return np.array(codes, np.uint64), rows


class Postings:
    """An inverted index: for each feature, the rows that hold it and how much it weighs there."""

    __slots__ = ("_features", "_rows", "_size", "_starts", "frequency", "weights")

    def __init__(self, hashes: Hashes, rows: Ints, size: int) -> None:
        self._features, index = np.unique(hashes, return_inverse=True)
        keys, counts = np.unique(index.astype(np.int64) * size + rows, return_counts=True)
        which, where = np.divmod(keys, size)
        self._starts = np.searchsorted(which, np.arange(len(self._features) + 1))
        self._rows = where.astype(np.int32)
        self._size = size
        self.weights = counts.astype(np.float32)
        self.frequency = np.diff(self._starts)

    @property
    def rows(self) -> npt.NDArray[np.int32]:
        """The row of each weight."""
        return self._rows

    def of_features(self, values: Floats) -> Floats:
        """`values`, one a feature, spread over the weights of that feature."""
        return np.repeat(values, self.frequency)

    def find(self, hashes: Hashes) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Where each of `hashes` stands among the features, and whether it does."""
        if not len(self._features):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.bool_)
        at = np.searchsorted(self._features, hashes).clip(max=len(self._features) - 1)
        return at, self._features[at] == hashes

    def dot(self, at: Ints, weights: Floats) -> Floats:
        """For each row, the sum of its weights for the features `at`, each times `weights`."""
        begin = self._starts[at]
        length = self._starts[at + 1] - begin
        where = np.arange(int(length.sum())) + np.repeat(begin - np.cumsum(length) + length, length)
        values = self.weights[where] * np.repeat(weights, length)
        return np.bincount(self._rows[where], values, self._size).astype(np.float32)


def _rarity(frequency: Ints, size: int) -> Floats:
    return np.log((size + 1) / (frequency + 0.5)).astype(np.float32)


class Spelling:
    """Cosine of TF-IDF over character n-grams; an entry is as near as its nearest phrasing."""

    def __init__(self, phrasings: list[list[str]]) -> None:
        texts = [text for entry in phrasings for text in entry]
        self._starts = np.cumsum([0, *(len(entry) for entry in phrasings[:-1])])
        self._postings = Postings(*grams(texts), len(texts))
        self._rarity = _rarity(self._postings.frequency, len(texts))
        self._unseen = float(_rarity(np.zeros(1, np.int64), len(texts))[0])
        weights = self._postings.weights * self._postings.of_features(self._rarity)
        norms = np.sqrt(np.bincount(self._postings.rows, weights**2, len(texts)))
        self._postings.weights = (weights / norms[self._postings.rows]).astype(np.float32)

    def scores(self, text: str) -> Floats:
        """For each entry, 0..1."""
        hashes, counts = np.unique(grams([text])[0], return_counts=True)
        at, known = self._postings.find(hashes)
        weights = counts * np.where(known, self._rarity[at], self._unseen)
        weights = (weights / np.sqrt((weights**2).sum())).astype(np.float32)
        rows = self._postings.dot(at[known], weights[known])
        return np.maximum.reduceat(rows, self._starts)


class Words:
    """BM25 over everything that an entry says, as a share of what the question could reach."""

    def __init__(self, entries: list[list[str]]) -> None:
        hashes, rows = word_hashes(entries)
        self._postings = Postings(hashes, rows, len(entries))
        size = len(entries)
        self._rarity = _rarity(self._postings.frequency, size)
        self._unseen = float(_rarity(np.zeros(1, np.int64), size)[0])
        lengths = np.bincount(rows, minlength=size)
        relative = 1 - LENGTH + LENGTH * lengths / max(float(lengths.mean()), 1.0)
        counts = self._postings.weights
        saturated = counts / (counts + SATURATION * relative[self._postings.rows])
        self._postings.weights = saturated.astype(np.float32)

    def scores(self, words: list[str]) -> Floats:
        """For each entry, 0..1."""
        hashes = np.unique(word_hashes([words])[0])
        at, known = self._postings.find(hashes)
        weights = np.where(known, self._rarity[at], self._unseen)
        weights = (weights / weights.sum()).astype(np.float32)
        return self._postings.dot(at[known], weights[known])
