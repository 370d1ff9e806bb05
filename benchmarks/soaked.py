"""The bot of the soak: `python -m tests.wire.launch` with a time that can be skipped, looked into.

Time goes at its real pace while anything is under way, and what lies between is skipped on demand.
All clocks of the process are skipped together, so that all that waits for a time sees the same: the
bot's clock, the event loop's timers, and discord.py's. Only the beats of the gateway stay on real
time, for discord.py sends them from a thread that asks another clock.

SOAK_SOCKET names the socket on which `benchmarks.soak` says what to do, one JSON line each.
"""

# What waits for threads and processes takes the real clock along, because they know no other.
# ruff: noqa: E402

from __future__ import annotations

import concurrent.futures.thread
import queue
import selectors
import subprocess
import threading
import time

_real_time, _real_monotonic = time.time, time.monotonic
_KEPT_REAL = (concurrent.futures.thread, queue, selectors, subprocess, threading)


class Skipped:
    """How much time was skipped, in seconds."""

    seconds = 0.0


def _time() -> float:
    return _real_time() + Skipped.seconds


def _monotonic() -> float:
    return _real_monotonic() + Skipped.seconds


time.time, time.monotonic = _time, _monotonic

import asyncio
import functools
import gc
import json
import os
import re
import signal
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, cast

import aiosqlite.core
import discord.utils

import bot.__main__
import bot.clock

ROOT = Path(__file__).resolve().parent.parent

TICK_SECONDS = 0.005
BLOCKED_SECONDS = 0.05
LOOKED_SECONDS = 0.02
"""From this gap on it is looked where the loop is, every few milliseconds."""

BLOCKS_KEPT = 200
STACK = 12


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


bot.clock.system_clock = bot.__main__.system_clock = discord.utils.utcnow = _now

from bot.client import Alongside
from bot.database import sqlite
from bot.shelf import Shelf
from tests.wire.launch import launch


