"""What a question to the moderators is, how it ends, and which ones are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cogs.faq.model import PHRASING_LIMIT, PHRASINGS_LIMIT, QUESTION_LIMIT, clean
from cogs.faq.search.wording import plain

if TYPE_CHECKING:
    from cogs.faq.search.lexical import Floats

WORDS_LENGTH = 1_000
"""Characters of a question to the moderators."""

NOTE_LENGTH = 300
"""Characters that a moderator may write when nothing else says why there is no answer."""

WAITING_LIMIT = 3
"""Questions of one person that may wait in one server at a time."""

SERVER_WAITING = 200
"""Questions that may wait in one server: more, nobody reads in time."""

CONSENT_VERSION = 1
"""Of the words by which somebody asks to be written to; goes up when they change their meaning."""

ALIKE_FROM = 0.7
"""Share of what two questions say that both say, from which one answer is likely to fit both."""

MEANT_ALIKE_FROM = 0.76
"""The same of what two questions mean. Of two of our own lines about other things, all of them
around peer support, 2 in 1,000 are as near; of two that a bank's customers ask 5 in 10,000, and 16
in 100 of two that ask the same there, where words alone see 3."""

SLIP_FROM = 5
"""Letters of a word from which one slip is seen through."""

SMALL = 2
"""Letters of a word that say nothing about what is asked: small words are in every question."""


class Hear(StrEnum):
    """How somebody wants to hear what came of their question."""

    DM = "dm"
    LATER = "later"
    """On top of the next private answer to a command of theirs: bot.news."""
    NEVER = "never"


class State(StrEnum):
    """How a question stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    """By an entry, which everybody can find now."""
    DECLINED = "declined"
    HANDED = "handed"
    """A person can do more here than an entry; the asker is told how to reach one."""
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why there will be no entry, as the asker is told in their language."""

    ELSEWHERE = "elsewhere"
    PERSONAL = "personal"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"
    WRITTEN = "written"
    """A moderator wrote it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One member's question to the moderators of a server.

    Its words are there while it waits, and no longer. `ends_at` is the latest moment for that; of
    one that is over, when that was. `entry_id` is the entry that answers it, `note` what a
    moderator wrote to the asker.
    """

    id: str
    server_id: int
    asker_user_id: int
    words: str
    named: bool
    hear: Hear
    language: str
    made_at: datetime
    ends_at: datetime
    state: State = State.WAITING
    consent_version: int | None = None
    dm_channel_id: int | None = None
    entry_id: str | None = None
    reason: Reason | None = None
    note: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether moderators can still do something about it."""
        return self.state is State.WAITING

    def ended(
        self,
        state: State,
        at: datetime,
        *,
        entry_id: str | None = None,
        reason: Reason | None = None,
        note: str = "",
    ) -> Question:
        """Give it as it is from then on: without its words."""
        return replace(
            self, state=state, words="", ends_at=at, entry_id=entry_id, reason=reason, note=note
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody is about to send: in memory only, until they tap."""

    words: str
    server_id: int
    user_id: int
    named: bool = False
    hear: Hear = Hear.LATER
    cut: bool = False
    """Whether they had written more than can be sent."""

    @classmethod
    def of(cls, words: str, server_id: int, user_id: int) -> Asking:
        """Give what of these words would go."""
        whole = clean(words)
        return cls(whole[:WORDS_LENGTH].rstrip(), server_id, user_id, cut=len(whole) > WORDS_LENGTH)


Group = tuple[Question, ...]
"""Questions that are alike, the oldest first: it is the one that the others resemble."""


def grouped(
    questions: Iterable[Question], meanings: Mapping[str, Floats] | None = None
) -> tuple[Group, ...]:
    """Put like questions together; groups and what is in them stand by age, the oldest first.

    A question joins the oldest group whose first question it resembles, by its words or by what it
    means: `meanings` by id, of length 1. So a newer one never changes what was together before,
    and a chain of small differences joins no two that differ much.
    """
    groups: list[list[Question]] = []
    firsts: list[_Said] = []
    for one in in_order(questions):
        said = _said(one.words, None if meanings is None else meanings.get(one.id))
        for place, first in enumerate(firsts):
            if _likeness(said, first) >= ALIKE_FROM or _meant(said, first) >= MEANT_ALIKE_FROM:
                groups[place].append(one)
                break
        else:
            groups.append([one])
            firsts.append(said)
    return tuple(tuple(group) for group in groups)


def in_order(questions: Iterable[Question]) -> list[Question]:
    """Give questions by age, the oldest first."""
    return sorted(questions, key=lambda one: (one.made_at, one.id))


def likeness(one: str, other: str) -> float:
    """Give how much of what two questions say both of them say, 0..1; the same words give 1.

    Case, accents, order and one slip in a longer word make no difference, and the longer a word
    is, the more it counts: "how", "do" and "I" are in every question.
    """
    return _likeness(_said(one), _said(other))


@dataclass(frozen=True, slots=True)
class _Said:
    whole: str
    words: Mapping[str, int]
    """The weight of each word."""
    slips: Mapping[str, frozenset[str]]
    """Of each longer word, itself with one letter left out at each place."""
    meaning: Floats | None


def _said(text: str, meaning: Floats | None = None) -> _Said:
    whole = plain(text)
    weights = {word: len(word) - SMALL for word in sorted(set(whole.split())) if len(word) > SMALL}
    slips = {
        word: frozenset(word[:place] + word[place + 1 :] for place in range(len(word)))
        for word in weights
        if len(word) >= SLIP_FROM
    }
    return _Said(whole or text, weights, slips, meaning)


def _meant(one: _Said, other: _Said) -> float:
    if one.meaning is None or other.meaning is None:
        return 0.0
    return float(one.meaning @ other.meaning)


def _likeness(one: _Said, other: _Said) -> float:
    if one.whole == other.whole:
        return 1.0
    if one.whole > other.whole:
        # Which of several like words is taken for another must not depend on who was first.
        one, other = other, one
    total = sum(one.words.values()) + sum(other.words.values())
    if not total:
        return 0.0
    shared = one.words.keys() & other.words.keys()
    both = 2 * sum(one.words[word] for word in shared)
    left: dict[str, str] = {}
    for word in sorted(other.slips.keys() - shared):
        left |= dict.fromkeys((word, *other.slips[word]), word)
    taken: set[str] = set()
    for word in sorted(one.slips.keys() - shared):
        # A letter too many, too few, another one, or two in the wrong order.
        found = {left[form] for form in (word, *one.slips[word]) if form in left} - taken
        if found:
            meant = min(found)
            taken.add(meant)
            both += one.words[word] + other.words[meant]
    return both / total


def as_title(group: Sequence[Question]) -> str:
    """Give the words of the oldest of like questions as the question of an entry, to begin with."""
    line = " ".join(group[0].words.split())
    return line if len(line) <= QUESTION_LIMIT else ""


def as_phrasings(group: Sequence[Question]) -> str:
    """Give the words of like questions as ways to ask it, one a line, without long ones."""
    lines = dict.fromkeys(" ".join(one.words.split()) for one in group)
    fitting = [line for line in lines if 1 <= len(line) <= PHRASING_LIMIT]
    return "\n".join(fitting[:PHRASINGS_LIMIT])
