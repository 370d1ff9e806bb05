"""When a server next draws: what members and moderators are both told."""

from __future__ import annotations

from datetime import datetime

from bot.database import Reading
from bot.jobs import store as jobs
from cogs.pairing import rounds_store
from cogs.pairing.course import lead
from cogs.pairing.model import RoundState

OPEN = "pairing.open"
"""The kind of the promise to open a round; the subject of its timer is the server's id."""

UNDER_WAY = frozenset({RoundState.ASKING, RoundState.DRAWING})
"""Of a round that is not yet drawn."""


async def next_draw(read: Reading, server_id: int) -> datetime | None:
    """Give when the round that asks now is drawn, else the one to open; None without either."""
    under_way = await rounds_store.rounds_in(read, server_id, UNDER_WAY)
    if under_way:
        return under_way[0].draw_at
    plan = await rounds_store.plan(read, server_id)
    timer = await jobs.timer(read, OPEN, str(server_id))
    return None if plan is None or timer is None else timer.due_at + lead(plan)
