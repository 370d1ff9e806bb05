"""The playground: the real bot, unmodified, in a simulated server on a local page.

This package is the only product code that knows simcord, and it is an optional extra, so nothing
here may be imported by the bot itself. What it promises:

- it listens on loopback only, and only a page that holds its key can drive it;
- the simulated server outlives the playground: same ids, same messages, same moment, so an old
  button still works;
- time stands still until somebody moves it;
- it never touches the store of a real bot: everything it keeps is in a folder of its own.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
from typing import TYPE_CHECKING

from bot.errors import StartError
from bot.permissions import NEEDED, NEEDED_FOR_PAIRING

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.config import Config
    from bot.playground.play import Place

HOW_TO_INSTALL = (
    "The playground needs the simulated Discord, which is not installed: "
    "in a checkout, run `make run`, or "
    "`pip install --require-hashes --only-binary :all: -r requirements/play.lock`."
)


async def run(config: Config, *, port: int = 0, fresh: bool = False) -> None:
    """Run the playground until it is cancelled; print the address of its page.

    With `port` 0 it takes the port of last time, if that is free, else any. `fresh` starts over.
    Raises StartError when the extra is missing, when the kept world cannot be used, or when the
    port or the state folder is taken.
    """
    # On import simcord tries discord.py out on a client that warns of the intents it lacks.
    logging.disable(logging.WARNING)
    try:
        from bot.playground.play import Play
        from bot.playground.stage import perform
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] != "bot":
            raise StartError(HOW_TO_INSTALL, os.EX_UNAVAILABLE) from error
        raise
    finally:
        logging.disable(logging.NOTSET)

    async def build(place: Place) -> Alongside:
        from bot.client import Alongside
        from bot.opening import open_runtime

        # The token and the database of a real bot stay out of reach, whatever the environment says.
        own = dataclasses.replace(
            config,
            state_dir=place.folder,
            token=None,
            database_url=None,
            database_key=None,
            database_key_file=None,
        )
        # The simulated page shows a mention of a command as it is written.
        return Alongside(await open_runtime(own, place.clock), mentions_commands=False)

    def announce(address: str) -> None:
        sys.stdout.write(f"The playground is open: {address}\nStop it with Ctrl-C.\n")
        sys.stdout.flush()

    folder = config.state_dir / "playground"
    # Everything can be tried here, so it may do all that it could be given.
    rights = NEEDED | NEEDED_FOR_PAIRING
    await perform(Play(build, folder, announce, port=port, fresh=fresh, permissions=rights))
