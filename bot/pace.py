"""How often one person may do something that others see."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within any stretch of `within`."""

    times: int
    within: timedelta


class Pace:
    """Counts in memory only, by a key such as a person's id; a restart forgets it.

    A key is forgotten when its longest stretch is over, and past `remembered` keys the one unused
    for longest.
    """

    def __init__(self, *limits: Limit, remembered: int = 10_000) -> None:
        if not limits:
            raise ValueError("a pace needs a limit")
        self._limits = limits
        self._longest = max(limit.within for limit in limits)
        self._remembered = remembered
        self._taken: OrderedDict[int, tuple[datetime, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, key: int, now: datetime) -> timedelta:
        """Count one more and give zero; over a limit, count nothing and give how long to wait."""
        self._forget(now)
        taken = [moment for moment in self._taken.pop(key, ()) if now - moment < self._longest]
        wait = timedelta()
        for limit in self._limits:
            inside = [moment for moment in taken if now - moment < limit.within]
            if len(inside) >= limit.times:
                wait = max(wait, inside[-limit.times] + limit.within - now)
        if not wait:
            taken.append(now)
        self._taken[key] = tuple(taken)
        if len(self._taken) > self._remembered:
            self._taken.popitem(last=False)
        return wait

    def give_back(self, key: int) -> None:
        """Uncount the last one: it did not come about."""
        if key in self._taken:
            self._taken[key] = self._taken[key][:-1]

    def _forget(self, now: datetime) -> None:
        """Let go of those whose last time is too long ago to matter, the longest unused first."""
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if taken and now - taken[-1] < self._longest:
                return
            del self._taken[key]


def take(now: datetime, *paces: tuple[Pace, int]) -> timedelta:
    """Count one more on each pace under its key; over a limit of any of them, on none.

    Gives zero, or how long to wait.
    """
    for number, (pace, key) in enumerate(paces):
        wait = pace.take(key, now)
        if wait:
            for before, its_key in paces[:number]:
                before.give_back(its_key)
            return wait
    return timedelta()
