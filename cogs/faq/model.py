"""What an entry is, and the rules that shipped ones and moderators' own ones keep alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.errors import ContentError, UserError

TOPICS = (
    "basics",
    "people",
    "skills",
    "groups",
    "leading",
    "work",
    "school",
    "mental-health",
    "limits",
    "bot",
)
"""What entries are about, in the order in which members browse."""

BASE = "en"
"""The language that every shipped entry exists in."""

OWN = "own-"
"""How the id of a moderators' own entry begins; no shipped one does."""

OWN_LIMIT = 500
"""Own entries that one server may have: as many as a person can still look after."""

QUESTION_LIMIT = 100
"""Characters that Discord shows of a suggestion."""
ANSWER_LEAST = 40
ANSWER_LIMIT = 900
"""Characters of an answer: what a phone shows without much scrolling."""
PHRASINGS_LEAST = 3
PHRASINGS_LIMIT = 40
PHRASING_LIMIT = 120
TAGS_LIMIT = 6
TAG_LIMIT = 40
RELATED_LIMIT = 3
SOURCES_LIMIT = 6
SOURCE_LIMIT = 200
URL_LIMIT = 500

_ID = re.compile(r"[a-z0-9-]{3,40}")
_OWN_ID = re.compile(rf"{OWN}[a-z0-9]{{1,32}}")
_URL = re.compile(r"https?://[^\s<>()\[\]\"]{4,490}")
_HEADING = re.compile(r"^\s*#{1,6}\s", re.MULTILINE)
_LINK = re.compile(r"://|\]\(|discord\.gg|discord(?:app)?\.com/", re.IGNORECASE)
_MENTION = re.compile(r"<@|@(?:everyone|here)", re.IGNORECASE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Kinds of characters that cannot be seen: Unicode's general categories."""
_KEYS = frozenset({"id", "topic", "question", "answer", "phrasings", "tags", "related", "sources"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer's facts can be checked."""

    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One question and its answer."""

    id: str
    topic: str
    question: str
    answer: str
    phrasings: tuple[str, ...]
    tags: tuple[str, ...]
    related: tuple[str, ...]
    sources: tuple[Source, ...]
    language: str
    own: bool = False
    """Written by the moderators of the server it is shown in."""
    revision: int = 0
    """Of an own entry: the server's count of changes when it was last changed."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a moderator typed into the form, as typed."""

    question: str = ""
    answer: str = ""
    phrasings: str = ""
    topic: str = TOPICS[0]
    source: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Typed:
        """Write an entry as the form shows it."""
        first = entry.sources[0]
        source = f"{first.title} {first.url}" if first.url else first.title
        return cls(
            entry.question, entry.answer, "\n".join(entry.phrasings), entry.topic, source.strip()
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that a moderator has typed and not saved yet. In memory only."""

    typed: Typed
    server_id: int
    user_id: int
    language: str
    entry_id: str | None
    """The entry it changes; None for a new one."""
    seen: int = 0
    """The revision of that entry which the moderator saw."""
    answers: tuple[str, ...] = ()
    """The waiting questions of members that a new one answers, by id."""
    first: bool = False
    """Whether it was begun in /setup, and leads back there."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: `faq.refused.<rule>` tells a moderator, `reason` tells who edits a file."""

    rule: str
    part: tuple[str | int, ...]
    reason: str
    params: Mapping[str, object]


# What ships


Fail = Callable[..., ContentError]
"""Makes the refusal of a part of a file: `fail(reason, *path)`."""


def parse(data: object, language: str, fail: Fail) -> tuple[Entry, ...]:
    """Read the entries of one language; raises ContentError with file, line and reason."""
    if not isinstance(data, list) or not data:
        raise fail("must be a list of entries")
    entries: list[Entry] = []
    for number, item in enumerate(cast("list[Any]", data)):
        entry = _read(item, language, number, fail)
        if any(entry.id == other.id for other in entries):
            raise fail(f"the id “{entry.id}” is there twice", number, "id")
        entries.append(entry)
    known = {entry.id for entry in entries}
    for number, entry in enumerate(entries):
        for place, other in enumerate(entry.related):
            if other not in known or other == entry.id:
                raise fail(f"“{other}” is not another entry here", number, "related", place)
    return tuple(entries)


def _read(item: Any, language: str, number: int, fail: Fail) -> Entry:
    if not isinstance(item, dict):
        raise fail("an entry is a mapping with id, topic, question, answer ...", number)
    fields = cast("dict[str, Any]", item)
    for key in sorted(fields.keys() - _KEYS):
        raise fail(f"“{key}” is not a part of an entry", number, key)
    for key in sorted(_KEYS - {"related"} - fields.keys()):
        raise fail(f"an entry needs “{key}”", number)
    for key in ("id", "topic", "question", "answer"):
        if not isinstance(fields[key], str):
            raise fail(f"“{key}” must be text; put it in quotes", number, key)
    for key in ("phrasings", "tags", "related"):
        _texts(fields.get(key, []), number, key, fail)
    entry = Entry(
        id=fields["id"],
        topic=fields["topic"],
        question=fields["question"].strip(),
        answer=fields["answer"].strip(),
        phrasings=tuple(fields["phrasings"]),
        tags=tuple(fields["tags"]),
        related=tuple(fields.get("related", [])),
        sources=tuple(_sources(fields["sources"], number, fail)),
        language=language,
    )
    if not _ID.fullmatch(entry.id) or entry.id.startswith(OWN):
        raise fail("an id is 3 to 40 of a-z, 0-9 and -, and does not begin with own-", number, "id")
    for problem in problems(entry):
        raise fail(problem.reason, number, *problem.part)
    return entry


def _texts(value: Any, number: int, key: str, fail: Fail) -> None:
    if not isinstance(value, list):
        raise fail(f"“{key}” must be a list", number, key)
    for place, text in enumerate(cast("list[Any]", value)):
        if not isinstance(text, str):
            raise fail(f"“{key}” holds something that is not text", number, key, place)


def _sources(value: Any, number: int, fail: Fail) -> Iterator[Source]:
    if not isinstance(value, list):
        raise fail("“sources” must be a list", number, "sources")
    for place, item in enumerate(cast("list[Any]", value)):
        path = (number, "sources", place)
        if not isinstance(item, dict) or not {"title"} <= item.keys() <= {"title", "url"}:
            raise fail("a source has a title and, where there is one, a url", *path)
        fields = cast("dict[str, Any]", item)
        if not all(isinstance(part, str) for part in fields.values()):
            raise fail("title and url of a source must be text", *path)
        yield Source(fields["title"].strip(), fields.get("url"))


# The rules


def problems(entry: Entry) -> Iterator[Problem]:
    """Give every rule that an entry breaks, the most telling first."""
    texts: list[tuple[str, tuple[str | int, ...]]] = [
        (entry.question, ("question",)),
        (entry.answer, ("answer",)),
        *((text, ("phrasings", place)) for place, text in enumerate(entry.phrasings)),
        *((text, ("tags", place)) for place, text in enumerate(entry.tags)),
        *((source.title, ("sources", place)) for place, source in enumerate(entry.sources)),
    ]
    if entry.topic not in TOPICS:
        yield _problem("topic", ("topic",), f"the topic is one of {', '.join(TOPICS)}")
    if not 3 <= len(entry.question) <= QUESTION_LIMIT or "\n" in entry.question:
        reason = f"a question is one line of 3 to {QUESTION_LIMIT} characters"
        yield _problem("question", ("question",), reason, limit=QUESTION_LIMIT)
    if not ANSWER_LEAST <= len(entry.answer) <= ANSWER_LIMIT:
        reason = f"an answer has {ANSWER_LEAST} to {ANSWER_LIMIT} characters"
        yield _problem("answer", ("answer",), reason, least=ANSWER_LEAST, limit=ANSWER_LIMIT)
    if _HEADING.search(entry.answer):
        yield _problem("heading", ("answer",), "an answer holds no headings")
    if not _is_plain([text for text, _ in texts]) or _LINK.search(entry.answer):
        for text, part in texts:
            if part == ("answer",) and _LINK.search(text):
                yield _problem("link", part, "an answer holds no links; a page is a source")
            if _MENTION.search(text):
                yield _problem("mention", part, "a text here mentions nobody")
            if clean(text) != text:
                yield _problem("characters", part, "holds invisible characters or loose spaces")
    yield from _list_problems(entry)


def _is_plain(texts: Sequence[str]) -> bool:
    """Whether no text mentions anybody or would be cleaned; asked of hundreds of entries."""
    whole = "\n".join(texts)
    return (
        not ("@" in whole and _MENTION.search(whole))
        and clean(whole) == whole
        # What cleaning does at both ends of a text, it does not do within the whole.
        and all(text == text.strip() for text in texts)
    )


def _list_problems(entry: Entry) -> Iterator[Problem]:
    if not PHRASINGS_LEAST <= len(entry.phrasings) <= PHRASINGS_LIMIT:
        reason = f"an entry has {PHRASINGS_LEAST} to {PHRASINGS_LIMIT} phrasings"
        yield _problem(
            "phrasings", ("phrasings",), reason, least=PHRASINGS_LEAST, limit=PHRASINGS_LIMIT
        )
    for place, phrasing in enumerate(entry.phrasings):
        if not 1 <= len(phrasing) <= PHRASING_LIMIT or "\n" in phrasing:
            reason = f"a phrasing is one line of at most {PHRASING_LIMIT} characters"
            yield _problem("phrasing", ("phrasings", place), reason, limit=PHRASING_LIMIT)
        if phrasing in entry.phrasings[:place]:
            reason = f"the phrasing “{phrasing}” is there twice"
            yield _problem("phrasing_twice", ("phrasings", place), reason)
    if not 1 <= len(entry.tags) <= TAGS_LIMIT or any(
        not 1 <= len(tag) <= TAG_LIMIT for tag in entry.tags
    ):
        reason = f"an entry has 1 to {TAGS_LIMIT} tags of at most {TAG_LIMIT} characters"
        yield _problem("tags", ("tags",), reason)
    if len(entry.related) > RELATED_LIMIT or len(set(entry.related)) < len(entry.related):
        reason = f"an entry names at most {RELATED_LIMIT} related ones, each once"
        yield _problem("related", ("related",), reason)
    if not 1 <= len(entry.sources) <= SOURCES_LIMIT:
        reason = f"an entry has 1 to {SOURCES_LIMIT} sources"
        yield _problem("source", ("sources",), reason, limit=SOURCE_LIMIT)
    for place, source in enumerate(entry.sources):
        if not 1 <= len(source.title) <= SOURCE_LIMIT or "\n" in source.title:
            reason = f"the title of a source is one line of at most {SOURCE_LIMIT} characters"
            yield _problem("source", ("sources", place), reason, limit=SOURCE_LIMIT)
        if source.url is not None and not _URL.fullmatch(source.url):
            reason = "the url of a source begins with https:// and holds no spaces or brackets"
            yield _problem("url", ("sources", place), reason)


def _problem(rule: str, part: tuple[str | int, ...], reason: str, **params: object) -> Problem:
    return Problem(rule, part, reason, params)


# Moderators' own


def entry_from_form(
    typed: Typed,
    *,
    entry_id: str,
    language: str,
    related: Sequence[str] = (),
    revision: int = 0,
) -> Entry:
    """Read what a moderator typed; raises UserError for what a file would be refused for."""
    title, url = _source_of(clean(typed.source))
    topic = clean(typed.topic)
    entry = Entry(
        id=entry_id,
        topic=topic,
        question=" ".join(clean(typed.question).split()),
        answer=clean(typed.answer),
        phrasings=tuple(dict.fromkeys(_lines(typed.phrasings))),
        # The form has room for five parts only; the topic says what the entry is about.
        tags=(topic,),
        related=tuple(related),
        sources=(Source(title, url),),
        language=language,
        own=True,
        revision=revision,
    )
    for problem in problems(entry):
        raise UserError(f"faq.refused.{problem.rule}", **problem.params)
    return entry


def is_own_id(entry_id: str) -> bool:
    """Tell whether an id is one that moderators' own entries have."""
    return _OWN_ID.fullmatch(entry_id) is not None


def _lines(text: str) -> Iterator[str]:
    for line in clean(text).splitlines():
        stripped = " ".join(line.split())
        if stripped:
            yield stripped


def _source_of(text: str) -> tuple[str, str | None]:
    title, marker, rest = text.partition("http")
    address = f"{marker}{rest}".strip()
    if marker and "://" in address:
        return " ".join(title.split()) or clean(address.split("/")[2]), address
    return " ".join(text.split()), None


def clean(text: str) -> str:
    """Take out what cannot be seen and could mislead: direction marks, controls, loose spaces."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.replace("\n", "").isprintable():
        # Joiners (Cf) are part of emoji and of some scripts; direction marks are not.
        found = set(text) - set("\n\u200c\u200d")
        unseen = (one for one in found if unicodedata.category(one) in _UNSEEN)
        text = text.translate(dict.fromkeys(map(ord, unseen)))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def entries_for(
    shipped: Mapping[str, Sequence[Entry]],
    language: str,
    own: Iterable[Entry] = (),
    hidden: frozenset[str] = frozenset(),
) -> tuple[Entry, ...]:
    """Give what is shown in a language: own entries first, then shipped ones by topic.

    A shipped entry that the language lacks comes in another one, English if it can.
    """
    chosen: dict[str, Entry] = {}
    for spoken in dict.fromkeys((language, BASE, *sorted(shipped))):
        for entry in shipped.get(spoken, ()):
            chosen.setdefault(entry.id, entry)
    shown = [entry for entry in chosen.values() if entry.id not in hidden]
    shown.sort(key=lambda entry: TOPICS.index(entry.topic))
    return (*own, *shown)
