"""Keeps what is costly to make while it is used: at most so much of it, and not for longer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Kept(Generic[V]):
    value: V
    weight: int
    used_at: float
    """UTC epoch seconds, which take half the memory of a datetime."""


class Shelf(Generic[K, V]):
    """Values by key; the ones unused for longest go first when their weights grow too much.

    The newest value stays even when it alone is heavier than all may be together.
    """

    def __init__(self, *, most: int, weight: int, unused: timedelta) -> None:
        self._most = most
        self._limit = weight
        self._unused = unused.total_seconds()
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()
        self.weight = 0
        """Of everything kept."""

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def get(self, key: K, now: datetime) -> V | None:
        """Give what is kept under a key, and remember that it was used."""
        self.drop_unused(now)
        found = self._kept.get(key)
        if found is None:
            return None
        found.used_at = now.timestamp()
        self._kept.move_to_end(key)
        return found.value

    def put(self, key: K, value: V, weight: int, now: datetime) -> None:
        """Keep a value, and let others go to make room."""
        self.let_go(key)
        self._kept[key] = _Kept(value, weight, now.timestamp())
        self.weight += weight
        self.drop_unused(now)
        while len(self._kept) > 1 and (len(self._kept) > self._most or self.weight > self._limit):
            self._pop_oldest()

    def let_go(self, key: K) -> None:
        """Drop what is kept under one key, if anything is."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.weight -= kept.weight

    def drop(self, is_meant: Callable[[K], bool]) -> None:
        """Let go of what is kept under the keys that are meant."""
        for key in [key for key in self._kept if is_meant(key)]:
            self.let_go(key)

    def drop_unused(self, now: datetime) -> None:
        """Let go of what was not used for too long."""
        since = now.timestamp() - self._unused
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.used_at >= since:
                return
            self._pop_oldest()

    def _pop_oldest(self) -> None:
        _, kept = self._kept.popitem(last=False)
        self.weight -= kept.weight
