"""Opens what a process needs, in the order in which it is needed, and names what is in the way."""

from __future__ import annotations

import os
from typing import Literal, overload

from bot.alone import unusable
from bot.blocks.service import Blocks
from bot.clock import Clock, system_clock
from bot.config import Config
from bot.consent.service import Consents
from bot.content import Load, load_yaml
from bot.counting import Counting
from bot.database import Database
from bot.database.files import make_folder
from bot.errors import StartError
from bot.jobs.runner import DISPATCH, Runner
from bot.journal import Journal
from bot.keys import key_for
from bot.membership.service import Membership
from bot.migrations import migrate
from bot.moving.store import PROGRESS
from bot.news.service import News
from bot.notices.service import Notices
from bot.outside.figures import Figures
from bot.privacy import Privacy
from bot.rekey import finish
from bot.reports.service import Reports
from bot.rereading import Rereading
from bot.runtime import Runtime
from bot.seals import Seals
from bot.settings.service import Settings
from bot.texts import Texts


@overload
async def open_store(config: Config) -> Database: ...
@overload
async def open_store(config: Config, *, create: Literal[False]) -> Database | None: ...
async def open_store(config: Config, *, create: bool = True) -> Database | None:
    """Open the database that the settings name, as it is, without migrating it.

    With `create=False` an SQLite database that does not exist yet gives None and is not made.
    """
    if config.database_url:
        return await Database.open(config.database_url)
    path = config.database_path
    try:
        if not create and not path.exists():
            return None
        make_folder(path.parent)
    except OSError as error:
        raise unusable(path.parent, error) from error
    return await Database.open(path, key=store_key(config), plain=config.database_plain)


def store_key(config: Config) -> str | None:
    """Give the key of the store and of what lies beside it; None when DATABASE_PLAIN says so.

    Made on first start; a change of it that was cut off is finished first. On PostgreSQL it is the
    journal's alone. Raises a `StoreError`.
    """
    if config.database_plain:
        return None
    guarded = config.journal_path if config.database_url else config.database_path
    if config.database_key is not None:
        return config.database_key
    credential = config.database_key_is_credential
    return finish(config, key_for(guarded, config.key_path, credential=credential))


def _open_journal(config: Config, clock: Clock) -> Journal:
    try:
        make_folder(config.journal_path.parent)
    except OSError as error:
        raise unusable(config.state_dir, error) from error
    journal = Journal(config.journal_path, store_key(config), clock)
    journal.begin()
    return journal


async def open_runtime(config: Config, clock: Clock = system_clock) -> Runtime:
    """Read the texts, open the store and bring its schema up to date.

    Raises StartError (also ContentError, StoreError) with nothing left open.
    """
    database = await open_store(config)
    try:
        load = Rereading(config.state_dir / "reread", store_key(config)).load
        texts = Texts.load(load=load)
        if await database.has_table(PROGRESS):
            raise StartError(
                f"A move into {database.where} was begun and not finished. "
                "Run alongside move again; it goes on where it was.",
                os.EX_TEMPFAIL,
            )
        await migrate(database, now=clock())
        journal = _open_journal(config, clock)
        database.keep_journal(journal.write)
    except BaseException:
        await database.close()
        raise
    return make_runtime(config, clock, texts, database, journal, load)


def make_runtime(
    config: Config,
    clock: Clock,
    texts: Texts,
    database: Database,
    journal: Journal | None = None,
    load: Load = load_yaml,
) -> Runtime:
    """Put together what a process needs on an open store whose schema is up to date."""
    settings = Settings(database, clock)
    # On SQLite this is the only process, and it wakes its runner for every change.
    jobs = Runner(
        database,
        clock,
        longest_sleep=300 if database.engine == "SQLite" else 5,
        paused=settings.paused_among,
        turn=database.line.turn(DISPATCH),
    )
    database.line.hear(jobs.topic, lambda _: jobs.wake())
    notices = Notices(database, settings, clock)
    figures = Figures(clock)
    if config.status_address is not None:
        figures.begin()
        database.when_committed(figures.committed)
        jobs.when_settled(figures.settled)
    return Runtime(
        config=config,
        clock=clock,
        texts=texts,
        database=database,
        settings=settings,
        privacy=Privacy(database, clock),
        jobs=jobs,
        notices=notices,
        consents=Consents(database),
        news=News(database),
        blocks=Blocks(database, notices, clock, jobs.wake),
        reports=Reports(database, notices, clock, jobs.wake),
        membership=Membership(database, clock, jobs.wake),
        seals=Seals.of_host(config),
        counting=Counting(database, settings, clock),
        figures=figures,
        journal=journal,
        load=load,
    )
