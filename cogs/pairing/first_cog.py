"""The first rounds of a server, from /setup: two taps, and between them what a round is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import UserError
from bot.guide import Lack, Place, lacking
from bot.permissions import NEEDED_FOR_PAIRING, server_of
from bot.recurrence import Rule
from bot.settings.core import ZONE
from bot.views import number_of, turn, words_for
from bot.zones import UTC_NAME, zone_info
from cogs.pairing import first_views
from cogs.pairing.model import planned

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from cogs.pairing.rounds_service import Rounds


class FirstRound:
    """Plans rounds with what suits most; everything of it can be changed afterwards."""

    def __init__(self, bot: Alongside, rounds: Rounds) -> None:
        self._runtime = bot.runtime
        self._rounds = rounds

    def register(self) -> None:
        """Answer the buttons, for moderators only."""
        actions = self._runtime.actions
        actions.on(first_views.FIRST, self.where, moderators=True)
        actions.on(first_views.FIRST_IN, self.propose, moderators=True)
        actions.on(first_views.FIRST_MADE, self.make, moderators=True)

    async def where(self, interaction: Interaction) -> None:
        """Ask in which channel; where rounds are planned already, show them."""
        words = await words_for(interaction)
        status = await self._rounds.status(server_of(interaction))
        panel = first_views.where(words) if status.plan is None else first_views.made(words, status)
        await turn(interaction, panel)

    async def propose(self, interaction: Interaction, channel: str) -> None:
        """Say what rounds there would be, and ask how often."""
        words, channel_id = await words_for(interaction), number_of(channel)
        zone = await self._runtime.settings.get(server_of(interaction), ZONE)
        lacks = _lacking(interaction, channel_id)
        await turn(interaction, first_views.proposal(words, channel_id, zone, lacks))

    async def make(self, interaction: Interaction, channel: str, weeks: str) -> None:
        """Plan them, unless somebody else has done so meanwhile."""
        server_id, channel_id = server_of(interaction), number_of(channel)
        if number_of(weeks) not in first_views.WEEKS:
            raise UserError("errors.old_button")
        if _lacking(interaction, channel_id):
            await self.propose(interaction, channel)
            return
        if await self._rounds.plan(server_id) is None:
            now = self._runtime.clock()
            zone = await self._runtime.settings.get(server_id, ZONE) or UTC_NAME
            today = now.astimezone(zone_info(zone)).date()
            days = frozenset({first_views.DAY})
            rule = Rule(days, first_views.AT, zone, number_of(weeks), today)
            plan = planned(server_id, channel_id, rule, now)
            await self._rounds.save_plan(plan, by=interaction.user.id)
        words = await words_for(interaction)
        await turn(interaction, first_views.made(words, await self._rounds.status(server_id)))


def _lacking(interaction: Interaction, channel_id: int) -> list[Lack]:
    if interaction.guild is None:
        raise UserError("errors.not_now")
    return lacking(interaction.guild, [Place(channel_id, NEEDED_FOR_PAIRING)])
