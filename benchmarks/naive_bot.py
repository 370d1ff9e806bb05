"""A reminder bot of the usual kind, for the crash campaign to kill beside ours.

A table of reminders, a loop that looks every second for what is due, plain aiosqlite, discord.py as
its examples use it. `NAIVE_KIND` says in which order it sends and writes:

- `send-then-mark`: it sends, then writes down that it has sent. A crash in between sends twice.
- `delete-then-send`: it deletes the reminder, then sends. A crash in between sends never.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import aiosqlite
import discord
import yarl
from discord.ext import tasks
from discord.gateway import DiscordWebSocket
from discord.http import Route

TABLE = """
CREATE TABLE IF NOT EXISTS reminders (
    id TEXT PRIMARY KEY, channel_id INTEGER, due_at REAL, sent INTEGER DEFAULT 0
)
"""
FILE = "naive.db"


class NaiveBot(discord.Client):
    """Keeps reminders."""

    def __init__(self, path: Path, kind: str) -> None:
        # The default waits two seconds for servers: longer than it lives here.
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.1)
        self.path = path
        self.mark_after = kind == "send-then-mark"
        self.db: Any = None

    async def setup_hook(self) -> None:
        self.db = await aiosqlite.connect(self.path)
        self.look.start()

    @tasks.loop(seconds=1)
    async def look(self) -> None:
        now = discord.utils.utcnow().timestamp()
        due = await self.db.execute_fetchall(
            "SELECT id, channel_id FROM reminders WHERE due_at <= ? AND sent = 0", (now,)
        )
        for id_, channel_id in due:
            channel = self.get_partial_messageable(channel_id)
            try:
                if self.mark_after:
                    await channel.send(id_)
                    await self.write("UPDATE reminders SET sent = 1 WHERE id = ?", id_)
                else:
                    await self.write("DELETE FROM reminders WHERE id = ?", id_)
                    await channel.send(id_)
            except (discord.HTTPException, OSError):
                continue

    @look.before_loop
    async def before_look(self) -> None:
        await self.wait_until_ready()

    async def write(self, sql: str, id_: str) -> None:
        await self.db.execute(sql, (id_,))
        await self.db.commit()


def main() -> None:
    Route.BASE = os.environ["WIRE_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["WIRE_GATEWAY"])
    bot = NaiveBot(Path(os.environ["STATE_DIR"]) / FILE, os.environ["NAIVE_KIND"])
    bot.run(os.environ["DISCORD_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
