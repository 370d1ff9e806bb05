from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.zones import (
    Place,
    ZoneGone,
    fold,
    is_zone_name,
    offset_text,
    place_name,
    search_zones,
    zone_info,
)

SUMMER = datetime(2026, 7, 1, tzinfo=UTC)
WINTER = datetime(2026, 1, 1, tzinfo=UTC)


def first(text: str, locale: str = "en") -> str:
    return search_zones(text, 1, locale)[0].zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("BERLIN ", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("new yo", "America/New_York"),
        ("New_York", "America/New_York"),
        ("nyc", "America/New_York"),
        ("sao paulo", "America/Sao_Paulo"),
        ("são", "America/Sao_Paulo"),
        ("utc", "UTC"),
        ("gmt", "UTC"),
        ("germany", "Europe/Berlin"),
        ("india", "Asia/Kolkata"),
        ("uk", "Europe/London"),
        ("mexico", "America/Mexico_City"),
        ("brazil", "America/Sao_Paulo"),
        ("paris france", "Europe/Paris"),
        ("st johns", "America/St_Johns"),
        ("calcutta", "Asia/Kolkata"),
        ("kiev", "Europe/Kyiv"),
        ("saigon", "Asia/Ho_Chi_Minh"),
        ("pacific time", "America/Los_Angeles"),
        ("est", "America/New_York"),
        ("san francisco", "America/Los_Angeles"),
        ("mumbai", "Asia/Kolkata"),
        ("beijing", "Asia/Shanghai"),
        ("muenchen", "Europe/Berlin"),
        ("münchen", "Europe/Berlin"),
        ("texas", "America/Chicago"),
        ("lodon", "Europe/London"),
        ("amstredam", "Europe/Amsterdam"),
    ],
)
def test_a_zone_is_found_by_what_people_type(typed: str, zone: str) -> None:
    assert first(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone", "city"),
    [
        ("nueva y", "America/New_York", "Nueva York"),
        ("londres", "Europe/London", "Londres"),
        ("london", "Europe/London", "Londres"),
        ("alemania", "Europe/Berlin", "Berlín"),
        ("germany", "Europe/Berlin", "Berlín"),
        ("ciudad de mexico", "America/Mexico_City", "Ciudad de México"),
        ("pekin", "Asia/Shanghai", "Shanghái"),
    ],
)
def test_a_reader_of_spanish_finds_it_in_either_language(typed: str, zone: str, city: str) -> None:
    found = search_zones(typed, locale="es-ES")[0]
    assert (found.zone, found.city) == (zone, city)


def test_a_city_without_a_zone_says_whose_it_uses() -> None:
    found = search_zones("seattle")[0]
    assert found == Place("America/Los_Angeles", "Los Angeles", "United States", "Seattle")
    assert found.label(SUMMER) == "Seattle → Los Angeles, United States (UTC−7)"


def test_a_place_with_two_times_offers_both() -> None:
    assert [place.found_as for place in search_zones("tennessee")] == [
        "Tennessee (east)",
        "Tennessee (west)",
    ]


def test_a_country_offers_its_zones_and_not_its_second_cities() -> None:
    found = search_zones("united states")
    assert found[0].zone in {"America/New_York", "America/Los_Angeles", "America/Chicago"}
    assert not any(place.found_as for place in found)


def test_without_a_word_everybody_is_offered_the_same_spread_over_the_world() -> None:
    found = search_zones("  ")
    assert found == search_zones("…")
    assert len(found) == 25
    offsets = [zone_info(place.zone).utcoffset(WINTER) or timedelta(0) for place in found]
    assert offsets[0] < timedelta(hours=-9) < timedelta(hours=9) < offsets[-1]
    assert {place.zone.split("/")[0] for place in found} >= {
        "Africa",
        "America",
        "Asia",
        "Australia",
        "Europe",
        "Pacific",
        "UTC",
    }


def test_what_means_nothing_finds_nothing() -> None:
    assert search_zones("qqqqqq wxyz") == []


def test_a_language_nobody_knows_is_taken_for_english() -> None:
    assert search_zones("berlin", locale="xx-YY")[0].city == "Berlin"
    assert search_zones("berlin", locale="")[0].city == "Berlin"


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=300), st.integers(1, 25))
def test_whatever_is_typed_each_choice_is_a_zone_offered_once(text: str, limit: int) -> None:
    found = search_zones(text, limit)
    assert len({place.zone for place in found}) == len(found) <= limit
    assert all(1 <= len(place.label(SUMMER)) <= 100 for place in found)


