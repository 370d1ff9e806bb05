"""A few people settled as well as can be: pairs, and threesomes for those who would be left.

Pairs alone are a solved problem (`blossom.py`); with threesomes it is a hard one. So whoever would
be left brings a *seat*: a stand-in with whom somebody, not always they themselves, may be paired;
who takes a seat joins a pair as the third. What joining is worth is at first a promise: the best
that any pair of the last try could offer. The pairs are then made anew around the seats, the thirds
join pairs that were made, and a promise is replaced by what was kept, until the same people take
the seats again. Each try is a whole round, and the best one counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cogs.pairing.matching.blossom import MOST_WAITED, Weight, Weights, blossom, chance
from cogs.pairing.matching.candidates import Ints, Table

AHEAD = 6
"""When somebody has so few new partners left, the rounds to come are looked at too."""

ALL_WAYS = 10
"""Up to so many people there is time to try all ways."""

TRIALS, TRIALS_UP_TO = 200, 64
"""Threesomes that are tried out one by one where all else leaves somebody out, among so many."""

NOT_AT_ALL = np.iinfo(np.int64).min // 4

Groups = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Settled:
    """Groups of a try, what they weigh, and what that is without the points."""

    groups: Groups
    weight: int
    points: int
    repeats: int
    left: int


def _order(settled: Settled) -> int:
    return settled.weight


class Few:
    """Some people of a round, by place among them, with what each pair and third would weigh."""

    def __init__(self, table: Table, people: Ints, dice: np.random.Generator) -> None:
        self.size, self.dice = len(people), dice
        self.weights = Weights.of(self.size)
        score = table.among(people)
        self.allowed = score >= 0
        self.again = score == 0
        self.waited = np.minimum(table.waited[people], MOST_WAITED)
        self.worth = self.weights.people(table, people)
        self.fair = self.weights.fair(table, people)
        self.points = self.weights.points(score)
        self.threesome = table.threesome[people]
        self.a, self.b = np.nonzero(np.triu(self.allowed))
        again = self.again[self.a, self.b]
        self.edge = self.points[self.a, self.b] - again * self.weights.again
        self.edge += self.worth[self.a] + self.worth[self.b]
        self.luck = chance(self.a, self.b, self.size, ~again, dice)
        self.edge += self.luck
        self.lonely = ~self.allowed.any(axis=1)

    def settle(self, tries: int) -> Settled:
        """Give the best of some tries; of all ways there are, where people are that few."""
        if self.size <= ALL_WAYS:
            return self.weigh(self._best_of_all())
        best = self._settled(blossom(self.a, self.b, self.edge), [])
        if not best.left and not best.repeats:
            return self._looking_ahead(best)
        seats = int(best.left - self.lonely.sum())
        if seats:
            best = max(best, self._with_seats(best.groups, seats, tries), key=_order)
        if best.repeats > self._least_repeats():
            # Two threesomes more may do what two pairs cannot: spare people a repeat.
            other = self._with_seats(best.groups, seats + 2, tries)
            if (-other.left, -other.repeats) > (-best.left, -best.repeats):
                best = other
        if self.size <= TRIALS_UP_TO:
            best = self._tried(best)
        return best

    def _looking_ahead(self, best: Settled) -> Settled:
        """Where new partners run out, prefer a round after which new ones can still be found."""
        fewest = int((self.allowed & ~self.again).sum(axis=1).min())
        if fewest > AHEAD:
            return best
        lasting = self._rounds_after(best.groups, fewest)
        for _ in range(AHEAD):
            if lasting >= fewest - 1:
                break
            luck = self.dice.integers(1, 1 << 16, len(self.a))
            other = self._settled(
                blossom(self.a, self.b, self.edge - self.luck + luck - self.points[self.a, self.b]),
                [],
            )
            after = self._rounds_after(other.groups, fewest)
            if not other.left and not other.repeats and after > lasting:
                best, lasting = other, after
        return best

    def _rounds_after(self, groups: Groups, most: int) -> int:
        """How many rounds of new pairs for everyone can follow, about."""
        new = self.allowed & ~self.again
        for after in range(most):
            for a, b in groups:
                new[a, b] = new[b, a] = False
            a, b = np.nonzero(np.triu(new))
            groups = list(blossom(a, b, self.dice.integers(1 << 40, 1 << 41, len(a))))
            if 2 * len(groups) < self.size:
                return after
        return most

    def _tried(self, best: Settled) -> Settled:
        """Where somebody is still left or meets again: set a threesome, and settle the rest."""
        if best.left == self.lonely.sum() and best.repeats <= self._least_repeats():
            return best
        placed = {one for group in best.groups for one in group}
        found: Groups = [group for group, _ in self._possible() if len(group) == 3]
        mixed: Groups = [found[at] for at in self.dice.permutation(len(found)).tolist()]
        mixed.sort(key=lambda group: (placed.issuperset(group), self.weigh([group]).repeats))
        for group in mixed[:TRIALS]:
            apart = ~(np.isin(self.a, group) | np.isin(self.b, group))
            pairs: Groups = list(blossom(self.a[apart], self.b[apart], self.edge[apart]))
            settled = {*group, *(one for pair in pairs for one in pair)}
            left = [one for one in range(self.size) if one not in settled]
            tried = self._settled([*pairs, group], self._join(pairs, left, self._thirds(pairs)))
            better = (-tried.left, -tried.repeats) > (-best.left, -best.repeats)
            if better and tried.weight > best.weight:
                best = tried
        return best

    def _best_of_all(self) -> Groups:
        """Try all ways: the best for a set of people, as bits, from the best for smaller ones."""
        ways: list[list[tuple[int, tuple[int, ...], int]]] = [[] for _ in range(self.size)]
        for group, luck in self._possible():
            told = self.weigh([group])
            seats = sum(1 + int(self.waited[one]) for one in group)
            # Largest first, each out of reach of the next: seats, repeats, threesomes, points.
            weight = ((seats << 8) - told.repeats << 8) - (len(group) == 3)
            weight = (weight << 64) + told.points + luck
            ways[group[0]].append((sum(1 << one for one in group), group, weight))
        best = [0] * (1 << self.size)
        chosen: list[tuple[int, ...]] = [()] * (1 << self.size)
        for people in range(1, 1 << self.size):
            first = (people & -people).bit_length() - 1
            best[people] = best[people & (people - 1)]
            for bits, group, weight in ways[first]:
                if bits & people == bits and weight + best[people ^ bits] > best[people]:
                    best[people] = weight + best[people ^ bits]
                    chosen[people] = group
        groups: Groups = []
        people = (1 << self.size) - 1
        while people:
            group = chosen[people]
            groups += [group] if group else []
            people ^= sum(1 << one for one in group) if group else people & -people
        return groups

    def _possible(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Every group that may be, and the luck of pairs."""
        yield from zip(
            zip(self.a.tolist(), self.b.tolist(), strict=True), self.luck.tolist(), strict=True
        )
        for a, b in zip(self.a.tolist(), self.b.tolist(), strict=True):
            third = self.allowed[a] & self.allowed[b] & self.threesome
            if self.threesome[a] and self.threesome[b]:
                yield from (((a, b, c), 0) for c in np.flatnonzero(third).tolist() if c > b)

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
        weight = points = repeats = people = 0
        for group in groups:
            pairs = list(combinations(group, 2))
            repeats += sum(bool(self.again[pair]) for pair in pairs)
            points += sum(int(self.points[pair]) for pair in pairs) // (len(group) - 1)
            weight += sum(int(self.worth[one]) for one in group)
            if len(group) == 2:
                points += sum(int(self.fair[one]) for one in group)
            people += len(group)
            weight -= sum(int(self.fair[one]) for one in group)
        weight += points - repeats * self.weights.again
        return Settled(groups, weight, points, repeats, self.size - people)
