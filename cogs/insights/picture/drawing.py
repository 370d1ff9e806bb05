"""Draws a page: small charts below each other, for a phone held upright.

Colour carries nothing: a bar is known by its place and by the words on it, and the part in which a
count may lie is hatched. Blue and white stay apart for every kind of eye, and in grey.
"""

from __future__ import annotations

import io
import textwrap
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cogs.insights.picture.page import Chart, Page

mpl.use("agg")

WIDTH = 5.4
DOTS = 200
"""An inch: 1,080 in all, what a phone shows across, with letters that are read without zooming."""

EDGE = 0.04
"""Left and right, as a part of the width."""

TITLE, CHART, LINE = 0.6, 1.75, 0.2
ABOVE, BELOW = 0.55, 0.5
"""Of a chart, for its title and for its months."""

LARGE, LETTERS, SMALL = 14, 11.5, 9.5
NOTE = 74
"""Letters of a note in one line."""

INK, BLUE, PALE = "#1a1a1a", "#0b5394", "#dce6f2"

LOOKS: dict[str, Any] = {
    # It comes with matplotlib, and has the letters of every language that the bot speaks.
    "font.family": "DejaVu Sans",
    "font.size": LETTERS,
    "text.color": INK,
    "hatch.linewidth": 0.8,
}


def looks() -> AbstractContextManager[None]:
    """Draw as `LOOKS` says inside of it."""
    untyped: Any = mpl
    return untyped.rc_context(LOOKS)


def draw(page: Page) -> bytes:
    """Draw a page as PNG."""
    made = io.BytesIO()
    with looks():
        figure_of(page).savefig(made, format="png")
    return made.getvalue()


def figure_of(page: Page) -> Any:
    """Lay a page out, in inches from the top: its title, its charts, its notes."""
    notes = [line for note in page.notes for line in textwrap.wrap(note, NOTE)]
    height = TITLE + CHART * len(page.charts) + LINE * (len(notes) + 1)
    figure: Any = Figure(figsize=(WIDTH, height), dpi=DOTS, facecolor="white")

    def up(inches: float) -> float:
        return 1 - inches / height

    figure.text(EDGE, up(TITLE / 2), page.title, fontsize=LARGE, weight="bold", va="center")
    for number, chart in enumerate(page.charts):
        bottom = TITLE + CHART * (number + 1) - BELOW
        box = (EDGE, up(bottom), 1 - 2 * EDGE, (CHART - ABOVE - BELOW) / height)
        _draw_chart(figure.add_axes(box), page.months, chart)
    for number, line in enumerate(notes):
        at = TITLE + CHART * len(page.charts) + LINE * (number + 0.5)
        figure.text(EDGE, up(at), line, fontsize=SMALL, va="center")
    return figure


def _draw_chart(axes: Any, months: tuple[str, ...], chart: Chart) -> None:
    axes.set_title(chart.title, loc="left", weight="bold", pad=16, color=INK)
    top = max([bar.most for bar in chart.bars if bar.most is not None], default=1) or 1
    for place, bar in enumerate(chart.bars):
        height = 0
        if bar.least is not None and bar.most is not None:
            height = bar.most
            axes.bar(place, bar.least, width=0.62, color=BLUE)
            axes.bar(
                *(place, bar.most - bar.least),
                bottom=bar.least,
                width=0.62,
                color=PALE,
                edgecolor=BLUE,
                hatch="////",
                linewidth=0.8,
            )
        axes.text(place, height + top * 0.05, bar.label, ha="center", va="bottom", color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.set_yticks([])
    named = [
        f"{month}\n{under}" if under else month
        for month, under in zip(months, chart.under or ("",) * len(months), strict=True)
    ]
    axes.set_xticks(range(len(months)), named, color=INK)
    axes.tick_params(length=0)
    # Never narrower than four months, so that one alone does not become a wall.
    axes.set_xlim(-0.6, max(len(months), 4) - 0.4)
    axes.set_ylim(0, top * 1.05)
