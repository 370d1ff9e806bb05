"""Who counts as a moderator here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.errors import UserError
from bot.settings.core import MODERATOR_ROLES

if TYPE_CHECKING:
    from bot.client import Interaction

MODERATOR_DEFAULT = discord.Permissions(manage_guild=True)
"""Who sees moderators' commands until a server's own command permissions say otherwise."""

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
)
"""What the bot asks a server for: to post check-ins and what a member shares, and to find both."""

NEEDED_FOR_PAIRING = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_private_threads=True,
    read_message_history=True,
    manage_threads=True,
)
"""What introductions need in their channel, asked for only where pairing is switched on.

Managing threads is for locking one whose time is up; without it that is said and not done.
"""


NEEDED_FOR_CALLS = discord.Permissions(
    view_channel=True, send_messages=True, read_message_history=True
)
"""What company needs where supporters are called, and a check-in where it is posted."""

NEEDED_FOR_NOTICES = discord.Permissions(view_channel=True, send_messages=True)
"""What the channel for notices needs."""


def missing(
    channel: discord.abc.GuildChannel, me: discord.Member, needed: discord.Permissions
) -> list[str]:
    """The rights that the bot lacks in a channel, by name; their words are `rights.<name>`."""
    own = channel.permissions_for(me)
    if not own.view_channel:
        # Who cannot see a channel can do nothing in it, so the others may be there all the same.
        own = me.guild_permissions & ~discord.Permissions(view_channel=True)
    return [name for name in _named(needed) if not getattr(own, name)]


def _named(rights: discord.Permissions) -> list[str]:
    """The names of rights; discord.py calls seeing a channel by two."""
    return ["view_channel" if name == "read_messages" else name for name, on in rights if on]


async def is_moderator(interaction: Interaction) -> bool:
    """Whether this person may steer the bot in this server, asked at the moment of the tap."""
    if interaction.guild_id is None or not isinstance(interaction.user, discord.Member):
        return False
    if interaction.permissions.manage_guild:
        return True
    named = await interaction.client.runtime.settings.get(interaction.guild_id, MODERATOR_ROLES)
    return any(interaction.user.get_role(role_id) is not None for role_id in named)


async def require_moderator(interaction: Interaction) -> None:
    """Refuse everybody else; raises UserError."""
    if not await is_moderator(interaction):
        raise UserError("permissions.moderators_only")


def server_of(interaction: Interaction) -> int:
    """The server that a moderator steers; raises UserError outside of any."""
    if interaction.guild_id is None:
        raise UserError("permissions.moderators_only")
    return interaction.guild_id
