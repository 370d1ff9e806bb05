"""How a server's day looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.agenda import Item, Part
from bot.texts import Words
from bot.views import Panel, button, row
from cogs.manage.views import PAUSE, RESUME

AGAIN = "today:again"

NEEDS = 5
LINES = 6
"""Items of each part that are shown: together about two phone screens when all is full."""


def day(words: Words, told: Mapping[Part, Sequence[Item]], *, paused: bool) -> Panel:
    """What needs a hand first, then what comes, what was left out, and what went out."""
    needs = told[Part.NEED]
    return Panel(
        f"## {words('today.title')}",
        words("today.paused") if paused else None,
        words("today.need.title" if needs else "today.need.none"),
        *[_need(words, item) for item in needs[:NEEDS]],
        _more(words, len(needs) - NEEDS),
        *[
            part
            for each in (Part.COMING, Part.LEFT_OUT, Part.DONE)
            for part in _part(words, each, told[each])
        ],
        row(
            button(words("today.again"), AGAIN),
            button(words("pause.resume_button"), RESUME, style=discord.ButtonStyle.primary)
            if paused
            else button(words("pause.pause_button"), PAUSE),
            button(words("audit.settings_button"), "settings:open"),
        ),
    )


def _need(words: Words, item: Item) -> ui.Item[Any]:
    text = words(item.key, **item.params)
    if not item.lead:
        return ui.TextDisplay(text)
    label, action, *arguments = (str(part) for part in item.lead)
    return ui.Section[Any](text, accessory=button(words(label), action, *arguments))


def _part(words: Words, part: Part, items: Sequence[Item]) -> list[str | None]:
    if not items:
        return [words(f"today.{part.value}.none")] if part is Part.COMING else []
    lines = [f"- {line(words, item)}" for item in items[:LINES]]
    heading = words(f"today.{part.value}.title")
    return ["\n".join([heading, *lines]), _more(words, len(items) - LINES)]


def line(words: Words, item: Item) -> str:
    """One thing that goes out or went out, with its moment and the reason where it did not."""
    said = words(item.key, **item.params)
    when = f"{discord.utils.format_dt(item.at, 'f')}: " if item.at is not None else ""
    why = f" {words(item.reason)}" if item.reason else ""
    return f"{when}{said}{why}"


def _more(words: Words, count: int) -> str | None:
    return "-# " + words("settings.file.more", count=count) if count > 0 else None
