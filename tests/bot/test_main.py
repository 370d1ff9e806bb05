"""The command line, as whoever runs the bot meets it: real processes, real signals."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher  # pyright: ignore[reportMissingTypeStubs]

from bot import __version__
from bot.database import Database
from bot.migrations import Migration, known_migrations, migrate
from tests.bot.double import Double, Manner, discord_double
from tests.rules import ROOT
from tests.stores import NOW, migrated_schema, postgres_url

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

driver: Any = sqlcipher

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz_-0123456789"
KEY = "7c" * 32

SENTENCE = re.compile(r"alongside: \S.*\S")


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one plain sentence for the host; fails when there is more, less or a secret."""
        lines = [line for line in self.err.splitlines() if not line.startswith("{")]
        assert len(lines) == 1, self.err
        assert SENTENCE.fullmatch(lines[0]), lines[0]
        for never in (TOKEN, KEY, "Traceback"):
            assert never not in self.out + self.err
        return lines[0]


async def start(
    folder: Path,
    *command: str,
    module: str = "bot",
    tree: Path = ROOT,
    before: Callable[[], object] | None = None,
    **settings: str,
) -> asyncio.subprocess.Process:
    """Start the command line in a folder, with a clean environment and its state in `state`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STATE_DIR": str(folder / "state"),
        "LOG_FORMAT": "json",
        **settings,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *command),
        cwd=folder,
        env=environment,
        preexec_fn=before,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def run(folder: Path, *command: str, **how: Any) -> Ended:
    return await ended(await start(folder, *command, **how))


async def store(folder: Path, *, migrated: bool = True) -> Path:
    """Make the store as an earlier start would have; gives its file."""
    path = folder / "state" / "alongside.db"
    path.parent.mkdir(exist_ok=True)
    database = await Database.open(path, key=KEY)
    if migrated:
        await migrate(database, now=NOW)
    await database.close()
    return path


# Well


@pytest.mark.parametrize("port", ["-1", "65536", "none"])
async def test_a_port_that_cannot_be_one_is_refused(tmp_path: Path, port: str) -> None:
    said = await run(tmp_path, "play", f"--port={port}")
    assert said.status == 2
    assert "--port" in said.err
    assert "Traceback" not in said.err
    assert "_port" not in said.err


async def test_the_first_check_finds_nothing_in_the_way_and_prints_no_secret(
    tmp_path: Path,
) -> None:
    checked, version = await asyncio.gather(
        run(tmp_path, "check", DISCORD_TOKEN=TOKEN, DATABASE_KEY=KEY), run(tmp_path, "--version")
    )
    assert (checked.status, checked.err) == (0, "")
    assert checked.out.endswith("Nothing is in the way.\n")
    assert "WRONG" not in checked.out
    for secret in (TOKEN, KEY):
        assert secret not in checked.out
    assert not (tmp_path / "state").exists()
    assert (version.status, version.out) == (0, f"alongside {__version__}\n")


async def test_a_first_start_makes_key_and_store_and_a_second_finds_them(tmp_path: Path) -> None:
    first = await run(tmp_path, "migrate")
    key = (tmp_path / "state" / "database.key").read_text().strip()
    second, checked = await asyncio.gather(run(tmp_path, "migrate"), run(tmp_path, "check"))
    assert (first.status, second.status, checked.status) == (0, 0, 0)
    assert first.out == second.out
    assert re.fullmatch(r"The database has schema \d+\.\n", first.out)
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    for said in (first, second, checked):
        assert said.err == ""
        assert key not in said.out
    assert "encrypted at rest" in checked.out


# What can be in the way


async def test_what_is_wrong_with_the_settings_is_said_in_one_sentence(tmp_path: Path) -> None:
    bad, nothing, both, home = await asyncio.gather(
        run(tmp_path, "run", DISCORD_TOKEN=TOKEN, LOG_LEVEL="loud", DATABASE_KEY=f"{KEY}x"),
        run(tmp_path, "run"),
        run(tmp_path, "check", DISCORD_TOKEN=TOKEN, DISCORD_TOKEN_FILE="/run/token"),
        run(tmp_path, "check", STATE_DIR="~nobody-of-this-name/state"),
    )
    for said in (bad, nothing, both, home):
        assert said.status == os.EX_CONFIG
    assert "LOG_LEVEL" in bad.sentence
    assert "DATABASE_KEY" in bad.sentence
    assert "no DISCORD_TOKEN" in nothing.sentence
    assert "not both" in both.sentence
    assert "STATE_DIR" in home.sentence


async def test_settings_come_from_the_file_beside_it_and_the_environment_wins(
    tmp_path: Path,
) -> None:
    env = tmp_path / ".env"
    env.write_text("LOG_LEVEL=loud\n")
    from_file, overruled = await asyncio.gather(
        run(tmp_path, "migrate"), run(tmp_path, "migrate", LOG_LEVEL="info")
    )
    assert "LOG_LEVEL" in from_file.sentence
    assert overruled.status == 0
    env.write_bytes("HOST_NAME=Asociación".encode("latin-1"))
    unreadable = await run(tmp_path, "migrate")
    assert unreadable.status == os.EX_CONFIG
    assert "UTF-8" in unreadable.sentence


def copied(folder: Path) -> Path:
    """The program in another place, to be broken."""
    for name in ("bot", "cogs", "data", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", "state", "cogs" if name == "tests" else "")
        shutil.copytree(ROOT / name, folder / "tree" / name, ignore=ignore)
    return folder / "tree"


async def test_a_broken_content_file_is_named_with_its_line(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    lines = tree / "data" / "content" / "helplines.yaml"
    lines.write_text(lines.read_text("utf-8") + "\nbroken: *alias\n", "utf-8")
    at = len(lines.read_text("utf-8").splitlines())
    async with discord_double("polite") as double:
        shared: dict[str, Any] = {"tree": tree, "DISCORD_TOKEN": TOKEN}
        started, checked = await asyncio.gather(
            run(tmp_path, "run", module="tests.bot.launch", DISCORD_DOUBLE=double.url, **shared),
            run(tmp_path, "check", **shared),
        )
    assert started.status == os.EX_DATAERR
    assert f"data/content/helplines.yaml:{at}: holds an alias" in started.sentence
    assert checked.status == os.EX_CONFIG
    assert re.search(rf"^WRONG +helplines: .*:{at}: holds an alias", checked.out, re.MULTILINE)
    texts = tree / "data" / "text" / "es.yaml"
    texts.write_text("errors.store: [", "utf-8")
    broken, checked = await asyncio.gather(
        run(tmp_path, "migrate", **shared), run(tmp_path, "check", **shared)
    )
    assert broken.status == os.EX_DATAERR
    assert "data/text/es.yaml:1: is not YAML" in broken.sentence
    assert re.search(r"^WRONG +texts: .*es\.yaml:1: ", checked.out, re.MULTILINE)


async def test_an_update_keeps_a_copy_from_before_and_says_where(tmp_path: Path) -> None:
    path = await store(tmp_path, migrated=False)
    database = await Database.open(path, key=KEY)
    await migrate(database, now=NOW, migrations=known_migrations()[:1])
    await database.close()
    updated = await run(tmp_path, "migrate", DATABASE_KEY=KEY)
    assert updated.status == 0
    [copy] = (tmp_path / "state" / "backups").glob("*.backup")
    told = json.loads(updated.err)
    assert (told["event"], told["path"]) == ("backed_up_before_update", str(copy))
    again = await run(tmp_path, "migrate", DATABASE_KEY=KEY)
    assert (again.status, again.err, again.out) == (0, "", updated.out)


async def test_a_store_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = await store(tmp_path)
    database = await Database.open(path, key=KEY)
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO schema_version VALUES (9999, 'future', 0)")
    await database.close()
    before = path.read_bytes()
    started = await run(tmp_path, "migrate", DATABASE_KEY=KEY)
    assert started.status == os.EX_DATAERR
    assert "schema version 9999" in started.sentence
    assert path.read_bytes() == before
    checked = await run(tmp_path, "check", DATABASE_KEY=KEY)
    assert checked.status == os.EX_CONFIG
    assert re.search(r"^WRONG +database: .*schema version 9999", checked.out, re.MULTILINE)


async def test_a_store_that_another_process_holds_is_waited_for_and_then_named(
    tmp_path: Path,
) -> None:
    path = await store(tmp_path, migrated=False)
    holder = driver.connect(path, isolation_level=None)
    holder.execute(f"PRAGMA key = \"x'{KEY}'\"")
    holder.execute("BEGIN IMMEDIATE")
    started, checked = await asyncio.gather(
        run(tmp_path, "migrate", DATABASE_KEY=KEY), run(tmp_path, "check", DATABASE_KEY=KEY)
    )
    holder.close()
    assert started.status == os.EX_TEMPFAIL
    assert "locked by another process" in started.sentence
    assert checked.status == os.EX_CONFIG
    assert "locked by another process" in checked.out
    assert (await run(tmp_path, "migrate", DATABASE_KEY=KEY)).status == 0


async def test_a_second_process_on_one_store_is_refused_until_the_first_is_gone(
    tmp_path: Path,
) -> None:
    settings: dict[str, Any] = {"DISCORD_TOKEN": TOKEN, "DATABASE_KEY": KEY}
    async with discord_double("silent") as double:
        first = await join(tmp_path, double)
        await asyncio.wait_for(double.ready.wait(), 60)
        second, migrating, checked, elsewhere = await asyncio.gather(
            run(tmp_path, "run", **settings),
            run(tmp_path, "migrate", **settings),
            run(tmp_path, "check", **settings),
            run(tmp_path, "migrate", **settings, STATE_DIR=str(tmp_path / "other")),
        )
        for said in (second, migrating):
            assert said.status == os.EX_TEMPFAIL
            assert "Another process works on the store" in said.sentence
        assert (checked.status, elsewhere.status) == (0, 0)
        first.kill()
        await ended(first)
        assert (await run(tmp_path, "migrate", **settings)).status == 0


async def test_whoever_reads_only_the_beginning_of_the_check_gets_no_traceback(
    tmp_path: Path,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    checking = await start(tmp_path, "check", before=lambda: os.dup2(writing, 1))
    os.close(writing)
    checked = await ended(checking)
    assert (checked.status, checked.err) == (128 + signal.SIGPIPE, "")


async def test_a_key_that_does_not_fit_or_is_not_there_loses_nothing(tmp_path: Path) -> None:
    path = await store(tmp_path)
    before = path.read_bytes()
    loose = tmp_path / "loose.key"
    loose.write_text(KEY)
    loose.chmod(0o644)
    wrong = await run(tmp_path, "migrate", DATABASE_KEY="00" * 32)
    missing = await run(tmp_path, "migrate")
    readable = await run(tmp_path, "migrate", DATABASE_KEY_FILE=str(loose))
    plain = await run(tmp_path, "migrate", DATABASE_PLAIN="yes")
    checked = await run(tmp_path, "check", DATABASE_KEY="00" * 32)
    for said in (wrong, missing, readable, plain, checked):
        assert said.status == os.EX_CONFIG
    assert "key does not fit" in wrong.sentence
    assert "database.key does not" in missing.sentence
    assert "chmod 600" in readable.sentence
    assert "is encrypted" in plain.sentence
    assert "WRONG    database: The key does not fit" in checked.out
    assert path.read_bytes() == before
    assert not (tmp_path / "state" / "database.key").exists()


async def test_a_state_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inside, itself, checked = await asyncio.gather(
        run(tmp_path, "migrate", STATE_DIR=str(tmp_path / "file" / "state")),
        run(tmp_path, "migrate", STATE_DIR=str(tmp_path / "file")),
        run(tmp_path, "check", STATE_DIR=str(tmp_path / "file")),
    )
    for said in (inside, itself):
        assert said.status == os.EX_CANTCREAT
        assert "STATE_DIR" in said.sentence
    assert checked.status == os.EX_CONFIG
    assert "WRONG    state folder" in checked.out


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody may write")
async def test_a_state_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    said = await run(tmp_path, "migrate", STATE_DIR="/proc")
    assert said.status == os.EX_IOERR
    assert "cannot be read or written" in said.sentence


async def test_a_full_disk_is_named_and_what_was_saved_is_still_there(tmp_path: Path) -> None:
    path = await store(tmp_path, migrated=False)

    def small() -> None:
        size = path.stat().st_size + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    full = await run(tmp_path, "migrate", DATABASE_KEY=KEY, before=small)
    assert full.status == os.EX_IOERR
    assert full.sentence
    assert (await run(tmp_path, "migrate", DATABASE_KEY=KEY)).status == 0


# Discord


async def join(folder: Path, double: Double, **settings: Any) -> asyncio.subprocess.Process:
    return await start(
        folder,
        "run",
        module="tests.bot.launch",
        DISCORD_DOUBLE=double.url,
        DISCORD_TOKEN=TOKEN,
        DATABASE_KEY=KEY,
        **settings,
    )


async def until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while b'"ready"' not in (line := await process.stderr.readline()):
        assert line, "it ended before it was there"


@pytest.mark.parametrize("manner", ["refuses", "resets"])
async def test_a_token_that_discord_does_not_take_any_more_is_named(
    tmp_path: Path, manner: Manner
) -> None:
    async with discord_double(manner) as double:
        said = await ended(await join(tmp_path, double))
    assert said.status == os.EX_NOPERM
    assert "Discord refuses the token" in said.sentence


async def test_a_discord_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host, port = nobody.getsockname()
        said = await ended(await join(tmp_path, Double("polite", f"http://{host}:{port}")))
    assert said.status == os.EX_TEMPFAIL
    assert "cannot be reached" in said.sentence


@pytest.mark.parametrize(
    ("number", "manner"), [(signal.SIGTERM, "silent"), (signal.SIGINT, "polite")]
)
async def test_told_to_stop_it_closes_cleanly_even_when_discord_is_silent(
    tmp_path: Path, number: signal.Signals, manner: Manner
) -> None:
    async with discord_double(manner) as double:
        process = await join(tmp_path, double)
        await until_ready(process)
        process.send_signal(number)
        said = await asyncio.wait_for(ended(process), 10)
    assert said.status == 0
    assert "Traceback" not in said.err
    assert "Unclosed" not in said.err
    assert not list((tmp_path / "state").glob("*-wal"))


@pytest.mark.postgres
@pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL is not set")
async def test_a_process_ends_with_its_sentence_when_another_one_updates_the_store(
    tmp_path: Path,
) -> None:
    steps = known_migrations()
    newer = Migration(len(steps) + 1, "newer", ("CREATE TABLE newer (id BIGINT NOT NULL)",))
    async with migrated_schema(postgres_url() or "") as place, discord_double("polite") as double:
        process = await join(tmp_path, double, DATABASE_URL=str(place.location))
        await until_ready(process)
        database = await place.open()
        await migrate(database, now=NOW, migrations=(*steps, newer))
        await database.close()
        said = await asyncio.wait_for(ended(process), 10)
    # One that systemd does not try again: deploy/alongside.service.
    assert said.status == os.EX_DATAERR
    assert f"at schema version {len(steps) + 1}" in said.sentence


# The care of the store


async def test_backup_restore_and_rekey_from_the_command_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert (await run(tmp_path, "migrate")).status == 0
    backed_up = await run(tmp_path, "backup")
    assert (backed_up.status, backed_up.err) == (0, "")
    (backup,) = (state / "backups").iterdir()
    assert backed_up.out.startswith(f"{backup}: ")
    assert (await run(tmp_path, "rekey")).status == 0
    refused = await run(tmp_path, "restore", str(backup))
    assert (refused.status, "--replace" in refused.sentence) == (73, True)
    # The backup was made with the key before this one.
    restored = await run(tmp_path, "restore", str(backup), "--replace")
    assert restored.status == 0, restored.err
    assert "Fell due before the restore and will not be sent: 0." in restored.out
    checked = await run(tmp_path, "check")
    assert checked.status == 0
    assert "journal: Kept since" in checked.out
    copied = await run(tmp_path, "journal", str(tmp_path / "copy.db"))
    assert (copied.status, (tmp_path / "copy.db").stat().st_mode & 0o077) == (0, 0)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("backup",), "The key does not fit the database"),
        (("restore", "nothing", "--replace"), "No such file"),
        (("rekey", "--new-key-file", "new.key"), "Put back the key file"),
    ],
)
async def test_a_wrong_key_or_a_missing_file_is_one_sentence(
    tmp_path: Path, command: tuple[str, ...], sentence: str
) -> None:
    await store(tmp_path)
    said = await run(tmp_path, *command, DATABASE_KEY="00" * 32)
    assert said.status != 0
    assert sentence in said.sentence


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-22", "2026-11-22T03:00"])
async def test_a_moment_without_a_zone_is_refused(tmp_path: Path, moment: str) -> None:
    said = await run(tmp_path, "replay", moment)
    assert said.status == 2
    assert "a moment is written 2026-11-22T03:00Z" in said.err
