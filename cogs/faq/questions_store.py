"""SQL of the questions to moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.clock import from_epoch, to_epoch
from cogs.faq.questions_model import Hear, Question, Reason, State

if TYPE_CHECKING:
    from bot.database import Reading, Row, Transaction

_COLUMNS = (
    "id, server_id, asker_user_id, words, named, hear, language, made_at, ends_at, state, "
    "consent_version, dm_channel_id, entry_id, reason, note"
)


async def add(tx: Transaction, one: Question) -> bool:
    """Write a question; gives False where it is there already."""
    count = await tx.execute(
        f"INSERT INTO faq_questions ({_COLUMNS}) VALUES "  # noqa: S608
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
        one.id,
        one.server_id,
        one.asker_user_id,
        one.words,
        one.named,
        one.hear.value,
        one.language,
        to_epoch(one.made_at),
        to_epoch(one.ends_at),
        *_changing(one),
    )
    return count > 0


async def put(tx: Transaction, one: Question) -> None:
    """Write what can change of a question that is held."""
    await tx.execute(
        "UPDATE faq_questions SET words = $2, hear = $3, ends_at = $4, state = $5, "
        "consent_version = $6, dm_channel_id = $7, entry_id = $8, reason = $9, note = $10 "
        "WHERE id = $1",
        one.id,
        one.words,
        one.hear.value,
        to_epoch(one.ends_at),
        *_changing(one),
    )


def _changing(one: Question) -> tuple[str | int | None, ...]:
    return (
        one.state.value,
        one.consent_version,
        one.dm_channel_id,
        one.entry_id,
        None if one.reason is None else one.reason.value,
        one.note,
    )


async def question(read: Reading, id_: str) -> Question | None:
    """One question."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM faq_questions WHERE id = $1",  # noqa: S608
        id_,
    )
    return None if row is None else _question(row)


async def hold(tx: Transaction, ids: Sequence[str]) -> tuple[Question, ...]:
    """Those of some questions that are there, by id, held until the transaction ends."""
    if not ids:
        return ()
    marks = ", ".join(f"${number}" for number in range(1, len(ids) + 1))
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM faq_questions WHERE id IN ({marks}) "  # noqa: S608
        "ORDER BY id FOR UPDATE",
        *ids,
    )
    return tuple(_question(row) for row in rows)


async def waiting_in(read: Reading, server_id: int) -> tuple[Question, ...]:
    """What waits in a server, the oldest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM faq_questions "  # noqa: S608
        "WHERE server_id = $1 AND state = 'waiting' ORDER BY made_at, id",
        server_id,
    )
    return tuple(_question(row) for row in rows)


async def of_asker(
    read: Reading, user_id: int, server_id: int | None = None
) -> tuple[Question, ...]:
    """What somebody asked and is still kept, in a server or in all, the latest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM faq_questions "  # noqa: S608
        "WHERE asker_user_id = $1 ORDER BY made_at DESC, id",
        user_id,
    )
    found = (_question(row) for row in rows)
    return tuple(one for one in found if server_id in {None, one.server_id})


async def delete(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete questions."""
    await tx.execute_many("DELETE FROM faq_questions WHERE id = $1", [(id_,) for id_ in ids])


async def held(read: Reading) -> set[tuple[int, int]]:
    """Servers and people of whom something waits."""
    rows = await read.fetch(
        "SELECT DISTINCT server_id, asker_user_id FROM faq_questions WHERE state = 'waiting'"
    )
    return {(row["server_id"], row["asker_user_id"]) for row in rows}


def _question(row: Row) -> Question:
    reason = row["reason"]
    return Question(
        id=row["id"],
        server_id=row["server_id"],
        asker_user_id=row["asker_user_id"],
        words=row["words"],
        named=bool(row["named"]),
        hear=Hear(row["hear"]),
        language=row["language"],
        made_at=from_epoch(row["made_at"]),
        ends_at=from_epoch(row["ends_at"]),
        state=State(row["state"]),
        consent_version=row["consent_version"],
        dm_channel_id=row["dm_channel_id"],
        entry_id=row["entry_id"],
        reason=None if reason is None else Reason(reason),
        note=row["note"],
    )
