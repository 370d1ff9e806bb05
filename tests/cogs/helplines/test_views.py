"""How a country reads, in both languages, without a Discord."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.texts import Texts, Words
from cogs.helplines import views
from cogs.helplines.model import (
    Answer,
    Emergency,
    Grade,
    PageDate,
    Service,
    Source,
    answer,
)
from cogs.helplines.service import shipped_helplines
from tests.cogs.helplines.samples import CHECKED, helpline

TEXTS = Texts.load()
SHIPPED = shipped_helplines()


def words(locale: str) -> Words:
    return Words(TEXTS, locale)


def texts_of(panel: Any) -> list[str]:
    return [item.content for item in panel.walk_children() if hasattr(item, "content")]


def links_of(panel: Any) -> list[str]:
    return [item.url for item in panel.walk_children() if getattr(item, "url", None)]


@pytest.mark.parametrize("locale", TEXTS.locales)
@pytest.mark.parametrize("country", [*SHIPPED.countries, "TV"])
def test_every_country_fits_one_message_and_ends_with_the_finder(country: str, locale: str) -> None:
    panel = views.numbers_panel(words(locale), answer(SHIPPED, country), locale)
    texts = texts_of(panel)
    assert sum(map(len, texts)) <= 4_000
    assert links_of(panel)[-1] == "https://findahelpline.com/"
    assert texts[-1] == words(locale)("helplines.finder")


def test_emergency_numbers_come_first_then_lines_with_all_that_is_known() -> None:
    panel = views.numbers_panel(words("en"), answer(SHIPPED, "GB"), "en-GB")
    title, emergency, line, checked, _ = texts_of(panel)
    assert title == "### Helplines: United Kingdom"
    assert "**999** (police, ambulance and fire service)" in emergency
    assert line.splitlines()[:2] == ["**Samaritans**", "Call **116 123**"]
    assert "Hours: day and night, every day. Languages: English. Free to call." in line
    assert "From public pages of 8 August 2026, not called." in line
    assert "Hours and other details are from a page without a date." in line
    assert "checked on 21 November 2026, not called" in checked


def test_dates_and_names_are_in_the_readers_language() -> None:
    panel = views.numbers_panel(words("es"), answer(SHIPPED, "IT"), "es-ES")
    title, _, line, *_ = texts_of(panel)
    assert title == "### Líneas de ayuda: Italia"
    assert "10 de septiembre de 2025" in line
    assert "Idiomas: italiano." in line
    assert "de 09:00 a 24:00" in line


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"phone": "*4141", "mobile_only": True}, r"Call **\*4141** from a mobile phone"),
        ({"text": "741741", "text_word": "DISCORD"}, "Text **DISCORD** to **741741**"),
        ({"text": "988"}, "Text **988**"),
        ({"whatsapp": "+65 6669 1771"}, "WhatsApp **+65 6669 1771**"),
        ({"chat": "https://chat.example/"}, "Chat: https://chat.example/"),
        ({"site": "https://a.example/"}, "Website: https://a.example/"),
        ({"hours": "09:00-24:00"}, "Hours: every day, 09:00 to 24:00."),
        ({"hours": None}, "Hours: not known."),
        ({"free": False}, "Calls cost money."),
        ({"languages": ("de", "fr")}, "Languages: German and French."),
        ({"sources": (Source("https://a.example/", PageDate(2025)),)}, "pages of 2025, not"),
        ({"sources": (Source("https://a.example/", PageDate(2025, 9)),)}, "of September 2025,"),
        ({"grade": Grade.SERVER}, "Added by the moderators of this server on August 8, 2026"),
    ],
)
def test_a_line_says_in_words_all_that_is_known(changes: dict[str, Any], told: str) -> None:
    assert told in views.helpline_text(words("en"), helpline(**changes), "en")


def test_details_that_are_older_than_the_number_say_so() -> None:
    sources = (
        Source("https://a.example/", PageDate(2026, 8, 8), number_only=True),
        Source("https://b.example/", PageDate(2016, 8)),
    )
    told = views.helpline_text(words("en"), helpline(sources=sources, hours="24/7"), "en")
    assert "Hours and other details are from a page of August 2016." in told


def test_what_moderators_typed_cannot_format_or_mention() -> None:
    line = helpline(grade=Grade.SERVER, name="**@everyone** <@1>", hours="[x](https://b.example/)")
    told = views.helpline_text(words("en"), line, "en")
    assert "@everyone" not in told
    assert "<@1>" not in told
    assert "](https://" not in told


def test_many_lines_are_cut_before_the_finder_is() -> None:
    lines = tuple(helpline(id=f"es-{n}", name="a" * 100, hours="24/7") for n in range(40))
    emergency = (Emergency("112", (Service.POLICE,), ()),)
    full = Answer("ES", emergency, lines, "https://finder.example/", CHECKED)
    panel = views.numbers_panel(words("en"), full, "en")
    texts = texts_of(panel)
    assert sum(map(len, texts)) <= 4_000
    assert any("more lines do not fit here" in text for text in texts)
    assert links_of(panel) == ["https://finder.example/"]
    assert panel.total_children_count <= 40


def test_no_country_is_shown_by_a_picture() -> None:
    panel = views.matches_panel(words("en"), ["ES", "PT"], "en", "https://finder.example/")
    parts = [
        part for row in panel.to_components()[0]["components"] for part in row.get("components", ())
    ]
    assert [part["label"] for part in parts] == [
        "Spain",
        "Portugal",
        "Try other words",
        "Find A Helpline (website)",
    ]
    assert not any("emoji" in part for part in parts)


def test_a_country_known_only_to_a_server_says_that_emergency_numbers_are_missing() -> None:
    own = Answer("TV", (), (helpline(country="TV"),), "https://finder.example/", date(2026, 1, 1))
    texts = texts_of(views.numbers_panel(words("en"), own, "en"))
    assert "No emergency number for Tuvalu is listed here." in texts[1]
