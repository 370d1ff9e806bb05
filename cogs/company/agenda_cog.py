"""What company tells of a server's day: how many wait, and nobody's name or words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from bot.bounds import bounds_of
from bot.guide import Place, State
from bot.permissions import NEEDED_FOR_CALLS, NEEDED_FOR_PAIRING
from cogs.company.settings import CALL_CHANNEL, ENABLED, SUPPORTER_ROLES, THREAD_CHANNEL

if TYPE_CHECKING:
    from bot.settings.service import Settings
    from cogs.company.service import Requests


class CompanyAgenda:
    """Tells of the requests of a server."""

    def __init__(self, settings: Settings, requests: Requests) -> None:
        self._settings = settings
        self._requests = requests

    async def look(self, server_id: int) -> State:
        """Say what company still needs, for /setup."""
        get = self._settings.get
        calls, rooms = await get(server_id, CALL_CHANNEL), await get(server_id, THREAD_CHANNEL)
        lacks: list[str] = []
        if not (await bounds_of(self._settings, server_id)).decided:
            lacks.append("company.setup.undecided")
        if not await get(server_id, SUPPORTER_ROLES):
            lacks.append("company.setup.no_supporters")
        if not calls or not rooms:
            lacks.append("company.setup.no_channels")
        places = [Place(channel_id, NEEDED_FOR_CALLS) for channel_id in calls]
        places += [Place(channel_id, NEEDED_FOR_PAIRING) for channel_id in rooms]
        return State(await get(server_id, ENABLED), tuple(lacks), tuple(places))

    async def tell(self, asked: Asked) -> list[Item]:
        """Give how many wait for somebody, and where supporters see them."""
        waiting = await self._requests.count_waiting(asked.server_id)
        channels = await self._settings.get(asked.server_id, CALL_CHANNEL)
        if not waiting or not channels:
            return []
        params = {"count": waiting, "channel": f"<#{channels[0]}>"}
        return [Item(Part.NEED, "company.today.waiting", params)]
