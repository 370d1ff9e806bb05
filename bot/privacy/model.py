"""Declarations of what each table holds."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

Shown = dict[str, object]
"""A row as its person gets it: its columns by name."""

_NAME = re.compile(r"[a-z][a-z_]*")


class Kind(enum.Enum):
    """Whose a row is, when a column of it names a person."""

    OWN = "own"
    """Theirs: they see it, export it and erase it."""
    ABOUT = "about"
    """Held for someone else's safety: never shown to whom it names, and outlives their erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One table, and what becomes of its rows when a person or a server asks for erasure.

    A table with a `*user_id` column says whose the rows are; one with several such columns has a
    holding for each. One that belongs to servers goes with them. Rows older than `kept_days` by
    the moment in `kept_since` are deleted by the daily sweep; a moment that has not come yet keeps
    its row. `kept_with` names the column of the person whose own the row is as well: it is kept as
    long as they want it, and goes when they erase it. Its words are `privacy.holds.<table>`.
    `shown_as` names the table as which its person sees, counts and exports it, where the difference
    would tell them what is another's; `shown` then gives a row the columns of that table.
    `working` marks the bot's own workings: erased with a server, and no part of what it set up.
    """

    table: str
    person: str | None = None
    kind: Kind | None = None
    server: str | None = "server_id"
    kept_days: int | None = None
    kept_since: str | None = None
    kept_with: str | None = None
    working: bool = False
    shown_as: str | None = None
    shown: Callable[[Shown], Shown] | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that contradicts itself, or is no plain name for SQL."""
        columns = (self.person, self.server, self.kept_since, self.kept_with)
        names = [self.table, *(column for column in columns if column)]
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError(f"{self.table}: table and column names are lower-case words")
        if (self.person is None) != (self.kind is None):
            raise ValueError(f"{self.table}: a column that names a person is OWN or ABOUT")
        if (self.kept_days is None) != (self.kept_since is None):
            raise ValueError(f"{self.table}: a retention needs both days and a moment")
        if self.kept_with is not None and self.kind is not Kind.ABOUT:
            raise ValueError(f"{self.table}: only what is held about a person is kept with another")
        if self.kind is Kind.ABOUT and self.kept_days is None and self.kept_with is None:
            raise ValueError(f"{self.table}: what is held about a person needs a retention")
        if (self.shown_as is None) != (self.shown is None):
            raise ValueError(f"{self.table}: what is shown as another table has its columns")

    @property
    def name(self) -> str:
        """The table that its person is told of: the key of its words and of the export."""
        return self.shown_as or self.table
