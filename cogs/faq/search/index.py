"""The entries of one FAQ, ready to be asked, and what may be said of the best hit.

Pure and in memory: an `Index` is built once from the entries of a server and never changes, so any
number of threads may ask it at once. Building takes milliseconds for a hundred entries and seconds
for thousands, so do it in a worker thread.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from itertools import chain, compress
from typing import TYPE_CHECKING

from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cogs.faq.search.document import Document
    from cogs.faq.search.encoder import Encoder
    from cogs.faq.search.lexical import Floats
    from cogs.faq.search.meaning import Meaning

# Calibrated over the sets of `python -m benchmarks.faq` that have questions out of scope and sound
# labels. A member in danger must never get a ready answer, so the rule for FOUND is: of our own
# lines, in every language, as typed and with one or two slips, no crisis line is answered. Two
# kinds come close. Short ones made of an FAQ's own words ("how do i leave"): few letters resemble
# something by chance, so the fewer there are the clearer the likeness has to be. And longer ones
# that touch a topic in passing ("my friend ..."): most of what they say is not in the entry.
NEARBY_FROM = 0.25
"""Score from which a hit is worth a look by its words. Below it, texts resemble by chance."""
MEANT_FROM = 0.33
"""The same where meaning counts."""
LEAD_FROM = 0.05
"""Lead without which a hit is not the answer: two that fit as well are both shown."""
FULL_LENGTH = 45
"""Characters of a question from which it is no longer brief."""

# By words alone. Crisis lines that an entry explains reach a certainty of 0.40, those that are
# certain are explained to 0.55. The best NEARBY_FROM (most in scope let through, fewest others) is
# 0.24 to 0.28 throughout.
FOUND_FROM = 0.42
"""Certainty from which a hit is the answer: its score, and its lead over the next one again."""
BRIEF = 0.7
"""Certainty that would be asked for on top without any character; in between in proportion."""
EXPLAINED_FROM = 0.57
"""Share of the question, by weight of its words, that the phrasings of the answer account for."""

# Where meaning counts: the same four facts, added up.
CERTAIN_FROM = 0.711
"""Certainty from which a hit is the answer: its score and what the others below give or take."""
LEADING, EXPLAINED, SHORT = 0.28, 0.22, 0.14
"""What its lead and the share explained add, and what brevity takes."""
LITTLE = 0.02
"""Lead without which a hit is not the answer even so."""

# An entry in another language than the question shares no words: its score and lead count alone.
# English lines asked of the Spanish entries and Spanish ones of the English entries, crisis lines
# reach 0.595, with one or two slips 0.628.
CERTAIN_ACROSS = 0.63
LEADING_ACROSS = 0.6

MEANING = 0.65
"""What meaning counts beside words, where it counts."""
EXACT = 1.0
"""Score of an entry that has the question word for word, which no likeness reaches."""
SHOWN = 5
"""Hits that a result carries unless told otherwise."""
MAX_SUGGESTED = 25
"""What Discord shows below a half-typed option."""


class Verdict(Enum):
    """What may be said of the best hit."""

    FOUND = "found"
    """The first hit answers the question."""
    NEARBY = "nearby"
    """The hits are worth a look; none of them may be called the answer."""
    NOTHING = "nothing"
    """Nothing here fits; the hits are near misses at most."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and how sure we are of it, 0..1; comparable across questions."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict and the hits, best first, ties by id."""

    verdict: Verdict
    hits: tuple[Hit, ...]


class NoEncoderError(Exception):
    """There is no encoder here, or it is not the one we know; says why."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """An encoder, and the packed vector of every text of the entries (`document.texts_of`)."""

    encoder: Encoder
    vectors: Mapping[str, bytes]


class Index:
    """The entries of one FAQ, ready to be asked."""

    __slots__ = (
        "_as_given",
        "_begin",
        "_beginners",
        "_encoder",
        "_exact",
        "_ids",
        "_languages",
        "_lexical",
        "_meaning",
        "_speller",
    )

    def __init__(
        self, documents: Iterable[Document], understanding: Understanding | None = None
    ) -> None:
        """Read `documents`, whose ids are distinct; their order counts only for `suggest("")`.

        One whose question and phrasings hold no letter and no digit can be listed, never found.
        With an `understanding`, what a question means counts beside its words.
        """
        # Here, not above: numpy costs 0.1 s and 12 MB, and the bot starts without a question.
        import numpy as np

        from cogs.faq.search.lexical import Lexical
        from cogs.faq.search.speller import Speller

        given = tuple(documents)
        self._as_given = tuple(document.id for document in given)
        read = [
            (document, said)
            for document in sorted(given, key=lambda document: document.id)
            if (said := document.said())
        ]
        ids = [document.id for document, _ in read]
        phrasings = [said for _, said in read]
        answers = [document.told() for document, _ in read]
        questions = [plain(document.question) for document, _ in read]
        self._ids = tuple(ids)
        self._languages = tuple(document.language for document, _ in read)
        self._lexical = Lexical(phrasings, answers) if ids else None
        said = Counter[str]()
        for text in chain(chain.from_iterable(phrasings), answers):
            said.update(text.split())
        self._speller = Speller(said)
        rows = sorted((text, number) for number, texts in enumerate(phrasings) for text in texts)
        self._begin = [text for text, _ in rows]
        self._beginners = np.array([number for _, number in rows], np.intp)
        self._exact = dict(reversed(rows))
        self._exact.update((text, n) for n, text in reversed(tuple(enumerate(questions))) if text)
        self._encoder: Encoder | None = None
        self._meaning: Meaning | None = None
        if understanding is not None and ids:
            from cogs.faq.search import meaning

            vectors = understanding.vectors
            self._encoder = understanding.encoder
            self._meaning = meaning.Meaning(
                [[vectors[text] for text in texts] for texts in phrasings],
                [[vectors[text] for text in document.passages()] for document, _ in read],
                self._encoder.common_from,
            )

    def __len__(self) -> int:
        """How many documents there are, by which a cache of indexes can be bounded."""
        return len(self._as_given)

    @property
    def understands(self) -> bool:
        """Whether meaning counts: then a question takes some 20 ms, and belongs in a thread."""
        return self._meaning is not None

    def ask(self, text: str, limit: int = SHOWN, language: str = "") -> Result:
        """Find the entries that `text` may be asking for, at most `limit`.

        With the `language` it is in, entries in another one are found by what they mean.
        """
        typed = plain(text).split()
        if not typed or self._lexical is None:
            return Result(Verdict.NOTHING, ())
        question = " ".join(self._speller.mend(typed))
        scores = self._lexical.scores(question)
        foreign: list[int] = []
        across: Floats | None = None
        if self._meaning is not None and self._encoder is not None:
            foreign = self._foreign(language)
            meant = " ".join(self._speller.mend(typed, self._encoder))
            vector = self._encoder.encode([meant])[0]
            scores *= 1 - MEANING
            scores += MEANING * self._meaning.scores(vector)
            scores = scores.clip(0, 1)
            across = self._meaning.across(foreign, vector) if foreign else None
        exact = self._exact.get(question)
        if exact is not None:
            scores[exact] = EXACT
        verdict = self._verdict(question, scores)
        if across is not None and verdict is not Verdict.FOUND:
            within = scores[foreign]
            scores[foreign] = across.clip(within)
            verdict = _verdict_across(scores, set(compress(foreign, across > within)))
        hits = (Hit(self._ids[number], float(scores[number])) for number in _best(scores, limit))
        return Result(verdict, tuple(hits))

    def _foreign(self, language: str) -> list[int]:
        """The entries that are in another language than a question."""
        if not language:
            return []
        return [n for n, spoken in enumerate(self._languages) if spoken not in {"", language}]

    def _verdict(self, question: str, scores: Floats) -> Verdict:
        first, second, best = _two(scores)
        if self._lexical is None or first <= 0:
            return Verdict.NOTHING
        explained = self._lexical.explained(question, best)
        judge = _by_words if self._meaning is None else _by_meaning
        return judge(len(question), first, second, explained)

    def suggest(self, text: str, limit: int = MAX_SUGGESTED) -> tuple[str, ...]:
        """Give the ids that half-typed `text` may be heading for, likeliest first, at most `limit`.

        Without a word to go by, the first documents in the order given.
        """
        typed = plain(text)
        if not typed or self._lexical is None:
            return self._as_given[:limit]
        *done, last = typed.split()
        ending = [last] if self._speller.begins(last) else self._speller.mend([last])
        scores = self._lexical.begun(" ".join([*self._speller.mend(done), *ending]))
        first = bisect_left(self._begin, typed)
        behind = bisect_left(self._begin, typed + chr(sys.maxunicode), first)
        scores[self._beginners[first:behind]] += 1.0
        return tuple(self._ids[number] for number in _best(scores, limit))


def _best(scores: Floats, limit: int) -> list[int]:
    # Entries stand in the order of their ids and the sort is stable: ties are settled by id.
    order = (-scores).argsort(kind="stable")[:limit]
    return order[scores[order] > 0].tolist()


def _two(scores: Floats) -> tuple[float, float, int]:
    """The best score and the second, which decides how clear the first is; whose the first is."""
    best = int(scores.argmax())
    others = scores[:best].max(initial=0), scores[best + 1 :].max(initial=0)
    return float(scores[best]), float(max(others)), best


def _by_words(length: int, best: float, second: float, explained: float) -> Verdict:
    # A second entry that is as near means that we do not know which one is meant. An only entry
    # leads what any text scores by chance, not zero, or a small FAQ would answer everything.
    lead = best - max(second, NEARBY_FROM)
    wanted = FOUND_FROM + BRIEF * _brevity(length)
    sure = lead >= LEAD_FROM and best + lead >= wanted and explained >= EXPLAINED_FROM
    if best == EXACT or sure:
        return Verdict.FOUND
    return Verdict.NEARBY if best >= NEARBY_FROM else Verdict.NOTHING


def _by_meaning(length: int, best: float, second: float, explained: float) -> Verdict:
    lead = best - max(second, NEARBY_FROM)
    certain = best + LEADING * lead + EXPLAINED * explained - SHORT * _brevity(length)
    if best == EXACT or (best - second >= LITTLE and certain >= CERTAIN_FROM):
        return Verdict.FOUND
    return Verdict.NEARBY if best >= MEANT_FROM else Verdict.NOTHING


def _verdict_across(scores: Floats, found_across: Collection[int]) -> Verdict:
    first, second, best = _two(scores)
    certain = first + LEADING_ACROSS * (first - max(second, NEARBY_FROM))
    if best in found_across and certain >= CERTAIN_ACROSS:
        return Verdict.FOUND
    return Verdict.NEARBY if first >= MEANT_FROM else Verdict.NOTHING


def _brevity(length: int) -> float:
    return max(0.0, 1 - length / FULL_LENGTH)
