"""What content is made of, and how its YAML files are read.

A file that was read before need not be parsed again (`bot.rereading`), so what parses is loaded
only when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ContentError

MAX_BYTES = 1_000_000

DATA = Path(__file__).resolve().parent.parent / "data"
"""Where the shipped texts and content are, in a checkout and in an installed wheel alike."""

Lines = dict[tuple[str | int, ...], int]
"""The line (from 1) of each part of a file, by the keys and indexes that lead there."""


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of one file, and the line on which each part of it stands."""

    file: str
    data: Any
    lines: Callable[[], Lines] = field(repr=False)

    def line(self, *path: str | int) -> int | None:
        """Give the line (from 1) of the part at `path`, or of the nearest part around it."""
        lines = self.lines()
        for length in range(len(path), -1, -1):
            found = lines.get(path[:length])
            if found is not None:
                return found
        return None

    def error(self, reason: str, *path: str | int) -> ContentError:
        """Make the refusal of the part at `path`."""
        return ContentError(self.file, self.line(*path), reason)


Load = Callable[[Path], Document]
"""Reads a file; raises ContentError."""


def load_yaml(path: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read one YAML file of at most `max_bytes`.

    Raises ContentError with file, line and reason.
    """
    return parse_bytes(read_bytes(path, max_bytes=max_bytes), name_of(path))


def by_language(folder: Path, load: Load) -> Iterator[tuple[str, Document]]:
    """Read the files of a folder that has one a language; raises what `load` raises."""
    for path in sorted(folder.glob("*.yaml")):
        yield path.stem, load(path)


def name_of(path: Path) -> str:
    """Name a file in refusals: by its last folders, which say what it is for."""
    return "/".join(path.parts[-3:])


def read_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file of at most `max_bytes`; raises ContentError."""
    name = name_of(path)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise ContentError(name, None, f"has {size:,} bytes; at most {max_bytes:,} are read")
        return path.read_bytes()
    except OSError as error:
        raise ContentError(name, None, f"cannot be read: {error.strerror}") from error


def parse_bytes(source: bytes, name: str) -> Document:
    """Read YAML from what a file holds; `name` stands for it in refusals. Raises ContentError."""
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        raise ContentError(name, None, "is not UTF-8 text; save it as UTF-8") from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """Read YAML from a string; `name` stands for the file in refusals. Raises ContentError."""
    from bot.plain_yaml import parse

    data, lines = parse(text, name)
    return Document(name, data, lambda: lines)
