"""Schedules of check-ins: made and changed by people, kept by the clock.

`Schedules` is what people do; each use case is one transaction with its timer and, for moderators,
its audit line. `Keeping` and `Renewing` are what the clock does: the runner of `bot.jobs` calls
them inside its transactions.
"""

from __future__ import annotations

import asyncio
import hashlib
from calendar import day_abbr
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot import audit
from bot.clock import Clock
from bot.consent import service as consent
from bot.consent.model import Consent
from bot.content import DATA, Load, by_language, load_yaml
from bot.database import Database, Reading, Transaction
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.notices.service import Notices
from bot.privacy import Holding, Kind
from bot.privacy import store as privacy
from bot.recurrence import between, grace
from bot.settings.service import Settings
from bot.zones import ZoneGone, zone_info
from cogs.checkins import store
from cogs.checkins.model import (
    ANSWER_RENEWAL,
    ASKING_GRACE,
    BY_HAND_GRACE,
    CONSENT,
    CONSENT_VERSION,
    MISSED_WRITTEN,
    PROMPTS_LIMIT,
    SERVER_LIMIT,
    Body,
    History,
    Off,
    OwnPrompt,
    Plan,
    Schedule,
    State,
    check_place,
    next_due_after,
    refused_once,
)
from cogs.checkins.prompts import CATEGORIES, OWN, Pool, Prompt, Task, Tip, Weight, choose, parse
from cogs.checkins.settings import ENABLED
from cogs.checkins.shapes import banned

PROMPT = "checkins.prompt"
"""The kind of the promise to post a prompt; its subject is the schedule's id."""

RENEWAL = "checkins.renewal"
"""The kind of the promise to ask a member again; its subject is the schedule's id."""

HOLDINGS = (
    Holding(table="checkins_schedules", person="owner_user_id", kind=Kind.OWN),
    Holding(table="checkins_used", person="owner_user_id", kind=Kind.OWN),
    Holding(table="checkins_vetoes"),
    Holding(table="checkins_prompts"),
)

CONTENT = DATA / "content" / "prompts"
"""What ships, one file a language."""

Shipped = Mapping[str, tuple[Prompt, ...]]
"""The shipped prompts by language."""


