"""The table of results: rows out of the benchmarks' figures, and the table in a text."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from benchmarks.processes import SERVED_SECONDS
from benchmarks.soak import MOST_GROWTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARK = "<!-- benchmarks -->"
"""Stands before and after the table in every text that quotes it."""

STORE_GOAL_RATIO = 8
STORE_GOAL_MS = 25

HEAD = ("what", "ours", "beside it", "ratio", "goal")


@dataclass(frozen=True, slots=True)
class Row:
    """One claim: what was measured, for us and for the peer, and what we want it to be."""

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool = True
    """Whether the goal is; where it is not, the table says so."""


def store_rows(found: dict[str, Any]) -> Iterator[Row]:
    """How many transactions, and what one costs, beside plain aiosqlite and SQLAlchemy Core."""
    for place, label in (("this_disk", "this disk"), ("slower_disk", "a COMMIT 2 ms slower")):
        stores, ratios = found[place]["stores"], found[place]["ratios"]
        yield Row(
            f"Transactions a second, 50 writers, {label}",
            f"{stores['alongside']['fifty_writers']['per_second']:,}",
            f"{stores['aiosqlite']['fifty_writers']['per_second']:,} (aiosqlite)",
            f"{ratios['aiosqlite']['fifty_writers_per_second']}",
            f"≥ {STORE_GOAL_RATIO} times",
            met=ratios["aiosqlite"]["fifty_writers_per_second"] >= STORE_GOAL_RATIO,
        )
        waits = {name: figures["fifty_writers"]["p99_ms"] for name, figures in stores.items()}
        yield Row(
            f"A transaction until it is on the disk, 50 writers, {label}, p99",
            f"{waits['alongside']:.1f} ms",
            f"{waits['aiosqlite']:.1f} ms (aiosqlite)",
            f"{waits['alongside'] / waits['aiosqlite']:.2f}",
            f"≤ {STORE_GOAL_MS} ms",
            met=waits["alongside"] <= STORE_GOAL_MS,
        )
    stores = found["this_disk"]["stores"]
    reading = {name: figures["read_while_writing"]["p99_ms"] for name, figures in stores.items()}
    yield Row(
        "A read while others write, p99",
        f"{reading['alongside']:.1f} ms",
        f"{reading['aiosqlite']:.1f} ms (aiosqlite)",
        f"{reading['alongside'] / reading['aiosqlite']:.2f}",
    )
    cost = {name: figures["read"]["cpu_us"] for name, figures in stores.items()}
    yield Row(
        "CPU of a read",
        f"{cost['alongside']:.0f} µs",
        f"{cost['sqlalchemy']:.0f} µs (SQLAlchemy Core)",
        f"{found['this_disk']['ratios']['sqlalchemy']['read_cpu']}",
    )


def faq_rows(found: dict[str, Any]) -> Iterator[Row]:
    """How often the first answer is right, and what a question costs, beside FTS5."""
    for tier, goals in found["goals"].items():
        how = "by meaning" if tier == "semantic" else "by words"
        for name, figures in found["sets"].items():
            for figure, label in (("P@1", "right first"), ("AUROC", "AUROC")):
                ours, peer = figures[tier].get(figure), figures["fts5"].get(figure)
                goal = goals.get(name, {}).get(figure)
                if ours is not None and (goal is not None or name == "own"):
                    yield Row(
                        f"FAQ {how}, {name}: {label}",
                        f"{ours:.3f}",
                        f"{peer:.3f} (FTS5)",
                        f"{ours / peer:.2f}",
                        f"≥ {goal}" if goal else "",
                        met=goal is None or round(ours, 3) >= goal,
                    )
        for figure, label in (("ask", "a question"), ("suggest", "a keystroke")):
            ours, peer = (found["latency"][name][figure] for name in (tier, "fts5"))
            yield Row(
                f"FAQ {how}, {found['entries']:,} entries: CPU of {label}, p99",
                f"{ours:.1f} ms",
                f"{peer:.1f} ms (FTS5)",
                f"{ours / peer:.2f}",
                f"≤ {goals['latency'][figure]} ms",
                met=ours <= goals["latency"][figure],
            )


def handling_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What an interaction costs the whole process, beside an empty command."""
    whole = found["whole_process"]
    (empty, beside), (fitted, row), *ours = whole.items()
    yield Row(
        f"CPU of {fitted}",
        f"{row['cpu_us'] / 1000:.2f} ms",
        f"{beside['cpu_us'] / 1000:.2f} ms ({empty})",
        f"{row['ratio']}",
    )
    for name, row in ours:
        yield Row(
            f"CPU of {name}",
            f"{row['cpu_us'] / 1000:.2f} ms",
            f"{beside['cpu_us'] / 1000:.2f} ms ({empty})",
            f"{row['ratio']}",
            f"≤ {found['goal_ratio']} times",
            met=row["ratio"] <= found["goal_ratio"],
        )
    for name, row in ours:
        yield Row(
            f"From {name} to its reply, p50 and p99",
            f"{row['p50_ms']:.1f} and {row['p99_ms']:.1f} ms",
            f"{beside['p50_ms']:.1f} and {beside['p99_ms']:.1f} ms ({empty})",
            f"{row['p50_ms'] / beside['p50_ms']:.2f}",
        )


