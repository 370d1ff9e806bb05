"""/pause: everything that goes out of the bot in a server stops at once, and goes on again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.permissions import MODERATOR_DEFAULT, server_of
from bot.settings.core import PAUSED
from bot.views import turn, words_for
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
        await self.stop(interaction)

    @app_commands.command(name="resume", description="-")
    async def resume(self, interaction: Interaction) -> None:
        """Let it go out again."""
        await self.go_on(interaction)

    async def stop(self, interaction: Interaction) -> None:
        """Answer the command, and the button."""
        await self._set(interaction, paused=True)
        await turn(interaction, views.paused(await words_for(interaction)))

    async def go_on(self, interaction: Interaction) -> None:
        """Answer the command, and the button."""
        await self._set(interaction, paused=False)
        await turn(interaction, views.running(await words_for(interaction)))

    async def _set(self, interaction: Interaction, *, paused: bool) -> None:
        await self._runtime.settings.change(
            server_of(interaction), PAUSED, paused, by=interaction.user.id
        )
