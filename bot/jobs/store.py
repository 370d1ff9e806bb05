"""SQL of timers and messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from bot.jobs.model import Backlog, Draft, Message, State, Timer

TOPIC = "jobs"
"""Under which processes tell each other that something is promised (`Transaction.tell`)."""


async def set_timers(tx: Transaction, timers: Sequence[Timer]) -> None:
    """Write when subjects are next due; what was there before no longer holds."""
    await tx.execute_many(
        "INSERT INTO jobs_timers (kind, subject, server_id, due_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at",
        [(t.kind, t.subject, t.server_id, to_epoch(t.due_at)) for t in timers],
    )
    _tell(tx, timers)


def _tell(tx: Transaction, those: Sequence[Timer | Draft]) -> None:
    """Let the process that keeps the promises look for them now, whichever it is."""
    if those:
        tx.tell(TOPIC, those[0].server_id)


async def clear_timers(tx: Transaction, kind: str, subjects: Sequence[str]) -> None:
    """Let subjects be due no more."""
    await tx.execute_many(
        "DELETE FROM jobs_timers WHERE kind = $1 AND subject = $2",
        [(kind, subject) for subject in subjects],
    )


async def hold_timers(tx: Transaction, kind: str, subjects: Sequence[str]) -> None:
    """Hold when subjects are next due, until the transaction ends.

    The runner holds what is due before what that is about. Whoever holds that and then moves the
    timer, or ends it, holds the timer first as well, lest the two wait for each other.
    """
    if subjects:
        marks = ", ".join(f"${number}" for number in range(2, len(subjects) + 2))
        await tx.fetch(
            f"SELECT subject FROM jobs_timers WHERE kind = $1 AND subject IN ({marks}) "  # noqa: S608
            "ORDER BY subject FOR UPDATE",
            kind,
            *subjects,
        )


DUE_TIMERS = (
    "SELECT kind, subject, server_id, due_at FROM jobs_timers WHERE due_at <= $1 "
    "ORDER BY due_at, kind, subject LIMIT $2 FOR UPDATE SKIP LOCKED"
)
"""Finds what is due, and reads no more of the store than that, however many timers there are."""


async def take_due_timers(tx: Transaction, now: datetime, limit: int) -> list[Timer]:
    """The timers that are due, the longest due first, held until the transaction ends."""
    rows = await tx.fetch(DUE_TIMERS, to_epoch(now), limit)
    return [
        Timer(kind, subject, server_id, from_epoch(due_at))
        for kind, subject, server_id, due_at in rows
    ]


async def next_timer_at(read: Reading) -> datetime | None:
    """When the next timer is due."""
    row = await read.fetch_one("SELECT min(due_at) AS due_at FROM jobs_timers")
    return None if row is None or row["due_at"] is None else from_epoch(row["due_at"])


async def timer(read: Reading, kind: str, subject: str) -> Timer | None:
    """When one subject is next due."""
    row = await read.fetch_one(
        "SELECT kind, subject, server_id, due_at FROM jobs_timers WHERE kind = $1 AND subject = $2",
        kind,
        subject,
    )
    if row is None:
        return None
    return Timer(row["kind"], row["subject"], row["server_id"], from_epoch(row["due_at"]))


async def add_messages(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Write messages down; one that was promised before stays as it is.

    A message's turn is how many of its server and kind wait before it: servers and kinds take
    turns, and a thousand messages do not hold up a single one of another server or kind.
    """
    if not drafts:
        return
    servers = sorted({draft.server_id for draft in drafts})
    marks = ", ".join(f"${number}" for number in range(1, len(servers) + 1))
    rows = await tx.fetch(
        "SELECT server_id, kind, max(turn) AS last FROM jobs_messages "  # noqa: S608
        f"WHERE settled_at IS NULL AND server_id IN ({marks}) GROUP BY server_id, kind",
        *servers,
    )
    last: dict[tuple[int, str], int] = {
        (row["server_id"], row["kind"]): row["last"] for row in rows
    }
    written: list[tuple[int | str | None, ...]] = []
    for draft in drafts:
        key = (draft.server_id, draft.kind)
        turn = last[key] = last.get(key, -1) + 1
        written.append(
            (
                draft.id,
                draft.kind,
                draft.subject,
                draft.server_id,
                draft.recipient_user_id,
                draft.channel_id,
                draft.body,
                to_epoch(draft.due_at),
                to_epoch(draft.late_at),
                turn,
            )
        )
    await tx.execute_many(
        "INSERT INTO jobs_messages (id, kind, subject, server_id, recipient_user_id, channel_id, "
        "body, due_at, late_at, turn, try_at, tries, state) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8, 0, 'waiting') "
        "ON CONFLICT (id) DO NOTHING",
        written,
    )
    _tell(tx, drafts)


