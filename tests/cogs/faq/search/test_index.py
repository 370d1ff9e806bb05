from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs.faq.search import Document, Index, Verdict
from cogs.faq.search.index import MAX_SUGGESTED
from cogs.faq.search.wording import plain

FAQ = (
    Document(
        "what-is-peer-support",
        "What is peer support?",
        ("whats peer support", "peer support meaning", "explain peer support to me"),
        "People who have been through something similar help each other as equals.",
    ),
    Document(
        "leave-pairing",
        "How do I leave pairing?",
        ("stop pairing me", "i dont want a partner any more", "quit pairs"),
        "Press Leave. You are out at once and nobody is told why.",
    ),
    Document(
        "who-can-read",
        "Who can read my check-in answers?",
        ("is it private", "do mods see what i write", "can others see my check in"),
        "Nobody: answers are not stored.",
    ),
    Document(
        "how-much",
        "Does it cost anything?",
        ("is it free", "price", "how much is it"),
        "It is free.",
    ),
)


def found(text: str) -> str | None:
    result = Index(FAQ).ask(text)
    return result.hits[0].id if result.verdict is Verdict.FOUND else None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what is peer support", "what-is-peer-support"),
        ("WHAT IS PEER SUPPORT???", "what-is-peer-support"),
        ("explain peer support", "what-is-peer-support"),
        ("how do i leave pairing", "leave-pairing"),
        ("is it private", "who-can-read"),
    ],
)
def test_a_question_finds_its_entry(text: str, answer: str) -> None:
    assert found(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what is peer suport", "what-is-peer-support"),
        ("how do i laeve pairing", "leave-pairing"),
        ("how do i leave pairng", "leave-pairing"),
    ],
)
def test_a_typo_still_finds_the_entry(text: str, answer: str) -> None:
    assert found(text) == answer


def test_accents_may_be_left_out() -> None:
    spanish = (
        Document("que-es", "¿Qué es el apoyo entre iguales?", ("explícame el apoyo",), "Ayuda."),
        Document("salir", "¿Cómo dejo de participar?", ("quiero salir",), "Pulsa Salir."),
    )
    result = Index(spanish).ask("como dejo de participar")
    assert (result.verdict, result.hits[0].id) == (Verdict.FOUND, "salir")


@pytest.mark.parametrize(
    "text",
    ["best pizza near me", "asdf qwer zxcv", "SELECT * FROM users; --", "what time is the match"],
)
def test_what_no_entry_answers_is_never_found(text: str) -> None:
    assert Index(FAQ).ask(text).verdict is not Verdict.FOUND


def test_a_brief_look_alike_is_nearby_and_its_exact_wording_is_found() -> None:
    assert found("is it free") == "how-much"
    assert Index(FAQ).ask("is it me").verdict is not Verdict.FOUND
    assert Index(FAQ).ask("how do i leave").verdict is Verdict.NEARBY


def test_a_question_that_the_entry_does_not_account_for_is_not_found() -> None:
    assert Index(FAQ).ask("how do i leave this cold dark world for ever").verdict is not (
        Verdict.FOUND
    )


def test_two_entries_as_near_are_offered_and_neither_is_called_the_answer() -> None:
    index = Index(
        (
            Document("a", "How do I change my pairing topics?", (), ""),
            Document("b", "How do I change my pairing times?", (), ""),
            Document("c", "What is this?", (), ""),
        )
    )
    result = index.ask("how do i change my pairing")
    assert result.verdict is Verdict.NEARBY
    assert {hit.id for hit in result.hits[:2]} == {"a", "b"}


def test_an_only_entry_does_not_answer_everything() -> None:
    index = Index((Document("only", "What is peer support?", (), "People help each other."),))
    assert index.ask("what is the weather").verdict is not Verdict.FOUND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u202e\u202d\u2066",
        "😂" * 2000,
        "?" * 6000,
        "z\u0337\u0322\u0360" * 2000,
        "word " * 1200,
        "x" * 6000,
        "<@1>" * 1500,
        "\x00\ud800",
        "' OR 1=1; DROP TABLE faq_entries; --",
    ],
)
def test_hostile_text_gets_a_calm_result(text: str) -> None:
    index = Index(FAQ)
    assert index.ask(text).verdict is Verdict.NOTHING
    index.suggest(text)


