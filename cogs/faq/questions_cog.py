"""Sending a question to the moderators, and hearing what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import discord

from bot import delivery, threads
from bot.database import StoreError
from bot.errors import UserError
from bot.jobs.carrying import look_for, place_of, try_to_send
from bot.jobs.runner import Delivered, Found, Tried
from bot.threads import DROPPED
from bot.views import turn, when_answered, words_for
from cogs.faq import questions_views as views
from cogs.faq.questions_model import Asking, Hear, Question, State
from cogs.faq.service import TOKEN

if TYPE_CHECKING:
    from discord import ui

    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message
    from bot.texts import Words
    from cogs.faq.model import Entry
    from cogs.faq.questions_service import Questions
    from cogs.faq.service import Faq


TOLD = frozenset(f"faq.{state}" for state in State)
"""The news of what came of a question: their words are `news.<key>`."""


class Asker:
    """From the tap below an answer that was none to the receipt, and to what came of it."""

    def __init__(self, bot: Alongside, questions: Questions, faq: Faq) -> None:
        self._bot = bot
        self._questions = questions
        self._faq = faq

    def register(self) -> None:
        """Answer what is tapped."""
        for action, handler in {
            views.ASK: self.show,
            views.CHANGE: self.change,
            views.WRITE: self.write,
            views.HEAR: self.choose_hear,
            views.NAME: self.choose_name,
            views.SEND: self.send,
            views.DROP: self.drop,
            views.BACK: self.take_back,
            views.QUIET: self.keep_quiet,
            views.MINE: self.mine,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    async def offer(
        self, interaction: Interaction, words: Words, text: str
    ) -> ui.Button[Any] | None:
        """Give the button to the moderators, and keep the words in memory until it is tapped.

        None where moderators switched it off, and by direct message.
        """
        server_id = interaction.guild_id
        if server_id is None or not await self._questions.is_open(server_id):
            return None
        key = uuid4().hex[:16]
        self._questions.unsent.put(key, Asking.of(text, server_id, interaction.user.id))
        return views.ask_button(words, key)

    async def remember(self, interaction: Interaction, entry_id: str, text: str) -> None:
        """Keep the words in memory that an entry was found for, in case it was not what was meant.

        What was chosen from the suggestions is nobody's own words.
        """
        server_id = interaction.guild_id
        if server_id is None or text.strip().startswith(TOKEN):
            return
        # Under the entry: drafts have numbers that nobody else has.
        self._questions.unsent.put(entry_id, Asking.of(text, server_id, interaction.user.id))

    async def offer_again(
        self, interaction: Interaction, words: Words, entry_id: str
    ) -> ui.Button[Any] | None:
        """Give the button to the moderators below an entry that was not what was meant.

        With the words it was found for, as long as they are in memory; else with an empty form.
        """
        server_id = interaction.guild_id
        if server_id is None or not await self._questions.is_open(server_id):
            return None
        asking = self._questions.unsent.take(entry_id, server_id, interaction.user.id)
        if asking is None:
            return views.ask_button(words, None)
        return await self.offer(interaction, words, asking.words)

    # Before it goes

    async def show(self, interaction: Interaction, draft_id: str) -> None:
        """Show what would go."""
        await self._with(interaction, draft_id)

    async def choose_hear(self, interaction: Interaction, draft_id: str, hear: str) -> None:
        """Choose how to hear what came of it."""
        if hear not in set(Hear):
            raise UserError("errors.old_button")
        await self._with(interaction, draft_id, hear=Hear(hear))

    async def choose_name(self, interaction: Interaction, draft_id: str, wanted: str) -> None:
        """Let moderators see who asks, or not."""
        await self._with(interaction, draft_id, named=wanted == views.ON)

    async def _with(self, interaction: Interaction, draft_id: str, **changed: Any) -> None:
        """Show what would go, changed; nothing is stored by it."""
        asking = self._asking(interaction, draft_id)
        if asking is None:
            await turn(interaction, views.words_gone(await words_for(interaction)))
            return
        asking = replace(asking, **changed)
        self._questions.unsent.put(draft_id, asking)
        await turn(interaction, await self._before(interaction, draft_id, asking))

    async def _before(
        self, interaction: Interaction, draft_id: str, asking: Asking
    ) -> ui.LayoutView:
        words = await words_for(interaction)
        if not await self._questions.is_open(asking.server_id):
            error = UserError("faq.questions.cannot.off")
            return views.not_sent(words, error, draft_id, asking.words)
        days = await self._questions.days(asking.server_id)
        server = await self._name(asking.server_id, words)
        return views.before(words, server, draft_id, asking, days)

    async def change(self, interaction: Interaction, draft_id: str) -> None:
        """Open the form with the words as they are."""
        asking = self._asking(interaction, draft_id)
        if asking is None:
            await turn(interaction, views.words_gone(await words_for(interaction)))
            return
        await self._open(interaction, draft_id, asking)

    async def write(self, interaction: Interaction) -> None:
        """Open an empty form, for words that are gone."""
        if interaction.guild_id is None:
            raise UserError("faq.questions.cannot.in_server")
        asking = Asking("", interaction.guild_id, interaction.user.id)
        await self._open(interaction, uuid4().hex[:16], asking)

    async def _open(self, interaction: Interaction, draft_id: str, asking: Asking) -> None:
        words = await words_for(interaction)

        async def given(then: Interaction, text: str) -> None:
            # What they chose meanwhile on the panel still holds.
            before = self._asking(then, draft_id) or asking
            typed = Asking.of(text, before.server_id, before.user_id)
            after = replace(before, words=typed.words, cut=typed.cut)
            self._questions.unsent.put(draft_id, after)
            await turn(then, await self._before(then, draft_id, after))

        form = views.WordsForm(self._bot, words, asking.words, given)
        await interaction.response.send_modal(form)

    async def drop(self, interaction: Interaction, draft_id: str) -> None:
        """Let go of the words."""
        self._questions.unsent.take(draft_id, interaction.guild_id, interaction.user.id)
        await turn(interaction, views.said(await words_for(interaction), "faq.questions.dropped"))

    # The tap

    async def send(self, interaction: Interaction, draft_id: str) -> None:
        """Hand it over, and see on the spot whether direct messages arrive."""
        words = await words_for(interaction)
        unsent, server_id = self._questions.unsent, interaction.guild_id
        asking = unsent.take(draft_id, server_id, interaction.user.id)
        if asking is None:
            await turn(interaction, await self._sent_before(interaction, words, draft_id))
            return
        try:
            if asking.hear is Hear.DM:
                await self._bot.runtime.settings.require_running(server_id)
            one = await self._questions.send(draft_id, asking, language=words.locale)
        except UserError as error:
            unsent.put(draft_id, asking)
            await turn(interaction, views.not_sent(words, error, draft_id, asking.words))
            return
        except StoreError:
            unsent.put(draft_id, asking)
            raise
        if asking.hear is not Hear.DM:
            await turn(interaction, views.sent(words, one, asking.hear.value))
            return
        await interaction.response.defer()
        hear = await self._open_dms(interaction, words, one)
        await interaction.edit_original_response(
            view=views.sent(words, one, hear), allowed_mentions=discord.AllowedMentions.none()
        )

    async def _sent_before(
        self, interaction: Interaction, words: Words, draft_id: str
    ) -> ui.LayoutView:
        """A second tap finds no words: it may have been sent by the first."""
        one = await self._questions.question(draft_id)
        if one is None or one.asker_user_id != interaction.user.id:
            return views.words_gone(words)
        return views.sent(words, one, one.hear.value)

    async def _open_dms(self, interaction: Interaction, words: Words, one: Question) -> str:
        """Open their direct messages and see that one arrives; gives what to say about it."""
        channel = await delivery.open_dm(interaction.user)
        if channel is None:
            return "dm_closed"
        panel = views.confirmation(words, await self._name(one.server_id, words), one)
        sent = await delivery.send(channel, panel, nonce=f"fq{one.id}")
        if not isinstance(sent, delivery.Sent):
            return "dm_closed"
        await self._questions.write_to(one.asker_user_id, one.id, channel.id)
        return "dm"

    # After it

    async def take_back(self, interaction: Interaction, question_id: str) -> None:
        """Delete one's own question."""
        await self._questions.take_back(interaction.user.id, question_id)
        await turn(
            interaction, views.said(await words_for(interaction), "faq.questions.taken_back")
        )

    async def keep_quiet(self, interaction: Interaction, question_id: str) -> None:
        """Write to them no more about it."""
        await self._questions.keep_quiet(interaction.user.id, question_id)
        await turn(interaction, views.said(await words_for(interaction), "faq.questions.quiet_now"))

    async def mine(self, interaction: Interaction, _message: str = "-") -> None:
        """Show what they asked, and what came of it."""
        words = await words_for(interaction)
        found = await self._questions.mine(interaction.user.id, interaction.guild_id)
        shown = found[: views.MINE_SHOWN]
        # It shows what they were to be told of it, so they need not be told again.
        news = self._bot.runtime.news
        unheard = await news.unheard(interaction.user.id)
        here = {one.server_id for one in shown}
        told = [one for one in unheard if one.key in TOLD and one.server_id in here]
        if told:
            when_answered(interaction, lambda: news.heard(told))
        await turn(
            interaction,
            views.mine(
                words,
                shown,
                [await self._name(one.server_id, words) for one in shown],
                [await self.entry_of(one, words) for one in shown],
            ),
        )

    async def entry_of(self, one: Question, words: Words) -> Entry | None:
        """Give the entry that answers a question, if it is still shown."""
        if one.state is not State.ANSWERED or one.entry_id is None:
            return None
        language = words.locale
        try:
            return await self._faq.entry(one.server_id, language, one.entry_id)
        except UserError:
            return None

    def _asking(self, interaction: Interaction, draft_id: str) -> Asking | None:
        return self._questions.unsent.get(draft_id, interaction.guild_id, interaction.user.id)

    async def _name(self, server_id: int, words: Words) -> str:
        return await server_name(self._bot, server_id, words)


