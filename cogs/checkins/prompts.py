"""Check-in prompts: what one is, how they are read, and which one comes next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from bot.errors import ContentError
from cogs.checkins.shapes import banned

CATEGORIES = (
    "hello",
    "today",
    "heard",
    "attention",
    "give-and-receive",
    "towards",
    "ease-and-play",
    "boundaries-and-rest",
)
"""What prompts are about, in the order in which they are offered."""

OWN = "own-"
"""How the id of a moderators' own prompt begins; no shipped one does."""

SAFE_LIMIT = 160
"""Characters of the sentence that says what makes a prompt safe to ask."""

_ID = re.compile(r"[a-z0-9-]{3,40}")
_KEYS = ("id", "category", "tip", "task", "weight", "text", "safe_because")


class Tip(StrEnum):
    """The four workplace tips that a check-in is modelled on."""

    GREET = "greet"
    CHECK_IN = "check-in"
    LISTEN = "listen"
    ATTENTION = "attention"


class Task(StrEnum):
    """The four tasks of Intentional Peer Support (Mead)."""

    CONNECTION = "connection"
    WORLDVIEW = "worldview"
    MUTUALITY = "mutuality"
    MOVING_TOWARDS = "moving-towards"


class Weight(StrEnum):
    """How much a prompt may stir."""

    LIGHT = "light"
    MIDDLE = "middle"
    DEEP = "deep"


_ALLOWED = (
    ("category", CATEGORIES),
    ("tip", tuple(Tip)),
    ("task", tuple(Task)),
    ("weight", tuple(Weight)),
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One check-in sentence, and why it is safe to ask."""

    id: str
    category: str
    tip: Tip
    task: Task
    weight: Weight
    text: str
    safe_because: str


Fail = Callable[..., ContentError]
"""Makes the refusal of a part of a file: `fail(reason, *path)`."""


def parse(data: object, language: str, fail: Fail, *, judged: bool = True) -> tuple[Prompt, ...]:
    """Read the prompts of one language; raises ContentError with file, line and reason.

    Unless `judged`, their texts are taken for fit: to judge them takes longer than to read them.
    """
    if not isinstance(data, list) or not data:
        raise fail("must be a list of prompts")
    prompts: dict[str, Prompt] = {}
    texts: set[str] = set()
    for number, item in enumerate(cast("list[Any]", data)):
        prompt = _read(item, language if judged else None, number, fail)
        if prompt.id in prompts:
            raise fail(f"the id “{prompt.id}” is there twice", number, "id")
        if prompt.text in texts:
            raise fail("the text is there twice", number, "text")
        prompts[prompt.id] = prompt
        texts.add(prompt.text)
    return tuple(prompts.values())


def _read(item: Any, language: str | None, number: int, fail: Fail) -> Prompt:
    if not isinstance(item, dict):
        raise fail(f"a prompt is a mapping with {', '.join(_KEYS)}", number)
    fields = cast("dict[str, Any]", item)
    for key in sorted(fields.keys() - set(_KEYS)):
        raise fail(f"“{key}” is not a part of a prompt", number, key)
    for key in _KEYS:
        if key not in fields:
            raise fail(f"a prompt needs “{key}”", number)
        if not isinstance(fields[key], str):
            raise fail(f"“{key}” must be text; put it in quotes", number, key)
    for key, allowed in _ALLOWED:
        if fields[key] not in allowed:
            raise fail(f"the {key} is one of {', '.join(allowed)}", number, key)
    if not _ID.fullmatch(fields["id"]) or fields["id"].startswith(OWN):
        raise fail(f"an id is 3 to 40 of a-z, 0-9 and -, and not {OWN}...", number, "id")
    reasons = () if language is None else banned(fields["text"], language)
    if reasons:
        raise fail(f"the text has a banned shape: {', '.join(reasons)}", number, "text")
    if not 10 <= len(fields["safe_because"].strip()) <= SAFE_LIMIT:
        reason = f"“safe_because” is a sentence of 10 to {SAFE_LIMIT} characters"
        raise fail(reason, number, "safe_because")
    return Prompt(
        id=fields["id"],
        category=fields["category"],
        tip=Tip(fields["tip"]),
        task=Task(fields["task"]),
        weight=Weight(fields["weight"]),
        text=fields["text"].strip(),
        safe_because=fields["safe_because"].strip(),
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """The prompts that may come, made ready once for all schedules that choose from them."""

    prompts: tuple[Prompt, ...]
    """All of them, vetoed or not."""
    allowed: Mapping[str, Prompt]
    """Those that may come, by their ids and in the order of these."""
    calm: tuple[str, ...]
    """The ids of those that may come and are not deep."""
    deep: tuple[str, ...]

    @classmethod
    def of(cls, prompts: Sequence[Prompt], vetoed: Set[str] = frozenset()) -> Pool:
        """Make one of these prompts."""
        allowed = {
            prompt.id: prompt
            for prompt in sorted(prompts, key=lambda one: one.id)
            if prompt.id not in vetoed
        }
        calm = tuple(one.id for one in allowed.values() if one.weight is not Weight.DEEP)
        deep = tuple(one.id for one in allowed.values() if one.weight is Weight.DEEP)
        return cls(tuple(prompts), allowed, calm, deep)


def choose(pool: Pool, posts: dict[str, int], seed: int) -> Prompt | None:
    """Choose the next prompt of a channel; None when every one of the pool is vetoed.

    `posts` are the ids of what was posted there, the longest ago first, each once; those that are
    not in the pool do no harm. What was never posted there comes first, and then what was posted
    the longest ago: so a prompt comes again only when all of the pool have come since, whatever
    else others post there. Among those never posted `seed` decides, and the same arguments give
    the same prompt. While at most half of these are deep, a deep one never follows a deep one, also
    not when all have been posted and come again in their order.
    """
    calm, deep = _unseen(pool.calm, posts), _unseen(pool.deep, posts)
    if next(reversed(posts), None) in pool.deep:
        wanted = calm or deep
    elif len(deep) >= len(calm):
        # One calm prompt fewer would be too few to go between the deep ones and to end with.
        wanted = deep
    else:
        wanted = [*calm, *deep]
    if not wanted:
        return next((pool.allowed[one] for one in posts if one in pool.allowed), None)
    # Multiplicative hashing (Knuth): the upper bits are even also where seeds are counted up, or
    # end in the same bits as the numbers of Discord do.
    mixed = seed * 0x9E3779B97F4A7C15 % 2**64
    return pool.allowed[wanted[mixed * len(wanted) >> 64]]


def _unseen(prompt_ids: Sequence[str], posts: dict[str, int]) -> Sequence[str]:
    return [one for one in prompt_ids if one not in posts] if posts else prompt_ids
