"""Questions to moderators, from the tap to what the asker hears, on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.clock import to_epoch
from bot.database import StoreError
from cogs.faq.meanings_service import Meanings
from cogs.faq.model import Entry
from cogs.faq.questions_model import SERVER_WAITING, Asking, Hear, Question, Reason, State
from cogs.faq.questions_service import NOTICE_PAUSE, TELLING, UNSENT_KEPT, Questions
from cogs.faq.settings import QUESTIONS_DAYS, QUESTIONS_ENABLED
from tests.cogs.faq.asking import (
    ASH,
    BIRCH,
    CHANNEL,
    CHOIR,
    DAY,
    FERN,
    MODERATOR,
    OTHER_SERVER,
    SECOND,
    SERVER,
    START,
    Desk,
    Killed,
    make_desk,
    refused,
)
from tests.cogs.faq.samples import SHIPPED, TYPED
from tests.cogs.faq.search.understanding import Thesaurus

if TYPE_CHECKING:
    from bot.database import Database

KETTLE: Entry = SHIPPED["en"][1]
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await make_desk(database)


async def answer(desk: Desk, *questions: Question, by: int = MODERATOR) -> Entry:
    """Write an entry that answers some questions, as the form does."""
    ids = [one.id for one in questions]

    async def then(tx: object, entry: Entry) -> None:
        await desk.questions.answered(tx, SERVER, ids, entry, by=by)  # type: ignore[arg-type]

    return await desk.entries.add(SERVER, "en", TYPED, by=by, then=then)


# Before the tap


async def test_before_the_tap_nothing_is_stored_and_an_hour_later_it_is_forgotten(
    desk: Desk,
) -> None:
    unsent = desk.questions.unsent
    unsent.put("k", Asking.of("my words", SERVER, ASH))
    assert "my words" not in await desk.everything()
    assert unsent.get("k", SERVER, BIRCH) is None
    assert unsent.get("k", OTHER_SERVER, ASH) is None
    assert unsent.get("k", None, ASH) is None
    desk.now += UNSENT_KEPT + timedelta(seconds=1)
    assert unsent.get("k", SERVER, ASH) is None


async def test_erasing_and_a_server_that_is_erased_take_words_out_of_memory_as_well(
    desk: Desk,
) -> None:
    unsent = desk.questions.unsent
    for key, server, who in (("a", SERVER, ASH), ("b", SERVER, BIRCH), ("c", OTHER_SERVER, FERN)):
        unsent.put(key, Asking.of("words", server, who))
    await desk.privacy.erase(ASH)
    assert unsent.get("a", SERVER, ASH) is None
    assert unsent.get("b", SERVER, BIRCH) is not None
    desk.questions.forget(SERVER)
    assert unsent.get("b", SERVER, BIRCH) is None
    assert unsent.get("c", OTHER_SERVER, FERN) is not None


# Sending


async def test_a_question_waits_with_its_words_for_as_long_as_moderators_chose(desk: Desk) -> None:
    await desk.settings.change(SERVER, QUESTIONS_DAYS, 5, by=MODERATOR)
    one = await desk.send(named=True)
    assert (one.words, one.named, one.state) == (CHOIR, True, State.WAITING)
    assert one.ends_at == START + timedelta(days=5)
    assert await desk.noticed() == [1]


async def test_it_is_refused_where_it_is_off_without_words_and_past_what_people_can_read(
    desk: Desk,
) -> None:
    assert await refused(desk.send("")) == "faq.questions.cannot.empty"
    for number in range(3):
        await desk.send(f"{number}{number}{number} umbrellas")
    assert await refused(desk.send()) == "faq.questions.cannot.waiting"
    for one in await desk.questions.mine(ASH, SERVER):
        await desk.questions.take_back(ASH, one.id)
    # What was refused counted for nothing; what was taken back did.
    await desk.send()
    await desk.send("another umbrella")
    assert await refused(desk.send("yet another")) == "faq.questions.cannot.too_many"
    await desk.settings.change(SERVER, QUESTIONS_ENABLED, False, by=MODERATOR)
    assert await refused(desk.send(who=BIRCH)) == "faq.questions.cannot.off"
    # What waits can still be answered.
    assert sum(map(len, await desk.questions.groups(SERVER, alike=True))) == 2


async def test_a_server_takes_only_so_many_and_the_pace_is_given_back(desk: Desk) -> None:
    one = await desk.send()
    for number in range(1, SERVER_WAITING):
        await desk.put_back(replace(one, id=f"x{number}", asker_user_id=number))
    for _ in range(6):
        assert await refused(desk.send(who=BIRCH)) == "faq.questions.cannot.full"


async def test_sending_the_same_twice_is_one_question(desk: Desk) -> None:
    asking = Asking.of(CHOIR, SERVER, ASH)
    for _ in range(2):
        await desk.questions.send("same", asking, language="en")
    assert await desk.rows() == 1


async def test_moderators_are_told_once_for_several_and_again_when_long_nobody_was(
    desk: Desk,
) -> None:
    await desk.send()
    await desk.send("where is my umbrella", who=BIRCH)
    assert await desk.noticed() == [1]
    [notice] = await desk.notices.open_in(SERVER)
    await desk.notices.see(SERVER, notice.id, by=MODERATOR)
    await desk.send("and my kettle", who=BIRCH)
    assert await desk.noticed() == []
    desk.now += NOTICE_PAUSE
    await desk.send("and my bicycle", who=FERN)
    assert await desk.noticed() == [4]
    for one in (ASH, BIRCH, FERN):
        await desk.privacy.erase(one)
    assert await desk.noticed() == []


async def test_a_notice_and_the_audit_list_hold_neither_words_nor_who_asked(desk: Desk) -> None:
    one = await desk.send(TYPED.question, hear=Hear.DM)
    other = await desk.send("where is my kettle", who=BIRCH)
    third = await desk.send("who waters the plants", who=FERN)
    notices = str(await desk.notices.open_in(SERVER))
    await answer(desk, one)
    await desk.questions.decline(SERVER, [other.id], Reason.PERSONAL, "", by=MODERATOR)
    await desk.questions.hand_over(SERVER, [third.id], by=MODERATOR)
    lines = await desk.audited()
    assert sorted(line.action for line in lines) == [
        "faq.add",
        "faq.question_answered",
        "faq.question_declined",
        "faq.question_handed",
    ]
    said = str(lines) + notices
    for hidden in (TYPED.question, "kettle", "plants", str(ASH), str(BIRCH), str(FERN)):
        assert hidden not in said
    assert TYPED.answer in said


# Taking it back


async def test_taken_back_nothing_of_it_is_left(desk: Desk) -> None:
    one = await desk.send(hear=Hear.DM)
    assert await refused(desk.questions.take_back(BIRCH, one.id)) == "faq.questions.cannot.over"
    await desk.questions.take_back(ASH, one.id)
    assert await desk.rows() == await desk.rows("jobs_timers") == 0
    assert CHOIR not in await desk.everything()
    assert await desk.noticed() == []
    assert await refused(desk.questions.take_back(ASH, one.id)) == "faq.questions.cannot.over"
    assert await refused(answer(desk, one)) == "faq.questions.gone"


# Dealing with it


async def test_like_ones_stand_together_the_oldest_first_or_each_by_itself(desk: Desk) -> None:
    first = await desk.send()
    desk.now += HOUR
    kettle = await desk.send("who fills the kettle", who=BIRCH)
    desk.now += HOUR
    third = await desk.send("When does the chior meet", who=FERN)
    groups = await desk.questions.groups(SERVER, alike=True)
    assert [[one.id for one in group] for group in groups] == [[first.id, third.id], [kettle.id]]
    single = await desk.questions.groups(SERVER, alike=False)
    assert [group[0].id for group in single] == [first.id, kettle.id, third.id]
    assert await desk.questions.groups(OTHER_SERVER, alike=True) == ()


async def test_what_came_after_a_moderator_looked_is_not_dealt_with_unread(desk: Desk) -> None:
    first = await desk.send()
    until = to_epoch(desk.now)
    desk.now += HOUR
    await desk.send("when does the choir meet now", who=BIRCH)
    seen = await desk.questions.group(SERVER, first.id, alike=True, until=until)
    assert [one.id for one in seen] == [first.id]
    later = await desk.questions.group(SERVER, first.id, alike=True, until=to_epoch(desk.now))
    assert len(later) == 2


async def test_what_a_moderator_saw_apart_is_not_put_together_under_their_hands(desk: Desk) -> None:
    encoder = Thesaurus()
    meanings = Meanings((), desk.database, load=lambda: encoder)
    questions = Questions(
        desk.database, desk.settings, desk.notices, lambda: desk.now, lambda: None, meanings
    )
    first = await desk.send("where is my umbrella")
    await desk.send("donde is mi paraguas", who=BIRCH)
    await desk.send("🙂", who=FERN)
    until = to_epoch(desk.now)
    assert len(await questions.groups(SERVER, alike=True)) == 3
    await meanings.of(None, (), ())  # waits until the encoder is there
    seen = await questions.group(SERVER, first.id, alike=True, until=until)
    assert [one.id for one in seen] == [first.id]
    assert [len(group) for group in await questions.groups(SERVER, alike=True)] == [2, 1]
    assert len(await questions.group(SERVER, first.id, alike=True, until=until)) == 2
    encoder.encoded.clear()
    await questions.groups(SERVER, alike=True)
    assert encoder.encoded == []


async def test_an_answer_reaches_all_who_asked_alike_each_the_way_they_chose(desk: Desk) -> None:
    by_dm = await desk.send(hear=Hear.DM)
    by_news = await desk.send(who=BIRCH)
    never = await desk.send(who=FERN, hear=Hear.NEVER)
    entry = await answer(desk, by_dm, by_news, never)
    await desk.run()
    assert list(desk.mailbox.written.values()) == [(CHANNEL, entry.id)]
    assert await desk.told(BIRCH) == ["faq.answered"]
    assert await desk.told(ASH) == await desk.told(FERN) == []
    assert await desk.questions.question(never.id) is None
    assert (await desk.one(by_dm.id)).state is State.ANSWERED
    assert CHOIR not in await desk.everything()
    assert await desk.noticed() == []
    await desk.after(DAY)
    assert len(desk.mailbox.written) == len(await desk.told(BIRCH)) == 1


async def test_an_entry_and_what_it_answers_are_saved_together_or_not_at_all(desk: Desk) -> None:
    one = await desk.send()
    await desk.questions.hand_over(SERVER, [one.id], by=SECOND)
    assert await refused(answer(desk, one)) == "faq.questions.gone"
    assert (await desk.entries.kept(SERVER, "en")).own == ()
    other = await desk.send("who fills the kettle", who=BIRCH)
    # Of two that were shown together, one was taken back meanwhile.
    await answer(desk, one, other)
    assert (await desk.one(other.id)).state is State.ANSWERED
    assert (await desk.one(one.id)).state is State.HANDED


@pytest.mark.parametrize("second", ["decline", "hand", "answer", "with"])
async def test_of_two_moderators_the_later_is_told_and_the_asker_hears_once(
    desk: Desk, second: str
) -> None:
    one = await desk.send(hear=Hear.DM)
    ids, questions = [one.id], desk.questions
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "decline": lambda: questions.decline(SERVER, ids, Reason.UNKNOWN, "", by=SECOND),
        "hand": lambda: questions.hand_over(SERVER, ids, by=SECOND),
        "answer": lambda: answer(desk, one, by=SECOND),
        "with": lambda: questions.answer_with(SERVER, ids, KETTLE, by=SECOND),
    }

    async def tried(work: Awaitable[object]) -> str:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - what it is, is looked at
            return str(error)
        return "done"

    first = questions.answer_with(SERVER, ids, KETTLE, by=MODERATOR)
    results = await asyncio.gather(tried(first), tried(ways[second]()))
    assert sorted(results) == ["done", "faq.questions.gone"]
    await desk.run()
    assert len(desk.mailbox.written) == 1


async def test_no_moderator_reaches_what_was_asked_elsewhere(desk: Desk) -> None:
    one = await desk.send(server=OTHER_SERVER)
    group = desk.questions.group(SERVER, one.id, alike=False, until=2**40)
    assert await refused(group) == "faq.questions.gone"
    for work in (
        desk.questions.decline(SERVER, [one.id], Reason.UNKNOWN, "", by=MODERATOR),
        desk.questions.hand_over(SERVER, [one.id], by=MODERATOR),
        desk.questions.answer_with(SERVER, [one.id], KETTLE, by=MODERATOR),
        answer(desk, one),
    ):
        assert await refused(work) == "faq.questions.gone"
    assert (await desk.one(one.id)).is_waiting


async def test_own_words_go_before_a_reason_and_a_choice_of_own_words_needs_some(
    desk: Desk,
) -> None:
    one, other = await desk.send(), await desk.send("who fills the kettle")
    await desk.questions.decline(SERVER, [one.id], Reason.UNCLEAR, " come by\u202e ", by=MODERATOR)
    said = await desk.one(one.id)
    assert (said.reason, said.note) == (Reason.WRITTEN, "come by")
    empty = desk.questions.decline(SERVER, [other.id], Reason.WRITTEN, " ", by=MODERATOR)
    assert await refused(empty) == "faq.questions.decline.no_words"
    await desk.questions.decline(SERVER, [other.id], Reason.UNCLEAR, "", by=MODERATOR)
    assert await desk.told() == ["faq.declined", "faq.declined"]


# Its time


async def test_unanswered_it_ends_by_itself_and_whoever_asked_is_told(desk: Desk) -> None:
    by_dm = await desk.send(hear=Hear.DM)
    await desk.send(who=BIRCH)
    never = await desk.send(who=FERN, hear=Hear.NEVER)
    await desk.after(timedelta(days=14) - HOUR)
    assert (await desk.one(by_dm.id)).is_waiting
    await desk.after(HOUR)
    assert list(desk.mailbox.written.values()) == [(CHANNEL, "expired")]
    assert await desk.told(BIRCH) == ["faq.expired"]
    assert await desk.questions.question(never.id) is None
    assert CHOIR not in await desk.everything()
    assert await desk.noticed() == []
    assert await desk.rows("jobs_timers") == 0


async def test_two_weeks_after_its_end_the_rest_is_deleted_too(desk: Desk) -> None:
    one = await desk.send()
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    desk.now += timedelta(days=14)
    await desk.privacy.sweep()
    assert await desk.rows() == 1
    desk.now += timedelta(seconds=1)
    await desk.privacy.sweep()
    assert await desk.rows() == 0


# Hearing


async def test_closed_messages_are_told_at_the_next_command_and_not_tried_again(
    desk: Desk,
) -> None:
    one = await desk.send(hear=Hear.DM)
    other = await desk.send("who fills the kettle", hear=Hear.DM)
    desk.mailbox.closed.add(CHANNEL)
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    await desk.run()
    assert await desk.told() == ["faq.handed"]
    assert (await desk.one(other.id)).hear is Hear.LATER
    desk.mailbox.closed.clear()
    await desk.questions.hand_over(SERVER, [other.id], by=MODERATOR)
    await desk.run()
    assert desk.mailbox.written == {}
    assert await desk.told() == ["faq.handed", "faq.handed"]


async def test_who_wants_no_message_any_more_gets_none_also_when_it_is_on_its_way(
    desk: Desk,
) -> None:
    one = await desk.send(hear=Hear.DM)
    assert one.consent_version == 1
    assert await refused(desk.questions.keep_quiet(BIRCH, one.id)) == "faq.questions.cannot.over"
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    await desk.questions.keep_quiet(ASH, one.id)
    await desk.run()
    assert desk.mailbox.written == {}
    assert await desk.told() == ["faq.handed"]
    assert (await desk.one(one.id)).consent_version is None


async def test_what_comes_days_late_is_told_at_the_next_command_instead(desk: Desk) -> None:
    one = await desk.send(hear=Hear.DM)
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    await desk.after(TELLING)
    assert desk.mailbox.written == {}
    assert await desk.told() == ["faq.handed"]


async def test_killed_after_the_message_was_there_it_is_not_written_again(desk: Desk) -> None:
    one = await desk.send(hear=Hear.DM)
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    desk.mailbox.dies_after = True
    with pytest.raises(Killed):
        await desk.run()
    for _ in range(4):
        await desk.after(timedelta(minutes=2))
    assert len(desk.mailbox.written) == 1
    assert await desk.told() == []
    async with desk.database.read() as read:
        [row] = await read.fetch("SELECT state FROM jobs_messages")
    assert row["state"] == "sent"


async def test_killed_between_any_two_transactions_each_asker_hears_once(
    database: Database,
) -> None:
    for kills in range(40):
        desk = await make_desk(database)
        desk.now = START + kills * timedelta(days=40)
        desk.count = kills * 10
        one = await desk.send(hear=Hear.DM)
        other = await desk.send("where is my umbrella", who=BIRCH)
        unread = await desk.send("who fills the kettle", who=FERN, hear=Hear.DM)
        desk.mortal.left = kills

        await _story(desk, [one.id, other.id])
        killed = desk.mortal.killed
        assert sorted(desk.mailbox.written.values()) == [
            (CHANNEL, "unknown"),
            (CHANNEL + FERN - ASH, "expired"),
        ], kills
        assert await desk.told(BIRCH) == ["faq.declined"], kills
        assert await desk.told(ASH) == await desk.told(FERN) == [], kills
        assert (await desk.one(unread.id)).words == ""
        await desk.privacy.erase(BIRCH)
        if not killed:
            assert kills > 4
            return
    raise AssertionError("the story has no end")


async def _story(desk: Desk, ids: list[str]) -> None:
    """Some are declined, the rest is never read; whatever is cut off is done again."""

    async def again(work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Killed:
            await work()

    await again(lambda: desk.questions.decline(SERVER, ids, Reason.UNKNOWN, "", by=MODERATOR))
    for wait in (0, 2, 2, 20_160, 2, 2):
        desk.now += timedelta(minutes=wait)
        await again(desk.run)


# Whose it is


async def test_what_one_asked_is_shown_exported_and_erased_at_once(desk: Desk) -> None:
    one = await desk.send(hear=Hear.DM)
    await desk.send(who=BIRCH)
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    export = await desk.privacy.export(ASH)
    assert [row["id"] for row in export["faq_questions"]] == [one.id]
    await desk.privacy.erase(ASH)
    assert ASH not in {one.asker_user_id for one in await desk.questions.mine(ASH, None)}
    assert await desk.rows() == 1
    await desk.run()
    assert desk.mailbox.written == {}
    assert await desk.told() == []


async def test_who_leaves_takes_their_questions_along(desk: Desk) -> None:
    one = await desk.send()
    elsewhere = await desk.send(server=OTHER_SERVER)
    assert set(await desk.membership.people()) == {(SERVER, ASH), (OTHER_SERVER, ASH)}
    await desk.membership.not_found(SERVER, ASH)
    desk.now += DAY
    assert await desk.membership.not_found(SERVER, ASH)
    assert await desk.questions.question(one.id) is None
    assert (await desk.one(elsewhere.id)).is_waiting
    assert await desk.noticed() == []


async def test_a_server_takes_all_of_it_along_and_writes_to_nobody_when_the_bot_is_gone(
    desk: Desk,
) -> None:
    one = await desk.send(hear=Hear.DM)
    await desk.questions.hand_over(SERVER, [one.id], by=MODERATOR)
    await desk.privacy.server_left(SERVER)
    await desk.run()
    assert desk.mailbox.written == {}
    await desk.privacy.erase_server(SERVER)
    assert await desk.rows() == await desk.rows("jobs_messages") == 0


@pytest.mark.parametrize("how", ["taken back", "erased", "declined", "expired", "left"])
async def test_a_restore_brings_no_question_back_that_is_over(desk: Desk, how: str) -> None:
    one = await desk.send(hear=Hear.DM)
    if how == "taken back":
        await desk.questions.take_back(ASH, one.id)
    elif how == "erased":
        await desk.privacy.erase(ASH)
    elif how == "declined":
        await desk.questions.decline(SERVER, [one.id], Reason.UNKNOWN, "", by=MODERATOR)
    elif how == "expired":
        await desk.after(timedelta(days=14))
    else:
        await desk.membership.not_found(SERVER, ASH)
        desk.now += DAY
        await desk.membership.not_found(SERVER, ASH)
    await desk.put_back(one)
    await desk.restored()
    await desk.restored()
    assert await desk.questions.question(one.id) is None
    assert await desk.questions.groups(SERVER, alike=True) == ()


async def test_a_restore_writes_to_nobody_who_wanted_no_message_any_more(desk: Desk) -> None:
    one = await desk.send(hear=Hear.DM)
    await desk.questions.keep_quiet(ASH, one.id)
    await desk.put_back(one)
    await desk.restored()
    assert (await desk.one(one.id)).hear is Hear.LATER


# The store in trouble


async def test_while_the_store_cannot_say_the_way_to_the_moderators_stays_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object) -> bool:
        raise StoreError("The store cannot be reached.")

    assert not await desk.questions.is_open(None)
    monkeypatch.setattr(desk.settings, "get", unknown)
    assert await desk.questions.is_open(SERVER)
