"""What processes on one store know of each other: whose turn it is, and what has changed.

SQLite has one process, so there every turn is its own and nobody else changes anything: `Alone`.
On PostgreSQL a process keeps one connection of its own for this, the line. Its session holds the
turns as advisory locks, which end with the session whatever becomes of the process, and hears what
other processes have committed. A pooler that lends a session to one transaction after the other
cannot carry it.

A turn is never two processes' at once. One whose line was cut knows it at once when its connection
is closed, and else within `BEAT_SECONDS + ANSWER_SECONDS`; the server lets go of a session that is
out of reach only after `KEEPALIVES`, which is longer; and who takes a turn waits `SETTLE_SECONDS`
before it uses it. The claims themselves have a guard of their own (`bot.jobs`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from bot import logs

_log = logs.get(__name__)

LOOK_SECONDS = 1.0
"""How often a turn that another process has is asked for."""

BEAT_SECONDS = 5.0
"""How often the line is tried when nothing is asked of it."""

ANSWER_SECONDS = 5.0
"""A line that does not answer for so long is cut."""

SETTLE_SECONDS = 1.0
"""How long who has taken a turn leaves to who had it to notice."""

RETRY_SECONDS = 1.0
"""How soon a line that was cut is laid again."""

KEEPALIVES: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""The server ends a session that is out of reach after 25 seconds, and others have its turns."""

Said = tuple[str, int]
"""A topic, and the id of what was changed."""

Changed = Callable[[int | None], None]
"""Is told the id of what was changed, a server's say; None when nobody knows what was."""


class Turn(Protocol):
    """What one process at a time does."""

    @property
    def held(self) -> bool:
        """Whether it is ours just now."""
        ...

    async def hold(self) -> None:
        """Wait until it is ours; at once when it is. It stays so until it is let go or lost."""
        ...

    def let_go(self) -> None:
        """Leave it to others."""
        ...


