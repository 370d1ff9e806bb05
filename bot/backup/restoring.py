"""Restores a backup: checks first, brings nobody back who left, and sends nothing twice.

All of it is done on a copy in a folder of its own; the store is replaced last, in one rename. So
whenever the process is killed, the store from before or the restored one is in place, whole.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.alone import alone
from bot.backup import store
from bot.backup.model import FORMAT, Facts
from bot.clock import Clock, to_epoch
from bot.config import Config
from bot.database.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreKeyWrong,
    StoreUnavailable,
)
from bot.database.files import (
    export,
    fits,
    make_folder,
    opened,
    problems,
    put_in_place,
    seize,
    sync_folder,
    unused,
)
from bot.database.sqlite import is_plain
from bot.jobs.model import RESTORED, Message
from bot.journal import KEPT, MARGIN, Entry, Journal
from bot.keys import former, read_key
from bot.migrations import known_migrations
from bot.opening import open_runtime, store_key
from bot.runtime import Runtime

STAGE = "restoring"
"""The folder, inside the state folder, in which a backup is made ready."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done to a restored store before anybody may use it."""

    replayed: Counter[str]
    """Entries of the journal that were done again, by kind."""
    forgotten: int
    """Rows of members that were deleted because no journal tells who left."""
    left_out: tuple[Message, ...]
    """What fell due before the restore and will not be sent."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored store."""

    facts: Facts
    settled: Settled
    kept: Path | None
    """Where the store from before is now."""


async def restore(
    config: Config,
    backup: Path,
    clock: Clock,
    *,
    key_file: Path | None = None,
    replace_store: bool = False,
    without_journal: bool = False,
) -> Restored:
    """Put a backup in the store's place.

    Opened with the key in `key_file`, else with the store's key or one before it. `replace_store`
    allows a store to be there; it is kept under another name. `without_journal` restores although
    nobody can tell who left since: then nothing that is a member's own is kept.

    Raises a `StoreError` with the store as it was before.
    """
    if config.database_url:
        raise StoreError(
            "PostgreSQL is restored by its own tools: run pg_restore, then: "
            "alongside replay MOMENT (of the backup, such as 2026-11-22T03:00Z)",
            os.EX_USAGE,
        )
    path = config.database_path
    if path.exists() and not replace_store:
        raise StoreError(
            f"There is a database {path} already. Say --replace to put the backup in its place; "
            "the one that is there is kept beside it.",
            os.EX_CANTCREAT,
        )
    try:
        make_folder(config.state_dir)
        key = store_key(config)
        with ExitStack() as held:
            held.enter_context(alone(config))
            if path.exists():
                _fold(path, key)
                held.enter_context(unused(path))
            stage = config.state_dir / STAGE
            shutil.rmtree(stage, ignore_errors=True)
            stage.mkdir(mode=0o700)
            held.callback(shutil.rmtree, stage, ignore_errors=True)
            facts = _unpack(config, backup, key_file, key, stage)
            entries = None if without_journal else _entries(config, key, facts.taken_at, clock)
            staged = replace(
                config, state_dir=stage, database_key=key, database_key_file=None, token=None
            )
            runtime = await open_runtime(staged, clock)
            settled = await settle(runtime, entries, facts.taken_at)
            if problems(staged.database_path, key):
                raise StoreDamaged(str(staged.database_path))
            kept = _make_way(path, clock()) if path.exists() else None
            put_in_place(staged.database_path, path)
    except StoreBusy as busy:
        raise StoreBusy(f"{path} (stop the bot before restoring)") from busy
    except OSError as error:
        raise StoreUnavailable(
            f"The backup {backup} cannot be restored into {config.state_dir}: {error.strerror}. "
            "Check that this user may read the one and write the other, and that there is room.",
            os.EX_IOERR,
        ) from error
    return Restored(facts, settled, kept)


async def replay(
    config: Config,
    since: datetime,
    clock: Clock,
    *,
    journals: Sequence[Path] = (),
    without_journal: bool = False,
) -> Settled:
    """Make a PostgreSQL store ready that its own tools have restored to a moment.

    `journals` are those of other machines that ran the bot. Every process of the bot must be
    stopped. Raises a `StoreError`; it may be run again.
    """
    if not config.database_url:
        raise StoreError(
            "This is for PostgreSQL, which is restored by its own tools; for SQLite run: "
            "alongside restore FILE",
            os.EX_USAGE,
        )
    key = store_key(config)
    entries: list[Entry] | None = None
    if not without_journal:
        entries = _entries(config, key, since, clock)
        for journal in journals:
            entries += Journal(journal, key, clock).since(since - MARGIN)
        entries.sort(key=lambda entry: entry.at)
    runtime = await open_runtime(config, clock)
    runtime.database.keep_journal(None)
    return await settle(runtime, entries, since)


