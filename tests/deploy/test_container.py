"""The container file is read by a linter, its steps are carried out, and what they make runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import __version__
from bot.config import VARIABLES
from cogs.faq.meanings_service import VOCABULARY
from cogs.faq.search.encoder import NAME
from cogs.insights.picture.page import Bar, Chart, Page
from tests.deploy.image import IMAGE, STATE, Built, NoOverlay, built
from tests.rules import ROOT

FOLDER = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
HADOLINT = Path(sys.executable).with_name("hadolint")
PYTHON = "/opt/alongside/bin/python"
PROGRAM = {"PYTHONPATH": "/opt/alongside/program"}
MOST_MEGABYTES = 300
"""Of /opt/alongside, without the base image; the page for hosts says it."""

STARTED = """
import importlib, pathlib, sys
import bot.__main__, bot.opening, bot.outside.page
from bot.client import feature_names
for name in feature_names():
    importlib.import_module(f"cogs.{name}.cog")
importlib.import_module("cogs.faq.meanings_service").load()
ours = [one for one in sys.modules.values() if "/opt/" in (getattr(one, "__file__", "") or "")]
files = [pathlib.Path(one.__cached__) for one in ours if one.__file__.endswith(".py")]
print(len(files), [file.name for file in files if not file.exists()])
"""
"""What a start imports, and whose compiled file is not there."""

DRAWN = """
import sys
from cogs.insights.picture.drawing import draw
from cogs.insights.picture.page import Page
print(draw(Page.from_json(sys.argv[1]))[1:4].decode())
"""


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not made for this machine")
def test_the_linter_finds_nothing_in_the_container_file() -> None:
    said = subprocess.run(  # noqa: S603
        [HADOLINT, "--no-color", FOLDER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is missing")
def test_compose_takes_its_file() -> None:
    said = subprocess.run(  # noqa: S603
        ["docker-compose", "--file", FOLDER / "compose.yaml", "config"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    [service] = yaml.safe_load(said.stdout)["services"].values()
    assert service["read_only"] is True


def test_compose_gives_the_container_nothing_that_it_does_not_need() -> None:
    [service] = COMPOSE["services"].values()
    assert service["user"] == IMAGE.user != "0:0"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == [f"state:{STATE}"]
    assert not {"privileged", "ports", "devices", "cap_add", "network_mode"} & set(service)
    assert set(service["environment"]) <= {variable.name for variable in VARIABLES}


def test_the_page_gives_the_token_to_the_account_in_the_container_before_it_starts() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    steps = page[page.index("    cd deploy\n") :]
    account = IMAGE.user.split(":")[0]
    token = Path(COMPOSE["secrets"]["discord-token"]["file"]).name
    assert 0 < steps.index(f"    chown {account} {token} ") < steps.index("docker compose up")


def test_the_image_is_sent_no_state_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and line[0] != "#"]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule[0] == "!"} == {one for one, _ in IMAGE.copied}
    assert "data/state" in rules


def test_what_is_installed_understands_questions() -> None:
    """The extra that `make run` brings is in the lock file of the image, and the words it needs."""
    locked = (ROOT / "requirements" / "run.lock").read_text("utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for package in extras["optional-dependencies"]["semantic"]:
        assert f"\n{package} " in f"\n{locked}"
    assert ("data", "/opt/alongside/program/data") in IMAGE.copied
    assert VOCABULARY.is_relative_to(ROOT / "data")


# Carried out


def _python() -> str | None:
    """A Python that any account may run, as the base image's is."""
    ask = "import ensurepip, sys; sys.exit(sys.version_info[:2] < (3, 11))"
    for each in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(each).exists() and not subprocess.run([each, "-c", ask], check=False).returncode:  # noqa: S603
            return each
    return None


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """What the container file makes."""
    if os.environ.get("TEST_IMAGE") != "1":
        pytest.skip("TEST_IMAGE=1 carries out the image's steps; that needs the network")
    python = _python()
    if sys.platform != "linux" or os.geteuid() != 0 or python is None:
        pytest.skip("an overlay of this system needs Linux, root and a Python for all accounts")
    with ExitStack() as opened:
        try:
            made = opened.enter_context(built(tmp_path_factory.mktemp("image"), python))
        except NoOverlay as error:
            pytest.skip(f"an overlay of this system needs privileges: {error}")
        yield made


