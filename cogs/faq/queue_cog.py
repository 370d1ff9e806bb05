"""The moderators' queue of questions: /manage faq questions, and what is tapped in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from bot.errors import UserError
from bot.views import number_of, server_language, turn, words_for
from cogs.faq import questions_views as views
from cogs.faq.model import Typed
from cogs.faq.questions_cog import server_name
from cogs.faq.questions_model import Group, Reason, as_phrasings, as_title
from cogs.faq.service import TOKEN

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.faq.catalogs_service import Catalogs
    from cogs.faq.model import Entry
    from cogs.faq.questions_service import Questions
    from cogs.faq.service import Faq

Answering = Callable[["Interaction", Typed, str, tuple[str, ...]], Awaitable[None]]
"""Opens the form for a new entry in a language that answers questions."""


class Queue:
    """Shows moderators what waits, and does what they decide."""

    def __init__(self, bot: Alongside, questions: Questions, faq: Faq, catalogs: Catalogs) -> None:
        self._bot = bot
        self._questions = questions
        self._faq = faq
        self._catalogs = catalogs

    def register(self, answering: Answering) -> None:
        """Answer what is tapped; `answering` opens the form."""
        self._answering = answering
        for action, handler in {
            views.QUEUE: self.show,
            views.ANSWER: self.answer,
            views.WITH: self.choose_entry,
            views.ENTRY: self.confirm_entry,
            views.GIVE: self.give_entry,
            views.DECLINE: self.decline,
            views.HAND: self.confirm_hand_over,
            views.HANDED: self.hand_over,
        }.items():
            self._bot.runtime.actions.on(action, handler, moderators=True)

    async def tell(self, asked: Asked) -> list[Item]:
        """Tell of the day how many questions wait, and nothing of what they say."""
        waiting = await self._questions.groups(asked.server_id, alike=False)
        if not waiting:
            return []
        lead = ("faq.today.lead", views.QUEUE)
        return [Item(Part.NEED, "faq.today.questions", {"count": len(waiting)}, lead=lead)]

    async def show(
        self, interaction: Interaction, number: str = "0", alike: str = views.TOGETHER
    ) -> None:
        """Show one group, or the first from the channel for notices."""
        await self._show(interaction, number_of(number), alike)

    async def answer(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> None:
        """Open the form for an entry, filled with what was asked."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        words = await words_for(interaction)
        typed = Typed(
            question=as_title(group),
            phrasings=as_phrasings(group),
            source=words("faq.form.source_default"),
        )
        ids = tuple(one.id for one in group)
        await self._answering(interaction, typed, group[0].language, ids)

    async def choose_entry(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> None:
        """Offer the entries that come nearest."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        entries = await self._nearest(interaction, group)
        words = await words_for(interaction)
        view = views.choose_entry(words, group, entries, alike=_is_on(alike))
        await turn(interaction, view)

    async def confirm_entry(
        self, interaction: Interaction, question_id: str, alike: str, until: str, entry_id: str
    ) -> None:
        """Show what the askers would read."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        entry = await self._entry(interaction, entry_id)
        words = await words_for(interaction)
        await turn(interaction, views.confirm_entry(words, group, entry, alike=_is_on(alike)))

    async def give_entry(
        self, interaction: Interaction, question_id: str, alike: str, until: str, entry_id: str
    ) -> None:
        """Let an entry that is there answer them."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        entry = await self._entry(interaction, entry_id)
        server_id, ids = _server(interaction), [one.id for one in group]
        await self._done(
            interaction,
            alike,
            self._questions.answer_with(server_id, ids, entry, by=interaction.user.id),
        )

    async def decline(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> None:
        """Ask why."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        server_id, ids = _server(interaction), [one.id for one in group]

        async def given(then: Interaction, reason: Reason, note: str) -> None:
            await self._done(
                then,
                alike,
                self._questions.decline(server_id, ids, reason, note, by=then.user.id),
            )

        words = await words_for(interaction)
        await interaction.response.send_modal(views.DeclineForm(self._bot, words, given))

    async def confirm_hand_over(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> None:
        """Show what the askers would read."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        words = await words_for(interaction)
        name = await server_name(self._bot, _server(interaction), words)
        await turn(interaction, views.confirm_hand_over(words, name, group, alike=_is_on(alike)))

    async def hand_over(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> None:
        """Tell them how to reach a person."""
        group = await self._group(interaction, question_id, alike, until)
        if group is None:
            return
        server_id, ids = _server(interaction), [one.id for one in group]
        await self._done(
            interaction,
            alike,
            self._questions.hand_over(server_id, ids, by=interaction.user.id),
        )

    # Inside

    async def _show(
        self, interaction: Interaction, number: int, alike: str, note: str | None = None
    ) -> None:
        together = _is_on(alike)
        groups = await self._questions.groups(_server(interaction), alike=together)
        words = await words_for(interaction)
        await turn(interaction, views.queue(words, groups, number, alike=together, note=note))

    async def _group(
        self, interaction: Interaction, question_id: str, alike: str, until: str
    ) -> Group | None:
        """Give the group a button is about; says so where somebody else was quicker."""
        try:
            return await self._questions.group(
                _server(interaction), question_id, alike=_is_on(alike), until=number_of(until)
            )
        except UserError as error:
            if error.key != "faq.questions.gone":
                raise
        words = await words_for(interaction)
        await self._show(interaction, 0, alike, words("faq.questions.gone"))
        return None

    async def _done(self, interaction: Interaction, alike: str, doing: Awaitable[int]) -> None:
        """Do it, and show what waits next, with a line about what came of it."""
        words = await words_for(interaction)
        try:
            note = words("faq.questions.done", count=await doing)
        except UserError as error:
            if error.key != "faq.questions.gone":
                raise
            note = words(error.key)
        await self._show(interaction, 0, alike, note)

    async def _nearest(self, interaction: Interaction, group: Group) -> list[Entry]:
        server_id, asked = _server(interaction), group[0]
        language = self._catalogs.language(asked.language, await server_language(interaction))
        # Only what is chosen from a list of suggestions begins with the mark of one.
        text = asked.words.removeprefix(TOKEN)
        spoken = await self._faq.spoken(text, asked.language)
        answer = await self._faq.ask(server_id, language, text, spoken)
        found = [answer.entry] if answer.entry is not None else []
        found += [*answer.near, *([answer.person] if answer.person else [])]
        found += await self._faq.suggest(server_id, language, text, views.OFFERED)
        return list({entry.id: entry for entry in found}.values())

    async def _entry(self, interaction: Interaction, entry_id: str) -> Entry:
        language = self._catalogs.language(
            interaction.locale.value, await server_language(interaction)
        )
        return await self._faq.entry(_server(interaction), language, entry_id)


def _is_on(alike: str) -> bool:
    return alike != views.APART


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id
