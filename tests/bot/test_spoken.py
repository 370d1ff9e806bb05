"""Days, times and dates as people write them."""

from __future__ import annotations

import contextlib
from datetime import date, time, timedelta
from typing import Any

import pytest
from babel import Locale
from babel.dates import get_day_names
from hypothesis import given
from hypothesis import strategies as st

from bot import spoken
from bot.errors import UserError
from bot.spoken import EVERY_DAY, WEEKDAYS, WEEKEND
from bot.texts import Texts

TEXTS = Texts.load()
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("every day", EVERY_DAY),
        ("Everyday", EVERY_DAY),
        ("daily", EVERY_DAY),
        ("todos los días", EVERY_DAY),
        ("weekdays", WEEKDAYS),
        ("entre semana", WEEKDAYS),
        ("Monday to Friday", WEEKDAYS),
        ("lunes a viernes", WEEKDAYS),
        ("de lunes a viernes", WEEKDAYS),
        ("mon-fri", WEEKDAYS),
        ("weekends", WEEKEND),
        ("los fines de semana", WEEKEND),
        ("sat-sun", WEEKEND),
        ("fri to mon", {4, 5, 6, 0}),
        ("mon wed fri", {0, 2, 4}),
        ("Mon, Wed & Fri.", {0, 2, 4}),
        ("lunes, miércoles y sábado", {0, 2, 5}),
        ("weekdays and saturday", {0, 1, 2, 3, 4, 5}),
        ("mon tue wed-fri", WEEKDAYS),
        ("every monday", {0}),
        ("los martes", {1}),
        ("Tuesdays", {1}),
        ("wendesday", {2}),
        ("thurs", {3}),
        ("TH", {3}),
        ("täglich", EVERY_DAY),
        ("jeden Tag", EVERY_DAY),
        ("werktags", WEEKDAYS),
        ("am Wochenende", WEEKEND),
        ("Mo bis Fr", WEEKDAYS),
        ("Mo., Mi. und Do.", {0, 2, 3}),
        ("donnerstags", {3}),
        ("lu ma me je ve sa di", EVERY_DAY),
        ("du lundi au vendredi", WEEKDAYS),
        ("le dimanche", {6}),
        ("lu do", {0, 6}),
        ("segunda a sexta", WEEKDAYS),
        ("terça-feira e quintas-feiras", {1, 3}),
        ("todos os dias", EVERY_DAY),
        ("tous les jours", EVERY_DAY),
        ("en semaine", WEEKDAYS),
        ("la fin de semaine", WEEKEND),
        ("lun mer ven", {0, 2, 4}),
        ("tous les mardis et jeudis", {1, 3}),
        ("dias úteis", WEEKDAYS),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, meant: set[int]) -> None:
    assert spoken.days(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "m",
        "not monday",
        "every other day",
        "monday to",
        "to friday",
        "some day",
        "se",
        "s" * 101,
    ],
)
def test_days_that_are_not_certain_are_refused(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        spoken.days(typed)
    assert refused.value.key == "spoken.refused.days"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9", time(9)),
        ("09:30", time(9, 30)),
        ("9.30", time(9, 30)),
        ("9 : 30", time(9, 30)),
        ("930", time(9, 30)),
        ("0930", time(9, 30)),
        ("21h", time(21)),
        ("21h30", time(21, 30)),
        ("9pm", time(21)),
        ("9:30 PM", time(21, 30)),
        ("9 a. m.", time(9)),
        ("12am", time(0)),
        ("12 pm", time(12)),
        ("8 o'clock", time(8)),
        ("8 o’clock", time(8)),
        ("noon", time(12)),
        ("midnight", time(0)),
        ("a mediodía", time(12)),
        ("a las 9 de la noche", time(21)),
        ("12 de la noche", time(0)),
        ("1 de la madrugada", time(1)),
        ("7 in the morning", time(7)),
        ("24:00", time(0)),
        ("9 hours", time(9)),
        ("um 21 Uhr", time(21)),
        ("21 Uhr 30", time(21, 30)),
        ("9 Uhr abends", time(21)),
        ("12 Uhr mittags", time(12)),
        ("Mitternacht", time(0)),
        ("à 9 heures", time(9)),
        ("7 h du soir", time(19)),
        ("midi", time(12)),
        ("à 9 h 30", time(9, 30)),
        ("7 heures 15", time(7, 15)),
        ("3h de l’après-midi", time(15)),
        ("à minuit", time(0)),
        ("às 9 da noite", time(21)),
        ("ao meio-dia", time(12)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, meant: time) -> None:
    assert spoken.wall_time(typed) == meant


@pytest.mark.parametrize("typed", ["", "25", "9:75", "half past", "9 or 10", "-9", "9:5:3", "nine"])
def test_a_time_that_is_not_certain_is_refused(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        spoken.wall_time(typed)
    assert refused.value.key == "spoken.refused.time"


@given(st.times())
def test_every_minute_of_the_day_can_be_written_and_read(at: time) -> None:
    minute = at.replace(second=0, microsecond=0)
    assert spoken.wall_time(minute.strftime("%H:%M")) == minute
    assert spoken.wall_time(minute.strftime("%H%M")) == minute
    assert spoken.wall_time(minute.strftime("%I:%M %p")) == minute


@pytest.mark.parametrize(
    ("typed", "language", "meant"),
    [
        ("Do", "de", {3}),
        ("do", "es", {6}),
        ("Di", "de", {1}),
        ("di", "fr", {6}),
        ("mon", "de", {0}),
        ("sun", "de", {6}),
        ("viernes", "de", {4}),
    ],
)
def test_what_is_another_day_elsewhere_is_read_in_the_readers_language(
    typed: str, language: str, meant: set[int]
) -> None:
    assert spoken.days(typed, language) == meant


@pytest.mark.parametrize("typed", ["do", "di"])
def test_what_two_languages_read_differently_is_refused_to_who_speaks_neither(typed: str) -> None:
    with pytest.raises(UserError, match=r"spoken\.refused\.days"):
        spoken.days(typed, "en")


@pytest.mark.parametrize("locale", TEXTS.locales)
@pytest.mark.parametrize("width", ["wide", "abbreviated", "short"])
def test_a_day_is_read_as_calendars_print_it_in_each_language(locale: str, width: Any) -> None:
    names = get_day_names(width, locale=Locale.parse(locale, sep="-"))
    for day in range(7):
        assert spoken.days(names[day], locale) == {day}


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_what_the_bot_itself_says_for_days_is_read_again(locale: str) -> None:
    assert spoken.days(TEXTS.say("checkins.days.every_day", locale), locale) == EVERY_DAY
    assert spoken.days(TEXTS.say("checkins.days.weekdays", locale), locale) == WEEKDAYS


@given(st.sets(st.integers(0, 6), min_size=1))
def test_every_choice_of_days_can_be_written_and_read(chosen: set[int]) -> None:
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    nombres = ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"]
    noms = ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"]
    assert spoken.days(" ".join(names[day] for day in chosen)) == chosen
    assert spoken.days(", ".join(nombres[day] for day in chosen)) == chosen
    assert spoken.days(" et ".join(noms[day] for day in chosen)) == chosen


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("24.12.2026", date(2026, 12, 24)),
        ("24/12", date(2026, 12, 24)),
        ("12/24", date(2026, 12, 24)),
        ("3.1.", date(2027, 1, 3)),
        ("hasta el 3/1", date(2027, 1, 3)),
        ("tomorrow", TODAY + timedelta(days=1)),
        ("mañana", TODAY + timedelta(days=1)),
        ("3 days", TODAY + timedelta(days=3)),
        ("for a week", TODAY + timedelta(days=7)),
        ("una semana", TODAY + timedelta(days=7)),
        ("2 meses", TODAY + timedelta(days=60)),
        ("1 mes", TODAY + timedelta(days=30)),
        ("morgen", TODAY + timedelta(days=1)),
        ("2 Wochen", TODAY + timedelta(days=14)),
        ("für einen Monat", TODAY + timedelta(days=30)),
        ("bis zum 24.12.", date(2026, 12, 24)),
        ("une semaine", TODAY + timedelta(days=7)),
        ("3 mois", TODAY + timedelta(days=90)),
        ("jusqu’au 3/1", date(2027, 1, 3)),
        ("pendant 3 jours", TODAY + timedelta(days=3)),
        ("deux semaines", TODAY + timedelta(days=14)),
        ("até 24/12", date(2026, 12, 24)),
        ("duas semanas", TODAY + timedelta(days=14)),
    ],
)
def test_the_end_of_a_pause_is_read_as_people_write_it(typed: str, meant: date) -> None:
    assert spoken.pause_end(typed, TODAY) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "yesterday", "today", "2026-11-21", "2020-01-01", "30/2", "29.2.", "9999 days", "soon"],
)
def test_a_pause_never_ends_in_the_past_or_on_a_day_that_is_none(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        spoken.pause_end(typed, TODAY)
    assert refused.value.key == "spoken.refused.until"


def pause_end(typed: str) -> date:
    return spoken.pause_end(typed, TODAY)


@given(st.text(max_size=120))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    for read in (spoken.days, spoken.wall_time, pause_end):
        with contextlib.suppress(UserError):
            read(typed)
