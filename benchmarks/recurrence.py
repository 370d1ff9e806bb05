"""Whether recurrence is right, and what it costs, beside an oracle and a naive loop, in one run.

`python -m benchmarks.recurrence` prints a table, `--json` the figures. Both check every occurrence
of 26 years against python-dateutil: its rrule, an implementation of RFC 5545 written by others,
names the local dates, and its own reader of zone files turns them into UTC. rrule has no rule for
wall times that do not exist or exist twice, so they are settled by definition: a wall time is the
first moment at which dateutil shows it, and one that is never shown counts by the offset before the
gap. Only UTC is turned into local time for that. The other way, dateutil contradicts itself where
winter and not summer is the exception (Dublin, Casablanca): its `datetime_exists` denies 02:00 in
Dublin on 31 October 2010, which its clocks show at 02:00 UTC.

The oracle and we read the very same zone files. dateutil reads only the oldest of the three layouts
within a file, to 2037, and compact files leave that empty; so the system's files are taken where
they are written in full, and else those that dateutil brings along.

A plain run checks a sample of the zones and the oddest ones, `--full` all of them, in a quarter of
an hour; names whose files hold the same bytes are one zone.
"""

from __future__ import annotations

import argparse
import io
import json
import pkgutil
import random
import statistics
import struct
import sys
import tarfile
import tempfile
import time as stopwatch
import zoneinfo
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

from dateutil import rrule, tz

from bot.recurrence import Rule, between, next_after, upcoming
from bot.zones import is_zone_name, zone_info

FIRST = datetime(2010, 1, 1)  # noqa: DTZ001 - a wall time of no zone in particular
LAST = datetime(2036, 1, 1)  # noqa: DTZ001
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SAMPLE = 12
ODD = ("Pacific/Apia", "Pacific/Fakaofo", "Europe/Dublin", "Africa/Casablanca")
"""Zones that left out a day, and zones where winter is the exception."""


def written_in_full(folder: Path) -> bool:
    """Whether the zone files have the layout that dateutil reads."""
    try:
        header = (folder / "Europe" / "Berlin").read_bytes()[:44]
    except OSError:
        return False
    return struct.unpack(">4sc15x6l", header)[5] > 0


@contextmanager
def same_data(*, system: bool = False) -> Generator[Path]:
    """Let zoneinfo read the folder of zone files that is given; afterwards what it read before."""
    before = zoneinfo.TZPATH
    with tempfile.TemporaryDirectory(prefix="alongside-zones-") as made:
        folder = Path(made)
        on_system = next((Path(p) for p in before if written_in_full(Path(p))), None)
        if system and on_system:
            folder = on_system
        else:
            packed = pkgutil.get_data("dateutil", "zoneinfo/dateutil-zoneinfo.tar.gz")
            assert packed
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                # Where there are filters, from Python 3.11.4 on.
                archive.extraction_filter = getattr(tarfile, "data_filter", None)
                archive.extractall(folder)  # noqa: S202 - of a package that is locked
        try:
            _read_from(folder)
            yield folder
        finally:
            _read_from(*before)


def _read_from(*folders: str | Path) -> None:
    zoneinfo.reset_tzpath(to=[str(folder) for folder in folders])
    zoneinfo.ZoneInfo.clear_cache()
    zone_info.cache_clear()


