"""Has the picture drawn in a process of its own, one at a time for all servers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from cogs.insights.picture.page import Page

Draw = Callable[[Page], Awaitable[bytes]]
"""Draws a page as PNG; raises NotDrawn."""

SECONDS = 60.0
"""A picture that takes longer is given up, and its process ended. One takes two, and ten where much
else is done."""

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = ("-m", "cogs.insights.picture")


class NotDrawn(RuntimeError):  # noqa: N818 - named as it is spoken of
    """No picture came of it; the text is one line, and holds no figure."""


class Drawing:
    """Draws; `scratch` is a folder where matplotlib keeps the list of this machine's fonts."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._turn = asyncio.Semaphore(1)

    async def draw(self, page: Page, *, seconds: float = SECONDS) -> bytes:
        """Draw a page in another process, which is given nothing else: no token, and no key."""
        async with self._turn:
            return await self._draw(page, seconds)

    async def _draw(self, page: Page, seconds: float) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=_ROOT,
                # The one writes a list of fonts; the other would start a thread for each core.
                env={"MPLCONFIGDIR": str(self._scratch.absolute()), "OPENBLAS_NUM_THREADS": "1"},
            )
        except OSError as error:
            raise NotDrawn(f"the process could not be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(seconds):
                drawn, wrong = await process.communicate(page.to_json().encode())
        except TimeoutError as error:
            raise NotDrawn(f"it took longer than {seconds:g} seconds") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            last = wrong.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise NotDrawn(last[0] if last else f"it ended with status {process.returncode}")
        return drawn
