"""/checkin: the same prompt at any time, and a member's own check-ins by direct message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import delivery, spoken, suggesting
from bot.errors import UserError
from bot.recurrence import Rule, next_after
from bot.views import number_of, reply, turn, when_answered, words_for
from bot.zones import UTC_NAME, ZoneGone, zone_info
from cogs.checkins import answer_views, own_views, views
from cogs.checkins.model import CONSENT_VERSION, Place, Plan, Schedule, State
from cogs.checkins.prompts import Pool, choose
from cogs.checkins.service import Prompts, Schedules
from cogs.checkins.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

PAUSES = (7, 14, 30, 90)
"""Days of the pauses that are suggested."""


class Checkin(app_commands.Group):
    """What members do about check-ins. The bot opens direct messages only on their yes."""

    def __init__(self, bot: Alongside, schedules: Schedules, prompts: Prompts) -> None:
        super().__init__(name="checkin", description="-")
        self._bot = bot
        self._schedules = schedules
        self._prompts = prompts
        self._clock = bot.runtime.clock

    def register(self) -> None:
        """Answer the buttons."""
        for action, handler in {
            own_views.START: self.start,
            own_views.NO: self.decline,
            own_views.UNSKIP: self.unskip,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    # Commands

    @app_commands.command(name="now", description="-")
    async def now(self, interaction: Interaction) -> None:
        """Show a prompt privately, with everything one can do with it."""
        words = await words_for(interaction)
        news = await self._news(interaction, words)
        # No order to keep here: the interaction's own number draws.
        prompt = choose(Pool.of(self._prompts.in_language(words.locale)), {}, interaction.id)
        if prompt is None:
            raise UserError("errors.not_now")
        panel = answer_views.prompt(words, prompt.text, answer_views.NOW, news=news)
        await reply(interaction, panel)

    @app_commands.command(name="schedule", description="-")
    async def schedule(
        self,
        interaction: Interaction,
        days: app_commands.Range[str, 1, 100],
        time: app_commands.Range[str, 1, 40],
        zone: app_commands.Range[str, 1, 100],
    ) -> None:
        """Show what it would be, and ask for consent in words."""
        server_id = await self._server(interaction)
        words = await words_for(interaction)
        named = await suggesting.zone_typed(interaction, zone)
        rule = Rule(spoken.days(days, words.locale), spoken.wall_time(time), named)
        await self._ask(interaction, words, server_id, rule)

    @app_commands.command(name="status", description="-")
    async def status(self, interaction: Interaction) -> None:
        """Show what is on."""
        words = await words_for(interaction)
        news = await self._news(interaction, words)
        await self._show(interaction, words, news=news)

    @app_commands.command(name="pause", description="-")
    async def pause(
        self, interaction: Interaction, until: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        """Pause until a day, or until they go on."""
        if until is not None:
            spoken.pause_end(until, self._clock().date())
        words, news, mine = await self._one(interaction)
        if mine is not None:
            end = None if until is None else self._end(mine, until)
            await self._schedules.pause_own(interaction.user.id, mine.id, end)
        await self._show(interaction, words, news=news, note=mine and "checkins.own.paused")

    @app_commands.command(name="resume", description="-")
    async def resume(self, interaction: Interaction) -> None:
        """Go on after a pause."""
        words, news, mine = await self._one(interaction)
        if mine is not None:
            await self._schedules.resume_own(interaction.user.id, mine.id)
        await self._show(interaction, words, news=news, note=mine and "checkins.own.resumed")

    @app_commands.command(name="skip", description="-")
    async def skip(self, interaction: Interaction) -> None:
        """Leave the next one out."""
        words, news, mine = await self._one(interaction)
        if mine is not None:
            await self._schedules.skip_own(interaction.user.id, mine.id)
        await self._show(interaction, words, news=news, note=mine and "checkins.own.skipped")

    @app_commands.command(name="stop", description="-")
    async def stop(self, interaction: Interaction) -> None:
        """End it, with everything that is kept for it."""
        words, news, mine = await self._one(interaction)
        if mine is None:
            await self._show(interaction, words, news=news)
            return
        await self._schedules.stop_own(interaction.user.id, mine.id)
        await turn(interaction, own_views.note(words, "checkins.own.stopped", news))

    @schedule.autocomplete("days")
    async def suggest_days(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the usual ones, and first what was typed, as it was understood."""
        words = await words_for(interaction)
        offered = [spoken.EVERY_DAY, spoken.WEEKDAYS, spoken.WEEKEND]
        offered += [frozenset({day}) for day in range(7)]
        named = [(views.days_text(words, Rule(one, time(), UTC_NAME)), one) for one in offered]
        if current.strip():
            try:
                one = spoken.days(current, words.locale)
                named = [(views.days_text(words, Rule(one, time(), UTC_NAME)), one)]
            except UserError:
                named = [one for one in named if current.casefold() in one[0].casefold()]
        return [suggesting.choice(name, _typed(one)) for name, one in named]

    @schedule.autocomplete("zone")
    async def suggest_zones(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest zones for the words typed so far."""
        return await suggesting.zones(interaction, current)

    @pause.autocomplete("until")
    async def suggest_ends(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest some spans, or what was typed, as it was understood."""
        return await suggesting.pause_ends(interaction, current, PAUSES)

    # Buttons

    async def start(
        self, interaction: Interaction, days: str, at: str, zone: str, version: str, nonce: str
    ) -> None:
        """They said yes: keep it, open their direct messages and see that one arrives."""
        server_id = await self._server(interaction)
        await self._bot.runtime.settings.require_running(server_id)
        words = await words_for(interaction)
        rule = _remembered(days, at, zone)
        if version != str(CONSENT_VERSION):
            # The words have changed since they were shown: a yes to others would be none.
            await self._ask(interaction, words, server_id, rule)
            return
        await interaction.response.defer()
        person = interaction.user
        channel = await delivery.open_dm(person)
        if channel is None:
            raise UserError("checkin.refused.dm_not_now")
        plan = Plan(Place.DM, channel.id, rule, (), words.locale)
        # Kept before it is confirmed: a crash in between loses no yes, and the first check-in shows
        # as well whether the direct messages are open.
        made = await self._schedules.make_own(person.id, server_id, plan)
        server = await self._name(server_id, words)
        sent = await delivery.send(
            channel, own_views.confirmation(words, server, made, nonce[:25]), nonce=nonce[:25]
        )
        if isinstance(sent, delivery.Closed | delivery.Gone):
            await self._schedules.stop_own(person.id, made.id)
            raise UserError("checkin.refused.dm_closed")
        key = "checkin.started" if isinstance(sent, delivery.Sent) else "checkin.unsure"
        await interaction.edit_original_response(
            view=await self._panel(words, [made], (), words(key)),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def decline(self, interaction: Interaction) -> None:
        """They said no: nothing was kept."""
        await turn(interaction, own_views.note(await words_for(interaction), "checkin.no"))

    async def unskip(self, interaction: Interaction, schedule_id: str) -> None:
        """Let the next one come after all."""
        one = await self._schedules.skip_own(interaction.user.id, schedule_id, skip=False)
        words = await words_for(interaction)
        await turn(interaction, await self._panel(words, [one], (), words("checkin.unskipped")))

    # Inside

    async def _ask(
        self, interaction: Interaction, words: Words, server_id: int, rule: Rule
    ) -> None:
        first = next_after(rule, self._clock())
        if first is None:
            raise UserError("spoken.refused.time")
        news = await self._news(interaction, words)
        # The nonce stands on the button: a second tap brings no second message.
        server = await self._name(server_id, words)
        nonce = f"co{interaction.id}"
        panel = own_views.asking(words, news, server, rule, first, nonce=nonce)
        await turn(interaction, panel)

    async def _server(self, interaction: Interaction) -> int:
        if interaction.guild_id is None:
            raise UserError("checkin.refused.in_server")
        if not await self._bot.runtime.settings.get(interaction.guild_id, ENABLED):
            raise UserError("checkin.refused.off")
        return interaction.guild_id

    async def _mine(self, interaction: Interaction) -> tuple[Schedule, ...]:
        """Their schedule in this server; from direct messages, those of all servers."""
        every = await self._schedules.of_member(interaction.user.id, interaction.guild_id)
        return tuple(one for one in every if one.state is not State.OFF)

    async def _one(self, interaction: Interaction) -> tuple[Words, Sequence[str], Schedule | None]:
        """The one schedule a command is about; None where there is none, or more than one."""
        words = await words_for(interaction)
        news = await self._news(interaction, words)
        mine = await self._mine(interaction)
        return words, news, mine[0] if len(mine) == 1 else None

    async def _news(self, interaction: Interaction, words: Words) -> Sequence[str]:
        """What ended without them, told once, on top of the next answer."""
        ended = await self._schedules.news(interaction.user.id)
        if ended:
            when_answered(interaction, lambda: self._schedules.heard(ended))
        return [own_views.news(words, one, await self._name(one.server_id, words)) for one in ended]

    async def _show(
        self,
        interaction: Interaction,
        words: Words,
        *,
        news: Sequence[str] = (),
        note: str | None = None,
    ) -> None:
        mine = await self._mine(interaction)
        said = words(note) if note else words("checkin.which") if len(mine) > 1 else None
        await reply(interaction, await self._panel(words, mine, news, said))

    async def _panel(
        self, words: Words, mine: Sequence[Schedule], news: Sequence[str], said: str | None
    ) -> discord.ui.LayoutView:
        settings = self._bot.runtime.settings
        told = [
            (
                one,
                await self._name(one.server_id, words),
                self._schedules.coming(one, 1),
                not await settings.get(one.server_id, ENABLED),
            )
            for one in mine
        ]
        return own_views.status(words, news, told, note=said)

    def _end(self, schedule: Schedule, until: str) -> datetime:
        """The first moment of the day on which it goes on, where the member lives."""
        zone = zone_info(schedule.plan.rule.zone)
        day = spoken.pause_end(until, self._clock().astimezone(zone).date())
        return datetime.combine(day, time.min, zone).astimezone(UTC)

    async def _name(self, server_id: int, words: Words) -> str:
        return await self._bot.servers.name(server_id) or words("checkin.a_server")


_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _typed(days: frozenset[int]) -> str:
    """Days as the command reads them again, whatever the language of the suggestion."""
    return " ".join(_SHORT[day] for day in sorted(days))


def _remembered(days: str, at: str, zone: str) -> Rule:
    """Read a plan from a button of ours; raises UserError for what no version wrote."""
    try:
        hour, minute = number_of(at[:2]), number_of(at[2:])
        return Rule(spoken.days(_spaced(days)), time(hour, minute), zone_info(zone).key)
    except (ValueError, ZoneGone):
        raise UserError("errors.old_button") from None


def _spaced(days: str) -> str:
    """Days as the button remembers them, as the command reads them."""
    if not days or set(days) - set("0123456"):
        raise UserError("errors.old_button")
    return " ".join(_SHORT[int(day)] for day in days)
