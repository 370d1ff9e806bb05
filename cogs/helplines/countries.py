"""Countries by the words people type: names, other names, codes, half words and slips of the key.

Names come from the Unicode CLDR through Babel, in the reader's language and always in English,
Spanish, German, French and Portuguese too. Nothing here guesses a country from a language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from bot.once import made_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ALWAYS_UNDERSTOOD = ("en", "es", "de", "fr", "pt")
"""Languages whose names of countries are understood whatever the reader's language is."""

LONGEST = 60
"""How many characters of what was typed are read; no country's name is longer."""

_NOT_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)
"""Territory codes of the CLDR that are outside ISO 3166-1; XK (Kosovo) stays, people live there."""

_SPELT_OUT = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ð": "d",
        "þ": "th",
        "&": " and ",
    }
)
"""Letters that decomposition leaves whole although people type them plainly."""

_IGNORED = frozenset(
    {
        *("the", "of", "and", "el", "la", "los", "las", "de", "y", "le", "les", "et", "du", "des"),
        *("der", "die", "das", "und", "von"),
    }
)

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "AE": ("UAE", "Emirates", "Emiratos", "Dubai", "EAU"),
    "AT": ("Österreich",),
    "BA": ("Bosnia", "BiH"),
    "BE": ("België", "Belgique", "Belgien"),
    "BG": ("България",),
    "BO": ("Plurinational State of Bolivia",),
    "BR": ("Brasil",),
    "BY": ("Беларусь", "Byelorussia", "Bielorrusia"),
    "CD": ("DRC", "DR Congo", "Democratic Republic of the Congo", "Congo", "Zaire"),
    "CG": ("Republic of the Congo", "Congo"),
    "CH": ("Schweiz", "Suisse", "Svizzera", "Swiss"),
    "CI": ("Ivory Coast", "Costa de Marfil", "Côte d'Ivoire"),
    "CN": ("PRC", "Mainland China", "中国"),
    "CV": ("Cabo Verde",),
    "CY": ("Κύπρος",),
    "CZ": ("Czechia", "Czech Republic", "Česko", "Chequia", "República Checa"),
    "DE": ("Deutschland",),
    "DK": ("Danmark",),
    "DO": ("Dominican Republic", "Rep Dominicana"),
    "EE": ("Eesti",),
    "EG": ("مصر",),
    "ES": ("España", "Espanya", "Catalonia", "Basque Country"),
    "FI": ("Suomi",),
    "FK": ("Malvinas",),
    "GB": (
        "UK",
        "U.K.",
        "United Kingdom",
        "Great Britain",
        "Britain",
        "England",
        "Scotland",
        "Wales",
        "Northern Ireland",
        "Reino Unido",
        "Gran Bretaña",
        "Inglaterra",
        "Escocia",
        "Gales",
        "Irlanda del Norte",
    ),
    "GR": ("Ελλάδα", "Hellas"),
    "HK": ("Hong Kong", "香港"),
    "HR": ("Hrvatska",),
    "HU": ("Magyarország",),
    "IE": ("Republic of Ireland", "Éire"),
    "IL": ("ישראל",),
    "IN": ("Bharat", "भारत"),
    "IR": ("Islamic Republic of Iran", "Persia"),
    "IS": ("Ísland",),
    "IT": ("Italia",),
    "JP": ("Nippon", "日本"),
    "KP": ("North Korea", "DPRK"),
    "KR": ("South Korea", "Republic of Korea", "한국", "대한민국"),
    "LA": ("Lao PDR",),
    "LB": ("لبنان",),
    "LT": ("Lietuva",),
    "LV": ("Latvija",),
    "MD": ("Republic of Moldova",),
    "MK": ("Macedonia", "FYROM"),
    "MM": ("Burma", "Myanmar", "Birmania"),
    "MO": ("Macau", "Macao"),
    "MX": ("México",),
    "MY": ("Malasia",),
    "NL": ("Holland", "Nederland", "Holanda", "The Netherlands"),
    "NO": ("Norge", "Noreg"),
    "NZ": ("Aotearoa",),
    "PH": ("Pilipinas", "The Philippines"),
    "PL": ("Polska",),
    "PS": ("Palestine", "Palestina", "Gaza", "West Bank"),
    "RO": ("România",),
    "RU": ("Russian Federation", "Россия"),
    "SA": ("KSA",),
    "SE": ("Sverige",),
    "SI": ("Slovenija",),
    "SK": ("Slovensko", "Slovak Republic"),
    "SY": ("Syrian Arab Republic",),
    "SZ": ("Swaziland", "Suazilandia"),
    "TH": ("ประเทศไทย", "ไทย"),
    "TL": ("East Timor", "Timor Oriental"),
    "TR": ("Turkey", "Türkiye", "Turquía"),
    "TW": ("台灣", "臺灣"),
    "TZ": ("United Republic of Tanzania",),
    "UA": ("Україна",),
    "US": (
        "USA",
        "U.S.",
        "U.S.A.",
        "United States of America",
        "America",
        "The States",
        "EEUU",
        "EE. UU.",
        "EUA",
        "Estados Unidos de América",
    ),
    "VA": ("Holy See", "Vatican", "Vaticano"),
    "VE": ("Bolivarian Republic of Venezuela",),
    "VN": ("Viet Nam", "Việt Nam"),
    "ZA": ("RSA",),
}
"""What people call a country besides its name in the CLDR."""


