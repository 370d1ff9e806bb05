"""Posts notices in the channel that moderators chose, and finds them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.jobs.carrying import look_for, try_to_send
from bot.jobs.runner import Found, Refused, Tried
from bot.notices.service import Notices
from bot.settings.core import LANGUAGE
from bot.texts import Words
from bot.views import Panel, button, row

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.jobs.model import Message
    from bot.notices.model import Notice

SEEN = "notices:seen"
"""Takes a notice off the panel; its argument is the notice's id, a second one its message's."""


class NoticeCarrier:
    """Sends one notice as one message; its button carries the ids of both."""

    def __init__(self, bot: Alongside, notices: Notices) -> None:
        self._bot = bot
        self._notices = notices

    async def send(self, message: Message) -> Tried:
        """Post it, with the message's id as nonce."""
        notice = await self._notices.notice(message.subject)
        if notice is None:
            return Refused("gone")
        runtime = self._bot.runtime
        language = await runtime.settings.get(message.server_id, LANGUAGE)
        words = Words(runtime.texts, runtime.texts.choose(language))
        lead = self._notices.lead_of(notice.key)
        return await try_to_send(self._bot, message, posted(words, notice, message.id, lead))

    async def look(self, message: Message) -> Found:
        """Look for it by the id in its button."""
        return await look_for(self._bot, message)


def posted(words: Words, notice: Notice, message_id: str, lead: str | None = None) -> Panel:
    """The message in the notice channel; `lead` is the action of a button to what it speaks of."""
    return Panel(
        said(words, notice),
        row(
            button(words("notices.open_button"), lead) if lead else None,
            button(words("notices.seen_button"), SEEN, notice.id, message_id),
        ),
    )


def said(words: Words, notice: Notice) -> str:
    """What a notice says, with its moment."""
    when = discord.utils.format_dt(notice.raised_at, "f")
    return f"{words(f'notices.{notice.key}', **notice.params)}\n-# {when}"
