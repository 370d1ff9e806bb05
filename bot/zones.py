"""Time zones as people look for them: by city, country or the name of the time.

What is offered are the canonical names of the IANA list `zone.tab`, one for each place where people
set a clock, and UTC. The words they are found by are the Unicode CLDR's, through Babel, in English
and in the reader's own language, and old names of the same zone. Cities too large to be missed that
have no zone of their own are listed here with the zone they use.

Nothing is guessed about the person who searches: without a word to go by, the same spread over the
whole world is offered to everybody.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from bot.errors import UserError
from bot.once import made_once

UTC_NAME = "UTC"

MAX_LABEL = 100
"""What Discord shows of a choice."""


class ZoneGone(UserError):  # noqa: N818 - named as it is spoken of
    """The time zone is not in the data of this machine (any more); `zone` is its name."""

    def __init__(self, zone: str) -> None:
        super().__init__("recurrence.zone_gone", zone=zone[:60])
        self.zone = zone


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}")

_NOT_ZONES = {"localtime", "posixrules", "posix", "right", "Factory"}
"""Files beside the zones that mean another thing on every machine, or count leap seconds."""


def is_zone_name(text: str) -> bool:
    """Whether this has the form of an IANA zone name; it may still name nothing."""
    return _NAME.fullmatch(text) is not None and text.split("/")[0] not in _NOT_ZONES


@cache
def zone_info(name: str) -> ZoneInfo:
    """Give the zone of this name, of today's or of an older spelling; raises ZoneGone.

    The system's data come first and then those of the `tzdata` package, so a name that one of them
    has dropped or does not have yet keeps working.
    """
    if not is_zone_name(name):
        raise ZoneGone(name)
    try:
        # Kept for good in the cache above: zoneinfo itself forgets all but the last eight.
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, IsADirectoryError):
        # Any other error of the system is no loss of the zone and may pass; a schedule that ended
        # for one would have ended wrongly.
        raise ZoneGone(name) from None


def offset_text(name: str, now: datetime) -> str:
    """Give what the clocks there show beside UTC at this moment: `UTC+2`, `UTC−3:30`, `UTC`.

    Raises ZoneGone, and ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    offset = now.astimezone(zone_info(name)).utcoffset() or timedelta(0)
    minutes = round(abs(offset) / timedelta(minutes=1))
    if not minutes:
        return UTC_NAME
    hours, minutes = divmod(minutes, 60)
    sign = "−" if offset < timedelta(0) else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


@dataclass(frozen=True, slots=True)
class Place:
    """A zone to choose, with its city and country in the reader's language.

    `found_as` is the large city or state that was looked for, where it has no zone of its own.
    """

    zone: str
    city: str
    country: str
    found_as: str | None = None

    def label(self, now: datetime) -> str:
        """Give a line to choose by, at most 100 characters: `Berlin, Germany (UTC+2)`."""
        where = self.city
        if self.country not in ("", self.city):
            where += f", {self.country}"
        if self.found_as:
            where = f"{self.found_as} → {where}"
        offset = offset_text(self.zone, now)
        # UTC is called by its own offset; nobody needs that twice.
        ending = f" ({offset})" if where != offset else ""
        room = MAX_LABEL - len(ending)
        return (where if len(where) <= room else f"{where[: room - 1]}…") + ending


def search_zones(text: str, limit: int = 25, locale: str = "en") -> list[Place]:
    """Give the zones that fit the words typed so far, the likeliest first.

    Each word must begin a word of the place: of its city, an old name of it, its country in English
    or in the language of `locale`, or of what its time is called there. Accents, capitals and
    punctuation do not matter. Words that fit nothing are taken for misspelt. Without words, one
    place for each part of the world, from west to east.
    """
    index = _index(_language(locale))
    words = fold(text).split()[:8]
    if not words:
        return list(index.spread[:limit])
    found = index.matching(words) or index.matching([index.respelt(word) for word in words])
    chosen: dict[str, Place] = {}
    for place in found:
        chosen.setdefault(place.zone, place)
    return list(chosen.values())[:limit]


def zone_named(typed: str, locale: str = "en") -> str:
    """Read a zone as it was chosen or typed: its own name, or words that fit one place only.

    Raises UserError where that is not certain: somebody would be waiting at another hour. A name
    without a city, such as EST, is searched for like any words, for it may mean a zone that knows
    no summer.
    """
    name = typed.strip()
    if "/" in name or name == UTC_NAME:
        try:
            return zone_info(name).key
        except ZoneGone as gone:
            raise UserError("spoken.refused.zone") from gone
    found = search_zones(name, 2, locale) if name else []
    if len(found) != 1:
        raise UserError("spoken.refused.zone")
    return found[0].zone


