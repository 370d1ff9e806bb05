"""What check-ins tell of a server's day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from bot.guide import Place as Site
from bot.guide import State as Standing
from bot.jobs.model import State
from bot.permissions import NEEDED, NEEDED_FOR_CALLS
from bot.settings.core import PAUSED
from cogs.checkins import views
from cogs.checkins.model import Place
from cogs.checkins.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.jobs.model import Message
    from cogs.checkins.service import Schedules

SHOWN = 5
"""Moments of one schedule at most; more stand in its own panel."""

REASONS = frozenset({"late", "no prompts", "removed", "switched off", "paused", "restored", "gone"})
"""Reasons with a sentence of their own."""


class CheckinsAgenda:
    """Tells of the schedules of a server, never of a member's own."""

    def __init__(self, bot: Alongside, schedules: Schedules) -> None:
        self._bot = bot
        self._schedules = schedules

    async def tell(self, asked: Asked) -> list[Item]:
        """Give what comes, and what came."""
        settings = self._bot.runtime.settings
        enabled = await settings.get(asked.server_id, ENABLED)
        goes_out = enabled and not await settings.get(asked.server_id, PAUSED)
        items: list[Item] = []
        for one in await self._schedules.of_server(asked.server_id):
            channel = f"<#{one.plan.channel_id}>"
            if goes_out:
                items += [
                    Item(Part.COMING, "checkins.today.coming", {"channel": channel}, at)
                    for at in self._schedules.coming(one, SHOWN)
                    if at <= asked.until
                ]
            posted = await self._schedules.posted(one.id, SHOWN)
            items += [
                _told(message, channel)
                for message in posted
                if message.due_at >= asked.since
                and message.state not in {State.WAITING, State.SENDING}
            ]
        return items

    async def look(self, server_id: int) -> Standing:
        """Say where check-ins go, for /setup."""
        on = await self._bot.runtime.settings.get(server_id, ENABLED)
        schedules = await self._schedules.of_server(server_id)
        needed = {Place.THREAD: NEEDED}
        places = [
            Site(
                one.plan.channel_id,
                needed.get(one.plan.place, NEEDED_FOR_CALLS),
                (views.LIST, number),
            )
            for number, one in enumerate(schedules)
        ]
        begin = None if schedules else "checkins.setup.no_schedule"
        return Standing(on, places=tuple(places), begin=begin)


def _told(message: Message, channel: str) -> Item:
    params = {"channel": channel}
    if message.state is State.SENT:
        return Item(Part.DONE, "checkins.today.sent", params, message.due_at)
    known = message.reason if message.reason in REASONS else message.state.value
    reason = f"checkins.today.reason.{(known or message.state.value).replace(' ', '_')}"
    return Item(Part.LEFT_OUT, "checkins.today.left_out", params, message.due_at, reason)
