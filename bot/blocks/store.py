"""SQL of the blocks and of the pairs that moderators keep apart."""

from __future__ import annotations

from datetime import datetime

from bot.blocks.model import Apart, Block, pair_of
from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction

_COLUMNS = "server_id, owner_user_id, blocked_user_id, made_at, stays"


async def add_block(tx: Transaction, block: Block) -> bool:
    """Write a block; gives whether it is new."""
    count = await tx.execute(
        f"INSERT INTO blocks ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5) "  # noqa: S608
        "ON CONFLICT (server_id, owner_user_id, blocked_user_id) DO NOTHING",
        block.server_id,
        block.owner_user_id,
        block.blocked_user_id,
        to_epoch(block.made_at),
        block.stays,
    )
    return count > 0


async def set_stays(tx: Transaction, block: Block) -> None:
    """Write whether a block stays when its owner leaves."""
    await tx.execute(
        "UPDATE blocks SET stays = $4 "
        "WHERE server_id = $1 AND owner_user_id = $2 AND blocked_user_id = $3",
        block.server_id,
        block.owner_user_id,
        block.blocked_user_id,
        block.stays,
    )


async def delete_block(tx: Transaction, server_id: int, owner: int, blocked: int) -> bool:
    """Take a block back; gives whether there was one."""
    count = await tx.execute(
        "DELETE FROM blocks WHERE server_id = $1 AND owner_user_id = $2 AND blocked_user_id = $3",
        server_id,
        owner,
        blocked,
    )
    return count > 0


async def delete_leaving(tx: Transaction, server_id: int, owner: int) -> None:
    """Delete what a person who left a server did not want to stay."""
    await tx.execute(
        "DELETE FROM blocks WHERE server_id = $1 AND owner_user_id = $2 AND stays = $3",
        server_id,
        owner,
        False,
    )


async def blocks_of(read: Reading, owner: int) -> tuple[Block, ...]:
    """A person's blocks in all servers, the newest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM blocks WHERE owner_user_id = $1 "  # noqa: S608
        "ORDER BY made_at DESC, server_id, blocked_user_id",
        owner,
    )
    return tuple(_block(row) for row in rows)


async def count_blocks(read: Reading, server_id: int, owner: int) -> int:
    """How many blocks a person has in a server."""
    row = await read.fetch_one(
        "SELECT count(*) AS n FROM blocks WHERE server_id = $1 AND owner_user_id = $2",
        server_id,
        owner,
    )
    return 0 if row is None else int(row["n"])


async def owners_leaving(read: Reading) -> set[tuple[int, int]]:
    """Servers and people who have blocks there that go when they leave."""
    rows = await read.fetch(
        "SELECT DISTINCT server_id, owner_user_id FROM blocks WHERE stays = $1", False
    )
    return {(row["server_id"], row["owner_user_id"]) for row in rows}


async def pairs(read: Reading, server_id: int) -> set[tuple[int, int]]:
    """Every two people of a server who must not be brought together, by either list."""
    rows = await read.fetch(
        "SELECT owner_user_id AS one, blocked_user_id AS other FROM blocks WHERE server_id = $1 "
        "UNION ALL "
        "SELECT first_user_id, second_user_id FROM blocks_apart WHERE server_id = $1",
        server_id,
    )
    return {pair_of(row["one"], row["other"]) for row in rows}


async def is_parted(read: Reading, server_id: int, one: int, other: int) -> bool:
    """Whether two people must not be brought together in a server."""
    row = await read.fetch_one(
        "SELECT 1 AS found FROM blocks WHERE server_id = $1 AND "
        "(owner_user_id = $2 AND blocked_user_id = $3 "
        "OR owner_user_id = $3 AND blocked_user_id = $2) "
        "UNION ALL SELECT 1 FROM blocks_apart WHERE server_id = $1 AND "
        "(first_user_id = $2 AND second_user_id = $3 "
        "OR first_user_id = $3 AND second_user_id = $2) LIMIT 1",
        server_id,
        one,
        other,
    )
    return row is not None


async def put_apart(tx: Transaction, apart: Apart) -> bool:
    """Write a pair to keep apart, or that it was confirmed; gives whether it is new."""
    count = await tx.execute(
        "INSERT INTO blocks_apart "
        "(server_id, first_user_id, second_user_id, confirmed_at, reminded) "
        "VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (server_id, first_user_id, second_user_id) DO NOTHING",
        apart.server_id,
        apart.first_user_id,
        apart.second_user_id,
        to_epoch(apart.confirmed_at),
        False,
    )
    if not count:
        await tx.execute(
            "UPDATE blocks_apart SET confirmed_at = $4, reminded = $5 "
            "WHERE server_id = $1 AND first_user_id = $2 AND second_user_id = $3",
            apart.server_id,
            apart.first_user_id,
            apart.second_user_id,
            to_epoch(apart.confirmed_at),
            False,
        )
    return count > 0


async def delete_apart(tx: Transaction, server_id: int, first: int, second: int) -> bool:
    """Keep a pair apart no longer; gives whether it was."""
    count = await tx.execute(
        "DELETE FROM blocks_apart "
        "WHERE server_id = $1 AND first_user_id = $2 AND second_user_id = $3",
        server_id,
        first,
        second,
    )
    return count > 0


async def aparts(read: Reading, server_id: int) -> tuple[Apart, ...]:
    """The pairs that moderators of a server keep apart; what ends soonest first."""
    rows = await read.fetch(
        "SELECT server_id, first_user_id, second_user_id, confirmed_at FROM blocks_apart "
        "WHERE server_id = $1 ORDER BY confirmed_at, first_user_id, second_user_id",
        server_id,
    )
    return tuple(
        Apart(
            row["server_id"],
            row["first_user_id"],
            row["second_user_id"],
            from_epoch(row["confirmed_at"]),
        )
        for row in rows
    )


async def take_ending(tx: Transaction, before: datetime) -> set[int]:
    """Servers with pairs last confirmed before a moment; each pair gives its server once."""
    rows = await tx.fetch(
        "SELECT server_id FROM blocks_apart WHERE confirmed_at < $1 AND reminded = $2 FOR UPDATE",
        to_epoch(before),
        False,
    )
    if rows:
        await tx.execute(
            "UPDATE blocks_apart SET reminded = $2 WHERE confirmed_at < $1",
            to_epoch(before),
            True,
        )
    return {row["server_id"] for row in rows}


def _block(row: Row) -> Block:
    return Block(
        row["server_id"],
        row["owner_user_id"],
        row["blocked_user_id"],
        from_epoch(row["made_at"]),
        bool(row["stays"]),
    )
