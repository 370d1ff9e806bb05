"""Draws a round: who meets whom, and who waits and why.

What counts, each before all that follows: no rule is broken; as few as possible wait, and nobody
again who waited the last time; as few as possible meet again within the window; those who were the
odd one lately are not so again; scores. Up to 10 people all ways are tried. Up to 200, Edmonds'
blossom algorithm finds the best pairs of all, and whoever is left joins a pair by way of a seat
(`threesomes.py`). Beyond that:

1. *Prices.* Each person looks at one in eight of the others; what people are worth to each other
   there says how much in demand everyone is. Candidates are then the eight others that give most
   beyond their price. Price matters more than number: the best matching within eight candidates by
   price was 0.006 % below the bound for 10,000 people, within sixteen by score alone 0.64 %.
2. *Offers* (`offers.py`) settle the pairs that are clear, in a hundred steps over all.
3. *The exact algorithm* pairs the thousand people about whom offers were least sure. Taking prices
   off first halves its time.
4. Whoever is left is settled as above, among those who could help most.

Tried and dropped: the exact algorithm over all (48 s for 10,000), or on pieces of some hundreds
(12 s for the same quality); prices from offers of the best sixteen alone, after which everybody
wants those whom nobody looked at.
"""

from __future__ import annotations

import numpy as np

from cogs.pairing.matching.blossom import Weights, blossom, chance
from cogs.pairing.matching.candidates import Edges, Floats, Ints, Table
from cogs.pairing.matching.offers import Offers, couples
from cogs.pairing.matching.rounds import MET_LATELY, NOBODY_FITS, ODD, Drawn, Round
from cogs.pairing.matching.threesomes import Few, Groups

FEW = 200
"""Up to so many people a round is settled as a whole, with every pair."""

TRIES = 4
TRIES_OF_VERY_FEW = 12
VERY_FEW = 64

SAMPLE = 8
CANDIDATES, CANDIDATES_OF_FEWER, MID = 8, 16, 2_000
STEPS = 100
DOUBTFUL = 1_000
"""So many of those in doubt are matched exactly."""

AROUND = 160
"""People among whom those who are left are settled."""


def draw(asked: Round) -> Drawn:
    """Draw a round. Equal rounds give equal results, whatever the order in which they are told."""
    table = Table(asked)
    dice = np.random.default_rng(asked.seed % (1 << 64))
    everyone = np.arange(table.size)
    groups = _few(table, everyone, dice) if table.size <= FEW else _many(table, dice)
    named = sorted(tuple(table.peers[one].id for one in group) for group in groups)
    paired = {one for group in groups for one in group}
    left = [one for one in range(table.size) if one not in paired]
    return Drawn(tuple(named), tuple((table.peers[one].id, _why(table, one)) for one in left))


def _few(table: Table, people: Ints, dice: np.random.Generator) -> Groups:
    tries = TRIES_OF_VERY_FEW if len(people) <= VERY_FEW else TRIES
    settled = Few(table, people, dice).settle(tries)
    return [tuple(int(people[one]) for one in group) for group in settled.groups]


def _many(table: Table, dice: np.random.Generator) -> Groups:
    everyone, none = np.arange(table.size), np.zeros(table.size, np.float32)
    share = SAMPLE if table.size > MID else 1
    some = table.nearest(everyone, none, CANDIDATES, dice, share)
    prices = Offers(table.size, some, dice).prices()
    count = CANDIDATES if table.size > MID else CANDIDATES_OF_FEWER
    edges = table.nearest(everyone, prices, count, dice)
    offers = Offers(table.size, edges, dice)
    prices = offers.prices()
    partner, sure = couples(table.size, edges, offers.agreement(prices, STEPS))
    doubtful = _with_partners(np.argsort(sure, kind="stable")[:DOUBTFUL], partner)
    partner[doubtful] = -1
    for a, b in _exactly(table, doubtful, edges, prices, dice):
        partner[a], partner[b] = b, a
    return _nobody_left(table, partner, dice)


def _with_partners(people: Ints, partner: Ints) -> Ints:
    theirs = partner[people]
    return np.union1d(people, theirs[theirs >= 0])


def _exactly(
    table: Table, people: Ints, edges: Edges, prices: Floats, dice: np.random.Generator
) -> list[tuple[int, int]]:
    """The best pairs among some people, by their best candidates among themselves."""
    if len(people) < table.size:
        # Their best candidates are settled by now: others among those in doubt are worth a look.
        inside = np.zeros(table.size, bool)
        inside[people] = True
        both = inside[edges.a] & inside[edges.b]
        more = table.nearest(people, prices, CANDIDATES, dice)
        edges = table.edges(np.append(edges.a[both], more.a), np.append(edges.b[both], more.b))
    weights = Weights.of(len(people))
    worth = np.zeros(table.size, np.int64)
    # Prices are taken off: who is paired pays the same in every pairing, and the exact algorithm
    # is done much sooner when it has less to find out.
    worth[people] = weights.people(table, people)
    worth[people] -= np.rint(prices[people] * 2).astype(np.int64) * weights.point
    weight = weights.points(edges.score) - weights.again * (edges.score == 0)
    weight += worth[edges.a] + worth[edges.b]
    place = np.searchsorted(people, np.array([edges.a, edges.b]))
    weight += chance(place[0], place[1], len(people), edges.score > 0, dice)
    return blossom(edges.a, edges.b, weight)


def _nobody_left(table: Table, partner: Ints, dice: np.random.Generator) -> Groups:
    """Settle those who are left among those who could help."""
    threesomes: Groups = []
    taken = np.zeros(table.size, bool)
    hopeless = np.zeros(table.size, bool)
    while True:
        left = np.flatnonzero((partner < 0) & ~taken & ~hopeless)[: AROUND // 8]
        if not len(left):
            break
        # Whom they could be paired with, or join; the partner comes along.
        help_ = table.scores(left[:, None], np.arange(table.size)[None, :])
        help_[:, taken | hopeless] = -1
        nearest = np.argsort(-help_, axis=1, kind="stable")[:, : AROUND // 2 // len(left)]
        able = np.take_along_axis(help_, nearest, axis=1) >= 0
        around = _with_partners(np.union1d(left, nearest[able]), partner)
        groups = _few(table, around, dice)
        partner[around] = -1
        for group in groups:
            if len(group) == 3:
                threesomes.append(group)
                taken[list(group)] = True
            else:
                partner[group[0]], partner[group[1]] = group[1], group[0]
        still = np.setdiff1d(around, np.flatnonzero(taken))
        hopeless[still[partner[still] < 0]] = True
    one = np.flatnonzero(partner > np.arange(table.size))
    pairs = list(zip(one.tolist(), partner[one].tolist(), strict=True))
    return [*pairs, *threesomes]


def _why(table: Table, one: int) -> str:
    everyone = np.arange(table.size)
    mine = np.full(table.size, one)
    if (table.scores(mine, everyone) >= 0).any():
        return ODD
    return MET_LATELY if table.met_lately(one) else NOBODY_FITS
