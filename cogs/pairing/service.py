"""Who takes part in pairing: joined, changed, paused and left by members themselves.

`Members` is what people do; each use case is one transaction. `Renewing` is what the clock does:
the runner of `bot.jobs` calls it inside its transactions.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import uuid4

from bot import audit
from bot.bounds import bounds_of
from bot.clock import Clock
from bot.consent import service as consent
from bot.consent.model import Consent
from bot.content import DATA, Load, by_language, load_yaml
from bot.counting import Counting
from bot.database import Database, Reading, Transaction
from bot.errors import UserError
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.news.service import tell
from bot.notices.service import Notices
from bot.privacy import Holding, Kind, Shown
from bot.settings.service import Settings
from bot.zones import zone_info
from cogs.pairing import store
from cogs.pairing.content import OWN, USUAL, Content, check_topic, parse
from cogs.pairing.model import (
    ANSWER_RENEWAL,
    ASKING_GRACE,
    CONSENT,
    CONSENT_VERSION,
    MOST_LANGUAGES,
    MOST_TOPICS,
    TOPICS_LIMIT,
    Member,
    Topic,
    Why,
    Wishes,
)
from cogs.pairing.promises_service import next_draw
from cogs.pairing.settings import ENABLED

RENEWAL = "pairing.renewal"
"""The kind of the promise to ask a member again; its subject is the member's id."""


def _as_met(row: Shown) -> Shown:
    pair = row["owner_user_id"], row["met_user_id"]
    first, second = sorted(cast("tuple[int, int]", pair))
    return {
        "server_id": row["server_id"],
        "first_user_id": first,
        "second_user_id": second,
        "round_number": row["round_number"],
        "met_at": row["met_at"],
    }


HOLDINGS = (
    Holding(table="pairing_members", person="user_id", kind=Kind.OWN),
    Holding(table="pairing_topics"),
    Holding(table="pairing_plans"),
    Holding(table="pairing_rounds", kept_days=364, kept_since="ends_at"),
    Holding(
        table="pairing_answers",
        person="user_id",
        kind=Kind.OWN,
        kept_days=120,
        kept_since="answered_at",
    ),
    Holding(table="pairing_introductions", kept_days=30, kept_since="ends_at", working=True),
    Holding(
        table="pairing_places", person="user_id", kind=Kind.OWN, kept_days=30, kept_since="ended_at"
    ),
    Holding(
        table="pairing_met",
        person="first_user_id",
        kind=Kind.OWN,
        kept_days=364,
        kept_since="met_at",
    ),
    Holding(
        table="pairing_met",
        person="second_user_id",
        kind=Kind.OWN,
        kept_days=364,
        kept_since="met_at",
    ),
    Holding(
        table="pairing_met_before",
        person="owner_user_id",
        kind=Kind.OWN,
        kept_days=364,
        kept_since="met_at",
        shown_as="pairing_met",
        shown=_as_met,
    ),
    Holding(
        table="pairing_met_before",
        person="met_user_id",
        kind=Kind.ABOUT,
        kept_days=364,
        kept_since="met_at",
    ),
)
"""Who met whom is kept for as long as a repeat is dear, a year of weekly rounds, and no longer.
Where one of the two erases it, the other keeps their own record until `NEVER_WITHIN` rounds are
over: erasing never opens a door to somebody who need not meet them again. They see it as they see
every meeting, for nobody is told who erased what is theirs.

Answers go when their round is over; their days are longer than the longest round, for one that the
bot does not see end. An introduction counts for as long as its round lasts, however early it ended.
"""

CONTENT = DATA / "content" / "pairing"
"""What ships, one file a language."""

Shipped = Mapping[str, Content]
"""The shipped topics and openers by language."""

Leaving = Callable[[Transaction, int, int, datetime], Awaitable[None]]
"""Is told of server and person, in the transaction in which somebody leaves pairing."""


def shipped_content(*, load: Load = load_yaml, judged: bool = True) -> Shipped:
    """Read what ships; raises ContentError. That its sentences are fit, the doctor checks."""
    return {
        language: parse(document.data, document.error, judged=judged)
        for language, document in by_language(CONTENT, load)
    }


