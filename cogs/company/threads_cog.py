"""Carries promises about requests to Discord: threads, calls, and what is said in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord

from bot import delivery, logs, threads
from bot.jobs.carrying import look_for, place_of, try_to_send
from bot.jobs.runner import Absent, Delivered, Found, NotNow, Refused, Tried
from bot.settings.core import LANGUAGE
from bot.standing import Gone, role_ids
from bot.threads import DROPPED, LATER, NO_RIGHTS, Steps
from cogs.company import views
from cogs.company.keeping_service import subject_of
from cogs.company.model import MENTIONED, Ending, Request, State
from cogs.company.service import (
    CALL,
    CLOSE,
    JOIN,
    OPEN,
    SAY,
    SHOW,
    UNCALL,
    Calling,
    Closing,
    Requests,
    Shown,
)

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.jobs.model import Message
    from bot.texts import Words
    from bot.views import Panel

_log = logs.get(__name__)


class CompanyCarrier:
    """Whatever is done twice comes to the same: a thread is found again, a message has a nonce."""

    def __init__(self, bot: Alongside, requests: Requests, steps: Steps) -> None:
        self._bot = bot
        self._requests = requests
        self._steps = steps
        self._ways: dict[str, Callable[[Message], Awaitable[Tried]]] = {
            OPEN: self._open,
            CALL: self._call,
            UNCALL: self._uncall,
            SHOW: self._show,
            JOIN: self._join,
            SAY: self._say,
            CLOSE: self._close,
        }

    async def send(self, message: Message) -> Tried:
        """Do what was promised."""
        try:
            return await self._ways[message.kind](message)
        except discord.Forbidden:
            return Refused(NO_RIGHTS)
        except LATER as error:
            _log.warning("company_failed", kind=message.kind, error=logs.describe(error))
            return NotNow()

    async def look(self, message: Message) -> Found:
        """Look for a message; what is no message may be done again."""
        if message.kind in {SHOW, UNCALL, CLOSE}:
            return Absent()
        if message.kind != OPEN:
            return await look_for(self._bot, message)
        one = await self._requests.request(message.subject)
        if one is None:
            return Absent()
        return await threads.look_within(self._bot, message, self._find(one, message))

    # The thread

    async def _open(self, message: Message) -> Tried:
        shown = await self._requests.shown(message.subject)
        if shown is None or shown.request.state is not State.OPENING:
            return DROPPED
        one = shown.request
        words = threads.words_in(self._bot, one.language)
        thread_id = await self._find(one, message)
        if thread_id is None:
            name = views.thread_name(words, one.code)
            made = await threads.make(
                self._bot, self._steps, one.server_id, one.channel_id, name, one.code
            )
            if isinstance(made, Refused):
                return made
            if not await self._requests.thread_made(one.server_id, one.id, made):
                return DROPPED
            thread_id = made
        thread = await threads.thread_of(self._bot, one.server_id, thread_id)
        if not await self._add(thread, one.asker_user_id):
            return Refused("closed")
        tried = await self._post(
            thread, views.panel(words, shown, message.id), message, one.asker_user_id
        )
        if isinstance(tried, Delivered) and await self._requests.request(one.id) is None:
            # They erased it meanwhile: nothing is left by which this message could be found.
            await delivery.take_back(thread.get_partial_message(tried.message_id))
            return DROPPED
        return tried

    async def _find(self, one: Request, message: Message) -> int | None:
        """Give the thread that is there, and write down one that an interrupted try had made."""
        if one.thread_id is not None or message.first_tried_at is None:
            return one.thread_id
        found = await threads.find(
            self._bot, self._steps, one.server_id, {one.channel_id}, one.code
        )
        if found is not None:
            await self._requests.thread_made(one.server_id, one.id, found)
        return found

    async def _add(self, thread: discord.Thread, user_id: int) -> bool:
        await self._steps.wait()
        try:
            await thread.add_user(discord.Object(user_id))
        except (discord.Forbidden, discord.NotFound):
            return False
        return True

    async def _join(self, message: Message) -> Tried:
        shown = await self._requests.shown(subject_of(message))
        if shown is None or shown.supporter is None or shown.request.thread_id is None:
            return DROPPED
        one = shown.request
        thread = await threads.thread_of(self._bot, one.server_id, message.channel_id)
        for former in shown.former:
            await self._steps.wait()
            try:
                await thread.remove_user(discord.Object(former))
            except (discord.Forbidden, discord.NotFound):
                # They were brought in by the asker's wish and stay no secret; they may also leave.
                continue
        if not await self._add(thread, shown.supporter):
            return Refused("closed")
        words = threads.words_in(self._bot, one.language)
        panel = views.joined(words, shown, shown.supporter, message.id)
        return await self._post(thread, panel, message, one.asker_user_id, shown.supporter)

    async def _post(
        self, place: discord.abc.Messageable, panel: Panel, message: Message, *people: int
    ) -> Tried:
        """Send to people who asked for it; nobody else is ever mentioned."""
        mentions = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(person) for person in people]
        )
        match await delivery.send(place, panel, nonce=message.id, mentions=mentions):
            case delivery.Sent(message_id=message_id):
                return Delivered(message_id)
            case delivery.Closed(code):
                return Refused(f"closed {code}")
            case delivery.Gone():
                return Refused("gone")
            case delivery.Failed():
                return NotNow()

    async def _say(self, message: Message) -> Tried:
        shown = await self._requests.shown(subject_of(message))
        if shown is None or not shown.request.is_open:
            return DROPPED
        one = shown.request
        words = threads.words_in(self._bot, one.language)
        panel = views.told(words, one, message.body, shown.outlook, message.id)
        return await try_to_send(self._bot, message, panel)

    # The call

    async def _call(self, message: Message) -> Tried:
        request_id, call = message.subject.split(".")
        calling = await self._requests.calling(request_id, int(call))
        if calling is None:
            return DROPPED
        one = calling.request
        asker_roles = await role_ids(self._bot, one.server_id, one.asker_user_id)
        if asker_roles is None:
            return NotNow()
        people: list[int] = []
        if not isinstance(asker_roles, Gone):
            people = await self._who_may_come(calling, asker_roles)
        if not await self._requests.called(one.id, one.calls, heard=bool(people)):
            return DROPPED
        words = await self._server_words(one.server_id)
        panel = views.call(words, one, people, message.id)
        return await self._post(place_of(self._bot, message), panel, message, *people)

    async def _who_may_come(self, calling: Calling, asker_roles: frozenset[int]) -> list[int]:
        people: list[int] = []
        for person in calling.supporters:
            await self._steps.wait()
            roles = await role_ids(self._bot, calling.request.server_id, person)
            if isinstance(roles, frozenset) and calling.may_come(asker_roles, roles):
                people.append(person)
            if len(people) == MENTIONED:
                break
        return people

    async def _uncall(self, message: Message) -> Tried:
        number = int(message.body)
        place = place_of(self._bot, message)
        gone = await delivery.take_back(place.get_partial_message(number))
        return Delivered(number) if gone else NotNow()

    # How it stands

    async def _show(self, message: Message) -> Tried:
        request_id = subject_of(message)
        shown = await self._requests.shown(request_id)
        if shown is None:
            return DROPPED
        while True:
            await self._show_panel(shown, message)
            await self._show_call(shown)
            now = await self._requests.shown(request_id)
            if now is None or now == shown:
                # What was erased meanwhile is closed by its own promise.
                return Delivered(message.channel_id)
            shown = now

    async def _show_panel(self, shown: Shown, message: Message) -> None:
        one = shown.request
        words = threads.words_in(self._bot, one.language)
        look = views.panel(words, shown, views.PRIVATE) if one.is_open else views.over(words)
        await self._edit(message.channel_id, one.panel_message_id, look)

    async def _show_call(self, shown: Shown) -> None:
        one = shown.request
        if one.state is State.ACCEPTED and one.call_channel_id is not None:
            words = await self._server_words(one.server_id)
            await self._edit(one.call_channel_id, one.call_message_id, views.taken(words))

    async def _edit(self, channel_id: int, message_id: int | None, look: Panel) -> None:
        if message_id is None:
            return
        place = self._bot.get_partial_messageable(channel_id)
        await self._steps.wait()
        try:
            await place.get_partial_message(message_id).edit(
                view=look, allowed_mentions=discord.AllowedMentions.none()
            )
        except discord.NotFound:
            return
        except discord.HTTPException as error:
            if error.code != threads.ARCHIVED:
                raise

    # The end

    async def _close(self, message: Message) -> Tried:
        closing = Closing.from_text(message.body)
        if closing.ending is Ending.TAKEN_BACK and await self._delete(message):
            return Delivered(message.channel_id)
        words = threads.words_in(self._bot, closing.language)
        await self._edit(message.channel_id, closing.panel_message_id, views.over(words))
        found = await look_for(self._bot, message) if message.tries else Absent()
        tried: Tried = (
            found
            if isinstance(found, Delivered)
            else await try_to_send(
                self._bot, message, views.closing(words, closing.ending, message.id)
            )
        )
        if isinstance(tried, Delivered) and not await threads.close(
            self._bot, self._steps, message.server_id, message.channel_id
        ):
            return NotNow()
        return tried

    async def _delete(self, message: Message) -> bool:
        """Delete a thread to which nobody came; without the right to, it is closed instead."""
        try:
            thread = await threads.thread_of(self._bot, message.server_id, message.channel_id)
            await self._steps.wait()
            await thread.delete()
        except discord.NotFound:
            return True
        except discord.Forbidden:
            return False
        return True

    async def _server_words(self, server_id: int) -> Words:
        language = await self._bot.runtime.settings.get(server_id, LANGUAGE)
        return threads.words_in(self._bot, language)
