"""What ships, held to its own rules."""

from __future__ import annotations

from datetime import date

import pytest

from bot import doctor
from cogs.helplines import countries
from cogs.helplines.check import findings
from cogs.helplines.model import Country, Grade, warnings
from cogs.helplines.numbers import check_numbers
from cogs.helplines.service import shipped_helplines

SHIPPED = shipped_helplines()


def test_every_shipped_number_is_well_formed() -> None:
    check_numbers(SHIPPED)


def test_every_shipped_country_is_one_that_can_be_chosen() -> None:
    assert set(SHIPPED.countries) <= countries.codes()
    assert len(SHIPPED.countries) == 60


@pytest.mark.parametrize("country", SHIPPED.countries.values(), ids=lambda country: country.code)
def test_every_row_has_its_sources_its_grade_and_the_day_it_was_checked(country: Country) -> None:
    assert country.emergency
    assert all(len(number.sources) >= 2 for number in country.emergency)
    for line in country.helplines:
        assert line.sources
        assert line.grade in {Grade.OPERATOR, Grade.REPORTED}
        assert line.checked <= country.checked
        assert line.newest_page is not None


def test_a_fresh_file_warns_only_of_old_pages() -> None:
    told = warnings(SHIPPED, date(2026, 11, 21))
    assert all("older than 24 months" in line for line in told)
    assert len(told) == 3


def test_the_doctor_finds_what_ships_in_order_and_says_what_has_grown_old() -> None:
    fresh = list(findings(date(2026, 11, 21)))
    assert fresh[0].grade is doctor.Grade.FINE
    assert fresh[0].sentence == "60 countries, 41 helplines; every row has its source and date."
    assert [finding.grade for finding in fresh[1:]] == [doctor.Grade.WARNING]
    assert "3 rows" in fresh[1].sentence
    old = list(findings(date(2027, 3, 1)))
    assert "104 rows" in old[1].sentence


def test_nobody_is_sent_to_a_line_whose_pages_were_too_old() -> None:
    assert SHIPPED.countries["DE"].helplines == ()
    assert SHIPPED.countries["JP"].helplines == ()


def test_the_finder_is_the_international_one() -> None:
    assert SHIPPED.finder == "https://findahelpline.com/"
