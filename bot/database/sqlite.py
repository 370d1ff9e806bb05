"""SQLite behind the door: encrypted by SQLCipher, one writer, one reader, group commit.

**Group commit.** Making a transaction durable means waiting for the disk, and SQLite has one
writer. So the open SQLite transaction is handed from one waiting task to the next, each inside a
savepoint of its own, and one COMMIT acknowledges all of them. Nobody's `transaction()` returns
before that COMMIT has; if it fails, it fails for everyone who was waiting on it. What they set down
in the journal is written together, just before it; a journal that cannot be written fails all of
them as a COMMIT does, and each may be tried again.

**Cancellation.** A task can be cancelled at any `await`, while the statement it waits for goes on
in the connection's thread. So every step that changes the transaction's state is one whole call
on that thread (`_OpenTransaction`), calls run in the order in which they were submitted, and what
ends a transaction is always waited for.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Self, TypeVar, cast

import aiosqlite

from bot.database.arguments import fit
from bot.database.errors import (
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreKeyWrong,
    StoreUnavailable,
)
from bot.database.line import Alone, Said
from bot.database.waiting import finished

if TYPE_CHECKING:
    # The driver ships no types; it is Python's own sqlite3 module built on another library.
    import sqlite3 as driver
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from bot.database import Argument, Committed, Journal, Row
else:
    from sqlcipher3 import dbapi2 as driver

P = ParamSpec("P")
T = TypeVar("T")

CACHE_KIB: Final = 8_000
"""What the writer keeps of the file: a page that it lost has to be deciphered and checked again."""
BATCH_TRANSACTIONS: Final = 64
"""How many transactions one COMMIT may acknowledge."""
BATCH_SECONDS: Final = 0.010
"""After this long no further transaction joins, so that the first does not wait for the last."""

_PLAIN_HEADER: Final = b"SQLite format 3\x00"
_HEX_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_DIFFERENT: Final = re.compile(
    r"""
      (?P<literal> '(?:[^']|'')*' | --[^\n]* )
    | \$(?P<placeholder> [0-9]+ )
    | (?P<lock> \s+ FOR \s+ UPDATE (?: \s+ SKIP \s+ LOCKED )? \b )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DEFINES: Final = re.compile(r"\s*(CREATE|ALTER)\s+TABLE\b", re.IGNORECASE)
