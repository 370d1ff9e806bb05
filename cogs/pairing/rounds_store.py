"""SQL of plans, rounds, answers, introductions, and of who met whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from bot.recurrence import Rule
from cogs.pairing.model import (
    Counts,
    Introduction,
    IntroductionState,
    Met,
    Place,
    Plan,
    PlanState,
    Round,
    RoundState,
    Said,
)

# Plans

_PLAN = (
    "server_id, channel_id, rule, confirm_first, lead_hours, followup_days, period_days, state, "
    "off_reason, made_at"
)


async def plan(read: Reading, server_id: int) -> Plan | None:
    """The plan of a server."""
    row = await read.fetch_one(
        f"SELECT {_PLAN} FROM pairing_plans WHERE server_id = $1",  # noqa: S608
        server_id,
    )
    return None if row is None else _plan(row)


async def hold_plan(tx: Transaction, server_id: int) -> Plan | None:
    """The plan of a server, held until the transaction ends."""
    rows = await tx.fetch(
        f"SELECT {_PLAN} FROM pairing_plans WHERE server_id = $1 FOR UPDATE",  # noqa: S608
        server_id,
    )
    return _plan(rows[0]) if rows else None


async def put_plan(tx: Transaction, plan: Plan) -> None:
    """Write a plan in place of the one before."""
    await tx.execute(
        f"INSERT INTO pairing_plans ({_PLAN}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (server_id) DO UPDATE SET channel_id = excluded.channel_id, "
        "rule = excluded.rule, confirm_first = excluded.confirm_first, "
        "lead_hours = excluded.lead_hours, followup_days = excluded.followup_days, "
        "period_days = excluded.period_days, state = excluded.state, "
        "off_reason = excluded.off_reason",
        plan.server_id,
        plan.channel_id,
        plan.rule.to_text(),
        plan.confirm_first,
        plan.lead_hours,
        plan.followup_days,
        plan.period_days,
        plan.state.value,
        plan.off_reason,
        to_epoch(plan.made_at),
    )


def _plan(row: Row) -> Plan:
    return Plan(
        row["server_id"],
        row["channel_id"],
        Rule.from_text(row["rule"]),
        from_epoch(row["made_at"]),
        bool(row["confirm_first"]),
        row["lead_hours"],
        row["followup_days"],
        row["period_days"],
        PlanState(row["state"]),
        row["off_reason"],
    )


# Rounds

_ROUND = "id, server_id, number, draw_at, ends_at, state, seed, confirm, counts, made_at"


async def put_round(tx: Transaction, one: Round) -> None:
    """Write a round in place of what was known of it."""
    await tx.execute(
        f"INSERT INTO pairing_rounds ({_ROUND}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (id) DO UPDATE SET draw_at = excluded.draw_at, ends_at = excluded.ends_at, "
        "state = excluded.state, counts = excluded.counts",
        one.id,
        one.server_id,
        one.number,
        to_epoch(one.draw_at),
        to_epoch(one.ends_at),
        one.state.value,
        one.seed,
        one.confirm,
        one.counts.to_text(),
        to_epoch(one.made_at),
    )


async def round_(read: Reading, round_id: str) -> Round | None:
    """One round, by its id."""
    row = await read.fetch_one(
        f"SELECT {_ROUND} FROM pairing_rounds WHERE id = $1",  # noqa: S608
        round_id,
    )
    return None if row is None else _round(row)


async def hold_round(tx: Transaction, round_id: str) -> Round | None:
    """One round, held until the transaction ends: whatever changes what belongs to it, waits."""
    rows = await tx.fetch(
        f"SELECT {_ROUND} FROM pairing_rounds WHERE id = $1 FOR UPDATE",  # noqa: S608
        round_id,
    )
    return _round(rows[0]) if rows else None


async def latest_round(read: Reading, server_id: int) -> Round | None:
    """The round of a server with the highest number."""
    row = await read.fetch_one(
        f"SELECT {_ROUND} FROM pairing_rounds WHERE server_id = $1 "  # noqa: S608
        "ORDER BY number DESC LIMIT 1",
        server_id,
    )
    return None if row is None else _round(row)


async def rounds_in(
    read: Reading, server_id: int, states: Collection[RoundState]
) -> tuple[Round, ...]:
    """The rounds of a server in these states, the newest first."""
    names = sorted(state.value for state in states)
    rows = await read.fetch(
        f"SELECT {_ROUND} FROM pairing_rounds "  # noqa: S608
        f"WHERE server_id = $1 AND state IN ({_marks(len(names), 2)}) ORDER BY number DESC",
        server_id,
        *names,
    )
    return tuple(_round(row) for row in rows)


def _round(row: Row) -> Round:
    return Round(
        row["id"],
        row["server_id"],
        row["number"],
        from_epoch(row["draw_at"]),
        from_epoch(row["ends_at"]),
        RoundState(row["state"]),
        row["seed"],
        bool(row["confirm"]),
        from_epoch(row["made_at"]),
        Counts.from_text(row["counts"]),
    )


# Answers


async def put_answers(
    tx: Transaction, one: Round, answers: Iterable[tuple[int, bool]], at: datetime
) -> None:
    """Write what members said to a round, in place of what they said before."""
    await tx.execute_many(
        "INSERT INTO pairing_answers (round_id, server_id, user_id, yes, answered_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (round_id, user_id) "
        "DO UPDATE SET yes = excluded.yes, answered_at = excluded.answered_at",
        [(one.id, one.server_id, user_id, yes, to_epoch(at)) for user_id, yes in answers],
    )


async def answers(
    read: Reading, round_id: str, people: Sequence[int] | None = None
) -> dict[int, bool]:
    """Who (of these) said yes to a round, and who no; who said nothing is not among them."""
    sql = "SELECT user_id, yes FROM pairing_answers WHERE round_id = $1"
    if people is None:
        rows = await read.fetch(sql, round_id)
    elif people:
        among = f"{sql} AND user_id IN ({_marks(len(people), 2)})"
        rows = await read.fetch(among, round_id, *people)
    else:
        return {}
    return {row["user_id"]: bool(row["yes"]) for row in rows}


async def answer(read: Reading, round_id: str, user_id: int) -> bool | None:
    """What somebody said to a round; None for nothing."""
    row = await read.fetch_one(
        "SELECT yes FROM pairing_answers WHERE round_id = $1 AND user_id = $2", round_id, user_id
    )
    return None if row is None else bool(row["yes"])


async def count_yes(read: Reading, round_id: str) -> int:
    """How many said yes to a round."""
    row = await read.fetch_one(
        "SELECT count(*) AS yes FROM pairing_answers WHERE round_id = $1 AND yes = $2",
        round_id,
        True,
    )
    return 0 if row is None else row["yes"]


async def delete_answers(tx: Transaction, round_id: str) -> None:
    """Delete what was said to a round that is over."""
    await tx.execute("DELETE FROM pairing_answers WHERE round_id = $1", round_id)


async def forget_answers(tx: Transaction, server_id: int, user_id: int) -> None:
    """Delete what a member said to the rounds of a server."""
    await tx.execute(
        "DELETE FROM pairing_answers WHERE server_id = $1 AND user_id = $2", server_id, user_id
    )


# Introductions

_INTRODUCTION = (
    "id, server_id, round_id, state, code, language, opener, thread_id, made_at, ends_at, ended_at"
)
_LIVE = (IntroductionState.PENDING.value, IntroductionState.INTRODUCED.value)

AT_ONCE = 250
"""Introductions, or twice as many meetings, read in one go: to make values of them holds up nobody.
"""


async def add_introductions(tx: Transaction, introductions: Sequence[Introduction]) -> None:
    """Write new introductions with their places."""
    await tx.execute_many(
        f"INSERT INTO pairing_introductions ({_INTRODUCTION}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [
            (
                one.id,
                one.server_id,
                one.round_id,
                one.state.value,
                one.code,
                one.language,
                one.opener,
                one.thread_id,
                to_epoch(one.made_at),
                to_epoch(one.ends_at),
                _epoch(one.ended_at),
            )
            for one in introductions
        ],
    )
    await put_places(tx, introductions)


async def put_introduction(tx: Transaction, one: Introduction) -> None:
    """Write how far an introduction is, and what became of its places."""
    await put_introductions(tx, [one])


async def put_introductions(tx: Transaction, introductions: Sequence[Introduction]) -> None:
    """Write how far introductions are, and what became of their places.

    Places that are no longer there, because somebody erased what is theirs, are not brought back.
    They end no sooner than the round: until then it counts that there was one.
    """
    await tx.execute_many(
        "UPDATE pairing_introductions SET state = $2, thread_id = $3, ended_at = $4 WHERE id = $1",
        [(one.id, one.state.value, one.thread_id, _epoch(one.ended_at)) for one in introductions],
    )
    await tx.execute_many(
        "UPDATE pairing_places SET said = $3, said_at = $4, left_at = $5, offered = $6, "
        "ended_at = $7 WHERE introduction_id = $1 AND user_id = $2",
        [
            (
                one.id,
                place.user_id,
                None if place.said is None else place.said.value,
                _epoch(place.said_at),
                _epoch(place.left_at),
                place.offered,
                _place_ended(one),
            )
            for one in introductions
            for place in one.places
        ],
    )


async def put_places(tx: Transaction, introductions: Sequence[Introduction]) -> None:
    """Write the places of new introductions."""
    await tx.execute_many(
        "INSERT INTO pairing_places (introduction_id, server_id, user_id, said, said_at, left_at, "
        "offered, ended_at) VALUES ($1, $2, $3, NULL, NULL, NULL, $4, $5)",
        [
            (one.id, one.server_id, place.user_id, place.offered, _place_ended(one))
            for one in introductions
            for place in one.places
        ],
    )


def _place_ended(one: Introduction) -> int | None:
    return None if one.ended_at is None else to_epoch(max(one.ended_at, one.ends_at))


async def introduction(read: Reading, introduction_id: str) -> Introduction | None:
    """One introduction, by its id."""
    found = await _introductions(read, "WHERE id = $1", introduction_id)
    return found[0] if found else None


async def by_ids(read: Reading, ids: Sequence[str]) -> list[Introduction]:
    """Introductions by their ids; unknown ids are left out."""
    found: list[Introduction] = []
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        found += await _introductions(read, f"WHERE id IN ({_marks(len(some))})", *some)
    return found


async def of_round(
    read: Reading,
    round_id: str,
    *,
    live: bool = False,
    pending: bool = False,
    limit: int | None = None,
) -> tuple[Introduction, ...]:
    """The introductions of a round in the order in which they were made.

    `live`: those not yet over; `pending`: those not yet made.
    """
    where = "WHERE round_id = $1" + _live(live)
    if pending:
        where += f" AND state = '{_LIVE[0]}'"
    return await _introductions(read, where, round_id, limit=limit)


async def over_in_round(read: Reading, round_id: str) -> tuple[Introduction, ...]:
    """The introductions of a round that are over, in the order in which they were made."""
    return await _introductions(read, f"WHERE round_id = $1 AND state NOT IN {_LIVE}", round_id)


async def introduced_in(read: Reading, round_id: str) -> frozenset[int]:
    """Who is in an introduction of a round that is not yet over, or was when they left it."""
    rows = await read.fetch(
        "SELECT user_id FROM pairing_places WHERE introduction_id IN "  # noqa: S608
        f"(SELECT id FROM pairing_introductions WHERE round_id = $1{_live(live=True)})",
        round_id,
    )
    return frozenset(row["user_id"] for row in rows)


async def still_without(read: Reading, round_id: str, limit: int | None = None) -> list[int]:
    """People of a round with an introduction that did not come about, or after which they asked
    for another peer, where nobody has been looked for in its place; at most `limit` of them.
    """
    most = "" if limit is None else f" LIMIT {limit:d}"
    rows = await read.fetch(
        "SELECT DISTINCT p.user_id AS user_id FROM pairing_introductions i "  # noqa: S608
        "JOIN pairing_places p ON p.introduction_id = i.id "
        "WHERE i.round_id = $1 AND p.offered = $2 AND (i.state = $3 OR p.said = $4) "
        f"ORDER BY p.user_id{most}",
        round_id,
        False,
        IntroductionState.DROPPED.value,
        Said.ANOTHER.value,
    )
    return [row["user_id"] for row in rows]


async def mark_offered(tx: Transaction, round_id: str, people: Sequence[int]) -> None:
    """Write down that nobody is looked for any more in place of what is over of these in a round.

    What they have just been given instead is not over: should it come to nothing, they hear of it.
    """
    await tx.execute_many(
        "UPDATE pairing_places SET offered = $3 WHERE user_id = $2 "  # noqa: S608
        "AND introduction_id IN (SELECT id FROM pairing_introductions "
        f"WHERE round_id = $1 AND state NOT IN {_LIVE})",
        [(round_id, user_id, True) for user_id in people],
    )


async def of_people(
    read: Reading, round_id: str, people: Sequence[int]
) -> tuple[Introduction, ...]:
    """The introductions of some people in a round, in the order in which they were made."""
    if not people:
        return ()
    return await _introductions(
        read,
        "WHERE round_id = $1 AND id IN (SELECT introduction_id FROM pairing_places "  # noqa: S608
        f"WHERE user_id IN ({_marks(len(people), 2)}))",
        round_id,
        *people,
    )


async def count_live(read: Reading, server_id: int) -> int:
    """How many of a server's introductions are not yet over."""
    row = await read.fetch_one(
        "SELECT count(*) AS live FROM pairing_introductions WHERE server_id = $1"  # noqa: S608
        + _live(live=True),
        server_id,
    )
    return 0 if row is None else row["live"]


