"""How the crash campaign has people brought together, and counts what came of it.

A harbour is a server with one round. Half of them are left alone: there each is introduced exactly
once, or is told that they wait. In the others members leave, block, erase what is theirs, go away
and ask for another peer while rounds are drawn and threads are made and closed.

What came of it is read from the double first (`pairing_witness.py`): who met whom, who was told
what, which threads are closed; then the store is held against that. `pairing_stages.py` says what
each kill has cut off.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import pairwise

from bot.blocks import store as blocks
from bot.bounds import ALL_ADULTS
from bot.clock import from_epoch
from bot.consent import service as consent
from bot.database import Database, Reading, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import NONCE_WINDOW, SEND_SECONDS, Draft, Timer
from bot.recurrence import Rule
from bot.settings import store as settings
from cogs.pairing import course, rounds_store, store
from cogs.pairing.course import Tell
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
from tests.wire import pairing_witness as witness
from tests.wire.double import Double
from tests.wire.faults import NONE
from tests.wire.ground import Account, Owed
from tests.wire.pairing_stages import Stages
from tests.wire.pairing_witness import ANOTHER, PART, SAY, Meeting, Parting, said_in, threads_in
from tests.wire.rest import INTERACTION_SECONDS, Asked
from tests.wire.world import (
    EPHEMERAL,
    MANAGE_SERVER,
    MANAGE_THREADS,
    Channel,
    Guild,
    Person,
    Posted,
)

PLANS_A_HARBOUR = 12
"""A harbour makes as many messages as so many plans of another ground."""

PATIENT = 5
"""Members who wait for an answer at the same time."""

RECENT = 20
"""Servers in whose threads members still do something: a round takes several lives."""

LEAD = timedelta(hours=1)

POSTPONED = timedelta(days=7)

LONGEST_SILENCE = 200.0
"""Seconds until a bot whose socket was cut has surely noticed: it waits for heartbeats first."""

TRIES = 3
"""How often somebody uses a command until it is answered."""

ANSWER, SURE, LEAVE = "pairing:answer:", "pairing:sure:", "pairing:leave:"

CAME_ABOUT = {IntroductionState.INTRODUCED, IntroductionState.ENDED}

OVER = {RoundState.ENDED, RoundState.STOPPED}


@dataclass(slots=True)
class Harbour:
    """A server, its members, and what they did."""

    guild: Guild
    channel: Channel
    people: list[Person]
    members: dict[int, Member]
    moderator: Person
    asks: bool
    """Whether only those are drawn who said yes to the round."""
    restless: bool
    """Whether members leave, block and ask for another peer."""
    answers: dict[int, Asked] = field(default_factory=dict[int, Asked])
    acted: set[int] = field(default_factory=set[int])
    """Who began to end something of theirs, whether or not that came through."""
    out: dict[int, Asked | None] = field(default_factory=dict[int, "Asked | None"])
    """Who pressed that they leave pairing, or erased what is theirs; None for who is gone."""
    gone: list[Parting] = field(default_factory=list[Parting])
    parted: list[tuple[Asked, int | None]] = field(default_factory=list[tuple[Asked, "int | None"]])
    """Taps that part somebody from one other person, or from all; confirmed or not."""
    blocks: list[tuple[Asked, int]] = field(default_factory=list[tuple[Asked, int]])
    """Those of them that block somebody."""
    wants: dict[int, Asked] = field(default_factory=dict[int, Asked])
    """Who asked for another peer, last."""
    postponed: Asked | None = None
    closing_from: float = math.inf
    """When the round's days were over, in UTC seconds."""
    read: dict[int, str | None] = field(default_factory=dict[int, "str | None"])
    """What somebody was told when they used a command, after all was over; None for who got their
    answer at a second try only: what there was to tell went with the first."""

    def partings(self) -> list[Parting]:
        """Who was told that they are parted, and since when."""
        return self.gone + [
            Parting(asked.person.id, asked.answered_at, other)
            for asked, other in self.parted
            if _turned(asked) and asked.answered_at is not None
        ]


