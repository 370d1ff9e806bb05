from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs.helplines import countries

CODES = sorted(countries.codes())
DISCORD_LOCALES = ["en-US", "en-GB", "es-ES", "es-419", "pt-BR", "sv-SE", "zh-CN", "zh-TW", "no"]


def test_every_country_of_the_standard_can_be_chosen() -> None:
    assert len(CODES) == 250
    assert {"ES", "TV", "XK", "GS", "BQ"} <= set(CODES)
    assert not {"EU", "UN", "ZZ", "XA"} & set(CODES)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Spain", "ES"),
        ("españa", "ES"),
        ("ESPANA", "ES"),
        ("uk", "GB"),
        ("U.K.", "GB"),
        ("England", "GB"),
        ("Great Britain", "GB"),
        ("scotland", "GB"),
        ("Holland", "NL"),
        ("the netherlands", "NL"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("EE. UU.", "US"),
        ("united states of america", "US"),
        ("Czechia", "CZ"),
        ("czech republic", "CZ"),
        ("Türkiye", "TR"),
        ("turkey", "TR"),
        ("Ivory Coast", "CI"),
        ("côte d'ivoire", "CI"),
        ("burma", "MM"),
        ("Deutschland", "DE"),
        ("DEU", "DE"),
        ("de", "DE"),
        ("日本", "JP"),
        ("ประเทศไทย", "TH"),
        ("south korea", "KR"),
        ("Saint Lucia", "LC"),
        ("trinidad and tobago", "TT"),
        ("🇪🇸", "ES"),
        (" 🇬🇧 ", "GB"),
    ],
)
def test_a_country_is_known_by_its_names_and_codes(words: str, code: str) -> None:
    assert countries.exact(words, "en-US") == code
    assert countries.search(words, "en-US")[0] == code


@pytest.mark.parametrize(
    "words", ["", "  ", "Narnia", "korea", "congo", "🇪🇺", "🇪", "😢", "everywhere"]
)
def test_what_names_no_single_country_is_not_taken_for_one(words: str) -> None:
    assert countries.exact(words, "en-US") is None


@pytest.mark.parametrize("words", ["😢", "?", "🇪🇺", "🇪"])
def test_signs_that_say_nothing_are_not_answered_with_countries(words: str) -> None:
    assert countries.search(words, "en-US") == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("my country is spain please", "ES"),
        ("i live in the uk", "GB"),
        ("im in the united states", "US"),
        ("vivo en los países bajos", "NL"),
        ("somewhere in south korea, near seoul", "KR"),
    ],
)
def test_a_country_is_found_in_a_whole_sentence(words: str, code: str) -> None:
    assert countries.search(words, "en-US")[0] == code


def test_the_words_of_a_sentence_are_no_codes() -> None:
    assert countries.search("is it me or can no one see this", "en-US") == ()


@pytest.mark.parametrize(("locale", "unclear"), [("en", []), ("es", ["CG"]), ("de", [])])
def test_the_name_that_is_shown_is_understood(locale: str, unclear: list[str]) -> None:
    understood = {code: countries.exact(countries.name(code, locale), "en") for code in CODES}
    # The one exception: both countries called Congo, of which Spanish calls one just that.
    assert understood == {code: None if code in unclear else code for code in CODES}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("germ", "DE"),
        ("germny", "DE"),
        ("swizerland", "CH"),
        ("austrlia", "AU"),
        ("unted kingdm", "GB"),
        ("south koera", "KR"),
        ("philipines", "PH"),
        ("columbia", "CO"),
        ("new zeland", "NZ"),
        ("argentna", "AR"),
        ("rep dom", "DO"),
        ("korea south", "KR"),
        ("eng", "GB"),
        ("nethrl", "NL"),
    ],
)
def test_half_words_and_slips_still_find_the_country(words: str, code: str) -> None:
    assert code in countries.search(words, "en-US", 3)


def test_an_exact_code_goes_before_names_that_only_begin_like_it() -> None:
    assert countries.search("in", "en-US")[0] == "IN"
    assert countries.search("us", "en-US")[0] == "US"


def test_a_name_in_the_readers_language_goes_before_a_code() -> None:
    assert countries.exact("Nga", "vi") == "RU"
    assert countries.exact("NG", "vi") == "NG"


@pytest.mark.parametrize("locale", DISCORD_LOCALES)
def test_every_country_is_found_by_its_name_in_the_readers_language(locale: str) -> None:
    for code in CODES:
        shown = countries.name(code, locale)
        assert countries.exact(shown, locale) == code
        assert countries.exact(code, locale) == code


def test_a_language_that_nobody_knows_is_answered_in_english() -> None:
    assert countries.name("ES", "tlh-XX") == "Spain"
    assert countries.exact("Spain", "not a locale") == "ES"


@given(st.sampled_from(CODES), st.data())
@settings(max_examples=150, deadline=None)
def test_one_slip_in_a_long_name_keeps_the_country_among_the_first_five(
    code: str, data: st.DataObject
) -> None:
    name = countries.name(code, "en")
    letters = [at for at in range(1, len(name) - 1) if name[at : at + 2].isalpha()]
    if len(name) < 7:
        return
    at = data.draw(st.sampled_from(letters))
    slip = data.draw(st.sampled_from(["drop", "swap", "double"]))
    if slip == "drop":
        typed = name[:at] + name[at + 1 :]
    elif slip == "swap":
        typed = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    else:
        typed = name[:at] + name[at] + name[at:]
    assert code in countries.search(typed, "en", 5)


@given(st.sampled_from(CODES), st.integers(3, 20))
@settings(deadline=None)
def test_the_beginning_of_a_name_is_enough(code: str, length: int) -> None:
    assert code in countries.search(countries.name(code, "es")[:length], "es", 25)


@given(st.text(max_size=200), st.integers(1, 25))
@settings(deadline=None)
def test_anything_typed_gives_a_few_different_countries_or_none(typed: str, limit: int) -> None:
    found = countries.search(typed, "en-US", limit)
    assert len(found) <= limit
    assert len(set(found)) == len(found)
    assert set(found) <= set(CODES)


def test_nothing_typed_lists_countries_by_name_and_prefers_none() -> None:
    first = [countries.name(code, "en-US") for code in countries.search("", "en-US")]
    assert first[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert len(first) == 25