def place_name(zone: str, locale: str = "en") -> str:
    """Name a zone by its city and country, where they are known."""
    code = dict(_listed()).get(zone)
    if code is None:
        return zone
    # Without what is searched: that takes long to make, and every panel names a place.
    reader = Locale.parse(_language(locale))
    names = [_city(reader, (zone, *_older_names().get(zone, ()))), _territory(reader, code)]
    return ", ".join(dict.fromkeys(filter(None, names)))


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = re.compile(r"['’‘`.]")
_APART = re.compile(r"[^\w+]|_")


def fold(text: str) -> str:
    """Give the words of a text in plain small letters, one blank between them."""
    plain = text[:200].casefold()
    if not plain.isascii():
        plain = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", plain)
            if not unicodedata.combining(letter)
        )
    return " ".join(_APART.sub(" ", _APOSTROPHES.sub("", plain.translate(_LETTERS))).split())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A place and the texts it is found by, best first: city, old names, country, time.

    Of places that fit alike, the one of less `weight` comes first.
    """

    place: Place
    fields: tuple[tuple[str, ...], ...]
    weight: int = 2


_Hit = tuple[int, int]
"""The number of an entry, and of the field in which it has a word."""


class _Index:
    """Everything that can be found in one language, in the order it is offered."""

    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = entries
        exact: dict[str, list[int]] = {}
        # By word: entries that have it, each with the best of its fields that does.
        hits: dict[str, list[_Hit]] = {}
        # Countries and times stand at many places, and whoever asks first waits for all of it.
        folded = cache(fold)
        for number, entry in enumerate(entries):
            for at, texts in enumerate(entry.fields):
                hit = number, at
                for text in map(folded, texts):
                    numbers = exact.setdefault(text, [])
                    if not numbers or numbers[-1] != number:
                        numbers.append(number)
                    for word in text.split():
                        found = hits.setdefault(word, [])
                        if not found or found[-1][0] != number:
                            found.append(hit)
        # There is one of these for each language in use: tuples take a quarter of the room of sets.
        self._exact = {text: tuple(numbers) for text, numbers in exact.items()}
        self._hits = {word: tuple(found) for word, found in hits.items()}
        self._words = sorted(hits)
        places = {e.place.zone: e.place for e in entries if not e.place.found_as}
        self.spread = tuple(places[name] for name in _SPREAD)

    def matching(self, words: list[str]) -> list[Place]:
        """Every place that all words fit, best first."""
        fits = [self._beginning(word) for word in words]
        all_fit = set[int](fits[0]).intersection(*fits)
        exact = set(self._exact.get(" ".join(words), ()))
        known = [{number for number, _ in self._hits.get(word, ())} for word in words]
        ranked: list[tuple[tuple[bool, bool, int, bool, int, int], Place]] = []
        for number in all_fit:
            entry = self._entries[number]
            field = min(fit[number] for fit in fits)
            # A state or second city is offered for its own name, never for that of its country.
            if entry.place.found_as and field:
                continue
            whole = all(number in numbers for numbers in known)
            second = entry.place.found_as is not None
            rank = (number not in exact, not whole, field, second, entry.weight, number)
            ranked.append((rank, entry.place))
        return [place for _, place in sorted(ranked, key=lambda hit: hit[0])]

    def respelt(self, word: str) -> str:
        """Give the known word nearest to one that begins none; itself if none is near."""
        if len(word) < 4 or self._beginning(word):
            return word
        # Only for a slip of the pen, and not at each start.
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        cutoff = 1 if len(word) < 7 else 2
        near = extract(word, self._words, scorer=OSA.distance, score_cutoff=cutoff, limit=1)
        return near[0][0] if near else word

    def _beginning(self, word: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for known in islice(self._words, bisect_left(self._words, word), None):
            if not known.startswith(word):
                break
            for number, at in self._hits[known]:
                found[number] = min(at, found.get(number, at))
        return found


def _language(locale: str) -> str:
    """The CLDR's name for a Discord locale; English for one it does not know."""
    try:
        return str(Locale.parse(locale, sep="-"))
    except (ValueError, UnknownLocaleError):
        return "en"