@dataclass(slots=True)
class Seen:
    """What the store says of a harbour when all is over."""

    rounds: Sequence[Round]
    introductions: Sequence[Introduction]
    answers: dict[int, bool]
    members: set[int]
    blocked: set[tuple[int, int]]


class PairingGround:
    """Rounds that open now, with a question beforehand or without, in ever new servers.

    Before each life time passes: the hour of some questions is over, some are asked how it went,
    and some rounds have come to their end. At last all have.
    """

    prepare = "tests.wire.hurry"
    # A round that has not even opened is opened, drawn and closed.
    last_lives = 3

    def __init__(
        self, double: Double, guild: Guild, channels: list[Channel], dice: random.Random
    ) -> None:
        self._double = double
        self._dice = dice
        self._harbours: list[Harbour] = []
        self._taps: list[tuple[str, Asked]] = []
        """Everything that members tapped, and what that is called."""
        self._looked_at = 0
        self._stages = Stages(double.world)
        self._cut: Counter[str] = Counter()
        self._wrong: list[str] = []
        """What was seen to be wrong on the way."""
        self._deeds: dict[str, tuple[int, Callable[[], Awaitable[Asked | None]]]] = {
            "answering": (5, self._answer),
            "parting": (4, self._part),
            "blocking": (4, self._block),
            "leaving": (2, self._leave),
            "erasing": (1, self._erase),
            "going away": (1, self._go),
            "asking for another peer": (3, self._ask_for_another),
            "saying how it went": (1, self._say),
            "postponing": (1, self._postpone),
        }
        self._slack = SEND_SECONDS * double.world.nonce_seconds / NONCE_WINDOW.total_seconds() + 2

    async def set_up(self, database: Database, now: datetime, plans: int) -> int:
        """Open servers whose round is due, and let time pass in those there are."""
        made: list[Harbour] = []
        async with database.transaction() as tx:
            await self._count_what_was_cut(tx)
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
        """Let up to three members tap something, at the same moment."""
        world = self._double.world
        for _ in range(self._dice.randint(1, 3)):
            waiting = [asked for _, asked in self._taps[-PATIENT:] if asked.answer_type is None]
            if sum(world.now() - one.at < INTERACTION_SECONDS for one in waiting) == PATIENT:
                return
            weights = [weight for weight, _ in self._deeds.values()]
            for what in self._dice.choices([*self._deeds], weights, k=3):
                asked = await self._deeds[what][1]()
                if asked is not None:
                    self._taps.append((what, asked))
                    break

    async def finish(self) -> None:
        """Let whoever gets no direct messages look what there is, on a good day."""
        self._double.chance.faults = NONE
        await self._double.until(lambda: self._double.gateway.live, LONGEST_SILENCE)
        curious = [
            (harbour, person)
            for harbour in self._harbours
            for person in harbour.people
            if person.id not in harbour.out and self._double.world.dm_with(person.id) is None
        ]
        for first in range(0, len(curious), PATIENT):
            await asyncio.gather(*(self._look(*each) for each in curious[first : first + PATIENT]))

    async def _look(self, harbour: Harbour, person: Person) -> None:
        for number in range(TRIES):
            asked = await self._double.command(person, harbour.channel, "pair status")
            try:
                await self._double.answered(asked, INTERACTION_SECONDS)
            except TimeoutError:
                continue
            harbour.read[person.id] = None if number else asked.text
            return
        self._wrong.append("a command was never answered")

    async def account(self, database: Database, posted: dict[str, list[Posted]]) -> Account:
        """Hold what members met with against their wishes, and the store against both."""
        account = Account(lost=self._wrong, cut=dict(sorted(self._cut.items())))
        recorded: dict[int, Introduction] = {}
        async with database.read() as read:
            account.owed += await _sent(read)
            for harbour in self._harbours:
                seen = await self._seen(read, harbour)
                recorded |= {i.thread_id: i for i in seen.introductions if i.thread_id is not None}
                self._hold_taps(account, harbour, seen)
                self._hold_round(account, harbour, seen)
                for one in seen.introductions:
                    self._hold_introduction(account, one)
                self._hold_what_came_of_it(account, harbour, seen)
        self._hold_threads(account, recorded)
        account.others["servers"] = len(self._harbours)
        taps = Counter(f"tapped: {what}" for what, asked in self._taps if _answered(asked))
        account.others |= dict(taps)
        return account

    # What there is at first

    async def _open(self, tx: Transaction, number: int, now: datetime) -> Harbour:
        world = self._double.world
        guild = world.add_guild(f"Harbour {number}")
        channel = world.add_channel(guild, "introductions")
        if number % 3:
            channel.overwrites[world.bot.id] = (MANAGE_THREADS, 0)
        moderator = world.add_person(f"moderator-{number}")
        world.join(guild, moderator, MANAGE_SERVER)
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
        restless = bool(number % 2)
        return Harbour(guild, channel, people, members, moderator, asks, restless)

    async def _let_time_pass(
        self, tx: Transaction, harbour: Harbour, now: datetime, *, last: bool
    ) -> None:
        found = await rounds_store.latest_round(tx, harbour.guild.id)
        one = None if found is None else await rounds_store.hold_round(tx, found.id)
        if one is None:
            return
        if one.state is RoundState.ASKING and one.confirm:
            self._hold_postponing(harbour, one, now)
            if last or sum(map(_turned, harbour.answers.values())) > len(harbour.people) // 2:
                moved = replace(one, draw_at=now, ends_at=now + (one.ends_at - one.draw_at))
                await rounds_store.put_round(tx, moved)
                await jobs.set_timers(tx, [Timer(DRAW, one.id, one.server_id, now)])
        elif one.state is RoundState.DRAWN:
            every = await rounds_store.of_round(tx, one.id)
            at = 0.0 if last else self._dice.random()
            if at < 0.12:
                # Its days are over, whatever has not come about by then.
                harbour.closing_from = min(harbour.closing_from, now.timestamp())
                await jobs.set_timers(tx, [Timer(CLOSE, one.id, one.server_id, now)])
            elif at < 0.45:
                due = [each for each in every if await jobs.timer(tx, FOLLOWUP, each.id)]
                await jobs.set_timers(tx, [Timer(FOLLOWUP, i.id, one.server_id, now) for i in due])

    def _hold_postponing(self, harbour: Harbour, one: Round, now: datetime) -> None:
        """A moderator who was told that it is put off finds it put off, and nothing drawn."""
        if harbour.postponed is None or not _turned(harbour.postponed):
            return
        if one.draw_at - now < POSTPONED - LEAD:
            self._wrong.append("a round was said to be put off, and was not")
        if threads_in(self._double.world, harbour.guild):
            self._wrong.append("a round was drawn although it was put off")
        harbour.postponed = None

    async def _count_what_was_cut(self, read: Reading) -> None:
        cut = await self._stages.under_way(read) if self._harbours else set[str]()
        # A tap that reached the bot and that it never answered.
        taps, self._looked_at = self._taps[self._looked_at :], len(self._taps)
        cut |= {f"tapped: {what}" for what, asked in taps if asked.reached and not _answered(asked)}
        self._cut.update(cut)

    # What members do: each gives what was asked of the bot, None where there was nothing to do

    async def _answer(self) -> Asked | None:
        asking = [
            (harbour, person, custom_id)
            for harbour in self._harbours[-12:]
            if harbour.asks
            for custom_id in self._buttons(harbour.channel, ANSWER)
            for person in harbour.people
            if person.id not in harbour.answers or not _turned(harbour.answers[person.id])
            if person.id not in harbour.out
        ]
        if not asking:
            return None
        harbour, person, custom_id = self._dice.choice(asking)
        round_id = custom_id.split(":")[2]
        word = "yes" if _says_yes(harbour, person) else "no"
        asked = await self._press(person, harbour.channel, f"{ANSWER}{round_id}:{word}:-")
        harbour.answers[person.id] = asked
        return asked

    async def _part(self) -> Asked | None:
        found = self._introduced()
        if found is None:
            return None
        harbour, thread, person, introduction_id = found
        said = self._dice.choice(("leave", "another"))
        harbour.acted.add(person.id)
        asked = await self._press(person, thread, f"{SURE}{introduction_id}:{said}")
        if said == "another":
            harbour.wants[person.id] = asked
            others = thread.members - {person.id, self._double.world.bot.id}
            harbour.parted += [(asked, other) for other in others]
        else:
            harbour.parted.append((asked, None))
        return asked

    async def _block(self) -> Asked | None:
        found = self._introduced()
        if found is None:
            return None
        harbour, thread, person, introduction_id = found
        harbour.acted.add(person.id)
        others = thread.members - {person.id, self._double.world.bot.id}
        other = self._dice.choice(sorted(others))
        custom_id = f"safety:block:pairing:{introduction_id}"
        if len(others) > 1:
            custom_id = f"safety:block_person:{harbour.guild.id}:{other}"
        asked = await self._press(person, thread, custom_id)
        harbour.parted.append((asked, other))
        harbour.blocks.append((asked, other))
        return asked

    async def _leave(self) -> Asked | None:
        found = self._anybody()
        if found is None:
            return None
        harbour, person = found
        custom_id = f"{LEAVE}{harbour.members[person.id].id}"
        return await self._end(harbour, person, custom_id)

    async def _erase(self) -> Asked | None:
        found = self._anybody()
        return None if found is None else await self._end(*found, "privacy:erase")

    async def _end(self, harbour: Harbour, person: Person, custom_id: str) -> Asked:
        asked = await self._press(person, harbour.channel, custom_id)
        harbour.out[person.id] = asked
        harbour.parted.append((asked, None))
        return asked

    async def _go(self) -> Asked | None:
        """Leave the server: without the right to see that, the bot finds it out when it asks."""
        found = self._anybody()
        if found is not None:
            harbour, person = found
            del harbour.guild.members[person.id]
            harbour.out[person.id] = None
            harbour.gone.append(Parting(person.id, self._double.world.now()))
        return None

    async def _ask_for_another(self) -> Asked | None:
        """Tap it below the message that an introduction has ended early."""
        world = self._double.world
        for harbour in self._harbours[-RECENT:]:
            for person in harbour.people:
                channel = world.dm_with(person.id)
                if channel is None or person.id in harbour.wants or person.id in harbour.out:
                    continue
                for note in said_in(world, channel, ANOTHER)[-1:]:
                    custom_id = next(each for each in note.custom_ids if each.startswith(ANOTHER))
                    asked = await self._double.press(person, note, custom_id)
                    harbour.wants[person.id] = asked
                    return asked
        return None

    async def _say(self) -> Asked | None:
        """Say that they got to talk, or not yet."""
        world = self._double.world
        for harbour in self._harbours[-RECENT:]:
            for thread in threads_in(world, harbour.guild):
                asked = said_in(world, thread, SAY)
                inside = thread.members.intersection(harbour.members) - harbour.out.keys()
                if asked and inside and not thread.archived:
                    wanted = self._dice.choice(("yes", "not_yet"))
                    custom_id = next(c for c in asked[0].custom_ids if f":{wanted}:" in c)
                    person = world.people[self._dice.choice(sorted(inside))]
                    return await self._double.press(person, asked[0], custom_id)
        return None

    async def _postpone(self) -> Asked | None:
        """A moderator puts off a round that asks; the next day comes all the same, in a test."""
        for harbour in self._harbours[-4:]:
            if harbour.asks and not harbour.postponed and self._buttons(harbour.channel, ANSWER):
                if threads_in(self._double.world, harbour.guild):
                    continue
                custom_id = f"pairing:postpone_by:{POSTPONED.days}"
                asked = await self._press(harbour.moderator, harbour.channel, custom_id)
                harbour.postponed = asked
                return asked
        return None

    def _anybody(self) -> tuple[Harbour, Person] | None:
        """Somebody in a restless server who did nothing yet, mostly where a round is under way."""
        restless = [each for each in self._harbours[-6:] if each.restless]
        if not restless:
            return None
        harbour = self._dice.choice(restless)
        person = self._dice.choice(harbour.people)
        if len(harbour.out) >= len(harbour.people) // 3 or person.id in harbour.acted:
            return None
        harbour.acted.add(person.id)
        return harbour, person

    def _introduced(self) -> tuple[Harbour, Channel, Person, str] | None:
        """Somebody in a restless server who is in a thread, and who did nothing yet."""
        world = self._double.world
        restless = [each for each in self._harbours[-RECENT:] if each.restless]
        found = [(each, thread) for each in restless for thread in threads_in(world, each.guild)]
        self._dice.shuffle(found)
        for harbour, thread in found:
            inside = [one for one in harbour.people if one.id in thread.members - harbour.acted]
            told = next(iter(self._buttons(thread, PART)), None)
            still = not thread.archived and len(thread.members) > 2
            if still and inside and told and len(harbour.acted) <= len(harbour.people) // 2:
                return harbour, thread, self._dice.choice(inside), told.split(":")[2]
        return None

    async def _press(self, person: Person, channel: Channel, custom_id: str) -> Asked:
        """Press a button on a private answer: what that did shows by its turning."""
        button = {"type": 2, "style": 2, "label": "Tap", "custom_id": custom_id}
        payload = {"components": [{"type": 1, "components": [button]}], "flags": EPHEMERAL}
        posted = self._double.world.answer(channel, payload)
        return await self._double.press(person, posted, custom_id)

    def _buttons(self, channel: Channel, prefix: str) -> list[str]:
        """The buttons of this kind on what was posted there for all, one a message."""
        said = said_in(self._double.world, channel, prefix)
        return [next(each for each in one.custom_ids if each.startswith(prefix)) for one in said]

    # What came of it

    async def _seen(self, read: Reading, harbour: Harbour) -> Seen:
        server_id = harbour.guild.id
        rounds = await rounds_store.rounds_in(read, server_id, set(RoundState))
        introductions = [i for one in rounds for i in await rounds_store.of_round(read, one.id)]
        answers = await rounds_store.answers(read, rounds[0].id) if rounds else {}
        members = {member.user_id for member in await store.members(read, server_id)}
        blocked = await blocks.pairs(read, server_id)
        return Seen(rounds, introductions, answers, members, blocked)

    def _hold_taps(self, account: Account, harbour: Harbour, seen: Seen) -> None:
        """What a member was told is noted, is in the store."""
        ended = [asked for asked in harbour.out.values() if asked is not None]
        account.asked += len(harbour.answers) + len(ended)
        # Answers go with their round.
        over = any(one.state in OVER for one in seen.rounds)
        for asked in filter(_turned, harbour.answers.values()):
            account.opted_in += 1
            word = seen.answers.get(asked.person.id)
            gone = asked.person.id not in seen.members
            if word is not _says_yes(harbour, asked.person) and not gone and not over:
                account.opt_ins_lost.append(f"an answer became {word}")
        for asked in filter(_turned, ended):
            account.opted_in += 1
            if asked.person.id in seen.members:
                account.opt_ins_lost.append("left, and still a member")
        for asked, other in harbour.blocks:
            pair = (min(asked.person.id, other), max(asked.person.id, other))
            if _turned(asked) and pair not in seen.blocked:
                account.opt_ins_lost.append("blocked, and not kept")

    def _hold_round(self, account: Account, harbour: Harbour, seen: Seen) -> None:
        """It is there once, and over; nobody is in it any more."""
        if len(seen.rounds) > 1:
            account.doubled.append(f"{len(seen.rounds)} rounds of one moment")
        if not seen.rounds and len(harbour.out) < len(harbour.people) - 1:
            account.lost.append("a round that never opened")
        for one in seen.rounds:
            counted = f"rounds {one.state.value}"
            account.others[counted] = account.others.get(counted, 0) + 1
            if one.state is not RoundState.ENDED:
                account.lost.append(f"a round that is {one.state.value} for ever")
        live = [i for i in seen.introductions if course.is_live(i)]
        account.lost += [f"introduction {one.id} is {one.state.value} for ever" for one in live]

    def _hold_introduction(self, account: Account, one: Introduction) -> None:
        """Who is said to have been introduced has a thread, with words at its two ends."""
        thread = self._double.world.channels.get(one.thread_id or 0)
        if one.state in CAME_ABOUT:
            made = Draft(INTRODUCTION, one.id, one.server_id, 0, "", one.made_at, one.made_at)
            late_at = (one.made_at + course.INTRODUCING).timestamp()
            account.owed.append(Owed(made.id, late_at, "introductions", one.thread_id))
            if thread is None:
                account.lost.append(f"introduction {one.id} has no thread")
        if thread is None or one.ended_at is None:
            return
        closing = Draft(CLOSE, one.id, one.server_id, 0, "", one.ended_at, one.ended_at)
        late_at = (one.ended_at + course.CLOSING).timestamp()
        account.owed.append(Owed(closing.id, late_at, "closings", thread.id))

    def _hold_what_came_of_it(self, account: Account, harbour: Harbour, seen: Seen) -> None:
        """Go by what Discord shows alone; the store says only how often somebody was drawn."""
        world, partings = self._double.world, harbour.partings()
        met = witness.meetings(world, harbour.guild, harbour.people)
        account.others["meetings"] = account.others.get("meetings", 0) + len(met)
        most = course.TIMES_A_ROUND if harbour.restless else 1
        account.doubled += witness.wrong_with_meetings(met, partings, self._slack, most)
        threads = threads_in(world, harbour.guild)
        account.lost += witness.wrong_with_threads(
            threads, harbour.channel, world, partings, self._slack
        )
        for person in harbour.people:
            mine = [one for one in met if person.id in one.people]
            read = harbour.read.get(person.id, "")
            told = witness.told(world, harbour.guild, person, read or "")
            account.others["told"] = account.others.get("told", 0) + len(told)
            theirs = _those_of(seen.introductions, person.id)
            account.doubled += [
                each + self._story(harbour, person, seen)
                for each in _told_too_often(told, mine, theirs)
            ]
            if harbour.asks and mine and not self._may_be_in(harbour, person):
                account.doubled.append("introduced without a yes")
            known = read is not None and person.id not in harbour.out
            if known and self._is_in(harbour, person) and seen.rounds:
                forgotten = _forgotten(harbour, person, mine, told, partings)
                account.lost += [each + self._story(harbour, person, seen) for each in forgotten]

    def _story(self, harbour: Harbour, person: Person, seen: Seen) -> str:
        """Say what somebody met with, for who has to find out why: no two campaigns are alike."""
        world = self._double.world
        names = {each.id: each.name for each in harbour.people}
        dm = world.dm_with(person.id)
        told: list[tuple[float, str]] = []
        if dm is not None:
            told += [(one.at, f"told: {one.text}") for one in world.in_channel(dm)]
        for thread in threads_in(world, harbour.guild):
            entered = [(at, f"{names[id_]} enters") for id_, at in thread.entered_at.items()]
            said = [(one.at, one.text) for one in world.in_channel(thread)]
            told += [(at, f"{thread.name}: {what}") for at, what in entered + said]
        told += [(each.at, f"{names[each.person_id]} parts") for each in harbour.partings()]
        told += [
            (
                one.made_at.timestamp(),
                f"{one.code} made for {[names.get(place.user_id) for place in one.places]}, "
                f"{one.state.value} {one.ended_at}, offered {[p.offered for p in one.places]}",
            )
            for one in seen.introductions
        ]
        lines = [f"{at % 10000:8.2f} {' '.join(what.split())[:120]}" for at, what in sorted(told)]
        read = harbour.read.get(person.id)
        about = f"asks {harbour.asks}, restless {harbour.restless}, read {read!r}"
        rounds = [f"round {one.state.value} {one.counts}" for one in seen.rounds]
        return "".join(f"\n        {line}" for line in [about, *rounds, *lines])

    def _may_be_in(self, harbour: Harbour, person: Person) -> bool:
        return person.id in harbour.answers and _says_yes(harbour, person)

    def _is_in(self, harbour: Harbour, person: Person) -> bool:
        if not harbour.asks:
            return True
        return self._may_be_in(harbour, person) and _turned(harbour.answers[person.id])

    def _hold_threads(self, account: Account, recorded: dict[int, Introduction]) -> None:
        """Each has its record and its own code."""
        world = self._double.world
        private = [each for one in self._harbours for each in threads_in(world, one.guild)]
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


