"""The course of a round: when it opens, when it is drawn, and what it makes of those in it.

A round opens some hours before it is drawn, to ask who takes part, or at the draw where nobody is
asked. What a moment that was missed makes of it is decided here as well: a round that can no longer
ask kindly is left out, and one that could not be drawn in time is drawn at the same hour of the
next day.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import combinations

from bot.recurrence import Rule, next_after
from bot.zones import ZoneGone, zone_info
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.model import (
    SILENT_ROUNDS,
    Counts,
    Introduction,
    IntroductionState,
    Member,
    Met,
    Often,
    Place,
    Plan,
    PlanState,
    Round,
    Said,
    State,
    Why,
)

LONGEST_LEAD = 7 * 24
"""Hours before its draw at which a round may ask: who says yes should still know it."""

LATE = timedelta(hours=2)
"""A draw that could not be made within this time after its moment waits for the next day."""

SHORTEST_ASKING = timedelta(minutes=30)
"""A round that leaves less time to answer is left out: nobody could say yes."""

TIME_TO_ANSWER = timedelta(hours=11, minutes=30)
"""Saying nothing to a question that came later than this before the draw means nothing: half a day,
less what asking ten thousand takes."""

RUN_NOW_ASKING = timedelta(hours=1)
"""How long a round that a moderator starts at once asks, where it asks."""

INTRODUCING = timedelta(hours=12)
"""How late an introduction may still come; after that those concerned are told instead."""

TELLING = timedelta(hours=12)
"""How late a direct message may still come; after that it is told at the next command."""

CLOSING = timedelta(days=7)
"""How long closing a thread is tried."""

DRAWING = timedelta(hours=6)
"""How long a draw is tried; after that the round is stopped and moderators are told."""

TIMES_A_ROUND = 2
"""Introductions of one person in one round at most: the first, and one more."""

THREADS_FULL = 900
"""Active threads of a server from which old ones of ours are closed: Discord takes about 1,000."""

WRITTEN_AT_ONCE = 50
"""Groups of a draw that are written down in one go, so that nobody waits for the store."""

AT_ONCE = 20
"""Threads closed at once where a server has too many."""

ENDED_AT_ONCE = 100
"""Introductions of a round that are closed in one go, so that nobody waits for the store."""

_CODE = "bcdfghjkmnpqrstvwxz"
"""Letters of a code: no vowels, so that no word comes out of it."""


class Tell(StrEnum):
    """What a member is told about a round: by direct message if they asked for those."""

    ASK = "ask"
    """Whether they are in; with buttons, and to those with direct messages only."""
    ODD = "odd"
    NOBODY_FITS = "nobody_fits"
    MET_LATELY = "met_lately"
    UNREADABLE = "unreadable"
    """They waited, because their roles could not be read, and so not who may meet them."""
    ROLES = "roles"
    """They waited, because their roles let them meet nobody here."""
    POSTPONED = "postponed"
    """The round they said yes to is drawn later than they were told."""
    STOPPED = "stopped"
    """The round they said yes to was stopped."""
    NOT_MADE = "not_made"
    """Their thread could not be made."""
    INTRODUCED = "introduced"
    """They are introduced by direct message, for want of a thread."""
    TALKED = "talked"
    """Did they get to talk? Asked by direct message where there is no thread."""
    OVER = "over"
    """Their introduction has ended early; another peer is offered."""
    OVER_STOPPED = "over_stopped"
    """The same in a round that was stopped, in which nobody else is looked for."""
    SILENT = "silent"
    """The bot has paused them, after rounds without a yes."""


WAITING = (Tell.ODD, Tell.NOBODY_FITS, Tell.MET_LATELY, Tell.UNREADABLE, Tell.ROLES)
"""Why somebody waits, in general words; the first three are the matching's own."""

BY_MESSAGE_ONLY = {Tell.ASK, Tell.TALKED, Tell.INTRODUCED}
"""What is told by direct message or not at all: it stands elsewhere, or names another person."""


# When


def lead(plan: Plan) -> timedelta:
    """How long before its draw a round opens."""
    return timedelta(hours=plan.lead_hours) if plan.confirm_first else timedelta()


def next_opening(plan: Plan, now: datetime) -> datetime | None:
    """Give when the next round opens; its draw is `lead(plan)` later. Raises ZoneGone.

    None while rounds are paused or switched off, or when the rule has come to its end.
    """
    if plan.state is not PlanState.ON:
        return None
    draw_at = next_after(plan.rule, now + lead(plan))
    return None if draw_at is None else draw_at - lead(plan)


def may_open(plan: Plan, opens_at: datetime, now: datetime) -> bool:
    """Whether a round that should have opened at a moment may still open now."""
    draw_at = opens_at + lead(plan)
    if plan.confirm_first:
        return draw_at - now >= min(SHORTEST_ASKING, lead(plan))
    return now - draw_at <= LATE


