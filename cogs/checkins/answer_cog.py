"""Answering a prompt: every tap from *Check in* to *Take back*."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import discord

from bot import delivery
from bot.errors import UserError
from bot.pace import Limit, Pace, take
from bot.texts import Words
from bot.views import number_of, reply, server_language, turn, words_for
from cogs.checkins import answer_views as views
from cogs.checkins.answering import PICKS
from cogs.checkins.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

POSTING = (Limit(1, timedelta(seconds=30)), Limit(5, timedelta(minutes=10)))
"""How often one member may post, so that nobody fills a channel through the bot."""

POSTING_HERE = (Limit(100, timedelta(minutes=10)),)
"""How often all members of a server together may, so that no crowd of accounts does."""

THREAD_EXISTS = 160004
"""Discord's code: the message has a thread already."""

THREAD_MINUTES = 1440
"""After so long without a word a thread that was made for answers folds itself away."""


class Answering:
    """Nothing of an answer is stored, logged or kept in memory; nobody is counted."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._pace = Pace(*POSTING)
        self._pace_here = Pace(*POSTING_HERE)

    def register(self) -> None:
        """Answer the buttons of prompts and of the private panel."""
        for action, handler in {
            views.ANSWER: self.begin,
            views.PASS: self.skip,
            views.PICK: self.pick,
            views.AGAIN: self.again,
            views.WRITE: self.write,
            views.WARN: self.warn,
            views.KEEP: self.keep,
            views.POST: self.post,
            views.TAKE_BACK: self.take_back,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    async def begin(self, interaction: Interaction, promise: str) -> None:
        """Offer the words, privately, wherever the prompt stands."""
        message = interaction.message
        shared = message is not None and not message.flags.ephemeral and promise != views.NOW
        source = str(message.id) if shared and message is not None else views.NO_MESSAGE
        empty = views.Answer(source, "", question=views.question_of(message))
        # A new message also where the prompt is private: it can be answered once more.
        panel = views.picking(await words_for(interaction), empty, once=interaction.id)
        await reply(interaction, panel)

    async def again(
        self, interaction: Interaction, source: str, warned: str, picked: str = ""
    ) -> None:
        """Offer the words again."""
        if source != views.NO_MESSAGE:
            number_of(source)
        answer = _answer(interaction, source, picked if picked in PICKS else "", warned)
        panel = views.picking(await words_for(interaction), answer, once=interaction.id)
        await turn(interaction, panel)

    async def pick(
        self, interaction: Interaction, source: str, warned: str, *shown_and_picked: str
    ) -> None:
        """Show what was picked, and how to go on."""
        if not shown_and_picked:
            raise UserError("errors.old_button")
        await self._show(interaction, _answer(interaction, source, shown_and_picked[-1], warned))

    async def write(self, interaction: Interaction, source: str, picked: str, warned: str) -> None:
        """Open the form for the line."""

        answer = _answer(interaction, source, picked, warned)

        async def written(then: Interaction, line: str) -> None:
            await self._show(then, replace(answer, line=line))

        form = views.LineForm(self._bot, await words_for(interaction), answer.line, written)
        await interaction.response.send_modal(form)

    async def warn(self, interaction: Interaction, source: str, picked: str, warned: str) -> None:
        """Put a content warning before it, or take it off."""
        await self._show(interaction, _answer(interaction, source, picked, warned))

    async def keep(self, interaction: Interaction) -> None:
        """Keep it to oneself: nothing is stored and nothing is sent."""
        await turn(interaction, views.thanks(await words_for(interaction)))

    async def skip(self, interaction: Interaction, promise: str) -> None:
        """Pass."""
        await turn(interaction, views.passed(await words_for(interaction)))

    async def post(
        self,
        interaction: Interaction,
        where: str,
        source: str,
        picked: str,
        warned: str,
        nonce: str,
    ) -> None:
        """Post it for everybody, where this person may write themselves at this moment."""
        answer = _answer(interaction, source, picked, warned)
        if picked not in PICKS:
            raise UserError("errors.old_button")
        if interaction.guild_id is None or not await self._enabled(interaction.guild_id):
            raise UserError("checkin.refused.off")
        await self._bot.runtime.settings.require_running(interaction.guild_id)
        places = _places(interaction, source)
        if not (places.thread if where == views.THREAD else places.here):
            raise UserError("checkin.refused.not_here")
        person = interaction.user.id
        wait = take(
            self._bot.runtime.clock(),
            (self._pace, person),
            (self._pace_here, interaction.guild_id),
        )
        if wait:
            raise UserError("checkin.refused.wait", count=max(1, round(wait.total_seconds())))
        await interaction.response.defer()
        try:
            sent = await self._send(interaction, where, answer, nonce)
        except UserError:
            self._pace.give_back(person)
            self._pace_here.give_back(interaction.guild_id)
            raise
        words = await words_for(interaction)
        seal = self._bot.runtime.seals.make(person, sent.channel_id, sent.message_id)
        await interaction.edit_original_response(
            view=views.posted(words, sent.channel_id, sent.message_id, seal),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def take_back(
        self, interaction: Interaction, channel_id: str, message_id: str, seal: str
    ) -> None:
        """Delete what was posted."""
        ids = number_of(channel_id), number_of(message_id)
        # Nothing is kept about who posted it, so the button says that it was made for them.
        self._bot.runtime.seals.check(seal, interaction.user.id, *ids)
        if not await delivery.take_back_own(self._bot, *ids):
            raise UserError("checkin.refused.not_taken_back")
        await turn(interaction, views.taken_back(await words_for(interaction)))

    async def _show(self, interaction: Interaction, answer: views.Answer) -> None:
        if answer.pick not in PICKS:
            raise UserError("errors.old_button")
        places = _places(interaction, answer.source)
        if interaction.guild_id is not None and not await self._enabled(interaction.guild_id):
            places = views.Places(here=False, thread=False)
        # The nonce stands on the button: two taps on one panel post once.
        panel = views.ready(await words_for(interaction), answer, places, f"ci{interaction.id}")
        await turn(interaction, panel)

    async def _send(
        self, interaction: Interaction, where: str, answer: views.Answer, nonce: str
    ) -> delivery.Sent:
        texts = self._bot.runtime.texts
        public = Words(texts, texts.choose(await server_language(interaction)))
        place = interaction.channel
        if where == views.THREAD:
            place = await self._thread(interaction, answer.source, public)
        if not isinstance(place, discord.abc.Messageable):
            raise UserError("checkin.refused.closed")
        panel = views.post(public, interaction.user.display_name, answer)
        sent = await delivery.send(place, panel, nonce=nonce[:25])
        if isinstance(sent, delivery.Sent):
            return sent
        closed = isinstance(sent, delivery.Closed | delivery.Gone)
        raise UserError("checkin.refused.closed" if closed else "checkin.refused.failed")

    async def _thread(
        self, interaction: Interaction, source: str, words: Words
    ) -> discord.abc.Messageable:
        """The thread of the prompt's message, made if there is none; raises UserError."""
        number = number_of(source)
        known = None if interaction.guild is None else interaction.guild.get_thread(number)
        if known is not None:
            if known.is_private() or known.parent_id != interaction.channel_id:
                # Never the thread of a prompt: that is open to all who see its channel.
                raise UserError("errors.old_button")
            return known
        if not isinstance(interaction.channel, discord.TextChannel):
            raise UserError("checkin.refused.closed")
        message = interaction.channel.get_partial_message(number)
        try:
            return await message.create_thread(
                name=words("checkins.thread_name"), auto_archive_duration=THREAD_MINUTES
            )
        except discord.HTTPException as error:
            if error.code == THREAD_EXISTS:
                # A thread has the id of its message.
                return self._bot.get_partial_messageable(number, guild_id=interaction.guild_id)
            raise UserError("checkin.refused.closed") from error

    async def _enabled(self, server_id: int) -> bool:
        return await self._bot.runtime.settings.get(server_id, ENABLED)


def _answer(interaction: Interaction, source: str, picked: str, warned: str) -> views.Answer:
    """Read the answer back from the panel that was tapped, and from its button."""
    shown = interaction.message
    line, question = views.line_of(shown), views.question_of(shown)
    return views.Answer(source, picked, line, warned == "1", question)


def _places(interaction: Interaction, source: str) -> views.Places:
    guild, channel = interaction.guild, interaction.channel
    held = (interaction.permissions, interaction.app_permissions)
    if interaction.guild_id is None or not all(one.view_channel for one in held):
        return views.Places(here=False, thread=False)
    in_threads = all(one.send_messages_in_threads for one in held)
    if isinstance(channel, discord.Thread):
        return views.Places(here=in_threads, thread=False)
    there = source != views.NO_MESSAGE and isinstance(channel, discord.TextChannel)
    has_thread = there and guild is not None and guild.get_thread(number_of(source)) is not None
    may_make = interaction.app_permissions.create_public_threads
    return views.Places(
        here=all(one.send_messages for one in held),
        thread=there and in_threads and (has_thread or may_make),
    )
