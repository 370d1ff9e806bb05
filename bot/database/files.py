"""One SQLite file opened for one task, without the event loop: copied, checked, claimed.

What lives as long as the process goes through `Database`; this is for the command line (backup,
restore, rekey) and for the journal, which is written rarely and keeps nothing open.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bot.database.errors import StoreBusy, StoreDamaged, StoreError, StoreKeyWrong
from bot.database.sqlite import SqliteEngine, is_plain, not_encrypted, not_plain

if TYPE_CHECKING:
    # The driver ships no types; it is Python's own sqlite3 module built on another library.
    import sqlite3 as driver
    from pathlib import Path
else:
    from sqlcipher3 import dbapi2 as driver

Connection = driver.Connection

_SHARED_LOCK: Final = (510, 0x4000_0002)
"""Length and start of the bytes that every open connection holds a lock on (sqlite.org/fileformat,
"The Lock-Byte Page"; `SHARED_FIRST` in os.h). In WAL mode it is held from opening to closing."""


@contextmanager
def opened(
    path: Path, key: str | None, *, create: bool = False, busy_timeout: float = 5.0
) -> Generator[Connection]:
    """Open a file for one task; without a key it must be a plain one. Raises a `StoreError`.

    With `create` it is made, readable by its owner only; else a missing one is refused.
    """
    engine = SqliteEngine(path, encrypted=key is not None)
    try:
        if key is not None and is_plain(path):
            raise not_encrypted(path)
        if key is None and not create and is_plain(path) is False:
            raise not_plain(path)
        if create:
            path.touch(0o600)
        raw = driver.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
    except (driver.Error, OSError) as error:
        raise engine.translated(error) from error
    read = False
    try:
        raw.execute("PRAGMA cipher_log_level = NONE")
        if key is not None:
            raw.execute(f"PRAGMA key = \"x'{key}'\"")
        raw.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        read = True
        for pragma in ("secure_delete = ON", "trusted_schema = OFF"):
            raw.execute(f"PRAGMA {pragma}").fetchall()
        raw.row_factory = driver.Row
        yield raw
    except driver.Error as error:
        told = engine.translated(error)
        raise (
            StoreDamaged(str(path)) if read and isinstance(told, StoreKeyWrong) else told
        ) from error
    finally:
        raw.close()


def fits(path: Path, key: str | None) -> bool:
    """Whether the key opens the file; one that opens a damaged file fits it all the same."""
    try:
        with opened(path, key):
            return True
    except StoreDamaged:
        return True
    except StoreKeyWrong:
        return False


def export(source: Connection, target: Path, key: str | None) -> None:
    """Copy all that is committed into a new file with a key of its own, as of one moment.

    The copy is read from one snapshot, so nobody who writes meanwhile waits for it; what they write
    is not in it. `target` must not exist; call `put_in_place` before trusting it to the disk.
    """
    target.touch(0o600, exist_ok=False)
    source.execute("ATTACH DATABASE ?1 AS copy KEY ?2", (str(target), f"x'{key}'" if key else ""))
    source.execute("BEGIN")
    source.execute("SELECT sqlcipher_export('copy')").fetchall()
    source.execute("COMMIT")
    source.execute("DETACH DATABASE copy")


def problems(path: Path, key: str | None) -> list[str]:
    """Read every page of a file and check it; one sentence for each finding."""
    checks = ["quick_check", *(["cipher_integrity_check"] if key else [])]
    try:
        with opened(path, key) as connection:
            lines = [
                str(line[0])
                for check in checks
                for line in connection.execute(f"PRAGMA {check}").fetchall()
            ]
    except StoreError as error:
        return [str(error)]
    return [f"{path}: {line}" for line in lines if line != "ok"]


def seize(connection: Connection, path: Path) -> None:
    """Keep everybody else out of the file until the connection is closed.

    Folds the write-ahead log into the file first, so that the file alone is all of it. Raises
    `StoreBusy`, or the driver's busy error that `opened` makes one of, when it is open elsewhere.
    """
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchall()[0]
    if mode != "delete":
        raise StoreBusy(str(path))


@contextmanager
def unused(path: Path) -> Generator[None]:
    """Hold the lock that keeps everybody from opening the file, whatever is in it.

    It works on a damaged file and on one whose key is lost. This process must not open the file
    meanwhile, because closing it would let go of the lock. Raises `StoreBusy` when it is open.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SHARED_LOCK)
        except OSError as error:
            raise StoreBusy(str(path)) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def in_turn(path: Path) -> Generator[None]:
    """Let one process at a time do what is done under this file or folder.

    Never the state folder, which a running bot holds (`bot.alone`), and no file of SQLite's, whose
    own locks would end with this one. Raises `StoreBusy` when another process is at it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusy(str(path)) from error
        yield
    finally:
        os.close(descriptor)


def put_in_place(draft: Path, path: Path) -> None:
    """Give a finished file its name, over whatever had it; both survive a power cut whole."""
    descriptor = os.open(draft, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner only, where there is none; it survives a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