_COLUMNS = (
    "id, kind, subject, server_id, recipient_user_id, channel_id, body, due_at, late_at, try_at, "
    "first_tried_at, tries, state, reason, message_id"
)


async def take_due_messages(
    tx: Transaction, now: datetime, limit: int, but: Collection[str] = ()
) -> list[Message]:
    """Messages that are due and that nobody holds, servers in turn, until the transaction ends.

    None of the kinds in `but`.
    """
    others = ", ".join(f"${number}" for number in range(3, len(but) + 3))
    among = f"AND kind NOT IN ({others}) " if but else ""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM jobs_messages "  # noqa: S608
        f"WHERE settled_at IS NULL AND try_at <= $1 {among}"
        "ORDER BY turn, due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
        to_epoch(now),
        limit,
        *but,
    )
    return [_message(row) for row in rows]


async def take_fallen_due(tx: Transaction, now: datetime, limit: int) -> list[Message]:
    """Open messages that have fallen due, also those that somebody holds or that wait for a try."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM jobs_messages WHERE settled_at IS NULL AND due_at <= $1 "  # noqa: S608
        "ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED",
        to_epoch(now),
        limit,
    )
    return [_message(row) for row in rows]


async def say(tx: Transaction, bodies: Mapping[str, str]) -> None:
    """Write what messages say that nobody has tried to send yet."""
    await tx.execute_many(
        "UPDATE jobs_messages SET body = $2 WHERE id = $1 AND first_tried_at IS NULL",
        list(bodies.items()),
    )


async def lease(
    tx: Transaction, ids: Sequence[str], now: datetime, until: datetime
) -> dict[str, str]:
    """Write down that these are being tried now, until when; gives what each of them says."""
    if not ids:
        return {}
    marks = ", ".join(f"${number}" for number in range(3, len(ids) + 3))
    rows = await tx.fetch(
        "UPDATE jobs_messages SET state = 'sending', try_at = $1, tries = tries + 1, "  # noqa: S608
        f"first_tried_at = coalesce(first_tried_at, $2) WHERE id IN ({marks}) RETURNING id, body",
        to_epoch(until),
        to_epoch(now),
        *ids,
    )
    return {row["id"]: row["body"] for row in rows}


async def retry(tx: Transaction, id_: str, at: datetime) -> None:
    """Try again later; the first try stays written down."""
    await tx.execute(
        "UPDATE jobs_messages SET try_at = $2 WHERE id = $1 AND settled_at IS NULL",
        id_,
        to_epoch(at),
    )


async def release(tx: Transaction, server_id: int, now: datetime) -> None:
    """Let what a paused server held until it would be late have its turn now.

    What is late by now is left to whoever claims it, and may hold it already.
    """
    await tx.execute(
        "UPDATE jobs_messages SET try_at = $2 "
        "WHERE server_id = $1 AND settled_at IS NULL AND try_at = late_at AND late_at > $2",
        server_id,
        to_epoch(now),
    )
    tx.tell(TOPIC, server_id)


async def settle(
    tx: Transaction,
    id_: str,
    state: State,
    now: datetime,
    *,
    reason: str | None = None,
    message_id: int | None = None,
) -> None:
    """Write down how it ended; an end that was written before stays."""
    await tx.execute(
        "UPDATE jobs_messages SET state = $2, reason = $3, message_id = $4, settled_at = $5 "
        "WHERE id = $1 AND settled_at IS NULL",
        id_,
        state.value,
        reason,
        message_id,
        to_epoch(now),
    )


async def hold_open(tx: Transaction, kinds: Sequence[str], subjects: Sequence[str]) -> None:
    """Hold what subjects have waiting, until the transaction ends.

    The runner holds a message before what it is about. Whoever holds that and then ends the message
    holds the message first as well, lest the two wait for each other.
    """
    marks = ", ".join(f"${number}" for number in range(2, len(subjects) + 2))
    for kind in kinds if subjects else ():
        await tx.fetch(
            "SELECT id FROM jobs_messages WHERE kind = $1 "  # noqa: S608
            f"AND subject IN ({marks}) AND settled_at IS NULL ORDER BY id FOR UPDATE",
            kind,
            *subjects,
        )


async def hold_written_to(tx: Transaction, user_id: int) -> None:
    """Hold what waits to be sent to one person, until the transaction ends; see `hold_open`."""
    await tx.fetch(
        "SELECT id FROM jobs_messages WHERE recipient_user_id = $1 AND settled_at IS NULL "
        "ORDER BY id FOR UPDATE",
        user_id,
    )


async def drop_open(
    tx: Transaction, kind: str, subject: str, now: datetime, reason: str
) -> list[Message]:
    """Skip what a subject still has waiting and nobody has tried to send; gives what that was."""
    rows = await tx.fetch(
        "UPDATE jobs_messages SET state = 'skipped', reason = $3, settled_at = $4 "  # noqa: S608
        "WHERE kind = $1 AND subject = $2 AND settled_at IS NULL AND first_tried_at IS NULL "
        f"RETURNING {_COLUMNS}",
        kind,
        subject,
        reason,
        to_epoch(now),
    )
    return [_message(row) for row in rows]


async def drop_all_open(
    tx: Transaction, kind: str, subjects: Sequence[str], now: datetime, reason: str
) -> None:
    """Skip what many subjects still have waiting and nobody has tried to send."""
    await tx.execute_many(
        "UPDATE jobs_messages SET state = 'skipped', reason = $3, settled_at = $4 "
        "WHERE kind = $1 AND subject = $2 AND settled_at IS NULL AND first_tried_at IS NULL",
        [(kind, subject, reason, to_epoch(now)) for subject in subjects],
    )


async def next_message_at(read: Reading) -> datetime | None:
    """When the next message may be tried."""
    row = await read.fetch_one(
        "SELECT min(try_at) AS try_at FROM jobs_messages WHERE settled_at IS NULL"
    )
    return None if row is None or row["try_at"] is None else from_epoch(row["try_at"])


async def backlog(read: Reading, now: datetime) -> Backlog:
    """What is promised and has not come to its end.

    What a paused server holds is put off before it is first tried, and is not behind.
    """
    rows = await read.fetch(
        "SELECT state, count(*) AS number, min(CASE WHEN first_tried_at IS NOT NULL "
        "OR try_at <= $1 THEN due_at END) AS oldest FROM jobs_messages "
        "WHERE settled_at IS NULL GROUP BY state",
        to_epoch(now),
    )
    moments = [from_epoch(row["oldest"]) for row in rows if row["oldest"] is not None]
    timer_at = await next_timer_at(read)
    if timer_at is not None:
        moments.append(timer_at)
    return Backlog({row["state"]: row["number"] for row in rows}, min(moments, default=None))


async def message(read: Reading, id_: str) -> Message | None:
    """One message by its id."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM jobs_messages WHERE id = $1",  # noqa: S608
        id_,
    )
    return None if row is None else _message(row)


