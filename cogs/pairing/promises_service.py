"""What rounds promise: the kinds of it, when the next draw is, and how a promise is given.

Everything here is a part of somebody's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from bot.database import Reading, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message
from cogs.pairing import course, rounds_store
from cogs.pairing.course import lead
from cogs.pairing.model import Introduction, Round, RoundState

OPEN = "pairing.open"
"""The kind of the promise to open a round; the subject of its timer is the server's id."""

ASK = "pairing.ask"
"""The kind of the promise to ask in the channel who is in; its subject is the round's id."""

DRAW = "pairing.draw"
"""The kind of the promise to draw a round; its subject is the round's id."""

AGAIN = "pairing.again"
"""The kind of the promise to look for peers once more in a round: `<round>.<any code>`."""

INTRODUCTION = "pairing.introduction"
"""The kind of the promise to introduce people; its subject is the introduction's id."""

FOLLOWUP = "pairing.followup"
"""The kind of the promise to ask once whether they got to talk; the subject is the same."""

CLOSE = "pairing.close"
"""The kind of the promise to close a thread; the subject of its timer is the round's id."""

STOPPED = "stopped"
"""What stands behind the round in the subject of a `CLOSE` timer that ends only what is pending."""

TELL = "pairing.tell"
"""The kind of the promise to tell one member something by direct message."""

SUBJECT = "pairing"
"""What notices about a server's rounds are about."""

PLACE = "pairing.place"
"""What notices are about that the next thread which can be made proves wrong."""

UNDER_WAY = frozenset({RoundState.ASKING, RoundState.DRAWING})
"""Of a round that is not yet drawn."""


async def next_draw(read: Reading, server_id: int) -> datetime | None:
    """Give when the round that asks now is drawn, else the one to open; None without either."""
    under_way = await rounds_store.rounds_in(read, server_id, UNDER_WAY)
    if under_way:
        return under_way[0].draw_at
    plan = await rounds_store.plan(read, server_id)
    timer = await jobs.timer(read, OPEN, str(server_id))
    return None if plan is None or timer is None else timer.due_at + lead(plan)


async def hold(tx: Transaction, introduction_id: str) -> tuple[Round, Introduction] | None:
    """One introduction and its round, held until the transaction ends."""
    seen = await rounds_store.introduction(tx, introduction_id)
    if seen is None:
        return None
    await hold_promises(tx, [seen])
    one = await rounds_store.hold_round(tx, seen.round_id)
    # Read again: it may have changed while its round was waited for.
    found = await rounds_store.introduction(tx, introduction_id)
    return None if one is None or found is None else (one, found)


async def hold_promises(tx: Transaction, introductions: Sequence[Introduction]) -> None:
    """Hold what is promised about introductions: all of it before the first of their rounds."""
    ids = [one.id for one in introductions]
    await jobs.hold_timers(tx, FOLLOWUP, ids)
    await jobs.hold_open(tx, (FOLLOWUP, INTRODUCTION), ids)


async def seal(tx: Transaction, over: Sequence[Introduction], now: datetime) -> None:
    """Promise to close the threads of introductions that are over; once, whoever asks."""
    drafts: list[Draft] = []
    for one in over:
        if one.thread_id is not None:
            at = one.ended_at or now
            late_at = at + course.CLOSING
            drafts.append(Draft(CLOSE, one.id, one.server_id, one.thread_id, "", at, late_at))
    await jobs.add_messages(tx, drafts)


async def look_again(tx: Transaction, one: Round, now: datetime) -> None:
    """Promise to look once more for those in a round who are without a peer."""
    # Two such promises of one second are two: what is looked for by the first may be drawn by now.
    subject = f"{one.id}.{uuid4().hex[:8]}"
    draft = Draft(AGAIN, subject, one.server_id, 0, "", now, now + course.DRAWING)
    await jobs.add_messages(tx, [draft])


def is_open(one: Round, now: datetime) -> bool:
    """Whether people may still be brought together in a round that was drawn."""
    return one.state is RoundState.DRAWN and now < one.ends_at


def those_of(introductions: Sequence[Introduction], user_id: int) -> list[Introduction]:
    """Those in which somebody has, or had, a place."""
    return [
        each for each in introductions if any(place.user_id == user_id for place in each.places)
    ]


def round_of(message: Message) -> str:
    """The id of the round that a promise to draw is about."""
    return message.subject.partition(".")[0]
