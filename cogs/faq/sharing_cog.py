"""What a member posts for others from the FAQ: where they may write, and to be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot import delivery
from bot.errors import UserError
from bot.pace import Limit, Pace, take
from bot.texts import Words
from bot.views import number_of, server_language, turn, words_for
from cogs.faq import views

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.model import Entry
    from cogs.faq.service import Faq

SHARING = (Limit(1, timedelta(seconds=30)), Limit(5, timedelta(minutes=10)))
"""How often one member may share, so that nobody fills a channel through the bot."""

SHARING_HERE = (Limit(60, timedelta(minutes=10)),)
"""How often all members of a server together may, so that no crowd of accounts does."""


class Sharing:
    """Posts what members chose to, and takes it back."""

    def __init__(self, bot: Alongside, faq: Faq, catalogs: Catalogs) -> None:
        self._bot = bot
        self._faq = faq
        self._catalogs = catalogs
        self._clock = bot.runtime.clock
        self._pace = Pace(*SHARING)
        self._pace_here = Pace(*SHARING_HERE)

    def register(self) -> None:
        """Answer what is tapped."""
        for action, handler in {
            views.SHARE: self.ask_share,
            views.POST: self.post,
            views.TAKE_BACK: self.take_back,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    async def ask_share(self, interaction: Interaction, entry_id: str) -> None:
        """Say what the others will see, and ask."""
        await self.require(interaction)
        entry, _ = await self.public(interaction, entry_id)
        words = await words_for(interaction)
        # The nonce stands on the button: two taps on one question post once.
        await turn(interaction, views.confirm_share(words, entry, f"faq{interaction.id}"))

    async def post(self, interaction: Interaction, entry_id: str, nonce: str) -> None:
        """Post the answer for everybody in this channel."""
        await self.require(interaction)
        entry, public = await self.public(interaction, entry_id)
        sent, seal = await self.send(interaction, views.shared(public, entry), nonce=nonce)
        words = await words_for(interaction)
        await interaction.edit_original_response(
            view=views.posted(words, entry, sent.channel_id, sent.message_id, seal),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def take_back(
        self, interaction: Interaction, channel_id: str, message_id: str, seal: str
    ) -> None:
        """Delete what was shared."""
        ids = number_of(channel_id), number_of(message_id)
        # Nothing is kept about who posted it, so the button says that it was made for them.
        self._bot.runtime.seals.check(seal, interaction.user.id, *ids)
        if not await delivery.take_back_own(self._bot, *ids):
            raise UserError("faq.share.not_taken_back")
        await turn(interaction, views.taken_back(await words_for(interaction)))

    async def require(self, interaction: Interaction) -> None:
        """Refuse where the FAQ is closed, or where this member or the bot may not write."""
        await self._faq.require_open(interaction.guild_id, places(interaction))
        if not may_share(interaction):
            raise UserError("faq.share.not_here")

    async def send(
        self,
        interaction: Interaction,
        panel: ui.LayoutView,
        *,
        nonce: str,
        reply_to: int | None = None,
    ) -> tuple[delivery.Sent, str]:
        """Post for everybody here at this member's pace; gives what was sent, and its seal.

        It replies to the message `reply_to` of this channel, if that is still there.

        The interaction is deferred. Raises UserError when it is not posted.
        """
        await self._bot.runtime.settings.require_running(interaction.guild_id)
        place = interaction.channel
        if not isinstance(place, discord.abc.Messageable):
            raise UserError("faq.share.closed")
        person, server_id = interaction.user.id, interaction.guild_id or 0
        wait = take(self._clock(), (self._pace, person), (self._pace_here, server_id))
        if wait:
            raise UserError("faq.share.wait", count=max(1, round(wait.total_seconds())))
        await interaction.response.defer()
        answered = None
        if reply_to is not None:
            answered = discord.MessageReference(
                message_id=reply_to,
                channel_id=interaction.channel_id or 0,
                fail_if_not_exists=False,
            )
        sent = await delivery.send(place, panel, nonce=nonce[:25], reply_to=answered)
        if not isinstance(sent, delivery.Sent):
            self._pace.give_back(person)
            self._pace_here.give_back(server_id)
            closed = isinstance(sent, delivery.Closed | delivery.Gone)
            raise UserError("faq.share.closed" if closed else "faq.share.failed")
        return sent, self._bot.runtime.seals.make(person, sent.channel_id, sent.message_id)

    async def public(self, interaction: Interaction, entry_id: str) -> tuple[Entry, Words]:
        """Give an entry as everybody here reads it: in the server's language."""
        spoken = await server_language(interaction)
        texts = self._bot.runtime.texts
        entry = await self._faq.entry(
            interaction.guild_id, self._catalogs.language(spoken), entry_id
        )
        return entry, Words(texts, texts.choose(spoken))


def places(interaction: Interaction) -> tuple[int, ...]:
    """The channel, and for a thread the channel that it belongs to."""
    ids = [interaction.channel_id, getattr(interaction.channel, "parent_id", None)]
    return tuple(i for i in ids if i is not None)


def may_share(interaction: Interaction) -> bool:
    """Whether this member may write here themselves, and the bot may too."""
    if interaction.guild_id is None:
        return False
    in_thread = isinstance(interaction.channel, discord.Thread)
    return all(
        held.view_channel and (held.send_messages_in_threads if in_thread else held.send_messages)
        for held in (interaction.permissions, interaction.app_permissions)
    )
