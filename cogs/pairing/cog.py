"""Wires pairing: what members do, and the rounds in which they are brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.pairing.member_cog import Pair, RenewalCarrier
from cogs.pairing.service import HOLDINGS, RENEWAL, Members, Renewing, shipped_content
from cogs.pairing.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    runtime.settings.declare(ENABLED)
    runtime.privacy.register(*HOLDINGS)
    members = Members(
        runtime.database, runtime.settings, shipped_content(), runtime.clock, runtime.jobs.wake
    )
    runtime.jobs.register(RENEWAL, Renewing(), RenewalCarrier(bot))
    runtime.membership.register(members.held, members.left)
    pair = Pair(bot, members)
    pair.register()
    bot.tree.add_command(pair)