@made_once(8)
def _index(language: str) -> _Index:
    reader, english = Locale.parse(language), Locale("en")
    older = _older_names()
    main = _main_zones(older)
    utc = Place(UTC_NAME, UTC_NAME, "")
    entries = [_Entry(utc, ((UTC_NAME, "GMT"), ("Coordinated Universal Time", "Zulu")), 0)]
    homes: dict[str, _Entry] = {}
    for name, code in _listed():
        ids = (name, *older.get(name, ()))
        place = Place(name, _city(reader, ids), _territory(reader, code))
        old = [_place_named(other) for other in ids if "/" in other]
        country = _territory(english, code)
        homes[name] = _Entry(
            place,
            (
                (place.city,),
                (_city(english, ids), *old),
                (place.country, country, *_COUNTRIES.get(code, ())),
                (name, *_times(english, ids), *_times(reader, ids)),
            ),
            0 if name in _SPREAD else 1 if name in main else 2,
        )
    entries += homes.values()
    for name, spellings in _CITIES:
        home = homes[name]
        place = Place(name, home.place.city, home.place.country, spellings[0])
        # What is in brackets tells two of a name apart, and is not looked for.
        names = tuple(spelling.split(" (")[0] for spelling in spellings)
        entries.append(_Entry(place, (names, (), *home.fields[2:])))
    return _Index(entries)


@cache
def _listed() -> tuple[tuple[str, str], ...]:
    """Names and countries of `zone.tab`, in its order: by country, within one as geography has it.

    Read from the `tzdata` package, which is always there; the zones themselves may be the system's.
    """
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple((row[2], row[0]) for row in rows)


@cache
def _older_names() -> Mapping[str, tuple[str, ...]]:
    """Names a zone once had, or has in other lists, by its canonical name."""
    names: dict[str, list[str]] = {}
    aliases = cast("Mapping[str, str]", get_global("zone_aliases"))
    for old, name in aliases.items():
        names.setdefault(name, []).append(old)
    return {name: tuple(old) for name, old in names.items()}


