"""How words are read: what a member types, reduced to the words that can be compared.

Two texts that a person would call the same come out the same: letter case, accents, width of the
letters, punctuation, markdown, emoji and invisible characters make no difference.
"""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 500
"""Characters of a text that are read; a question says what it is about well before."""

# Mentions and custom emoji carry an id and a name that say nothing about the question.
_DISCORD_MARKUP = re.compile(r"<(?:@[!&]?|#|a?:\w{1,32}:|/[^<>:]{1,100}:|t:)[\w:]{1,25}>")
_ASCII_GAP = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = {ord(mark): None for mark in "'’‘ʼ`´"}
# Accents that any script may carry. Marks that belong to one script (vowel signs, tone marks of
# Thai) are part of its spelling and stay.
_ACCENTS = {
    code: None
    for first, last in (
        (0x300, 0x36F),
        (0x1AB0, 0x1AFF),
        (0x1DC0, 0x1DFF),
        (0x20D0, 0x20FF),
        (0xFE20, 0xFE2F),
    )
    for code in range(first, last + 1)
}


def plain(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Reduce `text` to lower-case words with single spaces, at most `limit` characters.

    Empty when `text` holds no letter and no digit. A text that is already plain is left as it is.
    """
    # Bounds the work before anything is read; decomposing makes one character at most 18.
    text = _DISCORD_MARKUP.sub(" ", text[: 4 * limit])
    if text.isascii():
        folded = text.lower().translate(_APOSTROPHES)
        return " ".join(_ASCII_GAP.sub(" ", folded).split())[:limit].rstrip()
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_APOSTROPHES)
    folded = unicodedata.normalize("NFKD", folded).translate(_ACCENTS)
    folded = unicodedata.normalize("NFC", folded)
    kept: list[str] = []
    for character in folded[: 4 * limit]:
        kind = unicodedata.category(character)
        if kind[0] in "LNM":
            kept.append(character)
        elif kind != "Cf":  # direction marks and joiners vanish inside a word
            kept.append(" ")
    return " ".join("".join(kept).split())[:limit].rstrip()
