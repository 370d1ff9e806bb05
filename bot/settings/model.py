"""Declarations of what moderators can change.

A feature declares a setting as one value of these kinds; the panel, the check, the storage and
the audit line follow from it. Its words are `settings.<key>.name` and `settings.<key>.meaning`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from babel import Locale, UnknownLocaleError

from bot import hours
from bot.errors import UserError
from bot.zones import zone_named

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """Something a moderator can change for one server; `key` is `<feature>.<what>`."""

    key: str
    default: T
    managers_only: bool = False
    """Whether it takes the right to manage the server: it says who else may steer the bot."""
    asks_first: bool = False
    """Whether it is asked once more before a change, in words of what would follow."""
    overruled_by: str | None = None
    """The key of a switch; while that is on, this changes nothing, and the question says so."""

    @property
    def section(self) -> str:
        """The feature under which the panel shows it."""
        return self.key.split(".")[0]

    def check(self, value: Any) -> T:
        """Give the value in its proper form; raises UserError saying what is accepted."""
        raise NotImplementedError

    def encode(self, value: T) -> str:
        """Write a checked value as JSON text."""
        return json.dumps(value, ensure_ascii=False)

    def decode(self, text: str) -> T:
        """Read a stored value; one that is no longer acceptable gives the default."""
        try:
            return self.check(json.loads(text))
        except (UserError, ValueError):
            return self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle(Setting[bool]):
    """On or off."""

    def check(self, value: Any) -> bool:
        """Accept true and false."""
        if not isinstance(value, bool):
            raise UserError("settings.refused.toggle")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Setting[str]):
    """One of a few words; each has the text `settings.<key>.options.<word>`."""

    options: tuple[str, ...]

    def check(self, value: Any) -> str:
        """Accept one of the options."""
        if value not in self.options:
            raise UserError("settings.refused.choice")
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language(Setting[str]):
    """A language that the bot speaks."""

    def check(self, value: Any) -> str:
        """Accept the name of a locale; which ones are spoken, the texts know."""
        try:
            Locale.parse(value, sep="-")
        except (TypeError, ValueError, UnknownLocaleError):
            raise UserError("settings.refused.choice") from None
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Setting[int]):
    """A whole number within bounds, both included."""

    minimum: int
    maximum: int

    def check(self, value: Any) -> int:
        """Accept a number, or digits as a form gives them."""
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
            value = int(value)
        inside = isinstance(value, int) and self.minimum <= value <= self.maximum
        if isinstance(value, bool) or not inside:
            raise UserError("settings.refused.number", minimum=self.minimum, maximum=self.maximum)
        return int(value)


def _as_it_is(value: str, _locale: str) -> str:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Setting[str]):
    """A line of text; empty means none. `accept` may refuse it, or give it in its proper form."""

    max_length: int
    accept: Callable[[str], str] = str
    shown: Callable[[str, str], str] = _as_it_is
    """Says a value in the language of a locale, in words that `accept` understands."""

    def check(self, value: Any) -> str:
        """Accept text up to its length."""
        if not isinstance(value, str) or len(value.strip()) > self.max_length or _broken(value):
            raise UserError("settings.refused.text", maximum=self.max_length)
        return self.accept(value.strip())


def _zone(text: str) -> str:
    return zone_named(text) if text else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Text):
    """A time zone by its name, found by a city or a country; empty means none."""

    max_length: int = 100
    accept: Callable[[str], str] = _zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours(Text):
    """Hours of a week in a zone, as `bot.hours` reads and writes them; empty means none."""

    max_length: int = hours.MAX_LENGTH
    accept: Callable[[str], str] = hours.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels(Setting[tuple[int, ...]]):
    """Some channels of the server, by id; none has the meaning the setting's words give it."""

    maximum: int = 25

    def check(self, value: Any) -> tuple[int, ...]:
        """Accept channel ids without repetition."""
        return _ids(value, self.maximum, "settings.refused.channels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles(Setting[tuple[int, ...]]):
    """Some roles of the server, by id."""

    maximum: int = 10

    def check(self, value: Any) -> tuple[int, ...]:
        """Accept role ids without repetition."""
        return _ids(value, self.maximum, "settings.refused.roles")


def _broken(text: str) -> bool:
    """Whether half a surrogate pair is in it, which no store takes."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _ids(value: Any, maximum: int, key: str) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise UserError(key, maximum=maximum)
    ids: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    well_formed = all(isinstance(i, int) and not isinstance(i, bool) and 0 < i < 2**63 for i in ids)
    if not well_formed or len(ids) > maximum:
        raise UserError(key, maximum=maximum)
    return tuple(dict.fromkeys(ids))


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did: the value before and the value now, as stored text."""

    key: str
    before: str | None
    after: str | None
