"""What Discord itself saw of a round: who was brought together, told and parted, and when.

Everything here is read from the double, nothing from our store: a store that agrees with itself
says little about what people met with.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.texts import Texts
from cogs.pairing.course import WAITING, Tell
from tests.wire.world import (
    EPHEMERAL,
    MANAGE_THREADS,
    PRIVATE_THREAD,
    Channel,
    Guild,
    Person,
    Posted,
    World,
)

PART, SAY, CLOSING = "pairing:part:", "pairing:say:", "pairing:mine:"
ANOTHER = "pairing:another:"

MENTION = re.compile(r"<@(\d+)>")

TEXTS = Texts.load()
TEXTS.know_commands({"pair": 0})

_TOLD = [what for what in Tell if TEXTS.has(f"news.pairing.{what}") and what is not Tell.POSTPONED]

TOLD_NONE = (*WAITING, Tell.NOT_MADE, Tell.STOPPED)
"""What says to somebody that they meet nobody, for now."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """People who were introduced to each other, in a thread or by direct message."""

    people: frozenset[int]
    at: float
    introduction_id: str
    thread: Channel | None


@dataclass(frozen=True, slots=True)
class Parting:
    """Somebody was told that they are out of it, or apart from somebody; or is simply gone."""

    person_id: int
    at: float
    """UTC seconds; nothing that began later may bring them together."""
    other_id: int | None = None
    """From whom; None for all of this round."""

    def forbids(self, people: Collection[int]) -> bool:
        """Whether these are not to be brought together any more."""
        return self.person_id in people and (self.other_id is None or self.other_id in people)


def threads_in(world: World, guild: Guild) -> list[Channel]:
    """All private threads of a server."""
    there = (each for each in world.channels.values() if each.guild_id == guild.id)
    return [each for each in there if each.type == PRIVATE_THREAD]


def said_in(world: World, channel: Channel, prefix: str) -> list[Posted]:
    """What was posted there for all to see, with a button of this kind."""
    return [
        posted
        for posted in world.in_channel(channel)
        if not posted.payload.get("flags", 0) & EPHEMERAL
        and any(each.startswith(prefix) for each in posted.custom_ids)
    ]


def meetings(world: World, guild: Guild, people: Sequence[Person]) -> list[Meeting]:
    """Every introduction that reached its people, the oldest first."""
    found: list[Meeting] = []
    for thread in threads_in(world, guild):
        found += [_meeting(posted, thread) for posted in said_in(world, thread, PART)]
    by_message: dict[str, Meeting] = {}
    for person in people:
        channel = world.dm_with(person.id)
        for posted in [] if channel is None else said_in(world, channel, PART):
            one = _meeting(posted, None)
            by_message.setdefault(one.introduction_id, one)
    return sorted([*found, *by_message.values()], key=lambda one: one.at)


def _meeting(posted: Posted, thread: Channel | None) -> Meeting:
    people = frozenset(int(id_) for id_ in MENTION.findall(posted.text))
    custom_id = next(each for each in posted.custom_ids if each.startswith(PART))
    return Meeting(people, posted.at, custom_id.split(":")[2], thread)


def told(world: World, guild: Guild, person: Person, command: str) -> list[tuple[Tell, float]]:
    """What somebody was told and when, by direct message and last by the answer to a command."""
    channel = world.dm_with(person.id)
    posts = [] if channel is None else world.in_channel(channel)
    read = [(posted.text, posted.at) for posted in posts] + [(command, math.inf)]
    # Where Discord does not say what a server is called, a command tells it without the name.
    names = (guild.name, TEXTS.say("news.a_server", "en"))
    said = [
        (what, TEXTS.say(f"news.pairing.{what}", "en", server=name))
        for what in _TOLD
        for name in names
    ]
    # As far as to the first command: its mention has a number of Discord's in it.
    sentences = {(what, words.partition("</")[0]) for what, words in said}
    return [(what, at) for text, at in read for what, words in sentences if words in text]


def wrong_with_threads(
    threads: Sequence[Channel],
    channel: Channel,
    world: World,
    partings: Sequence[Parting],
    slack: float,
) -> list[str]:
    """When all is over each thread is closed, and said so once; an empty second one is folded."""
    wrong: list[str] = []
    for thread in threads:
        empty = thread.members == {world.bot.id} and not world.in_channel(thread)
        closings = len(said_in(world, thread, CLOSING))
        if not thread.archived:
            wrong.append(f"thread {thread.name} is open for ever")
        elif not empty and thread.locked != may_lock(channel, world.bot.id):
            wrong.append(f"thread {thread.name} is not locked")
        if closings > 1 or (not empty and not closings):
            wrong.append(f"thread {thread.name} said {closings} times that it is over")
        if len(said_in(world, thread, PART)) > 1:
            wrong.append(f"thread {thread.name} has two introductions")
        for parting in partings:
            those = (parting.person_id, parting.other_id)
            entered = [at for one, at in thread.entered_at.items() if one in those]
            if parting.forbids(thread.entered_at) and max(entered) > parting.at + slack:
                wrong.append(f"let in {max(entered) - parting.at:.1f} s after they had parted")
    return wrong


def wrong_with_meetings(
    all_of_them: Sequence[Meeting], partings: Sequence[Parting], slack: float, most: int
) -> list[str]:
    """Nobody twice, no two people twice, and nobody with whom they were parted from.

    `slack` are the seconds that one try may take: it was on its way when they parted.
    """
    wrong: list[str] = []
    times = Counter(user_id for one in all_of_them for user_id in one.people)
    wrong += [f"introduced {count} times" for count in times.values() if count > most]
    groups = Counter(one.people for one in all_of_them)
    wrong += ["the same people introduced twice" for count in groups.values() if count > 1]
    pairs = Counter(
        pair
        for one in all_of_them
        if len(one.people) == 2
        for pair in combinations(sorted(one.people), 2)
    )
    wrong += ["two people introduced twice" for count in pairs.values() if count > 1]
    for one in all_of_them:
        if one.thread is not None and not one.thread.members.issuperset(one.people):
            wrong.append("introduced in a thread that they are not in")
        late = [each for each in partings if each.forbids(one.people) and one.at > each.at + slack]
        wrong += [f"together {one.at - each.at:.1f} s after they had parted" for each in late]
    return wrong


def may_lock(channel: Channel, bot_id: int) -> bool:
    """Whether the bot may lock threads of a channel."""
    return bool(channel.overwrites.get(bot_id, (0, 0))[0] & MANAGE_THREADS)
