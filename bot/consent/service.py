"""Giving a yes, and taking it back: in the transaction of the feature that asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.consent import store
from bot.consent.model import HALF_A_YEAR, Consent
from bot.database import Reading, Transaction


async def give(
    tx: Transaction, user_id: int, server_id: int, feature: str, version: int, now: datetime
) -> Consent:
    """Write down a yes to the words of this version; it is asked for again in half a year."""
    given = Consent(user_id, server_id, feature, version, now, now + HALF_A_YEAR)
    await store.put_consent(tx, given)
    return given


async def withdraw(tx: Transaction, user_id: int, server_id: int, feature: str) -> bool:
    """Take a yes back; gives whether there was one."""
    return await store.delete_consent(tx, user_id, server_id, feature) > 0


async def given(read: Reading, user_id: int, server_id: int, feature: str) -> Consent | None:
    """The yes there is, also one that is due to be asked for again."""
    return await store.consent(read, user_id, server_id, feature)


async def holds(read: Reading, user_id: int, server_id: int, feature: str, version: int) -> bool:
    """Whether this person said yes to these words. When to ask again, `renew_at` says."""
    found = await store.consent(read, user_id, server_id, feature)
    return found is not None and found.version == version


async def everybody(read: Reading, server_id: int, feature: str, version: int) -> frozenset[int]:
    """Who in a server said yes to these words."""
    return await store.people(read, server_id, feature, version)


async def postpone(tx: Transaction, consent: Consent, renew_at: datetime) -> None:
    """Ask again at another moment, because asking did not come about."""
    await store.put_consent(tx, replace(consent, renew_at=renew_at))
