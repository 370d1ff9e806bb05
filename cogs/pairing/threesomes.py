"""A few people settled as well as can be: pairs, and threesomes for those who would be left.

Pairs alone are a solved problem (`blossom.py`); with threesomes it is a hard one. So whoever would
be left brings a *seat*: a stand-in with whom somebody, not always they themselves, may be paired;
who takes a seat joins a pair as the third. What joining is worth is at first a promise: the best
that any pair of the last try could offer. The pairs are then made anew around the seats, the thirds
join pairs that were made, and a promise is replaced by what was kept, until the same people take
the seats again. Each try is a whole round, and the best one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cogs.pairing.blossom import Weight, Weights, blossom, chance
from cogs.pairing.candidates import Ints, Table

NOT_AT_ALL = np.iinfo(np.int64).min // 4

Groups = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Settled:
    """Groups of a try, what they weigh, and what that is without the points."""

    groups: Groups
    weight: int
    repeats: int
    left: int


def _order(settled: Settled) -> int:
    return settled.weight


class Few:
    """Some people of a round, by place among them, with what each pair and third would weigh."""

    def __init__(self, table: Table, people: Ints, dice: np.random.Generator) -> None:
        self.size = len(people)
        self.weights = Weights.of(self.size)
        score = table.among(people)
        self.allowed = score >= 0
        self.again = score == 0
        self.worth = self.weights.people(table, people)
        self.fair = self.weights.fair(table, people)
        self.points = self.weights.points(score)
        self.threesome = table.threesome[people]
        self.a, self.b = np.nonzero(np.triu(self.allowed))
        again = self.again[self.a, self.b]
        self.edge = self.points[self.a, self.b] - again * self.weights.again
        self.edge += self.worth[self.a] + self.worth[self.b]
        self.edge += chance(self.a, self.b, self.size, ~again, dice)
        self.lonely = ~self.allowed.any(axis=1)

    def settle(self, tries: int) -> Settled:
        """Give the best of some tries."""
        best = self._settled(blossom(self.a, self.b, self.edge), [])
        seats = int(best.left - self.lonely.sum())
        if seats:
            best = max(best, self._with_seats(best.groups, seats, tries), key=_order)
        if best.repeats > self._least_repeats():
            # Two threesomes more may do what two pairs cannot: spare people a repeat.
            other = self._with_seats(best.groups, seats + 2, tries)
            if (-other.left, -other.repeats) > (-best.left, -best.repeats):
                best = other
        return best

    def _least_repeats(self) -> int:
        """No round has fewer: for each whom everybody allowed has met, but one for two of them."""
        met = self.allowed.any(axis=1) & ~(self.allowed & ~self.again).any(axis=1)
        each_other = int(self.allowed[np.ix_(met, met)].any(axis=1).sum())
        return int(met.sum()) - each_other // 2

    def _with_seats(self, groups: Groups, seats: int, tries: int) -> Settled:
        promise = self._thirds([group for group in groups if len(group) == 2]).max(
            axis=1, initial=NOT_AT_ALL
        )
        best: Settled | None = None
        kept: set[tuple[int, ...]] = set()
        for _ in range(tries):
            able = np.flatnonzero(promise > NOT_AT_ALL)
            chairs = self.size + np.arange(seats)
            made = blossom(
                np.concatenate([self.a, np.repeat(able, seats)]),
                np.concatenate([self.b, np.tile(chairs, len(able))]),
                np.concatenate([self.edge, np.repeat(promise[able], seats)]),
            )
            pairs = [pair for pair in made if pair[1] < self.size]
            thirds = sorted(a for a, b in made if b >= self.size)
            value = self._thirds(pairs)
            joined = self._join(pairs, thirds, value)
            settled = self._settled(pairs, joined)
            best = max(best, settled, key=_order) if best else settled
            if tuple(thirds) in kept or not thirds:
                break
            kept.add(tuple(thirds))
            offered = value.max(axis=1, initial=NOT_AT_ALL)
            promise = np.maximum(promise, offered)
            promise[thirds] = offered[thirds]
        return best or self._settled([], [])

    def _thirds(self, pairs: Groups) -> Weight:
        """What each person would add to each pair as its third; a row a person."""
        if not pairs:
            return np.full((self.size, 0), NOT_AT_ALL)
        a, b = np.array(pairs, np.int64).T
        # Each of three gives and gets half of what two would: the mean of two scores.
        value = (self.points[:, a] + self.points[:, b] - self.points[a, b]) // 2
        value -= (self.again[:, a].astype(int) + self.again[:, b]) * self.weights.again
        value += self.worth[:, None] - self.fair[:, None] - self.fair[a] - self.fair[b]
        fine = self.allowed[:, a] & self.allowed[:, b]
        fine &= self.threesome[:, None] & self.threesome[a] & self.threesome[b]
        return np.where(fine, value, NOT_AT_ALL)

    def _join(self, pairs: Groups, thirds: list[int], value: Weight) -> list[tuple[int, int]]:
        """Which third joins which pair, for the most in all."""
        if not thirds:
            return []
        third, pair = np.nonzero(value[thirds] > NOT_AT_ALL)
        weight = value[np.array(thirds)[third], pair]
        made = blossom(third, len(thirds) + pair, weight + self.weights.seat)
        return [(thirds[a], b - len(thirds)) for a, b in made]

    def _settled(self, pairs: Groups, joined: list[tuple[int, int]]) -> Settled:
        groups = list(pairs)
        for third, at in joined:
            groups[at] = tuple(sorted((*groups[at], third)))
        return self.weigh(groups)

    def weigh(self, groups: Groups) -> Settled:
        """Say what groups are worth."""
        weight = repeats = people = 0
        for group in groups:
            pairs = [(a, b) for at, a in enumerate(group) for b in group[:at]]
            again = sum(bool(self.again[a, b]) for a, b in pairs)
            points = sum(int(self.points[a, b]) for a, b in pairs) // (len(group) - 1)
            weight += sum(int(self.worth[one]) for one in group) + points
            weight -= again * self.weights.again
            if len(group) == 3:
                weight -= sum(int(self.fair[one]) for one in group)
            repeats += again
            people += len(group)
        return Settled(groups, weight, repeats, self.size - people)
