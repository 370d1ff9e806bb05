"""SQL of the consents."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clock import from_epoch, to_epoch
from bot.consent.model import Consent
from bot.database import Reading, Transaction


async def consent(read: Reading, user_id: int, server_id: int, feature: str) -> Consent | None:
    """One person's consent, of whatever version."""
    row = await read.fetch_one(
        "SELECT version, given_at, renew_at FROM consents "
        "WHERE user_id = $1 AND server_id = $2 AND feature = $3",
        user_id,
        server_id,
        feature,
    )
    if row is None:
        return None
    return Consent(
        user_id,
        server_id,
        feature,
        row["version"],
        from_epoch(row["given_at"]),
        from_epoch(row["renew_at"]),
    )


async def people(
    read: Reading,
    server_id: int,
    feature: str,
    version: int,
    among: Sequence[int] | None = None,
) -> frozenset[int]:
    """Everybody (of these) with a consent of this version."""
    if among is not None and not among:
        return frozenset()
    sql = "SELECT user_id FROM consents WHERE server_id = $1 AND feature = $2 AND version = $3"
    if among is not None:
        marks = ", ".join(f"${number}" for number in range(4, len(among) + 4))
        sql = f"{sql} AND user_id IN ({marks})"
    rows = await read.fetch(sql, server_id, feature, version, *(among or ()))
    return frozenset(row["user_id"] for row in rows)


async def consents_of(read: Reading, user_id: int) -> tuple[Consent, ...]:
    """All of one person's consents, the newest first."""
    rows = await read.fetch(
        "SELECT server_id, feature, version, given_at, renew_at FROM consents "
        "WHERE user_id = $1 ORDER BY given_at DESC, server_id, feature",
        user_id,
    )
    return tuple(
        Consent(
            user_id,
            row["server_id"],
            row["feature"],
            row["version"],
            from_epoch(row["given_at"]),
            from_epoch(row["renew_at"]),
        )
        for row in rows
    )


async def put_consent(tx: Transaction, consent: Consent) -> None:
    """Write a consent in place of the one before."""
    await tx.execute(
        "INSERT INTO consents (user_id, server_id, feature, version, given_at, renew_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, server_id, feature) "
        "DO UPDATE SET version = excluded.version, given_at = excluded.given_at, "
        "renew_at = excluded.renew_at",
        consent.user_id,
        consent.server_id,
        consent.feature,
        consent.version,
        to_epoch(consent.given_at),
        to_epoch(consent.renew_at),
    )


async def delete_consent(tx: Transaction, user_id: int, server_id: int, feature: str) -> int:
    """Delete a consent; gives how many there were."""
    return await tx.execute(
        "DELETE FROM consents WHERE user_id = $1 AND server_id = $2 AND feature = $3",
        user_id,
        server_id,
        feature,
    )
