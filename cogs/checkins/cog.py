"""Check-ins on Discord: posting what is due, and what moderators do with their schedules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot import logs, spoken, suggesting
from bot.errors import UserError, in_field
from bot.guide import Chapter, First
from bot.jobs.carrying import look_for, try_to_send
from bot.jobs.runner import Delivered, Found, NotNow, Tried
from bot.recurrence import Rule
from bot.settings.core import LANGUAGE
from bot.texts import Words
from bot.threads import LATER
from bot.views import (
    Panel,
    helplines_button,
    number_of,
    reply,
    row,
    turn,
    when_answered,
    words_for,
)
from bot.zones import zone_info
from cogs.checkins import first_views, own_views, views
from cogs.checkins.agenda_cog import CheckinsAgenda
from cogs.checkins.answer_cog import THREAD_EXISTS, THREAD_MINUTES, Answering
from cogs.checkins.first_cog import FirstCheckin
from cogs.checkins.member_cog import Checkin
from cogs.checkins.model import CONSENT, Body, Place, Plan, Schedule, State
from cogs.checkins.prompts import CATEGORIES
from cogs.checkins.service import (
    HOLDINGS,
    PROMPT,
    RENEWAL,
    BannedPrompt,
    Keeping,
    Prompts,
    Renewing,
    Schedules,
    shipped_prompts,
)
from cogs.checkins.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.jobs.model import Message

T = TypeVar("T")

_log = logs.get(__name__)


class Carrier:
    """Sends check-ins and the question whether to go on, and finds them again."""

    def __init__(self, bot: Alongside, schedules: Schedules) -> None:
        self._bot = bot
        self._schedules = schedules

    async def send(self, message: Message) -> Tried:
        """Try to send it, with its id as nonce and in its buttons."""
        body = Body.from_text(message.body)
        words = self._words(body)
        asks = message.kind == RENEWAL
        panel = (views.renewal if asks else views.prompt)(words, body, message.id)
        tried = await try_to_send(self._bot, message, panel)
        return await self._with_thread(message, body, tried)

    async def look(self, message: Message) -> Found:
        """Look for it in its channel; one that was cut off before its thread gets it now."""
        found = await look_for(self._bot, message)
        return await self._with_thread(message, Body.from_text(message.body), found)

    def _words(self, body: Body) -> Words:
        texts = self._bot.runtime.texts
        return Words(texts, texts.choose(body.language))

    async def _with_thread(self, message: Message, body: Body, told: T) -> T | NotNow:
        """Open the thread of what is there; NotNow when only another try will tell if it is."""
        if not isinstance(told, Delivered) or body.place is not Place.THREAD:
            return told
        await self._bot.runtime.jobs.wait_for_room()
        try:
            posted = await self._bot.servers.message(
                message.server_id, message.channel_id, told.message_id
            )
            await posted.create_thread(
                name=self._words(body)("checkins.thread_name"),
                auto_archive_duration=THREAD_MINUTES,
            )
        except LATER as error:
            if isinstance(error, discord.HTTPException) and error.code == THREAD_EXISTS:
                return told
            _log.warning("thread_not_opened", error=logs.describe(error))
            # ClientException: just after a start, nobody knows the server yet.
            refused = isinstance(error, discord.HTTPException) and (
                error.status < HTTPStatus.INTERNAL_SERVER_ERROR
                and error.status != HTTPStatus.TOO_MANY_REQUESTS
            )
            if not refused and self._bot.runtime.clock() < message.late_at:
                return NotNow()
            # The check-in is there, and can be answered without its thread.
            await self._schedules.tell_no_thread(message.subject)
        return told


class OwnButtons(commands.Cog):
    """The taps on a member's own check-in. The schedule is theirs alone, so ids open no door."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules

    async def pause(self, interaction: Interaction, schedule_id: str, promise: str) -> None:
        """Pause until they say otherwise."""
        if await self._told_that_it_ended(interaction, schedule_id):
            return
        await self._schedules.pause_own(interaction.user.id, schedule_id)
        await self._say(interaction, "checkins.own.paused", resume=schedule_id)

    async def skip(self, interaction: Interaction, schedule_id: str, promise: str) -> None:
        """Leave the next one out."""
        if await self._told_that_it_ended(interaction, schedule_id):
            return
        await self._schedules.skip_own(interaction.user.id, schedule_id)
        await self._say(interaction, "checkins.own.skipped")

    async def stop(self, interaction: Interaction, schedule_id: str, promise: str) -> None:
        """Stop, and forget the schedule and the consent."""
        await self._schedules.stop_own(interaction.user.id, schedule_id)
        await self._say(interaction, "checkins.own.stopped")

    async def resume(self, interaction: Interaction, schedule_id: str) -> None:
        """Go on."""
        await self._schedules.resume_own(interaction.user.id, schedule_id)
        await self._say(interaction, "checkins.own.resumed")

    async def renew(self, interaction: Interaction, schedule_id: str, promise: str) -> None:
        """Go on for another half year."""
        await self._schedules.renew(interaction.user.id, schedule_id)
        await self._say(interaction, "checkins.own.renewed")

    async def _told_that_it_ended(self, interaction: Interaction, schedule_id: str) -> bool:
        """Tell what ended without them: then there is nothing left to pause or to skip."""
        if (await self._schedules.own(interaction.user.id, schedule_id)).state is not State.OFF:
            return False
        words = await words_for(interaction)
        news: list[str] = []
        ended = await self._schedules.news(interaction.user.id)
        when_answered(interaction, lambda: self._schedules.heard(ended))
        for one in ended:
            name = await interaction.client.servers.name(one.server_id)
            news.append(own_views.news(words, one, name or words("checkin.a_server")))
        await turn(interaction, Panel(*news, row(helplines_button(words))))
        return True

    async def _say(self, interaction: Interaction, key: str, *, resume: str | None = None) -> None:
        await turn(interaction, views.own_changed(await words_for(interaction), key, resume=resume))


