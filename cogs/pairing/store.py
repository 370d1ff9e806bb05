"""SQL of the members who take part in pairing, and of the topics that a server offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from cogs.pairing.model import Member, State, Topic, Why, Wishes

_COLUMNS = (
    "id, server_id, user_id, wishes, zone, state, paused_until_at, paused_why, skip_next, "
    "dm_channel_id, joined_at, waited, odd, silent, last_round"
)


AT_ONCE = 250
"""Members read or written in one go: what it takes to make values of them holds up nobody."""


async def add_member(tx: Transaction, member: Member) -> bool:
    """Write somebody who joins; gives False, and writes nothing, where they are there already."""
    count = await tx.execute(
        f"INSERT INTO pairing_members ({_COLUMNS}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
        "ON CONFLICT (server_id, user_id) DO NOTHING",
        member.id,
        member.server_id,
        member.user_id,
        member.wishes.to_text(),
        member.zone,
        member.state.value,
        None if member.paused_until is None else to_epoch(member.paused_until),
        None if member.paused_why is None else member.paused_why.value,
        member.skip_next,
        member.dm_channel_id,
        to_epoch(member.joined_at),
        member.waited,
        member.odd,
        member.silent,
        member.last_round,
    )
    return count > 0


async def put_members(tx: Transaction, members: Sequence[Member]) -> None:
    """Write members who are held as they are now; who is gone by now is not brought back."""
    for first in range(0, len(members), AT_ONCE):
        await _put(tx, members[first : first + AT_ONCE])


async def _put(tx: Transaction, members: Sequence[Member]) -> None:
    await tx.execute_many(
        "UPDATE pairing_members SET wishes = $3, zone = $4, state = $5, paused_until_at = $6, "
        "paused_why = $7, skip_next = $8, dm_channel_id = $9, waited = $10, odd = $11, "
        "silent = $12, last_round = $13 WHERE server_id = $1 AND user_id = $2",
        [
            (
                one.server_id,
                one.user_id,
                one.wishes.to_text(),
                one.zone,
                one.state.value,
                None if one.paused_until is None else to_epoch(one.paused_until),
                None if one.paused_why is None else one.paused_why.value,
                one.skip_next,
                one.dm_channel_id,
                one.waited,
                one.odd,
                one.silent,
                one.last_round,
            )
            for one in members
        ],
    )


async def put_turns(tx: Transaction, members: Sequence[Member]) -> None:
    """Write what a round made of members who are held, and nothing else of them."""
    await tx.execute_many(
        "UPDATE pairing_members SET waited = $3, odd = $4, last_round = $5 "
        "WHERE server_id = $1 AND user_id = $2",
        [(one.server_id, one.user_id, one.waited, one.odd, one.last_round) for one in members],
    )


async def delete_member(tx: Transaction, server_id: int, user_id: int) -> bool:
    """Delete a member; gives whether there was one."""
    count = await tx.execute(
        "DELETE FROM pairing_members WHERE server_id = $1 AND user_id = $2", server_id, user_id
    )
    return count > 0


async def member(read: Reading, server_id: int, user_id: int) -> Member | None:
    """One member of one server."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
        "WHERE server_id = $1 AND user_id = $2",
        server_id,
        user_id,
    )
    return None if row is None else _member(row)


async def hold_member(tx: Transaction, server_id: int, user_id: int) -> Member | None:
    """One member, held until the transaction ends."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
        "WHERE server_id = $1 AND user_id = $2 FOR UPDATE",
        server_id,
        user_id,
    )
    return _member(rows[0]) if rows else None


async def hold_person(tx: Transaction, user_id: int) -> None:
    """Hold all that one person takes part in until the transaction ends, whatever stands in it."""
    await tx.fetch(
        "SELECT id FROM pairing_members WHERE user_id = $1 ORDER BY server_id FOR UPDATE", user_id
    )


async def by_ids(tx: Transaction, ids: Sequence[str]) -> dict[str, Member]:
    """Members by their ids, held until the transaction ends; unknown ids are left out."""
    if not ids:
        return {}
    marks = ", ".join(f"${number}" for number in range(1, len(ids) + 1))
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM pairing_members WHERE id IN ({marks}) "  # noqa: S608
        "ORDER BY server_id, user_id FOR UPDATE",
        *ids,
    )
    return {row["id"]: _member(row) for row in rows}


async def members(read: Reading, server_id: int) -> tuple[Member, ...]:
    """Everybody who takes part in a server, paused or not, in the order in which they joined.

    Read in parts, so that a server of ten thousand members holds nobody else up.
    """
    return await _members(read, server_id, "")


async def hold_members(tx: Transaction, server_id: int) -> tuple[Member, ...]:
    """The same, held until the transaction ends: taken by person, so that no two wait in a ring."""
    return await _members(tx, server_id, " FOR UPDATE")


async def _members(read: Reading, server_id: int, hold: str) -> tuple[Member, ...]:
    found: list[Member] = []
    last = 0
    while True:
        rows = await read.fetch(
            f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
            f"WHERE server_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3{hold}",
            server_id,
            last,
            AT_ONCE,
        )
        found += map(_member, rows)
        if len(rows) < AT_ONCE:
            break
        last = found[-1].user_id
    return tuple(sorted(found, key=lambda one: (one.joined_at, one.user_id)))


async def some_members(read: Reading, server_id: int, after: str, limit: int) -> tuple[Member, ...]:
    """Some of a server's members in the order of their ids, from the one behind `after` on."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
        "WHERE server_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        server_id,
        after,
        limit,
    )
    return tuple(map(_member, rows))


