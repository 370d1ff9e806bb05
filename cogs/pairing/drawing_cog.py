"""Draws rounds for the runner: reads who may meet whom now, has it drawn elsewhere, writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord.ext import commands

from bot import logs
from bot.apart import ApartFailed
from bot.bounds import bounds_of
from bot.errors import UserError
from bot.jobs.runner import Absent, Delivered, Found, NotNow, Tried
from bot.standing import Gone, role_ids_in
from cogs.pairing import course
from cogs.pairing.drawing_service import Draws
from cogs.pairing.matching.rounds import Drawn
from cogs.pairing.peers import Snapshot, asked
from cogs.pairing.process_service import Draw
from cogs.pairing.promises_service import AGAIN, round_of

if TYPE_CHECKING:
    from bot.client import Alongside
    from bot.jobs.model import Message
    from cogs.pairing.model import Counts

_log = logs.get(__name__)

PATIENCE = 30.0
"""Seconds that the runner waits for a draw at a time; a longer one goes on and is asked after."""

ROLES_TRIED = timedelta(minutes=10)
"""So long a draw waits while somebody's roles cannot be read: an outage leaves nobody out."""

AT_ONCE = 100
"""Members whose roles Discord tells in one answer, without a list of all members being open to us
(docs.discord.com, Gateway, Request Guild Members)."""

APART_SECONDS = 0.2
"""Between two questions about roles, so that what members wait for always comes first."""

DONE = Delivered(0)
"""A draw leaves no message; what is promised by it has promises of its own."""


class Drawer(commands.Cog):
    """One draw of a round at a time; a process that stops leaves it to be drawn anew."""

    def __init__(self, bot: Alongside, draws: Draws, draw: Draw) -> None:
        self._bot = bot
        self._draws = draws
        self._draw = draw
        self._tasks: dict[str, asyncio.Task[bool]] = {}
        self._previewed: set[int] = set()

    async def cog_unload(self) -> None:
        """Give up what is under way: groups that are written stand, the rest is drawn anew."""
        for task in self._tasks.values():
            task.cancel()

    # The carrier of the promise to draw: bot.jobs.runner.Carrier

    async def send(self, message: Message) -> Tried:
        """Draw, or ask after the draw that is under way."""
        task = self._tasks.get(message.subject)
        if task is None:
            again = message.kind == AGAIN
            task = asyncio.create_task(
                self._make(
                    round_of(message), again=again, patient_until=message.due_at + ROLES_TRIED
                ),
                name=f"pairing-{message.subject}",
            )
            self._tasks[message.subject] = task
            task.add_done_callback(lambda _: self._tasks.pop(message.subject, None))
        done, _ = await asyncio.wait((task,), timeout=PATIENCE)
        return DONE if done and not task.cancelled() and task.result() else NotNow()

    async def look(self, message: Message) -> Found:
        """See whether it has been drawn."""
        again = message.kind == AGAIN
        snapshot = await self._draws.snapshot(round_of(message), again=again)
        return DONE if snapshot is None else Absent()

    # Preview

    async def preview(self, server_id: int) -> Counts:
        """Give what a round would come to now, in numbers; raises UserError and ApartFailed."""
        if server_id in self._previewed:
            raise UserError("pairing.cannot.previewing")
        self._previewed.add(server_id)
        try:
            snapshot = await self._draws.preview(server_id)
            drawn, waiting = await self._drawn(snapshot, await self._roles(snapshot))
        finally:
            self._previewed.discard(server_id)
        told = {user_id: course.Tell(why) for user_id, why in drawn.waiting} | waiting
        return course.counted(drawn.groups, told)

    # Inside

    async def _make(self, round_id: str, *, again: bool, patient_until: datetime) -> bool:
        """Draw and write; gives whether there is nothing more to do."""
        try:
            snapshot = await self._draws.snapshot(round_id, again=again)
            if snapshot is None:
                return True
            # From before the reading: one of thousands may take longer than all patience.
            began_at = self._bot.runtime.clock()
            roles = await self._roles(snapshot)
            if None in roles.values() and began_at < patient_until:
                _log.warning("roles_not_read", round=round_id)
                return False
            drawn, waiting = await self._drawn(snapshot, roles)
            counts = await self._draws.write(snapshot, drawn, waiting)
        except ApartFailed as error:
            _log.error("draw_failed", round=round_id, error=str(error))
            return False
        except Exception as error:  # noqa: BLE001 - the promise stands, and it is drawn anew
            _log.error("draw_failed", round=round_id, error=logs.describe(error))
            return False
        if counts is not None:
            _log.info(
                "round_drawn",
                round=round_id,
                again=again,
                seed=snapshot.round.seed,
                pairs=counts.pairs,
                threesomes=counts.threesomes,
                waiting=sum(counts.waiting.values()),
            )
        return True

    async def _roles(self, snapshot: Snapshot) -> Roles:
        people = [member.user_id for member in snapshot.members]
        return await read_roles(self._bot, snapshot.round.server_id, people)

    async def _drawn(
        self, snapshot: Snapshot, roles: Roles
    ) -> tuple[Drawn, dict[int, course.Tell]]:
        server_id = snapshot.round.server_id
        bounds = await bounds_of(self._bot.runtime.settings, server_id)
        standings = {
            user_id: None if held is None or isinstance(held, Gone) else bounds.place(held)
            for user_id, held in roles.items()
        }
        topics = await self._draws.topics(server_id)
        # In a thread, for the same reason as the draw itself is not made here.
        told, waiting = await asyncio.to_thread(asked, snapshot, standings, topics)
        return await self._draw(told), waiting


Roles = Mapping[int, frozenset[int] | Gone | None]
"""The ids of people's roles; None for whom nobody can tell now."""


async def read_roles(bot: Alongside, server_id: int, people: Sequence[int]) -> Roles:
    """Read the roles of people in a server, as they are now."""
    found: dict[int, frozenset[int] | Gone | None] = {}
    server = await bot.servers.get(server_id, fresh=True)
    if server is None:
        return dict.fromkeys(people)
    # Many at once are asked for over the server's own connection, which another process may have.
    by_gateway = people if bot.servers.is_ours(server_id) else ()
    for first in range(0, len(by_gateway), AT_ONCE):
        some = by_gateway[first : first + AT_ONCE]
        if first:
            await asyncio.sleep(APART_SECONDS)
        try:
            members = await server.query_members(user_ids=list(some), limit=AT_ONCE, cache=False)
        except (discord.ClientException, aiohttp.ClientError, OSError) as error:
            # OSError stands for no answer in time as well, and for a socket that has just gone.
            _log.warning("members_not_asked", error=logs.describe(error))
            break
        for member in members:
            found[member.id] = frozenset(role.id for role in member.roles if role.id != server_id)
    # Whoever was not in an answer is asked about by name, so that a gap in it leaves nobody out.
    # Once more at the end, so that an outage that was over by then leaves nobody out either.
    for _ in range(2):
        unknown = [user_id for user_id in people if found.get(user_id) is None]
        for number, user_id in enumerate(unknown):
            if number:
                await asyncio.sleep(APART_SECONDS)
            found[user_id] = await role_ids_in(server, user_id)
    return found
