"""Asking for a person, coming to somebody, and ending it.

Each use case is one transaction, or a part of somebody else's; what is sent to Discord because of
it is promised in the same one. Whoever changes a request holds it first, and before it the duty of
the supporter who comes: two of them at once, and one gets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot.blocks.service import parted
from bot.bounds import Bounds, bounds_of, may_meet
from bot.clock import Clock
from bot.counting import Counting
from bot.database import Database, Reading, Transaction
from bot.errors import UserError
from bot.hours import read_hours
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.notices.service import Notices
from bot.pace import Limit, Pace, take
from bot.privacy.model import Holding, Kind
from bot.scenes import Scene
from bot.settings.service import Settings
from bot.zones import ZoneGone
from cogs.company import store
from cogs.company.model import (
    LINE_LENGTH,
    OPENING_GRACE,
    REST_AFTER,
    TIDYING,
    Duty,
    Ending,
    Place,
    Request,
    State,
    Wish,
    code_of,
    in_turn,
)
from cogs.company.settings import (
    CALL_CHANNEL,
    DUTY_HOURS,
    ENABLED,
    ENDS_HOURS,
    LIMIT,
    STAFFED,
    SUPPORTER_ROLES,
    THREAD_CHANNEL,
    WAIT_MINUTES,
)

HOLDINGS = (
    Holding(
        table="company_requests",
        person="asker_user_id",
        kind=Kind.OWN,
        kept_days=14,
        kept_since="ends_at",
    ),
    Holding(
        table="company_places",
        person="supporter_user_id",
        kind=Kind.OWN,
        kept_days=16,
        kept_since="since_at",
    ),
    Holding(
        table="company_duties",
        person="user_id",
        kind=Kind.OWN,
        kept_days=1,
        kept_since="until_at",
    ),
)
"""A request is over two days after it was made at the latest, and its line goes then."""

OPEN = "company.open"
"""The kind of the promise to make the thread of a request; its subject is the request's id."""

CALL = "company.call"
"""The kind of the promise to call supporters: `<request>.<call>`."""

UNCALL = "company.uncall"
"""The kind of the promise to delete a call: `<request>.<message>`."""

SHOW = "company.show"
"""The kind of the promise to say in thread and call how things stand: `<request>.<anything>`."""

JOIN = "company.join"
"""The kind of the promise to bring a supporter into the thread: `<request>.<call>`."""

SAY = "company.say"
"""The kind of the promise to say something in the thread: `<request>.<what>.<call>`."""

CLOSE = "company.close"
"""The kind of the promise to close a thread; it knows all it needs, for rows may be gone."""

WAIT = "company.wait"
"""The kind of the timer after which it is said that nobody has come."""

END = "company.end"
"""The kind of the timer that ends a request."""

SCENE = "company"
"""The name under which `bot.scenes` knows requests."""

WAITING_NOTICE, THREAD_NOTICE, CALL_NOTICE = "company.waiting", "company.thread", "company.call"
"""What notices are about."""

ASKER_LIMITS = (Limit(3, timedelta(days=1)),)
SERVER_LIMITS = (Limit(10, timedelta(minutes=10)), Limit(60, timedelta(days=1)))
"""Requests make noise for supporters."""

DUTY_LIMITS = (Limit(5, timedelta(minutes=10)),)
"""How often one supporter's going on duty calls for what waits once more."""

