"""Wishes that nobody has agreed to yet, as the buttons remember them.

Nothing is kept before a yes, so a draft lives in the custom ids of the private message that shows
it: it is still there after a restart, and gone with the message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.zones import is_zone_name
from cogs.pairing.model import MOST_LANGUAGES, Block, Often, Role, Shown, Wishes

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

_LISTS = (
    tuple(Block),
    tuple(Shown),
    tuple(Role),
    tuple(Often),
)
"""What the flags of a draft stand for. Another order would misread the buttons out there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody would agree to; `dms` is whether they want direct messages."""

    zone: str
    wishes: Wishes
    dms: bool = False


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A draft as it was read; `stale` when other topics are offered by now, so those were lost."""

    draft: Draft
    stale: bool


def pack(draft: Draft, offered: Sequence[str]) -> tuple[str, str, str, str]:
    """Give a draft as arguments of a button, at most 75 characters with what joins them.

    `offered` are the ids of the topics; others are left out.
    """
    wishes = draft.wishes
    blocks, shown, roles, often = _LISTS
    bits: list[bool] = [
        *(id_ in wishes.topics for id_ in offered),
        *(id_ in wishes.avoid for id_ in offered),
        *(one in wishes.hours for one in blocks),
        *(one in wishes.shown for one in shown),
        *(one is wishes.role for one in roles),
        *(one is wishes.often for one in often),
        wishes.threesome,
        draft.dms,
    ]
    # The leading one keeps what would be zeros before it.
    number = int("1" + "".join("01"[bit] for bit in reversed(bits)), 2)
    return draft.zone, ".".join(wishes.languages), _written(number), _mark(offered)


def unpack(zone: str, languages: str, packed: str, mark: str, offered: Sequence[str]) -> Unpacked:
    """Read what `pack` wrote; raises UserError for what it cannot have written."""
    spoken = tuple(languages.split("."))
    if (
        not is_zone_name(zone)
        or not all(_LANGUAGE.fullmatch(code) for code in spoken)
        or not 1 <= len(set(spoken)) == len(spoken) <= MOST_LANGUAGES
        or not re.fullmatch(r"[0-9a-z]{1,20}", packed)
    ):
        raise UserError("errors.old_button")
    bits = [bit == "1" for bit in reversed(f"{int(packed, 36):b}"[1:])]
    stale = mark != _mark(offered)
    blocks, shown, roles, often = _LISTS
    rest = len(blocks) + len(shown) + len(roles) + len(often) + 2
    count, odd = divmod(len(bits) - rest, 2)
    if count < 0 or odd or (not stale and count != len(offered)):
        raise UserError("errors.old_button")
    known = () if stale else offered
    topics = _chosen(known, bits[:count])
    avoid = _chosen(known, bits[count : 2 * count])
    at = 2 * count
    lists: list[list[str]] = []
    for each in _LISTS:
        lists.append(_chosen(each, bits[at : at + len(each)]))
        at += len(each)
    if len(lists[2]) != 1 or len(lists[3]) != 1:
        raise UserError("errors.old_button")
    wishes = Wishes(
        languages=spoken,
        topics=frozenset(topics),
        avoid=frozenset(avoid),
        hours=frozenset(map(Block, lists[0])),
        shown=frozenset(map(Shown, lists[1])),
        role=Role(lists[2][0]),
        often=Often(lists[3][0]),
        threesome=bits[at],
    )
    return Unpacked(Draft(zone, wishes, bits[at + 1]), stale)


def with_languages(wishes: Wishes, chosen: Iterable[str], own: str) -> Wishes:
    """Give the wishes other languages; the first stays first, else `own` is, if it is chosen."""
    wanted = list(dict.fromkeys(chosen))
    for first in (own, wishes.languages[0]):
        if first in wanted:
            wanted.remove(first)
            wanted.insert(0, first)
    return replace(wishes, languages=tuple(wanted))


def _chosen(names: Sequence[str], bits: Sequence[bool]) -> list[str]:
    return [name for name, bit in zip(names, bits, strict=False) if bit]


def _written(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _mark(offered: Sequence[str]) -> str:
    return hashlib.blake2b("\0".join(offered).encode(), digest_size=2).hexdigest()