async def pending(read: Reading, server_id: int) -> tuple[Introduction, ...]:
    """A server's introductions that are promised and not yet made."""
    return await _introductions(read, f"WHERE server_id = $1 AND state = '{_LIVE[0]}'", server_id)


async def pending_in(read: Reading, round_id: str) -> list[str]:
    """The ids of the introductions of a round that are promised and not yet made."""
    rows = await read.fetch(
        "SELECT id FROM pairing_introductions WHERE round_id = $1 AND state = $2",
        round_id,
        IntroductionState.PENDING.value,
    )
    return [row["id"] for row in rows]


async def oldest_threads(read: Reading, server_id: int, limit: int) -> tuple[Introduction, ...]:
    """A server's introductions whose threads have been open for longest."""
    return await _introductions(
        read,
        f"WHERE server_id = $1{_live(live=True)} AND thread_id IS NOT NULL",
        server_id,
        limit=limit,
    )


async def of_person(
    read: Reading, user_id: int, server_id: int | None = None, *, live: bool = False
) -> tuple[Introduction, ...]:
    """A person's introductions, in one server or in all, the oldest first."""
    among = "WHERE id IN (SELECT introduction_id FROM pairing_places WHERE user_id = $1)"
    if server_id is None:
        return await _introductions(read, among + _live(live), user_id)
    return await _introductions(
        read, f"{among} AND server_id = $2{_live(live)}", user_id, server_id
    )


