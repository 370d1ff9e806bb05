"""Who is in a round, as the matching wants to know them: wishes, and where roles put them now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.bounds import Standing
from bot.zones import ZoneGone
from cogs.pairing.course import Tell
from cogs.pairing.matching.rounds import Past
from cogs.pairing.matching.rounds import Round as Asked
from cogs.pairing.matching.scoring import Peer
from cogs.pairing.model import Introduction, Member, Met, Plan, Round
from cogs.pairing.wishes import HOURS_A_WEEK, free_hours


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a draw is made from, but for the roles, which nobody stores.

    `again` is a second look within a round, for those who are without a peer in it. `forbidden` has
    the smaller id first.
    """

    round: Round
    plan: Plan
    members: tuple[Member, ...]
    forbidden: frozenset[tuple[int, int]]
    met: tuple[Met, ...]
    pending: tuple[Introduction, ...]
    taken_at: datetime
    again: bool = False


def peer(member: Member, standing: Standing, topics: Collection[str], now: datetime) -> Peer:
    """Make a peer of a member. Topics that the server offers no more are left out."""
    wishes = member.wishes
    try:
        hours = free_hours(wishes.hours, member.zone, now)
    except ZoneGone:
        # When they are free can no longer be told; that keeps them from nobody.
        hours = frozenset(range(HOURS_A_WEEK))
    return Peer(
        id=member.user_id,
        languages=wishes.languages,
        topics=wishes.topics.intersection(topics),
        avoid=wishes.avoid.intersection(topics),
        role=wishes.role.value,
        hours=hours,
        threesome=wishes.threesome,
        circles=standing.circles,
        adult=standing.adult,
        newcomer=member.last_round is None,
        waited=member.waited,
        odd=member.odd,
    )


def asked(
    snapshot: Snapshot, standings: Mapping[int, Standing | None], topics: Collection[str]
) -> tuple[Asked, dict[int, Tell]]:
    """Give what is to be drawn, and who cannot be drawn and why.

    A member without a standing could not be read: they are brought together with nobody.
    """
    peers: list[Peer] = []
    waiting: dict[int, Tell] = {}
    for member in snapshot.members:
        standing = standings.get(member.user_id)
        if standing is None:
            waiting[member.user_id] = Tell.UNREADABLE
        elif not standing.admitted:
            waiting[member.user_id] = Tell.ROLES
        else:
            peers.append(peer(member, standing, topics, snapshot.taken_at))
    number = snapshot.round.number
    past = [
        Past(one.first, one.second, max(number - one.round_number, 1)) for one in snapshot.met
    ] + [
        Past(first, second, 1)
        for one in snapshot.pending
        for first, second in _pairs([place.user_id for place in one.places])
    ]
    # A second look is another draw: the same seed would only repeat what the first one ended with.
    seed = snapshot.round.seed ^ int(snapshot.again)
    return Asked(tuple(peers), snapshot.forbidden, tuple(past), seed), waiting


def _pairs(people: Sequence[int]) -> list[tuple[int, int]]:
    return [(one, other) for one in people for other in people if one < other]