async def skipping(read: Reading, server_id: int) -> list[int]:
    """Who in a server wants to leave the next round out."""
    rows = await read.fetch(
        "SELECT user_id FROM pairing_members WHERE server_id = $1 AND skip_next = $2",
        server_id,
        True,
    )
    return [row["user_id"] for row in rows]


async def of_people(read: Reading, server_id: int, people: Iterable[int]) -> tuple[Member, ...]:
    """Those of these people who take part in a server, by person; read in parts."""
    return await _of_people(read, server_id, people, "")


async def hold_some(tx: Transaction, server_id: int, people: Iterable[int]) -> tuple[Member, ...]:
    """The same, held until the transaction ends: taken by person, so that no two wait in a ring."""
    return await _of_people(tx, server_id, people, " FOR UPDATE")


async def _of_people(
    read: Reading, server_id: int, people: Iterable[int], hold: str
) -> tuple[Member, ...]:
    found: list[Member] = []
    wanted = sorted(people)
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first : first + AT_ONCE]
        marks = ", ".join(f"${number}" for number in range(2, len(some) + 2))
        rows = await read.fetch(
            f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
            f"WHERE server_id = $1 AND user_id IN ({marks}) ORDER BY user_id{hold}",
            server_id,
            *some,
        )
        found += map(_member, rows)
    return tuple(found)


async def count_members(read: Reading, server_id: int, now: datetime) -> tuple[int, int]:
    """How many take part in a server at a moment, as `Member.is_in` has it, and how many rest."""
    row = await read.fetch_one(
        "SELECT count(*) AS every, "
        "count(CASE WHEN state = $2 OR paused_until_at <= $3 THEN 1 END) AS present "
        "FROM pairing_members WHERE server_id = $1",
        server_id,
        State.IN.value,
        to_epoch(now),
    )
    return (0, 0) if row is None else (row["present"], row["every"] - row["present"])


async def of_person(read: Reading, user_id: int) -> tuple[Member, ...]:
    """What one person takes part in, in all servers, the oldest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM pairing_members "  # noqa: S608
        "WHERE user_id = $1 ORDER BY joined_at, server_id",
        user_id,
    )
    return tuple(_member(row) for row in rows)


async def held(read: Reading) -> set[tuple[int, int]]:
    """Server and person of everybody who takes part."""
    rows = await read.fetch("SELECT server_id, user_id FROM pairing_members")
    return {(row["server_id"], row["user_id"]) for row in rows}


# Topics


async def topics(read: Reading, server_id: int) -> tuple[Topic, ...]:
    """The topics that moderators chose, in their order; none where they changed nothing."""
    rows = await read.fetch(
        "SELECT id, name FROM pairing_topics WHERE server_id = $1 ORDER BY place, id", server_id
    )
    return tuple(Topic(row["id"], row["name"]) for row in rows)


async def put_topics(tx: Transaction, server_id: int, topics: Sequence[Topic]) -> None:
    """Write the topics of a server in place of those before; none means the shipped ones."""
    await tx.execute("DELETE FROM pairing_topics WHERE server_id = $1", server_id)
    await tx.execute_many(
        "INSERT INTO pairing_topics (server_id, id, name, place) VALUES ($1, $2, $3, $4)",
        [(server_id, topic.id, topic.name, place) for place, topic in enumerate(topics)],
    )


@lru_cache(maxsize=4_096)
def _wishes(text: str) -> Wishes:
    return Wishes.from_text(text)


def _member(row: Row) -> Member:
    until, why = row["paused_until_at"], row["paused_why"]
    return Member(
        id=row["id"],
        server_id=row["server_id"],
        user_id=row["user_id"],
        wishes=_wishes(row["wishes"]),
        zone=row["zone"],
        joined_at=from_epoch(row["joined_at"]),
        dm_channel_id=row["dm_channel_id"],
        state=State(row["state"]),
        paused_until=None if until is None else from_epoch(until),
        paused_why=None if why is None else Why(why),
        skip_next=bool(row["skip_next"]),
        waited=row["waited"],
        odd=row["odd"],
        silent=row["silent"],
        last_round=row["last_round"],
    )
