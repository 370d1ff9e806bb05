from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs.faq.catalogs_service import CONTENT, documents_of, shipped_entries
from cogs.faq.search import lexical
from cogs.faq.search.lexical import (
    CENTRE,
    FLATTEN,
    LENGTH,
    LONGEST_GRAM,
    NEAREST,
    SATURATION,
    SHORTEST_GRAM,
    STEM,
    WORDS,
    Lexical,
)

PHRASINGS = [
    ["how do i leave a pair", "stop being paired"],
    ["what is peer support", "peer support meaning", "explain peer support"],
    ["who can read my answers"],
]
ANSWERS = ["press leave at any time", "people who help each other as equals", "nobody but you"]


def test_other_forms_of_a_word_still_count() -> None:
    scores = Lexical(PHRASINGS, ANSWERS).scores("pairs leaving")
    assert scores.argmax() == 0


def test_words_of_the_answer_count_too() -> None:
    assert Lexical(PHRASINGS, ANSWERS).scores("equals").argmax() == 1


def test_words_that_no_entry_uses_make_a_fit_worse() -> None:
    index = Lexical(PHRASINGS, ANSWERS)
    assert index.scores("what is peer support")[1] > index.scores("what is zebra support")[1]


def test_what_nobody_shares_scores_nothing() -> None:
    assert not Lexical(PHRASINGS, ANSWERS).scores("привет").any()


def test_a_topic_touched_in_passing_explains_little_of_a_question() -> None:
    index = Lexical(PHRASINGS, ANSWERS)
    assert index.explained("how do i leave a pair", 0) == pytest.approx(1)
    assert index.explained("leave this cold dark world", 0) < 0.4
    assert index.explained("equals", 1) == 0  # the answer says it, no phrasing does


def test_a_half_typed_word_is_enough_to_begin_with() -> None:
    assert Lexical(PHRASINGS, ANSWERS).begun("who can re").argmax() == 2


def test_what_one_entry_says_often_stays_its_own() -> None:
    """Rarity counts entries, so a word in ten phrasings of one tells as much as in one."""
    index = Lexical([["refund"] * 10, ["order please", "please"], ["help please"]], ["", "", ""])
    scores = index.scores("refund please")
    assert scores.argmax() == 0


def test_what_very_many_phrasings_share_is_left_out_and_the_rest_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lexical, "MOST_ROWS", 2)
    entries = [[f"the same beginning {word}"] for word in ("apple", "cherry", "walnut")]
    scores = Lexical(entries, ["", "", ""]).scores("the same beginning cherry")
    assert scores.argmax() == 1
    assert np.isfinite(scores).all()


# The same, from the definitions and without any hurry


def plainly(
    phrasings: Sequence[Sequence[str]], answers: Sequence[str], text: str
) -> tuple[list[float], list[float], list[float]]:
    """For each entry what `scores`, `begun` and `explained` have to say."""

    def grams(padded: str) -> Counter[str]:
        sizes = range(SHORTEST_GRAM, LONGEST_GRAM + 1)
        return Counter(padded[at : at + n] for n in sizes for at in range(len(padded) - n + 1))

    def stems(said: str) -> Counter[str]:
        return Counter(word[:STEM] for word in said.split())

    def length(weights: Mapping[str, float]) -> float:
        return math.sqrt(sum(weight**2 for weight in weights.values()))

    def rarity(feature: str, entries: Sequence[Collection[str]]) -> float:
        return math.log((len(entries) + 1) / (sum(feature in one for one in entries) + 0.5))

    counted = [[grams(f" {one} ") for one in entry] for entry in phrasings]
    spelt = [set(chain.from_iterable(entry)) for entry in counted]

    @functools.cache
    def rare(gram: str) -> float:
        return rarity(gram, spelt) ** FLATTEN

    weighed = [[{g: n * rare(g) for g, n in row.items()} for row in entry] for entry in counted]
    holding = Counter(chain.from_iterable(chain.from_iterable(weighed)))
    mean = fmean(length(row) for entry in weighed for row in entry)

    def likeness(padded: str, row: Mapping[str, float]) -> float:
        asked = {gram: count * rare(gram) for gram, count in grams(padded).items()}
        shared = [asked[g] * row.get(g, 0) for g in asked if holding[g] <= lexical.MOST_ROWS]
        return sum(shared) / length(asked) / length(row)

    def centre(entry: Sequence[Mapping[str, float]]) -> float:
        whole = Counter[str]()
        for row in entry:
            whole.update({gram: weight / length(row) for gram, weight in row.items()})
        return sum(likeness(f" {text} ", row) for row in entry) / length(whole)

    asked = [stems(" ".join(entry)) for entry in phrasings]
    said = [one + stems(answer) for one, answer in zip(asked, answers, strict=True)]

    def share(entries: Sequence[Counter[str]], worth: Callable[[str, int], float]) -> list[float]:
        weights = {stem: rarity(stem, entries) for stem in stems(text)}
        whole = sum(weights.values())
        return [
            sum(weight * worth(stem, number) for stem, weight in weights.items()) / whole
            for number in range(len(entries))
        ]

    def bm25(stem: str, number: int) -> float:
        relative = said[number].total() / fmean(one.total() for one in said)
        count = said[number][stem]
        return count / (count + SATURATION * (1 - LENGTH + LENGTH * relative))

    words = share(said, bm25)
    nearest = [max(likeness(f" {text} ", row) for row in entry) for entry in weighed]
    scores = [
        min(NEAREST * near + CENTRE * centre(entry) + WORDS * word, 1)
        for near, entry, word in zip(nearest, weighed, words, strict=True)
    ]
    begun = [
        max(likeness(f" {text}", row) * math.sqrt(length(row) / mean) for row in entry) + word
        for entry, word in zip(weighed, words, strict=True)
    ]
    return scores, begun, share(asked, lambda stem, number: stem in asked[number])


def assert_plainly(
    index: Lexical, phrasings: Sequence[Sequence[str]], answers: Sequence[str], text: str
) -> None:
    scores, begun, explained = plainly(phrasings, answers, text)
    assert index.scores(text) == pytest.approx(scores, abs=1e-5)
    assert index.begun(text) == pytest.approx(begun, abs=1e-5)
    for number, share in enumerate(explained):
        assert index.explained(text, number) == pytest.approx(share, abs=1e-5)


words = st.text("abcñ", min_size=1, max_size=6)
texts = st.lists(words, min_size=1, max_size=5).map(" ".join)
some_entries = st.lists(
    st.tuples(st.lists(texts, min_size=1, max_size=4), st.one_of(st.just(""), texts)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(some_entries, texts, st.sampled_from([2, 3000]))
def test_scores_are_what_their_definition_says(
    entries: list[tuple[list[str], str]], text: str, most_rows: int
) -> None:
    phrasings, answers = [said for said, _ in entries], [answer for _, answer in entries]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "MOST_ROWS", most_rows)
        assert_plainly(Lexical(phrasings, answers), phrasings, answers, text)


@pytest.mark.parametrize("language", sorted(path.stem for path in CONTENT.glob("*.yaml")))
def test_what_ships_is_scored_as_the_definition_says(language: str) -> None:
    shipped = documents_of(shipped_entries()[language])[::9]
    phrasings = [document.said() for document in shipped]
    answers = [document.told() for document in shipped]
    index = Lexical(phrasings, answers)
    for text in ["w", "xyz", f"{phrasings[0][0][:9]} zebra", phrasings[1][0], phrasings[2][-1]]:
        assert_plainly(index, phrasings, answers, text)
