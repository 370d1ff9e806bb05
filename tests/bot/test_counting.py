"""What is counted of a server's months, and how much of it may be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.counting import Counting, Span, Speed, What, store
from bot.counting.model import (
    LEAST,
    MOST_MONTHS,
    Count,
    Figures,
    figures_of,
    first_whole_month,
    month_of,
    months_told,
    next_month,
    speed_of,
    told_from,
)
from bot.counting.settings import ENABLED
from bot.database import Database, StoreError, Transaction
from bot.settings.core import ZONE
from bot.settings.service import Settings

SERVER, OTHER, MODERATOR = 5, 6, 9
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given zones
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
COUNTS = st.builds(Count, st.integers(0, 40), st.booleans())


# What may be told


@given(st.dictionaries(st.sampled_from(What), COUNTS))
def test_nothing_is_told_under_five_times_or_five_people(counts: dict[What, Count]) -> None:
    for what, span in figures_of(NOVEMBER, counts, {}).spans.items():
        if what is not What.ROUNDS:
            assert counts[what].five
            assert counts[what].times >= LEAST
            assert span.least <= counts[what].times <= span.most
            assert (span.least % LEAST, span.most - span.least) == (0, LEAST - 1)


Shown = tuple[tuple[tuple[str, Span], ...], Speed | None]


def shown(figures: Figures) -> Shown:
    """All that a moderator gets to see of a month."""
    return tuple(sorted(figures.spans.items())), figures.speed


def worlds() -> Iterator[tuple[dict[str, int], Figures]]:
    """Months as they may have been, each with what is told of it, as somebody would list them who
    knows the rules: that a round is of five people, and so of two introductions or more.
    """
    few = range(LEAST * 2 + 2)
    for times, rounds, five in product(few, range(3), (False, True)):
        if times >= 2 * rounds:
            counts = {
                What.INTRODUCTIONS: Count(times, five),
                What.ROUNDS: Count(rounds, rounds > 0),
            }
            yield {"introductions": times}, figures_of(NOVEMBER, counts, {})
    for speeds in product(range(LEAST + 2), repeat=len(Speed)):
        if sum(speeds) in few:
            for five, all_five in product((False, True), repeat=2):
                counts = {What.ANSWERED: Count(sum(speeds), five)}
                by_speed = {
                    speed: Count(times, all_five)
                    for speed, times in zip(Speed, speeds, strict=True)
                    if times
                }
                hidden = {speed.value: times for speed, times in zip(Speed, speeds, strict=True)}
                yield (
                    {"answered": sum(speeds), **hidden},
                    figures_of(NOVEMBER, counts, by_speed),
                )
    for used, missed in product(few, repeat=2):
        counts = {What.FAQ_USED: Count(used, True), What.FAQ_MISSED: Count(missed, True)}
        hidden = {"used": used, "missed": missed, "sum": used + missed, "rest": abs(used - missed)}
        yield hidden, figures_of(NOVEMBER, counts, {})


def given_away(seen: Iterable[tuple[Mapping[str, int], Shown]]) -> set[str]:
    """The counts of which what is told says for certain that they are one to four."""
    possible: dict[tuple[str, Shown], set[int]] = {}
    for hidden, told in seen:
        for name, times in hidden.items():
            possible.setdefault((name, told), set()).add(times)
    return {name for (name, _), those in possible.items() if those <= set(range(1, LEAST))}


def test_no_figures_together_tell_that_a_count_is_one_to_four() -> None:
    assert given_away((hidden, shown(figures)) for hidden, figures in worlds()) == set()


def test_a_total_beside_its_parts_and_a_zero_that_is_told_would_give_counts_away() -> None:
    def with_total(figures: Figures, hidden: Mapping[str, int]) -> Shown:
        total = sum(times for name, times in hidden.items() if name in {"used", "missed"})
        return (*shown(figures)[0], ("total", Span(total // 5 * 5, total // 5 * 5 + 4))), None

    def with_zeros(figures: Figures, hidden: Mapping[str, int]) -> Shown:
        zeros = [(name, Span(0, 0)) for name, times in hidden.items() if not times]
        return (*shown(figures)[0], *zeros), None

    for break_it in (with_total, with_zeros):
        seen = ((hidden, break_it(figures, hidden)) for hidden, figures in worlds())
        assert given_away(seen) >= {"used", "missed"}


def test_rounds_are_told_only_beside_introductions() -> None:
    many, few = Count(7, five=True), Count(4, five=True)
    rounds = Count(1, five=True)
    with_few = figures_of(NOVEMBER, {What.ROUNDS: rounds, What.INTRODUCTIONS: few}, {})
    with_many = figures_of(NOVEMBER, {What.ROUNDS: rounds, What.INTRODUCTIONS: many}, {})
    assert with_few.spans == {}
    assert with_many.spans == {What.ROUNDS: Span(1, 1), What.INTRODUCTIONS: Span(5, 9)}


def speed_told(*times: int, askers: bool = True, supporters: bool = True) -> Speed | None:
    answered = {What.ANSWERED: Count(sum(times), askers)}
    speeds = {speed: Count(n, supporters) for speed, n in zip(Speed, times, strict=False)}
    return figures_of(NOVEMBER, answered, speeds).speed


def test_how_soon_is_the_class_that_half_of_them_reach() -> None:
    assert speed_told(5) is Speed.QUARTER
    assert speed_told(3, 3) is Speed.QUARTER
    assert speed_told(2, 3, 1) is Speed.HOUR
    assert speed_told(0, 0, 1, 9) is Speed.LATER


def test_how_soon_is_told_only_of_five_who_asked_and_five_who_came() -> None:
    assert speed_told(4) is None
    assert speed_told(9, askers=False) is None
    assert speed_told(9, supporters=False) is None


@pytest.mark.parametrize(
    ("minutes", "speed"),
    [
        *((0, Speed.QUARTER), (15, Speed.QUARTER), (16, Speed.HOUR), (60, Speed.HOUR)),
        *((61, Speed.FOUR_HOURS), (240, Speed.FOUR_HOURS), (241, Speed.LATER)),
    ],
)
def test_how_soon_is_known_in_coarse_classes_only(minutes: int, speed: Speed) -> None:
    assert speed_of(timedelta(minutes=minutes)) is speed


# Months


@given(MOMENTS, ZONES, MOMENTS)
def test_what_is_counted_after_a_month_is_told_never_goes_into_it(
    told_at: datetime, zone: str, later: datetime
) -> None:
    for month in months_told(date(2019, 1, 1), told_at):
        if later >= told_at:
            assert month_of(later, zone) > month


@given(MOMENTS, ZONES)
def test_counting_begins_with_a_month_that_has_begun_nowhere(on: datetime, zone: str) -> None:
    assert month_of(on, zone) < first_whole_month(on)


@given(MOMENTS)
def test_the_months_told_are_the_latest_that_are_over_without_a_gap(now: datetime) -> None:
    months = months_told(date(2019, 6, 1), now)
    assert len(months) <= MOST_MONTHS
    assert all(next_month(one) == other for one, other in pairwise(months))
    if months:
        assert told_from(months[-1]) <= now < told_from(next_month(months[-1]))


def test_the_month_that_runs_is_not_told() -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert months_told(NOVEMBER, noon - timedelta(seconds=1)) == []
    assert months_told(NOVEMBER, noon) == [NOVEMBER]


def test_a_zone_that_is_gone_counts_as_utc() -> None:
    assert month_of(datetime(2026, 12, 1, tzinfo=UTC), "Nowhere/AtAll") == DECEMBER


# Counting


@dataclass
class Months:
    """A store with a clock, and counts in it."""

    database: Database
    settings: Settings
    counting: Counting
    now: datetime

    async def switch(self, *, on: bool, server: int = SERVER) -> None:
        await self.settings.change(server, ENABLED, on, by=MODERATOR)

    async def note(self, what: What, *people: int, server: int = SERVER) -> None:
        async with self.database.transaction() as tx:
            await self.counting.note(tx, server, what, self.now, *people)

    async def told(self) -> list[Figures]:
        seen = await self.counting.overview(SERVER)
        assert seen is not None
        return list(seen.months)

    async def rows(self, table: str = "insights_counts") -> list[tuple[object, ...]]:
        async with self.database.read() as read:
            found = await read.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a table of ours
            return [tuple(row) for row in found]

    def restart(self) -> None:
        self.counting = Counting(self.database, self.settings, lambda: self.now)


@pytest.fixture
def months(database: Database) -> Months:
    def clock() -> datetime:
        return made.now

    settings = Settings(database, clock)
    made = Months(
        database,
        settings,
        Counting(database, settings, clock),
        datetime(2026, 10, 20, tzinfo=UTC),
    )

    async def switched(tx: Transaction, server_id: int, on: bool) -> None:
        await made.counting.switched(tx, server_id, on)

    settings.declare(ENABLED, switched)
    settings.declare(ZONE)
    return made


@pytest.fixture
async def november(months: Months) -> Months:
    """Counting was switched on in October, and it is November."""
    await months.switch(on=True)
    months.now = datetime(2026, 11, 10, tzinfo=UTC)
    return months


async def test_nothing_is_counted_while_it_is_off(months: Months) -> None:
    months.now = datetime(2026, 11, 10, tzinfo=UTC)
    await months.note(What.INTRODUCTIONS, 1, 2)
    await months.counting.count(SERVER, What.FAQ_USED, 1)
    async with months.database.transaction() as tx:
        await months.counting.note_round(tx, SERVER, months.now, 99)
    assert await months.rows() == []
    assert await months.counting.overview(SERVER) is None


async def test_the_month_in_which_it_is_switched_on_is_not_counted(months: Months) -> None:
    await months.switch(on=True)
    await months.note(What.INTRODUCTIONS, *range(10))
    assert await months.rows() == []
    seen = await months.counting.overview(SERVER)
    assert seen is not None
    assert (seen.first, seen.months) == (NOVEMBER, ())


async def test_a_month_is_told_when_it_is_over(november: Months) -> None:
    for number in range(7):
        await november.note(What.INTRODUCTIONS, 2 * number, 2 * number + 1)
    async with november.database.transaction() as tx:
        await november.counting.note_round(tx, SERVER, november.now, 14)
        await november.counting.note_round(tx, SERVER, november.now, LEAST - 1)
    assert await november.told() == []
    november.now = told_from(NOVEMBER)
    spans = {What.INTRODUCTIONS: Span(5, 9), What.ROUNDS: Span(1, 1)}
    assert await november.told() == [Figures(NOVEMBER, spans)]
    november.now = told_from(DECEMBER)
    assert await november.told() == [Figures(NOVEMBER, spans), Figures(DECEMBER, {})]


async def test_many_times_by_few_people_are_not_told(november: Months) -> None:
    for _ in range(9):
        await november.note(What.INTRODUCTIONS, 1, 2)
        await november.note(What.ANSWERED, 3, 4)
    november.now = told_from(NOVEMBER)
    assert await november.told() == [Figures(NOVEMBER, {})]


async def test_who_was_seen_before_a_restart_counts_as_nobody(november: Months) -> None:
    for person in (1, 2, 3):
        await november.note(What.FAQ_USED, person)
    november.restart()
    for person in (4, 5, 6):
        await november.note(What.FAQ_USED, person)
    november.now = told_from(NOVEMBER)
    assert await november.told() == [Figures(NOVEMBER, {})]


async def test_five_who_were_seen_stay_five_over_a_restart(november: Months) -> None:
    for person in range(5):
        await november.note(What.FAQ_USED, person)
    november.restart()
    await november.note(What.FAQ_USED, 1)
    november.now = told_from(NOVEMBER)
    assert await november.told() == [Figures(NOVEMBER, {What.FAQ_USED: Span(5, 9)})]


async def test_the_store_has_a_number_and_nothing_of_who_or_when(november: Months) -> None:
    who = [112233445566778899, 223344556677889911]
    await november.note(What.INTRODUCTIONS, *who)
    month = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
    assert await november.rows() == [(SERVER, month, "introductions", 1, False)]


async def test_no_more_than_four_are_remembered_and_none_by_their_id(november: Months) -> None:
    seen = november.counting._different._seen  # pyright: ignore[reportPrivateUsage]
    for person in range(4):
        await november.note(What.FAQ_USED, person)
    assert [len(those) for those in seen.values()] == [4]
    assert all(isinstance(one, bytes) for those in seen.values() for one in those)
    await november.note(What.FAQ_USED, 4)
    assert not seen


async def test_a_person_counts_once_a_day_for_a_use_of_the_faq(november: Months) -> None:
    for hours in (0, 1, 23, 1):
        november.now += timedelta(hours=hours)
        await november.counting.count(SERVER, What.FAQ_USED, 7)
    await november.counting.count(None, What.FAQ_USED, 7)
    assert [row[3] for row in await november.rows()] == [2]


async def test_switching_off_deletes_what_there_is_and_a_new_beginning_knows_nothing_of_it(
    november: Months,
) -> None:
    for person in range(5):
        await november.note(What.FAQ_USED, person)
        await november.note(What.FAQ_USED, person, server=OTHER)
    await november.switch(on=False)
    assert await november.rows() == []
    assert await november.rows("insights_starts") == []
    await november.switch(on=True)
    november.now = told_from(NOVEMBER)
    seen = await november.counting.overview(SERVER)
    assert seen is not None
    assert (seen.first, seen.months) == (DECEMBER, ())


async def test_other_servers_keep_theirs_when_one_is_switched_off(november: Months) -> None:
    await november.switch(on=True, server=OTHER)
    november.now = datetime(2026, 12, 10, tzinfo=UTC)
    await november.note(What.FAQ_USED, 1, server=OTHER)
    await november.switch(on=False)
    assert [row[0] for row in await november.rows()] == [OTHER]


async def test_months_begin_where_the_server_is(november: Months) -> None:
    november.now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    await november.note(What.FAQ_USED, 1)
    await november.settings.change(SERVER, ZONE, "Europe/Berlin", by=MODERATOR)
    await november.note(What.FAQ_USED, 1)
    december = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    assert december in [row[1] for row in await november.rows()]
    assert len(await november.rows()) == 2


async def test_how_soon_somebody_came_is_counted_with_the_request(november: Months) -> None:
    for number in range(6):
        async with november.database.transaction() as tx:
            await november.counting.note_company(
                tx,
                SERVER,
                november.now,
                asker=number,
                supporter=100 + number,
                waited=timedelta(minutes=30),
            )
    november.now = told_from(NOVEMBER)
    told = Figures(NOVEMBER, {What.ANSWERED: Span(5, 9)}, Speed.HOUR)
    assert await november.told() == [told]


async def test_what_an_older_version_counted_is_left_out(november: Months) -> None:
    async with november.database.transaction() as tx:
        await store.add(tx, SERVER, NOVEMBER, "moods", five=True)
    november.now = told_from(NOVEMBER)
    assert await november.told() == [Figures(NOVEMBER, {})]


async def test_a_use_that_could_not_be_counted_may_be_counted_again(november: Months) -> None:
    assert await november.counting.is_on(SERVER)
    await november.database.close()
    with pytest.raises(StoreError):
        await november.counting.count(SERVER, What.FAQ_USED, 1)
    once, key = november.counting._once, hash((SERVER, 1, What.FAQ_USED))  # pyright: ignore[reportPrivateUsage]
    assert not once.take(key, november.now)
