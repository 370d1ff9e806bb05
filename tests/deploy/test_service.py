"""The unit for systemd is taken by systemd's own tool, and is as closed as the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import VARIABLES
from tests.rules import ROOT

UNIT = ROOT / "deploy" / "alongside.service"
LINES = [line for line in UNIT.read_text("utf-8").splitlines() if "=" in line and line[0] != "#"]
EXPOSURE = 1.1
"""Of 10, as `systemd-analyze security` of systemd 252 says it; the page for hosts repeats it."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analyze(*arguments: str | Path) -> tuple[int, str]:
    """Run it; gives its status, and all that it said."""
    ran = subprocess.run(  # noqa: S603
        ["systemd-analyze", "--no-pager", *map(str, arguments)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    # That the program is installed is the only thing it could not find here.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/alongside/bin/alongside", sys.executable))
    assert analyze("verify", unit) == (0, "")
    unit.write_text(unit.read_text("utf-8").replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"))
    assert "NoNewPrivilege" in analyze("verify", unit)[1]


@needs_systemd
def test_it_is_as_closed_as_the_page_says() -> None:
    _, said = analyze("security", "--offline=true", UNIT)
    found = re.search(r"Overall exposure level for alongside\.service: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) <= EXPOSURE
    assert f"{EXPOSURE} of 10" in (ROOT / "docs" / "hosting.md").read_text("utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "Restart=always",
        "RestartSec=2",
        "CapabilityBoundingSet=",
        "StateDirectoryMode=0700",
    ],
)
def test_what_must_hold_is_said(line: str) -> None:
    assert line in LINES


def test_what_no_new_try_mends_is_not_tried_again() -> None:
    [stops] = [line for line in LINES if line.startswith("RestartPreventExitStatus=")]
    assert {int(status) for status in stops.partition("=")[2].split()} == {
        *(os.EX_USAGE, os.EX_DATAERR, os.EX_NOPERM, os.EX_CONFIG)
    }


def test_token_and_key_are_credentials_and_its_settings_are_known() -> None:
    given = [line.partition("=")[2] for line in LINES if line.startswith("Environment=")]
    settings = dict(one.split("=", 1) for one in given)
    assert set(settings) <= {variable.name for variable in VARIABLES}
    secret = {variable.name for variable in VARIABLES if variable.secret}
    assert not secret & set(settings)
    credentials = [line.partition("=")[2] for line in LINES if line.startswith("LoadCredential=")]
    assert settings["DISCORD_TOKEN_FILE"] == f"%d/{credentials[0].split(':')[0]}"
    assert credentials[1].split(":")[0] == "database.key"


def test_a_command_of_the_bot_is_given_what_the_service_is_given() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8").replace("\\\n", "")
    [command] = [line.split() for line in page.splitlines() if line.startswith("    systemd-run ")]
    shown = {one.removeprefix("--property=") for one in command if one.startswith("--property=")}
    assert {line for line in LINES if line.startswith("EnvironmentFile=")} < shown
    # It connects to nothing, so it is not shown the token.
    assert shown < set(LINES)
    assert not any("discord.token" in one for one in shown)
    assert f"--uid={dict(line.split('=', 1) for line in LINES)['User']}" in command
    assert "--setenv=STATE_DIR=/var/lib/alongside" in command
