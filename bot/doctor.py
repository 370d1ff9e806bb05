"""The doctor: looks at everything the bot stands on, says what is wrong and what to do.

A feature with content of its own has a `check.py` with `findings(today)`; it is found by name.
"""

from __future__ import annotations

import enum
import importlib
import importlib.util
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

from bot.backup.model import taken_by_name
from bot.client import feature_names
from bot.clock import system_clock
from bot.config import Config
from bot.database import StoreError, StoreNewer
from bot.errors import StartError
from bot.journal import Journal
from bot.migrations import known_migrations
from bot.opening import open_store, store_key
from bot.texts import Texts

LEAST_FREE_BYTES = 200 * 1024 * 1024
"""Below this much free space a busy database may fill the disk within days."""


_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that stands before this version was made is wrong."""


class Grade(enum.Enum):
    """How a finding is to be taken."""

    FINE = "ok"
    WARNING = "warning"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in one sentence for the host."""

    grade: Grade
    subject: str
    sentence: str


async def examine(config: Config) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which the bot needs it."""
    for finding in (_token(config), *_place(config), *_time()):
        yield finding
    async for finding in _store(config):
        yield finding
    for finding in _content(system_clock().astimezone(UTC).date()):
        yield finding


def _token(config: Config) -> Finding:
    if config.token is None:
        return Finding(
            Grade.WARNING,
            "token",
            "There is no DISCORD_TOKEN, so the bot cannot join Discord; the playground works.",
        )
    if not config.token_looks_right:
        return Finding(
            Grade.WRONG,
            "token",
            "DISCORD_TOKEN does not look like a bot token (three parts joined by dots). "
            "Copy it again from the developer portal, page “Bot”, “Reset Token”.",
        )
    return Finding(Grade.FINE, "token", "The token has the right shape; it was not tried.")


def _place(config: Config) -> Iterator[Finding]:
    folder = config.state_dir
    while folder != folder.parent and not os.access(folder, os.F_OK):
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            Grade.WRONG,
            "state folder",
            f"{folder} cannot be written; give the bot's account the right to, or set STATE_DIR.",
        )
        return
    free = shutil.disk_usage(folder).free
    megabytes = free // (1024 * 1024)
    if free < LEAST_FREE_BYTES:
        yield Finding(
            Grade.WRONG,
            "free space",
            f"Only {megabytes} MB are free at {folder}; make room before the disk is full.",
        )
    else:
        yield Finding(Grade.FINE, "free space", f"{megabytes} MB are free at {folder}.")


def _time() -> Iterator[Finding]:
    if system_clock() < _RELEASED:
        yield Finding(
            Grade.WRONG,
            "clock",
            "This machine's clock is behind; set it, or what is due comes at wrong times.",
        )
    else:
        now = system_clock()
        yield Finding(Grade.FINE, "clock", f"The clock says {now:%Y-%m-%d %H:%M} UTC.")
    zones = available_timezones()
    try:
        ZoneInfo("Europe/Berlin")
    except (KeyError, OSError):
        yield Finding(
            Grade.WRONG,
            "time zones",
            "There is no time zone data; install the package tzdata for this Python.",
        )
        return
    yield Finding(Grade.FINE, "time zones", f"{len(zones)} time zones are known.")


async def _store(config: Config) -> AsyncIterator[Finding]:
    try:
        database = await open_store(config, create=False)
    except StartError as error:
        yield Finding(Grade.WRONG, "database", str(error))
        return
    if database is None:
        yield Finding(
            Grade.FINE,
            "database",
            f"There is none yet; the first start makes {config.database_path}.",
        )
        return
    for finding in _beside(config):
        yield finding
    try:
        health = await database.health()
    except StoreError as error:
        yield Finding(Grade.WRONG, "database", str(error))
        return
    finally:
        await database.close()
    latest = known_migrations()[-1].version
    if health.schema_version > latest:
        newer = StoreNewer(database.where, health.schema_version, latest)
        yield Finding(Grade.WRONG, "database", str(newer))
    else:
        yield Finding(
            Grade.FINE,
            "database",
            f"{health.engine} {health.version}, schema {health.schema_version}, "
            f"{health.size_bytes // 1024:,} KB at {database.where}.",
        )
    for problem in health.problems:
        yield Finding(Grade.WRONG, "database", problem)
    if not health.problems:
        yield Finding(Grade.FINE, "integrity", "Every page was read and is whole.")
    if health.encrypted:
        yield Finding(Grade.FINE, "encryption", "The database is encrypted at rest.")
    elif config.database_url:
        yield Finding(
            Grade.WARNING,
            "encryption",
            "PostgreSQL does not encrypt at rest; see that the disk it stands on does.",
        )
    else:
        yield Finding(
            Grade.WARNING, "encryption", "DATABASE_PLAIN=yes: the database is not encrypted."
        )


def _beside(config: Config) -> Iterator[Finding]:
    """What a restore needs: the journal, and a backup."""
    if config.journal_path.exists():
        try:
            begun = Journal(config.journal_path, store_key(config), system_clock).begun_at()
        except StoreError as error:
            yield Finding(Grade.WRONG, "journal", str(error))
        else:
            yield Finding(
                Grade.FINE,
                "journal",
                f"Kept since {begun:%Y-%m-%d} at {config.journal_path}; copy it beside backups.",
            )
    if config.database_url:
        return
    folder = config.state_dir / "backups"
    moments = [moment for path in folder.glob("*") if (moment := taken_by_name(path))]
    newest = f"The newest is of {max(moments):%Y-%m-%d %H:%M} UTC" if moments else "There is none"
    yield Finding(
        Grade.FINE if moments else Grade.WARNING,
        "backup",
        f"{newest} in {folder}; alongside backup makes one while the bot runs.",
    )


def _content(today: date) -> Iterator[Finding]:
    try:
        texts = Texts.load()
    except StartError as error:
        yield Finding(Grade.WRONG, "texts", str(error))
    else:
        yield Finding(Grade.FINE, "texts", f"Languages: {', '.join(texts.locales)}.")
    for feature in feature_names():
        name = f"cogs.{feature}.check"
        if importlib.util.find_spec(name) is None:
            continue
        try:
            found: Iterable[Finding] = importlib.import_module(name).findings(today)
            yield from found
        except StartError as error:
            yield Finding(Grade.WRONG, feature, str(error))