def _told_too_often(
    told: Sequence[tuple[Tell, float]], mine: Sequence[Meeting], theirs: Sequence[Introduction]
) -> list[str]:
    """What somebody was told again although nothing of theirs had come to its end in between."""
    ends = [one.ended_at.timestamp() for one in theirs if one.ended_at is not None]
    wrong: list[str] = []
    for what in {what for what, _ in told}:
        moments = sorted(at for each, at in told if each is what)
        # Once at the draw, and once for each that came to nothing; ends are kept in whole seconds.
        often = len(mine) if what is Tell.OVER else len(theirs) + 1
        again = all(
            any(first - 1 <= end <= then for end in ends) for first, then in pairwise(moments)
        )
        if len(moments) > often or not again:
            wrong.append(f"told {len(moments)} times: {what}")
    return wrong


def _forgotten(
    harbour: Harbour,
    person: Person,
    mine: Sequence[Meeting],
    told: Sequence[tuple[Tell, float]],
    partings: Sequence[Parting],
) -> list[str]:
    """Why somebody who was in the round, and stayed, may think that nobody saw them."""
    forgotten: list[str] = []
    if not mine and not told:
        forgotten.append(f"forgotten: {person.name} was neither introduced nor told")
    for one in mine:
        ended_by = [
            each
            for each in partings
            if each.person_id in one.people - {person.id}
            and each.other_id in (None, person.id)
            and one.at < each.at < harbour.closing_from
        ]
        again = any(later.at > one.at for later in mine)
        # An introduction that ended before it was noted is one that did not come about.
        words = {Tell.OVER, *witness.TOLD_NONE}
        word = any(what in words and at > one.at for what, at in told)
        by_themselves = person.id in harbour.acted
        by_going = all(each in harbour.gone for each in ended_by)
        if ended_by and not (again or word or by_themselves or by_going):
            forgotten.append(f"forgotten: {person.name} was left behind without a word")
    asked = harbour.wants.get(person.id)
    if asked is None or not _says(asked, "pairing.said.another"):
        return forgotten
    again = any(later.at > asked.at for later in mine)
    if not again and not any(what in witness.TOLD_NONE for what, _ in told):
        forgotten.append(f"forgotten: {person.name} asked for another peer")
    return forgotten


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


def _answered(asked: Asked) -> bool:
    return asked.answer_type is not None


def _says(asked: Asked, key: str) -> bool:
    return witness.TEXTS.say(key, "en") in asked.text
