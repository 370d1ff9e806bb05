"""Introductions on Discord: private threads made once, and what people tap in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import combinations
from typing import TYPE_CHECKING

import discord

from bot import delivery, logs, threads
from bot.bounds import Standing, bounds_of, may_meet
from bot.errors import UserError
from bot.jobs.carrying import look_for, try_to_send
from bot.jobs.runner import Absent, Delivered, Found, NotNow, Refused, Tried
from bot.settings.core import LANGUAGE
from bot.standing import Gone, role_ids
from bot.texts import Words
from bot.threads import DROPPED, LATER, NO_RIGHTS, Steps
from bot.views import reply, turn, words_for
from cogs.pairing import introductions_views as views
from cogs.pairing.course import THREADS_FULL, Tell, is_live
from cogs.pairing.introductions_service import APART, Details, Introductions
from cogs.pairing.model import Introduction, IntroductionState, Said
from cogs.pairing.rounds_service import Rounds
from cogs.pairing.telling_service import Told
from cogs.pairing.views import ANOTHER

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message

_log = logs.get(__name__)


_APART = Refused(APART)


async def shut_if_over(
    bot: Alongside, introductions: Introductions, steps: Steps, introduction_id: str
) -> bool:
    """Fold the thread of an introduction that is over; gives False where a retry is worth it.

    What was on its way when the closing words came has opened it again.
    """
    one = await introductions.introduction(introduction_id)
    if one is None or is_live(one) or one.thread_id is None:
        return True
    return await threads.close(bot, steps, one.server_id, one.thread_id)


class Speaker:
    """The words of a language, and names of servers, for what nobody asked for at this moment."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot

    def words(self, language: str) -> Words:
        """The texts in a language, or the nearest one that the bot speaks."""
        return threads.words_in(self._bot, language)

    async def server(self, server_id: int, words: Words) -> str:
        """The name of a server."""
        return await self._bot.servers.name(server_id) or words("pairing.a_server")


