"""*Answer with FAQ* on somebody's message: a helper is shown what fits, decides, and posts.

The bot reads the message at the helper's tap, for the one search, and keeps nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import discord
from discord import app_commands

from bot.errors import UserError
from bot.shelf import Shelf
from bot.texts import BASE
from bot.views import Panel, number_of, reply, server_language, turn, words_for
from cogs.faq import answering_views as views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.service import Faq
    from cogs.faq.sharing_cog import Sharing

MENU = "faq.menu.answer"

KEPT = timedelta(hours=1)
REPLIES = 500
"""Replies that wait to be posted, those of all servers together."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a helper is about to post. In memory only, and nothing of whom it answers."""

    user_id: int
    channel_id: int
    message_id: int
    entry_id: str
    line: str
    nonce: str


class Answering:
    """Answers the menu, its buttons and its forms."""

    def __init__(self, bot: Alongside, faq: Faq, catalogs: Catalogs, sharing: Sharing) -> None:
        self._bot = bot
        self._faq = faq
        self._catalogs = catalogs
        self._sharing = sharing
        self._clock = bot.runtime.clock
        self._replies: Shelf[str, Reply] = Shelf(most=REPLIES, weight=REPLIES, unused=KEPT)

    def register(self) -> None:
        """Add the menu, and answer what is tapped."""
        runtime = self._bot.runtime
        name = app_commands.locale_str(runtime.texts.say(MENU, BASE), key=MENU)
        self._bot.tree.add_command(app_commands.ContextMenu(name=name, callback=self.menu))
        for action, handler in {
            views.CHOOSE: self.choose,
            views.SEARCH: self.search,
            views.LINE: self.change_line,
            views.POST: self.post,
            views.DROP: self.drop,
        }.items():
            runtime.actions.on(action, handler)

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """Show a helper what may answer a message."""
        await self._suggest(interaction, message.content, message.id)

    async def search(self, interaction: Interaction, message_id: str) -> None:
        """Open the form for other words."""
        answered = number_of(message_id)
        await self._sharing.require(interaction)

        async def submitted(then: Interaction, typed: str) -> None:
            await self._suggest(then, typed, answered)

        form = views.SearchForm(self._bot, await words_for(interaction), submitted)
        await interaction.response.send_modal(form)

    async def choose(self, interaction: Interaction, entry_id: str, message_id: str) -> None:
        """Show what would be posted."""
        await self._sharing.require(interaction)
        _, public = await self._sharing.public(interaction, entry_id)
        await self._preview(
            interaction,
            Reply(
                interaction.user.id,
                interaction.channel_id or 0,
                number_of(message_id),
                entry_id,
                public("faq.answering.line_default"),
                # Two taps on one preview post once.
                f"faq{interaction.id}",
            ),
        )

    async def change_line(self, interaction: Interaction, reply_id: str) -> None:
        """Open the form with the opening line as it is."""
        kept = self._reply(interaction, reply_id)

        async def submitted(then: Interaction, line: str) -> None:
            await self._preview(then, replace(kept, line=line.strip()[: views.LINE_LIMIT]))

        form = views.LineForm(self._bot, await words_for(interaction), kept.line, submitted)
        await interaction.response.send_modal(form)

    async def post(self, interaction: Interaction, reply_id: str) -> None:
        """Post it for everybody in this channel, as a reply."""
        kept = self._reply(interaction, reply_id)
        await self._sharing.require(interaction)
        entry, public = await self._sharing.public(interaction, kept.entry_id)
        panel = views.post(public, entry, kept.line, interaction.user.mention)
        sent, seal = await self._sharing.send(
            interaction, panel, nonce=kept.nonce, reply_to=kept.message_id
        )
        self._replies.let_go(reply_id)
        words = await words_for(interaction)
        await interaction.edit_original_response(
            view=views.posted(words, sent.channel_id, sent.message_id, seal),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def drop(self, interaction: Interaction, reply_id: str) -> None:
        """Let go of it."""
        self._reply(interaction, reply_id)
        self._replies.let_go(reply_id)
        await turn(interaction, Panel((await words_for(interaction))("faq.answering.dropped")))

    async def _suggest(self, interaction: Interaction, text: str, message_id: int) -> None:
        await self._sharing.require(interaction)
        # What is posted is in the server's language, so that is where it is looked for.
        language = self._catalogs.language(await server_language(interaction))
        if not self._catalogs.is_ready(interaction.guild_id, language):
            # The first question after a while waits for the index; Discord waits 3 s only.
            await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
        found = None
        if text.strip():
            found = await self._faq.ask_words(interaction.guild_id, language, text)
        panel = views.suggested(await words_for(interaction), found, message_id)
        if not interaction.response.is_done():
            await turn(interaction, panel)
        elif interaction.message is None:
            await reply(interaction, panel)
        else:
            await interaction.edit_original_response(
                view=panel, allowed_mentions=discord.AllowedMentions.none()
            )

    async def _preview(self, interaction: Interaction, kept: Reply) -> None:
        await self._sharing.require(interaction)
        entry, public = await self._sharing.public(interaction, kept.entry_id)
        reply_id = uuid4().hex[:12]
        self._replies.put(reply_id, kept, 1, self._clock())
        words = await words_for(interaction)
        by = interaction.user.mention
        await turn(interaction, views.preview(words, public, entry, kept.line, by, reply_id))

    def _reply(self, interaction: Interaction, reply_id: str) -> Reply:
        kept = self._replies.get(reply_id, self._clock())
        if (
            kept is None
            or kept.user_id != interaction.user.id
            or kept.channel_id != interaction.channel_id
        ):
            raise UserError("faq.answering.gone")
        return kept
