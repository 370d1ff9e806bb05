"""The semantic tier: how near what a question means is to what an entry means.

Four views, each about 0..1: the *nearest* phrasing, the *centre* of all, the nearest *passage* of
the answer, and a *head* that learned from the entries themselves which directions tell them apart
(a ridge regression from each of their texts to its entry, in closed form). Centre and head are one
matrix; what lies nearest is looked at only where these are high, so that thousands of entries stay
cheap.

Of a question in another language than the entry's, only what is common to all languages is looked
at: the nearest phrasing and the centre. Head and passages were no help there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cogs.faq.search.encoder import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cogs.faq.search.lexical import Floats, Ints

# Chosen over the sets of benchmarks/faq together, as the figures of `lexical` are.
NEAREST, CENTRE, PASSAGE, HEAD = 0.21, 0.34, 0.14, 0.31
"""Weights of the four views; they add up to 1."""
CHANCE = 0.065
"""Likeness that any two texts have; a constant of the encoder."""
NEAREST_ACROSS, CENTRE_ACROSS = 0.3, 0.45
"""Weights of the two views across languages. They add up to less than 1, so that a likeness across
is worth as much as one within that is as often right."""
RIDGE = 1.0
"""What holds the head back from learning its few texts by heart."""
LOOKED_AT = 256
"""Entries of which every text is compared."""
ROWS_AT_ONCE = 4096


class Meaning:
    """The meanings of some entries, in the order given. Immutable once built."""

    __slots__ = ("_common", "_common_from", "_common_said", "_passages", "_said", "_whole")

    def __init__(
        self,
        said: Sequence[Sequence[bytes]],
        passages: Sequence[Sequence[bytes]],
        common_from: int = 0,
    ) -> None:
        """Takes packed vectors: for each entry at least one phrasing, and its answer's passages.

        From `common_from` on they are much the same in every language.
        """
        self._said = _Rows.of(said)
        self._common_from = common_from
        self._common_said = self._said.beyond(common_from)
        # An answer that says nothing is as near as the entry is.
        self._passages = _Rows.of([a or q for a, q in zip(passages, said, strict=True)])
        width = len(said[0][0])
        self._common = np.empty((len(said), width - common_from), np.float16)
        sums = np.zeros((len(said), width), np.float32)
        spread = np.zeros((width, width), np.float32)
        centres = np.empty((len(said), width), np.float32)
        for number, (phrasings, answer) in enumerate(zip(said, passages, strict=True)):
            rows = unpack([*phrasings, *answer])
            centre = rows[: len(phrasings)].sum(axis=0)
            centres[number] = centre / np.linalg.norm(centre)
            common = centre[common_from:]
            self._common[number] = common / np.linalg.norm(common)
            sums[number] = rows.sum(axis=0)
            spread += rows.T @ rows
        spread.flat[:: width + 1] += RIDGE
        head: Floats = np.linalg.solve(spread, sums.T).T
        centres *= CENTRE / (1 - CHANCE)
        centres += HEAD * head
        self._whole = centres

    def scores(self, question: Floats) -> Floats:
        """For each entry, how near it is to the vector of a question."""
        scores: Floats = self._whole @ question
        scores -= CENTRE * CHANCE / (1 - CHANCE)
        near = np.arange(len(scores))
        if len(near) > LOOKED_AT:
            near = np.sort(np.argpartition(-scores, LOOKED_AT)[:LOOKED_AT])
        scores[near] += NEAREST * _beyond_chance(self._said.nearest(near, question))
        scores[near] += PASSAGE * _beyond_chance(self._passages.nearest(near, question))
        return scores

    def across(self, entries: Sequence[int], question: Floats) -> Floats:
        """For some entries, in rising order, how near a question in another language is."""
        numbers = np.array(entries)
        common: Floats = question[self._common_from :].copy()
        common /= np.linalg.norm(common)
        centred = self._common[numbers].astype(np.float32) @ common
        near = np.arange(len(numbers))
        if len(near) > LOOKED_AT:
            near = np.sort(np.argpartition(-centred, LOOKED_AT)[:LOOKED_AT])
        scores = CENTRE_ACROSS * _beyond_chance(centred)
        nearest = self._common_said.nearest(numbers[near], common)
        scores[near] += NEAREST_ACROSS * _beyond_chance(nearest)
        return scores


def _beyond_chance(likeness: Floats) -> Floats:
    return ((likeness - CHANCE) / (1 - CHANCE)).clip(0)


class _Rows:
    """Packed vectors of some entries, those of one beside each other."""

    __slots__ = ("_lengths", "_rows", "_starts")

    def __init__(self, rows: npt.NDArray[np.int8], starts: Ints) -> None:
        self._rows = rows
        self._starts = starts
        self._lengths = np.concatenate(
            [
                np.linalg.norm(rows[at : at + ROWS_AT_ONCE].astype(np.float32), axis=1)
                for at in range(0, len(rows), ROWS_AT_ONCE)
            ]
        )

    @classmethod
    def of(cls, entries: Sequence[Sequence[bytes]]) -> _Rows:
        rows = [row for entry in entries for row in entry]
        packed = np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), -1)
        return cls(packed, np.cumsum([0, *map(len, entries)]))

    def beyond(self, column: int) -> _Rows:
        """Give the same rows without what stands before a column; they share their memory."""
        return _Rows(self._rows[:, column:], self._starts)

    def nearest(self, entries: Ints, question: Floats) -> Floats:
        """For each of `entries`, in rising order, the likeness of its nearest row."""
        begin, end = self._starts[entries], self._starts[entries + 1]
        counts = end - begin
        firsts = np.cumsum(counts) - counts
        at: Ints = np.arange(int(counts.sum())) + np.repeat(begin - firsts, counts)
        likeness = (self._rows[at].astype(np.float32) @ question) / self._lengths[at]
        return np.maximum.reduceat(likeness, firsts)
