"""SQL of the helplines that servers added, changed or hid."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.clock import to_epoch
from cogs.helplines.model import Grade, Helpline, ServerRow, Source, page_date

if TYPE_CHECKING:
    from bot.database import Reading, Row, Transaction


async def rows(read: Reading, server_id: int) -> tuple[ServerRow, ...]:
    """All rows of a server, by country, the oldest first."""
    found = await read.fetch(
        "SELECT id, country, body FROM helplines_rows WHERE server_id = $1 "
        "ORDER BY country, changed_at, id",
        server_id,
    )
    return tuple(_row(row) for row in found)


async def put_row(tx: Transaction, server_id: int, row: ServerRow, at: datetime) -> None:
    """Write a row, in place of the one with the same id."""
    await tx.execute(
        "INSERT INTO helplines_rows (server_id, id, country, body, changed_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (server_id, id) "
        "DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
        server_id,
        row.id,
        row.country,
        body(row),
        to_epoch(at),
    )


async def delete_row(tx: Transaction, server_id: int, row_id: str) -> None:
    """Delete a row, if it is there."""
    await tx.execute(
        "DELETE FROM helplines_rows WHERE server_id = $1 AND id = $2", server_id, row_id
    )


def body(row: ServerRow) -> str:
    """Write what a row says as JSON; a hidden one is `null`."""
    line = row.helpline
    if line is None:
        return "null"
    told = {
        "name": line.name,
        "phone": line.phone,
        "text": line.text,
        "chat": line.chat,
        "hours": line.hours,
        "source": line.sources[0].url,
        "checked": line.checked.isoformat(),
    }
    return json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)


def _row(row: Row) -> ServerRow:
    told: dict[str, Any] | None = json.loads(row["body"])
    if told is None:
        return ServerRow(row["id"], row["country"], None)
    return ServerRow(
        row["id"],
        row["country"],
        Helpline(
            id=row["id"],
            country=row["country"],
            name=told["name"],
            grade=Grade.SERVER,
            sources=(Source(told["source"], page_date(told["checked"])),),
            checked=date.fromisoformat(told["checked"]),
            phone=told.get("phone"),
            text=told.get("text"),
            chat=told.get("chat"),
            hours=told.get("hours"),
        ),
    )