def load_rows(found: dict[str, Any]) -> Iterator[Row]:
    """Whether one core keeps up with many members at once, beside an empty command."""
    goals, highest = found["goals"], found["highest_rate"]
    ours, bare = found["at_goal"]["ours"], found["at_goal"]["bare"]
    for key, what in (("p99_ms", "p99"), ("longest_ms", "the longest")):
        yield Row(
            f"{goals['rate']} interactions a second on one core: {what}",
            f"{ours[key]:,.0f} ms",
            f"{bare[key]:,.0f} ms ({found['peer']})",
            f"{ours[key] / bare[key]:.2f}",
            f"≤ {goals[key]:,} ms",
            met=ours[key] <= goals[key],
        )
    yield Row(
        "The most a second that one core sustains",
        f"{highest['ours']:,}",
        f"{highest['bare']:,} ({found['peer']})",
        f"{highest['ours'] / highest['bare']:.2f}" if highest["bare"] else "",
        f"≥ {goals['rate']}",
        met=highest["ours"] >= goals["rate"],
    )


def start_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What starting costs, beside discord.py's least bot, which claims nothing."""
    bare = f"{found['cpu_s']['bare']:.2f} s (bare discord.py bot, to ready)"
    yield Row(
        "CPU from start to the first claim",
        f"{found['cpu_s']['claiming']:.2f} s",
        bare,
        "",
        f"≤ {found['goal_s']} s",
        met=found["cpu_s"]["claiming"] <= found["goal_s"],
    )
    yield Row(
        "CPU from start to ready", f"{found['cpu_s']['ours']:.2f} s", bare, f"{found['ratio']}", ""
    )


def shutdown_rows(found: dict[str, Any]) -> Iterator[Row]:
    """How long the end takes under load, and what is lost or doubled by it."""
    used, sent = found["in_use"], found["sending"]
    written = used["ours"]["written"]
    yield Row(
        "The longest end under load",
        f"{found['longest_s']:.1f} s",
        f"{used['bare']['seconds']:.1f} s (bare discord.py bot, which just stops)",
        "",
        f"≤ {found['goal_s']} s",
        met=found["longest_s"] <= found["goal_s"],
    )
    astray = used["ours"]["lost"] + sent["lost"] + sent["doubled"]
    yield Row(
        f"Lost or doubled by it, of {sent['due']:,} messages and {written:,} writes",
        f"{astray}",
        "see `crash.py` for the usual ways",
        "",
        "0",
        met=not astray,
    )