@pytest.mark.slow
def test_the_image_knows_its_version_and_finds_nothing_in_the_way(image: Built) -> None:
    [entry] = IMAGE.command("ENTRYPOINT")
    said = image.use(entry, "--version")
    assert (said.returncode, said.stdout) == (0, f"alongside {__version__}\n"), said.stderr
    checked = image.use(entry, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.endswith("Nothing is in the way.\n")


@pytest.mark.slow
def test_it_runs_on_its_own_account_and_writes_nothing_but_its_volume(image: Built) -> None:
    assert image.use("id", "-u").stdout == f"{IMAGE.user.split(':')[0]}\n"
    migrated = image.use(*IMAGE.command("ENTRYPOINT"), "migrate")
    assert migrated.returncode == 0, migrated.stderr
    kept = set(image.use("ls", STATE).stdout.split())
    assert {"alongside.db", "database.key", "journal.db"} <= kept
    assert image.use("stat", "-c", "%a", STATE).stdout == "700\n"
    for place in ("/opt/alongside/x", "/etc/x", "/usr/local/x"):
        assert "Read-only file system" in image.do("touch", place).stderr


@pytest.mark.slow
def test_it_understands_questions(image: Built) -> None:
    load = "from cogs.faq.meanings_service import load; print(load().name)"
    said = image.use(PYTHON, "-c", load, **PROGRAM)
    assert (said.returncode, said.stdout) == (0, f"{NAME}\n"), said.stderr


@pytest.mark.slow
def test_it_draws_the_picture_of_insights(image: Built) -> None:
    page = Page("A title", ("Nov",), (Chart("A chart", (Bar("5", 5, 9),)),), ("A note.",))
    said = image.use(PYTHON, "-c", DRAWN, page.to_json(), MPLCONFIGDIR=f"{STATE}/x", **PROGRAM)
    assert (said.returncode, said.stdout) == (0, "PNG\n"), said.stderr


@pytest.mark.slow
def test_nothing_that_a_start_imports_is_left_to_be_compiled_then(image: Built) -> None:
    said = image.use(PYTHON, "-c", STARTED, **PROGRAM)
    count, _, missing = said.stdout.strip().partition(" ")
    assert (said.returncode, missing) == (0, "[]"), said.stderr
    assert int(count) > 500


@pytest.mark.slow
def test_its_health_check_says_ill_where_nobody_answers(image: Built) -> None:
    asked = image.use(*IMAGE.command("HEALTHCHECK"), STATUS_ADDRESS="127.0.0.1:1")
    assert asked.returncode != 0
    assert "No bot answers" in asked.stderr
    started = image.use(*IMAGE.command("ENTRYPOINT"), *IMAGE.command("CMD"))
    assert "There is no DISCORD_TOKEN" in started.stderr


@pytest.mark.slow
def test_it_carries_no_tests_no_tools_and_no_state(image: Built) -> None:
    program = image.do("find", "/opt/alongside/program", "-maxdepth", "2", "-printf", "%P\\n")
    found = program.stdout.split()
    assert {line.split("/")[0] for line in found} == {"bot", "cogs", "data"}
    assert "data/state" not in found
    assert image.use(PYTHON, "-m", "pip", "--version").returncode != 0
    installed = image.do("ls", "-R", "/opt/alongside/lib").stdout
    assert not re.search(r"^(pytest|simcord|hypothesis|pip|tests|f2py|\w+\.[ch])$", installed, re.M)
    megabytes = int(image.do("du", "-sm", "/opt/alongside").stdout.split()[0])
    assert 20 < megabytes < MOST_MEGABYTES
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    assert f"under {MOST_MEGABYTES} MB" in page
    assert "--entrypoint du alongside -sm /opt/alongside" in page
