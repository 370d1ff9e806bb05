"""How the settings panel and the audit list look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.audit import Line
from bot.settings.model import Channels, Choice, Language, Roles, Setting, Toggle
from bot.texts import Words
from bot.views import Panel, button, clip, menu, plain, row
from cogs.manage.inputs import spoken_option

AUDIT_LINES = 8
"""Audit lines on one page: about a phone screen."""


def panel(
    words: Words,
    section: str,
    sections: Sequence[str],
    shown: Sequence[Setting[Any]],
    values: Mapping[str, Any],
    *,
    saved: str | None,
) -> Panel:
    """One section: each setting with its meaning, its value, its default and its button."""
    note = None
    if saved is not None:
        note = words(
            "settings.saved",
            name=words(f"settings.{saved}.name"),
            value=spoken(_find(shown, saved), values[saved], words),
        )
    options = [
        discord.SelectOption(
            label=words(f"settings.section.{name}"), value=name, default=name == section
        )
        for name in sections
    ]
    return Panel(
        f"## {words('settings.title', section=words(f'settings.section.{section}'))}",
        note,
        *[_entry(setting, values[setting.key], words) for setting in shown],
        row(menu("settings:section", placeholder=words("settings.choose"), options=options)),
        row(button(words("settings.audit_button"), "manage:audit", 0)),
    )


def _entry(setting: Setting[Any], value: Any, words: Words) -> ui.Item[Any]:
    label = "settings.change"
    if isinstance(setting, Toggle):
        label = "settings.switch_off" if value else "settings.switch_on"
    text = (
        f"**{words(f'settings.{setting.key}.name')}**: {spoken(setting, value, words)}\n"
        f"{words(f'settings.{setting.key}.meaning')}"
    )
    if value != setting.default:
        default = spoken(setting, setting.default, words)
        text += f"\n-# {words('settings.default', value=default)}"
    change: ui.Item[Any] = button(words(label), "settings:edit", setting.key)
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
    return plain(str(value)) or words(f"settings.{setting.key}.none")


def audit_list(words: Words, lines: Sequence[Line], page: int, *, more: bool) -> Panel:
    """Who changed what, when; the newest first."""
    shown = [_line(line, words) for line in lines] or [words("audit.nothing")]
    newer = button(words("audit.newer"), "manage:audit", page - 1) if page else None
    older = button(words("audit.older"), "manage:audit", page + 1) if more else None
    return Panel(
        f"## {words('audit.title')}",
        *shown,
        row(newer, older) if newer or older else None,
        "-# " + words("audit.kept"),
    )


def _line(line: Line, words: Words) -> str:
    when = discord.utils.format_dt(line.changed_at, "f")
    target = line.target
    name_key = f"settings.{line.target}.name"
    if line.action == "settings.change" and words.texts.has(name_key):
        target = words(name_key)
    head = f"{when} · <@{line.actor_user_id}> · {words(f'audit.action.{line.action}')}: "
    change = words(
        "audit.change",
        before=plain(clip(line.before or "-", 120)),
        after=plain(clip(line.after or "-", 120)),
    )
    return f"{head}**{plain(clip(target, 80))}**\n-# {change}"


def _find(shown: Sequence[Setting[Any]], key: str) -> Setting[Any]:
    return next(setting for setting in shown if setting.key == key)
