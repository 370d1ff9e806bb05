"""Mends slips of the fingers, towards the words that the FAQ itself uses.

A word that the FAQ does not use may still be a good word: so only what is very near to a known word
is mended, and the rest stays as it was typed. Where there is a dictionary, its words stay too.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

import numpy as np
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


class Dictionary(Protocol):
    """What knows words beyond those of an FAQ."""

    def knows(self, word: str) -> bool:
        """Whether it is a word of some language."""
        ...

    def nearest(self, word: str) -> str:
        """Give the common word that is one slip away, else the same."""
        ...


class Speller:
    """Knows the words of one FAQ and how often each is used."""

    __slots__ = ("_count", "_lengths", "_letters", "_words")

    def __init__(self, count: Mapping[str, int]) -> None:
        self._count = dict(count)
        self._words = sorted(self._count)
        self._lengths = np.fromiter(map(len, self._words), np.int16)
        self._letters = np.fromiter(map(_letters, self._words), np.uint32)

    def begins(self, start: str) -> bool:
        """Whether some word of the FAQ begins with `start`."""
        at = bisect_left(self._words, start)
        return at < len(self._words) and self._words[at].startswith(start)

    def mend(self, words: list[str], dictionary: Dictionary | None = None) -> list[str]:
        """`words` with each unknown one replaced by the known word it most likely was.

        With a `dictionary`, what it knows stays, and what is near to no word of the FAQ may become
        one of its own.
        """
        left = MOST_CORRECTIONS
        mended: list[str] = []
        for word in words:
            known = len(word) < SHORTEST or word in self._count
            if known or not left or (dictionary is not None and dictionary.knows(word)):
                mended.append(word)
                continue
            left -= 1
            nearest = self._nearest(word)
            if nearest == word and dictionary is not None:
                nearest = dictionary.nearest(word)
            mended.append(nearest)
        return mended

    def _nearest(self, word: str) -> str:
        slips = 2 if len(word) >= TWO_SLIPS_FROM else 1
        near = process.extract(
            word, self._near(word, slips), scorer=OSA.distance, score_cutoff=slips, limit=8
        )
        # The first letter is the one people hit; after that the commoner word is the likelier.
        ranked = (
            (distance, known[0] != word[0], -self._count[known], known)
            for known, distance, _ in near
        )
        return min(ranked, default=(0, False, 0, word))[-1]

    def _near(self, word: str, slips: int) -> list[str]:
        """Give the known words that can be so many slips away, going by their letters alone.

        A slip adds a letter or takes one, or puts one in the place of another: seen are a word's
        length and which letters it has, of which a slip changes no more than two in all.
        """
        apart = np.bitwise_count(self._letters ^ np.uint32(_letters(word)))
        apart = apart + np.abs(self._lengths - len(word))
        return [self._words[at] for at in (apart <= 2 * slips).nonzero()[0].tolist()]


def _letters(word: str) -> int:
    """Which letters a word has, a bit each; letters of other alphabets share them."""
    has = 0
    for letter in word:
        has |= 1 << (ord(letter) & 31)
    return has
