"""The words of the FAQ tell which language a question is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faq import own_set
from cogs.faq.search import Document, Tongues

TONGUES = Tongues(
    [
        Document("a", "Where do I leave my umbrella?", (), "It is dry by the door.", "en"),
        Document("a", "¿Dónde dejo el paraguas?", (), "Junto a la puerta, y es gratis.", "es"),
    ]
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my umbrella", "en"),
        ("DONDE está mi paraguas??", "es"),
        ("wo lasse ich meinen schirm", "de"),
        ("umbrella paraguas", "de"),
        ("xyz", "de"),
        ("", "de"),
        ("🙂", "de"),
    ],
)
def test_the_language_that_knows_most_words_is_it_and_else_the_askers(
    text: str, language: str
) -> None:
    assert TONGUES.of(text, otherwise="de") == language


@given(st.text())
def test_any_text_is_in_some_language(text: str) -> None:
    assert TONGUES.of(text, otherwise="de") in {"en", "es", "de"}


def test_what_people_type_is_told_apart() -> None:
    own = {language: own_set(language) for language in ("en", "es")}
    tongues = Tongues([document for one in own.values() for document in one.documents])
    for language, one in own.items():
        other = {"en": "es", "es": "en"}[language]
        taken = [
            query.text
            for query in (*one.inside, *one.outside)
            if tongues.of(query.text, otherwise=language) == other
        ]
        assert len(taken) <= 1, taken
