"""The page for developers is right: the feature that it builds in eight steps is a good one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.migrations import known_migrations
from tests.rules import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "developers.md").read_text(encoding="utf-8")
NEXT = f"{known_migrations()[-1].version + 1:04}"
PARTS = re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
COPIED = ("bot", "cogs", "data", "docs", "tests", "benchmarks", "requirements")


def run(folder: Path, *command: str) -> None:
    said = subprocess.run(  # noqa: S603
        (sys.executable, "-m", *command),
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A copy of the project with the feature in it, written from the page."""
    unneeded = shutil.ignore_patterns("__pycache__", "state", "pictures", "*.png")
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unneeded)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for name, text in PARTS:
        target = tmp_path / name.replace("NEXT", NEXT)
        if target.name == "en.yaml":
            # A person writes it anew in each language; the test only needs it said in each.
            for locale in sorted(target.parent.glob("*.yaml")):
                own = re.sub(r"^(commands\.\S+): .*$", rf"\g<0> {locale.stem}", text, flags=re.M)
                said = text if locale == target else _as_if_translated(own, locale.stem)
                locale.write_text(f"{locale.read_text('utf-8')}\n{said}", encoding="utf-8")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (tmp_path / "tests" / "cogs" / "welcome" / "__init__.py").touch()
    return tmp_path


def _as_if_translated(text: str, locale: str) -> str:
    name = re.sub(r"\W", "", locale).lower()
    return re.sub(r"^(commands\.\S+\.name): (\w+) .*$", rf"\1: \2-{name}", text, flags=re.M)


def test_the_eight_steps_of_the_page_build_a_feature_that_passes_the_tests(built: Path) -> None:
    assert len(re.findall(r"^### \d\. ", PAGE, re.M)) == 8
    assert len(PARTS) == 10
    run(built, "docs.schema")
    run(built, "docs.reference")
    run(built, "ruff", "check", "cogs/welcome", "tests/cogs/welcome")
    run(built, "ruff", "format", "--check", "cogs/welcome", "tests/cogs/welcome")
    run(built, "pytest", "-q", "-x", "tests/cogs/welcome", "tests/test_codebase.py")
