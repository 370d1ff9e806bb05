"""Every command of the bot that the documents show is carried out, as they show it."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.config import Config
from bot.database import Database
from bot.migrations import migrate
from tests.rules import ROOT
from tests.stores import NOW

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
SHOWN = re.compile(r"(?:^ {4}(?:[\d*/ ]+ {2})?|`)alongside (?P<said>[^`#\n]+)", re.M)

NOT_HERE = {
    "run": "stays until it is stopped: tests/bot/test_main.py",
    "play": "stays until it is stopped: tests/browser",
    "move": "is about PostgreSQL, and tested with one",
    "replay": "is about PostgreSQL, and tested with one",
}

NAMED_ONLY = (["export-server"], ["import-server"])
"""What a sentence speaks of without its arguments."""

ORDER = ("migrate", "check", "backup", "journal", "export-server", "import-server", "restore")
"""What must be there before something else can be done; whatever is not named comes after."""


def shown() -> list[list[str]]:
    """The commands, each once, in an order in which they can be carried out."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    said = {tuple(found["said"].split()) for text in texts for found in SHOWN.finditer(text)}
    rank = {name: place for place, name in enumerate(ORDER)}
    ranked = sorted(said, key=lambda one: (rank.get(one[0], len(rank)), one))
    return [list(one) for one in ranked if one[0] not in NOT_HERE]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed yet but a store with one community in it."""
    for name in set(os.environ) & {"DISCORD_TOKEN", "DATABASE_URL"}:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("STATUS_ADDRESS", "1")  # where nothing can listen without being root
    for folder in ("usb", "backup", "new"):
        (tmp_path / folder).mkdir()
    assert main(["migrate"]) == 0
    asyncio.run(_settle_in(tmp_path / "state"))
    return tmp_path


async def _settle_in(state: Path) -> None:
    config = Config(state)
    database = await Database.open(config.database_path, key=_read(config.key_path))
    await migrate(database, now=NOW)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO settings_values (server_id, key, value) VALUES ($1, $2, $3)",
            112233445566778899,
            "server.language",
            '"es"',
        )
    await database.close()


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip()


def on_this(host: Path, command: list[str]) -> list[str]:
    """Put what there is here in the place of what the page only names."""
    newest = max((host / "state" / "backups").glob("*.backup"), default=None)
    named = {
        "/mnt/usb": str(host / "usb"),
        "/mnt/backup": str(host / "backup"),
        "/mnt/backup/journal.db": str(host / "backup" / "journal.db"),
        "DIR": str(host / "texts"),
        "FILE": str(newest),
        "STATE_DIR/backups/alongside-MOMENT.backup": str(newest),
    }
    return [named.get(word, word) for word in command]


def another_machine(host: Path) -> Path:
    """A machine without a store, that has the key and the journal."""
    folder = host / "new"
    for file in folder.iterdir():
        file.unlink()
    for name in ("database.key", "journal.db"):
        (folder / name).touch(0o600)
        (folder / name).write_bytes((host / "state" / name).read_bytes())
    return folder


def test_every_command_that_the_documents_show_does_what_it_is_shown_for(
    host: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = [one for one in shown() if one not in NAMED_ONLY]
    assert len(commands) > 12
    for command in commands:
        state = host / "state"
        if command[0] == "import-server" or command == ["restore", "FILE"]:
            state = another_machine(host)
        elif command[0] == "backup":
            # Two in one second would have one name.
            for taken in (host / "state" / "backups").glob("*.backup"):
                taken.rename(taken.with_name(f"alongside-20260101T00000{len(command)}Z.backup"))
        monkeypatch.setenv("STATE_DIR", str(state))
        ended = main(on_this(host, command))
        said = capsys.readouterr()
        # Nothing runs here that could be asked how it is.
        expected = os.EX_UNAVAILABLE if command == ["status"] else 0
        assert ended == expected, f"alongside {' '.join(command)}\n{said.out}{said.err}"
