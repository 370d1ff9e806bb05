from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from cogs.faq.search.speller import MOST_CORRECTIONS, TWO_SLIPS_FROM, Speller

WORDS = {"support": 9, "supper": 1, "pairing": 3, "leave": 2, "community": 4, "reports": 1}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("suport", "support"),  # a letter dropped
        ("suppoort", "support"),  # a letter doubled
        ("supporr", "support"),  # the key beside
        ("paring", "pairing"),
        ("pairign", "pairing"),  # two swapped
        ("comunitty", "community"),  # two slips in a long word
    ],
)
def test_a_slip_of_the_fingers_is_mended(typed: str, meant: str) -> None:
    assert Speller(WORDS).mend([typed]) == [meant]


@pytest.mark.parametrize("word", ["support", "lea", "lithium", "die", "kind", "suppport2go"])
def test_a_word_that_is_known_short_or_far_stays(word: str) -> None:
    assert Speller(WORDS).mend([word]) == [word]


def test_the_first_letter_then_the_commoner_word_decides_between_two_as_near() -> None:
    speller = Speller({"light": 1, "night": 9, "liget": 2})
    assert speller.mend(["lighet"]) == ["liget"]
    assert Speller({"light": 9, "night": 99}).mend(["lighta"]) == ["light"]


def test_only_so_many_words_of_one_text_are_looked_up() -> None:
    mended = Speller(WORDS).mend(["suport"] * 50)
    assert mended.count("support") == MOST_CORRECTIONS


def test_a_word_that_is_only_begun_is_recognised() -> None:
    speller = Speller(WORDS)
    assert speller.begins("commu")
    assert not speller.begins("comu")
    assert not speller.begins("zzz")


@given(st.lists(st.text(min_size=1), max_size=5), st.dictionaries(st.text(min_size=1), st.just(1)))
def test_every_word_comes_out_as_itself_or_as_a_known_one(
    words: list[str], known: dict[str, int]
) -> None:
    mended = Speller(known).mend(words)
    assert len(mended) == len(words)
    assert all(after in {before, *known} for before, after in zip(words, mended, strict=True))


near_words = st.text("abcdeé", min_size=4, max_size=9)


@given(near_words, st.sets(near_words, max_size=20))
def test_no_known_word_that_is_near_enough_is_overlooked(word: str, known: set[str]) -> None:
    """Which words come into question at all is seen by their letters; none may be lost by it."""
    slips = 2 if len(word) >= TWO_SLIPS_FROM else 1
    near = {one: distance for one in known if (distance := OSA.distance(word, one)) <= slips}
    after = Speller(dict.fromkeys(known, 1)).mend([word])[0]
    assert after in near if near else after == word
    assert near.get(after, 0) == min(near.values(), default=0)
