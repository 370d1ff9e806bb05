"""Which entries of an FAQ mean nearly the same, and which ways to ask lie nearer to another one.

Everything is known beforehand: the vectors of all texts are kept, so nothing is encoded, and some
thousands of ways to ask are compared with each other in a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cogs.faq.search.encoder import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cogs.faq.search.document import Document
    from cogs.faq.search.lexical import Floats

# Over what ships, whose entries differ: questions of two reach a likeness of 0.89, all that is said
# of two 0.933. Of its ways to ask, 1 in 100 lies so much nearer to another entry in English and 2
# in Spanish: those that a reader would take for the other one's.
SAME_QUESTION, SAME_WHOLE = 0.91, 0.94
"""Likeness from which two questions, or all that is said of two entries, mean the same."""
NEAREST, CENTRE = 0.4, 0.6
"""What a way to ask is compared with: the nearest other one, and all others of an entry."""
AHEAD = 0.15
"""How much nearer another entry has to be than its own."""
NEAR = 0.5
"""How near at least."""
ROWS_AT_ONCE = 512


class Kinship:
    """The ways to ask of some entries, as vectors; those of one language are compared."""

    def __init__(self, documents: Sequence[Document], vectors: Mapping[str, bytes]) -> None:
        """Takes the packed vector of every text of the entries."""
        self._documents = [document for document in documents if document.said()]
        said = [document.said() for document in self._documents]
        self._texts = [text for texts in said for text in texts]
        self._starts = np.cumsum([0, *(len(texts) for texts in said[:-1])])
        self._entry = np.repeat(np.arange(len(said)), [len(texts) for texts in said])
        languages = np.array([document.language for document in self._documents])
        self._same = languages[:, None] == languages[None, :]
        """For each entry and each other, whether they are in one language."""
        self._rows = unpack(vectors[text] for text in self._texts)
        self._sums: Floats = np.add.reduceat(self._rows, self._starts, axis=0)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Give the ids of entries that mean the same, each pair once."""
        questions = self._rows[self._starts]
        wholes = _unit(self._sums)
        alike = (questions @ questions.T >= SAME_QUESTION) | (wholes @ wholes.T >= SAME_WHOLE)
        for one, other in np.argwhere(np.triu(alike & self._same, 1)).tolist():
            yield self._documents[one].id, self._documents[other].id

    def strays(self) -> Iterator[tuple[str, str, str]]:
        """Give ways to ask that lie nearer to another entry: its id, the other's, the words.

        Each is compared as if its own entry did not have it, so one that is all its entry has is
        left out: without it there is nothing to be nearer to. Of one entry with another, the worst.
        """
        worst: dict[tuple[int, int], tuple[float, str]] = {}
        alone = np.bincount(self._entry) == 1
        for begin in range(0, len(self._rows), ROWS_AT_ONCE):
            rows = self._rows[begin : begin + ROWS_AT_ONCE]
            at = np.arange(len(rows))
            own = self._entry[begin : begin + ROWS_AT_ONCE]
            likeness: Floats = rows @ self._rows.T
            likeness[at, begin + at] = -1
            nearest = np.maximum.reduceat(likeness, self._starts, axis=1)
            centre: Floats = rows @ _unit(self._sums).T
            centre[at, own] = np.einsum("ij,ij->i", rows, _unit(self._sums[own] - rows))
            scores = NEAREST * nearest + CENTRE * centre
            mine = scores[at, own].copy()
            scores[at, own] = -1
            scores[~self._same[own]] = -1
            other = scores.argmax(axis=1)
            ahead = np.where(alone[own], 0, scores[at, other] - mine)
            for row in np.flatnonzero((ahead >= AHEAD) & (scores[at, other] >= NEAR)).tolist():
                pair = int(own[row]), int(other[row])
                found = float(ahead[row]), self._texts[begin + row]
                worst[pair] = max(worst.get(pair, found), found)
        for (one, other), (_, text) in sorted(worst.items()):
            yield self._documents[one].id, self._documents[other].id, text


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.maximum(lengths, 1e-6)).astype(np.float32)
    return unit
