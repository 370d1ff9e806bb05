"""What is on the picture: everything that is written on it comes from here, in words."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of a chart, from `least` to `most`; without them there is only its label."""

    label: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure, month by month; `under` stands below the names of the months."""

    title: str
    bars: tuple[Bar, ...]
    under: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A picture."""

    title: str
    months: tuple[str, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Write it for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Page:
        """Read what `to_json` wrote."""
        told = json.loads(text)
        charts = tuple(
            Chart(one["title"], tuple(Bar(**bar) for bar in one["bars"]), tuple(one["under"]))
            for one in told["charts"]
        )
        return cls(told["title"], tuple(told["months"]), charts, tuple(told["notes"]))
