"""/pause: everything that goes out of the bot in a server stops at once, and goes on again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.errors import UserError
from bot.permissions import MODERATOR_DEFAULT
from bot.settings.core import PAUSED
from bot.views import reply, turn, words_for
from cogs.manage import views

if TYPE_CHECKING:
    from bot.client import Interaction
    from bot.runtime import Runtime


class Pause(app_commands.Group):
    """Moderators stop what goes out, without asking first: whoever needs it is in a hurry."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(
            name="pause",
            description="-",
            guild_only=True,
            default_permissions=MODERATOR_DEFAULT,
        )
        self._runtime = runtime

    @app_commands.command(name="everything", description="-")
    async def everything(self, interaction: Interaction) -> None:
        """Stop all that goes out."""
        await self._set(interaction, paused=True)
        await reply(interaction, views.paused(await words_for(interaction)))

    @app_commands.command(name="resume", description="-")
    async def resume(self, interaction: Interaction) -> None:
        """Let it go out again."""
        await self._set(interaction, paused=False)
        await reply(interaction, views.running(await words_for(interaction)))

    async def resume_button(self, interaction: Interaction) -> None:
        """Do so from the message that says that everything is paused."""
        await self._set(interaction, paused=False)
        await turn(interaction, views.running(await words_for(interaction)))

    async def pause_button(self, interaction: Interaction) -> None:
        """Stop all that goes out, from the message that says that it goes on."""
        await self._set(interaction, paused=True)
        await turn(interaction, views.paused(await words_for(interaction)))

    async def _set(self, interaction: Interaction, *, paused: bool) -> None:
        if interaction.guild_id is None:
            raise UserError("permissions.moderators_only")
        await self._runtime.settings.change(
            interaction.guild_id, PAUSED, paused, by=interaction.user.id
        )
