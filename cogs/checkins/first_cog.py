"""The first check-in of a server, from /setup: two taps, and between them what it could say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import UserError
from bot.guide import Lack, Place, lacking
from bot.permissions import NEEDED_FOR_CALLS, server_of
from bot.recurrence import Rule
from bot.settings.core import LANGUAGE, ZONE
from bot.texts import Words
from bot.views import number_of, turn, words_for
from bot.zones import UTC_NAME
from cogs.checkins import first_views, views
from cogs.checkins.model import Body, Plan, Schedule
from cogs.checkins.model import Place as Where

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.checkins.service import Prompts, Schedules

SHOWN = 3
"""Moments that are shown of what was made."""


class FirstCheckin:
    """Makes one with what suits most; everything of it can be changed afterwards."""

    def __init__(self, bot: Alongside, schedules: Schedules, prompts: Prompts) -> None:
        self._runtime = bot.runtime
        self._schedules = schedules
        self._prompts = prompts

    def register(self) -> None:
        """Answer the buttons, for moderators only."""
        actions = self._runtime.actions
        actions.on(first_views.FIRST, self.where, moderators=True)
        actions.on(first_views.FIRST_IN, self.propose, moderators=True)
        actions.on(first_views.FIRST_MADE, self.make, moderators=True)

    async def where(self, interaction: Interaction) -> None:
        """Ask in which channel."""
        await turn(interaction, first_views.where(await words_for(interaction)))

    async def propose(self, interaction: Interaction, channel: str) -> None:
        """Show what would be posted there, and ask how often."""
        plan = await self._plan(interaction, number_of(channel), "weekdays")
        one = Schedule("first", server_of(interaction), None, plan, self._runtime.clock())
        preview = await self._schedules.preview(one)
        shown = None
        if preview.prompt is not None:
            texts = self._runtime.texts
            body = Body(one.id, plan.place, plan.language, preview.prompt.id, preview.prompt.text)
            shown = views.prompt(Words(texts, texts.choose(plan.language)), body, "preview")
        words = await words_for(interaction)
        zone = await self._runtime.settings.get(server_of(interaction), ZONE)
        lacks = _lacking(interaction, plan.channel_id)
        await turn(interaction, first_views.proposal(words, plan.channel_id, zone, shown, lacks))

    async def make(self, interaction: Interaction, channel: str, rhythm: str) -> None:
        """Make it, once however often it is tapped."""
        plan = await self._plan(interaction, number_of(channel), rhythm)
        if _lacking(interaction, plan.channel_id):
            await self.propose(interaction, channel)
            return
        server_id = server_of(interaction)
        one = await self._schedules.make_once(server_id, plan, by=interaction.user.id)
        words = await words_for(interaction)
        coming = self._schedules.coming(one, SHOWN)
        await turn(interaction, first_views.made(words, one, coming))

    async def _plan(self, interaction: Interaction, channel_id: int, rhythm: str) -> Plan:
        settings, server_id = self._runtime.settings, server_of(interaction)
        days = first_views.RHYTHMS.get(rhythm)
        if days is None:
            raise UserError("errors.old_button")
        language = self._runtime.texts.choose(await settings.get(server_id, LANGUAGE))
        if language not in self._prompts.languages:
            language = self._prompts.languages[0]
        zone = await settings.get(server_id, ZONE) or UTC_NAME
        return Plan(Where.CHANNEL, channel_id, Rule(days, first_views.AT, zone), (), language)


def _lacking(interaction: Interaction, channel_id: int) -> list[Lack]:
    if interaction.guild is None:
        raise UserError("errors.not_now")
    return lacking(interaction.guild, [Place(channel_id, NEEDED_FOR_CALLS)])
