"""Waiting for what must not be left half-way, whoever gives up meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], object]) -> None:
    """Do what waits for the disk beside the event loop; it is done when this returns or raises.

    In a thread of its own: this is rare, and the threads of a pool would stay for ever.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, None)

    Thread(target=run, name="disk").start()
    await finished(done)


async def finished(future: asyncio.Future[T]) -> T:
    """Wait for `future` even when cancelled meanwhile, and only then raise the cancellation."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not future.cancelled():
            future.exception()  # seen, lest asyncio complains that nobody looked
        raise cancelled
    return future.result()
