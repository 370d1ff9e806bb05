"""A disk that forgets, at a power cut, whatever it was not told to sync.

`disk.c` writes down each change that a process makes to the files under one folder. `Disk` reads
that log and works out what could be on the disk if the power went at its end. POSIX promises one
thing only: what a file, or a folder's list of names, held when an fsync of it began is there once
that fsync has returned. Of all else anything may be left: nothing, all up to some moment, or any
choice of sectors in any order, of 512 or 4,096 bytes, some new at one end and old at the other; a
size without its content; a rename but not the creation before it, in a folder that was not synced.
A sector is written from one end to the other and harms no byte beside it, as SQLite takes for
granted (sqlite.org/atomiccommit.html, sqlite.org/psow.html).

Not followed: rights and times, and the file of shared memory beside a SQLite file, which is gone
after a power cut. What is written through a memory map or a kernel's copy would be missed, so
`holds` compares the folder with the log.
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

SOURCE: Final = Path(__file__).with_name("disk.c")
SECTORS: Final = (512, 4096)
TORN: Final = 0.1
"""How often a sector that was on its way is new at one end and old at the other."""

_NOTE: Final = struct.Struct("=IIQQ")
_SHARED_MEMORY: Final = "-shm"


class NoLayer(Exception):  # noqa: N818 - says what is missing
    """This machine cannot put the layer under a process; `str()` says why."""


def compiled(folder: Path) -> Path:
    """Compile the layer into a folder. Raises `NoLayer`."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not Path("/proc/self/fd").exists():
        raise NoLayer("The layer under the store needs Linux: it reads /proc/self/fd.")
    if compiler is None:
        raise NoLayer("There is no C compiler (gcc or cc) to make the layer under the store with.")
    library = folder / "disk.so"
    line = [compiler, "-shared", "-fPIC", "-O2", "-pthread", "-o", library, SOURCE]
    made = subprocess.run(line, capture_output=True, check=False)  # noqa: S603 - our own source
    if made.returncode:
        raise NoLayer(f"The C compiler could not make the layer:\n{made.stderr.decode()}")
    return library


def watch(root: Path, log: int, cut: int, sync_microseconds: int) -> None:
    """Follow, from now on, what this process does under a folder; 0 is no cut.

    The process was started with the layer in `LD_PRELOAD`. After `cut` steps, each of them in the
    file that `log` is the descriptor of, it is killed.
    """
    begin = ctypes.CDLL(None).disk_begin
    begin.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_int64, ctypes.c_uint)
    begin(os.fsencode(root), log, cut, sync_microseconds)


class Change(NamedTuple):
    """A write, or a new size, which no sync vouches for yet."""

    number: int
    at: int
    """Where it was written, or the new size."""
    data: bytes | None
    """None for a new size."""


class Naming(NamedTuple):
    """What happened to the names in a folder in one step; None for a name that was taken away."""

    number: int
    names: dict[str, File | Folder | None]


@dataclass(slots=True)
class File:
    """What is certain of a file, and what is not."""

    kept: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list[Change])

    def sync(self, covered: int) -> None:
        """Make sure of all that was done before a step."""
        for change in self.pending:
            if change.number < covered:
                _write(self.kept, change, Everything())
        self.pending = [change for change in self.pending if change.number >= covered]

    def left(self, fate: Fate) -> bytes:
        """What is in it after the cut."""
        content = bytearray(self.kept)
        for change in self.pending:
            _write(content, change, fate)
        return bytes(content)


@dataclass(slots=True)
class Folder:
    """What is certain of a folder's names, and what is not."""

    kept: dict[str, File | Folder] = field(default_factory=dict[str, "File | Folder"])
    pending: list[Naming] = field(default_factory=list[Naming])

    def sync(self, covered: int) -> None:
        """Make sure of all that was done before a step."""
        for step in self.pending:
            if step.number < covered:
                _name(self.kept, step)
        self.pending = [step for step in self.pending if step.number >= covered]


class Fate(Protocol):
    """Decides what is left of that which no sync vouches for."""

    def whole(self, number: int) -> bool:
        """Whether a step that cannot be torn is left: a new size, or names."""
        ...

    def pieces(self, change: Change) -> Iterator[tuple[int, bytes]]:
        """What is left of a write; an empty piece makes the file that long."""
        ...


class Everything:
    """All of it is left, as if nothing had happened."""

    def whole(self, number: int) -> bool:
        return True

    def pieces(self, change: Change) -> Iterator[tuple[int, bytes]]:
        yield change.at, change.data or b""


class Nothing:
    """None of it is left."""

    def whole(self, number: int) -> bool:
        return False

    def pieces(self, change: Change) -> Iterator[tuple[int, bytes]]:
        return iter(())


class InOrder:
    """All before some step is left, of that step the first sectors, and nothing after it."""

    def __init__(self, rng: random.Random, steps: int) -> None:
        self._until = rng.randint(0, steps)
        self._sector = rng.choice(SECTORS)
        self._rng = rng

    def whole(self, number: int) -> bool:
        return number < self._until

    def pieces(self, change: Change) -> Iterator[tuple[int, bytes]]:
        if change.number > self._until:
            return
        parts = list(_sectors(change, self._sector))
        if change.number == self._until:
            parts = parts[: self._rng.randint(0, len(parts))]
        yield from parts


