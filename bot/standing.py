"""Asks Discord whether somebody is in a server now, and with which roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import discord

if TYPE_CHECKING:
    from bot.client import Alongside

UNKNOWN_MEMBER = 10007
"""Discord's code; no other answer, and no failure, means that somebody is not there."""


@dataclass(frozen=True, slots=True)
class Gone:
    """They are not in the server."""


async def role_ids(bot: Alongside, server_id: int, user_id: int) -> frozenset[int] | Gone | None:
    """Give the ids of somebody's roles, without the one that everybody has.

    None when nobody can tell now. Each call is one request: whoever asks about many paces them.
    """
    # Roles as they are now: one made a minute ago may be what keeps people apart.
    server = await bot.servers.get(server_id, fresh=True)
    return None if server is None else await role_ids_in(server, user_id)


async def role_ids_in(server: discord.Guild, user_id: int) -> frozenset[int] | Gone | None:
    """Give the same of a server that is at hand, for those who ask about many."""
    try:
        member = await server.fetch_member(user_id)
    except discord.NotFound as error:
        return Gone() if error.code == UNKNOWN_MEMBER else None
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return None
    return frozenset(role.id for role in member.roles if role.id != server.id)
