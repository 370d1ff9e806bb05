"""/today: what went out, what will, what did not, and what needs a hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.agenda import Asked, Item, Part
from bot.errors import UserError
from bot.guide import PAGE, Place, lacking
from bot.notices.carrier import said
from bot.permissions import MODERATOR_DEFAULT, NEEDED_FOR_NOTICES, server_of
from bot.settings.core import NOTICE_CHANNEL, PAUSED
from bot.texts import Words
from bot.views import Panel, reply, turn, words_for
from cogs.manage import today_views as views
from cogs.manage.setup_model import PEOPLE

if TYPE_CHECKING:
    from bot.client import Interaction
    from bot.runtime import Runtime

BACK = timedelta(days=1)
AHEAD = timedelta(days=2)


class Today(commands.Cog):
    """Shows moderators the day of their server."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(MODERATOR_DEFAULT)
    async def today(self, interaction: Interaction) -> None:
        """Show it."""
        await reply(interaction, await self._panel(interaction))

    async def again(self, interaction: Interaction) -> None:
        """Look again, on the message that was tapped."""
        await turn(interaction, await self._panel(interaction))

    async def _panel(self, interaction: Interaction) -> Panel:
        server_id, now = server_of(interaction), self._runtime.clock()
        words = await words_for(interaction)
        told = await self._runtime.agenda.of(
            Asked(server_id, interaction.user.id, now - BACK, now + AHEAD)
        )
        told[Part.NEED] += [
            Item(Part.NEED, "today.notice", {"notice": said(words, notice)})
            for notice in await self._runtime.notices.open_in(server_id)
        ]
        told[Part.NEED] += await self._missing(interaction, words)
        paused = await self._runtime.settings.get(server_id, PAUSED)
        return views.day(words, told, paused=paused)

    async def _missing(self, interaction: Interaction, words: Words) -> list[Item]:
        """What features that are on lack: rights, channels, and what is still to be decided."""
        server, server_id = interaction.guild, server_of(interaction)
        if server is None:
            raise UserError("errors.not_now")
        found: list[Item] = []
        for chapter in self._runtime.guide.chapters:
            state = await chapter.look(server_id) if chapter.look is not None else None
            if state is None or not state.on:
                continue
            section, page = f"settings.section.{chapter.name}", (PAGE, chapter.name)
            found += [Item(Part.NEED, key, lead=(section, *page)) for key in state.lacks]
            found += _lacking(words, server, section, page, state.places)
        chosen = await self._runtime.settings.get(server_id, NOTICE_CHANNEL)
        places = [Place(channel_id, NEEDED_FOR_NOTICES) for channel_id in chosen]
        name = "settings.server.notice_channel.name"
        return found + _lacking(words, server, name, (PAGE, PEOPLE), places)


def _lacking(
    words: Words,
    server: discord.Guild,
    name: str,
    page: tuple[str, str],
    places: Sequence[Place],
) -> list[Item]:
    """Each channel once, with a button to where another is chosen, or to how rights are given."""
    found: list[Item] = []
    for place in {place.channel_id: place for place in reversed(places)}.values():
        for lack in lacking(server, [one for one in places if one.channel_id == place.channel_id]):
            params = {
                "feature": words(name),
                "channel": f"<#{lack.channel_id}>",
                "rights": ", ".join(words(f"rights.{right}") for right in lack.rights),
            }
            key = "today.rights" if lack.rights else "today.gone"
            lead = page if lack.rights or not place.lead else place.lead
            found.append(Item(Part.NEED, key, params, lead=(name, *lead)))
    return found