def zone_names(folder: Path) -> list[str]:
    """All names that a schedule may have, in order."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(
        name
        for name in names
        if is_zone_name(name) and (folder / name).read_bytes().startswith(b"TZif")
    )


def distinct(folder: Path, names: list[str]) -> list[str]:
    """One name for each content, so that a zone is not checked once for each of its names."""
    return sorted({(folder / name).read_bytes(): name for name in reversed(names)}.values())


class Oracle:
    """What python-dateutil says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._zones: dict[str, Any] = {}

    def zone(self, name: str) -> Any:
        if name not in self._zones:
            self._zones[name] = cast("Any", tz.tzfile)(str(self.folder / name))
        return self._zones[name]

    def moment(self, wall: datetime, name: str) -> datetime:
        """The moment of a wall time: the first of two, moved forward by a gap."""
        zone, base = self.zone(name), aware(wall)
        # No zone changes its offset twice within these 36 hours.
        around = ((base + hours * HOUR).astimezone(zone).utcoffset() for hours in (-18, 18))
        offsets = {offset or timedelta(0) for offset in around}
        maybe = {base - offset for offset in offsets}
        if len(maybe) == 1:
            return maybe.pop()
        shown = [it for it in maybe if it.astimezone(zone).replace(tzinfo=None) == wall]
        # In a gap the smaller offset is that before it, and gives the later moment.
        return min(shown, default=max(maybe))

    def moments(self, rule: Rule, first: date, last: date) -> list[datetime]:
        """The moments of all local dates from first to last, each moment once."""
        since = rule.anchor or first
        until = min(last, rule.until) if rule.until else last
        dates = cast("Any", rrule.rrule)(
            rrule.WEEKLY,
            interval=rule.weeks,
            byweekday=sorted(rule.days),
            dtstart=datetime.combine(since, rule.at),
            until=datetime.combine(until, rule.at),
        )
        walls = (wall for wall in dates if wall.date() >= first)
        return sorted({self.moment(wall, rule.zone) for wall in walls})


@dataclass(slots=True)
class Count:
    """What a comparison came to; `days` are the local dates that were due."""

    days: int = 0
    skipped: int = 0
    doubled: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list[str])

    def compare(self, rule: Rule, ours: list[datetime], expected: list[datetime]) -> None:
        """Add one comparison: what was left out, came again, or came at another instant."""
        missing, extra = set(expected) - set(ours), set(ours) - set(expected)
        self.days += len(expected)
        self.doubled += len(ours) - len(set(ours))
        self.wrong += len(extra)
        self.skipped += max(0, len(missing) - len(extra))
        if (missing or extra) and len(self.examples) < 20:
            self.examples.append(f"{rule.to_text()} missing {min(missing, default=None)}")

    def add(self, other: Count) -> None:
        self.days += other.days
        self.skipped += other.skipped
        self.doubled += other.doubled
        self.wrong += other.wrong
        self.examples = (self.examples + other.examples)[:20]


def aware(wall: datetime) -> datetime:
    """A wall time taken for UTC, where only about when matters."""
    return wall.replace(tzinfo=UTC)


def changes(name: str, first: datetime = FIRST, last: datetime = LAST) -> list[datetime]:
    """The minutes, in UTC, at which the zone's offset changes."""
    zone = zone_info(name)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta(0)

    found: list[datetime] = []
    step = timedelta(hours=12)
    moment = aware(first)
    before = offset(moment)
    while moment < aware(last):
        after = offset(moment + step)
        if after != before:
            low, high = moment, moment + step
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        moment, before = moment + step, after
    return found


def telling_times(name: str, at: list[datetime]) -> list[time]:
    """A wall time within the last gap and one within the last fold; noon where there is none."""
    zone = zone_info(name)
    found: dict[bool, time] = {}
    for moment in at:
        old = (moment - timedelta(minutes=2)).astimezone(zone).utcoffset() or timedelta(0)
        new = (moment + timedelta(minutes=2)).astimezone(zone).utcoffset() or timedelta(0)
        middle = moment.replace(tzinfo=None) + (old + new) / 2
        found[new > old] = middle.time().replace(second=0, microsecond=0)
    return list(found.values()) or [time(12)]


def walk(rule: Rule, start: datetime, end: datetime) -> list[datetime]:
    """What a schedule does: ask for the next moment, and from there for the next."""
    found: list[datetime] = []
    due = next_after(rule, start)
    while due is not None and due <= end:
        found.append(due)
        due = next_after(rule, due)
    return found


