from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.jobs import store as jobs
from bot.jobs.model import State
from bot.notices.model import KIND
from bot.notices.service import SHOWN, Notices
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.service import Settings

if TYPE_CHECKING:
    from bot.database import Database
    from bot.jobs.model import Message

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SERVER, MODERATOR = 10, 20


def clock() -> datetime:
    return NOW


def notices_on(database: Database) -> tuple[Notices, Settings]:
    settings = Settings(database, clock)
    settings.declare(NOTICE_CHANNEL)
    return Notices(database, settings, clock), settings


async def tell(
    database: Database, notices: Notices, subject: str = "a", key: str = "checkins_gone"
) -> None:
    async with database.transaction() as tx:
        await notices.raise_notice(tx, SERVER, key, subject, NOW, channel=100)


async def waiting(database: Database) -> list[Message]:
    async with database.transaction() as tx:
        return await jobs.take_due_messages(tx, NOW, 10)


async def test_the_same_is_told_once_while_it_is_open(database: Database) -> None:
    notices, _ = notices_on(database)
    await tell(database, notices)
    await tell(database, notices)
    await tell(database, notices, key="checkins_closed")
    assert len(await notices.open_in(SERVER)) == 2
    assert await notices.open_in(SERVER + 1) == ()


async def test_what_was_seen_can_be_told_again_when_it_happens_again(database: Database) -> None:
    notices, _ = notices_on(database)
    await tell(database, notices)
    [first] = await notices.open_in(SERVER)
    assert first.params == {"channel": 100}
    await notices.see(SERVER + 1, first.id, by=9)
    assert len(await notices.open_in(SERVER)) == 1
    await notices.see(SERVER, first.id, by=9)
    assert await notices.open_in(SERVER) == ()
    await tell(database, notices)
    [second] = await notices.open_in(SERVER)
    assert second.id != first.id


async def test_what_has_been_dealt_with_closes_by_itself(database: Database) -> None:
    notices, _ = notices_on(database)
    await tell(database, notices)
    await tell(database, notices, subject="b")
    async with database.transaction() as tx:
        await notices.close(tx, SERVER, "a", NOW)
    assert [notice.subject for notice in await notices.open_in(SERVER)] == ["b"]


async def test_it_is_promised_to_the_channel_that_moderators_chose(database: Database) -> None:
    notices, settings = notices_on(database)
    await tell(database, notices)
    assert await waiting(database) == []
    await settings.change(SERVER, NOTICE_CHANNEL, [500], by=MODERATOR)
    await tell(database, notices, subject="b")
    await tell(database, notices, subject="b")
    [message] = await waiting(database)
    assert (message.kind, message.channel_id, message.recipient_user_id) == (KIND, 500, None)


async def test_one_that_was_dealt_with_meanwhile_is_not_posted(database: Database) -> None:
    notices, settings = notices_on(database)
    await settings.change(SERVER, NOTICE_CHANNEL, [500], by=MODERATOR)
    await tell(database, notices)
    [message] = await waiting(database)
    async with database.transaction() as tx:
        assert await notices.unwanted(tx, [message], NOW) == {}
        await notices.settled(tx, message, State.REFUSED, "gone", NOW)
    [notice] = await notices.open_in(SERVER)
    await notices.see(SERVER, notice.id, by=9)
    async with database.transaction() as tx:
        assert await notices.unwanted(tx, [message], NOW) == {message.id: "seen"}
        assert await notices.due(tx, [], NOW) == ([], [])


async def test_the_panel_has_room_for_the_newest_few(database: Database) -> None:
    notices, _ = notices_on(database)
    for number in range(SHOWN + 3):
        await tell(database, notices, subject=str(number))
    assert len(await notices.open_in(SERVER)) == SHOWN
