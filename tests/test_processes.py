"""A short campaign on several processes; `python -m benchmarks.processes` runs a long one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.processes import Terms, campaign
from tests.wire.postgres import installed

HURRY = 10


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
    assert not found.wrong, counts.why
    # Each life identified once, one after the other, unless it was killed before.
    assert found.identified >= 2 + len(found.served_again) >= 3
    assert found.closest_identifies >= 5 / HURRY
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
    assert not found.wrong, counts.why
    assert found.ill_while_away == ["store"]
    assert found.sessions_kept
    said = (tmp_path / "process-0" / "bot.log").read_text("utf-8")
    assert said.index("line_cut") < said.index("line_back")
    # One line says it, not one for each try.
    assert said.count("line_cut") == 1
