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
from bot.settings.model import Channels, Roles, Setting
from bot.sheets import harmless
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

FILE_BYTES = 8_000_000
"""Of a file at most: Discord takes ten million."""

SHOWN = 120
"""Characters of a value that the list shows: eight lines of two fit into one message."""

IDS = 3
"""Channels or roles of a value that the list shows, for the same reason."""

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


def written(
    words: Words, lines: Iterable[Line], settings: Mapping[str, Setting[Any]]
) -> tuple[bytes, int]:
    """Write lines as CSV for a spreadsheet, which takes no cell for a formula; and say how many.

    As many as fit into `FILE_BYTES`. Takes a while: in a thread only.
    """
    rows = [_row([words(f"audit.column.{name}") for name in _COLUMNS])]
    size = len(rows[0])
    for line in lines:
        target, before, after = _parts(line, settings, words)
        row_ = _row(
            [
                line.changed_at.isoformat(),
                # A spreadsheet rounds a number of so many digits; this is none.
                f"<@{line.actor_user_id}>",
                words(f"audit.action.{line.action}"),
                target,
                before,
                after,
            ]
        )
        size += len(row_)
        if size > FILE_BYTES:
            break
        rows.append(row_)
    return b"\xef\xbb\xbf" + b"".join(rows), len(rows) - 1


def _row(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([harmless(cell) for cell in cells])
    return text.getvalue().encode()


_COLUMNS = ("at", "by", "action", "target", "before", "after")


def _parts(line: Line, settings: Mapping[str, Setting[Any]], words: Words) -> tuple[str, str, str]:
    changed = settings.get(line.target) if line.action == CHANGE else None
    if changed is None:
        return line.target, "\n".join(_content(line.before)), "\n".join(_content(line.after))
    before, after = (spoken(changed, value, words) for value in _values(changed, line))
    return words(f"settings.{changed.key}.name"), before, after


def _values(setting: Setting[Any], line: Line) -> tuple[Any, Any]:
    before, after = (
        setting.default if text is None else setting.decode(text)
        for text in (line.before, line.after)
    )
    return before, after


def _line(line: Line, settings: Mapping[str, Setting[Any]], words: Words) -> str:
    when = discord.utils.format_dt(line.changed_at, "f")
    target = line.target
    changed = settings.get(target) if line.action == CHANGE else None
    if changed is not None:
        target = words(f"settings.{changed.key}.name")
        before, after = _told(changed, *_values(changed, line), words)
    else:
        parts = _content(line.before), _content(line.after)
        before = _listed(part for part in parts[0] if part not in parts[1])
        after = _listed(part for part in parts[1] if part not in parts[0])
    head = f"{when} · <@{line.actor_user_id}> · {words(f'audit.action.{line.action}')}: "
    told = f"{head}**{plain(clip(target, 80))}**"
    if before == after:
        return told
    return f"{told}\n-# {words('audit.change', before=before, after=after)}"


def _told(setting: Setting[Any], before: Any, after: Any, words: Words) -> tuple[str, str]:
    """Say a change in short; of a list, what was taken out of it and what was put in."""
    if not isinstance(setting, Channels | Roles):
        return clip(spoken(setting, before, words), SHOWN), clip(
            spoken(setting, after, words), SHOWN
        )

    def some(value: tuple[int, ...], other: tuple[int, ...]) -> str:
        if not value:
            return spoken(setting, value, words)
        only = tuple(each for each in value if each not in other)
        shown = spoken(setting, only[:IDS], words) if only else "…"
        return f"{shown} (+{len(only) - IDS})" if len(only) > IDS else shown

    return some(before, after), some(after, before)


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
    return plain(clip(" · ".join(parts), SHOWN)) or _ABSENT
