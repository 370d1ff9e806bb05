"""How well and how fast the FAQ search answers, beside its peers, in one run.

`python -m benchmarks.faq --set DIR [--set DIR ...]` scores folders that hold `entries.jsonl` (id,
question, alternates, answer), `queries.jsonl` (id, text, relevant ids) and, if there are questions
that nothing answers, `oos.jsonl` (id, text, kind). `--own` adds the shipped FAQ in both languages
with the lines of `benchmarks/own`. `--latency` adds an FAQ of 5,000 entries made of all sets named.
`--json` prints figures instead of tables. `--tier` says whether ours goes by words (`lexical`) or
by meaning as well (`semantic`, what `make run` brings).

Where two sets or more have questions out of scope, a threshold is also chosen for each on the
others alone and judged on it, and a reliability plot shows how often a hit of some score is right.

The peers are what one would take first: SQLite's FTS5 with its Porter stemmer, and rapidfuzz's
`token_set_ratio` against every phrasing. Times are CPU time of the calling thread.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import multiprocessing
import random
import re
import sqlite3
import sys
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bot import memory
from bot.content import DATA, load_yaml
from cogs.faq.meanings_service import load
from cogs.faq.search import Document, Index, Understanding, Verdict, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cogs.faq.search.encoder import Encoder
    from cogs.faq.search.lexical import Floats

OWN = Path(__file__).parent / "own"
SEED = 7
RANKED = 1000
OFFERED = 5
FALSE_ANSWERS = 0.05
LATENCY_ENTRIES = 5000
LATENCY_ASKED = 400
SEMANTIC_ASKED = 100
ENCODED_ENTRIES = 1000
THRESHOLDS = 400
NOISY = ("ovalvax",)
"""Sets whose labels are too noisy to say that a question is out of scope."""
NO_HIT = -1e9

Ranking = list[tuple[str, float]]
Figures = dict[str, Any]


# --- Sets -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody typed, and the ids of the entries that answer it: none when out of scope."""

    text: str
    relevant: frozenset[str]
    kind: str


@dataclass(frozen=True, slots=True)
class Questions:
    """One FAQ and what is asked of it."""

    name: str
    documents: tuple[Document, ...]
    inside: tuple[Query, ...]
    outside: tuple[Query, ...]


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _queries(path: Path) -> tuple[Query, ...]:
    return tuple(
        Query(row["text"], frozenset(row.get("relevant", ())), row.get("kind", ""))
        for row in _lines(path)
    )


def _questions(
    name: str,
    folder: Path,
    rows: list[dict[str, Any]],
    others: str,
    ending: str = ".jsonl",
    language: str = "",
) -> Questions:
    documents = tuple(
        Document(row["id"], row["question"], tuple(row[others]), row["answer"], language)
        for row in rows
    )
    inside = _queries(folder / f"queries{ending}")
    return Questions(name, documents, inside, _queries(folder / f"oos{ending}"))


def read_set(folder: Path) -> Questions:
    """Read a folder of the format above."""
    return _questions(folder.name, folder, _lines(folder / "entries.jsonl"), "alternates")


def own_set(locale: str = "en") -> Questions:
    """Read the shipped FAQ in `locale` and the lines that it is tuned with."""
    rows = load_yaml(DATA / "content" / "faq" / f"{locale}.yaml").data
    ending = "" if locale == "en" else f".{locale}"
    return _questions(f"own{ending}", OWN, rows, "phrasings", f"{ending}.jsonl", locale)


def across_set(spoken: str, written: str) -> Questions:
    """Lines in one language for the entries in another: those that have what is asked for."""
    asked, there = own_set(spoken), own_set(written)
    known = {document.id for document in there.documents}
    inside = tuple(query for query in asked.inside if query.relevant & known)
    return Questions(f"own, {spoken} to {written}", there.documents, inside, asked.outside)


def many(sets: Sequence[Questions], count: int, seed: int = SEED) -> tuple[Document, ...]:
    """Make `count` entries out of those of `sets`, each copy with other words in it."""
    rng = random.Random(seed)
    sources = [document for one in sets for document in one.documents]
    words = sorted({word for document in sources for word in document.question.split()})
    syllables = ["ba", "cor", "den", "fil", "gra", "hom", "jun", "kel", "lim", "mor", "nas", "pri"]

    def varied(text: str) -> str:
        return " ".join(
            word
            if (dice := rng.random()) < 0.7
            else rng.choice(words)
            if dice < 0.9
            else "".join(rng.choices(syllables, k=3))
            for word in text.split()
        )

    made: list[Document] = []
    for number in range(count):
        source = sources[number % len(sources)]
        phrasings = tuple(varied(text) for text in source.phrasings[:5])
        answer = varied(source.answer)
        made.append(Document(f"e{number}", varied(source.question), phrasings, answer))
    return tuple(made)


