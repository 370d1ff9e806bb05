"""Whom roles let meet."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bot.bounds import (
    ADULT_ROLES,
    ALL_ADULTS,
    OTHERS_MEET,
    SETTINGS,
    WITHIN_ROLES,
    Bounds,
    bounds_of,
)
from bot.bounds import may_meet as meet
from bot.clock import system_clock
from bot.database import Database
from bot.settings.service import Settings

ADULT, TEENS, BOOKS, GAMES = 1, 2, 3, 4
ROLES = st.frozensets(st.integers(1, 6))
BOUNDS = st.builds(Bounds, st.booleans(), ROLES, ROLES, st.booleans())


def test_before_it_is_decided_who_is_of_age_nobody_meets() -> None:
    open_ = Bounds(all_adults=False, adult_roles=frozenset())
    assert not open_.decided
    assert not meet(open_.place([ADULT]), open_.place([ADULT]))
    everybody = Bounds(all_adults=True, adult_roles=frozenset())
    assert everybody.decided
    assert meet(everybody.place([]), everybody.place([BOOKS]))


def test_adults_meet_adults_and_the_others_only_where_the_server_says_so() -> None:
    strict = Bounds(all_adults=False, adult_roles=frozenset({ADULT}))
    assert meet(strict.place([ADULT]), strict.place([ADULT, BOOKS]))
    assert not meet(strict.place([ADULT]), strict.place([]))
    assert not meet(strict.place([]), strict.place([]))
    wider = Bounds(all_adults=False, adult_roles=frozenset({ADULT}), others_meet=True)
    assert meet(wider.place([]), wider.place([TEENS]))
    assert not meet(wider.place([ADULT]), wider.place([]))


def test_within_roles_only_those_who_share_one_meet() -> None:
    bounds = Bounds(all_adults=True, adult_roles=frozenset(), within=frozenset({BOOKS, GAMES}))
    assert meet(bounds.place([BOOKS]), bounds.place([BOOKS, GAMES]))
    assert not meet(bounds.place([BOOKS]), bounds.place([GAMES]))
    assert not meet(bounds.place([]), bounds.place([]))
    assert not meet(bounds.place([BOOKS]), bounds.place([]))


@given(BOUNDS, ROLES, ROLES)
def test_who_may_meet_is_the_same_seen_from_either_side(
    bounds: Bounds, one: frozenset[int], other: frozenset[int]
) -> None:
    assert meet(bounds.place(one), bounds.place(other)) == meet(
        bounds.place(other), bounds.place(one)
    )


@given(BOUNDS, ROLES, ROLES)
def test_whoever_lacks_the_adult_role_never_meets_somebody_who_has_it(
    bounds: Bounds, one: frozenset[int], other: frozenset[int]
) -> None:
    if meet(bounds.place(one), bounds.place(other)) and not bounds.all_adults:
        assert bool(one & bounds.adult_roles) == bool(other & bounds.adult_roles)
        assert not bounds.within or bounds.within & one & other


async def test_the_settings_are_what_a_server_decided(database: Database) -> None:
    settings = Settings(database, system_clock)
    for setting in SETTINGS:
        settings.declare(setting)
    assert not (await bounds_of(settings, 11)).decided
    await settings.change(11, ADULT_ROLES, [ADULT], by=1)
    await settings.change(11, WITHIN_ROLES, [BOOKS], by=1)
    assert await bounds_of(settings, 11) == Bounds(
        all_adults=False, adult_roles=frozenset({ADULT}), within=frozenset({BOOKS})
    )
    for all_adults, others in product([True, False], repeat=2):
        await settings.change(11, ALL_ADULTS, all_adults, by=1)
        await settings.change(11, OTHERS_MEET, others, by=1)
        found = await bounds_of(settings, 11)
        assert (found.all_adults, found.others_meet) == (all_adults, others)