class ManageCheckins(app_commands.Group):
    """Moderators make schedules, see exactly what they will post, and stop any of it."""

    def __init__(self, bot: Alongside, schedules: Schedules, prompts: Prompts) -> None:
        super().__init__(name="checkins", description="-")
        self._bot = bot
        self._schedules = schedules
        self._prompts = prompts

    # Commands

    @app_commands.command(name="add", description="-")
    async def add(
        self,
        interaction: Interaction,
        channel: discord.TextChannel,
        at: str,
        zone: str,
        days: str | None = None,
        place: str | None = None,
        language: str | None = None,
        until: str | None = None,
    ) -> None:
        """Make a schedule, and show when it comes."""
        server_id = _server(interaction)
        where = Place.THREAD if place == Place.THREAD.value else Place.CHANNEL
        _require_posting(interaction, channel, where)
        if language not in self._prompts.languages:
            language = self._bot.runtime.texts.choose(
                await self._bot.runtime.settings.get(server_id, LANGUAGE)
            )
        rule = await self._rule(interaction, days or "", at, zone, until or "")
        plan = Plan(where, channel.id, rule, (), language)
        made = await self._schedules.make(server_id, plan, by=interaction.user.id)
        words = await words_for(interaction)
        await reply(interaction, await self._panel(interaction, made, words("checkins.list.made")))

    @app_commands.command(name="list", description="-")
    async def list_schedules(self, interaction: Interaction) -> None:
        """Show the schedules, one at a time."""
        await reply(interaction, await self._page(interaction, 0))

    @app_commands.command(name="preview", description="-")
    async def preview(self, interaction: Interaction, schedule: str) -> None:
        """Show exactly what would be posted next."""
        await self._preview(interaction, schedule, replace_shown=False)

    @app_commands.command(name="veto", description="-")
    async def veto(self, interaction: Interaction, prompt: str) -> None:
        """Let a prompt come no more."""
        words = await words_for(interaction)
        await self._schedules.veto(_server(interaction), prompt, by=interaction.user.id)
        await reply(interaction, Panel(words("checkins.prompt.vetoed")))

    @app_commands.command(name="allow", description="-")
    async def allow(self, interaction: Interaction, prompt: str) -> None:
        """Let a vetoed prompt come again."""
        words = await words_for(interaction)
        await self._schedules.allow(_server(interaction), prompt, by=interaction.user.id)
        await reply(interaction, Panel(words("checkins.prompt.allowed")))

    @app_commands.command(name="prompt", description="-")
    async def prompt(
        self, interaction: Interaction, category: str, language: str | None = None
    ) -> None:
        """Open the form for a prompt of the server's own."""
        if category not in CATEGORIES:
            raise UserError("checkins.cannot.category")
        if language not in self._prompts.languages:
            language = self._bot.runtime.texts.choose(
                await self._bot.runtime.settings.get(_server(interaction), LANGUAGE)
            )
        spoken_in = language

        async def submitted(then: Interaction, text: str) -> None:
            words = await words_for(then)
            try:
                made = await self._schedules.write_prompt(
                    _server(then), spoken_in, category, text, by=then.user.id
                )
            except BannedPrompt as banned:
                reasons = views.listed_reasons(words, banned.reasons)
                raise UserError("checkins.prompt.refused", reasons=reasons) from banned
            await reply(then, views.prompt_added(words, made.text))

        form = views.PromptForm(self._bot, await words_for(interaction), submitted)
        await interaction.response.send_modal(form)

    # Suggestions

    @add.autocomplete("zone")
    async def suggest_zone(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest zones by city, country or the name of the time."""
        return await suggesting.zones(interaction, current)

    @add.autocomplete("days")
    async def suggest_days(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the usual days, and what was typed as it is understood."""
        words = await words_for(interaction)
        sets = [spoken.EVERY_DAY, spoken.WEEKDAYS, spoken.WEEKEND]
        if current.strip():
            try:
                sets = [spoken.days(current, words.locale)]
            except UserError:
                return []
        else:
            sets += [frozenset({day}) for day in range(7)]
        names = [views.days_text(words, Rule(one, time(9), "UTC")) for one in sets]
        return [app_commands.Choice(name=name, value=name) for name in names]

    @add.autocomplete("place")
    async def suggest_place(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the two ways to post in a channel."""
        words = await words_for(interaction)
        return [
            app_commands.Choice(name=words(f"checkins.form.place_{place.value}"), value=place.value)
            for place in (Place.CHANNEL, Place.THREAD)
        ]

    @add.autocomplete("language")
    @prompt.autocomplete("language")
    async def suggest_language(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the languages that prompts ship in."""
        return [
            app_commands.Choice(name=views.language_name(code), value=code)
            for code in self._prompts.languages
        ]

    @prompt.autocomplete("category")
    async def suggest_category(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest what prompts are about."""
        words = await words_for(interaction)
        named = [(words(f"checkins.category.{name}"), name) for name in CATEGORIES]
        return _fitting(named, current)

    @preview.autocomplete("schedule")
    async def suggest_schedule(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the schedules by channel and time."""
        words = await words_for(interaction)
        named: list[tuple[str, str]] = []
        for number, one in enumerate(await self._schedules.of_server(_server(interaction)), 1):
            channel = interaction.guild and interaction.guild.get_channel(one.plan.channel_id)
            name = channel.name if channel else str(one.plan.channel_id)
            rule = one.plan.rule
            when = f"{views.days_text(words, rule)} {rule.at:%H:%M} {rule.zone}"
            named.append((f"{number}. #{name}: {when}", one.id))
        return _fitting(named, current)

    @veto.autocomplete("prompt")
    async def suggest_veto(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest prompts that may come."""
        return await self._suggest_prompts(interaction, current, vetoed=False)

    @allow.autocomplete("prompt")
    async def suggest_allow(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest prompts that are vetoed."""
        return await self._suggest_prompts(interaction, current, vetoed=True)

    async def _suggest_prompts(
        self, interaction: Interaction, current: str, *, vetoed: bool
    ) -> list[app_commands.Choice[str]]:
        server_id = _server(interaction)
        language = (await words_for(interaction)).locale
        prompts, refused = await self._schedules.pool_of(server_id, language)
        named = [(one.text, one.id) for one in prompts if (one.id in refused) is vetoed]
        return _fitting(named, current)

    # Buttons

    async def page(self, interaction: Interaction, number: str) -> None:
        """Turn to a schedule by its number."""
        await turn(interaction, await self._page(interaction, number_of(number)))

    async def show(self, interaction: Interaction, schedule_id: str) -> None:
        """Show a schedule as it stands."""
        one = await self._schedules.schedule(_server(interaction), schedule_id)
        await turn(interaction, await self._panel(interaction, one))

    async def show_preview(self, interaction: Interaction, schedule_id: str) -> None:
        """Show exactly what would be posted next."""
        await self._preview(interaction, schedule_id, replace_shown=True)

    async def post_now(self, interaction: Interaction, schedule_id: str) -> None:
        """Post what the preview shows."""
        server_id = _server(interaction)
        await self._bot.runtime.settings.require_running(server_id)
        await self._schedules.post_now(server_id, schedule_id, by=interaction.user.id)
        await self._turned(interaction, schedule_id, "checkins.list.posting")

    async def skip(self, interaction: Interaction, schedule_id: str) -> None:
        """Leave the next one out."""
        server_id = _server(interaction)
        await self._schedules.skip_next(server_id, schedule_id, by=interaction.user.id)
        await self._turned(interaction, schedule_id)

    async def unskip(self, interaction: Interaction, schedule_id: str) -> None:
        """Let the next one come after all."""
        server_id = _server(interaction)
        await self._schedules.skip_next(server_id, schedule_id, by=interaction.user.id, skip=False)
        await self._turned(interaction, schedule_id)

    async def pause(self, interaction: Interaction, schedule_id: str) -> None:
        """Ask until when, and pause."""
        one = await self._schedules.schedule(_server(interaction), schedule_id)

        async def submitted(then: Interaction, typed: str) -> None:
            with in_field("checkins.pause.until"):
                until = self._pause_end(one, typed)
            await self._schedules.pause(_server(then), schedule_id, until, by=then.user.id)
            await self._turned(then, schedule_id)

        form = views.PauseForm(self._bot, await words_for(interaction), submitted)
        await interaction.response.send_modal(form)

    async def resume(self, interaction: Interaction, schedule_id: str) -> None:
        """Let it run again."""
        server_id = _server(interaction)
        await self._schedules.resume(server_id, schedule_id, by=interaction.user.id)
        await self._turned(interaction, schedule_id)

    async def edit(self, interaction: Interaction, schedule_id: str) -> None:
        """Open the form with when and what."""
        one = seen = await self._schedules.schedule(_server(interaction), schedule_id)

        async def submitted(then: Interaction, typed: views.TypedPlan) -> None:
            nonlocal seen
            rule = await self._rule(then, typed.days, typed.time, typed.zone, typed.until)
            before, seen = seen, await self._schedules.schedule(_server(then), schedule_id)
            if seen.plan.course != before.plan.course:
                raise await _changed_meanwhile(then, seen)
            plan = replace(seen.plan, rule=rule, categories=typed.categories)
            await self._schedules.edit(_server(then), one.id, plan, by=then.user.id)
            await self._turned(then, schedule_id, "checkins.list.saved")

        form = views.PlanForm(self._bot, await words_for(interaction), one.plan, submitted)
        await interaction.response.send_modal(form)

    async def move(self, interaction: Interaction, schedule_id: str) -> None:
        """Open the form with where and in which language."""
        one = seen = await self._schedules.schedule(_server(interaction), schedule_id)

        async def submitted(then: Interaction, chosen: views.ChosenPlace) -> None:
            nonlocal seen
            before, seen = seen, await self._schedules.schedule(_server(then), schedule_id)
            if seen.plan.whereabouts != before.plan.whereabouts:
                raise await _changed_meanwhile(then, seen)
            channel_id = seen.plan.channel_id
            if chosen.channel is not None:
                channel_id = chosen.channel.id
                channel = chosen.channel.resolve()
                if isinstance(channel, discord.TextChannel):
                    _require_posting(then, channel, chosen.place)
            plan = replace(
                seen.plan, channel_id=channel_id, place=chosen.place, language=chosen.language
            )
            await self._schedules.edit(_server(then), one.id, plan, by=then.user.id)
            await self._turned(then, schedule_id, "checkins.list.saved")

        words = await words_for(interaction)
        form = views.PlaceForm(self._bot, words, one.plan, self._prompts.languages, submitted)
        await interaction.response.send_modal(form)

    async def ask_removal(self, interaction: Interaction, schedule_id: str) -> None:
        """Ask once before it is removed."""
        one = await self._schedules.schedule(_server(interaction), schedule_id)
        await turn(interaction, views.confirm_removal(await words_for(interaction), one))

    async def remove(self, interaction: Interaction, schedule_id: str) -> None:
        """Remove it."""
        server_id = _server(interaction)
        await self._schedules.remove(server_id, schedule_id, by=interaction.user.id)
        words = await words_for(interaction)
        page = await self._page(interaction, 0, words("checkins.list.removed"))
        await turn(interaction, page)

    # Inside

    async def _rule(
        self, interaction: Interaction, days: str, at: str, zone: str, until: str
    ) -> Rule:
        """Read what was typed; raises UserError for what cannot be read for certain."""
        language = (await words_for(interaction)).locale
        with in_field("checkins.form.zone"):
            named = await suggesting.zone_typed(interaction, zone)
        today = self._bot.runtime.clock().astimezone(zone_info(named)).date()
        with in_field("checkins.form.days"):
            on = spoken.days(days, language) if days.strip() else spoken.EVERY_DAY
        with in_field("checkins.form.time"):
            time_of_day = spoken.wall_time(at)
        with in_field("checkins.form.until"):
            end = spoken.pause_end(until, today) if until.strip() else None
        return Rule(on, time_of_day, named, until=end)

    def _pause_end(self, schedule: Schedule, typed: str) -> datetime | None:
        """Give the first moment of the day on which a pause ends, where the schedule is."""
        if not typed.strip():
            return None
        zone = zone_info(schedule.plan.rule.zone)
        today = self._bot.runtime.clock().astimezone(zone).date()
        return datetime.combine(spoken.pause_end(typed, today), time(), zone)

    async def _turned(
        self, interaction: Interaction, schedule_id: str, done: str | None = None
    ) -> None:
        words = await words_for(interaction)
        one = await self._schedules.schedule(_server(interaction), schedule_id)
        await turn(interaction, await self._panel(interaction, one, words(done) if done else None))

    async def _panel(
        self, interaction: Interaction, one: Schedule, done: str | None = None
    ) -> Panel:
        every = await self._schedules.of_server(one.server_id)
        ids = [each.id for each in every]
        number = ids.index(one.id) if one.id in ids else 0
        coming = self._schedules.coming(one, 5)
        enabled = await self._bot.runtime.settings.get(one.server_id, ENABLED)
        looked = views.Looked(one, number, len(every), coming, enabled)
        return views.schedule_panel(await words_for(interaction), looked, done=done)

    async def _page(self, interaction: Interaction, number: int, done: str | None = None) -> Panel:
        every = await self._schedules.of_server(_server(interaction))
        if not every:
            return views.no_schedules(await words_for(interaction), done=done)
        one = every[min(max(number, 0), len(every) - 1)]
        return await self._panel(interaction, one, done)

    async def _preview(
        self, interaction: Interaction, schedule_id: str, *, replace_shown: bool
    ) -> None:
        one = await self._schedules.schedule(_server(interaction), schedule_id)
        preview = await self._schedules.preview(one)
        shown = None
        if preview.prompt is not None:
            plan, texts = one.plan, self._bot.runtime.texts
            body = Body(one.id, plan.place, plan.language, preview.prompt.id, preview.prompt.text)
            shown = views.prompt(Words(texts, texts.choose(plan.language)), body, "preview")
        panel = views.preview_panel(await words_for(interaction), preview, shown)
        await (turn if replace_shown else reply)(interaction, panel)


async def _changed_meanwhile(interaction: Interaction, newest: Schedule) -> UserError:
    """Refuse to overwrite unseen what somebody else saved; told of it, they may try again."""
    now = views.described(await words_for(interaction), newest)
    return UserError("checkins.cannot.changed_meanwhile", now=now)


def _require_posting(interaction: Interaction, channel: discord.TextChannel, place: Place) -> None:
    """Refuse a channel where the bot could not post, while somebody can still change that."""
    if interaction.guild is None:
        raise UserError("errors.not_now")
    own = channel.permissions_for(interaction.guild.me)
    if not (own.view_channel and own.send_messages):
        raise UserError("checkins.cannot.post_there", channel=channel.mention)
    if place is Place.THREAD and not own.create_public_threads:
        raise UserError("checkins.cannot.thread_there", channel=channel.mention)


def _fitting(named: Sequence[tuple[str, str]], current: str) -> list[app_commands.Choice[str]]:
    asked = current.casefold().split()
    fitting = [
        suggesting.choice(name, value)
        for name, value in named
        if all(part in name.casefold() for part in asked)
    ]
    return fitting[: suggesting.MOST]


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    prompts = Prompts(shipped_prompts(load=runtime.load, judged=False))
    schedules = Schedules(
        runtime.database,
        runtime.settings,
        runtime.notices,
        prompts,
        runtime.clock,
        runtime.jobs.wake,
    )
    carrier = Carrier(bot, schedules)
    keeping = Keeping(runtime.settings, runtime.notices, prompts)
    runtime.jobs.register(PROMPT, keeping, carrier)
    runtime.jobs.register(RENEWAL, Renewing(runtime.settings), carrier)
    runtime.settings.declare(ENABLED, schedules.switched)
    runtime.privacy.register(*HOLDINGS)
    runtime.consents.when_withdrawn(CONSENT, schedules.end)
    own = OwnButtons(schedules)
    manage = ManageCheckins(bot, schedules, prompts)
    taps: dict[str, Callable[..., Awaitable[None]]] = {
        views.OWN_PAUSE: own.pause,
        views.OWN_SKIP: own.skip,
        views.OWN_STOP: own.stop,
        views.OWN_RESUME: own.resume,
        views.RENEW: own.renew,
    }
    for action, handler in taps.items():
        runtime.actions.on(action, handler)
    steered: dict[str, Callable[..., Awaitable[None]]] = {
        views.LIST: manage.page,
        views.BACK: manage.show,
        views.PREVIEW: manage.show_preview,
        views.POST_NOW: manage.post_now,
        views.SKIP: manage.skip,
        views.UNSKIP: manage.unskip,
        views.PAUSE: manage.pause,
        views.RESUME: manage.resume,
        views.EDIT: manage.edit,
        views.MOVE: manage.move,
        views.REMOVE: manage.ask_removal,
        views.REMOVE_YES: manage.remove,
    }
    for action, handler in steered.items():
        runtime.actions.on(action, handler, moderators=True)
    Answering(bot).register()
    FirstCheckin(bot, schedules, prompts).register()
    member = Checkin(bot, schedules, prompts)
    member.register()
    runtime.manage.add_command(manage)
    bot.tree.add_command(member)
    await bot.add_cog(own)
    runtime.membership.register(schedules.held, schedules.left)
    agenda = CheckinsAgenda(bot, schedules)
    runtime.agenda.register(agenda.tell)
    runtime.guide.register(
        Chapter(
            name="checkins",
            rank=20,
            settings=(ENABLED,),
            look=agenda.look,
            first=First("checkins.first.button", first_views.FIRST),
        )
    )
