"""Introductions: promised when a round is written, kept one by one, and ended in one way.

`Introductions` is what people do and what happens to them; each use case is one transaction, or a
part of somebody else's. Whatever changes an introduction holds its round first, so no two of them
meet half-way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot.blocks.service import parted
from bot.database import Transaction
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft
from bot.scenes import Scene
from bot.settings.core import LANGUAGE
from bot.zones import ZoneGone
from cogs.pairing import course, rounds_store, store
from cogs.pairing.model import (
    NEVER_WITHIN,
    Introduction,
    IntroductionState,
    Member,
    Place,
    Plan,
    Round,
    Said,
)
from cogs.pairing.promises_service import (
    FOLLOWUP,
    INTRODUCTION,
    SUBJECT,
    hold,
    hold_promises,
    is_open,
    look_again,
    seal,
)
from cogs.pairing.service import Ground, Members
from cogs.pairing.telling_service import Telling
from cogs.pairing.wishes import Common, in_common

AT_ONCE = 250
"""Introductions written in one go."""

ROOM_EVERY = timedelta(minutes=1)
"""Between two times that old threads of a server are closed to make room."""

SUGGESTED = 10
"""Recent partners offered to who wants to block one."""

APART = "apart"
"""Why a thread was not made or not entered: one is gone, or roles no longer let them meet."""

SCENE = "pairing"
"""The name under which `bot.scenes` knows introductions."""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that is said to people who are introduced."""

    introduction: Introduction
    plan: Plan
    common: Common
    topics: tuple[str, ...]
    """The names of the topics that they have in common and agreed to show."""
    opener: str
    members: tuple[Member, ...]


