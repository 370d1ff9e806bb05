"""How /about and /help look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot import __version__
from bot.commands import key_of
from bot.config import Config
from bot.texts import Words
from bot.views import Panel, button, helplines_button, link, plain, row

HELP = "about:help"

PAGE = 3_400
"""Characters of one page: room for all that members may use, and less than Discord takes."""


@dataclass(frozen=True, slots=True)
class Usable:
    """One command, as the list of commands shows it."""

    path: str
    description: str
    """The key of it."""
    moderators: bool
    options: tuple[str, ...] = ()
    """The keys of those that an example gives."""

    @classmethod
    def of(cls, command: app_commands.Command[Any, ..., Any], *, moderators: bool) -> Usable:
        """Describe a command; an option that is given in examples has one beside its words."""
        key = key_of(command)
        options = [f"{key}.options.{option.name}" for option in command.parameters]
        return cls(command.qualified_name, f"{key}.description", moderators, tuple(options))

    def example(self, words: Words, named: Words) -> str | None:
        """Give the options as somebody might fill them in, by the names that Discord shows."""
        given = [
            f"*{named(f'{option}.name')}:* {named(f'{option}.example')}"
            for option in self.options
            if words.texts.has(f"{option}.example")
        ]
        return words("help.example", options=" ".join(given)) if given else None

    def named(self, words: Words) -> str:
        """Its name with those of its groups, as Discord shows them; it opens with a tap."""
        return words.texts.command(self.path, words.locale)


def root_of(command: Any) -> Any:
    """The top-level command or group that a command belongs to."""
    return command.root_parent or command


def about(words: Words, config: Config, *, counts: bool) -> Panel:
    """What the bot is, what it is not, what it keeps, who runs it.

    `counts` says whether moderators have counts kept of this server.
    """
    hosted: list[str] = []
    if config.host_name:
        hosted.append(words("about.host", name=plain(config.host_name)))
    if config.host_contact:
        # From the host, not from a member; an address must stay one that can be copied.
        contact = discord.utils.escape_markdown(config.host_contact)
        hosted.append(words("about.contact", contact=contact))
    return Panel(
        f"## {words('about.title')}",
        words("about.body"),
        words("about.keeps"),
        words("about.counts") if counts else None,
        " ".join(hosted) or None,
        "-# " + words("about.version", version=__version__),
        row(
            button(words("about.help_button"), HELP),
            button(words("privacy.button"), "privacy:show"),
            link(words("about.source"), config.source_url) if config.source_url else None,
            helplines_button(words),
        ),
    )


def help_page(words: Words, pages: Sequence[Page], number: int) -> Panel:
    """One of the `pages` of the commands that this person may use."""
    number = min(number, len(pages) - 1)
    back = button(words("help.back"), HELP, number - 1) if number else None
    more = None
    if number + 1 < len(pages):
        label = "help.moderators" if pages[number + 1].begins else "help.more"
        more = button(words(label), HELP, number + 1)
    shown = pages[number]
    title = "help.moderators" if shown.moderators else "help.title"
    return Panel(f"## {words(title)}", shown.text, row(back, more, helplines_button(words)))


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the commands, in words."""

    text: str
    moderators: bool
    begins: bool
    """Whether it is the first one for moderators."""


def pages(words: Words, named: Words, usable: Sequence[Usable]) -> Iterator[Page]:
    """All commands that somebody may use; those for moderators come after the others."""
    for moderators in (False, True):
        text, begins = "", moderators
        for command in usable:
            if command.moderators is not moderators:
                continue
            line = f"**{command.named(named)}**\n{words(command.description)}"
            if (example := command.example(words, named)) is not None:
                line += f"\n-# {example}"
            if len(text) + len(line) >= PAGE:
                yield Page(text, moderators, begins)
                text, begins = "", False
            text += f"{line}\n"
        if text:
            yield Page(text, moderators, begins)
