"""The key that the SQLite file is encrypted with: a file of 64 hexadecimal digits, made once.

A key is made only when there is neither a key nor a database yet. Beside a database a missing key
is an accident, and a new key would only hide it.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final

from bot.database.errors import StoreKeyWrong, StoreUnavailable
from bot.database.sqlite import is_plain, not_encrypted

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES: Final = 32

_DIGITS: Final = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def key_for(database: Path, key_file: Path) -> str:
    """Return the key in `key_file`, and make it first when nothing has been encrypted yet.

    Raises `StoreKeyWrong` when the key is missing beside a database, can be read by others or is
    no key, or when the database is not encrypted; `StoreUnavailable` when the file cannot be read
    or written.
    """
    try:
        found = _read(key_file)
        plain = is_plain(database) if found is None else None
        if plain:
            raise not_encrypted(database)
        if found is None and plain is None:
            _create(key_file)
            # Read back, because another process may have been first.
            found = _read(key_file)
    except OSError as error:
        raise StoreUnavailable(
            f"The key file {key_file} cannot be read or written: {error.strerror}. "
            "Check that its folder exists and that this user may write there.",
            os.EX_IOERR,
        ) from error
    if found is None:
        raise StoreKeyWrong(
            f"The database {database} exists, and its key file {key_file} does not. Put the key "
            "file back where it was, or restore both from a backup; without its key an encrypted "
            "database cannot be read by anyone."
        )
    return found


def _read(key_file: Path) -> str | None:
    try:
        descriptor = os.open(key_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - the opened file is the one to judge
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & _OTHERS:
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


def _create(key_file: Path) -> None:
    """Put a new key in place whole or not at all, and never over another one."""
    draft = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
            file.write(f"{secrets.token_hex(KEY_BYTES)}\n")
            file.flush()
            os.fsync(descriptor)
        try:
            # Unlike a rename, a link refuses to replace a key that somebody else has just made.
            key_file.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(key_file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
