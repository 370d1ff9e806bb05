"""The right input in a form for each kind of setting, filled with the value that holds now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord
from babel import Locale
from discord import ui

from bot.settings.model import Channels, Choice, Language, Number, Roles, Setting, Text
from bot.texts import Words
from bot.views import field


@dataclass(frozen=True, slots=True)
class Input:
    """The parts of the form, and how to read what was given."""

    help: ui.TextDisplay[Any]
    label: ui.Label[Any]
    read: Callable[[], object]


def input_for(setting: Setting[Any], value: Any, words: Words) -> Input:
    """Make the input of a setting; raises TypeError for a kind that has none."""
    component, hint, read = _component(setting, value, words)
    return Input(
        ui.TextDisplay(words(f"settings.{setting.key}.meaning")),
        field(words(f"settings.{setting.key}.name"), component, description=hint),
        read,
    )


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
        return channels, words("settings.hint.channels"), lambda: [c.id for c in channels.values]
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
    if isinstance(setting, Text):
        line: ui.TextInput[Any] = ui.TextInput(
            default=value or None, required=False, max_length=setting.max_length
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
