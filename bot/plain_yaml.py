"""Reads YAML, and refuses what a content file has no business holding.

Aliases and anchors are refused because a few hundred bytes of them can grow to gigabytes; tags,
because they name types; duplicate keys, because the last one would win in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from bot.content import Lines
from bot.errors import ContentError

_MAX_DEPTH = 12

_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"(?:null|~)?"), lambda text: None),
    (re.compile(r"-?(?:0|[1-9][0-9]{0,17})"), int),
    (re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}"), float),
)
"""The scalars of JSON only. More digits than 64 bits hold stay text."""

_Loader = yaml.CSafeLoader


def parse(text: str, name: str) -> tuple[Any, Lines]:
    """Give the data of a file and the lines it stands on; raises ContentError."""
    lines: Lines = {}
    try:
        events = iter(yaml.parse(text, Loader=_Loader))
        data: Any = None
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                data = _build(event, events, name, (), lines)
                break
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise ContentError(name, _line(event), "is not YAML: it holds a second document")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is still open at the end is found on the line after the last one.
        line = min(mark.line + 1, len(text.splitlines())) if mark else None
        raise ContentError(name, line, f"is not YAML: {error.problem or error}") from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise ContentError(name, line, f"is not YAML: {error.reason}") from error
    return data, lines


def _line(event: yaml.Event) -> int:
    mark: Any = event.start_mark
    return mark.line + 1


def _build(
    event: Any,
    events: Iterator[yaml.Event],
    name: str,
    path: tuple[str | int, ...],
    lines: Lines,
) -> Any:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent):
        raise ContentError(name, line, "holds an alias (*name); write the value out")
    if event.anchor:
        raise ContentError(name, line, "holds an anchor (&name); write the value out")
    if event.tag:
        raise ContentError(name, line, f"holds a tag ({event.tag}); plain values only")
    lines.setdefault(path, line)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event.value) if event.implicit[0] else event.value
    if len(path) >= _MAX_DEPTH:
        raise ContentError(name, line, f"is nested more than {_MAX_DEPTH} deep")
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_build(item, events, name, (*path, len(items)), lines))
        return items
    mapping: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        line = _line(key)
        if not isinstance(key, yaml.ScalarEvent):
            raise ContentError(name, line, "has a key that is not plain text")
        if key.value in mapping:
            raise ContentError(name, line, f"has the key “{key.value}” twice")
        lines[*path, key.value] = line
        mapping[key.value] = _build(next(events), events, name, (*path, key.value), lines)
    return mapping


def _scalar(text: str) -> Any:
    # YAML 1.1 would read the country code NO as false and an unquoted date as a date object.
    for pattern, read in _SCALARS:
        if pattern.fullmatch(text):
            return read(text)
    return text
