"""Every benchmark runs, and says what its README says that it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import handling, load, report
from benchmarks.__main__ import ROWS, run
from bot.texts import Texts, Words
from bot.views import Panel, helplines_button, row

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"


def documented(name: str) -> set[str]:
    """The keys that the README lists under a benchmark's heading."""
    sections = (BENCHMARKS / "README.md").read_text("utf-8").split("\n## ")
    section = next(text for text in sections if text.startswith(f"`{name}`"))
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {row.split("`")[1] for row in rows}


@pytest.mark.slow
def test_a_quick_run_of_all_gives_the_documented_figures() -> None:
    line = [sys.executable, "-m", "benchmarks", "--quick", "--json"]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own
    found = json.loads(ran.stdout)
    assert set(found) == set(ROWS)
    for name in ("handling", "load", "start", "shutdown", "memory", "dispatch", "recurrence"):
        assert set(found[name]) == documented(name)
    assert found["load"]["cores"] == (load.cores() is not None), "bot and Discord shared a core"
    for name, rows_of in ROWS.items():
        assert all(row.what and row.ours and row.beside for row in rows_of(found[name]))


def test_the_table_is_found_between_its_marks() -> None:
    made = report.table([report.Row("A read", "1 ms", "2 ms (a peer)", "0.5", "≤ 3 ms")])
    quoted = f"# Words\n\n{report.MARK}\n{made}\n{report.MARK}\n\nMore words.\n"
    assert report.table_in(quoted) == made


def test_a_goal_that_is_missed_is_called_so() -> None:
    rows = [report.Row("A write", "9 ms", goal="≤ 3 ms", met=False), report.Row("A read", "1 ms")]
    *_, write, read = report.table(rows).splitlines()
    assert write.endswith("| ≤ 3 ms, missed |")
    assert read.endswith("|  |")


def test_a_text_without_the_table_is_told_so() -> None:
    with pytest.raises(ValueError, match="benchmarks"):
        report.table_in("# Words\n")


def test_the_results_hold_a_table() -> None:
    lines = report.table_in((BENCHMARKS / "RESULTS.md").read_text("utf-8")).splitlines()
    assert lines[0] == f"| {' | '.join(report.HEAD)} |"
    assert len(lines) > 10


def test_a_wait_is_ranked_among_all() -> None:
    waits = [float(one) for one in range(1, 101)]
    assert handling.not_exceeded(waits[::-1], 0.99) == 99
    assert handling.not_exceeded([7.0], 0.5) == 7


def test_what_is_answered_too_late_is_not_sustained() -> None:
    well = load.Offered(500, 30, waits_ms=[20.0] * 99 + [900.0])
    assert well.sustained
    slow = load.Offered(500, 30, waits_ms=[20.0] * 90 + [251.0] * 10)
    late = load.Offered(500, 30, waits_ms=[20.0] * 999 + [3_001.0])
    cut = load.Offered(500, 30, waits_ms=[20.0], unanswered=1)
    none = load.Offered(500, 30)
    wrong = load.Offered(500, 30, waits_ms=[20.0] * 100, failed=1)
    assert not any(one.sustained for one in (slow, late, cut, none, wrong))


def test_an_answer_that_says_only_that_it_did_not_work_is_known() -> None:
    words = Words(Texts.load(), "en")
    fine, failed = (
        Panel(words(key), row(helplines_button(words))).to_components()
        for key in ("help.title", "errors.not_now")
    )
    assert not load.refused({"components": fine})
    assert load.refused({"components": failed})
    assert not load.refused({"choices": [{"name": "What is peer support?", "value": "1"}]})
    assert load.refused({"choices": []})
    assert not load.refused({"content": "Hello."})


def test_the_mix_is_of_a_hundred() -> None:
    assert sum(load.MIX.values()) == 100


async def test_figures_that_are_kept_are_not_measured_again(tmp_path: Path) -> None:
    (tmp_path / "soak.json").write_text('{"hours": 24}', "utf-8")
    assert await run(None, ["soak"], tmp_path) == {"soak": {"hours": 24}}


DAY: dict[str, Any] = {
    "hours": 24,
    "servers": 1000,
    "ticks": 900,
    "loop_cpu_over_50": 0,
    "loop_cpu_max_ms": 31.4,
    "rss_first_mb": 90.1,
    "rss_warm_mb": 95.2,
    "rss_last_mb": 99.4,
    "rss_slope_last_third_kb_an_hour": 42.1,
    "rss_growth_an_hour": 0.0004,
    "promises": {"sent": 7, "skipped": 2},
    "lost": 0,
    "doubled": 0,
    "left_behind": {"tasks": 0, "files": 0},
    "wrong": [],
}
CUTS: dict[str, Any] = {
    "runs": 10,
    "lost": 0,
    "corrupt": 0,
    "beside": {
        "aiosqlite_normal": {"lost": 9, "corrupt": 0, "runs": 10},
        "synchronous_off": {"lost": 9, "corrupt": 4, "runs": 10},
    },
}
FLEET: dict[str, Any] = {
    "terms": {"processes": 3},
    "servers": 3000,
    "counts": {"kills": 3, "lost": 0, "doubled": 0, "promised": 1234},
    "served_again": [40.2, 16.1, 21.0],
    "store_away": 20.0,
    "well_after": 3.21,
    "wrong": [],
}


def test_the_rows_of_the_long_benchmarks_tell_what_was_seen() -> None:
    assert [row.ours for row in report.soak_rows(DAY)] == [
        "0; the longest 31 ms",
        "90, 95 and 99 MB",
        "42 KB, 0.04%",
        "0; 0",
        "nothing",
    ]
    beside = [row.beside.split(" (")[0] for row in report.power_cut_rows(CUTS)]
    assert beside == ["9 of 10", "4 of 10"]
    rows = list(report.processes_rows(FLEET))
    assert [row.ours for row in rows] == ["0", "21 and 40 s", "3.2 s", "nothing"]
    assert rows[0].what.endswith("of 1,234 promises")


@pytest.mark.parametrize(
    ("rows_of", "found", "change", "missed"),
    [
        (report.soak_rows, DAY, {}, []),
        (report.soak_rows, DAY, {"loop_cpu_over_50": 1}, [0]),
        (report.soak_rows, DAY, {"rss_growth_an_hour": 0.0011}, [2]),
        (report.soak_rows, DAY, {"doubled": 1}, [3]),
        (report.soak_rows, DAY, {"left_behind": {"tasks": 2}, "wrong": ["tasks"]}, [3, 4]),
        (report.power_cut_rows, CUTS, {}, []),
        (report.power_cut_rows, CUTS, {"lost": 1}, [0]),
        (report.power_cut_rows, CUTS, {"corrupt": 1}, [1]),
        (report.processes_rows, FLEET, {}, []),
        (report.processes_rows, FLEET, {"counts": {**FLEET["counts"], "lost": 1}}, [0]),
        (report.processes_rows, FLEET, {"served_again": [10.0, 61.0]}, [1]),
        (report.processes_rows, FLEET, {"served_again": [], "wrong": ["never"]}, [1, 3]),
    ],
)
def test_what_went_wrong_in_a_long_one_is_called_missed(
    rows_of: Callable[[dict[str, Any]], Iterator[report.Row]],
    found: dict[str, Any],
    change: dict[str, Any],
    missed: list[int],
) -> None:
    rows = list(rows_of({**found, **change}))
    assert [number for number, row in enumerate(rows) if not row.met] == missed
