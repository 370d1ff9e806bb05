"""/faq for members; wires the feature."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot import logs
from bot.counting import What
from bot.database import StoreError
from bot.errors import UserError
from bot.guide import Chapter, First, State
from bot.news.telling import news_lines
from bot.outside.figures import Figure
from bot.privacy import Holding
from bot.views import clip, number_of, reply, server_language, turn, when_answered, words_for
from cogs.faq import entries_views, questions_views, views
from cogs.faq.answering_cog import Answering
from cogs.faq.catalogs_service import UNUSED, Catalogs, documents_of, shipped_entries
from cogs.faq.entries_cog import ManageFaq
from cogs.faq.entries_service import Entries
from cogs.faq.meanings_service import Meanings
from cogs.faq.questions_cog import AnswerCarrier, Asker
from cogs.faq.questions_keeping_service import Keeping
from cogs.faq.questions_service import END, ENDED, HOLDING, NOTICE, QUIET, TELL, Questions
from cogs.faq.queue_cog import Queue
from cogs.faq.review_cog import Reviewing
from cogs.faq.review_service import Reviews
from cogs.faq.search import Verdict
from cogs.faq.service import TOKEN, Faq
from cogs.faq.settings import CHANNELS, ENABLED, QUESTIONS_ENABLED, SETTINGS
from cogs.faq.sharing_cog import Sharing, may_share, places
from cogs.faq.tallies_service import Tallies
from cogs.faq.transfer_cog import Transferring
from cogs.faq.transfer_service import Transfer

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words
    from cogs.faq.model import Entry

_log = logs.get(__name__)

NEWS_PATIENCE_SECONDS = 0.5

SUGGESTIONS = 10
"""Suggestions below a half-typed question: what a phone shows without scrolling far."""

CHOICE = 100
"""Characters that Discord takes in a suggestion."""


class FaqCog(commands.Cog, name="Faq"):
    """Answers members, privately unless they choose to share."""

    faq = app_commands.Group(name="faq", description="-")

    def __init__(
        self, bot: Alongside, faq: Faq, catalogs: Catalogs, tallies: Tallies, asker: Asker
    ) -> None:
        self._bot = bot
        self._asker = asker
        self._faq = faq
        self._catalogs = catalogs
        self._tallies = tallies
        self._tidying: asyncio.Task[None] | None = None

    def register(self) -> None:
        """Answer what is tapped."""
        for action, handler in {
            views.SHOW: self.show,
            views.PAGE: self.show_page,
            views.TOPIC: self.choose_topic,
            views.HELPED: self.helped,
            views.INSTEAD: self.show_instead,
        }.items():
            self._bot.runtime.actions.on(action, handler)

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
            self._catalogs.tidy()

    @faq.command(name="ask", description="-")
    async def ask(self, interaction: Interaction, question: str) -> None:
        """Answer a question."""
        await self._require_open(interaction)
        spoken = await self._faq.spoken(question, interaction.locale.value)
        language = await self._language(interaction, spoken)
        if not self._catalogs.is_ready(interaction.guild_id, language):
            # The first question after a while waits for the index; Discord waits 3 s only.
            await interaction.response.defer(ephemeral=True)
        found = await self._faq.ask(interaction.guild_id, language, question, spoken)
        words = await words_for(interaction)
        news = await self._news(interaction, words)
        if found.verdict is Verdict.FOUND and found.entry is not None:
            await self._asker.remember(interaction, found.entry.id, question)
            panel = views.answer(
                words,
                found.entry,
                found.near,
                can_share=may_share(interaction),
                counts=interaction.guild_id is not None,
                others=found.others,
                news=news,
                read=spoken,
            )
        else:
            topics = await self._faq.topics(interaction.guild_id, language)
            moderators = await self._asker.offer(interaction, words, question)
            panel = views.not_found(words, found, topics, ask=moderators, news=news, read=spoken)
        self._note(interaction, What.FAQ_MISSED if found.entry is None else What.FAQ_USED)
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
        choices = [_choice(entry) for entry in found]
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
        words = await words_for(interaction)
        news = await self._news(interaction, words)
        await reply(interaction, views.page(words, topics, None, None, news))

    @faq.command(name="mine", description="-")
    async def mine(self, interaction: Interaction) -> None:
        """Show what somebody asked the moderators, and what came of it."""
        await self._asker.mine(interaction)

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

    async def show(self, interaction: Interaction, named: str, *others: str) -> None:
        """Show one entry on the message that was tapped; `others` stood beside it."""
        await self._require_open(interaction)
        server_id = interaction.guild_id
        entry_id, language, read = await self._meant(interaction, named)
        entry = await self._faq.entry(server_id, language, entry_id)
        related = await self._faq.related(server_id, language, entry)
        panel = views.answer(
            await words_for(interaction),
            entry,
            related,
            can_share=may_share(interaction),
            counts=server_id is not None,
            others=await self._faq.shown_of(server_id, language, others),
            read=read,
        )
        self._note(interaction, What.FAQ_USED)
        await turn(interaction, panel)

    # Whether it helped

    async def helped(self, interaction: Interaction, named: str) -> None:
        """Count that an answer helped."""
        await self._require_open(interaction)
        entry_id, language, read = await self._meant(interaction, named)
        entry = await self._faq.entry(interaction.guild_id, language, entry_id)
        await self._count(interaction, entry, helped=True)
        words = await words_for(interaction)
        share = may_share(interaction)
        await turn(interaction, views.thanks(words, entry, can_share=share, read=read))

    async def show_instead(self, interaction: Interaction, named: str, *others: str) -> None:
        """Count that an answer was not what was meant, and show what else there is."""
        await self._require_open(interaction)
        server_id = interaction.guild_id
        entry_id, language, read = await self._meant(interaction, named)
        entry = await self._faq.entry(server_id, language, entry_id)
        try:
            await self._count(interaction, entry, helped=False)
        except StoreError as error:
            # It is a number less; they still look for an answer.
            _log.warning("faq_not_counted", error=logs.describe(error))
        found = await self._faq.instead(server_id, language, entry_id, others)
        topics = await self._faq.topics(server_id, language)
        words = await words_for(interaction)
        ask = await self._asker.offer_again(interaction, words, entry_id)
        panel = views.not_found(words, found, topics, about="faq.instead", ask=ask, read=read)
        await turn(interaction, panel)

    async def _count(self, interaction: Interaction, entry: Entry, *, helped: bool) -> None:
        if interaction.guild_id is not None:
            await self._tallies.count(
                interaction.guild_id, interaction.user.id, entry, helped=helped
            )

    def _note(self, interaction: Interaction, what: What) -> None:
        """Have a use counted once it is answered, where moderators keep counts."""
        counting, person = self._bot.runtime.counting, interaction.user.id
        when_answered(interaction, lambda: counting.count(interaction.guild_id, what, person))

    async def _news(self, interaction: Interaction, words: Words) -> list[str]:
        """What this person is to be told; an answer does not wait long for it."""
        try:
            async with asyncio.timeout(NEWS_PATIENCE_SECONDS):
                return await news_lines(interaction, words)
        except (StoreError, TimeoutError):
            return []

    async def _require_open(self, interaction: Interaction) -> None:
        await self._faq.require_open(interaction.guild_id, places(interaction))

    async def _meant(self, interaction: Interaction, named: str) -> tuple[str, str, str]:
        """Give the entry that a button names, the language to go on in, and that of the question
        where it is another than the reader's.
        """
        entry_id, read = views.meant(named)
        language = await self._language(interaction, read)
        return entry_id, language, language if read else ""

    async def _language(self, interaction: Interaction, spoken: str | None = None) -> str:
        server = await server_language(interaction)
        return self._catalogs.language(spoken, interaction.locale.value, server)


def _choice(entry: Entry) -> app_commands.Choice[str]:
    return app_commands.Choice(name=clip(entry.question, CHOICE), value=f"{TOKEN}{entry.id}")


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    for setting in SETTINGS:
        runtime.settings.declare(setting)
    shipped = shipped_entries(load=runtime.load)
    meanings = Meanings(
        documents_of(entry for entries in shipped.values() for entry in entries),
        runtime.database,
        runtime.config.faq_search,
    )
    catalogs = Catalogs(shipped, runtime.database, runtime.clock, meanings=meanings)
    runtime.privacy.register(
        Holding(table="faq_entries"),
        Holding(table="faq_hidden"),
        Holding(table="faq_revisions"),
        # Moderators read them in steps: their server's file would tell every tap.
        Holding(table="faq_tallies", working=True),
        Holding(table="faq_vectors", working=True),
        Holding(table="faq_shipped_vectors", server=None),
    )
    runtime.privacy.when_server_erased(catalogs.forget)
    runtime.figures.register(
        Figure(
            "faq_indexed_entries",
            "Entries of the FAQ that are indexed in memory, those of every server together.",
            lambda: catalogs.indexed,
        )
    )
    tallies = Tallies(catalogs, runtime.database, runtime.clock)
    faq = Faq(catalogs, runtime.settings)
    questions = Questions(
        runtime.database,
        runtime.settings,
        runtime.notices,
        runtime.clock,
        runtime.jobs.wake,
        meanings,
    )
    asker = Asker(bot, questions, faq)
    _wire(bot, questions, asker)
    cog = FaqCog(bot, faq, catalogs, tallies, asker)
    entries = Entries(catalogs, runtime.database, runtime.clock)
    queue = Queue(bot, questions, faq, catalogs)
    runtime.agenda.register(queue.tell)

    async def look(server_id: int) -> State:
        return State(await runtime.settings.get(server_id, ENABLED))

    runtime.guide.register(
        Chapter(
            name="faq",
            rank=10,
            settings=(ENABLED, CHANNELS, QUESTIONS_ENABLED),
            look=look,
            first=First("faq.first.button", entries_views.FIRST),
        )
    )
    manage = ManageFaq(bot, entries, catalogs, tallies, questions, queue)
    transfer = Transfer(catalogs, runtime.database, runtime.clock)
    sharing = Sharing(bot, faq, catalogs)
    answering = Answering(bot, faq, catalogs, sharing)
    for part in (cog, sharing, answering, manage, asker):
        part.register()
    Transferring(bot, transfer).register(manage)
    Reviewing(bot, Reviews(catalogs, runtime.database, meanings)).register(manage)
    runtime.manage.add_command(manage)
    await bot.add_cog(cog)


def _wire(bot: Alongside, questions: Questions, asker: Asker) -> None:
    """Have questions to the moderators kept, told, erased and restored as everything else is."""
    runtime = bot.runtime
    runtime.privacy.register(HOLDING)
    runtime.privacy.when_erasing(questions.erased)
    runtime.privacy.when_server_erased(questions.forget)
    runtime.membership.register(questions.held, questions.left)
    runtime.replays.on(ENDED, questions.replay_ended)
    runtime.replays.on(QUIET, questions.replay_quiet)
    runtime.notices.lead(NOTICE, questions_views.QUEUE)
    keeping = Keeping(questions)
    carrier = AnswerCarrier(bot, questions, asker)
    for kind in (TELL, END):
        runtime.jobs.register(kind, keeping, carrier)
