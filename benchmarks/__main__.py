"""Runs every benchmark and writes the table, into RESULTS.md and where the README quotes it.

`python -m benchmarks` takes some fifteen minutes and prints the table; `--long` adds power cuts,
several processes and a day of the bot's life, half an hour more, and writes both. `--keep DIR`
keeps the figures of each benchmark there, and takes those that are there as they are, so that what
was cut off can go on. `--quick` only shows that all of them work, side by side, and prints a table
that is not worth quoting. `--sets DIR` names a folder of FAQ sets, one folder each (see
`benchmarks/faq.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import faq, report
from benchmarks.peers import ROOT

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
README = ROOT / "README.md"
SETS = ROOT.parent / "shared" / "bench" / "faq"
"""Where the FAQ sets are looked for when no folder is named."""

GOALS: dict[str, dict[str, dict[str, float]]] = {
    "lexical": {
        "hint3_curekart": {"P@1": 0.80, "AUROC": 0.84},
        "banking77_5": {"P@1": 0.66},
        "hwu64_5": {"P@1": 0.62},
        "ovalvax": {"P@1": 0.55},
        "latency": {"ask": 20, "suggest": 10},
    },
    "semantic": {
        "own": {"P@1": 0.87},
        "hint3_curekart": {"P@1": 0.89, "AUROC": 0.91},
        "banking77_5": {"P@1": 0.81},
        "hwu64_5": {"P@1": 0.77},
        "ovalvax": {"P@1": 0.68},
        "latency": {"ask": 50, "suggest": 10},
    },
}
ENGINES = ("lexical", "semantic", "fts5")

FEW = 8
"""Of everything about the FAQ, for a quick run: an encoder takes 20 ms a line."""

QUICK: dict[str, list[str]] = {
    "store": ["--seconds", "1", "--rounds", "1"],
    "handling": ["--quick"],
    "load": ["--quick"],
    "start": ["--quick"],
    "shutdown": ["--quick"],
    "memory": ["--quick"],
    "dispatch": ["--quick"],
    "recurrence": ["--quick"],
}
ROWS: dict[str, Callable[[dict[str, Any]], Iterator[report.Row]]] = {
    "store": report.store_rows,
    "faq": report.faq_rows,
    "handling": report.handling_rows,
    "load": report.load_rows,
    "start": report.start_rows,
    "shutdown": report.shutdown_rows,
    "memory": report.memory_rows,
    "dispatch": report.dispatch_rows,
    "recurrence": report.recurrence_rows,
}
LONG_ROWS: dict[str, Callable[[dict[str, Any]], Iterator[report.Row]]] = {
    "power_cut": report.power_cut_rows,
    "processes": report.processes_rows,
    "soak": report.soak_rows,
}


def _score(questions: faq.Questions, engine: faq.Engine) -> dict[str, float]:
    rankings = [engine.ask(query.text, faq.RANKED) for query in questions.inside]
    figures = {"P@1": faq.ranking_figures(questions.inside, rankings)["P@1"]}
    if questions.outside:
        others = [engine.ask(query.text, 1) for query in questions.outside]
        tops = [(found[0][1], True) if found else (faq.NO_HIT, False) for found in rankings]
        scores = [found[0][1] if found else faq.NO_HIT for found in others]
        figures["AUROC"] = faq.rejection_figures(tops, scores)["AUROC"]
    return figures


def _p99_ms(calls: Iterable[Callable[[], object]]) -> float:
    taken: list[float] = []
    for call in calls:
        start = time.thread_time()
        call()
        taken.append((time.thread_time() - start) * 1000)
    return sorted(taken)[int(0.99 * len(taken))]


def _latency(engine: faq.Engine, asked: list[str]) -> dict[str, float]:
    # Each keystroke of some questions, as a client would send them.
    keys = [text[:end] for text in asked[:10] for end in range(1, len(text))]
    return {
        "ask": _p99_ms(lambda text=text: engine.ask(text, faq.OFFERED) for text in asked),
        "suggest": _p99_ms(lambda key=key: engine.suggest(key, 25) for key in keys),
    }


def faq_figures(folder: Path | None, *, quick: bool) -> dict[str, Any]:
    """The few figures of the FAQ search that the table shows; `benchmarks.faq` has them all."""
    sets = [faq.own_set()]
    if folder is not None and not quick:
        sets += [
            faq.read_set(folder / name) for name in GOALS["lexical"] if (folder / name).is_dir()
        ]
    if quick:
        sets = [
            replace(
                one,
                documents=one.documents[:FEW],
                inside=one.inside[:FEW],
                outside=one.outside[:FEW],
            )
            for one in sets
        ]
    entries = FEW if quick else faq.LATENCY_ENTRIES
    documents = faq.many(sets, entries)
    asked = [query.text for questions in sets for query in questions.inside]
    asked = random.Random(faq.SEED).sample(asked, FEW if quick else 300)
    return {
        "goals": GOALS,
        "entries": entries,
        "sets": {
            questions.name: {
                name: _score(questions, faq.ENGINES[name](questions.documents)) for name in ENGINES
            }
            for questions in sets
        },
        "latency": {name: _latency(faq.ENGINES[name](documents), asked) for name in ENGINES},
    }


async def figures_of(name: str, *options: str) -> dict[str, Any]:
    """Run one benchmark in a process of its own."""
    line = ["-m", f"benchmarks.{name}", "--json", *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *line, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    # One that found something wrong says so with its status, and what it was in its figures.
    if process.returncode and not told:
        raise RuntimeError(f"benchmarks.{name} ended with status {process.returncode}")
    return json.loads(told)


async def run_quickly() -> dict[str, dict[str, Any]]:
    """Run all at the same time."""
    names = list(QUICK)
    faqs = asyncio.to_thread(faq_figures, None, quick=True)
    ran = asyncio.gather(*(figures_of(name, *QUICK[name]) for name in names))
    found = dict(zip(names, await ran, strict=True))
    return {**found, "faq": await faqs}


async def run(sets: Path | None, names: Iterable[str], kept: Path) -> dict[str, dict[str, Any]]:
    """Run some, one after the other; what is kept is not run again."""
    for name in names:
        file = kept / f"{name}.json"
        if file.exists():
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = faq_figures(sets, quick=False) if name == "faq" else await figures_of(name)
        # Whole or not at all: what is there is taken as it is.
        part = file.with_suffix(".part")
        part.write_text(json.dumps(found), "utf-8")
        part.replace(file)
    return {name: json.loads((kept / f"{name}.json").read_text("utf-8")) for name in names}


def _python() -> str:
    """Which Python, and whose: one built without its optimisations is half as slow again."""
    name = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.platform == "linux" and sys.base_prefix == "/usr":
        name += f" of {platform.freedesktop_os_release()['PRETTY_NAME']}"
    return name


def text_of(found: dict[str, dict[str, Any]]) -> str:
    """The whole of RESULTS.md."""
    ways = {**ROWS, **LONG_ROWS}
    rows = [row for name, rows_of in ways.items() if name in found for row in rows_of(found[name])]
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, {_python()}"
    return "\n".join(
        [
            "# Results",
            "",
            f"Written by `python -m benchmarks --long` on {datetime.now(UTC):%Y-%m-%d}: {machine}. "
            "What each line is, and how to read it: [README.md](README.md).",
            "",
            report.MARK,
            report.table(rows),
            report.MARK,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure every claim.")
    parser.add_argument("--sets", type=Path, metavar="DIR", help="a folder of FAQ sets")
    parser.add_argument("--long", action="store_true", help="with those that take long, too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep figures there, and go on")
    parser.add_argument("--quick", action="store_true", help="only show that all of them work")
    parser.add_argument("--json", action="store_true", help="print the figures, write nothing")
    options = parser.parse_args()
    if options.quick and (options.long or options.keep):
        parser.error("--quick keeps nothing and runs none of the long ones")
    sets: Path | None = options.sets or (SETS if SETS.is_dir() else None)
    # The long ones first: they need what a machine may lack.
    names = [*(LONG_ROWS if options.long else ()), *ROWS]
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as scratch:
        kept = options.keep or Path(scratch)
        kept.mkdir(parents=True, exist_ok=True)
        found = asyncio.run(run_quickly() if options.quick else run(sets, names, kept))
    if options.json:
        print(json.dumps(found, indent=2))
        return
    text = text_of(found)
    if options.long:
        RESULTS.write_text(text, "utf-8")
        readme = README.read_text("utf-8")
        README.write_text(report.with_table(readme, report.table_in(text)), "utf-8")
    print(text)


if __name__ == "__main__":
    main()
