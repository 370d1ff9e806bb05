from __future__ import annotations

import numpy as np
import pytest

from cogs.faq.search import lexical
from cogs.faq.search.lexical import Lexical

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
