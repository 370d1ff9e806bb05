"""The second half of docs/style.md: every message and form, in words and as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from docs.gallery.builders import ROOT, Builder

PAGE = ROOT / "docs" / "style.md"
PICTURES = ROOT / "docs" / "pictures" / "style"
BEGINS = "<!-- messages: written by python -m docs.gallery -->"

Shown = Any

_READ = {
    r"<t:\d+(?::\w)?>": "a moment",
    r"<@&\d+>": "a role",
    r"<@!?\d+>": "somebody",
    r"<#\d+>": "a channel",
    r"</([^:>]+):\d+>": r"/\1",
    r"\]\(\S+\)": "",
    r"^(-# |#+ |> |- )": "",
    r"\\(?=\W)|[\[\]`*_|<>]": "",
}
"""What stands in a text, and what a person hears instead."""


def file_of(builder: Builder) -> str:
    """Name the picture of a builder."""
    return f"{builder.key.removeprefix('cogs.').replace('.', '-')}.png"


def with_messages(page: str, found: Sequence[Builder], english: Mapping[str, Shown]) -> str:
    """Put the messages behind what a person wrote."""
    written = page.partition(BEGINS)[0]
    lines = [written + BEGINS, ""]
    feature = ""
    for one in sorted(found):
        if one.feature != feature:
            feature = one.feature
            lines += [f"### {feature}", ""]
        said = "\n".join(words(english[one.key]))
        kind = "Form. " if one.is_form else ""
        lines += [
            f"**{one.says}** (`{one.key.removeprefix('cogs.')}`)",
            "",
            f"![{kind}{alt(said)}](pictures/style/{file_of(one)})",
            "",
        ]
    return "\n".join(lines)


def alt(said: str) -> str:
    """Make what a message says fit for being read out, and for Markdown."""
    plain = said
    for mark, read in _READ.items():
        plain = re.sub(mark, read, plain, flags=re.M)
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    # A heading or a point of a list has no stop, and would be read into what follows.
    return " ".join(line if line[-1] in ".,:;?!…" else f"{line}." for line in lines if line)


def words(shown: Shown) -> Iterator[str]:
    """Everything that is read or tapped, in its order."""
    if isinstance(shown, list):
        for part in shown:  # pyright: ignore[reportUnknownVariableType]
            yield from words(part)
    elif isinstance(shown, dict):
        part = cast("dict[str, Any]", shown)
        title = part.get("title") or part.get("content") or ""
        label = part.get("label") or ""
        if title:
            yield str(title)
        if label:
            yield f"Button: {label}" if part.get("type") == 2 else f"{label}:"
        if part.get("placeholder") and not label:
            yield f"Choice: {part['placeholder']}"
        for name in ("components", "component", "accessory"):
            yield from words(part.get(name))
