"""The installed wheel works outside the checkout: its content is found, its state stays out."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot import __version__
from bot.texts import Texts
from tests.rules import ROOT

pytestmark = pytest.mark.slow


def run(folder: Path, *command: str | Path) -> str:
    """Run in a folder, with a home of its own and nothing of the checkout in sight."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    said = subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without the network."""
    folder = tmp_path_factory.mktemp("dist")
    run(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (made,) = folder.glob("alongside-*.whl")
    return made


def environment(folder: Path) -> list[str | Path]:
    """A fresh environment, to which this one lends what the bot depends on; gives its pip."""
    run(folder, sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    lent = Path(run(folder, python, "-c", where), "lent.pth")
    lent.write_text(run(folder, sys.executable, "-c", where))
    return [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("installed")
    run(folder, *environment(folder), "install", "--quiet", "--no-deps", "--no-index", wheel)
    return folder / "bin"


def test_it_carries_program_and_content_and_no_state_or_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"bot/__main__.py", "cogs/faq/cog.py", "bot/migrations/0001_ground.sql"}
    wanted |= {"data/text/en.yaml", "data/content/helplines.yaml", "data/content/faq/en.yaml"}
    assert wanted <= names
    assert {name.split("/")[0] for name in names} == {
        *("bot", "cogs", "data"),
        f"alongside-{__version__}.dist-info",
    }
    assert not [name for name in names if "state" in name or name.endswith((".db", ".key", ".pyc"))]


def test_what_the_pages_say_installs_the_checkout_and_fetches_nothing(tmp_path: Path) -> None:
    shown = "pip install --no-deps --no-build-isolation ."
    for page in ("README.md", "docs/hosting.md"):
        assert shown in (ROOT / page).read_text(encoding="utf-8")
    pip = environment(tmp_path)
    # Not in the checkout: the folder is the home of what runs there, too.
    run(tmp_path, *pip, *shown.split()[1:-1], ROOT, "--no-index", "--quiet")
    assert run(tmp_path, tmp_path / "bin" / "alongside", "--version") == f"alongside {__version__}"


def test_the_command_knows_its_version(installed: Path, tmp_path: Path) -> None:
    said = run(tmp_path, installed / "alongside", "--version")
    assert said == f"alongside {__version__}"


def test_the_check_finds_its_content_and_is_the_same_as_a_module(
    installed: Path, tmp_path: Path
) -> None:
    command = run(tmp_path, installed / "alongside", "check")
    module = run(tmp_path, installed / "python", "-m", "bot", "check")
    for said in (command, module):
        assert f"Languages: {', '.join(sorted(Texts.read()))}." in said
        assert str(tmp_path / ".local" / "share" / "alongside") in said
        assert str(ROOT) not in said


def test_the_installed_bot_makes_its_store_in_the_home_of_its_account(
    installed: Path, tmp_path: Path
) -> None:
    run(tmp_path, installed / "alongside", "migrate")
    state = tmp_path / ".local" / "share" / "alongside"
    made = {path.name for path in state.iterdir()}
    assert made == {"alongside.db", "database.key", "journal.db", "reread"}
