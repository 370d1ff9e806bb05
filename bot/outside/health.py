"""When a running bot is well: rules about signs of life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite, nan

GATEWAY_SECONDS = 300
"""A heartbeat is acknowledged about every 41 s; after this long the connection is lost for real."""

DUE_SECONDS = 900
"""What is due is sent within seconds, or tried again within five minutes while Discord is away."""

COMMIT_SECONDS = 900
"""The runner looks for what is due at least every five minutes, and each look is a commit."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of life, in seconds; None is not known."""

    gateway: Mapping[int, float]
    """Since each shard's connection last showed life."""
    due: float | None
    """Since the oldest promise that is not yet kept fell due; 0 when there is none."""
    commit: float | None
    """Since something was last committed."""
    store: bool
    """Whether the store could be read just now."""

    @property
    def gateway_age(self) -> float:
        """That of the shard that has been quiet for longest."""
        return max(self.gateway.values(), default=0.0)


def ailments(signs: Signs) -> list[str]:
    """What is not as it should be, one word each; nothing when all is well."""
    return [
        name
        for name, ill in (
            ("gateway", signs.gateway_age > GATEWAY_SECONDS),
            ("due", signs.due is not None and signs.due > DUE_SECONDS),
            ("commit", signs.commit is not None and signs.commit > COMMIT_SECONDS),
            ("store", not signs.store),
        )
        if ill
    ]


class Pulse:
    """Knows when each shard's connection last showed life.

    discord.py publishes no such moment. It publishes the latency, which is measured anew with each
    heartbeat that Discord acknowledges: that the figure has changed is the sign.
    """

    def __init__(self, now: float) -> None:
        """Begin at `now`, in seconds of any clock that only goes forward."""
        self._began = now
        self._felt: dict[int, tuple[float, float]] = {}

    def feel(self, latencies: Iterable[tuple[int, float]], now: float) -> None:
        """Look at each shard's latency; one that is not connected has none."""
        for shard, latency in latencies:
            before, _ = self._felt.setdefault(shard, (nan, self._began))
            if isfinite(latency) and latency != before:
                self._felt[shard] = (latency, now)

    def ages(self, now: float) -> dict[int, float]:
        """Seconds since each shard's last sign of life; before the first, since the beginning."""
        if not self._felt:
            return {0: now - self._began}
        return {shard: now - at for shard, (_, at) in self._felt.items()}
