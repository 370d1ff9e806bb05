"""Reads the container file, and follows it step by step where no engine can run.

The steps are carried out in a copy of this machine's own system, of which only the changes are kept
(an overlay), with this machine's Python in the place of the base image's. What the image is then
told to do runs there on its own account, and nothing but its volume can be written.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.rules import ROOT

STATE = "/var/lib/alongside"

_BASE = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
_INSTALLING = ("PIP_", "SSL_", "REQUESTS_", "HTTP", "http", "NO_PROXY", "no_proxy")
"""What a host's package installer may be told by its environment."""

_PREPARE = """
set -eu
place=$1
mount -t tmpfs none "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
mount --rbind /dev "$place/root/dev"
mount -t proc proc "$place/root/proc"
mount -t tmpfs none "$place/root/run"
mount -t tmpfs none "$place/root/tmp"
echo ready
exec sleep 3600
"""


@dataclass(slots=True)
class Image:
    """What the container file says, read line by line."""

    steps: list[tuple[str, str]]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    user: str = "0:0"

    @classmethod
    def read(cls, path: Path) -> Image:
        """Read a container file; an instruction that is not known here is an error."""
        lines = [line for line in path.read_text("utf-8").splitlines() if line[:1] != "#"]
        joined = "\n".join(lines).replace("\\\n", " ")
        parted = [line.strip().partition(" ") for line in joined.splitlines()]
        image = cls([(word, rest.strip()) for word, _, rest in parted if word])
        for word, rest in image.steps:
            if word == "ENV":
                image.environment |= dict(one.split("=", 1) for one in shlex.split(rest))
            elif word == "USER":
                image.user = rest
            elif word not in {"FROM", "COPY", "RUN", "WORKDIR", "VOLUME"} | {
                *("HEALTHCHECK", "ENTRYPOINT", "CMD")
            }:
                raise ValueError(f"{word} is not known here")
        return image

    @property
    def copied(self) -> list[tuple[str, str]]:
        """What is copied from the checkout, and where to."""
        pairs = [shlex.split(rest) for word, rest in self.steps if word == "COPY"]
        return [(pair[0], pair[1]) for pair in pairs if not pair[0].startswith("--")]

    def command(self, word: str) -> list[str]:
        """The command of an instruction that is written as a list."""
        said = [rest for each, rest in self.steps if each == word][-1]
        return json.loads(said[said.index("[") :])


IMAGE = Image.read(ROOT / "deploy" / "Dockerfile")

Ran = subprocess.CompletedProcess[str]


@dataclass(slots=True)
class Built:
    """The image, as it came out."""

    process: int
    root: str

    def use(self, *command: str, **settings: str) -> Ran:
        """Run a command as the image would, on its account."""
        given = {**IMAGE.environment, "HOME": STATE, **settings}
        return self.do(*command, user=IMAGE.user, environment=given)

    def do(
        self, *command: str, user: str = "0:0", environment: dict[str, str] | None = None
    ) -> Ran:
        """Run a command in it, as root if nothing else is said."""
        given = [f"{name}={value}" for name, value in (environment or _BASE).items()]
        return self.beside("chroot", f"--userspec={user}", self.root, "env", "-i", *given, *command)

    def beside(self, *command: str) -> Ran:
        """Run a command of this machine's where the image's files can be seen."""
        enter = ["nsenter", f"--target={self.process}", "--mount", "--", *command]
        return subprocess.run(enter, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603

    def must(self, ran: Ran) -> None:
        """Fail with all that was said when a step did not go well."""
        if ran.returncode != 0:
            raise AssertionError(f"{ran.args}\n{ran.stdout}\n{ran.stderr}")


class NoOverlay(Exception):  # noqa: N818 - said to whoever reads why a test was skipped
    """This machine lets nobody put one file system over another."""


@contextmanager
def built(place: Path, python: str) -> Generator[Built]:
    """Carry out the steps in `place`, with a Python that any account may run.

    Raises NoOverlay with what the system says, in a container without privileges for example.
    """
    script = ["unshare", "--mount", "--propagation=private", "sh", "-c", _PREPARE, "sh", str(place)]
    with subprocess.Popen(  # noqa: S603
        script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            if process.stdout.readline() != "ready\n":
                raise NoOverlay(process.stderr.read().strip())
            made = Built(process.pid, f"{place}/root")
            _carry_out(made, python)
            yield made
        finally:
            process.kill()


def _carry_out(made: Built, python: str) -> None:
    made.must(made.do("ln", "-sf", python, "/usr/local/bin/python"))
    inherited = {name: one for name, one in os.environ.items() if name.startswith(_INSTALLING)}
    for word, rest in IMAGE.steps:
        if word == "RUN":
            made.must(made.do("sh", "-c", rest, environment={**inherited, **_BASE}))
        elif word == "COPY" and not rest.startswith("--"):
            source, target = shlex.split(rest)
            made.must(made.beside("sh", "-c", _copy(source, f"{made.root}{target}")))
    # From here on as with `read_only`: nothing can be written but the volume.
    volume = f"{made.root}{STATE}"
    made.must(made.beside("mount", "--bind", volume, volume))
    made.must(made.beside("mount", "-o", "remount,bind,ro", made.root))


def _copy(source: str, target: str) -> str:
    """Say how what `.dockerignore` lets through is copied."""
    at, into = shlex.quote(str(ROOT)), shlex.quote(target)
    if not (ROOT / source).is_dir():
        return f"mkdir -p $(dirname {into}) && cp {at}/{source} {into}"
    return (
        f"mkdir -p {into} && tar -C {at}/{source} --exclude=./state --exclude=__pycache__ -c . "
        f"| tar -x --no-same-owner -C {into}"
    )
