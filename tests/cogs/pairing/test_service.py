"""What members do about pairing, and the half-yearly question, on both stores."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import audit
from bot.bounds import ALL_ADULTS
from bot.consent import service as consent
from bot.consent.model import HALF_A_YEAR
from bot.consent.model import HOLDING as CONSENTS
from bot.consent.service import Consents
from bot.counting import Counting
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import HOLDINGS as JOBS
from bot.jobs.model import Message
from bot.jobs.runner import Delivered, Found, NotNow, Refused, Runner, Tried, Unreadable
from bot.journal import Replays
from bot.news.model import HOLDING as NEWS
from bot.news.service import News
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.settings.service import Settings
from cogs.pairing import store
from cogs.pairing.content import OWN
from cogs.pairing.model import (
    ANSWER_RENEWAL,
    CONSENT,
    CONSENT_VERSION,
    TOPICS_LIMIT,
    Block,
    Member,
    Often,
    Role,
    Shown,
    State,
    Topic,
    Why,
    Wishes,
)
from cogs.pairing.service import (
    HOLDINGS,
    RENEWAL,
    Ground,
    Members,
    Renewing,
    agreed,
    shipped_content,
)
from cogs.pairing.settings import ENABLED
from tests.journals import InMemory

if TYPE_CHECKING:
    from bot.database import Database, Transaction

SERVER, OTHER_SERVER, MODERATOR, MEMBER, SOMEBODY = 10, 11, 20, 30, 31
DM = 300
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WISHES = Wishes(("en", "es"), frozenset({"music"}), hours=frozenset({Block.WEEKDAY_EVENING}))
SHIPPED = shipped_content()


class Discord:
    """What the other side does with what is sent: a hand-written stand-in for delivery."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.answer: Tried | None = None

    async def send(self, message: Message) -> Tried:
        if self.answer is not None:
            return self.answer
        self.sent.append(message)
        return Delivered(len(self.sent))

    async def look(self, message: Message) -> Found:
        return Unreadable()


