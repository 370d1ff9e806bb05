"""A server's entries as files: what is written is read again, and what a file would change."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.sheets import FORMULA
from cogs.faq.model import OWN_LIMIT, TOPICS, Entry, Source, clean, problems
from cogs.faq.transfer import (
    Plan,
    Refusal,
    Row,
    as_csv,
    as_yaml,
    plan,
    rows_of_csv,
    rows_of_yaml,
)
from tests.cogs.faq.samples import LONG

ODD = st.sampled_from(
    [
        *FORMULA,
        *"\"'`,;|:#-*&!%{}[]<>?\\/ \n\r~0.1\u2028\u00a0\u200d\ufeff💚é你",
        *("true", "null", "no", "1.5", "0x1f", "e\u0301", "- ", ": ", " #", "---\n", "...\n"),
    ]
)
TYPED = st.lists(ODD, max_size=12).map("".join)
"""What spreadsheets and YAML could read as something else than text."""


def one_line(text: str) -> str:
    return " ".join(clean(text + "abc").split())


def make(number: int, typed: list[str], topic: str, language: str, revision: int) -> Entry:
    question, answer, phrasing, title = typed
    return Entry(
        id=f"own-{number}",
        topic=topic,
        question=one_line(question),
        answer=clean(answer + LONG),
        phrasings=tuple(one_line(phrasing + more) for more in ("", "more", "\n=most")),
        tags=(topic,),
        related=("kettle", "umbrella")[: revision % 3],
        sources=(Source(one_line(title), ("https://example.org/a?b=c#d", None)[revision % 2]),),
        language=language,
        own=True,
        revision=revision,
    )


def entries(number: int) -> st.SearchStrategy[Entry]:
    made = st.builds(
        make,
        st.just(number),
        st.lists(TYPED, min_size=4, max_size=4),
        st.sampled_from(TOPICS),
        st.sampled_from(["en", "es"]),
        st.integers(0, 2**40),
    )
    return made.filter(lambda entry: not list(problems(entry)))


SERVERS = st.integers(0, 3).flatmap(lambda n: st.tuples(*(entries(i) for i in range(n))))


def read(kind: str, text: str) -> list[Row | Refusal]:
    if kind == "csv":
        return list(rows_of_csv(text))
    document = parse_yaml(text, "faq.yaml")
    return list(rows_of_yaml(document.data, document.line))


def planned(rows: list[Row | Refusal], *own: Entry) -> Plan:
    return plan(rows, own, shipped={"kettle", "umbrella"}, languages=("en", "es"), language="en")


WRITERS = {"yaml": as_yaml, "csv": as_csv}


@pytest.mark.parametrize("kind", WRITERS)
@given(own=SERVERS)
def test_what_is_written_is_what_is_there(kind: str, own: tuple[Entry, ...]) -> None:
    made = planned(read(kind, WRITERS[kind](own)), *own)
    assert made.unchanged == own
    assert not made.changes
    assert [one.rule for one in made.refused] == ([] if own else ["empty"])


@pytest.mark.parametrize("kind", WRITERS)
@given(own=SERVERS)
def test_another_server_gets_exactly_the_same(kind: str, own: tuple[Entry, ...]) -> None:
    own = tuple({entry.question.casefold(): entry for entry in own}.values())
    made = planned(read(kind, WRITERS[kind](own)))
    assert tuple(change.entry for change in made.added) == tuple(
        replace(entry, revision=0) for entry in own
    )


@given(own=SERVERS)
def test_no_cell_is_a_formula(own: tuple[Entry, ...]) -> None:
    for cells in list(csv.reader(io.StringIO(as_csv(own), newline="")))[1:]:
        assert not [cell for cell in cells if cell[:1] in FORMULA - {"'"}]


@pytest.mark.parametrize("kind", WRITERS)
@given(text=st.text(), odd=TYPED)
def test_any_text_is_read_or_refused(kind: str, text: str, odd: str) -> None:
    head = "topic,question,answer,phrasings,source\n" if kind == "csv" else "- "
    for one in (text, odd, head + odd):
        try:
            rows = read(kind, one)
        except Exception as error:
            if kind == "yaml" and type(error).__name__ == "ContentError":
                continue
            raise
        planned(rows)


# What is refused


def own(number: int = 1, **changes: Any) -> Entry:
    entry = Entry(
        id=f"own-{number}",
        topic="basics",
        question=f"Question {number}?",
        answer=LONG,
        phrasings=("one", "two", "three"),
        tags=("basics",),
        related=("kettle",),
        sources=(Source("Us", None),),
        language="en",
        own=True,
        revision=4,
    )
    return replace(entry, **changes)


def lines_of(*entries: Entry) -> list[str]:
    return as_yaml(entries).splitlines()


WRONG: dict[str, dict[str, Any]] = {
    "topic": {"topic": "weather", "tags": ("weather",)},
    "question": {"question": "x" * 101},
    "answer": {"answer": "Too short."},
    "link": {"answer": LONG + " https://example.org"},
    "mention": {"answer": LONG + " @everyone"},
    "phrasings": {"phrasings": ("one", "two")},
    "phrasing": {"phrasings": ("one", "two", "x" * 121)},
    "source": {"sources": (Source("x" * 201, None),)},
    "url": {"sources": (Source("Us", "javascript:alert(1)"),)},
    "language": {"language": "xx"},
    "unknown_related": {"related": ("nowhere",)},
    "id": {"id": "kettle"},
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("rule", WRONG)
def test_a_wrong_entry_is_refused_with_its_line_and_nothing_is_ready(kind: str, rule: str) -> None:
    text = WRITERS[kind]([own(1), own(2, **WRONG[rule]), own(3)])
    made = planned(read(kind, text))
    assert not made.ready
    [refusal] = made.refused
    assert refusal.rule == rule
    assert refusal.line is not None
    assert ("kettle" if rule == "id" else "own-2") in text.splitlines()[refusal.line - 1]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("just words", "no_list", 1),
        ("{}", "no_list", 1),
        ("- one\n- two", "no_entry", 1),
        ("- question: a\n  colour: red", "unknown_part", 2),
        ("- question: a", "missing_part", 1),
        ("- question: 988", "text", 1),
        ("- topic: a\n  phrasings: all", "list", 2),
        ("- topic: a\n  phrasings: [988]", "list", 2),
        ("- revision: true", "text", 1),
        ("", "no_list", 1),
    ],
)
def test_yaml_that_is_no_list_of_entries_is_refused(text: str, rule: str, line: int) -> None:
    refusal = planned(read("yaml", text)).refused[0]
    assert (refusal.rule, refusal.line) == (rule, line)


HEAD = "id,topic,question,answer,phrasings,source\n"


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "missing_part", 1),
        ("id,question\n", "missing_part", 1),
        (HEAD.replace("id", "colour"), "unknown_part", 1),
        (HEAD.replace("id", "topic"), "unknown_part", 1),
        (HEAD + "\n\n,basics,a,b,c,d,e\n", "cells", 4),
        (HEAD + ',basics,"a', "csv", 2),
        (HEAD, "empty", None),
        (HEAD.replace("id", "revision") + "x,basics,a,b,c,d\n", "text", 2),
    ],
)
def test_csv_that_is_no_table_of_entries_is_refused(text: str, rule: str, line: int | None) -> None:
    refusal = planned(read("csv", text)).refused[0]
    assert (refusal.rule, refusal.line) == (rule, line)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheet_may_part_its_cells_as_it_does(delimiter: str) -> None:
    cells = ["", "basics", "When, and; where?", LONG, '"one\ntwo\nthree"', "Us"]
    quoted = [f'"{cell}"' if delimiter in cell else cell for cell in cells]
    text = HEAD.replace(",", delimiter) + delimiter.join(quoted)
    [change] = planned(read("csv", text)).added
    assert change.entry.question == "When, and; where?"
    assert change.entry.phrasings == ("one", "two", "three")
    assert change.relates


# What it would change


def test_only_what_differs_is_changed_and_said() -> None:
    text = as_yaml([own(1, answer="Not " + LONG), own(2)])
    made = planned(read("yaml", text), own(1), own(2), own(3))
    [change] = made.changed
    assert (change.entry.id, change.parts) == ("own-1", ("answer",))
    assert made.unchanged == (own(2),)
    assert made.ready


def test_a_file_older_than_a_change_by_somebody_else_is_refused() -> None:
    text = as_yaml([own(1, answer="Mine. " + LONG), own(2)])
    made = planned(read("yaml", text), own(1, revision=5, answer="Theirs. " + LONG), own(2))
    assert [(one.rule, one.line) for one in made.refused] == [("changed", 1)]
    without = text.replace("  revision: 4\n", "")
    assert planned(read("yaml", without), own(1, revision=5), own(2)).ready


def test_what_is_not_given_stays_as_it_was() -> None:
    text = "\n".join(
        line for line in lines_of(own(1, answer="New. " + LONG)) if "language" not in line
    ).replace("  related:\n    - kettle", "")
    [change] = planned(read("yaml", text), own(1, language="es")).changed
    assert (change.entry.language, change.entry.related) == ("es", ("kettle",))
    assert not change.relates


def test_a_question_that_another_answer_has_is_refused() -> None:
    new = own(1, id="", question="question 2?")
    made = planned(read("yaml", as_yaml([new])), own(2))
    assert [one.rule for one in made.refused] == ["same_question"]
    twice = planned(read("yaml", as_yaml([own(1, id=""), own(1, id="")])))
    assert [one.rule for one in twice.refused] == ["same_question"] * 2
    swapped = [own(1, question="Question 2?"), own(2, question="Question 1?")]
    assert planned(read("yaml", as_yaml(swapped)), own(1), own(2)).ready


def test_an_id_twice_is_refused_and_one_more_than_a_server_may_have() -> None:
    made = planned(read("yaml", as_yaml([own(1), own(1, question="Another?")])))
    assert [one.rule for one in made.refused] == ["id_twice"] * 2
    many = [own(n) for n in range(OWN_LIMIT)]
    one_more = planned(read("yaml", as_yaml([own(OWN_LIMIT)])), *many)
    assert [one.rule for one in one_more.refused] == ["too_many"]
    assert planned(read("yaml", as_yaml([own(0, answer="New. " + LONG)])), *many).ready


def test_entries_of_one_file_may_relate_to_each_other() -> None:
    pair = [own(1, related=("own-2",)), own(2, related=("own-1",))]
    assert planned(read("yaml", as_yaml(pair))).ready
    self_related = planned(read("yaml", as_yaml([own(1, related=("own-1",))])))
    assert [one.rule for one in self_related.refused] == ["unknown_related"]
    # What was removed since does not keep the others from being changed.
    text = as_yaml([own(1, related=("own-9",), answer="New. " + LONG)])
    assert planned(read("yaml", text), own(1, related=("own-9",))).ready
