"""/insights: what may be told of a server's months, for its moderators."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot import logs
from bot.apart import ApartFailed
from bot.counting.settings import ENABLED
from bot.errors import UserError
from bot.permissions import MODERATOR_DEFAULT, server_of
from bot.views import reply, words_for
from cogs.insights import views
from cogs.insights.drawing_service import drawing_apart

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.counting.service import Overview
    from bot.runtime import Runtime
    from bot.texts import Words
    from cogs.insights.drawing_service import Draw

_log = logs.get(__name__)

PICTURE = "insights.png"
TABLE = "insights.csv"


class Insights(commands.Cog):
    """Shows counts."""

    def __init__(self, runtime: Runtime, draw: Draw) -> None:
        self._runtime = runtime
        self._draw = draw

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(MODERATOR_DEFAULT)
    async def insights(self, interaction: Interaction) -> None:
        """Show them."""
        words = await words_for(interaction)
        seen = await self._runtime.counting.overview(server_of(interaction))
        if seen is None:
            await reply(interaction, views.off(words))
            return
        if not seen.months:
            await reply(interaction, views.overview(words, seen, None))
            return
        await interaction.response.defer(ephemeral=True)
        drawn = await self._drawn(words, seen)
        files = [] if drawn is None else [discord.File(io.BytesIO(drawn), filename=PICTURE)]
        picture = None if drawn is None else PICTURE
        await reply(interaction, views.overview(words, seen, picture), files=files)

    async def _drawn(self, words: Words, seen: Overview) -> bytes | None:
        try:
            return await self._draw(views.page(words, seen.months[-views.SHOWN :]))
        except ApartFailed as error:
            # The words say all that it would have shown.
            _log.warning("insights_not_drawn", error=str(error))
            return None

    async def file(self, interaction: Interaction) -> None:
        """Give all months as a table."""
        seen = await self._runtime.counting.overview(server_of(interaction))
        if seen is None or not seen.months:
            raise UserError("errors.old_button")
        words = await words_for(interaction)
        made = discord.File(io.BytesIO(views.table(words, seen)), filename=TABLE)
        await reply(interaction, views.file(words, TABLE), files=[made])


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    runtime.settings.declare(ENABLED, runtime.counting.switched)
    cog = Insights(runtime, drawing_apart(runtime.config.state_dir / "matplotlib"))
    runtime.actions.on(views.FILE, cog.file, moderators=True)
    await bot.add_cog(cog)
