"""How the list of who changed what looks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import discord
from discord import ui

from bot.audit import Line, Wanted
from bot.settings.model import Setting
from bot.texts import Words
from bot.views import Panel, button, clip, menu, plain, row
from cogs.manage.views import AUDIT, spoken

LINES = 8
"""Lines on one page: about a phone screen."""

ABOUT = "audit:about"
BY = "audit:by"
UNDO = "audit:undo"
FILE = "audit:file"

ALL = "all"
"""Stands in a custom id for every feature."""

CHANGE = "settings.change"

_ABSENT = "–"
"""Stands for what was not there before, or is not there after."""


def audit_list(
    words: Words,
    lines: Sequence[Line],
    settings: Mapping[str, Setting[Any]],
    page: int,
    wanted: Wanted,
    features: Sequence[str],
    *,
    more: bool,
) -> Panel:
    """Who changed what, when; the newest first, each change of a setting with a way back."""
    feature, person = wanted.feature or ALL, wanted.actor_user_id or 0
    nothing = "audit.nothing" if wanted == Wanted() else "audit.nothing_wanted"
    shown = [_item(line, settings, words) for line in lines] or [ui.TextDisplay(words(nothing))]
    newer = button(words("audit.newer"), AUDIT, page - 1, feature, person) if page else None
    older = button(words("audit.older"), AUDIT, page + 1, feature, person) if more else None
    return Panel(
        f"## {words('audit.title')}",
        *shown,
        row(newer, older) if newer or older else None,
        row(_about(words, features, feature, person)) if features else None,
        row(_by(words, feature, person)) if features else None,
        "-# " + words("audit.kept"),
        row(
            button(words("audit.file_button"), FILE, feature, person) if lines else None,
            button(words("audit.settings_button"), "settings:open"),
        ),
    )


def _about(words: Words, features: Sequence[str], feature: str, person: int) -> ui.Select[Any]:
    options = [
        discord.SelectOption(
            label=words(f"audit.about.{each}"), value=each, default=each == feature
        )
        for each in (ALL, *features)
    ]
    return menu(ABOUT, person, placeholder=words("audit.about.choose"), options=options)


def _by(words: Words, feature: str, person: int) -> ui.UserSelect[Any]:
    chosen = [discord.SelectDefaultValue(id=person, type=discord.SelectDefaultValueType.user)]
    return ui.UserSelect(
        custom_id=f"{BY}:{feature}",
        placeholder=words("audit.by"),
        min_values=0,
        default_values=chosen if person else [],
    )


def _item(line: Line, settings: Mapping[str, Setting[Any]], words: Words) -> ui.Item[Any]:
    told = _line(line, settings, words)
    if line.action != CHANGE or line.target not in settings:
        return ui.TextDisplay(told)
    return ui.Section[Any](told, accessory=button(words("audit.undo_button"), UNDO, line.id))


def written(words: Words, lines: Iterable[Line], settings: Mapping[str, Setting[Any]]) -> bytes:
    """Write lines as CSV for a spreadsheet, which takes no cell for a formula."""
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow([words(f"audit.column.{name}") for name in _COLUMNS])
    for line in lines:
        target, before, after = _parts(line, settings, words)
        cells = (
            line.changed_at.isoformat(),
            str(line.actor_user_id),
            words(f"audit.action.{line.action}"),
            target,
            before,
            after,
        )
        table.writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


_COLUMNS = ("at", "by", "action", "target", "before", "after")


def _harmless(cell: str) -> str:
    # OWASP, "CSV Injection": what begins so may be run as a formula; an apostrophe makes it text.
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _parts(line: Line, settings: Mapping[str, Setting[Any]], words: Words) -> tuple[str, str, str]:
    changed = settings.get(line.target) if line.action == CHANGE else None
    if changed is None:
        return line.target, "\n".join(_content(line.before)), "\n".join(_content(line.after))
    before, after = (_value(changed, text, words) for text in (line.before, line.after))
    return words(f"settings.{changed.key}.name"), before, after


def _line(line: Line, settings: Mapping[str, Setting[Any]], words: Words) -> str:
    when = discord.utils.format_dt(line.changed_at, "f")
    target = line.target
    changed = settings.get(target) if line.action == CHANGE else None
    if changed is not None:
        target = words(f"settings.{changed.key}.name")
        before, after = (_value(changed, text, words) for text in (line.before, line.after))
    else:
        parts = _content(line.before), _content(line.after)
        before = _listed(part for part in parts[0] if part not in parts[1])
        after = _listed(part for part in parts[1] if part not in parts[0])
    head = f"{when} · <@{line.actor_user_id}> · {words(f'audit.action.{line.action}')}: "
    told = f"{head}**{plain(clip(target, 80))}**"
    if before == after:
        return told
    return f"{told}\n-# {words('audit.change', before=before, after=after)}"


def _value(setting: Setting[Any], stored: str | None, words: Words) -> str:
    value = setting.default if stored is None else setting.decode(stored)
    return clip(spoken(setting, value, words), 240)


def _content(stored: str | None) -> list[str]:
    """What a feature wrote into an audit line, part by part: lines of text, or a JSON object."""
    if stored is None:
        return []
    try:
        told: object = json.loads(stored)
    except ValueError:
        return stored.splitlines()
    if isinstance(told, dict):
        return [str(part) for part in cast("dict[str, object]", told).values()]
    return [] if told is None else [stored]


def _listed(parts: Iterable[str]) -> str:
    return plain(clip(" · ".join(parts), 120)) or _ABSENT
