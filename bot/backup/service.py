"""Takes a backup, also while the bot runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import __version__
from bot.backup import store
from bot.backup.model import Facts, draft_of, name_for, taken_by_name
from bot.clock import Clock
from bot.config import Config
from bot.database.errors import StoreDamaged, StoreError, StoreUnavailable
from bot.database.files import export, in_turn, make_folder, opened, problems, put_in_place
from bot.journal import KEPT, Journal
from bot.journal.service import journal_key
from bot.keys import read_key
from bot.migrations import known_migrations
from bot.opening import store_key


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished backup."""

    path: Path
    facts: Facts
    size_bytes: int
    pruned: int
    """Older backups that were deleted."""


def take(
    config: Config,
    destination: Path | None,
    clock: Clock,
    *,
    key_file: Path | None = None,
    prune: bool = False,
) -> Taken:
    """Copy the store as it is now into a new encrypted file, and check the copy.

    `destination` is a folder or the name of the new file; without one it goes into `backups` in
    the state folder. Encrypted with the store's own key, or with that in `key_file`. `prune`
    deletes backups in the same folder that are too old to be restored. Nobody who writes waits.
    Raises a `StoreError`, and leaves nothing behind.
    """
    if config.database_url:
        raise StoreError(
            "PostgreSQL is backed up by its own tools: run pg_dump --format=custom, and note when. "
            "After pg_restore run: alongside replay MOMENT",
            os.EX_USAGE,
        )
    if not config.database_path.exists():
        raise StoreUnavailable(f"There is no database {config.database_path} to back up.")
    key = store_key(config)
    copy_key = key if key_file is None else read_key(key_file)
    journal = Journal(config.journal_path, key, clock)
    journal.begin()
    # Before the store is read: what is set down from here on is replayed at a restore.
    taken_at = journal.mark_backup()
    target = _target(config, destination, taken_at)
    try:
        with in_turn(_turn(config, target.parent)):
            for left_over in target.parent.glob(".alongside-*.backup.part*"):
                left_over.unlink()
            facts = _write(config.database_path, key, target, copy_key, taken_at)
        pruned = _prune(target.parent, clock() - KEPT) if prune else 0
        return Taken(target, facts, target.stat().st_size, pruned)
    except OSError as error:
        raise StoreUnavailable(
            f"The backup {target} cannot be written: {error.strerror}. "
            "Check that its folder exists, that this user may write there, and that there is room.",
            os.EX_IOERR,
        ) from error


def before_update(config: Config, clock: Clock) -> Taken | None:
    """Take a backup when the store is of an earlier version, which the next step would change.

    It is the way back to that version, so a start that cannot take it goes no further. None when
    there is nothing to change, or on PostgreSQL, whose own tools do it. Raises a `StoreError`.
    """
    if config.database_url or not config.database_path.exists():
        return None
    with opened(config.database_path, store_key(config)) as file:
        found = store.schema_version(file)
    if not 0 < found < known_migrations()[-1].version:
        return None
    return take(config, None, clock)


def copy_journal(config: Config, target: Path, clock: Clock) -> None:
    """Copy the journal, over an earlier copy of it; for a disk other than the store's.

    Raises a `StoreError`, and then the earlier copy is still there.
    """
    key = journal_key(store_key(config))
    Journal(config.journal_path, store_key(config), clock).begin()
    draft = draft_of(target)
    try:
        draft.unlink(missing_ok=True)
        with opened(config.journal_path, key) as file:
            export(file, draft, key)
        put_in_place(draft, target)
    except OSError as error:
        raise StoreUnavailable(
            f"The journal cannot be copied to {target}: {error.strerror}.", os.EX_IOERR
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _target(config: Config, destination: Path | None, taken_at: datetime) -> Path:
    try:
        if destination is None:
            destination = config.state_dir / "backups"
            make_folder(destination)
        target = destination / name_for(taken_at) if destination.is_dir() else destination
        if target.exists():
            raise StoreUnavailable(f"{target} exists already; name another file.", os.EX_CANTCREAT)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder for the backup, {destination}, cannot be used: {error.strerror}.",
            os.EX_CANTCREAT,
        ) from error
    return target


def _turn(config: Config, folder: Path) -> Path:
    """Give the folder by which backups take turns, for a running bot holds the state folder."""
    if not folder.samefile(config.state_dir):
        return folder
    backups = config.state_dir / "backups"
    make_folder(backups)
    return backups


def _write(
    source: Path, key: str | None, target: Path, copy_key: str | None, taken_at: datetime
) -> Facts:
    draft = draft_of(target)
    try:
        draft.unlink(missing_ok=True)
        with opened(source, key) as file:
            export(file, draft, copy_key)
        with opened(draft, copy_key) as copy:
            facts = Facts(taken_at, __version__, store.schema_version(copy))
            store.put_facts(copy, facts)
        if problems(draft, copy_key):
            raise StoreDamaged(str(source))
        put_in_place(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return facts


def _prune(folder: Path, before: datetime) -> int:
    old = [
        path
        for path in folder.glob("alongside-*.backup")
        if (taken_at := taken_by_name(path)) is not None and taken_at < before
    ]
    for path in old:
        path.unlink()
    return len(old)
