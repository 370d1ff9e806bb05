"""How far each piece of a round was when the process was killed: what the kills have cut off."""

from __future__ import annotations

from bot.database import Reading
from cogs.pairing import rounds_store
from cogs.pairing.course import Tell
from cogs.pairing.promises_service import AGAIN, ASK, CLOSE, DRAW, FOLLOWUP, INTRODUCTION, TELL
from cogs.pairing.telling_service import Told
from tests.wire.pairing_witness import CLOSING, PART, said_in, threads_in
from tests.wire.world import World


class Stages:
    """Names what was begun and not noted as done; what an earlier kill cut counts only there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._counted: set[tuple[str, int]] = set()

    async def under_way(self, read: Reading) -> set[str]:
        """The stages of all that the process which has just been killed had in its hands."""
        rows = await read.fetch(
            "SELECT id, kind, subject, server_id, channel_id, body, try_at FROM jobs_messages "
            "WHERE state = 'sending'"
        )
        found: set[str] = set()
        for row in rows:
            # Each claim has a lease of its own.
            claim = row["id"], row["try_at"]
            if claim in self._counted:
                continue
            self._counted.add(claim)
            kind = row["kind"]
            if kind == INTRODUCTION:
                found.add(await self._introducing(read, row["subject"], row["server_id"]))
            elif kind == CLOSE:
                found.add(self._closing(row["channel_id"]))
            elif kind == TELL and Told.from_text(row["body"]).what is not Tell.ASK:
                found.add("telling")
            else:
                found.add(_NAMES[kind])
        return found

    async def _introducing(self, read: Reading, id_: str, server_id: int) -> str:
        one = await rounds_store.introduction(read, id_)
        if one is None:
            return "introducing: erased"
        threads = threads_in(self._world, self._world.guilds[server_id])
        thread = next((each for each in threads if one.code in each.name.split()), None)
        if thread is None:
            return "introducing: no thread yet"
        if one.thread_id is None:
            return "introducing: thread not noted"
        if not thread.members.issuperset(one.people):
            return "introducing: letting people in"
        if not said_in(self._world, thread, PART):
            return "introducing: nothing said yet"
        return "introducing: said, not noted"

    def _closing(self, thread_id: int) -> str:
        thread = self._world.channels.get(thread_id)
        if thread is None or not said_in(self._world, thread, CLOSING):
            return "closing: nothing said yet"
        return "closing: closed, not noted" if thread.archived else "closing: said, still open"


_NAMES = {
    ASK: "asking in the channel",
    DRAW: "drawing",
    AGAIN: "looking for another peer",
    FOLLOWUP: "checking back",
    TELL: "asking by message",
}
