"""/manage faq: what moderators make of the FAQ."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from discord import app_commands

from bot.errors import UserError
from bot.guide import way_back
from bot.shelf import Shelf
from bot.views import Panel, clip, number_of, reply, row, server_language, turn, words_for
from cogs.faq import entries_views as views
from cogs.faq import tallies_views
from cogs.faq.model import Draft, Typed
from cogs.faq.service import TOKEN

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.database import Transaction
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.entries_service import Entries
    from cogs.faq.model import Entry
    from cogs.faq.questions_service import Questions
    from cogs.faq.queue_cog import Queue
    from cogs.faq.tallies_service import Tallies

CHOICES = 25
"""Suggestions that Discord takes at most."""

DRAFTS = 500
DRAFT_KEPT = timedelta(hours=1)


class ManageFaq(app_commands.Group):
    """Moderators add answers for their server, and hide shipped ones."""

    def __init__(
        self,
        bot: Alongside,
        entries: Entries,
        catalogs: Catalogs,
        tallies: Tallies,
        questions: Questions,
        queue: Queue,
    ) -> None:
        super().__init__(name="faq", description="-")
        self._questions = questions
        self._queue = queue
        self._bot = bot
        self._entries = entries
        self._catalogs = catalogs
        self._tallies = tallies
        self._clock = bot.runtime.clock
        self._drafts: Shelf[str, Draft] = Shelf(most=DRAFTS, weight=DRAFTS, unused=DRAFT_KEPT)

    def register(self) -> None:
        """Answer what is tapped."""
        for action, handler in {
            views.FIRST: self.add_first,
            views.SAVE_DRAFT: self.save_draft,
            views.CHANGE_DRAFT: self.change_draft,
            views.DROP_DRAFT: self.drop_draft,
            views.EDIT: self.edit_button,
            views.ASK_REMOVE: self.ask_remove,
            views.REMOVE: self.remove_button,
            views.RESTORE: self.restore_button,
            views.LIST: self.show_list,
            views.FEEDBACK: self.show_feedback,
        }.items():
            self._bot.runtime.actions.on(action, handler, moderators=True)
        self._queue.register(self.open_answer)

    @app_commands.command(name="questions", description="-")
    async def questions(self, interaction: Interaction) -> None:
        """Show what members asked that was not found."""
        await self._queue.show(interaction)

    async def open_answer(
        self, interaction: Interaction, typed: Typed, language: str, answers: tuple[str, ...]
    ) -> None:
        """Open the form for an entry that answers what members asked."""
        draft = Draft(
            typed,
            _server(interaction),
            interaction.user.id,
            self._catalogs.language(language),
            None,
            answers=answers,
        )
        await self._open(interaction, draft)

    @app_commands.command(name="add", description="-")
    async def add(self, interaction: Interaction, language: str | None = None) -> None:
        """Open the form for a new entry."""
        await self._begin(interaction, language, first=False)

    async def add_first(self, interaction: Interaction) -> None:
        """Open the same from /setup."""
        await self._begin(interaction, None, first=True)

    async def _begin(self, interaction: Interaction, language: str | None, *, first: bool) -> None:
        spoken = self._catalogs.language(language or await server_language(interaction))
        words = await words_for(interaction)
        typed = Typed(source=words("faq.form.source_default"))
        server_id = _server(interaction)
        draft = Draft(typed, server_id, interaction.user.id, spoken, None, first=first)
        await self._open(interaction, draft)

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
        found = await self._entries.hide(
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

    @app_commands.command(name="feedback", description="-")
    async def feedback(self, interaction: Interaction) -> None:
        """Tell which answers help and which do not."""
        await self.show_feedback(interaction, "0")

    @add.autocomplete("language")
    async def suggest_language(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the languages that there are entries in."""
        words = await words_for(interaction)
        return [
            app_commands.Choice(name=clip(name, 100), value=code)
            for code, name in views.languages(words, self._catalogs.languages)
            if current.casefold() in name.casefold()
        ][:CHOICES]

    @edit.autocomplete("entry")
    @remove.autocomplete("entry")
    async def suggest_own(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest entries that this server added."""
        language = await self._language(interaction)
        found = await self._entries.suggest_own(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    @hide.autocomplete("entry")
    async def suggest_shipped(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest shipped entries that are shown here."""
        language = await self._language(interaction)
        found = await self._entries.suggest_shipped(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    @restore.autocomplete("entry")
    async def suggest_hidden(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest entries that are hidden here."""
        language = await self._language(interaction)
        found = await self._entries.suggest_hidden(_server(interaction), language, current)
        return [_choice(entry) for entry in found[:CHOICES]]

    async def edit_button(self, interaction: Interaction, entry_id: str) -> None:
        """Open the form with an entry as it is now."""
        server_id = _server(interaction)
        now = await self._entries.own_entry(server_id, _wanted(entry_id))
        draft = Draft(
            Typed.of(now), server_id, interaction.user.id, now.language, now.id, now.revision
        )
        await self._open(interaction, draft)

    async def ask_remove(self, interaction: Interaction, entry_id: str) -> None:
        """Ask before an entry goes."""
        now = await self._entries.own_entry(_server(interaction), _wanted(entry_id))
        await turn(interaction, views.confirm_remove(await words_for(interaction), now))

    async def remove_button(self, interaction: Interaction, entry_id: str, seen: str) -> None:
        """Delete an entry that was asked about."""
        gone = await self._entries.remove(
            _server(interaction), entry_id, seen=number_of(seen), by=interaction.user.id
        )
        words = await words_for(interaction)
        await turn(interaction, views.note(words, "faq.saved.removed", gone))

    async def restore_button(self, interaction: Interaction, entry_id: str) -> None:
        """Show a hidden entry again."""
        language = await self._language(interaction)
        shown = await self._entries.restore(
            _server(interaction), entry_id, language, by=interaction.user.id
        )
        words = await words_for(interaction)
        await turn(interaction, views.note(words, "faq.saved.restored", shown))

    async def show_list(self, interaction: Interaction, number: str) -> None:
        """Show one page of what this server added and hid."""
        language = await self._language(interaction)
        kept = await self._entries.kept(_server(interaction), language)
        words = await words_for(interaction)
        await turn(interaction, views.listed(words, kept, number_of(number)))

    async def show_feedback(self, interaction: Interaction, number: str) -> None:
        """Show one page of how often answers helped."""
        language = await self._language(interaction)
        every = await self._tallies.told(_server(interaction), language)
        words = await words_for(interaction)
        await turn(interaction, tallies_views.feedback(words, every, number_of(number)))

    # Drafts

    async def save_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Save what was previewed."""
        draft = self._draft(interaction, draft_id)
        by = interaction.user.id
        try:
            if draft.entry_id is None:
                entry = await self._add(draft, by)
            else:
                entry = await self._entries.edit(
                    draft.server_id, draft.entry_id, draft.typed, seen=draft.seen, by=by
                )
        except UserError as error:
            await self._refuse(interaction, draft, error)
            return
        self._drafts.let_go(draft_id)
        key = "faq.saved.added" if draft.entry_id is None else "faq.saved.changed"
        if draft.answers:
            key = "faq.saved.answered"
        words = await words_for(interaction)
        await turn(interaction, views.saved(words, key, entry, first=draft.first))

    async def _add(self, draft: Draft, by: int) -> Entry:
        async def answered(tx: Transaction, entry: Entry) -> None:
            await self._questions.answered(tx, draft.server_id, draft.answers, entry, by=by)

        then = answered if draft.answers else None
        entry = await self._entries.add(
            draft.server_id, draft.language, draft.typed, by=by, then=then
        )
        self._bot.runtime.jobs.wake()
        return entry

    async def change_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Open the form with what was typed."""
        await self._open(interaction, self._draft(interaction, draft_id))

    async def drop_draft(self, interaction: Interaction, draft_id: str) -> None:
        """Let go of what was typed."""
        draft = self._drafts.get(draft_id, self._clock())
        self._drafts.let_go(draft_id)
        words = await words_for(interaction)
        first = draft is not None and draft.first
        await turn(
            interaction,
            Panel(words("faq.preview.dropped"), row(way_back(words)) if first else None),
        )

    async def _open(self, interaction: Interaction, draft: Draft) -> None:
        async def submitted(then: Interaction, typed: Typed) -> None:
            await self._preview(then, replace(draft, typed=typed))

        words = await words_for(interaction)
        form = views.EntryForm(self._bot, words, draft.typed, submitted)
        await interaction.response.send_modal(form)

    async def _preview(self, interaction: Interaction, draft: Draft) -> None:
        try:
            entry = self._entries.check(draft.typed, draft.language)
        except UserError as error:
            await self._refuse(interaction, draft, error)
            return
        adds = draft.entry_id is None
        similar = (
            await self._entries.similar(draft.server_id, draft.language, entry) if adds else ()
        )
        words = await words_for(interaction)
        draft_id = self._keep(draft)
        await turn(interaction, views.preview(words, entry, similar, draft_id, changes=not adds))

    async def _refuse(self, interaction: Interaction, draft: Draft, error: UserError) -> None:
        if error.key == "faq.refused.gone_meanwhile":
            # Their words can still become an entry of its own.
            draft = replace(draft, entry_id=None)
        elif error.key == "faq.questions.gone":
            draft = replace(draft, answers=())
        elif error.key == "faq.refused.changed_meanwhile" and draft.entry_id is not None:
            # Having been told, they may overwrite what the other moderator wrote.
            now = await self._entries.own_entry(draft.server_id, draft.entry_id)
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
        return self._catalogs.language(interaction.locale.value, await server_language(interaction))


def _choice(entry: Entry) -> app_commands.Choice[str]:
    return app_commands.Choice(name=clip(entry.question, 100), value=entry.id)


def _wanted(typed: str) -> str:
    return typed.strip().removeprefix(TOKEN)


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id