# --- Engines --------------------------------------------------------------------------------------


class Engine(Protocol):
    """A way to search the same documents."""

    def __init__(self, documents: Sequence[Document]) -> None: ...

    def ask(self, text: str, limit: int) -> Ranking: ...

    def suggest(self, text: str, limit: int) -> list[str]: ...


class Lexical:
    """Ours."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.index = Index(documents)

    def ask(self, text: str, limit: int) -> Ranking:
        return [(hit.id, hit.score) for hit in self.index.ask(text, limit).hits]

    def suggest(self, text: str, limit: int) -> list[str]:
        return list(self.index.suggest(text, limit))


class Remembering:
    """The encoder, which is asked the same many times here, and answers from memory when it may."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._said: dict[str, Floats] = {}
        self.name = encoder.name
        self.common_from = encoder.common_from
        self.nearest = encoder.nearest
        self.knows = functools.cache(encoder.knows)
        self.remembers = True

    def encode(self, texts: Sequence[str]) -> Floats:
        if not self.remembers:
            return self._encoder.encode(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._said]
        if new:
            self._said |= zip(new, self._encoder.encode(new).astype("f2"), strict=True)
        return self._stacked(texts)

    def _stacked(self, texts: Sequence[str]) -> Floats:
        import numpy as np

        return np.stack([self._said[text] for text in texts]).astype(np.float32)


@functools.cache
def encoder() -> Remembering:
    """The encoder that is installed."""
    return Remembering(load())


class Semantic(Lexical):
    """Ours, by meaning as well."""

    def __init__(self, documents: Sequence[Document]) -> None:
        import numpy as np

        from cogs.faq.search.encoder import pack

        texts = texts_of(documents)
        if len(documents) <= ENCODED_ENTRIES:
            made = encoder().encode(texts)
        else:
            # Only times are asked of so many, and they do not depend on what the vectors are.
            width = encoder().encode(["a"]).shape[1]
            made = np.random.default_rng(SEED).standard_normal((len(texts), width), np.float32)
        vectors = dict(zip(texts, pack(made), strict=True))
        self.index = Index(documents, Understanding(encoder(), vectors))
        del made, vectors
        memory.give_back()  # as the bot does


class Fts5:
    """SQLite's full-text index, any word, ranked by its BM25."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE faq USING fts5(id UNINDEXED, text, tokenize='porter unicode61')"
        )
        self.connection.executemany(
            "INSERT INTO faq VALUES (?, ?)",
            [(one.id, "\n".join((one.question, *one.phrasings, one.answer))) for one in documents],
        )

    def _match(self, query: str, limit: int) -> Ranking:
        if not query:
            return []
        found = self.connection.execute(
            "SELECT id, -bm25(faq) FROM faq WHERE faq MATCH ? ORDER BY bm25(faq), id LIMIT ?",
            (query, limit),
        )
        return [(str(name), float(score)) for name, score in found]

    def ask(self, text: str, limit: int) -> Ranking:
        return self._match(" OR ".join(f'"{word}"' for word in re.findall(r"\w+", text)), limit)

    def suggest(self, text: str, limit: int) -> list[str]:
        words = [f'"{word}"' for word in re.findall(r"\w+", text)]
        if words:
            words[-1] += " *"
        return [name for name, _ in self._match(" OR ".join(words), limit)]


class TokenSet:
    """rapidfuzz's `token_set_ratio`; an entry is as near as its nearest phrasing."""

    def __init__(self, documents: Sequence[Document]) -> None:
        from rapidfuzz import fuzz, process, utils

        self.extract = process.extract
        self.scorer = fuzz.token_set_ratio
        self.clean = utils.default_process
        rows = [(one.id, text) for one in documents for text in (one.question, *one.phrasings)]
        self.ids = [name for name, _ in rows]
        self.texts = [self.clean(text) for _, text in rows]

    def ask(self, text: str, limit: int) -> Ranking:
        best: dict[str, float] = {}
        for _, score, row in self.extract(
            self.clean(text), self.texts, scorer=self.scorer, limit=None
        ):
            best[self.ids[row]] = max(best.get(self.ids[row], 0.0), score)
        return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def suggest(self, text: str, limit: int) -> list[str]:
        return [name for name, _ in self.ask(text, limit)]


