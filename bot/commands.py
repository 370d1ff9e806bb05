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

_PLACE = app_commands.TranslationContextLocation
_OF_COMMAND = {
    _PLACE.command_name: "name",
    _PLACE.group_name: "name",
    _PLACE.command_description: "description",
    _PLACE.group_description: "description",
}
_OF_OPTION = {_PLACE.parameter_name: "name", _PLACE.parameter_description: "description"}
"""The last word of the key, by what is translated."""


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
        self._spoken = {
            each: texts.choose(each.value) for each in discord.Locale if texts.speaks(each.value)
        }

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Give the words for one name or description, or None to show the English ones."""
        spoken = self._spoken.get(locale)
        if spoken is None:
            return None
        # A menu's entry has no path of words to make a key from, so it brings its own.
        key = string.extras.get("key") or _key(context)
        return self._texts.say(key, spoken) if key and self._texts.has(key, spoken) else None


def _key(context: app_commands.TranslationContextTypes) -> str | None:
    data: Any = context.data
    if part := _OF_COMMAND.get(context.location):
        return f"{key_of(data)}.{part}"
    if part := _OF_OPTION.get(context.location):
        return f"{key_of(data.command)}.options.{data.name}.{part}"
    return None
