"""Who changed what, and when: one line for every change a moderator makes.

A line names the moderator. It is held for the server's safety, so the person named can neither
read it out nor erase it through /privacy; it goes after a stated time, and with the server.
"""

from bot.audit.model import HOLDING, Line, Wanted
from bot.audit.store import features, line, lines, record

__all__ = ["HOLDING", "Line", "Wanted", "features", "line", "lines", "record"]
