"""/privacy, and /manage privacy."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.privacy.document import document
from bot.privacy.service import Export
from bot.runtime import Runtime
from bot.views import number_of, reply, turn, words_for
from cogs.privacy import views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

MY_FILE, SERVER_FILE = "alongside-my-data.json", "alongside-server-data.json"


class PrivacyCog(commands.Cog, name="Privacy"):
    """Shows, exports and erases what is a person's own, and what is a server's."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._privacy = bot.runtime.privacy
        self._consents = bot.runtime.consents

    @app_commands.command()
    async def privacy(self, interaction: Interaction) -> None:
        """Show what is stored about this person."""
        await self.show(interaction)

    async def show(self, interaction: Interaction) -> None:
        """Answer the command and the button."""
        await self._turn_to_page(interaction)

    async def take_back(self, interaction: Interaction, server_id: str, feature: str) -> None:
        """Take back one yes, and end what rested on it; it is the person's own, so no id lies."""
        await self._consents.take_back(interaction.user.id, number_of(server_id), feature)
        self._bot.runtime.jobs.wake()
        said = views.taken_back(await words_for(interaction), feature)
        await self._turn_to_page(interaction, said)

    async def export(self, interaction: Interaction) -> None:
        """Give a person's own rows as a JSON file."""
        await self._give(interaction, MY_FILE, await self._privacy.export(interaction.user.id))

    async def ask_erase(self, interaction: Interaction) -> None:
        """Ask once, saying what goes."""
        await turn(interaction, views.confirm(await words_for(interaction)))

    async def erase(self, interaction: Interaction) -> None:
        """Erase, and give the receipt."""
        words = await words_for(interaction)
        receipt = await self._privacy.erase(interaction.user.id)
        # What they had under way with others has ended, and those are to be told.
        self._bot.runtime.jobs.wake()
        await turn(interaction, views.erased(words, receipt))

    async def _turn_to_page(self, interaction: Interaction, said: str | None = None) -> None:
        words = await words_for(interaction)
        kept = await self._privacy.export(interaction.user.id)
        consents = await self._consents.of(interaction.user.id)
        names = await self._bot.servers.names(one.server_id for one in consents)
        given = [views.Given(one, names.get(one.server_id)) for one in consents]
        await turn(interaction, views.page(words, kept, given, said=said))

    # A whole server

    async def server_command(self, interaction: Interaction) -> None:
        """Answer /manage privacy."""
        await self.server_show(interaction)

    async def server_show(self, interaction: Interaction) -> None:
        """Show moderators what their server has set up."""
        kept = await self._privacy.export_server(_server(interaction))
        await turn(interaction, views.server_page(await words_for(interaction), kept))

    async def server_export(self, interaction: Interaction) -> None:
        """Give what the server has set up as a JSON file."""
        kept = await self._privacy.export_server(_server(interaction))
        await self._give(interaction, SERVER_FILE, kept)

    async def server_ask_erase(self, interaction: Interaction) -> None:
        """Ask once, saying what goes."""
        _require_manager(interaction)
        await turn(interaction, views.server_confirm(await words_for(interaction)))

    async def server_erase(self, interaction: Interaction) -> None:
        """Erase everything of the server, and give the receipt."""
        _require_manager(interaction)
        words = await words_for(interaction)
        receipt = await self._privacy.erase_server(_server(interaction))
        await turn(interaction, views.server_erased(words, receipt))

    async def _give(self, interaction: Interaction, filename: str, kept: Export) -> None:
        words = await words_for(interaction)
        text = json.dumps(document(kept, self._bot.runtime.clock()), indent=2, ensure_ascii=False)
        file = discord.File(io.BytesIO(text.encode()), filename=filename)
        await reply(interaction, views.exported(words, filename), files=[file])


def _require_manager(interaction: Interaction) -> None:
    """Let only who may manage the server erase it, whomever a setting names as a moderator."""
    if not interaction.permissions.manage_guild:
        raise UserError("permissions.managers_only")


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("permissions.moderators_only")
    return interaction.guild_id


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    cog = PrivacyCog(bot)
    runtime: Runtime = bot.runtime
    actions = runtime.actions
    actions.on("privacy:show", cog.show)
    actions.on("privacy:take_back", cog.take_back)
    actions.on("privacy:export", cog.export)
    actions.on("privacy:ask_erase", cog.ask_erase)
    actions.on("privacy:erase", cog.erase)
    actions.on("privacy:server_show", cog.server_show, moderators=True)
    actions.on("privacy:server_export", cog.server_export, moderators=True)
    actions.on("privacy:server_ask_erase", cog.server_ask_erase, moderators=True)
    actions.on("privacy:server_erase", cog.server_erase, moderators=True)
    runtime.manage.add_command(
        app_commands.Command(name="privacy", description="-", callback=cog.server_command)
    )
    await bot.add_cog(cog)
