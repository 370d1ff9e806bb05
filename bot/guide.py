"""What each feature tells of itself to a moderator who sets the bot up for the first time.

A feature declares its page as it declares its settings; `/setup` shows the pages one after the
other, and says which rights the bot lacks in the channels that a feature was given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.permissions import missing
from bot.settings.model import Setting
from bot.texts import Words
from bot.views import Panel, button, channel_menu, row

PAGE = "setup:page"
"""Opens a page of /setup, for moderators; the argument is its name."""

OPEN = "setup:open"
"""Opens /setup where it was left, for moderators."""


MOST_LACKS = 4
"""Channels whose missing rights are spelt out on one page."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that a feature was given, and the rights that it needs there.

    `lead` is the action of a button, and its arguments, to where another channel is chosen; without
    one that is the feature's own page.
    """

    channel_id: int
    needed: discord.Permissions
    lead: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """How a feature stands in one server.

    `lacks` are the keys of what is still to be decided, `begin` that of what it could begin with.
    """

    on: bool
    lacks: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    begin: str | None = None


@dataclass(frozen=True, slots=True)
class First:
    """The first thing to make with a feature: a button with `label`, a key, and its action."""

    label: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A feature's page: its settings, in order, how it stands, and what to begin with.

    Its words are `settings.section.<name>` and `setup.page.<name>.about`. Pages come in the order
    of `rank`. `people` are settings that say who somebody is; they stand together on one page.
    """

    name: str
    rank: int
    settings: tuple[Setting[Any], ...]
    people: tuple[Setting[Any], ...] = ()
    look: Callable[[int], Awaitable[State]] | None = None
    first: First | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """A channel in which the bot lacks rights, by name; no rights where it is gone or unseen."""

    channel_id: int
    rights: tuple[str, ...]


class Guide:
    """The pages of all features."""

    def __init__(self) -> None:
        self._chapters: list[Chapter] = []

    def register(self, chapter: Chapter) -> None:
        """Make a feature's page known."""
        if any(chapter.name == one.name for one in self._chapters):
            raise ValueError(f"the page {chapter.name} is registered twice")
        self._chapters.append(chapter)
        self._chapters.sort(key=lambda one: one.rank)

    @property
    def chapters(self) -> Sequence[Chapter]:
        """Every page, in order."""
        return tuple(self._chapters)


def lacking(server: discord.Guild, places: Sequence[Place]) -> list[Lack]:
    """Say what the bot lacks now in the channels that it was given, each channel once."""
    needed: dict[int, discord.Permissions] = {}
    for place in places:
        before = needed.get(place.channel_id, discord.Permissions.none())
        needed[place.channel_id] = before | place.needed
    found: list[Lack] = []
    for channel_id, all_needed in needed.items():
        channel = server.get_channel(channel_id)
        if channel is None:
            found.append(Lack(channel_id, ()))
        elif rights := missing(channel, server.me, all_needed):
            found.append(Lack(channel_id, tuple(rights)))
    return found


# How it looks, the same for every feature


def rights(words: Words, lacks: Sequence[Lack]) -> str | None:
    """Which rights are missing where, and how to give them on a phone; None when none is."""
    if not lacks:
        return None
    lines = [lack_text(words, lack) for lack in lacks[:MOST_LACKS]]
    if len(lacks) > MOST_LACKS:
        lines.append("-# " + words("settings.file.more", count=len(lacks) - MOST_LACKS))
    if any(lack.rights for lack in lacks):
        lines.append(words("setup.rights.how"))
    return "\n".join(lines)


def lack_text(words: Words, lack: Lack) -> str:
    """What the bot lacks in one channel."""
    if not lack.rights:
        return words("setup.rights.gone")
    names = ", ".join(f"**{words(f'rights.{name}')}**" for name in lack.rights)
    return words("setup.rights.missing", channel=f"<#{lack.channel_id}>", rights=names)


def way_back(words: Words) -> ui.Button[Any]:
    """The button from what /setup led to, back to where it was."""
    return button(words("setup.return"), OPEN)


def no_zone(words: Words) -> ui.Section[Any]:
    """Say that times are meant in UTC, and lead to where that is changed."""
    lead = button(words("setup.first.zone"), PAGE, "server")
    return ui.Section[Any](words("setup.first.no_zone"), accessory=lead)


def choose_channel(words: Words, title: str, body: str, action: str) -> Panel:
    """Ask for a channel, the first of two taps; `action` gets its id."""
    return Panel(
        f"## {words(title)}",
        words(body),
        row(channel_menu(action, placeholder=words("setup.first.channel"))),
        row(way_back(words)),
    )
