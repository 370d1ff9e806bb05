"""PostgreSQL behind the door, for those who run several processes on one store."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import asyncpg

from bot.database.arguments import fit
from bot.database.errors import (
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreFull,
    StoreUnavailable,
)
from bot.database.line import CHANNEL, KEEPALIVES, PostgresLine, Said
from bot.database.waiting import finished, in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import TracebackType

    from bot.database import Argument, Committed, Journal, Row

CONNECTIONS: Final = 8
"""How many connections each of the two pools (writing, reading) may open."""
CONNECT_SECONDS: Final = 10.0
"""How long to wait for the server's first answer."""

_untyped: Final[Any] = asyncpg
"""asyncpg's annotations stop half-way, so what comes from it counts as untyped."""

_TELL: Final = f"SELECT pg_notify({CHANNEL}, said) FROM unnest($1::text[]) AS said"  # noqa: S608

_CHANGES: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
_FROM_DRIVER: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)


class _Statements:
    """Runs statements on a connection, and says in our words what went wrong."""

    def __init__(self, engine: PostgresEngine, pool: Any) -> None:
        self._engine = engine
        self._pool = pool
        self._connection: Any = None

    async def _acquire(self) -> None:
        try:
            self._connection = await self._pool.acquire()
        except Exception as error:
            raise self._engine.translated(error) from error

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        await self._pool.release(connection)

    def _live(self) -> Any:
        if self._connection is None:
            raise RuntimeError("this transaction has ended")
        return self._connection

    @contextmanager
    def _in_our_words(self) -> Generator[None]:
        try:
            yield
        except _FROM_DRIVER as error:
            # Of a live connection it says that a statement is wrong, which is a bug of ours.
            if isinstance(error, asyncpg.InterfaceError) and not self._connection.is_closed():
                raise
            raise self._engine.translated(error) from error

    async def fetch(self, sql: str, *args: Argument) -> list[Row]:
        with self._in_our_words():
            return await self._live().fetch(sql, *fit(args))

    async def fetch_one(self, sql: str, *args: Argument) -> Row | None:
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None


class _Reading(_Statements):
    async def __aenter__(self) -> Self:
        await self._acquire()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            await self._release()
        except Exception as failure:
            # The body's own error says more.
            if kind is None:
                raise self._engine.translated(failure) from failure


class _Transaction(_Statements):
    _block: Any = None
    _failed: Exception | None = None

    def __init__(self, engine: PostgresEngine, pool: Any) -> None:
        super().__init__(engine, pool)
        self._said: set[Said] = set()
        self._lines: list[str] = []

    async def __aenter__(self) -> Self:
        await self._acquire()
        try:
            self._block = self._connection.transaction()
            await self._block.start()
        except BaseException as error:
            await self._release()
            if isinstance(error, Exception):
                raise self._engine.translated(error) from error
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        keep = kind is None and self._failed is None
        began = asyncio.get_running_loop().time()
        # asyncpg cancels the statement on the server when its task is cancelled: ending the
        # transaction runs in a task of its own, so that its outcome is known.
        try:
            await finished(asyncio.ensure_future(self._end(keep=keep)))
        except Exception as failure:
            # The body's own error says more than what the rollback met on a dead connection.
            if kind is None and self._failed is None:
                raise self._engine.translated(failure) from failure
        if kind is None and self._failed is not None:
            raise self._failed
        if keep and self._engine.committed is not None:
            self._engine.committed(asyncio.get_running_loop().time() - began)

    async def _end(self, *, keep: bool) -> None:
        try:
            if keep and self._said:
                process = self._engine.line.process
                words = [f"{process} {topic} {about}" for topic, about in sorted(self._said)]
                await self._connection.execute(_TELL, words)
            if keep and self._lines and self._engine.journal is not None:
                await in_thread(partial(self._engine.journal, self._lines))
            try:
                await (self._block.commit() if keep else self._block.rollback())
            finally:
                # Where the server's word was lost it may be committed; to hear it in vain is cheap.
                if keep:
                    self._engine.line.committed(self._said)
        finally:
            await self._release()

    def tell(self, topic: str, about: int) -> None:
        self._said.add((topic, about))

    def set_down(self, line: str) -> None:
        self._lines.append(line)

    async def fetch(self, sql: str, *args: Argument) -> list[Row]:
        return await self._noting(super().fetch(sql, *args))

    async def execute(self, sql: str, *args: Argument) -> int:
        return await self._noting(self._execute(sql, *args))

    async def execute_many(self, sql: str, rows: Sequence[tuple[Argument, ...]]) -> int:
        return await self._noting(self._execute_many(sql, rows))

    async def _execute_many(self, sql: str, rows: Sequence[tuple[Argument, ...]]) -> int:
        with self._in_our_words():
            await self._live().executemany(sql, [fit(row) for row in rows])
        return len(rows)

    async def _execute(self, sql: str, *args: Argument) -> int:
        with self._in_our_words():
            command, *_, count = (await self._live().execute(sql, *fit(args))).split()
        return int(count) if command in _CHANGES else 0

    async def _noting(self, statement: Any) -> Any:
        """Remember the first error: PostgreSQL would answer a later COMMIT with a rollback."""
        if self._failed is not None:
            statement.close()
            raise self._failed
        try:
            return await statement
        except Exception as error:
            self._failed = error
            raise