def _live(live: bool) -> str:
    return f" AND state IN {_LIVE}" if live else ""


async def _introductions(
    read: Reading, where: str, *args: int | str, limit: int | None = None
) -> tuple[Introduction, ...]:
    """Read in parts, so that a round of ten thousand holds nobody else up."""
    found: list[Introduction] = []
    after: tuple[int, str] = (-1, "")
    made, id_ = len(args) + 1, len(args) + 2
    while True:
        count = AT_ONCE if limit is None else min(AT_ONCE, limit - len(found))
        rows = await read.fetch(
            f"SELECT {_INTRODUCTION} FROM pairing_introductions {where} "  # noqa: S608
            f"AND (made_at, id) > (${made}, ${id_}) "
            f"ORDER BY made_at, id LIMIT {count:d}",
            *args,
            *after,
        )
        if rows:
            seats = await read.fetch(
                "SELECT introduction_id, user_id, said, said_at, left_at, offered "  # noqa: S608
                f"FROM pairing_places WHERE introduction_id IN ({_marks(len(rows))}) "
                "ORDER BY introduction_id, user_id",
                *(row["id"] for row in rows),
            )
            places: dict[str, list[Place]] = defaultdict(list)
            for seat in seats:
                places[seat["introduction_id"]].append(_place(seat))
            found += (_introduction(row, places[row["id"]]) for row in rows)
            after = (rows[-1]["made_at"], rows[-1]["id"])
        if len(rows) < AT_ONCE or len(found) == limit:
            return tuple(found)


