"""Draws in a process of its own: matching holds the interpreter for as long as it takes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from weakref import WeakKeyDictionary

from cogs.pairing.matching.rounds import Drawn, Round, drawn_from_json, round_to_json

Draw = Callable[[Round], Awaitable[Drawn]]
"""Draws a round; raises DrawFailed."""

SECONDS = 120.0
"""A draw that takes longer is given up and its process ended; ten thousand people take five."""

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = ("-m", "cogs.pairing.matching")


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""One draw at a time for all servers, so that many at one hour do not take all there is."""


class DrawFailed(RuntimeError):  # noqa: N818 - named as it is spoken of
    """No draw came of it; the text is one line that holds no word and no id of a member."""


async def draw_apart(asked: Round, *, seconds: float = SECONDS) -> Drawn:
    """Draw in another process, which is given nothing but the round: no token, and no key.

    It waits for its turn; the seconds count from there. Raises DrawFailed.
    """
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(1)):
        return await _draw(asked, seconds)


async def _draw(asked: Round, seconds: float) -> Drawn:
    # To JSON in a thread: for ten thousand people it takes long enough to be felt.
    given = await asyncio.to_thread(lambda: round_to_json(asked).encode())
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=_ROOT,
            env={},
        )
    except OSError as error:
        raise DrawFailed(f"the process could not be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(seconds):
            told, wrong = await process.communicate(given)
    except TimeoutError as error:
        raise DrawFailed(f"it took longer than {seconds:g} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = wrong.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise DrawFailed(last[0] if last else f"it ended with status {process.returncode}")
    return await asyncio.to_thread(lambda: drawn_from_json(told.decode()))
