"""Wires pairing: what members do, and the rounds in which they are brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.pairing.service import HOLDINGS
from cogs.pairing.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    runtime.settings.declare(ENABLED)
    runtime.privacy.register(*HOLDINGS)
