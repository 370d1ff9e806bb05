"""How often something happened in a server in a calendar month, for its moderators: opt-in counts.

Promises, each with a test:

- Nothing is counted unless moderators have switched it on; switching it off deletes what there is.
- The store has a number for each server, month and kind, and nothing of who, when or with whom.
- What is told comes in steps of five, and only where five different people are behind it for
  certain. No two figures that are told, put together, give a count between one and four away.
- A month is told when it is over everywhere on Earth, whole or not at all; what has been told does
  not change any more, whatever zone moderators choose.

To know that five people are different ones, the process remembers up to four of them for each
number it counts, as hashes with a key of its own that it never writes down: a restart forgets them,
and with the fifth they are dropped. Not being sure counts as no.
"""

from bot.counting.model import Figures, Span, Speed, What
from bot.counting.service import Counting

__all__ = ["Counting", "Figures", "Span", "Speed", "What"]
