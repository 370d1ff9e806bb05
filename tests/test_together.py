"""Two processes on one PostgreSQL: each knows at once what the other has changed.

Whatever a process keeps in memory of a server is tried here; docs/hosting.md says what makes each
of them right.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.config import Config
from bot.consent import service as consent
from bot.database import line
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, State
from bot.jobs.runner import Absent, Delivered, Found, Runner, Tried
from bot.opening import make_runtime
from bot.settings.core import CORE, LANGUAGE, PAUSED
from bot.texts import Texts
from cogs.faq import store as faq_store
from cogs.faq.catalogs_service import Catalogs
from cogs.faq.questions_model import Asking
from cogs.faq.questions_service import Questions
from tests.bot.test_line import cut, until
from tests.cogs.faq.samples import SHIPPED
from tests.stores import migrated_schema, postgres_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.database import Database, Transaction
    from bot.jobs.model import Timer
    from bot.runtime import Runtime

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL not set"),
]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SERVER, MEMBER, MODERATOR = 1, 20, 30
KIND = "test.word"


@dataclass
class Process:
    """What one process has of a store that it shares."""

    runtime: Runtime
    catalogs: Catalogs
    questions: Questions
    kept: list[str] = field(default_factory=list[str])

    @property
    def database(self) -> Database:
        return self.runtime.database

    async def shown(self) -> set[str]:
        """The ids of the FAQ that a server shows."""
        return set((await self.catalogs.get(SERVER, "en")).entries)

    # Promises and their carrier: bot.jobs.runner

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        return {}

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Nothing follows."""

    async def send(self, message: Message) -> Tried:
        self.kept.append(message.subject)
        return Delivered(1)

    async def look(self, message: Message) -> Found:
        return Absent()


def clock() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "BEAT_SECONDS", "SETTLE_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(line, name, 0.05)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    texts = Texts.load()
    made: list[Process] = []
    async with migrated_schema(postgres_url() or "") as place:
        for _ in range(2):
            database = await place.open()
            config = Config(tmp_path, database_url=str(place.location))
            runtime = make_runtime(config, clock, texts, database)
            for setting in (PAUSED, *CORE):
                runtime.settings.declare(setting)
            runtime.privacy.when_server_erased(runtime.settings.forget)
            questions = Questions(
                database, runtime.settings, runtime.notices, clock, runtime.jobs.wake
            )
            one = Process(runtime, Catalogs(SHIPPED, database, clock), questions)
            runtime.jobs.register(KIND, one, one)
            database.line.start()
            made.append(one)
        for one in made:
            await until(lambda one=one: one.database.line.up)
        yield made[0], made[1]
        for one in made:
            await one.runtime.jobs.stop()
            await one.database.close()


async def heard(process: Process, other: Process) -> None:
    """Wait until a process was told of all that the other has committed."""
    told: list[int | None] = []
    process.database.line.hear("over", told.append)
    async with other.database.transaction() as tx:
        tx.tell("over", 0)
    await until(lambda: told)


