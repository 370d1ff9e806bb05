"""/manage apart: two people whom moderators do not want brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.views import number_of, reply, turn, words_for
from cogs.safety import views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction


class KeepApart(app_commands.Group):
    """A moderator never sees or changes a pair that names them."""

    def __init__(self, bot: Alongside) -> None:
        super().__init__(name="apart", description="-")
        self._bot = bot
        self._blocks = bot.runtime.blocks

    def register(self) -> None:
        """Answer the buttons."""
        actions = self._bot.runtime.actions
        actions.on(views.APART, self.page, moderators=True)
        actions.on(views.CONFIRM, self.confirm, moderators=True)
        actions.on(views.LET_MEET, self.let_meet, moderators=True)

    @app_commands.command(name="add", description="-")
    async def add(
        self, interaction: Interaction, first: discord.User, second: discord.User
    ) -> None:
        """Keep two people apart."""
        note = await self._keep(interaction, first.id, second.id)
        await reply(interaction, await self._page(interaction, 0, note=note))

    @app_commands.command(name="remove", description="-")
    async def remove(
        self, interaction: Interaction, first: discord.User, second: discord.User
    ) -> None:
        """Keep them apart no longer."""
        note = await self._release(interaction, first.id, second.id)
        await reply(interaction, await self._page(interaction, 0, note=note))

    @app_commands.command(name="list", description="-")
    async def list_pairs(self, interaction: Interaction) -> None:
        """Show who is kept apart."""
        await reply(interaction, await self._page(interaction, 0))

    async def page(self, interaction: Interaction, page: str) -> None:
        """Turn to another page."""
        await turn(interaction, await self._page(interaction, number_of(page)))

    async def confirm(self, interaction: Interaction, first: str, second: str) -> None:
        """Keep a pair apart for as long again."""
        note = await self._keep(interaction, number_of(first), number_of(second))
        await turn(interaction, await self._page(interaction, 0, note=note))

    async def let_meet(self, interaction: Interaction, first: str, second: str) -> None:
        """Keep a pair apart no longer."""
        note = await self._release(interaction, number_of(first), number_of(second))
        await turn(interaction, await self._page(interaction, 0, note=note))

    async def _keep(self, interaction: Interaction, first: int, second: int) -> str:
        added = await self._blocks.keep_apart(
            views.server_of(interaction), first, second, by=interaction.user.id
        )
        return "safety.apart.added" if added else "safety.apart.confirmed"

    async def _release(self, interaction: Interaction, first: int, second: int) -> str:
        found = await self._blocks.let_meet(
            views.server_of(interaction), first, second, by=interaction.user.id
        )
        return "safety.apart.removed" if found else "safety.apart.was_not"

    async def _page(
        self, interaction: Interaction, page: int, *, note: str | None = None
    ) -> discord.ui.LayoutView:
        words = await words_for(interaction)
        pairs = await self._blocks.kept_apart(
            views.server_of(interaction), seen_by=interaction.user.id
        )
        last = max(0, (len(pairs) - 1) // views.PAGE)
        said = None if note is None else words(note)
        return views.apart(words, pairs, min(page, last), note=said)
