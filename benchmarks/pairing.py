"""How good the pairs are that a round makes, and what they cost, beside what other bots do.

`python -m benchmarks.pairing CASE.json [--json]` draws one case of the schema `pairing-bench/1`,
each engine in a process of its own: ours, shuffle (the usual bot), greedy (a random order, somebody
new if there is one: the better bots) and networkx (its blossom algorithm over all pairs, with
`--networkx` also where that takes minutes). `CASE.ub.json` beside the case, if there, holds an
upper bound as `ub`. `--generate N` draws a made-up community of N instead.

`--fifty` plays fifty rounds of 100 and of 101 members; `--everyone` plays rounds among people who
all fit each other until somebody meets again; `--exact` compares communities of 21 to 60 with an
integer programme over all pairs and threesomes; `--hundred` compares 100 members with the same,
scores included; `--probe` plays whole rounds of 5,000 and of 10,000 in the bot's own services and
says how long anybody would have waited meanwhile (`benchmarks/rounds.py`).

A case's own words are put into ours here and nowhere else: bands of age and wishes about gender
become circles, and the last three rounds are never repeated, whatever the case's rules say.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cogs.pairing.matching import (
    Past,
    Peer,
    Round,
    draw,
    may_meet,
    score,
)

Figures = dict[str, Any]
Groups = Sequence[Sequence[int]]
Engine = Callable[[Round], Groups]

NETWORKX_UP_TO = 300
"""Members; more take it over a minute."""

AGAIN = 9
"""Draws after the first of a small case, which loads what it needs: that is most of its time."""

PEERS_UP_TO = 20_000
"""Members; the greedy ones look at all pairs."""

# --- Cases ----------------------------------------------------------------------------------------

_ROLES = {"listener": "listen", "sharer": "talk", "either": "either"}


def read_case(case: dict[str, Any]) -> Round:
    """Put a case of `pairing-bench/1` into our words."""
    now, rules = case["round"], case["rules"]
    last: dict[tuple[int, int], int] = {}
    odd: Counter[int] = Counter()
    for held in case["history"]:
        for group in held["groups"]:
            for pair in pairs_of(group):
                last[pair] = max(last.get(pair, 0), held["round"])
            if len(group) == 3 and now - held["round"] <= rules["repeat_window"]:
                odd.update(group)
    return Round(
        tuple(_member(row, odd[row["id"]], threesome=rules["trio"]) for row in case["members"]),
        frozenset((a, b) for a, b in case["blocks"] + case["keep_apart"]),
        tuple(Past(a, b, now - met) for (a, b), met in sorted(last.items())),
        case["seed"],
        rules["repeat_window"],
    )


def _member(row: dict[str, Any], odd: int, *, threesome: bool) -> Peer:
    # Whoever does not mind is in the circle of all as well.
    circles = {f"{row['age_band']} {row['gender']}"}
    if not row["same_gender_only"]:
        circles.add(f"{row['age_band']} all")
    return Peer(
        id=row["id"],
        languages=tuple(row["langs"]),
        topics=frozenset(row["topics"]),
        avoid=frozenset(row["avoid_topics"]),
        role=_ROLES[row["role"]],
        hours=frozenset(hour for hour in range(24) if row["avail_utc"] >> hour & 1),
        threesome=threesome,
        circles=frozenset(circles),
        adult=row["age_band"] == "adult",
        newcomer=row["newcomer"],
        waited=row.get("waited", 0),
        odd=odd,
    )


def community(
    size: int, seed: int, *, open_to_all: bool = False, topics: int = 24, threesomes: float = 1.0
) -> Round:
    """Make up a community. Where it is open to all, nearly everybody may meet everybody."""
    dice = random.Random(seed)
    others = ("es", "de", "fr", "pt", "ja", "ko", "hi", "ar")
    names = [f"topic-{number:02}" for number in range(topics)]
    popular = [1 / (at + 2) for at in range(topics)]
    peers: list[Peer] = []
    for number in range(size):
        zone = dice.choice((-8, -7, -6, -5, -5, 0, 1, 1, 2, 5, 9))
        start, length = dice.randrange(8, 22), dice.randrange(2, 6)
        days = dice.sample(range(7), dice.randrange(1, 5))
        hours = {(24 * day + start + hour - zone) % 168 for day in days for hour in range(length)}
        wanted = set(dice.choices(names, popular, k=dice.randrange(1, 6)))
        spoken = ["en"]
        if dice.random() < 0.25:
            spoken.insert(dice.randrange(2), dice.choice(others))
        if not open_to_all and dice.random() < 0.06:
            spoken = [dice.choice(others)]
        avoided = (
            {dice.choice(names)} if dice.random() < (0.03 if open_to_all else 0.15) else set[str]()
        )
        adult = open_to_all or dice.random() < 0.85
        peers.append(
            Peer(
                id=1_000_000 + 7 * number,
                languages=tuple(spoken),
                topics=frozenset(wanted),
                avoid=frozenset(avoided - wanted),
                role=dice.choices(("listen", "talk", "either"), (3, 4, 3))[0],
                hours=frozenset(hours),
                threesome=dice.random() < threesomes,
                circles=frozenset({"adults" if adult else "young"}),
                adult=adult,
                newcomer=dice.random() < 0.2,
                waited=0,
                odd=0,
            )
        )
    ids = [peer.id for peer in peers]
    blocks = [dice.sample(ids, 2) for _ in range(size // 10)]
    return Round(tuple(peers), frozenset((a, b) for a, b in blocks), (), seed)


def alike(size: int) -> Round:
    """Make people who all fit each other equally well."""
    none: frozenset[str] = frozenset()
    peers = tuple(
        Peer(
            id=number + 1,
            languages=("en",),
            topics=none,
            avoid=none,
            role="either",
            hours=frozenset(),
            threesome=True,
            circles=none,
            adult=True,
            newcomer=False,
            waited=0,
            odd=0,
        )
        for number in range(size)
    )
    return Round(peers, frozenset(), (), 1)


# --- Engines --------------------------------------------------------------------------------------


def pairs_of(group: Iterable[int]) -> Iterator[tuple[int, int]]:
    members = sorted(group)
    return ((a, b) for at, b in enumerate(members) for a in members[:at])


def ours(asked: Round) -> Groups:
    return draw(asked).groups


def shuffle(asked: Round) -> Groups:
    """A random order, cut into pairs: what most bots do."""
    dice = random.Random(asked.seed)
    ids = [peer.id for peer in asked.peers]
    dice.shuffle(ids)
    return _cut(ids)


def _cut(ids: list[int]) -> list[list[int]]:
    groups = [ids[at : at + 2] for at in range(0, len(ids), 2)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2] += groups.pop()
    return [group for group in groups if len(group) > 1]


def greedy(asked: Round) -> Groups:
    """In a random order, somebody new who is allowed; else whom they met longest ago."""
    return _greedy(asked, best=False)


def greedy_best(asked: Round) -> Groups:
    """In a random order, the best of the new ones; no bot that we know of does as much."""
    return _greedy(asked, best=True)


def _greedy(asked: Round, *, best: bool) -> Groups:
    dice = random.Random(asked.seed)
    rules = Rules(asked)
    free = list(asked.peers)
    dice.shuffle(free)
    groups: list[list[int]] = []
    while free:
        one = free.pop()
        choice: tuple[tuple[float, float], Peer] | None = None
        for other in free:
            points = rules.score(one, other)
            if points < 0:
                continue
            ago = rules.ago.get(key(one.id, other.id), math.inf)
            value = (ago, points if best else dice.random())
            choice = max(choice, (value, other), key=lambda at: at[0]) if choice else (value, other)
        if choice:
            free.remove(choice[1])
            groups.append([one.id, choice[1].id])
        else:
            _third(rules, one, groups)
    return groups


def _third(rules: Rules, one: Peer, groups: list[list[int]]) -> None:
    for group in groups:
        trio = [one, *(rules.peers[other] for other in group)]
        fine = all(peer.threesome for peer in trio)
        if len(trio) == 3 and fine and all(rules.score(one, other) >= 0 for other in trio[1:]):
            group.append(one.id)
            return


def networkx_blossom(asked: Round) -> Groups:
    """As many pairs as can be, of the greatest score, by networkx over all pairs."""
    import networkx as library  # noqa: ICN001 - its types are unknown, so it is cast

    nx = cast("Any", library)
    rules = Rules(asked)
    graph: Any = nx.Graph()
    for at, one in enumerate(asked.peers):
        for other in asked.peers[:at]:
            points = rules.score(one, other)
            if points >= 0:
                graph.add_edge(one.id, other.id, weight=points)
    made = nx.max_weight_matching(graph, maxcardinality=True)
    groups = [list(pair) for pair in made]
    paired = {one for group in groups for one in group}
    for one in asked.peers:
        if one.id not in paired:
            _third(rules, one, groups)
    return groups


ENGINES: dict[str, Engine] = {
    "alongside": ours,
    "shuffle": shuffle,
    "greedy": greedy,
    "greedy_best": greedy_best,
    "networkx": networkx_blossom,
}
BESIDE = ("shuffle", "greedy", "greedy_best", "networkx")

# --- Judging --------------------------------------------------------------------------------------


def key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


class Rules:
    """What may be, and how good it is, from the readable rules alone: no array is asked."""

    def __init__(self, asked: Round) -> None:
        self.asked = asked
        self.peers = {peer.id: peer for peer in asked.peers}
        self.forbidden = {key(a, b) for a, b in asked.forbidden}
        self.ago: dict[tuple[int, int], int] = {}
        for met in asked.past:
            pair = key(met.a, met.b)
            self.ago[pair] = min(met.rounds_ago, self.ago.get(pair, met.rounds_ago))

    def score(self, a: Peer, b: Peer) -> int:
        pair = key(a.id, b.id)
        if pair in self.forbidden:
            return -1
        return score(a, b, self.ago.get(pair), self.asked.window)


def judge(asked: Round, groups: Groups, bound: float | None = None) -> Figures:
    """Count what is wrong with groups, and how good they are."""
    rules = Rules(asked)
    broken: Counter[str] = Counter()
    seen: Counter[int] = Counter(one for group in groups for one in group)
    broken["twice or unknown"] = sum(
        times > 1 or one not in rules.peers for one, times in seen.items()
    )
    happy: Counter[int] = Counter()
    repeats = 0
    for group in groups:
        members = [rules.peers[one] for one in group]
        if len(members) == 3 and not all(peer.threesome for peer in members):
            broken["threesome"] += 1
        if len(members) not in (2, 3):
            broken["size"] += 1
        for a, b in pairs_of(group):
            points = rules.score(rules.peers[a], rules.peers[b])
            if points < 0:
                broken[_why(rules, a, b)] += 1
            repeats += points == 0
            for one in (a, b):
                happy[one] += max(points, 0) / (len(group) - 1)  # pyright: ignore[reportArgumentType]
    left = [peer for peer in asked.peers if peer.id not in seen]
    figures: Figures = {
        "pairs": sum(len(group) == 2 for group in groups),
        "threesomes": sum(len(group) == 3 for group in groups),
        "left_out": len(left),
        "left_out_though_somebody_fits": sum(_fits_somebody(rules, peer) for peer in left),
        "left_out_again": sum(_fits_somebody(rules, peer) for peer in left if peer.waited),
        "violations": sum(broken.values()),
        "broken": {name: count for name, count in broken.items() if count},
        "repeats": repeats,
        "score": sum(happy.values()) / 2,
        "mean": sum(happy.values()) / max(len(seen), 1),
        "worst": min((happy[one] for one in seen), default=0),
    }
    if bound:
        figures["gap_percent"] = 100 * (1 - figures["score"] / bound)
    return figures


def _why(rules: Rules, a: int, b: int) -> str:
    if key(a, b) in rules.forbidden:
        return "blocked"
    return "met lately" if may_meet(rules.peers[a], rules.peers[b]) else "must not meet"


def _fits_somebody(rules: Rules, peer: Peer) -> bool:
    return any(rules.score(peer, other) >= 0 for other in rules.asked.peers)


# --- One round ------------------------------------------------------------------------------------


def load(name: str) -> tuple[Round, float | None]:
    """Read a case and the bound beside it, or make up a community where `name` is a number."""
    if name.isdigit():
        return community(int(name), 1), None
    path = Path(name)
    bound = path.with_suffix(".ub.json")
    told: Figures = json.loads(bound.read_text("utf-8")) if bound.exists() else {}
    return read_case(json.loads(path.read_text("utf-8"))), told.get("ub")


def run_alone(name: str, engine: str) -> Figures:
    """Draw once, in this process, and say what it took above what the case takes."""
    asked, _ = load(name)
    before = _peak_mb(reset=True)
    start = time.process_time()
    groups = ENGINES[engine](asked)
    seconds = time.process_time() - start
    memory = _peak_mb() - before
    again: list[float] = []
    for _ in range(AGAIN if len(asked.peers) <= NETWORKX_UP_TO else 0):
        start = time.process_time()
        ENGINES[engine](asked)
        again.append(time.process_time() - start)
    return {
        "groups": [list(group) for group in groups],
        "cpu_s": seconds,
        **({"again_cpu_s": statistics.median(again)} if again else {}),
        "memory_mb": memory,
    }


def _peak_mb(*, reset: bool = False) -> float:
    if reset:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def one_round(name: str, *, asked_networkx: bool = False) -> Figures:
    """Draw a case with every engine, each in a process of its own."""
    asked, bound = load(name)
    found: Figures = {
        "case": Path(name).name,
        "members": len(asked.peers),
        "left_out_of_this": {},
    }
    for engine in ("alongside", *BESIDE):
        why = _why_left_out(engine, len(asked.peers), asked_networkx)
        if why:
            found["left_out_of_this"][engine] = why
            continue
        line = [sys.executable, "-m", "benchmarks.pairing", name, "--engine", engine]
        ran = subprocess.run(line, capture_output=True, check=True)  # noqa: S603 - our own
        told = json.loads(ran.stdout)
        groups = told.pop("groups")
        figures = told | judge(asked, groups, bound)
        if engine == "alongside":
            found |= {"groups": groups} | figures
            found["beside"] = {}
        else:
            found["beside"][engine] = figures
    return found


def _why_left_out(engine: str, members: int, asked_networkx: bool) -> str:
    if engine == "networkx" and members > NETWORKX_UP_TO and not asked_networkx:
        return f"takes minutes beyond {NETWORKX_UP_TO} members; --networkx runs it all the same"
    if engine not in {"alongside", "shuffle"} and members > PEERS_UP_TO:
        return f"takes long beyond {PEERS_UP_TO} members"
    return ""


# --- Many rounds ----------------------------------------------------------------------------------


class Play:
    """Rounds one after the other among the same people."""

    def __init__(self, start: Round, engine: Engine) -> None:
        self.start, self.engine, self.number = start, engine, 0
        self.met: dict[tuple[int, int], int] = {}
        self.partners: dict[int, set[int]] = {peer.id: set() for peer in start.peers}
        self.threesomes: Counter[int] = Counter()
        self.odd: list[set[int]] = []
        self.waited: Counter[int] = Counter()

    def next_round(self) -> tuple[Round, Figures]:
        lately = Counter(one for odd in self.odd[-self.start.window :] for one in odd)
        asked = replace(
            self.start,
            peers=tuple(
                replace(peer, waited=self.waited[peer.id], odd=lately[peer.id])
                for peer in self.start.peers
            ),
            past=tuple(Past(a, b, self.number - at) for (a, b), at in self.met.items()),
            seed=self.start.seed * 1_000 + self.number,
        )
        groups = self.engine(asked)
        figures = judge(asked, groups)
        seen = {one for group in groups for one in group}
        odd = {peer.id for peer in asked.peers} - seen
        self.waited = Counter({one: self.waited[one] + 1 for one in odd})
        for group in groups:
            if len(group) == 3:
                self.threesomes.update(group)
                odd.update(group)
            for a, b in pairs_of(group):
                self.met[a, b] = self.number
                self.partners[a].add(b)
                self.partners[b].add(a)
        self.odd.append(odd)
        self.number += 1
        return asked, figures


def fifty(rounds: int = 50, seeds: Sequence[int] = (1, 2, 3)) -> list[Figures]:
    """Rounds of 100 and of 101 members, nobody to meet again within fifty."""
    found: list[Figures] = []
    for size in (100, 101):
        for seed in seeds:
            row: Figures = {"members": size, "seed": seed}
            for name in ("alongside", "shuffle", "greedy", "greedy_best"):
                play = Play(community(size, seed, open_to_all=True), ENGINES[name])
                start = time.process_time()
                told = [play.next_round()[1] for _ in range(rounds)]
                row[name] = {
                    "cpu_s_a_round": (time.process_time() - start) / rounds,
                    "violations": sum(one["violations"] for one in told),
                    "repeats": sum(one["repeats"] for one in told),
                    "left_out": sum(one["left_out_though_somebody_fits"] for one in told),
                    "left_out_again": sum(one["left_out_again"] for one in told),
                    "fewest_partners": min(map(len, play.partners.values())),
                    "most_threesomes": max(play.threesomes.values(), default=0),
                    "mean": statistics.mean(one["mean"] for one in told),
                }
            mean = row["alongside"]["mean"]
            row["ratio_to_greedy"] = mean / row["greedy"]["mean"]
            row["ratio_to_greedy_best"] = mean / row["greedy_best"]["mean"]
            found.append(row)
    return found


def everyone(sizes: Sequence[int] = tuple(range(20, 101, 2))) -> list[Figures]:
    """Rounds until somebody meets again or is left out, where everyone fits everyone."""
    found: list[Figures] = []
    for size in sizes:
        varied = community(size, size, open_to_all=True)
        varied = replace(
            varied,
            peers=tuple(replace(peer, avoid=frozenset[str]()) for peer in varied.peers),
            forbidden=frozenset(),
        )
        row: Figures = {"members": size, "bound": size - 1}
        for name, start in (("alike", alike(size)), ("varied", varied)):
            play = Play(replace(start, window=10 * size), ours)
            rounds = 0
            while rounds < size:
                told = play.next_round()[1]
                if told["repeats"] or told["left_out"] or told["threesomes"]:
                    break
                rounds += 1
            row[name] = rounds
            row[f"{name}_share"] = rounds / (size - 1)
        found.append(row)
    return found


# --- Against an integer programme -----------------------------------------------------------------


def tight(seed: int) -> Round:
    """Make a community of 21 to 60 in which people run out of new partners."""
    dice = random.Random(seed)
    size = dice.randrange(21, 61)
    start = community(size, seed, threesomes=dice.choice((1.0, 0.7, 0.4)))
    start = replace(start, window=dice.choice((12, 50)))
    play = Play(start, ours)
    for _ in range(dice.choice((0, 6, 12, 20, 30))):
        play.next_round()
    asked, _ = play.next_round()
    dropped = {peer.id for peer in asked.peers if dice.random() < 0.15}
    peers = tuple(peer for peer in asked.peers if peer.id not in dropped)
    return replace(asked, peers=peers if len(peers) > 20 else asked.peers)


def programme(asked: Round, *, scores: bool = False, fair: int = 0) -> tuple[int, int, float]:
    """Solve a round exactly: those left out, repeats and, if asked for, twice the score.

    One variable for each pair and threesome that may be. Raises RuntimeError if it is not solved.
    """
    import numpy as np
    from scipy import optimize, sparse

    rules, peers = Rules(asked), asked.peers
    size = len(peers)
    points = [[rules.score(a, b) for b in peers] for a in peers]
    groups: list[tuple[int, ...]] = []
    for a in range(size):
        for b in range(a):
            if points[a][b] < 0:
                continue
            groups.append((a, b))
            if peers[a].threesome and peers[b].threesome:
                groups += [
                    (a, b, c)
                    for c in range(b)
                    if peers[c].threesome and points[a][c] >= 0 and points[b][c] >= 0
                ]
    if not groups:
        return size, 0, 0.0
    repeats = np.array([sum(points[a][b] == 0 for a, b in pairs_of(g)) for g in groups])
    worth = np.array(
        [
            sum(points[a][b] for a, b in pairs_of(g)) * 2 / (len(g) - 1)
            - (2 * fair * sum(peers[one].odd for one in g) if len(g) == 3 else 0)
            for g in groups
        ]
    )
    people = np.array([len(g) for g in groups])
    rows = np.concatenate([np.array(g) for g in groups])
    columns = np.repeat(np.arange(len(groups)), people)
    once = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (size, len(groups)))
    limits: list[Any] = [optimize.LinearConstraint(once, 0, 1)]

    def solve(cost: Any) -> Any:
        got: Any = cast("Any", optimize).milp(
            cost, constraints=limits, integrality=np.ones(len(groups)), bounds=(0, 1)
        )
        if got.status != 0:
            raise RuntimeError(got.message)
        return np.rint(got.x)

    chosen = solve(repeats - 2 * size * people)
    left, again = size - int(people @ chosen), int(repeats @ chosen)
    if not scores:
        return left, again, 0.0
    limits.append(optimize.LinearConstraint(people[None, :], size - left, size - left))
    limits.append(optimize.LinearConstraint(repeats[None, :], again, again))
    return left, again, float(worth @ solve(-worth))


def exact(count: int = 70) -> Figures:
    """Compare those left out and repeats with the integer programme's."""
    rows: list[Figures] = []
    for seed in range(1, count + 1):
        asked = tight(seed)
        start = time.process_time()
        told = judge(asked, ours(asked))
        spent = time.process_time() - start
        left, repeats, _ = programme(asked)
        rows.append(
            {
                "seed": seed,
                "members": len(asked.peers),
                "left_out": [told["left_out"], left],
                "repeats": [told["repeats"], repeats],
                "violations": told["violations"],
                "cpu_s": spent,
            }
        )
    return {
        "communities": len(rows),
        "violations": sum(row["violations"] for row in rows),
        "more_left_out": sum(row["left_out"][0] > row["left_out"][1] for row in rows),
        "optimal": sum(
            row["left_out"][0] == row["left_out"][1] and row["repeats"][0] == row["repeats"][1]
            for row in rows
        ),
        "with_repeats_or_left_out": sum(row["repeats"][1] + row["left_out"][1] > 0 for row in rows),
        "not_optimal": [row for row in rows if row["left_out"] + row["repeats"] != _theirs(row)],
        "slowest_cpu_s": max(row["cpu_s"] for row in rows),
    }