async def settle(runtime: Runtime, entries: Sequence[Entry] | None, taken_at: datetime) -> Settled:
    """Replay the journal, leave out what fell due, tell the moderators; closes the store.

    Without entries to go by, what is members' own is deleted.
    """
    # Discord's library takes its time to load, and only the features' own parts are needed of it.
    from bot.client import Alongside

    async with Alongside(runtime) as bot:
        await bot.load_features()
        replayed: Counter[str] = Counter()
        forgotten = 0
        if entries is None:
            forgotten = await runtime.privacy.erase_everybody()
        else:
            replayed = await runtime.replays.run(runtime.database, entries)
        await runtime.privacy.sweep()
        left_out = await runtime.jobs.leave_out(RESTORED)
        await _tell(runtime, taken_at, left_out)
    return Settled(replayed, forgotten, tuple(left_out))


async def _tell(runtime: Runtime, taken_at: datetime, left_out: Sequence[Message]) -> None:
    now = runtime.clock()
    by_server = Counter(message.server_id for message in left_out)
    for server_id in await runtime.privacy.servers():
        async with runtime.database.transaction() as tx:
            await runtime.notices.raise_notice(
                tx,
                server_id,
                "restored",
                f"restored {to_epoch(now)}",
                now,
                since=f"<t:{to_epoch(taken_at)}:f>",
                count=by_server[server_id],
            )


def _unpack(
    config: Config, backup: Path, key_file: Path | None, key: str | None, stage: Path
) -> Facts:
    """Check the backup, and write it into the stage as a store with the store's key."""
    copy = stage / "copy"
    shutil.copyfile(backup, copy)
    copy.chmod(0o600)
    copy_key = _key_of(config, backup, copy, key_file, key)
    if problems(copy, copy_key):
        raise StoreUnavailable(
            f"The backup {backup} is damaged or not all there. Take another one.", os.EX_DATAERR
        )
    with opened(copy, copy_key) as file:
        facts = store.facts(file)
        if facts is None:
            raise StoreUnavailable(
                f"{backup} is no backup that `alongside backup` has made.", os.EX_DATAERR
            )
        if facts.form > FORMAT or facts.schema > known_migrations()[-1].version:
            raise StoreUnavailable(
                f"The backup {backup} was made by a newer version of Alongside ({facts.version}). "
                "Install that version, then restore it.",
                os.EX_DATAERR,
            )
        store.drop_facts(file)
        export(file, stage / config.database_path.name, key)
    copy.unlink()
    return facts


def _key_of(
    config: Config, backup: Path, copy: Path, key_file: Path | None, key: str | None
) -> str | None:
    if is_plain(copy):
        return None
    tried: list[str | None] = [key]
    if key_file is not None:
        tried = [read_key(key_file)]
    elif not config.database_key_is_credential:
        tried += [read_key(one) for one in former(config.key_path)]
    for one in tried:
        if one is not None and fits(copy, one):
            return one
    raise StoreKeyWrong(
        f"No key that is here fits {backup}, or it is no backup of Alongside. "
        "Give the key that it was made with: --key-file FILE"
    )


def _entries(config: Config, key: str | None, taken_at: datetime, clock: Clock) -> list[Entry]:
    """Read what was set down since the backup; refuses when the journal does not reach so far."""
    way_out = (
        "Put the right journal back, or say --without-journal: then everything that is a member's "
        "own is left out, and they are asked again."
    )
    if clock() - taken_at > KEPT:
        raise StoreUnavailable(
            f"The backup is older than {KEPT.days} days, for which the journal tells who left "
            f"since. {way_out}",
            os.EX_DATAERR,
        )
    path = config.journal_path
    if not path.exists():
        raise StoreUnavailable(
            f"There is no journal {path}, so nobody can tell who left since the backup. {way_out}",
            os.EX_NOINPUT,
        )
    journal = Journal(path, key, clock)
    journal.begin()
    if journal.begun_at() > taken_at:
        raise StoreUnavailable(
            f"The journal {path} was begun after the backup, so it does not tell all who left "
            f"since. {way_out}",
            os.EX_DATAERR,
        )
    return journal.since(taken_at - MARGIN)


def _fold(path: Path, key: str | None) -> None:
    """Fold the log of the store from before into its file, where it can be opened at all."""
    try:
        with opened(path, key, busy_timeout=0) as file:
            seize(file, path)
    except StoreBusy:
        raise
    except StoreError:
        # Damaged, or of another key: that may be why it is replaced. It is kept as it is.
        return


def _make_way(path: Path, now: datetime) -> Path:
    """Give the store from before a second name, and take its log away from the path."""
    kept = path.with_name(f"{path.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    while kept.exists():
        kept = kept.with_name(f"{kept.name}+")
    kept.hardlink_to(path)
    for ending in ("-wal", "-shm"):
        log = path.with_name(path.name + ending)
        if log.exists():
            log.replace(kept.with_name(kept.name + ending))
    sync_folder(path.parent)
    return kept
