"""Writes one server of a store into a file, and takes such a file into another store."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from bot import __version__
from bot.alone import alone, alone_on
from bot.backup.restoring import Settled, settle
from bot.clock import Clock
from bot.config import Config
from bot.database import Reading, Transaction
from bot.database.errors import StoreDamaged, StoreError, StoreKeyWrong, StoreUnavailable
from bot.database.files import export, opened, problems, put_in_place
from bot.handover import store
from bot.handover.model import FORM, Facts
from bot.handover.store import Rows
from bot.keys import read_key, write_key
from bot.migrations import known_migrations
from bot.opening import open_runtime
from bot.runtime import Runtime

_DEPARTURES = "privacy_departures"


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file of one server."""

    path: Path
    key_file: Path
    facts: Facts
    rows: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A server that was taken in."""

    facts: Facts
    rows: int
    settled: Settled


async def export_server(
    config: Config,
    server_id: int,
    target: Path,
    key_file: Path,
    clock: Clock,
    *,
    hand_over: bool = False,
) -> Written:
    """Write a server into a new file, encrypted with the key in `key_file`; made if there is none.

    `hand_over` puts what is members' own into it too, and deletes all of the server here as soon as
    the file is on the disk. The bot must be stopped. Raises a `StoreError` or a StartError. Cut off
    once the file has its name, the server may be deleted already, and the file is all that is left.
    """
    key = _key_for(target, key_file)
    with alone(config), _stage(target.parent) as stage:
        async with _store(config, clock) as runtime:
            holdings = runtime.privacy.holdings
            taken_at = clock()
            written: list[Written] = []

            async def write(tx: Reading) -> None:
                rows = await store.rows_of(tx, server_id, holdings)
                if not rows:
                    raise StoreUnavailable(
                        f"Nothing is kept of a server {server_id} here. See its number in Discord: "
                        "Settings, Advanced, Developer Mode; then a long press on its name.",
                        os.EX_NOINPUT,
                    )
                # That the bot was removed here does not hold where it goes.
                rows = {table: each for table, each in rows.items() if table != _DEPARTURES}
                schema = known_migrations()[-1].version
                facts = Facts(server_id, taken_at, __version__, schema, hand_over)
                kept = await _fill(_staged(config, stage, key), rows, clock, facts)
                _finish(stage, key, target, facts)
                written.append(Written(target, key_file, facts, kept))

            if hand_over:
                await runtime.privacy.erase_server(server_id, first=write)
            else:
                async with runtime.database.transaction() as tx:
                    await write(tx)
    return written[0]


async def import_server(config: Config, file: Path, key_file: Path, clock: Clock) -> Taken:
    """Take a server's file into this store. The bot must be stopped.

    What fell due since is left out and never sent. Raises a `StoreError` or a StartError with the
    store as it was before.
    """
    with alone(config):
        config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _stage(config.state_dir) as stage:
            key = read_key(key_file)
            facts = _unpack(file, key, stage)
            staged = _staged(config, stage, key)
            settled = await settle(await open_runtime(staged, clock), (), facts.taken_at)
            async with _store(staged, clock) as source, source.database.read() as read:
                rows = await store.rows_of(read, facts.server_id, source.privacy.holdings)
            async with (
                _store(config, clock) as runtime,
                runtime.database.transaction() as tx,
            ):
                # A bot that was only invited has noted that already.
                if not await runtime.privacy.make_room(tx, facts.server_id):
                    raise StoreUnavailable(
                        f"Something of server {facts.server_id} is here already. Whoever may "
                        "manage that server can erase it first: /manage privacy.",
                        os.EX_CANTCREAT,
                    )
                added = await _put(runtime, tx, rows)
    return Taken(facts, added, settled)


def _key_for(target: Path, key_file: Path) -> str:
    if target.exists():
        raise StoreUnavailable(
            f"{target} exists already; name another file. If an export was cut off, keep this one: "
            "it may be all that is left of the server.",
            os.EX_CANTCREAT,
        )
    return read_key(key_file) if key_file.exists() else write_key(key_file)


async def _fill(staged: Config, rows: Rows, clock: Clock, facts: Facts) -> int:
    async with _store(staged, clock) as runtime:
        async with runtime.database.transaction() as tx:
            added = await _put(runtime, tx, rows)
        return added if facts.handed_over else added - await runtime.privacy.erase_everybody()


async def _put(runtime: Runtime, tx: Transaction, rows: Rows) -> int:
    return await store.put(tx, rows, flags_are_numbers=runtime.database.engine == "SQLite")


def _finish(stage: Path, key: str, target: Path, facts: Facts) -> None:
    draft = stage / "draft"
    with opened(Config(stage).database_path, key) as file:
        store.put_facts(file, facts)
        export(file, draft, key)
    if problems(draft, key):
        raise StoreDamaged(str(draft))
    put_in_place(draft, target)


def _unpack(file: Path, key: str, stage: Path) -> Facts:
    """Check a file, and make a store of it in the stage."""
    copy = stage / "copy"
    shutil.copyfile(file, copy)
    copy.chmod(0o600)
    if problems(copy, key):
        raise StoreKeyWrong(
            f"The key does not fit {file}, or the file is damaged or not all there. "
            "Give the key that it was made with: --key-file FILE"
        )
    with opened(copy, key) as connection:
        facts = store.facts(connection)
        if facts is None:
            raise StoreUnavailable(
                f"{file} is no file that `alongside export-server` has made. "
                "A backup of a whole store is restored: alongside restore FILE",
                os.EX_DATAERR,
            )
        if facts.form > FORM or facts.schema > known_migrations()[-1].version:
            raise StoreUnavailable(
                f"{file} was made by a newer version of Alongside ({facts.version}). "
                "Install that version, then import it.",
                os.EX_DATAERR,
            )
        store.drop_facts(connection)
        export(connection, Config(stage).database_path, key)
    copy.unlink()
    return facts


@asynccontextmanager
async def _store(config: Config, clock: Clock) -> AsyncGenerator[Runtime]:
    """Open a store with all that the features declare of it, and on which no bot works."""
    # Discord's library takes its time to load, and only the features' own parts are needed of it.
    from bot.client import Alongside

    async with Alongside(await open_runtime(config, clock)) as bot:
        await bot.load_features()
        await alone_on(bot.runtime.database)
        yield bot.runtime


def _staged(config: Config, stage: Path, key: str) -> Config:
    return replace(
        config,
        state_dir=stage,
        database_url=None,
        database_plain=False,
        database_key=key,
        database_key_file=None,
        token=None,
        status_address=None,
    )


@contextmanager
def _stage(folder: Path) -> Generator[Path]:
    """Give a folder in which a file is made ready, on the disk on which it will stay."""
    try:
        stage = Path(mkdtemp(prefix=".handover-", dir=folder))
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        yield stage
    except OSError as error:
        raise _unusable(folder, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreUnavailable(
        f"The file cannot be read, or {folder} cannot be written: {error.strerror}. "
        "Check that this user may do both, and that there is room.",
        os.EX_IOERR,
    )