class PostgresEngine:
    """Two pools on one PostgreSQL database, one that writes and one that can only read; and a line.

    The line is laid when it is started.
    """

    name = "PostgreSQL"
    encrypted = False

    def __init__(self, where: str, connect: Callable[[], Any]) -> None:
        self.where = where
        self.line = PostgresLine(connect, where)
        self.journal: Journal | None = None
        self.committed: Committed | None = None
        self._pools: list[Any] = []

    @classmethod
    async def open(cls, url: str, busy_timeout: float) -> Self:
        """Connect, so that a server that is away is noticed at once. Raises a `StoreError`."""
        parts = urlsplit(url)
        shared = {
            "lock_timeout": f"{int(busy_timeout * 1000)}ms",
            "application_name": "alongside",
            "timezone": "UTC",
        }

        async def connect() -> Any:
            settings = {**shared, **KEEPALIVES, "application_name": "alongside line"}
            return await _untyped.connect(url, timeout=CONNECT_SECONDS, server_settings=settings)

        engine = cls(f"{parts.hostname or 'local'}{parts.path}", connect)
        try:
            for more in ({}, {"default_transaction_read_only": "on"}):
                pool = _untyped.create_pool(
                    url,
                    min_size=1,
                    max_size=CONNECTIONS,
                    timeout=CONNECT_SECONDS,
                    server_settings={**shared, **more},
                )
                engine._pools.append(pool)
                await pool
        except BaseException as error:
            await engine.close()
            if isinstance(error, Exception):
                raise engine.translated(error) from error
            raise
        return engine

    def transaction(self) -> _Transaction:
        """Bound one transaction."""
        return _Transaction(self, self._pools[0])

    def read(self) -> _Reading:
        """Bound one look."""
        return _Reading(self, self._pools[1])

    async def _value(self, sql: str, *args: Argument) -> Any:
        async with self.read() as reading:
            row = await reading.fetch_one(sql, *args)
        return None if row is None else row[0]

    async def has_table(self, name: str) -> bool:
        """Tell whether the schema has a table of this name."""
        return bool(await self._value("SELECT to_regclass($1) IS NOT NULL", name))

    async def version(self) -> str:
        """Return the engine's version, and the cipher's."""
        return str(await self._value("SHOW server_version"))

    async def problems(self) -> list[str]:
        """Check integrity; one sentence for each finding."""
        # Checking its own files is the server's business (data checksums, amcheck).
        return []

    async def size_bytes(self) -> int:
        """Return the size on disk, the log included."""
        return int(await self._value("SELECT pg_database_size(current_database())"))

    async def close(self) -> None:
        """Let what waits finish, then close."""
        await self.line.close()
        for pool in self._pools:
            await pool.close()

    def translated(self, error: Exception) -> Exception:
        """Say for the host what the driver said; what is a bug of ours stays as it is."""
        match error:
            case (
                asyncpg.LockNotAvailableError()
                | asyncpg.DeadlockDetectedError()
                | asyncpg.SerializationError()
            ):
                return StoreBusy(self.where)
            case asyncpg.DiskFullError():
                return StoreFull(self.where)
            case asyncpg.IntegrityConstraintViolationError():
                return StoreConflict(str(error))
            case asyncpg.DataCorruptedError() | asyncpg.IndexCorruptedError():
                return StoreDamaged(self.where)
            case _ if isinstance(error, _REFUSED):
                return StoreUnavailable(
                    f"PostgreSQL at {self.where} refused us: {error}. "
                    "Check user, password, database name and rights.",
                    os.EX_CONFIG,
                )
            case _ if isinstance(error, _AWAY):
                return StoreUnavailable(
                    f"PostgreSQL at {self.where} cannot be reached ({type(error).__name__}). "
                    "Check that it runs and that its address is right, and try again."
                )
            case _:
                return error