class IntroductionCarrier:
    """Makes the thread of an introduction once, finds it again by its code, and speaks in it."""

    def __init__(self, bot: Alongside, introductions: Introductions, steps: Steps) -> None:
        self._bot = bot
        self._introductions = introductions
        self._steps = steps
        self._speaker = Speaker(bot)

    async def send(self, message: Message) -> Tried:
        """Make the thread, unless an earlier try did; add the people, then introduce them."""
        one = await self._introductions.introduction(message.subject)
        if one is None:
            return DROPPED
        tried = await self._try(one, message)
        shut = await shut_if_over(self._bot, self._introductions, self._steps, one.id)
        return tried if shut else NotNow()

    async def _try(self, one: Introduction, message: Message) -> Tried:
        try:
            thread_id = await self._find(one, message)
            if one.state is not IntroductionState.PENDING:
                return DROPPED
            details = await self._introductions.details(one.id)
            if details is None:
                return DROPPED
            apart = await self._apart(one)
            if apart is not None:
                return apart
            if thread_id is None:
                made = await self._make(details)
                if not isinstance(made, int):
                    return made
                thread_id = made
            return await self._introduce(details, thread_id, message)
        except LATER as error:
            return self._failed(error)

    async def look(self, message: Message) -> Found:
        """Look for the thread, and in it for the message."""
        one = await self._introductions.introduction(message.subject)
        if one is None:
            return Absent()
        found = await threads.look_within(self._bot, message, self._find(one, message))
        shut = await shut_if_over(self._bot, self._introductions, self._steps, one.id)
        return found if shut else NotNow()

    # Inside

    async def _find(self, one: Introduction, message: Message) -> int | None:
        """Give the thread that is there, and write down one that an interrupted try had made."""
        if one.thread_id is not None or message.first_tried_at is None:
            return one.thread_id
        # Its channel may have been changed after it was promised, before or after it was made.
        plan = await self._introductions.plan(one.server_id)
        channels = {message.channel_id}
        if plan is not None:
            channels.add(plan.channel_id)
        found = await threads.find(self._bot, self._steps, one.server_id, channels, one.code)
        if found is not None:
            await self._introductions.thread_made(one.id, found)
        return found

    async def _apart(self, one: Introduction) -> Tried | None:
        """Say why roles, as they are now, keep people apart; hours may lie behind their draw."""
        bounds = await bounds_of(self._bot.runtime.settings, one.server_id)
        standings: list[Standing] = []
        for user_id in one.people:
            await self._steps.wait()
            held = await role_ids(self._bot, one.server_id, user_id)
            if held is None:
                return NotNow()
            if isinstance(held, Gone):
                return _APART
            standings.append(bounds.place(held))
        return None if all(may_meet(*pair) for pair in combinations(standings, 2)) else _APART

    async def _make(self, details: Details) -> int | Tried:
        one = details.introduction
        server = await self._bot.servers.get(one.server_id)
        if server is None:
            return NotNow()
        # Of another process's server nobody knows how many there are, before Discord refuses one.
        if len(server.threads) >= THREADS_FULL:
            await self._introductions.make_room(one)
        words = self._speaker.words(one.language)
        name = views.thread_name(words, one.code)
        try:
            made = await threads.make(
                self._bot, self._steps, one.server_id, details.plan.channel_id, name, one.code
            )
        except discord.HTTPException as error:
            if error.code != threads.TOO_MANY_THREADS:
                raise
            await self._introductions.make_room(one)
            return NotNow()
        if isinstance(made, int) and not await self._introductions.thread_made(one.id, made):
            return DROPPED
        return made

    async def _introduce(self, details: Details, thread_id: int, message: Message) -> Tried:
        one = details.introduction
        thread = await threads.thread_of(self._bot, one.server_id, thread_id)
        for user_id in one.people:
            await self._steps.wait()
            # Each step takes a while, and a block or a leaving counts from its first moment.
            if not await self._introductions.still_to_be(one):
                return DROPPED
            try:
                await thread.add_user(discord.Object(user_id))
            except (discord.Forbidden, discord.NotFound) as error:
                held = await role_ids(self._bot, one.server_id, user_id)
                return _APART if isinstance(held, Gone) else Refused(f"closed {error.code}")
        if not await self._introductions.still_to_be(one):
            return DROPPED
        words = self._speaker.words(one.language)
        # Whoever is introduced asked to be: they are the only ones who are ever mentioned.
        people = discord.AllowedMentions(
            everyone=False,
            roles=False,
            users=[discord.Object(user_id) for user_id in one.people],
        )
        sent = await delivery.send(
            thread,
            views.introduction(words, details, message.id),
            nonce=message.id,
            mentions=people,
        )
        match sent:
            case delivery.Sent(message_id=message_id):
                return Delivered(message_id)
            case delivery.Closed(code):
                return Refused(f"closed {code}")
            case delivery.Gone():
                return Refused("gone")
            case delivery.Failed():
                return NotNow()

    def _failed(self, error: Exception) -> Tried:
        if isinstance(error, discord.Forbidden):
            return Refused(NO_RIGHTS)
        _log.warning("introduction_failed", error=logs.describe(error))
        return NotNow()


class FollowupCarrier:
    """Asks in a thread, once and softly, whether they got to talk."""

    def __init__(self, bot: Alongside, introductions: Introductions, steps: Steps) -> None:
        self._bot = bot
        self._introductions = introductions
        self._steps = steps
        self._speaker = Speaker(bot)

    async def send(self, message: Message) -> Tried:
        """Ask."""
        one = await self._introductions.introduction(message.subject)
        if one is None:
            return DROPPED
        tried: Tried = DROPPED
        if one.state is IntroductionState.INTRODUCED:
            panel = views.followup(self._speaker.words(one.language), one.id, message.id)
            tried = await try_to_send(self._bot, message, panel)
        shut = await shut_if_over(self._bot, self._introductions, self._steps, one.id)
        return tried if shut else NotNow()

    async def look(self, message: Message) -> Found:
        """Look for the question in the thread."""
        found = await look_for(self._bot, message)
        subject = message.subject
        shut = await shut_if_over(self._bot, self._introductions, self._steps, subject)
        return found if shut else NotNow()


class CloseCarrier:
    """Says in a thread that it is over, then locks it and folds it away."""

    def __init__(self, bot: Alongside, introductions: Introductions, steps: Steps) -> None:
        self._bot = bot
        self._introductions = introductions
        self._steps = steps
        self._speaker = Speaker(bot)

    async def send(self, message: Message) -> Tried:
        """Say it, and close."""
        one = await self._introductions.introduction(message.subject)
        language = await self._bot.runtime.settings.get(message.server_id, LANGUAGE)
        words = self._speaker.words(language if one is None else one.language)
        tried = await try_to_send(self._bot, message, views.closing(words, message.id))
        if isinstance(tried, Delivered) and not await self._lock(message):
            return NotNow()
        return tried

    async def look(self, message: Message) -> Found:
        """Look for the closing words; a thread that was cut off before its lock gets it now."""
        found = await look_for(self._bot, message)
        if isinstance(found, Delivered) and not await self._lock(message):
            return NotNow()
        return found

    async def _lock(self, message: Message) -> bool:
        return await threads.close(self._bot, self._steps, message.server_id, message.channel_id)


