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
from itertools import chain
from typing import TYPE_CHECKING

from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cogs.faq.search.lexical import Floats

# Calibrated over the sets of `python -m benchmarks.faq` that have questions out of scope and sound
# labels. A member in danger must never get a ready answer, so the rule for FOUND is: of our own
# lines, English and Spanish, as typed and with one or two slips, no crisis line is answered. Two
# kinds come close. Short ones made of an FAQ's own words ("how do i leave"): few letters resemble
# something by chance, so the fewer there are the clearer the likeness has to be. And longer ones
# that touch a topic in passing ("my friend ..."): most of what they say is not in the entry. Those
# that the entry explains reach a certainty of 0.40, those that are certain are explained to 0.55.
# The best NEARBY_FROM (most in scope let through, fewest others) is 0.24 to 0.28 throughout.
FOUND_FROM = 0.42
"""Certainty from which a hit is the answer: its score, and its lead over the next one again."""
FULL_LENGTH = 45
"""Characters of a question from which that is enough."""
BRIEF = 0.7
"""Certainty that would be asked for on top without any character; in between in proportion."""
EXPLAINED_FROM = 0.57
"""Share of the question, by weight of its words, that the phrasings of the answer account for."""
LEAD_FROM = 0.05
"""Lead without which it is not, however well it fits: two that fit as well are both shown."""
NEARBY_FROM = 0.25
"""Score from which a hit is worth a look. Below it, entries resemble any text by chance."""
EXACT = 1.0
"""Score of an entry that has the question word for word, which no likeness reaches."""
SHOWN = 5
"""Hits that a result carries unless told otherwise."""
MAX_SUGGESTED = 25
"""What Discord shows below a half-typed option."""
MAX_ANSWER = 2000
"""Characters of an answer that are read."""


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


class Index:
    """The entries of one FAQ, ready to be asked."""

    __slots__ = ("_as_given", "_begin", "_beginners", "_exact", "_ids", "_lexical", "_speller")

    def __init__(self, documents: Iterable[Document]) -> None:
        """Read `documents`, whose ids are distinct; their order counts only for `suggest("")`.

        One whose question and phrasings hold no letter and no digit can be listed, never found.
        """
        # Here, not above: numpy costs 0.1 s and 12 MB, and the bot starts without a question.
        from cogs.faq.search.lexical import Lexical
        from cogs.faq.search.speller import Speller

        given = tuple(documents)
        self._as_given = tuple(document.id for document in given)
        ids: list[str] = []
        questions: list[str] = []
        phrasings: list[list[str]] = []
        answers: list[str] = []
        for document in sorted(given, key=lambda document: document.id):
            question = plain(document.question)
            texts = [question, *map(plain, document.phrasings)]
            if readable := [text for text in texts if text]:
                ids.append(document.id)
                questions.append(question)
                phrasings.append(readable)
                answers.append(plain(document.answer, limit=MAX_ANSWER))
        self._ids = tuple(ids)
        self._lexical = Lexical(phrasings, answers) if ids else None
        said = Counter[str]()
        for text in chain(chain.from_iterable(phrasings), answers):
            said.update(text.split())
        self._speller = Speller(said)
        rows = sorted((text, number) for number, texts in enumerate(phrasings) for text in texts)
        self._begin = [text for text, _ in rows]
        self._beginners = [number for _, number in rows]
        self._exact = dict(reversed(rows))
        self._exact.update((text, n) for n, text in reversed(tuple(enumerate(questions))) if text)

    def __len__(self) -> int:
        """How many documents there are, by which a cache of indexes can be bounded."""
        return len(self._as_given)

    def ask(self, text: str, limit: int = SHOWN) -> Result:
        """Find the entries that `text` may be asking for, at most `limit`."""
        words = self._speller.mend(plain(text).split())
        if not words or self._lexical is None:
            return Result(Verdict.NOTHING, ())
        # The place of a semantic tier: its scores have this shape and are weighed with these; the
        # thresholds are then those of the sum and are calibrated anew.
        question = " ".join(words)
        scores = self._lexical.scores(question)
        exact = self._exact.get(question)
        if exact is not None:
            scores[exact] = EXACT
        # The second decides how clear the first is, whether or not it is shown.
        order = _best(scores, max(limit, 2))
        hits = tuple(Hit(self._ids[number], float(scores[number])) for number in order)
        verdict = _verdict(len(question), *(hit.score for hit in hits[:2]))
        if verdict is Verdict.FOUND and exact is None:
            explained = self._lexical.explained(question, order[0])
            verdict = Verdict.FOUND if explained >= EXPLAINED_FROM else Verdict.NEARBY
        return Result(verdict, hits[:limit])

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


def _verdict(length: int, best: float = 0.0, second: float = 0.0) -> Verdict:
    # A second entry that is as near means that we do not know which one is meant. An only entry
    # leads what any text scores by chance, not zero, or a small FAQ would answer everything.
    lead = best - max(second, NEARBY_FROM)
    wanted = FOUND_FROM + BRIEF * max(0.0, 1 - length / FULL_LENGTH)
    if best == EXACT or (lead >= LEAD_FROM and best + lead >= wanted):
        return Verdict.FOUND
    return Verdict.NEARBY if best >= NEARBY_FROM else Verdict.NOTHING
