"""Rounds that are drawn: never against a rule, nobody left who need not be, the same every time."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pairing import Play, alike, community, greedy, judge, ours, shuffle
from cogs.pairing.matching import MET_LATELY, NOBODY_FITS, ODD, draw
from cogs.pairing.matching.rounds import Drawn, Past, Round
from cogs.pairing.process_service import drawing_apart
from tests.cogs.pairing.people import Judge, peer, rounds

QUIET = settings(deadline=None, max_examples=60)
"""A machine may be busy."""


def check(asked: Round, drawn: Drawn) -> Judge:
    """Everyone is in it once, and no group breaks a rule."""
    told = Judge(asked)
    seen = Counter(one for group in drawn.groups for one in group)
    seen.update(one for one, _ in drawn.waiting)
    assert seen == Counter(list(told.peers))
    assert all(len(group) in (2, 3) and told.may_be(group) for group in drawn.groups)
    return told


@QUIET
@given(rounds())
def test_nobody_is_drawn_against_a_rule(asked: Round) -> None:
    check(asked, draw(asked))


@settings(max_examples=200, deadline=None)
@given(rounds(most=10))
def test_as_many_are_paired_with_as_few_repeats_as_can_be(asked: Round) -> None:
    drawn = draw(asked)
    told = check(asked, drawn)
    assert told.value(drawn.groups) == told.best()


@QUIET
@given(rounds())
def test_the_same_seed_gives_the_same_round_in_whatever_order_it_is_told(asked: Round) -> None:
    other = replace(asked, peers=asked.peers[::-1], past=asked.past[::-1])
    assert draw(other) == draw(asked)


def test_another_seed_gives_another_round_where_scores_leave_it_open() -> None:
    asked = alike(12)
    assert len({draw(replace(asked, seed=seed)).groups for seed in range(10)}) > 1


async def test_another_process_draws_the_same() -> None:
    # Whose strings have other hashes.
    asked = community(60, 3)
    assert await drawing_apart()(asked) == draw(asked)


def test_what_is_no_round_ends_the_process_with_one_line_that_names_nobody() -> None:
    line = [sys.executable, "-m", "cogs.pairing.matching"]
    ran = subprocess.run(line, input=b'{"peers":[{"id":"77"}]}', capture_output=True, check=False)  # noqa: S603 - our own
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.count(b"\n") == 1
    assert b"77" not in ran.stderr


@QUIET
@given(rounds(least=2), st.data())
def test_a_new_block_is_never_crossed(asked: Round, data: st.DataObject) -> None:
    groups = draw(asked).groups
    if not groups:
        return
    group = data.draw(st.sampled_from(groups))
    block = data.draw(st.sampled_from([(group[0], group[1]), (group[1], group[0])]))
    blocked = replace(asked, forbidden=asked.forbidden | {block})
    drawn = draw(blocked)
    check(blocked, drawn)
    assert not any(set(block) <= set(group) for group in drawn.groups)


@QUIET
@given(rounds(), st.data())
def test_those_who_leave_before_the_draw_are_in_no_group(asked: Round, data: st.DataObject) -> None:
    staying = data.draw(st.sets(st.sampled_from(asked.peers)) if asked.peers else st.just(set()))
    peers = tuple(one for one in asked.peers if one in staying)
    check(replace(asked, peers=peers), draw(replace(asked, peers=peers)))


def test_the_odd_one_joins_two_who_are_fine_with_a_threesome() -> None:
    peers = [peer(number, threesome=number != 2) for number in range(1, 6)]
    drawn = draw(Judge.of(peers).asked)
    assert sorted(map(len, drawn.groups)) == [2, 3]
    assert all(2 not in group for group in drawn.groups if len(group) == 3)


def test_somebody_waits_where_nobody_wants_a_threesome_and_never_twice_running() -> None:
    peers = [peer(number, threesome=False) for number in range(1, 6)]
    waited: int | None = None
    for seed in range(1, 6):
        told = tuple(replace(one, waited=int(one.id == waited)) for one in peers)
        drawn = draw(Judge.of(told, seed=seed).asked)
        ((one, why),) = drawn.waiting
        assert why == ODD
        assert one != waited
        waited = one


def test_who_was_the_odd_one_lately_is_so_less_often() -> None:
    peers = [peer(number, odd=1 if number < 4 else 0) for number in range(1, 8)]
    (group,) = (group for group in draw(Judge.of(peers).asked).groups if len(group) == 3)
    assert min(group) >= 4


def test_whom_nobody_fits_is_told_so_and_who_met_all_that_fit_is_told_that() -> None:
    peers = [peer(1), peer(2), peer(3, languages=("es",))]
    drawn = draw(Judge.of(peers, past=(Past(1, 2, 3),)).asked)
    assert drawn == Drawn((), ((1, MET_LATELY), (2, MET_LATELY), (3, NOBODY_FITS)))


def test_a_repeat_comes_before_waiting_and_after_everything_else() -> None:
    peers = [peer(number) for number in range(1, 5)]
    every = [(a, b) for a in range(1, 5) for b in range(1, a)]
    once = tuple(Past(a, b, 10) for a, b in every if (a, b) not in ((2, 1), (4, 3)))
    assert draw(Judge.of(peers, past=once).asked).groups == ((1, 2), (3, 4))
    drawn = draw(Judge.of(peers, past=tuple(Past(a, b, 10) for a, b in every)).asked)
    assert len(drawn.groups) == 2


@pytest.mark.parametrize("size", [0, 1])
def test_nobody_to_pair_is_no_error(size: int) -> None:
    drawn = draw(alike(size))
    assert drawn == Drawn((), tuple((number + 1, NOBODY_FITS) for number in range(size)))


@pytest.mark.parametrize("size", [300, 801, 2_400])
def test_many_are_paired_by_the_same_rules(size: int) -> None:
    play = Play(community(size, 5), shuffle)
    play.next_round()
    asked, _ = play.next_round()
    drawn = draw(asked)
    told = judge(asked, drawn.groups)
    assert told["violations"] == told["left_out_though_somebody_fits"] == 0
    assert draw(replace(asked, peers=asked.peers[::-1])) == drawn


def test_many_of_whom_few_speak_a_language_are_still_paired_with_each_other() -> None:
    many = [peer(number, languages=("en",), threesome=False) for number in range(1, 400)]
    few = [peer(number, languages=("is",), threesome=False) for number in range(400, 404)]
    drawn = draw(Judge.of([*many, *few]).asked)
    assert [why for _, why in drawn.waiting] == [ODD]


def test_twenty_who_all_fit_meet_in_eighteen_rounds_without_a_repeat() -> None:
    for start in (alike(20), community(20, 20, open_to_all=True)):
        plain = tuple(replace(one, avoid=frozenset[str]()) for one in start.peers)
        play = Play(replace(start, peers=plain, forbidden=frozenset(), window=100), ours)
        for _ in range(18):
            told = play.next_round()[1]
            assert told["pairs"] == 10
            assert told["repeats"] == 0


def test_rounds_of_an_odd_number_are_shared_fairly() -> None:
    play = Play(community(21, 2, open_to_all=True), ours)
    for _ in range(12):
        told = play.next_round()[1]
        assert (told["violations"], told["left_out_though_somebody_fits"]) == (0, 0)
    assert max(play.threesomes.values()) <= 3


def test_a_round_is_better_than_that_of_a_greedy_bot() -> None:
    asked = community(100, 9, open_to_all=True)
    assert judge(asked, ours(asked))["mean"] > 1.15 * judge(asked, greedy(asked))["mean"]