def clip(moments: list[datetime], start: datetime, end: datetime) -> list[datetime]:
    return [moment for moment in moments if start < moment <= end]


def check_days(oracle: Oracle, name: str, times: list[time], naive: Count) -> Count:
    """Every local day of 26 years, and the same for the loop that adds 24 hours."""
    count = Count()
    for at in times:
        rule = Rule(frozenset(range(7)), at, name)
        start, end = aware(FIRST), aware(LAST)
        expected = clip(oracle.moments(rule, FIRST.date() - 2 * DAY, LAST.date()), start, end)
        count.compare(rule, walk(rule, start, end), expected)
        naive.compare(rule, plus_a_day(expected[0], end), expected)
    return count


def plus_a_day(first: datetime, end: datetime) -> list[datetime]:
    """The usual loop: what is due next is 24 hours from what was due."""
    found = [first]
    while found[-1] + DAY <= end:
        found.append(found[-1] + DAY)
    return found


def check_edges(oracle: Oracle, name: str, at: list[datetime], minutes: int) -> Count:
    """Every so many minutes of the clock, on the days around each change of offset."""
    count = Count()
    for moment in at:
        start, end = moment - 2 * DAY, moment + 2 * DAY
        for minute in range(0, 24 * 60, minutes):
            rule = Rule(frozenset(range(7)), time(*divmod(minute, 60)), name)
            expected = clip(
                oracle.moments(rule, start.date() - 2 * DAY, end.date() + 2 * DAY), start, end
            )
            count.compare(rule, between(rule, start, end), expected)
    return count


def any_rule(dice: random.Random, name: str, times: list[time]) -> Rule:
    """A rule of some kind."""
    days = frozenset(dice.sample(range(7), dice.randint(1, 7)))
    at = dice.choice([*times, time(dice.randrange(24), dice.randrange(60))])
    anchor = FIRST.date() + DAY * dice.randrange(5000) if dice.random() < 0.7 else None
    weeks = dice.randint(1, 9) if anchor else 1
    until = FIRST.date() + DAY * dice.randrange(9000) if dice.random() < 0.5 else None
    return Rule(days, at, name, weeks, anchor, until)


def check_rule(oracle: Oracle, rule: Rule) -> Count:
    """All of a rule's occurrences in 26 years."""
    count = Count()
    start, end = aware(FIRST), aware(LAST)
    expected = clip(oracle.moments(rule, FIRST.date() - 2 * DAY, LAST.date() + DAY), start, end)
    count.compare(rule, walk(rule, start, end), expected)
    return count


def campaign(*, full: bool, quick: bool = False) -> dict[str, Any]:
    """Check all, and count."""
    dice = random.Random(1)
    days, edges, rules, naive = Count(), Count(), Count(), Count()
    with same_data(system=True) as folder:
        oracle = Oracle(folder)
        names = zone_names(folder)
        checked = distinct(folder, names)
        if quick:
            checked = sorted(ODD)[:1]
        elif not full:
            checked = sorted({*checked[::SAMPLE], *ODD})
        for name in checked:
            at = changes(name)
            times = telling_times(name, at)
            days.add(check_days(oracle, name, times, naive))
            edges.add(check_edges(oracle, name, at, 30 if full else 120))
            rules.add(check_rule(oracle, any_rule(dice, name, times)))
        whole = Count()
        for part in (days, edges, rules):
            whole.add(part)
        release = next((folder / "tzdata.zi").open()) if (folder / "tzdata.zi").exists() else ""
        return {
            "names": len(names),
            "zones": len(checked),
            "from": str(FIRST.date()),
            "to": str(LAST.date()),
            "data": release.strip("# \n") or "dateutil's own",
            "checked": asdict(whole),
            "parts": {
                "every_day": days.days,
                "around_changes": edges.days,
                "other_rules": rules.days,
            },
            "naive_loop": {key: value for key, value in asdict(naive).items() if key != "examples"},
        }


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Africa/Cairo")
STEPS = 365
ROUNDS = 15


