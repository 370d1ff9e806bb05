"""Finds the entry that answers a question: *found*, *nearby* or *nothing*. Pure, in memory.

- `index`: the entries of one FAQ, ready to be asked, and what may be said of the best hit;
- `lexical`: how much of a question's spelling and words an entry shares;
- `speller`: mends slips of the fingers, towards the words of the FAQ itself;
- `wording`: how words are read.
"""

from __future__ import annotations

from cogs.faq.search.index import Document, Hit, Index, Result, Verdict

__all__ = ["Document", "Hit", "Index", "Result", "Verdict"]
