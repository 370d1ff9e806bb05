"""Counts what happened, for `/metrics`.

Nothing is counted, and the library that counts is not loaded, until `begin` is called: a host who
asked for no figures pays neither time nor memory for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot import __version__
from bot.clock import Clock

if TYPE_CHECKING:
    from bot.outside.meters import Meters

_NAME = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a feature lets be read, such as how much it holds in memory now."""

    name: str
    """`<feature>_<what>_<unit>`, in lower case; shown with `alongside_` before it."""
    meaning: str
    read: Callable[[], float]

    def __post_init__(self) -> None:
        """Refuse a name that monitoring could not read."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name} is no name for a figure: lower-case words joined by _")


class Figures:
    """One for the process. Features register theirs; the rest is told as it happens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, Figure] = {}
        self._meters: Meters | None = None
        self.committed_at: datetime | None = None
        """When something was last committed; before that, when counting began."""

    def register(self, figure: Figure) -> None:
        """Let a figure of a feature be read whenever somebody looks."""
        if figure.name in self._given:
            raise ValueError(f"{figure.name} is given already")
        self._given[figure.name] = figure

    def begin(self) -> None:
        """Count from now on."""
        # Costs some 50 ms of start-up and 3 MB, which only those pay who want figures.
        from bot.outside.meters import Meters

        self._meters = Meters(__version__)
        self.committed_at = self._clock()

    @property
    def counting(self) -> bool:
        """Whether somebody may look."""
        return self._meters is not None

    def handled(self, kind: str, name: str, seconds: float) -> None:
        """An interaction was handled, its answer included."""
        if self._meters is not None:
            self._meters.interactions.labels(kind, name).observe(seconds)

    def refused(self, key: str) -> None:
        """Somebody read a refusal; `key` is that of its sentence."""
        if self._meters is not None:
            self._meters.refusals.labels(key).inc()

    def unanswered(self, reason: str) -> None:
        """An interaction could not be answered."""
        if self._meters is not None:
            self._meters.unanswered.labels(reason).inc()

    def requested(self, status: int) -> None:
        """Discord answered a request."""
        if self._meters is not None:
            self._meters.requests.labels(str(status)).inc()

    def committed(self, seconds: float) -> None:
        """A transaction is on the disk, so long after its last statement."""
        if self._meters is not None:
            self.committed_at = self._clock()
            self._meters.commits.observe(seconds)

    def settled(self, kind: str, state: str) -> None:
        """A promised message came to its end."""
        if self._meters is not None:
            self._meters.settled.labels(kind, state).inc()

    def taken(
        self,
        now: Mapping[str, float],
        outbox: Mapping[str, int] | None,
        gateway: Mapping[int, float],
    ) -> Callable[[], bytes]:
        """Take those of this moment; gives what writes all down for Prometheus, on any thread."""
        if self._meters is None:
            raise RuntimeError("nothing is counted yet")
        self._meters.take(now, outbox, gateway, self._given.values())
        return self._meters.written
