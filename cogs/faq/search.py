"""Finds the entry that answers a question: *found*, *nearby* or *nothing*.

Pure and in memory: an `Index` is built once from the entries of a server and never changes, so any
number of threads may ask it at once. Building takes milliseconds for a hundred entries and seconds
for thousands, so do it in a worker thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cogs.faq.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cogs.faq.lexical import Floats

FOUND_FROM = 0.55
NEARBY_FROM = 0.35
SHOWN = 5
"""Hits that a result carries unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Document:
    """What the index is told about an entry."""

    id: str
    question: str
    phrasings: tuple[str, ...]
    answer: str


class Verdict(Enum):
    """What may be said of the best hit."""

    FOUND = "found"
    """The first hit answers the question."""
    NEARBY = "nearby"
    """The hits are worth a look; none of them may be called the answer."""
    NOTHING = "nothing"
    """There is no hit worth showing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and how sure we are of it, 0..1; comparable across questions."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict with its hits, best first, ties by id; no hits when there is nothing."""

    verdict: Verdict
    hits: tuple[Hit, ...]


class Index:
    """The entries of one FAQ, ready to be asked."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Reads `documents`; their ids are distinct. Their order counts only for `suggest("")`."""
        # Here, not above: numpy costs 0.1 s and 12 MB, and the bot starts without a question.
        from cogs.faq.lexical import Spelling, Words
        from cogs.faq.speller import Speller

        given = list(documents)
        self._as_given = tuple(document.id for document in given)
        by_id = sorted(given, key=lambda document: document.id)
        self._ids = tuple(document.id for document in by_id)
        phrasings: list[list[str]] = []
        bags: list[list[str]] = []
        count: dict[str, int] = {}
        self._questions: dict[str, int] = {}
        for number, document in enumerate(by_id):
            texts = [plain(text) for text in (document.question, *document.phrasings)]
            self._questions.setdefault(texts[0], number)
            phrasings.append(texts)
            bags.append([*" ".join(texts).split(), *plain(document.answer).split()])
            for word in bags[-1]:
                count[word] = count.get(word, 0) + 1
        self._speller = Speller(count)
        self._spelling = Spelling(phrasings) if given else None
        self._words = Words(bags) if given else None

    def __len__(self) -> int:
        """How many documents there are: the size by which a cache can be bounded."""
        return len(self._ids)

    def ask(self, text: str, limit: int = SHOWN) -> Result:
        """The entries that `text` may be asking for, at most `limit`."""
        words = self._speller.mend(plain(text).split())
        if not words or not self._ids:
            return Result(Verdict.NOTHING, ())
        hits = self._ranked(self._scores(words), limit)
        best = hits[0].score if hits else 0.0
        if best >= FOUND_FROM:
            return Result(Verdict.FOUND, hits)
        if best >= NEARBY_FROM:
            return Result(Verdict.NEARBY, hits)
        return Result(Verdict.NOTHING, ())

    def suggest(self, text: str, limit: int = 25) -> tuple[str, ...]:
        """Ids for half-typed `text`, likeliest first; all in the order given when it is empty."""
        words = self._speller.mend(plain(text).split())
        if not words or not self._ids:
            return self._as_given[:limit]
        return tuple(hit.id for hit in self._ranked(self._scores(words), limit))

    def _scores(self, words: list[str]) -> Floats:
        assert self._spelling is not None and self._words is not None  # noqa: S101, PT018
        # A semantic tier would add its own scores of the same shape here; the thresholds are
        # those of the sum and must then be calibrated anew.
        scores = 0.5 * self._spelling.scores(" ".join(words)) + 0.5 * self._words.scores(words)
        exact = self._questions.get(" ".join(words))
        if exact is not None:
            scores[exact] = 1.0
        return scores

    def _ranked(self, scores: Floats, limit: int) -> tuple[Hit, ...]:
        order = (-scores).argsort(kind="stable")[:limit]
        return tuple(
            Hit(self._ids[number], min(float(scores[number]), 1.0))
            for number in order.tolist()
            if scores[number] > 0
        )
