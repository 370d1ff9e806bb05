"""The real bot as a process of its own, started and ended as a host does it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.wire.double import TOKEN, Double

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "5a" * 32


@dataclass(slots=True)
class BotProcess:
    """One life of the bot; start another for the next."""

    process: asyncio.subprocess.Process
    log: Path
    _position: int = field(default=0)

    @classmethod
    async def start(
        cls,
        double: Double,
        state: Path,
        *,
        module: str = "tests.wire.launch",
        database_url: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> Self:
        """Start it with its state in a folder, where its log goes on in `bot.log`."""
        state.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nobody waits beside it
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        settings = {
            "DISCORD_TOKEN": TOKEN,
            "STATE_DIR": str(state),
            "DATABASE_URL": database_url or "",
            "DATABASE_KEY": KEY,
            "LOG_FORMAT": "json",
            "FAQ_SEARCH": "lexical",
            "WIRE_URL": double.url,
            "WIRE_GATEWAY": double.gateway.url,
        }
        log = state / "bot.log"
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                cwd=ROOT,
                env={**inherited, **settings, **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        return cls(process, log)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    async def kill(self) -> None:
        """End it with SIGKILL: it cannot say a last word."""
        if self.running:
            self.process.kill()
        await self.process.wait()

    async def terminate(self, seconds: float = 15.0) -> int:
        """Ask it to end with SIGTERM; gives the exit status."""
        self.process.terminate()
        return await self.ended(seconds)

    async def ended(self, seconds: float = 15.0) -> int:
        """Wait for its end; gives the exit status."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    def said(self) -> str:
        """All that it and its former lives have written."""
        return self.log.read_text(encoding="utf-8", errors="replace")
