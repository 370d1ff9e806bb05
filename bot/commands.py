"""Names and descriptions of slash commands come from the texts, in every language.

The key follows from the command: `commands.<command.path>.description`, and for its options
`commands.<command.path>.options.<option>.description`; `.name` beside it gives the name to show.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.texts import BASE, Texts

_Described = app_commands.Command[Any, ..., Any] | app_commands.Group


def key_of(command: _Described) -> str:
    """The text key under which a command's words stand."""
    return f"commands.{command.qualified_name.replace(' ', '.')}"


def describe(tree: app_commands.CommandTree[Any], texts: Texts) -> None:
    """Give every command its English description, before they are sent to Discord."""
    for command in tree.walk_commands():
        key = key_of(command)
        command.description = texts.say(f"{key}.description", BASE)
        if isinstance(command, app_commands.Command):
            options = {
                # A plain string would stay English in every language.
                option.name: app_commands.locale_str(
                    texts.say(f"{key}.options.{option.name}.description", BASE)
                )
                for option in command.parameters
            }
            if options:
                app_commands.describe(**options)(command)


class CommandWords(app_commands.Translator):
    """Tells Discord the names and descriptions in each language that the bot speaks."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        # Asked some eight thousand times at each start, for the many languages of Discord.
        self._spoken = frozenset(each for each in discord.Locale if texts.speaks(each.value))

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Give the words for one name or description, or None to show the English ones."""
        if locale not in self._spoken:
            return None
        # A menu's entry has no path of words to make a key from, so it brings its own.
        key = string.extras.get("key") or _key(context)
        spoken = self._texts.choose(locale.value)
        return self._texts.say(key, spoken) if key and self._texts.has(key, spoken) else None


def _key(context: app_commands.TranslationContextTypes) -> str | None:
    location = app_commands.TranslationContextLocation
    data: Any = context.data
    match context.location:
        case location.command_name | location.group_name:
            return f"{key_of(data)}.name"
        case location.command_description | location.group_description:
            return f"{key_of(data)}.description"
        case location.parameter_name:
            return f"{key_of(data.command)}.options.{data.name}.name"
        case location.parameter_description:
            return f"{key_of(data.command)}.options.{data.name}.description"
        case _:
            return None