@dataclass(slots=True)
class Harbour:
    """The feature without Discord, and a clock to turn."""

    database: Database
    settings: Settings
    members: Members
    discord: Discord
    now: datetime
    left: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def clock(self) -> datetime:
        return self.now

    async def at(self, moment: datetime) -> None:
        """Do what is due then, as the runner of a process that has just started does."""
        self.now = moment
        runner = Runner(self.database, self.clock, longest_sleep=1)
        runner.register(RENEWAL, Renewing(), self.discord)
        while await runner.materialise():
            pass
        for message, way in await runner.claim():
            await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]

    async def join(self, user_id: int = MEMBER, wishes: Wishes = WISHES) -> Member:
        return await self.members.join(SERVER, user_id, wishes, "Europe/Berlin")

    async def one(self, user_id: int = MEMBER) -> Member | None:
        async with self.database.read() as read:
            return await store.member(read, SERVER, user_id)

    async def news(self, user_id: int = MEMBER) -> list[str]:
        news = News(self.database)
        items = await news.unheard(user_id)
        await news.heard(items)
        return [item.key for item in items]

    async def listen(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        self.left.append((server_id, user_id))


@pytest.fixture
async def harbour(database: Database) -> Harbour:
    def clock() -> datetime:
        return made.now

    settings = Settings(database, clock)
    settings.declare(ENABLED)
    settings.declare(ALL_ADULTS)
    notices = Notices(database, settings, clock)
    counting = Counting(database, settings, clock)
    ground = Ground(database, settings, notices, SHIPPED, bool, clock, lambda: None, counting)
    members = Members(ground)
    made = Harbour(database, settings, members, Discord(), START)
    members.when_leaving(made.listen)
    await settings.change(SERVER, ENABLED, value=True, by=MODERATOR)
    await settings.change(SERVER, ALL_ADULTS, value=True, by=MODERATOR)
    return made


# Joining and leaving


async def test_who_joins_is_kept_with_their_yes_and_both_go_when_they_leave(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    assert await harbour.one() == made
    async with harbour.database.read() as read:
        assert await agreed(read, SERVER) == {MEMBER}
        assert await harbour.members.held(read) == {(SERVER, MEMBER)}
        assert await jobs.timer(read, RENEWAL, made.id) is not None
    await harbour.members.leave(MEMBER, made.id)
    assert await harbour.one() is None
    assert harbour.left == [(SERVER, MEMBER)]
    async with harbour.database.read() as read:
        assert await agreed(read, SERVER) == frozenset()
        assert await jobs.timer(read, RENEWAL, made.id) is None


async def test_joining_again_changes_the_wishes_and_keeps_the_place_in_the_queue(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    async with harbour.database.transaction() as tx:
        waiting = replace(made, waited=1, odd=2, last_round=7, dm_channel_id=DM).paused(None)
        await store.put_members(tx, [waiting])
    harbour.now += DAY
    again = await harbour.join(wishes=replace(WISHES, threesome=True))
    assert again == replace(waiting.resumed(), wishes=replace(WISHES, threesome=True))
    assert again.joined_at == made.joined_at


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(()),
        Wishes(("en", "en")),
        Wishes(("en", "es", "de", "fr", "it", "nl")),
        Wishes(("en",), frozenset({"not-offered"})),
        Wishes(("en",), avoid=frozenset({"not-offered"})),
        Wishes(("en",), frozenset(topic.id for topic in SHIPPED["en"].topics[:11])),
        Wishes(("en",), frozenset({"music"}), frozenset({"music"})),
    ],
)
async def test_wishes_that_no_form_makes_are_refused(harbour: Harbour, wishes: Wishes) -> None:
    with pytest.raises(UserError, match=r"pairing\.refused"):
        await harbour.join(wishes=wishes)
    assert await harbour.one() is None


async def test_while_it_is_off_or_undecided_nobody_joins(harbour: Harbour) -> None:
    await harbour.settings.change(SERVER, ALL_ADULTS, value=False, by=MODERATOR)
    with pytest.raises(UserError, match="undecided"):
        await harbour.join()
    await harbour.settings.change(SERVER, ENABLED, value=False, by=MODERATOR)
    with pytest.raises(UserError, match="off"):
        await harbour.join()


async def test_nobody_reaches_what_is_not_theirs(harbour: Harbour) -> None:
    made = await harbour.join()
    for act in (
        harbour.members.pause,
        harbour.members.resume,
        harbour.members.skip,
        harbour.members.leave,
        harbour.members.one,
    ):
        with pytest.raises(UserError, match="gone"):
            await act(SOMEBODY, made.id)
    assert await harbour.one() == made


async def test_who_leaves_the_server_leaves_pairing(harbour: Harbour) -> None:
    await harbour.join()
    async with harbour.database.transaction() as tx:
        await harbour.members.left(tx, SERVER, MEMBER, harbour.now)
        await harbour.members.left(tx, SERVER, SOMEBODY, harbour.now)
    assert await harbour.one() is None
    assert harbour.left == [(SERVER, MEMBER)]


async def test_who_takes_their_yes_back_leaves_pairing(harbour: Harbour) -> None:
    made = await harbour.join()
    consents = Consents(harbour.database)
    consents.when_withdrawn(CONSENT, harbour.members.end)
    await consents.take_back(MEMBER, SERVER, CONSENT)
    assert await harbour.one() is None
    assert await consents.of(MEMBER) == ()
    assert harbour.left == [(SERVER, MEMBER)]
    async with harbour.database.read() as read:
        assert await jobs.timer(read, RENEWAL, made.id) is None


async def test_who_left_since_the_backup_is_not_brought_back(harbour: Harbour) -> None:
    consents, replays, journal = Consents(harbour.database), Replays(), InMemory()
    consents.when_withdrawn(CONSENT, harbour.members.end)
    replays.on(consent.WITHDRAWN, consents.replay)
    mine, _ = await harbour.join(), await harbour.join(SOMEBODY)
    harbour.database.keep_journal(journal.write)
    await harbour.members.leave(MEMBER, mine.id)
    harbour.database.keep_journal(None)
    await harbour.join()
    for _ in range(2):
        await replays.run(harbour.database, journal.entries(START))
        assert await harbour.one() is None
        assert await harbour.one(SOMEBODY) is not None
        assert await consents.of(MEMBER) == ()


async def test_whose_data_are_erased_is_in_no_round_and_asked_nothing(harbour: Harbour) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    privacy = Privacy(harbour.database, harbour.clock)
    # Each person's column of a table is erased once; two of one table are both theirs.
    privacy.register(*HOLDINGS, CONSENTS, *JOBS, NEWS)
    await privacy.erase(MEMBER)
    assert await harbour.one() is None
    async with harbour.database.read() as read:
        assert await agreed(read, SERVER) == frozenset()
    await harbour.at(START + HALF_A_YEAR + timedelta(minutes=1))
    assert harbour.discord.sent == []
    assert await harbour.news() == []


# Pausing


async def test_a_pause_ends_by_itself_and_leaving_out_is_taken_back(harbour: Harbour) -> None:
    made = await harbour.join()
    until = harbour.now + 14 * DAY
    paused = await harbour.members.pause(MEMBER, made.id, until)
    assert not paused.wants(1, until - timedelta(seconds=1))
    assert paused.wants(1, until)
    on = await harbour.members.resume(MEMBER, made.id)
    assert on.wants(1, harbour.now)
    skipping = await harbour.members.skip(MEMBER, made.id)
    assert not skipping.wants(1, harbour.now)
    assert (await harbour.members.skip(MEMBER, made.id, skip=False)).wants(1, harbour.now)
    with pytest.raises(UserError, match="until"):
        await harbour.members.pause(MEMBER, made.id, harbour.now)


def test_every_second_round_is_every_second_one_they_are_drawn_in() -> None:
    wishes = replace(WISHES, often=Often.SECOND)
    one = Member("m", SERVER, MEMBER, wishes, "UTC", START)
    assert one.wants(4, START)
    drawn = replace(one, last_round=4)
    assert not drawn.wants(5, START)
    assert drawn.wants(6, START)


# The half-yearly question


async def test_who_allowed_direct_messages_is_asked_there_and_silence_pauses(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    assert not await harbour.members.to_renew(made)
    asked_at = START + HALF_A_YEAR
    await harbour.at(asked_at - timedelta(minutes=1))
    assert harbour.discord.sent == []
    await harbour.at(asked_at)
    [message] = harbour.discord.sent
    assert (message.channel_id, message.recipient_user_id) == (DM, MEMBER)
    assert await harbour.members.to_renew(made)
    await harbour.at(asked_at + ANSWER_RENEWAL - DAY)
    assert (await harbour.one() or made).state is State.IN
    await harbour.at(asked_at + ANSWER_RENEWAL + DAY)
    found = await harbour.one()
    assert found is not None
    assert (found.state, found.paused_why) == (State.PAUSED, Why.RENEWAL)
    assert await harbour.news() == ["pairing.paused_renewal"]
    await harbour.members.resume(MEMBER, made.id)
    assert not await harbour.members.to_renew(made)
    await harbour.at(harbour.now + HALF_A_YEAR)
    assert len(harbour.discord.sent) == 2


async def test_who_allowed_none_is_asked_at_their_next_command_and_has_as_long(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    await harbour.at(START + HALF_A_YEAR)
    assert harbour.discord.sent == []
    assert await harbour.news() == ["pairing.renew"]
    await harbour.members.resume(MEMBER, made.id)
    await harbour.at(harbour.now + ANSWER_RENEWAL + DAY)
    assert (await harbour.one() or made).state is State.IN
    await harbour.at(harbour.now + HALF_A_YEAR)
    await harbour.at(harbour.now + ANSWER_RENEWAL + DAY)
    assert (await harbour.one() or made).paused_why is Why.RENEWAL
    assert await harbour.news() == ["pairing.renew", "pairing.paused_renewal"]


async def test_closed_direct_messages_are_tried_once_and_the_question_is_put_elsewhere(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    harbour.discord.answer = Refused("closed 50007")
    await harbour.at(START + HALF_A_YEAR)
    found = await harbour.one()
    assert found is not None
    assert found.dm_channel_id is None
    assert found.state is State.IN
    assert await harbour.news() == ["pairing.renew"]
    await harbour.at(harbour.now + ANSWER_RENEWAL + DAY)
    assert (await harbour.one() or made).paused_why is Why.RENEWAL


async def test_who_could_not_be_asked_in_time_is_asked_at_that_hour_of_the_next_day(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    harbour.discord.answer = NotNow()
    late = START + HALF_A_YEAR + timedelta(hours=3)
    await harbour.at(late)
    harbour.discord.answer = None
    await harbour.at(START + HALF_A_YEAR + DAY)
    [message] = harbour.discord.sent
    assert message.due_at == START + HALF_A_YEAR + DAY
    assert (await harbour.one() or made).state is State.IN


async def test_who_is_paused_for_a_time_is_asked_when_they_are_back(harbour: Harbour) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    back = START + HALF_A_YEAR + 30 * DAY
    harbour.now = START + HALF_A_YEAR - DAY
    await harbour.members.pause(MEMBER, made.id, back)
    await harbour.at(START + HALF_A_YEAR)
    assert harbour.discord.sent == []
    await harbour.at(back)
    assert len(harbour.discord.sent) == 1
    await harbour.at(back + ANSWER_RENEWAL + DAY)
    assert (await harbour.one() or made).paused_why is Why.RENEWAL


async def test_a_yes_to_other_words_is_none(harbour: Harbour) -> None:
    made = await harbour.join()
    async with harbour.database.transaction() as tx:
        await consent.give(tx, MEMBER, SERVER, CONSENT, CONSENT_VERSION + 1, harbour.now)
    async with harbour.database.read() as read:
        assert await agreed(read, SERVER) == frozenset()
    assert await harbour.members.to_renew(made)
    with pytest.raises(UserError, match="words_changed"):
        await harbour.members.resume(MEMBER, made.id)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_they_do_in_whatever_order_the_yes_and_what_is_kept_agree(
    harbour: Harbour, seed: int
) -> None:
    dice = Random(seed)  # noqa: S311 - it is to be repeatable
    asked = 0
    for _ in range(40):
        members, mine = harbour.members, await harbour.one()
        act = dice.choice(["join", "pause", "pause_for", "resume", "skip", "leave", "dms", "time"])
        if act == "time":
            await harbour.at(harbour.now + dice.choice([DAY, 20 * DAY, 90 * DAY]))
        elif act == "join":
            await harbour.join()
        elif mine is None:
            continue
        elif act == "pause":
            await members.pause(MEMBER, mine.id)
        elif act == "pause_for":
            await members.pause(MEMBER, mine.id, harbour.now + dice.randrange(1, 200) * DAY)
        elif act == "resume":
            await members.resume(MEMBER, mine.id)
        elif act == "skip":
            await members.skip(MEMBER, mine.id, skip=dice.choice([True, False]))
        elif act == "dms":
            await members.write_to(MEMBER, mine.id, dice.choice([DM, None]))
        else:
            await members.leave(MEMBER, mine.id)
        await _agree_with_each_other(harbour)
        # Whoever is asked allows it, and takes part, at the moment of asking.
        mine = await harbour.one()
        for message in harbour.discord.sent[asked:]:
            assert mine is not None
            assert mine.dm_channel_id == message.channel_id
        asked = len(harbour.discord.sent)


async def _agree_with_each_other(harbour: Harbour) -> None:
    mine = await harbour.one()
    async with harbour.database.read() as read:
        given_yes = await consent.given(read, MEMBER, SERVER, CONSENT)
        assert (given_yes is None) == (mine is None)
        assert await agreed(read, SERVER) == (frozenset({MEMBER}) if mine else frozenset())
        timers = await read.fetch("SELECT subject FROM jobs_timers")
        assert len(timers) <= 1
        if mine is None or given_yes is None:
            assert timers == []
            return
        # Who takes part is always going to be asked again, in half a year at the latest.
        if mine.is_in(harbour.now):
            assert [row["subject"] for row in timers] == [mine.id]
            timer = await jobs.timer(read, RENEWAL, mine.id)
            assert timer is not None
            assert timer.due_at <= harbour.now + HALF_A_YEAR + 200 * DAY


# Topics


async def test_moderators_choose_write_and_remove_topics_and_each_is_written_down(
    harbour: Harbour,
) -> None:
    usual = await harbour.members.offered(SERVER, "es")
    assert len(usual) == 24
    assert usual[0] == Topic("music", "Música")
    own = await harbour.members.add_topic(SERVER, "  Sourdough  bread ", by=MODERATOR)
    assert own.name == "Sourdough bread"
    assert own.id.startswith(OWN)
    assert (await harbour.members.offered(SERVER, "en"))[0] == own
    await harbour.members.remove_topic(SERVER, "music", by=MODERATOR)
    await harbour.members.choose_topics(SERVER, ["sea", "books", "unheard-of"], by=MODERATOR)
    assert [one.id for one in await harbour.members.offered(SERVER, "en")] == [
        *(own.id, "sea", "books")
    ]
    assert (await harbour.members.offered(OTHER_SERVER, "es")) == usual
    await harbour.members.reset_topics(SERVER, by=MODERATOR)
    assert await harbour.members.offered(SERVER, "es") == usual
    async with harbour.database.read() as read:
        lines = await audit.lines(read, SERVER, limit=10)
    assert {line.action for line in lines if line.target == "topics"} == {
        *("pairing.topics_reset", "pairing.topics", "pairing.topic_remove", "pairing.topic_add")
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [("Depression", "sensitive"), ("Música", "twice"), ("x", "length"), ("music", "twice")],
)
async def test_a_topic_that_cannot_be_offered_is_refused(
    harbour: Harbour, name: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        await harbour.members.add_topic(SERVER, name, by=MODERATOR)


async def test_a_list_is_never_longer_than_a_menu_and_never_empty(harbour: Harbour) -> None:
    await harbour.members.add_topic(SERVER, "Sourdough", by=MODERATOR)
    with pytest.raises(UserError, match="too_many"):
        await harbour.members.add_topic(SERVER, "Chess", by=MODERATOR)
    assert len(await harbour.members.offered(SERVER, "en")) == TOPICS_LIMIT
    await harbour.members.reset_topics(SERVER, by=MODERATOR)
    await harbour.members.choose_topics(SERVER, ["sea"], by=MODERATOR)
    with pytest.raises(UserError, match="last"):
        await harbour.members.remove_topic(SERVER, "sea", by=MODERATOR)


# What is kept


LANGUAGES = st.lists(
    st.from_regex(r"[a-z]{2,3}", fullmatch=True), min_size=1, max_size=5, unique=True
)
TOPICS = st.frozensets(st.from_regex(r"[a-z0-9-]{2,30}", fullmatch=True))
ANY_WISHES = st.builds(
    Wishes,
    languages=LANGUAGES.map(tuple),
    topics=TOPICS,
    avoid=TOPICS,
    role=st.sampled_from(Role),
    hours=st.frozensets(st.sampled_from(Block)),
    often=st.sampled_from(Often),
    threesome=st.booleans(),
    shown=st.frozensets(st.sampled_from(Shown)),
)


@given(ANY_WISHES)
def test_wishes_come_back_as_they_were_and_hold_codes_only(wishes: Wishes) -> None:
    written = wishes.to_text()
    assert Wishes.from_text(written) == wishes
    assert replace(wishes, topics=frozenset(sorted(wishes.topics))).to_text() == written
    assert written.isascii()


async def test_members_come_back_as_they_were(database: Database) -> None:
    one = Member("a", SERVER, MEMBER, WISHES, "Europe/Berlin", START)
    other = replace(
        one,
        id="b",
        user_id=2**62,
        dm_channel_id=DM,
        waited=1,
        odd=2,
        silent=1,
        last_round=9,
        skip_next=True,
    ).paused(START + DAY, Why.SILENT)
    async with database.transaction() as tx:
        assert await store.add_member(tx, replace(one, silent=1))
        assert not await store.add_member(tx, replace(one, id="c"))
        assert await store.add_member(tx, other)
        await store.put_members(tx, [one])
        assert await store.by_ids(tx, ["a", "b", "c"]) == {"a": one, "b": other}
        assert await store.by_ids(tx, []) == {}
    async with database.read() as read:
        assert await store.members(read, SERVER) == (one, other)
        assert await store.of_person(read, 2**62) == (other,)


async def test_who_is_gone_is_not_brought_back_by_what_was_read_before(harbour: Harbour) -> None:
    made = await harbour.join()
    await harbour.members.leave(MEMBER, made.id)
    async with harbour.database.transaction() as tx:
        await store.put_members(tx, [replace(made, waited=1)])
    assert await harbour.one() is None


async def test_joining_twice_at_once_is_joining_once(harbour: Harbour) -> None:
    one, other = await asyncio.gather(harbour.join(), harbour.join())
    assert one == other == await harbour.one()
    async with harbour.database.read() as read:
        assert await jobs.timer(read, RENEWAL, one.id) is not None


async def test_an_end_given_to_an_open_pause_brings_the_half_yearly_question_back(
    harbour: Harbour,
) -> None:
    made = await harbour.join()
    await harbour.members.write_to(MEMBER, made.id, DM)
    await harbour.members.pause(MEMBER, made.id)
    await harbour.at(START + HALF_A_YEAR)
    assert harbour.discord.sent == []
    await harbour.members.pause(MEMBER, made.id, START + HALF_A_YEAR + 7 * DAY)
    await harbour.at(START + HALF_A_YEAR + 7 * DAY)
    assert len(harbour.discord.sent) == 1
