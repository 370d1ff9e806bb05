"""What the search is told about an entry, and how it reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ANSWER = 2000
"""Characters of an answer that are read."""
PASSAGE = 250
"""Characters of a passage of an answer, about two sentences: a meaning of its own."""
MAX_PASSAGES = 6
"""Passages of an answer whose meaning is read; what an answer is about stands in its first ones."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Document:
    """What the index is told about an entry."""

    id: str
    question: str
    phrasings: tuple[str, ...]
    answer: str
    language: str = ""
    """That it is written in; empty where nobody asks in another one."""

    def said(self) -> list[str]:
        """Give its question and phrasings as they are compared, those that hold a word."""
        return [text for text in map(plain, (self.question, *self.phrasings)) if text]

    def told(self) -> str:
        """Give its answer as it is compared."""
        return plain(self.answer, limit=MAX_ANSWER)

    def passages(self) -> list[str]:
        """Give the parts of its answer that mean something each."""
        found: list[str] = []
        for sentence in _SENTENCE_END.split(self.answer[: 4 * MAX_ANSWER]):
            told = plain(sentence)
            if found and len(found[-1]) + len(told) < PASSAGE:
                found[-1] = f"{found[-1]} {told}".strip()
            elif told:
                found.append(told)
        return found[:MAX_PASSAGES]


def texts_of(documents: Iterable[Document]) -> tuple[str, ...]:
    """Give every text of some entries whose meaning is compared, each once."""
    return tuple(
        dict.fromkeys(
            text for document in documents for text in (*document.said(), *document.passages())
        )
    )