@dataclass(frozen=True, slots=True)
class _Key:
    """One way to write a country, made comparable."""

    text: str
    code: str
    words: tuple[str, ...]


class _Claim(IntEnum):
    """How strongly words stand for a country; the lower goes first."""

    NAME = 0
    OTHER = 1
    SHORT = 2


@dataclass(frozen=True, slots=True)
class _Index:
    keys: tuple[_Key, ...]
    exact: dict[str, frozenset[str]]


def codes() -> frozenset[str]:
    """Give the code of every country and territory that can be chosen."""
    return frozenset(_names("en"))


def name(code: str, locale: str) -> str:
    """Name the country in a language, Discord's spelling of locales included; else in English."""
    return _names(_known_locale(locale)).get(code) or _names("en").get(code, code)


def exact(words: str, locale: str) -> str | None:
    """Give the country that these words name without a doubt, by name, other name or code.

    A code in capitals is always that code: it is what a chosen suggestion sends. Otherwise a name
    in the reader's language goes before other names, and those before codes: *Nga* is Russia in
    Vietnamese although NGA is Nigeria.
    """
    if words in codes():
        return words
    flag = _flag(words)
    if flag is not None:
        return flag
    found = _index(_known_locale(locale)).exact.get(_comparable(words), frozenset())
    return next(iter(found)) if len(found) == 1 else None


_SHORT_NAMES = frozenset({"uk", "usa", "uae", "drc", "eeuu"})

_FLAG_A = 0x1F1E6
"""A flag is two of the 26 signs from here on: the letters of the country's code."""


def _flag(words: str) -> str | None:
    letters = [ord(sign) - _FLAG_A for sign in words.strip()]
    if len(letters) != 2 or not all(0 <= letter < 26 for letter in letters):
        return None
    code = "".join(chr(ord("A") + letter) for letter in letters)
    return code if code in codes() else None


_FEW = 5
"""Fewer names than this leave room for those a slip away; fewer letters than this do not."""


def search(words: str, locale: str, limit: int = 25) -> tuple[str, ...]:
    """Give up to `limit` codes of countries, the likeliest first; all, by name, for no words."""
    locale = _known_locale(locale)
    asked = _comparable(words)
    if not asked:
        flag = _flag(words)
        if flag is not None or words.strip():
            return (flag,) if flag else ()
        names = _names(locale)
        return tuple(sorted(names, key=lambda code: _comparable(names[code])))[:limit]
    index = _index(locale)
    best: dict[str, tuple[float, str]] = {}
    for rank, key in _direct(asked, index.keys):
        _keep(best, key, rank)
    # A slip can make one name look like a part of another: "Rmania" is in "Birmania", "Austra"
    # begins Australia. In a few letters that is more likely meant than a slip.
    if not best or (len(best) < _FEW and len(asked) >= _FEW):
        for rank, key in _near(asked, index.keys):
            _keep(best, key, rank)
    if not best:
        for rank, key in _within(asked, index.keys):
            _keep(best, key, rank)
    return tuple(sorted(best, key=lambda code: best[code]))[:limit]


def _keep(best: dict[str, tuple[float, str]], key: _Key, rank: float) -> None:
    place = (rank, key.text)
    if key.code not in best or place < best[key.code]:
        best[key.code] = place


def _direct(asked: str, keys: Iterable[_Key]) -> Iterator[tuple[float, _Key]]:
    """Rank keys that hold what was asked: whole, from the start, word by word, then anywhere."""
    parts = asked.split()
    for key in keys:
        if key.text == asked:
            yield 0, key
        elif key.text.startswith(asked):
            yield 1, key
        elif _begins_words(parts, key.words):
            yield 2, key
        elif len(asked) > 2 and asked in key.text:
            yield 3, key


