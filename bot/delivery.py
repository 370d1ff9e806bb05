"""Sends to a channel or a person; that sending may fail is data, not an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import discord
from discord import ui

from bot import logs
from bot.errors import UserError

_log = logs.get(__name__)

_CLOSED = {50001, 50007, 50013, 50278}
"""Discord's codes: missing access, messages closed, missing permissions, no shared server."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It is there."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The place does not let the bot write; somebody can change that."""

    code: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The place is no longer there."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Discord did not take it this time; a later try may do."""


Outcome = Sent | Closed | Gone | Failed


async def send(
    place: discord.abc.Messageable,
    view: ui.LayoutView,
    *,
    nonce: str,
    mentions: discord.AllowedMentions | None = None,
    reply_to: discord.MessageReference | None = None,
) -> Outcome:
    """Send one message. The same `nonce` (at most 25 characters) within minutes sends it once."""
    try:
        message = await place.send(
            view=view,
            nonce=nonce,
            allowed_mentions=mentions or discord.AllowedMentions.none(),
            reference=cast(Any, reply_to),
        )
    except discord.NotFound:
        return Gone()
    except discord.Forbidden as error:
        return Closed(error.code)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        if isinstance(error, discord.HTTPException) and error.code in _CLOSED:
            return Closed(error.code)
        _log.warning("send_failed", error=logs.describe(error))
        return Failed()
    return Sent(message.channel.id, message.id)


async def open_dm(person: discord.User | discord.Member) -> discord.DMChannel | None:
    """Open somebody's direct messages, at their tap alone; None when that cannot be done now.

    An open channel proves nothing: only a message that arrives shows that they let the bot write.
    """
    try:
        return await person.create_dm()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("dm_not_opened", error=logs.describe(error))
        return None


async def take_back(message: discord.PartialMessage) -> bool:
    """Delete a message of ours; gives whether it is gone now."""
    try:
        await message.delete()
    except discord.NotFound:
        return True
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("take_back_failed", error=logs.describe(error))
        return False
    return True


async def take_back_own(client: discord.Client, channel_id: int, message_id: int) -> bool:
    """Find a message again and delete it; gives whether it is gone now.

    Raises UserError when it is somebody else's: a custom id must not reach what is not ours.
    """
    place = client.get_partial_messageable(channel_id)
    try:
        message = await place.fetch_message(message_id)
    except discord.NotFound:
        return True
    except discord.HTTPException:
        return False
    if client.user is None or message.author.id != client.user.id:
        raise UserError("errors.old_button")
    return await take_back(place.get_partial_message(message.id))
