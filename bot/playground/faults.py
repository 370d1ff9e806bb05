"""The errors of the bot, for the person at the page.

A bot that answers its errors well hides them from the simulation, and writes them to its log; an
error that nobody caught is seen by the simulation alone. Both are listened to, and what reaches
both ways within one action is one fault.
"""

from __future__ import annotations

import logging
from typing import Any, cast

from bot.logs import describe


class Faults(logging.Handler):
    """Counts faults, and remembers the type of the last one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0
        self.last: str | None = None
        self._of_this_action: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an error that was logged."""
        if record.exc_info and record.exc_info[1] is not None:
            self.note(record.exc_info[1])
        elif isinstance(message := cast("object", record.msg), dict):
            event = cast("dict[str, Any]", message)
            self._add(str(event.get("error") or event.get("event") or record.name))
        else:
            self._add(record.name)

    def note(self, error: BaseException) -> None:
        """Take note of an error that was raised."""
        self._add(describe(error))

    def next_action(self) -> None:
        """Forget what is one and the same: the next such error is another one."""
        self._of_this_action.clear()

    def _add(self, description: str) -> None:
        if description in self._of_this_action:
            return
        self._of_this_action.add(description)
        self.count += 1
        self.last = description.partition(" ")[0]
