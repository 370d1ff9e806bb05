"""Mends slips of the fingers, towards the words that the FAQ itself uses.

There is no dictionary: a word that the FAQ does not use may still be a good word, so a correction is
only an offer with a weight, and what is far from every known word stays as it was typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 4
"""Letters below which a word is left alone: too many short words are one slip apart."""
TWO_SLIPS_FROM = 8
"""Letters from which a second slip is looked past."""
MOST_CORRECTIONS = 12
"""Unknown words looked up in one text, so that a wall of noise costs no more than a question."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A known word that may have been meant, and how many slips away it is."""

    word: str
    slips: int


class Speller:
    """Knows the words of one FAQ and how often each is used."""

    __slots__ = ("_count", "_words")

    def __init__(self, count: Mapping[str, int]) -> None:
        self._count = dict(count)
        self._words = sorted(self._count)

    def knows(self, word: str) -> bool:
        """Whether the FAQ uses `word`."""
        return word in self._count

    def correct(self, word: str) -> Correction | None:
        """The likeliest known word for an unknown one; None when nothing is near."""
        if len(word) < SHORTEST:
            return None
        allowed = 2 if len(word) >= TWO_SLIPS_FROM else 1
        near = process.extract(
            word, self._words, scorer=OSA.distance, score_cutoff=allowed, limit=8
        )
        if not near:
            return None
        # The first letter is the one people hit; after that the commoner word is the likelier.
        best, slips, _ = min(
            near, key=lambda n: (n[1], n[0][0] != word[0], -self._count[n[0]], n[0])
        )
        return Correction(best, int(slips))

    def mend(self, words: list[str]) -> list[str]:
        """`words` with each unknown one replaced by the known word it most likely was."""
        left = MOST_CORRECTIONS
        mended: list[str] = []
        for word in words:
            if word in self._count or left == 0:
                mended.append(word)
                continue
            left -= 1
            correction = self.correct(word)
            mended.append(correction.word if correction else word)
        return mended
