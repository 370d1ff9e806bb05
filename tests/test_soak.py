"""A short soak; `python -m benchmarks.soak` runs a day of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import Terms, growing, run, slope, wrong
from tests.test_benchmarks import documented


@pytest.mark.slow
async def test_nothing_is_left_behind_lost_or_doubled_after_some_minutes_of_all_of_it(
    tmp_path: Path,
) -> None:
    found = await run(Terms(hours=0.05, servers=2, acts=4000, search="lexical"), tmp_path)
    assert set(found) == documented("soak")
    assert found["interactions"] > 5
    assert found["promises"]["sent"] >= 2
    assert found["lost"] == found["doubled"] == found["exit_status"] == 0
    assert not any(found["left_behind"].values()), found["tasks_left"]
    assert found["ticks"] > 50
    # Two hours and more, of which nearly all was skipped.
    moments = [one["at"] for one in found["every_hour"]]
    assert moments[-1] - moments[0] > 2 * 3600 > 10 * found["real_seconds"]


def test_the_slope_is_what_an_hour_adds() -> None:
    hours = [{"at": 3600 * n, "rss_kb": 100_000 + 12 * n + n % 2} for n in range(10)]
    assert slope(hours, "rss_kb") == pytest.approx(12, abs=0.2)
    assert slope(hours[:1], "rss_kb") == 0


def test_what_grows_is_named_and_what_comes_and_goes_is_not() -> None:
    kinds = [{"a.Leak": 10 * n, "a.Busy": 500 * (n % 2), "a.Still": 7} for n in range(9)]
    assert growing(kinds) == {"a.Leak": 10}


def test_a_run_in_which_memory_grows_or_the_loop_was_blocked_is_wrong() -> None:
    fine = {
        "lost": 0,
        "doubled": 0,
        "loop_cpu_over_50": 0,
        "exit_status": 0,
        "left_behind": {"tasks": 0, "threads": 0},
        "rss_growth_an_hour": 0.0009,
    }
    assert wrong(fine) == []
    assert wrong({**fine, "rss_growth_an_hour": 0.0011}) == ["rss_growth_an_hour"]
    assert wrong({**fine, "loop_cpu_over_50": 1}) == ["loop_cpu_over_50"]
    assert wrong({**fine, "exit_status": 1}) == ["exit_status"]
    assert wrong({**fine, "lost": 1, "left_behind": {"tasks": 1}}) == ["lost", "tasks"]
