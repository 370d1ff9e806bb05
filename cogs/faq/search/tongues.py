"""Tells which language a text is in, by the words that the FAQ itself uses in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cogs.faq.search.document import Document

MOST = 0.5
"""Share of the words of a text that a language has to know to be the one it is in."""


class Tongues:
    """The words of each language. Immutable once built; building takes milliseconds."""

    __slots__ = ("_words",)

    def __init__(self, documents: Iterable[Document]) -> None:
        """Read what is said in each language, answers too."""
        self._words: dict[str, set[str]] = {}
        for document in documents:
            words = self._words.setdefault(document.language, set())
            for text in (*document.said(), document.told()):
                words.update(text.split())

    def of(self, text: str, otherwise: str) -> str:
        """Give the language that knows most words of a text.

        `otherwise` where two know as many ("ok", a name), and where none knows most of it.
        """
        words = plain(text).split()
        known = {
            language: sum(word in its for word in words) for language, its in self._words.items()
        }
        most = max(known.values(), default=0)
        knowing = [language for language, count in known.items() if count == most]
        return knowing[0] if len(knowing) == 1 and 0 < most >= MOST * len(words) else otherwise
