"""Mends slips of the fingers, towards the words that the FAQ itself uses.

There is no dictionary, and a word that the FAQ does not use may still be a good word: so only what
is very near to a known word is mended, and the rest stays as it was typed.
"""

from __future__ import annotations

from bisect import bisect_left
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


class Speller:
    """Knows the words of one FAQ and how often each is used."""

    __slots__ = ("_count", "_words")

    def __init__(self, count: Mapping[str, int]) -> None:
        self._count = dict(count)
        self._words = sorted(self._count)

    def begins(self, start: str) -> bool:
        """Whether some word of the FAQ begins with `start`."""
        at = bisect_left(self._words, start)
        return at < len(self._words) and self._words[at].startswith(start)

    def mend(self, words: list[str]) -> list[str]:
        """`words` with each unknown one replaced by the known word it most likely was."""
        left = MOST_CORRECTIONS
        mended: list[str] = []
        for word in words:
            if left and len(word) >= SHORTEST and word not in self._count:
                left -= 1
                mended.append(self._nearest(word))
            else:
                mended.append(word)
        return mended

    def _nearest(self, word: str) -> str:
        slips = 2 if len(word) >= TWO_SLIPS_FROM else 1
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=slips, limit=8)
        # The first letter is the one people hit; after that the commoner word is the likelier.
        ranked = (
            (distance, known[0] != word[0], -self._count[known], known)
            for known, distance, _ in near
        )
        return min(ranked, default=(0, False, 0, word))[-1]
