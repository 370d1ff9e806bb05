"""Starts the real bot against a double: `python -m tests.wire.launch`.

The command line, the settings, the store and the client are those of every day; only where Discord
is, is another place. WIRE_URL and WIRE_GATEWAY say where; WIRE_PREPARE may name modules, each with
a function `prepare()`, that change something of the process before it starts: the probe feature of
the crash campaign does.
"""

from __future__ import annotations

import importlib
import os
import sys

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main


def launch() -> int:
    """Point discord.py at the double, then do what `python -m bot run` does."""
    Route.BASE = os.environ["WIRE_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["WIRE_GATEWAY"])
    for name in os.environ.get("WIRE_PREPARE", "").split():
        importlib.import_module(name).prepare()
    return main(["run"])


if __name__ == "__main__":
    sys.exit(launch())
