"""Does a piece of work again and again, each time killed a little later, and looks at what is left.

A process of its own: it imports everything once and forks for each try. The fork kills itself with
SIGKILL before the n-th line of the code under test, or is killed from outside after some
milliseconds, inside a call of the database, say. `python -m tests.bot.killing WORK FOLDER APART`
tries every line that is a multiple of APART (1 for all of them), and prints what it saw as JSON:
kills, and how often each outcome was found.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from bot.backup.restoring import restore
from bot.backup.service import take
from bot.config import Config
from bot.database.files import fits, opened, problems
from bot.journal import Journal
from bot.journal.service import journal_key
from bot.opening import open_runtime, store_key
from bot.rekey import rekey
from tests.rules import ROOT

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = 500
WATCHED = ("bot/rekey.py", "bot/keys.py", "bot/database/files.py", "bot/backup/")


def clock() -> datetime:
    return NOW


async def fill(config: Config) -> None:
    """A store with a key, a journal and some rows."""
    runtime = await open_runtime(config, clock)
    async with runtime.database.transaction() as tx:
        await tx.execute("CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, pad TEXT)")
        rows = [(at, f"{at}" * 100) for at in range(ROWS)]
        await tx.execute_many("INSERT INTO scratch VALUES ($1, $2)", rows)
        tx.set_down('{"kind":"a.test"}')
    await runtime.database.close()


def whole(path: Path, key: str | None) -> None:
    assert problems(path, key) == []
    with opened(path, key) as file:
        assert file.execute("SELECT count(*) FROM scratch").fetchall()[0][0] == ROWS


@dataclass(frozen=True)
class Work:
    """What is done, what is looked at after it was cut off, and what is there before."""

    do: Callable[[Config], object]
    look: Callable[[Config], str]
    prepare: Callable[[Config], object] = lambda config: None


def look_at_keys(config: Config) -> str:
    """Some key on the disk opens the store; the next start takes it, and the journal too."""
    keys = [path.read_text().strip() for path in config.state_dir.glob("database.key*")]
    assert any(fits(config.database_path, key) for key in keys if len(key) == 64)
    known = (config.state_dir / "first").read_text()

    async def start() -> None:
        await (await open_runtime(config, clock)).database.close()

    asyncio.run(start())
    key = store_key(config)
    whole(config.database_path, key)
    assert problems(config.journal_path, journal_key(key)) == []
    (entry,) = Journal(config.journal_path, key, clock).since(NOW)
    assert entry.kind == "a.test"
    return "old key" if key == known else "new key"


def note_key(config: Config) -> None:
    (config.state_dir / "first").write_text(store_key(config) or "")


def look_at_backups(config: Config) -> str:
    """Backups that have their name are whole, and the next one clears up."""
    key = store_key(config)
    folder = config.state_dir / "backups"
    found = list(folder.glob("alongside-*.backup"))
    for path in found:
        whole(path, key)
    whole(config.database_path, key)
    later = take(config, None, lambda: NOW.replace(hour=13)).path
    assert sorted(folder.iterdir()) == sorted({*found, later})
    return "a backup" if found else "none"


def back_up(config: Config) -> None:
    taken = take(config, config.state_dir / "the.backup", clock)
    with opened(config.database_path, store_key(config)) as file:
        file.execute("CREATE TABLE since_then (x)")
    assert taken.facts.taken_at == NOW


def restored(config: Config) -> None:
    later = replace(config, token=None)
    backup = config.state_dir / "the.backup"
    asyncio.run(restore(later, backup, clock, replace_store=True))


def look_at_store(config: Config) -> str:
    """The store from before or the restored one is in place, and opens."""
    key = store_key(config)
    whole(config.database_path, key)
    with opened(config.database_path, key) as file:
        before = file.execute("SELECT 1 FROM sqlite_schema WHERE name = 'since_then'").fetchall()
    return "from before" if before else "restored"


WORKS = {
    "rekey": Work(lambda config: rekey(config, None), look_at_keys, note_key),
    "backup": Work(lambda config: take(config, None, clock), look_at_backups),
    "restore": Work(restored, look_at_store, back_up),
}


def lines_of(do: Callable[[], object], kill_at: int | None) -> int:
    """Do the work, and count its lines; kill this process before line `kill_at`."""
    passed = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal passed
        if event == "call":
            return trace if any(part in frame.f_code.co_filename for part in WATCHED) else None
        if event == "line":
            passed += 1
            if passed == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        do()
    finally:
        sys.settrace(None)
    return passed


def in_fork(work: Callable[[], object], after: float | None = None) -> bool:
    """Run in a fork, killed after some seconds if not before; gives whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the exit status
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work itself failed"
    return os.WIFSIGNALED(status)


def killed(name: str, folder: Path, apart: int) -> dict[str, Any]:
    """Run this module in a process of its own, for a test."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore", "-m", "tests.bot.killing", name, folder, str(apart)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(ran.stdout)


def main(name: str, folder: Path, apart: int) -> None:
    work = WORKS[name]
    template, state = folder / "template", folder / "state"
    config = Config(template)
    asyncio.run(fill(config))
    work.prepare(config)

    def fresh() -> Config:
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(template, state)
        return Config(state)

    def do(config: Config, kill_at: int | None = None) -> None:
        counted.write_text(str(lines_of(lambda: work.do(config), kill_at)))

    # Once here, so that what it loads need not be loaded in each fork, every call of it watched.
    work.do(fresh())
    counted = folder / "lines"
    began = time.monotonic()
    in_fork(partial(do, fresh()))
    took = time.monotonic() - began
    lines = int(counted.read_text())
    # The last lines, where files change their names, are each tried.
    before = {*range(1, lines, apart), *range(max(lines - 8, 1), lines + 1)}
    kills, seen = 0, Counter[str]()
    for line in sorted(before):
        config = fresh()
        kills += in_fork(partial(do, config, line))
        seen[work.look(config)] += 1
    for part in range(1, 9):
        config = fresh()
        kills += in_fork(partial(do, config), after=took * part / 8)
        seen[work.look(config)] += 1
    sys.stdout.write(json.dumps({"kills": kills, "seen": seen}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