def _main_zones(older: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The zones that the CLDR takes for the main one of a time, one for each."""
    mapping = cast("Mapping[str, str]", get_global("windows_zone_mapping"))
    today = {old: name for name, all_old in older.items() for old in all_old}
    return frozenset(today.get(name, name) for name in mapping.values())


def _city(locale: Locale, ids: tuple[str, ...]) -> str:
    zones = cast("Mapping[str, Mapping[str, Any]]", locale.time_zones)
    for name in ids:
        if city := zones.get(name, {}).get("city"):
            return str(city)
    return _place_named(ids[0])


def _territory(locale: Locale, code: str) -> str:
    return str(cast("Mapping[str, str]", locale.territories).get(code, ""))


def _place_named(name: str) -> str:
    return name.rsplit("/", 1)[-1].replace("_", " ")


def _times(locale: Locale, ids: tuple[str, ...]) -> list[str]:
    """What the time is called there: "Pacific Time", "PT", "PST" ..."""
    zones = cast("Mapping[str, str]", get_global("meta_zones"))
    names = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", locale.meta_zones)
    named = names.get(next((zones[name] for name in ids if name in zones), ""), {})
    return [str(said) for length in ("long", "short") for said in named.get(length, {}).values()]


_COUNTRIES = {
    "AE": ("UAE", "EAU"),
    "CD": ("DRC", "RDC", "Zaire"),
    "CI": ("Ivory Coast",),
    "CV": ("Cabo Verde",),
    "CZ": ("Czech Republic", "República Checa"),
    "GB": ("UK", "Great Britain", "Gran Bretaña"),
    "MM": ("Burma",),
    "NL": ("Holland", "Holanda"),
    "SZ": ("Swaziland",),
    "TL": ("East Timor",),
    "TR": ("Turkey",),
    "US": ("USA", "US", "America", "EEUU", "EE. UU."),
    "VA": ("Holy See",),
}
"""What people call a country and the CLDR does not."""

_SPREAD = (
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/Mexico_City",
    "America/New_York",
    "America/Bogota",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "UTC",
    "Europe/London",
    "Africa/Lagos",
    "Europe/Madrid",
    "Europe/Berlin",
    "Africa/Johannesburg",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Jakarta",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)


def _cities(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read lines of `zone: city, city=other spelling=another, ...`."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for line in text.strip().splitlines():
        zone, _, cities = line.partition(": ")
        found += [(zone, tuple(city.split("="))) for city in cities.split(", ")]
    return tuple(found)


_CITIES = _cities("""\
America/New_York: NYC=NY, Brooklyn, Boston, Washington DC, Philadelphia=Filadelfia, Miami, Atlanta
America/New_York: Orlando, Tampa, Charlotte, Pittsburgh, Baltimore, Cleveland
America/New_York: Columbus, Cincinnati, Buffalo, Jacksonville
America/New_York: Florida, Georgia, North Carolina=Carolina del Norte, South Carolina, Ohio
America/New_York: Pennsylvania=Pensilvania, New Jersey, Massachusetts, Connecticut, Maryland
America/New_York: Virginia, West Virginia, Maine, New Hampshire, Vermont, Rhode Island, Delaware
America/New_York: Tennessee (east)
America/Detroit: Michigan
America/Indiana/Indianapolis: Indiana
America/Kentucky/Louisville: Kentucky (east)
America/Chicago: Houston, Dallas, Austin, San Antonio, New Orleans=Nueva Orleans, Minneapolis
America/Chicago: Milwaukee, Nashville, Memphis, Kansas City, St. Louis, Oklahoma City, Omaha
America/Chicago: Texas=Tejas, Illinois, Wisconsin, Minnesota, Iowa, Missouri, Arkansas, Louisiana
America/Chicago: Mississippi, Alabama, Oklahoma, Kansas, Nebraska, Tennessee (west)
America/Chicago: Kentucky (west), Florida (west), North Dakota, South Dakota (east)
America/Denver: Salt Lake City, Albuquerque, El Paso, Colorado, Utah, Wyoming, Montana
America/Denver: New Mexico=Nuevo México, South Dakota (west)
America/Phoenix: Tucson, Arizona
America/Boise: Idaho
America/Los_Angeles: LA, San Francisco, San Diego, San Jose, Seattle, Portland, Las Vegas
America/Los_Angeles: Sacramento, California, Oregon, Washington State, Nevada
America/Anchorage: Alaska
Pacific/Honolulu: Hawaii
America/Toronto: Montreal=Montréal, Ottawa, Quebec=Québec, Hamilton, Ontario
America/Winnipeg: Manitoba
America/Regina: Saskatoon, Saskatchewan
America/Edmonton: Calgary, Alberta
America/Vancouver: Victoria, British Columbia=Columbia Británica
America/Halifax: Nova Scotia=Nueva Escocia, Prince Edward Island
America/Moncton: New Brunswick=Nuevo Brunswick
America/St_Johns: Newfoundland=Terranova
America/Mexico_City: Guadalajara, Puebla, León, Querétaro, Toluca, Veracruz, Oaxaca, Acapulco
America/Bogota: Medellín, Cali, Barranquilla, Cartagena
America/Guayaquil: Quito
America/Lima: Arequipa, Cusco=Cuzco, Trujillo
America/La_Paz: Santa Cruz, Cochabamba, Sucre
America/Caracas: Maracaibo, Valencia (Venezuela)
America/Santiago: Valparaíso, Concepción, Antofagasta
America/Argentina/Buenos_Aires: La Plata, Mar del Plata
America/Argentina/Cordoba: Rosario, Santa Fe
America/Sao_Paulo: Rio de Janeiro=Río de Janeiro, Brasília, Belo Horizonte, Curitiba, Porto Alegre
America/Sao_Paulo: Florianópolis, Campinas, Goiânia
America/Bahia: Salvador
America/Fortaleza: Natal
America/Costa_Rica: San José
America/Tegucigalpa: San Pedro Sula
America/Puerto_Rico: San Juan
America/Jamaica: Kingston
Europe/London: Manchester, Birmingham, Liverpool, Leeds, Glasgow, Edinburgh=Edimburgo, Bristol
Europe/London: Cardiff, Belfast, England=Inglaterra, Scotland=Escocia, Wales=Gales
Europe/London: Northern Ireland=Irlanda del Norte
Europe/Dublin: Cork, Galway
Europe/Paris: Marseille=Marsella, Lyon, Toulouse, Nice=Niza, Bordeaux=Burdeos, Lille, Nantes
Europe/Paris: Strasbourg=Estrasburgo
Europe/Madrid: Barcelona, Valencia, Sevilla=Seville, Zaragoza, Málaga, Bilbao, Palma
Atlantic/Canary: Las Palmas, Tenerife
Europe/Lisbon: Porto=Oporto
Europe/Berlin: Hamburg=Hamburgo, Munich=München=Muenchen, Cologne=Köln=Koeln=Colonia, Leipzig
Europe/Berlin: Frankfurt=Fráncfort, Stuttgart, Düsseldorf=Duesseldorf, Dresden=Dresde, Bremen
Europe/Berlin: Hanover=Hannover, Nuremberg=Nürnberg=Nuernberg
Europe/Vienna: Graz, Salzburg=Salzburgo, Linz, Innsbruck
Europe/Zurich: Geneva=Genève=Genf=Ginebra, Basel=Basilea, Bern=Berna, Lausanne=Lausana
Europe/Brussels: Antwerp=Antwerpen=Amberes, Ghent=Gent=Gante
Europe/Amsterdam: Rotterdam, The Hague=Den Haag=La Haya, Utrecht, Eindhoven
Europe/Rome: Milan=Milano=Milán, Naples=Napoli=Nápoles, Turin=Torino=Turín
Europe/Rome: Florence=Firenze=Florencia, Venice=Venezia=Venecia, Bologna=Bolonia, Palermo
Europe/Athens: Thessaloniki=Tesalónica
Europe/Warsaw: Kraków=Cracow=Cracovia, Łódź, Wrocław, Gdańsk, Poznań
Europe/Prague: Brno
Europe/Stockholm: Gothenburg=Göteborg=Gotemburgo, Malmö
Europe/Oslo: Bergen, Trondheim
Europe/Copenhagen: Aarhus
Europe/Helsinki: Tampere, Turku, Espoo
Europe/Kyiv: Lviv, Odesa=Odessa, Kharkiv=Járkov, Dnipro
Europe/Moscow: Saint Petersburg=St Petersburg=San Petersburgo, Kazan=Kazán, Sochi
Europe/Bucharest: Cluj-Napoca, Timișoara
Europe/Istanbul: Ankara, Izmir=Esmirna, Antalya
Asia/Jerusalem: Tel Aviv, Haifa
Asia/Dubai: Abu Dhabi
Asia/Riyadh: Jeddah=Jiddah=Yeda, Mecca=Makkah=La Meca
Asia/Qatar: Doha
Asia/Tehran: Mashhad, Isfahan
Asia/Karachi: Lahore, Islamabad, Rawalpindi
Asia/Kolkata: Delhi, New Delhi=Nueva Delhi, Mumbai=Bombay, Bangalore=Bengaluru, Chennai=Madras
Asia/Kolkata: Hyderabad, Pune, Ahmedabad, Jaipur, Kochi
Asia/Dhaka: Chittagong=Chattogram
Asia/Shanghai: Beijing=Peking=Pekín, Guangzhou=Canton=Cantón, Shenzhen, Chengdu, Wuhan, Tianjin
Asia/Shanghai: Nanjing, Xi'an, Chongqing, Hangzhou
Asia/Tokyo: Osaka, Kyoto=Kioto, Yokohama, Nagoya, Sapporo, Fukuoka, Hiroshima, Okinawa
Asia/Seoul: Busan, Incheon, Daegu
Asia/Manila: Quezon City, Cebu, Davao
Asia/Ho_Chi_Minh: Hanoi=Ha Noi, Da Nang, Saigon=Saigón
Asia/Bangkok: Chiang Mai, Phuket
Asia/Jakarta: Bandung, Surabaya, Medan
Asia/Makassar: Bali, Denpasar
Asia/Kuala_Lumpur: Penang, Johor Bahru
Asia/Yangon: Mandalay
Australia/Sydney: Canberra, Newcastle, New South Wales=Nueva Gales del Sur
Australia/Melbourne: Victoria (Australia), Geelong
Australia/Brisbane: Gold Coast, Cairns, Queensland
Australia/Hobart: Tasmania
Pacific/Auckland: Wellington, Christchurch, Hamilton (New Zealand)
Africa/Johannesburg: Cape Town=Ciudad del Cabo, Durban, Pretoria
Africa/Lagos: Abuja, Kano, Ibadan
Africa/Nairobi: Mombasa
Africa/Cairo: Alexandria=Alejandría, Giza
Africa/Casablanca: Rabat, Marrakesh=Marrakech, Fez, Tangier=Tánger
Africa/Accra: Kumasi
Africa/Dar_es_Salaam: Dodoma, Zanzibar=Zanzíbar
Africa/Douala: Yaoundé
""")
