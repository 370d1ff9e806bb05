"""The only door to the store: the same SQL on SQLite, the embedded default, and on PostgreSQL.

`Database.transaction()` and `Database.read()` are the only ways in, and no cursor leaves them.
What to know when writing SQL for both:

- Placeholders are `$1`, `$2`; the same number may be used twice.
- Column types are `BIGINT`, `TEXT` and `BOOLEAN`, and nothing else. SQLite keeps a flag as 0 or 1,
  so a store that reads one says `bool(row["flag"])`; as an argument, Python's `True` suits both.
- A transaction that read a row in order to change it says `SELECT ... FOR UPDATE`, also
  `FOR UPDATE SKIP LOCKED`: SQLite's transactions exclude each other anyway, and there the words
  are left out.
- After a statement has failed, its transaction can only be left; it is rolled back even when the
  body swallowed the error. Expect a duplicate with `ON CONFLICT`, not with `except`.
- SQL never asks for the time or for chance: both are arguments.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from bot.database.errors import (
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreKeyWrong,
    StoreNewer,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractAsyncContextManager

    from bot.database.line import Line

__all__ = [
    "Argument",
    "Committed",
    "Database",
    "Health",
    "Journal",
    "Reading",
    "Row",
    "StoreBusy",
    "StoreConflict",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreKeyWrong",
    "StoreNewer",
    "StoreUnavailable",
    "Transaction",
]

Journal = Callable[[Sequence[str]], None]
"""Writes lines outside the store, on the disk when it returns (see `bot.journal`); blocks."""

Committed = Callable[[float], None]
"""Is told for how many seconds a transaction waited until it was on the disk."""

Argument = int | str | None
"""What a statement may be given (a flag is an `int` to the type checker); moments are seconds."""


class Row(Protocol):
    """One row, read by column name or position, or taken apart. It never leaves a store."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def keys(self) -> Iterable[str]:
        """Return the names of its columns."""
        ...


class Reading(Protocol):
    """A look at what is committed; each statement sees the newest state when it starts."""

    async def fetch(self, sql: str, *args: Argument) -> list[Row]:
        """Run one statement and return all its rows."""
        ...

    async def fetch_one(self, sql: str, *args: Argument) -> Row | None:
        """Run one statement and return its first row, if it has one."""
        ...


class Transaction(Reading, Protocol):
    """A unit of work: all of it is kept, or none of it."""

    async def execute(self, sql: str, *args: Argument) -> int:
        """Run one statement; return how many rows it inserted, updated or deleted."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[tuple[Argument, ...]]) -> int:
        """Run one statement once for each row of arguments; return how many rows it gave.

        SQLite does all of it in one hop to its thread. On PostgreSQL the count is that of `rows`.
        """
        ...

    def tell(self, topic: str, about: int) -> None:
        """Let all who hear a topic know, once this is committed, what was changed.

        `about` is the id of a server, say. `Line.hear` says who hears, in other processes and here.
        """
        ...

    def set_down(self, line: str) -> None:
        """Have a line in the journal beside the store, if one is kept, before this is committed.

        `bot.journal.record` is what features call. Where it cannot be written, nothing is
        committed. Where the process dies between the two, the line is there alone: replaying it
        must do no harm then.
        """
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """What the doctor is told about the store."""

    engine: str
    """`SQLite` or `PostgreSQL`."""
    version: str
    """The engine's version, and the cipher's where there is one."""
    encrypted: bool
    """Whether this process encrypts what lies on the disk. PostgreSQL's disk is its host's care."""
    schema_version: int
    """The highest migration applied; 0 before the first."""
    problems: tuple[str, ...]
    """What the integrity check and a rolled back write found, one sentence each."""
    writable: bool
    """Whether a write went through, before it was rolled back."""
    size_bytes: int
    """Size on disk, the write-ahead log included."""


class Engine(Protocol):
    """What the door needs of SQLite or PostgreSQL."""

    name: str
    where: str
    journal: Journal | None
    committed: Committed | None

    @property
    def line(self) -> Line: ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Bound one transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Bound one look."""
        ...

    async def has_table(self, name: str) -> bool:
        """Tell whether the schema has a table of this name."""
        ...

    async def version(self) -> str:
        """Return the engine's version, and the cipher's."""
        ...

    async def problems(self) -> list[str]:
        """Check integrity; one sentence for each finding."""
        ...

    async def size_bytes(self) -> int:
        """Return the size on disk, the log included."""
        ...

    @property
    def encrypted(self) -> bool: ...

    async def close(self) -> None:
        """Let what waits finish, then close."""
        ...


