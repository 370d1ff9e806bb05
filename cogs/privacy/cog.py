"""/privacy."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.privacy import Privacy
from bot.views import reply, turn, words_for
from cogs.privacy import views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction


class PrivacyCog(commands.Cog, name="Privacy"):
    """Shows, exports and erases what is a person's own."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    @app_commands.command()
    async def privacy(self, interaction: Interaction) -> None:
        """Show what is stored about this person."""
        await self.show(interaction)

    async def show(self, interaction: Interaction) -> None:
        """Answer the command and the button."""
        words = await words_for(interaction)
        kept = await self._privacy.export(interaction.user.id)
        await turn(interaction, views.page(words, kept))

    async def export(self, interaction: Interaction) -> None:
        """Give a person's own rows as a JSON file."""
        words = await words_for(interaction)
        kept = await self._privacy.export(interaction.user.id)
        text = json.dumps({"alongside_export": 1, "tables": kept}, indent=2, ensure_ascii=False)
        file = discord.File(io.BytesIO(text.encode()), filename="alongside-my-data.json")
        await reply(interaction, views.exported(words), files=[file])

    async def ask_erase(self, interaction: Interaction) -> None:
        """Ask once, saying what goes."""
        await turn(interaction, views.confirm(await words_for(interaction)))

    async def erase(self, interaction: Interaction) -> None:
        """Erase, and give the receipt."""
        words = await words_for(interaction)
        receipt = await self._privacy.erase(interaction.user.id)
        # What they had under way with others has ended, and those are to be told.
        interaction.client.runtime.jobs.wake()
        await turn(interaction, views.erased(words, sum(receipt.values())))


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    cog = PrivacyCog(bot.runtime.privacy)
    actions = bot.runtime.actions
    actions.on("privacy:show", cog.show)
    actions.on("privacy:export", cog.export)
    actions.on("privacy:ask_erase", cog.ask_erase)
    actions.on("privacy:erase", cog.erase)
    await bot.add_cog(cog)