async def messages_of(read: Reading, kind: str, subject: str, limit: int) -> list[Message]:
    """A subject's messages, the latest due first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM jobs_messages WHERE kind = $1 AND subject = $2 "  # noqa: S608
        "ORDER BY due_at DESC LIMIT $3",
        kind,
        subject,
        limit,
    )
    return [_message(row) for row in rows]


async def sent_by(
    read: Reading, kind: str, subjects: Sequence[str], moment: datetime
) -> frozenset[str]:
    """Those of some subjects of which a message was known, by a moment, to have been sent."""
    if not subjects:
        return frozenset()
    marks = ", ".join(f"${number}" for number in range(3, len(subjects) + 3))
    rows = await read.fetch(
        "SELECT subject FROM jobs_messages WHERE kind = $1 AND state = 'sent' "  # noqa: S608
        f"AND settled_at <= $2 AND subject IN ({marks})",
        kind,
        to_epoch(moment),
        *subjects,
    )
    return frozenset(row["subject"] for row in rows)


def _message(row: Row) -> Message:
    id_, kind, subject, server_id, person, channel_id, body, due_at, late_at, *tried = row
    try_at, first, tries, state, reason, message_id = tried
    return Message(
        id_,
        kind,
        subject,
        server_id,
        person,
        channel_id,
        body,
        from_epoch(due_at),
        from_epoch(late_at),
        from_epoch(try_at),
        None if first is None else from_epoch(first),
        tries,
        State(state),
        reason,
        message_id,
    )
