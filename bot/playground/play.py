"""What the playground is told by whoever starts it. Loads without simcord."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import discord
    from discord.ext import commands

    from bot.clock import Clock


class Wait(Protocol):
    """Waits for something outside the bot's own work, such as an event or a queue."""

    async def __call__(self, awaitable: Awaitable[object], /, *, reason: str) -> object:
        """Give what it gives; `reason` says what is waited for."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bot of the playground lives.

    `folder` is its own, for its store and nothing else of the playground; `--fresh` empties it.
    `clock` is the simulated server's, which only the page moves.
    `wait` lets a task that waits for an event count as being at rest: simcord would otherwise wait
    for it before it answers a click.
    """

    folder: Path
    clock: Clock
    wait: Wait


@dataclass(frozen=True, slots=True)
class Play:
    """One run of the playground.

    `build` makes the bot, ready to log in: once at the start and again at each restart; the bot
    opens what it needs in `setup_hook` and lets go of it in `close`. `folder` keeps the world and
    the bot's own folder. `port` 0 takes the last one, if it is free, else any. `announce` is given
    the address of the page, which is also the key to it. `permissions` are those that the bot's
    invitation asks for.
    """

    build: Callable[[Place], Awaitable[commands.Bot | commands.AutoShardedBot]]
    folder: Path
    announce: Callable[[str], None]
    port: int = 0
    fresh: bool = False
    permissions: discord.Permissions | None = None
