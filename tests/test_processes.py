"""A short campaign on several processes; `python -m benchmarks.processes` runs a long one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.processes import Terms, campaign

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
