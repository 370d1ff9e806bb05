"""The shipped FAQ at the shipped thresholds, asked with the lines of `benchmarks/own`."""

from __future__ import annotations

import functools
import random

import pytest

from benchmarks.faq import Questions, mistyped, own_set
from cogs.faq.search import Index, Verdict

LOCALES = ("en", "es", "de", "fr", "pt-BR")


@functools.cache
def own(locale: str) -> Questions:
    return own_set(locale)


@functools.cache
def index(locale: str) -> Index:
    return Index(own(locale).documents)


def crisis(locale: str) -> list[str]:
    return [query.text for query in own(locale).outside if query.kind == "crisis"]


def found(locale: str, texts: list[str]) -> list[str]:
    """Those of `texts` that get a ready answer."""
    return [text for text in texts if index(locale).ask(text).verdict is Verdict.FOUND]


def answered(questions: Questions, entries: Index, *, right: bool) -> float:
    """Share of the questions in scope that get a ready answer, and the right one or a wrong one."""
    results = [(query, entries.ask(query.text)) for query in questions.inside]
    return sum(
        result.verdict is Verdict.FOUND and (result.hits[0].id in query.relevant) is right
        for query, result in results
    ) / len(results)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_crisis_line_is_answered_from_the_faq(locale: str) -> None:
    assert found(locale, crisis(locale)) == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("slips", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_no_mistyped_crisis_line_is_answered_from_the_faq(
    locale: str, slips: int, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311
    assert found(locale, [mistyped(text, slips, rng) for text in crisis(locale)]) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_hardly_a_crisis_line_is_answered_while_its_last_word_is_missing(locale: str) -> None:
    """The few that are do not say the danger yet: "mi amiga del grupo se ..."."""
    begun = [text.rsplit(" ", 1)[0] for text in crisis(locale) if text.count(" ") >= 4]
    assert len(found(locale, begun)) <= 0.06 * len(begun)


@pytest.mark.parametrize(
    "text", ["is this a crisis line", "are you a helpline", "is this an emergency service"]
)
def test_a_question_about_the_service_itself_is_answered(text: str) -> None:
    result = index("en").ask(text)
    assert (result.verdict, result.hits[0].id) == (Verdict.FOUND, "bot-crisis-service")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_question_and_phrasing_as_it_stands_is_answered(locale: str) -> None:
    texts = [text for one in own(locale).documents for text in (one.question, *one.phrasings)]
    assert found(locale, texts) == texts


@pytest.mark.parametrize("locale", LOCALES)
def test_a_wrong_answer_is_rare_and_a_right_one_is_not(locale: str) -> None:
    questions = own(locale)
    assert answered(questions, index(locale), right=False) <= 0.01
    assert answered(questions, index(locale), right=True) >= 0.52
    outside = [query.text for query in questions.outside if query.kind != "crisis"]
    assert len(found(locale, outside)) <= 0.05 * len(outside)