class AnyOrder:
    """Any choice of it is left, sector by sector; some sectors are torn."""

    def __init__(self, rng: random.Random) -> None:
        self._likely = rng.random()
        self._sector = rng.choice(SECTORS)
        self._rng = rng

    def whole(self, number: int) -> bool:
        return self._rng.random() < self._likely

    def pieces(self, change: Change) -> Iterator[tuple[int, bytes]]:
        if self.whole(change.number):
            yield change.at + len(change.data or b""), b""
        for start, data in _sectors(change, self._sector):
            if self._rng.random() < self._likely:
                if self._rng.random() >= TORN:
                    yield start, data
                    continue
                tear = self._rng.randint(0, len(data))
                if self._rng.random() < 0.5:
                    yield start, data[:tear]
                else:
                    yield start + tear, data[tear:]


def _sectors(change: Change, size: int) -> Iterator[tuple[int, bytes]]:
    data = change.data or b""
    start = 0
    while start < len(data):
        end = min(len(data), size - (change.at + start) % size + start)
        yield change.at + start, data[start:end]
        start = end


class Disk:
    """What a folder was, all of it certain, and what a log says has been done to it since."""

    def __init__(self, root: Path) -> None:
        self._root = Folder()
        self._folders = {root: self._root}
        self._things: dict[int, File | Folder] = {root.stat().st_ino: self._root}
        self.steps = 0
        for path in sorted(root.rglob("*")):
            if path.is_dir():
                thing = self._folders[path] = Folder()
            else:
                thing = File(bytearray(path.read_bytes()))
            self._things[path.stat().st_ino] = thing
            self._folders[path.parent].kept[path.name] = thing

    def replay(self, log: bytes) -> None:
        """Do what the log says; one that ends in the middle of a note ends before it."""
        at = 0
        while at + _NOTE.size <= len(log):
            what, length, inode, number = _NOTE.unpack_from(log, at)
            at += _NOTE.size + length
            if at > len(log):
                return
            self._step(chr(what), inode, number, log[at - length : at])
            self.steps += 1

    def _step(self, what: str, inode: int, number: int, data: bytes) -> None:
        match what:
            case "w":
                self._file(inode).pending.append(Change(self.steps, number, data))
            case "t":
                self._file(inode).pending.append(Change(self.steps, number, None))
            case "s":
                self._things[inode].sync(number)
            case "c" | "l" | "m":
                path = Path(data.decode())
                # The system gives the number of a file that is gone to another one.
                if what == "c":
                    self._things[inode] = File()
                elif what == "m":
                    self._things[inode] = self._folders[path] = Folder()
                self._names(path.parent, {path.name: self._things[inode]})
            case "u":
                path = Path(data.decode())
                self._folders.pop(path, None)
                self._names(path.parent, {path.name: None})
            case "r":
                old, new = (Path(name) for name in data.decode().split("\n"))
                if old in self._folders:
                    raise ValueError(f"a folder was renamed, which is not followed: {old}")
                if old.parent == new.parent:
                    self._names(old.parent, {old.name: None, new.name: self._file(inode)})
                else:
                    self._names(new.parent, {new.name: self._file(inode)})
                    self._names(old.parent, {old.name: None})
            case _:
                raise ValueError(f"a note of a kind that is not known: {what!r}")

    def _file(self, inode: int) -> File:
        thing = self._things[inode]
        assert isinstance(thing, File)
        return thing

    def _names(self, folder: Path, names: dict[str, File | Folder | None]) -> None:
        self._folders[folder].pending.append(Naming(self.steps, names))

    def left(self, fate: Fate) -> dict[Path, bytes | None]:
        """What is there after the cut, by its path under the root; None is a folder."""
        found: dict[Path, bytes | None] = {}

        def walk(folder: Folder, path: Path) -> None:
            names = dict(folder.kept)
            for step in folder.pending:
                if fate.whole(step.number):
                    _name(names, step)
            for name, thing in names.items():
                if isinstance(thing, Folder):
                    found[path / name] = None
                    walk(thing, path / name)
                elif not name.endswith(_SHARED_MEMORY):
                    found[path / name] = thing.left(fate)

        walk(self._root, Path())
        return found

    def holds(self, root: Path) -> bool:
        """Whether the log explains all that the process has left in the folder."""
        there = {
            path.relative_to(root): None if path.is_dir() else path.read_bytes()
            for path in root.rglob("*")
            if not path.name.endswith(_SHARED_MEMORY)
        }
        return there == self.left(Everything())


def put(left: dict[Path, bytes | None], root: Path) -> None:
    """Write what is left after a cut into a new folder, for its owner only, as it was."""
    root.mkdir(mode=0o700)
    for path, content in left.items():
        if content is None:
            (root / path).mkdir(mode=0o700)
        else:
            (root / path).touch(0o600)
            (root / path).write_bytes(content)


def _name(names: dict[str, File | Folder], step: Naming) -> None:
    for name, thing in step.names.items():
        if thing is None:
            names.pop(name, None)
        else:
            names[name] = thing


def _write(content: bytearray, change: Change, fate: Fate) -> None:
    if change.data is None:
        if fate.whole(change.number):
            del content[change.at :]
            content.extend(bytes(change.at - len(content)))
        return
    for start, piece in fate.pieces(change):
        content.extend(bytes(max(start - len(content), 0)))
        content[start : start + len(piece)] = piece
