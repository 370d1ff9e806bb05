"""Runs the command line against the Discord that DISCORD_DOUBLE names, in a process of its own."""

from __future__ import annotations

import os
import sys

from discord.http import Route

from bot.__main__ import main

if __name__ == "__main__":
    Route.BASE = os.environ["DISCORD_DOUBLE"]
    sys.exit(main())
