"""Making a block and taking it back; asking, in one's own transaction, who must not meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from bot import audit, journal
from bot.blocks import store
from bot.blocks.model import APART_LIMIT, BLOCKS_LIMIT, REMIND_AFTER, Apart, Block, pair_of
from bot.clock import Clock
from bot.database import Database, Reading, Transaction
from bot.errors import UserError
from bot.journal import Entry, Replays
from bot.notices.service import Notices

BLOCKED, UNBLOCKED = "blocks.blocked", "blocks.unblocked"
KEPT_APART, LET_MEET = "blocks.kept_apart", "blocks.let_meet"
"""What a restore does again, in the journal's words."""

Parting = Callable[[Transaction, int, int, int, datetime], Awaitable[None]]
"""Is told of two people of a server who must no longer be together, with the moment."""

Suggesting = Callable[[int, int], Awaitable[list[int]]]
"""Gives with whom a feature brought a person together in a server, the latest first."""

SUGGESTED = 5
"""People offered at once."""


async def forbidden(
    read: Reading, server_id: int, people: Collection[int]
) -> frozenset[tuple[int, int]]:
    """Which two of these people must not be brought together, the smaller id first.

    Ask again in the transaction that writes down who meets: a block may be newer than a plan.
    """
    among = frozenset(people)
    found = await store.pairs(read, server_id)
    return frozenset(pair for pair in found if among.issuperset(pair))


async def parted(read: Reading, server_id: int, one: int, other: int) -> bool:
    """Whether these two must not be brought together."""
    return await store.is_parted(read, server_id, one, other)