def _introduction(row: Row, places: Sequence[Place]) -> Introduction:
    return Introduction(
        id=row["id"],
        server_id=row["server_id"],
        round_id=row["round_id"],
        state=IntroductionState(row["state"]),
        code=row["code"],
        language=row["language"],
        opener=row["opener"],
        places=tuple(places),
        made_at=from_epoch(row["made_at"]),
        ends_at=from_epoch(row["ends_at"]),
        thread_id=row["thread_id"],
        ended_at=_moment(row["ended_at"]),
    )


def _place(row: Row) -> Place:
    said = row["said"]
    return Place(
        row["user_id"],
        None if said is None else Said(said),
        _moment(row["said_at"]),
        _moment(row["left_at"]),
        bool(row["offered"]),
    )


# Who met whom


async def met(read: Reading, server_id: int, among: Collection[int]) -> tuple[Met, ...]:
    """Who of these was brought together with whom of them, each pair in the latest round.

    Also whom one of the two has erased since: the other's own record of it says so. Read in parts:
    ten thousand people have met fifty thousand times in ten rounds.
    """
    found: list[Met] = []
    kept = await read.fetch(
        "SELECT owner_user_id, met_user_id, round_number, met_at FROM pairing_met_before "
        "WHERE server_id = $1",
        server_id,
    )
    for one, other, number, met_at in kept:
        if one in among and other in among:
            found.append(Met(min(one, other), max(one, other), number, from_epoch(met_at)))
    after = (0, 0)
    while True:
        rows = await read.fetch(
            "SELECT first_user_id, second_user_id, round_number, met_at FROM pairing_met "
            "WHERE server_id = $1 AND (first_user_id, second_user_id) > ($2, $3) "
            "ORDER BY first_user_id, second_user_id LIMIT $4",
            server_id,
            *after,
            2 * AT_ONCE,
        )
        for first, second, number, met_at in rows:
            if first in among and second in among:
                found.append(Met(first, second, number, from_epoch(met_at)))
        if len(rows) < 2 * AT_ONCE:
            return tuple(found)
        after = (rows[-1]["first_user_id"], rows[-1]["second_user_id"])


