"""/faq for members, /manage faq for moderators."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import discord
from discord import app_commands
from discord.ext import commands

from bot import delivery
from bot.errors import UserError
from bot.pace import Limit, Pace, take
from bot.privacy import Holding
from bot.shelf import Shelf
from bot.texts import Words
from bot.views import Panel, clip, number_of, reply, server_language, turn, words_for
from cogs.faq import views
from cogs.faq.model import Draft, Entry, Typed
from cogs.faq.search import Verdict
from cogs.faq.service import TOKEN, UNUSED, Faq, shipped_entries
from cogs.faq.settings import CHANNELS, ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

SUGGESTIONS = 10
"""Suggestions below a half-typed question: what a phone shows without scrolling far."""

CHOICES = 25
"""Suggestions that Discord takes at most."""

CHOICE = 100
"""Characters that Discord takes in a suggestion."""

SHARING = (Limit(1, timedelta(seconds=30)), Limit(5, timedelta(minutes=10)))
"""How often one member may share, so that nobody fills a channel through the bot."""

SHARING_HERE = (Limit(60, timedelta(minutes=10)),)
"""How often all members of a server together may, so that no crowd of accounts does."""

DRAFTS = 500
DRAFT_KEPT = timedelta(hours=1)


class FaqCog(commands.Cog, name="Faq"):
    """Answers members, privately unless they choose to share."""

    faq = app_commands.Group(name="faq", description="-")

    def __init__(self, bot: Alongside, faq: Faq) -> None:
        self._bot = bot
        self._faq = faq
        self._clock = bot.runtime.clock
        self._pace = Pace(*SHARING)
        self._pace_here = Pace(*SHARING_HERE)
        self._tidying: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Begin to drop indexes that are not used any more."""
        self._tidying = asyncio.create_task(self._tidy(), name="faq tidying")

    async def cog_unload(self) -> None:
        """Stop doing so."""
        if self._tidying is not None:
            self._tidying.cancel()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(UNUSED.total_seconds())
            self._faq.tidy()

    @faq.command(name="ask", description="-")
    async def ask(self, interaction: Interaction, question: str) -> None:
        """Answer a question."""
        await self._require_open(interaction)
        language = await self._language(interaction)
        if not self._faq.is_ready(interaction.guild_id, language):
            # The first question after a while waits for the index; Discord waits 3 s only.
            await interaction.response.defer(ephemeral=True)
        found = await self._faq.ask(interaction.guild_id, language, question)
        words = await words_for(interaction)
        if found.verdict is Verdict.FOUND and found.entry is not None:
            panel = views.answer(words, found.entry, found.near, can_share=_may_share(interaction))
        else:
            topics = await self._faq.topics(interaction.guild_id, language)
            panel = views.not_found(words, found, topics)
        await reply(interaction, panel)

    @ask.autocomplete("question")
    async def suggest(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest questions at each keystroke, from memory; first of all, what was typed.

        Enter takes the first suggestion, so whoever types on and sends is asked what they meant,
        not what came nearest.
        """
        try:
            await self._require_open(interaction)
        except UserError:
            # The command itself says why; a list of suggestions has no room for it.
            return []
        language = await self._language(interaction)
        typed = " ".join(current.split())
        if len(typed) > CHOICE:
            # A suggestion cannot carry it. With none, it is sent as it was typed.
            return []
        shown = SUGGESTIONS - bool(typed)
        found = await self._faq.suggest(interaction.guild_id, language, typed, shown)
        choices = [_choice(entry, TOKEN) for entry in found]
        if typed and typed not in {entry.question for entry in found}:
            words = await words_for(interaction)
            own = clip(words("faq.ask.own_words", question=typed), CHOICE)
            choices.insert(0, app_commands.Choice(name=own, value=typed))
        return choices

    @faq.command(name="browse", description="-")
    async def browse(self, interaction: Interaction) -> None:
        """Show the topics."""
        await self._require_open(interaction)
        language = await self._language(interaction)
        topics = await self._faq.topics(interaction.guild_id, language)
        await reply(interaction, views.page(await words_for(interaction), topics, None, None))

    async def choose_topic(self, interaction: Interaction, topic: str) -> None:
        """Show the first page of a chosen topic."""
        await self.show_page(interaction, topic, "0")

    async def show_page(self, interaction: Interaction, topic: str, number: str) -> None:
        """Show one page of a topic on the message that was tapped."""
        await self._require_open(interaction)
        language = await self._language(interaction)
        topics = await self._faq.topics(interaction.guild_id, language)
        words = await words_for(interaction)
        if topic not in topics:
            await turn(interaction, views.page(words, topics, None, None))
            return
        shown = await self._faq.browse(
            interaction.guild_id, language, topic, number_of(number), views.PAGE_SIZE
        )
        await turn(interaction, views.page(words, topics, topic, shown))

    async def show(self, interaction: Interaction, entry_id: str) -> None:
        """Show one entry on the message that was tapped."""
        await self._require_open(interaction)
        language = await self._language(interaction)
        entry = await self._faq.entry(interaction.guild_id, language, entry_id)
        related = await self._faq.related(interaction.guild_id, language, entry)
        words = await words_for(interaction)
        await turn(
            interaction, views.answer(words, entry, related, can_share=_may_share(interaction))
        )

    # Sharing

    async def ask_share(self, interaction: Interaction, entry_id: str) -> None:
        """Say what the others will see, and ask."""
        await self._require_open(interaction)
        _require_share(interaction)
        entry, _ = await self._public(interaction, entry_id)
        words = await words_for(interaction)
        # The nonce stands on the button: two taps on one question post once.
        await turn(interaction, views.confirm_share(words, entry, f"faq{interaction.id}"))

    async def post(self, interaction: Interaction, entry_id: str, nonce: str) -> None:
        """Post the answer for everybody in this channel."""
        await self._require_open(interaction)
        _require_share(interaction)
        entry, public = await self._public(interaction, entry_id)
        place = interaction.channel
        if not isinstance(place, discord.abc.Messageable):
            raise UserError("faq.share.closed")
        person, server_id = interaction.user.id, interaction.guild_id or 0
        wait = take(self._clock(), (self._pace, person), (self._pace_here, server_id))
        if wait:
            raise UserError("faq.share.wait", count=max(1, round(wait.total_seconds())))
        await interaction.response.defer()
        sent = await delivery.send(place, views.shared(public, entry), nonce=nonce[:25])
        if not isinstance(sent, delivery.Sent):
            self._pace.give_back(person)
            self._pace_here.give_back(server_id)
            closed = isinstance(sent, delivery.Closed | delivery.Gone)
            raise UserError("faq.share.closed" if closed else "faq.share.failed")
        words = await words_for(interaction)
        seal = self._bot.runtime.seals.make(person, sent.channel_id, sent.message_id)
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

    async def _public(self, interaction: Interaction, entry_id: str) -> tuple[Entry, Words]:
        """Give an entry as everybody here reads it: in the server's language."""
        spoken = await server_language(interaction)
        texts = self._bot.runtime.texts
        entry = await self._faq.entry(interaction.guild_id, self._faq.language(spoken), entry_id)
        return entry, Words(texts, texts.choose(spoken))

    async def _require_open(self, interaction: Interaction) -> None:
        await self._faq.require_open(interaction.guild_id, _places(interaction))

    async def _language(self, interaction: Interaction) -> str:
        return self._faq.language(interaction.locale.value, await server_language(interaction))


class ManageFaq(app_commands.Group):
    """Moderators add answers for their server, and hide shipped ones."""

    def __init__(self, bot: Alongside, faq: Faq) -> None:
        super().__init__(name="faq", description="-")
        self._bot = bot
        self._faq = faq
        self._clock = bot.runtime.clock
        self._drafts: Shelf[str, Draft] = Shelf(most=DRAFTS, weight=DRAFTS, unused=DRAFT_KEPT)

    @app_commands.command(name="add", description="-")
    async def add(self, interaction: Interaction, language: str | None = None) -> None:
        """Open the form for a new entry."""
        spoken = self._faq.language(language or await server_language(interaction))
        words = await words_for(interaction)
        typed = Typed(source=words("faq.form.source_default"))
        server_id = _server(interaction)
        await self._open(interaction, Draft(typed, server_id, interaction.user.id, spoken, None))

    @app_commands.command(name="edit", description="-")
    async def edit(self, interaction: Interaction, entry: str) -> None:
        """Open the form with an entry as it is now."""
        await self.edit_button(interaction, entry)

    @app_commands.command(name="remove", description="-")
    async def remove(self, interaction: Interaction, entry: str) -> None:
        """Ask before an entry goes."""
        await self.ask_remove(interaction, entry)

    @app_commands.command(name="hide", description="-")
    async def hide(self, interaction: Interaction, entry: str) -> None:
        """Hide a shipped entry in this server."""
        words = await words_for(interaction)
        language = await self._language(interaction)
        found = await self._faq.hide(
            _server(interaction), _wanted(entry), language, by=interaction.user.id
        )
        await reply(interaction, views.hidden(words, found))

    @app_commands.command(name="restore", description="-")
    async def restore(self, interaction: Interaction, entry: str) -> None:
        """Show a hidden entry again."""
        await self.restore_button(interaction, _wanted(entry))

    @app_commands.command(name="list", description="-")
    async def list_entries(self, interaction: Interaction) -> None:
        """List what this server added and hid."""
        await self.show_list(interaction, "0")

    @add.autocomplete("language")
    async def suggest_language(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the languages that there are entries in."""
        words = await words_for(interaction)
        return [
            app_commands.Choice(name=clip(name, 100), value=code)
            for code, name in views.languages(words, self._faq.languages)
            if current.casefold() in name.casefold()
        ][:CHOICES]

    @edit.autocomplete("entry")
    @remove.autocomplete("entry")
    async def suggest_own(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest entries that this server added."""
        language = await self._language(interaction)
        found = await self._faq.suggest_own(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    @hide.autocomplete("entry")
    async def suggest_shipped(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest shipped entries that are shown here."""
        language = await self._language(interaction)
        found = await self._faq.suggest_shipped(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    @restore.autocomplete("entry")
    async def suggest_hidden(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest entries that are hidden here."""
        language = await self._language(interaction)
        found = await self._faq.suggest_hidden(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    async def edit_button(self, interaction: Interaction, entry_id: str) -> None:
        """Open the form with an entry as it is now."""
        server_id = _server(interaction)
        now = await self._faq.own_entry(server_id, _wanted(entry_id))
        draft = Draft(
            Typed.of(now), server_id, interaction.user.id, now.language, now.id, now.revision
        )
        await self._open(interaction, draft)

    async def ask_remove(self, interaction: Interaction, entry_id: str) -> None:
        """Ask before an entry goes."""
        now = await self._faq.own_entry(_server(interaction), _wanted(entry_id))
        await turn(interaction, views.confirm_remove(await words_for(interaction), now))

    async def remove_button(self, interaction: Interaction, entry_id: str, seen: str) -> None:
        """Delete an entry that was asked about."""
        gone = await self._faq.remove(
            _server(interaction), entry_id, seen=number_of(seen), by=interaction.user.id
        )
        words = await words_for(interaction)
        await turn(interaction, views.note(words, "faq.saved.removed", gone))

    async def restore_button(self, interaction: Interaction, entry_id: str) -> None:
        """Show a hidden entry again."""
        language = await self._language(interaction)
        shown = await self._faq.restore(
            _server(interaction), entry_id, language, by=interaction.user.id
        )
        words = await words_for(interaction)
        await turn(interaction, views.note(words, "faq.saved.restored", shown))

    async def show_list(self, interaction: Interaction, number: str) -> None:
        """Show one page of what this server added and hid."""
        language = await self._language(interaction)
        kept = await self._faq.kept(_server(interaction), language)
        words = await words_for(interaction)
        await turn(interaction, views.listed(words, kept, number_of(number)))

    # Drafts

    async def save_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Save what was previewed."""
        draft = self._draft(interaction, draft_id)
        by = interaction.user.id
        try:
            if draft.entry_id is None:
                entry = await self._faq.add(draft.server_id, draft.language, draft.typed, by=by)
            else:
                entry = await self._faq.edit(
                    draft.server_id, draft.entry_id, draft.typed, seen=draft.seen, by=by
                )
        except UserError as error:
            await self._refuse(interaction, draft, error)
            return
        self._drafts.drop(lambda key: key == draft_id)
        key = "faq.saved.added" if draft.entry_id is None else "faq.saved.changed"
        await turn(interaction, views.saved(await words_for(interaction), key, entry))

    async def change_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Open the form with what was typed."""
        await self._open(interaction, self._draft(interaction, draft_id))

    async def drop_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Let go of what was typed."""
        self._drafts.drop(lambda key: key == draft_id)
        await turn(interaction, Panel((await words_for(interaction))("faq.preview.dropped")))

    async def _open(self, interaction: Interaction, draft: Draft) -> None:
        async def submitted(then: Interaction, typed: Typed) -> None:
            await self._preview(then, replace(draft, typed=typed))

        words = await words_for(interaction)
        form = views.EntryForm(self._bot, words, draft.typed, submitted)
        await interaction.response.send_modal(form)

    async def _preview(self, interaction: Interaction, draft: Draft) -> None:
        try:
            entry = self._faq.check(draft.typed, draft.language)
        except UserError as error:
            await self._refuse(interaction, draft, error)
            return
        adds = draft.entry_id is None
        similar = await self._faq.similar(draft.server_id, draft.language, entry) if adds else ()
        words = await words_for(interaction)
        draft_id = self._keep(draft)
        await turn(interaction, views.preview(words, entry, similar, draft_id, changes=not adds))

    async def _refuse(self, interaction: Interaction, draft: Draft, error: UserError) -> None:
        if error.key == "faq.refused.gone_meanwhile":
            # Their words can still become an entry of its own.
            draft = replace(draft, entry_id=None)
        elif error.key == "faq.refused.changed_meanwhile" and draft.entry_id is not None:
            # Having been told, they may overwrite what the other moderator wrote.
            now = await self._faq.own_entry(draft.server_id, draft.entry_id)
            draft = replace(draft, seen=now.revision)
        words = await words_for(interaction)
        await turn(interaction, views.refused(words, error, draft.typed, self._keep(draft)))

    def _keep(self, draft: Draft) -> str:
        draft_id = uuid4().hex[:12]
        self._drafts.put(draft_id, draft, 1, self._clock())
        return draft_id

    def _draft(self, interaction: Interaction, draft_id: str) -> Draft:
        draft = self._drafts.get(draft_id, self._clock())
        if (
            draft is None
            or draft.server_id != interaction.guild_id
            or draft.user_id != interaction.user.id
        ):
            raise UserError("faq.refused.draft_gone")
        return draft

    async def _language(self, interaction: Interaction) -> str:
        return self._faq.language(interaction.locale.value, await server_language(interaction))


def _choice(entry: Entry, token: str = "") -> app_commands.Choice[str]:
    return app_commands.Choice(name=clip(entry.question, 100), value=f"{token}{entry.id}")


def _wanted(typed: str) -> str:
    return typed.strip().removeprefix(TOKEN)


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id


def _places(interaction: Interaction) -> tuple[int, ...]:
    """The channel, and for a thread the channel that it belongs to."""
    ids = [interaction.channel_id, getattr(interaction.channel, "parent_id", None)]
    return tuple(i for i in ids if i is not None)


def _may_share(interaction: Interaction) -> bool:
    """Whether this member may write here themselves, and the bot may too."""
    if interaction.guild_id is None:
        return False
    in_thread = isinstance(interaction.channel, discord.Thread)
    return all(
        held.view_channel and (held.send_messages_in_threads if in_thread else held.send_messages)
        for held in (interaction.permissions, interaction.app_permissions)
    )


def _require_share(interaction: Interaction) -> None:
    if not _may_share(interaction):
        raise UserError("faq.share.not_here")


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    faq = Faq(shipped_entries(), runtime.database, runtime.settings, runtime.clock)
    runtime.settings.declare(ENABLED)
    runtime.settings.declare(CHANNELS)
    runtime.privacy.register(
        Holding(table="faq_entries"), Holding(table="faq_hidden"), Holding(table="faq_revisions")
    )
    runtime.privacy.when_server_erased(faq.forget)
    cog = FaqCog(bot, faq)
    manage = ManageFaq(bot, faq)
    for action, handler in {
        views.SHOW: cog.show,
        views.PAGE: cog.show_page,
        views.TOPIC: cog.choose_topic,
        views.SHARE: cog.ask_share,
        views.POST: cog.post,
        views.TAKE_BACK: cog.take_back,
    }.items():
        runtime.actions.on(action, handler)
    for action, handler in {
        views.SAVE_DRAFT: manage.save_draft,
        views.CHANGE_DRAFT: manage.change_draft,
        views.DROP_DRAFT: manage.drop_draft,
        views.EDIT: manage.edit_button,
        views.ASK_REMOVE: manage.ask_remove,
        views.REMOVE: manage.remove_button,
        views.RESTORE: manage.restore_button,
        views.LIST: manage.show_list,
    }.items():
        runtime.actions.on(action, handler, moderators=True)
    runtime.manage.add_command(manage)
    await bot.add_cog(cog)