def put_off(draw_at: datetime, now: datetime, zone: str) -> datetime | None:
    """Give the same hour of the next day to draw at, where it is too late today; else None.

    The hour is that of the zone, also across a change of its clocks; of UTC if the zone is gone.
    """
    return None if now - draw_at <= LATE else next_day(draw_at, now, zone)


def next_day(moment: datetime, now: datetime, zone: str) -> datetime:
    """Give the same hour of the first day after a moment on which it is still to come."""
    try:
        local = moment.astimezone(zone_info(zone))
    except ZoneGone:
        local = moment
    later = moment
    while later <= now:
        local += timedelta(days=1)
        later = local.astimezone(UTC)
    return later


def weekly(rule: Rule) -> bool:
    """Whether a rule names one day of the week: a round on each of several would be too much."""
    return len(rule.days) == 1


# Who


def seed_of(round_id: str) -> int:
    """The number from which a round is drawn: 63 bits, as the store keeps it."""
    return int.from_bytes(hashlib.blake2b(round_id.encode(), digest_size=8).digest(), "big") >> 1


def code_of(introduction_id: str) -> str:
    """The letters in the name of a thread by which it is found again."""
    number = int.from_bytes(hashlib.blake2b(introduction_id.encode(), digest_size=8).digest())
    letters: list[str] = []
    for _ in range(8):
        number, letter = divmod(number, len(_CODE))
        letters.append(_CODE[letter])
    return "".join(letters)


def opener_of(introduction_id: str, openers: Sequence[str]) -> str:
    """The opener of an introduction, always the same for the same one."""
    digest = hashlib.blake2b(introduction_id.encode(), digest_size=8, person=b"opener").digest()
    return openers[int.from_bytes(digest, "big") % len(openers)]


@dataclass(frozen=True, slots=True)
class Held:
    """What a draw came to when the hard rules were looked at again just before it was written."""

    groups: tuple[tuple[int, ...], ...]
    freed: tuple[int, ...]
    """People whose group fell apart, and who may still be brought together with somebody."""


