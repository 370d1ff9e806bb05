"""Days, times and dates as people write them, in English and in Spanish.

What cannot be read for certain is refused, never guessed: somebody would be waiting at that hour.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from typing import NoReturn

from rapidfuzz.distance import OSA

from bot.errors import UserError

LONGEST = 100
"""Characters of what is read; more is none of these."""

FURTHEST = timedelta(days=366)
"""How far ahead a pause may end."""

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})

_NAMES = (
    ("monday", "lunes"),
    ("tuesday", "martes"),
    ("wednesday", "miercoles"),
    ("thursday", "jueves"),
    ("friday", "viernes"),
    ("saturday", "sabado"),
    ("sunday", "domingo"),
)

_SETS = (
    (r"every ?day|each day|daily|all days|all week|todos los dias|cada dia|diario|a diario"
     r"|diariamente|toda la semana", EVERY_DAY),
    (r"week ?days?|work ?days|working days|business days|entre semana|dias de (?:la )?semana"
     r"|dias laborables|laborables|dias habiles", WEEKDAYS),
    (r"week ?ends?|(?:los )?fin(?:es)? de semana|findes?", WEEKEND),
)  # fmt: skip

_BETWEEN = {"and", "y", "e", "on", "every", "each", "cada", "los", "las", "el", "la", "de", "all"}
_TO = {"to", "till", "until", "through", "thru", "a", "al", "hasta"}


def days(text: str) -> frozenset[int]:
    """Read days of the week, 0 for Monday: `every day`, `mon wed fri`, `lunes a viernes`.

    Raises UserError for what names none, or cannot be read.
    """
    rest = _folded(text)
    found: set[int] = set()
    for pattern, meant in _SETS:
        rest, count = re.subn(rf"\b(?:{pattern})\b", " ", rest)
        found |= meant if count else frozenset()
    parts = re.sub(r"\s*(?:-|–|—)\s*", " to ", re.sub(r"[,;/&+.]", " ", rest)).split()
    first: int | None = None
    ranged = False
    for part in parts:
        if part in _TO:
            if first is None or ranged:
                _refuse_days()
            ranged = True
            continue
        if part in _BETWEEN and not ranged:
            continue
        day = _day(part)
        if ranged and first is not None:
            found |= {(first + step) % 7 for step in range((day - first) % 7 + 1)}
            first, ranged = None, False
        else:
            found.add(day)
            first = day
    if ranged or not found:
        _refuse_days()
    return frozenset(found)


def _day(word: str) -> int:
    for stem in (word, word.removesuffix("s")):
        if len(stem) >= 2:
            for day, names in enumerate(_NAMES):
                if any(name.startswith(stem) for name in names):
                    return day
    if len(word) >= 5:
        for day, names in enumerate(_NAMES):
            if any(OSA.distance(word, name, score_cutoff=1) <= 1 for name in names):
                return day
    return _refuse_days()


def _refuse_days() -> NoReturn:
    raise UserError("spoken.refused.days")


_TIME = re.compile(
    r"(?:at |a las? )?(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})?|(?P<joined>[0-5]\d))?"
    r"(?: ?(?:h|hs|hrs|hours|horas|o'?clock|en punto))?(?: ?(?P<half>[a-z].*))?"
)
_BY_NAME = {"noon": 12, "midday": 12, "mediodia": 12, "midnight": 0, "medianoche": 0}
_MORNING = {"am", "a.m.", "a.m", "a. m.", "in the morning", "de la manana", "de la madrugada"}
_AFTERNOON = {"pm", "p.m.", "p.m", "p. m.", "in the afternoon", "in the evening", "de la tarde"}
_NIGHT = {"at night", "de la noche"}


def wall_time(text: str) -> time:
    """Read a time of day: `9`, `9:30`, `0930`, `9 pm`, `21h`, `noon`, `9 de la noche`.

    A bare hour is one of the 24-hour clock. Raises UserError for what cannot be read.
    """
    asked = _folded(text)
    named = _BY_NAME.get(re.sub(r"^(?:at|al?) ", "", asked))
    if named is not None:
        return time(named)
    match = _TIME.fullmatch(asked)
    if match is None:
        _refuse_time()
    hour, minute = int(match["hour"]), int(match["minute"] or match["joined"] or 0)
    half = (match["half"] or "").strip()
    if half in _MORNING:
        # Twelve in the morning is midnight to who says "am", and noon to who says "de la mañana".
        hour = 0 if hour == 12 and half.startswith("a") else hour
    elif half in _AFTERNOON:
        hour = hour + 12 if 1 <= hour < 12 else hour
    elif half in _NIGHT:
        hour = 0 if hour == 12 else hour + 12 if 5 <= hour < 12 else hour
    elif half:
        _refuse_time()
    if hour == 24 and minute == 0:
        hour = 0
    if hour > 23 or minute > 59:
        _refuse_time()
    return time(hour, minute)


def _refuse_time() -> NoReturn:
    raise UserError("spoken.refused.time")


_UNITS = {"d": 1, "dia": 1, "day": 1, "w": 7, "week": 7, "semana": 7}
_MONTHS = {"month", "mes", "mese"}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "two": 2, "dos": 2, "three": 3, "tres": 3}
_TOMORROW = {"tomorrow", "manana"}


def pause_end(text: str, today: date) -> date:
    """Read the day on which a pause ends: `2026-12-24`, `24.12.2026`, `3 days`, `una semana`.

    A date may leave its year out and is then the next one; day and month stand in that order, as
    they do everywhere but in one country, unless only the other order can be meant. Raises
    UserError for what cannot be read, is not ahead, or is further than `FURTHEST`.
    """
    end = _date(
        re.sub(r"^(?:until|till|for|hasta(?: el)?|durante|in|en) ", "", _folded(text)), today
    )
    if not today < end <= today + FURTHEST:
        raise UserError("spoken.refused.until")
    return end


def _date(asked: str, today: date) -> date:
    if asked in _TOMORROW:
        return today + timedelta(days=1)
    span = re.fullmatch(r"(\d{1,3}|[a-z]+) ?([a-z]+)", asked)
    if span is not None:
        number = _NUMBERS.get(span[1]) if span[1].isalpha() else int(span[1])
        unit = span[2].removesuffix("s") if len(span[2]) > 1 and span[2] != "mes" else span[2]
        if number is not None and unit in _UNITS:
            return today + timedelta(days=number * _UNITS[unit])
        if number is not None and unit in _MONTHS:
            return today + timedelta(days=number * 30)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", asked):
            return date.fromisoformat(asked)
        numbers = re.fullmatch(r"(\d{1,2})[./-](\d{1,2})\.?(?:[./-]?(\d{4}))?", asked)
        if numbers is not None:
            return _ahead(int(numbers[1]), int(numbers[2]), numbers[3], today)
    except ValueError:
        pass
    raise UserError("spoken.refused.until")


def _ahead(day: int, month: int, year: str | None, today: date) -> date:
    if month > 12 >= day:
        day, month = month, day
    if year is not None:
        return date(int(year), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year > today else date(today.year + 1, month, day)


def _folded(text: str) -> str:
    """Small letters without accents, single blanks; empty for what is far too long to be it."""
    if len(text) > LONGEST:
        return ""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.replace("’", "'").split())