def offered() -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {place.zone for letter in letters for place in search_zones(letter, 1000)}


def test_every_place_is_found_by_its_city_and_by_the_name_of_its_zone() -> None:
    for locale in ("en", "es"):
        for zone in offered():
            by_name = search_zones(zone, 25, locale)
            assert zone in {place.zone for place in by_name}, zone
            place = next(place for place in by_name if place.zone == zone)
            assert zone in {found.zone for found in search_zones(place.city, 25, locale)}, zone


def test_only_canonical_names_are_offered() -> None:
    found = offered()
    assert len(found) > 400
    assert found <= zoneinfo.available_timezones()
    assert {name for name in found if "/" not in name} == {"UTC"}
    assert not {name for name in found if name.startswith(("Etc/", "US/", "Canada/", "Brazil/"))}
    assert not found & {"Asia/Calcutta", "Europe/Kiev", "America/Buenos_Aires", "Asia/Saigon"}


def test_accents_capitals_and_marks_do_not_matter() -> None:
    assert fold("  São_Tomé &  Príncipe ") == "sao tome principe"
    assert fold("St. John’s") == fold("st johns")
    assert fold("Łódź Tromsø Straße") == "lodz tromso strasse"


@pytest.mark.parametrize(
    ("zone", "moment", "text"),
    [
        ("UTC", SUMMER, "UTC"),
        ("Europe/London", WINTER, "UTC"),
        ("Europe/London", SUMMER, "UTC+1"),
        ("America/St_Johns", SUMMER, "UTC−2:30"),
        ("Asia/Kathmandu", SUMMER, "UTC+5:45"),
        ("Pacific/Kiritimati", SUMMER, "UTC+14"),
    ],
)
def test_an_offset_is_that_of_the_moment(zone: str, moment: datetime, text: str) -> None:
    assert offset_text(zone, moment) == text


def test_an_offset_needs_a_moment_with_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        offset_text("UTC", datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_long_label_is_cut_before_its_offset() -> None:
    label = Place("Asia/Kolkata", "K" * 90, "I" * 40).label(SUMMER)
    assert len(label) == 100
    assert label.endswith("… (UTC+5:30)")


@pytest.mark.parametrize(
    "name",
    ["Europe/Atlantis", "Europe", "", "../x", "/etc/passwd", "localtime", "posixrules", "Factory"],
)
def test_what_is_no_zone_is_gone_and_says_so(name: str) -> None:
    with pytest.raises(ZoneGone) as gone:
        zone_info(name)
    assert gone.value.key == "recurrence.zone_gone"
    assert gone.value.zone == name


def test_a_zone_that_the_system_lacks_comes_from_the_package(tmp_path: Path) -> None:
    before = zoneinfo.TZPATH
    zone_info.cache_clear()
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    try:
        assert offset_text("US/Pacific", SUMMER) == "UTC−7"
        with pytest.raises(ZoneGone):
            zone_info("Europe")
    finally:
        zoneinfo.reset_tzpath(to=before)
        zone_info.cache_clear()


def test_a_broken_disk_is_not_taken_for_a_lost_zone(tmp_path: Path) -> None:
    (tmp_path / "UTC").write_bytes(b"not a zone file")
    before = zoneinfo.TZPATH
    zone_info.cache_clear()
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    try:
        with pytest.raises(ValueError, match="TZif"):
            zone_info("UTC")
    finally:
        zoneinfo.reset_tzpath(to=before)
        zone_info.cache_clear()


@given(st.text(max_size=40))
def test_no_name_of_a_zone_leaves_the_folder_of_zones(text: str) -> None:
    if is_zone_name(text):
        assert ".." not in text
        assert not text.startswith("/")


@pytest.mark.parametrize("locale", ["en-US", "de", "pt-BR"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Ushuaia", "Asia/Singapore"])
def test_a_zone_is_named_as_it_is_offered(zone: str, locale: str) -> None:
    offered = next(place for place in search_zones(zone, locale=locale) if place.zone == zone)
    names = dict.fromkeys((offered.city, offered.country))
    assert place_name(zone, locale) == ", ".join(names)
    assert place_name("Nowhere/Else", locale) == "Nowhere/Else"