async def test_a_setting_changed_in_one_process_holds_in_the_other(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "en"
    await theirs.runtime.settings.change(SERVER, LANGUAGE, "es", by=MODERATOR)
    await heard(ours, theirs)
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "es"


async def test_a_pause_in_one_process_stops_what_goes_out_of_the_other(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    await ours.runtime.settings.require_running(SERVER)
    await theirs.runtime.settings.change(SERVER, PAUSED, value=True, by=MODERATOR)
    async with ours.database.transaction() as tx:
        # What keeps promises asks the store itself, and needs to be told nothing.
        assert await ours.runtime.settings.paused_among(tx, [SERVER]) == {SERVER}
    await heard(ours, theirs)
    with pytest.raises(UserError):
        await ours.runtime.settings.require_running(SERVER)


async def test_what_is_changed_while_nobody_can_be_told_is_known_all_the_same(
    both: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = both
    monkeypatch.setattr(line, "RETRY_SECONDS", 0.5)
    await cut(ours.database)
    await until(lambda: not ours.database.line.up)
    # Read before the change, and not kept.
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "en"
    await theirs.runtime.settings.change(SERVER, LANGUAGE, "es", by=MODERATOR)
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "es"
    await until(lambda: ours.database.line.up)
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "es"


async def test_entries_changed_in_one_process_are_shown_by_the_other(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    everything = await ours.shown()
    assert "kettle" in everything
    async with theirs.database.transaction() as tx:
        await faq_store.hide(tx, SERVER, "kettle")
    await heard(ours, theirs)
    assert await ours.shown() == everything - {"kettle"}
    async with theirs.database.transaction() as tx:
        await faq_store.unhide(tx, SERVER, "kettle")
    await heard(ours, theirs)
    assert await ours.shown() == everything


async def test_a_server_erased_by_one_process_is_forgotten_by_the_other(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    await ours.runtime.settings.change(SERVER, LANGUAGE, "es", by=MODERATOR)
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "es"
    async with theirs.database.transaction() as tx:
        await tx.execute("DELETE FROM settings_values WHERE server_id = $1", SERVER)
    await theirs.runtime.privacy.erase_server(SERVER)
    await heard(ours, theirs)
    assert await ours.runtime.settings.get(SERVER, LANGUAGE) == "en"


async def test_words_not_yet_sent_go_when_their_writer_erases_in_another_process(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    ours.questions.unsent.put("key", Asking.of("who fills the kettle?", SERVER, MEMBER))
    ours.questions.unsent.put("other", Asking.of("who waters the fern?", SERVER, MEMBER + 1))
    await theirs.runtime.privacy.erase(MEMBER)
    await heard(ours, theirs)
    assert ours.questions.unsent.get("key", SERVER, MEMBER) is None
    assert ours.questions.unsent.get("other", SERVER, MEMBER + 1) is not None


async def test_consents_and_blocks_are_read_from_the_store_each_time(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    async with ours.database.read() as read:
        assert not await consent.holds(read, MEMBER, SERVER, "word", 1)
    async with theirs.database.transaction() as tx:
        await consent.give(tx, MEMBER, SERVER, "word", 1, NOW)
    await theirs.runtime.blocks.block(SERVER, MEMBER, MEMBER + 1)
    async with ours.database.read() as read:
        assert await consent.holds(read, MEMBER, SERVER, "word", 1)
    assert len(await ours.runtime.blocks.mine(SERVER, MEMBER)) == 1


# Promises


async def promise(process: Process, *subjects: str) -> None:
    drafts = [
        Draft(KIND, subject, SERVER, 9, "", NOW, NOW + timedelta(hours=1)) for subject in subjects
    ]
    async with process.database.transaction() as tx:
        await jobs.add_messages(tx, drafts)


async def test_one_process_keeps_all_promises_and_the_other_takes_over_when_it_ends(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    ours.runtime.jobs.start()
    await until(lambda: not ours.runtime.jobs.stands_by)
    theirs.runtime.jobs.start()
    await promise(theirs, "one", "two")
    await until(lambda: len(ours.kept) == 2)
    assert theirs.runtime.jobs.stands_by
    await ours.runtime.jobs.stop()
    await promise(ours, "three")
    await until(lambda: theirs.kept == ["three"])
    assert not theirs.runtime.jobs.stands_by


async def test_what_another_process_promises_is_kept_at_once(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    # By itself it would look again in an hour.
    runner = Runner(ours.database, clock, longest_sleep=3600)
    runner.register(KIND, ours, ours)
    told = asyncio.Event()

    def wake(_: int | None) -> None:
        runner.wake()
        told.set()

    ours.database.line.hear(runner.topic, wake)
    runner.start()
    for number in range(3):
        # It has found nothing more, and sleeps.
        await asyncio.sleep(0.2)
        await promise(theirs, f"word-{number}")
        await until(lambda number=number: len(ours.kept) == number + 1)
    await runner.stop()
    assert told.is_set()


async def test_who_loses_the_turn_claims_nothing_more_and_the_other_goes_on(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    ours.runtime.jobs.start()
    await until(lambda: not ours.runtime.jobs.stands_by)
    theirs.runtime.jobs.start()
    await cut(ours.database)
    await until(lambda: not theirs.runtime.jobs.stands_by)
    assert ours.runtime.jobs.stands_by
    await promise(ours, "one", "two")
    await until(lambda: len(theirs.kept) == 2)
    assert ours.kept == []


async def test_two_that_both_believe_it_is_their_turn_still_take_each_promise_once(
    both: tuple[Process, Process],
) -> None:
    ours, theirs = both
    # Without a turn each takes itself for the only one.
    runners = [
        Runner(process.database, clock, longest_sleep=0.05, per_second=10_000) for process in both
    ]
    for process, runner in zip(both, runners, strict=True):
        runner.register(KIND, process, process)
        runner.start()
    subjects = [f"word-{number}" for number in range(60)]
    await promise(ours, *subjects)
    await until(lambda: len(ours.kept) + len(theirs.kept) >= len(subjects))
    for runner in runners:
        await runner.stop()
    assert sorted([*ours.kept, *theirs.kept]) == sorted(subjects)
