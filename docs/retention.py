"""Writes docs/retention.md from what the running bot keeps, so that it cannot go stale.

`python -m docs.retention` writes the file; a test compares it with what the code enforces.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bot.client import SWEEP_SECONDS, Alongside
from bot.config import Config
from bot.journal import KEPT
from bot.opening import open_runtime
from bot.policy import kept, table
from bot.privacy.service import SERVER_GRACE
from bot.texts import Words

PAGE = Path(__file__).resolve().parent / "retention.md"


def retention(bot: Alongside) -> str:
    """The whole page, for a bot whose features are loaded."""
    holdings = bot.runtime.privacy.holdings
    counted = [
        f"- `{one.table}` ({', '.join(one.columns)}): {days} days from `{since}`"
        for one in kept(holdings)
        for since, days in one.limits
    ]
    return "\n".join(
        [
            "# What is kept of people, and for how long",
            "",
            "Written by `python -m docs.retention` from what the code declares and enforces; "
            "change the code, not this page.",
            "",
            table(holdings, Words(bot.runtime.texts, "en")),
            "",
            f"Every {SWEEP_SECONDS // 3600} hours what is past its days is deleted. They count:",
            "",
            *counted,
            "",
            f"Everything of a server goes {SERVER_GRACE.days} days after the bot was removed from "
            "it, or at once when who may manage the server erases it (`/manage privacy`).",
            "",
            f"Backups ([backup.md](backup.md)) can be restored for {KEPT.days} days; "
            "`alongside backup --prune` deletes older ones.",
            "",
        ]
    )


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runtime = await open_runtime(Config(state_dir=Path(folder), database_plain=True))
        bot = Alongside(runtime)
        await bot.load_features()
        PAGE.write_text(retention(bot), encoding="utf-8")
        await runtime.database.close()


if __name__ == "__main__":
    asyncio.run(_write())