class TellCarrier:
    """Tells one member something by direct message."""

    def __init__(self, bot: Alongside, introductions: Introductions, rounds: Rounds) -> None:
        self._bot = bot
        self._introductions = introductions
        self._rounds = rounds
        self._speaker = Speaker(bot)

    async def send(self, message: Message) -> Tried:
        """Write it."""
        told = Told.from_text(message.body)
        server = await self._bot.servers.name(message.server_id)
        if server is None:
            # It has only just started: soon it will know what the server is called.
            return NotNow()
        words = self._speaker.words(told.language)
        if told.what is Tell.ASK:
            one = await self._rounds.round(told.about)
            if one is None:
                return DROPPED
            panel = views.asking(words, server, one, message.id, by_message=True)
        elif told.what in {Tell.INTRODUCED, Tell.TALKED}:
            details = await self._introductions.details(told.about)
            if details is None:
                return DROPPED
            if told.what is Tell.INTRODUCED:
                panel = views.introduced_by_message(words, server, details, message.id)
            else:
                panel = views.followup(words, told.about, message.id, by_message=True)
        else:
            panel = views.note(words, told.what, server, told.about, message.id)
        return await try_to_send(self._bot, message, panel)

    async def look(self, message: Message) -> Found:
        """Look for it."""
        return await look_for(self._bot, message)


class Taps:
    """What people tap on introductions, and on what is told about them."""

    def __init__(self, bot: Alongside, introductions: Introductions, rounds: Rounds) -> None:
        self._bot = bot
        self._introductions = introductions
        self._rounds = rounds

    def register(self) -> None:
        """Answer the buttons."""
        taps: dict[str, Callable[..., Awaitable[None]]] = {
            views.LEAVE: self.leave,
            views.SAY: self.say,
            views.SURE: self.sure,
            views.KEEP: self.keep,
            ANOTHER: self.another,
            views.ANSWER: self.answer,
        }
        for action, handler in taps.items():
            self._bot.runtime.actions.on(action, handler)

    async def answer(
        self, interaction: Interaction, round_id: str, yes: str, message_id: str
    ) -> None:
        """In, or not this time."""
        one = await self._rounds.answer(interaction.user.id, round_id, yes=yes == "yes")
        words = await words_for(interaction)
        await turn(interaction, views.answered(words, one, yes=yes == "yes"))

    async def leave(self, interaction: Interaction, introduction_id: str, message_id: str) -> None:
        """Ask once before it ends for both."""
        await self._ask(interaction, introduction_id, Said.LEAVE)

    async def say(
        self, interaction: Interaction, introduction_id: str, said: str, message_id: str
    ) -> None:
        """Take the answer, privately."""
        meant = _said(said)
        if meant in {Said.ANOTHER, Said.LEAVE}:
            await self._ask(interaction, introduction_id, meant)
            return
        await self._introductions.say(interaction.user.id, introduction_id, meant)
        words = await words_for(interaction)
        await reply(interaction, views.said(words, f"pairing.said.{meant.value}"))

    async def sure(self, interaction: Interaction, introduction_id: str, said: str) -> None:
        """End it."""
        meant = _said(said)
        await self._introductions.say(interaction.user.id, introduction_id, meant)
        words = await words_for(interaction)
        await turn(interaction, views.said(words, f"pairing.said.{meant.value}"))

    async def keep(self, interaction: Interaction) -> None:
        """Let it be."""
        await turn(interaction, views.said(await words_for(interaction), "pairing.sure.kept"))

    async def another(
        self, interaction: Interaction, introduction_id: str, message_id: str
    ) -> None:
        """Look for another peer."""
        await self._introductions.another(interaction.user.id, introduction_id)
        words = await words_for(interaction)
        await turn(interaction, views.said(words, "pairing.said.another"))

    async def _ask(self, interaction: Interaction, introduction_id: str, said: Said) -> None:
        await self._introductions.check_in(interaction.user.id, introduction_id, said)
        words = await words_for(interaction)
        await reply(interaction, views.sure(words, introduction_id, said))


def _said(text: str) -> Said:
    """Read an answer from a button of ours; raises UserError for what no version wrote."""
    try:
        return Said(text)
    except ValueError:
        raise UserError("errors.old_button") from None
