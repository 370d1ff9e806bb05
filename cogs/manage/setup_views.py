"""How /setup looks: one page at a time, each of them short enough for a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.agenda import Item
from bot.guide import OPEN, PAGE, Chapter, Lack, State, rights
from bot.settings.model import Setting
from bot.texts import Words
from bot.views import Panel, button, row
from cogs.manage import views
from cogs.manage.setup_model import PEOPLE, READY, SERVER, WELCOME, Pages
from cogs.manage.today_views import AGAIN as TODAY
from cogs.manage.today_views import line

COMING = 3
"""Items on the last page that say what the bot will do next."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page shows: values of its settings, and what the bot lacks for it."""

    settings: Sequence[Setting[Any]]
    values: Mapping[str, Any]
    state: State | None = None
    lacks: Sequence[Lack] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature on the last page."""

    chapter: Chapter
    state: State
    lacks: Sequence[Lack]


def offer(words: Words, message_id: str) -> Panel:
    """What is posted as the bot joins: it names nobody."""
    return Panel(
        words("setup.offer.body"),
        "-# " + words("setup.offer.who"),
        row(
            button(words("setup.offer.begin"), OPEN, message_id, style=discord.ButtonStyle.primary),
            button(words("setup.offer.about"), "about:show"),
        ),
    )


def welcome(words: Words, pages: Pages) -> Panel:
    """What the bot is and is not, and how the setup goes."""
    return Panel(
        f"## {words('setup.welcome.title')}",
        words("setup.welcome.is"),
        words("setup.welcome.is_not"),
        words("setup.welcome.how", count=pages.count),
        _turning(words, pages, WELCOME),
    )


def page(
    words: Words, pages: Pages, name: str, looked: Looked, *, saved: str | None = None
) -> Panel:
    """One page: what it is about, its settings, and what is still missing."""
    note = None
    for one in looked.settings:
        if one.key == saved:
            note = views.saved_note(words, one, looked.values[one.key])
    return Panel(
        _heading(words, pages, name),
        note,
        words(f"setup.page.{name}.about"),
        *[views.entry(one, looked.values[one.key], words, back=name) for one in looked.settings],
        _still(words, looked.state),
        rights(words, looked.lacks),
        _turning(words, pages, name, again=bool(looked.lacks)),
    )


def ready(
    words: Words, pages: Pages, features: Sequence[Feature], coming: Sequence[Item], *, paused: bool
) -> Panel:
    """What is on, what the bot does next, and what to begin with."""
    firsts = [
        button(words(one.chapter.first.label), one.chapter.first.action)
        for one in features
        if one.chapter.first is not None and one.state.on
    ]
    lines = [_summary(words, one) for one in features]
    plans = [f"- {line(words, item)}" for item in coming[:COMING]]
    lacks = [lack for one in features for lack in one.lacks]
    return Panel(
        _heading(words, pages, READY),
        "\n".join(lines),
        words("today.paused") if paused else None,
        "\n".join([words("setup.ready.next"), *plans]) if plans else words("setup.ready.nothing"),
        rights(words, list(dict.fromkeys(lacks))),
        words("setup.ready.first") if firsts else None,
        row(*firsts) if firsts else None,
        _turning(words, pages, READY, again=bool(lacks)),
    )


def _summary(words: Words, one: Feature) -> str:
    name = title(words, one.chapter.name)
    if not one.state.on:
        return f"○ **{name}**: {words('settings.value.off')}"
    if one.state.lacks:
        return f"△ **{name}**: {words(one.state.lacks[0])}"
    if one.lacks:
        return f"△ **{name}**: {words('setup.ready.lacks')}"
    if one.state.begin is not None:
        return f"● **{name}**: {words('settings.value.on')}. {words(one.state.begin)}"
    return f"● **{name}**: {words('settings.value.on')}"


def _heading(words: Words, pages: Pages, name: str) -> str:
    step = words("setup.step", number=pages.number(name), count=pages.count)
    return f"## {title(words, name)}\n-# {step}"


def title(words: Words, name: str) -> str:
    """What a page is called; that of a feature as its settings."""
    own = name in {SERVER, PEOPLE, READY}
    return words(f"setup.page.{name}.title" if own else f"settings.section.{name}")


def _still(words: Words, state: State | None) -> str | None:
    if state is None:
        return None
    return "\n".join(words(key) for key in (*state.lacks, state.begin) if key) or None


def _turning(words: Words, pages: Pages, name: str, *, again: bool = False) -> ui.ActionRow[Any]:
    before, after = pages.before(name), pages.after(name)
    label = "setup.begin" if name == WELCOME else "setup.go_on"
    return row(
        button(words("setup.back"), PAGE, before) if before else None,
        button(words("setup.again"), PAGE, name) if again else None,
        button(words(label), PAGE, after, style=discord.ButtonStyle.primary) if after else None,
        None if after else button(words("setup.today"), TODAY),
        None if after else button(words("audit.settings_button"), "settings:open"),
    )
