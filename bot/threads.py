"""Private threads of ours: made once, found again by the code in their name, and closed.

A name is neutral, for it shows in lists and logs; whoever may manage threads can look in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot import logs
from bot.jobs.carrying import look_for
from bot.jobs.runner import Absent, Found, NotNow, Refused, Unreadable
from bot.texts import Words
from bot.views import clip

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.jobs.model import Message

_log = logs.get(__name__)

TOO_MANY_THREADS = 160006
"""Discord's code: the server has as many active threads as it may."""

ARCHIVED = 50083
"""Discord's code: the thread is folded away, and nothing in it can be changed."""

THREAD_MINUTES = 7 * 24 * 60
"""After so long without a word a thread folds itself away; it is still open."""

REQUESTS_A_SECOND = 10
"""A thread takes several requests; with what the runner sends, under Discord's 50 a second."""

ASKED_AGAIN_SECONDS = 1.0
"""An answer that took longer may be to a second request: discord.py waits so long after a failed
one, and asks again by itself. What the first one asked for may be there as well."""

BURST_SECONDS = 3.0
"""So much of them at once: a few threads need not wait for each other."""

NO_RIGHTS = "no rights"
"""Why a thread could not be made: something that moderators can change."""

DROPPED = Refused("over")
"""What it is for ended while it was on its way."""

LATER = (discord.HTTPException, discord.ClientException, aiohttp.ClientError, OSError)
"""What may go better another time."""


class Steps:
    """Lets requests through, so many in a second."""

    def __init__(self) -> None:
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for one's turn; who gives up before it comes leaves it to those who come later."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now - BURST_SECONDS)
        gap = 1 / REQUESTS_A_SECOND
        self._next = at + gap
        if at > now:
            try:
                await asyncio.sleep(at - now)
            except asyncio.CancelledError:
                self._next -= gap
                raise


def words_in(bot: Alongside, language: str) -> Words:
    """The texts in a language, or the nearest one that the bot speaks."""
    texts = bot.runtime.texts
    return Words(texts, texts.choose(language))


async def find(
    bot: Alongside, steps: Steps, server_id: int, channel_ids: Collection[int], code: str
) -> int | None:
    """Look for a thread of ours by its code; raises one of LATER.

    Among those that are folded away, in the channels only where it may have been made.
    """
    server = await _server(bot, server_id)
    await steps.wait()
    active = [one for one in await server.active_threads() if _is_ours(bot, one, code)]
    if active:
        first, *others = sorted(active, key=lambda thread: thread.id)
        for thread in others:
            await _put_away(steps, thread)
        return first.id
    for channel_id in channel_ids:
        parent = await bot.servers.channel(server, channel_id)
        if not isinstance(parent, discord.TextChannel):
            continue
        await steps.wait()
        async for thread in parent.archived_threads(private=True, joined=True, limit=100):
            if _is_ours(bot, thread, code):
                return thread.id
    return None


async def look_within(bot: Alongside, message: Message, finding: Awaitable[int | None]) -> Found:
    """Look for a message in a thread of ours, which has to be found first."""
    try:
        thread_id = await finding
    except (discord.Forbidden, discord.NotFound):
        return Unreadable()
    except LATER as error:
        _log.warning("look_failed", error=logs.describe(error))
        return NotNow()
    if thread_id is None:
        return Absent()
    return await look_for(bot, replace(message, channel_id=thread_id))


async def make(
    bot: Alongside, steps: Steps, server_id: int, channel_id: int, name: str, code: str
) -> int | Refused:
    """Make a private thread whose name has its code in it; raises one of LATER."""
    parent = await bot.servers.channel(await _server(bot, server_id), channel_id)
    if not isinstance(parent, discord.TextChannel):
        return Refused("gone")
    await steps.wait()
    began = asyncio.get_running_loop().time()
    try:
        thread = await parent.create_thread(
            name=clip(name, 100),
            type=discord.ChannelType.private_thread,
            invitable=False,
            auto_archive_duration=THREAD_MINUTES,
        )
    except discord.Forbidden:
        return Refused(NO_RIGHTS)
    if asyncio.get_running_loop().time() - began >= ASKED_AGAIN_SECONDS:
        return await find(bot, steps, server_id, (channel_id,), code) or thread.id
    return thread.id


async def _put_away(steps: Steps, thread: discord.Thread) -> None:
    """Delete a second thread of one code, in which nobody is; where not, fold it."""
    await steps.wait()
    try:
        await thread.delete()
    except discord.NotFound:
        return
    except discord.Forbidden:
        await thread.edit(archived=True)


async def thread_of(bot: Alongside, server_id: int, thread_id: int) -> discord.Thread:
    """Give a thread of ours; raises one of LATER, NotFound for one that is gone."""
    server = await _server(bot, server_id)
    thread = server.get_thread(thread_id) or await server.fetch_channel(thread_id)
    if not isinstance(thread, discord.Thread):
        raise discord.ClientException("that is no thread")
    return thread


async def close(bot: Alongside, steps: Steps, server_id: int, thread_id: int) -> bool:
    """Lock a thread, where the bot may, and fold it away; gives False where a retry is worth it."""
    for locked in (True, False):
        await steps.wait()
        try:
            thread = await thread_of(bot, server_id, thread_id)
            if thread.archived:
                return True
            # Left out where it may not: whoever made a thread may fold it away all the same.
            await (
                thread.edit(locked=True, archived=True) if locked else thread.edit(archived=True)
            )
        except discord.Forbidden:
            continue
        except discord.NotFound:
            return True
        except LATER as error:
            if isinstance(error, discord.HTTPException) and error.code == ARCHIVED:
                return True
            _log.warning("thread_not_closed", error=logs.describe(error))
            return False
        return True
    # It is the members' own to close; the words in it say that it is over.
    return True


async def _server(bot: Alongside, server_id: int) -> discord.Guild:
    server = await bot.servers.get(server_id)
    if server is None:
        raise discord.ClientException("the server is not known now")
    return server


def _is_ours(bot: Alongside, thread: discord.Thread, code: str) -> bool:
    own = bot.user
    return own is not None and thread.owner_id == own.id and code in thread.name.split()
