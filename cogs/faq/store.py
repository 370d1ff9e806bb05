"""SQL of the entries that servers added and hid."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from bot.clock import to_epoch
from cogs.faq.model import Entry, Source

if TYPE_CHECKING:
    from bot.database import Reading, Row, Transaction

TOPIC = "faq"
"""Under which processes tell each other of changed entries (`Transaction.tell`)."""

_COLUMNS = (
    "id, language, topic, question, answer, phrasings, tags, related, source_title, source_url, "
    "revision"
)


async def entries(read: Reading, server_id: int) -> tuple[Entry, ...]:
    """All entries that a server added, the oldest change first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM faq_entries "  # noqa: S608 - a constant of this file
        "WHERE server_id = $1 ORDER BY revision, id",
        server_id,
    )
    return tuple(_entry(row) for row in rows)


async def entry(read: Reading, server_id: int, entry_id: str) -> Entry | None:
    """One entry that a server added, or None."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM faq_entries "  # noqa: S608 - a constant of this file
        "WHERE server_id = $1 AND id = $2",
        server_id,
        entry_id,
    )
    return None if row is None else _entry(row)


async def hidden(read: Reading, server_id: int) -> frozenset[str]:
    """Ids of the shipped entries that a server hides."""
    rows = await read.fetch("SELECT entry_id FROM faq_hidden WHERE server_id = $1", server_id)
    return frozenset(row["entry_id"] for row in rows)


async def advance_revision(tx: Transaction, server_id: int) -> int:
    """Count one more change of a server, and give the count.

    Done first in a transaction, it makes changes of one server wait for each other.
    """
    await tx.execute(
        "INSERT INTO faq_revisions (server_id, revision) VALUES ($1, 1) "
        "ON CONFLICT (server_id) DO UPDATE SET revision = faq_revisions.revision + 1",
        server_id,
    )
    return await revision(tx, server_id)


async def revision(read: Reading, server_id: int) -> int:
    """How many changes of a server were counted."""
    row = await read.fetch_one("SELECT revision FROM faq_revisions WHERE server_id = $1", server_id)
    return 0 if row is None else int(row["revision"])


async def put_entry(tx: Transaction, server_id: int, entry: Entry, at: datetime) -> None:
    """Write an entry, in place of the one with the same id."""
    await tx.execute(
        "INSERT INTO faq_entries (server_id, id, language, topic, question, answer, phrasings, "
        "tags, related, source_title, source_url, revision, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
        "ON CONFLICT (server_id, id) DO UPDATE SET language = excluded.language, "
        "topic = excluded.topic, question = excluded.question, answer = excluded.answer, "
        "phrasings = excluded.phrasings, tags = excluded.tags, related = excluded.related, "
        "source_title = excluded.source_title, source_url = excluded.source_url, "
        "revision = excluded.revision, changed_at = excluded.changed_at",
        server_id,
        entry.id,
        entry.language,
        entry.topic,
        entry.question,
        entry.answer,
        _json(entry.phrasings),
        _json(entry.tags),
        _json(entry.related),
        entry.sources[0].title,
        entry.sources[0].url,
        entry.revision,
        to_epoch(at),
    )
    tx.tell(TOPIC, server_id)


async def delete_entry(tx: Transaction, server_id: int, entry_id: str) -> None:
    """Delete an entry, if it is there."""
    await tx.execute(
        "DELETE FROM faq_entries WHERE server_id = $1 AND id = $2", server_id, entry_id
    )
    tx.tell(TOPIC, server_id)


async def hide(tx: Transaction, server_id: int, entry_id: str) -> bool:
    """Hide a shipped entry; gives whether it was shown before."""
    changed = await tx.execute(
        "INSERT INTO faq_hidden (server_id, entry_id) VALUES ($1, $2) "
        "ON CONFLICT (server_id, entry_id) DO NOTHING",
        server_id,
        entry_id,
    )
    tx.tell(TOPIC, server_id)
    return changed > 0


async def unhide(tx: Transaction, server_id: int, entry_id: str) -> bool:
    """Show a hidden entry again; gives whether it was hidden before."""
    changed = await tx.execute(
        "DELETE FROM faq_hidden WHERE server_id = $1 AND entry_id = $2", server_id, entry_id
    )
    tx.tell(TOPIC, server_id)
    return changed > 0


def _json(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        topic=row["topic"],
        question=row["question"],
        answer=row["answer"],
        phrasings=tuple(json.loads(row["phrasings"])),
        tags=tuple(json.loads(row["tags"])),
        related=tuple(json.loads(row["related"])),
        sources=(Source(row["source_title"], row["source_url"]),),
        language=row["language"],
        own=True,
        revision=row["revision"],
    )
