from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot import audit
from bot.consent.model import HALF_A_YEAR
from bot.consent.model import HOLDING as CONSENTS
from bot.consent.service import Consents
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import HOLDINGS as JOBS
from bot.jobs.model import LEASE, Message
from bot.jobs.model import State as Ended
from bot.jobs.runner import Absent, Delivered, Found, NotNow, Refused, Runner, Tried, Unreadable
from bot.notices.service import Notices
from bot.privacy import Privacy
from bot.recurrence import Rule
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.service import Settings
from cogs.checkins import store
from cogs.checkins.model import (
    ANSWER_RENEWAL,
    CONSENT,
    CONSENT_VERSION,
    Body,
    Off,
    Place,
    Plan,
    Schedule,
    State,
)
from cogs.checkins.prompts import Prompt, Task, Tip, Weight
from cogs.checkins.service import (
    HOLDINGS,
    PROMPT,
    RENEWAL,
    BannedPrompt,
    Keeping,
    Prompts,
    Renewing,
    Schedules,
    shipped_prompts,
)
from cogs.checkins.settings import ENABLED

if TYPE_CHECKING:
    from bot.database import Database

SERVER, OTHER_SERVER, MODERATOR, MEMBER = 10, 11, 20, 30
CHANNEL, DM = 100, 300
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
DAILY = Rule.daily(9, 0, "Europe/Berlin")
PLAN = Plan(Place.CHANNEL, CHANNEL, DAILY, (), "en")
OWN = Plan(Place.DM, DM, DAILY, (), "en")
DAY = timedelta(days=1)


def prompt(number: int) -> Prompt:
    return Prompt(
        f"prompt-{number}", "hello", Tip.GREET, Task.CONNECTION, Weight.LIGHT, f"Hello {number}", ""
    )


class Discord:
    """What the other side does with what is sent: a hand-written stand-in for delivery."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, Body]] = []
        self.answer: Tried | None = None
        self.refusing: set[int] = set()
        self.found: Found = Unreadable()

    async def send(self, message: Message) -> Tried:
        if message.channel_id in self.refusing:
            return Refused("closed 50013")
        if self.answer is not None:
            return self.answer
        self.sent.append((message, Body.from_text(message.body)))
        return Delivered(len(self.sent))

    async def look(self, message: Message) -> Found:
        return self.found


@dataclass(slots=True)
class Harbour:
    """The feature without Discord, and a clock to turn."""

    database: Database
    settings: Settings
    notices: Notices
    schedules: Schedules
    discord: Discord
    now: datetime

    def clock(self) -> datetime:
        return self.now

    async def run(self) -> None:
        """Do what is due now, as the runner of a process that has just started does."""
        runner = self.runner()
        while await runner.materialise():
            pass
        for message, way in await runner.claim():
            await runner._keep(message, way)  # pyright: ignore[reportPrivateUsage]

    def runner(self) -> Runner:
        runner = Runner(self.database, self.clock, longest_sleep=1)
        prompts = Prompts(
            {"en": tuple(prompt(n) for n in range(4)), "es": tuple(prompt(n) for n in range(4))}
        )
        runner.register(PROMPT, Keeping(self.settings, self.notices, prompts), self.discord)
        runner.register(RENEWAL, Renewing(self.settings), self.discord)
        return runner

    async def at(self, moment: datetime) -> None:
        self.now = moment
        await self.run()

    async def until(self, end: datetime, step: timedelta = timedelta(minutes=30)) -> None:
        """Let time pass in steps, one minute beyond each half hour, as a running bot sees it."""
        while self.now < end:
            await self.at(min(self.now + step, end))

    async def schedule(self, schedule_id: str) -> Schedule | None:
        async with self.database.read() as read:
            return await store.schedule(read, schedule_id)

    async def written(self, schedule_id: str, kind: str = PROMPT) -> list[tuple[Ended, str | None]]:
        async with self.database.read() as read:
            found = await jobs.messages_of(read, kind, schedule_id, 100)
        return [(message.state, message.reason) for message in found]


@pytest.fixture
def harbour(database: Database) -> Harbour:
    def clock() -> datetime:
        return made.now

    settings = Settings(database, clock)
    settings.declare(NOTICE_CHANNEL)
    notices = Notices(database, settings, clock)
    prompts = Prompts(
        {"en": tuple(prompt(n) for n in range(4)), "es": tuple(prompt(n) for n in range(4))}
    )
    schedules = Schedules(database, settings, notices, prompts, clock, lambda: None)
    settings.declare(ENABLED, schedules.switched)
    made = Harbour(database, settings, notices, schedules, Discord(), START)
    return made


def due(day: int, hour: int = 8, minute: int = 1) -> datetime:
    """A minute after 09:00 in Berlin, in winter, on a day of March."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