SUGGESTED = 10
"""Recent partners offered to who wants to block one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a member filled in."""

    wish: Wish
    line: str = ""
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be expected in a server now, and when somebody is usually there."""

    on_duty: bool
    staffed: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """How a request stands, for its thread and its call.

    `supporter` is who is there, `former` are those who handed over.
    """

    request: Request
    supporter: int | None
    former: tuple[int, ...]
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Calling:
    """Whom a call may reach, before roles are read; those to mention first stand first."""

    request: Request
    supporters: tuple[int, ...]
    supporter_roles: frozenset[int]
    bounds: Bounds

    def may_come(self, asker_roles: Collection[int], roles: Collection[int]) -> bool:
        """Whether roles let a supporter come to the asker at this moment."""
        return _may_come(self.bounds, self.supporter_roles, asker_roles, roles)


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a thread takes; it names no person."""

    ending: Ending
    language: str
    panel_message_id: int | None

    def to_text(self) -> str:
        """JSON for the store."""
        return json.dumps([self.ending.value, self.language, self.panel_message_id])

    @classmethod
    def from_text(cls, text: str) -> Closing:
        """Read what `to_text` wrote."""
        ending, language, panel = json.loads(text)
        return cls(Ending(ending), language, panel)


class Requests:
    """What members and supporters do about requests for company."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        notices: Notices,
        clock: Clock,
        wake: Callable[[], None],
        counting: Counting,
    ) -> None:
        """`wake` makes the runner look now, because something may be due sooner than it knew."""
        self._database = database
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self._wake = wake
        self._counting = counting
        self._of_asker = Pace(*ASKER_LIMITS)
        self._in_server = Pace(*SERVER_LIMITS)
        self._called_again_by = Pace(*DUTY_LIMITS)
        self._called_again = Pace(*SERVER_LIMITS)

    # Reading

    async def is_on(self, server_id: int) -> bool:
        """Whether a server has it switched on, and everything that it needs."""
        return await self._settings.get(server_id, ENABLED) and await self._is_ready(server_id)

    async def count_waiting(self, server_id: int) -> int:
        """Give how many requests nobody has come to yet."""
        async with self._database.read() as read:
            found = await store.open_in(read, server_id)
        return sum(one.state is not State.ACCEPTED for one in found)

    async def admits(self, server_id: int, role_ids: Collection[int]) -> bool:
        """Whether the server's rules let somebody with these roles meet anybody."""
        return (await bounds_of(self._settings, server_id)).place(role_ids).admitted

    async def thread_channel(self, server_id: int) -> int | None:
        """Give the channel in which threads are made."""
        return next(iter(await self._settings.get(server_id, THREAD_CHANNEL)), None)

    async def outlook(self, server_id: int) -> Outlook:
        """Give what can be expected in a server."""
        async with self._database.read() as read:
            on_duty = await store.on_duty(read, server_id, self._clock())
        written = await self._settings.get(server_id, STAFFED)
        try:
            staffed = read_hours(written).upcoming(self._clock()) if written else None
        except (UserError, ZoneGone):
            staffed = None
        return Outlook(bool(on_duty), staffed)

    async def mine(self, user_id: int, server_id: int | None = None) -> tuple[Request, ...]:
        """Give what somebody has asked for and is not over."""
        async with self._database.read() as read:
            return await store.open_of_asker(read, user_id, server_id)

    async def request(self, request_id: str) -> Request | None:
        """Give one request as it is now."""
        async with self._database.read() as read:
            return await store.request(read, request_id)

    async def shown(self, request_id: str) -> Shown | None:
        """Give how a request stands; None for one that is deleted."""
        async with self._database.read() as read:
            one = await store.request(read, request_id)
            if one is None:
                return None
            supporter = await _supporter(read, one)
            came = await store.places(read, one.id)
        former = tuple(place.supporter_user_id for place in came if place.left_at is not None)
        return Shown(one, supporter, former, await self.outlook(one.server_id))

    async def asker_for(self, request_id: str, server_id: int | None) -> Request:
        """Give the request behind a button in this server; raises UserError where there is none."""
        one = await self.request(request_id)
        if one is None or one.server_id != server_id:
            raise UserError("company.cannot.taken")
        return one

    async def scene(self, reference: str, user_id: int) -> Scene | None:
        """Give what the safety buttons on a request stand for: bot.scenes.

        Who is only called to it learns nothing of whose it is.
        """
        async with self._database.read() as read:
            one = await store.request(read, reference)
            if one is None:
                return None
            places = await store.places(read, one.id)
            came = tuple(dict.fromkeys(place.supporter_user_id for place in places))
            duty = await store.duty(read, one.server_id, user_id)
        if user_id == one.asker_user_id:
            if len(came) == 1:
                return Scene(one.server_id, came[0], one.thread_id)
            return Scene(one.server_id, None, one.thread_id, came)
        if user_id in came:
            return Scene(one.server_id, one.asker_user_id, one.thread_id)
        return None if duty is None else Scene(one.server_id, None, one.call_channel_id)

    async def recent(self, server_id: int, user_id: int) -> list[int]:
        """Give with whom somebody was brought together lately: bot.blocks offers them."""
        async with self._database.read() as read:
            return await store.met_by(read, server_id, user_id, SUGGESTED)

    # What the asker does

    async def ask(
        self,
        server_id: int,
        user_id: int,
        asked: Asked,
        *,
        role_ids: Collection[int],
        language: str,
    ) -> Request:
        """Write a request down, and promise its thread.

        Raises UserError where it is off or everything is paused, where roles let them meet nobody,
        for a second one that is open, for a line that is too long, and past the pace.
        """
        line = asked.line.strip()
        if len(line) > LINE_LENGTH:
            raise UserError("company.cannot.length", limit=LINE_LENGTH)
        await self._settings.require_running(server_id)
        channel_id = await self.thread_channel(server_id)
        admitted = await self.admits(server_id, role_ids)
        if channel_id is None or not admitted or not await self.is_on(server_id):
            raise UserError("company.cannot.off")
        if await self.mine(user_id, server_id):
            raise UserError("company.cannot.one_open")
        now = self._clock()
        if take(now, (self._of_asker, user_id), (self._in_server, server_id)):
            raise UserError("company.cannot.too_many")
        id_ = uuid4().hex[:16]
        one = Request(
            id=id_,
            server_id=server_id,
            asker_user_id=user_id,
            wish=asked.wish,
            line=line,
            unnamed=asked.unnamed,
            state=State.OPENING,
            code=code_of(id_),
            language=language,
            channel_id=channel_id,
            made_at=now,
            ends_at=now + timedelta(hours=await self._settings.get(server_id, ENDS_HOURS)),
        )
        async with self._database.transaction() as tx:
            if not await store.add_request(tx, one):
                self._of_asker.give_back(user_id)
                self._in_server.give_back(server_id)
                raise UserError("company.cannot.one_open")
            late_at = min(now + OPENING_GRACE, one.ends_at)
            draft = Draft(OPEN, one.id, server_id, channel_id, "", now, late_at)
            await jobs.add_messages(tx, [draft])
            await jobs.set_timers(tx, [Timer(END, one.id, server_id, one.ends_at)])
        self._wake()
        return one

    async def take_back(self, user_id: int, request_id: str) -> None:
        """End one's own request, whatever came of it. Raises UserError for any other."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one = await store.hold_request(tx, request_id)
            if one is None or one.asker_user_id != user_id or not one.is_open:
                raise UserError("company.cannot.over")
            met = bool(await store.places(tx, one.id))
            # What two people said to each other is not one's alone to delete.
            await self.end(tx, one, now, Ending.OVER if met else Ending.TAKEN_BACK)
        self._wake()

    async def cannot_open(self, server_id: int, channel_id: int) -> None:
        """Tell moderators that no thread can be made, because of rights in its channel."""
        async with self._database.transaction() as tx:
            await self._notices.raise_notice(
                tx,
                server_id,
                "company_no_thread",
                THREAD_NOTICE,
                self._clock(),
                channel=channel_id,
            )
        self._wake()

    # What a supporter does

    async def accept(
        self,
        user_id: int,
        request_id: str,
        server_id: int | None,
        *,
        role_ids: Collection[int],
        asker_role_ids: Collection[int] | None,
    ) -> Request:
        """Come to somebody: the first who may. Raises UserError.

        `asker_role_ids` is None where the asker is no longer there. Whether somebody else came
        before, or these two must not meet, is answered in the same words.
        """
        if server_id is None:
            raise UserError("errors.old_button")
        now = self._clock()
        async with self._database.transaction() as tx:
            duty = await self._require_duty(tx, server_id, user_id, role_ids, now)
            if len(await store.open_of_supporter(tx, user_id, server_id)) >= (
                await self._settings.get(server_id, LIMIT)
            ):
                raise UserError("company.cannot.limit")
            one = await store.hold_request(tx, request_id)
            if one is not None and one.asker_user_id == user_id:
                raise UserError("company.cannot.own")
            if (
                one is None
                or asker_role_ids is None
                or not await self._may_come(tx, one, server_id, user_id, now)
                or not _may_come(
                    await bounds_of(self._settings, server_id),
                    frozenset(await self._settings.get(server_id, SUPPORTER_ROLES)),
                    asker_role_ids,
                    role_ids,
                )
            ):
                raise UserError("company.cannot.taken")
            after = replace(one, state=State.ACCEPTED)
            await store.put_request(tx, after)
            is_first = not await store.places(tx, one.id)
            await store.put_place(tx, Place(one.id, server_id, user_id, now))
            await store.put_duty(tx, replace(duty, in_a_row=duty.in_a_row + 1))
            await jobs.clear_timers(tx, WAIT, [one.id])
            subject = f"{one.id}.{one.calls}"
            draft = Draft(JOIN, subject, server_id, one.thread_id or 0, "", now, one.ends_at)
            await jobs.add_messages(tx, [draft])
            await self.show(tx, after, now)
            await self._heed(tx, server_id, now)
            if is_first:
                waited = now - one.made_at
                await self._counting.note_company(
                    tx, server_id, now, asker=one.asker_user_id, supporter=user_id, waited=waited
                )
        self._wake()
        return after

    async def check_supporter(self, user_id: int, request_id: str) -> None:
        """Raise UserError unless somebody is the one who is there."""
        async with self._database.read() as read:
            one = await store.request(read, request_id)
            if one is None or await _supporter(read, one) != user_id:
                raise UserError("company.cannot.not_yours")

    async def hand_over(self, user_id: int, request_id: str, *, to_moderators: bool) -> None:
        """Look for somebody else who comes, or ask moderators to. Raises UserError."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one = await store.hold_request(tx, request_id)
            if one is None or not one.is_open or await _supporter(tx, one) != user_id:
                raise UserError("company.cannot.over")
            if to_moderators:
                await self._notices.raise_notice(
                    tx,
                    one.server_id,
                    "company_moderators",
                    one.id,
                    now,
                    channel=one.thread_id or one.channel_id,
                )
                await self.say(tx, one, "moderators", now)
            else:
                await self.say(tx, one, "handing_over", now)
                await self.wait_again(tx, one, now)
        self._wake()

    async def close(self, user_id: int, request_id: str) -> bool:
        """End a conversation, as asker or as supporter; gives whether a rest is due.

        Raises UserError for anybody else.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            one = await store.hold_request(tx, request_id)
            supporter = None if one is None else await _supporter(tx, one)
            if one is None or not one.is_open or user_id not in {one.asker_user_id, supporter}:
                raise UserError("company.cannot.over")
            await self.end(tx, one, now, Ending.OVER)
            duty = await store.duty(tx, one.server_id, user_id)
        self._wake()
        return user_id == supporter and duty is not None and duty.in_a_row >= REST_AFTER

    # Duty

    async def go_on_duty(
        self, server_id: int, user_id: int, role_ids: Collection[int], hours: int | None
    ) -> tuple[Duty, int]:
        """Be called until a moment, and gives how many are waiting now. Raises UserError.

        At most the server's hours at a time: a duty ends by itself.
        """
        now = self._clock()
        if not await self.is_on(server_id):
            raise UserError("company.cannot.duty_off")
        await self._require_role(server_id, role_ids)
        longest = await self._settings.get(server_id, DUTY_HOURS)
        until = now + timedelta(hours=min(max(1, hours or longest), longest))
        async with self._database.transaction() as tx:
            before = await store.hold_duty(tx, server_id, user_id)
            in_a_row = before.in_a_row if before is not None and before.until_at > now else 0
            duty = Duty(server_id, user_id, until, in_a_row)
            await store.put_duty(tx, duty)
            waiting = [
                one
                for one in await store.open_in(tx, server_id)
                if one.state is State.WAITING and one.asker_user_id != user_id
            ]
            unheard = [one for one in waiting if not one.heard]
            by, here = (self._called_again_by, user_id), (self._called_again, server_id)
            if unheard and not take(now, by, here):
                for each in unheard:
                    held = await store.hold_request(tx, each.id)
                    if held is not None and held.state is State.WAITING and not held.heard:
                        await self.call(tx, held, now)
        self._wake()
        return duty, len(waiting)

    async def go_off_duty(self, server_id: int, user_id: int) -> bool:
        """Be called no more; gives whether one was on duty. Open conversations stay."""
        now = self._clock()
        async with self._database.transaction() as tx:
            before = await store.hold_duty(tx, server_id, user_id)
            await store.delete_duty(tx, server_id, user_id)
        return before is not None and before.until_at > now

    async def duty(self, server_id: int, user_id: int) -> tuple[Duty | None, int]:
        """Give somebody's duty, if it lasts, and how many conversations of theirs are open."""
        async with self._database.read() as read:
            duty = await store.duty(read, server_id, user_id)
            count = len(await store.open_of_supporter(read, user_id, server_id))
        return (duty if duty is not None and duty.until_at > self._clock() else None), count

    # What carrying a promise out takes note of

    async def thread_made(self, server_id: int, request_id: str, thread_id: int) -> bool:
        """Write down the thread of a request; gives whether it is still to be opened.

        One that ended while its thread was made is closed instead.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            one = await store.hold_request(tx, request_id)
            if one is not None and one.thread_id != thread_id:
                one = replace(one, thread_id=thread_id)
                await store.put_request(tx, one)
            if one is None or not one.is_open:
                body = Closing(Ending.TAKEN_BACK, "en" if one is None else one.language, None)
                await seal(tx, request_id, server_id, thread_id, body, now)
        self._wake()
        return one is not None and one.state is State.OPENING

    async def calling(self, request_id: str, call: int) -> Calling | None:
        """Give whom a call may reach; None when it is no longer wanted."""
        now = self._clock()
        async with self._database.read() as read:
            one = await store.request(read, request_id)
            if one is None or one.state is not State.WAITING or one.calls != call:
                return None
            limit = await self._settings.get(one.server_id, LIMIT)
            people = [
                duty.user_id
                for duty in await store.on_duty(read, one.server_id, now)
                if await self._may_come(read, one, one.server_id, duty.user_id, now)
                and len(await store.open_of_supporter(read, duty.user_id, one.server_id)) < limit
            ]
        return Calling(
            one,
            tuple(in_turn(one.id, call, frozenset(people))),
            frozenset(await self._settings.get(one.server_id, SUPPORTER_ROLES)),
            await bounds_of(self._settings, one.server_id),
        )

    async def called(self, request_id: str, call: int, *, heard: bool) -> bool:
        """Write down whether a call reaches anybody; gives whether it is still wanted."""
        async with self._database.transaction() as tx:
            one = await store.hold_request(tx, request_id)
            if one is None or one.state is not State.WAITING or one.calls != call:
                return False
            await store.put_request(tx, replace(one, heard=heard))
        return True

    # Parts of what others do

    async def switched(self, tx: Transaction, server_id: int, on: bool) -> None:
        """End what is open when it is switched off; raises UserError before it is set up."""
        if on:
            if not await self._is_ready(server_id):
                raise UserError("company.cannot.not_ready")
            return
        now = self._clock()
        for each in await store.open_in(tx, server_id):
            await self._end_held(tx, each.id, now)
        self._wake()

    async def parted(
        self, tx: Transaction, server_id: int, one: int, other: int, now: datetime
    ) -> None:
        """End what two people are in who must not be together: bot.blocks."""
        for asker, supporter in ((one, other), (other, one)):
            for each in await store.open_of_asker(tx, asker, server_id):
                if await _supporter(tx, each) == supporter:
                    await self._end_held(tx, each.id, now)

    async def erased(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """End what somebody is in, in all servers, before all that is theirs is deleted."""
        for each in await _those_of(tx, user_id):
            await self._end_held(tx, each.id, now)
        self._wake()

    async def held(self, read: Reading) -> set[tuple[int, int]]:
        """Servers and people of whom something is kept that ends when they leave."""
        return await store.held(read)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what somebody who left is in, and delete what is theirs: bot.membership."""
        for each in await _those_of(tx, user_id, server_id):
            await self._end_held(tx, each.id, now)
        await store.delete_requests(tx, server_id, user_id)
        await store.delete_places(tx, server_id, user_id)
        await store.delete_duty(tx, server_id, user_id)

    # Steps that several use cases take with a request that they hold

    async def end(self, tx: Transaction, one: Request, now: datetime, ending: Ending) -> None:
        """End it, and promise to close its thread and to delete its call. Its line goes now."""
        after = replace(one, state=State.ENDED, line="", ends_at=now, call_message_id=None)
        await store.put_request(tx, after)
        await store.leave_places(tx, one.id, now)
        await jobs.clear_timers(tx, WAIT, [one.id])
        await jobs.clear_timers(tx, END, [one.id])
        await self.uncall(tx, one, now)
        if one.thread_id is not None:
            body = Closing(ending, one.language, one.panel_message_id)
            await seal(tx, one.id, one.server_id, one.thread_id, body, now)
        await self._notices.close(tx, one.server_id, one.id, now)
        await self._heed(tx, one.server_id, now)

    async def uncall(self, tx: Transaction, one: Request, now: datetime) -> None:
        """Promise to delete the call that stands."""
        if one.call_channel_id is not None and one.call_message_id is not None:
            await delete_call(
                tx, one.server_id, one.id, one.call_channel_id, one.call_message_id, now
            )

    async def call(self, tx: Transaction, one: Request, now: datetime) -> Request:
        """Promise to call supporters, and to say so if nobody comes."""
        after = replace(one, state=State.WAITING, calls=one.calls + 1, heard=False)
        await store.put_request(tx, after)
        channels = await self._settings.get(one.server_id, CALL_CHANNEL)
        if channels:
            subject = f"{one.id}.{after.calls}"
            draft = Draft(CALL, subject, one.server_id, channels[0], "", now, one.ends_at)
            await jobs.add_messages(tx, [draft])
        if await jobs.timer(tx, WAIT, one.id) is None:
            minutes = await self._settings.get(one.server_id, WAIT_MINUTES)
            at = now + timedelta(minutes=minutes)
            if at < one.ends_at:
                await jobs.set_timers(tx, [Timer(WAIT, one.id, one.server_id, at)])
        return after

    async def wait_again(self, tx: Transaction, one: Request, now: datetime) -> None:
        """Let the supporter go who is there, and call others."""
        await store.leave_places(tx, one.id, now)
        await self.show(tx, await self.call(tx, one, now), now)

    async def show(self, tx: Transaction, one: Request, now: datetime) -> None:
        """Promise that thread and call say how it stands."""
        if one.thread_id is None:
            return
        subject = f"{one.id}.{uuid4().hex[:8]}"
        late_at = now + OPENING_GRACE
        draft = Draft(SHOW, subject, one.server_id, one.thread_id, "", now, late_at)
        await jobs.add_messages(tx, [draft])

    async def say(self, tx: Transaction, one: Request, what: str, now: datetime) -> None:
        """Promise to say something in the thread, once for each call."""
        if one.thread_id is None:
            return
        subject = f"{one.id}.{what}.{one.calls}"
        late_at = now + OPENING_GRACE
        draft = Draft(SAY, subject, one.server_id, one.thread_id, what, now, late_at)
        await jobs.add_messages(tx, [draft])

    # Inside

    async def _is_ready(self, server_id: int) -> bool:
        chosen = [
            await self._settings.get(server_id, setting)
            for setting in (SUPPORTER_ROLES, CALL_CHANNEL, THREAD_CHANNEL)
        ]
        return all(chosen) and (await bounds_of(self._settings, server_id)).decided

    async def _require_role(self, server_id: int, role_ids: Collection[int]) -> None:
        if frozenset(await self._settings.get(server_id, SUPPORTER_ROLES)).isdisjoint(role_ids):
            raise UserError("company.cannot.no_supporter")

    async def _require_duty(
        self,
        tx: Transaction,
        server_id: int,
        user_id: int,
        role_ids: Collection[int],
        now: datetime,
    ) -> Duty:
        await self._require_role(server_id, role_ids)
        duty = await store.hold_duty(tx, server_id, user_id)
        if duty is None or duty.until_at <= now:
            raise UserError("company.cannot.not_on_duty")
        return duty

    async def _may_come(
        self, read: Reading, one: Request, server_id: int, user_id: int, now: datetime
    ) -> bool:
        """Whether somebody may come, as far as the store knows; who left does not come again."""
        return (
            one.state is State.WAITING
            and one.server_id == server_id
            and one.asker_user_id != user_id
            and now < one.ends_at
            and all(
                place.supporter_user_id != user_id for place in await store.places(read, one.id)
            )
            and not await parted(read, server_id, one.asker_user_id, user_id)
        )

    async def _end_held(self, tx: Transaction, request_id: str, now: datetime) -> None:
        one = await store.hold_request(tx, request_id)
        if one is not None and one.is_open:
            await self.end(tx, one, now, Ending.OVER)

    async def _heed(self, tx: Transaction, server_id: int, now: datetime) -> None:
        """Take the notice away when nobody waits any more."""
        if all(one.state is not State.WAITING for one in await store.open_in(tx, server_id)):
            await self._notices.close(tx, server_id, WAITING_NOTICE, now)


