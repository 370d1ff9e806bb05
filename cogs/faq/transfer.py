"""A server's own entries as a file, YAML or CSV, and what a file would change.

A file never removes: an entry that it does not hold stays as it is.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import yaml

from bot.sheets import as_written, harmless
from cogs.faq.model import OWN_LIMIT, TOPICS, Entry, Source, clean, is_own_id, problems

COLUMNS = (
    "id",
    "revision",
    "language",
    "topic",
    "question",
    "answer",
    "phrasings",
    "related",
    "source",
    "url",
)
NEEDED = ("topic", "question", "answer", "phrasings", "source")
LISTS = ("phrasings", "related")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it stands in a file; an empty id is a new one, None was not given."""

    line: int
    id: str
    revision: int | None
    language: str
    topic: str
    question: str
    answer: str
    phrasings: tuple[str, ...]
    related: tuple[str, ...] | None
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot be taken, and why: `faq.import.refused.<rule>` says it."""

    rule: str
    line: int | None = None
    question: str = ""
    params: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Change:
    """An entry as it will be, and as it was; one without an id is given one when it is saved."""

    entry: Entry
    before: Entry | None
    relates: bool = False
    """The file does not say what it belongs with: what resembles it."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What of it is another."""
        if self.before is None:
            return ()
        pairs = {
            "question": (self.entry.question, self.before.question),
            "answer": (self.entry.answer, self.before.answer),
            "phrasings": (self.entry.phrasings, self.before.phrasings),
            "topic": (self.entry.topic, self.before.topic),
            "source": (self.entry.sources, self.before.sources),
            "language": (self.entry.language, self.before.language),
            "related": (self.entry.related, self.before.related),
        }
        return tuple(name for name, (now, then) in pairs.items() if now != then)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file comes to. With anything refused, nothing of it is done."""

    added: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: tuple[Entry, ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that would be written."""
        return (*self.added, *self.changed)

    @property
    def ready(self) -> bool:
        """Whether there is something to do, and nothing against it."""
        return bool(self.changes) and not self.refused


# Writing


def as_yaml(entries: Iterable[Entry]) -> str:
    """Write entries as YAML that a person can edit."""
    return yaml.dump(
        [_fields(entry) for entry in entries],
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=1_000_000,
    )


def as_csv(entries: Iterable[Entry]) -> str:
    """Write entries as CSV in which no cell is a formula; lists stand one a line in a cell."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for entry in entries:
        fields = _fields(entry)
        writer.writerow(
            [
                harmless("\n".join(value) if name in LISTS else str(value))
                for name, value in fields.items()
            ]
        )
    return written.getvalue()


def _fields(entry: Entry) -> dict[str, Any]:
    source = entry.sources[0]
    return {
        "id": entry.id,
        "revision": entry.revision,
        "language": entry.language,
        "topic": entry.topic,
        "question": entry.question,
        "answer": entry.answer,
        "phrasings": list(entry.phrasings),
        "related": list(entry.related),
        "source": source.title,
        "url": source.url or "",
    }


class _Dumper(yaml.SafeDumper):
    """Writes long texts as blocks, without marks for values that occur twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    style = None
    if not all(line.isprintable() for line in text.split("\n")):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


# Reading


def rows_of_yaml(data: object, line_of: Callable[..., int | None]) -> Iterator[Row | Refusal]:
    """Read the data of a YAML file; `line_of` gives the line of a path in it."""
    if not isinstance(data, list):
        yield Refusal("no_list", 1)
        return
    for number, item in enumerate(cast("list[Any]", data)):
        line = line_of(number) or 1
        if not isinstance(item, dict):
            yield Refusal("no_entry", line)
            continue
        fields = cast("dict[str, Any]", item)
        refusal = _unreadable(fields, number, line_of)
        if refusal is not None:
            yield replace(refusal, question=str(fields.get("question") or "")[:200])
            continue
        given = {name: value for name, value in fields.items() if value is not None}
        revision = given.pop("revision", None)
        lists = {name: tuple(given.pop(name)) for name in LISTS if name in given}
        yield _row(line, given, lists.get("phrasings", ()), lists.get("related"), revision)


def _unreadable(
    fields: Mapping[str, Any], number: int, line_of: Callable[..., int | None]
) -> Refusal | None:
    for name, value in fields.items():
        line = line_of(number, name)
        if name not in COLUMNS:
            return Refusal("unknown_part", line, params={"part": name[:40]})
        if value is None:
            continue
        if name == "revision":
            right = isinstance(value, int) and not isinstance(value, bool)
        elif name in LISTS:
            texts = cast("list[Any]", value) if isinstance(value, list) else [None]
            right = all(isinstance(text, str) for text in texts)
        else:
            right = isinstance(value, str)
        if not right:
            return Refusal("list" if name in LISTS else "text", line, params={"part": name})
    for name in NEEDED:
        if fields.get(name) is None:
            return Refusal("missing_part", line_of(number), params={"part": name})
    return None


