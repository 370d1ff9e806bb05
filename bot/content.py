"""Reads the YAML files of `data/`, and refuses what a content file has no business holding.

Aliases and anchors are refused because a few hundred bytes of them can grow to gigabytes; tags,
because they name types; duplicate keys, because the last one would win in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError

MAX_BYTES = 1_000_000
_MAX_DEPTH = 12

DATA = Path(__file__).resolve().parent.parent / "data"
"""Where the shipped texts and content are, in a checkout and in an installed wheel alike."""


class _Loader(yaml.CSafeLoader):
    """Knows the scalars of JSON only.

    YAML 1.1 reads the country code NO as false and an unquoted date as a date object. More digits
    than 64 bits hold stay text.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})", "-0123456789"),
    ("float", r"-?[0-9]{1,15}\.[0-9]{1,15}", "-0123456789"),
):
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )

_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
}


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of one file, and the line on which each part of it stands."""

    file: str
    data: Any
    lines: dict[tuple[str | int, ...], int] = field(repr=False)

    def line(self, *path: str | int) -> int | None:
        """Give the line (from 1) of the part at `path`, or of the nearest part around it."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return None

    def error(self, reason: str, *path: str | int) -> ContentError:
        """Make the refusal of the part at `path`."""
        return ContentError(self.file, self.line(*path), reason)


def load_yaml(path: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read one YAML file of at most `max_bytes`.

    Raises ContentError with file, line and reason.
    """
    name = path.name if path.parent == path else "/".join(path.parts[-3:])
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise ContentError(name, None, f"has {size:,} bytes; at most {max_bytes:,} are read")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(name, None, "is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise ContentError(name, None, f"cannot be read: {error.strerror}") from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """Read YAML from a string; `name` stands for the file in refusals."""
    try:
        _refuse_machinery(text, name)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is still open at the end is found on the line after the last one.
        line = min(mark.line + 1, len(text.splitlines())) if mark else None
        raise ContentError(name, line, f"is not YAML: {error.problem or error}") from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise ContentError(name, line, f"is not YAML: {error.reason}") from error
    lines: dict[tuple[str | int, ...], int] = {}
    data = None if node is None else _build(node, name, (), lines)
    return Document(name, data, lines)


def _refuse_machinery(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise ContentError(name, line, "holds an alias (*name); write the value out")
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            raise ContentError(name, line, "holds an anchor (&name); write the value out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise ContentError(name, line, f"holds a tag ({event.tag}); plain values only")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ContentError(name, line, f"is nested more than {_MAX_DEPTH} deep")


def _build(
    node: yaml.Node, name: str, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]
) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ContentError(name, line, "has a key that is not plain text")
            key = key_node.value
            if key in mapping:
                raise ContentError(name, line, f"has the key “{key}” twice")
            mapping[key] = _build(value_node, name, (*path, key), lines)
            lines[*path, key] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, name, (*path, i), lines) for i, item in enumerate(node.value)]
    return _SCALARS.get(node.tag, str)(node.value)
