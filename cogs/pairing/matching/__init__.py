"""Matching: who meets whom in a round. Pure, seeded and replayable.

All that a draw depends on is in its `Round`, so the same one always gives the same `Drawn`, and a
complaint can be checked. Nothing here knows Discord, the store, the clock or chance of its own.

- `scoring`: who may meet, and how well two people go together;
- `rounds`: what is known when a round is drawn, what comes of it, and both as JSON;
- `candidates`: the same scores with arrays, and whom each person would go well with;
- `offers`: settles the pairs that are clear;
- `blossom`: Edmonds' algorithm, which finds the best pairs of all;
- `threesomes`: finds a place for whoever is left;
- `drawing`: puts these together, and says what counts before what.

`python -m cogs.pairing.matching` draws in a process of its own: it holds the interpreter for as
long as it takes, so the process that serves people never does it. That process knows `scoring` and
`rounds` alone, which lean on the standard library only.
"""

from __future__ import annotations

from cogs.pairing.matching.rounds import (
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
from cogs.pairing.matching.scoring import Common, Peer, in_common, may_meet, score

__all__ = [
    "MET_LATELY",
    "NOBODY_FITS",
    "ODD",
    "Common",
    "Drawn",
    "Past",
    "Peer",
    "Round",
    "RoundError",
    "draw",
    "drawn_from_json",
    "drawn_to_json",
    "in_common",
    "may_meet",
    "round_from_json",
    "round_to_json",
    "score",
]


def draw(asked: Round) -> Drawn:
    """Draw a round. Equal rounds give equal results, whatever the order in which they are told."""
    # Loaded only where a round is drawn: the arrays and the algorithm take memory and time.
    from cogs.pairing.matching import drawing

    return drawing.draw(asked)