def rows_of_csv(text: str) -> Iterator[Row | Refusal]:
    """Read a CSV file with a line of headings; commas, semicolons or tabs part its cells."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        names = [name.strip().casefold() for name in next(reader, list[str]())]
        missing = [name for name in NEEDED if name not in names]
        for name in names:
            if name not in COLUMNS or names.count(name) > 1:
                yield Refusal("unknown_part", 1, params={"part": name[:40]})
                return
        if missing:
            yield Refusal("missing_part", 1, params={"part": missing[0]})
            return
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row_of_cells(line, names, cells)
            line = reader.line_num + 1
    except csv.Error:
        yield Refusal("csv", line)


def _row_of_cells(line: int, names: Sequence[str], cells: Sequence[str]) -> Row | Refusal:
    written = [as_written(cell) for cell in cells]
    given = dict(zip(names, [*written, *[""] * len(names)], strict=False))
    revision = given.pop("revision", "").strip()
    if len(cells) > len(names):
        return Refusal("cells", line, given["question"][:200])
    if revision and not (revision.isascii() and revision.isdecimal() and len(revision) < 19):
        return Refusal("text", line, given["question"][:200], {"part": "revision"})
    lists = {name: _lines(given.pop(name)) for name in LISTS if name in given}
    number = int(revision) if revision else None
    return _row(line, given, lists["phrasings"], lists.get("related"), number)


def _lines(cell: str) -> tuple[str, ...]:
    lines = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(line for line in lines if line.strip())


def _row(
    line: int,
    given: Mapping[str, str],
    phrasings: tuple[str, ...],
    related: tuple[str, ...] | None,
    revision: int | None,
) -> Row:
    """Take out what cannot be seen, as the form does."""
    return Row(
        line,
        clean(given.get("id", "")),
        revision,
        clean(given.get("language", "")),
        clean(given["topic"]),
        _one_line(given["question"]),
        clean(given["answer"]),
        tuple(dict.fromkeys(filter(None, map(_one_line, phrasings)))),
        None if related is None else tuple(filter(None, map(_one_line, related))),
        _one_line(given["source"]),
        clean(given.get("url", "")),
    )


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


# What it would change


def plan(
    rows: Iterable[Row | Refusal],
    own: Sequence[Entry],
    *,
    shipped: Collection[str],
    languages: Collection[str],
    language: str,
) -> Plan:
    """Say what a file would make of a server's entries; `language` is meant where none is said."""
    rows = list(rows)
    have = {entry.id: entry for entry in own}
    read = [row for row in rows if isinstance(row, Row)]
    known = {*shipped, *have, *(row.id for row in read if row.id)}
    twice = {row_id for row_id, times in Counter(row.id for row in read).items() if times > 1}
    refused = [row for row in rows if isinstance(row, Refusal)]
    changes: list[tuple[Row, Change]] = []
    unchanged: list[Entry] = []
    for row in read:
        change = _change(row, have.get(row.id), language)
        entry, before = change.entry, change.before
        if before is not None and replace(entry, revision=before.revision) == before:
            unchanged.append(before)
            continue
        found = _refusal(row, change, known, languages, twice)
        if found is None:
            changes.append((row, change))
        else:
            refused.append(replace(found, line=row.line, question=row.question[:200]))
    asked = _asked(have, [change for _, change in changes])
    for row, change in list(changes):
        if asked[_key(change.entry)] > 1 and (
            change.before is None or _key(change.before) != _key(change.entry)
        ):
            refused.append(Refusal("same_question", row.line, row.question[:200]))
            changes.remove((row, change))
    added = [change for _, change in changes if change.before is None]
    if len(have) + len(added) > OWN_LIMIT:
        refused.append(Refusal("too_many", params={"limit": OWN_LIMIT}))
    if not rows:
        refused.append(Refusal("empty"))
    return Plan(
        tuple(added),
        tuple(change for _, change in changes if change.before is not None),
        tuple(unchanged),
        tuple(sorted(refused, key=lambda one: one.line or 0)),
    )


def _change(row: Row, before: Entry | None, language: str) -> Change:
    related = row.related
    if related is None:
        related = before.related if before is not None else ()
    entry = Entry(
        id=row.id,
        topic=row.topic,
        question=row.question,
        answer=row.answer,
        phrasings=row.phrasings,
        tags=(row.topic,),
        related=related,
        sources=(Source(row.source, row.url or None),),
        language=row.language or (before.language if before is not None else language),
        own=True,
    )
    return Change(entry, before, relates=before is None and row.related is None)


def _refusal(
    row: Row, change: Change, known: set[str], languages: Collection[str], twice: set[str]
) -> Refusal | None:
    entry, before = change.entry, change.before
    if row.id and not is_own_id(row.id):
        return Refusal("id")
    if row.id and row.id in twice:
        return Refusal("id_twice")
    if before is not None and row.revision is not None and row.revision != before.revision:
        return Refusal("changed")
    if entry.language not in languages:
        return Refusal("language", params={"languages": ", ".join(sorted(languages))})
    there = known if before is None else {*known, *before.related}
    for other in entry.related:
        if other not in there or other == entry.id:
            return Refusal("unknown_related", params={"other": other[:40]})
    for problem in problems(entry):
        topics = {"topics": ", ".join(TOPICS)} if problem.rule == "topic" else {}
        return Refusal(problem.rule, params={**problem.params, **topics})
    return None


def _key(entry: Entry) -> tuple[str, str]:
    return entry.language, entry.question.casefold()


def _asked(have: Mapping[str, Entry], changes: Iterable[Change]) -> Counter[tuple[str, str]]:
    """How many entries there would be of each question."""
    changed = {change.entry.id: change.entry for change in changes if change.before is not None}
    after = [changed.get(entry_id, entry) for entry_id, entry in have.items()]
    return Counter(map(_key, [*after, *(c.entry for c in changes if c.before is None)]))
