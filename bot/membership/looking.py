"""The paced look at who is still there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot import logs
from bot.standing import Gone, role_ids

if TYPE_CHECKING:
    from bot.client import Alongside

_log = logs.get(__name__)

FIRST_SECONDS = 10 * 60
"""How long after a start the first look begins, so that whoever restarts often looks as well."""

LOOK_SECONDS = 8 * 60 * 60
"""How long between two looks."""

APART_SECONDS = 0.2
"""Between two questions, so that what members wait for always comes first."""


async def keep_looking(bot: Alongside) -> None:
    """Look for as long as the bot runs."""
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            gone = await look(bot)
            if gone:
                _log.info("members_gone", count=gone)
        except Exception as error:  # noqa: BLE001 - the next look tries again
            _log.error("membership_failed", error=logs.describe(error))
        await asyncio.sleep(LOOK_SECONDS)


async def look(bot: Alongside) -> int:
    """Ask once about everybody of whom a feature holds something; gives how many are gone."""
    membership = bot.runtime.membership
    gone = 0
    for (server_id, user_id), since in (await membership.people()).items():
        if bot.get_guild(server_id) is None:
            # It is another process's server, or the bot was removed: that is looked after apart.
            continue
        there = await role_ids(bot, server_id, user_id)
        if isinstance(there, Gone):
            gone += await membership.not_found(server_id, user_id)
        elif there is not None and since is not None:
            await membership.found(server_id, user_id)
        await asyncio.sleep(APART_SECONDS)
    return gone
