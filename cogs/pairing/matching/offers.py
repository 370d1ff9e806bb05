"""Whom people would agree on, estimated by letting all of them make offers to each other at once.

Each person tells every candidate what they could get elsewhere; a pair whose score is more than
both could get elsewhere agrees. This is max-product belief propagation for matching (Bayati, Shah
and Sharma, 2008), damped: where the best matching is clear cut it is found; elsewhere the pairs in
doubt have offers near zero, which says where an exact matcher is worth its time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cogs.pairing.matching.candidates import Edges, Floats, Ints

PRICE_STEPS = 40
"""Steps after which prices hardly move."""

DAMPING = np.float32(0.5)


class Offers:
    """Candidates of each person, as a list of directed edges sorted by who looks."""

    def __init__(self, size: int, edges: Edges, dice: np.random.Generator) -> None:
        count = len(edges.a)
        who = np.concatenate([edges.a, edges.b])
        order = np.argsort(who, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(2 * count)
        self.size = size
        self.who = who[order]
        self.whom = np.concatenate([edges.b, edges.a])[order]
        self.back = np.concatenate([place[count:], place[:count]])[order]
        """Where the same pair stands, seen by the other."""
        self.forth = place[:count]
        """Where the pairs stand, seen by `a`."""
        # Less than a point, so that equal scores are told apart, another way in every round.
        chance = dice.random(count, np.float32) / 2
        score = edges.score.astype(np.float32) + chance
        self.score: Floats = np.tile(score, 2)[order].astype(np.float32, copy=False)
        self.people, self.start = np.unique(self.who, return_index=True)
        self.degree = np.diff(np.append(self.start, 2 * count))

    def _best(self, told: NDArray[np.floating]) -> Floats:
        """The largest of what each one looks at."""
        return np.maximum.reduceat(told, self.start).astype(np.float32, copy=False)

    def prices(self, steps: int = PRICE_STEPS) -> Floats:
        """What each person is worth to the one who gets them, about: nobody can outbid it."""
        found = np.zeros(self.size, np.float32)
        if not len(self.who):
            return found
        found[self.people] = self._best(self.score) / 2
        for _ in range(steps):
            best = self._best(self.score - found[self.whom])
            found[self.people] = (found[self.people] + best) / 2
        return found

    def agreement(self, prices: Floats, steps: int) -> Floats:
        """For each of the edges by how much the two prefer each other to the next best."""
        if not len(self.who):
            return np.empty(0, np.float32)
        elsewhere = prices[self.who]
        for _ in range(steps):
            offer = self.score - elsewhere[self.back]
            best = np.repeat(self._best(offer), self.degree)
            is_best = offer == best
            offer[is_best] = -np.inf
            second = np.repeat(self._best(offer), self.degree)
            told = np.maximum(np.where(is_best, second, best), np.float32(0))
            elsewhere += DAMPING * (told - elsewhere)
        both = self.score - elsewhere - elsewhere[self.back]
        return both[self.forth].astype(np.float32, copy=False)


def couples(size: int, edges: Edges, agreement: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Give each one's partner, the surest agreements first, -1 for none; and how sure that is."""
    partner = [-1] * size
    order = np.argsort(-agreement, kind="stable")
    for a, b in zip(edges.a[order].tolist(), edges.b[order].tolist(), strict=True):
        if partner[a] < 0 and partner[b] < 0:
            partner[a], partner[b] = b, a
    found: Ints = np.array(partner, np.int64)
    sure = np.full(size, -np.inf, np.float32)
    taken = found[edges.a] == edges.b
    sure[edges.a[taken]] = sure[edges.b[taken]] = agreement[taken]
    return found, sure
