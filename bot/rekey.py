"""Changes the key of the SQLite store and of the journal beside it.

At every moment the store opens with a key that is on the disk, whenever the process is killed:

1. The new key is written into a file beside the old one (`bot.keys.pending`), or is in the file
   that the host names when the old key is in the environment or in a secret store.
2. Store and journal are copied, encrypted with the new key, and the copies are checked.
3. The copy of the store takes the store's place, in one rename: from here on the new key counts.
4. The copy of the journal takes the journal's place.
5. The old key is kept under a number (`bot.keys.former`), for backups made with it, and the new
   one takes its file's place.

Killed before 3, the old key still fits and nothing has changed; killed later, the next start finds
that the waiting key fits and does 4 and 5 (`finish`). Nothing is ever encrypted in place, and no
key is deleted that the store was encrypted with.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bot.alone import alone
from bot.config import Config
from bot.database.errors import StoreBusy, StoreDamaged, StoreError, StoreKeyWrong
from bot.database.files import (
    export,
    fits,
    in_turn,
    opened,
    problems,
    put_in_place,
    seize,
    sync_folder,
)
from bot.journal.service import journal_key, rekeyed
from bot.keys import key_for, next_former, pending, read_key, write_key


def rekey(config: Config, new_key_file: Path | None) -> Path:
    """Give the store another key: from a file, or one that is made; gives the file that has it.

    That is the key file of the settings, unless the old key is held where it cannot be changed.

    A file that is named and does not exist is made with a new key. Nobody else may have the store
    open. Raises a `StoreError`, and then the key from before still fits or the next start finishes.
    """
    store = config.database_path
    if config.database_url:
        raise StoreError(
            "PostgreSQL is not encrypted by Alongside, so there is no key to change; "
            "change its passwords and the key of its disk with its own tools.",
            os.EX_USAGE,
        )
    if config.database_plain:
        raise StoreError("DATABASE_PLAIN=yes: there is no key to change.", os.EX_USAGE)
    if not store.exists():
        raise StoreError(f"There is no database {store} yet; its first start makes a key.")
    in_file = (
        config.database_key is None
        and not config.database_key_is_credential
        and os.access(config.key_path.parent, os.W_OK)
    )
    if not in_file and new_key_file is None:
        raise StoreError(
            "The key is held where Alongside cannot change it (DATABASE_KEY, a credential or a "
            "folder that cannot be written). "
            "Say where the new one is to be: alongside rekey --new-key-file FILE",
            os.EX_USAGE,
        )
    with alone(config):
        old = _old_key(config)
        waiting = pending(config.key_path)
        if not in_file:
            waiting = new_key_file or waiting
            new = write_key(waiting)
        elif new_key_file is not None:
            new = write_key(new_key_file)
            if waiting.exists() and read_key(waiting) != new and fits(store, old):
                waiting.unlink()
            if write_key(waiting, new) != new:
                raise StoreKeyWrong(
                    f"An earlier change of the key was not finished: the database fits the key in "
                    f"{waiting}. Start the bot once, or run alongside rekey without a file."
                )
        else:
            new = write_key(waiting)
        with in_turn(waiting):
            if fits(store, old):
                if old == new:
                    raise StoreKeyWrong("The new key is the old one; choose another file.")
                _copies(config, old, new)
            elif not fits(store, new):
                raise StoreKeyWrong(
                    f"Neither the key nor the new one fits the database {store}. "
                    "Put back the key file that belongs to it."
                )
            _after(config.journal_path, new)
            if in_file:
                _take_key(config.key_path)
    return waiting if not in_file else config.key_path


def finish(config: Config, found: str) -> str:
    """Finish a change of the key that was cut off, if one was; gives the key that fits.

    `found` is the key in the key file. Raises `StoreBusy` while another process is changing it.
    """
    waiting = pending(config.key_path)
    store = config.database_path
    if not waiting.exists() or not store.exists() or fits(store, found):
        return found
    # Not the state folder: the bot that starts holds that already.
    with suppress(FileNotFoundError), in_turn(waiting):
        if waiting.exists():
            new = read_key(waiting)
            if not fits(store, new):
                return found
            _after(config.journal_path, new)
            _take_key(config.key_path)
            return new
    # Another process has finished it meanwhile.
    return key_for(store, config.key_path)


def _old_key(config: Config) -> str:
    return config.database_key or key_for(
        config.database_path, config.key_path, credential=config.database_key_is_credential
    )


def _copies(config: Config, old: str, new: str) -> None:
    """Copy journal and store under the new key, then let the store's copy take its place."""
    store, journal = config.database_path, config.journal_path
    if journal.exists():
        _copy(journal, rekeyed(journal), journal_key(old), journal_key(new))
    draft = store.with_name(f"{store.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with opened(store, old, busy_timeout=0) as source:
            seize(source, store)
            export(source, draft, new)
            _require_whole(draft, new)
            # While the old file is still held: nobody may write into it after it was copied.
            put_in_place(draft, store)
    except StoreBusy as busy:
        raise StoreBusy(f"{store} (stop the bot before changing its key)") from busy


def _copy(source: Path, target: Path, old: str | None, new: str | None) -> None:
    target.unlink(missing_ok=True)
    with opened(source, old) as file:
        export(file, target, new)
    _require_whole(target, new)


def _require_whole(path: Path, key: str | None) -> None:
    if problems(path, key):
        raise StoreDamaged(str(path))


def _after(journal: Path, new: str) -> None:
    """Let the journal's copy take its place, when that has not happened yet."""
    copy = rekeyed(journal)
    if not copy.exists():
        return
    if journal.exists() and fits(journal, journal_key(new)):
        copy.unlink()
    elif fits(copy, journal_key(new)):
        put_in_place(copy, journal)


def _take_key(key_file: Path) -> None:
    """Keep the old key under another name, and let the waiting one take its place."""
    # A second name rather than a rename: the key file is never missing.
    next_former(key_file).hardlink_to(key_file)
    # In one step with the rename, a power cut could leave that and not the second name.
    sync_folder(key_file.parent)
    put_in_place(pending(key_file), key_file)
