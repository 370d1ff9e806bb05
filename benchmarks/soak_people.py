"""Who lives in the servers of the soak: what is planned there, and what people do all day.

People wander: they use any command that the bot has told Discord of, with options that fit, press
what its answers offer and fill in its forms. What is added to the bot later is used without a word
here. In every fifth server nobody has a moderator's rights, so that what is planned there stays as
it was planned and can be counted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from bot.bounds import ALL_ADULTS
from bot.consent import service as consents
from bot.database import Database, Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Timer
from bot.recurrence import Rule, grace
from bot.settings import store as settings
from bot.settings.core import NOTICE_CHANNEL
from bot.settings.model import Setting
from cogs.checkins import model as checkins
from cogs.checkins import store as checkins_store
from cogs.checkins.service import PROMPT
from cogs.company import settings as company
from cogs.pairing import model as pairing
from cogs.pairing import rounds_store
from cogs.pairing import store as pairing_store
from cogs.pairing.promises_service import OPEN
from cogs.pairing.settings import ENABLED
from tests.wire.double import Double
from tests.wire.rest import Asked
from tests.wire.world import (
    EPHEMERAL,
    EPOCH_MS,
    MANAGE_MESSAGES,
    MANAGE_SERVER,
    MANAGE_THREADS,
    Channel,
    Guild,
    Json,
    Person,
    Posted,
    parts,
)

CHANNELS = 10
MEMBERS = 4
CALM_EVERY = 5
"""In every so many-th server nobody changes what is planned."""

ROUNDS_EVERY = 10
"""In every so many-th server a round of pairing is drawn in the day."""

OPEN_SECONDS = 3600.0
"""After so long a thread is archived. Discord takes a day, of which nothing would be level."""

ANSWER_SECONDS = 1.0
"""For so long somebody looks at an answer that is not there."""

OFTEN = (
    "faq ask",
    "faq ask",
    "faq browse",
    "checkin start",
    "pair join",
    "pair status",
    "company ask",
    "helplines",
    "privacy",
    "help",
    "about",
    "settings",
    "today",
)
"""What people use more than the rest, where the bot has it."""

SAID = (
    "what is peer support",
    "how do I get a peer",
    "who reads what I answer",
    "a quiet evening",
    "some company for tea",
    "18:30",
    "Berlin",
    "3",
    "books, music",
)

LOCALES = ("en-US", "en-GB", "es-ES", "es-419", "de", "fr", "pt-BR", "it", "nl", "pl", "ru", "ja")
COMMON_LOCALES = 5
"""The first of them; one person in three has any of all."""

MODERATORS = frozenset({"manage", "settings", "today"})
"""Commands that Discord shows to moderators only."""

SUB_COMMANDS = frozenset({1, 2})
"""Kinds of options that are commands below a command, or groups of them."""

STRING, INTEGER, BOOLEAN, PERSON, CHANNEL, NUMBER = 3, 4, 5, 6, 7, 10
BUTTON, STRING_SELECT, TEXT_INPUT = 2, 3, 4
MODAL = 9


@dataclass(slots=True)
class Home:
    """A server and who is in it."""

    guild: Guild
    channels: list[Channel]
    people: list[Person]
    moderator: Person
    calm: bool


@dataclass(slots=True)
class People:
    """All of them."""

    double: Double
    dice: random.Random
    homes: list[Home] = field(default_factory=list[Home])
    owed: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """Check-ins that nobody may change, by the id of the promise, and when they are due."""
    asked: int = 0
    unanswered: int = 0
    forms: int = 0
    """Forms that were sent."""
    used: dict[str, int] = field(default_factory=dict[str, int])
    joined: int = 0
    gone: int = 0

    # What there is at first

    def settle(self, servers: int) -> None:
        """Make the servers."""
        for number in range(servers):
            self.homes.append(self._home(number))

    def _home(self, number: int) -> Home:
        world, dice = self.double.world, self.dice
        guild = world.add_guild(f"Harbour {number}")
        channels = [world.add_channel(guild, f"room-{n}") for n in range(CHANNELS)]
        channels[1].overwrites[world.bot.id] = (MANAGE_THREADS, 0)
        moderator = world.add_person(f"moderator-{number}")
        world.join(guild, moderator, MANAGE_SERVER | MANAGE_MESSAGES)
        people = [world.add_person(f"member-{number}-{n}") for n in range(MEMBERS)]
        for person in people:
            world.join(guild, person)
            person.takes_dms = dice.random() < 0.95
            common = dice.random() < 0.67
            person.locale = dice.choice(LOCALES[:COMMON_LOCALES] if common else LOCALES)
        return Home(guild, channels, people, moderator, number % CALM_EVERY == 0)

    async def plan(self, database: Database, now: datetime, hours: float) -> None:
        """Write what is planned: a check-in in each server, own ones, and rounds."""
        ends = now + timedelta(hours=hours)
        for first in range(0, len(self.homes), 100):
            async with database.transaction() as tx:
                for number, home in enumerate(self.homes[first : first + 100], first):
                    await self._plan(tx, number, home, now, ends)

    async def _plan(
        self, tx: Transaction, number: int, home: Home, now: datetime, ends: datetime
    ) -> None:
        server_id, world = home.guild.id, self.double.world
        supporters = (home.moderator.id ^ 1 << 21,)
        chosen: list[tuple[Setting[Any], Any]] = [
            (ALL_ADULTS, True),
            (ENABLED, True),
            (company.ENABLED, True),
            (company.SUPPORTER_ROLES, supporters),
            (company.CALL_CHANNEL, (home.channels[2].id,)),
            (company.THREAD_CHANNEL, (home.channels[1].id,)),
            (NOTICE_CHANNEL, (home.channels[3].id,)),
        ]
        for setting, value in chosen:
            await settings.set_value(tx, server_id, setting.key, setting.encode(value))
        place = checkins.Place.THREAD if number % 3 == 0 else checkins.Place.CHANNEL
        channel = home.channels[4]
        due = self._moment(now, ends)
        plan = checkins.Plan(place, channel.id, _daily(due), (), "en")
        one = checkins.Schedule(self._id(), server_id, None, plan, now - timedelta(days=1))
        made = [one]
        if home.calm:
            late = due + grace(plan.rule)
            draft = Draft(PROMPT, one.id, server_id, channel.id, "", due, late)
            self.owed[draft.id] = late
        person = home.people[0]
        dm = world.open_dm(person.id)
        own = checkins.Plan(checkins.Place.DM, dm.id, _daily(self._moment(now, ends)), (), "en")
        made.append(
            checkins.Schedule(self._id(), server_id, person.id, own, now - timedelta(days=1))
        )
        await consents.give(
            tx, person.id, server_id, checkins.CONSENT, checkins.CONSENT_VERSION, now
        )
        await checkins_store.put_schedules(tx, made)
        timers = [
            Timer(PROMPT, each.id, server_id, cast(datetime, each.next_due(now)) + each.spread)
            for each in made
        ]
        await jobs.set_timers(tx, timers)
        if number % ROUNDS_EVERY == 0:
            await self._plan_round(tx, home, now, ends)

    async def _plan_round(self, tx: Transaction, home: Home, now: datetime, ends: datetime) -> None:
        world, server_id = self.double.world, home.guild.id
        for person in home.people:
            dm = world.open_dm(person.id).id if person.id % 2 else None
            member = pairing.Member(
                self._id(),
                server_id,
                person.id,
                pairing.Wishes(("en",), threesome=True),
                "Etc/UTC",
                now - timedelta(days=9),
                dm,
            )
            await consents.give(
                tx, person.id, server_id, pairing.CONSENT, pairing.CONSENT_VERSION, now
            )
            await pairing_store.add_member(tx, member)
        # Drawn at the plan's moment; the question whether somebody is in comes before that.
        draws = self._moment(now + (ends - now) / 4, ends)
        rule = Rule(frozenset({draws.weekday()}), draws.timetz().replace(tzinfo=None), "Etc/UTC")
        confirm = self.dice.random() < 0.5
        plan = pairing.Plan(
            server_id, home.channels[1].id, rule, now, confirm, 2, followup_days=1, period_days=5
        )
        await rounds_store.put_plan(tx, plan)
        opens = max(draws - timedelta(hours=2), now) if confirm else draws
        await jobs.set_timers(tx, [Timer(OPEN, str(server_id), server_id, opens)])

    def _moment(self, now: datetime, ends: datetime) -> datetime:
        """A minute of the day, early enough that what it brings is over before the end."""
        first = now + timedelta(minutes=1)
        at = first + (ends - first) * self.dice.uniform(0, 0.9)
        return at.replace(second=0, microsecond=0)

    def _id(self) -> str:
        return f"{self.dice.getrandbits(64):016x}"

    # What people do

    async def first_question(self) -> None:
        """Ask the FAQ, which makes the bot ready for questions."""
        home = self.homes[0]
        asked = await self.double.command(
            home.people[0], home.channels[0], "faq ask", question=SAID[0]
        )
        await self._answered(asked)

    async def wander(self) -> None:
        """Use a command, then press what its answers offer, or what stands in a channel."""
        home = self.dice.choice(self.homes)
        moderating = not home.calm and self.dice.random() < 0.3
        person = home.moderator if moderating else self.dice.choice(home.people)
        if not self._there(home, person):
            return
        channel = self.dice.choice(home.channels)
        asked = None
        if self.dice.random() < 0.25:
            asked = await self._press_posted(home, person)
        if asked is None:
            asked = await self._command(home, person, channel)
        for _ in range(self.dice.randrange(4)):
            if asked is None or not await self._answered(asked) or not self._there(home, person):
                return
            if asked.answer_type == MODAL:
                asked = await self._fill_in(home, person, channel, asked)
            else:
                told = [asked.message, *asked.followups]
                asked = await self._press_any(person, [one for one in told if one is not None])
        if asked is not None:
            await self._answered(asked)

    def _there(self, home: Home, person: Person) -> bool:
        """Whether somebody is still in a server that is still one of the bot's."""
        return home.guild.id in self.double.world.guilds and person.id in home.guild.members

    async def _answered(self, asked: Asked) -> bool:
        self.asked += 1
        with suppress(TimeoutError):
            await self.double.answered(asked, ANSWER_SECONDS)
            return True
        self.unanswered += 1
        return False

    async def _command(self, home: Home, person: Person, channel: Channel) -> Asked | None:
        known = dict(_leaves(self.double.rest.commands))
        if not known:
            return None
        open_to_all = person.id != home.moderator.id
        names = [name for name in known if not (open_to_all and name.split()[0] in MODERATORS)]
        often = [name for name in OFTEN if name in names]
        name = self.dice.choice(often if often and self.dice.random() < 0.6 else names)
        self.used[name] = self.used.get(name, 0) + 1
        options: dict[str, object] = {}
        for option in known[name].get("options", []):
            if not option.get("required") and self.dice.random() < 0.5:
                continue
            value = self._value(home, person, option)
            if value is None:
                return None
            options[option["name"]] = value
            if option.get("autocomplete"):
                typed = str(value)[: self.dice.randint(1, 12)]
                await self._answered(
                    await self.double.suggest(person, channel, name, option["name"], typed)
                )
        return await self.double.command(person, channel, name, **options)

    def _value(self, home: Home, person: Person, option: Json) -> object:
        """Something that fits an option; None for a kind that nobody here has anything for."""
        if option.get("choices"):
            return self.dice.choice(option["choices"])["value"]
        kind = option["type"]
        if kind in {INTEGER, NUMBER}:
            low = int(option.get("min_value", 1))
            return self.dice.randint(low, int(option.get("max_value", low + 20)))
        among: dict[int, list[Any]] = {
            STRING: [*SAID],
            BOOLEAN: [True, False],
            PERSON: [one for one in home.people if one is not person],
            CHANNEL: home.channels,
        }
        return self.dice.choice(among[kind]) if kind in among else None

    async def _fill_in(
        self, home: Home, person: Person, channel: Channel, asked: Asked
    ) -> Asked | None:
        fields = [part for part in parts(asked.data.get("components")) if "custom_id" in part]
        values = {
            part["custom_id"]: self.dice.choice(SAID)[: int(part.get("max_length") or 100)]
            for part in fields
            if part["type"] == TEXT_INPUT
        }
        self.forms += 1
        try:
            return await self.double.submit(person, channel, asked.data, values)
        except KeyError:
            if self._there(home, person):
                raise
            return None  # They left while they typed.

    async def _press_any(self, person: Person, told: list[Posted]) -> Asked | None:
        offered = [
            (posted, part)
            for posted in told
            for part in parts(posted.payload.get("components"))
            if part.get("custom_id") and not part.get("disabled")
            if part["type"] in {BUTTON, STRING_SELECT}
        ]
        if not offered:
            return None
        posted, part = self.dice.choice(offered)
        chosen = []
        if part["type"] == STRING_SELECT:
            chosen = [self.dice.choice(part["options"])["value"]]
        return await self.double.press(person, posted, part["custom_id"], *chosen)

    async def _press_posted(self, home: Home, person: Person) -> Asked | None:
        """Press a button of what was posted for all, or by direct message."""
        world = self.double.world
        dm = world.dm_with(person.id)
        inside = [each for each in world.open_threads(home.guild.id) if person.id in each.members]
        places = [home.channels[2], home.channels[4], *inside, *([] if dm is None else [dm])]
        posted = [
            one
            for place in places
            for one in world.in_channel(place)[-5:]
            if not one.deleted and not one.payload.get("flags", 0) & EPHEMERAL
        ]
        return await self._press_any(person, posted) if posted else None

    # What happens around them

    async def hour(self) -> None:
        """Some leave and others join; one server removes the bot, and another adds it."""
        world = self.double.world
        for _ in range(max(len(self.homes) // 200, 1)):
            home = self.dice.choice(self.homes)
            if not home.calm and len(home.people) > 2:
                person = home.people.pop()
                home.guild.members.pop(person.id, None)
                newcomer = world.add_person(f"newcomer-{self.joined}")
                world.join(home.guild, newcomer)
                home.people.append(newcomer)
                self.joined += 1
        restless = [home for home in self.homes if not home.calm]
        if len(restless) > 2:
            home = self.dice.choice(restless)
            self.homes.remove(home)
            del world.guilds[home.guild.id]
            gone = {"id": str(home.guild.id)}
            await self.double.gateway.push("GUILD_DELETE", gone, guild_id=home.guild.id)
            self.gone += 1
            newcomer = self._home(10_000 * CALM_EVERY + self.gone * CALM_EVERY + 1)
            shown = world.guild_json(newcomer.guild)
            await self.double.gateway.push("GUILD_CREATE", shown, guild_id=newcomer.guild.id)
            self.homes.append(newcomer)

    async def minute(self) -> None:
        """Threads are archived after a while, and somebody changes a channel."""
        world = self.double.world
        now = world.now()
        for thread in world.open_threads():
            if now - _made_at(thread) > OPEN_SECONDS:
                thread.archived, thread.archived_at = True, now
                shown = world.channel_json(thread)
                await self.double.gateway.push("THREAD_UPDATE", shown, guild_id=thread.guild_id)
        home = self.dice.choice(self.homes)
        shown = world.channel_json(home.channels[-1])
        await self.double.gateway.push("CHANNEL_UPDATE", shown, guild_id=home.guild.id)


def _leaves(commands: list[Json]) -> Iterator[tuple[str, Json]]:
    for command in commands:
        if command["type"] == 1:
            yield from _below(command["name"], command)


def _below(name: str, command: Json) -> Iterator[tuple[str, Json]]:
    deeper = [one for one in command.get("options", []) if one["type"] in SUB_COMMANDS]
    for one in deeper:
        yield from _below(f"{name} {one['name']}", one)
    if not deeper:
        yield name, command


def _daily(due: datetime) -> Rule:
    return Rule.daily(due.hour, due.minute, "Etc/UTC")


def _made_at(thread: Channel) -> float:
    return ((thread.id >> 22) + EPOCH_MS) / 1000
