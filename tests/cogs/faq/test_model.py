"""What an entry is, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.errors import ContentError, UserError
from cogs.faq.model import (
    Entry,
    Source,
    Typed,
    clean,
    entries_for,
    entry_from_form,
    parse,
    problems,
)
from tests.cogs.faq.samples import SHIPPED, TYPED

GOOD = """\
- id: umbrella
  topic: basics
  question: Where do I leave my umbrella?
  answer: Beside the door there is a stand, and it is long enough an answer for a phone.
  phrasings: [umbrella stand, wet umbrella, where to put umbrellas]
  tags: [rain]
  related: []
  sources:
    - title: House rules
      url: https://example.org/rules
"""


def read(text: str) -> tuple[Entry, ...]:
    document = parse_yaml(text, "faq/en.yaml")
    return parse(document.data, "en", document.error)


def test_a_good_file_is_read() -> None:
    (entry,) = read(GOOD)
    assert entry.question == "Where do I leave my umbrella?"
    assert entry.sources == (Source("House rules", "https://example.org/rules"),)
    assert (entry.language, entry.own) == ("en", False)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("id: umbrella", "id: Um", "faq/en.yaml:1: an id is"),
        ("id: umbrella", "id: own-umbrella", "faq/en.yaml:1: an id is"),
        ("topic: basics", "topic: weather", "faq/en.yaml:2: the topic is one of"),
        ("topic: basics", "topic: 7", "faq/en.yaml:2: “topic” must be text"),
        ("question: Where", "question: W" + "h" * 90, "faq/en.yaml:3: a question is one line"),
        ("answer: Beside", "answer: '#'", "not YAML"),
        ("Beside the door", "'[here](https://x.org) Beside the door", "not YAML"),
        ("Beside the door", "See https://example.org beside the door", "faq/en.yaml:4: an answer"),
        ("Beside the door", "<@1> knows the door", "faq/en.yaml:4: a text here mentions"),
        ("Beside the door", "Beside\u202e the door", "faq/en.yaml:4: holds invisible"),
        (
            "Beside the door there is a stand, and it is long enough an answer for a phone.",
            "Short.",
            "faq/en.yaml:4: an answer has",
        ),
        (", where to put umbrellas", "", "faq/en.yaml:5: an entry has 3 to 40 phrasings"),
        ("wet umbrella", "umbrella stand", "faq/en.yaml:5: the phrasing"),
        ("wet umbrella", "3", "faq/en.yaml:5: “phrasings” holds something that is not text"),
        ("[rain]", "[]", "faq/en.yaml:6: an entry has 1 to 6 tags"),
        ("[rain]", "rain", "faq/en.yaml:6: “tags” must be a list"),
        ("related: []", "related: [kettle]", "faq/en.yaml:7: “kettle” is not another entry"),
        ("related: []", "related: [umbrella]", "faq/en.yaml:7: “umbrella” is not another entry"),
        ("related: []", "colour: red", "faq/en.yaml:7: “colour” is not a part"),
        ("https://example.org/rules", "ftp://example.org", "faq/en.yaml:9: the url of a source"),
        ("title: House rules", "name: House rules", "faq/en.yaml:9: a source has a title"),
        ("title: House rules", "title: 5", "faq/en.yaml:9: title and url of a source"),
        ("  tags: [rain]\n", "", "faq/en.yaml:1: an entry needs “tags”"),
        ("tags: [rain]", "tags: &a [rain]", "faq/en.yaml:6: holds an anchor"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(old: str, new: str, refusal: str) -> None:
    assert old in GOOD
    with pytest.raises(ContentError) as refused:
        read(GOOD.replace(old, new, 1))
    assert refusal in str(refused.value)


@pytest.mark.parametrize("text", ["", "a: b", "- 5", "[]"])
def test_what_is_no_list_of_entries_is_refused(text: str) -> None:
    with pytest.raises(ContentError):
        read(text)


def test_an_id_is_there_once() -> None:
    with pytest.raises(ContentError, match=r"faq/en\.yaml:11: the id “umbrella” is there twice"):
        read(GOOD + GOOD)


def own(typed: Typed) -> Entry:
    return entry_from_form(typed, entry_id="own-1", language="en")


def test_what_a_moderator_types_becomes_an_entry() -> None:
    entry = own(TYPED)
    assert entry.own
    assert entry.phrasings == ("choir practice", "what day is singing", "when do we sing")
    assert entry.sources == (Source("The choir's page", "https://example.org/choir"),)
    assert list(problems(entry)) == []


def test_a_form_filled_with_an_entry_gives_the_same_entry() -> None:
    entry = own(TYPED)
    assert own(Typed.of(entry)) == entry


def test_an_address_alone_is_named_after_its_site() -> None:
    assert own(replace(TYPED, source="https://example.org/x")).sources == (
        Source("example.org", "https://example.org/x"),
    )


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        (replace(TYPED, question=" "), "question"),
        (replace(TYPED, answer="Too short."), "answer"),
        (replace(TYPED, answer="x" * 901), "answer"),
        (replace(TYPED, answer="# Choir\n" + TYPED.answer), "heading"),
        (replace(TYPED, answer=TYPED.answer + " [here](x)"), "link"),
        (replace(TYPED, answer=TYPED.answer + " discord.gg/abc"), "link"),
        (replace(TYPED, answer=TYPED.answer + " discord.com/invite/abc"), "link"),
        (replace(TYPED, answer=TYPED.answer + " @everyone"), "mention"),
        (replace(TYPED, question="Who is <@123>?"), "mention"),
        (replace(TYPED, phrasings="one\ntwo"), "phrasings"),
        (replace(TYPED, phrasings="one\none\ntwo"), "phrasings"),
        (replace(TYPED, phrasings="one\ntwo\n" + "x" * 121), "phrasing"),
        (replace(TYPED, topic="weather"), "topic"),
        (replace(TYPED, source=" "), "source"),
        (replace(TYPED, source="Us https://exa mple.org"), "url"),
    ],
)
def test_a_moderators_entry_is_refused_for_what_shipped_content_is(typed: Typed, rule: str) -> None:
    with pytest.raises(UserError) as refused:
        own(typed)
    assert refused.value.key == f"faq.refused.{rule}"


@given(st.text(max_size=200), st.text(max_size=1_000), st.text(max_size=400), st.text(max_size=99))
def test_whatever_is_typed_is_refused_in_words_or_keeps_every_rule(
    question: str, answer: str, phrasings: str, source: str
) -> None:
    with suppress(UserError):
        entry = own(Typed(question, answer, phrasings, "bot", source))
        assert list(problems(entry)) == []


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_direction_marks_are_taken_out_and_joined_emoji_stay() -> None:
    assert clean("a\u202eb\u200f c \r\n\r\n👩\u200d👩\u200d👧 \x00") == "ab c\n\n👩\u200d👩\u200d👧"


def ids(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    return [(entry.id, entry.language) for entry in entries]


def test_what_a_language_lacks_comes_in_another() -> None:
    assert ids(entries_for(SHIPPED, "es")) == [
        ("umbrella", "es"),
        ("kettle", "es"),
        ("bicycle", "en"),
    ]


def test_own_entries_lead_and_hidden_ones_are_left_out() -> None:
    shown = entries_for(SHIPPED, "en", [own(TYPED)], frozenset({"kettle"}))
    assert ids(shown) == [("own-1", "en"), ("umbrella", "en"), ("bicycle", "en")]
