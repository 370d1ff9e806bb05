"""How /about and /help look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot import __version__
from bot.commands import key_of
from bot.config import Config
from bot.texts import Words
from bot.views import MAX_TEXT, Panel, button, clip, helplines_button, link, plain, row


@dataclass(frozen=True, slots=True)
class Usable:
    """One command, as the list of commands shows it."""

    path: str
    description: str
    """The key of it."""
    moderators: bool

    @classmethod
    def of(cls, command: app_commands.Command[Any, ..., Any], *, moderators: bool) -> Usable:
        """Describe a command."""
        return cls(command.qualified_name, f"{key_of(command)}.description", moderators)

    def named(self, words: Words, *, mentioned: bool) -> str:
        """Its name with those of its groups, as Discord shows them; a mention opens with a tap."""
        if mentioned:
            return words.texts.command(self.path, words.locale)
        return "/" + words.texts.command_name(self.path, words.locale)


def root_of(command: Any) -> Any:
    """The top-level command or group that a command belongs to."""
    return command.root_parent or command


def about(words: Words, config: Config) -> Panel:
    """What the bot is, what it is not, what it keeps, who runs it."""
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
        " ".join(hosted) or None,
        "-# " + words("about.version", version=__version__),
        row(
            helplines_button(words),
            button(words("about.help_button"), "about:help"),
            button(words("privacy.button"), "privacy:show"),
            link(words("about.source"), config.source_url) if config.source_url else None,
        ),
    )


def help_page(words: Words, named: Words, usable: list[Usable]) -> Panel:
    """The commands that this person may use, those for moderators apart."""

    # Mentions are longer than names, and moderators have many commands: theirs would not fit.
    mentioned = not any(command.moderators for command in usable)

    def listed(*, moderators: bool) -> str:
        return "\n".join(
            f"**{command.named(named, mentioned=mentioned)}**\n{words(command.description)}"
            for command in usable
            if command.moderators is moderators
        )

    title, for_all = f"## {words('help.title')}", listed(moderators=False)
    for_moderators = listed(moderators=True)
    room = MAX_TEXT - len(title) - len(for_all)
    return Panel(
        title,
        clip(for_all, MAX_TEXT - len(title)),
        clip(f"### {words('help.moderators')}\n{for_moderators}", room) if for_moderators else None,
        row(helplines_button(words)),
    )
