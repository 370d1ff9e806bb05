"""Draws a round: who meets whom (first version: exact pairs, then the best threesome)."""

from __future__ import annotations

import numpy as np
import rustworkx as rx

from cogs.pairing.candidates import Table
from cogs.pairing.rounds import (
    MET_LATELY,
    NOBODY_FITS,
    ODD,
    Drawn,
    Past,
    Round,
    RoundError,
    drawn_from_json,
    drawn_to_json,
    round_from_json,
    round_to_json,
)
from cogs.pairing.scoring import Common, Peer, in_common, may_meet, score

__all__ = [
    "MET_LATELY",
    "NOBODY_FITS",
    "ODD",
    "RoundError",
    "Common",
    "Drawn",
    "Past",
    "Peer",
    "Round",
    "draw",
    "drawn_from_json",
    "drawn_to_json",
    "in_common",
    "may_meet",
    "round_from_json",
    "round_to_json",
    "score",
]

SEAT, REPEAT = 10_000_000, 10_000


def draw(asked: Round) -> Drawn:
    """Draw a round."""
    table = Table(asked)
    everyone = np.arange(table.size)
    scores = table.scores(everyone[:, None], everyone[None, :]).astype(np.int64)
    a, b = np.nonzero(np.triu(scores >= 0))
    first = 1 + (table.waited > 0)
    weight = scores[a, b] + SEAT * (first[a] + first[b]) - np.where(scores[a, b] == 0, REPEAT, 0)
    graph: rx.PyGraph[int | None, int] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(table.size))
    graph.add_edges_from(list(zip(a.tolist(), b.tolist(), weight.tolist(), strict=True)))
    matched = rx.max_weight_matching(graph, weight_fn=int)
    groups = [tuple(sorted(pair)) for pair in matched]
    left = sorted(set(range(table.size)) - {one for pair in groups for one in pair})
    waiting: list[tuple[int, str]] = []
    for one in sorted(left, key=lambda one: -table.waited[one]):
        best = None
        for at, group in enumerate(groups):
            trio = [*group, one]
            if len(trio) > 3 or not table.threesome[trio].all():
                continue
            told = [int(scores[x, y]) for x, y in ((group[0], one), (group[1], one))]
            if min(told) < 0:
                continue
            value = (-told.count(0), -int(table.odd[trio].sum()), sum(told), -at)
            best = max(best, value) if best else value
        if best is not None:
            at = -best[-1]
            groups[at] = tuple(sorted((*groups[at], one)))
        else:
            reason = ODD if (scores[one] >= 0).any() else NOBODY_FITS
            if reason == NOBODY_FITS and _could(table, asked, one):
                reason = MET_LATELY
            waiting.append((table.peers[one].id, reason))
    named = sorted(tuple(table.peers[one].id for one in group) for group in groups)
    return Drawn(tuple(named), tuple(sorted(waiting)))


def _could(table: Table, asked: Round, one: int) -> bool:
    mine = table.peers[one]
    return any(
        may_meet(mine, peer)
        and (mine.id, peer.id) not in asked.forbidden
        and (peer.id, mine.id) not in asked.forbidden
        for peer in table.peers
    )
