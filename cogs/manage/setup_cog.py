"""/setup: offered once as the bot joins, left in the middle and taken up again at will."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.agenda import Asked, Part
from bot.errors import UserError
from bot.guide import OPEN, PAGE, Chapter, Lack, Place, State, lacking
from bot.jobs.carrying import look_for, try_to_send
from bot.permissions import MODERATOR_DEFAULT, NEEDED_FOR_NOTICES, server_of
from bot.settings.core import LANGUAGE, MODERATOR_ROLES, NOTICE_CHANNEL, PAUSED, ZONE
from bot.texts import Words
from bot.views import Panel, turn, words_for
from cogs.manage import setup_views as views
from cogs.manage.setup_model import PEOPLE, READY, SERVER, WELCOME, Pages
from cogs.manage.setup_service import HOLDING, OFFER, Setups
from cogs.manage.today_cog import AHEAD

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message
    from bot.jobs.runner import Found, Tried
    from bot.settings.model import Setting


class OfferCarrier:
    """Posts the offer, and finds it again."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot

    async def send(self, message: Message) -> Tried:
        """Post it, with its id as nonce and in its button."""
        texts = self._bot.runtime.texts
        words = Words(texts, texts.choose(message.body))
        return await try_to_send(self._bot, message, views.offer(words, message.id))

    async def look(self, message: Message) -> Found:
        """Look for it by the id in its button."""
        return await look_for(self._bot, message)


class Setup(commands.Cog):
    """Leads moderators through what there is to decide."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        runtime = bot.runtime
        self._runtime = runtime
        self._setups = Setups(runtime.database, runtime.clock, runtime.jobs.wake)

    def register(self) -> None:
        """Answer the buttons, for moderators only, and keep the promise of the offer."""
        runtime = self._runtime
        runtime.privacy.register(HOLDING)
        runtime.jobs.register(OFFER, self._setups, OfferCarrier(self._bot))
        runtime.actions.on(OPEN, self.open, moderators=True)
        runtime.actions.on(PAGE, self.page, moderators=True)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Offer it where the server greets who is new, else where the bot may speak at all."""
        channel = _first_open(guild)
        if channel is not None:
            await self._setups.offer(guild.id, channel.id, guild.preferred_locale.value)

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(MODERATOR_DEFAULT)
    async def setup(self, interaction: Interaction) -> None:
        """Go on where it was left."""
        await self.open(interaction)

    async def open(self, interaction: Interaction, _offer: str | None = None) -> None:
        """Go on where it was left: from the offer, or from what it led to."""
        name = await self._setups.step(server_of(interaction))
        await turn(interaction, await self.panel(interaction, name))

    async def page(self, interaction: Interaction, name: str) -> None:
        """Turn to a page; the same page looks again."""
        await turn(interaction, await self.panel(interaction, name))

    async def panel(
        self, interaction: Interaction, name: str, *, saved: str | None = None
    ) -> Panel:
        """Give a page as things are now, and remember that it was shown."""
        pages = Pages.around(chapter.name for chapter in self._runtime.guide.chapters)
        name = pages.known(name)
        server_id, words = server_of(interaction), await words_for(interaction)
        if name == WELCOME:
            return views.welcome(words, pages)
        await self._setups.turn_to(server_id, name)
        if name == READY:
            return await self._ready(interaction, words, pages)
        looked = await self._looked(interaction, name)
        return views.page(words, pages, name, looked, saved=saved)

    async def _ready(self, interaction: Interaction, words: Words, pages: Pages) -> Panel:
        server_id, now = server_of(interaction), self._runtime.clock()
        features = [
            views.Feature(chapter, state, self._lacking(interaction, state.places))
            for chapter in self._runtime.guide.chapters
            if chapter.look is not None
            for state in [await chapter.look(server_id)]
        ]
        told = await self._runtime.agenda.of(
            Asked(server_id, interaction.user.id, now, now + AHEAD)
        )
        paused = await self._runtime.settings.get(server_id, PAUSED)
        return views.ready(words, pages, features, told[Part.COMING], paused=paused)

    async def _looked(self, interaction: Interaction, name: str) -> views.Looked:
        settings, server_id = self._runtime.settings, server_of(interaction)
        shown, state = await self._page_of(server_id, name)
        values = {setting.key: await settings.get(server_id, setting) for setting in shown}
        places = () if state is None or not state.on else state.places
        return views.Looked(shown, values, state, self._lacking(interaction, places))

    async def _page_of(
        self, server_id: int, name: str
    ) -> tuple[Sequence[Setting[Any]], State | None]:
        chapters: Sequence[Chapter] = self._runtime.guide.chapters
        if name == SERVER:
            return (LANGUAGE, ZONE), None
        if name == PEOPLE:
            people = [setting for chapter in chapters for setting in chapter.people]
            chosen = await self._runtime.settings.get(server_id, NOTICE_CHANNEL)
            places = tuple(Place(channel_id, NEEDED_FOR_NOTICES) for channel_id in chosen)
            shown = (MODERATOR_ROLES, *people, NOTICE_CHANNEL)
            return shown, State(on=True, places=places)
        [chapter] = [one for one in chapters if one.name == name]
        return chapter.settings, chapter.look and await chapter.look(server_id)

    def _lacking(self, interaction: Interaction, places: Sequence[Place]) -> list[Lack]:
        if interaction.guild is None:
            raise UserError("errors.not_now")
        return lacking(interaction.guild, places)


def _first_open(guild: discord.Guild) -> discord.TextChannel | None:
    """The system channel, else the topmost channel, of those where the bot may speak."""
    asked = [guild.system_channel, *sorted(guild.text_channels, key=lambda one: one.position)]
    for channel in asked:
        if channel is None:
            continue
        own = channel.permissions_for(guild.me)
        if own.view_channel and own.send_messages:
            return channel
    return None
