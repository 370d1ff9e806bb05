"""What a moderator may want to mend in a server's own entries. It refuses nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice

from cogs.faq.model import Entry
from cogs.faq.search import Document, Index, Verdict
from cogs.faq.search.wording import plain

ALIKE = 90
"""Likeness, of 100, from which two questions or two answers say the same."""
ENOUGH_PHRASINGS = 5
"""Ways to ask from which most members' words are met."""
PHONE_COLUMNS = 38
PHONE_LINES = 18
"""Lines of an answer that a phone shows above its buttons, so many characters each."""
FOLDS = 4
"""Parts into which phrasings are dealt; each is asked of the others, as a member would ask."""
MOST_ASKED = 800
"""Phrasings that are tried by words: some seconds of work. Of more, those of own entries first."""


Vectors = Mapping[str, bytes]
"""The packed vector of each text of some entries."""


class Kind(Enum):
    """What was found, the most harmful first."""

    STEALS = "steals"
    ALIKE = "alike"
    DEAD_RELATED = "dead_related"
    DEAD_COMMAND = "dead_command"
    FEW_PHRASINGS = "few_phrasings"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at in `entry`; `other` and `detail` say with which and what."""

    kind: Kind
    entry: Entry
    other: Entry | None = None
    detail: str = ""


def review(
    entries: Sequence[Entry], commands: Collection[str], vectors: Vectors | None = None
) -> tuple[Finding, ...]:
    """Look through what a server shows; takes seconds for hundreds of entries.

    `commands` are the bot's commands by name, in every language; `vectors` say what the texts of
    the entries mean, where that is known. Only what moderators can change is found: an own entry
    is in every finding.
    """
    entries = sorted(entries, key=lambda entry: entry.id)
    shown = {entry.id for entry in entries}
    own = [entry for entry in entries if entry.own]
    found = list(_alike(entries))
    if vectors is None:
        found += _stolen(entries)
    else:
        found += _meant(entries, vectors, found)
    for entry in own:
        found += [
            Finding(Kind.DEAD_RELATED, entry, detail=one)
            for one in entry.related
            if one not in shown
        ]
        found += [
            Finding(Kind.DEAD_COMMAND, entry, detail=name)
            for name in dead_commands(entry.answer, commands)
        ]
        if len(entry.phrasings) < ENOUGH_PHRASINGS:
            found.append(Finding(Kind.FEW_PHRASINGS, entry))
        if phone_lines(entry.answer) > PHONE_LINES:
            found.append(Finding(Kind.LONG, entry))
    order = list(Kind)
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.entry.id)))


def phone_lines(answer: str) -> int:
    """How many lines an answer takes on a phone."""
    return sum(max(1, -(-len(line) // PHONE_COLUMNS)) for line in answer.split("\n"))


_COMMAND = re.compile(r"(?<![\w/:.])/([^\W\d_][\w-]*(?: [\w-]+){0,2})")


def dead_commands(answer: str, commands: Collection[str]) -> Iterator[str]:
    """Give what reads like a command of this bot and is none; other bots have their own."""
    ours = {name.split(" ")[0] for name in commands}
    for named in dict.fromkeys(_COMMAND.findall(answer)):
        words = named.casefold().split(" ")
        begun = {" ".join(words[:length]) for length in range(1, len(words) + 1)}
        if words[0] in ours and begun.isdisjoint(commands):
            yield " ".join(words[:2])


def _alike(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Own entries that ask or say what another one of the same language does, each pair once."""
    # Here, not above: a bot whose moderators never ask for it does without.
    from rapidfuzz import fuzz, process

    for language in sorted({entry.language for entry in entries if entry.own}):
        same = [entry for entry in entries if entry.language == language]
        questions = [plain(entry.question) for entry in same]
        answers = [entry.answer for entry in same]
        for number, entry in enumerate(same):
            if not entry.own:
                continue
            near = {
                index
                for texts, text, scorer in (
                    (questions, questions[number], fuzz.token_sort_ratio),
                    (answers, answers[number], fuzz.ratio),
                )
                for _, _, index in process.extract(
                    text, texts, scorer=scorer, score_cutoff=ALIKE, limit=None
                )
            }
            for index in sorted(near):
                if index > number or (index < number and not same[index].own):
                    yield Finding(Kind.ALIKE, entry, same[index])


def _meant(
    entries: Sequence[Entry], vectors: Vectors, known: Collection[Finding]
) -> Iterator[Finding]:
    """The same two by meaning, without the likenesses that are known."""
    if not any(entry.own for entry in entries):
        return
    # Here, not above: it loads numpy, and the bot starts without.
    from cogs.faq.search.kinship import Kinship

    by_id = {entry.id: entry for entry in entries}
    kinship = Kinship([_document(entry) for entry in entries], vectors)
    said = {frozenset((one.entry.id, one.other.id)) for one in known if one.other is not None}
    for one, other in kinship.pairs():
        if frozenset((one, other)) not in said:
            said.add(frozenset((one, other)))
            yield from _own_first(Kind.ALIKE, by_id[one], by_id[other])
    for one, other, text in kinship.strays():
        # Of two that say the same, each has the other's questions; that is said already.
        if frozenset((one, other)) not in said:
            yield from _own_first(Kind.STEALS, by_id[one], by_id[other], text)


def _own_first(kind: Kind, entry: Entry, other: Entry, detail: str = "") -> Iterator[Finding]:
    if entry.own:
        yield Finding(kind, entry, other, detail)
    elif other.own:
        yield Finding(kind, other, entry, detail)


def _stolen(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Ways to ask for one entry that are answered with another, one of the two being own."""
    if not any(entry.own for entry in entries):
        return
    by_id = {entry.id: entry for entry in entries}
    entries = sorted(entries, key=lambda entry: (not entry.own, entry.id))
    for fold in range(FOLDS):
        index = Index(
            _document(replace(entry, phrasings=tuple(_kept(entry, fold)))) for entry in entries
        )
        dealt = ((entry, phrasing) for entry in entries for phrasing in _dealt(entry, fold))
        for entry, phrasing in islice(dealt, MOST_ASKED // FOLDS):
            result = index.ask(phrasing, 1)
            if result.verdict is Verdict.FOUND and result.hits[0].id != entry.id:
                yield from _own_first(Kind.STEALS, entry, by_id[result.hits[0].id], detail=phrasing)


def _document(entry: Entry) -> Document:
    return Document(entry.id, entry.question, entry.phrasings, entry.answer, entry.language)


def _dealt(entry: Entry, fold: int) -> Iterable[str]:
    return entry.phrasings[fold::FOLDS]


def _kept(entry: Entry, fold: int) -> Iterator[str]:
    for number, phrasing in enumerate(entry.phrasings):
        if number % FOLDS != fold:
            yield phrasing
