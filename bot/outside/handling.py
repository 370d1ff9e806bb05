"""Marks an interaction when its handling begins: what is logged meanwhile belongs together."""

from __future__ import annotations

import asyncio
import logging
from random import getrandbits
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from bot import logs

if TYPE_CHECKING:
    from bot.client import Interaction

_log = logs.get(__name__)
_level = logging.getLogger(__name__)


def begun(interaction: Interaction, kind: str, name: str) -> None:
    """Say that this task handles an interaction from here on.

    Each line that it logs carries the same `interaction`, which is made by chance and names nobody,
    and `asked`, what was used. The bot's end waits for the task; how long it took is counted.
    """
    bind_contextvars(interaction=f"{getrandbits(32):08x}", asked=name)
    figures = interaction.client.runtime.figures
    task = asyncio.current_task()
    if task is None:
        return
    answering = interaction.client.answering
    answering.add(task)
    task.add_done_callback(answering.discard)
    told = _level.isEnabledFor(logging.DEBUG)
    if not (figures.counting or told):
        return
    loop = asyncio.get_running_loop()
    began = loop.time()

    def ended(_: object) -> None:
        seconds = loop.time() - began
        figures.handled(kind, name, seconds)
        if told:
            _log.debug("handled", kind=kind, milliseconds=round(seconds * 1000))

    task.add_done_callback(ended)
