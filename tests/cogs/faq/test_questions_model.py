"""Which questions are alike, and how one ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.faq.model import PHRASING_LIMIT, QUESTION_LIMIT
from cogs.faq.questions_model import (
    ALIKE_FROM,
    WORDS_LENGTH,
    Asking,
    Hear,
    Question,
    Reason,
    State,
    as_phrasings,
    as_title,
    grouped,
    likeness,
)

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def question(words: str, number: int = 0, **other: object) -> Question:
    made = START + timedelta(minutes=number)
    one = Question(f"{number:04}", 1, 2, words, False, Hear.LATER, "en", made, made)
    return one.ended(State.EXPIRED, made, **other) if other else one  # type: ignore[arg-type]


WORDS = st.sampled_from(["when", "does", "the", "choir", "meet", "where", "is", "my", "umbrella"])
SENTENCES = st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=30)
SEVERAL = st.lists(SENTENCES, max_size=12).map(
    lambda said: [question(words, number) for number, words in enumerate(said)]
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When does the choir meet?", "when does the choir meet"),
        ("when does the choir meet", "does the choir meet when"),
        ("when does the choir meet", "when does the chior meet"),
        ("¿Cuándo se reúne el coro?", "cuando se reune el coro"),
        ("where can i leave my umbrella", "where do i leave my umbrella please"),
        ("how do I?", "how do i"),
        ("🫠", "🫠"),
    ],
)
def test_what_one_answer_is_likely_to_fit_is_alike(one: str, other: str) -> None:
    assert likeness(one, other) >= ALIKE_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("when does the choir meet", "where can i leave my umbrella"),
        ("how do i leave the server", "how do i leave my husband"),
        ("i feel so alone", "i feel so much better"),
        ("how do i?", "what is it?"),
        ("🫠", "😀"),
    ],
)
def test_what_another_answer_fits_is_not(one: str, other: str) -> None:
    assert likeness(one, other) < ALIKE_FROM


@given(SENTENCES, SENTENCES)
def test_likeness_is_the_same_both_ways_and_within_bounds(one: str, other: str) -> None:
    found = likeness(one, other)
    assert found == likeness(other, one)
    assert 0 <= found <= 1
    assert likeness(one, one) == 1


@given(SEVERAL, st.randoms(use_true_random=False))
def test_each_question_is_in_one_group_by_age_whatever_order_they_came_in(
    several: list[Question], dice: object
) -> None:
    groups = grouped(several)
    assert sorted(one.id for group in groups for one in group) == [one.id for one in several]
    assert [group[0].id for group in groups] == sorted(group[0].id for group in groups)
    for group in groups:
        assert [one.id for one in group] == sorted(one.id for one in group)
        assert all(likeness(one.words, group[0].words) >= ALIKE_FROM for one in group)
    mixed = list(several)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert grouped(mixed) == groups


@given(SEVERAL, SENTENCES)
def test_a_newer_question_changes_nothing_about_what_was_together(
    several: list[Question], words: str
) -> None:
    newer = question(words, 5_000)
    after = tuple(
        tuple(one for one in group if one is not newer) for group in grouped([*several, newer])
    )
    assert tuple(group for group in after if group) == grouped(several)


def test_many_hostile_questions_are_grouped_at_once() -> None:
    several = [
        question(" ".join(f"{number}word{place}" for place in range(80)), number)
        for number in range(200)
    ]
    assert sum(map(len, grouped(several))) == 200


def test_a_question_that_is_over_has_no_words_left() -> None:
    one = question("my secret")
    for state in State:
        after = one.ended(state, START, reason=Reason.WRITTEN, note="kindly")
        assert after.words == ""
        assert "secret" not in repr(after)


def test_the_form_begins_with_what_was_asked_as_far_as_it_fits() -> None:
    short, long = question("when do\nwe sing?"), question("x" * (PHRASING_LIMIT + 1))
    assert as_title([short]) == "when do we sing?"
    assert as_title([long]) == ""
    assert as_phrasings([short, short, long]) == "when do we sing?"
    assert len(as_title([question("y" * QUESTION_LIMIT)])) == QUESTION_LIMIT


def test_words_to_be_sent_are_cut_where_they_are_too_many_and_it_is_known() -> None:
    asking = Asking.of("a" * (WORDS_LENGTH + 1), 1, 2)
    assert len(asking.words) == WORDS_LENGTH
    assert asking.cut
    kept = Asking.of(" \u202ehello\ud800 ", 1, 2)
    assert (kept.words, kept.cut, kept.named, kept.hear) == ("hello", False, False, Hear.LATER)


def test_what_means_the_same_stands_together_whatever_its_words() -> None:
    asked = [question(words, n) for n, words in enumerate(["choir", "singing", "umbrella"])]
    towards = {"0000": (1, 0), "0001": (0.8, 0.6), "0002": (0.6, 0.8)}
    meanings = {name: np.array(way, np.float32) for name, way in towards.items()}
    together = grouped(asked, meanings)
    assert [[one.words for one in group] for group in together] == [
        ["choir", "singing"],
        ["umbrella"],
    ]
    assert len(grouped(asked)) == 3
    # One that nobody could read stands by its words.
    assert len(grouped(asked, {name: meanings[name] for name in ("0000", "0002")})) == 3
