"""The key that the SQLite file is encrypted with: a file of 64 hexadecimal digits, made once.

A key is made only when there is neither a key nor a database yet. Beside a database a missing key
is an accident, and a new key would only hide it.

While the key is being changed (`bot.rekey`) the new one waits in a file beside it, on the disk
before anything is encrypted with it, so whatever happens one of the two files fits.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from itertools import count, takewhile
from pathlib import Path
from typing import Final

from bot.database.errors import StoreKeyWrong, StoreUnavailable
from bot.database.files import sync_folder
from bot.database.sqlite import is_plain, not_encrypted

KEY_BYTES: Final = 32

_DIGITS: Final = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def pending(key_file: Path) -> Path:
    """Name the file in which the next key waits while the key is being changed."""
    return key_file.with_name(f"{key_file.name}.new")


def former(key_file: Path) -> list[Path]:
    """Give the files of the keys before this one, which older backups need; the newest first."""
    numbered = (key_file.with_name(f"{key_file.name}.{number}") for number in count(1))
    return list(takewhile(Path.exists, numbered))[::-1]


def next_former(key_file: Path) -> Path:
    """Name the file in which the present key is kept when another one takes its place."""
    return key_file.with_name(f"{key_file.name}.{len(former(key_file)) + 1}")


def key_for(database: Path, key_file: Path, *, credential: bool = False) -> str:
    """Return the key in `key_file`, and make it first when nothing has been encrypted yet.

    `credential`: the file lies where systemd puts a service's credentials. There it shows rights
    of a group (github.com/systemd/systemd/issues/29435), and the folder keeps others out.

    Raises `StoreKeyWrong` when the key is missing beside a database, can be read by others or is
    no key, or when the database is not encrypted; `StoreUnavailable` when the file cannot be read
    or written.
    """
    try:
        found = _read(key_file, credential=credential)
        plain = is_plain(database) if found is None else None
        if plain:
            raise not_encrypted(database)
        if found is None and plain is None:
            _create(key_file, secrets.token_hex(KEY_BYTES))
            # Read back, because another process may have been first.
            found = _read(key_file)
    except OSError as error:
        raise _unusable(key_file, error) from error
    if found is None:
        raise StoreKeyWrong(
            f"The database {database} exists, and its key file {key_file} does not. Put the key "
            "file back where it was, or restore both from a backup; without its key an encrypted "
            "database cannot be read by anyone."
        )
    return found


def read_key(key_file: Path, *, credential: bool = False) -> str:
    """Return the key in a file that the host has named; raises as `key_for` does."""
    try:
        found = _read(key_file, credential=credential)
    except OSError as error:
        raise _unusable(key_file, error) from error
    if found is None:
        raise StoreKeyWrong(f"There is no key file {key_file}; look where it was put.")
    return found


def write_key(key_file: Path, key: str | None = None) -> str:
    """Put a key, by default a new one, into a file that only its owner can read.

    One that is there already stays as it is. Returns what the file holds then.
    """
    try:
        _create(key_file, key or secrets.token_hex(KEY_BYTES))
    except OSError as error:
        raise _unusable(key_file, error) from error
    return read_key(key_file)


def _unusable(key_file: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The key file {key_file} cannot be read or written: {error.strerror}. "
        "Check that its folder exists and that this user may write there.",
        os.EX_IOERR,
    )


def _read(key_file: Path, *, credential: bool = False) -> str | None:
    try:
        descriptor = os.open(key_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - the opened file is the one to judge
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & (_OTHERS & ~stat.S_IRGRP if credential else _OTHERS):
            raise StoreKeyWrong(
                f"The key file {key_file} can be reached by other users of this machine "
                f"(mode {mode:04o}). Run: chmod 600 {key_file}"
            )
        text = file.read(4 * KEY_BYTES).decode("ascii", "replace").strip()
    if not _DIGITS.fullmatch(text):
        raise StoreKeyWrong(
            f"The key file {key_file} does not hold {2 * KEY_BYTES} hexadecimal digits. "
            "Restore it from a backup; if no database was ever made with it, delete it."
        )
    return text


def _create(key_file: Path, key: str) -> None:
    """Put a key in place whole or not at all, and never over another one."""
    draft = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
            file.write(f"{key}\n")
            file.flush()
            os.fsync(descriptor)
        try:
            # Unlike a rename, a link refuses to replace a key that somebody else has just made.
            key_file.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(key_file.parent)