def still_allowed(
    groups: Sequence[tuple[int, ...]],
    there: Collection[int],
    forbidden: Collection[tuple[int, int]],
) -> Held:
    """Let those groups stand whose people are all still there and may all still meet.

    `forbidden` has the smaller id first.
    """
    kept: list[tuple[int, ...]] = []
    freed: list[int] = []
    for group in groups:
        whole = all(one in there for one in group)
        if whole and not any(pair in forbidden for pair in combinations(sorted(group), 2)):
            kept.append(group)
        else:
            freed += [one for one in group if one in there]
    return Held(tuple(kept), tuple(freed))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a draw comes to, to be written: whoever waited longest is introduced first."""

    groups: tuple[tuple[int, ...], ...]
    waiting: Mapping[int, Tell]
    freed: tuple[int, ...]
    counts: Counts


def settled(
    drawn: Drawn,
    not_drawn: Mapping[int, Tell],
    there: Mapping[int, Member],
    forbidden: Collection[tuple[int, int]],
) -> Settled:
    """Say what a draw comes to, when it is known who is there now and who must not meet.

    `not_drawn` are those who were not in the draw, and why.
    """
    held = still_allowed(drawn.groups, there, forbidden)
    told = {user_id: Tell(why) for user_id, why in drawn.waiting} | dict(not_drawn)
    told |= dict.fromkeys(held.freed, Tell.ODD)
    waiting = {user_id: why for user_id, why in told.items() if user_id in there}
    groups = in_turn(held.groups, there)
    return Settled(groups, waiting, held.freed, counted(groups, waiting))


def in_turn(
    groups: Sequence[tuple[int, ...]], there: Mapping[int, Member]
) -> tuple[tuple[int, ...], ...]:
    """Groups in the order in which they are introduced."""
    return tuple(sorted(groups, key=lambda group: _turn_of(group, there)))


def _turn_of(group: Sequence[int], there: Mapping[int, Member]) -> tuple[int, datetime]:
    """Who waited longest is introduced first, then who has been here longest."""
    members = [there[user_id] for user_id in group]
    return (-max(m.waited for m in members), min(m.joined_at for m in members))


def counted(groups: Sequence[tuple[int, ...]], waiting: Mapping[int, Tell]) -> Counts:
    """Say in numbers what a draw came to."""
    why = list(waiting.values())
    return Counts(
        sum(len(group) == 2 for group in groups),
        sum(len(group) == 3 for group in groups),
        {reason.value: why.count(reason) for reason in WAITING if reason in why},
    )


def met_in(people: Sequence[int], number: int, now: datetime) -> list[Met]:
    """Who has met whom, when these were brought together."""
    return [Met(one, other, number, now) for one, other in combinations(sorted(people), 2)]


# What a round makes of a member


def drawn(member: Member, number: int, size: int) -> Member:
    """The same after they were drawn into a group of this size."""
    odd = member.odd + 1 if size > 2 else max(member.odd - 1, 0)
    return replace(member, waited=0, odd=odd, last_round=number)


def waited(member: Member, why: Tell) -> Member:
    """The same after a round in which nobody was found for them."""
    odd = member.odd + 1 if why is Tell.ODD else member.odd
    return replace(member, waited=member.waited + 1, odd=odd)


def found_after_all(member: Member, number: int) -> Member:
    """The same when somebody was found for them within the round."""
    return replace(member, waited=0, odd=max(member.odd - 1, 0), last_round=number)


def said_yes(member: Member) -> Member:
    """The same after a yes: what was silent before no longer counts."""
    return replace(member, silent=0)


def counts_silence(member: Member, one: Round, *, asked: bool) -> bool:
    """Whether saying nothing to a round counts.

    `asked` says whether the question reached them, `TIME_TO_ANSWER` before the draw.
    """
    return asked and member.joined_at <= one.made_at


def said_nothing(member: Member) -> Member:
    """The same after a round without a yes; after the last of them the bot pauses them."""
    counted = replace(member, silent=member.silent + 1)
    return counted.paused(None, Why.SILENT) if counted.silent >= SILENT_ROUNDS else counted


def introduced(member: Member) -> Member:
    """The same when they have been introduced: who wanted that once rests from then on."""
    once = member.wishes.often is Often.ONCE and member.state is State.IN
    return member.paused(None, Why.ONCE) if once else member


def back_in(member: Member) -> Member:
    """The same after a yes to one round: whoever had paused, or wanted to leave it out, is in."""
    return member.resumed()


def may_go_on(member: Member, now: datetime) -> bool:
    """Whether somebody who was in a round may be brought together with somebody else in it."""
    return member.is_in(now) or member.paused_why is Why.ONCE


def after_skipping(member: Member) -> Member:
    """The same after the round that they wanted to leave out."""
    return replace(member, skip_next=False)


# What becomes of an introduction


def is_live(one: Introduction) -> bool:
    """Whether it is not yet over."""
    return one.state in {IntroductionState.PENDING, IntroductionState.INTRODUCED}


def ended(one: Introduction, now: datetime, *, left: int | None = None) -> Introduction:
    """The same when it is over, because its time is up or because somebody left it."""
    introduced = one.state is IntroductionState.INTRODUCED
    state = IntroductionState.ENDED if introduced else IntroductionState.DROPPED
    places = tuple(
        replace(place, left_at=now) if place.user_id == left else place for place in one.places
    )
    return replace(one, state=state, ended_at=now, places=places)


def answered(one: Introduction, user_id: int, said: Said, now: datetime) -> Introduction:
    """The same with what somebody answered to “did you get to talk?”."""
    return with_place(one, replace(_place(one, user_id), said=said, said_at=now))


def offered(one: Introduction, user_id: int) -> Introduction:
    """The same when another peer has been looked for in its place."""
    return with_place(one, replace(_place(one, user_id), offered=True))


def with_place(one: Introduction, place: Place) -> Introduction:
    """The same with one place as it is now."""
    places = tuple(place if each.user_id == place.user_id else each for each in one.places)
    return replace(one, places=places)


def by_person(introductions: Sequence[Introduction]) -> dict[int, list[Introduction]]:
    """Introductions by who has, or had, a place in them."""
    theirs: dict[int, list[Introduction]] = defaultdict(list)
    for each in introductions:
        for place in each.places:
            theirs[place.user_id].append(each)
    return theirs


def in_vain(over: Sequence[Introduction]) -> frozenset[tuple[int, int]]:
    """Who could not be introduced to each other in a round though nobody had left, as pairs.

    They are not drawn again in it: what was in the way would be so again, without end.
    """
    return frozenset(
        pair
        for one in over
        if one.state is IntroductionState.DROPPED and len(one.people) == len(one.places)
        for pair in combinations(sorted(one.people), 2)
    )


def has_place(one: Introduction, user_id: int) -> bool:
    """Whether somebody is in it, and has not left it."""
    return user_id in one.people


def _place(one: Introduction, user_id: int) -> Place:
    return next(place for place in one.places if place.user_id == user_id)


def may_have_another(user_id: int, theirs: Sequence[Introduction]) -> bool:
    """Whether somebody may be offered another peer in a round, given their introductions in it.

    Not while one is live, not a third, and not to who ended one to be left alone.
    """
    if any(is_live(one) for one in theirs):
        return False
    came_about = [one for one in theirs if one.state is IntroductionState.ENDED]
    if len(came_about) >= TIMES_A_ROUND:
        return False
    places = [_place(one, user_id) for one in theirs]
    return all(place.left_at is None or place.said is Said.ANOTHER for place in places)


def looks_for_another(user_id: int, theirs: Sequence[Introduction]) -> bool:
    """Whether somebody who said yes to a round is to be brought together with somebody now.

    They are, while they wait; when an introduction of theirs was dropped before it came about; and
    after one that ended early when they asked for another peer.
    """
    if not may_have_another(user_id, theirs):
        return False
    came_about = [one for one in theirs if one.state is IntroductionState.ENDED]
    return all(_place(one, user_id).said is Said.ANOTHER for one in came_about)
