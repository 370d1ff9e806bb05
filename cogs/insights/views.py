"""How the counts of a server look: in words, on a picture, in a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import discord
from babel.dates import format_date
from discord import ui

from bot.counting import Figures, What
from bot.counting.model import next_month, told_from
from bot.counting.service import Overview
from bot.sheets import harmless
from bot.texts import Words
from bot.views import Panel, button, clip, row
from cogs.insights.picture.page import Bar, Chart, Page

FILE = "insights:file"

SHOWN = 6
"""Months in words and on the picture: what fits across a phone. The table has all."""

MOST_ALT = 1_024
"""Characters that Discord takes to describe a picture."""

CHARTS = (What.ROUNDS, What.INTRODUCTIONS, What.ANSWERED, What.FAQ_USED, What.FAQ_MISSED)


def off(words: Words) -> Panel:
    """Say that nothing is counted, and where that is changed."""
    return Panel(
        f"## {words('insights.title')}",
        words("insights.off"),
        row(_settings(words)),
    )


def overview(words: Words, seen: Overview, picture: str | None) -> Panel:
    """What is told of the latest months; `picture` is the name of the attached file."""
    if not seen.months:
        return Panel(
            f"## {words('insights.title')}",
            words("insights.waiting", month=_named(words, seen.first), told=_told(seen.first)),
            row(_settings(words)),
        )
    months = seen.months[-SHOWN:]
    lines, period = list(_lines(words, months)), _period(words, months)
    return Panel(
        f"## {words('insights.title')}",
        f"**{period[:1].upper()}{period[1:]}**",
        "\n".join(lines),
        None if picture is None else _gallery(picture, alt(words, months)),
        "-# " + words("insights.how"),
        "-# " + _next(words, months[-1].month),
        row(button(words("insights.file_button"), FILE), _settings(words)),
    )


def _settings(words: Words) -> ui.Button[Any]:
    return button(words("audit.settings_button"), "settings:section", "insights")


def _gallery(picture: str, described: str) -> ui.MediaGallery[Any]:
    shown = discord.MediaGalleryItem(f"attachment://{picture}", description=described)
    return ui.MediaGallery[Any](shown)


def _next(words: Words, last: date) -> str:
    month = next_month(last)
    return words("insights.next", month=_named(words, month), told=_told(month))


def _told(month: date) -> str:
    return discord.utils.format_dt(told_from(month), "f")


# Words


def alt(words: Words, months: Sequence[Figures]) -> str:
    """What the picture says, for whoever does not see it."""
    told = words("insights.alt", title=title(words, months), lines=". ".join(_lines(words, months)))
    return clip(told.replace("**", ""), MOST_ALT)


def title(words: Words, months: Sequence[Figures]) -> str:
    """What the picture is of."""
    return f"{words('insights.title')}: {_period(words, months)}"


def _lines(words: Words, months: Sequence[Figures]) -> Iterator[str]:
    """Each figure in a line; months that say the same are said together."""
    for what in CHARTS:
        yield _line(words, months, words(f"insights.what.{what}"), _value(words, what))
        if what is What.ANSWERED:
            yield _line(words, months, words("insights.what.speed"), _speed(words))


def _line(words: Words, months: Sequence[Figures], name: str, say: Callable[[Figures], str]) -> str:
    parts: list[str] = []
    for value, those in groupby(months, say):
        same = [one.month for one in those]
        first, last = (_short(words, month) for month in (same[0], same[-1]))
        when = first if len(same) == 1 else f"{first}–{last}"
        parts.append(f"{when}: {value}")
    return f"**{name}:** {' · '.join(parts)}"


def _value(words: Words, what: What) -> Callable[[Figures], str]:
    def say(figures: Figures) -> str:
        span = figures.spans.get(what)
        if span is None:
            return words("insights.untold" if what is What.ROUNDS else "insights.few")
        if span.least == span.most:
            return str(span.least)
        return words("insights.span", least=span.least, most=span.most)

    return say


def _speed(words: Words) -> Callable[[Figures], str]:
    def say(figures: Figures) -> str:
        if figures.speed is None:
            return words("insights.untold")
        return words(f"insights.speed.{figures.speed}")

    return say


def _period(words: Words, months: Sequence[Figures]) -> str:
    first, last = (_named(words, one.month) for one in (months[0], months[-1]))
    return first if first == last else f"{first} – {last}"


def _named(words: Words, month: date) -> str:
    return format_date(month, "LLLL y", locale=words.locale.replace("-", "_"))


def _short(words: Words, month: date) -> str:
    return format_date(month, "LLL", locale=words.locale.replace("-", "_")).rstrip(".")


# The picture


def page(words: Words, months: Sequence[Figures]) -> Page:
    """What is drawn: what stands in words, month by month."""
    return Page(
        title(words, months),
        tuple(_short(words, one.month) for one in months),
        tuple(_chart(words, what, months) for what in CHARTS),
        (words("insights.picture.few_note"), words("insights.picture.speed_note")),
    )


def _chart(words: Words, what: What, months: Sequence[Figures]) -> Chart:
    bars = tuple(_bar(words, what, one) for one in months)
    under = tuple(_under(words, one) for one in months) if what is What.ANSWERED else ()
    return Chart(words(f"insights.what.{what}"), bars, under)


def _bar(words: Words, what: What, figures: Figures) -> Bar:
    span = figures.spans.get(what)
    if span is None:
        return Bar("–" if what is What.ROUNDS else words("insights.picture.few"))
    label = str(span.least) if span.least == span.most else f"{span.least}–{span.most}"
    return Bar(label, span.least, span.most)


def _under(words: Words, figures: Figures) -> str:
    return "–" if figures.speed is None else words(f"insights.picture.speed.{figures.speed}")


# The table

_COLUMNS = ("month", "what", "least", "most", "words")


def table(words: Words, seen: Overview) -> bytes:
    """All months that are told, for a spreadsheet; what is not told has no number."""
    rows = [[words(f"insights.column.{name}") for name in _COLUMNS]]
    for figures in seen.months:
        month = f"{figures.month:%Y-%m}"
        for what in CHARTS:
            span = figures.spans.get(what)
            numbers = ["", ""] if span is None else [str(span.least), str(span.most)]
            said = _value(words, what)(figures)
            rows.append([month, words(f"insights.what.{what}"), *numbers, said])
        rows.append([month, words("insights.what.speed"), "", "", _speed(words)(figures)])
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        [harmless(cell) for cell in cells] for cells in rows
    )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def file(words: Words, name: str) -> Panel:
    """The table goes with it."""
    return Panel(words("insights.file"), ui.File[Any](f"attachment://{name}"))