def timings(rounds: int) -> dict[str, Any]:
    """CPU microseconds a moment, a year of days in five zones, medians of turns."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rules = [Rule.daily(2, 30, name) for name in ZONES]
    with same_data(system=True) as folder:
        oracle = Oracle(folder)

        def step_by_step() -> None:
            for rule in rules:
                due = start
                for _ in range(STEPS):
                    due = next_after(rule, due) or due

        def in_one_go() -> None:
            for rule in rules:
                upcoming(rule, start, STEPS)

        def dates_of(name: str) -> Any:
            first = datetime(2026, 1, 1, 2, 30, tzinfo=oracle.zone(name))
            return cast("Any", rrule.rrule)(rrule.DAILY, dtstart=first, count=STEPS)

        def dateutil_in_one_go() -> None:
            for name in ZONES:
                for due in dates_of(name):
                    due.astimezone(UTC)

        def dateutil_step_by_step() -> None:
            for name in ZONES:
                dates, due = dates_of(name), start
                for _ in range(STEPS):
                    due = dates.after(due)
                    if due is None:
                        break
                    due.astimezone(UTC)

        def naive() -> None:
            for _ in ZONES:
                due = start
                for _ in range(STEPS):
                    due += DAY

        runs: dict[str, Callable[[], None]] = {
            "step_by_step": step_by_step,
            "in_one_go": in_one_go,
            "dateutil_step_by_step": dateutil_step_by_step,
            "dateutil_in_one_go": dateutil_in_one_go,
            "naive": naive,
        }
        took: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(rounds):
            for name, run in runs.items():
                # It looks through all dates from the first, each time; one turn says enough.
                if name == "dateutil_step_by_step" and turn % 5:
                    continue
                began = stopwatch.process_time()
                run()
                took[name].append((stopwatch.process_time() - began) / STEPS / len(ZONES) * 1e6)
    median = {name: statistics.median(all_of_it) for name, all_of_it in took.items()}
    return {
        "us_a_moment": {name: round(value, 3) for name, value in median.items()},
        "ratios": {
            "step_by_step_to_dateutil": ratio(median, "step_by_step", "dateutil_step_by_step"),
            "in_one_go_to_dateutil": ratio(median, "in_one_go", "dateutil_in_one_go"),
            "step_by_step_to_naive": ratio(median, "step_by_step", "naive"),
        },
    }


def ratio(median: dict[str, float], ours: str, theirs: str) -> float:
    return round(median[ours] / median[theirs], 4)


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    checked, naive, timing = found["checked"], found["naive_loop"], found["timing"]
    lines = [
        f"{found['zones']} zones of {found['names']} names, {found['from']} to {found['to']}",
        f"zone data: {found['data']}",
        f"{'':<24}{'days':>10}{'skipped':>9}{'doubled':>9}{'wrong':>9}",
    ]
    for name, row in (("alongside", checked), ("adding 24 hours", naive)):
        lines.append(
            f"{name:<24}{row['days']:>10}{row['skipped']:>9}{row['doubled']:>9}{row['wrong']:>9}"
        )
    lines += ["", f"{'':<24}{'CPU µs a moment':>16}"]
    lines += [f"{name:<24}{value:>16.3f}" for name, value in timing["us_a_moment"].items()]
    lines += [f"{name}: {value}" for name, value in timing["ratios"].items()]
    return "\n".join([*lines, *checked["examples"]])


def main() -> None:
    parser = argparse.ArgumentParser(description="Check recurrence, and measure it.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--full", action="store_true", help="every zone, and every half hour around its changes"
    )
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    options = parser.parse_args()
    found = {
        **campaign(full=options.full, quick=options.quick),
        "timing": timings(1 if options.quick else ROUNDS),
    }
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")
    checked = found["checked"]
    if checked["skipped"] or checked["doubled"] or checked["wrong"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
