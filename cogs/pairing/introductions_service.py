"""Introductions: promised when a round is written, kept one by one, and ended in one way.

`Introductions` is what people do and what happens to them; each use case is one transaction, or a
part of somebody else's. `Introducing` and `Telling` are what the clock does: the runner of
`bot.jobs` calls them inside its transactions.

Whatever changes an introduction holds its round first, so no two of them meet half-way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from bot.blocks.service import forbidden
from bot.clock import Clock
from bot.database import Database, Transaction
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.news.service import tell as tell_later
from bot.notices.service import Notices
from bot.privacy import store as privacy
from bot.scenes import Scene
from bot.settings.core import LANGUAGE
from bot.settings.service import Settings
from bot.zones import ZoneGone
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.model import (
    Introduction,
    IntroductionState,
    Member,
    Place,
    Plan,
    Round,
    RoundState,
    Said,
)
from cogs.pairing.service import Members, Shipped, agreed
from cogs.pairing.settings import ENABLED
from cogs.pairing.wishes import Common, in_common

INTRODUCTION = "pairing.introduction"
"""The kind of the promise to introduce people; its subject is the introduction's id."""

FOLLOWUP = "pairing.followup"
"""The kind of the promise to ask once whether they got to talk; the subject is the same."""

CLOSE = "pairing.close"
"""The kind of the promise to close a thread; the subject of its timer is the round's id."""

TELL = "pairing.tell"
"""The kind of the promise to tell one member something by direct message."""

AGAIN = "pairing.again"
"""The kind of the promise to look for peers once more in a round: `<round>.<introduction>`."""

FOLLOWUP_GRACE = timedelta(days=1)
"""How late it is still asked whether they got to talk."""

AT_ONCE = 250
"""Introductions written in one go."""

ROOM_EVERY = timedelta(minutes=1)
"""Between two times that old threads of a server are closed to make room."""

SUGGESTED = 10
"""Recent partners offered to who wants to block one."""

SUBJECT = "pairing"
"""What notices about a server's rounds are about."""

APART = "apart"
"""Why a thread was not made or not entered: one is gone, or roles no longer let them meet."""

SCENE = "pairing"
"""The name under which `bot.scenes` knows introductions."""


# What members are told


@dataclass(frozen=True, slots=True)
class Told:
    """What a direct message says, about which round or introduction, and in which language."""

    what: Tell
    about: str
    language: str

    def to_text(self) -> str:
        """JSON for the store."""
        return json.dumps({"what": self.what, "about": self.about, "language": self.language})

    @classmethod
    def from_text(cls, text: str) -> Told:
        """Read what `to_text` wrote."""
        told: dict[str, Any] = json.loads(text)
        return cls(Tell(told["what"]), told["about"], told["language"])


