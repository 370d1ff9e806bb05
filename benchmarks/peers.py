"""The bots that are measured: ours, and the least that discord.py alone can be.

What discord.py brings along when it is installed is all that the least bot has; `fitted` is the
same bot with orjson, as ours has it.

`python -m benchmarks.peers NAME URL` runs one of them as a process of its own against a Discord
at that address, until it is stopped. Each says "ready" on standard error, as ours does in its log.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from resource import struct_rusage

    from discord.ext import commands

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "bench.loopback.token"  # noqa: S105 - nobody but the loopback server is shown it
PATIENCE_SECONDS = 60.0
CPU = b"cpu seconds "
"""What a process begins its line with when it is asked, by SIGUSR1, how much it used."""
COLLECTED = b"collected"
"""What it says when it has been told, by SIGUSR2, to collect its garbage."""


def empty_bot(*, defaults: bool = False) -> commands.AutoShardedBot:
    """A bot with one command, `/empty`, that answers a fixed text privately.

    It asks Discord for as little as ours does; with `defaults`, for what discord.py asks by itself.
    """
    import discord
    from discord.ext import commands

    class Empty(commands.AutoShardedBot):
        async def setup_hook(self) -> None:
            await self.tree.sync()

        async def on_ready(self) -> None:
            print("ready", file=sys.stderr, flush=True)

    intents = discord.Intents.default() if defaults else discord.Intents(guilds=True)
    bot = Empty(command_prefix=commands.when_mentioned, help_command=None, intents=intents)

    async def answer(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("Hello.", ephemeral=True)

    bot.tree.command(name="empty", description="Answers.")(answer)
    return bot


@dataclass(slots=True)
class Running:
    """A bot that is ready. `used` is what its process used, known once it has been stopped."""

    process: subprocess.Popen[bytes]
    used: struct_rusage | None = None

    @property
    def cpu_seconds(self) -> float:
        assert self.used is not None, "still running"
        return self.used.ru_utime + self.used.ru_stime

    async def cpu_now(self) -> float:
        """CPU seconds that the process has used until now."""
        os.kill(self.process.pid, signal.SIGUSR1)
        return float((await _said(self.process, CPU)).removeprefix(CPU))

    async def collect(self) -> None:
        """Have it let go of what it would let go of sooner or later."""
        os.kill(self.process.pid, signal.SIGUSR2)
        await _said(self.process, COLLECTED)

    def waited_seconds(self) -> float:
        """Seconds in which its main thread was ready to run and something else had the core.

        0 where the system does not tell.
        """
        told = Path(f"/proc/{self.process.pid}/schedstat")
        return int(told.read_text("ascii").split()[1]) / 1e9 if told.exists() else 0.0

    async def end(self) -> float:
        """Ask it to end, as a host does; gives how many seconds that took."""

        def last_words() -> None:
            # Read, or a process that has much to say waits for room and does not end.
            assert self.process.stderr is not None
            self.process.stderr.read()
            self.used = collected(self.process)

        began = time.monotonic()
        os.kill(self.process.pid, signal.SIGTERM)
        await asyncio.wait_for(asyncio.to_thread(last_words), PATIENCE_SECONDS)
        return time.monotonic() - began

    def resident_mb(self) -> float:
        """Memory of the process now, in MB (10⁶ bytes)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            lines = status.read_text("ascii").splitlines()
            kib = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
        else:
            asked = ["ps", "-o", "rss=", "-p", str(self.process.pid)]
            kib = subprocess.run(asked, capture_output=True, check=True).stdout  # noqa: S603
        return int(kib) * 1024 / 1e6


@asynccontextmanager
async def started(
    name: str, url: str, folder: Path, search: str = "lexical", *, core: int | None = None
) -> AsyncGenerator[Running]:
    """Start a bot on a state folder and wait until it is ready; it is killed at the end.

    Its FAQ goes by words unless told otherwise: what a question costs is measured in `faq`. It may
    be held to one core.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "DISCORD_TOKEN": TOKEN,
        "STATE_DIR": str(folder / "state"),
        "FAQ_SEARCH": search,
    }
    line = [sys.executable, "-m", "benchmarks.peers", name, url]
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - os.wait4 tells what this one used
        line, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    running = Running(process)
    try:
        if core is not None and sys.platform == "linux":
            # Before it has threads: each begins with what the process is held to then.
            os.sched_setaffinity(process.pid, {core})
        await _said(process, b"ready", b'"event": "ready"')
        yield running
    finally:
        if running.used is None:
            # Not through `process`: that would collect what it used before we can ask for it.
            os.kill(process.pid, signal.SIGKILL)
            running.used = collected(process)
        if process.stderr is not None:
            process.stderr.close()


def collected(process: subprocess.Popen[bytes]) -> struct_rusage:
    """Wait for a process's end and give what it used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


async def _said(process: subprocess.Popen[bytes], *wanted: bytes) -> bytes:
    """Wait for the next line with one of these words on a process's standard error."""

    def read() -> bytes:
        said: list[bytes] = []
        assert process.stderr is not None
        for line in process.stderr:
            if any(words in line for words in wanted):
                return line
            said.append(line)
        raise RuntimeError(f"the bot has ended:\n{b''.join(said).decode()}")

    return await asyncio.wait_for(asyncio.to_thread(read), PATIENCE_SECONDS)


def _tell_cpu(*_: object) -> None:
    os.write(2, CPU + str(time.process_time()).encode() + b"\n")


def _collect(*_: object) -> None:
    gc.collect()
    os.write(2, COLLECTED + b"\n")


def _tell_first_claim() -> None:
    from bot.jobs.runner import Runner

    claim = Runner.claim

    async def claim_and_tell(self: Runner) -> Any:
        claimed = await claim(self)
        Runner.claim = claim
        print("ready", file=sys.stderr, flush=True)
        return claimed

    Runner.claim = claim_and_tell


def main() -> int:
    name, url = sys.argv[1:]
    if name in {"bare", "defaults"}:
        # As where it is not installed; discord.py takes it where it is.
        cast("Any", sys.modules)["orjson"] = None
    if name in {"ours", "claiming"}:
        # As our own program does before it imports discord.py.
        gc.disable()
    import discord.http

    discord.http.Route.BASE = url
    signal.signal(signal.SIGUSR1, _tell_cpu)
    signal.signal(signal.SIGUSR2, _collect)
    match name:
        case "ours" | "claiming":
            from bot.__main__ import main as run

            if name == "claiming":
                _tell_first_claim()
            return run(["run"])
        case "bare" | "fitted" | "defaults":
            empty_bot(defaults=name == "defaults").run(TOKEN, log_handler=None)
            return 0
        case _:
            raise ValueError(f"no bot is called {name}")


if __name__ == "__main__":
    sys.exit(main())