def memory_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What is resident, and what each server adds."""
    yield Row(
        "Memory, ready, the FAQ asked by words",
        f"{found['asked_mb']:.0f} MB",
        f"{found['bare_mb']:.0f} MB (bare discord.py bot)",
        f"{found['asked_mb'] / found['bare_mb']:.2f}",
        f"≤ {found['goal_mb']} MB",
        met=found["asked_mb"] <= found["goal_mb"],
    )
    yield Row(
        "Memory, ready, the FAQ asked by meaning",
        f"{found['semantic_mb']:.0f} MB",
        f"{found['bare_mb']:.0f} MB (bare discord.py bot)",
        f"{found['semantic_mb'] / found['bare_mb']:.2f}",
        f"≤ {found['semantic_goal_mb']} MB",
        met=found["semantic_mb"] <= found["semantic_goal_mb"],
    )
    kb = found["kb_a_server"]
    yield Row(
        "Memory a server (25 roles, 40 channels, 30 emojis)",
        f"{kb['ours']:.1f} KB",
        f"{kb['defaults']:.1f} KB (discord.py's defaults)",
        f"{found['ratio']}",
        f"≤ {found['kb_goal']} KB",
        met=kb["ours"] <= found["kb_goal"],
    )
    own = found["own_kb_a_server"]
    yield Row(
        "Memory a server, our own state, used once",
        f"{own['used']:.2f} KB",
        f"{kb['bare']:.1f} KB (the least bot with our intents, all of it)",
        f"{own['used'] / kb['bare']:.2f}",
        f"≤ {found['own_kb_goal']} KB",
        met=own["used"] <= found["own_kb_goal"],
    )


def dispatch_rows(found: dict[str, Any]) -> Iterator[Row]:
    """How fast what is due goes out, and what finding it costs, beside a loop and small stores."""
    goals, sent, made = found["goals"], found["sent_per_second"], found["materialised"]
    yield Row(
        "Check-ins sent a second, our pace off",
        f"{sent['alongside']:,.0f}",
        f"{sent['one_by_one']:,.0f} (a loop, one by one)",
        f"{sent['ratio']:.1f}",
        f"≥ {goals['sent_per_second']}, ≥ {goals['sent_ratio']} times",
        met=sent["alongside"] >= goals["sent_per_second"] and sent["ratio"] >= goals["sent_ratio"],
    )
    yield Row(
        f"{made['count']:,} due moments made into messages",
        f"{made['seconds']:.2f} s",
        f"{made['one_by_one_seconds']:,.0f} s (one by one)",
        f"{made['seconds'] / made['one_by_one_seconds']:.3f}",
        f"≤ {goals['materialised_seconds']} s",
        met=made["seconds"] <= goals["materialised_seconds"],
    )
    looked = found["claimed"]
    few, *_, many = looked["query_ms"]
    for figure, what, unit, goal in (
        ("query_ms", "The query for the first 50 due of", "ms", f"≤ {goals['query_ms']} ms"),
        ("memory_mb", "Memory, the store holding", "MB", ""),
    ):
        ours, beside = looked[figure][many], looked[figure][few]
        digits = 3 if unit == "ms" else 0
        yield Row(
            f"{what} {int(many):,} schedules",
            f"{ours:.{digits}f} {unit}",
            f"{beside:.{digits}f} {unit} ({int(few):,})",
            f"{ours / beside:.2f}",
            goal,
            met=not goal or ours <= goals[figure],
        )


def recurrence_rows(found: dict[str, Any]) -> Iterator[Row]:
    """How many moments are wrong in 26 years, and what one costs, beside dateutil."""
    checked, naive = found["checked"], found["naive_loop"]
    ours = checked["skipped"] + checked["doubled"] + checked["wrong"]
    yield Row(
        f"Skipped, doubled or wrong of {checked['days']:,} local days in {found['zones']} zones",
        f"{ours:,}",
        f"{naive['skipped'] + naive['doubled'] + naive['wrong']:,} of {naive['days']:,} "
        "(adding 24 hours)",
        "",
        "0",
        met=not ours,
    )
    cost, ratios = found["timing"]["us_a_moment"], found["timing"]["ratios"]
    for way, label in (("step_by_step", "the next moment"), ("in_one_go", "a moment of a year's")):
        yield Row(
            f"CPU of {label}",
            f"{cost[way]:.1f} µs",
            f"{cost[f'dateutil_{way}']:.1f} µs (dateutil)",
            f"{ratios[f'{way}_to_dateutil']:.3f}",
        )


def soak_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What a day of the bot's life grew, left behind, lost and held up."""
    day = f"{found['hours']:g} hours of {found['servers']:,} servers on a bad day of Discord's"
    yield Row(
        f"{day}: turns of the loop over 50 ms of CPU, of {found['ticks']:,}",
        f"{found['loop_cpu_over_50']}; the longest {found['loop_cpu_max_ms']:.0f} ms",
        goal="0",
        met=not found["loop_cpu_over_50"],
    )
    first, warm, last = (found[f"rss_{when}_mb"] for when in ("first", "warm", "last"))
    yield Row(
        f"{day}: memory after the first hour, the fifth and the last",
        f"{first:.0f}, {warm:.0f} and {last:.0f} MB",
    )
    yield Row(
        f"{day}: what memory grows by in an hour of the last third",
        f"{found['rss_slope_last_third_kb_an_hour']:.0f} KB, {found['rss_growth_an_hour']:.2%}",
        goal=f"≤ {MOST_GROWTH:.2%}",
        met=found["rss_growth_an_hour"] <= MOST_GROWTH,
    )
    astray, left = found["lost"] + found["doubled"], sum(found["left_behind"].values())
    yield Row(
        f"{day}: lost or doubled, of {sum(found['promises'].values()):,} promises; left behind",
        f"{astray}; {left}",
        goal="0; 0",
        met=not astray and not left,
    )
    yield _as_promised(day, found["wrong"])


