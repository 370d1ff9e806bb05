"""Sends a promised message to its channel and finds it again: what every kind has in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord

from bot import delivery, logs
from bot.jobs.runner import Absent, Delivered, Found, NotNow, Refused, Tried, Unreadable

if TYPE_CHECKING:
    from discord import ui

    from bot.client import Alongside
    from bot.jobs.model import Message

_log = logs.get(__name__)

CLOCKS_DIFFER = timedelta(seconds=60)
"""By how much Discord's clock may be behind ours; a search begins so much before the first try."""

SEARCHED = 500
"""Messages of a channel that are looked through; beyond that nobody will know."""


def place_of(bot: Alongside, message: Message) -> discord.PartialMessageable:
    """Give the channel by its stored id: nothing is fetched, and no direct messages are opened."""
    server = None if message.recipient_user_id is not None else message.server_id
    return bot.get_partial_messageable(message.channel_id, guild_id=server)


async def try_to_send(bot: Alongside, message: Message, view: ui.LayoutView) -> Tried:
    """Try once, with the message's id as nonce. The view's buttons carry that id as well."""
    match await delivery.send(place_of(bot, message), view, nonce=message.id):
        case delivery.Sent(message_id=message_id):
            return Delivered(message_id)
        case delivery.Closed(code):
            return Refused(f"closed {code}")
        case delivery.Gone():
            return Refused("gone")
        case delivery.Failed():
            return NotNow()


async def look_for(bot: Alongside, message: Message) -> Found:
    """Look through the channel since the first try for a message of ours that carries the id."""
    if message.first_tried_at is None or bot.user is None:
        return Unreadable()
    since = message.first_tried_at - CLOCKS_DIFFER
    count = 0
    try:
        history = place_of(bot, message).history(after=since, limit=SEARCHED, oldest_first=True)
        async for one in history:
            count += 1
            if one.author.id == bot.user.id and _carries(one, message.id):
                return Delivered(one.id)
    except (discord.Forbidden, discord.NotFound):
        return Unreadable()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("look_failed", error=logs.describe(error))
        return NotNow()
    return Absent() if count < SEARCHED else Unreadable()


def _carries(message: discord.Message, id_: str) -> bool:
    return any(id_ in custom_id.split(":") for custom_id in _custom_ids(message.components))


def _custom_ids(components: Iterable[Any]) -> Iterator[str]:
    for component in components:
        custom_id = getattr(component, "custom_id", None)
        if isinstance(custom_id, str):
            yield custom_id
        yield from _custom_ids(cast("Iterable[Any]", getattr(component, "children", ())))
        accessory = getattr(component, "accessory", None)
        if accessory is not None:
            yield from _custom_ids([accessory])
