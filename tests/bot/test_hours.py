"""Hours as moderators write them, and when they next are."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.hours import Hours, Span, accepted, apart, composed, read_hours, said, times, written
from bot.spoken import EVERY_DAY

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Mon-Fri 18:00-22:00; UTC", (2, 18), (2, 22)),
        ("lun-vie 18:00-22:00; Europe/Berlin", (2, 17), (2, 21)),
        ("Mo bis Fr 18:00 bis 22:00 Uhr; Europe/Berlin", (2, 17), (2, 21)),
        ("Sat 10:00-14:00; Tue 9:00-10:00; UTC", (3, 9), (3, 10)),
        ("20:00-24:00; UTC", (2, 20), (3, 0)),
        ("Sun 22:00-2:00; Mon 11:00-13:00; UTC", (2, 11), (2, 13)),
    ],
)
def test_the_hours_under_way_or_the_next_ones(
    text: str, start: tuple[int, int], end: tuple[int, int]
) -> None:
    found = read_hours(text).upcoming(MONDAY)
    assert found is not None
    assert [(moment.day, moment.hour) for moment in found] == [start, end]


def test_a_night_goes_on_past_midnight() -> None:
    hours = read_hours("Sun 22:00-2:00; UTC")
    found = hours.upcoming(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    assert found == (
        datetime(2026, 3, 1, 22, tzinfo=UTC),
        datetime(2026, 3, 2, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("Mon-Fri 18:00-22:00", "Mon-Fri; UTC", "18-22; UTC", "Mon 25:00-26:00; UTC", "; UTC"),
        *(
            "someday 18:00-22:00; UTC",
            "Mon 18:00-22:00; Nowhere/Land",
            "UTC",
            "Mon 10:61-11:00;UTC",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(UserError, match=r"settings\.refused\.hours"):
        accepted(text)


@given(st.text(max_size=200))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    try:
        given_back = accepted(text)
    except UserError as error:
        given_back = error.key
    assert given_back in {text, "settings.refused.hours"}


@given(st.integers(0, 10_000))
def test_hours_that_are_given_have_not_ended(minutes: int) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    found = read_hours("Mon-Fri 18:00-22:00; Sat 23:00-3:00; Europe/Berlin").upcoming(now)
    assert found is not None
    assert found[0] < found[1]
    assert now < found[1] <= now + timedelta(days=8)


minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))
spans = st.builds(Span, st.frozensets(st.integers(0, 6), min_size=1), minutes, minutes)
weeks = st.builds(
    Hours,
    st.lists(spans, min_size=1, max_size=4).map(tuple),
    st.sampled_from(["UTC", "Asia/Tokyo"]),
)


@given(weeks)
def test_hours_are_read_as_they_were_written_and_put_together_as_they_were_taken_apart(
    hours: Hours,
) -> None:
    assert read_hours(written(hours)) == hours
    first, others = apart(hours)
    assert composed(first.days, times(first), others, hours.zone) == written(hours)


@pytest.mark.parametrize(
    ("days", "span", "more", "expected"),
    [
        (frozenset(range(5)), "18:00-22:00", "", "Mon-Fri 18:00-22:00; UTC"),
        (frozenset[int](), "9.30 to 11.00", "", "09:30-11:00; UTC"),
        (
            frozenset({0, 2, 3}),
            "18:00–24:00",
            " sáb 10:00-14:00;",
            "Mon, Wed-Thu 18:00-00:00; Sat 10:00-14:00; UTC",
        ),
        (frozenset({6}), "", "Tue 9:00-10:00", "Tue 09:00-10:00; UTC"),
        (frozenset({6}), " ", "", ""),
    ],
)
def test_the_fields_of_a_form_make_hours(
    days: frozenset[int], span: str, more: str, expected: str
) -> None:
    assert composed(days, span, more, "UTC") == expected


@pytest.mark.parametrize("locale", ["de", "en", "es", "fr", "pt-BR"])
@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_days_are_read_in_a_form_as_they_are_said_in_the_language_of_its_reader(
    locale: str, days: frozenset[int]
) -> None:
    hours = Hours((Span(days, time(18), time(22)),), "UTC")
    more = said(hours, locale).removesuffix("; UTC")
    assert composed(frozenset(), "", more, "UTC", locale) == written(hours)


@pytest.mark.parametrize(("span", "more"), [("evening", ""), ("18:00-22:00", "now and then")])
def test_fields_that_cannot_be_read_are_refused(span: str, more: str) -> None:
    with pytest.raises(UserError, match=r"settings\.refused\.hours"):
        composed(EVERY_DAY, span, more, "UTC")


def test_hours_are_said_in_the_language_of_the_reader() -> None:
    hours = Hours((Span(frozenset(range(5)), time(18), time(22)),), "Europe/Berlin")
    assert said(hours, "en") == "Mon-Fri 18:00-22:00; Europe/Berlin"
    assert said(hours, "es") == "lun-vie 18:00-22:00; Europe/Berlin"
