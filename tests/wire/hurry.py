"""Shortens the windows of the ground of promises in the bot's process, all alike.

Named to `tests.wire.launch`; WIRE_HURRY says by how much. What takes a minute after each kill then
takes seconds, and a short campaign goes through all of it: the nonce, the lease and the search.
"""

from __future__ import annotations

import os
from datetime import timedelta

import bot.database.line as line
import bot.identifying as identifying
import bot.jobs.model as model
import bot.jobs.runner as runner
import bot.threads as threads

MOST_A_SECOND = 40
"""Requests for threads in one second: less than Discord takes of the whole bot."""


def prepare() -> None:
    """Shorten them."""
    times = int(os.environ.get("WIRE_HURRY", "1"))
    longest = model.pause_after

    def pause_after(tries: int) -> timedelta:
        return longest(tries) / times

    model.NONCE_WINDOW /= times
    model.LEASE = runner.LEASE = model.LEASE / times
    model.SEND_SECONDS = runner.SEND_SECONDS = max(model.SEND_SECONDS // times, 1)
    runner.pause_after = pause_after
    identifying.APART_SECONDS /= times
    identifying.SENDING_SECONDS /= times
    line.LOOK_SECONDS = line.LOOK_SECONDS / times
    line.SETTLE_SECONDS = line.SETTLE_SECONDS / times
    line.RETRY_SECONDS = line.RETRY_SECONDS / times
    # As much as fits into a try, or nearly: no more than Discord takes, as ever.
    threads.REQUESTS_A_SECOND = min(threads.REQUESTS_A_SECOND * times, MOST_A_SECOND)