async def delete_call(
    tx: Transaction,
    server_id: int,
    request_id: str,
    channel_id: int,
    message_id: int,
    now: datetime,
) -> None:
    """Promise to delete a call; nothing is left to look up by then."""
    subject = f"{request_id}.{message_id}"
    draft = Draft(UNCALL, subject, server_id, channel_id, str(message_id), now, now + TIDYING)
    await jobs.add_messages(tx, [draft])


async def seal(
    tx: Transaction, request_id: str, server_id: int, thread_id: int, body: Closing, now: datetime
) -> None:
    """Promise to close a thread; nothing is left to look up by then."""
    draft = Draft(CLOSE, request_id, server_id, thread_id, body.to_text(), now, now + TIDYING)
    await jobs.add_messages(tx, [draft])


async def _supporter(read: Reading, one: Request) -> int | None:
    """Who is there now."""
    if one.state is not State.ACCEPTED:
        return None
    there = [place for place in await store.places(read, one.id) if place.left_at is None]
    return there[0].supporter_user_id if there else None


async def _those_of(
    read: Reading, user_id: int, server_id: int | None = None
) -> tuple[Request, ...]:
    asked = await store.open_of_asker(read, user_id, server_id)
    return asked + await store.open_of_supporter(read, user_id, server_id)


def _may_come(
    bounds: Bounds,
    supporter_roles: frozenset[int],
    asker_roles: Collection[int],
    roles: Collection[int],
) -> bool:
    return not supporter_roles.isdisjoint(roles) and may_meet(
        bounds.place(asker_roles), bounds.place(roles)
    )
