"""SQL of the requests for company, of who came, and of who is on duty."""

from __future__ import annotations

from datetime import datetime

from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from cogs.company.model import Duty, Place, Request, State, Wish

_REQUEST = (
    "id, server_id, asker_user_id, wish, line, unnamed, state, code, language, channel_id, "
    "thread_id, panel_message_id, call_channel_id, call_message_id, calls, heard, made_at, ends_at"
)
_PLACE = "request_id, server_id, supporter_user_id, since_at, left_at"


# Requests


async def add_request(tx: Transaction, one: Request) -> bool:
    """Write a request, unless its asker has one open in the server; gives whether it is new."""
    count = await tx.execute(
        f"INSERT INTO company_requests ({_REQUEST}) VALUES "  # noqa: S608
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) "
        "ON CONFLICT DO NOTHING",
        one.id,
        one.server_id,
        one.asker_user_id,
        one.wish.value,
        one.line,
        one.unnamed,
        one.state.value,
        one.code,
        one.language,
        one.channel_id,
        one.thread_id,
        one.panel_message_id,
        one.call_channel_id,
        one.call_message_id,
        one.calls,
        one.heard,
        to_epoch(one.made_at),
        to_epoch(one.ends_at),
    )
    return count > 0


async def put_request(tx: Transaction, one: Request) -> None:
    """Write what can change of a request that is held."""
    await tx.execute(
        "UPDATE company_requests SET line = $2, state = $3, thread_id = $4, "
        "panel_message_id = $5, call_channel_id = $6, call_message_id = $7, calls = $8, "
        "heard = $9, ends_at = $10 WHERE id = $1",
        one.id,
        one.line,
        one.state.value,
        one.thread_id,
        one.panel_message_id,
        one.call_channel_id,
        one.call_message_id,
        one.calls,
        one.heard,
        to_epoch(one.ends_at),
    )


async def request(read: Reading, id_: str) -> Request | None:
    """One request."""
    row = await read.fetch_one(
        f"SELECT {_REQUEST} FROM company_requests WHERE id = $1",  # noqa: S608
        id_,
    )
    return None if row is None else _request(row)


async def hold_request(tx: Transaction, id_: str) -> Request | None:
    """One request, held until the transaction ends."""
    row = await tx.fetch_one(
        f"SELECT {_REQUEST} FROM company_requests WHERE id = $1 FOR UPDATE",  # noqa: S608
        id_,
    )
    return None if row is None else _request(row)


async def open_of_asker(
    read: Reading, user_id: int, server_id: int | None = None
) -> tuple[Request, ...]:
    """What somebody has asked for and is not over, in a server or in all."""
    rows = await read.fetch(
        f"SELECT {_REQUEST} FROM company_requests "  # noqa: S608
        "WHERE asker_user_id = $1 AND state IN ('opening', 'waiting', 'accepted') ORDER BY id",
        user_id,
    )
    found = (_request(row) for row in rows)
    return tuple(one for one in found if server_id in {None, one.server_id})


async def open_of_supporter(
    read: Reading, user_id: int, server_id: int | None = None
) -> tuple[Request, ...]:
    """The requests somebody has come to and that are not over, in a server or in all."""
    named = ", ".join(f"r.{column}" for column in _REQUEST.split(", "))
    rows = await read.fetch(
        f"SELECT {named} FROM company_requests r JOIN company_places p ON p.request_id = r.id "  # noqa: S608
        "WHERE p.supporter_user_id = $1 AND p.left_at IS NULL "
        "AND r.state IN ('opening', 'waiting', 'accepted') ORDER BY r.id",
        user_id,
    )
    found = (_request(row) for row in rows)
    return tuple(one for one in found if server_id in {None, one.server_id})


async def open_in(read: Reading, server_id: int) -> tuple[Request, ...]:
    """What is not over in a server, the oldest first."""
    rows = await read.fetch(
        f"SELECT {_REQUEST} FROM company_requests "  # noqa: S608
        "WHERE server_id = $1 AND state IN ('opening', 'waiting', 'accepted') ORDER BY made_at, id",
        server_id,
    )
    return tuple(_request(row) for row in rows)


# Who came


async def put_place(tx: Transaction, place: Place) -> None:
    """Write down who came, or that they left."""
    await tx.execute(
        f"INSERT INTO company_places ({_PLACE}) VALUES ($1, $2, $3, $4, $5) "  # noqa: S608
        "ON CONFLICT (request_id, supporter_user_id) DO UPDATE SET left_at = $5",
        place.request_id,
        place.server_id,
        place.supporter_user_id,
        to_epoch(place.since_at),
        None if place.left_at is None else to_epoch(place.left_at),
    )


async def leave_places(tx: Transaction, request_id: str, at: datetime) -> None:
    """Write down that whoever is there left."""
    await tx.execute(
        "UPDATE company_places SET left_at = $2 WHERE request_id = $1 AND left_at IS NULL",
        request_id,
        to_epoch(at),
    )