class Line(Protocol):
    """What the door needs to know of other processes."""

    @property
    def up(self) -> bool:
        """Whether what others change is heard."""
        ...

    def hear(self, topic: str, changed: Changed, *, own: bool = False) -> None:
        """Say who is told of what is committed under a topic: by other processes, and by us too."""
        ...

    def committed(self, said: Iterable[Said]) -> None:
        """Tell what this process has just committed to whoever hears what is our own, too."""
        ...

    def turn(self, name: str) -> Turn:
        """Give what one process at a time does on this store, by its name."""
        ...

    def start(self) -> None:
        """Begin to take turns and to listen."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class Ours:
    """A turn that nobody else could want."""

    held = True

    async def hold(self) -> None:
        """It is ours."""

    def let_go(self) -> None:
        """Nobody waits for it."""


class _Hearing:
    """Who is told of what is committed, by topic."""

    def __init__(self) -> None:
        self.of_others: dict[str, list[Changed]] = {}
        self._of_ours: dict[str, list[Changed]] = {}

    def hear(self, topic: str, changed: Changed, *, own: bool = False) -> None:
        """Say who is told of what is committed under a topic: by other processes, and by us too."""
        self.of_others.setdefault(topic, []).append(changed)
        if own:
            self._of_ours.setdefault(topic, []).append(changed)

    def committed(self, said: Iterable[Said]) -> None:
        """Tell what this process has just committed to whoever hears what is our own, too."""
        for topic, about in said:
            for changed in self._of_ours.get(topic, ()):
                changed(about)


class Alone(_Hearing):
    """The line of a process that has the store for itself: nobody else commits anything."""

    up = True

    def turn(self, name: str) -> Turn:
        """Give a turn that is ours."""
        return Ours()

    def start(self) -> None:
        """There is nothing to begin."""

    async def close(self) -> None:
        """There is nothing to let go of."""


class _Shared:
    """A turn that several processes may want."""

    def __init__(self, line: PostgresLine, name: str) -> None:
        self.name = name
        self.locked = False
        self.wanted = False
        self._line = line
        self._settled = False
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def held(self) -> bool:
        return self.locked and self._settled

    async def hold(self) -> None:
        while not self.held:
            self.wanted = True
            self._line.stir()
            if not self.locked:
                got: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(got)
                await got
            await asyncio.sleep(SETTLE_SECONDS)
            self._settled = self.locked

    def let_go(self) -> None:
        self.wanted = self._settled = False
        self._line.stir()

    def got(self) -> None:
        self.locked = True
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def lost(self) -> None:
        self.locked = self._settled = False


class PostgresLine(_Hearing):
    """One connection of this process's own, laid again whenever it was cut."""

    def __init__(self, connect: Callable[[], Any], where: str) -> None:
        super().__init__()
        self.process = secrets.token_hex(4)
        """How other processes tell what we say from what they say."""
        self._connect = connect
        self._where = where
        self._connection: Any = None
        self._turns: dict[str, _Shared] = {}
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether what others change is heard."""
        return self._connection is not None

    def turn(self, name: str) -> Turn:
        """Give what one process at a time does on this store, by its name."""
        return self._turns.setdefault(name, _Shared(self, name))

    def start(self) -> None:
        """Begin to take turns and to listen; nothing happens when it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="line")

    async def close(self) -> None:
        """Let go of everything."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def stir(self) -> None:
        """Look at the turns now."""
        self._stirred.set()

    async def _keep(self) -> None:
        told = False
        while True:
            connection = None
            try:
                connection = await self._connect()
                await self._lay(connection)
                if told:
                    _log.info("line_back", store=self._where)
                told = False
                await self._serve(connection)
            except Exception as error:  # noqa: BLE001 - whatever it was, the line is laid again
                if not told:
                    _log.warning("line_cut", store=self._where, error=logs.describe(error))
                told = True
            finally:
                self._cut()
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(RETRY_SECONDS)

    async def _lay(self, connection: Any) -> None:
        connection.add_termination_listener(self._ended)
        channel = await connection.fetchval(f"SELECT {CHANNEL}", timeout=ANSWER_SECONDS)
        await connection.add_listener(channel, self._told)
        self._connection = connection
        # What others have changed while nobody listened.
        self._tell_all()

    async def _serve(self, connection: Any) -> None:
        while self._connection is connection:
            self._stirred.clear()
            for turn in list(self._turns.values()):
                if turn.wanted and not turn.locked:
                    if await self._ask(connection, "pg_try_advisory_lock", turn.name):
                        turn.got()
                elif turn.locked and not turn.wanted:
                    turn.lost()
                    await self._ask(connection, "pg_advisory_unlock", turn.name)
            await connection.fetchval("SELECT 1", timeout=ANSWER_SECONDS)
            asked = any(turn.wanted and not turn.locked for turn in self._turns.values())
            try:
                async with asyncio.timeout(LOOK_SECONDS if asked else BEAT_SECONDS):
                    await self._stirred.wait()
            except TimeoutError:
                continue
        raise ConnectionResetError("the server ended the session")

    async def _ask(self, connection: Any, what: str, name: str) -> bool:
        sql = f"SELECT {what}(hashtextextended($1 || ':' || {SCHEMA}, 0))"
        return bool(await connection.fetchval(sql, f"alongside.{name}", timeout=ANSWER_SECONDS))

    def _ended(self, connection: Any) -> None:
        if self._connection is connection:
            self._cut()
            self.stir()

    def _cut(self) -> None:
        was, self._connection = self._connection, None
        for turn in self._turns.values():
            turn.lost()
        if was is not None:
            self._tell_all()

    def _told(self, _connection: Any, _pid: int, _channel: str, said: str) -> None:
        process, topic, about = said.split(" ")
        if process != self.process:
            for changed in self.of_others.get(topic, ()):
                changed(int(about))

    def _tell_all(self) -> None:
        for those in self.of_others.values():
            for changed in those:
                changed(None)


SCHEMA: Final = "coalesce(current_schema(), '')"
"""Stores may share a database, each in a schema; locks and channels are the database's."""

CHANNEL: Final = f"'alongside_' || md5({SCHEMA})"
"""Where processes on one store tell each other."""
