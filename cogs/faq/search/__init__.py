"""Finds the entry that answers a question: *found*, *nearby* or *nothing*. Pure, in memory.

- `index`: the entries of one FAQ, ready to be asked, and what may be said of the best hit;
- `document`: what is told about an entry, and how it is read;
- `lexical`: how much of a question's spelling and words an entry shares;
- `meaning`: how near what a question means is to what an entry means;
- `encoder`: two small models that turn a text into numbers, from `minilm` and a package;
- `kinship`: which entries mean nearly the same, and which ways to ask stray to another;
- `onnx`: reads the weights of the first;
- `tongues`: tells which language a text is in, by the words of the FAQ;
- `speller`: mends slips of the fingers, towards the words of the FAQ itself;
- `wording`: how words are read.
"""

from __future__ import annotations

import os

# Read when numpy is loaded, which nothing here does before it is asked. The matrices are small: on
# a busy machine of two cores, threads made an encoding take five times the CPU.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cogs.faq.search.document import Document, texts_of
from cogs.faq.search.index import SHOWN, Hit, Index, NoEncoderError, Result, Understanding, Verdict
from cogs.faq.search.tongues import Tongues

__all__ = [
    "SHOWN",
    "Document",
    "Hit",
    "Index",
    "NoEncoderError",
    "Result",
    "Tongues",
    "Understanding",
    "Verdict",
    "texts_of",
]
