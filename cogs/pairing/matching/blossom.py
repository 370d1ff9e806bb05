"""The best way to pair people up, exactly: Edmonds' blossom algorithm, and what a pair weighs.

What comes first outweighs all that comes after it, because each weight is larger than everything
below it can add up to:

1. `seat`: as few as possible wait, and nobody again who waited the last time;
2. `again`: as few repeats as possible;
3. `point`: scores, and `FAIR` points for each time that somebody was the odd one lately;
4. chance, less than a point in all, so that the best round is one and the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rustworkx as rx
from numpy.typing import NDArray

from cogs.pairing.matching.candidates import Ints, Scores, Table

Weight = NDArray[np.int64]

MOST_SCORE = 1_000

FAIR = 300
"""What it is worth, in points, that one who was the odd one once lately is not so again."""

MOST_WAITED, MOST_ODD = 3, 5
"""Counts beyond these say no more, so that weights stay within 64 bits up to `MOST_PEOPLE`."""

MOST_PEOPLE = 1_500

CHANCE = 1 << 16
"""A point over the number of people; each pair is given less than that by chance."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What weighs how much among so many people. A point is half a score, for threesomes halve."""

    point: int
    again: int
    seat: int

    @classmethod
    def of(cls, people: int) -> Weights:
        """Make each larger than all that is below it can add up to."""
        if people > MOST_PEOPLE:
            raise ValueError("too many people to weigh in 64 bits")
        point = max(people, 2) * CHANCE
        again = point * max(people, 2) * (MOST_SCORE + 2 * FAIR * MOST_ODD)
        return cls(point, again, again * (people + 2))

    def people(self, table: Table, people: Ints) -> Weight:
        """What it is worth that each of them is not left out."""
        waited = np.minimum(table.waited[people], MOST_WAITED)
        return self.seat * (1 + waited) + self.fair(table, people)

    def fair(self, table: Table, people: Ints) -> Weight:
        """What it is worth that each of them is not the odd one."""
        return FAIR * 2 * self.point * np.minimum(table.odd[people], MOST_ODD)

    def points(self, score: Scores) -> Weight:
        """What the scores of pairs weigh."""
        return np.maximum(score, 0).astype(np.int64) * (2 * self.point)


def chance(
    a: Ints, b: Ints, people: int, new: NDArray[np.bool_], dice: np.random.Generator
) -> Weight:
    """What settles which of equal rounds is drawn; less than a point in all.

    The circle method deals all pairs of n people into n - 1 rounds in which everyone has a pair.
    Where scores leave it open, the turn of that schedule with the most new pairs is preferred, so
    that many rounds fit without a repeat where everyone fits everyone.
    """
    even = people - 1 + people % 2
    turn = np.where(b == even, 2 * a, a + b) % even if even > 0 else a
    most = np.bincount(turn[new], minlength=1)
    most = most + dice.random(len(most))
    found = dice.integers(CHANCE // 2, size=len(a))
    return found + np.where(turn == most.argmax(), CHANCE // 2, 0)


def blossom(a: Ints, b: Ints, weight: Weight) -> list[tuple[int, int]]:
    """Give the pairs of the heaviest matching, in order; pairs that weigh nothing are not made."""
    heavy = weight > 0
    a, b, weight = a[heavy], b[heavy], weight[heavy]
    if not len(a):
        return []
    people, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    graph: rx.PyGraph[int | None, int] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(people)))
    ends = place.reshape(2, -1).tolist()
    graph.add_edges_from(list(zip(*ends, weight.tolist(), strict=True)))
    made = rx.max_weight_matching(graph, weight_fn=int)
    pairs = people[np.array(list(made), np.int64).reshape(-1, 2)].tolist()
    return sorted((min(pair), max(pair)) for pair in pairs)
