"""Has the picture drawn in a process of its own, where matplotlib comes and goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.apart import Apart
from cogs.insights.picture.page import Page

Draw = Callable[[Page], Awaitable[bytes]]
"""Draws a page as PNG; raises bot.apart.ApartFailed."""

SECONDS = 60.0
"""A picture that takes longer is given up. One takes two, and ten where much else is done."""


def drawing_apart(scratch: Path, seconds: float = SECONDS) -> Draw:
    """Give what draws; `scratch` is a folder where matplotlib lists this machine's fonts."""
    # Else numbers would start a thread for each core.
    environment = {"MPLCONFIGDIR": str(scratch.absolute()), "OPENBLAS_NUM_THREADS": "1"}
    apart = Apart("cogs.insights.picture", seconds=seconds, environment=environment)

    async def draw(page: Page) -> bytes:
        return await apart.run(page.to_json().encode())

    return draw
