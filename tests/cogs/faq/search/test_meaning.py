from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs.faq.search import Document, Index, Verdict, meaning
from cogs.faq.search.encoder import pack, unpack
from cogs.faq.search.meaning import Meaning
from tests.cogs.faq.search.understanding import Thesaurus, understanding

FAQ = (
    Document("umbrella", "Where do I put my umbrella?", ("umbrella stand",), "By the door."),
    Document("kettle", "Who fills the kettle?", ("kettle water",), "Whoever was last."),
    Document("bicycle", "Can I bring a bicycle?", (), "Yes. It stands in the yard."),
)


def asked(text: str, documents: tuple[Document, ...] = FAQ) -> tuple[Verdict, str | None]:
    result = Index(documents, understanding(Thesaurus(), documents)).ask(text)
    return result.verdict, result.hits[0].id if result.hits else None


def test_other_words_for_the_same_find_the_entry() -> None:
    assert Index(FAQ).ask("where do i put my brolly").verdict is not Verdict.FOUND
    assert asked("where do i put my brolly") == (Verdict.FOUND, "umbrella")
    assert asked("dejo paraguas")[1] == "umbrella"


def test_an_entry_in_another_language_is_found_by_what_it_means_alone() -> None:
    english = tuple(replace(document, language="en") for document in FAQ)
    index = Index(english, understanding(Thesaurus(), english))
    within, across = (index.ask("dónde dejo mi paraguas", language=asked) for asked in ("en", "es"))
    assert within.verdict is not Verdict.FOUND
    assert across.verdict is Verdict.FOUND
    assert across.hits[0].id == "umbrella"
    assert index.ask("pizza buena cerca", language="es").verdict is Verdict.NOTHING


def test_entries_in_ones_own_language_are_compared_as_ever() -> None:
    english = tuple(replace(document, language="en") for document in FAQ)
    index = Index(english, understanding(Thesaurus(), english))
    assert index.ask("brolly", language="en") == index.ask("brolly")


def test_what_means_something_else_is_not_found() -> None:
    assert asked("best pizza near me")[0] is Verdict.NOTHING


def test_two_entries_that_mean_the_same_are_offered_and_neither_is_the_answer() -> None:
    twins = (
        Document("a", "Where do I put my umbrella?", (), ""),
        Document("b", "Where do I put my parasol?", (), ""),
        Document("c", "Who fills the kettle?", (), ""),
    )
    verdict, _ = asked("where do i put my brolly", twins)
    assert verdict is Verdict.NEARBY


def test_a_slip_is_mended_before_it_is_understood_and_a_good_word_is_not() -> None:
    encoder = Thesaurus()
    index = Index(FAQ, understanding(encoder, FAQ))
    encoder.encoded.clear()
    index.ask("my umbrela and my bike")
    assert encoder.encoded == ["my umbrella and my bike"]


def test_an_entry_is_as_near_when_there_are_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Thesaurus()
    vectors = understanding(encoder, FAQ).vectors
    said = [[vectors[text] for text in document.said()] for document in FAQ]
    passages = [[vectors[text] for text in document.passages()] for document in FAQ]
    asked = encoder.encode(["where do i leave my brolly"])[0]
    whole = Meaning(said, passages).scores(asked)
    monkeypatch.setattr(meaning, "LOOKED_AT", 1)
    few = Meaning(said, passages).scores(asked)
    assert few[0] == pytest.approx(whole[0])
    assert few.argmax() == whole.argmax() == 0


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(2, 40))
def test_packing_keeps_the_direction(seed: int, rows: int, width: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    back = unpack(pack(vectors))
    assert np.einsum("ij,ij->i", vectors, back).min() > 0.999
