"""What pairing tells of a server's day: moments and numbers, and nobody's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from bot.guide import Place, State
from bot.permissions import NEEDED_FOR_PAIRING
from bot.settings.core import PAUSED
from cogs.pairing import rounds_views as views
from cogs.pairing.model import RoundState

if TYPE_CHECKING:
    from bot.client import Alongside
    from cogs.pairing.rounds_service import Rounds


class PairingAgenda:
    """Tells of the rounds of a server."""

    def __init__(self, bot: Alongside, rounds: Rounds) -> None:
        self._bot = bot
        self._rounds = rounds

    async def look(self, server_id: int) -> State:
        """Say how rounds stand, for /setup."""
        status = await self._rounds.status(server_id)
        lacks = () if status.bounds.decided else ("pairing.rounds.undecided",)
        if status.plan is None:
            return State(status.enabled, lacks, begin="pairing.setup.no_plan")
        place = Place(status.plan.channel_id, NEEDED_FOR_PAIRING, (views.PANEL,))
        return State(status.enabled, lacks, (place,))

    async def tell(self, asked: Asked) -> list[Item]:
        """Give when the next round is drawn, and how the latest one went."""
        settings = self._bot.runtime.settings
        status = await self._rounds.status(asked.server_id)
        items: list[Item] = []
        if status.plan is None or not status.enabled:
            return items
        at = status.next_draw
        if at is not None and at <= asked.until and not await settings.get(asked.server_id, PAUSED):
            items.append(Item(Part.COMING, "pairing.today.coming", at=at))
        last = status.round
        drawn = last is not None and last.state in {RoundState.DRAWN, RoundState.ENDED}
        if last is not None and drawn and asked.since <= last.draw_at <= asked.until:
            counts = {"count": last.counts.pairs + last.counts.threesomes}
            items.append(Item(Part.DONE, "pairing.today.drawn", counts, last.draw_at))
        return items