class AnswerCarrier:
    """Writes to an asker what came of their question."""

    def __init__(self, bot: Alongside, questions: Questions, asker: Asker) -> None:
        self._bot = bot
        self._questions = questions
        self._asker = asker

    async def send(self, message: Message) -> Tried:
        """Send it, with the message's id as nonce."""
        one = await self._questions.question(message.subject)
        if one is None or one.is_waiting or one.hear is not Hear.DM:
            return DROPPED
        words = threads.words_in(self._bot, one.language)
        server = await server_name(self._bot, one.server_id, words)
        entry = await self._asker.entry_of(one, words)
        panel = views.came_of(words, server, one, entry, message.id)
        tried = await try_to_send(self._bot, message, panel)
        if isinstance(tried, Delivered) and await self._questions.question(one.id) is None:
            # They erased it meanwhile: nothing is left by which this message could be found.
            place = place_of(self._bot, message)
            await delivery.take_back(place.get_partial_message(tried.message_id))
        return tried

    async def look(self, message: Message) -> Found:
        """Look for it by the id in its button."""
        return await look_for(self._bot, message)


async def server_name(bot: Alongside, server_id: int, words: Words) -> str:
    """Give how a server is called, as long as the bot is in it."""
    return await bot.servers.name(server_id) or words("news.a_server")
