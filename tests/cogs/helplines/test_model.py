from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ContentError, UserError
from cogs.helplines.model import (
    Grade,
    Helpline,
    PageDate,
    ServerRow,
    Service,
    Source,
    answer,
    is_number,
    is_url,
    page_date,
    row_from_form,
    warnings,
)
from tests.cogs.helplines.samples import CHECKED, FILE, GOOD, helpline, read


def test_a_good_file_is_read_whole() -> None:
    found = read(GOOD)
    spain = found.countries["ES"]
    assert found.finder == "https://finder.example/"
    assert spain.emergency[0].services == (Service.POLICE, Service.AMBULANCE, Service.FIRE)
    line = spain.helplines[0]
    assert (line.phone, line.hours, line.languages, line.free) == ("024", "24/7", ("es",), True)
    assert line.grade is Grade.REPORTED
    assert line.checked == CHECKED
    assert found.helpline("es-024") is line
    assert found.helpline("pl-nobody") is None
    assert found.helpline("xx-nowhere") is None


def test_a_page_that_confirms_the_number_alone_dates_nothing_else() -> None:
    line = read(GOOD).countries["ES"].helplines[0]
    assert line.newest_page == PageDate(2026, 8)
    assert line.newest_details == PageDate(2022, 5, 9)


REFUSED = [
    ("finder: https://finder.example/", "finder: nowhere", 1, "no web address"),
    ("  - number: '112'\n    services: [p", "  - services: [p", 11, "number is missing"),
    ("'112'", "'1 1 x'", 11, "can dial"),
    ("'112'", "112", 11, "not text"),
    ("[police, ambulance, fire]", "[police, magic]", 12, "no service"),
    ("[police, ambulance, fire]", "[]", 12, "needs a service"),
    ("    sources: [lists]\n  helplines", "    sources: []\n  helplines", 13, "one source"),
    ("    sources: [lists]\n  helplines", "    sources: [nobody]\n  helplines", 13, "'nobody'"),
    ("    sources: [lists]\n  helplines", "  helplines", 11, "sources is missing"),
    ("country: 'ES'", "country: Spain", 8, "alpha-2"),
    ("country: 'PL'", "country: 'ES'", 27, "twice"),
    ("  checked: '2026-11-21'\n  emer", "  emer", 8, "checked is missing"),
    ("checked: '2026-11-21'", "checked: yesterday", 9, "no date"),
    ("id: es-024", "id: fr-024", 15, "es-plain-words"),
    ("id: es-024", "id: ES 024", 15, "es-plain-words"),
    ("    name: Línea 024\n", "", 15, "name is missing"),
    ("    name: Línea 024", "    name: " + "a" * 101, 16, "at most 100"),
    ("    phone: '024'\n", "", 15, "number to call or write to"),
    ("phone: '024'", "phone: call us", 17, "can dial"),
    ("phone: '024'", "phone: '024'\n    text_word: HOME", 18, "needs the number"),
    ("phone: '024'", "chat: 'javascript:alert(1)'", 17, "no web address"),
    ("hours: '24/7'", "hours: always", 18, "hours read"),
    ("languages: [es]", "languages: [Spanish]", 19, "language code"),
    ("free: true", "free: sometimes", 20, "true or false"),
    ("free: true", "fee: true", 20, "no key"),
    ("grade: B", "grade: C", 21, "grade A and B"),
    ("    checked: '2026-11-21'\n    sources", "    sources", 15, "checked is missing"),
    ("dated: '2026-08'", "dated: '2024-11-20'", 23, "24 months"),
    ("dated: '2026-08'", "dated: soon", 5, "no date"),
    ("dated: '2026-08'", "dated: '2026-13'", 5, "no date"),
    ("dated: '2026-08'", "dated: '2026-11-22'", 23, "newer than the check"),
    ("    - lists\n    - url: https://old.example/\n      dated: '2022-05-09'",
     "    - url: https://old.example/", 23, "needs a date"),
    ("    - lists\n", "    - 5\n", 24, "keys and values"),
    ("free: true", "number_unlisted: true\n    free: true", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "line", "reason"), REFUSED)
def test_a_bad_file_is_refused_with_its_line_and_the_reason(
    good: str, bad: str, line: int | None, reason: str | None
) -> None:
    assert good in GOOD
    text = GOOD.replace(good, bad, 1)
    if reason is None:
        assert read(text)
        return
    with pytest.raises(ContentError) as refused:
        read(text)
    assert refused.value.file == FILE
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_a_number_the_library_does_not_know_needs_two_sources() -> None:
    text = GOOD.replace("free: true", "number_unlisted: true")
    text = text.replace("    - url: https://old.example/\n      dated: '2022-05-09'\n", "")
    with pytest.raises(ContentError, match="two sources"):
        read(text)


@pytest.mark.parametrize("text", ["[]", "just words", "finder: https://a.example/", ""])
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ContentError):
        read(text)


def test_an_operators_page_needs_no_recent_date() -> None:
    text = GOOD.replace("grade: B", "grade: A").replace("dated: '2026-08'", "dated: '2019-05-02'")
    assert read(text).countries["ES"].helplines[0].newest_page == PageDate(2022, 5, 9)


@given(st.dates(date(2020, 1, 1), CHECKED))
def test_a_reported_row_ships_exactly_when_its_page_is_at_most_24_months_old(page: date) -> None:
    text = GOOD.replace("dated: '2026-08'", f"dated: '{page}'").replace("'2022-05-09'", "'2019'")
    if CHECKED - page <= timedelta(days=730):
        assert read(text)
    else:
        with pytest.raises(ContentError):
            read(text)


