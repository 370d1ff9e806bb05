"""What members are told: by direct message to whoever asked for those, else at their next command.

A round tells the same few things (`course.Tell`) to many people, so what is told is a promise of
`bot.jobs` with a word for a body, and is put into sentences when it goes out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.database import Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Ended
from bot.news.service import tell as tell_later
from bot.privacy import store as privacy
from bot.settings.core import LANGUAGE
from bot.settings.service import Settings
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
from cogs.pairing.model import Introduction, Member, Round, RoundState
from cogs.pairing.promises_service import ASK, CLOSE, FOLLOWUP, TELL, hold
from cogs.pairing.service import agreed

AT_ONCE = 250
"""People who are told something in one go."""


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
        for first in range(0, len(told), AT_ONCE):
            # In parts, so that a round of ten thousand holds nobody else up.
            drafts: list[Draft] = []
            for member, what in told[first : first + AT_ONCE]:
                if member.dm_channel_id is None:
                    await _later(tx, member, what, now)
                    continue
                body = Told(what, about, self.language([member], fallback)).to_text()
                drafts.append(
                    Draft(
                        TELL,
                        _subject(what, about, member),
                        member.server_id,
                        member.dm_channel_id,
                        body,
                        now,
                        now + course.TELLING,
                        member.user_id,
                    )
                )
            await jobs.add_messages(tx, drafts)

    async def tell_all(self, tx: Transaction, one: Round, what: Tell, now: datetime) -> None:
        """Promise to tell everybody whom something about a round concerns.

        `ASK` concerns whoever would take part and has asked for direct messages; `SILENT` whoever
        said nothing, and is told only if the bot pauses them for it; all else whoever said yes.
        Some are told at a time, each time in a transaction of its own: what ten thousand are told
        keeps nobody waiting, and a crash goes on where it was.
        """
        await jobs.set_timers(tx, [Timer(TELL, f"{what}.{one.id}.", one.server_id, now)])

    async def tell_over(
        self, tx: Transaction, members: Sequence[Member], one: Round, about: str, now: datetime
    ) -> None:
        """Tell members that their introduction has ended early, while its round lasts."""
        if now < one.ends_at:
            what = Tell.OVER_STOPPED if one.state is RoundState.STOPPED else Tell.OVER
            await self.tell(tx, [(member, what) for member in members], about, now)

    def language(self, members: Sequence[Member], fallback: str) -> str:
        """Give the first language of all of these that the bot speaks, else the server's."""
        first = members[0].wishes.languages
        shared = [code for code in first if all(code in m.wishes.languages for m in members)]
        return next((code for code in shared if self._speaks(code)), fallback)

    # The promise to tell: bot.jobs.runner.Promises

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """Tell the next of those whom something about a round concerns: `tell_all`.

        `AT_ONCE` people in all, so that many rounds at one hour keep nobody waiting either.
        """
        following: list[Timer] = []
        left = AT_ONCE
        for place, timer in enumerate(timers):
            if left <= 0:
                return [], [*following, *timers[place:]]
            name, round_id, after = timer.subject.split(".")
            what = Tell(name)
            one = await rounds_store.round_(tx, round_id)
            if one is None or not _still_concerns(what, one):
                # Looking at it takes its time too.
                left -= 1
                continue
            most = left
            some = await store.some_members(tx, one.server_id, after, most)
            left -= max(len(some), 1)
            concerned = await self._concerned(tx, one, what, some, now)
            if what is Tell.POSTPONED:
                # Of two moves within a minute the first need not be told any more.
                before = [_subject(what, one.id, member) for member in concerned]
                await jobs.drop_all_open(tx, TELL, before, now, "moved again")
            await self.tell(tx, [(member, what) for member in concerned], one.id, now)
            if len(some) == most:
                subject = f"{what}.{one.id}.{some[-1].id}"
                following.append(replace(timer, subject=subject))
            elif what is Tell.STOPPED:
                await rounds_store.delete_answers(tx, one.id)
            elif what is Tell.SILENT and not await rounds_store.of_round(tx, one.id, limit=1):
                await jobs.set_timers(tx, [Timer(CLOSE, one.id, one.server_id, now)])
        return [], following

    async def _concerned(
        self, tx: Transaction, one: Round, what: Tell, some: Sequence[Member], now: datetime
    ) -> list[Member]:
        people = [member.user_id for member in some]
        answers = await rounds_store.answers(tx, one.id, people)
        if what is Tell.SILENT:
            return await self._silent(tx, one, [u for u in people if u not in answers], now)
        if what is not Tell.ASK:
            # Of a round that was stopped while it was drawn, some know more than that.
            met = course.by_person(await rounds_store.of_people(tx, one.id, people))
            return [m for m in some if answers.get(m.user_id, False) and m.user_id not in met]
        consenting = await agreed(tx, one.server_id)
        return [
            member
            for member in some
            if member.dm_channel_id is not None
            and member.wants(one.number, now)
            and member.user_id in consenting
            and member.user_id not in answers
        ]

    async def _silent(
        self, tx: Transaction, one: Round, people: Sequence[int], now: datetime
    ) -> list[Member]:
        """Count that these said nothing to a round; gives whom the bot has paused for it."""
        if await self._settings.paused_among(tx, [one.server_id]):
            return []
        by = one.draw_at - course.TIME_TO_ANSWER
        in_channel = await jobs.sent_by(tx, ASK, [one.id], by)
        members = await store.hold_some(tx, one.server_id, people)
        asking = {_subject(Tell.ASK, one.id, member): member.user_id for member in members}
        reached = {asking[subject] for subject in await jobs.sent_by(tx, TELL, list(asking), by)}
        silent = [
            course.said_nothing(member)
            for member in members
            if member.wants(one.number, now)
            and course.counts_silence(
                member, one, asked=bool(in_channel) or member.user_id in reached
            )
        ]
        await store.put_members(tx, silent)
        return [member for member in silent if not member.is_in(now)]

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Write to whoever still takes part; ask only who has not answered by another way."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        asking: dict[str, bool] = {}
        for message in messages:
            told = Told.from_text(message.body)
            if told.what in {Tell.ASK, Tell.POSTPONED} and told.about not in asking:
                one = await rounds_store.round_(tx, told.about)
                asking[told.about] = one is not None and one.state is RoundState.ASKING
            member = await _recipient(tx, message)
            if member is None or member.dm_channel_id is None or message.server_id in departed:
                reasons[message.id] = "left"
            elif not asking.get(told.about, True):
                reasons[message.id] = "over"
            elif (
                told.what is Tell.ASK
                and await rounds_store.answer(tx, told.about, member.user_id) is not None
            ):
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
        held = await hold(tx, told.about) if told.what is Tell.INTRODUCED else None
        user_id = message.recipient_user_id
        if user_id is None:
            return
        member = await store.hold_member(tx, message.server_id, user_id)
        if member is None:
            return
        if state is Ended.REFUSED:
            await store.put_members(tx, [replace(member, dm_channel_id=None)])
        if held is not None:
            await self._not_introduced(tx, *held, user_id, now)
        await _later(tx, member, told.what, now)

    async def _not_introduced(
        self, tx: Transaction, one: Round, mine: Introduction, user_id: int, now: datetime
    ) -> None:
        """End one by direct message that did not reach somebody: the others would wait in vain."""
        if not course.is_live(mine):
            return
        await rounds_store.put_introduction(tx, course.ended(mine, now))
        await jobs.clear_timers(tx, FOLLOWUP, [mine.id])
        others = [other for other in mine.people if other != user_id]
        found = [await store.member(tx, one.server_id, other) for other in others]
        there = [member for member in found if member is not None]
        await self.tell_over(tx, there, one, mine.id, now)


def _still_concerns(what: Tell, one: Round) -> bool:
    """Whether a round is still where something was to be told about it."""
    states = {Tell.STOPPED: RoundState.STOPPED, Tell.SILENT: RoundState.DRAWN}
    return one.state is states.get(what, RoundState.ASKING)


def _subject(what: Tell, about: str, member: Member) -> str:
    return f"{what}.{about}.{member.id}"


async def _recipient(tx: Transaction, message: Message) -> Member | None:
    user_id = message.recipient_user_id
    return None if user_id is None else await store.member(tx, message.server_id, user_id)


async def _later(tx: Transaction, member: Member, what: Tell, now: datetime) -> None:
    if what is Tell.INTRODUCED:
        what = Tell.NOT_MADE
    if what not in course.BY_MESSAGE_ONLY:
        # A round may be put off day after day, as long as everything is paused.
        once = what is Tell.POSTPONED
        await tell_later(tx, member.user_id, member.server_id, f"pairing.{what}", now, once=once)