class Blocks:
    """The one list of who must never be brought together, for all features.

    Nothing here writes to the person who is blocked, and nothing it raises tells of a block.
    """

    def __init__(
        self, database: Database, notices: Notices, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock
        self._wake = wake
        self._partings: list[Parting] = []
        self._suggestings: list[Suggesting] = []

    # What features register

    def when_parted(self, listener: Parting) -> None:
        """Be told, in the same transaction, of each new block and each new pair kept apart."""
        self._partings.append(listener)

    def when_suggesting(self, listener: Suggesting) -> None:
        """Be asked with whom a person was brought together lately, to offer it to them."""
        self._suggestings.append(listener)

    # What members do

    async def block(
        self, server_id: int, owner: int, other: int, *, stays: bool | None = None
    ) -> bool:
        """Block somebody; gives False where they were blocked already.

        Unless `stays` says so, a new block ends when its owner leaves, and one that is there is
        left as it is: blocking twice never makes a block weaker.

        Raises UserError for oneself, and past BLOCKS_LIMIT.
        """
        if owner == other:
            raise UserError("safety.block.yourself")
        now = self._clock()
        async with self._database.transaction() as tx:
            block = Block(server_id, owner, other, now, stays or False)
            added = await store.add_block(tx, block)
            if not added and stays is not None:
                await store.set_stays(tx, block)
            if added:
                if await store.count_blocks(tx, server_id, owner) > BLOCKS_LIMIT:
                    raise UserError("safety.block.too_many", limit=BLOCKS_LIMIT)
                await self._part(tx, server_id, owner, other, now)
            if added or stays is not None:
                journal.record(
                    tx,
                    BLOCKED,
                    server=server_id,
                    owner=owner,
                    other=other,
                    stays=int(block.stays),
                )
        self._wake()
        return added

    async def unblock(self, server_id: int, owner: int, other: int) -> bool:
        """Take one's own block back; gives whether there was one."""
        async with self._database.transaction() as tx:
            found = await store.delete_block(tx, server_id, owner, other)
            if found:
                journal.record(tx, UNBLOCKED, server=server_id, owner=owner, other=other)
        return found

    async def mine(self, server_id: int | None, owner: int) -> tuple[Block, ...]:
        """Give a person's own blocks in a server, or in all, the newest first."""
        async with self._database.read() as read:
            found = await store.blocks_of(read, owner)
        return tuple(one for one in found if server_id in {None, one.server_id})

    async def recent(self, server_id: int, owner: int) -> tuple[int, ...]:
        """Give with whom a person was brought together lately and whom they have not blocked."""
        blocked = {one.blocked_user_id for one in await self.mine(server_id, owner)}
        offered = [one for one in await self.met(server_id, owner) if one not in blocked]
        return tuple(offered[:SUGGESTED])

    async def met(self, server_id: int, person: int) -> tuple[int, ...]:
        """Give with whom a person was brought together lately, blocked or not."""
        met = [one for ask in self._suggestings for one in await ask(server_id, person)]
        return tuple(one for one in dict.fromkeys(met) if one != person)

    # What moderators do

    async def keep_apart(self, server_id: int, one: int, other: int, *, by: int) -> bool:
        """Keep two people apart, or confirm that they are; gives whether it is new.

        Raises UserError for one person twice, for a moderator themself, and past APART_LIMIT.
        """
        pair = self._pair(one, other, by)
        now = self._clock()
        async with self._database.transaction() as tx:
            added = await store.put_apart(tx, Apart(server_id, *pair, now))
            await self._record(tx, server_id, by, "keep_apart", now)
            if added:
                if len(await store.aparts(tx, server_id)) > APART_LIMIT:
                    raise UserError("safety.apart.too_many", limit=APART_LIMIT)
                await self._part(tx, server_id, *pair, now)
            journal.record(tx, KEPT_APART, server=server_id, first=pair[0], second=pair[1])
        self._wake()
        return added

    async def let_meet(self, server_id: int, one: int, other: int, *, by: int) -> bool:
        """Keep two people apart no longer; gives whether they were. Raises UserError."""
        pair = self._pair(one, other, by)
        now = self._clock()
        async with self._database.transaction() as tx:
            found = await store.delete_apart(tx, server_id, *pair)
            if found:
                await self._record(tx, server_id, by, "let_meet", now)
                journal.record(tx, LET_MEET, server=server_id, first=pair[0], second=pair[1])
        return found

    async def kept_apart(self, server_id: int, *, seen_by: int) -> tuple[Apart, ...]:
        """Give the pairs that are kept apart, without those that name the moderator who looks."""
        async with self._database.read() as read:
            found = await store.aparts(read, server_id)
        return tuple(one for one in found if seen_by not in {one.first_user_id, one.second_user_id})

    # What time does

    async def remind(self) -> None:
        """Tell moderators once of pairs that are kept apart no longer in a month."""
        now = self._clock()
        async with self._database.transaction() as tx:
            ending = await store.take_ending(tx, now - REMIND_AFTER)
            for server_id in ending:
                await self._notices.raise_notice(tx, server_id, "apart_ends", "apart", now)
        if ending:
            self._wake()

    # Who has left: bot.membership

    async def held(self, read: Reading) -> set[tuple[int, int]]:
        """Servers and people whose blocks go when they leave."""
        return await store.owners_leaving(read)

    async def left(self, tx: Transaction, server_id: int, user_id: int, now: datetime) -> None:
        """Delete the blocks of somebody who left, but for those that stay."""
        await store.delete_leaving(tx, server_id, user_id)

    # What a restore must not undo: bot.journal

    def replay_with(self, replays: Replays) -> None:
        """Do again, after a restore, what was blocked, taken back and kept apart since."""

        async def blocked(tx: Transaction, entry: Entry) -> None:
            server_id, owner, other = _ids(entry, "owner", "other")
            block = Block(server_id, owner, other, entry.at, bool(entry.facts["stays"]))
            if await store.add_block(tx, block):
                await self._part(tx, server_id, owner, other, self._clock())
            else:
                await store.set_stays(tx, block)

        async def unblocked(tx: Transaction, entry: Entry) -> None:
            await store.delete_block(tx, *_ids(entry, "owner", "other"))

        async def kept_apart(tx: Transaction, entry: Entry) -> None:
            apart = Apart(*_ids(entry, "first", "second"), entry.at)
            if await store.put_apart(tx, apart):
                one, other = apart.first_user_id, apart.second_user_id
                await self._part(tx, apart.server_id, one, other, self._clock())

        async def let_meet(tx: Transaction, entry: Entry) -> None:
            await store.delete_apart(tx, *_ids(entry, "first", "second"))

        replays.on(BLOCKED, blocked)
        replays.on(UNBLOCKED, unblocked)
        replays.on(KEPT_APART, kept_apart)
        replays.on(LET_MEET, let_meet)

    # Inside

    def _pair(self, one: int, other: int, by: int) -> tuple[int, int]:
        if one == other:
            raise UserError("safety.apart.same")
        if by in {one, other}:
            # The same words whether such a pair is there or not: it is held about them.
            raise UserError("safety.apart.yourself")
        return pair_of(one, other)

    async def _part(
        self, tx: Transaction, server_id: int, one: int, other: int, now: datetime
    ) -> None:
        for listener in self._partings:
            await listener(tx, server_id, one, other, now)

    async def _record(
        self, tx: Transaction, server_id: int, by: int, verb: str, now: datetime
    ) -> None:
        # Without the names: the two people could else be read out of the list of changes.
        line = audit.Line.of(server_id, by, now, f"safety.{verb}", "/manage apart")
        await audit.record(tx, line)


def _ids(entry: Entry, one: str, other: str) -> tuple[int, int, int]:
    """The server and the two people of an entry."""
    facts = entry.facts
    return int(facts["server"]), int(facts[one]), int(facts[other])