def _within(asked: str, keys: Iterable[_Key]) -> Iterator[tuple[float, _Key]]:
    """Rank keys that stand in a whole sentence, the longest first: "I live in the UK"."""
    sentence = f" {asked} "
    for key in keys:
        # Most short keys are words of their own: "in" is India, "can" is Canada.
        told = len(key.text) > 3 or key.text in _SHORT_NAMES
        if told and f" {key.text} " in sentence:
            yield -len(key.text), key


def _begins_words(parts: list[str], words: tuple[str, ...]) -> bool:
    left = list(words)
    for part in parts:
        begun = next((word for word in left if word.startswith(part)), None)
        if begun is None:
            return False
        left.remove(begun)
    return True


def _near(asked: str, keys: Iterable[_Key]) -> Iterator[tuple[float, _Key]]:
    """Rank keys by the slips between them and what was asked, the rest of a half word left out."""
    # Only for a slip of the pen, and not at each start.
    from rapidfuzz.distance import OSA

    size = len(asked)
    if size < 3:
        return
    allowed = 1 if size < 6 else 2 if size < 12 else 3
    for key in keys:
        if len(key.text) < 3:
            continue
        whole = OSA.distance(asked, key.text, score_cutoff=allowed)
        # A slip may add or drop a letter: what was meant may be a letter longer or shorter.
        start = min(
            (
                OSA.distance(asked, key.text[:end], score_cutoff=allowed)
                for end in range(size - 1, size + 2)
                if 2 < end < len(key.text)
            ),
            default=allowed + 1,
        )
        if min(whole, start) <= allowed:
            yield min(whole, start + 0.5), key


@made_once(8)
def _index(locale: str) -> _Index:
    keys: dict[tuple[str, str], _Key] = {}
    meant: defaultdict[str, dict[str, _Claim]] = defaultdict(dict)

    def add(words: str, code: str, claim: _Claim) -> None:
        text = _comparable(words)
        if text:
            spoken = tuple(word for word in text.split() if word not in _IGNORED)
            keys[text, code] = _Key(text, code, spoken or (text,))
            meant[text][code] = min(claim, meant[text].get(code, claim))

    for spoken in {*ALWAYS_UNDERSTOOD, locale}:
        for code, title in _names(spoken).items():
            add(title, code, _Claim.NAME if spoken == locale else _Claim.OTHER)
            add(re.sub(r"\(.*?\)", "", title), code, _Claim.SHORT)
            if title.startswith("St. "):
                add(f"Saint {title[4:]}", code, _Claim.OTHER)
    for code in _names("en"):
        add(code, code, _Claim.SHORT)
        for other in OTHER_NAMES.get(code, ()):
            add(other, code, _Claim.OTHER)
    for code, aliased in _three_letter_codes():
        add(code, aliased, _Claim.SHORT)
    # Most names mean one country, which has many: one set for all of them.
    shared: dict[frozenset[str], frozenset[str]] = {}

    def strongest(claims: dict[str, _Claim]) -> frozenset[str]:
        least = min(claims.values())
        found = frozenset(code for code, claim in claims.items() if claim == least)
        return shared.setdefault(found, found)

    return _Index(tuple(keys.values()), {text: strongest(claims) for text, claims in meant.items()})


def _three_letter_codes() -> Iterator[tuple[str, str]]:
    known = codes()
    for alias, territories in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and territories[0] in known:
            yield alias, territories[0]


@lru_cache(maxsize=8)
def _names(locale: str) -> dict[str, str]:
    territories = cast("Mapping[str, str]", Locale.parse(locale, sep="-").territories)
    return {
        code: title
        for code, title in territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
    }


@lru_cache(maxsize=64)
def _known_locale(locale: str) -> str:
    try:
        return str(Locale.parse(locale, sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        return "en"


_INSIDE, _APART = re.compile(r"['.]"), re.compile(r"[^0-9a-z]")


def _comparable(words: str) -> str:
    """Bring words to what is compared: no case, accents, punctuation or leading article."""
    plain = words[:LONGEST].casefold().translate(_SPELT_OUT)
    if plain.isascii():
        # Most names by far, and whoever asks first in a language waits for all of them.
        return " ".join(_APART.sub(" ", _INSIDE.sub("", plain)).split()).removeprefix("the ")
    letters = (
        # Vowel signs of Hindi and Thai are marks too, but carry the word: they do not combine.
        letter
        if letter.isalnum() or unicodedata.category(letter)[0] == "M"
        else ""
        if letter in "'’."
        else " "
        for letter in unicodedata.normalize("NFKD", plain)
        if not unicodedata.combining(letter)
    )
    return " ".join("".join(letters).split()).removeprefix("the ")
