"""`/manage pairing`: moderators plan rounds, look at them in numbers, and stop any of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import logs, spoken, suggesting
from bot.apart import ApartFailed
from bot.errors import UserError, in_field
from bot.jobs.carrying import look_for, try_to_send
from bot.jobs.runner import Found, Refused, Tried
from bot.permissions import NEEDED_FOR_PAIRING, missing
from bot.recurrence import Rule
from bot.settings.core import LANGUAGE
from bot.views import Panel, reply, turn, words_for
from bot.zones import zone_info
from cogs.pairing import introductions_views
from cogs.pairing import rounds_views as views
from cogs.pairing.drawing_cog import Drawer
from cogs.pairing.introductions_cog import Speaker
from cogs.pairing.model import Plan, planned
from cogs.pairing.rounds_service import Rounds
from cogs.pairing.service import Members

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message

_log = logs.get(__name__)

_ABOUT = {
    "pairing.cannot.lead": "pairing.details.lead",
    "pairing.cannot.followup": "pairing.details.followup",
    "pairing.cannot.period": "pairing.details.period",
}
"""Which field of the form of how rounds go a refusal is about."""


class AskCarrier:
    """Asks in the channel of a plan who is in."""

    def __init__(self, bot: Alongside, rounds: Rounds) -> None:
        self._bot = bot
        self._rounds = rounds
        self._speaker = Speaker(bot)

    async def send(self, message: Message) -> Tried:
        """Ask, in the language of the server."""
        one = await self._rounds.round(message.subject)
        if one is None:
            return Refused("gone")
        words = self._speaker.words(
            await self._bot.runtime.settings.get(message.server_id, LANGUAGE)
        )
        server = await self._speaker.server(message.server_id, words)
        panel = introductions_views.asking(words, server, one, message.id)
        return await try_to_send(self._bot, message, panel)

    async def look(self, message: Message) -> Found:
        """Look for it."""
        return await look_for(self._bot, message)


class ManagePairing(app_commands.Group):
    """Everything is one panel; commands lead straight to its parts."""

    def __init__(self, bot: Alongside, rounds: Rounds, members: Members, drawer: Drawer) -> None:
        super().__init__(name="pairing", description="-")
        self._bot = bot
        self._rounds = rounds
        self._members = members
        self._drawer = drawer

    def register(self) -> None:
        """Answer the buttons, for moderators only."""
        steered: dict[str, Callable[..., Awaitable[None]]] = {
            views.PANEL: self.show,
            views.PREVIEW: self.show_preview,
            views.RUN: self.ask_run,
            views.RUN_YES: self.run_now,
            views.POSTPONE: self.ask_postpone,
            views.POSTPONE_BY: self.postpone_by,
            views.STOP: self.ask_stop,
            views.STOP_YES: self.stop_now,
            views.PAUSE_ROUNDS: self.pause,
            views.RESUME_ROUNDS: self.resume,
            views.DETAILS: self.open_details,
            views.TOPICS: self.show_topics,
            views.TOPIC_REMOVE: self.remove_topic,
            views.TOPIC_ADD: self.write_topic,
            views.TOPICS_CHOOSE: self.choose_topics,
            views.TOPICS_RESET: self.reset_topics,
        }
        for action, handler in steered.items():
            self._bot.runtime.actions.on(action, handler, moderators=True)

    # Commands

    @app_commands.command(name="plan", description="-")
    async def plan(
        self,
        interaction: Interaction,
        channel: discord.TextChannel,
        day: app_commands.Range[str, 1, 60],
        at: app_commands.Range[str, 1, 40],
        zone: app_commands.Range[str, 1, 100],
        weeks: app_commands.Range[int, 1, 12] = 2,
    ) -> None:
        """Say when and where; how rounds go stays as it was, or begins with what suits most."""
        server_id = _server(interaction)
        if interaction.guild is None:
            raise UserError("errors.not_now")
        lacks = missing(channel, interaction.guild.me, NEEDED_FOR_PAIRING)
        if {"view_channel", "send_messages"} & set(lacks):
            raise UserError("pairing.cannot.post_there", channel=channel.mention)
        named = await suggesting.zone_typed(interaction, zone)
        now = self._bot.runtime.clock()
        today = now.astimezone(zone_info(named)).date()
        words = await words_for(interaction)
        rule = Rule(spoken.days(day, words.locale), spoken.wall_time(at), named, weeks, today)
        before = await self._rounds.plan(server_id)
        if before is None or before.rule.weeks != weeks:
            made = planned(server_id, channel.id, rule, now)
            if before is not None:
                made = replace(
                    made, confirm_first=before.confirm_first, lead_hours=before.lead_hours
                )
        else:
            made = replace(before, channel_id=channel.id, rule=rule)
        await self._rounds.save_plan(made, by=interaction.user.id)
        await reply(interaction, await self._panel(interaction, words("pairing.rounds.saved")))

    @app_commands.command(name="status", description="-")
    async def status(self, interaction: Interaction) -> None:
        """Show how it stands."""
        await reply(interaction, await self._panel(interaction))

    @app_commands.command(name="preview", description="-")
    async def preview(self, interaction: Interaction) -> None:
        """Show what a round would come to now, in numbers."""
        await self._preview(interaction)

    @app_commands.command(name="run", description="-")
    async def run(self, interaction: Interaction) -> None:
        """Say what running a round now would do, and ask."""
        await self.ask_run(interaction)

    @app_commands.command(name="postpone", description="-")
    async def postpone(self, interaction: Interaction) -> None:
        """Ask by how much."""
        await self.ask_postpone(interaction)

    @app_commands.command(name="stop", description="-")
    async def stop(self, interaction: Interaction) -> None:
        """Say what stopping would do, and ask."""
        await self.ask_stop(interaction)

    @app_commands.command(name="topics", description="-")
    async def topics(self, interaction: Interaction) -> None:
        """Show the topics that members choose from."""
        await self.show_topics(interaction)

    @plan.autocomplete("day")
    async def suggest_day(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the days of the week, or what was typed as it is understood."""
        words = await words_for(interaction)
        asked = list(range(7))
        if current.strip():
            try:
                asked = sorted(spoken.days(current, words.locale))
            except UserError:
                return []
        names = [views.day_name(words, day) for day in asked]
        return [app_commands.Choice(name=name, value=name) for name in names]

    @plan.autocomplete("zone")
    async def suggest_zone(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest zones by city, country or the name of the time."""
        return await suggesting.zones(interaction, current)

    # Buttons: the panel and its parts

    async def show(self, interaction: Interaction) -> None:
        """Show how it stands."""
        await self._turned(interaction)

    async def show_preview(self, interaction: Interaction) -> None:
        """Show what a round would come to now."""
        await self._preview(interaction)

    async def ask_run(self, interaction: Interaction) -> None:
        """Say what running a round now would do, and ask."""
        plan, words = await self._require_plan(interaction), await words_for(interaction)
        if (reason := views.cannot_run(await self._rounds.status(plan.server_id))) is not None:
            raise UserError(reason)
        one = await self._rounds.asking(plan.server_id)
        await turn(interaction, views.ask_run(words, plan, one))

    async def run_now(self, interaction: Interaction, shown: str) -> None:
        """Open a round now, or draw the one that asks."""
        server_id = _server(interaction)
        await self._bot.runtime.settings.require_running(server_id)
        if (reason := views.cannot_run(await self._rounds.status(server_id))) is not None:
            raise UserError(reason)
        round_id = None if shown == views.NEW else shown
        try:
            one = await self._rounds.run_now(server_id, by=interaction.user.id, shown=round_id)
        except UserError as error:
            await self._stands_otherwise(interaction, error)
            return
        drawn = one.draw_at <= self._bot.runtime.clock()
        await self._turned(interaction, "pairing.run.drawing" if drawn else "pairing.run.asking")

    async def ask_postpone(self, interaction: Interaction) -> None:
        """Ask by how much."""
        plan, words = await self._require_plan(interaction), await words_for(interaction)
        next_draw = await self._rounds.next_draw(plan.server_id)
        await turn(interaction, views.ask_postpone(words, next_draw))

    async def postpone_by(self, interaction: Interaction, days: str) -> None:
        """Put the next round off."""
        if days not in {str(one) for one in views.POSTPONED}:
            raise UserError("errors.old_button")
        await self._rounds.postpone(_server(interaction), int(days), by=interaction.user.id)
        await self._turned(interaction, "pairing.postpone.done")

    async def ask_stop(self, interaction: Interaction) -> None:
        """Say what stopping would do, and ask."""
        one = (await self._rounds.status(_server(interaction))).round
        words = await words_for(interaction)
        if one is None or not views.can_stop(one):
            raise UserError("pairing.cannot.no_round")
        await turn(interaction, views.ask_stop(words, one))

    async def stop_now(self, interaction: Interaction, shown: str) -> None:
        """Stop the round."""
        try:
            await self._rounds.stop(_server(interaction), by=interaction.user.id, shown=shown)
        except UserError as error:
            await self._stands_otherwise(interaction, error)
            return
        await self._turned(interaction, "pairing.stop.done")

    async def pause(self, interaction: Interaction) -> None:
        """Open no more rounds."""
        await self._rounds.pause(_server(interaction), by=interaction.user.id)
        await self._turned(interaction)

    async def resume(self, interaction: Interaction) -> None:
        """Open rounds again."""
        await self._rounds.resume(_server(interaction), by=interaction.user.id)
        await self._turned(interaction)

    async def open_details(self, interaction: Interaction) -> None:
        """Open the form of how rounds go."""
        plan = seen = await self._require_plan(interaction)

        async def submitted(then: Interaction, typed: views.TypedDetails) -> None:
            nonlocal seen
            newest = await self._require_plan(then)
            if newest.details != seen.details:
                # Told what somebody else has made of it, they may try again and overwrite it.
                seen = newest
                now = views.described(await words_for(then), newest)
                raise UserError("pairing.cannot.changed_meanwhile", now=now)
            after = replace(
                newest,
                confirm_first=typed.confirm_first,
                lead_hours=_whole(typed.lead_hours, "lead"),
                followup_days=_whole(typed.followup_days, "followup"),
                period_days=_whole(typed.period_days, "period"),
            )
            try:
                await self._rounds.save_plan(after, by=then.user.id)
            except UserError as error:
                error.label = _ABOUT.get(error.key)
                raise
            await self._turned(then, "pairing.rounds.saved")

        form = views.DetailsForm(self._bot, await words_for(interaction), plan, submitted)
        await interaction.response.send_modal(form)

    # Buttons: the topics

    async def show_topics(self, interaction: Interaction) -> None:
        """Show the topics that members choose from."""
        await turn(interaction, await self._topics(interaction))

    async def remove_topic(self, interaction: Interaction, *count_and_topic: str) -> None:
        """Offer a topic no more."""
        if not count_and_topic:
            raise UserError("errors.old_button")
        topic_id = count_and_topic[-1]
        await self._members.remove_topic(_server(interaction), topic_id, by=interaction.user.id)
        await turn(interaction, await self._topics(interaction, "pairing.topics.removed"))

    async def write_topic(self, interaction: Interaction) -> None:
        """Open the form for a topic of their own."""

        async def submitted(then: Interaction, name: str) -> None:
            await self._members.add_topic(_server(then), name, by=then.user.id)
            await turn(then, await self._topics(then, "pairing.topics.added"))

        form = views.TopicForm(self._bot, await words_for(interaction), submitted)
        await interaction.response.send_modal(form)

    async def choose_topics(self, interaction: Interaction) -> None:
        """Open the form with what ships."""
        words = await words_for(interaction)
        every = self._members.every_topic(words.locale)
        offered = await self._members.offered(_server(interaction), words.locale)

        async def submitted(then: Interaction, ids: list[str]) -> None:
            await self._members.choose_topics(_server(then), ids, by=then.user.id)
            await turn(then, await self._topics(then, "pairing.topics.chosen"))

        form = views.ChooseForm(self._bot, words, every, offered, submitted)
        await interaction.response.send_modal(form)

    async def reset_topics(self, interaction: Interaction) -> None:
        """Offer what ships."""
        await self._members.reset_topics(_server(interaction), by=interaction.user.id)
        await turn(interaction, await self._topics(interaction, "pairing.topics.chosen"))

    # Inside

    async def _stands_otherwise(self, interaction: Interaction, error: UserError) -> None:
        """Show how it stands where somebody else was faster; raises any other refusal again."""
        if error.key != "errors.old_button":
            raise error
        await self._turned(interaction, "pairing.rounds.changed")

    async def _preview(self, interaction: Interaction) -> None:
        server_id = _server(interaction)
        # Roles are read and a round is drawn for it: longer than Discord waits for an answer.
        await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
        words = await words_for(interaction)
        try:
            counts = await self._drawer.preview(server_id)
        except ApartFailed as error:
            _log.error("preview_failed", error=str(error))
            raise UserError("pairing.cannot.preview") from error
        panel = views.preview(words, counts, await self._rounds.asking(server_id))
        await interaction.edit_original_response(
            view=panel, allowed_mentions=discord.AllowedMentions.none()
        )

    async def _topics(self, interaction: Interaction, done: str | None = None) -> Panel:
        words = await words_for(interaction)
        offered = await self._members.offered(_server(interaction), words.locale)
        return views.topics(words, offered, done=words(done) if done else None)

    async def _turned(self, interaction: Interaction, done: str | None = None) -> None:
        words = await words_for(interaction)
        await turn(interaction, await self._panel(interaction, words(done) if done else None))

    async def _panel(self, interaction: Interaction, done: str | None = None) -> Panel:
        server_id = _server(interaction)
        status = await self._rounds.status(server_id)
        lacks: list[str] = []
        if status.plan is not None and interaction.guild is not None:
            channel = interaction.guild.get_channel(status.plan.channel_id)
            lacks = (
                missing(channel, interaction.guild.me, NEEDED_FOR_PAIRING)
                if isinstance(channel, discord.TextChannel)
                else ["view_channel"]
            )
        return views.panel(await words_for(interaction), status, lacks, done=done)

    async def _require_plan(self, interaction: Interaction) -> Plan:
        plan = await self._rounds.plan(_server(interaction))
        if plan is None:
            raise UserError("pairing.cannot.no_plan")
        return plan


def _whole(typed: str, what: str) -> int:
    """Read a number of the form of how rounds go; raises UserError that names its field."""
    text = typed.strip()
    with in_field(f"pairing.details.{what}"):
        if not text.isdecimal() or len(text) > 4:
            raise UserError("pairing.cannot.number")
    return int(text)


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id
