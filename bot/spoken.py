"""Days, times and dates as people write them, in each language the bot speaks.

What cannot be read for certain is refused, never guessed: somebody would be waiting at that hour.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from typing import NoReturn

from bot.errors import UserError

LONGEST = 100
"""Characters of what is read; more is none of these."""

FURTHEST = timedelta(days=366)
"""How far ahead a pause may end."""

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})

_NAMES = {
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "es": ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
    "de": ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "pt": ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo"),
}

_SHORT = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
"""What German calendars print; in other languages some of these begin another day."""

_SETS = (
    (r"every ?day|each day|daily|all days|all week|todos los dias|cada dia|diario|a diario"
     r"|diariamente|toda la semana|jeden tag|ta?e?glich|alle tage|ganze woche"
     r"|tous les jours|chaque jour|quotidien(?:nement)?|toute la semaine"
     r"|todos os dias|todo (?:o )?dia|a semana (?:toda|inteira)", EVERY_DAY),
    (r"week ?days?|work ?days|working days|business days|entre semana|dias de (?:la )?semana"
     r"|dias laborables|laborables|dias habiles|werktag(?:s|e|en)?|wochentag(?:s|e|en)?"
     r"|unter der woche|en semaine|jours ouvr(?:es|ables)|jours de (?:la )?semaine"
     r"|dias uteis|durante a semana", WEEKDAYS),
    (r"week[ -]?ends?|(?:los )?fin(?:es)? de semana|findes?|wochenenden?|fins? de semaine"
     r"|fins de semana|fina(?:l|is) de semana|fds", WEEKEND),
)  # fmt: skip

_BETWEEN = {
    *("and", "on", "every", "each", "all"),
    *("y", "e", "cada", "los", "las", "el", "la", "de"),
    *("und", "jeden", "am", "an"),
    *("et", "chaque", "le", "les", "du", "tous"),
    *("o", "os", "as", "toda", "todas", "todo", "todos"),
}
_TO = {"to", "till", "until", "through", "thru", "a", "al", "hasta", "bis", "au", "ate"}


def days(text: str, language: str = "") -> frozenset[int]:
    """Read days of the week, 0 for Monday: `every day`, `mon wed fri`, `lunes a viernes`.

    What is another day in another language is read in `language`, the reader's, if it has all of
    the words, else in the one that has them. Raises UserError for what names none, or cannot be
    read.
    """
    rest = re.sub(r"[- ]feiras?\b", "", _folded(text))
    found: set[int] = set()
    for pattern, meant in _SETS:
        rest, count = re.subn(rf"\b(?:{pattern})\b", " ", rest)
        found |= meant if count else frozenset()
    parts = re.sub(r"\s*(?:-|–|—)\s*", " to ", re.sub(r"[,;/&+.]", " ", rest)).split()
    names = [part for part in parts if part not in _TO | _BETWEEN]
    languages = _languages(names, language.partition("-")[0])
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
        day = _day(part, languages)
        if ranged and first is not None:
            found |= {(first + step) % 7 for step in range((day - first) % 7 + 1)}
            first, ranged = None, False
        else:
            found.add(day)
            first = day
    if ranged or not found:
        _refuse_days()
    return frozenset(found)


def _languages(words: list[str], own: str) -> tuple[str, ...]:
    """The languages in which each of `words` begins a day, or all; `own` alone if it is one."""
    whole = tuple(one for one in _NAMES if all(_begun(word, one) for word in words))
    return (own,) if own in whole else whole or tuple(_NAMES)


def _begun(word: str, language: str) -> set[int]:
    """The days whose names in a language begin with `word`."""
    if language == "de" and word in _SHORT:
        return {_SHORT[word]}
    for stem in (word, word.removesuffix("s")):
        names = enumerate(_NAMES[language])
        found = {day for day, name in names if len(stem) >= 2 and name.startswith(stem)}
        if found:
            return found
    return set()


def _day(word: str, languages: tuple[str, ...]) -> int:
    found = set[int]().union(*(_begun(word, one) for one in languages))
    if not found and len(word) >= 5:
        # Only for a slip of the pen, and not at each start.
        from rapidfuzz.distance import OSA

        names = [(day, name) for one in _NAMES.values() for day, name in enumerate(one)]
        found = {day for day, name in names if OSA.distance(word, name, score_cutoff=1) <= 1}
    return found.pop() if len(found) == 1 else _refuse_days()


def _refuse_days() -> NoReturn:
    raise UserError("spoken.refused.days")


_TIME = re.compile(
    r"(?:at |a las? |um |as? )?(?P<hour>\d{1,2})"
    r"(?:\s?(?:[:.]|h(?![a-z])|heures?|uhr)\s?(?P<minute>\d{2})?|(?P<joined>[0-5]\d))?"
    r"(?: ?(?:hours?|horas?|heures?|hrs|hs|h|uhr|o'?clock|en punto))?(?: ?(?P<half>[a-z].*))?"
)
_BY_NAME = {
    **dict.fromkeys(("noon", "midday", "mediodia", "mittag", "mittags", "midi", "meio-dia"), 12),
    **dict.fromkeys(("midnight", "medianoche", "mitternacht", "minuit", "meia-noite"), 0),
}
_MORNING = {
    *("am", "a.m.", "a.m", "a. m.", "in the morning", "de la manana", "de la madrugada"),
    *("morgens", "fruh", "vormittags", "du matin", "da manha", "da madrugada"),
}
_AFTERNOON = {
    *("pm", "p.m.", "p.m", "p. m.", "in the afternoon", "in the evening", "de la tarde"),
    *("mittags", "nachmittags", "abends", "de l'apres-midi", "de l'apres midi", "du soir"),
    "da tarde",
}
_NIGHT = {"at night", "de la noche", "nachts", "da noite"}


def wall_time(text: str) -> time:
    """Read a time of day: `9`, `9:30`, `0930`, `9 pm`, `21h`, `21 Uhr`, `noon`, `9 de la noche`.

    A bare hour is one of the 24-hour clock. Raises UserError for what cannot be read.
    """
    asked = _folded(text)
    named = _BY_NAME.get(re.sub(r"^(?:at|al?|um|ao) ", "", asked))
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


_UNITS = {
    **dict.fromkeys(("d", "day", "dia", "tag", "tage", "tagen", "jour"), 1),
    **dict.fromkeys(("w", "week", "semana", "woche", "wochen", "semaine"), 7),
}
_MONTHS = {"month", "mes", "mese", "monat", "monate", "monaten", "moi"}
_NUMBERS = {
    **dict.fromkeys(("a", "an", "one", "un", "una", "une", "um", "uma", "ein", "eine"), 1),
    **dict.fromkeys(("einen", "einem", "einer"), 1),
    **dict.fromkeys(("two", "dos", "zwei", "deux", "dois", "duas"), 2),
    **dict.fromkeys(("three", "tres", "drei", "trois"), 3),
}
_TOMORROW = {"tomorrow", "manana", "morgen", "demain", "amanha"}
_UNTIL = re.compile(
    r"^(?:until|till|for|hasta(?: el)?|durante|in|en|bis(?: zum)?|fur|jusqu'(?:au|a)|pendant|pour"
    r"|dans|ate(?: o)?|por|em) "
)


def pause_end(text: str, today: date) -> date:
    """Read the day on which a pause ends: `2026-12-24`, `24.12.2026`, `3 days`, `una semana`.

    A date may leave its year out and is then the next one; day and month stand in that order, as
    they do everywhere but in one country, unless only the other order can be meant. Raises
    UserError for what cannot be read, is not ahead, or is further than `FURTHEST`.
    """
    end = _date(_UNTIL.sub("", _folded(text)), today)
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
