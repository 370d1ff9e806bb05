"""/pair: joining, looking, pausing, and leaving at once and from anywhere."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import discord
from babel import Locale
from discord import app_commands

from bot import delivery, spoken, suggesting
from bot.bounds import bounds_of
from bot.errors import UserError
from bot.jobs.carrying import look_for, try_to_send
from bot.jobs.runner import Found, Tried
from bot.news.telling import news_lines
from bot.texts import Words
from bot.views import reply, turn, words_for
from bot.zones import UTC_NAME, ZoneGone, fold, zone_info
from cogs.pairing import views
from cogs.pairing.draft import Draft, Unpacked, unpack
from cogs.pairing.introductions_service import Introductions
from cogs.pairing.model import CONSENT_VERSION, MOST_LANGUAGES, Member, Topic, Wishes
from cogs.pairing.service import Members
from cogs.pairing.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message

PAUSES = (14, 30, 60, 90)
"""Days of the pauses that are suggested."""


class Pair(app_commands.Group):
    """What members do about pairing. The bot opens direct messages only on their yes."""

    def __init__(self, bot: Alongside, members: Members, introductions: Introductions) -> None:
        super().__init__(name="pair", description="-")
        self._bot = bot
        self._members = members
        self._introductions = introductions
        self._clock = bot.runtime.clock

    def register(self) -> None:
        """Answer the buttons."""
        for action, handler in {
            views.ABOUT: self.read_again,
            views.FORM: self.open_form,
            views.MORE: self.open_more,
            views.YES: self.agree,
            views.NO: self.decline,
            views.CHANGE: self.change,
            views.PAUSE: self.tap_pause,
            views.RESUME: self.tap_resume,
            views.SKIP: self.tap_skip,
            views.UNSKIP: self.tap_unskip,
            views.LEAVE: self.tap_leave,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    # Commands

    @app_commands.command(name="join", description="-")
    async def join(
        self,
        interaction: Interaction,
        zone: app_commands.Range[str, 1, 100],
        language: app_commands.Range[str, 1, 60] | None = None,
    ) -> None:
        """Say what it is; who takes part already finds their wishes in the forms."""
        server_id = await self._open_server(interaction)
        words = await words_for(interaction)
        named = await suggesting.zone_typed(interaction, zone)
        mine = await self._members.of_person(interaction.user.id, server_id)
        wishes = mine[0].wishes if mine else _beginning(interaction, words)
        if language is not None:
            code = _language(words, language)
            kept = [one for one in wishes.languages if one != code]
            wishes = replace(wishes, languages=(*kept[: MOST_LANGUAGES - 1], code))
        draft = Draft(named, wishes, bool(mine) and mine[0].dm_channel_id is not None)
        await self._about(interaction, words, server_id, draft)

    @app_commands.command(name="status", description="-")
    async def status(self, interaction: Interaction) -> None:
        """Show what is on."""
        await self._show(interaction)

    @app_commands.command(name="pause", description="-")
    async def pause(
        self, interaction: Interaction, until: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        """Pause until a day, or until they go on."""
        if until is not None:
            spoken.pause_end(until, self._clock().date())

        async def do(one: Member) -> Member:
            end = None if until is None else self._end(one, until)
            return await self._members.pause(one.user_id, one.id, end)

        await self._do(interaction, do, "pairing.done.paused")

    @app_commands.command(name="resume", description="-")
    async def resume(self, interaction: Interaction) -> None:
        """Take part again after a pause."""
        await self._do(
            interaction,
            lambda one: self._members.resume(one.user_id, one.id),
            "pairing.done.resumed",
        )

    @app_commands.command(name="skip", description="-")
    async def skip(self, interaction: Interaction) -> None:
        """Leave the next round out."""
        await self._do(
            interaction,
            lambda one: self._members.skip(one.user_id, one.id),
            "pairing.done.skipped",
        )

    @app_commands.command(name="leave", description="-")
    async def leave(self, interaction: Interaction) -> None:
        """End it, with everything that is kept for it."""
        mine = await self._mine(interaction)
        if len(mine) != 1:
            await self._show(interaction)
            return
        await self._members.leave(interaction.user.id, mine[0].id)
        words = await words_for(interaction)
        news = await news_lines(interaction, words)
        await reply(interaction, views.note(words, "pairing.done.left", news))

    @join.autocomplete("zone")
    async def suggest_zones(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest zones for the words typed so far."""
        return await suggesting.zones(interaction, current)

    @join.autocomplete("language")
    async def suggest_languages(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest languages by their name in the person's language, or their own."""
        words = await words_for(interaction)
        return [suggesting.choice(name, code) for code, name in _languages(words, current)]

    @pause.autocomplete("until")
    async def suggest_ends(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest some spans, or what was typed, as it was understood."""
        return await suggesting.pause_ends(interaction, current, PAUSES)

    # Before the yes

    async def read_again(self, interaction: Interaction, *packed: str) -> None:
        """Show the words again."""
        server_id = await self._open_server(interaction)
        words = await words_for(interaction)
        read, _ = await self._unpack(words, server_id, packed)
        await self._about(interaction, words, server_id, read.draft)

    async def open_form(self, interaction: Interaction, *packed: str) -> None:
        """Open the form with languages, topics, role, hours and how often."""
        await self._open(interaction, packed, views.WishesForm)

    async def open_more(self, interaction: Interaction, *packed: str) -> None:
        """Open the form with the rest."""
        await self._open(interaction, packed, views.MoreForm)

    async def agree(self, interaction: Interaction, version: str, *packed: str) -> None:
        """They said yes: keep it and, if they want them, see that direct messages arrive."""
        server_id = await self._open_server(interaction)
        await self._bot.runtime.settings.require_running(server_id)
        words = await words_for(interaction)
        read, topics = await self._unpack(words, server_id, packed)
        if version != str(CONSENT_VERSION):
            # The words have changed since they were shown: a yes to others would be none.
            await self._about(interaction, words, server_id, read.draft)
            return
        if read.stale:
            note = words("pairing.summary.topics_changed")
            await turn(interaction, views.summary(words, read.draft, topics, note=note))
            return
        await interaction.response.defer()
        draft, person = read.draft, interaction.user
        one = await self._members.join(server_id, person.id, draft.wishes, draft.zone)
        key = "pairing.done.joined"
        if draft.dms:
            # Kept before it is tried, so a crash in between loses no yes.
            key = await self._open_dms(interaction, words, one)
        elif one.dm_channel_id is not None:
            await self._members.write_to(person.id, one.id, None)
        mine = await self._members.of_person(person.id, server_id)
        await interaction.edit_original_response(
            view=await self._panel(interaction, words, mine, (), words(key)),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def show(self, interaction: Interaction, _message: str = "") -> None:
        """Show what is on."""
        await self._show(interaction)

    async def decline(self, interaction: Interaction) -> None:
        """They said no: nothing was kept, and what was before is as it was."""
        await turn(interaction, views.note(await words_for(interaction), "pairing.done.no"))

    # Buttons of those who take part. A message of ours adds its own id to them.

    async def change(self, interaction: Interaction, member_id: str) -> None:
        """Show what they wish, to be changed."""
        server_id = await self._open_server(interaction)
        words = await words_for(interaction)
        one = await self._members.one(interaction.user.id, member_id)
        topics = await self._members.offered(server_id, words.locale)
        draft = Draft(one.zone, one.wishes, one.dm_channel_id is not None)
        await turn(interaction, views.summary(words, draft, topics))

    async def tap_pause(self, interaction: Interaction, member_id: str, _message: str = "") -> None:
        """Pause until they go on."""
        one = await self._members.pause(interaction.user.id, member_id)
        await self._turned(interaction, one, "pairing.done.paused")

    async def tap_resume(
        self, interaction: Interaction, member_id: str, _message: str = ""
    ) -> None:
        """Take part again, or for another half year."""
        one = await self._members.resume(interaction.user.id, member_id)
        await self._turned(interaction, one, "pairing.done.resumed")

    async def tap_skip(self, interaction: Interaction, member_id: str) -> None:
        """Leave the next round out."""
        one = await self._members.skip(interaction.user.id, member_id)
        await self._turned(interaction, one, "pairing.done.skipped")

    async def tap_unskip(self, interaction: Interaction, member_id: str) -> None:
        """Take part in the next round after all."""
        one = await self._members.skip(interaction.user.id, member_id, skip=False)
        await self._turned(interaction, one, "pairing.done.unskipped")

    async def tap_leave(self, interaction: Interaction, member_id: str, _message: str = "") -> None:
        """End it, with everything that is kept for it."""
        await self._members.leave(interaction.user.id, member_id)
        await turn(interaction, views.note(await words_for(interaction), "pairing.done.left"))

    # Inside

    async def _about(
        self, interaction: Interaction, words: Words, server_id: int, draft: Draft
    ) -> None:
        offered = [topic.id for topic in await self._members.offered(server_id, words.locale)]
        news = await news_lines(interaction, words)
        server = await self._name(server_id, words)
        await turn(interaction, views.about(words, news, server, draft, offered))

    async def _open(
        self,
        interaction: Interaction,
        packed: Sequence[str],
        form: type[views.WishesForm | views.MoreForm],
    ) -> None:
        server_id = await self._open_server(interaction)
        words = await words_for(interaction)
        read, topics = await self._unpack(words, server_id, packed)

        async def given(then: Interaction, draft: Draft) -> None:
            await turn(then, views.summary(await words_for(then), draft, topics))

        await interaction.response.send_modal(form(self._bot, words, read.draft, topics, given))

    async def _unpack(
        self, words: Words, server_id: int, packed: Sequence[str]
    ) -> tuple[Unpacked, tuple[Topic, ...]]:
        topics = await self._members.offered(server_id, words.locale)
        if len(packed) != 4:
            raise UserError("errors.old_button")
        zone, languages, flags, mark = packed
        return unpack(zone, languages, flags, mark, [topic.id for topic in topics]), topics

    async def _open_dms(self, interaction: Interaction, words: Words, one: Member) -> str:
        """Open their direct messages and see that one arrives; gives the key of what to say."""
        channel = await delivery.open_dm(interaction.user)
        if channel is None:
            return "pairing.done.joined_dm_closed"
        if one.dm_channel_id == channel.id:
            return "pairing.done.joined"
        # The private message that was tapped stands for the tap: a second one sends no second.
        tapped = interaction.message.id if interaction.message else interaction.id
        panel = views.confirmation(words, await self._name(one.server_id, words), one)
        sent = await delivery.send(channel, panel, nonce=f"pj{tapped}")
        if isinstance(sent, delivery.Closed | delivery.Gone):
            if one.dm_channel_id is not None:
                await self._members.write_to(one.user_id, one.id, None)
            return "pairing.done.joined_dm_closed"
        await self._members.write_to(one.user_id, one.id, channel.id)
        return "pairing.done.joined_dm"

    async def _open_server(self, interaction: Interaction) -> int:
        """The server this is about; raises UserError where this person cannot join there."""
        if interaction.guild_id is None or not isinstance(interaction.user, discord.Member):
            raise UserError("pairing.refused.in_server")
        await self._members.check_open(interaction.guild_id)
        bounds = await bounds_of(self._bot.runtime.settings, interaction.guild_id)
        if not bounds.place([role.id for role in interaction.user.roles]).admitted:
            raise UserError("pairing.refused.roles")
        return interaction.guild_id

    async def _mine(self, interaction: Interaction) -> tuple[Member, ...]:
        """What they take part in here; from direct messages, in all servers."""
        return await self._members.of_person(interaction.user.id, interaction.guild_id)

    async def _do(
        self, interaction: Interaction, do: Callable[[Member], Awaitable[Any]], key: str
    ) -> None:
        """Do something about the one membership a command is meant for, and show how it stands."""
        mine = await self._mine(interaction)
        if len(mine) == 1:
            await do(mine[0])
        await self._show(interaction, key if len(mine) == 1 else None)

    async def _show(self, interaction: Interaction, key: str | None = None) -> None:
        words = await words_for(interaction)
        news = await news_lines(interaction, words)
        mine = await self._mine(interaction)
        said = words(key) if key else words("pairing.which") if len(mine) > 1 else None
        await reply(interaction, await self._panel(interaction, words, mine, news, said))

    async def _turned(self, interaction: Interaction, one: Member, key: str) -> None:
        words = await words_for(interaction)
        await turn(interaction, await self._panel(interaction, words, [one], (), words(key)))

    async def _panel(
        self,
        interaction: Interaction,
        words: Words,
        mine: Sequence[Member],
        news: Sequence[str],
        said: str | None,
    ) -> discord.ui.LayoutView:
        told = [
            views.Standing(
                one,
                await self._name(one.server_id, words),
                await self._members.next_round(one.server_id),
                await self._members.offered(one.server_id, words.locale),
                not await self._bot.runtime.settings.get(one.server_id, ENABLED),
                await self._members.to_renew(one),
                one.server_id == interaction.guild_id,
                await self._offer(one),
            )
            for one in mine
        ]
        return views.status(words, news, told, self._clock(), note=said)

    async def _offer(self, one: Member) -> str | None:
        found = await self._introductions.may_have_another(one.user_id, one.server_id)
        return None if found is None else found.id

    def _end(self, one: Member, until: str) -> datetime:
        """The first moment of the day on which it goes on, where the member lives."""
        try:
            zone = zone_info(one.zone)
        except ZoneGone:
            zone = zone_info(UTC_NAME)
        day = spoken.pause_end(until, self._clock().astimezone(zone).date())
        return datetime.combine(day, time.min, zone).astimezone(UTC)

    async def _name(self, server_id: int, words: Words) -> str:
        return await server_name(self._bot, server_id, words)


class RenewalCarrier:
    """Asks members by direct message whether pairing shall go on."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot

    async def send(self, message: Message) -> Tried:
        """Try to send it, with its id as nonce and in its buttons."""
        body: dict[str, str] = json.loads(message.body)
        texts = self._bot.runtime.texts
        words = Words(texts, texts.choose(body["language"]))
        server = await server_name(self._bot, message.server_id, words)
        panel = views.renewal(words, server, body["member"], message.id)
        return await try_to_send(self._bot, message, panel)

    async def look(self, message: Message) -> Found:
        """Look for it in their direct messages."""
        return await look_for(self._bot, message)


async def server_name(bot: Alongside, server_id: int, words: Words) -> str:
    """What a server is called; words for it where nobody knows now."""
    return await bot.servers.name(server_id) or words("pairing.a_server")


def _beginning(interaction: Interaction, words: Words) -> Wishes:
    own = views.own_language(interaction.locale.value)
    return Wishes((own if own in Locale("en").languages else words.locale,))


@lru_cache(maxsize=8)
def _every_language(locale: str) -> tuple[tuple[str, str, str], ...]:
    """All languages in the order of their names in one: code, name, and what it is found by."""
    names: Any = Locale.parse(locale, sep="-").languages
    found = [
        (str(code), str(name), fold(str(name)))
        for code, name in names.items()
        if code.isalpha() and len(code) in (2, 3)
    ]
    return tuple(sorted(found, key=lambda one: one[2]))


def _languages(words: Words, typed: str) -> list[tuple[str, str]]:
    """Languages that begin with what was typed, as code and name; exactly that one comes first."""
    asked = fold(typed)
    begun = [one for one in _every_language(words.locale) if one[2].startswith(asked)]
    begun.sort(key=lambda one: one[2] != asked)
    return [(code, name) for code, name, _ in begun[: suggesting.MOST]]


def _language(words: Words, typed: str) -> str:
    """Read a language as it was chosen or typed; raises UserError where it is not certain."""
    if any(code == typed for code, _, _ in _every_language(words.locale)):
        return typed
    found = _languages(words, typed) if typed.strip() else []
    exact = [code for code, name in found if fold(name) == fold(typed)]
    if len(exact) != 1 and len(found) != 1:
        raise UserError("pairing.refused.language")
    return (exact or [code for code, _ in found])[0]
