"""Opens what a process needs, in the order in which it is needed, and names what is in the way."""

from __future__ import annotations

from typing import Literal, overload

from bot.alone import unusable
from bot.blocks.service import Blocks
from bot.clock import Clock, system_clock
from bot.config import Config
from bot.database import Database
from bot.jobs.runner import Runner
from bot.keys import key_for
from bot.membership.service import Membership
from bot.migrations import migrate
from bot.news.service import News
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.reports.service import Reports
from bot.runtime import Runtime
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
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise unusable(path.parent, error) from error
    if config.database_plain:
        return await Database.open(path, plain=True)
    key = config.database_key or key_for(path, config.key_path)
    return await Database.open(path, key=key)


async def open_runtime(config: Config, clock: Clock = system_clock) -> Runtime:
    """Read the texts, open the store and bring its schema up to date.

    Raises StartError (also ContentError, StoreError) with nothing left open.
    """
    texts = Texts.load()
    database = await open_store(config)
    try:
        await migrate(database, now=clock())
    except BaseException:
        await database.close()
        raise
    return make_runtime(config, clock, texts, database)


def make_runtime(config: Config, clock: Clock, texts: Texts, database: Database) -> Runtime:
    """Put together what a process needs on an open store whose schema is up to date."""
    settings = Settings(database, clock)
    # On SQLite this is the only process, and it wakes its runner for every change.
    jobs = Runner(database, clock, longest_sleep=300 if database.engine == "SQLite" else 5)
    notices = Notices(database, settings, clock)
    return Runtime(
        config=config,
        clock=clock,
        texts=texts,
        database=database,
        settings=settings,
        privacy=Privacy(database, clock),
        jobs=jobs,
        notices=notices,
        news=News(database),
        blocks=Blocks(database, notices, clock, jobs.wake),
        reports=Reports(database, notices, clock, jobs.wake),
        membership=Membership(database, clock, jobs.wake),
    )
