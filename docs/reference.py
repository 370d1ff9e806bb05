"""Writes docs/reference.md and docs/settings.schema.json from the running bot, as it is today.

`python -m docs.reference` writes both; a test compares them with what the bot says.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from discord import AppCommandType, app_commands

from bot.client import Alongside
from bot.commands import key_of
from bot.config import VARIABLES, Config
from bot.opening import open_runtime
from bot.permissions import NEEDED
from bot.privacy import Kind
from bot.privacy.service import SERVER_GRACE
from bot.settings.exchange import schema
from bot.settings.model import Setting
from bot.texts import Texts, Words

_NAMES = {
    "read_messages": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "read_message_history": "Read Message History",
}

PAGE = Path(__file__).resolve().parent / "reference.md"
SCHEMA = PAGE.with_name("settings.schema.json")


def settings_schema(bot: Alongside) -> str:
    """The JSON Schema of the file that a server's settings come as."""
    made = schema(bot.runtime.settings.declared, Words(Texts.load(), "en"))
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def reference(bot: Alongside) -> str:
    """The whole page, for a bot whose features are loaded."""
    # Read anew: those of a bot that runs mention commands by the numbers it was given.
    words = Words(Texts.load(), "en")
    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `python -m docs.reference`; change the texts or the code, not this page.",
            "",
            "## Commands",
            "",
            "| command | what it does | who |",
            "| --- | --- | --- |",
            *_commands(bot, words),
            "",
            "## Settings",
            "",
            "Moderators change them with `/settings`, for one server each. There they also come as",
            "a YAML file, and from one; [settings.schema.json](settings.schema.json) describes it",
            "for editors that check what is typed (JSON Schema).",
            "",
            "| setting | meaning | default |",
            "| --- | --- | --- |",
            *[_setting(setting, words) for setting in bot.runtime.settings.declared],
            "",
            "## Environment variables",
            "",
            "Whoever hosts the bot sets them in `.env` or in the environment.",
            "",
            "| variable | meaning | default |",
            "| --- | --- | --- |",
            *[
                f"| `{variable.name}` | {variable.meaning} | {variable.default or '-'} |"
                for variable in VARIABLES
            ],
            "",
            "## What is stored, and for how long",
            "",
            "| table | whose | kept |",
            "| --- | --- | --- |",
            *_holdings(bot),
            "",
            f"After the bot is removed from a server, its data waits {SERVER_GRACE.days} days for "
            "a return, then it is erased.",
            "",
            "## Permissions",
            "",
            "The bot asks for these and no others, and for no privileged intent:",
            "",
            *[f"- {_NAMES.get(name, name)}" for name, allowed in NEEDED if allowed],
            "",
        ]
    )


def _commands(bot: Alongside, words: Words) -> list[str]:
    lines: list[str] = []
    for command in sorted(bot.tree.walk_commands(), key=lambda c: c.qualified_name):
        if isinstance(command, app_commands.Group):
            continue
        key = key_of(command)
        root = command.root_parent or command
        options = "".join(f" `{option.name}:`" for option in command.parameters)
        who = "moderators" if root.default_permissions is not None else "everybody"
        lines.append(
            f"| `/{command.qualified_name}`{options} | {words(f'{key}.description')} | {who} |"
        )
    for kind, place in (
        (AppCommandType.user, "the menu of a person"),
        (AppCommandType.message, "the menu of a message"),
    ):
        lines += [
            f"| *{menu.name}* | in {place}, under *Apps* | everybody |"
            for menu in sorted(bot.tree.get_commands(type=kind), key=lambda menu: menu.name)
        ]
    return lines


def _setting(setting: Setting[object], words: Words) -> str:
    default = setting.default
    if default in ((), ""):
        shown = words(f"settings.{setting.key}.none")
    elif isinstance(default, bool):
        shown = words("settings.value.on" if default else "settings.value.off")
    else:
        shown = str(default)
    name, meaning = (words(f"settings.{setting.key}.{part}") for part in ("name", "meaning"))
    return f"| {name} (`{setting.key}`) | {meaning} | {shown} |"


def _holdings(bot: Alongside) -> list[str]:
    lines: list[str] = []
    for holding in sorted(bot.runtime.privacy.holdings, key=lambda holding: holding.table):
        whose = {
            None: "the server's; names nobody" if holding.server else "the bot's own; names nobody",
            Kind.OWN: "the person's own: shown, exported and erased by them",
            Kind.ABOUT: "held about the person for others' safety: not shown to them",
        }[holding.kind]
        if holding.kept_days:
            kept = f"{holding.kept_days} days after `{holding.kept_since}`"
        elif holding.kept_with:
            kept = f"as long as the person in `{holding.kept_with}` wants it"
        else:
            kept = "until it is removed"
        named = f" by `{holding.person}`" if holding.person else ""
        lines.append(f"| `{holding.table}`{named} | {whose} | {kept} |")
    return lines


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runtime = await open_runtime(Config(state_dir=Path(folder), database_plain=True))
        bot = Alongside(runtime)
        await bot.load_features()
        PAGE.write_text(reference(bot), encoding="utf-8")
        SCHEMA.write_text(settings_schema(bot), encoding="utf-8")
        await runtime.database.close()


if __name__ == "__main__":
    asyncio.run(_write())