async def agreed(
    read: Reading, server_id: int, among: Sequence[int] | None = None
) -> frozenset[int]:
    """Who in a server, or of some people, said yes to the words as they are now: nobody else is
    ever drawn.
    """
    return await consent.everybody(read, server_id, CONSENT, CONSENT_VERSION, among)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all use cases of pairing stand on."""

    database: Database
    settings: Settings
    notices: Notices
    shipped: Shipped
    speaks: Callable[[str], bool]
    """Whether the bot has words in a language."""
    clock: Clock
    wake: Callable[[], None]
    """Makes the runner look now, because something may be due sooner than it knew."""
    counting: Counting


class Members:
    """What members do about pairing, and what moderators do with the topics."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._settings = ground.settings
        self._shipped = ground.shipped
        self._clock = ground.clock
        self._wake = ground.wake
        self._leavings: list[Leaving] = []

    def when_leaving(self, listener: Leaving) -> None:
        """Be told, in the same transaction, of everybody who leaves."""
        self._leavings.append(listener)

    # Reading

    async def of_person(self, user_id: int, server_id: int | None = None) -> tuple[Member, ...]:
        """Give what somebody takes part in, in one server or in all."""
        async with self._database.read() as read:
            found = await store.of_person(read, user_id)
        return tuple(one for one in found if server_id in (None, one.server_id))

    async def one(self, user_id: int, member_id: str) -> Member:
        """Give one membership of somebody; raises UserError when it is not theirs or is gone."""
        async with self._database.read() as read:
            found = await store.of_person(read, user_id)
        return _theirs({one.id: one for one in found}.get(member_id), user_id)

    async def to_renew(self, member: Member) -> bool:
        """Whether their yes is due to be asked for again, or was to other words."""
        async with self._database.read() as read:
            given = await consent.given(read, member.user_id, member.server_id, CONSENT)
        return _is_due(given, self._clock())

    async def offered(self, server_id: int, language: str) -> tuple[Topic, ...]:
        """Give the topics that a server offers, named in a language."""
        async with self._database.read() as read:
            chosen = await store.topics(read, server_id)
        return self._named(chosen, language)

    def every_topic(self, language: str) -> tuple[Topic, ...]:
        """Give all topics that ship, named in a language."""
        return self._in(language).topics

    async def next_round(self, server_id: int) -> datetime | None:
        """Give when a server next draws; None where nothing is planned or pairing is off."""
        if not await self._settings.get(server_id, ENABLED):
            return None
        async with self._database.read() as read:
            return await next_draw(read, server_id)

    # What members do

    async def check_open(self, server_id: int) -> None:
        """Raise UserError unless members of this server can join pairing."""
        if not await self._settings.get(server_id, ENABLED):
            raise UserError("pairing.refused.off")
        if not (await bounds_of(self._settings, server_id)).decided:
            raise UserError("pairing.refused.undecided")

    async def join(self, server_id: int, user_id: int, wishes: Wishes, zone: str) -> Member:
        """Take part with these wishes, or go on with others than before.

        Called when they have agreed to the words of CONSENT_VERSION. Whoever asked for direct
        messages says so afterwards, by `write_to`. Raises UserError.
        """
        await self.check_open(server_id)
        offered = {topic.id for topic in await self.offered(server_id, "en")}
        _check(wishes, offered)
        zone_info(zone)
        now = self._clock()
        async with self._database.transaction() as tx:
            made = Member(uuid4().hex[:16], server_id, user_id, wishes, zone, now)
            mine = await store.of_person(tx, user_id)
            await jobs.hold_timers(tx, RENEWAL, [one.id for one in mine])
            if not await store.add_member(tx, made):
                before = _theirs(await store.hold_member(tx, server_id, user_id), user_id)
                made = replace(before, wishes=wishes, zone=zone).resumed()
                await store.put_members(tx, [made])
            await _agree(tx, made, now)
        self._wake()
        return made

    async def write_to(self, user_id: int, member_id: str, channel_id: int | None) -> Member:
        """Write to them by direct messages in this channel; None: not any more."""
        return await self._change(
            user_id, member_id, lambda one: replace(one, dm_channel_id=channel_id)
        )

    async def pause(self, user_id: int, member_id: str, until: datetime | None = None) -> Member:
        """Pause until a moment, or until they go on. What is under way goes on."""
        if until is not None and until <= self._clock():
            raise UserError("pairing.refused.until")
        now = self._clock()
        async with self._database.transaction() as tx:
            after = (await _own(tx, user_id, member_id)).paused(until)
            await store.put_members(tx, [after])
            given = await consent.given(tx, user_id, after.server_id, CONSENT)
            if given is not None and given.renew_at <= now:
                # The moment to ask has passed, perhaps in a pause without an end: that of their
                # return takes its place.
                await jobs.set_timers(tx, await _when_back(tx, after, given))
        self._wake()
        return after

    async def resume(self, user_id: int, member_id: str) -> Member:
        """Take part again. Where they were due to be asked again, going on is their answer.

        Raises UserError where the words have changed since their yes: those are to be read first.
        """
        now = self._clock()
        async with self._database.transaction() as tx:
            before = await _own(tx, user_id, member_id)
            given = await consent.given(tx, user_id, before.server_id, CONSENT)
            if given is None or given.version != CONSENT_VERSION:
                raise UserError("pairing.refused.words_changed")
            after = before.resumed()
            await store.put_members(tx, [after])
            await went_on(tx, after, now)
        self._wake()
        return after

    async def skip(self, user_id: int, member_id: str, *, skip: bool = True) -> Member:
        """Leave the next round out, or take that back."""
        return await self._change(user_id, member_id, lambda one: replace(one, skip_next=skip))

    async def leave(self, user_id: int, member_id: str) -> Member:
        """Delete what is kept of them here, with their yes, and end what is under way."""
        now = self._clock()
        async with self._database.transaction() as tx:
            mine = {one.id: one for one in await store.of_person(tx, user_id)}
            one = _theirs(mine.get(member_id), user_id)
            await self._remove(tx, one, now)
        self._wake()
        return one

    # Who has left the server: bot.membership

    async def held(self, read: Reading) -> set[tuple[int, int]]:
        """Give server and person of everybody who takes part."""
        return await store.held(read)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """End what somebody had in a server that they are no longer in."""
        one = await store.member(tx, server_id, user_id)
        if one is not None:
            await self._remove(tx, one, now)

    # Who took their yes back: bot.consent

    async def end(self, tx: Transaction, user_id: int, server_id: int) -> None:
        """End what somebody takes part in, as leaving does."""
        await self.left(tx, server_id, user_id, self._clock())

    # What moderators do with the topics

    async def choose_topics(self, server_id: int, ids: Sequence[str], *, by: int) -> None:
        """Offer these shipped topics and, before them, what the server wrote itself."""
        known = {topic.id for topic in self._in("en").topics}
        wanted = [Topic(id_) for id_ in dict.fromkeys(ids) if id_ in known]

        def change(before: Sequence[Topic]) -> list[Topic]:
            return [*(one for one in before if one.name is not None), *wanted]

        await self._change_topics(server_id, by, "topics", change)

    async def add_topic(self, server_id: int, name: str, *, by: int) -> Topic:
        """Offer a topic of the server's own; raises UserError for what no store may come to hold.

        A topic is what somebody likes, never how they are.
        """
        others = [
            topic.name or ""
            for language in self._shipped
            for topic in await self.offered(server_id, language)
        ]
        made = Topic(f"{OWN}{uuid4().hex[:8]}", check_topic(name, others))
        await self._change_topics(server_id, by, "topic_add", lambda before: [made, *before])
        return made

    async def remove_topic(self, server_id: int, topic_id: str, *, by: int) -> None:
        """Offer a topic no more. Who had wished for it is drawn as if they had not."""

        def change(before: Sequence[Topic]) -> list[Topic]:
            return [one for one in before if one.id != topic_id]

        await self._change_topics(server_id, by, "topic_remove", change)

    async def reset_topics(self, server_id: int, *, by: int) -> None:
        """Offer what ships, as if nobody had ever chosen."""
        await self._change_topics(server_id, by, "topics_reset", lambda _: [])

    # Inside

    def _in(self, language: str) -> Content:
        return self._shipped.get(language) or self._shipped["en"]

    def _named(self, chosen: Sequence[Topic], language: str) -> tuple[Topic, ...]:
        shipped = self._in(language).topics
        if not chosen:
            return shipped[:USUAL]
        named = {topic.id: topic for topic in shipped}
        return tuple(
            one if one.name is not None else named[one.id]
            for one in chosen
            # A later version may no longer have one that moderators chose.
            if one.name is not None or one.id in named
        )

    async def _change(
        self, user_id: int, member_id: str, change: Callable[[Member], Member]
    ) -> Member:
        async with self._database.transaction() as tx:
            after = change(await _own(tx, user_id, member_id))
            await store.put_members(tx, [after])
        self._wake()
        return after

    async def _remove(self, tx: Transaction, one: Member, now: datetime) -> None:
        await jobs.hold_timers(tx, RENEWAL, [one.id])
        await jobs.hold_open(tx, (RENEWAL,), [one.id])
        for leaving in self._leavings:
            await leaving(tx, one.server_id, one.user_id, now)
        # Only now: whoever holds a member and then waits for a round waits in a ring with a draw.
        await store.hold_member(tx, one.server_id, one.user_id)
        await jobs.clear_timers(tx, RENEWAL, [one.id])
        await jobs.drop_open(tx, RENEWAL, one.id, now, "left")
        await store.delete_member(tx, one.server_id, one.user_id)
        await consent.withdraw(tx, one.user_id, one.server_id, CONSENT)

    async def _change_topics(
        self,
        server_id: int,
        by: int,
        verb: str,
        change: Callable[[Sequence[Topic]], list[Topic]],
    ) -> None:
        async with self._database.transaction() as tx:
            stored = await store.topics(tx, server_id)
            before = stored or tuple(Topic(one.id) for one in self._in("en").topics[:USUAL])
            after = change(before)
            if not after and verb == "topic_remove":
                raise UserError("pairing.topics.refused.last")
            if len(after) > TOPICS_LIMIT:
                raise UserError("pairing.topics.refused.too_many", limit=TOPICS_LIMIT)
            if tuple(after) == stored:
                return
            await store.put_topics(tx, server_id, after)
            told = [json.dumps([one.name or one.id for one in each]) for each in (before, after)]
            line = audit.Line.of(
                server_id, by, self._clock(), f"pairing.{verb}", "topics", told[0], told[1]
            )
            await audit.record(tx, line)


