"""The figures as Prometheus' own library keeps them. Loaded by those only who want figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from bot.outside.figures import Figure

_NOW = {
    "due_lag_seconds": "How long ago the oldest promise that is not yet kept fell due; 0 if none.",
    "last_commit_age_seconds": "Seconds since something was last committed to the store.",
    "servers": "Servers that this process serves.",
    "store_up": "1 while the store can be read.",
}
_OUTBOX = ("waiting", "sending")


class Meters:
    """One registry, so that several bots in one process, as in tests, count apart."""

    def __init__(self, version: str) -> None:
        # When each was first counted is of no use here, and would double the page.
        disable_created_metrics()
        self._registry = registry = CollectorRegistry()
        # Memory, CPU time, open files and the moment of the start, under their usual names.
        ProcessCollector(registry=registry)
        build = Gauge("alongside_build_info", "Which version runs.", ["version"], registry=registry)
        build.labels(version).set(1)
        self.interactions = Histogram(
            "alongside_interaction_seconds",
            "From the start of handling an interaction to its end, its answer included.",
            ["kind", "name"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
            registry=registry,
        )
        self.refusals = Counter(
            "alongside_refusals",
            "Refusals by the key of their sentence.",
            ["key"],
            registry=registry,
        )
        self.unanswered = Counter(
            "alongside_unanswered", "Interactions without an answer.", ["reason"], registry=registry
        )
        self.requests = Counter(
            "alongside_discord_requests",
            "Requests to Discord by the status of its answer; 429 is a rate limit.",
            ["status"],
            registry=registry,
        )
        self.commits = Histogram(
            "alongside_commit_seconds",
            "From a transaction's last statement until it is on the disk.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=registry,
        )
        self.settled = Counter(
            "alongside_promises_settled",
            "Promised messages that came to their end, by how.",
            ["kind", "state"],
            registry=registry,
        )
        # Shown from the start, so that the first one is seen as a rise.
        for status in ("200", "429"):
            self.requests.labels(status)
        self._outbox = Gauge(
            "alongside_outbox_messages",
            "Promised messages that have not come to their end, by state.",
            ["state"],
            registry=registry,
        )
        self._gateway = Gauge(
            "alongside_gateway_age_seconds",
            "Seconds since the last sign of life of a shard's connection to Discord.",
            ["shard"],
            registry=registry,
        )
        self._now = {
            name: Gauge(f"alongside_{name}", meaning, registry=registry)
            for name, meaning in _NOW.items()
        }

    def take(
        self,
        now: Mapping[str, float],
        outbox: Mapping[str, int] | None,
        gateway: Mapping[int, float],
        given: Iterable[Figure],
    ) -> None:
        """Take the figures of this moment; what is not among them is not known, and shown as NaN.

        Of `outbox`, None is not known, and a state that it does not name has none.
        """
        for name in _NOW:
            self._now[name].set(now.get(name, nan))
        for state in _OUTBOX:
            self._outbox.labels(state).set(nan if outbox is None else outbox.get(state, 0))
        for shard, seconds in gateway.items():
            self._gateway.labels(str(shard)).set(seconds)
        for figure in given:
            self._gauge(figure).set(figure.read())

    def written(self) -> bytes:
        """Write everything down: hundreds of lines, so in a worker thread."""
        return generate_latest(self._registry)

    def _gauge(self, figure: Figure) -> Gauge:
        if figure.name not in self._now:
            self._now[figure.name] = Gauge(
                f"alongside_{figure.name}", figure.meaning, registry=self._registry
            )
        return self._now[figure.name]
