"""How check-ins look: the prompt itself, and what moderators see of their schedules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import discord
from babel import Locale
from babel.dates import format_datetime, get_day_names
from discord import ui

from bot.recurrence import Rule
from bot.views import Form, Panel, button, field, helplines_button, plain, row
from bot.zones import ZoneGone, zone_info
from cogs.checkins import answer_views
from cogs.checkins.model import Body, Off, Place, Plan, Schedule, State
from cogs.checkins.prompts import CATEGORIES
from cogs.checkins.shapes import TEXT_LIMIT

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words
    from cogs.checkins.service import Preview

OWN_PAUSE = "checkins:own_pause"
"""On a member's own check-in; arguments: the schedule's id, the message's id."""
OWN_SKIP = "checkins:own_skip"
OWN_STOP = "checkins:own_stop"
OWN_RESUME = "checkins:own_resume"
"""On the private answer to a pause; argument: the schedule's id."""
RENEW = "checkins:renew"
"""On the question whether to go on; arguments as of OWN_PAUSE."""

LIST = "checkins:list"
"""Shows a schedule of the server, by its number in the list."""
PREVIEW = "checkins:preview"
"""These and the next: the argument is the schedule's id."""
POST_NOW = "checkins:post_now"
SKIP = "checkins:skip"
UNSKIP = "checkins:unskip"
PAUSE = "checkins:pause"
RESUME = "checkins:resume"
EDIT = "checkins:edit"
MOVE = "checkins:move"
REMOVE = "checkins:remove"
REMOVE_YES = "checkins:remove_yes"
BACK = "checkins:show"


# What is posted


def prompt(words: Words, body: Body, message_id: str) -> Panel:
    """A check-in. In direct messages its first line is neutral, for it may show on a lock screen.

    Every one of its own buttons carries the id of the promise, by which it is found again.
    """
    if not body.own:
        return answer_views.prompt(words, body.text, message_id)
    return answer_views.prompt(
        words,
        body.text,
        message_id,
        own_row(words, body.schedule_id, message_id),
        news=[words("checkins.own.first_line")],
    )


def own_row(words: Words, schedule_id: str, message_id: str) -> ui.ActionRow[Any]:
    """Pause, skip and stop, one tap each."""
    return row(
        button(words("checkins.own.pause"), OWN_PAUSE, schedule_id, message_id),
        button(words("checkins.own.skip"), OWN_SKIP, schedule_id, message_id),
        button(words("checkins.own.stop"), OWN_STOP, schedule_id, message_id),
    )


def renewal(words: Words, body: Body, message_id: str) -> Panel:
    """Ask a member whether their check-ins shall go on."""
    return Panel(
        words("checkins.own.first_line"),
        words("checkins.renewal.body"),
        row(
            button(words("checkins.renewal.go_on"), RENEW, body.schedule_id, message_id),
            button(words("checkins.own.stop"), OWN_STOP, body.schedule_id, message_id),
            helplines_button(words),
        ),
    )


def inert(panel: Panel) -> Panel:
    """The same, to be looked at: nothing in it can be pressed."""
    for item in panel.walk_children():
        if isinstance(item, ui.Button | ui.Select):
            item.disabled = True
    return panel


def own_changed(words: Words, key: str, *, resume: str | None = None) -> Panel:
    """What a tap on a member's own check-in did; `resume` is the id of a paused schedule."""
    again = button(words("checkins.own.resume"), OWN_RESUME, resume) if resume else None
    return Panel(words(key), row(again, helplines_button(words)))


# What moderators see


@dataclass(frozen=True, slots=True)
class Looked:
    """A schedule as it is shown: its place in the list, and when it comes next."""

    schedule: Schedule
    number: int
    count: int
    coming: Sequence[datetime]
    enabled: bool = True
    """Whether check-ins are switched on in the server at all."""


def schedule_panel(words: Words, looked: Looked, *, done: str | None = None) -> Panel:
    """One schedule: what, where, when, and everything that can be done with it."""
    one = looked.schedule
    running = one.state is State.ON
    pause = button(words("checkins.list.pause"), PAUSE, one.id)
    resume = button(words("checkins.list.resume"), RESUME, one.id)
    skip = button(words("checkins.list.skip"), SKIP, one.id)
    unskip = button(words("checkins.list.unskip"), UNSKIP, one.id)
    title = words("checkins.list.title", number=looked.number + 1, count=looked.count)
    return Panel(
        f"## {title}",
        done,
        described(words, one),
        coming_text(words, one, looked.coming)
        if looked.enabled
        else words("checkins.cannot.disabled"),
        row(
            button(words("checkins.list.preview"), PREVIEW, one.id),
            button(words("checkins.list.post_now"), POST_NOW, one.id),
            (unskip if one.skip_next else skip) if running else None,
            pause if running else resume,
        ),
        row(
            button(words("checkins.list.edit"), EDIT, one.id),
            button(words("checkins.list.move"), MOVE, one.id),
            button(words("checkins.list.remove"), REMOVE, one.id),
        ),
        _turning(words, looked),
    )


