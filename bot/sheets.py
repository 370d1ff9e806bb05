"""Cells of tables for spreadsheets, which would run what looks like a formula."""

from __future__ import annotations

FORMULA = frozenset("=+-@\t\r'＝＋－＠")
"""What makes a spreadsheet read a cell as something to run (OWASP, CSV injection), and the mark
that we put before it."""


def harmless(text: str) -> str:
    """Write a text so that it is shown and never run: an apostrophe makes it text."""
    return f"'{text}" if text[:1] in FORMULA else text


def as_written(cell: str) -> str:
    """Give back the text that `harmless` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell
