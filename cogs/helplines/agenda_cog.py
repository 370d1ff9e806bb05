"""What helplines tell of a server's day: those that somebody should look at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.agenda import Asked, Item, Part
from bot.views import clip, plain
from cogs.helplines import views

if TYPE_CHECKING:
    from cogs.helplines.service import HelplineDesk

NAME = 60
"""Characters of a name that are shown."""


class HelplinesAgenda:
    """Tells of the lines that moderators of a server stand for."""

    def __init__(self, desk: HelplineDesk) -> None:
        self._desk = desk

    async def tell(self, asked: Asked) -> list[Item]:
        """Give how many were checked too long ago, with the way to the oldest."""
        stale = await self._desk.stale(asked.server_id)
        if not stale:
            return []
        oldest = stale[0]
        params = {
            "count": len(stale),
            "name": plain(clip(oldest.name, NAME)),
            "date": oldest.checked.isoformat(),
        }
        lead = ("helplines.today.lead", views.LOOK_AGAIN, oldest.id)
        return [Item(Part.NEED, "helplines.today.stale", params, lead=lead)]
