"""Looks for known holes in what is locked, and for secrets in what is committed.

`make audit` ends with an error when something is found. Packages that no advisory could be looked
up for, because the list is out of reach, are named and do not make it fail: a machine without the
network can still look for secrets.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.lock"
"""The set that contains all others."""

_AUDITOR = ("uv", "run", "--isolated", "--no-project", "--with-requirements")

_OUT_OF_REACH = ("ConnectionError", "Failed to fetch", "Max retries exceeded", "timed out")
"""What is said of a list that cannot be reached; anything else is a mistake of ours."""

_NO_SECRETS_IN = r"(^requirements/.*\.lock|^data/.*|\.png|\.svg)$"
# Each is a pretended one: in a test, or as an example of what an address looks like.
_PRETENDED = (
    r"^MTIzNDU2Nzg5MDEyMzQ1Njc4\.GhIjKl\.abcdefghijklmnopqrstuvwxyz",
    "^(password|quiet-word|hidden|a%2Fb)$",
    "^(5a|6b|7c)$",
    "^0123456789abcdef01234567$",
    "^(the kettle sang to nobody|They @everyone wrote .*)$",
)


@dataclass(frozen=True, slots=True)
class Advised:
    """What the advisories say: holes as sentences, and the packages nobody could look up."""

    holes: tuple[str, ...]
    unknown: tuple[str, ...]
    packages: int


def main() -> int:
    """Say what was found; gives the exit status."""
    advised = advisories(LOCK)
    print(f"{advised.packages - len(advised.unknown)} of {advised.packages} packages looked up.")
    if advised.unknown:
        print(f"Nothing is known today about: {', '.join(advised.unknown)}.")
    secrets = secrets_in(ROOT)
    print(f"{len(advised.holes)} known holes, {len(secrets)} secrets.")
    for line in (*advised.holes, *secrets):
        print(line)
    return 1 if advised.holes or secrets else 0


def advisories(lock: Path) -> Advised:
    """Look every package of a lock file up."""
    tools = str(lock.with_name("audit.lock"))
    command = ("pip-audit", "--disable-pip", "--require-hashes", "--format", "json")
    said = _run(lock.parent, *_AUDITOR, tools, *command, "--requirement", str(lock))
    if not said.stdout:
        if not any(sign in said.stderr for sign in _OUT_OF_REACH):
            raise SystemExit(said.stderr)
        # It stops at the first package when the list, or it itself, cannot be reached at all.
        return advised({"dependencies": [{"name": "all packages", "skip_reason": "no list"}]})
    return advised(json.loads(said.stdout))


def advised(report: dict[str, Any]) -> Advised:
    """Read what pip-audit reports as JSON."""
    packages: list[dict[str, Any]] = report["dependencies"]
    return Advised(
        tuple(
            f"{one['name']} {one['version']}: {hole['id']}, mended in "
            f"{', '.join(hole['fix_versions']) or 'no version yet'}"
            for one in packages
            for hole in one.get("vulns", ())
        ),
        tuple(one["name"] for one in packages if "skip_reason" in one),
        len(packages),
    )


def secrets_in(folder: Path) -> list[str]:
    """Look through what is committed there; gives a line for each that looks like a secret."""
    pretended = [word for one in _PRETENDED for word in ("--exclude-secrets", one)]
    scan = ("detect_secrets", "scan", "--exclude-files", _NO_SECRETS_IN, *pretended)
    said = _run(folder, *scan)
    if said.returncode:
        raise SystemExit(said.stderr)
    found: dict[str, list[dict[str, Any]]] = json.loads(said.stdout)["results"]
    return [
        f"{place}:{one['line_number']}: this looks like a secret ({one['type']})"
        for place, each in found.items()
        for one in each
    ]


def _run(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a tool of ours, with arguments of ours
        (sys.executable, "-m", module, *arguments),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
