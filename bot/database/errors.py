"""What can go wrong with the store, each said once for the host, whichever engine is behind it.

None of these loses or overwrites anything: a transaction that ends in one of them left no trace,
with the one exception that `StoreUnavailable` names.
"""

# ruff: noqa: N818 - the base class says that these are errors; the names say which.

from __future__ import annotations

import os

from bot.errors import StartError


class StoreError(StartError):
    """The store cannot be opened or used; `str()` is a sentence for the host."""


class StoreBusy(StoreError):
    """Somebody else held the write lock for longer than we wait."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"The database {where} is locked by another process. "
            "Stop the other process, or wait until it is done, and try again.",
            os.EX_TEMPFAIL,
        )


class StoreFull(StoreError):
    """There is no room to write."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"There is no room left to write the database {where}. "
            "Free some space and start again; nothing that was saved is lost.",
            os.EX_IOERR,
        )


class StoreNewer(StoreError):
    """A newer version of Alongside has already changed the database."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"The database {where} is at schema version {found}, and this version of Alongside "
            f"knows versions up to {known}. Install the newer version, or restore a backup "
            "from before the upgrade.",
            os.EX_DATAERR,
        )
        self.found = found
        self.known = known


class StoreKeyWrong(StoreError):
    """The key is missing, wrong, or given for a file that has none; `reason` is the sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, os.EX_CONFIG)


class StoreDamaged(StoreError):
    """The engine found the file's content to be inconsistent."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"The database {where} is damaged. Keep a copy of it as it is, "
            "then restore the latest backup.",
            os.EX_DATAERR,
        )


class StoreUnavailable(StoreError):
    """The engine cannot be reached, or the file cannot be opened; `reason` is the sentence.

    When PostgreSQL goes away during a COMMIT, nobody can know whether it took place.
    """

    def __init__(self, reason: str, status: int = os.EX_UNAVAILABLE) -> None:
        super().__init__(reason, status)


class StoreConflict(Exception):
    """A constraint of the schema refused a statement: a key that exists, a missing parent row.

    A service that expects one writes `ON CONFLICT` instead; this is for those who do not.
    """
