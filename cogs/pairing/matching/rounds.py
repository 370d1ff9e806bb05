"""What is known when a round is drawn, and what comes of it; both as JSON.

A round is drawn in a process of its own, so both cross a pipe: as JSON, which can do nothing but be
read. Everything that a draw depends on is in its `Round`, so the same one always gives the same
`Drawn`, and a complaint can be checked. This module leans on the standard library only.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

from cogs.pairing.matching.scoring import HOURS_A_WEEK, ROLES, WINDOW, Peer

ODD = "odd"
"""Waits because the others came out even; would fit somebody."""
NOBODY_FITS = "nobody_fits"
"""No one in this round may meet them."""
MET_LATELY = "met_lately"
"""All who may meet them met them in the last rounds."""


@dataclass(frozen=True, slots=True)
class Past:
    """When two met: so many rounds ago, 1 for the last round."""

    a: int
    b: int
    rounds_ago: int


@dataclass(frozen=True, slots=True)
class Round:
    """All that a draw depends on.

    `forbidden` holds blocks and keep-apart by id, in either order. Those that name someone who is
    not in this round mean nothing. `window` is for how many rounds nobody should meet again.
    """

    peers: tuple[Peer, ...]
    forbidden: frozenset[tuple[int, int]]
    past: tuple[Past, ...]
    seed: int
    window: int = WINDOW


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pairs and threesomes by id, and who waits and why: everyone of the round exactly once."""

    groups: tuple[tuple[int, ...], ...]
    waiting: tuple[tuple[int, str], ...]


class RoundError(ValueError):
    """What was read is no round; its text is one line and names no one."""


def round_to_json(asked: Round) -> str:
    """Write a round down; equal rounds give equal text."""
    # Person by person: one call for ten thousand of them would hold the interpreter for as long as
    # it takes, and with it everybody whom the bot serves.
    peers = ",".join(_dumps(_peer_to_json(peer)) for peer in asked.peers)
    forbidden = ",".join(f"[{a},{b}]" for a, b in sorted(asked.forbidden))
    past = ",".join(f"[{met.a},{met.b},{met.rounds_ago}]" for met in asked.past)
    return (
        f'{{"peers":[{peers}],"forbidden":[{forbidden}],"past":[{past}],'
        f'"seed":{asked.seed:d},"window":{asked.window:d}}}'
    )


def _dumps(told: dict[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _peer_to_json(peer: Peer) -> dict[str, Any]:
    return {
        "id": peer.id,
        "languages": list(peer.languages),
        "topics": sorted(peer.topics),
        "avoid": sorted(peer.avoid),
        "role": peer.role,
        "hours": sorted(peer.hours),
        "threesome": peer.threesome,
        "circles": sorted(peer.circles),
        "adult": peer.adult,
        "newcomer": peer.newcomer,
        "waited": peer.waited,
        "odd": peer.odd,
    }


def round_from_json(text: str) -> Round:
    """Read what `round_to_json` wrote; raises RoundError for anything else."""
    told = _read(text)
    peers = tuple(_peer(row) for row in _list(told, "peers"))
    twice = [one for one, times in Counter(peer.id for peer in peers).items() if times > 1]
    if twice:
        raise RoundError("someone is in the round twice")
    forbidden = frozenset((a, b) for a, b in (_numbers(row, 2) for row in _list(told, "forbidden")))
    past = tuple(Past(*_numbers(row, 3)) for row in _list(told, "past"))
    if any(met.rounds_ago < 1 for met in past):
        raise RoundError("past: the last round is 1 round ago")
    window = _number(told, "window")
    if window < 0:
        raise RoundError("window: at least 0")
    return Round(peers, forbidden, past, _number(told, "seed"), window)


def drawn_to_json(drawn: Drawn) -> str:
    """Write down what came of a round."""
    return json.dumps(
        {"groups": [list(group) for group in drawn.groups], "waiting": list(drawn.waiting)},
        separators=(",", ":"),
    )


def drawn_from_json(text: str) -> Drawn:
    """Read what `drawn_to_json` wrote; raises RoundError for anything else."""
    told = _read(text)
    groups = tuple(_numbers(row) for row in _list(told, "groups"))
    if not all(len(group) in (2, 3) for group in groups):
        raise RoundError("groups: two or three people each")
    waiting: list[tuple[int, str]] = []
    for row in _list(told, "waiting"):
        match row:
            case [int(one), str(reason)]:
                waiting.append((one, reason))
            case _:
                raise RoundError("waiting: an id and a reason each")
    return Drawn(groups, tuple(waiting))


def _read(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        raise RoundError("not JSON") from None
    if not isinstance(told, dict):
        raise RoundError("not an object")
    return cast("dict[str, Any]", told)


def _peer(row: Any) -> Peer:
    if not isinstance(row, dict):
        raise RoundError("peers: an object each")
    told = cast("dict[str, Any]", row)
    languages = _words(told, "languages")
    if not languages:
        raise RoundError("languages: at least one")
    role = told.get("role")
    if role not in ROLES:
        raise RoundError(f"role: one of {', '.join(ROLES)}")
    hours = _numbers(_list(told, "hours"))
    if not all(0 <= hour < HOURS_A_WEEK for hour in hours):
        raise RoundError("hours: 0 to 167")
    return Peer(
        id=_number(told, "id"),
        languages=languages,
        topics=frozenset(_words(told, "topics")),
        avoid=frozenset(_words(told, "avoid")),
        role=role,
        hours=frozenset(hours),
        threesome=_flag(told, "threesome"),
        circles=frozenset(_words(told, "circles")),
        adult=_flag(told, "adult"),
        newcomer=_flag(told, "newcomer"),
        waited=_number(told, "waited"),
        odd=_number(told, "odd"),
    )


def _list(told: dict[str, Any], name: str) -> list[Any]:
    found = told.get(name)
    if not isinstance(found, list):
        raise RoundError(f"{name}: a list")
    return cast("list[Any]", found)


def _words(told: dict[str, Any], name: str) -> tuple[str, ...]:
    found = _list(told, name)
    if not all(isinstance(word, str) for word in found):
        raise RoundError(f"{name}: words")
    return tuple(found)


def _numbers(row: Any, count: int | None = None) -> tuple[int, ...]:
    if not isinstance(row, list):
        raise RoundError("a list of whole numbers was expected")
    found = cast("list[Any]", row)
    if (count is not None and len(found) != count) or not all(type(one) is int for one in found):
        raise RoundError("a list of whole numbers was expected")
    return tuple(found)


def _number(told: dict[str, Any], name: str) -> int:
    found = told.get(name)
    if type(found) is not int:
        raise RoundError(f"{name}: a whole number")
    return found


def _flag(told: dict[str, Any], name: str) -> bool:
    found = told.get(name)
    if not isinstance(found, bool):
        raise RoundError(f"{name}: true or false")
    return found
