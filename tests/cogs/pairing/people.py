"""People and rounds to draw, any of them, and a judge who knows the readable rules only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from random import Random

from hypothesis import strategies as st

from cogs.pairing.matching.rounds import Past, Round
from cogs.pairing.matching.scoring import NEVER, Peer, score

Group = tuple[int, ...]


def peer(
    number: int,
    *,
    languages: tuple[str, ...] = ("en",),
    topics: Iterable[str] = (),
    avoid: Iterable[str] = (),
    role: str = "either",
    hours: Iterable[int] = (),
    threesome: bool = True,
    circles: Iterable[str] = (),
    adult: bool = True,
    newcomer: bool = False,
    waited: int = 0,
    odd: int = 0,
) -> Peer:
    """Someone with no wishes but those named."""
    return Peer(
        number,
        languages,
        frozenset(topics),
        frozenset(avoid),
        role,
        frozenset(hours),
        threesome,
        frozenset(circles),
        adult,
        newcomer,
        waited,
        odd,
    )


def rounds(least: int = 0, most: int = 12) -> st.SearchStrategy[Round]:
    """Any round: any graph of blocks, circles, languages, avoided topics and meetings."""
    return st.builds(made_up, st.integers(least, most), st.integers(0, 2**63))


def made_up(size: int, seed: int) -> Round:
    """Make up a round by dice: much faster than to have each wish drawn by hypothesis."""
    dice = Random(seed)  # noqa: S311 - no secret
    topics = ("art", "games", "music", "walks")
    peers = tuple(
        peer(
            number * 3 + 1,
            languages=dice.choice([("en",), ("en",), ("es",), ("en", "es"), ("es", "en")]),
            topics=dice.sample(topics, dice.randrange(4)),
            avoid=dice.choice([(), (), ("art",)]),
            role=dice.choice(["listen", "talk", "either"]),
            hours=dice.sample([0, 1, 63, 64, 100, 167], dice.randrange(6)),
            threesome=dice.random() < 0.7,
            circles=dice.choice(["", "", "a", "ab"]),
            adult=dice.random() < 0.8,
            newcomer=dice.random() < 0.5,
            waited=dice.choice([0, 0, 0, 1, 2]),
            odd=dice.randrange(4),
        )
        for number in range(size)
    )
    ids = [one.id for one in peers] + [999]
    forbidden = frozenset((dice.choice(ids), dice.choice(ids)) for _ in range(dice.randrange(9)))
    met = [(dice.choice(ids), dice.choice(ids)) for _ in range(dice.randrange(4 * size + 1))]
    past = tuple(Past(a, b, dice.choice([1, 3, 4, 30, 50, 90])) for a, b in met)
    return Round(peers, forbidden, past, seed)


class Judge:
    """What may be and how good it is, one pair at a time."""

    def __init__(self, asked: Round) -> None:
        self.asked = asked
        self.peers = {one.id: one for one in asked.peers}
        self.ago: dict[frozenset[int], int] = {}
        for met in asked.past:
            pair = frozenset((met.a, met.b))
            self.ago[pair] = min(met.rounds_ago, self.ago.get(pair, met.rounds_ago))

    @classmethod
    def of(cls, peers: Sequence[Peer], *, past: tuple[Past, ...] = (), seed: int = 1) -> Judge:
        """Judge a round without blocks."""
        return cls(Round(tuple(peers), frozenset(), past, seed))

    def score(self, a: Peer, b: Peer) -> int:
        """Score two of the round."""
        if {(a.id, b.id), (b.id, a.id)} & self.asked.forbidden:
            return NEVER
        return score(a, b, self.ago.get(frozenset((a.id, b.id))), self.asked.window)

    def scores(self, group: Group) -> list[int]:
        """Scores of the pairs of a group."""
        return [self.score(self.peers[a], self.peers[b]) for a, b in combinations(group, 2)]

    def may_be(self, group: Group) -> bool:
        """Whether a group breaks no rule."""
        fine = len(group) == 2 or all(self.peers[one].threesome for one in group)
        return fine and min(self.scores(group)) >= 0

    def value(self, groups: Sequence[Group]) -> tuple[int, int, int]:
        """How many are in a group, and of those who waited, and how few repeats: more is better."""
        told = [points for group in groups for points in self.scores(group)]
        waited = sum(self.peers[one].waited for group in groups for one in group)
        return sum(map(len, groups)), waited, -told.count(0)

    def best(self) -> tuple[int, int, int]:
        """Try every way to make pairs and threesomes; the best value of all."""
        ids = sorted(self.peers)
        groups = [
            group for size in (2, 3) for group in combinations(ids, size) if self.may_be(group)
        ]
        known: dict[frozenset[int], tuple[int, int, int]] = {}

        def of(free: frozenset[int]) -> tuple[int, int, int]:
            if not free:
                return 0, 0, 0
            if free not in known:
                first = min(free)
                best = of(free - {first})
                for group in groups:
                    if group[0] == first and free.issuperset(group):
                        rest, mine = of(free.difference(group)), self.value([group])
                        best = max(best, (rest[0] + mine[0], rest[1] + mine[1], rest[2] + mine[2]))
                known[free] = best
            return known[free]

        return of(frozenset(ids))
