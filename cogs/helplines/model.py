"""What is known about helplines, from which page, and how old that knowledge is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import cast

from bot.errors import ContentError, UserError

FRESH = timedelta(days=730)
"""How old a page may be for a grade B row: 24 months, counted at the row's check."""

RECHECK = timedelta(days=90)
"""How long a check by a person is good for."""

ALWAYS = "24/7"
"""The hours of a line that never closes."""

DAILY = re.compile(r"(?P<opens>[01]\d:[0-5]\d|2[0-3]:[0-5]\d)-(?P<closes>[0-2]\d:[0-5]\d)")
"""Hours that are the same every day, as `09:00-24:00`."""

NAME_LIMIT = 100
HOURS_LIMIT = 120
URL_LIMIT = 200
NUMBER_LIMIT = 30
ROWS_PER_SERVER = 50
"""How many rows a server may add, change or hide: more would not fit a list."""

ROWS_PER_COUNTRY = 5
"""How many rows a server may add to one country: more would not fit a reply."""

_ID = re.compile(r"[a-z]{2}-[a-z0-9-]{2,40}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_DATED = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_URL = re.compile(r"https?://[^\s<>()\[\]]+")
_NUMBER = re.compile(r"[*+]?\d(?:[\d -]*\d)?")
_WORD = re.compile(r"[A-Z]{2,20}")

Keys = tuple[str | int, ...]
"""Keys and positions that lead to a part of the file."""

Line = Callable[..., int | None]
"""Given a path, the line of the file on which that part stands."""


class Grade(StrEnum):
    """How good the evidence for a row is."""

    OPERATOR = "A"
    """The operator's, a health ministry's or Discord's own page names it."""
    REPORTED = "B"
    """The press or an organisation names it, or two independent sources do."""
    SERVER = "server"
    """The moderators of a server vouch for it."""


class Service(StrEnum):
    """Who comes when an emergency number is called."""

    POLICE = "police"
    AMBULANCE = "ambulance"
    FIRE = "fire"


@dataclass(frozen=True, slots=True, order=True)
class PageDate:
    """The date a page gives itself, as exact as it gives it."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def earliest(self) -> date:
        """The first day it can mean, so that a vague date never looks fresher than it is."""
        return date(self.year, self.month or 1, self.day or 1)


@dataclass(frozen=True, slots=True)
class Source:
    """A public page that a row rests on."""

    url: str
    dated: PageDate | None = None
    number_only: bool = False
    """It confirms the number alone, not hours, cost or languages."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency number and who answers it."""

    number: str
    services: tuple[Service, ...]
    sources: tuple[Source, ...]
    place: Keys = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Helpline:
    """A line that listens: how to reach it, and how we know.

    `number_unlisted` marks a short code that the phone-number library does not know; it needs two
    sources. `checked` is the day its pages were last compared with the row.
    """

    id: str
    country: str
    name: str
    grade: Grade
    sources: tuple[Source, ...]
    checked: date
    phone: str | None = None
    mobile_only: bool = False
    text: str | None = None
    text_word: str | None = None
    whatsapp: str | None = None
    chat: str | None = None
    site: str | None = None
    hours: str | None = None
    languages: tuple[str, ...] = ()
    free: bool | None = None
    number_unlisted: bool = False
    place: Keys = field(default=(), compare=False)

    @property
    def newest_page(self) -> PageDate | None:
        """The date of the newest page that confirms the number."""
        return _newest(self.sources)

    @property
    def newest_details(self) -> PageDate | None:
        """The date of the newest page that states more than the number; None when undated."""
        return _newest(source for source in self.sources if not source.number_only)

    @property
    def has_details(self) -> bool:
        """Whether it claims anything that a page on the number alone cannot confirm."""
        return bool(self.hours or self.languages or self.free is not None or self.text)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number in it, to call or to write to."""
        return tuple(number for number in (self.phone, self.text, self.whatsapp) if number)


@dataclass(frozen=True, slots=True)
class Country:
    """What ships for a country."""

    code: str
    emergency: tuple[Emergency, ...]
    helplines: tuple[Helpline, ...]
    checked: date
    place: Keys = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Helplines:
    """All that ships, by country code."""

    file: str
    finder: str
    countries: Mapping[str, Country]
    line: Line = field(compare=False, repr=False)

    def helpline(self, helpline_id: str) -> Helpline | None:
        """Return the shipped row with this id."""
        country = self.countries.get(helpline_id[:2].upper())
        rows = country.helplines if country else ()
        return next((row for row in rows if row.id == helpline_id), None)


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server's own row: an addition, a changed shipped row, or (None) a hidden one."""

    id: str
    country: str
    helpline: Helpline | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member is shown for a country."""

    country: str
    emergency: tuple[Emergency, ...]
    helplines: tuple[Helpline, ...]
    finder: str
    checked: date | None

    @property
    def listed(self) -> bool:
        """Whether any number is known."""
        return bool(self.emergency or self.helplines)


def answer(shipped: Helplines, country: str, rows: tuple[ServerRow, ...] = ()) -> Answer:
    """Join what ships for a country with what a server made of it; the server's additions lead."""
    known = shipped.countries.get(country)
    changed = {row.id: row for row in rows if row.country == country}
    shown: list[Helpline] = []
    for helpline in known.helplines if known else ():
        change = changed.pop(helpline.id, None)
        kept = helpline if change is None else change.helpline
        if kept is not None:
            shown.append(kept)
    added = [row.helpline for row in changed.values() if row.helpline is not None]
    return Answer(
        country,
        known.emergency if known else (),
        (*added, *shown),
        shipped.finder,
        known.checked if known else None,
    )


def warnings(helplines: Helplines, today: date) -> tuple[str, ...]:
    """Say which shipped rows a person should look at again, one sentence each, with file and line.

    A row is named when its check is older than `RECHECK`, or its newest page older than `FRESH`.
    """
    found: list[str] = []

    def warn(place: Keys, what: str) -> None:
        line = helplines.line(*place)
        where = helplines.file if line is None else f"{helplines.file}:{line}"
        found.append(f"{where}: {what}")

    for country in helplines.countries.values():
        age = today - country.checked
        if age > RECHECK:
            warn(
                country.place, f"{country.code}: emergency numbers were checked {age.days} days ago"
            )
        for row in country.helplines:
            age = today - row.checked
            if age > RECHECK:
                warn(row.place, f"{row.id}: checked {age.days} days ago")
            page = row.newest_page
            if page is not None and today - page.earliest > FRESH:
                warn(row.place, f"{row.id}: its newest page is older than 24 months")
    return tuple(found)


def parse(data: object, *, file: str, line: Line) -> Helplines:
    """Turn the content file into values; raise ContentError with file, line and reason."""
    return _Parser(file, line).helplines(data)


def row_from_form(
    *,
    row_id: str,
    country: str,
    name: str,
    phone: str,
    written: str,
    hours: str,
    source: str,
    today: date,
) -> Helpline:
    """Make a server's row of what a moderator typed.

    `written` is a number to text or an https page to chat on. Raises UserError where shipped data
    would be refused. Whether the numbers exist in the country is for `numbers` to say.
    """
    name, phone, written, hours, source = (
        " ".join(words.split()) for words in (name, phone, written, hours, source)
    )
    phone = as_dialled(phone)
    written = written if is_url(written) else as_dialled(written)
    if not 2 <= len(name) <= NAME_LIMIT:
        raise UserError("helplines.refused.name", limit=NAME_LIMIT)
    if len(hours) > HOURS_LIMIT:
        raise UserError("helplines.refused.hours", limit=HOURS_LIMIT)
    if not is_url(source):
        raise UserError("helplines.refused.source")
    if not phone and not written:
        raise UserError("helplines.refused.unreachable")
    if phone and not is_number(phone):
        raise UserError("helplines.refused.number", number=phone[:NUMBER_LIMIT])
    chat = written if is_url(written) else None
    if written and chat is None and not is_number(written):
        raise UserError("helplines.refused.written")
    return Helpline(
        id=row_id,
        country=country,
        name=name,
        grade=Grade.SERVER,
        sources=(Source(source, PageDate(today.year, today.month, today.day)),),
        checked=today,
        phone=phone or None,
        text=None if chat else written or None,
        chat=chat,
        hours=hours or None,
    )


def is_number(text: str) -> bool:
    """Tell whether it is written as a number one can dial: digits, blanks, `-`, a first `*`/`+`."""
    return len(text) <= NUMBER_LIMIT and _NUMBER.fullmatch(text) is not None


def as_dialled(text: str) -> str:
    """Write a number the way shipped ones are: `(02) 2327.2327` becomes `02 2327 2327`."""
    return " ".join(re.sub(r"[()./\u2010-\u2015]", " ", text).split())


def is_url(text: str) -> bool:
    """Tell whether it is a web address that cannot break out of the link it is put in."""
    return len(text) <= URL_LIMIT and _URL.fullmatch(text) is not None


def page_date(text: str) -> PageDate:
    """Read `2025`, `2025-09` or `2025-09-10`; raise ValueError for anything else."""
    match = _DATED.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in match.groups())
    dated = PageDate(cast("int", year), month, day)
    _ = dated.earliest
    return dated


