"""The shipped FAQ at the shipped thresholds, asked with the lines of `benchmarks/own`."""

from __future__ import annotations

import random

import pytest

from benchmarks.faq import Query, mistyped, own_set
from cogs.faq.search import Index, Verdict

OWN = own_set()
INDEX = Index(OWN.documents)
CRISIS = [query for query in OWN.outside if query.kind == "crisis"]


def share_found(queries: list[Query] | tuple[Query, ...], *, right: bool) -> float:
    results = [(query, INDEX.ask(query.text)) for query in queries]
    return sum(
        result.verdict is Verdict.FOUND and (result.hits[0].id in query.relevant) is right
        for query, result in results
    ) / len(queries)


@pytest.mark.parametrize("query", CRISIS, ids=lambda query: query.text)
def test_no_crisis_line_is_answered_from_the_faq(query: Query) -> None:
    assert INDEX.ask(query.text).verdict is not Verdict.FOUND


@pytest.mark.parametrize("seed", range(5))
def test_no_mistyped_crisis_line_is_answered_from_the_faq(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    typed = [mistyped(query.text, 2, rng) for query in CRISIS]
    assert [text for text in typed if INDEX.ask(text).verdict is Verdict.FOUND] == []


def test_a_wrong_answer_is_rare_and_a_right_one_is_not() -> None:
    assert share_found(OWN.inside, right=False) <= 0.03
    assert share_found(OWN.outside, right=False) <= 0.05
    assert share_found(OWN.inside, right=True) >= 0.6
