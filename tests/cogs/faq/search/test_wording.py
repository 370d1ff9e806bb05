from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.faq.search.wording import MAX_CHARACTERS, plain


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("What IS peer support?", "what is peer support"),
        ("whats **peer** ~~support~~ `plz`", "whats peer support plz"),
        ("don’t won't", "dont wont"),
        ("  a\n\tb  ", "a b"),
        ("¿Qué es el apoyo mutuo, ÉL?", "que es el apoyo mutuo el"),
        ("ＷＩＤＥ ﬁne", "wide fine"),
        ("p\u0338e\u0322e\u0360r s\u0337\u0321u\u0353pport", "peer support"),
        ("\u202eright\u200f \u200bto\u200d left\u2069", "right to left"),
        ("hey <@123> <@!123> <@&5> <#9> <:hug:42> <a:wave:43> you", "hey you"),
        ("'; DROP TABLE faq; --", "drop table faq"),
        ("😂😂😂", ""),
        ("?!", ""),
        ("", ""),
        (" \u200b\u2060", ""),
        ("straße", "strasse"),
        ("Ёлка", "елка"),
    ],
)
def test_what_a_person_would_call_the_same_is_read_the_same(typed: str, read: str) -> None:
    assert plain(typed) == read


@pytest.mark.parametrize("word", ["हिन्दी", "ภาษาไทย", "தமிழ்", "한국어", "がっこう", "日本語"])
def test_marks_that_belong_to_a_script_stay(word: str) -> None:
    assert plain(word) == word


@pytest.mark.parametrize("typed", ["a" * 6000, "a " * 3000, "a" + "\u0301" * 5999, "ﷺ" * 6000])
def test_a_long_text_is_read_up_to_a_limit(typed: str) -> None:
    assert 0 < len(plain(typed)) <= MAX_CHARACTERS


@given(st.text(st.characters(max_codepoint=127)))
def test_a_text_of_plain_letters_is_read_as_any_other(text: str) -> None:
    """They are read in a shorter way, which a letter of another kind closes."""
    assert plain(f"{text} \u00e9") == f"{plain(text)} e".strip()


@given(st.text())
def test_a_text_that_was_read_is_read_as_itself(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert once == " ".join(once.split())
