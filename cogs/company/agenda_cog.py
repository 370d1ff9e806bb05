"""What company tells of a server's day: how many wait, and nobody's name or words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from cogs.company.settings import CALL_CHANNEL

if TYPE_CHECKING:
    from bot.settings.service import Settings
    from cogs.company.service import Requests


class CompanyAgenda:
    """Tells of the requests of a server."""

    def __init__(self, settings: Settings, requests: Requests) -> None:
        self._settings = settings
        self._requests = requests

    async def tell(self, asked: Asked) -> list[Item]:
        """Give how many wait for somebody, and where supporters see them."""
        waiting = await self._requests.count_waiting(asked.server_id)
        channels = await self._settings.get(asked.server_id, CALL_CHANNEL)
        if not waiting or not channels:
            return []
        params = {"count": waiting, "channel": f"<#{channels[0]}>"}
        return [Item(Part.NEED, "company.today.waiting", params)]
