"""SQL of the reports."""

from __future__ import annotations

from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from bot.reports.model import Report

_COLUMNS = (
    "id, server_id, reporter_user_id, about_user_id, named, scene, reference, words, made_at, "
    "handled_at"
)


async def add_report(tx: Transaction, report: Report) -> None:
    """Write a report down."""
    await tx.execute(
        f"INSERT INTO reports ({_COLUMNS}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)",
        report.id,
        report.server_id,
        report.reporter_user_id,
        report.about_user_id,
        report.named,
        report.scene,
        report.reference,
        report.words,
        to_epoch(report.made_at),
    )


async def reports(
    read: Reading, server_id: int, *, handled: bool, seen_by: int
) -> tuple[Report, ...]:
    """What waits, the oldest first, or what was dealt with; never what is about the one who looks.

    What was dealt with comes the latest first.
    """
    which = "NOT NULL ORDER BY handled_at DESC, id" if handled else "NULL ORDER BY made_at, id"
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM reports WHERE server_id = $1 "  # noqa: S608
        f"AND (about_user_id IS NULL OR about_user_id <> $2) AND handled_at IS {which}",
        server_id,
        seen_by,
    )
    return tuple(_report(row) for row in rows)


async def mark_handled(
    tx: Transaction, server_id: int, report_id: str, at: datetime, *, seen_by: int
) -> bool:
    """Write down that a report was dealt with; gives whether it waited, and for whom looks."""
    count = await tx.execute(
        "UPDATE reports SET handled_at = $3 WHERE server_id = $1 AND id = $2 "
        "AND handled_at IS NULL AND (about_user_id IS NULL OR about_user_id <> $4)",
        server_id,
        report_id,
        to_epoch(at),
        seen_by,
    )
    return count > 0


async def count_waiting(read: Reading, server_id: int) -> int:
    """How many reports of a server wait."""
    row = await read.fetch_one(
        "SELECT count(*) AS n FROM reports WHERE server_id = $1 AND handled_at IS NULL", server_id
    )
    return 0 if row is None else int(row["n"])


def _report(row: Row) -> Report:
    handled = row["handled_at"]
    return Report(
        row["id"],
        row["server_id"],
        row["reporter_user_id"],
        row["about_user_id"],
        bool(row["named"]),
        row["scene"],
        row["reference"],
        row["words"],
        from_epoch(row["made_at"]),
        None if handled is None else from_epoch(handled),
    )
