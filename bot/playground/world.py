"""A world on disk: what the simulated server consists of, as JSON.

JSON, not pickle: reading a file must never run it. Classes are named in the file and looked up
among simcord's models, nothing else. A world is replaced whole and atomically, so a crash leaves
the old one or the new one.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import simcord
from simcord import enums
from simcord.backend import Backend, models

from bot.errors import StartError
from bot.playground.simulator import KEPT, files_of

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1


class UnreadableError(ValueError):
    """A kept world is not one."""


def _named(module: object, kind: type) -> dict[str, type]:
    found = {name: value for name, value in vars(module).items() if isinstance(value, type)}
    return {name: value for name, value in found.items() if issubclass(value, kind)}


_MODELS: dict[str, Any] = {
    name: value for name, value in _named(models, object).items() if dataclasses.is_dataclass(value)
}
_ENUMS: dict[str, Any] = {**_named(enums, Enum), **_named(models, Enum)}


def encode(value: Any) -> Any:
    """A value of the simulated server as plain JSON data; raises TypeError for what it is not."""
    if isinstance(value, Enum):
        return {"$enum": type(value).__name__, "of": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            each.name: encode(getattr(value, each.name)) for each in dataclasses.fields(value)
        }
        return {"$model": type(value).__name__, "of": fields}
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value)
        if all(isinstance(key, str) and not key.startswith("$") for key in pairs):
            return {key: encode(item) for key, item in pairs.items()}
        return {"$map": [[encode(key), encode(item)] for key, item in pairs.items()]}
    if isinstance(value, list):
        return [encode(item) for item in cast("list[Any]", value)]
    if isinstance(value, tuple):
        return {"$tuple": [encode(item) for item in cast("tuple[Any, ...]", value)]}
    if isinstance(value, set | frozenset):
        kind = "$frozen" if isinstance(value, frozenset) else "$set"
        return {kind: sorted(encode(item) for item in cast("set[Any]", value))}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    raise TypeError(f"a world cannot hold {type(value).__name__}")


def _model(name: Any, fields: Any) -> Any:
    model = _MODELS[name]
    if {each.name for each in dataclasses.fields(model)} != set(fields):
        raise UnreadableError(f"{name} has other fields")
    return model(**{key: decode(item) for key, item in fields.items()})


_TAGS: dict[str, Callable[[Any, Any], Any]] = {
    "$enum": lambda name, of: _ENUMS[name](of),
    "$model": _model,
    "$map": lambda pairs, _: {decode(key): decode(item) for key, item in pairs},
    "$tuple": lambda items, _: tuple(decode(item) for item in items),
    "$set": lambda items, _: {decode(item) for item in items},
    "$frozen": lambda items, _: frozenset(decode(item) for item in items),
    "$bytes": lambda text, _: base64.b64decode(text, validate=True),
    "$moment": lambda text, _: datetime.fromisoformat(text),
}


def decode(data: Any) -> Any:
    """What `encode` made this JSON from; raises UnreadableError or KeyError for others."""
    if isinstance(data, list):
        return [decode(item) for item in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    items = cast("dict[str, Any]", data)
    tag = next(iter(items), "")
    if not tag.startswith("$"):
        return {key: decode(item) for key, item in items.items()}
    if tag not in _TAGS:
        raise UnreadableError(f"{tag} is unknown")
    return _TAGS[tag](items[tag], items.get("of"))


def capture(backend: Backend) -> dict[str, Any]:
    """Everything of a simulated Discord that is to outlive the process."""
    return {
        "simcord": simcord.__version__,
        "elapsed": backend.clock.elapsed,
        "bot_user": backend.bot_user.id,
        "files": encode(files_of(backend)),
        "parts": {name: encode(getattr(backend, name)) for name in KEPT},
    }


def restore(backend: Backend, data: Mapping[str, Any]) -> None:
    """Make a new simulated Discord into the one that was captured.

    Raises UnreadableError, KeyError, TypeError or ValueError for data that is not such a capture.
    """
    parts = {name: decode(data["parts"][name]) for name in KEPT}
    if not isinstance(bot_user := parts["users"].get(data["bot_user"]), models.User):
        raise UnreadableError("the bot is not among the users")
    elapsed = float(data["elapsed"])
    files = decode(data["files"])
    for name, value in parts.items():
        setattr(backend, name, value)
    backend.bot_user = bot_user
    backend.clock.elapsed = elapsed
    files_of(backend).update(files)


class WorldFile:
    """The file a world is kept in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = ""

    def read(self) -> dict[str, Any] | None:
        """What was kept, or None when nothing was. Raises StartError; never changes the file."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self.refusal() from error
        try:
            kept = json.loads(text)
            made_by = kept["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise self.refusal() from error
        if made_by != FORMAT:
            raise StartError(
                f"The playground's world in {self.path} was kept by another version of Alongside: "
                "start once with --fresh to begin a new one; nothing was changed.",
                os.EX_DATAERR,
            )
        return cast("dict[str, Any]", kept)

    def refusal(self) -> StartError:
        """What to say when the kept world cannot be used."""
        return StartError(
            f"The playground's world in {self.path} cannot be read: start once with --fresh to "
            "begin a new one, or put the file back as it was; nothing was changed.",
            os.EX_DATAERR,
        )

    def write(self, kept: Mapping[str, Any]) -> bool:
        """Keep this world if it differs from the last one kept; whether it did. Raises OSError."""
        text = json.dumps({"format": FORMAT, **kept}, separators=(",", ":"))
        if text == self._last:
            return False
        beside = self.path.with_suffix(".new")
        # The file holds the key of the page, so nobody else on the machine may read it.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        self._last = text
        return True