class Database:
    """An open store. Open one a process, hand it around, close it at the end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    async def open(
        cls,
        location: str | Path,
        *,
        key: str | None = None,
        plain: bool = False,
        busy_timeout: float = 5.0,
    ) -> Self:
        """Open the store at `location`, and create the SQLite file if there is none.

        `location` is a path, `sqlite:///relative.db`, `sqlite:////absolute.db` or
        `postgresql://user@host/name`. `key` is the SQLite file's 64 hex digits (see `bot.keys`);
        without encryption only when `plain` says so. `busy_timeout`, in seconds, is how long to
        wait for another process's write lock. Migrations are a step of their own:
        `bot.migrations.migrate`.

        Raises a `StoreError`: `StoreKeyWrong`, `StoreUnavailable`, `StoreBusy`, `StoreDamaged`.
        """
        scheme, separator, rest = str(location).partition("://")
        if separator and scheme in {"postgresql", "postgres"}:
            # Loading asyncpg costs start-up time and memory that an SQLite host need not pay.
            from bot.database.postgres import PostgresEngine

            return cls(await PostgresEngine.open(str(location), busy_timeout))
        if separator and (scheme != "sqlite" or not rest.startswith("/")):
            raise StoreUnavailable(
                f"The database address starts with {scheme}://, which is not known here. "
                "Use sqlite:///path/to/file.db or postgresql://user@host/name.",
                os.EX_CONFIG,
            )
        from bot.database.sqlite import SqliteEngine

        path = Path(rest.removeprefix("/") if separator else location)
        return cls(await SqliteEngine.open(path, None if plain else key, plain, busy_timeout))

    @property
    def engine(self) -> str:
        """`SQLite` or `PostgreSQL`."""
        return self._engine.name

    @property
    def where(self) -> str:
        """Where the store is, fit to be printed: a path, or host and name without a password."""
        return self._engine.where

    @property
    def line(self) -> Line:
        """What other processes on this store do and change."""
        return self._engine.line

    def keep_journal(self, journal: Journal | None) -> None:
        """Say who writes what transactions set down outside the store; None for nobody."""
        self._engine.journal = journal

    def when_committed(self, committed: Committed) -> None:
        """Say who is told, from now on, how long each commit took."""
        self._engine.committed = committed

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving the block without an error means that it is on the disk.

        A cancelled task waits until its transaction has either been committed or rolled back.
        Raises `StoreBusy`, `StoreFull`, `StoreUnavailable`, or `StoreConflict`; then nothing of it
        was kept. Keep the body short: on SQLite everybody else waits for it.
        """
        return self._engine.transaction()

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Look at what is committed, without waiting for those who write.

        Each statement sees the newest committed state; several that must agree with each other
        belong into one `transaction()`.
        """
        return self._engine.read()

    async def has_table(self, name: str) -> bool:
        """Tell whether the schema has a table of this name."""
        return await self._engine.has_table(name)

    async def schema_version(self) -> int:
        """Return the highest migration applied, or 0."""
        if not await self.has_table("schema_version"):
            return 0
        async with self.read() as reading:
            row = await reading.fetch_one("SELECT max(version) AS version FROM schema_version")
        return int(row["version"] or 0) if row else 0

    async def health(self) -> Health:
        """Examine the store for the doctor: reads all of it, so not for every day."""
        problems = await self._engine.problems()
        writable = True
        try:
            async with self.transaction() as tx:
                await tx.execute("CREATE TABLE health_probe (id BIGINT NOT NULL)")
                raise _ProbedError
        except _ProbedError:
            pass
        except StoreError as error:
            writable = False
            problems.append(str(error))
        schema_version = 0
        try:
            schema_version = await self.schema_version()
        except StoreError as error:
            # A connection that has met a damaged page may read no other page after it.
            problems.append(str(error))
        return Health(
            engine=self._engine.name,
            version=await self._engine.version(),
            encrypted=self._engine.encrypted,
            schema_version=schema_version,
            problems=tuple(problems),
            writable=writable,
            size_bytes=await self._engine.size_bytes(),
        )

    async def close(self) -> None:
        """Let the transactions that wait finish, refuse new ones, and close."""
        await self._engine.close()


class _ProbedError(Exception):
    """Rolls the doctor's write back."""