ENGINES: dict[str, type[Engine]] = {
    "lexical": Lexical,
    "semantic": Semantic,
    "fts5": Fts5,
    "token_set": TokenSet,
}
PEERS = ("fts5", "token_set")


# --- Figures --------------------------------------------------------------------------------------

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours(letter: str) -> str:
    for row, keys in enumerate(_ROWS):
        at = keys.find(letter)
        if at >= 0:
            beside = keys[max(at - 1, 0) : at] + keys[at + 1 : at + 2]
            above = _ROWS[row - 1][at : at + 2] if row else ""
            below = _ROWS[row + 1][max(at - 1, 0) : at + 1] if row < len(_ROWS) - 1 else ""
            return beside + above + below
    return "e"


def mistyped(text: str, slips: int, rng: random.Random) -> str:
    """`text` with letters dropped, doubled by a neighbour key, replaced by one or swapped.

    The first letter of a word is only ever swapped: people rarely miss it.
    """
    letters = list(text)
    for _ in range(slips):
        places = [
            at
            for at in range(1, len(letters))
            if letters[at].isalpha() and letters[at - 1].isalpha()
        ]
        if not places:
            break
        at = rng.choice(places)
        near = rng.choice(_neighbours(letters[at].lower()))
        match rng.randrange(4):
            case 0:
                del letters[at]
            case 1:
                letters.insert(at, near)
            case 2:
                letters[at] = near
            case _:
                letters[at - 1 : at + 1] = letters[at], letters[at - 1]
    return "".join(letters)


def ranking_figures(queries: Sequence[Query], rankings: Sequence[Ranking]) -> Figures:
    """P@1, P@5, R@5 (any relevant entry in the first five) and MRR over the whole ranking."""
    sums = {"P@1": 0.0, "P@5": 0.0, "R@5": 0.0, "MRR": 0.0}
    for query, ranking in zip(queries, rankings, strict=True):
        ranks = [at for at, (name, _) in enumerate(ranking, 1) if name in query.relevant]
        top = sum(at <= OFFERED for at in ranks)
        sums["P@1"] += ranks[:1] == [1]
        sums["P@5"] += top / OFFERED
        sums["R@5"] += top > 0
        sums["MRR"] += 1 / ranks[0] if ranks else 0.0
    return {name: total / max(len(queries), 1) for name, total in sums.items()}


