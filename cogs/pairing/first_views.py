"""How the first rounds of a server are planned: a channel, then a rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING

import discord

from bot.guide import Lack, choose_channel, no_zone, rights, way_back
from bot.views import Panel, button, row
from bot.zones import UTC_NAME, place_name
from cogs.pairing import rounds_views as views

if TYPE_CHECKING:
    from bot.texts import Words
    from cogs.pairing.rounds_service import Status

FIRST = "pairing:first"
FIRST_IN = "pairing:first_in"
"""Argument: the channel."""
FIRST_MADE = "pairing:first_made"
"""Arguments: the channel, how many weeks lie between two rounds."""

DAY = 0
"""Rounds are proposed for a Monday."""
AT = time(18)

WEEKS = (2, 4)
"""What is proposed."""


def where(words: Words) -> Panel:
    """Ask in which channel."""
    return choose_channel(words, "pairing.first.title", "pairing.first.where", FIRST_IN)


def proposal(words: Words, channel_id: int, zone: str, lacks: Sequence[Lack]) -> Panel:
    """Say what a round is, and ask how often; nothing is planned before."""
    rhythms = [
        button(
            words("pairing.first.weeks", count=weeks),
            FIRST_MADE,
            channel_id,
            weeks,
            style=discord.ButtonStyle.primary,
        )
        for weeks in WEEKS
    ]
    return Panel(
        f"## {words('pairing.first.title')}",
        words(
            "pairing.first.how_often",
            channel=f"<#{channel_id}>",
            day=views.day_name(words, DAY),
            time=f"{AT:%H:%M}",
            zone=place_name(zone or UTC_NAME, words.locale),
        ),
        None if zone else no_zone(words),
        words("pairing.first.course"),
        rights(words, lacks),
        row(button(words("setup.again"), FIRST_IN, channel_id)) if lacks else row(*rhythms),
        row(button(words("setup.first.another"), FIRST), way_back(words)),
    )


def made(words: Words, status: Status) -> Panel:
    """They are planned: when and how, and what can be done now."""
    return Panel(
        f"## {words('pairing.first.made_title')}",
        words("pairing.first.made"),
        views.described(words, status.plan) if status.plan is not None else None,
        views.now_text(words, status),
        row(
            button(words("pairing.rounds.run"), views.RUN)
            if views.cannot_run(status) is None
            else None,
            button(words("pairing.first.change"), views.PANEL),
            way_back(words),
        ),
    )