def shipped_prompts(*, load: Load = load_yaml, judged: bool = True) -> Shipped:
    """Read what ships; raises ContentError. That it has no banned shape, the doctor checks."""
    return {
        language: parse(document.data, language, document.error, judged=judged)
        for language, document in by_language(CONTENT, load)
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what would be posted next, and when."""

    schedule: Schedule
    prompt: Prompt | None
    coming: tuple[datetime, ...]


class BannedPrompt(UserError):  # noqa: N818 - named as it is spoken of
    """A prompt that breaks the rules; `reasons` are the text keys of all of them."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons[0])
        self.reasons = tuple(reasons)


# What a schedule chooses from


class Prompts:
    """What ships, and how it joins with what a server made of it."""

    def __init__(self, shipped: Shipped) -> None:
        self._shipped = shipped
        # Most schedules choose from what ships.
        self._untouched: dict[tuple[str, tuple[str, ...]], Pool] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that prompts ship in."""
        return tuple(self._shipped)

    def in_language(self, language: str) -> tuple[Prompt, ...]:
        """Give what ships in a language; English where there is nothing."""
        return self._shipped.get(language) or self._shipped["en"]

    def pool(self, schedule: Schedule, own: Sequence[OwnPrompt], vetoed: frozenset[str]) -> Pool:
        """Give what a schedule chooses from.

        A member's own schedule gets what ships, vetoed or not: a veto is about the channels of a
        server, and so are the prompts that its moderators wrote.
        """
        plan = schedule.plan
        key = (plan.language, plan.categories)
        untouched = self._untouched.get(key)
        if untouched is None:
            fitting = [p for p in self.in_language(plan.language) if _fits(plan, p.category)]
            untouched = self._untouched[key] = Pool.of(fitting)
        if schedule.is_own or not (own or vetoed):
            return untouched
        written = [
            as_prompt(one)
            for one in own
            if one.language == plan.language and _fits(plan, one.category)
        ]
        return Pool.of([*untouched.prompts, *written], vetoed)


def as_prompt(own: OwnPrompt) -> Prompt:
    """Give a moderators' prompt the form of a shipped one."""
    # What theirs is modelled on, nobody asks them.
    return Prompt(
        own.id, own.category, Tip.CHECK_IN, Task.CONNECTION, Weight(own.weight), own.text, ""
    )


def draw(pool: Pool, history: History, schedule: Schedule) -> Prompt | None:
    """Choose what a schedule posts next: always the same until something else is posted there.

    So a preview shows exactly what will come, whether at its time or by hand.
    """
    salt = f"{schedule.id}\0{history.latest}".encode()
    seed = int.from_bytes(hashlib.blake2b(salt, digest_size=8).digest(), "big")
    return choose(pool, history.posts, seed)


def _fits(plan: Plan, category: str) -> bool:
    return not plan.categories or category in plan.categories


def _post(
    schedule: Schedule, prompt: Prompt, history: History, *, by_hand: bool = False
) -> tuple[Body, History]:
    """What is posted, and what its channel has seen then."""
    seen = history.with_post(prompt.id)
    body = Body(
        schedule.id,
        schedule.plan.place,
        schedule.plan.language,
        prompt.id,
        prompt.text,
        own=schedule.is_own,
        by_hand=by_hand,
        number=seen.latest,
        before=history.posts.get(prompt.id, 0),
    )
    return body, seen


def _draft(
    schedule: Schedule, due: datetime, late_at: datetime, body: str, kind: str = PROMPT
) -> Draft:
    return Draft(
        kind,
        schedule.id,
        schedule.server_id,
        schedule.plan.channel_id,
        body,
        due,
        late_at,
        schedule.owner_user_id,
    )


async def _halt(tx: Transaction, schedule: Schedule, now: datetime, reason: str) -> None:
    """Let a schedule be due no more, and drop what it has waiting."""
    await jobs.clear_timers(tx, PROMPT, [schedule.id])
    await _drop(tx, schedule, now, reason)


async def _drop(tx: Transaction, schedule: Schedule, now: datetime, reason: str) -> None:
    for message in await jobs.drop_open(tx, PROMPT, schedule.id, now, reason):
        await _not_posted(tx, message)


async def _not_posted(tx: Transaction, message: Message) -> None:
    """Let the prompt of a message that was not sent after all come again in its place."""
    if not message.body:
        return
    body = Body.from_text(message.body)
    place = (message.server_id, message.channel_id)
    history = (await store.histories(tx, [message.channel_id], hold=True)).get(place)
    if history is not None:
        after = history.without_post(body.prompt_id, body.number, body.before)
        await store.put_histories(tx, [after])


class Schedules:
    """What moderators do with the schedules of a server, and members with their own."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        notices: Notices,
        prompts: Prompts,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`wake` makes the runner look now, because something may be due sooner than it knew."""
        self._database = database
        self._settings = settings
        self._notices = notices
        self._prompts = prompts
        self._clock = clock
        self._wake = wake
        # Whoever asks at the same moment waits here: all taps of a server come to one process.
        self._making = asyncio.Lock()

    # Reading

    async def of_server(self, server_id: int) -> tuple[Schedule, ...]:
        """Give a server's schedules, the oldest first; its members' own are not among them."""
        async with self._database.read() as read:
            return await store.of_server(read, server_id)

    async def schedule(self, server_id: int, schedule_id: str) -> Schedule:
        """Give one schedule of a server; raises UserError when it is gone."""
        async with self._database.read() as read:
            return _of_server(await store.schedule(read, schedule_id), server_id)

    async def of_member(self, user_id: int, server_id: int | None = None) -> tuple[Schedule, ...]:
        """Give a member's own schedules, of one server or of all."""
        async with self._database.read() as read:
            found = await store.of_member(read, user_id)
        return tuple(one for one in found if server_id in (None, one.server_id))

    async def own(self, user_id: int, schedule_id: str) -> Schedule:
        """Give one of a member's own schedules; raises UserError when it is not theirs or gone."""
        async with self._database.read() as read:
            return _of_member(await store.schedule(read, schedule_id), user_id)

    async def consented(self, user_id: int, server_id: int) -> Consent | None:
        """Give a member's consent to be written to on behalf of a server."""
        async with self._database.read() as read:
            return await consent.given(read, user_id, server_id, CONSENT)

    def coming(self, schedule: Schedule, count: int) -> list[datetime]:
        """Give the next moments at which it posts; none when its zone is gone."""
        try:
            return schedule.coming(self._clock(), count)
        except ZoneGone:
            return []

    async def posted(self, schedule_id: str, count: int) -> list[Message]:
        """Give the latest messages of a schedule, whatever became of them."""
        async with self._database.read() as read:
            return await jobs.messages_of(read, PROMPT, schedule_id, count)

    async def preview(self, schedule: Schedule, count: int = 5) -> Preview:
        """Give exactly what would be posted next, as things stand, and the next moments."""
        async with self._database.read() as read:
            pool, history = await self._pool(read, schedule)
        prompt = draw(pool, history, schedule)
        return Preview(schedule, prompt, tuple(self.coming(schedule, count)))

    # What moderators do with the schedules of a server

    async def make(self, server_id: int, plan: Plan, *, by: int) -> Schedule:
        """Make a schedule of the server; raises UserError for a plan that cannot be kept."""
        now = self._clock()
        made = Schedule(uuid4().hex[:16], server_id, None, plan, now)
        self._check(made)
        async with self._database.transaction() as tx:
            if len(await store.of_server(tx, server_id)) >= SERVER_LIMIT:
                raise UserError("checkins.cannot.too_many", limit=SERVER_LIMIT)
            await self._save(tx, made, now)
            await self._audit(tx, by, "make", None, made)
        self._wake()
        return made

    async def make_once(self, server_id: int, plan: Plan, *, by: int) -> Schedule:
        """Make a schedule as `make` does, or give the server's one that has this very plan."""
        async with self._making:
            for one in await self.of_server(server_id):
                if one.plan == plan:
                    return one
            return await self.make(server_id, plan, by=by)

    async def edit(self, server_id: int, schedule_id: str, plan: Plan, *, by: int) -> Schedule:
        """Give a schedule another plan; its next moment moves at once.

        One that was switched off, because its channel was gone, say, runs again.
        """

        def change(now: datetime, one: Schedule) -> Schedule:
            return replace(one.resumed() if one.state is State.OFF else one, plan=plan)

        return await self._change(server_id, schedule_id, by, "edit", change)

    async def pause(
        self, server_id: int, schedule_id: str, until: datetime | None = None, *, by: int
    ) -> Schedule:
        """Pause a schedule until a moment, or until somebody resumes it."""
        self._in_future(until)
        return await self._change(
            server_id, schedule_id, by, "pause", lambda now, one: one.paused(until)
        )

    async def resume(self, server_id: int, schedule_id: str, *, by: int) -> Schedule:
        """Let a paused or switched-off schedule run again."""
        return await self._change(
            server_id, schedule_id, by, "resume", lambda now, one: one.resumed()
        )

    async def skip_next(
        self, server_id: int, schedule_id: str, *, by: int, skip: bool = True
    ) -> Schedule:
        """Leave the next one out, or take that back."""
        verb = "skip" if skip else "unskip"
        return await self._change(
            server_id, schedule_id, by, verb, lambda now, one: replace(one, skip_next=skip)
        )

    async def remove(self, server_id: int, schedule_id: str, *, by: int) -> None:
        """Delete a schedule, and drop what it has waiting."""
        now = self._clock()
        async with self._database.transaction() as tx:
            before = _of_server(await _held(tx, schedule_id), server_id)
            await _halt(tx, before, now, "removed")
            await store.delete_schedule(tx, schedule_id)
            await self._notices.close(tx, server_id, schedule_id, now)
            await self._audit(tx, by, "remove", before, None)

    async def post_now(self, server_id: int, schedule_id: str, *, by: int) -> Prompt:
        """Post what the preview shows, now; when the schedule is due next does not change."""
        now = self._clock()
        if not await self._settings.get(server_id, ENABLED):
            raise UserError("checkins.cannot.disabled")
        async with self._database.transaction() as tx:
            one = _of_server(await _held(tx, schedule_id), server_id)
            recent = await jobs.messages_of(tx, PROMPT, schedule_id, 1)
            if recent and now - recent[0].due_at < timedelta(minutes=1):
                # Two moderators, or two taps: one post.
                raise UserError("checkins.cannot.just_posted")
            pool, history = await self._pool(tx, one, hold=True)
            prompt = draw(pool, history, one)
            if prompt is None:
                raise UserError("checkins.cannot.no_prompts")
            body, seen = _post(one, prompt, history, by_hand=True)
            await store.put_histories(tx, [seen])
            await jobs.add_messages(tx, [_draft(one, now, now + BY_HAND_GRACE, body.to_text())])
            await self._audit(tx, by, "post", None, one)
        self._wake()
        return prompt

    async def tell_no_thread(self, schedule_id: str) -> None:
        """Tell the moderators that a check-in is there and could not be given its thread."""
        async with self._database.transaction() as tx:
            one = await _held(tx, schedule_id)
            if one is not None:
                channel = one.plan.channel_id
                await self._notices.raise_notice(
                    tx, one.server_id, "checkins_thread", one.id, self._clock(), channel=channel
                )
        self._wake()

    async def switched(self, tx: Transaction, server_id: int, enabled: bool) -> None:
        """React to the setting: while it is off nothing of the server is due."""
        now = self._clock()
        for one in await store.all_in_server(tx, server_id):
            if enabled:
                await self._set_timer(tx, one, now)
            else:
                await _halt(tx, one, now, "switched off")
        self._wake()

    # Prompts: what moderators make of them

    async def pool_of(self, server_id: int, language: str) -> tuple[list[Prompt], frozenset[str]]:
        """Give what ships in a language, before it what the server wrote in any, and the vetoes."""
        async with self._database.read() as read:
            own = (await store.own_prompts(read, [server_id])).get(server_id, [])
            vetoed = (await store.vetoes(read, [server_id])).get(server_id, frozenset())
        mine = [as_prompt(one) for one in own]
        return [*mine, *self._prompts.in_language(language)], vetoed

    async def veto(self, server_id: int, prompt_id: str, *, by: int) -> None:
        """Let a prompt come no more in this server; one of its own is deleted.

        What somebody asked to be posted at once is posted.
        """
        async with self._database.transaction() as tx:
            own = (await store.own_prompts(tx, [server_id])).get(server_id, [])
            mine = next((one for one in own if one.id == prompt_id), None)
            if mine is not None:
                await store.delete_prompt(tx, server_id, prompt_id)
                await self._record(tx, server_id, by, "prompt_remove", prompt_id, mine.text, None)
                return
            if not any(p.id == prompt_id for p in self._prompts.in_language("en")):
                raise UserError("checkins.cannot.unknown_prompt")
            if await store.add_veto(tx, server_id, prompt_id):
                await self._record(tx, server_id, by, "veto", prompt_id, None, None)

    async def allow(self, server_id: int, prompt_id: str, *, by: int) -> None:
        """Take a veto back."""
        async with self._database.transaction() as tx:
            if await store.delete_veto(tx, server_id, prompt_id):
                await self._record(tx, server_id, by, "allow", prompt_id, None, None)

    async def write_prompt(
        self, server_id: int, language: str, category: str, text: str, *, by: int
    ) -> OwnPrompt:
        """Add a prompt of the server's own; raises BannedPrompt with every reason against it."""
        text = text.strip()
        reasons = banned(text, language)
        if reasons:
            raise BannedPrompt(reasons)
        if category not in CATEGORIES:
            raise UserError("checkins.cannot.category")
        made = OwnPrompt(f"{OWN}{uuid4().hex[:12]}", language, category, Weight.LIGHT.value, text)
        async with self._database.transaction() as tx:
            own = (await store.own_prompts(tx, [server_id])).get(server_id, [])
            if len(own) >= PROMPTS_LIMIT:
                raise UserError("checkins.cannot.too_many_prompts", limit=PROMPTS_LIMIT)
            if any(one.text == text and one.language == language for one in own):
                raise UserError("checkins.cannot.prompt_twice")
            await store.add_prompt(tx, server_id, made)
            await self._record(tx, server_id, by, "prompt_add", made.id, None, text)
        return made

    # What members do with their own schedule, by direct message

    async def make_own(self, user_id: int, server_id: int, plan: Plan) -> Schedule:
        """Make a member's own schedule in a server, or give the one they have another plan.

        Called when the member has agreed to the words of CONSENT_VERSION and their direct messages
        are open, before the confirmation is sent there: a crash in between loses no yes.
        `plan.channel_id` is that channel. Raises UserError.
        """
        now = self._clock()
        if not await self._settings.get(server_id, ENABLED):
            raise UserError("checkins.cannot.disabled")
        async with self._database.transaction() as tx:
            found = await store.of_member(tx, user_id)
            before = next((one for one in found if one.server_id == server_id), None)
            made = Schedule(
                before.id if before else uuid4().hex[:16], server_id, user_id, plan, now
            )
            self._check(made)
            await self._agree(tx, made, now)
            await self._save(tx, made, now)
        self._wake()
        return made

    async def edit_own(self, user_id: int, schedule_id: str, plan: Plan) -> Schedule:
        """Give a member's schedule another plan."""
        return await self._change_own(
            user_id, schedule_id, lambda now, one: replace(one, plan=plan)
        )

    async def pause_own(
        self, user_id: int, schedule_id: str, until: datetime | None = None
    ) -> Schedule:
        """Pause until a moment, or until they resume it."""
        self._in_future(until)
        return await self._change_own(user_id, schedule_id, lambda now, one: one.paused(until))

    async def resume_own(self, user_id: int, schedule_id: str) -> Schedule:
        """Run again. Where they were due to be asked again, resuming is their answer."""
        return await self._change_own(
            user_id, schedule_id, lambda now, one: one.resumed(), agrees_if_due=True
        )

    async def skip_own(self, user_id: int, schedule_id: str, *, skip: bool = True) -> Schedule:
        """Leave the next one out, or take that back."""
        return await self._change_own(
            user_id, schedule_id, lambda now, one: replace(one, skip_next=skip)
        )

    async def renew(self, user_id: int, schedule_id: str) -> Schedule:
        """Agree for another half year; what silence paused runs again."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one = _of_member(await _held(tx, schedule_id), user_id)
            await self._agree(tx, one, now)
            if one.off_reason is Off.SILENCE:
                one = one.resumed()
                await self._save(tx, one, now)
        self._wake()
        return one

    async def stop_own(self, user_id: int, schedule_id: str) -> None:
        """Delete a member's schedule and their consent, with everything that was kept for it."""
        now = self._clock()
        async with self._database.transaction() as tx:
            await self._stop(tx, _of_member(await _held(tx, schedule_id), user_id), now)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what a member had in a server that they are no longer in: bot.membership."""
        for one in await store.of_member(tx, user_id):
            if one.server_id == server_id:
                await self._stop(tx, one, now)

    async def end(self, tx: Transaction, user_id: int, server_id: int) -> None:
        """End what a member had in a server, because they took their consent back: bot.consent."""
        await self.left(tx, server_id, user_id, self._clock())

    async def held(self, read: Reading) -> list[tuple[int, int]]:
        """Give server and member of every own schedule."""
        return await store.owners(read)

    async def news(self, user_id: int) -> tuple[Schedule, ...]:
        """Give what ended without the member, to be told at their next command, until `heard`."""
        async with self._database.read() as read:
            return tuple(one for one in await store.of_member(read, user_id) if one.off_reason)

    async def heard(self, news: Sequence[Schedule]) -> None:
        """Tell it no more.

        What their direct messages refused is deleted with this; what silence paused stays paused.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            held = await store.schedules(tx, [one.id for one in news])
            for one in held.values():
                if one.off_reason is None:
                    continue
                if one.state is State.OFF:
                    await self._stop(tx, one, now)
                else:
                    await store.put_schedules(tx, [replace(one, off_reason=None)])

    # Inside

    def _check(self, schedule: Schedule) -> None:
        check_place(schedule.plan, own=schedule.is_own)
        zone_info(schedule.plan.rule.zone)
        if any(category not in CATEGORIES for category in schedule.plan.categories):
            raise UserError("checkins.cannot.category")
        if schedule.running_from(self._clock()) and schedule.next_due(self._clock()) is None:
            raise UserError("checkins.cannot.never")

    def _in_future(self, until: datetime | None) -> None:
        if until is not None and until <= self._clock():
            raise UserError("checkins.cannot.past")

    async def _change(
        self,
        server_id: int,
        schedule_id: str,
        by: int,
        verb: str,
        change: Callable[[datetime, Schedule], Schedule],
    ) -> Schedule:
        now = self._clock()
        async with self._database.transaction() as tx:
            before = _of_server(await _held(tx, schedule_id), server_id)
            after = change(now, before)
            self._check(after)
            await self._save(tx, after, now, before)
            if after.state is State.ON:
                await self._notices.close(tx, server_id, schedule_id, now)
            await self._audit(tx, by, verb, before, after)
        self._wake()
        return after

    async def _change_own(
        self,
        user_id: int,
        schedule_id: str,
        change: Callable[[datetime, Schedule], Schedule],
        *,
        agrees_if_due: bool = False,
    ) -> Schedule:
        now = self._clock()
        async with self._database.transaction() as tx:
            before = _of_member(await _held(tx, schedule_id), user_id)
            after = change(now, before)
            self._check(after)
            await self._save(tx, after, now, before)
            if agrees_if_due:
                given = await consent.given(tx, user_id, before.server_id, CONSENT)
                if given is None or given.renew_at <= now:
                    await self._agree(tx, after, now)
        self._wake()
        return after

    async def _save(
        self,
        tx: Transaction,
        schedule: Schedule,
        now: datetime,
        before: Schedule | None = None,
    ) -> None:
        await store.put_schedules(tx, [schedule])
        if schedule.state is not State.ON:
            await _halt(tx, schedule, now, schedule.state.value)
        elif before is not None and before.plan.channel_id != schedule.plan.channel_id:
            await _drop(tx, schedule, now, "moved")
        if await self._settings.get(schedule.server_id, ENABLED):
            await self._set_timer(tx, schedule, now)

    async def _set_timer(self, tx: Transaction, schedule: Schedule, now: datetime) -> None:
        try:
            due = schedule.next_due(now)
        except ZoneGone as gone:
            await _zone_gone(tx, self._notices, schedule, gone, now)
            return
        if due is None:
            await jobs.clear_timers(tx, PROMPT, [schedule.id])
        else:
            at = due + schedule.spread
            await jobs.set_timers(tx, [Timer(PROMPT, schedule.id, schedule.server_id, at)])

    async def _agree(self, tx: Transaction, schedule: Schedule, now: datetime) -> None:
        owner = schedule.owner_user_id
        if owner is None:
            raise ValueError("only a member's own schedule needs consent")
        given = await consent.give(tx, owner, schedule.server_id, CONSENT, CONSENT_VERSION, now)
        timer = Timer(RENEWAL, schedule.id, schedule.server_id, given.renew_at)
        await jobs.set_timers(tx, [timer])

    async def _stop(self, tx: Transaction, schedule: Schedule, now: datetime) -> None:
        owner = schedule.owner_user_id
        if owner is None:
            raise ValueError("only a member's own schedule is stopped for good")
        await _halt(tx, schedule, now, "stopped")
        await jobs.clear_timers(tx, RENEWAL, [schedule.id])
        await jobs.drop_open(tx, RENEWAL, schedule.id, now, "stopped")
        await store.delete_schedule(tx, schedule.id)
        await store.forget_used(tx, schedule.server_id, owner)
        await consent.withdraw(tx, owner, schedule.server_id, CONSENT)

    async def _pool(
        self, read: Reading, schedule: Schedule, *, hold: bool = False
    ) -> tuple[Pool, History]:
        server_id = schedule.server_id
        own = (await store.own_prompts(read, [server_id])).get(server_id, [])
        vetoed = (await store.vetoes(read, [server_id])).get(server_id, frozenset())
        seen = await store.histories(read, [schedule.plan.channel_id], hold=hold)
        place = (server_id, schedule.plan.channel_id)
        history = seen.get(place) or History(*place, schedule.owner_user_id, {})
        return self._prompts.pool(schedule, own, vetoed), history

    async def _audit(
        self, tx: Transaction, by: int, verb: str, before: Schedule | None, after: Schedule | None
    ) -> None:
        one = after or before
        if one is None:
            raise ValueError("nothing changed")
        told = [None if each is None else _told(each) for each in (before, after)]
        await self._record(tx, one.server_id, by, verb, one.id, *told)

    async def _record(
        self,
        tx: Transaction,
        server_id: int,
        by: int,
        verb: str,
        target: str,
        before: str | None,
        after: str | None,
    ) -> None:
        line = audit.Line.of(
            server_id, by, self._clock(), f"checkins.{verb}", target, before, after
        )
        await audit.record(tx, line)


def _told(schedule: Schedule) -> str:
    """A schedule in one line of the audit list."""
    plan, rule = schedule.plan, schedule.plan.rule
    days = " ".join(day_abbr[day] for day in sorted(rule.days))
    parts = [
        schedule.state.value,
        f"{days} {rule.at:%H:%M} {rule.zone}",
        f"{plan.place.value} {plan.channel_id}",
        plan.language,
        " ".join(plan.categories),
        f"paused until {schedule.paused_until:%Y-%m-%d}" if schedule.paused_until else "",
        f"until {rule.until}" if rule.until else "",
    ]
    return ", ".join(part for part in parts if part)


async def _held(tx: Transaction, schedule_id: str) -> Schedule | None:
    return (await store.schedules(tx, [schedule_id])).get(schedule_id)


def _of_server(found: Schedule | None, server_id: int) -> Schedule:
    if found is None or found.server_id != server_id or found.is_own:
        raise UserError("checkins.cannot.unknown")
    return found


def _of_member(found: Schedule | None, user_id: int) -> Schedule:
    if found is None or found.owner_user_id != user_id:
        raise UserError("checkin.refused.gone")
    return found


async def _zone_gone(
    tx: Transaction, notices: Notices, schedule: Schedule, gone: ZoneGone, now: datetime
) -> None:
    """Switch a schedule off whose zone the data have lost, and say so to who can act."""
    await store.put_schedules(tx, [schedule.switched_off(Off.ZONE)])
    await _halt(tx, schedule, now, "zone")
    if not schedule.is_own:
        await notices.raise_notice(
            tx,
            schedule.server_id,
            "checkins_zone",
            schedule.id,
            now,
            channel=schedule.plan.channel_id,
            zone=gone.zone,
        )


# What the clock does: bot.jobs.runner.Promises


class Keeping:
    """Keeps the promise to post prompts."""

    def __init__(self, settings: Settings, notices: Notices, prompts: Prompts) -> None:
        self._settings = settings
        self._notices = notices
        self._prompts = prompts

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Promise at most one prompt a schedule; what came due before it is written down as late.

        Which one it will be is left open until it is posted: ten thousand may come due at once,
        and are posted one after the other.
        """
        found = await store.schedules(tx, [timer.subject for timer in timers])
        drafts: list[Draft] = []
        following: list[Timer] = []
        changed: list[Schedule] = []
        for timer in timers:
            one = found.get(timer.subject)
            if one is None or one.running_from(now) is None:
                continue
            spread = one.spread
            try:
                after, missed, to_post, upcoming = _came_due(one, timer.due_at - spread, now)
            except ZoneGone as gone:
                await _zone_gone(tx, self._notices, one, gone, now)
                continue
            if upcoming is not None:
                following.append(Timer(PROMPT, one.id, one.server_id, upcoming + spread))
            if after is not one:
                changed.append(after)
            late_by = grace(after.plan.rule)
            moments = missed if to_post is None else [*missed, to_post]
            drafts += [_draft(after, at, at + late_by, "") for at in moments]
        await store.put_schedules(tx, changed)
        return drafts, following

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look at the schedules once more, and choose what they post.

        A post by hand, which was chosen when it was asked for, needs its schedule only to be there.
        """
        look = await _Look.at(tx, self._settings, messages)
        reasons: dict[str, str] = {}
        open_yet: list[tuple[Message, Schedule]] = []
        for message in messages:
            by_hand = bool(message.body) and Body.from_text(message.body).by_hand
            reason = await look.reason(tx, message, running=not by_hand)
            if reason is not None:
                reasons[message.id] = reason
            elif not message.body:
                open_yet.append((message, look.schedules[message.subject]))
        return reasons | await self._choose(tx, open_yet, now)

    async def _choose(
        self, tx: Transaction, open_yet: Sequence[tuple[Message, Schedule]], now: datetime
    ) -> dict[str, str]:
        """Choose what each of them says; gives those for which nothing is left, with the reason."""
        servers = sorted({one.server_id for _, one in open_yet if not one.is_own})
        own = await store.own_prompts(tx, servers)
        vetoed = await store.vetoes(tx, servers)
        channels = sorted({message.channel_id for message, _ in open_yet})
        seen = await store.histories(tx, channels, hold=True)
        used: dict[tuple[int, int], History] = {}
        bodies: dict[str, str] = {}
        reasons: dict[str, str] = {}
        for message, one in open_yet:
            changes = own.get(one.server_id, []), vetoed.get(one.server_id, frozenset[str]())
            place = (one.server_id, message.channel_id)
            history = seen.get(place) or History(*place, one.owner_user_id, {})
            prompt = draw(self._prompts.pool(one, *changes), history, one)
            if prompt is None:
                await self._tell(tx, one, "checkins_no_prompts", now)
                reasons[message.id] = "no prompts"
                continue
            body, seen[place] = _post(one, prompt, history)
            used[place] = seen[place]
            bodies[message.id] = body.to_text()
        await store.put_histories(tx, used.values())
        await jobs.say(tx, bodies)
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Count refusals in a row; at the last, switch off and tell who can act."""
        if state is Ended.SENT:
            await store.forget_refusals(tx, message.subject)
            return
        if state is not Ended.UNCERTAIN:
            await _not_posted(tx, message)
        if state is Ended.SKIPPED:
            return
        one = (await store.schedules(tx, [message.subject])).get(message.subject)
        if one is None:
            return
        if state is Ended.UNCERTAIN:
            await self._tell(tx, one, "checkins_uncertain", now)
        else:
            await self._refused(tx, one, reason, now)

    async def _refused(
        self, tx: Transaction, schedule: Schedule, reason: str | None, now: datetime
    ) -> None:
        after = refused_once(schedule)
        await store.put_schedules(tx, [after])
        if after.state is State.OFF:
            await _halt(tx, after, now, "refused")
            key = "checkins_gone" if reason == "gone" else "checkins_closed"
            await self._tell(tx, after, key, now)

    async def _tell(self, tx: Transaction, schedule: Schedule, key: str, now: datetime) -> None:
        """Tell the moderators; what becomes of a member's direct messages is not theirs to know."""
        if schedule.is_own:
            return
        await self._notices.raise_notice(
            tx,
            schedule.server_id,
            key,
            schedule.id,
            now,
            channel=schedule.plan.channel_id,
        )


def _came_due(
    schedule: Schedule, due: datetime, now: datetime
) -> tuple[Schedule, list[datetime], datetime | None, datetime | None]:
    """Give the schedule afterwards, the moments that were missed, the one to post at, and the next.

    Raises ZoneGone.
    """
    rule = schedule.plan.rule
    moments = [due]
    upcoming = next_due_after(rule, due)
    if upcoming is not None and upcoming <= now:
        moments += between(rule, due, now)
        upcoming = next_due_after(rule, now)
    if schedule.state is State.PAUSED and schedule.paused_until is not None:
        moments = [moment for moment in moments if moment > schedule.paused_until]
        if now < schedule.paused_until:
            return schedule, [], None, schedule.next_due(now)
        schedule = schedule.resumed()
    if moments and schedule.skip_next:
        moments = moments[1:]
        schedule = replace(schedule, skip_next=False)
    if not moments:
        return schedule, [], None, upcoming
    if now - moments[-1] > grace(rule):
        return schedule, moments[-MISSED_WRITTEN:], None, upcoming
    return schedule, moments[:-1][-MISSED_WRITTEN:], moments[-1], upcoming


@dataclass(frozen=True, slots=True)
class _Look:
    """One more look at the schedules of messages, just before those are first tried."""

    settings: Settings
    schedules: Mapping[str, Schedule]
    departed: frozenset[int]

    @classmethod
    async def at(cls, tx: Transaction, settings: Settings, messages: Sequence[Message]) -> _Look:
        # Not held: who changes a schedule holds it first and then its messages, and we have those.
        ids = sorted({message.subject for message in messages})
        found = await store.schedules(tx, ids, hold=False)
        return cls(settings, found, frozenset(await privacy.departed(tx)))

    async def reason(
        self, tx: Transaction, message: Message, *, running: bool = True
    ) -> str | None:
        """Why it is not to be sent, if it is not; `running`: only while the schedule runs."""
        one = self.schedules.get(message.subject)
        if one is None:
            return "removed"
        if one.server_id in self.departed:
            return "left"
        if not await self.settings.get(one.server_id, ENABLED):
            return "switched off"
        if running and one.state is not State.ON:
            return one.state.value
        owner = one.owner_user_id
        if owner is None:
            return None
        held = await consent.holds(tx, owner, one.server_id, CONSENT, CONSENT_VERSION)
        return None if held else "no consent"


class Renewing:
    """Keeps the promise to ask a member again every half year, and to take silence for a pause.

    Its timer stands first at the moment of asking, `renew_at` of the consent, and then at the end
    of the time to answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Ask, or pause what nobody answered for. A schedule that is paused is not asked about."""
        found = await store.schedules(tx, [timer.subject for timer in timers])
        drafts: list[Draft] = []
        for timer in timers:
            one = found.get(timer.subject)
            if one is None or one.owner_user_id is None or one.state is not State.ON:
                continue
            given = await consent.given(tx, one.owner_user_id, one.server_id, CONSENT)
            if given is None:
                continue
            if timer.due_at <= given.renew_at:
                late_at = timer.due_at + ASKING_GRACE
                body = Body(one.id, one.plan.place, one.plan.language, own=True)
                drafts.append(_draft(one, timer.due_at, late_at, body.to_text(), RENEWAL))
            else:
                await store.put_schedules(tx, [one.paused(None, Off.SILENCE)])
                await _halt(tx, one, now, "silence")
        return drafts, []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Ask only while the schedule runs."""
        look = await _Look.at(tx, self._settings, messages)
        found = {message.id: await look.reason(tx, message) for message in messages}
        return {id_: reason for id_, reason in found.items() if reason is not None}

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Wait for an answer; what could not be asked in time is asked at that hour tomorrow."""
        one = (await store.schedules(tx, [message.subject])).get(message.subject)
        if one is None or one.owner_user_id is None or one.state is State.OFF:
            return
        if state is Ended.REFUSED:
            await store.put_schedules(tx, [one.switched_off(Off.REFUSED)])
            await _halt(tx, one, now, "refused")
            return
        if state is Ended.SKIPPED:
            given = await consent.given(tx, one.owner_user_id, one.server_id, CONSENT)
            if given is None:
                return
            again = message.due_at
            while again <= now:
                again += timedelta(days=1)
            await consent.postpone(tx, given, again)
        else:
            again = now + ANSWER_RENEWAL
        await jobs.set_timers(tx, [Timer(RENEWAL, one.id, one.server_id, again)])