async def places(read: Reading, request_id: str) -> tuple[Place, ...]:
    """Who came to a request, also those who left."""
    rows = await read.fetch(
        f"SELECT {_PLACE} FROM company_places WHERE request_id = $1 "  # noqa: S608
        "ORDER BY since_at, supporter_user_id",
        request_id,
    )
    return tuple(_place(row) for row in rows)


async def delete_places(tx: Transaction, server_id: int, user_id: int) -> None:
    """Delete where a supporter came, in a server."""
    await tx.execute(
        "DELETE FROM company_places WHERE server_id = $1 AND supporter_user_id = $2",
        server_id,
        user_id,
    )


async def delete_requests(tx: Transaction, server_id: int, user_id: int) -> None:
    """Delete what somebody asked for, in a server."""
    await tx.execute(
        "DELETE FROM company_requests WHERE server_id = $1 AND asker_user_id = $2",
        server_id,
        user_id,
    )


async def met_by(read: Reading, server_id: int, user_id: int, limit: int) -> list[int]:
    """With whom somebody was brought together, as asker or supporter, the latest first."""
    rows = await read.fetch(
        "SELECT CASE WHEN r.asker_user_id = $2 THEN p.supporter_user_id ELSE r.asker_user_id END "
        "AS other FROM company_requests r JOIN company_places p ON p.request_id = r.id "
        "WHERE r.server_id = $1 AND (r.asker_user_id = $2 OR p.supporter_user_id = $2) "
        "ORDER BY p.since_at DESC, p.request_id LIMIT $3",
        server_id,
        user_id,
        limit,
    )
    return [row["other"] for row in rows]


# Duties


async def put_duty(tx: Transaction, duty: Duty) -> None:
    """Write down who is on duty until when."""
    await tx.execute(
        "INSERT INTO company_duties (server_id, user_id, until_at, in_a_row) "
        "VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (server_id, user_id) DO UPDATE SET until_at = $3, in_a_row = $4",
        duty.server_id,
        duty.user_id,
        to_epoch(duty.until_at),
        duty.in_a_row,
    )


async def delete_duty(tx: Transaction, server_id: int, user_id: int) -> bool:
    """End a duty; gives whether there was one."""
    count = await tx.execute(
        "DELETE FROM company_duties WHERE server_id = $1 AND user_id = $2", server_id, user_id
    )
    return count > 0


async def duty(read: Reading, server_id: int, user_id: int) -> Duty | None:
    """One person's duty, also one that has ended by itself."""
    row = await read.fetch_one(
        "SELECT server_id, user_id, until_at, in_a_row FROM company_duties "
        "WHERE server_id = $1 AND user_id = $2",
        server_id,
        user_id,
    )
    return None if row is None else _duty(row)


async def hold_duty(tx: Transaction, server_id: int, user_id: int) -> Duty | None:
    """One person's duty, held until the transaction ends."""
    row = await tx.fetch_one(
        "SELECT server_id, user_id, until_at, in_a_row FROM company_duties "
        "WHERE server_id = $1 AND user_id = $2 FOR UPDATE",
        server_id,
        user_id,
    )
    return None if row is None else _duty(row)


async def on_duty(read: Reading, server_id: int, now: datetime) -> tuple[Duty, ...]:
    """Who is on duty in a server now."""
    rows = await read.fetch(
        "SELECT server_id, user_id, until_at, in_a_row FROM company_duties "
        "WHERE server_id = $1 AND until_at > $2 ORDER BY user_id",
        server_id,
        to_epoch(now),
    )
    return tuple(_duty(row) for row in rows)


# Everybody


async def held(read: Reading) -> set[tuple[int, int]]:
    """Servers and people of whom something is kept that ends when they leave."""
    rows = await read.fetch(
        "SELECT server_id, asker_user_id AS person FROM company_requests "
        "WHERE state IN ('opening', 'waiting', 'accepted') "
        "UNION SELECT server_id, user_id AS person FROM company_duties "
        "UNION SELECT server_id, supporter_user_id AS person FROM company_places "
        "WHERE left_at IS NULL"
    )
    return {(row["server_id"], row["person"]) for row in rows}


def _request(row: Row) -> Request:
    return Request(
        id=row["id"],
        server_id=row["server_id"],
        asker_user_id=row["asker_user_id"],
        wish=Wish(row["wish"]),
        line=row["line"],
        unnamed=bool(row["unnamed"]),
        state=State(row["state"]),
        code=row["code"],
        language=row["language"],
        channel_id=row["channel_id"],
        made_at=from_epoch(row["made_at"]),
        ends_at=from_epoch(row["ends_at"]),
        thread_id=row["thread_id"],
        panel_message_id=row["panel_message_id"],
        call_channel_id=row["call_channel_id"],
        call_message_id=row["call_message_id"],
        calls=row["calls"],
        heard=bool(row["heard"]),
    )


def _place(row: Row) -> Place:
    left = row["left_at"]
    return Place(
        row["request_id"],
        row["server_id"],
        row["supporter_user_id"],
        from_epoch(row["since_at"]),
        None if left is None else from_epoch(left),
    )


def _duty(row: Row) -> Duty:
    return Duty(row["server_id"], row["user_id"], from_epoch(row["until_at"]), row["in_a_row"])
