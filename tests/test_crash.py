"""A short campaign of kills; `python -m benchmarks.crash` runs a long one, with peers beside us."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crash import Terms, campaign
from tests.wire.faults import CALM, ROUGH, Faults


@pytest.mark.slow
@pytest.mark.parametrize(("ground", "faults"), [("checkins", CALM), ("probe", ROUGH)])
async def test_nothing_is_lost_doubled_or_late_however_often_the_process_is_killed(
    tmp_path: Path, ground: str, faults: Faults
) -> None:
    terms = Terms(kills=6, faults=faults, naive=False, ground=ground)
    found = (await campaign(terms, tmp_path))["alongside"]
    assert found.kills == 6
    assert found.promised > 50
    assert found.arrived + found.late_skipped == found.promised
    wrong = (found.lost, found.doubled, found.late_sent, found.opt_ins_lost)
    assert wrong == (0, 0, 0, 0), found.why
