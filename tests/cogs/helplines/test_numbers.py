from __future__ import annotations

import pytest

from bot.errors import ContentError, UserError
from cogs.helplines.numbers import check_numbers, check_row, is_emergency, is_reachable
from tests.cogs.helplines.samples import GOOD, helpline, read


@pytest.mark.parametrize(
    ("number", "country", "rings"),
    [
        ("116 123", "GB", True),
        ("988", "US", True),
        ("13 11 14", "AU", True),
        ("*4141", "CL", True),
        ("09 2525 0111", "FI", True),
        ("+65 6669 1771", "SG", True),
        ("98", "SE", False),
        ("09 2525 011", "GB", False),
        ("+65 6669 1771", "FI", False),
        ("5", "US", False),
        ("1018", "GR", False),
    ],
)
def test_a_number_rings_only_where_the_library_knows_such_numbers(
    number: str, country: str, rings: bool
) -> None:
    assert is_reachable(number, country) is rings


def test_emergency_numbers_are_those_of_the_country() -> None:
    assert is_emergency("112", "ES")
    assert not is_emergency("911", "ES")


def test_a_good_file_has_good_numbers() -> None:
    check_numbers(read(GOOD))


@pytest.mark.parametrize(
    ("good", "bad", "line", "reason"),
    [
        ("number: '112'", "number: '911'", 11, "no emergency number of ES"),
        ("phone: '024'", "phone: '91 234 56'", 15, "cannot be a number of ES"),
        ("free: true", "text: '12'", 15, "cannot be a number of ES"),
        ("free: true", "number_unlisted: true", 15, "not needed"),
        (
            "phone: '024'\n",
            "phone: '91 234 56'\n    number_unlisted: true\n",
            15,
            "cannot be a number",
        ),
    ],
)
def test_a_malformed_number_is_refused_with_its_line(
    good: str, bad: str, line: int, reason: str
) -> None:
    with pytest.raises(ContentError) as refused:
        check_numbers(read(GOOD.replace(good, bad, 1)))
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_a_short_code_that_the_library_does_not_know_may_be_marked() -> None:
    text = GOOD.replace("'ES'", "'GR'").replace("es-024", "gr-1018").replace("'024'", "'1018'")
    with pytest.raises(ContentError, match="1018 cannot be a number"):
        check_numbers(read(text))
    check_numbers(read(text.replace("free: true", "number_unlisted: true")))


def test_a_servers_number_must_be_one_of_the_country() -> None:
    check_row(helpline(phone="91 234 56 78"))
    check_row(helpline(phone="024"))
    check_row(helpline(phone="1234"))
    with pytest.raises(UserError) as refused:
        check_row(helpline(phone="+44 20 7946 0018"))
    assert refused.value.key == "helplines.refused.number"
