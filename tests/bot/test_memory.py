"""What is given back, and that giving back harms nothing."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from bot.memory import give_back

THREADS = """
import ctypes, threading
from bot.memory import keep_together
{call}
together = threading.Barrier(4)
threads = [threading.Thread(target=lambda: (together.wait(), bytearray(5000))) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
out = library.fdopen(1, b"w")
library.malloc_info(0, ctypes.c_void_p(out))
library.fflush(None)
"""


def places(call: str) -> int:
    """In how many places four threads keep their memory."""
    told = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", THREADS.format(call=call)], capture_output=True, check=True
    )
    return told.stdout.count(b"<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="glibc alone tells")
def test_all_threads_take_their_memory_from_one_place() -> None:
    assert places("") > 1
    assert places("keep_together()") == 1


def test_memory_can_be_given_back_on_every_machine_and_twice() -> None:
    give_back()
    give_back()
