"""A server's settings as a file, and what a file would change: nothing is read or written here.

The file is YAML. Its values are written as JSON, which YAML takes as it is. Ids stand in quotes,
because many programs cannot hold numbers of their length.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.content import Document
from bot.errors import UserError
from bot.settings.model import Channels, Choice, Language, Number, Roles, Setting, Text, Toggle

FORMAT = "alongside-settings/1"
"""What the file says it is."""

MOST_BYTES = 100_000
"""Bytes of a file that are read: many times what all settings need."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a file gives, in its proper form."""

    setting: Setting[Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line of a file that cannot be taken, and why: `key` and `params` of a sentence."""

    line: int | None
    name: str
    key: str
    params: Mapping[str, object]


Accept = Callable[[Setting[Any], Any], None]
"""Raises UserError for a value that this server has no use for: a channel of another one, say."""


def written(
    settings: Sequence[Setting[Any]],
    values: Mapping[str, Any],
    explained: Callable[[Setting[Any]], str],
) -> str:
    """Write a file of all settings; `explained` gives the comment above each."""
    parts = [f"format: {FORMAT}", "settings:"]
    for setting in settings:
        parts += [f"  # {line}" for line in explained(setting).splitlines()]
        value = json.dumps(_plain(setting, values[setting.key]), ensure_ascii=False)
        parts.append(f"  {setting.key}: {value}")
    return "\n".join(parts) + "\n"


def _plain(setting: Setting[Any], value: Any) -> Any:
    return [str(i) for i in value] if isinstance(setting, Channels | Roles) else value


def read(
    document: Document, declared: Mapping[str, Setting[Any]], accept: Accept
) -> tuple[list[Given], list[Refusal]]:
    """Say what a file gives, and what of it is refused, line by line.

    Raises UserError for one that is no file of settings at all.
    """
    data = document.data
    if not isinstance(data, dict) or cast("dict[str, Any]", data).get("format") != FORMAT:
        raise UserError("settings.file.no_settings", format=FORMAT)
    fields = cast("dict[str, Any]", data)
    held: object = fields.get("settings")
    if not isinstance(held, dict) or fields.keys() != {"format", "settings"}:
        raise UserError("settings.file.no_settings", format=FORMAT)
    given: list[Given] = []
    refused: list[Refusal] = []
    for key, value in cast("dict[str, Any]", held).items():
        line = document.line("settings", key)
        setting = declared.get(key)
        if setting is None:
            refused.append(Refusal(line, key, "settings.file.unknown", {}))
            continue
        try:
            checked = setting.check(_typed(setting, value))
            accept(setting, checked)
        except UserError as error:
            refused.append(Refusal(line, key, error.key, error.params))
        else:
            given.append(Given(setting, checked))
    return given, refused


def _typed(setting: Setting[Any], value: Any) -> Any:
    """A value as a form would give it: ids as numbers."""
    if not isinstance(setting, Channels | Roles) or not isinstance(value, list):
        return value
    return [_number(each) for each in cast("list[Any]", value)]


def _number(value: Any) -> Any:
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20
    return int(value) if digits else value


def schema(settings: Sequence[Setting[Any]], words: Callable[..., str]) -> dict[str, Any]:
    """Describe the file as a JSON Schema (draft 2020-12), for editors that check what is typed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Alongside",
        "type": "object",
        "required": ["format", "settings"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "settings": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    setting.key: {
                        "title": words(f"settings.{setting.key}.name"),
                        "description": words(f"settings.{setting.key}.meaning"),
                        "default": _plain(setting, setting.default),
                        **dict(_kind(setting)),
                    }
                    for setting in settings
                },
            },
        },
    }


def _kind(setting: Setting[Any]) -> Iterator[tuple[str, Any]]:
    match setting:
        case Toggle():
            yield "type", "boolean"
        case Choice(options=options):
            yield "enum", list(options)
        case Number(minimum=minimum, maximum=maximum):
            yield from {"type": "integer", "minimum": minimum, "maximum": maximum}.items()
        case Text(max_length=longest):
            yield from {"type": "string", "maxLength": longest}.items()
        case Language():
            yield "type", "string"
        case Channels(maximum=most) | Roles(maximum=most):
            yield "type", "array"
            yield "items", {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
            yield from {"maxItems": most, "uniqueItems": True}.items()
        case _:
            raise TypeError(f"{type(setting).__name__} has no schema")
