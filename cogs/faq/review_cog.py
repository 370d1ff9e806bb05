"""/manage faq check: what may be mended in a server's own answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands import key_of
from bot.errors import UserError
from bot.pace import Limit, Pace
from bot.views import server_language, words_for
from cogs.faq import review_views as views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.faq.review_service import Reviews

REVIEWING = Limit(4, timedelta(minutes=10))
"""How often a server's answers are looked through: it takes seconds of what all servers share."""


class Reviewing:
    """Answers the command and its button."""

    def __init__(self, bot: Alongside, reviews: Reviews) -> None:
        self._bot = bot
        self._reviews = reviews
        self._clock = bot.runtime.clock
        self._pace = Pace(REVIEWING)

    def register(self, group: app_commands.Group) -> None:
        """Add the command to the moderators' group, and answer what is tapped."""
        group.add_command(app_commands.Command(name="check", description="-", callback=self.check))
        self._bot.runtime.actions.on(views.CHECK, self.check, moderators=True)

    async def check(self, interaction: Interaction) -> None:
        """Look through the answers, and say what may be mended."""
        server_id = interaction.guild_id
        if server_id is None:
            raise UserError("errors.not_now")
        wait = self._pace.take(server_id, self._clock())
        if wait:
            raise UserError("faq.check.wait", count=max(1, round(wait.total_seconds() / 60)))
        await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
        language = await server_language(interaction)
        found = await self._reviews.review(server_id, language or "", self._commands())
        panel = views.reviewed(await words_for(interaction), found)
        await interaction.edit_original_response(
            view=panel, allowed_mentions=discord.AllowedMentions.none()
        )

    def _commands(self) -> frozenset[str]:
        """The bot's commands by name, in every language that it speaks."""
        texts = self._bot.runtime.texts
        names: set[str] = set()
        for command in self._bot.tree.walk_commands():
            if isinstance(command, app_commands.Group):
                continue
            path: list[app_commands.Command[Any, ..., Any] | app_commands.Group] = [command]
            while (parent := path[0].parent) is not None:
                path.insert(0, parent)
            for locale in texts.locales:
                names.add(" ".join(texts.say(f"{key_of(one)}.name", locale) for one in path))
        return frozenset(names)
