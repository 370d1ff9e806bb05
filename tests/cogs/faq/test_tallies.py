"""What is told of how often answers helped, and who counts for it, on a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.database import Database, StoreUnavailable
from cogs.faq import tallies_store as store
from cogs.faq.tallies import STEP, Tally, Told, told
from cogs.faq.tallies_service import ONCE, Tallies
from tests.cogs.faq.library import MODERATOR, SERVER, Library
from tests.cogs.faq.samples import TYPED

COUNTS = st.integers(0, 20)
TALLIES = st.lists(
    st.builds(Tally, st.text("abc", min_size=1, max_size=4), COUNTS, COUNTS),
    unique_by=lambda one: one.entry_id,
)


# What is told


@given(TALLIES)
def test_counts_are_told_in_steps_of_five_and_none_under_five(tallies: list[Tally]) -> None:
    found = {one.entry_id: one for one in told(tallies)}
    for one in tallies:
        shown = found.get(one.entry_id, Told(one.entry_id, None, None))
        for count, seen in ((one.helped, shown.helped), (one.missed, shown.missed)):
            assert seen is None if count < 5 else seen in {5, 10, 15, 20} and 0 <= count - seen < 5
    assert all(one.helped is not None or one.missed is not None for one in found.values())


@given(TALLIES, st.integers(0, STEP - 1))
def test_what_is_not_told_changes_nothing_that_is(tallies: list[Tally], other: int) -> None:
    changed = [
        replace(
            one,
            helped=one.helped - one.helped % STEP + other,
            missed=one.missed - one.missed % STEP + other,
        )
        for one in tallies
    ]
    assert told(changed) == told(tallies) == told(reversed(tallies))


def test_what_misses_most_stands_first() -> None:
    found = told([Tally("good", 30, 0), Tally("mixed", 9, 8), Tally("bad", 5, 20)])
    assert [one.entry_id for one in found] == ["bad", "mixed", "good"]


# Who counts


@pytest.fixture
def tallies(library: Library) -> Tallies:
    return Tallies(library.catalogs, library.database, library.clock)


async def counted(library: Library) -> tuple[Tally, ...]:
    async with library.database.read() as read:
        return await store.tallies(read, SERVER)


async def test_one_person_counts_once_a_day_for_an_entry_whatever_they_say(
    library: Library, tallies: Tallies
) -> None:
    kettle = await library.faq.entry(SERVER, "en", "kettle")
    bicycle = await library.faq.entry(SERVER, "en", "bicycle")
    for helped in (True, True, False):
        await tallies.count(SERVER, 1, kettle, helped=helped)
    await tallies.count(SERVER, 1, bicycle, helped=False)
    await tallies.count(SERVER, 2, kettle, helped=False)
    await tallies.count(SERVER + 1, 1, kettle, helped=True)
    assert set(await counted(library)) == {Tally("kettle", 1, 1), Tally("bicycle", 0, 1)}
    library.clock.now += ONCE.within + timedelta(seconds=1)
    await tallies.count(SERVER, 1, kettle, helped=True)
    assert Tally("kettle", 2, 1) in await counted(library)


async def test_nothing_but_two_numbers_of_an_entry_is_kept(
    library: Library, tallies: Tallies
) -> None:
    kettle = await library.faq.entry(SERVER, "en", "kettle")
    await tallies.count(SERVER, 987_654, kettle, helped=True)
    async with library.database.read() as read:
        [row] = await read.fetch("SELECT * FROM faq_tallies")
    kept = {name: row[name] for name in row.keys()}  # noqa: SIM118 - iterates over values
    assert kept == {"server_id": SERVER, "entry_id": "kettle", "helped": 1, "missed": 0}


async def test_a_tap_that_the_store_did_not_take_can_be_given_again(
    library: Library, tallies: Tallies
) -> None:
    kettle = await library.faq.entry(SERVER, "en", "kettle")
    library.store.down = True
    with pytest.raises(StoreUnavailable):
        await tallies.count(SERVER, 1, kettle, helped=True)
    library.store.down = False
    await tallies.count(SERVER, 1, kettle, helped=True)
    assert await counted(library) == (Tally("kettle", 1, 0),)


async def test_moderators_read_of_what_is_shown_here_only(
    library: Library, tallies: Tallies
) -> None:
    own = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    for entry_id in (own.id, "kettle", "bicycle"):
        entry = await library.faq.entry(SERVER, "en", entry_id)
        for person in range(STEP - (entry_id == "bicycle")):
            await tallies.count(SERVER, person, entry, helped=True)
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    assert [one.entry.id for one in await tallies.told(SERVER, "en")] == [own.id]
    assert await tallies.told(SERVER + 1, "en") == ()


@pytest.mark.parametrize("change", ["edit", "remove"])
async def test_an_entry_that_is_changed_or_gone_begins_anew(
    library: Library, tallies: Tallies, change: str
) -> None:
    own = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    await tallies.count(SERVER, 1, own, helped=False)
    if change == "edit":
        await library.entries.edit(SERVER, own.id, TYPED, seen=own.revision, by=MODERATOR)
    else:
        await library.entries.remove(SERVER, own.id, seen=own.revision, by=MODERATOR)
    assert await counted(library) == ()


async def test_counts_of_one_entry_leave_the_others_alone(database: Database) -> None:
    async with database.transaction() as tx:
        for server, entry in ((SERVER, "a"), (SERVER, "b"), (SERVER + 1, "a")):
            await store.count(tx, server, entry, helped=True)
        await store.forget(tx, SERVER, "a")
        assert await store.tallies(tx, SERVER) == (Tally("b", 1, 0),)
        assert await store.tallies(tx, SERVER + 1) == (Tally("a", 1, 0),)
