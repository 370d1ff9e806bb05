"""What is suggested while somebody types into an option of a command, and what was typed there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from discord import app_commands

from bot import spoken
from bot.errors import UserError
from bot.views import clip, words_for
from bot.zones import Place, search_zones, zone_named

if TYPE_CHECKING:
    from bot.client import Interaction

MOST = 25
"""Suggestions that Discord takes at most."""

_LONGEST = 100
"""Characters of a suggestion that Discord shows, and of an option that are worth reading."""


def choice(name: str, value: str) -> app_commands.Choice[str]:
    """Make one suggestion, shortened to what Discord shows."""
    return app_commands.Choice(name=clip(name, _LONGEST), value=value)


async def zones(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest zones by city, country or name of the time; nothing is guessed about the person."""
    now = interaction.client.runtime.clock()
    found = await zones_found(interaction, current[:_LONGEST])
    return [choice(place.label(now), place.zone) for place in found]


# In a worker thread: the first search in a language reads the names of all places in it.


async def zones_found(interaction: Interaction, typed: str) -> list[Place]:
    """Search for zones as `search_zones` does, beside the loop."""
    return await asyncio.to_thread(search_zones, typed, MOST, interaction.locale.value)


async def zone_typed(interaction: Interaction, typed: str) -> str:
    """Read a zone as `zone_named` does, beside the loop."""
    return await asyncio.to_thread(zone_named, typed, interaction.locale.value)


async def pause_ends(
    interaction: Interaction, current: str, days: Sequence[int]
) -> list[app_commands.Choice[str]]:
    """Suggest pauses of so many days, or the end that was typed, as it was understood."""
    if current.strip():
        try:
            end = spoken.pause_end(current, interaction.client.runtime.clock().date())
        except UserError:
            return []
        return [choice(end.isoformat(), end.isoformat())]
    words = await words_for(interaction)
    return [choice(words("spoken.pause_for", count=count), f"{count} days") for count in days]