_WIDE_TYPE: Final = re.compile(r"\b(?:BIGINT|BOOLEAN)\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def to_sqlite(sql: str) -> str:
    """Say in SQLite's words what was written for both engines."""
    sql = _DIFFERENT.sub(_translated, sql)
    defines = _DEFINES.match(sql)
    if defines is None:
        return sql
    sql = _WIDE_TYPE.sub("INTEGER", sql).rstrip().rstrip(";")
    return sql if defines[1].upper() == "ALTER" else f"{sql} STRICT"


def _translated(match: re.Match[str]) -> str:
    if match["placeholder"]:
        return f"?{match['placeholder']}"
    return match["literal"] or ""


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection, with a way to run a whole step on its thread."""

    def ended(self) -> None:
        """Wait until its thread has ended; blocks."""
        self._thread.join()

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Queue `work` at once; the future may be left unawaited without stopping it.

        aiosqlite's own coroutines queue their work only when awaited, and a coroutine awaited
        by a shielding task starts too late to keep its place in the order.
        """
        if not self._running:
            raise StoreUnavailable("The database is closed.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        cast("Any", self)._tx.put_nowait((future, partial(work, *args, **kwargs)))
        return future


class _OpenTransaction:
    """The writer connection and where it stands. Methods run on its thread, one whole at a time."""

    def __init__(self, connection: driver.Connection) -> None:
        self._connection = connection
        self._owner: object | None = None
        self._lost: driver.Error | None = None

    def run(self, owner: object, sql: str, args: tuple[Argument, ...]) -> tuple[list[Any], int]:
        """Run a statement of the logical transaction `owner`, and begin what is not begun yet."""
        return self._within(owner, lambda: self._connection.execute(sql, fit(args)))

    def run_many(
        self, owner: object, sql: str, rows: Sequence[tuple[Argument, ...]]
    ) -> tuple[list[Any], int]:
        """Run one statement for each row, in one hop to the thread."""
        fitting = [fit(row) for row in rows]
        return self._within(owner, lambda: self._connection.executemany(sql, fitting))

    def _within(self, owner: object, execute: Callable[[], driver.Cursor]) -> tuple[list[Any], int]:
        if self._lost is not None:
            raise self._lost
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
            self._owner = None
        try:
            if self._owner is not owner:
                if self._owner is not None:
                    self._connection.execute("RELEASE one")
                self._connection.execute("SAVEPOINT one")
                self._owner = owner
            cursor = execute()
            return cursor.fetchall(), cursor.rowcount
        except driver.Error as error:
            # SQLite itself rolls everything back on a full disk and a few other errors: then the
            # transactions before this one in the batch are gone too, and must be told.
            if not self._connection.in_transaction:
                self._lost = error
            raise

    def undo(self, owner: object) -> bool:
        """Roll back what `owner` did, and nothing else; return whether the others can go on."""
        if self._lost is None and self._owner is owner:
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            self._owner = None
        return self._lost is None

    def commit(self, set_down: Callable[[], None] | None) -> None:
        """Make the whole batch durable, or roll the whole of it back and raise."""
        lost, self._lost, self._owner = self._lost, None, None
        if lost is not None:
            raise lost
        try:
            if set_down is not None:
                set_down()
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except Exception:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


class _Batch:
    """The transactions that one COMMIT will acknowledge."""

    __slots__ = ("begun_at", "committed", "lines", "said", "size")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.begun_at: float | None = None
        self.size = 0
        self.lines: list[str] = []
        self.said: set[Said] = set()
        self.committed: asyncio.Future[driver.Error | None] = loop.create_future()


class _Writer:
    """Whose turn it is on the writer connection, and when its batch is committed."""

    def __init__(
        self, engine: SqliteEngine, connection: _Connection, state: _OpenTransaction
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._state = state
        self.loop = asyncio.get_running_loop()
        self._batch = _Batch(self.loop)
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._idle: asyncio.Future[None] | None = None

    async def take_turn(self) -> None:
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = self.loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def submit(
        self, owner: object, sql: str, args: tuple[Argument, ...]
    ) -> asyncio.Future[tuple[list[Any], int]]:
        self._begin()
        return self._connection.submit(self._state.run, owner, sql, args)

    def submit_many(
        self, owner: object, sql: str, rows: Sequence[tuple[Argument, ...]]
    ) -> asyncio.Future[tuple[list[Any], int]]:
        self._begin()
        return self._connection.submit(self._state.run_many, owner, sql, rows)

    def _begin(self) -> None:
        if self._batch.begun_at is None:
            self._batch.begun_at = self.loop.time()

    async def keep(self, lines: Sequence[str], said: Iterable[Said]) -> None:
        """End the turn well; return when the transaction is on the disk, and its lines are."""
        if lines:
            self._begin()
        batch = self._batch
        if batch.begun_at is None:
            self._pass_on()
            return
        batch.size += 1
        batch.lines += lines
        batch.said.update(said)
        self._pass_on()
        error = await finished(batch.committed)
        if error is not None:
            raise error

    async def undo(self, owner: object) -> None:
        """End the turn badly; return when nothing of the transaction is left."""
        if self._batch.begun_at is None:
            self._pass_on()
            return
        undone = self._connection.submit(self._state.undo, owner)
        undone.add_done_callback(self._undone)
        await finished(undone)

    def _undone(self, undone: asyncio.Future[bool]) -> None:
        healthy = undone.exception() is None and undone.result()
        self._pass_on(joinable=healthy)

    def _pass_on(self, *, joinable: bool = True) -> None:
        begun_at = self._batch.begun_at
        if begun_at is None:
            if not self._grant():
                self._rest()
            return
        joinable = (
            joinable
            and self._batch.size < BATCH_TRANSACTIONS
            and self.loop.time() - begun_at < BATCH_SECONDS
        )
        if not (joinable and self._grant()):
            lines, journal = self._batch.lines, self._engine.journal
            set_down = partial(journal, lines) if lines and journal is not None else None
            self._connection.submit(self._state.commit, set_down).add_done_callback(self._committed)

    def _committed(self, commit: asyncio.Future[None]) -> None:
        error = commit.exception()
        batch, self._batch = self._batch, _Batch(self.loop)
        if error is None or isinstance(error, driver.Error):
            batch.committed.set_result(error)
        else:
            batch.committed.set_exception(error)
        if not self._grant():
            self._rest()
        if error is None:
            self._engine.line.committed(batch.said)

    def _grant(self) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    def _rest(self) -> None:
        self._taken = False
        if self._idle is not None:
            self._idle.set_result(None)

    async def close(self) -> None:
        """Refuse newcomers, and wait for those who are inside or in the queue."""
        self._closed = True
        if self._taken:
            self._idle = self.loop.create_future()
            await self._idle


class _Transaction:
    """One logical transaction, and the block that bounds it."""

    def __init__(self, engine: SqliteEngine, writer: _Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._open = False
        self._failed: Exception | None = None
        self._lines: list[str] = []
        self._said: set[Said] = set()

    async def __aenter__(self) -> Self:
        await self._writer.take_turn()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        if kind is not None or self._failed is not None:
            await self._writer.undo(self)
            if kind is None and self._failed is not None:
                raise self._failed
            return
        began = self._writer.loop.time()
        try:
            await self._writer.keep(self._lines, self._said)
        except driver.Error as error:
            raise self._engine.translated(error) from error
        if self._engine.committed is not None:
            self._engine.committed(self._writer.loop.time() - began)

    async def _run(self, sql: str, args: tuple[Argument, ...]) -> tuple[list[Any], int]:
        return await self._done(lambda: self._writer.submit(self, to_sqlite(sql), args))

    async def _done(
        self, submit: Callable[[], asyncio.Future[tuple[list[Any], int]]]
    ) -> tuple[list[Any], int]:
        if not self._open:
            raise RuntimeError("this transaction has ended")
        if self._failed is not None:
            raise self._failed
        try:
            return await submit()
        except driver.Error as error:
            self._failed = self._engine.translated(error)
            raise self._failed from error

    def tell(self, topic: str, about: int) -> None:
        self._said.add((topic, about))

    async def execute_many(self, sql: str, rows: Sequence[tuple[Argument, ...]]) -> int:
        if not rows:
            return 0
        _, changed = await self._done(lambda: self._writer.submit_many(self, to_sqlite(sql), rows))
        return max(changed, 0)

    async def fetch(self, sql: str, *args: Argument) -> list[Row]:
        rows, _ = await self._run(sql, args)
        return rows

    async def fetch_one(self, sql: str, *args: Argument) -> Row | None:
        rows, _ = await self._run(sql, args)
        return rows[0] if rows else None

    async def execute(self, sql: str, *args: Argument) -> int:
        _, changed = await self._run(sql, args)
        return max(changed, 0)

    def set_down(self, line: str) -> None:
        self._lines.append(line)


class _Reading:
    """The reader connection. It has no state, so one object serves everybody at once."""

    def __init__(self, engine: SqliteEngine, connection: _Connection) -> None:
        self._engine = engine
        self._connection = connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        return None

    async def fetch(self, sql: str, *args: Argument) -> list[Row]:
        try:
            return list(await self._connection.execute_fetchall(to_sqlite(sql), fit(args)))
        except driver.Error as error:
            raise self._engine.translated(error) from error
        except ValueError as error:
            raise StoreUnavailable("The database is closed.") from error

    async def fetch_one(self, sql: str, *args: Argument) -> Row | None:
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None


class SqliteEngine:
    """A SQLite file: write-ahead log, every commit synced to the disk, STRICT tables."""

    name = "SQLite"

    def __init__(self, path: Path, *, encrypted: bool) -> None:
        self.where = str(path)
        self.line = Alone()
        self.encrypted = encrypted
        self.journal: Journal | None = None
        self.committed: Committed | None = None
        self._path = path
        self._was_read = False
        self._writer: _Writer
        self._reading: _Reading
        self._connections: list[_Connection] = []

    @classmethod
    async def open(cls, path: Path, key: str | None, plain: bool, busy_timeout: float) -> Self:
        """Open the file, or create it readable by its owner only. Raises a `StoreError`."""
        _check_key_fits(path, key, plain)
        engine = cls(path, encrypted=key is not None)
        try:
            await asyncio.to_thread(path.touch, 0o600)
            writes = ("PRAGMA journal_mode = WAL", f"PRAGMA cache_size = -{CACHE_KIB}")
            state = await engine._connect(key, busy_timeout, writes)
            await engine._connect(key, busy_timeout, ("PRAGMA query_only = ON",))
        except (driver.Error, OSError) as error:
            await engine._disconnect()
            raise engine.translated(error) from error
        except BaseException:
            await engine._disconnect()
            raise
        engine._was_read = True
        engine._writer = _Writer(engine, engine._connections[0], state)
        engine._reading = _Reading(engine, engine._connections[1])
        return engine

    async def _connect(
        self, key: str | None, busy_timeout: float, more: tuple[str, ...]
    ) -> _OpenTransaction:
        states: list[_OpenTransaction] = []

        def connect() -> driver.Connection:
            raw = driver.connect(
                self._path,
                timeout=busy_timeout,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            try:
                # The cipher writes its own lines to stderr; what it finds we say ourselves.
                raw.execute("PRAGMA cipher_log_level = NONE")
                if key is not None:
                    # In this form the digits are the key itself and no derivation slows the start.
                    raw.execute(f"PRAGMA key = \"x'{key}'\"")
                raw.execute("SELECT count(*) FROM sqlite_schema").fetchall()
                for pragma in (
                    *more,
                    "PRAGMA synchronous = FULL",
                    "PRAGMA foreign_keys = ON",
                    # What is erased shall not lie about in free pages.
                    "PRAGMA secure_delete = ON",
                    "PRAGMA trusted_schema = OFF",
                ):
                    raw.execute(pragma).fetchall()
            except BaseException:
                raw.close()
                raise
            raw.row_factory = driver.Row
            states.append(_OpenTransaction(raw))
            return raw

        connection = _Connection(connect, iter_chunk_size=64)
        self._connections.append(connection)
        try:
            await connection
        except BaseException:
            # aiosqlite has told its thread to end but not waited for it; one that outlives the
            # event loop prints a traceback when it reports.
            await finished(asyncio.ensure_future(asyncio.to_thread(connection.ended)))
            raise
        return states[0]

    async def _disconnect(self) -> None:
        # The reader first: the last one to leave folds the write-ahead log into the file.
        for connection in reversed(self._connections):
            await connection.close()
        self._connections.clear()

    def transaction(self) -> _Transaction:
        """Bound one transaction."""
        return _Transaction(self, self._writer)

    def read(self) -> _Reading:
        """Bound one look."""
        return self._reading

    async def has_table(self, name: str) -> bool:
        """Tell whether the schema has a table of this name."""
        found = await self._reading.fetch_one("SELECT 1 FROM sqlite_schema WHERE name = $1", name)
        return found is not None

    async def version(self) -> str:
        """Return the engine's version, and the cipher's."""
        cipher = await self._reading.fetch_one("PRAGMA cipher_version")
        return f"{driver.sqlite_version}, SQLCipher {cipher[0] if cipher else 'unknown'}"

    async def problems(self) -> list[str]:
        """Check integrity; one sentence for each finding."""
        checks = ["PRAGMA quick_check"]
        if self.encrypted:
            checks.append("PRAGMA cipher_integrity_check")
        try:
            found = [str(row[0]) for sql in checks for row in await self._reading.fetch(sql)]
        except StoreError as error:
            return [str(error)]
        return [f"{self.where}: {line}" for line in found if line != "ok"]

    async def size_bytes(self) -> int:
        """Return the size on disk, the log included."""
        log = self._path.with_name(f"{self._path.name}-wal")
        return sum(file.stat().st_size for file in (self._path, log) if file.exists())

    async def close(self) -> None:
        """Let what waits finish, then close."""

        async def close() -> None:
            await self._writer.close()
            await self._disconnect()

        await finished(asyncio.ensure_future(close()))

    def translated(self, error: driver.Error | OSError) -> Exception:
        """Say for the host what the driver said; what is a bug of ours stays as it is."""
        # Extended codes carry the primary one in their low byte (sqlite.org/rescode.html).
        match getattr(error, "sqlite_errorcode", None):
            case int() as code:
                primary = code & 0xFF
            case _:
                primary = driver.SQLITE_CANTOPEN if isinstance(error, OSError) else None
        match primary:
            case driver.SQLITE_BUSY | driver.SQLITE_LOCKED:
                return StoreBusy(self.where)
            case driver.SQLITE_FULL:
                return StoreFull(self.where)
            case driver.SQLITE_CONSTRAINT:
                return StoreConflict(str(error))
            case driver.SQLITE_CORRUPT:
                return StoreDamaged(self.where)
            case driver.SQLITE_NOTADB if self._was_read:
                # The key fitted the first page, so it is another page that the cipher refuses.
                return StoreDamaged(self.where)
            case driver.SQLITE_NOTADB:
                return StoreKeyWrong(
                    f"The key does not fit the database {self.where}, or the file is no database. "
                    "Put back the key file that belongs to it, or restore both from a backup."
                )
            case (
                driver.SQLITE_IOERR
                | driver.SQLITE_CANTOPEN
                | driver.SQLITE_READONLY
                | driver.SQLITE_PERM
                | driver.SQLITE_AUTH
            ):
                return StoreUnavailable(
                    f"The database {self.where} cannot be opened or written: {error}. "
                    "Check that its folder exists, that this user may write there, "
                    "and that the disk is healthy.",
                    os.EX_IOERR,
                )
            case _:
                return error


def is_plain(path: Path) -> bool | None:
    """Tell a plain-text SQLite file from an encrypted one; None when there is nothing yet."""
    try:
        with path.open("rb") as file:
            header = file.read(len(_PLAIN_HEADER))
    except FileNotFoundError:
        return None
    return header == _PLAIN_HEADER if header else None


def not_plain(path: Path) -> StoreKeyWrong:
    """The refusal of an encrypted database that was to be opened without a key."""
    return StoreKeyWrong(
        f"The database {path} is encrypted, or is no database, and was to be opened as a plain "
        "one. Start it with its key."
    )


def not_encrypted(path: Path) -> StoreKeyWrong:
    """Make the refusal of a plain-text file where an encrypted one is expected."""
    return StoreKeyWrong(
        f"The database {path} is not encrypted. Set DATABASE_PLAIN=yes to go on with it as it is, "
        "or move it away to begin with an encrypted one."
    )


def _check_key_fits(path: Path, key: str | None, plain: bool) -> None:
    if key is None and not plain:
        raise StoreKeyWrong(f"The database {path} is to be encrypted, and no key was given for it.")
    if key is not None and not _HEX_KEY.fullmatch(key):
        raise StoreKeyWrong("The database key must be 64 hexadecimal digits (32 bytes).")
    try:
        found = is_plain(path)
    except OSError as error:
        raise StoreUnavailable(
            f"The database {path} cannot be read: {error.strerror}. "
            "Check that it is a file and that this user may read it.",
            os.EX_IOERR,
        ) from error
    if found is True and not plain:
        raise not_encrypted(path)
    if found is False and plain:
        raise not_plain(path)