async def test_what_is_to_be_made_once_is_made_once_also_by_two_at_the_same_moment(
    harbour: Harbour,
) -> None:
    schedules = harbour.schedules
    other = await schedules.make(SERVER, replace(PLAN, language="es"), by=MODERATOR)
    one, again = await asyncio.gather(
        *(schedules.make_once(SERVER, PLAN, by=MODERATOR) for _ in range(2))
    )
    assert one.id == again.id
    assert {each.id for each in await schedules.of_server(SERVER)} == {other.id, one.id}


async def test_a_check_in_comes_once_within_its_minute(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(3, 7, 59))
    assert harbour.discord.sent == []
    await harbour.at(due(3) - timedelta(seconds=1))
    await harbour.run()
    await harbour.at(due(3, 8, 30))
    [(message, body)] = harbour.discord.sent
    assert message.due_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert body.schedule_id == one.id
    assert body.text.startswith("Hello")


async def test_on_the_day_the_clocks_change_it_follows_the_wall_clock(harbour: Harbour) -> None:
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.now = due(28, 7)
    await harbour.until(due(30, 12))
    # 29 March 2026: Berlin goes from UTC+1 to UTC+2.
    moments = [message.due_at.hour for message, _ in harbour.discord.sent]
    assert moments == [8, 7, 7]


async def test_after_an_outage_there_is_at_most_one_and_the_rest_is_written_down(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(6, 9, 30))
    assert [message.due_at.day for message, _ in harbour.discord.sent] == [6]
    assert sorted(await harbour.written(one.id), key=str) == sorted(
        [(Ended.SENT, None), *[(Ended.SKIPPED, "late")] * 3], key=str
    )


async def test_what_is_too_late_is_never_posted(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(3, 10, 30))
    assert harbour.discord.sent == []
    assert await harbour.written(one.id) == [(Ended.SKIPPED, "late")]
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 1


async def test_no_prompt_repeats_until_all_have_been_used(harbour: Harbour) -> None:
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.make(SERVER, replace(PLAN, language="es"), by=MODERATOR)
    for day in range(3, 15):
        await harbour.at(due(day))
    shown = [body.prompt_id for _, body in harbour.discord.sent]
    assert len(shown) == 24
    for start in range(0, 24, 4):
        assert len(set(shown[start : start + 4])) == 4, shown
    assert all(first != second for first, second in pairwise(shown))


async def test_schedules_of_other_categories_share_what_their_channel_has_seen(
    harbour: Harbour,
) -> None:
    moderate = harbour.schedules
    for text in ("One word for today?", "What is the weather like today?"):
        await moderate.write_prompt(SERVER, "en", "today", text, by=MODERATOR)
    await moderate.make(SERVER, PLAN, by=MODERATOR)
    await moderate.make(SERVER, replace(PLAN, categories=("today",)), by=MODERATOR)
    for day in range(3, 17):
        await harbour.at(due(day))
    shown = [body.prompt_id for _, body in harbour.discord.sent]
    assert len(shown) == 28
    everything = set(shown)
    assert len(everything) == 6
    of_today = {prompt_id for prompt_id in everything if prompt_id.startswith("own-")}
    for place, prompt_id in enumerate(shown):
        if prompt_id in shown[:place]:
            since = set(shown[place - shown[:place][::-1].index(prompt_id) : place])
            assert since >= of_today - {prompt_id}
            assert prompt_id in of_today or since == everything - {prompt_id}


