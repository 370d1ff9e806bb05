"""What the bot stands on: licences, a bill of materials, and nothing secret among it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.licences import PAGE, licensed, locked, page
from requirements.audit import LOCK, advised, advisories, main, secrets_in
from tests.rules import ROOT


def run(folder: Path, *command: str | Path, **environment: str) -> None:
    said = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_locked_package_has_a_licence_that_is_allowed() -> None:
    assert [one for one in licensed() if not one.is_allowed] == []
    assert page() == PAGE.read_text(encoding="utf-8"), "run python -m docs.licences"


def test_the_lock_files_name_no_host_and_hash_every_package() -> None:
    for lock in ("run", "build", "play", "dev", "audit"):
        text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
        assert "://" not in text
        for block in text.replace("\\\n", "").splitlines():
            assert "--hash=sha256:" in block


def pins(lock: str) -> set[str]:
    """What a lock file names, each with its version."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^[\w.-]+==[^\s;]+", text, re.M))


@pytest.mark.parametrize("lock", ["run", "play", "build"])
def test_what_is_installed_elsewhere_is_what_is_tested_and_audited_here(lock: str) -> None:
    assert pins(lock)
    assert pins(lock) - pins(LOCK.stem) == set()


def test_what_builds_the_bot_is_locked() -> None:
    assert "hatchling" in locked("build")


def test_every_installation_that_is_shown_or_made_takes_nothing_but_what_is_locked() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    pages += [ROOT / "deploy" / "Dockerfile", ROOT / "Makefile"]
    shown = [
        line.strip()
        for page in pages
        for line in page.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
        if re.search(r"(\bpip|\$\(PIP\)) install ", line) and "`pip install .`" not in line
    ]
    assert len(shown) >= 6
    for line in shown:
        if not line.endswith(" ."):
            # Without the second, pip builds what has no wheel, with tools that no lock file names.
            assert "--require-hashes --only-binary :all: " in line, line
            assert re.search(r"(-r|--requirement) (\S+\.lock|\$<)", line), line
        else:
            assert {"--no-deps", "--no-build-isolation"} <= set(line.split()), line


@pytest.mark.slow
def test_two_builds_of_the_same_sources_give_the_same_wheel(tmp_path: Path) -> None:
    made: list[bytes] = []
    for name, mask in (("first", 0o022), ("second", 0o077)):
        sources = tmp_path / name / "sources"
        for folder in ("bot", "cogs", "data"):
            shutil.copytree(
                ROOT / folder,
                sources / folder,
                copy_function=shutil.copyfile,
                ignore=shutil.ignore_patterns("__pycache__", "state"),
            )
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / file, sources / file)
        before = os.umask(mask)
        try:
            build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist")
            run(sources, *build, TZ="Pacific/Kiritimati" if name == "second" else "UTC")
        finally:
            os.umask(before)
        (wheel,) = (sources / "dist").glob("*.whl")
        made.append(wheel.read_bytes())
    assert made[0] == made[1]


@pytest.mark.slow
def test_the_bill_of_materials_lists_what_a_host_installs_with_its_hashes(tmp_path: Path) -> None:
    run(ROOT, "make", "--no-print-directory", "materials", f"DIST={tmp_path}")
    bill = json.loads((tmp_path / "alongside.cdx.json").read_text(encoding="utf-8"))
    listed = {one["name"]: one for one in bill["components"]}
    assert set(listed) == set(locked("run"))
    assert all(one["externalReferences"][0]["hashes"] for one in listed.values())


def test_a_secret_that_was_committed_is_found_and_a_pretended_one_is_not(tmp_path: Path) -> None:
    token = ".".join(("MTE" + "z" * 21, "Gx" + "y" * 4, "w" * 38))
    pretended = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz_-0123456789"
    (tmp_path / "settings.py").write_text(f'TOKEN = "{token}"\n')
    (tmp_path / "example.py").write_text(f'TOKEN = "{pretended}"\n')
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, "git", "add", ".")
    found = secrets_in(tmp_path)
    assert [line.partition(": ")[0] for line in found] == ["settings.py:1"]


def offline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was fetched before, and where packages come from, nobody answers."""
    monkeypatch.setenv("UV_CACHE_DIR", str(folder))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("UV_CONFIG_FILE", "UV_FIND_LINKS", "UV_INDEX", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def test_a_list_of_holes_that_is_out_of_reach_is_said_and_is_no_hole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline(tmp_path, monkeypatch)
    said = advisories(LOCK)
    assert (said.holes, said.unknown, said.packages) == ((), ("all packages",), 1)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="nothing says what is committed")
def test_nothing_committed_looks_like_a_secret_and_the_audit_needs_no_network_to_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offline(tmp_path, monkeypatch)
    status = main()
    assert capsys.readouterr().out.splitlines() == [
        "0 of 1 packages looked up.",
        "Nothing is known today about: all packages.",
        "0 known holes, 0 secrets.",
    ]
    assert status == 0


def test_a_mistake_of_ours_is_not_taken_for_a_list_that_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "audit.lock").write_text("what is no lock file ==\n")
    with pytest.raises(SystemExit, match=r"audit\.lock"):
        advisories(tmp_path / "dev.lock")


def test_a_known_hole_is_told_apart_from_what_could_not_be_looked_up() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"], "aliases": [], "description": ""}
    said = advised(
        {
            "dependencies": [
                {"name": "safe", "version": "1.0", "vulns": []},
                {"name": "holed", "version": "2.0", "vulns": [hole]},
                {"name": "unheard", "skip_reason": "Dependency not found"},
            ],
            "fixes": [],
        }
    )
    assert said.holes == ("holed 2.0: PYSEC-2026-1, mended in 2.1",)
    assert said.unknown == ("unheard",)
    assert said.packages == 3