@pytest.mark.parametrize(
    ("text", "first_day"),
    [
        ("2025", date(2025, 1, 1)),
        ("2025-09", date(2025, 9, 1)),
        ("2025-09-10", date(2025, 9, 10)),
    ],
)
def test_a_vague_date_counts_from_its_first_day(text: str, first_day: date) -> None:
    assert page_date(text).earliest == first_day


@pytest.mark.parametrize("text", ["", "25", "2025-9", "2025-02-30", "0000", "2025 (inferred)"])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        page_date(text)


def test_rows_older_than_90_days_are_named_with_their_line() -> None:
    found = read(GOOD)
    assert warnings(found, CHECKED + timedelta(days=90)) == ()
    told = warnings(found, CHECKED + timedelta(days=91))
    assert f"{FILE}:8: ES: emergency numbers were checked 91 days ago" in told
    assert f"{FILE}:15: es-024: checked 91 days ago" in told


def test_a_row_whose_newest_page_has_grown_old_is_named() -> None:
    told = warnings(read(GOOD), date(2028, 8, 3))
    assert any("es-024: its newest page is older than 24 months" in line for line in told)


NUMBERS = [
    ("112", True),
    ("116 123", True),
    ("*4141", True),
    ("+34 024", True),
    ("03-5774-0992", True),
    ("", False),
    ("-", False),
    ("112 ", False),
    ("1" * 31, False),
    ("one", False),
    ("11*2", False),
    ("112\n911", False),
    ("**112**", False),
]


@pytest.mark.parametrize(("text", "accepted"), NUMBERS)
def test_a_number_is_what_one_can_dial(text: str, accepted: bool) -> None:
    assert is_number(text) is accepted


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("https://findahelpline.com/", True),
        ("http://mieli.fi/helpline", True),
        ("https://a.example/?p=1&q=é", True),
        ("javascript:alert(1)", False),
        ("https://a.example/ <@1>", False),
        ("https://a.example/)[x](https://b.example/", False),
        ("ftp://a.example/", False),
        ("https://" + "a" * 300, False),
    ],
)
def test_an_address_cannot_break_out_of_its_link(text: str, accepted: bool) -> None:
    assert is_url(text) is accepted


def form(**changes: str) -> Helpline:
    told = {
        "name": "Local line",
        "phone": "91 234 56 78",
        "written": "",
        "hours": "",
        "source": "https://local.example/",
    }
    return row_from_form(row_id="es-own-1", country="ES", today=CHECKED, **(told | changes))


def test_a_form_becomes_a_row_that_the_server_vouches_for() -> None:
    line = form(phone=" (91) 234.56.78 ", hours=" 24/7 ")
    assert line.phone == "91 234 56 78"
    assert line.hours == "24/7"
    assert line.grade is Grade.SERVER
    assert line.newest_page == PageDate(2026, 11, 21)


@pytest.mark.parametrize(
    ("written", "text", "chat"),
    [
        ("741741", "741741", None),
        ("https://chat.example/", None, "https://chat.example/"),
    ],
)
def test_one_field_takes_a_number_to_text_or_a_page_to_chat(
    written: str, text: str | None, chat: str | None
) -> None:
    line = form(phone="", written=written)
    assert (line.phone, line.text, line.chat) == (None, text, chat)


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("name", " ", "helplines.refused.name"),
        ("name", "a" * 101, "helplines.refused.name"),
        ("phone", "ask Ana", "helplines.refused.number"),
        ("phone", "", "helplines.refused.unreachable"),
        ("written", "ask Ana", "helplines.refused.written"),
        ("hours", "a" * 121, "helplines.refused.hours"),
        ("source", "", "helplines.refused.source"),
        ("source", "my friend", "helplines.refused.source"),
    ],
)
def test_a_form_is_refused_with_the_field_that_is_wrong(field: str, value: str, key: str) -> None:
    with pytest.raises(UserError) as refused:
        form(**{field: value})
    assert refused.value.key == key


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_is_a_row_or_a_refusal(name: str, phone: str, written: str) -> None:
    try:
        line = form(name=name, phone=phone, written=written)
    except UserError:
        return
    assert all(is_number(number) for number in line.numbers)
    assert "\n" not in line.name


def test_a_server_adds_in_front_changes_in_place_and_hides() -> None:
    shipped = read(GOOD)
    added = helpline(id="es-own-1", name="Ours", grade=Grade.SERVER)
    changed = helpline(name="Changed", grade=Grade.SERVER)
    other = helpline(id="pl-own-2", country="PL")
    rows = (
        ServerRow("es-024", "ES", changed),
        ServerRow("es-own-1", "ES", added),
        ServerRow("pl-own-2", "PL", other),
    )
    assert [line.name for line in answer(shipped, "ES", rows).helplines] == ["Ours", "Changed"]
    hidden = answer(shipped, "ES", (ServerRow("es-024", "ES", None),))
    assert hidden.helplines == ()
    assert hidden.emergency == shipped.countries["ES"].emergency


def test_a_country_that_is_not_listed_still_has_the_finder() -> None:
    found = answer(read(GOOD), "TV")
    assert not found.listed
    assert found.finder == "https://finder.example/"


def test_only_a_page_about_the_number_leaves_the_rest_undated() -> None:
    only = helpline(sources=(Source("https://a.example/", PageDate(2026), number_only=True),))
    assert only.newest_page == PageDate(2026)
    assert only.newest_details is None
