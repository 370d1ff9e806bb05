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

import os
from typing import TYPE_CHECKING

from bot.errors import StartError

if TYPE_CHECKING:
    from bot.playground.stage import Play

HOW_TO_INSTALL = (
    "The playground needs the simulated Discord, which is not installed: "
    "run `make run` in a checkout, or `pip install 'alongside[playground]'`."
)


async def run(play: Play) -> None:
    """Run the playground until Ctrl-C or SIGTERM.

    Raises StartError when the extra is missing, when the kept world cannot be used, or when the
    port or the state folder is taken.
    """
    try:
        from bot.playground.stage import perform
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "simcord":
            raise StartError(HOW_TO_INSTALL, os.EX_UNAVAILABLE) from error
        raise
    await perform(play)