async def test_what_was_dropped_or_refused_comes_again_in_its_place(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    for day in range(3, 7):
        await harbour.at(due(day))
    shown = [body.prompt_id for _, body in harbour.discord.sent]
    await harbour.schedules.post_now(SERVER, one.id, by=MODERATOR)
    await harbour.schedules.pause(SERVER, one.id, by=MODERATOR)
    await harbour.schedules.resume(SERVER, one.id, by=MODERATOR)
    harbour.discord.refusing = {CHANNEL}
    await harbour.at(due(7))
    harbour.discord.refusing = set()
    await harbour.at(due(8))
    assert [body.prompt_id for _, body in harbour.discord.sent] == [*shown, shown[0]]


async def test_the_preview_is_what_is_posted(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    for day in range(3, 12):
        seen = await harbour.schedules.preview(one)
        assert seen.prompt is not None
        assert seen.coming[0] == due(day, 8, 0)
        assert len(seen.coming) == 5
        await harbour.at(due(day))
        assert harbour.discord.sent[-1][1].prompt_id == seen.prompt.id


async def test_what_is_posted_by_hand_is_what_the_preview_showed(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    seen = await harbour.schedules.preview(one)
    posted = await harbour.schedules.post_now(SERVER, one.id, by=MODERATOR)
    assert posted == seen.prompt
    with pytest.raises(UserError):
        await harbour.schedules.post_now(SERVER, one.id, by=MODERATOR)
    await harbour.run()
    assert [body.by_hand for _, body in harbour.discord.sent] == [True]
    await harbour.at(due(3))
    assert len(harbour.discord.sent) == 2


async def test_a_skipped_one_is_left_out_and_the_next_comes(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    skipping = await harbour.schedules.skip_next(SERVER, one.id, by=MODERATOR)
    assert harbour.schedules.coming(skipping, 1) == [due(4, 8, 0)]
    await harbour.at(due(3))
    assert harbour.discord.sent == []
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 1


async def test_a_pause_ends_by_itself_at_its_moment(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.pause(SERVER, one.id, due(5, 12), by=MODERATOR)
    for day in (3, 4, 5):
        await harbour.at(due(day))
    assert harbour.discord.sent == []
    await harbour.at(due(6))
    assert len(harbour.discord.sent) == 1
    found = await harbour.schedule(one.id)
    assert found is not None
    assert found.state is State.ON
    assert found.paused_until is None


async def test_a_pause_without_an_end_waits_for_a_person(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.pause(SERVER, one.id, by=MODERATOR)
    await harbour.at(due(3))
    await harbour.schedules.resume(SERVER, one.id, by=MODERATOR)
    assert harbour.discord.sent == []
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 1


async def test_an_edit_moves_the_next_moment(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    later = replace(PLAN, rule=Rule(frozenset({2}), time(18, 30), "UTC"))
    changed = await harbour.schedules.edit(SERVER, one.id, later, by=MODERATOR)
    assert harbour.schedules.coming(changed, 1) == [due(4, 18, 30)]
    await harbour.until(due(4, 18, 29), timedelta(hours=6))
    assert harbour.discord.sent == []
    await harbour.at(due(4, 18, 31))
    assert len(harbour.discord.sent) == 1


async def test_the_third_refusal_in_a_row_switches_off_and_tells_the_moderators(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.discord.refusing = {CHANNEL}
    await harbour.at(due(3))
    await harbour.at(due(4))
    assert await harbour.notices.open_in(SERVER) == ()
    await harbour.at(due(5))
    found = await harbour.schedule(one.id)
    assert found is not None
    assert (found.state, found.off_reason) == (State.OFF, Off.REFUSED)
    [notice] = await harbour.notices.open_in(SERVER)
    assert (notice.key, notice.params) == ("checkins_closed", {"channel": CHANNEL})
    harbour.discord.refusing = set()
    await harbour.at(due(6))
    assert harbour.discord.sent == []
    await harbour.schedules.resume(SERVER, one.id, by=MODERATOR)
    assert await harbour.notices.open_in(SERVER) == ()
    await harbour.at(due(7))
    assert len(harbour.discord.sent) == 1


async def test_another_channel_for_one_that_is_gone_lets_it_run_again(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.discord.refusing = {CHANNEL}
    for day in (3, 4, 5):
        await harbour.at(due(day))
    await harbour.schedules.edit(SERVER, one.id, replace(PLAN, channel_id=101), by=MODERATOR)
    assert await harbour.notices.open_in(SERVER) == ()
    await harbour.at(due(6))
    assert [message.channel_id for message, _ in harbour.discord.sent] == [101]


async def test_a_success_between_refusals_starts_the_count_anew(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    for day in range(3, 9):
        harbour.discord.refusing = {CHANNEL} if day != 5 else set()
        await harbour.at(due(day))
        found = await harbour.schedule(one.id)
        assert found is not None
        assert (found.state is State.OFF) == (day == 8)


async def test_one_broken_channel_does_not_hold_up_another(harbour: Harbour) -> None:
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.make(SERVER, replace(PLAN, channel_id=101), by=MODERATOR)
    harbour.discord.refusing = {CHANNEL}
    await harbour.at(due(3))
    assert [message.channel_id for message, _ in harbour.discord.sent] == [101]


async def test_servers_take_turns(harbour: Harbour) -> None:
    for number in range(5):
        await harbour.schedules.make(SERVER, replace(PLAN, channel_id=number), by=MODERATOR)
    await harbour.schedules.make(OTHER_SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(3))
    servers = [message.server_id for message, _ in harbour.discord.sent]
    assert len(servers) == 6
    assert OTHER_SERVER in servers[:2]


async def test_switched_off_nothing_is_due_and_switched_on_it_goes_on(harbour: Harbour) -> None:
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.settings.change(SERVER, ENABLED, False, by=MODERATOR)
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(3))
    assert harbour.discord.sent == []
    await harbour.settings.change(SERVER, ENABLED, True, by=MODERATOR)
    await harbour.run()
    assert harbour.discord.sent == []
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 2


async def test_a_removed_schedule_posts_no_more_also_not_what_is_waiting(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.post_now(SERVER, one.id, by=MODERATOR)
    await harbour.schedules.remove(SERVER, one.id, by=MODERATOR)
    await harbour.run()
    await harbour.at(due(3))
    assert harbour.discord.sent == []


async def test_each_change_is_in_the_audit_list(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.schedules.skip_next(SERVER, one.id, by=MODERATOR)
    await harbour.schedules.remove(SERVER, one.id, by=MODERATOR)
    async with harbour.database.read() as read:
        lines = await audit.lines(read, SERVER, limit=10)
    assert sorted(line.action for line in lines) == [
        "checkins.make",
        "checkins.remove",
        "checkins.skip",
    ]


async def test_a_schedule_that_cannot_be_read_breaks_no_other(harbour: Harbour) -> None:
    broken = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    whole = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    async with harbour.database.transaction() as tx:
        await tx.execute(
            "UPDATE checkins_schedules SET rule = $1 WHERE id = $2", '{"days": 7}', broken.id
        )
    await harbour.at(due(3))
    assert [body.schedule_id for _, body in harbour.discord.sent] == [whole.id]
    assert await harbour.schedules.of_server(SERVER) == (whole,)


async def test_what_is_vetoed_before_it_is_posted_does_not_come(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.now = due(3)
    await harbour.runner().materialise()
    preview = await harbour.schedules.preview(one)
    assert preview.prompt is not None
    await harbour.schedules.veto(SERVER, preview.prompt.id, by=MODERATOR)
    await harbour.run()
    [(_, body)] = harbour.discord.sent
    assert body.prompt_id not in ("", preview.prompt.id)


async def test_what_is_tried_again_after_a_crash_says_the_same(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.now = due(3)
    runner = harbour.runner()
    await runner.materialise()
    [(tried, _)] = await runner.claim()
    chosen = Body.from_text(tried.body)
    await harbour.schedules.veto(SERVER, chosen.prompt_id, by=MODERATOR)
    harbour.now += LEASE
    harbour.discord.found = Absent()
    await harbour.run()
    assert [body for _, body in harbour.discord.sent] == [chosen]
    assert chosen.schedule_id == one.id


async def test_a_schedule_of_another_server_cannot_be_touched(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    own = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    for schedule_id, server in ((one.id, OTHER_SERVER), (own.id, SERVER)):
        with pytest.raises(UserError):
            await harbour.schedules.pause(server, schedule_id, by=MODERATOR)
    with pytest.raises(UserError):
        await harbour.schedules.stop_own(MEMBER + 1, own.id)


async def test_a_vetoed_prompt_never_comes_and_without_any_moderators_are_told(
    harbour: Harbour,
) -> None:
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    for number in range(3):
        await harbour.schedules.veto(SERVER, f"prompt-{number}", by=MODERATOR)
    await harbour.at(due(3))
    await harbour.at(due(4))
    assert [body.prompt_id for _, body in harbour.discord.sent] == ["prompt-3"] * 2
    await harbour.schedules.veto(SERVER, "prompt-3", by=MODERATOR)
    await harbour.at(due(5))
    await harbour.at(due(6))
    assert len(harbour.discord.sent) == 2
    [notice] = await harbour.notices.open_in(SERVER)
    assert notice.key == "checkins_no_prompts"
    await harbour.schedules.allow(SERVER, "prompt-3", by=MODERATOR)
    await harbour.at(due(7))
    assert len(harbour.discord.sent) == 3


async def test_a_prompt_that_moderators_wrote_comes_too_unless_it_is_banned(
    harbour: Harbour,
) -> None:
    text = "Which tea, or other drink, goes with today?"
    with pytest.raises(BannedPrompt) as refused:
        await harbour.schedules.write_prompt(
            SERVER, "en", "hello", "Why are you sad?", by=MODERATOR
        )
    assert "checkins.refused.why" in refused.value.reasons
    await harbour.schedules.write_prompt(SERVER, "en", "hello", text, by=MODERATOR)
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    for day in range(3, 8):
        await harbour.at(due(day))
    assert text in [body.text for _, body in harbour.discord.sent]


# A member's own


async def test_a_members_own_needs_their_consent_and_goes_with_it(harbour: Harbour) -> None:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    given = await harbour.schedules.consented(MEMBER, SERVER)
    assert given is not None
    await harbour.at(due(3))
    [(message, body)] = harbour.discord.sent
    assert (message.recipient_user_id, message.channel_id) == (MEMBER, DM)
    assert body.own
    await harbour.schedules.stop_own(MEMBER, one.id)
    assert await harbour.schedules.consented(MEMBER, SERVER) is None
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 1


async def test_without_the_consent_nothing_is_sent(harbour: Harbour) -> None:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    async with harbour.database.transaction() as tx:
        from bot.consent import service as consent

        await consent.withdraw(tx, MEMBER, SERVER, CONSENT)
    await harbour.at(due(3))
    assert harbour.discord.sent == []
    assert await harbour.written(one.id) == [(Ended.SKIPPED, "no consent")]


async def test_the_first_refusal_of_direct_messages_stops_it_and_they_are_told_once(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    harbour.discord.refusing = {DM}
    await harbour.at(due(3))
    harbour.discord.refusing = set()
    await harbour.at(due(4))
    assert harbour.discord.sent == []
    assert await harbour.notices.open_in(SERVER) == ()
    [told] = await harbour.schedules.news(MEMBER)
    assert (told.id, told.off_reason) == (one.id, Off.REFUSED)
    await harbour.schedules.heard([told])
    assert await harbour.schedules.news(MEMBER) == ()
    assert await harbour.schedules.of_member(MEMBER) == ()
    assert await harbour.schedules.consented(MEMBER, SERVER) is None


async def asked(harbour: Harbour) -> Schedule:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    await harbour.at(START + HALF_A_YEAR - timedelta(minutes=1))
    harbour.discord.sent.clear()
    await harbour.at(START + HALF_A_YEAR)
    assert [message.kind for message, _ in harbour.discord.sent] == [RENEWAL]
    return one


async def test_after_half_a_year_one_message_asks_and_silence_pauses(harbour: Harbour) -> None:
    one = await asked(harbour)
    end = START + HALF_A_YEAR + ANSWER_RENEWAL
    await harbour.until(end - DAY, timedelta(hours=1))
    assert [m.kind for m, _ in harbour.discord.sent].count(RENEWAL) == 1
    assert [m.kind for m, _ in harbour.discord.sent].count(PROMPT) == 13
    await harbour.at(end)
    count = len(harbour.discord.sent)
    found = await harbour.schedule(one.id)
    assert found is not None
    assert (found.state, found.off_reason) == (State.PAUSED, Off.SILENCE)
    await harbour.until(end + 3 * DAY, timedelta(hours=1))
    assert len(harbour.discord.sent) == count
    [told] = await harbour.schedules.news(MEMBER)
    assert told.off_reason is Off.SILENCE
    await harbour.schedules.heard([told])
    assert await harbour.schedules.news(MEMBER) == ()
    await harbour.schedules.resume_own(MEMBER, one.id)
    given = await harbour.schedules.consented(MEMBER, SERVER)
    assert given is not None
    assert given.renew_at == harbour.now + HALF_A_YEAR


async def test_a_renewed_consent_holds_for_another_half_year(harbour: Harbour) -> None:
    one = await asked(harbour)
    await harbour.schedules.renew(MEMBER, one.id)
    harbour.discord.sent.clear()
    await harbour.until(START + HALF_A_YEAR + ANSWER_RENEWAL + 2 * DAY, timedelta(hours=1))
    assert len(harbour.discord.sent) == 16
    assert {message.kind for message, _ in harbour.discord.sent} == {PROMPT}


async def test_what_could_not_be_asked_in_time_is_asked_the_next_day(harbour: Harbour) -> None:
    await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    await harbour.at(START + HALF_A_YEAR + timedelta(hours=5))
    assert harbour.discord.sent == []
    await harbour.at(START + HALF_A_YEAR + DAY)
    assert RENEWAL in [message.kind for message, _ in harbour.discord.sent]


async def test_a_server_that_the_bot_was_removed_from_sends_nothing_on_its_behalf(
    harbour: Harbour,
) -> None:
    own = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    privacy = Privacy(harbour.database, harbour.clock)
    await privacy.server_left(SERVER)
    await harbour.at(due(3))
    assert harbour.discord.sent == []
    for schedule_id in (own.id, one.id):
        assert await harbour.written(schedule_id) == [(Ended.SKIPPED, "left")]
    await privacy.server_returned(SERVER)
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 2


async def test_erasing_a_member_stops_theirs_and_leaves_nothing_of_them(
    harbour: Harbour,
) -> None:
    await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    await harbour.at(due(3))
    harbour.discord.sent.clear()
    privacy = Privacy(harbour.database, harbour.clock)
    privacy.register(*HOLDINGS, *JOBS, CONSENTS)
    assert set(await privacy.export(MEMBER)) == {
        "checkins_schedules",
        "checkins_used",
        "consents",
        "jobs_messages",
    }
    await privacy.erase(MEMBER)
    assert await privacy.export(MEMBER) == {}
    await harbour.at(due(4))
    assert [message.channel_id for message, _ in harbour.discord.sent] == [CHANNEL]
    await harbour.at(START + HALF_A_YEAR + DAY)
    assert RENEWAL not in [message.kind for message, _ in harbour.discord.sent]
    async with harbour.database.read() as read:
        assert list(await store.histories(read, [CHANNEL, DM])) == [(SERVER, CHANNEL)]


async def test_who_left_the_server_gets_nothing_more_of_it(harbour: Harbour) -> None:
    await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    await harbour.schedules.make_own(MEMBER, OTHER_SERVER, OWN)
    async with harbour.database.transaction() as tx:
        both = [(SERVER, MEMBER), (OTHER_SERVER, MEMBER)]
        assert await harbour.schedules.held(tx) == both
        await harbour.schedules.left(tx, SERVER, MEMBER, harbour.now)
    await harbour.at(due(3))
    assert [message.server_id for message, _ in harbour.discord.sent] == [OTHER_SERVER]


async def test_a_failing_discord_is_tried_again_and_a_message_nobody_can_find_is_told(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.discord.answer = NotNow()
    await harbour.at(due(3))
    await harbour.at(due(3, 8, 20))
    assert await harbour.written(one.id) == [(Ended.UNCERTAIN, "unreadable")]
    [notice] = await harbour.notices.open_in(SERVER)
    assert notice.key == "checkins_uncertain"


async def test_a_zone_that_is_lost_switches_off_and_is_told(harbour: Harbour) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    lost = replace(one, plan=replace(PLAN, rule=Rule.daily(9, 0, "Europe/Atlantis")))
    async with harbour.database.transaction() as tx:
        await store.put_schedules(tx, [lost])
    await harbour.schedules.make(SERVER, replace(PLAN, channel_id=101), by=MODERATOR)
    await harbour.at(due(3))
    assert len(harbour.discord.sent) == 1
    [notice] = await harbour.notices.open_in(SERVER)
    assert notice.key == "checkins_zone"


async def test_what_waited_in_a_zone_that_is_lost_comes_again_in_its_place(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    other = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    harbour.now = due(3)
    await harbour.schedules.post_now(SERVER, one.id, by=MODERATOR)
    lost = replace(one, plan=replace(PLAN, rule=Rule.daily(9, 0, "Europe/Atlantis")))
    async with harbour.database.transaction() as tx:
        await store.put_schedules(tx, [lost])
    await harbour.run()
    async with harbour.database.read() as read:
        seen = await store.histories(read, [CHANNEL])
    assert [body.schedule_id for _, body in harbour.discord.sent] == [other.id]
    assert seen[SERVER, CHANNEL].posts == {harbour.discord.sent[0][1].prompt_id: 1}


def test_what_ships_is_read_in_every_language() -> None:
    shipped = shipped_prompts()
    assert {"en", "es"} <= set(shipped)
    assert all(len(prompts) >= 80 for prompts in shipped.values())


# After a restore, and when a consent is taken back elsewhere


async def test_what_fell_due_before_a_restore_is_left_out_and_the_next_one_comes(
    harbour: Harbour,
) -> None:
    one = await harbour.schedules.make(SERVER, PLAN, by=MODERATOR)
    # Half an hour late would still be kind, but it may have been posted before the restore.
    harbour.now = due(4, 8, 30)
    left = await harbour.runner().leave_out("restored")
    assert {message.subject for message in left} == {one.id}
    assert max(message.due_at for message in left).day == 4
    assert {state for state, _ in await harbour.written(one.id)} == {Ended.SKIPPED}
    await harbour.run()
    assert harbour.discord.sent == []
    await harbour.at(due(5))
    [(message, _)] = harbour.discord.sent
    assert message.due_at.day == 5
    assert await harbour.runner().leave_out("restored") == []


async def test_a_renewal_that_a_restore_left_out_is_asked_the_next_day(harbour: Harbour) -> None:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    harbour.now = START + HALF_A_YEAR
    await harbour.runner().leave_out("restored")
    assert (Ended.SKIPPED, "restored") in await harbour.written(one.id, RENEWAL)
    after = await harbour.schedule(one.id)
    assert after is not None
    assert after.state is State.ON
    harbour.discord.sent.clear()
    await harbour.until(START + HALF_A_YEAR + DAY + timedelta(minutes=1))
    assert [m.kind for m, _ in harbour.discord.sent].count(RENEWAL) == 1


async def test_a_consent_taken_back_in_privacy_ends_the_schedule_with_all_that_it_kept(
    harbour: Harbour,
) -> None:
    consents = Consents(harbour.database)
    consents.when_withdrawn(CONSENT, harbour.schedules.end)
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    elsewhere = await harbour.schedules.make_own(MEMBER, OTHER_SERVER, OWN)
    await consents.take_back(MEMBER, SERVER, CONSENT)
    assert await harbour.schedule(one.id) is None
    assert await harbour.schedule(elsewhere.id) is not None
    assert [given.server_id for given in await consents.of(MEMBER)] == [OTHER_SERVER]


async def test_words_that_changed_stop_it_until_they_are_agreed_to_anew(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    monkeypatch.setattr("cogs.checkins.service.CONSENT_VERSION", CONSENT_VERSION + 1)
    await harbour.at(due(3))
    assert harbour.discord.sent == []
    assert await harbour.written(one.id) == [(Ended.SKIPPED, "no consent")]
    await harbour.schedules.make_own(MEMBER, SERVER, OWN)
    await harbour.at(due(4))
    assert len(harbour.discord.sent) == 1