class Telling:
    """Tells members: by direct message if they asked for those, else at their next command."""

    def __init__(self, settings: Settings, speaks: Callable[[str], bool]) -> None:
        """`speaks` says whether the bot has words in a language."""
        self._settings = settings
        self._speaks = speaks

    async def tell(
        self,
        tx: Transaction,
        told: Sequence[tuple[Member, Tell]],
        about: str,
        now: datetime,
    ) -> None:
        """Tell members of one server, about one round or introduction."""
        if not told:
            return
        fallback = await self._settings.get(told[0][0].server_id, LANGUAGE)
        drafts: list[Draft] = []
        for member, what in told:
            if member.dm_channel_id is None:
                await _later(tx, member, what, now)
                continue
            body = Told(what, about, self.language([member], fallback)).to_text()
            drafts.append(
                Draft(
                    TELL,
                    f"{what}.{about}.{member.id}",
                    member.server_id,
                    member.dm_channel_id,
                    body,
                    now,
                    now + course.TELLING,
                    member.user_id,
                )
            )
        await jobs.add_messages(tx, drafts)

    def language(self, members: Sequence[Member], fallback: str) -> str:
        """Give the first language of all of these that the bot speaks, else the server's."""
        first = members[0].wishes.languages
        shared = [code for code in first if all(code in m.wishes.languages for m in members)]
        return next((code for code in shared if self._speaks(code)), fallback)

    # The promise to tell: bot.jobs.runner.Promises

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Nothing: it is told when it happens, without a timer."""
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Write to whoever still takes part; ask only who has not answered by another way."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        for message in messages:
            told = Told.from_text(message.body)
            member = await _recipient(tx, message)
            if member is None or member.dm_channel_id is None or message.server_id in departed:
                reasons[message.id] = "left"
            elif told.what is Tell.ASK:
                one = await rounds_store.round_(tx, told.about)
                answers = await rounds_store.answers(tx, told.about)
                if one is None or one.state is not RoundState.ASKING:
                    reasons[message.id] = "over"
                elif member.user_id in answers:
                    reasons[message.id] = "answered"
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """After a refusal write to them no more; what did not arrive is told another time."""
        if state is Ended.SENT or reason in {"left", "over", "answered"}:
            return
        told = Told.from_text(message.body)
        # An introduction is held before its members: everybody who holds both does.
        held = await _hold(tx, told.about) if told.what is Tell.INTRODUCED else None
        user_id = message.recipient_user_id
        if user_id is None:
            return
        member = await store.hold_member(tx, message.server_id, user_id)
        if member is None:
            return
        if state is Ended.REFUSED:
            await store.put_members(tx, [replace(member, dm_channel_id=None)])
        if held is not None:
            await self._not_introduced(tx, held[1], user_id, now)
        await _later(tx, member, told.what, now)

    async def _not_introduced(
        self, tx: Transaction, one: Introduction, user_id: int, now: datetime
    ) -> None:
        """End one by direct message that did not reach somebody: the others would wait in vain."""
        if not course.is_live(one):
            return
        await rounds_store.put_introduction(tx, course.ended(one, now))
        await jobs.clear_timers(tx, FOLLOWUP, [one.id])
        found = [
            await store.member(tx, one.server_id, other) for other in one.people if other != user_id
        ]
        told = [(member, Tell.OVER) for member in found if member is not None]
        await self.tell(tx, told, one.id, now)


async def _recipient(tx: Transaction, message: Message) -> Member | None:
    user_id = message.recipient_user_id
    return None if user_id is None else await store.member(tx, message.server_id, user_id)


async def _later(tx: Transaction, member: Member, what: Tell, now: datetime) -> None:
    if what is Tell.INTRODUCED:
        what = Tell.NOT_MADE
    if what not in course.BY_MESSAGE_ONLY:
        await tell_later(tx, member.user_id, member.server_id, f"pairing.{what}", now)


# Introductions


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

    def __init__(
        self,
        database: Database,
        settings: Settings,
        notices: Notices,
        members: Members,
        telling: Telling,
        shipped: Shipped,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`wake` makes the runner look now, because something may be due sooner than it knew."""
        self._database = database
        self._settings = settings
        self._notices = notices
        self._members = members
        self._telling = telling
        self._shipped = shipped
        self._clock = clock
        self._wake = wake
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
        if one is None or not _is_open(one, self._clock()):
            return None
        asked = course.looks_for_another(user_id, theirs)
        return last if course.may_have_another(user_id, theirs) and not asked else None

    async def recent(self, server_id: int, user_id: int) -> list[int]:
        """Give with whom somebody was brought together lately: bot.blocks offers them."""
        async with self._database.read() as read:
            return await rounds_store.met_by(read, server_id, user_id, SUGGESTED)

    async def scene(self, reference: str, user_id: int) -> Scene | None:
        """Give what the safety buttons on an introduction stand for: bot.scenes."""
        one = await self.introduction(reference)
        if one is None or all(place.user_id != user_id for place in one.places):
            return None
        others = tuple(place.user_id for place in one.places if place.user_id != user_id)
        if len(others) == 1:
            return Scene(one.server_id, others[0], one.thread_id)
        return Scene(one.server_id, None, one.thread_id, others)

    # Bringing people together

    async def introduce(
        self,
        tx: Transaction,
        one: Round,
        plan: Plan,
        groups: Sequence[Sequence[Member]],
        now: datetime,
    ) -> None:
        """Promise to introduce the people of each group, in the order of the groups."""
        if not groups:
            return
        fallback = await self._settings.get(one.server_id, LANGUAGE)
        for first in range(0, len(groups), AT_ONCE):
            # In parts, so that a round of ten thousand holds nobody else up.
            made = [
                self._made(one, group, self._telling.language(group, fallback), now)
                for group in groups[first : first + AT_ONCE]
            ]
            await rounds_store.add_introductions(tx, made)
            await jobs.add_messages(tx, [_promise(each, plan, now) for each in made])

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
            held = await _hold(tx, introduction_id)
            if held is None:
                return False
            one = replace(held[1], thread_id=thread_id)
            if held[1].thread_id != thread_id:
                await rounds_store.put_introduction(tx, one)
            if not course.is_live(one):
                await _seal(tx, one, now)
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
            for each in await rounds_store.oldest_threads(tx, server_id, course.AT_ONCE):
                held = await _hold(tx, each.id)
                if own is None or held is None or held[0].number >= own.number:
                    continue
                if held[1].state is IntroductionState.INTRODUCED:
                    await self._end_and_tell(tx, held[0], held[1], now)
            await self._notices.raise_notice(tx, server_id, "pairing_many_threads", SUBJECT, now)
        self._wake()

    # What people do

    async def check_in(self, user_id: int, introduction_id: str) -> None:
        """Raise UserError unless somebody is in an introduction that is not yet over."""
        one = await self.introduction(introduction_id)
        if one is None or not course.is_live(one) or not course.has_place(one, user_id):
            raise UserError("pairing.cannot.over")

    async def say(self, user_id: int, introduction_id: str, said: Said) -> None:
        """Take an answer to “did you get to talk?”; two of them end it. Raises UserError."""
        now = self._clock()
        async with self._database.transaction() as tx:
            one, mine = await self._theirs(tx, user_id, introduction_id)
            if not course.has_place(mine, user_id) or not course.is_live(mine):
                raise UserError("pairing.cannot.over")
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
            all_of_round = await rounds_store.of_round(tx, one.id)
            theirs = those_of(all_of_round, user_id)
            if not _is_open(one, now) or not course.may_have_another(user_id, theirs):
                raise UserError("pairing.cannot.another")
            said = course.answered(mine, user_id, Said.ANOTHER, now)
            await rounds_store.put_introduction(tx, said)
            await look_again(tx, one, mine.id, now)
        self._wake()

    # Parts of what others do

    async def part(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what somebody who leaves is in; the others are told, or brought together anew."""
        for each in await rounds_store.of_person(tx, user_id, server_id, live=True):
            held = await _hold(tx, each.id)
            if held is not None and course.is_live(held[1]):
                await self._leave(tx, held[0], held[1], user_id, now)

    async def parted(
        self, tx: Transaction, server_id: int, one: int, other: int, now: datetime
    ) -> None:
        """End what two people are in who must not be together.

        Nobody counts as having left, so who parted them looks the same to all of them, and each may
        be brought together with somebody else.
        """
        for each in await rounds_store.of_person(tx, one, server_id, live=True):
            held = await _hold(tx, each.id)
            if held is None or not course.is_live(held[1]):
                continue
            if not (course.has_place(held[1], one) and course.has_place(held[1], other)):
                continue
            await self._end_and_tell(tx, held[0], held[1], now)

    async def erased(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """End what somebody is in, in all servers, before all that is theirs is deleted."""
        for each in await rounds_store.of_person(tx, user_id, live=True):
            await self.part(tx, each.server_id, user_id, now)
        # A draw under way has written what it writes of them before anything is deleted.
        await store.hold_person(tx, user_id)

    # Inside

    async def _end_and_tell(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        after = await self.end(tx, mine, now)
        if not _is_open(one, now):
            return
        if after.state is IntroductionState.DROPPED:
            await look_again(tx, one, mine.id, now)
            return
        found = [await store.member(tx, one.server_id, user_id) for user_id in after.people]
        told = [(member, Tell.OVER) for member in found if member is not None]
        await self._telling.tell(tx, told, mine.id, now)

    async def _theirs(
        self, tx: Transaction, user_id: int, introduction_id: str
    ) -> tuple[Round, Introduction]:
        held = await _hold(tx, introduction_id)
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
        if plan is None or not _is_open(one, now):
            return
        found = [await store.member(tx, one.server_id, other) for other in others]
        there = [member for member in found if member is not None]
        if len(there) == 2 and not await forbidden(tx, one.server_id, others):
            # Two of three are still there for each other, in a thread without the third.
            await self.introduce(tx, one, plan, [there], now)
        elif after.state is IntroductionState.DROPPED:
            await look_again(tx, one, mine.id, now)
        else:
            await self._telling.tell(tx, [(each, Tell.OVER) for each in there], mine.id, now)
        if said is Said.ANOTHER:
            await look_again(tx, one, mine.id, now)

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
        await rounds_store.put_introduction(tx, after)
        await jobs.clear_timers(tx, FOLLOWUP, [one.id])
        await jobs.drop_open(tx, FOLLOWUP, one.id, now, "over")
        await jobs.drop_open(tx, INTRODUCTION, one.id, now, "over")
        await _seal(tx, after, now)
        return after


def _promise(one: Introduction, plan: Plan, now: datetime) -> Draft:
    late_at = now + course.INTRODUCING
    return Draft(INTRODUCTION, one.id, one.server_id, plan.channel_id, "", now, late_at)


async def _hold(tx: Transaction, introduction_id: str) -> tuple[Round, Introduction] | None:
    """One introduction and its round, held until the transaction ends."""
    seen = await rounds_store.introduction(tx, introduction_id)
    if seen is None:
        return None
    one = await rounds_store.hold_round(tx, seen.round_id)
    # Read again: it may have changed while its round was waited for.
    found = await rounds_store.introduction(tx, introduction_id)
    return None if one is None or found is None else (one, found)


async def _seal(tx: Transaction, one: Introduction, now: datetime) -> None:
    """Promise to close the thread of an introduction that is over; once, whoever asks."""
    if one.thread_id is None:
        return
    at = one.ended_at or now
    late_at = at + course.CLOSING
    draft = Draft(CLOSE, one.id, one.server_id, one.thread_id, "", at, late_at)
    await jobs.add_messages(tx, [draft])


async def look_again(tx: Transaction, one: Round, why: str, now: datetime) -> None:
    """Promise to look once more for those in a round who are without a peer.

    `why` names what freed them: two such promises of one second are two.
    """
    subject = f"{one.id}.{why}"
    draft = Draft(AGAIN, subject, one.server_id, 0, "", now, now + course.DRAWING)
    await jobs.add_messages(tx, [draft])


def _is_open(one: Round, now: datetime) -> bool:
    return one.state is RoundState.DRAWN and now < one.ends_at


def those_of(introductions: Sequence[Introduction], user_id: int) -> list[Introduction]:
    """Those in which somebody has, or had, a place."""
    return [
        each for each in introductions if any(place.user_id == user_id for place in each.places)
    ]


# What the clock does: bot.jobs.runner.Promises


class Introducing:
    """Keeps the promises to introduce, to ask once how it went, and to close."""

    def __init__(
        self, settings: Settings, notices: Notices, introductions: Introductions, telling: Telling
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._introductions = introductions
        self._telling = telling

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Ask how it went, or end what belongs to a round whose time is up."""
        drafts: list[Draft] = []
        for timer in timers:
            if timer.kind == CLOSE:
                await self._close_round(tx, timer.subject, now)
                continue
            held = await _hold(tx, timer.subject)
            if held is None or held[1].state is not IntroductionState.INTRODUCED:
                continue
            one = held[1]
            if one.thread_id is None:
                members = await self._people(tx, one)
                await self._telling.tell(tx, [(m, Tell.TALKED) for m in members], one.id, now)
                continue
            late_at = timer.due_at + FOLLOWUP_GRACE
            drafts.append(
                Draft(FOLLOWUP, one.id, one.server_id, one.thread_id, "", timer.due_at, late_at)
            )
        return drafts, []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look once more whether those to be introduced are there, and may meet."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        consenting: dict[int, frozenset[int]] = {}
        for message in messages:
            if message.server_id in departed:
                reasons[message.id] = "left"
                continue
            if message.kind == CLOSE:
                continue
            one = await rounds_store.introduction(tx, message.subject)
            if one is None:
                reasons[message.id] = "over"
            elif message.kind == FOLLOWUP:
                if one.state is not IntroductionState.INTRODUCED:
                    reasons[message.id] = "over"
            elif not await self._settings.get(one.server_id, ENABLED):
                reasons[message.id] = "switched off"
            else:
                if one.server_id not in consenting:
                    consenting[one.server_id] = await agreed(tx, one.server_id)
                reason = await _why_not(tx, one, consenting[one.server_id])
                if reason is not None:
                    reasons[message.id] = reason
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Write down that people are introduced, or see to them where they could not be."""
        if message.kind != INTRODUCTION:
            return
        held = await _hold(tx, message.subject)
        if held is None:
            return
        one, mine = held
        if state in {Ended.SENT, Ended.UNCERTAIN}:
            # They met, or may have, even if one of them has left before it was known.
            placed = [place.user_id for place in mine.places]
            await rounds_store.put_met(tx, one.server_id, course.met_in(placed, one.number, now))
        if not course.is_live(mine):
            # It ended while it was on its way: its thread, if there is one, is closed.
            await _seal(tx, mine, now)
            return
        if mine.state is IntroductionState.INTRODUCED:
            return
        if state is Ended.SENT:
            await self._notices.close(tx, one.server_id, SUBJECT, now)
            await self._introduced(tx, one, mine, now)
        elif state is Ended.REFUSED and reason == APART:
            await self._apart(tx, one, mine, now)
        elif state is Ended.REFUSED:
            await self._no_thread(tx, one, mine, now)
        elif state is Ended.SKIPPED and reason not in {"late", "switched off", "left"}:
            await self._apart(tx, one, mine, now)
        else:
            if state is Ended.UNCERTAIN:
                await self._notices.raise_notice(
                    tx, one.server_id, "pairing_uncertain", SUBJECT, now
                )
            await self._not_made(tx, one, mine, now)

    # Inside

    async def _introduced(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        after = replace(mine, state=IntroductionState.INTRODUCED)
        await rounds_store.put_introduction(tx, after)
        await rounds_store.put_met(tx, one.server_id, course.met_in(mine.people, one.number, now))
        members = await self._people(tx, mine)
        await store.put_members(tx, [course.introduced(member) for member in members])
        plan = await rounds_store.plan(tx, one.server_id)
        if plan is not None and plan.followup_days:
            at = now + timedelta(days=plan.followup_days)
            if at < one.ends_at:
                await jobs.set_timers(tx, [Timer(FOLLOWUP, mine.id, mine.server_id, at)])

    async def _no_thread(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        """Say it to who can act; introduce by direct message where all have asked for those."""
        plan = await rounds_store.plan(tx, one.server_id)
        if plan is not None:
            await self._notices.raise_notice(
                tx, one.server_id, "pairing_no_thread", SUBJECT, now, channel=plan.channel_id
            )
        members = await self._people(tx, mine)
        if mine.thread_id is None and all(m.dm_channel_id is not None for m in members):
            await self._introduced(tx, one, mine, now)
            await self._telling.tell(tx, [(m, Tell.INTRODUCED) for m in members], mine.id, now)
        else:
            await self._not_made(tx, one, mine, now)

    async def _not_made(
        self, tx: Transaction, one: Round, mine: Introduction, now: datetime
    ) -> None:
        """Nobody is to blame; they are first the next time."""
        after = course.ended(mine, now)
        await rounds_store.put_introduction(tx, after)
        await _seal(tx, after, now)
        members = await self._people(tx, mine)
        await store.put_members(tx, [course.waited(m, Tell.NOT_MADE) for m in members])
        await self._telling.tell(tx, [(m, Tell.NOT_MADE) for m in members], mine.id, now)

    async def _apart(self, tx: Transaction, one: Round, mine: Introduction, now: datetime) -> None:
        """One is no longer there, or they may not meet any more: look again for the rest."""
        after = course.ended(mine, now)
        await rounds_store.put_introduction(tx, after)
        await _seal(tx, after, now)
        if _is_open(one, now):
            await look_again(tx, one, mine.id, now)

    async def _close_round(self, tx: Transaction, round_id: str, now: datetime) -> None:
        one = await rounds_store.hold_round(tx, round_id)
        if one is None or one.state is not RoundState.DRAWN:
            return
        await rounds_store.put_round(tx, replace(one, state=RoundState.ENDED))
        await rounds_store.delete_answers(tx, round_id)
        every = await rounds_store.of_round(tx, round_id)
        for each in every:
            if course.is_live(each):
                await self._introductions.end(tx, each, now)
        await self._tell_who_waits(tx, one, now)
        plan = await rounds_store.plan(tx, one.server_id)
        if one.confirm or plan is None or not plan.followup_days:
            # They had said yes to it beforehand, or nobody asks.
            return
        silent: list[Member] = []
        quiet = {
            place.user_id: each
            for each in every
            if each.state is IntroductionState.INTRODUCED
            for place in each.places
            if place.left_at is None and place.said is None
        }
        for user_id, each in sorted(quiet.items()):
            member = await store.hold_member(tx, one.server_id, user_id)
            if member is not None and member.is_in(now) and await _was_asked(tx, each, member):
                silent.append(course.said_nothing(member))
        await store.put_members(tx, silent)
        paused = [(member, Tell.SILENT) for member in silent if not member.is_in(now)]
        await self._telling.tell(tx, paused, one.id, now)

    async def _tell_who_waits(self, tx: Transaction, one: Round, now: datetime) -> None:
        """Tell whoever was still to be brought together with somebody when the time was up."""
        every = await rounds_store.of_round(tx, one.id)
        told: list[tuple[Member, Tell]] = []
        for user_id in sorted({place.user_id for each in every for place in each.places}):
            theirs = those_of(every, user_id)
            waits = course.looks_for_another(user_id, theirs)
            if not waits or course.was_offered(theirs[-1], user_id):
                continue
            member = await store.hold_member(tx, one.server_id, user_id)
            if member is not None and course.may_go_on(member, now):
                told.append((course.waited(member, Tell.ODD), Tell.ODD))
        await store.put_members(tx, [member for member, _ in told])
        await self._telling.tell(tx, told, one.id, now)

    async def _people(self, tx: Transaction, one: Introduction) -> list[Member]:
        found = [await store.hold_member(tx, one.server_id, user_id) for user_id in one.people]
        return [member for member in found if member is not None]


async def _was_asked(tx: Transaction, one: Introduction, member: Member) -> bool:
    """Whether it was asked of somebody how it went: in their thread, or by direct message."""
    kind, subject = FOLLOWUP, one.id
    if one.thread_id is None:
        kind, subject = TELL, f"{Tell.TALKED}.{one.id}.{member.id}"
    return any(
        message.state is Ended.SENT for message in await jobs.messages_of(tx, kind, subject, 1)
    )


async def _why_not(tx: Transaction, one: Introduction, consenting: Collection[int]) -> str | None:
    """Why people are not to be introduced after all, if they are not."""
    if one.state is not IntroductionState.PENDING:
        return "over"
    people = one.people
    if len(people) < 2 or len(people) < len(one.places):
        return "someone left"
    if not all(user_id in consenting for user_id in people):
        return "no consent"
    if await forbidden(tx, one.server_id, people):
        return "parted"
    return None