class Introductions:
    """Brings people together, and parts them."""

    def __init__(self, ground: Ground, members: Members, telling: Telling) -> None:
        self._database = ground.database
        self._settings = ground.settings
        self._notices = ground.notices
        self._shipped = ground.shipped
        self._clock = ground.clock
        self._wake = ground.wake
        self._members = members
        self._telling = telling
        self._room_made_at: dict[int, datetime] = {}

    # Reading

    async def details(self, introduction_id: str) -> Details | None:
        """Give what is said to those who are introduced; None when there is nothing to say.

        One that is over has nothing to say: a message about it may still have been on its way.
        """
        now = self._clock()
        async with self._database.read() as read:
            one = await rounds_store.introduction(read, introduction_id)
            if one is None or not course.is_live(one):
                return None
            plan = await rounds_store.plan(read, one.server_id)
            found = [await store.member(read, one.server_id, user_id) for user_id in one.people]
        members = [member for member in found if member is not None]
        if plan is None or len(members) < len(found) or len(members) < 2:
            return None
        offered = await self._members.offered(one.server_id, one.language)
        try:
            common = in_common(members, [topic.id for topic in offered], now)
        except ZoneGone:
            common = Common((), (), 0)
        names = {topic.id: topic.name or "" for topic in offered}
        return Details(
            one,
            plan,
            common,
            tuple(names[id_] for id_ in common.topics),
            self._opener(one),
            tuple(members),
        )

    async def introduction(self, introduction_id: str) -> Introduction | None:
        """Give one introduction as it is now."""
        async with self._database.read() as read:
            return await rounds_store.introduction(read, introduction_id)

    async def plan(self, server_id: int) -> Plan | None:
        """Give the plan of a server, which says where threads are made now."""
        async with self._database.read() as read:
            return await rounds_store.plan(read, server_id)

    async def still_to_be(self, seen: Introduction) -> bool:
        """Whether those whom a carrier is about to introduce are still to be introduced."""
        one = await self.introduction(seen.id)
        return (
            one is not None and one.state is IntroductionState.PENDING and one.people == seen.people
        )

    async def live(self, user_id: int, server_id: int | None = None) -> tuple[Introduction, ...]:
        """Give somebody's introductions that are not yet over."""
        async with self._database.read() as read:
            return await rounds_store.of_person(read, user_id, server_id, live=True)

    async def may_have_another(self, user_id: int, server_id: int) -> Introduction | None:
        """Give the ended introduction for which somebody may ask for another peer now."""
        async with self._database.read() as read:
            mine = await rounds_store.of_person(read, user_id, server_id)
            if not mine:
                return None
            last = mine[-1]
            one = await rounds_store.round_(read, last.round_id)
        theirs = [each for each in mine if each.round_id == last.round_id]
        if one is None or not is_open(one, self._clock()):
            return None
        asked = course.looks_for_another(user_id, theirs)
        return last if course.may_have_another(user_id, theirs) and not asked else None

    async def recent(self, server_id: int, user_id: int) -> list[int]:
        """Give with whom somebody was brought together lately: bot.blocks offers them."""
        async with self._database.read() as read:
            return await rounds_store.met_by(read, server_id, user_id, SUGGESTED)

    async def scene(self, reference: str, user_id: int) -> Scene | None:
        """Give what the safety buttons on an introduction stand for: bot.scenes.

        Who has erased what is theirs since is there all the same, to be blocked and reported.
        """
        async with self._database.read() as read:
            one = await rounds_store.introduction(read, reference)
            if one is None or all(place.user_id != user_id for place in one.places):
                return None
            gone = await rounds_store.met_and_gone(read, one, user_id)
        there = [place.user_id for place in one.places if place.user_id != user_id]
        others = tuple(dict.fromkeys([*there, *gone]))
        if len(others) == 1:
            return Scene(one.server_id, others[0], one.thread_id)
        return Scene(one.server_id, None, one.thread_id, others, forgotten=not others)

    # Bringing people together

    async def introduce(
        self,
        tx: Transaction,
        one: Round,
        plan: Plan,
        groups: Sequence[Sequence[int]],
        there: Mapping[int, Member],
        now: datetime,
    ) -> None:
        """Promise to introduce the people of each group, in the order of the groups.

        `there` are the members by person.
        """
        if not groups:
            return
        fallback = await self._settings.get(one.server_id, LANGUAGE)
        for first in range(0, len(groups), AT_ONCE):
            # In parts, so that a round of ten thousand holds nobody else up.
            some = [[there[one] for one in group] for group in groups[first : first + AT_ONCE]]
            made = [
                self._made(one, group, self._telling.language(group, fallback), now)
                for group in some
            ]
            await rounds_store.add_introductions(tx, made)
            await jobs.add_messages(tx, [_promise(each, plan, now) for each in made])

    async def miss(
        self, tx: Transaction, one: Round, freed: Sequence[Member], now: datetime
    ) -> None:
        """Write down that these were drawn, and that nothing came of it before it was promised.

        Somebody else is looked for in its place, and only if there is nobody do they hear of it.
        """
        fallback = await self._settings.get(one.server_id, LANGUAGE)
        alone = [self._made(one, [m], self._telling.language([m], fallback), now) for m in freed]
        await rounds_store.add_introductions(tx, [course.ended(each, now) for each in alone])

    def _made(
        self, one: Round, group: Sequence[Member], language: str, now: datetime
    ) -> Introduction:
        id_ = uuid4().hex[:16]
        openers = [opener.id for opener in self._shipped["en"].openers]
        return Introduction(
            id=id_,
            server_id=one.server_id,
            round_id=one.id,
            state=IntroductionState.PENDING,
            code=course.code_of(id_),
            language=language,
            opener=course.opener_of(id_, openers),
            places=tuple(Place(member.user_id) for member in group),
            made_at=now,
            ends_at=one.ends_at,
        )

    def _opener(self, one: Introduction) -> str:
        content = self._shipped.get(one.language) or self._shipped["en"]
        texts = {opener.id: opener.text for opener in content.openers}
        # A later version may no longer have the one that was chosen.
        return texts.get(one.opener) or next(iter(texts.values()))

    # Its thread

    async def thread_made(self, introduction_id: str, thread_id: int) -> bool:
        """Write down the thread of an introduction; gives whether it is still to be introduced.

        One that ended while its thread was made is closed instead.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            held = await hold(tx, introduction_id)
            if held is None:
                return False
            one = replace(held[1], thread_id=thread_id)
            if held[1].thread_id != thread_id:
                await rounds_store.put_introduction(tx, one)
            if not course.is_live(one):
                await seal(tx, [one], now)
        self._wake()
        return one.state is IntroductionState.PENDING

    async def make_room(self, coming: Introduction) -> None:
        """End the oldest introductions of earlier rounds where there are too many threads.

        Those who are in them are told. At most once in `ROOM_EVERY` a server: closing takes a
        while, and what is closing must not make more of them close.
        """
        now = self._clock()
        server_id = coming.server_id
        last = self._room_made_at.get(server_id)
        if last is not None and now - last < ROOM_EVERY:
            return
        self._room_made_at[server_id] = now
        async with self._database.transaction() as tx:
            own = await rounds_store.round_(tx, coming.round_id)
            oldest = await rounds_store.oldest_threads(tx, server_id, course.AT_ONCE)
            await hold_promises(tx, oldest)
            for each in oldest:
                held = await hold(tx, each.id)
                if own is None or held is None or held[0].number >= own.number:
                    continue
                if held[1].state is IntroductionState.INTRODUCED:
                    await self._end_and_tell(tx, held[0], held[1], now)
            await self._notices.raise_notice(tx, server_id, "pairing_many_threads", SUBJECT, now)
        self._wake()

    # What people do

    async def check_in(self, user_id: int, introduction_id: str, said: Said) -> None:
        """Raise UserError unless somebody may say this of an introduction that is not yet over."""
        async with self._database.read() as read:
            mine = await rounds_store.introduction(read, introduction_id)
            one = None if mine is None else await rounds_store.round_(read, mine.round_id)
        if one is None or mine is None:
            raise UserError("pairing.cannot.over")
        _check_says(one, mine, user_id, said, self._clock())

    async def say(self, user_id: int, introduction_id: str, said: Said) -> None:
        """Take an answer to “did you get to talk?”; two of them end it. Raises UserError."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one, mine = await self._theirs(tx, user_id, introduction_id)
            _check_says(one, mine, user_id, said, now)
            if said in {Said.ANOTHER, Said.LEAVE}:
                await self._leave(tx, one, mine, user_id, now, said)
            else:
                await rounds_store.put_introduction(tx, course.answered(mine, user_id, said, now))
            if said is Said.YES:
                member = await store.hold_member(tx, mine.server_id, user_id)
                if member is not None:
                    await store.put_members(tx, [course.said_yes(member)])
        self._wake()

    async def another(self, user_id: int, introduction_id: str) -> None:
        """Look for another peer after one has left; raises UserError where there is no more."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one, mine = await self._theirs(tx, user_id, introduction_id)
            theirs = await rounds_store.of_people(tx, one.id, [user_id])
            if not is_open(one, now) or not course.may_have_another(user_id, theirs):
                raise UserError("pairing.cannot.another")
            said = course.answered(mine, user_id, Said.ANOTHER, now)
            await rounds_store.put_introduction(tx, said)
            await look_again(tx, one, now)
        self._wake()

    # Parts of what others do

    async def part(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what somebody who leaves is in; the others are told, or brought together anew."""
        found = await rounds_store.of_person(tx, user_id, server_id, live=True)
        await hold_promises(tx, found)
        for each in found:
            held = await hold(tx, each.id)
            if held is not None and course.is_live(held[1]):
                await self._leave(tx, held[0], held[1], user_id, now)

    async def parted(
        self, tx: Transaction, server_id: int, one: int, other: int, now: datetime
    ) -> None:
        """End what two people are in who must not be together.

        Nobody counts as having left, so who parted them looks the same to all of them, and each may
        be brought together with somebody else.
        """
        found = await rounds_store.of_person(tx, one, server_id, live=True)
        await hold_promises(tx, found)
        for each in found:
            held = await hold(tx, each.id)
            if held is None or not course.is_live(held[1]):
                continue
            if not (course.has_place(held[1], one) and course.has_place(held[1], other)):
                continue
            await self._end_and_tell(tx, held[0], held[1], now)

    async def erased(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """End what somebody is in, in all servers, before all that is theirs is deleted."""
        found = await rounds_store.of_person(tx, user_id, live=True)
        # All that the runner holds first, and only then what that is about.
        await jobs.hold_written_to(tx, user_id)
        await hold_promises(tx, found)
        for server_id in sorted({each.server_id for each in found}):
            await self.part(tx, server_id, user_id, now)
        await rounds_store.leave_to_others(tx, user_id, NEVER_WITHIN)
        # A draw under way has written what it writes of them before anything is deleted.
        await store.hold_person(tx, user_id)

    # Inside

    async def _end_and_tell(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        after = await self.end(tx, mine, now)
        if after.state is IntroductionState.DROPPED:
            if is_open(one, now):
                await look_again(tx, one, now)
            return
        found = [await store.member(tx, one.server_id, user_id) for user_id in after.people]
        there = [member for member in found if member is not None]
        await self._telling.tell_over(tx, there, one, mine.id, now)

    async def _theirs(
        self, tx: Transaction, user_id: int, introduction_id: str
    ) -> tuple[Round, Introduction]:
        held = await hold(tx, introduction_id)
        if held is None or all(place.user_id != user_id for place in held[1].places):
            raise UserError("pairing.cannot.over")
        return held

    async def _leave(
        self,
        tx: Transaction,
        one: Round,
        mine: Introduction,
        user_id: int,
        now: datetime,
        said: Said | None = None,
    ) -> None:
        others = [other for other in mine.people if other != user_id]
        after = await self.end(tx, mine, now, left=user_id, said=said)
        plan = await rounds_store.plan(tx, one.server_id)
        found = [await store.member(tx, one.server_id, other) for other in others]
        there = [member for member in found if member is not None]
        if plan is None or not is_open(one, now):
            if after.state is IntroductionState.ENDED:
                await self._telling.tell_over(tx, there, one, mine.id, now)
            return
        if len(there) == 2 and not await parted(tx, one.server_id, *others):
            # Two of three are still there for each other, in a thread without the third.
            await self.introduce(tx, one, plan, [others], {m.user_id: m for m in there}, now)
        elif after.state is IntroductionState.DROPPED:
            await look_again(tx, one, now)
        else:
            await self._telling.tell_over(tx, there, one, mine.id, now)
        if said is Said.ANOTHER:
            await look_again(tx, one, now)

    async def end(
        self,
        tx: Transaction,
        one: Introduction,
        now: datetime,
        *,
        left: int | None = None,
        said: Said | None = None,
    ) -> Introduction:
        """End one whose round is held; `left` is who left it, if anybody did."""
        after = course.ended(one, now, left=left)
        if said is not None and left is not None:
            after = course.answered(after, left, said, now)
        await end_all(tx, [after], now)
        return after


async def end_all(tx: Transaction, over: Sequence[Introduction], now: datetime) -> None:
    """Write introductions down that are over, and promise nothing more but to close threads."""
    ids = [one.id for one in over]
    await rounds_store.put_introductions(tx, over)
    await jobs.clear_timers(tx, FOLLOWUP, ids)
    await jobs.drop_all_open(tx, FOLLOWUP, ids, now, "over")
    await jobs.drop_all_open(tx, INTRODUCTION, ids, now, "over")
    await seal(tx, over, now)


def _check_says(one: Round, mine: Introduction, user_id: int, said: Said, now: datetime) -> None:
    """Raise UserError where somebody may not say this of an introduction of theirs."""
    if not course.has_place(mine, user_id) or not course.is_live(mine):
        raise UserError("pairing.cannot.over")
    if said is Said.ANOTHER and not is_open(one, now):
        # Before it closes their room: nobody would be looked for.
        raise UserError("pairing.cannot.another_here")


def _promise(one: Introduction, plan: Plan, now: datetime) -> Draft:
    late_at = now + course.INTRODUCING
    return Draft(INTRODUCTION, one.id, one.server_id, plan.channel_id, "", now, late_at)
