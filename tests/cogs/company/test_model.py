"""Whose turn it is to be called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cogs.company.model import in_turn


@given(st.frozensets(st.integers(1, 2**62), max_size=30), st.integers(1, 5))
def test_everybody_has_a_turn_and_the_order_is_always_the_same(
    people: frozenset[int], call: int
) -> None:
    order = in_turn("a1", call, people)
    assert frozenset(order) == people
    assert len(order) == len(people)
    assert order == in_turn("a1", call, people)