def _newest(sources: object) -> PageDate | None:
    dates = [s.dated for s in cast("tuple[Source, ...]", sources) if s.dated is not None]
    return max(dates, key=lambda dated: dated.earliest, default=None)


_COUNTRY_KEYS = frozenset({"country", "checked", "emergency", "helplines"})
_EMERGENCY_KEYS = frozenset({"number", "services", "sources"})
_HELPLINE_KEYS = frozenset(
    {
        "id",
        "name",
        "phone",
        "mobile_only",
        "text",
        "text_word",
        "whatsapp",
        "chat",
        "site",
        "hours",
        "languages",
        "free",
        "grade",
        "number_unlisted",
        "sources",
        "checked",
    }
)
_SOURCE_KEYS = frozenset({"url", "dated", "number_only"})


class _Parser:
    """Reads plain data; holds what every refusal needs: the file and the way to a line."""

    def __init__(self, file: str, line: Line) -> None:
        self._file = file
        self._line = line
        self._shared: dict[str, Source] = {}
        self._ids: set[str] = set()

    def refuse(self, path: Keys, reason: str) -> ContentError:
        return ContentError(self._file, self._line(*path), reason)

    def helplines(self, data: object) -> Helplines:
        top = self.mapping((), data, frozenset({"finder", "sources", "countries"}))
        finder = self.url(("finder",), top.get("finder"))
        shared = self.mapping(("sources",), top.get("sources", {}), None)
        for name, value in shared.items():
            self._shared[name] = self.source(("sources", name), value)
        countries: dict[str, Country] = {}
        for position, value in enumerate(self.sequence(("countries",), top.get("countries"))):
            country = self.country(("countries", position), value)
            if country.code in countries:
                raise self.refuse(("countries", position), f"{country.code} is listed twice")
            countries[country.code] = country
        return Helplines(self._file, finder, MappingProxyType(countries), self._line)

    def country(self, path: Keys, data: object) -> Country:
        found = self.mapping(path, data, _COUNTRY_KEYS)
        code = self.text((*path, "country"), found.get("country"))
        if not _COUNTRY.fullmatch(code):
            raise self.refuse((*path, "country"), f"{code!r} is no ISO 3166-1 alpha-2 code")
        emergency = tuple(
            self.emergency((*path, "emergency", position), value)
            for position, value in enumerate(
                self.sequence((*path, "emergency"), found.get("emergency"))
            )
        )
        helplines = tuple(
            self.helpline((*path, "helplines", position), value, code)
            for position, value in enumerate(
                self.sequence((*path, "helplines"), found.get("helplines", []))
            )
        )
        checked = self.day((*path, "checked"), found.get("checked"))
        return Country(code, emergency, helplines, checked, path)

    def emergency(self, path: Keys, data: object) -> Emergency:
        found = self.mapping(path, data, _EMERGENCY_KEYS)
        number = self.number((*path, "number"), found.get("number"))
        services: list[Service] = []
        for value in self.sequence((*path, "services"), found.get("services")):
            try:
                services.append(Service(str(value)))
            except ValueError:
                raise self.refuse((*path, "services"), f"{value!r} is no service") from None
        if not services:
            raise self.refuse((*path, "services"), "an emergency number needs a service")
        return Emergency(number, tuple(services), self.sources(path, found), path)

    def helpline(self, path: Keys, data: object, country: str) -> Helpline:
        found = self.mapping(path, data, _HELPLINE_KEYS)
        row_id = self.text((*path, "id"), found.get("id"))
        if not _ID.fullmatch(row_id) or row_id[:2] != country.lower():
            raise self.refuse(
                (*path, "id"), f"id {row_id!r} does not read {country.lower()}-plain-words"
            )
        if row_id in self._ids:
            raise self.refuse((*path, "id"), f"id {row_id!r} is used twice")
        self._ids.add(row_id)
        name = self.text((*path, "name"), found.get("name"))
        if len(name) > NAME_LIMIT:
            raise self.refuse((*path, "name"), f"a name has at most {NAME_LIMIT} characters")
        row = Helpline(
            id=row_id,
            country=country,
            name=name,
            grade=self.grade((*path, "grade"), found.get("grade")),
            sources=self.sources(path, found),
            checked=self.day((*path, "checked"), found.get("checked")),
            phone=self.optional(path, found, "phone", self.number),
            mobile_only=self.flag(path, found, "mobile_only") or False,
            text=self.optional(path, found, "text", self.number),
            text_word=self.optional(path, found, "text_word", self.word),
            whatsapp=self.optional(path, found, "whatsapp", self.number),
            chat=self.optional(path, found, "chat", self.url),
            site=self.optional(path, found, "site", self.url),
            hours=self.optional(path, found, "hours", self.hours),
            languages=self.languages((*path, "languages"), found.get("languages", [])),
            free=self.flag(path, found, "free"),
            number_unlisted=self.flag(path, found, "number_unlisted") or False,
            place=path,
        )
        self.accept(path, row)
        return row

    def accept(self, path: Keys, row: Helpline) -> None:
        """Refuse a row that is complete in form but that nobody should be sent to."""
        if not row.numbers and row.chat is None:
            raise self.refuse(path, "a helpline needs a number to call or write to, or a chat page")
        if row.text_word and not row.text:
            raise self.refuse((*path, "text_word"), "a word to text needs the number to text it to")
        page = row.newest_page
        if page is None:
            raise self.refuse((*path, "sources"), "at least one source needs a date")
        if row.grade is Grade.REPORTED and row.checked - page.earliest > FRESH:
            raise self.refuse(
                (*path, "sources"), "a grade B row needs a page at most 24 months old when checked"
            )
        if page.earliest > row.checked:
            raise self.refuse((*path, "sources"), "a page cannot be newer than the check of it")
        if row.number_unlisted and len(row.sources) < 2:
            raise self.refuse(
                (*path, "sources"),
                "a number that the phone library does not know needs two sources",
            )

    def sources(self, path: Keys, found: Mapping[str, object]) -> tuple[Source, ...]:
        path = (*path, "sources")
        values = self.sequence(path, found.get("sources"))
        if not values:
            raise self.refuse(path, "a row needs at least one source")
        sources: list[Source] = []
        for position, value in enumerate(values):
            if isinstance(value, str):
                if value not in self._shared:
                    raise self.refuse((*path, position), f"no shared source is called {value!r}")
                sources.append(self._shared[value])
            else:
                sources.append(self.source((*path, position), value))
        return tuple(sources)

    def source(self, path: Keys, data: object) -> Source:
        found = self.mapping(path, data, _SOURCE_KEYS)
        url = self.url((*path, "url"), found.get("url"))
        dated: PageDate | None = None
        if "dated" in found:
            words = self.text((*path, "dated"), found["dated"])
            try:
                dated = page_date(words)
            except ValueError:
                raise self.refuse(
                    (*path, "dated"), f"{words!r} is no date such as 2025, 2025-09 or 2025-09-10"
                ) from None
        return Source(url, dated, self.flag(path, found, "number_only") or False)

    def optional(
        self,
        path: Keys,
        found: Mapping[str, object],
        key: str,
        read: Callable[[Keys, object], str],
    ) -> str | None:
        return read((*path, key), found[key]) if key in found else None

    def flag(self, path: Keys, found: Mapping[str, object], key: str) -> bool | None:
        value = found.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.refuse((*path, key), f"{key} is true or false")

    def grade(self, path: Keys, value: object) -> Grade:
        if value in (Grade.OPERATOR.value, Grade.REPORTED.value):
            return Grade(str(value))
        raise self.refuse(path, f"only rows of grade A and B ship, not {value!r}")

    def hours(self, path: Keys, value: object) -> str:
        hours = self.text(path, value)
        if hours == ALWAYS or DAILY.fullmatch(hours):
            return hours
        raise self.refuse(path, f"hours read {ALWAYS} or 09:00-24:00, not {hours!r}")

    def languages(self, path: Keys, value: object) -> tuple[str, ...]:
        codes = tuple(str(code) for code in self.sequence(path, value))
        for code in codes:
            if not _LANGUAGE.fullmatch(code):
                raise self.refuse(path, f"{code!r} is no language code")
        return codes

    def number(self, path: Keys, value: object) -> str:
        number = self.text(path, value)
        if not is_number(number):
            raise self.refuse(path, f"{number!r} is not written as a number one can dial")
        return number

    def word(self, path: Keys, value: object) -> str:
        word = self.text(path, value)
        if not _WORD.fullmatch(word):
            raise self.refuse(path, f"{word!r} is not one word in capitals")
        return word

    def url(self, path: Keys, value: object) -> str:
        url = self.text(path, value)
        if not is_url(url):
            raise self.refuse(path, f"{url!r} is no web address")
        return url

    def day(self, path: Keys, value: object) -> date:
        words = self.text(path, value)
        try:
            return date.fromisoformat(words)
        except ValueError:
            raise self.refuse(path, f"{words!r} is no date such as 2026-11-21") from None

    def text(self, path: Keys, value: object) -> str:
        if isinstance(value, str) and value.strip():
            return value
        name = path[-1] if path else "file"
        reason = f"{name} is missing" if value is None else f"{name} is not text: {value!r}"
        raise self.refuse(path if value is not None else path[:-1], reason)

    def sequence(self, path: Keys, value: object) -> list[object]:
        if isinstance(value, list):
            return cast("list[object]", value)
        name = path[-1]
        reason = f"{name} is missing" if value is None else f"{name} is not a list"
        raise self.refuse(path if value is not None else path[:-1], reason)

    def mapping(
        self, path: Keys, value: object, allowed: frozenset[str] | None
    ) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self.refuse(path, "expected keys and values here")
        found = cast("dict[str, object]", value)
        for key in found:
            if allowed is not None and key not in allowed:
                raise self.refuse((*path, key), f"{key!r} is no key that is read here")
        return found
