"""Draws in a process of its own: matching holds the interpreter for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.apart import Apart
from cogs.pairing.matching.rounds import Drawn, Round, drawn_from_json, round_to_json

Draw = Callable[[Round], Awaitable[Drawn]]
"""Draws a round; raises bot.apart.ApartFailed."""

SECONDS = 120.0
"""A draw that takes longer is given up; ten thousand people take five."""


def drawing_apart(seconds: float = SECONDS) -> Draw:
    """Give what draws in another process, one round at a time for all servers."""
    apart = Apart("cogs.pairing.matching", seconds=seconds)

    async def draw(asked: Round) -> Drawn:
        # In threads: JSON of ten thousand people takes long enough to be felt.
        given = await asyncio.to_thread(lambda: round_to_json(asked).encode())
        drawn = await apart.run(given)
        return await asyncio.to_thread(lambda: drawn_from_json(drawn.decode()))

    return draw