def _theirs(row: Figures) -> list[int]:
    return [row["left_out"][1]] * 2 + [row["repeats"][1]] * 2


# --- Telling --------------------------------------------------------------------------------------


def hundred(count: int = 10) -> list[Figures]:
    """Compare rounds of 100 with the integer programme, points and fairness included."""
    from cogs.pairing.matching.blossom import FAIR

    found: list[Figures] = []
    for seed in range(1, count + 1):
        play = Play(community(100, seed), ours)
        for _ in range(6):
            play.next_round()
        asked, _ = play.next_round()
        found.append(against_programme(asked, FAIR) | {"seed": seed})
    return found


def against_programme(asked: Round, fair: int) -> Figures:
    """Ours and the exact optimum of a round, and the CPU that ours took."""
    draw(asked)
    start = time.process_time()
    groups = ours(asked)
    spent = time.process_time() - start
    told = judge(asked, groups)
    odd = {peer.id: peer.odd for peer in asked.peers}
    worth = 2 * told["score"] - 2 * fair * sum(
        odd[one] for group in groups if len(group) == 3 for one in group
    )
    left, repeats, best = programme(asked, scores=True, fair=fair)
    return {
        "left_out": [told["left_out"], left],
        "repeats": [told["repeats"], repeats],
        "points": [worth / 2, best / 2],
        "gap_percent": 100 * (1 - worth / best),
        "cpu_ms": spent * 1000,
    }