async def met_by(read: Reading, server_id: int, user_id: int, limit: int) -> list[int]:
    """Whom a person was brought together with in a server, the latest first.

    Also who has erased it since, in no other place than everybody else.
    """
    rows = await read.fetch(
        "SELECT CASE WHEN first_user_id = $2 THEN second_user_id ELSE first_user_id END "
        "AS other_user_id, met_at FROM pairing_met "
        "WHERE server_id = $1 AND (first_user_id = $2 OR second_user_id = $2) "
        "UNION SELECT met_user_id AS other_user_id, met_at FROM pairing_met_before "
        "WHERE server_id = $1 AND owner_user_id = $2 "
        "ORDER BY met_at DESC, other_user_id LIMIT $3",
        server_id,
        user_id,
        limit,
    )
    return list(dict.fromkeys(row["other_user_id"] for row in rows))


async def met_and_gone(read: Reading, one: Introduction, user_id: int) -> list[int]:
    """Whom a person met in an introduction and who has erased it or left the server since.

    Nobody is in two introductions of a round at a time: the moment says in which it was.
    """
    until = one.ends_at if one.ended_at is None else one.ended_at
    rows = await read.fetch(
        "SELECT met_user_id FROM pairing_met_before WHERE server_id = $1 AND owner_user_id = $2 "
        "AND met_at >= $3 AND met_at <= $4 ORDER BY met_user_id",
        one.server_id,
        user_id,
        to_epoch(one.made_at),
        to_epoch(until),
    )
    return [row["met_user_id"] for row in rows]