def test_an_empty_faq_answers_with_nothing() -> None:
    index = Index(())
    assert len(index) == 0
    assert index.ask("what is peer support").hits == ()
    assert index.suggest("what") == ()
    assert index.suggest("") == ()


def test_an_entry_without_a_readable_word_is_listed_and_never_found() -> None:
    index = Index((Document("smile", "😀", ("?!",), "hello"), *FAQ))
    assert len(index) == 5
    assert index.suggest("")[0] == "smile"
    assert "smile" not in {hit.id for hit in index.ask("hello", 10).hits}


def test_a_limit_is_kept_and_does_not_change_the_verdict() -> None:
    index = Index(FAQ)
    for text in ("what is peer support", "peer", "zzz"):
        assert len(index.ask(text, 1).hits) <= 1
        assert index.ask(text, 1).verdict is index.ask(text, 4).verdict
    assert len(index.suggest("i", 2)) <= 2


def test_nothing_typed_yet_shows_entries_in_the_order_given() -> None:
    assert Index(FAQ).suggest("  ") == tuple(document.id for document in FAQ)
    many = [Document(f"e{n}", f"Question {n}", (), "") for n in range(40)]
    assert len(Index(many).suggest("")) == MAX_SUGGESTED


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("wh", {"what-is-peer-support", "who-can-read"}),
        ("what is p", {"what-is-peer-support"}),
        ("peer sup", {"what-is-peer-support"}),
        ("suport me", {"what-is-peer-support"}),
        ("how do i l", {"leave-pairing"}),
        ("do mods se", {"who-can-read"}),
        ("is it fr", {"how-much"}),
    ],
)
def test_half_typed_text_suggests_the_entry_first(typed: str, wanted: set[str]) -> None:
    assert set(Index(FAQ).suggest(typed)[: len(wanted)]) == wanted


def test_every_keystroke_towards_a_question_keeps_it_in_sight() -> None:
    index = Index(FAQ)
    for document in FAQ:
        for end in range(1, len(document.question) + 1):
            assert document.id in index.suggest(document.question[:end])


def test_an_index_may_be_asked_from_many_threads() -> None:
    index = Index(FAQ)
    texts = ["what is peer suport", "leave", "is it private", "pizza"] * 50
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(index.ask, texts)) == [index.ask(text) for text in texts]


def test_importing_the_search_does_not_load_numpy() -> None:
    code = "import sys, cogs.faq.search; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


texts = st.text(max_size=60)
documents = st.lists(
    st.builds(
        Document,
        id=st.text("abcxyz-", min_size=3, max_size=8),
        question=st.one_of(texts, st.text("abcde ", min_size=1, max_size=30)),
        phrasings=st.lists(texts, max_size=3).map(tuple),
        answer=texts,
    ),
    max_size=8,
    unique_by=lambda document: document.id,
)


@settings(deadline=None)
@given(documents, texts)
def test_any_text_gets_ordered_hits_with_scores_from_0_to_1(
    entries: list[Document], text: str
) -> None:
    result = Index(entries).ask(text, 10)
    ranked = [(-hit.score, hit.id) for hit in result.hits]
    assert ranked == sorted(ranked)
    assert all(0 < hit.score <= 1 for hit in result.hits)
    assert len({hit.id for hit in result.hits}) == len(result.hits)
    assert result.verdict is Verdict.NOTHING or result.hits


@settings(deadline=None)
@given(documents)
def test_the_own_question_of_an_entry_is_always_found_first(entries: list[Document]) -> None:
    index = Index(entries)
    first: dict[str, str] = {}
    for document in sorted(entries, key=lambda document: document.id):
        first.setdefault(plain(document.question), document.id)
    for question, name in first.items():
        if question:
            result = index.ask(question)
            assert (result.verdict, result.hits[0].id) == (Verdict.FOUND, name)


@settings(deadline=None)
@given(documents, texts, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(
    entries: list[Document], text: str, rng: object
) -> None:
    shuffled = list(entries)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Index(entries), Index(shuffled)
    assert one.ask(text, 10) == other.ask(text, 10)
    if plain(text):
        assert one.suggest(text) == other.suggest(text)


@settings(deadline=None)
@given(documents, texts)
def test_suggestions_are_the_same_each_time_and_known(entries: list[Document], text: str) -> None:
    index = Index(entries)
    suggested = index.suggest(text)
    assert suggested == Index(entries).suggest(text)
    assert set(suggested) <= {document.id for document in entries}
    assert len(set(suggested)) == len(suggested)