def rejection_figures(inside: Sequence[tuple[float, bool]], outside: Sequence[float]) -> Figures:
    """How well the score of the first hit tells questions in scope from others.

    `inside` holds that score and whether the hit is right. AUROC; the share of questions in scope
    answered rightly when one in twenty others is answered; the best share of all questions that a
    single threshold settles rightly (answered and right, or rightly refused).
    """
    below = sorted(outside)
    wins = sum(bisect_left(below, s) + bisect_right(below, s) for s, _ in inside) / 2
    strict = below[-1 - min(len(below) - 1, int(FALSE_ANSWERS * len(below)))]
    right = sorted(score for score, good in inside if good)
    levels = sorted({score for score, _ in inside} | set(below))
    # A few hundred levels show the best as well as all do.
    levels = [*levels[:: max(1, (len(levels) + 1) // THRESHOLDS)], math.inf]
    best = max(len(right) - bisect_left(right, at) + bisect_left(below, at) for at in levels)
    return {
        "AUROC": wins / (len(inside) * len(below)),
        "correct@5%FA": (len(right) - bisect_right(right, strict)) / len(inside),
        "bestacc": best / (len(inside) + len(below)),
    }


Tops = tuple[list[tuple[float, bool]], list[float]]
"""Score and rightness of the first hit to each question in scope; its score to the others."""


def tops(questions: Questions, engine: Engine) -> Tops:
    """What the threshold of one set is chosen or judged by."""
    inside = [(engine.ask(query.text, 1), query.relevant) for query in questions.inside]
    outside = [engine.ask(query.text, 1) for query in questions.outside]
    return (
        [
            (found[0][1], found[0][0] in right) if found else (NO_HIT, False)
            for found, right in inside
        ],
        [found[0][1] if found else NO_HIT for found in outside],
    )


def left_out(sets: dict[str, Tops], false_answers: float) -> dict[str, Figures]:
    """For each set, the threshold that the others would choose, and what it does on this one.

    They choose the lowest at which, on average over them, so many of the others are answered.
    """
    figures: dict[str, Figures] = {}
    for name, (inside, outside) in sets.items():
        others = [scores for other, (_, scores) in sets.items() if other != name]
        levels = sorted({score for scores in others for score in scores})
        chosen = next(
            (
                at
                for at in levels
                if sum(sum(s > at for s in scores) / len(scores) for scores in others)
                <= false_answers * len(others)
            ),
            math.inf,
        )
        answered = [right for score, right in inside if score > chosen]
        figures[name] = {
            "threshold": chosen,
            "answered, right": sum(answered) / len(inside),
            "answered, wrong": (len(answered) - sum(answered)) / len(inside),
            "outside answered": sum(score > chosen for score in outside) / len(outside),
        }
    return figures


def reliability(sets: dict[str, Tops]) -> list[Figures]:
    """By tenths of the score, how often the first hit is right, out-of-scope questions included.

    Each set counts the same, whatever its size.
    """
    bins: list[Figures] = []
    for tenth in range(10):
        shares: list[float] = []
        count = 0
        for inside, outside in sets.values():
            judged = [*inside, *((score, False) for score in outside)]
            here = [right for score, right in judged if min(int(score * 10), 9) == tenth]
            count += len(here)
            if here:
                shares.append(sum(here) / len(here))
        if shares:
            bins.append({"from": tenth / 10, "right": sum(shares) / len(shares), "asked": count})
    return bins


def shipped_figures(questions: Questions, index: Index) -> Figures:
    """What members would see at the shipped thresholds."""
    verdicts = [index.ask(query.text) for query in questions.inside]
    found = [
        (result.verdict is Verdict.FOUND, bool(result.hits and result.hits[0].id in query.relevant))
        for query, result in zip(questions.inside, verdicts, strict=True)
    ]
    count = max(len(found), 1)
    figures: Figures = {
        "found, right": sum(answered and right for answered, right in found) / count,
        "found, wrong": sum(answered and not right for answered, right in found) / count,
        "nothing": sum(result.verdict is Verdict.NOTHING for result in verdicts) / count,
    }
    for kind in sorted({query.kind for query in questions.outside}):
        asked = [index.ask(query.text).verdict for query in questions.outside if query.kind == kind]
        label = f"outside ({kind})" if kind else "outside"
        figures[f"{label} found"] = asked.count(Verdict.FOUND) / len(asked)
        figures[f"{label} nearby"] = asked.count(Verdict.NEARBY) / len(asked)
    return figures


def _cpu_ms(calls: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """p50 and p99 in milliseconds of CPU."""
    taken: list[float] = []
    for call in calls:
        start = time.thread_time()
        call()
        taken.append((time.thread_time() - start) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[min(len(taken) - 1, int(0.99 * len(taken)))]


def _times(engine: Engine, texts: Sequence[str]) -> Figures:
    if isinstance(engine, Semantic):
        encoder().remembers = False
        try:
            return _timed(engine, texts[:SEMANTIC_ASKED])
        finally:
            encoder().remembers = True
    return _timed(engine, texts)


def _timed(engine: Engine, texts: Sequence[str]) -> Figures:
    asks = [lambda text=text: engine.ask(text, OFFERED) for text in texts]
    # Each keystroke of a few questions, as a client would send them.
    keys = [
        text[:end] for text in texts[:: max(len(texts) // 12, 1)] for end in range(1, len(text))
    ]
    suggests = [lambda key=key: engine.suggest(key, 25) for key in keys]
    ask50, ask99 = _cpu_ms(asks)
    suggest50, suggest99 = _cpu_ms(suggests)
    return {
        "ask p50 ms": ask50,
        "ask p99 ms": ask99,
        "suggest p50 ms": suggest50,
        "suggest p99 ms": suggest99,
    }


def score(questions: Questions, engine: Engine) -> Figures:
    """All figures of one engine on one set."""
    inside = questions.inside
    rankings = [engine.ask(query.text, RANKED) for query in inside]
    figures = ranking_figures(inside, rankings)
    if questions.outside:
        tops = [
            (ranking[0][1], ranking[0][0] in query.relevant) if ranking else (NO_HIT, False)
            for query, ranking in zip(inside, rankings, strict=True)
        ]
        others = [engine.ask(query.text, 1) for query in questions.outside]
        figures |= rejection_figures(tops, [r[0][1] if r else NO_HIT for r in others])
    for slips in (1, 2):
        rng = random.Random(SEED + slips)
        typed = [engine.ask(mistyped(query.text, slips, rng), 1) for query in inside]
        figures[f"P@1 {slips} typo"] = ranking_figures(inside, typed)["P@1"]
    for share in (30, 50, 70):
        hits = 0
        for document in questions.documents:
            end = max(3, len(document.question) * share // 100)
            hits += document.id in engine.suggest(document.question[:end], OFFERED)
        figures[f"typed {share}%"] = hits / len(questions.documents)
    figures |= _times(engine, [query.text for query in inside][:LATENCY_ASKED])
    if isinstance(engine, Lexical):  # and by meaning
        figures["shipped"] = shipped_figures(questions, engine.index)
    return figures


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def _weigh(name: str, documents: tuple[Document, ...]) -> tuple[float, float, float]:
    """In a process of its own: seconds of CPU to build, memory added, memory in all (MB)."""
    before = _resident_mb()
    start = time.process_time()
    engine = ENGINES[name](documents)
    seconds = time.process_time() - start
    engine.ask("how do i join", OFFERED)
    after = _resident_mb()
    return seconds, after - before, after


def weigh(name: str, documents: tuple[Document, ...]) -> Figures:
    """What building costs, measured in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, added, total = pool.apply(_weigh, (name, documents))
    return {"build s": seconds, "memory +MB": added, "process MB": total}


# --- Reports --------------------------------------------------------------------------------------


def _table(title: str, rows: dict[str, Figures]) -> str:
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    columns.remove("shipped") if "shipped" in columns else None
    lines = [title, " " * 10 + "".join(f"{name:>{max(len(name), 6) + 2}}" for name in columns)]
    for engine, figures in rows.items():
        cells = (
            f"{figures[name]:>{max(len(name), 6) + 2}.3f}"
            if name in figures
            else " " * (max(len(name), 6) + 2)
            for name in columns
        )
        lines.append(f"{engine:<10}" + "".join(cells))
    for figures in rows.values():
        if shipped := figures.get("shipped"):
            told = ", ".join(f"{name} {value:.1%}" for name, value in shipped.items())
            lines.append(f"at the shipped thresholds: {told}")
    return "\n".join(lines)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="benchmarks.faq", description=__doc__)
    parser.add_argument("--set", action="append", type=Path, default=[], metavar="DIR")
    parser.add_argument("--own", action="store_true", help="the shipped FAQ with benchmarks/own")
    parser.add_argument("--tier", choices=("lexical", "semantic"), default="lexical")
    parser.add_argument("--latency", action="store_true", help="an FAQ of 5,000 entries")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sets = [own_set(), own_set("es")] if options.own else []
    sets += [read_set(folder) for folder in options.set]
    if not sets:
        parser.error("name a set with --set, or --own")
    report: dict[str, dict[str, Figures]] = {}
    judged: dict[str, Tops] = {}
    for questions in sets:
        engines = {name: ENGINES[name](questions.documents) for name in (options.tier, *PEERS)}
        report[questions.name] = {
            name: score(questions, engine) | weigh(name, questions.documents)
            for name, engine in engines.items()
        }
        if questions.outside and questions.name not in NOISY:
            judged[questions.name] = tops(questions, engines[options.tier])
    if options.latency:
        documents = many(sets, LATENCY_ENTRIES)
        texts = [query.text for questions in sets for query in questions.inside]
        texts = random.Random(SEED).sample(texts, min(LATENCY_ASKED, len(texts)))
        report[f"latency, {LATENCY_ENTRIES} entries"] = {
            name: _times(ENGINES[name](documents), texts) | weigh(name, documents)
            for name in (options.tier, *PEERS)
        }
    calibrated: dict[str, Any] = {}
    if len(judged) > 1:
        for share in (0.05, 0.02):
            calibrated[f"left out, {share:.0%} outside answered"] = left_out(judged, share)
        calibrated["reliability"] = reliability(judged)
    if options.json:
        json.dump({**report, "calibration": calibrated}, sys.stdout, indent=1)
        print()
        return
    print("\n\n".join(_table(title, rows) for title, rows in report.items()))
    for title, found in calibrated.items():
        print(f"\n{_plot(found)}" if title == "reliability" else f"\n{_table(title, found)}")


def _plot(bins: list[Figures]) -> str:
    lines = ["score of the first hit, and how often it is right (o); · would be certain of itself"]
    for one in bins:
        row = [" "] * 41
        row[round((one["from"] + 0.05) * 40)] = "·"
        row[round(one["right"] * 40)] = "o"
        lines.append(f"{one['from']:.1f} |{''.join(row)}| {one['right']:4.0%} of {one['asked']}")
    return "\n".join([*lines, f"    0{'right':^39}1"])


if __name__ == "__main__":
    main()
