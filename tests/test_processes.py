"""A short campaign on several processes; `python -m benchmarks.processes` runs a long one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.processes import (
    SERVED_SECONDS,
    Away,
    Figures,
    Terms,
    campaign,
    closest,
    figures,
    wrong,
)
from tests.wire.postgres import installed

HURRY = 10


def test_a_shard_killed_again_while_it_starts_has_two_times_one_for_each_kill_and_one_in_all() -> (
    None
):
    away = Away()
    away.killed(0, 100.0)
    away.killed(1, 110.0)
    away.killed(0, 150.0)
    away.served(1, 120.0)
    assert away.never == [0]
    away.served(0, 170.0)
    away.killed(0, 200.0)
    away.served(0, 207.0)
    assert away.since_last_kill == [10.0, 20.0, 7.0]
    assert away.since_first_kill == [10.0, 70.0, 7.0]
    assert (away.killed_again, away.never) == (1, [])


def test_the_nearest_two_are_those_of_one_bucket() -> None:
    identified = [(0, 1.0), (1, 1.5), (3, 8.0), (2, 9.0)]
    assert closest(identified, 1) == 0.5
    assert closest(identified, 2) == 6.5
    assert closest(identified, 4) is None


TERMS = Terms(processes=2)


def good() -> Figures:
    return Figures(
        served_again=[SERVED_SECONDS],
        # Killed again and again, it may be away for longer than is stated of one kill.
        outages=[3 * SERVED_SECONDS],
        killed_again=3,
        closest_identifies=5.0,
        ill_while_away=["store", "store"],
    )


def test_nothing_is_wrong_where_each_kill_is_made_good_in_time() -> None:
    assert wrong(TERMS, good()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("served_again", [1.0, SERVED_SECONDS + 0.1]),
        ("never_served_again", [1]),
        ("closest_identifies", 4.99),
        ("sessions_kept", False),
        ("ill_while_away", ["store"]),
        ("ill_while_away", ["store", "None"]),
        ("ill_while_away", ["store", "gateway, store"]),
    ],
)
def test_whatever_is_not_as_promised_is_wrong(name: str, value: object) -> None:
    found = good()
    setattr(found, name, value)
    assert len(wrong(TERMS, found)) == 1


@pytest.mark.parametrize("name", ["lost", "doubled", "late_sent", "unsent", "opt_ins_lost"])
def test_a_promise_that_was_not_kept_is_wrong(name: str) -> None:
    found = good()
    setattr(found.counts, name, 1)
    assert len(wrong(TERMS, found)) == 1


def test_in_a_hurry_windows_are_shorter_and_where_the_store_stays_nobody_is_ill() -> None:
    found = good()
    found.closest_identifies = 0.5
    found.ill_while_away = []
    assert wrong(Terms(processes=2, away=0, hurry=10), found) == []


def test_the_table_of_all_benchmarks_finds_what_it_shows() -> None:
    _, served, _, told = report.processes_rows(figures(TERMS, good()))
    assert (served.ours, served.goal) == ("60 and 60 s", "≤ 60 s")
    assert told.ours == "nothing"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif("TEST_POSTGRES_URL" not in os.environ, reason="TEST_POSTGRES_URL is not set")
async def test_processes_that_share_the_shards_lose_and_double_nothing_when_they_are_killed(
    tmp_path: Path,
) -> None:
    terms = Terms(processes=2, servers=40, kills=3, plans=10, away=0, hurry=HURRY)
    found = await campaign(terms, tmp_path)
    counts = found.counts
    assert counts.kills == 3
    assert counts.arrived + counts.late_skipped == counts.promised >= 70
    assert wrong(terms, found) == [], counts.why
    # Each life identified once, one after the other, unless it was killed before.
    assert found.identified >= 2 + len(found.served_again) >= 3
    assert found.closest_identifies is not None
    assert len(found.outages) + found.killed_again == 3
    assert found.dispatchers >= 1
    assert found.promises == ["kept by another process", "kept here"]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif(not installed(), reason="PostgreSQL is not installed here")
async def test_while_postgresql_is_away_the_bot_waits_and_says_so_and_then_goes_on(
    tmp_path: Path,
) -> None:
    terms = Terms(processes=1, servers=10, kills=1, plans=10, away=1, hurry=HURRY)
    found = await campaign(terms, tmp_path)
    counts = found.counts
    assert counts.arrived + counts.late_skipped == counts.promised >= 20
    assert wrong(terms, found) == [], counts.why
    assert found.ill_while_away == ["store"]
    assert found.sessions_kept
    said = (tmp_path / "process-0" / "bot.log").read_text("utf-8")
    assert said.index("line_cut") < said.index("line_back")
    # One line says it, not one for each try.
    assert said.count("line_cut") == 1
