"""Sees that one process at a time works on an SQLite store, and none beside a move or a hand-over.

Two of them would both answer, and each would believe its own memory of the settings. What only
reads, the check and backups, needs no turn.
"""

from __future__ import annotations

import fcntl
import os
from asyncio import wait_for
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import logs
from bot.config import Config
from bot.errors import StartError

if TYPE_CHECKING:
    from bot.database import Database

TURN_SECONDS = 10.0
"""How long to wait for the turn that a bot on the same store would have."""

_log = logs.get(__name__)


@contextmanager
def alone(config: Config) -> Generator[None]:
    """Hold the state folder; a process that is killed lets go of it too.

    Raises StartError when another process holds it, or when the folder cannot be made. Processes
    that share a PostgreSQL store take turns there, and nothing is held.
    """
    if config.database_url:
        yield
        return
    # Not needed by processes that share a store.
    from bot.database.files import make_folder

    folder = config.database_path.parent
    try:
        make_folder(folder)
        # Not the database: closing a second descriptor of that would end SQLite's own locks.
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"Another process works on the store in {folder}, and two at once would both "
                "answer. Stop the other one, or give this one a STATE_DIR of its own.",
                os.EX_TEMPFAIL,
            ) from error
        except OSError as error:
            # Some file systems on other machines lock no folders; the bot runs there all the same.
            _log.warning("store_not_held", error=logs.describe(error))
        yield
    finally:
        os.close(held)


async def alone_on(database: Database) -> None:
    """Hold what one process of a running bot always has, until the store is closed.

    So processes that share a PostgreSQL store are all stopped. Raises StartError when one is not.
    """
    # Not needed by the commands that only look.
    from bot.jobs.runner import DISPATCH

    database.line.start()
    try:
        await wait_for(database.line.turn(DISPATCH).hold(), TURN_SECONDS)
    except TimeoutError as error:
        raise StartError(
            f"A bot or another command works on {database.where}. Stop it, then say this again.",
            os.EX_TEMPFAIL,
        ) from error


def unusable(folder: Path, error: OSError) -> StartError:
    """Make the refusal of a state folder."""
    return StartError(
        f"The state folder {folder} cannot be made or read: {error.strerror}. "
        "Set STATE_DIR to a folder that the bot's account may write.",
        os.EX_CANTCREAT,
    )
