"""How the settings panel, its forms and the audit list look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from babel import Locale
from babel.dates import get_day_names
from discord import ui

from bot import hours
from bot.errors import in_field
from bot.guide import PAGE
from bot.notices.carrier import SEEN, said
from bot.notices.model import Notice
from bot.settings.model import (
    Channels,
    Choice,
    Hours,
    Language,
    Number,
    Roles,
    Setting,
    Text,
    Toggle,
    Zone,
)
from bot.spoken import EVERY_DAY
from bot.texts import Words
from bot.views import Panel, button, field, menu, plain, row
from bot.zones import Place, place_name, zone_named

ON, OFF = "on", "off"

AUDIT = "audit:list"

PAUSE, RESUME = "pause:everything", "pause:resume"

SURE = "settings:sure"
"""Makes a change that was asked about; the argument names the question."""

ZONE = "settings:zone"
"""Takes one of the places that were found; the argument names the question, then the zone."""

TOO = "too"
"""Makes it, and asks about switching off what overrules it; the argument after the question."""


def panel(
    words: Words,
    section: str,
    sections: Sequence[str],
    shown: Sequence[Setting[Any]],
    values: Mapping[str, Any],
    *,
    saved: str | None,
    notices: Sequence[Notice] = (),
) -> Panel:
    """One section: each setting with its meaning, its value, its default and its button."""
    note = saved_note(words, _find(shown, saved), values[saved]) if saved is not None else None
    # A menu goes on showing what was last chosen in it, so the one that is shown is marked.
    options = [
        discord.SelectOption(
            label=words(f"settings.section.{name}"), value=name, default=name == section
        )
        for name in sections
    ]
    return Panel(
        *_notices(words, notices),
        f"## {words('settings.title', section=words(f'settings.section.{section}'))}",
        note,
        *[entry(setting, values[setting.key], words) for setting in shown],
        row(menu("settings:section", placeholder=words("settings.choose"), options=options)),
        row(
            button(words("settings.audit_button"), AUDIT, 0),
            button(words("settings.file.give"), "settings:give"),
            button(words("settings.file.take"), "settings:take"),
        ),
    )


def ask_first(
    words: Words,
    setting: Setting[Any],
    value: Any,
    question: str,
    overruling: Setting[Any] | None = None,
    *,
    back: str | None = None,
) -> Panel:
    """Say what a change would mean for people, and ask.

    `overruling` is the switch that is on and because of which it would mean nothing yet; `back` is
    the page of /setup that is shown after it, else it is the section of the setting.
    """
    what = f"settings.{setting.key}"
    follows = f"{what}.follows" + ("_on" if value else "_off")
    too = None
    if overruling is not None:
        follows = f"settings.{overruling.key}.overrules"
        name = words(f"settings.{overruling.key}.name")
        too = button(words("settings.sure.too", name=name), SURE, question, TOO)
    return Panel(
        f"## {words('settings.sure.title')}",
        f"**{words(f'{what}.name')}**: {spoken(setting, value, words)}",
        words(follows),
        row(
            button(words("settings.sure.yes"), SURE, question, style=discord.ButtonStyle.primary),
            too,
            _leave(words, setting, back),
        ),
    )


def _leave(words: Words, setting: Setting[Any], back: str | None) -> ui.Item[Any]:
    to = (PAGE, back) if back else ("settings:section", setting.section)
    return button(words("settings.sure.no"), *to)


def which_zone(
    words: Words,
    setting: Setting[Any],
    question: str,
    found: Sequence[Place],
    now: datetime,
    *,
    back: str | None = None,
) -> Panel:
    """Ask which of the places that fit what was typed is meant, or whether it is none of them.

    `back` is the page of /setup that is shown after it, else it is the section of the setting.
    """
    options = [discord.SelectOption(label=place.label(now), value=place.zone) for place in found]
    then = [back] if back else []
    return Panel(
        words("settings.zone.which"),
        row(menu(ZONE, question, placeholder=words("settings.zone.choose"), options=options)),
        row(
            button(words("errors.form_again"), "settings:edit", setting.key, *then),
            _leave(words, setting, back),
        ),
    )


def paused(words: Words) -> Panel:
    """Everything is paused, with the way back."""
    return Panel(
        f"## {words('pause.paused.title')}",
        words("pause.paused.holds"),
        words("pause.paused.goes_on"),
        row(
            button(words("pause.resume_button"), RESUME, style=discord.ButtonStyle.primary),
            button(words("audit.settings_button"), "settings:open"),
        ),
    )


def running(words: Words) -> Panel:
    """It goes on, with the way to pause it."""
    return Panel(
        f"## {words('pause.running.title')}",
        words("pause.running.what"),
        row(
            button(words("pause.pause_button"), PAUSE),
            button(words("audit.settings_button"), "settings:open"),
        ),
    )


def _notices(words: Words, notices: Sequence[Notice]) -> Iterator[ui.Item[Any]]:
    """What moderators must know stands above everything else until somebody has seen it."""
    if not notices:
        return
    yield ui.TextDisplay(f"## {words('notices.title')}")
    for notice in notices:
        seen = button(words("notices.seen_button"), SEEN, notice.id)
        yield ui.Section[Any](said(words, notice), accessory=seen)
    yield ui.Separator()


def seen_notice(words: Words, notice: Notice) -> Panel:
    """A notice in its channel, once somebody has seen it."""
    return Panel(said(words, notice), f"-# {words('notices.seen')}")


def saved_note(words: Words, setting: Setting[Any], value: Any) -> str:
    """Say what a setting is now."""
    name = words(f"settings.{setting.key}.name")
    return words("settings.saved", name=name, value=spoken(setting, value, words))


def entry(
    setting: Setting[Any], value: Any, words: Words, *, back: str | None = None
) -> ui.Item[Any]:
    """One setting with its button; `back` is the page of /setup that is shown after a change."""
    then = [back] if back else []
    change: ui.Item[Any] = button(words("settings.change"), "settings:edit", setting.key, *then)
    if isinstance(setting, Toggle):
        label = "settings.switch_off" if value else "settings.switch_on"
        to = OFF if value else ON
        change = button(words(label), "settings:switch", setting.key, to, *then)
    text = (
        f"**{words(f'settings.{setting.key}.name')}**: {spoken(setting, value, words)}\n"
        f"{words(f'settings.{setting.key}.meaning')}"
    )
    if back is None:
        default = spoken(setting, setting.default, words)
        text += f"\n-# {words('settings.default', value=default)}"
    return ui.Section[Any](text, accessory=change)


def spoken(setting: Setting[Any], value: Any, words: Words) -> str:
    """Say a value in words."""
    if isinstance(setting, Toggle):
        return words("settings.value.on" if value else "settings.value.off")
    if isinstance(setting, Choice | Language):
        return spoken_option(setting, value, words)
    if isinstance(setting, Channels):
        return ", ".join(f"<#{i}>" for i in value) or words(f"settings.{setting.key}.none")
    if isinstance(setting, Roles):
        return ", ".join(f"<@&{i}>" for i in value) or words(f"settings.{setting.key}.none")
    if isinstance(setting, Hours) and value:
        return plain(hours.said(hours.read_hours(value), words.locale))
    if isinstance(setting, Zone) and value:
        return f"{plain(place_name(value, words.locale))} ({value})"
    if isinstance(setting, Text) and value:
        value = setting.shown(value, words.locale)
    return plain(str(value)) or words(f"settings.{setting.key}.none")


def _find(shown: Sequence[Setting[Any]], key: str) -> Setting[Any]:
    return next(setting for setting in shown if setting.key == key)


# The right input in a form for each kind of setting


@dataclass(frozen=True, slots=True)
class Input:
    """The parts of the form, and how to read what was given; reading may raise UserError."""

    parts: tuple[ui.TextDisplay[Any] | ui.Label[Any], ...]
    read: Callable[[], object]


def input_for(setting: Setting[Any], value: Any, words: Words, zone: str) -> Input:
    """Make the input of a setting; raises TypeError for a kind that has none.

    `zone` is the server's, in which hours are meant unless another is given.
    """
    meaning: ui.TextDisplay[Any] = ui.TextDisplay(words(f"settings.{setting.key}.meaning"))
    if isinstance(setting, Hours):
        labels, read = _hours(value, words, zone)
        return Input((meaning, *labels), read)
    component, hint, read = _component(setting, value, words)
    label = field(words(f"settings.{setting.key}.name"), component, description=hint)
    return Input((meaning, label), read)


def _hours(
    value: str, words: Words, zone: str
) -> tuple[tuple[ui.Label[Any], ...], Callable[[], object]]:
    """Hours by days and times: one span in its own fields, more of them as text."""
    given = hours.read_hours(value) if value else None
    first, others = hours.apart(given) if given is not None else (None, "")
    names = get_day_names("wide", locale=Locale.parse(words.locale, sep="-"))
    days: ui.CheckboxGroup[Any] = ui.CheckboxGroup(required=False, min_values=0, max_values=7)
    for day in range(7):
        chosen = first is not None and first.days != EVERY_DAY and day in first.days
        days.add_option(label=names[day].capitalize(), value=str(day), default=chosen)
    span: ui.TextInput[Any] = ui.TextInput(
        default=hours.times(first) if first else None, required=False, max_length=40
    )
    more: ui.TextInput[Any] = ui.TextInput(
        default=others or None, required=False, max_length=hours.MAX_LENGTH
    )
    city: ui.TextInput[Any] = ui.TextInput(
        default=(given.zone if given else zone) or None, required=False, max_length=100
    )

    def read() -> str:
        if not span.value.strip() and not more.value.strip():
            return ""
        with in_field("settings.hours.zone"):
            named = zone_named(city.value, words.locale)
        with in_field("settings.hours.span"):
            on = frozenset(int(day) for day in days.values)
            return hours.composed(on, span.value, more.value, named, words.locale)

    labels = (
        field(words("settings.hours.days"), days, description=words("settings.hours.days_hint")),
        field(words("settings.hours.span"), span, description=words("settings.hours.span_hint")),
        field(words("settings.hours.more"), more, description=words("settings.hours.more_hint")),
        field(words("settings.hours.zone"), city, description=words("settings.hours.zone_hint")),
    )
    return labels, read


def _component(
    setting: Setting[Any], value: Any, words: Words
) -> tuple[ui.Item[Any], str | None, Callable[[], object]]:
    if isinstance(setting, Choice | Language):
        group: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for option in options_of(setting, words):
            group.add_option(
                label=spoken_option(setting, option, words), value=option, default=option == value
            )
        return group, None, lambda: group.value
    if isinstance(setting, Channels):
        channels: ui.ChannelSelect[Any] = ui.ChannelSelect(
            channel_types=[discord.ChannelType.text, discord.ChannelType.forum],
            min_values=0,
            max_values=setting.maximum,
            required=False,
            default_values=[
                discord.SelectDefaultValue(id=i, type=discord.SelectDefaultValueType.channel)
                for i in value
            ],
        )
        hint = words("settings.hint.channels", none=words(f"settings.{setting.key}.none"))
        return channels, hint, lambda: [c.id for c in channels.values]
    if isinstance(setting, Roles):
        roles: ui.RoleSelect[Any] = ui.RoleSelect(
            min_values=0,
            max_values=setting.maximum,
            required=False,
            default_values=[
                discord.SelectDefaultValue(id=i, type=discord.SelectDefaultValueType.role)
                for i in value
            ],
        )
        return roles, words("settings.hint.roles"), lambda: [r.id for r in roles.values]
    if isinstance(setting, Number):
        hint = words("settings.hint.number", minimum=setting.minimum, maximum=setting.maximum)
        number: ui.TextInput[Any] = ui.TextInput(default=str(value), max_length=12)
        return number, hint, lambda: number.value
    if isinstance(setting, Zone):
        city: ui.TextInput[Any] = ui.TextInput(
            default=value or None, required=False, max_length=setting.max_length
        )
        return city, words("settings.hint.zone"), lambda: city.value
    if isinstance(setting, Text):
        line: ui.TextInput[Any] = ui.TextInput(
            default=setting.shown(value, words.locale) if value else None,
            required=False,
            max_length=setting.max_length,
        )
        hint = words("settings.hint.text", maximum=setting.max_length)
        return line, hint, lambda: line.value
    raise TypeError(f"{type(setting).__name__} has no input")


def options_of(setting: Choice | Language, words: Words) -> tuple[str, ...]:
    """What can be chosen."""
    return words.texts.locales if isinstance(setting, Language) else setting.options


def spoken_option(setting: Setting[Any], option: str, words: Words) -> str:
    """One option in words; a language by its own name."""
    if isinstance(setting, Language):
        name = Locale.parse(option, sep="-").display_name or option
        return name[:1].upper() + name[1:]
    return words(f"settings.{setting.key}.options.{option}")
