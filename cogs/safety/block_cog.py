"""/block: whom a member never wants to be brought together with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.errors import UserError
from bot.views import LARGEST_ID, number_of, reply, turn, words_for
from cogs.safety import views
from cogs.safety.service import Places

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words


class Block(app_commands.Group):
    """Every handler acts on the list of whoever tapped, so no id leads to somebody else's."""

    def __init__(self, bot: Alongside, places: Places) -> None:
        super().__init__(name="block", description="-")
        self._bot = bot
        self._blocks = bot.runtime.blocks
        self._places = places

    def register(self) -> None:
        """Answer the buttons."""
        actions = self._bot.runtime.actions
        actions.on(views.BLOCK, self.block_scene)
        actions.on(views.BLOCK_PERSON, self.block_person)
        actions.on(views.UNBLOCK, self.unblock)
        actions.on(views.STAYS, self.stays)
        actions.on(views.LIST, self.page)

    # Commands

    @app_commands.command(name="add", description="-")
    async def add(
        self,
        interaction: Interaction,
        member: discord.User | None = None,
        id: app_commands.Range[str, 1, 30] | None = None,  # noqa: A002 - what people look for
        stays: bool | None = None,
    ) -> None:
        """Block somebody by name or id; without either, show whom one was introduced to."""
        words = await words_for(interaction)
        servers = await self._places.some(interaction.guild_id, interaction.user.id)
        other = _named(member, id)
        if other is None:
            await reply(interaction, await self._choose(interaction, words, servers[0]))
            return
        for server_id in servers:
            await self._blocks.block(server_id, interaction.user.id, other, stays=stays)
        await reply(interaction, await self._blocked(interaction, words, servers, other))

    @app_commands.command(name="list", description="-")
    async def list_blocks(self, interaction: Interaction) -> None:
        """Show one's own blocks."""
        await reply(interaction, await self._list(interaction, 0))

    @app_commands.command(name="remove", description="-")
    async def remove(
        self,
        interaction: Interaction,
        member: discord.User | None = None,
        id: app_commands.Range[str, 1, 30] | None = None,  # noqa: A002 - as in add
    ) -> None:
        """Take a block back; without a name or id, show the list to choose from."""
        words = await words_for(interaction)
        other = _named(member, id)
        if other is None:
            await reply(interaction, await self._list(interaction, 0))
            return
        was = False
        for server_id in await self._places.servers(interaction.guild_id, interaction.user.id):
            was |= await self._blocks.unblock(server_id, interaction.user.id, other)
        await reply(interaction, views.unblocked(words, other, was=was))

    async def menu(self, interaction: Interaction, user: discord.User | discord.Member) -> None:
        """Block from the menu of a person."""
        await self._block(interaction, views.server_of(interaction), user.id)

    # Buttons

    async def block_scene(self, interaction: Interaction, scene: str, reference: str) -> None:
        """Block the other person of an introduction or request; with several, ask which."""
        found = await self._bot.runtime.scenes.find(scene, reference, interaction.user.id)
        if found.about_user_id is not None:
            await self._block(interaction, found.server_id, found.about_user_id)
            return
        words = await words_for(interaction)
        await reply(interaction, await self._choose(interaction, words, found.server_id))

    async def block_person(self, interaction: Interaction, server: str, other: str) -> None:
        """Block somebody who was offered by name."""
        server_id = await self._checked(interaction, server)
        await self._block(interaction, server_id, number_of(other))

    async def unblock(self, interaction: Interaction, server: str, other: str) -> None:
        """Take a block back."""
        server_id = await self._checked(interaction, server)
        was = await self._blocks.unblock(server_id, interaction.user.id, number_of(other))
        words = await words_for(interaction)
        await turn(interaction, views.unblocked(words, number_of(other), was=was))

    async def stays(self, interaction: Interaction, server: str, other: str, wanted: str) -> None:
        """Let a block hold on after leaving, or end with it."""
        server_id = await self._checked(interaction, server)
        await self._block(interaction, server_id, number_of(other), stays=wanted == views.YES)

    async def page(self, interaction: Interaction, page: str) -> None:
        """Turn to a page of one's own blocks."""
        await turn(interaction, await self._list(interaction, number_of(page)))

    # Inside

    async def _block(
        self, interaction: Interaction, server_id: int, other: int, *, stays: bool | None = None
    ) -> None:
        words = await words_for(interaction)
        await self._blocks.block(server_id, interaction.user.id, other, stays=stays)
        await turn(interaction, await self._blocked(interaction, words, [server_id], other))

    async def _blocked(
        self, interaction: Interaction, words: Words, servers: Sequence[int], other: int
    ) -> discord.ui.LayoutView:
        mine = await self._blocks.mine(None, interaction.user.id)
        kept = [one for one in mine if one.server_id in servers and one.blocked_user_id == other]
        return views.blocked(words, servers, other, stays=all(one.stays for one in kept))

    async def _choose(
        self, interaction: Interaction, words: Words, server_id: int
    ) -> discord.ui.LayoutView:
        partners = await self._blocks.recent(server_id, interaction.user.id)
        return views.choose(words, server_id, partners)

    async def _list(self, interaction: Interaction, page: int) -> discord.ui.LayoutView:
        words = await words_for(interaction)
        mine = await self._blocks.mine(interaction.guild_id, interaction.user.id)
        names = None
        if interaction.guild_id is None:
            found = await self._bot.servers.names(one.server_id for one in mine)
            unnamed = words("news.a_server")
            names = {one.server_id: found.get(one.server_id, unnamed) for one in mine}
        last = max(0, (len(mine) - 1) // views.PAGE)
        return views.listing(words, mine, names, min(page, last))

    async def _checked(self, interaction: Interaction, server: str) -> int:
        return await self._places.check(
            interaction.guild_id, interaction.user.id, number_of(server)
        )


def _named(member: discord.User | None, typed: str | None) -> int | None:
    if member is not None:
        return member.id
    if typed is None:
        return None
    digits = typed.strip().removeprefix("<@").removeprefix("!").removesuffix(">")
    if not (digits.isascii() and digits.isdecimal() and 0 < int(digits) <= LARGEST_ID):
        raise UserError("safety.block.no_id")
    return int(digits)
