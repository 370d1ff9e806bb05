"""How the crash campaign has people brought together, and counts what came of it.

A harbour is a server with one round. Half of them are left alone: there each is introduced exactly
once, or is told that they wait. In the others members leave, block and ask for another peer while
rounds are drawn and threads are made; there nobody may be in two introductions at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from bot.blocks import store as blocks
from bot.bounds import ALL_ADULTS
from bot.clock import from_epoch
from bot.consent import service as consent
from bot.database import Database, Reading, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.recurrence import Rule
from bot.settings import store as settings
from cogs.pairing import course, rounds_store, store
from cogs.pairing.model import (
    CONSENT,
    CONSENT_VERSION,
    Introduction,
    IntroductionState,
    Member,
    Plan,
    Round,
    RoundState,
    Wishes,
)
from cogs.pairing.promises_service import ASK, CLOSE, DRAW, FOLLOWUP, INTRODUCTION, OPEN, TELL
from cogs.pairing.settings import ENABLED
from tests.wire.double import Double
from tests.wire.ground import Account, Owed, promise_of
from tests.wire.rest import INTERACTION_SECONDS, Asked
from tests.wire.world import (
    EPHEMERAL,
    MANAGE_THREADS,
    PRIVATE_THREAD,
    Channel,
    Guild,
    Person,
    Posted,
)

PLANS_A_HARBOUR = 6
"""A harbour makes as many messages as so many plans of another ground."""

PATIENT = 3
"""Members who wait for an answer at the same time."""

LEAD = timedelta(hours=1)

ANSWER, PART, SURE, LEAVE = "pairing:answer:", "pairing:part:", "pairing:sure:", "pairing:leave:"

CAME_ABOUT = {IntroductionState.INTRODUCED, IntroductionState.ENDED}


@dataclass(slots=True)
class Harbour:
    """A server, its members, and what they did."""

    guild: Guild
    channel: Channel
    people: list[Person]
    members: dict[int, Member]
    asks: bool
    """Whether only those are drawn who said yes to the round."""
    restless: bool
    """Whether members leave, block and ask for another peer."""
    answers: dict[int, Asked] = field(default_factory=dict[int, Asked])
    acted: set[int] = field(default_factory=set[int])
    """Who began to end something of theirs, whether or not that came through."""
    left: list[Asked] = field(default_factory=list[Asked])
    """Who pressed that they leave pairing."""


@dataclass(slots=True)
class Seen:
    """What the store says of a harbour when all is over."""

    rounds: Sequence[Round]
    introductions: Sequence[Introduction]
    answers: dict[int, bool]
    members: set[int]
    parted: set[tuple[int, int]]
    told: set[int]
    """Who was told something: by direct message, or at their next command."""
    draws: bool
    """Whether a round that still asks will be drawn."""


class PairingGround:
    """Rounds that open now, with a question beforehand or without, in ever new servers.

    Before each life time passes: the hour of some questions is over, some are asked how it went,
    and some rounds have come to their end.
    """

    prepare = "tests.wire.hurry"

    def __init__(
        self, double: Double, guild: Guild, channels: list[Channel], dice: random.Random
    ) -> None:
        self._double = double
        self._dice = dice
        self._harbours: list[Harbour] = []
        self._asked: list[Asked] = []

    async def set_up(self, database: Database, now: datetime, plans: int) -> int:
        """Open servers whose round is due, and let time pass in those there are."""
        made: list[Harbour] = []
        async with database.transaction() as tx:
            for harbour in self._harbours:
                await self._let_time_pass(tx, harbour, now, last=not plans)
            for _ in range(plans // PLANS_A_HARBOUR):
                made.append(await self._open(tx, len(self._harbours) + len(made), now))
        for harbour in made:
            shown = self._double.world.guild_json(harbour.guild)
            await self._double.gateway.push("GUILD_CREATE", shown, guild_id=harbour.guild.id)
        self._harbours += made
        return sum(len(harbour.people) // 2 for harbour in made)

    async def act(self, now: datetime) -> None:
        """Let one member say that they are in, or end something of theirs."""
        world = self._double.world
        waiting = [one for one in self._asked[-PATIENT:] if one.answer_type is None]
        if sum(world.now() - one.at < INTERACTION_SECONDS for one in waiting) == PATIENT:
            return
        deeds = [self._answer, self._answer, self._answer, self._end, self._block, self._leave]
        await self._dice.choice(deeds)()

    async def account(self, database: Database, posted: dict[str, list[Posted]]) -> Account:
        """Hold what the store says against what the members did, and the threads against both."""
        account = Account()
        recorded: dict[int, Introduction] = {}
        async with database.read() as read:
            account.owed += await _sent(read)
            for harbour in self._harbours:
                seen = await self._seen(read, harbour)
                recorded |= {i.thread_id: i for i in seen.introductions if i.thread_id is not None}
                self._hold_answers(account, harbour, seen)
                self._hold_round(account, harbour, seen)
                for one in seen.introductions:
                    self._hold_introduction(account, harbour, one)
                for user_id in harbour.members:
                    self._hold_person(account, harbour, seen, user_id)
        self._hold_threads(account, recorded)
        account.others["servers"] = len(self._harbours)
        return account

    # What there is at first

    async def _open(self, tx: Transaction, number: int, now: datetime) -> Harbour:
        world = self._double.world
        guild = world.add_guild(f"Harbour {number}")
        channel = world.add_channel(guild, "introductions")
        if number % 3:
            channel.overwrites[world.bot.id] = (MANAGE_THREADS, 0)
        people = [world.add_person(f"m{number}-{n}") for n in range(self._dice.randint(4, 7))]
        members: dict[int, Member] = {}
        for place, person in enumerate(people):
            world.join(guild, person)
            # One in some servers shares no language with anybody.
            language = "fi" if place == 0 and number % 4 == 3 else "en"
            wishes = Wishes((language,), threesome=number % 5 == 4)
            dm = world.open_dm(person.id).id if place % 2 else None
            id_ = f"{self._dice.getrandbits(64):016x}"
            joined_at = now - timedelta(days=1)
            member = Member(id_, guild.id, person.id, wishes, "Etc/UTC", joined_at, dm)
            members[person.id] = member
            await consent.give(tx, person.id, guild.id, CONSENT, CONSENT_VERSION, now)
        for member in members.values():
            await store.add_member(tx, member)
        for setting in (ALL_ADULTS, ENABLED):
            await settings.set_value(tx, guild.id, setting.key, setting.encode(True))
        asks = number % 3 == 2
        await rounds_store.put_plan(tx, _plan(guild, channel, now, asks=asks))
        opens_at = now + timedelta(seconds=self._dice.randint(0, 2))
        await jobs.set_timers(tx, [Timer(OPEN, str(guild.id), guild.id, opens_at)])
        return Harbour(guild, channel, people, members, asks, restless=bool(number % 2))

    async def _let_time_pass(
        self, tx: Transaction, harbour: Harbour, now: datetime, *, last: bool
    ) -> None:
        found = await rounds_store.latest_round(tx, harbour.guild.id)
        one = None if found is None else await rounds_store.hold_round(tx, found.id)
        if one is None:
            return
        every = await rounds_store.of_round(tx, one.id)
        if one.state is RoundState.ASKING and one.confirm:
            answered = [asked for asked in harbour.answers.values() if _turned(asked)]
            if last or len(answered) == len(harbour.people):
                moved = replace(one, draw_at=now, ends_at=now + (one.ends_at - one.draw_at))
                await rounds_store.put_round(tx, moved)
                await jobs.set_timers(tx, [Timer(DRAW, one.id, one.server_id, now)])
        elif one.state is RoundState.DRAWN and self._dice.random() < 0.4:
            due = [each for each in every if await jobs.timer(tx, FOLLOWUP, each.id)]
            await jobs.set_timers(tx, [Timer(FOLLOWUP, i.id, one.server_id, now) for i in due])
        elif one.state is RoundState.DRAWN and self._dice.random() < 0.4:
            # Its days are over, whatever has not come about by then.
            await jobs.set_timers(tx, [Timer(CLOSE, one.id, one.server_id, now)])

    # What members do

    async def _answer(self) -> None:
        asking = [
            (harbour, person, custom_id)
            for harbour in self._harbours
            if harbour.asks
            for custom_id in self._buttons(harbour.channel, ANSWER)
            for person in harbour.people
            if person.id not in harbour.answers or not _turned(harbour.answers[person.id])
        ]
        if not asking:
            return
        harbour, person, custom_id = self._dice.choice(asking)
        round_id = custom_id.split(":")[2]
        word = "yes" if _says_yes(harbour, person) else "no"
        asked = await self._press(person, harbour.channel, f"{ANSWER}{round_id}:{word}:-")
        harbour.answers[person.id] = asked

    async def _end(self) -> None:
        found = self._introduced()
        if found is not None:
            harbour, thread, person, introduction_id = found
            said = self._dice.choice(("leave", "another"))
            harbour.acted.add(person.id)
            await self._press(person, thread, f"{SURE}{introduction_id}:{said}")

    async def _block(self) -> None:
        found = self._introduced()
        if found is not None:
            harbour, thread, person, introduction_id = found
            harbour.acted.add(person.id)
            await self._press(person, thread, f"safety:block:pairing:{introduction_id}")

    async def _leave(self) -> None:
        restless = [each for each in self._harbours if each.restless]
        if not restless:
            return
        # Mostly where a round is just under way.
        harbour = self._dice.choice(restless[-3:])
        person = self._dice.choice(harbour.people)
        if len(harbour.left) > len(harbour.people) // 3 or person.id in harbour.acted:
            return
        harbour.acted.add(person.id)
        custom_id = f"{LEAVE}{harbour.members[person.id].id}"
        harbour.left.append(await self._press(person, harbour.channel, custom_id))

    def _introduced(self) -> tuple[Harbour, Channel, Person, str] | None:
        """Somebody in a restless server who is in a thread, and who did nothing yet."""
        world = self._double.world
        restless = {each.guild.id: each for each in self._harbours[-8:] if each.restless}
        threads = [each for each in world.channels.values() if each.guild_id in restless]
        self._dice.shuffle(threads)
        for thread in threads:
            harbour = restless[thread.guild_id or 0]
            inside = [one for one in harbour.people if one.id in thread.members - harbour.acted]
            told = next(iter(self._buttons(thread, PART)), None)
            if inside and told is not None and len(harbour.acted) <= len(harbour.people) // 2:
                return harbour, thread, self._dice.choice(inside), told.split(":")[2]
        return None

    async def _press(self, person: Person, channel: Channel, custom_id: str) -> Asked:
        """Press a button on a private answer: what that did shows by its turning."""
        button = {"type": 2, "style": 2, "label": "Tap", "custom_id": custom_id}
        payload = {"components": [{"type": 1, "components": [button]}], "flags": EPHEMERAL}
        posted = self._double.world.answer(channel, payload)
        asked = await self._double.press(person, posted, custom_id)
        self._asked.append(asked)
        return asked

    def _buttons(self, channel: Channel, prefix: str) -> list[str]:
        """The buttons of this kind on what was posted there for all, one a message."""
        found: list[str] = []
        for message in self._double.world.in_channel(channel):
            if not message.payload.get("flags", 0) & EPHEMERAL:
                found += [each for each in message.custom_ids if each.startswith(prefix)][:1]
        return found

    # What came of it

    async def _seen(self, read: Reading, harbour: Harbour) -> Seen:
        server_id = harbour.guild.id
        rounds = await rounds_store.rounds_in(read, server_id, set(RoundState))
        introductions = [i for one in rounds for i in await rounds_store.of_round(read, one.id)]
        answers = await rounds_store.answers(read, rounds[0].id) if rounds else {}
        members = {member.user_id for member in await store.members(read, server_id)}
        rows = await read.fetch("SELECT user_id FROM news WHERE server_id = $1", server_id)
        told = {row["user_id"] for row in rows}
        for person in harbour.people:
            channel = self._double.world.dm_with(person.id)
            there = [] if channel is None else self._double.world.in_channel(channel)
            if any(promise_of(each) and not _has(each, ANSWER) for each in there):
                told.add(person.id)
        return Seen(
            rounds,
            introductions,
            answers,
            members,
            await blocks.pairs(read, server_id),
            told,
            any([await jobs.timer(read, DRAW, one.id) for one in rounds]),
        )

    def _hold_answers(self, account: Account, harbour: Harbour, seen: Seen) -> None:
        """What a member was told is noted, is in the store."""
        account.asked += len(harbour.answers) + len(harbour.left)
        # Answers go with their round.
        over = any(one.state in {RoundState.ENDED, RoundState.STOPPED} for one in seen.rounds)
        for asked in harbour.answers.values():
            if not _turned(asked):
                continue
            account.opted_in += 1
            word = seen.answers.get(asked.person.id)
            gone = asked.person.id not in seen.members
            if word is not _says_yes(harbour, asked.person) and not gone and not over:
                account.opt_ins_lost.append(f"an answer became {word}")
        for asked in harbour.left:
            if not _turned(asked):
                continue
            account.opted_in += 1
            if asked.person.id in seen.members:
                account.opt_ins_lost.append("left, and still a member")
            if any(course.is_live(i) for i in _those_of(seen.introductions, asked.person.id)):
                account.doubled.append("left, and still in an introduction")

    def _hold_round(self, account: Account, harbour: Harbour, seen: Seen) -> None:
        """It is there once, and has been drawn unless it still asks."""
        if len(seen.rounds) > 1:
            account.doubled.append(f"{len(seen.rounds)} rounds of one moment")
        if not seen.rounds and len(harbour.acted) < len(harbour.people) - 1:
            account.lost.append("a round that never opened")
        for one in seen.rounds:
            counted = f"rounds {one.state.value}"
            account.others[counted] = account.others.get(counted, 0) + 1
            asks_on = one.state is RoundState.ASKING and one.confirm and seen.draws
            if not asks_on and one.state not in {RoundState.DRAWN, RoundState.ENDED}:
                account.lost.append(f"a round that is {one.state.value} for ever")
        live = [i for i in seen.introductions if course.is_live(i)]
        for pair in seen.parted:
            if any(set(pair) <= set(one.people) for one in live):
                account.doubled.append("together in spite of a block")

    def _hold_introduction(self, account: Account, harbour: Harbour, one: Introduction) -> None:
        """It has come about, or was dropped; its thread is there, and closed when it is over."""
        if one.state is IntroductionState.PENDING:
            account.lost.append(f"introduction {one.id} never came about")
        thread = self._double.world.channels.get(one.thread_id or 0)
        if one.state in CAME_ABOUT:
            made = Draft(INTRODUCTION, one.id, one.server_id, 0, "", one.made_at, one.made_at)
            late_at = (one.made_at + course.INTRODUCING).timestamp()
            account.owed.append(Owed(made.id, late_at, "introductions", one.thread_id))
            if thread is None:
                account.lost.append(f"introduction {one.id} has no thread")
            elif not thread.members.issuperset(place.user_id for place in one.places):
                account.lost.append(f"somebody was never let into the thread of {one.id}")
        if thread is None or one.ended_at is None:
            return
        closing = Draft(CLOSE, one.id, one.server_id, 0, "", one.ended_at, one.ended_at)
        late_at = (one.ended_at + course.CLOSING).timestamp()
        account.owed.append(Owed(closing.id, late_at, "closings", thread.id))
        may_lock = bool(harbour.channel.overwrites)
        if not thread.archived or thread.locked != may_lock:
            account.lost.append(f"the thread of {one.id} is over and not closed")

    def _hold_person(self, account: Account, harbour: Harbour, seen: Seen, user_id: int) -> None:
        """Who was to be drawn is introduced, once, or was told that they wait."""
        mine = [i for i in _those_of(seen.introductions, user_id) if i.state in CAME_ABOUT]
        live = [i for i in _those_of(seen.introductions, user_id) if course.is_live(i)]
        most = course.TIMES_A_ROUND if harbour.acted else 1
        if len(mine) > most or len(live) > 1:
            account.doubled.append(f"introduced {len(mine)} times, {len(live)} now")
        groups = Counter(tuple(sorted(p.user_id for p in one.places)) for one in mine)
        account.doubled += ["the same people twice" for times in groups.values() if times > 1]
        if user_id in harbour.acted or not seen.rounds:
            return
        state = seen.rounds[0].state
        if state not in {RoundState.DRAWN, RoundState.ENDED}:
            return
        if harbour.asks and not seen.answers.get(user_id, False):
            account.doubled += ["drawn without a yes" for _ in mine]
            return
        if user_id in seen.told:
            account.others["told"] = account.others.get("told", 0) + 1
        elif not mine:
            account.lost.append(f"forgotten: neither introduced nor told, {state.value}")
        elif state is RoundState.DRAWN and not live:
            account.lost.append("forgotten: their introduction ended without a word")

    def _hold_threads(self, account: Account, recorded: dict[int, Introduction]) -> None:
        """Each has its record and its own code, and one introduction at most."""
        world = self._double.world
        private = [each for each in world.channels.values() if each.type == PRIVATE_THREAD]
        # A second one, by a request that discord.py repeated, where the bot may delete nothing.
        folded = {
            each.id
            for each in private
            if each.archived and each.members == {world.bot.id} and not world.in_channel(each)
        } - recorded.keys()
        threads = [each for each in private if each.id not in folded]
        account.others["threads"] = len(threads)
        account.others["threads put away"] = len(folded)
        names = Counter((each.parent_id, each.name) for each in threads)
        account.doubled += [f"{n} threads of one code" for n in names.values() if n > 1]
        for thread in threads:
            one = recorded.get(thread.id)
            if one is None or one.code not in thread.name.split():
                account.doubled.append(f"a thread that no introduction names: {thread.name}")
            said = len(self._buttons(thread, PART))
            if said > 1:
                account.doubled.append(f"{said} introductions in one thread")


def _plan(guild: Guild, channel: Channel, now: datetime, *, asks: bool) -> Plan:
    # The next time in a week, so that each server has one round.
    yesterday = now - timedelta(days=1)
    rule = Rule(frozenset({yesterday.weekday()}), time(12), "Etc/UTC", 1, yesterday.date())
    hours = int(LEAD / timedelta(hours=1))
    return Plan(guild.id, channel.id, rule, yesterday, asks, hours, followup_days=2, period_days=6)


async def _sent(read: Reading) -> list[Owed]:
    """What the store says was sent, or may have been: questions, follow-ups and what was told."""
    rows = await read.fetch(
        "SELECT id, kind, channel_id, late_at FROM jobs_messages "
        "WHERE kind IN ($1, $2, $3) AND state IN ('sent', 'uncertain')",
        ASK,
        FOLLOWUP,
        TELL,
    )
    return [
        Owed(row["id"], from_epoch(row["late_at"]).timestamp(), row["kind"], row["channel_id"])
        for row in rows
    ]


def _those_of(introductions: Iterable[Introduction], user_id: int) -> list[Introduction]:
    return [i for i in introductions if any(place.user_id == user_id for place in i.places)]


def _says_yes(harbour: Harbour, person: Person) -> bool:
    return harbour.people.index(person) % 4 != 3


def _turned(asked: Asked) -> bool:
    """Whether what was asked for was done: any refusal is another message."""
    return asked.message is not None and asked.message is asked.on and not asked.followups


def _has(posted: Posted, prefix: str) -> bool:
    return any(each.startswith(prefix) for each in posted.custom_ids)