def power_cut_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What power cuts cost, beside plain aiosqlite and our own store without its syncs."""
    plain, unsynced = found["beside"]["aiosqlite_normal"], found["beside"]["synchronous_off"]
    cuts = f"Of {found['runs']:,} power cuts, those in which"
    yield Row(
        f"{cuts} something acknowledged was lost",
        f"{found['lost']}",
        f"{plain['lost']:,} of {plain['runs']:,} (aiosqlite, `synchronous = NORMAL`)",
        goal="0",
        met=not found["lost"],
    )
    yield Row(
        f"{cuts} the store was damaged",
        f"{found['corrupt']}",
        f"{unsynced['corrupt']:,} of {unsynced['runs']:,} (our store without its syncs)",
        goal="0",
        met=not found["corrupt"],
    )


def processes_rows(found: dict[str, Any]) -> Iterator[Row]:
    """What kills of several processes on one PostgreSQL cost, and for how long."""
    terms, counts, again = found["terms"], found["counts"], sorted(found["served_again"]) or [inf]
    fleet = f"{terms['processes']} processes, {found['servers']:,} servers, {counts['kills']} kills"
    astray = counts["lost"] + counts["doubled"]
    yield Row(
        f"{fleet}: lost or doubled, of {counts['promised']:,} promises",
        f"{astray}",
        goal="0",
        met=not astray,
    )
    yield Row(
        f"{fleet}: from a kill until its shard is served again, half of them and the longest",
        f"{statistics.median(again):.0f} and {again[-1]:.0f} s",
        goal=f"≤ {SERVED_SECONDS:.0f} s",
        met=again[-1] <= SERVED_SECONDS,
    )
    yield Row(
        f"PostgreSQL away for {found['store_away']:.0f} s: from its return until all is well",
        f"{found['well_after']:.1f} s",
    )
    yield _as_promised(fleet, found["wrong"])


def _as_promised(what: str, wrong: Sequence[str]) -> Row:
    """All that such a run looks at, by the names of its figures."""
    told = ", ".join(wrong) or "nothing"
    return Row(f"{what}: not as promised", told, goal="nothing", met=not wrong)


def table(rows: Sequence[Row]) -> str:
    """Lay rows out in Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD)]
    lines += [
        (row.what, row.ours, row.beside, row.ratio, row.goal if row.met else f"{row.goal}, missed")
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table_in(text: str) -> str:
    """Take the table out of a text that quotes it; raises ValueError when it has none."""
    parts = text.split(MARK)
    if len(parts) != 3:
        raise ValueError(f"the table stands between two lines {MARK}")
    return parts[1].strip()


def with_table(text: str, table: str) -> str:
    """Put the table in the place of the one that a text quotes; raises ValueError as above."""
    table_in(text)
    before, _, after = text.split(MARK)
    return f"{before}{MARK}\n{table}\n{MARK}{after}"