def _turning(words: Words, looked: Looked) -> ui.ActionRow[Any] | None:
    if looked.count < 2:
        return None
    last = looked.count - 1
    return row(
        button(
            words("checkins.list.before"),
            LIST,
            max(looked.number - 1, 0),
            disabled=looked.number == 0,
        ),
        button(
            words("checkins.list.after"),
            LIST,
            # Its custom id differs from that of the other button also at the end of the list.
            looked.number + 1,
            disabled=looked.number == last,
        ),
    )


def no_schedules(words: Words, *, done: str | None = None) -> Panel:
    """There is none yet, or the last one has just been removed."""
    return Panel(f"## {words('checkins.list.none_title')}", done, words("checkins.list.none"))


def described(words: Words, schedule: Schedule) -> str:
    """What a schedule is, line by line."""
    plan = schedule.plan
    rule = plan.rule
    lines = [
        words(f"checkins.place.{plan.place.value}", channel=plan.channel_id),
        words(
            "checkins.when.until" if rule.until else "checkins.when.always",
            days=days_text(words, rule),
            time=f"{rule.at:%H:%M}",
            zone=rule.zone,
            until=rule.until.isoformat() if rule.until else "",
        ),
        words("checkins.categories.chosen", names=_names(words, plan.categories)),
        words("checkins.language", language=language_name(plan.language)),
        state_text(words, schedule),
    ]
    return "\n".join(lines)


def _names(words: Words, categories: Sequence[str]) -> str:
    if not categories:
        return words("checkins.categories.all")
    return ", ".join(words(f"checkins.category.{name}") for name in categories)


def state_text(words: Words, schedule: Schedule) -> str:
    """Whether it runs, and if not, why."""
    if schedule.state is State.OFF:
        reason = schedule.off_reason or Off.REFUSED
        return words(f"checkins.state.off_{reason.value}")
    if schedule.state is State.PAUSED:
        if schedule.paused_until is None:
            return words("checkins.state.paused")
        until = discord.utils.format_dt(schedule.paused_until, "f")
        return words("checkins.state.paused_until", until=until)
    return words("checkins.state.skipping" if schedule.skip_next else "checkins.state.on")


def coming_text(words: Words, schedule: Schedule, coming: Sequence[datetime]) -> str | None:
    """The next moments by the schedule's own clock, and beside them by the reader's."""
    if not coming:
        return words("checkins.coming.none")
    try:
        zone = zone_info(schedule.plan.rule.zone)
    except ZoneGone:
        return None
    lines = [
        words(
            "checkins.coming.line",
            there=_wall_time(words, moment, zone),
            here=discord.utils.format_dt(moment, "F"),
        )
        for moment in coming
    ]
    return "\n".join([words("checkins.coming.title", zone=schedule.plan.rule.zone), *lines])


def _wall_time(words: Words, moment: datetime, zone: ZoneInfo) -> str:
    return format_datetime(moment.astimezone(zone), "EEE d MMM, HH:mm", locale=_babel(words))


def days_text(words: Words, rule: Rule) -> str:
    """The days of a rule in words."""
    if len(rule.days) == 7:
        return words("checkins.days.every_day")
    if rule.days == frozenset(range(5)):
        return words("checkins.days.weekdays")
    names = get_day_names("abbreviated", locale=_babel(words))
    return ", ".join(names[day] for day in sorted(rule.days))


def day_name(words: Words, day: int) -> str:
    """A day of the week, 0 for Monday."""
    return str(get_day_names("wide", locale=_babel(words))[day])


def language_name(code: str) -> str:
    """A language by its own name."""
    name = Locale.parse(code, sep="-").display_name or code
    return name[:1].upper() + name[1:]


def preview_panel(words: Words, preview: Preview, shown: Panel | None) -> Panel:
    """What comes next and when, and below it the prompt, exactly as it will be posted."""
    one = preview.schedule
    panel = Panel(
        f"## {words('checkins.preview.title')}",
        words("checkins.preview.none" if shown is None else "checkins.preview.body"),
        coming_text(words, one, preview.coming),
        row(button(words("checkins.preview.back"), BACK, one.id)),
    )
    # In one message, so that no picture of a prompt stays behind when the panel goes on.
    for frame in inert(shown).children if shown is not None else ():
        panel.add_item(frame)
    return panel


def confirm_removal(words: Words, schedule: Schedule) -> Panel:
    """Ask once."""
    return Panel(
        words("checkins.remove.body"),
        described(words, schedule),
        row(
            button(
                words("checkins.remove.yes"),
                REMOVE_YES,
                schedule.id,
                style=discord.ButtonStyle.danger,
            ),
            button(words("checkins.remove.no"), BACK, schedule.id),
        ),
    )


