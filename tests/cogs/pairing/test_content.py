"""The topics and openers that ship, and what may not be one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.doctor import Grade
from bot.errors import ContentError, UserError
from cogs.pairing.check import findings
from cogs.pairing.content import LONGEST_NAME, USUAL, check_topic, names_the_sensitive, parse
from cogs.pairing.model import TOPICS_LIMIT
from cogs.pairing.service import shipped_content

SHIPPED = shipped_content()


def test_every_language_ships_the_same_topics_and_openers() -> None:
    assert {"de", "en", "es", "fr", "pt-BR"} == set(SHIPPED)
    english = SHIPPED["en"]
    for content in SHIPPED.values():
        assert [one.id for one in content.topics] == [one.id for one in english.topics]
        assert [one.id for one in content.openers] == [one.id for one in english.openers]
        assert len(content.openers) >= 60
        assert USUAL < TOPICS_LIMIT <= len(content.topics)
    assert SHIPPED["en"].topics[0].name != SHIPPED["es"].topics[0].name


def test_the_doctor_has_nothing_to_say_against_them() -> None:
    assert [one.grade for one in findings(date(2026, 1, 5))] == [Grade.FINE]


@pytest.mark.parametrize(
    "name",
    [
        *("Depression", "living with anxiety", "ADHD friends", "PTSD", "Recovery", "Panic attacks"),
        *("Mental health", "self-harm", "Sobriety", "Autistic folks", "Chronic pain", "therapy"),
        *("Ansiedad", "Depresión", "TDAH", "salud mental", "Adicciones", "personas autistas"),
        *("Trastorno bipolar", "duelo y terapia", "Cáncer", "Gay men", "LGBTQ+", "Christians"),
        *("Ängste", "psychische Krankheiten", "Leben mit ADHS", "Trauer", "Jüdisches Leben"),
        *("Política", "religion", "Iglesia", "ＡＤＨＤ", "Santé", "Maladies rares", "Politique"),
        *("Saúde mental", "Dor crônica", "Crise de pânico", "Evangélicos", "Fé", "Sexo"),
    ],
)
def test_a_topic_that_says_how_somebody_is_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UserError, match="sensitive"):
        check_topic(name, ())


@pytest.mark.parametrize(
    "name",
    [
        *("Sourdough", "Chess", "Trains and transport", "Addition tricks", "Painting"),
        *("Judo", "Wandern", "Kraniche falten", "Krebse und Muscheln", "Zwetschgen"),
        *("Senderismo", "Sci-fi", "Tocar la guitarra", "K-pop", "Museums", "Fútbol"),
        *("Faire du pain", "Pain et brioche", "Randonnée", "Échecs"),
        *("Jogos de sexta à noite", "Pescaria", "Adoro café", "Festas juninas"),
    ],
)
def test_what_people_like_is_taken(name: str) -> None:
    assert check_topic(f"  {name} ", ()) == name


@pytest.mark.parametrize(
    "name", ["", "a", "12 34", "x" * (LONGEST_NAME + 1), "a\u202eb c", "a\x00b"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="length"):
        check_topic(name, ())


def test_the_same_topic_twice_is_refused_however_it_is_written() -> None:
    with pytest.raises(UserError, match="twice"):
        check_topic("FÚTBOL", ["Futbol"])


@given(st.text(max_size=80))
def test_whatever_is_typed_is_taken_in_its_proper_form_or_refused(typed: str) -> None:
    try:
        taken = check_topic(typed, ())
    except UserError:
        return
    assert check_topic(taken, ()) == taken
    assert not names_the_sensitive(taken)


TOPICS = "\n".join(f"  - id: topic-{n}\n    name: Thing {chr(97 + n)}" for n in range(USUAL))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("- 1", "must be a mapping"),
        ("topics: []\nopeners: []", "must be a list"),
        ("topics:\n  - id: a1\n    name: Music\nopeners:\n  - id: b1\n    text: How are the trees?",
         "at least"),
        (f"topics:\n{TOPICS}\nopeners:\n  - id: b1\n    text: Why are you here today?", "presses"),
        (f"topics:\n{TOPICS}\nopeners:\n  - id: b1\n    text: From 1 to 10, how is it?", "presses"),
        (f"topics:\n{TOPICS}\nopeners:\n  - id: b1\n    text: How is your anxiety?", "presses"),
        (f"topics:\n{TOPICS}\nopeners:\n  - id: b1\n    text: Tell me about it.", "one question"),
        (f"topics:\n{TOPICS}\n  - id: topic-0\n    name: Again\nopeners:\n  - id: b1\n"
         "    text: How are the trees?", "twice"),
        (f"topics:\n{TOPICS}\n  - id: own-1\n    name: Mine\nopeners:\n  - id: b1\n"
         "    text: How are the trees?", "an id is"),
        (f"topics:\n{TOPICS}\n  - id: bad\n    name: Therapy\nopeners:\n  - id: b1\n"
         "    text: How are the trees?", "sensitive"),
    ],
)  # fmt: skip
def test_content_that_breaks_a_rule_is_refused_with_its_line(written: str, reason: str) -> None:
    document = parse_yaml(written, "pairing/en.yaml")
    with pytest.raises(ContentError, match=reason):
        parse(document.data, document.error)


def test_a_start_takes_for_fit_what_the_check_judges() -> None:
    written = (
        f"topics:\n{TOPICS}\nopeners:\n  - id: b1\n    text: Why are you here today?\n"
        "  - id: b2\n    text: How are the trees?"
    )
    document = parse_yaml(written, "pairing/en.yaml")
    taken = parse(document.data, document.error, judged=False)
    assert [opener.id for opener in taken.openers] == ["b1", "b2"]
    with pytest.raises(ContentError, match="presses"):
        parse(document.data, document.error)
