"""Backups: taken while others write, refused when they are not whole, restored with care."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alone import alone
from bot.backup import store as facts_store
from bot.backup.model import Facts
from bot.backup.restoring import STAGE, replay, restore
from bot.backup.service import before_update, take
from bot.config import Config
from bot.consent import service as consent
from bot.database import Database, StoreError
from bot.database.files import fits, opened, problems
from bot.errors import StartError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, State, Timer
from bot.journal import KEPT, Journal
from bot.migrations import known_migrations, migrate
from bot.opening import open_runtime
from bot.privacy.model import Holding, Kind
from bot.runtime import Runtime
from tests.bot.killing import killed
from tests.rules import ROOT
from tests.stores import Place

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY, OTHER = "5a" * 32, "6b" * 32
ASH, BIRCH, HARBOUR, MEADOW = 101, 102, 11, 12


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "state", database_key=KEY)


async def agree(database: Database, person: int, server: int = HARBOUR) -> None:
    async with database.transaction() as tx:
        await consent.give(tx, person, server, "checkins", 1, NOW)


async def agreed(config: Config) -> set[int]:
    database = await Database.open(config.database_path, key=config.database_key)
    try:
        async with database.read() as read:
            return {row["user_id"] for row in await read.fetch("SELECT user_id FROM consents")}
    finally:
        await database.close()


async def change(
    config: Config, clock: Time, *work: Callable[[Runtime], Awaitable[object]]
) -> None:
    """Do something to the store as the running bot would, journal and all."""
    runtime = await open_runtime(config, clock)
    runtime.privacy.register(Holding(table="consents", person="user_id", kind=Kind.OWN))
    try:
        for one in work:
            await one(runtime)
    finally:
        await runtime.database.close()


async def two_agree(runtime: Runtime) -> None:
    await agree(runtime.database, ASH)
    await agree(runtime.database, BIRCH)


async def earlier(config: Config, steps: int) -> None:
    """Make the store as a version with fewer migrations left it, with somebody's yes in it."""
    config.state_dir.mkdir()
    database = await Database.open(config.database_path, key=KEY)
    await migrate(database, now=NOW, migrations=known_migrations()[:steps])
    await agree(database, ASH)
    await database.close()


# Taking one


async def test_a_backup_has_everything_and_says_what_it_is(config: Config, clock: Time) -> None:
    await change(config, clock, two_agree)
    taken = take(config, None, clock)
    assert taken.path == config.state_dir / "backups" / "alongside-20260302T120000Z.backup"
    assert taken.path.stat().st_mode & 0o077 == 0
    assert problems(taken.path, KEY) == []
    with opened(taken.path, KEY) as file:
        assert facts_store.facts(file) == taken.facts
        assert [tuple(row) for row in file.execute("SELECT user_id FROM consents")] == [
            (ASH,),
            (BIRCH,),
        ]
    assert b"consents" not in taken.path.read_bytes()
    assert taken.facts.schema == known_migrations()[-1].version
    assert list(taken.path.parent.iterdir()) == [taken.path]


async def test_backups_are_taken_while_a_bot_holds_the_state_folder_and_none_is_restored(
    config: Config, clock: Time
) -> None:
    await change(config, clock, two_agree)
    with alone(config):
        taken = take(config, None, clock)
        beside = take(config, config.state_dir / "by-hand.backup", clock)
        with pytest.raises(StartError, match="Another process works on the store"):
            await restore(config, taken.path, clock, replace_store=True)
    assert problems(taken.path, KEY) == problems(beside.path, KEY) == []
    await restore(config, beside.path, clock, replace_store=True)
    assert await agreed(config) == {ASH, BIRCH}


async def test_a_backup_can_have_a_key_of_its_own(config: Config, clock: Time) -> None:
    await change(config, clock, two_agree)
    key_file = config.state_dir / "backup.key"
    key_file.write_text(OTHER)
    key_file.chmod(0o600)
    taken = take(config, None, clock, key_file=key_file)
    assert fits(taken.path, OTHER)
    assert not fits(taken.path, KEY)


