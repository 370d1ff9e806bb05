"""A short campaign of kills; `python -m benchmarks.crash` runs a long one, with peers beside us."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crash import Terms, campaign
from tests.wire.faults import CALM, ROUGH, Faults


@pytest.mark.slow
@pytest.mark.parametrize("faults", [CALM, ROUGH], ids=["calm", "rough"])
async def test_nothing_is_lost_doubled_or_late_however_often_the_process_is_killed(
    tmp_path: Path, faults: Faults
) -> None:
    terms = Terms(kills=6, faults=faults, naive=False)
    found = (await campaign(terms, tmp_path))["alongside"]
    assert found.kills == 6
    assert found.promised > 30
    assert found.arrived + found.late_skipped == found.promised
    assert (found.lost, found.doubled, found.late_sent, found.opt_ins_lost) == (0, 0, 0, 0), (
        found.why
    )
