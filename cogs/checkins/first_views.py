"""How the first check-in of a server is made: a channel, then a rhythm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot.guide import Lack, choose_channel, no_zone, rights, way_back
from bot.recurrence import Rule
from bot.spoken import EVERY_DAY, WEEKDAYS
from bot.views import Panel, button, row
from bot.zones import UTC_NAME, place_name
from cogs.checkins import views

if TYPE_CHECKING:
    from datetime import datetime

    from bot.texts import Words
    from cogs.checkins.model import Schedule

FIRST = "checkins:first"
FIRST_IN = "checkins:first_in"
"""Argument: the channel."""
FIRST_MADE = "checkins:first_made"
"""Arguments: the channel, the rhythm."""

AT = time(10)
"""When a first check-in comes, where the server is."""

RHYTHMS: Mapping[str, frozenset[int]] = {
    "weekdays": WEEKDAYS,
    "every_day": EVERY_DAY,
    "mondays": frozenset({0}),
}


def where(words: Words) -> Panel:
    """Ask in which channel."""
    return choose_channel(words, "checkins.first.title", "checkins.first.where", FIRST_IN)


def proposal(
    words: Words, channel_id: int, zone: str, shown: Panel | None, lacks: Sequence[Lack]
) -> Panel:
    """Show what would be posted, and ask how often; nothing is made before."""
    chosen = place_name(zone or UTC_NAME, words.locale)
    rhythms = [
        button(
            _rhythm(words, days),
            FIRST_MADE,
            channel_id,
            name,
            style=discord.ButtonStyle.primary,
        )
        for name, days in RHYTHMS.items()
    ]
    panel = Panel(
        f"## {words('checkins.first.title')}",
        words(
            "checkins.first.how_often", channel=f"<#{channel_id}>", time=f"{AT:%H:%M}", zone=chosen
        ),
        None if zone else no_zone(words),
        rights(words, lacks),
        row(button(words("setup.again"), FIRST_IN, channel_id)) if lacks else row(*rhythms),
        row(button(words("setup.first.another"), FIRST), way_back(words)),
    )
    if shown is not None:
        panel.add_item(ui.TextDisplay(words("checkins.first.example")))
    for frame in views.inert(shown).children if shown is not None else ():
        panel.add_item(frame)
    return panel


def _rhythm(words: Words, days: frozenset[int]) -> str:
    if len(days) == 1:
        return words("checkins.first.weekly", day=views.day_name(words, min(days)))
    name = views.days_text(words, Rule(days, AT, "UTC"))
    return name[:1].upper() + name[1:]


def made(words: Words, one: Schedule, coming: Sequence[datetime]) -> Panel:
    """It is there: when it comes, and the way to change it, and back."""
    return Panel(
        f"## {words('checkins.first.made_title')}",
        words("checkins.first.made"),
        views.described(words, one),
        views.coming_text(words, one, coming),
        row(button(words("checkins.first.change"), views.BACK, one.id), way_back(words)),
    )
