"""/today: what went out, what will, what did not, and what needs a hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.agenda import Asked, Item, Part
from bot.notices.carrier import said
from bot.permissions import MODERATOR_DEFAULT, server_of
from bot.settings.core import PAUSED
from bot.views import Panel, reply, turn, words_for
from cogs.manage import today_views as views

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
        paused = await self._runtime.settings.get(server_id, PAUSED)
        return views.day(words, told, paused=paused)