def _check(wishes: Wishes, offered: set[str]) -> None:
    """Refuse wishes that no form of ours makes; raises UserError."""
    known = wishes.topics | wishes.avoid
    if (
        not 1 <= len(wishes.languages) <= MOST_LANGUAGES
        or len(set(wishes.languages)) < len(wishes.languages)
        or len(wishes.topics) > MOST_TOPICS
        or len(wishes.avoid) > MOST_TOPICS
        or not known <= offered
    ):
        raise UserError("pairing.refused.wishes")
    if wishes.topics & wishes.avoid:
        raise UserError("pairing.refused.both_ways")


async def _own(tx: Transaction, user_id: int, member_id: str) -> Member:
    await jobs.hold_timers(tx, RENEWAL, [member_id])
    return _theirs((await store.by_ids(tx, [member_id])).get(member_id), user_id)


def _theirs(found: Member | None, user_id: int) -> Member:
    if found is None or found.user_id != user_id:
        raise UserError("pairing.refused.gone")
    return found


def _is_due(given: Consent | None, now: datetime) -> bool:
    return given is None or given.version != CONSENT_VERSION or given.renew_at <= now


async def _agree(tx: Transaction, one: Member, now: datetime) -> None:
    given = await consent.give(tx, one.user_id, one.server_id, CONSENT, CONSENT_VERSION, now)
    await jobs.set_timers(tx, [Timer(RENEWAL, one.id, one.server_id, given.renew_at)])


