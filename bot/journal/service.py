"""Writing the journal, and replaying it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from bot.clock import Clock
from bot.database import Database, StoreKeyWrong, Transaction
from bot.database.files import fits, put_in_place
from bot.database.waiting import in_thread
from bot.journal import store
from bot.journal.model import KEPT, Entry

AT_ONCE = 200
"""Entries replayed in one transaction."""

BACKUP = "journal.backup"
"""The kind of the entry that a backup writes; there is nothing to replay in it."""

Replay = Callable[[Transaction, Entry], Awaitable[None]]
"""Does an entry again, in a transaction; doing it twice must do what doing it once does."""


def record(tx: Transaction, kind: str, **facts: int | str) -> None:
    """Set down what a restore must not undo, in the transaction that does it.

    The one door to the journal. `kind` has a handler in `Replays`; `facts` are ids and nothing
    that anybody wrote.
    """
    tx.set_down(json.dumps({"kind": kind, **facts}, separators=(",", ":")))


def journal_key(store_key: str | None) -> str | None:
    """Derive the journal's key from the store's, so that one key is all there is to keep."""
    if store_key is None:
        return None
    named = b"alongside journal"
    return hmac.new(bytes.fromhex(store_key), named, hashlib.sha256).hexdigest()


def rekeyed(path: Path) -> Path:
    """Name the copy of the journal under the next key, while the key is being changed."""
    return path.with_name(f"{path.name}.new")


class Journal:
    """The file. It is opened for each use and closed again, for uses are rare.

    One thread at a time: whoever closes a file lets go of the locks that others of the same process
    hold on it (sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, path: Path, store_key: str | None, clock: Clock) -> None:
        self._turn = Lock()
        self._path = path
        self._key = journal_key(store_key)
        self._clock = clock

    def begin(self) -> None:
        """Make the file when there is none, and drop what is past its time.

        Raises a `StoreError`: `StoreKeyWrong` when the key is another one.
        """
        now = self._clock()
        with self._turn:
            try:
                store.begin(self._path, self._key, now, now - KEPT)
            except StoreKeyWrong:
                # The key was being changed, and the store had its new key before the journal had.
                waiting = rekeyed(self._path)
                if not waiting.exists() or not fits(waiting, self._key):
                    raise
                put_in_place(waiting, self._path)
                store.begin(self._path, self._key, now, now - KEPT)

    def write(self, lines: Sequence[str]) -> None:
        """Write lines, all or none; on the disk when this returns. Raises a `StoreError`."""
        with self._turn:
            store.add(self._path, self._key, lines, self._clock())

    async def tidy(self) -> None:
        """Drop what is past its time, from within a running bot."""
        await in_thread(self.begin)

    def mark_backup(self) -> datetime:
        """Write that a backup is being made; gives the moment from which it is to be dated."""
        with self._turn:
            return store.add(self._path, self._key, [json.dumps({"kind": BACKUP})], self._clock())

    def begun_at(self) -> datetime:
        """Give since when it is kept."""
        return store.begun_at(self._path, self._key)

    def since(self, moment: datetime) -> list[Entry]:
        """Give what was written since a moment, the oldest first."""
        return store.entries(self._path, self._key, moment)


class Replays:
    """Which feature does which entries again."""

    def __init__(self) -> None:
        self._handlers: dict[str, Replay] = {}

    def on(self, kind: str, replay: Replay) -> None:
        """Register who replays a kind of entry; it records nothing itself while doing so."""
        if kind in self._handlers:
            raise ValueError(f"entries of the kind {kind} are replayed already")
        self._handlers[kind] = replay

    async def run(self, database: Database, entries: Sequence[Entry]) -> Counter[str]:
        """Do entries again, in their order; gives how many there were by kind.

        An entry of a feature that is not installed is left out: its tables hold nothing of it.
        """
        known = [entry for entry in entries if entry.kind in self._handlers]
        for start in range(0, len(known), AT_ONCE):
            async with database.transaction() as tx:
                for entry in known[start : start + AT_ONCE]:
                    await self._handlers[entry.kind](tx, entry)
        return Counter(entry.kind for entry in known)
