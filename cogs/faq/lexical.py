"""The lexical tier: how much of a question's spelling and words an entry shares.

Two views, each 0..1: character n-grams (cosine of TF-IDF, the nearest phrasing counts) see through
endings, compounds and slips; whole words (BM25 over all that an entry says) weigh what it is about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SPACE = ord(" ")


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


@dataclass(frozen=True, slots=True)
class Postings:
    """An inverted index: for each feature, the rows that hold it and how much it weighs there."""

    features: Hashes
    starts: Ints
    rows: npt.NDArray[np.int32]
    weights: Floats
    size: int

    @classmethod
    def build(cls, hashes: Hashes, rows: Ints, size: int) -> tuple[Postings, Floats]:
        """Postings whose weight is the number of occurrences."""
        features, index = np.unique(hashes, return_inverse=True)
        keys, counts = np.unique(index.astype(np.int64) * size + rows, return_counts=True)
        which, where = np.divmod(keys, size)
        starts = np.searchsorted(which, np.arange(len(features) + 1))
        return cls(features, starts, where.astype(np.int32), counts.astype(np.float32), size)

    @property
    def frequency(self) -> Ints:
        return np.diff(self.starts)

    def find(self, hashes: Hashes) -> tuple[Ints, npt.NDArray[np.bool_]]:
        if not len(self.features):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.bool_)
        at = np.searchsorted(self.features, hashes).clip(max=len(self.features) - 1)
        return at, self.features[at] == hashes

    def dot(self, at: Ints, weights: Floats) -> Floats:
        begin = self.starts[at]
        length = self.starts[at + 1] - begin
        total = int(length.sum())
        offset = np.repeat(begin - np.cumsum(length) + length, length)
        where = np.arange(total) + offset
        values = self.weights[where] * np.repeat(weights, length)
        return np.bincount(self.rows[where], values, self.size).astype(np.float32)
