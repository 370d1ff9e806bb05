"""Work in a process of its own: for what holds the interpreter, or wants a library of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


class ApartFailed(RuntimeError):  # noqa: N818 - named as it is spoken of
    """Nothing came of it; the text is one line that holds no word and no id of a member."""


class Apart:
    """Runs one module of ours, in one process at a time: many at once would take all there is.

    The process is given its input and `environment`, nothing else: no token, and no key.
    """

    def __init__(
        self, module: str, *, seconds: float, environment: Mapping[str, str] | None = None
    ) -> None:
        """A process that takes longer than `seconds` is given up and ended."""
        self._command = (sys.executable, "-m", module)
        self._seconds = seconds
        self._environment = dict(environment or {})
        self._turn = asyncio.Semaphore(1)

    async def run(self, given: bytes) -> bytes:
        """Give what it writes when it has read this; waits for its turn, raises ApartFailed."""
        async with self._turn:
            return await self._run(given)

    async def _run(self, given: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=_ROOT,
                env=self._environment,
            )
        except OSError as error:
            raise ApartFailed(f"the process could not be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._seconds):
                made, wrong = await process.communicate(given)
        except TimeoutError as error:
            raise ApartFailed(f"it took longer than {self._seconds:g} seconds") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            last = wrong.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ApartFailed(last[0] if last else f"it ended with status {process.returncode}")
        return made
