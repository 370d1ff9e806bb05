"""What members tell moderators in private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot import audit
from bot.database import Database
from bot.errors import UserError
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.reports.model import HOLDINGS, WORDS_LENGTH, Report
from bot.reports.service import Reports
from bot.scenes import Scene, Scenes
from bot.settings.service import Settings
from tests.stores import NOW

HARBOUR, MEADOW = 11, 12
ASH, BIRCH, MODERATOR, OTHER_MODERATOR = 101, 102, 200, 201


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def notices(database: Database, time: Time) -> Notices:
    return Notices(database, Settings(database, time), time)


@pytest.fixture
def reports(database: Database, time: Time, notices: Notices) -> Reports:
    return Reports(database, notices, time, lambda: None)


@pytest.fixture
def privacy(database: Database, time: Time) -> Privacy:
    made = Privacy(database, time)
    made.register(*HOLDINGS)
    return made


async def report(reports: Reports, about: int | None = BIRCH, by: int = ASH) -> Report:
    return await reports.make(
        HARBOUR, by, " They would not stop. ", about=about, named=False, scene="command"
    )


async def test_a_report_waits_until_it_was_dealt_with_and_one_notice_says_so(
    database: Database, reports: Reports, notices: Notices, time: Time
) -> None:
    first = await report(reports)
    time.now += timedelta(minutes=1)
    second = await report(reports, about=None)
    assert first.words == "They would not stop."
    assert await reports.waiting(HARBOUR, seen_by=MODERATOR) == (first, second)
    assert await reports.waiting(MEADOW, seen_by=MODERATOR) == ()
    [notice] = await notices.open_in(HARBOUR)
    assert (notice.key, dict(notice.params)) == ("report_waiting", {})
    assert await reports.handle(HARBOUR, first.id, by=MODERATOR)
    assert not await reports.handle(HARBOUR, first.id, by=MODERATOR)
    assert len(await notices.open_in(HARBOUR)) == 1
    assert await reports.handle(HARBOUR, second.id, by=MODERATOR)
    assert await notices.open_in(HARBOUR) == ()
    assert [one.id for one in await reports.handled(HARBOUR, seen_by=MODERATOR)] == sorted(
        [first.id, second.id]
    )
    async with database.read() as read:
        lines = await audit.lines(read, HARBOUR, limit=9)
    assert {line.action for line in lines} == {"safety.handle_report"}
    assert "stop" not in repr(lines)
    assert str(BIRCH) not in repr(lines)


async def test_a_moderator_sees_and_handles_nothing_that_is_about_themself(
    reports: Reports,
) -> None:
    made = await report(reports, about=MODERATOR)
    assert await reports.waiting(HARBOUR, seen_by=MODERATOR) == ()
    assert not await reports.handle(HARBOUR, made.id, by=MODERATOR)
    assert await reports.waiting(HARBOUR, seen_by=OTHER_MODERATOR) == (made,)
    assert await reports.handle(HARBOUR, made.id, by=OTHER_MODERATOR)
    assert await reports.handled(HARBOUR, seen_by=MODERATOR) == ()


async def test_an_id_from_elsewhere_handles_nothing(reports: Reports) -> None:
    made = await report(reports)
    assert not await reports.handle(MEADOW, made.id, by=MODERATOR)
    assert not await reports.handle(HARBOUR, "x" * 32, by=MODERATOR)
    assert len(await reports.waiting(HARBOUR, seen_by=MODERATOR)) == 1


async def test_the_person_named_can_neither_read_nor_erase_it_and_the_reporter_both(
    reports: Reports, privacy: Privacy
) -> None:
    await report(reports)
    assert await privacy.export(BIRCH) == {}
    assert await privacy.erase(BIRCH) == {}
    [own] = (await privacy.export(ASH))["reports"]
    assert own["words"] == "They would not stop."
    assert await privacy.erase(ASH) == {"reports": 1}
    assert await reports.waiting(HARBOUR, seen_by=MODERATOR) == ()


@pytest.mark.parametrize(
    ("handled_after", "days", "left"),
    [(None, 90, 1), (None, 91, 0), (10, 40, 1), (10, 41, 0), (80, 91, 0)],
)
async def test_it_is_kept_thirty_days_after_it_was_dealt_with_and_ninety_at_most(
    reports: Reports,
    privacy: Privacy,
    time: Time,
    handled_after: int | None,
    days: int,
    left: int,
) -> None:
    made = await report(reports)
    if handled_after is not None:
        time.now = NOW + timedelta(days=handled_after)
        await reports.handle(HARBOUR, made.id, by=MODERATOR)
    time.now = NOW + timedelta(days=days)
    await privacy.sweep()
    waiting = await reports.waiting(HARBOUR, seen_by=MODERATOR)
    handled = await reports.handled(HARBOUR, seen_by=MODERATOR)
    assert len(waiting) + len(handled) == left


async def test_a_flood_is_paced_by_member_and_raises_one_notice(
    reports: Reports, notices: Notices, time: Time
) -> None:
    for _ in range(5):
        await report(reports)
    with pytest.raises(UserError, match=r"safety\.report\.too_many"):
        await report(reports)
    assert len(await notices.open_in(HARBOUR)) == 1
    await report(reports, by=BIRCH, about=ASH)
    for _ in range(2):
        time.now += timedelta(hours=1)
        for _ in range(5):
            try:
                await report(reports)
            except UserError:
                break
    mine = [one for one in await reports.waiting(HARBOUR, seen_by=1) if one.about_user_id == BIRCH]
    assert len(mine) == 10
    time.now += timedelta(days=1)
    await report(reports)


async def test_a_flood_from_many_is_paced_by_server_and_takes_nobodys_turn(
    reports: Reports,
) -> None:
    for member in range(60):
        await report(reports, by=1_000 + member)
    for _ in range(7):
        with pytest.raises(UserError, match=r"safety\.report\.too_many"):
            await report(reports, by=ASH)
    made = await reports.make(MEADOW, ASH, "Here too.", about=None, named=True, scene="command")
    assert made.named


@pytest.mark.parametrize("words", ["", "  \n ", "x" * (WORDS_LENGTH + 1)])
async def test_nothing_and_too_much_are_refused_and_count_for_no_pace(
    reports: Reports, words: str
) -> None:
    for _ in range(6):
        with pytest.raises(UserError, match=r"safety\.report\.length"):
            await reports.make(HARBOUR, ASH, words, about=None, named=False, scene="command")
    await report(reports)
    with pytest.raises(UserError, match=r"safety\.report\.yourself"):
        await report(reports, about=ASH)


# What a button stands for


async def test_a_reference_leads_somewhere_only_for_whom_it_is_about() -> None:
    async def find(reference: str, user_id: int) -> Scene | None:
        mine = (reference, user_id) == ("a1", ASH)
        return Scene(HARBOUR, BIRCH) if mine else None

    scenes = Scenes()
    scenes.register("pairing", find)
    assert await scenes.find("pairing", "a1", ASH) == Scene(HARBOUR, BIRCH)
    for name, reference, person in (
        ("pairing", "a1", BIRCH),
        ("pairing", "a2", ASH),
        ("company", "a1", ASH),
        ("__class__", "", ASH),
    ):
        with pytest.raises(UserError, match=r"errors\.old_button"):
            await scenes.find(name, reference, person)
    with pytest.raises(ValueError, match="twice"):
        scenes.register("pairing", find)
