"""Makes what is costly to make once, however many threads ask for it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import TypeVar

V = TypeVar("V")


def made_once(most: int) -> Callable[[Callable[[str], V]], Callable[[str], V]]:
    """Keep what is made for a word, for the `most` words last used.

    `lru_cache` alone lets all who ask before it is made make it as well.
    """

    def kept_of(make: Callable[[str], V]) -> Callable[[str], V]:
        kept = lru_cache(most)(make)
        making: dict[str, Lock] = {}

        @wraps(make)
        def made(word: str) -> V:
            with making.setdefault(word, Lock()):
                return kept(word)

        return made

    return kept_of
