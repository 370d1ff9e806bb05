"""How /about and /help look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discord import app_commands

from bot import __version__
from bot.commands import key_of
from bot.config import Config
from bot.texts import Words
from bot.views import Panel, button, clip, helplines_button, link, plain, row


@dataclass(frozen=True, slots=True)
class Usable:
    """One command, as the list of commands shows it."""

    name: str
    key: str
    moderators: bool

    @classmethod
    def of(cls, command: app_commands.Command[Any, ..., Any], *, moderators: bool) -> Usable:
        """Describe a command."""
        return cls(command.qualified_name, f"{key_of(command)}.description", moderators)


def root_of(command: Any) -> Any:
    """The top-level command or group that a command belongs to."""
    return command.root_parent or command


def about(words: Words, config: Config) -> Panel:
    """What the bot is, what it is not, what it keeps, who runs it."""
    hosted = None
    if config.host_name:
        hosted = words("about.host", name=plain(config.host_name))
        if config.host_contact:
            hosted += " " + words("about.contact", contact=plain(config.host_contact))
    return Panel(
        f"## {words('about.title')}",
        words("about.body"),
        words("about.keeps"),
        hosted,
        "-# " + words("about.version", version=__version__),
        row(
            helplines_button(words),
            button(words("about.help_button"), "about:help"),
            button(words("privacy.button"), "privacy:show"),
            link(words("about.source"), config.source_url) if config.source_url else None,
        ),
    )


def help_page(words: Words, usable: list[Usable]) -> Panel:
    """The commands that this person may use, those for moderators apart."""

    def listed(*, moderators: bool) -> str:
        return "\n".join(
            f"**/{command.name}**\n{words(command.key)}"
            for command in usable
            if command.moderators is moderators
        )

    for_moderators = listed(moderators=True)
    return Panel(
        f"## {words('help.title')}",
        clip(listed(moderators=False), 1_800),
        clip(f"### {words('help.moderators')}\n{for_moderators}", 1_800)
        if for_moderators
        else None,
        row(helplines_button(words)),
    )
