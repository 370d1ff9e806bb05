"""What a member may say to a check-in, and how it reads once they choose to post it.

Nothing here is kept. What was picked stands in the buttons of a private message and the written
line in its text, and both go with that message.
"""

from __future__ import annotations

import re

WORDS = (
    "calm",
    "content",
    "hopeful",
    "playful",
    "grateful",
    "tender",
    "busy",
    "tired",
    "restless",
    "heavy",
    "flat",
    "mixed",
)
"""Plain words for today, in the order in which they are offered; none is better than another."""

WEATHERS = (
    "sun",
    "breeze",
    "clouds",
    "fog",
    "drizzle",
    "rain",
    "storm",
    "snow",
    "changeable",
)
"""The same as a weather, for days on which words are too near."""

PICKS = WORDS + WEATHERS

LINE_LIMIT = 300
"""Characters of the line that may be added."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NO_WIDTH = "\u200b"


def finished(opening: str, pick: str, line: str, *, warning: str | None = None) -> str:
    """Give the text of a post: who it is from, what was picked, and the line if there is one.

    `line` is shown as it stands, so whoever calls has taken mentions, links and marks out of it.
    With a `warning`, that sentence comes first and the rest stands behind Discord's spoiler bars.
    """
    said = "\n".join(filter(None, [f"**{pick}**", line]))
    return "\n".join([opening, said] if warning is None else [opening, warning, f"||{said}||"])


def typed_again(shown: str) -> str:
    """Give a line as it was typed from how it was shown, to be changed in the form."""
    return _ESCAPED.sub(r"\1", shown).replace(_NO_WIDTH, "")[:LINE_LIMIT]