def listed_reasons(words: Words, reasons: Sequence[str]) -> str:
    """Every reason against a prompt."""
    return "\n".join(f"- {words(reason)}" for reason in reasons)


def prompt_added(words: Words, text: str) -> Panel:
    """A prompt of the server's own, as it will be shown."""
    return Panel(words("checkins.prompt.added"), plain(text))


# Forms


@dataclass(frozen=True, slots=True)
class TypedPlan:
    """What a moderator typed about when and what."""

    days: str
    time: str
    zone: str
    until: str
    categories: tuple[str, ...]


class PlanForm(Form):
    """When, until when, and about what."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        plan: Plan,
        submitted: Callable[[Interaction, TypedPlan], Awaitable[None]],
    ) -> None:
        rule = plan.rule
        self._days = _line(days_text(words, rule), 100)
        self._time = _line(rule.at.strftime("%H:%M"), 40)
        self._zone = _line(rule.zone, 100)
        self._until = _line(rule.until.isoformat() if rule.until else "", 40, required=False)
        self._categories: ui.Select[Any] = ui.Select(
            min_values=0,
            max_values=len(CATEGORIES),
            required=False,
            options=[
                discord.SelectOption(
                    label=words(f"checkins.category.{name}"),
                    value=name,
                    default=name in plan.categories,
                )
                for name in CATEGORIES
            ],
        )

        async def read(interaction: Interaction) -> None:
            typed = TypedPlan(
                self._days.value,
                self._time.value,
                self._zone.value,
                self._until.value,
                tuple(name for name in CATEGORIES if name in self._categories.values),
            )
            await submitted(interaction, typed)

        super().__init__(
            client,
            words("checkins.form.title"),
            read,
            field(
                words("checkins.form.days"),
                self._days,
                description=words("checkins.form.days_meaning"),
            ),
            field(words("checkins.form.time"), self._time),
            field(
                words("checkins.form.zone"),
                self._zone,
                description=words("checkins.form.zone_meaning"),
            ),
            field(
                words("checkins.form.until"),
                self._until,
                description=words("checkins.form.until_meaning"),
            ),
            field(
                words("checkins.form.categories"),
                self._categories,
                description=words("checkins.form.categories_meaning"),
            ),
            moderators=True,
        )


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """Where and in which language; `channel` is None when it was left as it is."""

    channel: discord.app_commands.AppCommandChannel | None
    place: Place
    language: str


class PlaceForm(Form):
    """Where, and in which language."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        plan: Plan,
        languages: Sequence[str],
        submitted: Callable[[Interaction, ChosenPlace], Awaitable[None]],
    ) -> None:
        kind = discord.SelectDefaultValueType.channel
        self._channel: ui.ChannelSelect[Any] = ui.ChannelSelect(
            channel_types=[discord.ChannelType.text],
            required=False,
            min_values=0,
            default_values=[discord.SelectDefaultValue(id=plan.channel_id, type=kind)],
        )
        self._place: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for place in (Place.CHANNEL, Place.THREAD):
            self._place.add_option(
                label=words(f"checkins.form.place_{place.value}"),
                value=place.value,
                default=place is plan.place,
            )
        self._language: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for code in languages:
            self._language.add_option(
                label=language_name(code), value=code, default=code == plan.language
            )

        async def read(interaction: Interaction) -> None:
            chosen: Any = self._channel.values[0] if self._channel.values else None
            place = Place(self._place.value or plan.place.value)
            await submitted(
                interaction, ChosenPlace(chosen, place, self._language.value or plan.language)
            )

        super().__init__(
            client,
            words("checkins.form.place_title"),
            read,
            field(words("checkins.form.channel"), self._channel),
            field(words("checkins.form.place"), self._place),
            field(words("checkins.form.language"), self._language),
            moderators=True,
        )


class PauseForm(Form):
    """Until when."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        self._until = _line("", 40, required=False)

        async def read(interaction: Interaction) -> None:
            await submitted(interaction, self._until.value)

        super().__init__(
            client,
            words("checkins.pause.title"),
            read,
            field(
                words("checkins.pause.until"),
                self._until,
                description=words("checkins.pause.until_meaning"),
            ),
            moderators=True,
        )


class PromptForm(Form):
    """A prompt in a moderator's own words."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        self._text: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=TEXT_LIMIT
        )

        async def read(interaction: Interaction) -> None:
            await submitted(interaction, self._text.value)

        super().__init__(
            client,
            words("checkins.prompt.title"),
            read,
            ui.TextDisplay(words("checkins.prompt.meaning")),
            field(words("checkins.prompt.text"), self._text),
            moderators=True,
        )


def _line(value: str, most: int, *, required: bool = True) -> ui.TextInput[Any]:
    return ui.TextInput(default=value or None, required=required, max_length=most)


def _babel(words: Words) -> Locale:
    return Locale.parse(words.locale, sep="-")