async def test_a_backup_never_replaces_a_file(config: Config, clock: Time, tmp_path: Path) -> None:
    await change(config, clock, two_agree)
    mine = tmp_path / "mine"
    mine.write_text("something else")
    with pytest.raises(StoreError, match="exists already"):
        take(config, mine, clock)
    assert mine.read_text() == "something else"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"database_url": "postgresql://a@b/c"}, "pg_dump"),
        ({}, "no database"),
    ],
)
def test_what_cannot_be_backed_up_is_said(
    config: Config, clock: Time, changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(StoreError, match=sentence):
        take(replace(config, **changed), None, clock)  # pyright: ignore[reportArgumentType]


async def test_old_backups_are_deleted_on_demand_and_nothing_else_is(
    config: Config, clock: Time
) -> None:
    await change(config, clock, two_agree)
    first = take(config, None, clock).path
    (first.parent / "notes.txt").write_text("mine")
    clock.now += KEPT + timedelta(seconds=1)
    second = take(config, None, clock, prune=True)
    assert second.pruned == 1
    assert sorted(path.name for path in first.parent.iterdir()) == [second.path.name, "notes.txt"]


async def test_a_backup_under_load_is_the_store_at_one_moment_and_holds_nobody_up(
    config: Config, clock: Time
) -> None:
    """Four tasks move coins between two people; whatever moment is copied, none is lost."""
    runtime = await open_runtime(config, clock)
    database = runtime.database
    async with database.transaction() as tx:
        await tx.execute(
            "CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, coins BIGINT NOT NULL, pad TEXT)"
        )
        await tx.execute_many(
            "INSERT INTO scratch VALUES ($1, 1000, $2)", [(at, "x" * 400) for at in range(5_000)]
        )
    moved, stop = 0, False

    async def move(seed: int) -> None:
        nonlocal moved
        at = seed
        while not stop:
            at = (at * 7919 + 13) % 5_000
            async with database.transaction() as tx:
                await tx.execute("UPDATE scratch SET coins = coins - 1 WHERE id = $1", at)
                other = (at + 1 + seed) % 5_000
                await tx.execute("UPDATE scratch SET coins = coins + 1 WHERE id = $1", other)
            moved += 1

    movers = [asyncio.create_task(move(seed)) for seed in range(1, 5)]
    for number in range(3):
        before = moved
        taken = await asyncio.to_thread(take, config, config.state_dir / f"b{number}", clock)
        assert moved > before, "nobody could write while the backup was taken"
        with opened(taken.path, KEY) as file:
            (coins, rows) = file.execute("SELECT sum(coins), count(*) FROM scratch").fetchall()[0]
        assert (coins, rows) == (5_000_000, 5_000)
    stop = True
    await asyncio.gather(*movers)
    await database.close()


# Before an update


async def test_a_store_of_an_earlier_version_is_copied_as_it_was_before_it_is_changed(
    config: Config, clock: Time
) -> None:
    latest = known_migrations()[-1].version
    await earlier(config, latest - 1)
    taken = before_update(config, clock)
    assert taken is not None
    assert taken.path.parent == config.state_dir / "backups"
    assert taken.facts.schema == latest - 1
    await change(config, clock)
    assert before_update(config, clock) is None
    await change(config, clock, lambda runtime: agree(runtime.database, BIRCH))
    assert await agreed(config) == {ASH, BIRCH}
    restored = await restore(config, taken.path, clock, replace_store=True)
    assert restored.facts.schema == latest - 1
    assert await agreed(config) == {ASH}


async def test_without_a_way_back_nothing_is_changed(config: Config, clock: Time) -> None:
    await earlier(config, known_migrations()[-1].version - 1)
    (config.state_dir / "backups").write_text("in the way")
    before = config.database_path.read_bytes()
    with pytest.raises(StoreError, match="backup"):
        before_update(config, clock)
    assert config.database_path.read_bytes() == before


async def test_a_first_start_and_one_without_change_keep_no_copy(
    config: Config, clock: Time
) -> None:
    assert before_update(config, clock) is None
    await change(config, clock, two_agree)
    assert before_update(config, clock) is None
    assert before_update(replace(config, database_url="postgresql://h/n"), clock) is None
    assert not (config.state_dir / "backups").exists()


# Refusing what is not whole


@pytest.fixture
async def taken(config: Config, clock: Time) -> Path:
    await change(config, clock, two_agree)
    return take(config, None, clock).path


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def first_page_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


def one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(os.urandom(40_960))


def newer(path: Path) -> None:
    with opened(path, KEY) as file:
        facts_store.drop_facts(file)
        facts_store.put_facts(file, Facts(NOW, "9.9.9", 9_999))


def foreign(path: Path) -> None:
    with opened(path, KEY) as file:
        facts_store.drop_facts(file)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (half, "damaged or not all there"),
        (first_page_only, "damaged or not all there"),
        (one_bit, "damaged or not all there"),
        (nothing, "no backup"),
        (noise, "no backup of Alongside"),
        (newer, r"newer version of Alongside \(9\.9\.9\)"),
        (foreign, "no backup"),
        (Path.unlink, "No such file"),
    ],
)
async def test_what_is_no_whole_backup_is_refused_and_the_store_stays(
    config: Config, clock: Time, taken: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(taken)
    with pytest.raises(StoreError, match=sentence):
        await restore(config, taken, clock, replace_store=True)
    assert await agreed(config) == {ASH, BIRCH}
    assert not (config.state_dir / STAGE).exists()


async def test_a_backup_of_another_key_is_refused_until_its_key_is_given(
    config: Config, clock: Time
) -> None:
    await change(config, clock, two_agree)
    key_file = config.state_dir / "backup.key"
    key_file.write_text(OTHER)
    key_file.chmod(0o600)
    taken = take(config, None, clock, key_file=key_file).path
    with pytest.raises(StoreError, match="--key-file"):
        await restore(config, taken, clock, replace_store=True)
    await restore(config, taken, clock, key_file=key_file, replace_store=True)
    assert await agreed(config) == {ASH, BIRCH}


# Restoring


async def test_a_store_that_is_there_is_replaced_only_when_told_and_kept(
    config: Config, clock: Time, taken: Path
) -> None:
    with pytest.raises(StoreError, match="--replace"):
        await restore(config, taken, clock)
    await change(config, clock, lambda runtime: agree(runtime.database, 103))
    restored = await restore(config, taken, clock, replace_store=True)
    assert await agreed(config) == {ASH, BIRCH}
    assert restored.kept is not None
    with opened(restored.kept, KEY) as file:
        assert len(file.execute("SELECT * FROM consents").fetchall()) == 3


async def test_a_backup_is_restored_where_there_is_no_store(
    config: Config, clock: Time, taken: Path
) -> None:
    config.database_path.unlink()
    restored = await restore(config, taken, clock)
    assert restored.kept is None
    assert await agreed(config) == {ASH, BIRCH}


async def test_a_damaged_store_can_be_replaced(config: Config, clock: Time, taken: Path) -> None:
    config.database_path.write_bytes(os.urandom(8_192))
    await restore(config, taken, clock, replace_store=True)
    assert await agreed(config) == {ASH, BIRCH}


def test_nothing_is_restored_while_the_bot_runs(config: Config, clock: Time) -> None:
    asyncio.run(change(config, clock, two_agree))
    taken = take(config, None, clock).path
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.database import Database\n"
        "async def main():\n"
        f"    await Database.open(Path(sys.argv[1]), key={KEY!r})\n"
        "    print('open', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    other = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, str(config.database_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match="stop the bot"):
            asyncio.run(restore(config, taken, clock, replace_store=True))
        # Also when it cannot be opened any more, and only its locks tell.
        with config.database_path.open("r+b") as file:
            file.write(os.urandom(4096))
        with pytest.raises(StoreError, match="stop the bot"):
            asyncio.run(restore(config, taken, clock, replace_store=True))
    finally:
        other.kill()
        other.communicate()
    asyncio.run(restore(config, taken, clock, replace_store=True))
    assert asyncio.run(agreed(config)) == {ASH, BIRCH}


# What a restore must not undo


async def test_nobody_comes_back_who_erased_withdrew_or_left(config: Config, clock: Time) -> None:
    async def many(runtime: Runtime) -> None:
        database = runtime.database
        for person in range(101, 107):
            await agree(database, person)
        await agree(database, 107, MEADOW)

    await change(config, clock, many)
    taken = take(config, None, clock).path
    clock.now += timedelta(days=1)

    async def leave(runtime: Runtime) -> None:
        privacy = runtime.privacy
        database = runtime.database
        await privacy.erase(101)
        async with database.transaction() as tx:
            await consent.withdraw(tx, 102, HARBOUR, "checkins")
            # Given again: the backup does not know of it, and silence is never a yes.
            await consent.give(tx, 102, HARBOUR, "checkins", 1, clock.now)
        await privacy.erase_server(MEADOW)

    await change(config, clock, leave)
    clock.now += timedelta(days=1)
    for _ in range(2):
        restored = await restore(config, taken, clock, replace_store=True)
        assert restored.settled.replayed == {
            "privacy.erased": 1,
            "consents.withdrawn": 1,
            "privacy.server_erased": 1,
        }
        assert await agreed(config) == {103, 104, 105, 106}


async def test_what_happened_before_the_backup_is_not_done_again(
    config: Config, clock: Time
) -> None:
    await change(config, clock, two_agree, lambda runtime: runtime.privacy.erase(ASH))
    clock.now += timedelta(minutes=11)
    await change(config, clock, lambda runtime: agree(runtime.database, ASH))
    taken = take(config, None, clock).path
    restored = await restore(config, taken, clock, replace_store=True)
    assert not restored.settled.replayed
    assert await agreed(config) == {ASH, BIRCH}


async def test_a_clock_that_went_back_hides_nothing(config: Config, clock: Time) -> None:
    await change(config, clock, two_agree)
    taken = take(config, None, clock).path
    clock.now -= timedelta(days=3)
    await change(config, clock, lambda runtime: runtime.privacy.erase(ASH))
    clock.now = NOW + timedelta(hours=1)
    await restore(config, taken, clock, replace_store=True)
    assert await agreed(config) == {BIRCH}


async def test_without_a_journal_nothing_is_restored_unless_nobody_is_kept(
    config: Config, clock: Time, taken: Path
) -> None:
    config.journal_path.unlink()
    with pytest.raises(StoreError, match="no journal"):
        await restore(config, taken, clock, replace_store=True)
    clock.now += timedelta(hours=1)
    await change(config, clock)
    with pytest.raises(StoreError, match="begun after the backup"):
        await restore(config, taken, clock, replace_store=True)
    restored = await restore(config, taken, clock, replace_store=True, without_journal=True)
    assert restored.settled.forgotten == 2
    assert await agreed(config) == set()


async def test_a_backup_is_too_old_when_the_journal_has_forgotten(
    config: Config, clock: Time, taken: Path
) -> None:
    clock.now += KEPT + timedelta(seconds=1)
    with pytest.raises(StoreError, match="older than 35 days"):
        await restore(config, taken, clock, replace_store=True)


async def test_a_journal_of_another_key_is_refused(
    config: Config, clock: Time, taken: Path
) -> None:
    config.journal_path.unlink()
    Journal(config.journal_path, OTHER, clock).begin()
    with pytest.raises(StoreError, match="key does not fit"):
        await restore(config, taken, clock, replace_store=True)


# What fell due


async def test_what_fell_due_before_the_restore_is_listed_and_never_sent(
    config: Config, clock: Time
) -> None:
    draft = Draft("notices.post", "gone", HARBOUR, 5, "", NOW, NOW + timedelta(days=9))
    trying = Draft("notices.post", "held", HARBOUR, 5, "", NOW, NOW + timedelta(days=9))
    later = Draft(
        "notices.post", "later", HARBOUR, 5, "", NOW + timedelta(days=3), NOW + timedelta(days=9)
    )

    async def promise(runtime: Runtime) -> None:
        database = runtime.database
        async with database.transaction() as tx:
            await jobs.add_messages(tx, [draft, trying, later])
            await jobs.lease(tx, [trying.id], NOW, NOW + timedelta(days=2))
            await jobs.set_timers(tx, [Timer("nobody.keeps", "it", HARBOUR, NOW)])

    await change(config, clock, promise)
    taken = take(config, None, clock).path
    clock.now += timedelta(days=1)
    restored = await restore(config, taken, clock, replace_store=True)
    assert {m.id for m in restored.settled.left_out} == {draft.id, trying.id}

    async def look(runtime: Runtime) -> None:
        database = runtime.database
        async with database.read() as read:
            for one in (draft, trying):
                message = await jobs.message(read, one.id)
                assert message is not None
                assert (message.state, message.reason) == (State.SKIPPED, "restored")
            waiting = await jobs.message(read, later.id)
            assert waiting is not None
            assert waiting.state is State.WAITING
            assert await jobs.next_timer_at(read) is None
            (notice,) = await read.fetch("SELECT key, params FROM notices")
            assert notice["key"] == "restored"
            assert f"<t:{int(NOW.timestamp())}:f>" in notice["params"]

    await change(config, clock, look)


# PostgreSQL


@pytest.mark.postgres
async def test_postgres_is_made_ready_after_its_own_tools_restored_it(
    tmp_path: Path, clock: Time, place: Place
) -> None:
    """Two machines ran the bot; the store is as it was at the dump, and both journals are there."""
    if place.engine != "postgres":
        pytest.skip("SQLite is restored as a file")
    config = Config(tmp_path / "a", database_url=str(place.location), database_key=KEY)
    other = replace(config, state_dir=tmp_path / "b")
    draft = Draft("notices.post", "gone", HARBOUR, 5, "", NOW, NOW + timedelta(days=9))
    for one in (config, other):
        await (await open_runtime(one, clock)).database.close()

    async def as_dumped(runtime: Runtime) -> None:
        for person in range(101, 105):
            await agree(runtime.database, person)
        async with runtime.database.transaction() as tx:
            await jobs.add_messages(tx, [draft])

    await change(config, clock, as_dumped)
    clock.now += timedelta(hours=1)
    await change(config, clock, lambda runtime: runtime.privacy.erase(101))
    await change(other, clock, lambda runtime: runtime.privacy.erase(102))

    async def dumped_again(runtime: Runtime) -> None:
        for person in (101, 102):
            await agree(runtime.database, person)

    await change(config, clock, dumped_again)
    clock.now += timedelta(hours=1)
    settled = await replay(config, NOW, clock, journals=[other.journal_path])
    assert settled.replayed == {"privacy.erased": 2}
    assert [message.id for message in settled.left_out] == [draft.id]
    database = await place.open()
    async with database.read() as read:
        rows = await read.fetch("SELECT user_id FROM consents ORDER BY user_id")
    await database.close()
    assert [row["user_id"] for row in rows] == [103, 104]
    with pytest.raises(StoreError, match="begun after"):
        await replay(config, NOW - timedelta(days=1), clock)
    settled = await replay(config, NOW - timedelta(days=1), clock, without_journal=True)
    assert settled.forgotten >= 2


async def test_replaying_alone_is_for_postgres(config: Config, clock: Time) -> None:
    with pytest.raises(StoreError, match="alongside restore FILE"):
        await replay(config, NOW, clock)


# Killed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "apart", "outcomes"),
    [("backup", 20, {"a backup", "none"}), ("restore", 400, {"from before", "restored"})],
)
def test_killed_at_any_line_all_that_is_there_is_whole(
    tmp_path: Path, work: str, apart: int, outcomes: set[str]
) -> None:
    seen = killed(work, tmp_path, apart)
    assert seen["kills"] > 5
    assert set(seen["seen"]) == outcomes
