from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.consent import service as consent
from bot.consent import store
from bot.consent.model import HALF_A_YEAR

if TYPE_CHECKING:
    from bot.database import Database

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERSON, SERVER = 30, 10


async def test_a_yes_is_for_one_feature_in_one_server_and_its_words(database: Database) -> None:
    async with database.transaction() as tx:
        given = await consent.give(tx, PERSON, SERVER, "checkins", 1, NOW)
        assert given.renew_at == NOW + HALF_A_YEAR
        assert await consent.given(tx, PERSON, SERVER, "checkins") == given
        assert await consent.holds(tx, PERSON, SERVER, "checkins", 1)
        assert not await consent.holds(tx, PERSON, SERVER, "checkins", 2)
        assert not await consent.holds(tx, PERSON, SERVER, "pairing", 1)
        assert not await consent.holds(tx, PERSON, SERVER + 1, "checkins", 1)
        assert not await consent.holds(tx, PERSON + 1, SERVER, "checkins", 1)


async def test_of_nobody_nobody_has_consented(database: Database) -> None:
    async with database.transaction() as tx:
        await consent.give(tx, PERSON, SERVER, "checkins", 1, NOW)
        assert await store.people(tx, SERVER, "checkins", 1, [PERSON, PERSON + 1]) == {PERSON}
        assert await store.people(tx, SERVER, "checkins", 1, []) == frozenset()


async def test_it_is_withdrawn_at_once_and_given_again_anew(database: Database) -> None:
    later = NOW + timedelta(days=3)
    async with database.transaction() as tx:
        await consent.give(tx, PERSON, SERVER, "checkins", 1, NOW)
        assert await consent.withdraw(tx, PERSON, SERVER, "checkins")
        assert not await consent.withdraw(tx, PERSON, SERVER, "checkins")
        assert not await consent.holds(tx, PERSON, SERVER, "checkins", 1)
        await consent.give(tx, PERSON, SERVER, "checkins", 1, NOW)
        again = await consent.give(tx, PERSON, SERVER, "checkins", 2, later)
        assert again.given_at == later
        assert await consent.holds(tx, PERSON, SERVER, "checkins", 2)


async def test_asking_again_can_be_put_off(database: Database) -> None:
    async with database.transaction() as tx:
        given = await consent.give(tx, PERSON, SERVER, "checkins", 1, NOW)
        await consent.postpone(tx, given, NOW + timedelta(days=400))
        found = await consent.given(tx, PERSON, SERVER, "checkins")
    assert found is not None
    assert found.renew_at == NOW + timedelta(days=400)
    assert found.given_at == NOW
