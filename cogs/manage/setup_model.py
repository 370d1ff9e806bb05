"""The pages of /setup, in order, and where it is taken up again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WELCOME = "welcome"
SERVER = "server"
PEOPLE = "people"
READY = "ready"


@dataclass(frozen=True, slots=True)
class Pages:
    """The names of all pages: ours, and between them those of the features."""

    names: tuple[str, ...]

    @classmethod
    def around(cls, features: Iterable[str]) -> Pages:
        """Put the pages of the features where they belong."""
        return cls((WELCOME, SERVER, PEOPLE, *features, READY))

    def number(self, name: str) -> int:
        """Give the number of a page, 1 for the first after the welcome; 0 for one unknown."""
        return self.names.index(name) if name in self.names else 0

    @property
    def count(self) -> int:
        """How many pages there are after the welcome."""
        return len(self.names) - 1

    def known(self, name: str) -> str:
        """Give the page of this name; the first, if there is none (a feature that is gone, say)."""
        return name if name in self.names else self.names[0]

    def before(self, name: str) -> str | None:
        """Give the page before; None before the first."""
        at = self.number(name)
        return self.names[at - 1] if at else None

    def after(self, name: str) -> str | None:
        """Give the page after; None after the last."""
        at = self.number(name) + 1
        return self.names[at] if at < len(self.names) else None