def probe() -> list[Figures]:
    """What whole rounds cost the process that serves people."""
    # Loaded here only: the engines are measured in processes that know none of it.
    from benchmarks.rounds import SIZES, played

    return [played(size) for size in SIZES]


def table(found: Figures) -> str:
    """Lay one round out for a person."""
    names = ("cpu_s", "again_cpu_s", "memory_mb", "violations", "left_out", "repeats", "threesomes")
    names += ("mean", "worst", "gap_percent")
    lines = [f"{found['case']}: {found['members']} members"]
    lines.append(f"{'':<12}" + "".join(f"{name:>12}" for name in names))
    for engine, row in {"alongside": found, **found["beside"]}.items():
        cells = "".join(f"{row[name]:>12.3f}" if name in row else f"{'':>12}" for name in names)
        lines.append(f"{engine:<12}{cells}")
    lines += [f"{engine:<12}  not run: {why}" for engine, why in found["left_out_of_this"].items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the pairs of a round.")
    parser.add_argument("case", nargs="*", help="files of the schema pairing-bench/1")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--engine", choices=ENGINES, help="this one only, in this process")
    parser.add_argument("--networkx", action="store_true", help="even where it takes minutes")
    parser.add_argument("--generate", type=int, metavar="N", help="draw a made-up community")
    modes: dict[str, Callable[[], Any]] = {
        "fifty": fifty,
        "everyone": everyone,
        "exact": exact,
        "hundred": hundred,
        "probe": probe,
    }
    for name in modes:
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    cases = [*options.case, *([str(options.generate)] if options.generate else [])]
    if options.engine:
        sys.stdout.write(json.dumps(run_alone(cases[0], options.engine)))
        return
    for case in cases:
        found = one_round(case, asked_networkx=options.networkx)
        sys.stdout.write(f"{json.dumps(found) if options.json else table(found)}\n")
    for name, mode in modes.items():
        if getattr(options, name):
            sys.stdout.write(f"{json.dumps({name: mode()}, indent=None if options.json else 1)}\n")


if __name__ == "__main__":
    main()
