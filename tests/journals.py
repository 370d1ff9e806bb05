"""A journal in memory: what a test's changes set down, to be replayed on a store from before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.journal import Entry


class InMemory:
    """Give its `write` to `Database.keep_journal`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, lines: Sequence[str]) -> None:
        """Keep lines."""
        self._lines += lines

    def entries(self, at: datetime) -> list[Entry]:
        """Everything that was set down, as of one moment."""
        found = [json.loads(line) for line in self._lines]
        return [Entry(facts.pop("kind"), facts, at) for facts in found]