async def went_on(tx: Transaction, one: Member, now: datetime) -> None:
    """See to it that somebody who takes part again is asked again in time.

    Where they were due to be asked, going on is their answer; else the timer is set once more, for
    it is gone if it came due in a pause without an end.
    """
    given = await consent.given(tx, one.user_id, one.server_id, CONSENT)
    if given is None:
        return
    if given.renew_at <= now:
        await _agree(tx, one, now)
    else:
        await jobs.set_timers(tx, [Timer(RENEWAL, one.id, one.server_id, given.renew_at)])


class Renewing:
    """Keeps the promise to ask a member again every half year, and to take silence for a pause.

    Its timer stands first at the moment of asking, `renew_at` of the consent, and then at the end
    of the time to answer. Who allowed no direct messages is asked at their next command.
    """

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Ask, or pause what nobody answered for. Who is paused is not asked."""
        found = await store.by_ids(tx, [timer.subject for timer in timers])
        drafts: list[Draft] = []
        again: list[Timer] = []
        for timer in timers:
            one = found.get(timer.subject)
            given = one and await consent.given(tx, one.user_id, one.server_id, CONSENT)
            if one is None or given is None:
                continue
            if not one.is_in(now):
                again += await _when_back(tx, one, given)
            elif timer.due_at > given.renew_at:
                await store.put_members(tx, [one.paused(None, Why.RENEWAL)])
                await tell(tx, one.user_id, one.server_id, "pairing.paused_renewal", now)
            elif one.dm_channel_id is None:
                await tell(tx, one.user_id, one.server_id, "pairing.renew", now)
                again.append(replace(timer, due_at=now + ANSWER_RENEWAL))
            else:
                drafts.append(_asking(one, one.dm_channel_id, timer.due_at))
        return drafts, again

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Ask only who takes part, and in the channel that is theirs now."""
        found = await store.by_ids(tx, [message.subject for message in messages])
        refused: dict[str, str] = {}
        for message in messages:
            one = found.get(message.subject)
            if one is None:
                refused[message.id] = "left"
            elif not one.is_in(now) or one.dm_channel_id != message.channel_id:
                refused[message.id] = "paused"
        return refused

    async def settled(
        self, tx: Transaction, message: Message, state: Ended, reason: str | None, now: datetime
    ) -> None:
        """Wait for an answer; what could not be asked in time is asked at that hour tomorrow."""
        await jobs.hold_timers(tx, RENEWAL, [message.subject])
        one = (await store.by_ids(tx, [message.subject])).get(message.subject)
        given = one and await consent.given(tx, one.user_id, one.server_id, CONSENT)
        if one is None or given is None:
            return
        again = now + ANSWER_RENEWAL
        if not one.is_in(now):
            await jobs.set_timers(tx, await _when_back(tx, one, given))
            return
        if state is Ended.REFUSED:
            # Never a second try: they are asked at their next command instead.
            await store.put_members(tx, [replace(one, dm_channel_id=None)])
            await tell(tx, one.user_id, one.server_id, "pairing.renew", now)
        elif state is Ended.SKIPPED:
            again = message.due_at
            while again <= now:
                again += timedelta(days=1)
            await consent.postpone(tx, given, again)
        await jobs.set_timers(tx, [Timer(RENEWAL, one.id, one.server_id, again)])


async def _when_back(tx: Transaction, one: Member, given: Consent) -> list[Timer]:
    """Ask who is paused when they are back; where they end the pause by hand, that is an answer."""
    if one.paused_until is None:
        return []
    await consent.postpone(tx, given, one.paused_until)
    return [Timer(RENEWAL, one.id, one.server_id, one.paused_until)]


def _asking(one: Member, channel_id: int, due_at: datetime) -> Draft:
    body = json.dumps({"member": one.id, "language": one.wishes.languages[0]})
    return Draft(
        RENEWAL,
        one.id,
        one.server_id,
        channel_id,
        body,
        due_at,
        due_at + ASKING_GRACE,
        one.user_id,
    )