class Outside:
    """What is under way outside the loop, on real time: no time may be skipped meanwhile."""

    def __init__(self) -> None:
        self.store = 0
        self.threads = 0
        self.processes: set[asyncio.subprocess.Process] = set()
        self.shelves: weakref.WeakSet[Shelf[Any, Any]] = weakref.WeakSet()

    def watch(self) -> None:
        """Count from here on."""
        execute = cast(Any, aiosqlite.core.Connection)._execute
        submit = cast(Any, sqlite)._Connection.submit
        create, shelf = asyncio.create_subprocess_exec, cast(Any, Shelf)
        shelve = shelf.__init__

        @functools.wraps(execute)
        async def counted_execute(*args: Any, **named: Any) -> Any:
            self.store += 1
            try:
                return await execute(*args, **named)
            finally:
                self.store -= 1

        def ended(_: object) -> None:
            self.store -= 1

        @functools.wraps(submit)
        def counted_submit(*args: Any, **named: Any) -> Any:
            future = submit(*args, **named)
            self.store += 1
            future.add_done_callback(ended)
            return future

        @functools.wraps(create)
        async def counted_create(*args: Any, **named: Any) -> asyncio.subprocess.Process:
            made = await create(*args, **named)
            self.processes.add(made)
            return made

        @functools.wraps(shelve)
        def noted(made: Shelf[Any, Any], **named: Any) -> None:
            shelve(made, **named)
            self.shelves.add(made)

        cast(Any, aiosqlite.core.Connection)._execute = counted_execute
        cast(Any, sqlite)._Connection.submit = counted_submit
        asyncio.create_subprocess_exec = counted_create
        shelf.__init__ = noted

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count what is handed to worker threads."""
        run = loop.run_in_executor

        def ended(_: object) -> None:
            self.threads -= 1

        def counted(executor: Any, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
            future = run(executor, work, *args)
            self.threads += 1
            future.add_done_callback(ended)
            return future

        cast(Any, loop).run_in_executor = counted

    def running(self) -> int:
        """How many processes are."""
        self.processes = {one for one in self.processes if one.returncode is None}
        return len(self.processes)


class Probe:
    """Asks for its turn every 5 ms, and says how late it came and what the loop did meanwhile.

    `late` is on the wall, so other people's work on the machine is in it; `cpu` is what the loop's
    own thread took of the processor since the last turn, which is not.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._collecting = 0.0
        self.handle: asyncio.TimerHandle | None = None
        self._seen: Counter[tuple[str, ...]] = Counter()
        self.begin()
        gc.callbacks.append(self._collected)
        threading.Thread(target=self._look, name="soak-look", daemon=True).start()

    def begin(self) -> None:
        """Forget what was seen."""
        self.late: list[float] = []
        self.most_cpu = 0.0
        self.cpu_over = 0
        self.blocks: list[dict[str, Any]] = []
        self.resume()

    def resume(self) -> None:
        """Begin to wait anew: what lies before is not the bot's."""
        self._collected_for = 0.0
        self._seen = Counter()
        self._last = time.perf_counter()
        self._cpu, self._all = time.thread_time(), time.process_time()
        if self.handle is not None:
            self.handle.cancel()
        self.handle = self._loop.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        now, cpu, every = time.perf_counter(), time.thread_time(), time.process_time()
        late = max(now - self._last - TICK_SECONDS, 0.0)
        used = cpu - self._cpu
        self.late.append(late)
        self.most_cpu = max(self.most_cpu, used)
        self.cpu_over += used > BLOCKED_SECONDS
        if max(late, used) > BLOCKED_SECONDS and len(self.blocks) < BLOCKS_KEPT:
            seen = max(self._seen, key=self._seen.__getitem__, default=())
            self.blocks.append(
                {
                    "late_ms": round(late * 1000, 1),
                    "cpu_ms": round(used * 1000, 1),
                    "process_cpu_ms": round((every - self._all) * 1000, 1),
                    "gc_ms": round(self._collected_for * 1000, 1),
                    "where": list(seen),
                }
            )
        self.resume()

    def _collected(self, phase: str, _: dict[str, int]) -> None:
        if threading.get_ident() != self._loop_thread:
            return
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._collected_for += time.perf_counter() - self._collecting

    def _look(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOKED_SECONDS / 4)
            if time.perf_counter() - self._last > LOOKED_SECONDS:
                frame = cast(Any, sys)._current_frames().get(self._loop_thread)
                self._seen[_stack(frame)] += 1

    def figures(self) -> dict[str, Any]:
        """What was seen since it began."""
        late = sorted(self.late) or [0.0]
        return {
            "ticks": len(late),
            "late_p50_ms": round(late[len(late) // 2] * 1000, 2),
            "late_p999_ms": round(late[int(len(late) * 0.999)] * 1000, 1),
            "late_max_ms": round(late[-1] * 1000, 1),
            "late_over_50": sum(one > BLOCKED_SECONDS for one in late),
            "cpu_max_ms": round(self.most_cpu * 1000, 1),
            "cpu_over_50": self.cpu_over,
            "blocks": self.blocks,
        }


def _stack(frame: FrameType | None) -> tuple[str, ...]:
    """Where the loop is, the innermost first; the machinery of asyncio left out."""
    found: list[str] = []
    while frame is not None and len(found) < STACK:
        name = frame.f_code.co_filename
        if "/asyncio/" not in name and not name.endswith(("runpy.py", "launch.py")):
            short = re.sub(r".*/(site-packages|lib/python3\.\d+)/", "", name)
            short = short.removeprefix(f"{ROOT}/")
            found.append(f"{short}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(found)


class Inside:
    """Does what the soak says, in the bot's own loop."""

    def __init__(self, client: Alongside, outside: Outside) -> None:
        self._client = client
        self._outside = outside
        self._loop = asyncio.get_running_loop()
        self._probe = Probe(self._loop)

    async def serve(self, path: str) -> None:
        """Answer until the soak ends, and end with it, should it have been killed."""
        reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
        while line := await reader.readline():
            said: dict[str, Any] = json.loads(line)
            match said["do"]:
                case "skip":
                    answer: Any = self._skip(said["most"], said["told"])
                case "probe":
                    answer = self._probe.figures()
                    self._probe.begin()
                case _:
                    answer = self._measure()
                    self._probe.resume()
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()
        os.kill(os.getpid(), signal.SIGTERM)

    def _skip(self, most: float, told: int) -> dict[str, Any]:
        """Skip up to the next timer, unless something is under way, or on its way here."""
        busy = "events" if self._behind(told) else self._busy()
        if busy:
            return {"seconds": 0.0, "busy": busy}
        scheduled: list[asyncio.TimerHandle] = cast(Any, self._loop)._scheduled
        mine = self._probe.handle
        moments = [one.when() for one in scheduled if one is not mine and not one.cancelled()]
        seconds = max(min(most, min(moments, default=1e12) - self._loop.time()), 0.0)
        Skipped.seconds += seconds
        return {"seconds": seconds, "busy": None}

    def _behind(self, told: int) -> bool:
        """Whether the gateway has sent events that did not come yet."""
        shards: dict[int, Any] = cast(Any, self._client)._AutoShardedClient__shards
        return told > max((shard.ws.sequence or 0 for shard in shards.values()), default=0)

    def _busy(self) -> str | None:
        outside = self._outside
        connector: Any = self._client.http.connector
        live = sum(not shard.is_closed() for shard in self._client.shards.values())
        asked = len(connector._acquired) - live
        if asked > 0:
            return "requests"
        if outside.store:
            return "store"
        if outside.threads:
            return "threads"
        if outside.running():
            return "processes"
        if cast(Any, self._loop)._ready:
            return "turns"
        return None

    def _measure(self) -> dict[str, Any]:
        began = time.thread_time()
        gc.collect()
        collecting = time.thread_time() - began
        client, state = self._client, cast(Any, self._client)._connection
        objects = gc.get_objects()
        kinds = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in objects)
        named = Counter(_task_name(task) for task in asyncio.all_tasks())
        views = state._view_store
        connector: Any = client.http.connector
        idle = sum(len(one) for one in connector._conns.values())
        descriptors = _descriptors()
        descriptors["sockets"] -= idle
        figures = {
            "at": time.time(),
            "rss_kb": _resident_kb(),
            "objects": len(objects),
            "frozen": gc.get_freeze_count(),
            "collect_ms": round(collecting * 1000, 1),
            "python_blocks": sys.getallocatedblocks(),
            "tasks": sum(named.values()),
            "threads": sum(not one.name.startswith("asyncio_") for one in threading.enumerate()),
            "pool_threads": sum(one.name.startswith("asyncio_") for one in threading.enumerate()),
            **descriptors,
            # Kept open for the next request, for a quarter of a minute.
            "idle_sockets": idle,
            "cursors": sum(count for name, count in kinds.items() if name.endswith(".Cursor")),
            "in_transaction": self._in_transaction(),
            "flying": len(cast(Any, client.runtime.jobs)._flying),
            "views": sum(len(one) for one in views._views.values()),
            "view_messages": len(views._synced_message_views),
            "modals": len(views._modals),
            "guilds": len(client.guilds),
            "channel_threads": sum(len(guild.threads) for guild in client.guilds),
            "private_channels": len(state._private_channels),
            "users": len(state._users),
            "http_buckets": len(cast(Any, client.http)._buckets),
            "http_hashes": len(cast(Any, client.http)._bucket_hashes),
            "open_forms": len(client.runtime.open_forms),
            "shelved": sum(len(shelf) for shelf in self._outside.shelves),
            "remembered": _remembered(),
        }
        return {"figures": figures, "kinds": dict(kinds), "tasks": dict(named)}

    def _in_transaction(self) -> int:
        engine: Any = cast(Any, self._client.runtime.database)._engine
        return sum(one._conn.in_transaction for one in engine._connections)


def _task_name(task: asyncio.Task[Any]) -> str:
    coroutine: Any = task.get_coro()
    return getattr(coroutine, "__qualname__", "unknown")


def _resident_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def _descriptors() -> dict[str, int]:
    counted: Counter[str] = Counter()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        kind = target.split(":")[0]
        counted["sockets" if kind == "socket" else "files" if kind[0] == "/" else "pipes"] += 1
    return {kind: counted[kind] for kind in ("sockets", "files", "pipes")}


def _remembered() -> int:
    """Results that `lru_cache`s of ours hold."""
    total = 0
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"bot", "cogs"}:
            for value in list(vars(module).values()):
                if hasattr(value, "cache_info") and value.__module__ == name:
                    total += value.cache_info().currsize
    return total


def main() -> int:
    """Run the bot."""
    outside = Outside()
    outside.watch()
    set_up = Alongside.setup_hook

    async def setup_hook(self: Alongside) -> None:
        await set_up(self)
        outside.watch_loop(asyncio.get_running_loop())
        self._soak = asyncio.create_task(  # type: ignore[attr-defined]
            Inside(self, outside).serve(os.environ["SOAK_SOCKET"]), name="soak"
        )

    Alongside.setup_hook = setup_hook
    return launch()


if __name__ == "__main__":
    sys.exit(main())
