"""When a running bot is well."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outside.health import (
    COMMIT_SECONDS,
    DUE_SECONDS,
    GATEWAY_SECONDS,
    Pulse,
    Signs,
    ailments,
)

WELL = Signs(gateway={0: 40.0, 1: 2.0}, due=0.0, commit=12.0, store=True)


def test_signs_of_life_of_late_are_well() -> None:
    assert ailments(WELL) == []
    assert WELL.gateway_age == 40.0


@pytest.mark.parametrize(
    ("signs", "ill"),
    [
        (Signs({0: 1.0, 1: GATEWAY_SECONDS + 1}, 0.0, 1.0, True), ["gateway"]),
        (Signs({0: GATEWAY_SECONDS}, DUE_SECONDS, COMMIT_SECONDS, True), []),
        (Signs({0: 1.0}, DUE_SECONDS + 1, 1.0, True), ["due"]),
        (Signs({0: 1.0}, 0.0, COMMIT_SECONDS + 1, True), ["commit"]),
        (Signs({0: 1.0}, None, 1.0, False), ["store"]),
        (Signs({0: 999.0}, 999.0, 999.0, False), ["gateway", "due", "commit", "store"]),
    ],
)
def test_each_sign_that_stays_away_is_named(signs: Signs, ill: list[str]) -> None:
    assert ailments(signs) == ill


def test_a_heartbeat_that_was_acknowledged_is_a_sign_of_life_of_its_shard_alone() -> None:
    pulse = Pulse(100.0)
    pulse.feel([(0, 0.05), (1, 0.07)], 110.0)
    pulse.feel([(0, 0.06), (1, 0.07)], 150.0)
    assert pulse.ages(160.0) == {0: 10.0, 1: 50.0}


@pytest.mark.parametrize("away", [inf, nan])
def test_a_connection_that_is_not_there_shows_no_life(away: float) -> None:
    pulse = Pulse(100.0)
    assert pulse.ages(105.0) == {0: 5.0}
    pulse.feel([(0, away)], 110.0)
    assert pulse.ages(400.0) == {0: 300.0}
    pulse.feel([(0, 0.05)], 400.0)
    pulse.feel([(0, away)], 900.0)
    assert pulse.ages(900.0) == {0: 500.0}


@given(st.lists(st.floats(0.001, 60), min_size=1, max_size=20))
def test_no_age_is_ever_less_than_nothing_or_more_than_the_life_of_the_process(
    latencies: list[float],
) -> None:
    pulse = Pulse(0.0)
    for moment, latency in enumerate(latencies):
        pulse.feel([(0, latency)], float(moment))
        assert 0 <= pulse.ages(float(moment))[0] <= moment
