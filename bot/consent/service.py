"""Giving a yes, and taking it back: in the transaction of the feature that asks.

`Consents` is the other way round: the person takes a yes back in one place for all features, and
each feature ends what rested on it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot import journal
from bot.consent import store
from bot.consent.model import HALF_A_YEAR, Consent
from bot.database import Database, Reading, Transaction
from bot.journal import Entry

WITHDRAWN = "consents.withdrawn"
"""The journal's entry of a yes that was taken back."""

Ending = Callable[[Transaction, int, int], Awaitable[None]]
"""Ends what a feature does for a person in a server: transaction, person, server."""


async def give(
    tx: Transaction, user_id: int, server_id: int, feature: str, version: int, now: datetime
) -> Consent:
    """Write down a yes to the words of this version; it is asked for again in half a year."""
    given = Consent(user_id, server_id, feature, version, now, now + HALF_A_YEAR)
    await store.put_consent(tx, given)
    return given


async def withdraw(tx: Transaction, user_id: int, server_id: int, feature: str) -> bool:
    """Take a yes back; gives whether there was one."""
    if not await store.delete_consent(tx, user_id, server_id, feature):
        return False
    journal.record(tx, WITHDRAWN, user=user_id, server=server_id, feature=feature)
    return True


async def given(read: Reading, user_id: int, server_id: int, feature: str) -> Consent | None:
    """The yes there is, also one that is due to be asked for again."""
    return await store.consent(read, user_id, server_id, feature)


async def holds(read: Reading, user_id: int, server_id: int, feature: str, version: int) -> bool:
    """Whether this person said yes to these words. When to ask again, `renew_at` says."""
    found = await store.consent(read, user_id, server_id, feature)
    return found is not None and found.version == version


async def everybody(
    read: Reading,
    server_id: int,
    feature: str,
    version: int,
    among: Sequence[int] | None = None,
) -> frozenset[int]:
    """Who in a server, or of some people in it, said yes to these words."""
    return await store.people(read, server_id, feature, version, among)


async def postpone(tx: Transaction, consent: Consent, renew_at: datetime) -> None:
    """Ask again at another moment, because asking did not come about."""
    await store.put_consent(tx, replace(consent, renew_at=renew_at))


class Consents:
    """Every yes of a person, whichever feature asked for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._endings: dict[str, Ending] = {}

    def when_withdrawn(self, feature: str, end: Ending) -> None:
        """Say how a feature ends what rested on a consent; each feature that asks has to."""
        self._endings[feature] = end

    @property
    def features(self) -> frozenset[str]:
        """The features that ask."""
        return frozenset(self._endings)

    async def of(self, user_id: int) -> tuple[Consent, ...]:
        """Give everything that a person has said yes to, the newest first."""
        async with self._database.read() as read:
            return await store.consents_of(read, user_id)

    async def take_back(self, user_id: int, server_id: int, feature: str) -> None:
        """Take a yes back and end what rested on it, in one transaction."""
        async with self._database.transaction() as tx:
            await self.end(tx, user_id, server_id, feature)

    async def replay(self, tx: Transaction, entry: Entry) -> None:
        """Take a yes back once more, because a restore brought it back."""
        facts = entry.facts
        await self.end(tx, int(facts["user"]), int(facts["server"]), str(facts["feature"]))

    async def end(self, tx: Transaction, user_id: int, server_id: int, feature: str) -> None:
        """Take a yes back and end what rested on it."""
        ending = self._endings.get(feature)
        if ending is not None:
            await ending(tx, user_id, server_id)
        await withdraw(tx, user_id, server_id, feature)
