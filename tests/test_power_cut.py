"""The disk that forgets what was not synced, and that the store loses nothing on it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import power_cut
from benchmarks.disk import (
    AnyOrder,
    Change,
    Disk,
    Everything,
    Fate,
    File,
    InOrder,
    NoLayer,
    Nothing,
    compiled,
)
from tests.rules import ROOT
from tests.test_benchmarks import documented

WRITES = """
import os, sys
from pathlib import Path
from benchmarks.disk import watch

root = Path(sys.argv[1])
watch(root, os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT), int(sys.argv[3]), 0)

def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)

(root / "synced").write_bytes(b"one")
sync(root / "synced")
(root / "unsynced").write_bytes(b"two")
(root / "inside").mkdir()
sync(root)
with (root / "synced").open("ab") as file:
    file.write(b" and more")
(root / "synced").replace(root / "renamed")
(root / "inside" / "unnamed").write_bytes(b"three")
sync(root / "inside" / "unnamed")
(root / "inside" / "gone").touch()
(root / "inside" / "gone").unlink()
"""

STORES = """
import json, sys
from pathlib import Path
from benchmarks import power_cut

folder = Path(sys.argv[1])
power_cut.remember_texts()
for way, cut in (
    ("writing", 900),
    ("first start", 0),
    ("aiosqlite_normal", 600),
    ("synchronous_off", 900),
):
    power_cut.prepare(folder, way)
    result = power_cut.run_one(folder, way, 1, cut)
    print(json.dumps([way, result.cut, result.acknowledged, result.findings]))
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return compiled(tmp_path_factory.mktemp("layer"))
    except NoLayer as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def ran(layer: Path, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(layer)},
        capture_output=True,
        check=False,
    )


def on_disk(layer: Path, folder: Path, cut: int = 0) -> Disk:
    root, log = folder / "root", folder / "log"
    root.mkdir()
    disk = Disk(root)
    ended = ran(layer, WRITES, root, log, str(cut))
    assert ended.returncode == (-9 if cut else 0), ended.stderr.decode()
    disk.replay(log.read_bytes())
    assert disk.holds(root)
    return disk


def test_what_was_not_synced_is_gone_after_a_cut(layer: Path, tmp_path: Path) -> None:
    disk = on_disk(layer, tmp_path)
    assert disk.left(Nothing()) == {
        Path("synced"): b"one",
        Path("unsynced"): b"",
        Path("inside"): None,
    }
    assert disk.left(Everything()) == {
        Path("renamed"): b"one and more",
        Path("unsynced"): b"two",
        Path("inside"): None,
        Path("inside/unnamed"): b"three",
    }


def test_a_cut_ends_the_process_at_its_step(layer: Path, tmp_path: Path) -> None:
    disk = on_disk(layer, tmp_path, 4)
    assert disk.steps == 4
    assert disk.left(Everything()) == {Path("synced"): b"one", Path("unsynced"): b""}
    assert disk.left(Nothing()) == {}


def test_what_passes_by_the_layer_is_noticed(layer: Path, tmp_path: Path) -> None:
    disk = on_disk(layer, tmp_path)
    (tmp_path / "root" / "unsynced").write_bytes(b"TWO")
    assert not disk.holds(tmp_path / "root")


def fates(seed: int) -> list[Fate]:
    rng = random.Random(seed)  # noqa: S311 - a game
    return [Nothing(), InOrder(rng, 3), AnyOrder(rng), Everything()]


@given(st.integers(), st.integers(0, 5000), st.binary(min_size=1, max_size=3000))
def test_a_write_that_was_not_synced_harms_no_byte_beside_it(
    seed: int, at: int, data: bytes
) -> None:
    before = bytes(range(256)) * 16
    for fate in fates(seed):
        file = File(bytearray(before))
        file.pending = [Change(0, at, data)]
        content = file.left(fate)
        assert content[: min(at, len(before))] == before[:at]
        assert content[at + len(data) :] == before[at + len(data) :]
        assert len(before) <= len(content) <= max(len(before), at + len(data))


@given(st.integers(), st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=900))))
def test_what_was_synced_is_left_whatever_happens(
    seed: int, writes: list[tuple[int, bytes]]
) -> None:
    file, expected = File(), bytearray()
    for number, (at, data) in enumerate(writes):
        file.pending.append(Change(number, at, data))
        expected.extend(bytes(max(at - len(expected), 0)))
        expected[at : at + len(data)] = data
    file.sync(len(writes))
    assert [file.left(fate) for fate in fates(seed)] == [bytes(expected)] * 4


def test_a_sync_vouches_for_nothing_that_came_after_it_began() -> None:
    file = File()
    file.pending = [Change(0, 0, b"before"), Change(1, 6, b"after")]
    file.sync(1)
    assert file.left(Nothing()) == b"before"


def test_the_store_keeps_on_it_what_others_lose(layer: Path, tmp_path: Path) -> None:
    ended = ran(layer, STORES, tmp_path)
    assert ended.returncode == 0, ended.stderr.decode()
    results = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [cut for _, cut, _, _ in results] == [True, False, True, True]
    assert all(acknowledged > 0 for _, _, acknowledged, _ in results)
    assert [findings for _, _, _, findings in results[:2]] == [[[]] * 4] * 2
    assert all(findings[0][0].startswith("lost: ") for _, _, _, findings in results[2:])


def test_a_run_is_lost_when_one_of_its_disks_is() -> None:
    fine = power_cut.Result("writing", 9, 5, True, ((), ()))
    bad = power_cut.Result("new key", 9, 2, True, ((), ("lost: one",)))
    found = power_cut.summary([fine, bad])
    assert set(found) == documented("power_cut")
    assert (found["runs"], found["disks"], found["acknowledged"]) == (2, 4, 7)
    assert (found["lost"], found["corrupt"]) == (1, 0)
    assert found["findings"] == ["new key: lost: one"]
    assert "new key: lost: one" in power_cut.table(found)


@pytest.mark.parametrize(("findings", "status"), [((), 0), (("corrupt: torn",), 1)])
def test_what_is_lost_or_corrupt_shows_in_the_exit_status(
    findings: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = power_cut.Result("writing", 9, 5, True, (findings,))

    def run(runs: int, workers: int, folder: Path) -> dict[str, Any]:
        return {**power_cut.summary([result]), "beside": {}, "scenes": {}}

    monkeypatch.setattr(power_cut, "run", run)
    monkeypatch.setattr(sys, "argv", ["power_cut"])
    assert power_cut.main() == status
