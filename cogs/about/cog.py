"""/about and /help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.database import StoreError
from bot.permissions import is_moderator
from bot.texts import Words
from bot.views import number_of, reply, turn, words_for
from cogs.about import views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction


class About(commands.Cog):
    """Says what the bot is and how to use it."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._pages: dict[tuple[str, str, bool], tuple[views.Page, ...]] = {}

    @app_commands.command()
    async def about(self, interaction: Interaction) -> None:
        """Say what the bot is, is not, and who runs it."""
        await self.show_about(interaction)

    @app_commands.command()
    async def help(self, interaction: Interaction) -> None:
        """List what this person may use here."""
        await self.show_help(interaction)

    async def show_about(self, interaction: Interaction) -> None:
        """Answer the command, and the button on what the bot posts for everybody."""
        words = await words_for(interaction)
        runtime = self._bot.runtime
        try:
            counts = await runtime.counting.is_on(interaction.guild_id)
        except StoreError:
            # What the bot is, it says also while nobody can look anything up.
            counts = False
        await reply(interaction, views.about(words, runtime.config, counts=counts))

    async def show_help(self, interaction: Interaction, page: str = "0") -> None:
        """Answer the command and the buttons."""
        words = await words_for(interaction)
        texts = self._bot.runtime.texts
        # Discord shows a command's name in the person's language or in English, never the server's.
        named = Words(texts, texts.choose(interaction.locale.value))
        pages = self._pages_of(words, named, moderator=await is_moderator(interaction))
        await turn(interaction, views.help_page(words, pages, number_of(page)))

    def _pages_of(self, words: Words, named: Words, *, moderator: bool) -> tuple[views.Page, ...]:
        """The list of commands; it stays the same, so it is put together once for each language."""
        key = words.locale, named.locale, moderator
        if key not in self._pages:
            usable = self._usable(moderator=moderator)
            self._pages[key] = tuple(views.pages(words, named, usable))
        return self._pages[key]

    def _usable(self, *, moderator: bool) -> list[views.Usable]:
        return [
            views.Usable.of(
                command, moderators=views.root_of(command).default_permissions is not None
            )
            for command in self._bot.tree.walk_commands()
            if isinstance(command, app_commands.Command)
            and (moderator or views.root_of(command).default_permissions is None)
        ]


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    cog = About(bot)
    bot.runtime.actions.on("about:show", cog.show_about)
    bot.runtime.actions.on(views.HELP, cog.show_help)
    await bot.add_cog(cog)
