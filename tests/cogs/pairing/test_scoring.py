"""Who may meet, how well two go together, and that arrays say the same as the readable rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from cogs.pairing.matching.candidates import Table
from cogs.pairing.matching.rounds import (
    Drawn,
    Past,
    Round,
    RoundError,
    drawn_from_json,
    drawn_to_json,
    round_from_json,
    round_to_json,
)
from cogs.pairing.matching.scoring import GAP, NEVER, NEW, Peer, in_common, may_meet, score
from tests.cogs.pairing.people import Judge, peer, rounds


def test_two_alike_may_meet() -> None:
    assert may_meet(peer(1), peer(2))
    assert not may_meet(peer(1), peer(1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (peer(1, languages=("en",)), peer(2, languages=("es", "de"))),
        (peer(1, adult=True), peer(2, adult=False)),
        (peer(1, circles={"a"}), peer(2, circles={"b"})),
        (peer(1, circles={"a"}), peer(2)),
        (peer(1, topics={"work"}), peer(2, avoid={"work"})),
    ],
)
def test_a_hard_rule_keeps_two_apart_whichever_is_asked(one: Peer, other: Peer) -> None:
    assert not may_meet(one, other)
    assert not may_meet(other, one)


def test_one_circle_or_language_shared_is_enough() -> None:
    assert may_meet(peer(1, circles={"a", "b"}), peer(2, circles={"b", "c"}))
    assert may_meet(peer(1, languages=("en", "es")), peer(2, languages=("de", "es")))


def test_two_who_met_in_the_last_three_rounds_never_meet() -> None:
    told = [score(peer(1), peer(2), ago) for ago in range(1, GAP + 2)]
    assert told == [NEVER] * GAP + [0]


def test_a_window_shorter_than_the_gap_does_not_shorten_the_gap() -> None:
    assert score(peer(1), peer(2), GAP, window=0) == NEVER
    assert score(peer(1), peer(2), GAP + 1, window=0) > 0


def test_being_new_grows_back_after_the_window() -> None:
    new = score(peer(1), peer(2), None)
    assert score(peer(1), peer(2), 50) == 0
    assert score(peer(1), peer(2), 51) == new - NEW
    assert score(peer(1), peer(2), 151) == new - NEW // 2
    assert score(peer(1), peer(2), 1_000) == new


def test_what_two_share_makes_the_score() -> None:
    a = peer(1, languages=("en", "es"), topics={"music", "walks"}, hours={1, 2, 3}, role="listen")
    b = peer(2, languages=("es", "en"), topics={"music"}, hours={2, 3, 4}, role="talk")
    assert score(a, b, None) == 170 + 110 + 200 + 40 + 50 + 150
    shared = in_common(a, b)
    assert (shared.languages, shared.topics, shared.hours) == (("en", "es"), ("music",), (2, 3))


def test_two_newcomers_score_less_than_one_with_somebody_who_has_been_here() -> None:
    newcomer = peer(1, newcomer=True)
    assert score(newcomer, peer(2), None) > score(newcomer, peer(2, newcomer=True), None)


@settings(deadline=None)
@given(rounds(most=8))
def test_arrays_say_the_same_as_the_readable_rules(asked: Round) -> None:
    judge = Judge(asked)
    table = Table(judge.asked)
    everyone = np.arange(table.size)
    expected = [[judge.score(a, b) for b in table.peers] for a in table.peers]
    assert table.among(everyone).tolist() == expected


@settings(deadline=None)
@given(rounds(most=8))
def test_a_round_is_the_same_after_its_journey_as_json(asked: Round) -> None:
    assert round_from_json(round_to_json(asked)) == asked


def test_what_was_drawn_is_the_same_after_its_journey_as_json() -> None:
    drawn = Drawn(((1, 2), (3, 4, 5)), ((6, "odd"),))
    assert drawn_from_json(drawn_to_json(drawn)) == drawn


_GOOD = '{"peers":[],"forbidden":[],"past":[],"seed":1,"window":50}'
_PEER = round_to_json(Judge.of([peer(1)]).asked)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        _GOOD.replace("50", "-1"),
        _GOOD.replace("50", "true"),
        _GOOD.replace('"past":[]', '"past":[[1,2]]'),
        _GOOD.replace('"past":[]', '"past":[[1,2,0]]'),
        _GOOD.replace('"forbidden":[]', '"forbidden":[[1,"2"]]'),
        _GOOD.replace('"peers":[]', '"peers":[1]'),
        _PEER.replace('"either"', '"shout"'),
        _PEER.replace('"languages":["en"]', '"languages":[]'),
        _PEER.replace('"hours":[]', '"hours":[168]'),
        _PEER.replace('"threesome":true', '"threesome":1'),
        _PEER.replace('"topics":[]', '"topics":[3]'),
        round_to_json(Judge.of([peer(1), peer(1)]).asked),
    ],
)
def test_what_is_no_round_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RoundError) as told:
        round_from_json(text)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"groups":[[1]],"waiting":[]}',
        '{"groups":[],"waiting":[[1]]}',
        '{"groups":[[1,2.5]],"waiting":[]}',
    ],
)
def test_what_was_not_drawn_is_refused(text: str) -> None:
    with pytest.raises(RoundError):
        drawn_from_json(text)


def test_meetings_are_told_once_by_the_latest() -> None:
    past = (Past(1, 2, 60), Past(2, 1, 2), Past(1, 2, 70))
    judge = Judge.of([peer(1), peer(2)], past=past)
    assert Table(judge.asked).among(np.arange(2)).tolist() == [[NEVER, NEVER], [NEVER, NEVER]]