async def put_met(tx: Transaction, server_id: int, pairs: Iterable[Met]) -> None:
    """Write who was brought together, in place of an earlier time."""
    await tx.execute_many(
        "INSERT INTO pairing_met (server_id, first_user_id, second_user_id, round_number, met_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (server_id, first_user_id, second_user_id) "
        "DO UPDATE SET round_number = excluded.round_number, met_at = excluded.met_at",
        [
            (server_id, one.first, one.second, one.round_number, to_epoch(one.met_at))
            for one in pairs
        ],
    )


async def met_long_ago(read: Reading, server_id: int, before: int) -> list[tuple[int, int]]:
    """Who met for the last time before the round of this number, so that no later one needs it."""
    rows = await read.fetch(
        "SELECT first_user_id, second_user_id FROM pairing_met "
        "WHERE server_id = $1 AND round_number < $2 ORDER BY first_user_id, second_user_id",
        server_id,
        before,
    )
    return [(first, second) for first, second in rows]


async def forget_met(
    tx: Transaction, server_id: int, pairs: Sequence[tuple[int, int]], before: int
) -> None:
    """Delete that these met, where that was before the round of this number."""
    await tx.execute_many(
        "DELETE FROM pairing_met WHERE server_id = $1 AND first_user_id = $2 "
        "AND second_user_id = $3 AND round_number < $4",
        [(server_id, first, second, before) for first, second in pairs],
    )


async def forget_met_before(tx: Transaction, server_id: int, before: int) -> None:
    """Delete such records of others, of meetings before the round of this number."""
    await tx.execute(
        "DELETE FROM pairing_met_before WHERE server_id = $1 AND round_number < $2",
        server_id,
        before,
    )


async def leave_to_others(
    tx: Transaction, user_id: int, rounds: int, server_id: int | None = None
) -> None:
    """Leave to those whom a person met in the last rounds their own record of it.

    Called before that person erases what is theirs, which deletes the record of both, or before it
    is deleted in the one server that they left.
    """
    here, only = ("", ()) if server_id is None else ("AND m.server_id = $3 ", (server_id,))
    for one, other in (("first_user_id", "second_user_id"), ("second_user_id", "first_user_id")):
        await tx.execute(
            "INSERT INTO pairing_met_before "  # noqa: S608
            "(server_id, owner_user_id, met_user_id, round_number, met_at) "
            f"SELECT m.server_id, m.{other}, m.{one}, m.round_number, m.met_at FROM pairing_met m "
            f"WHERE m.{one} = $1 AND m.round_number >= (SELECT max(r.number) FROM pairing_rounds r "
            f"WHERE r.server_id = m.server_id) - $2 {here}"
            "ON CONFLICT (server_id, owner_user_id, met_user_id) "
            "DO UPDATE SET round_number = excluded.round_number, met_at = excluded.met_at",
            user_id,
            rounds,
            *only,
        )


async def forget_person(tx: Transaction, server_id: int, user_id: int) -> None:
    """Delete what is theirs of whom a person met in a server, and their places in what is over."""
    await tx.execute(
        "DELETE FROM pairing_met "
        "WHERE server_id = $1 AND (first_user_id = $2 OR second_user_id = $2)",
        server_id,
        user_id,
    )
    await tx.execute(
        "DELETE FROM pairing_met_before WHERE server_id = $1 AND owner_user_id = $2",
        server_id,
        user_id,
    )
    await tx.execute(
        "DELETE FROM pairing_places WHERE server_id = $1 AND user_id = $2", server_id, user_id
    )


def _marks(count: int, first: int = 1) -> str:
    return ", ".join(f"${number}" for number in range(first, first + count))


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch(moment)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)
