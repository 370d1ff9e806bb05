"""In which servers somebody may act: this one, or from direct messages those they take part in."""

from __future__ import annotations

from bot.blocks.service import Blocks
from bot.errors import UserError
from bot.membership.service import Membership


class Places:
    """Looks up servers by what the bot holds of a person; nobody else's are ever given."""

    def __init__(self, membership: Membership, blocks: Blocks) -> None:
        self._membership = membership
        self._blocks = blocks

    async def servers(self, here: int | None, user_id: int) -> tuple[int, ...]:
        """Give the server they are in now; from direct messages, all where something is theirs."""
        if here is not None:
            return (here,)
        found = set(await self._membership.servers_of(user_id))
        found.update(one.server_id for one in await self._blocks.mine(None, user_id))
        return tuple(sorted(found))

    async def some(self, here: int | None, user_id: int) -> tuple[int, ...]:
        """Give the same; raises UserError where there is none."""
        found = await self.servers(here, user_id)
        if not found:
            raise UserError("safety.in_server")
        return found

    async def check(self, here: int | None, user_id: int, server_id: int) -> int:
        """Give back a server that a button or form named; raises UserError for a foreign one."""
        if server_id not in await self.servers(here, user_id):
            raise UserError("errors.old_button")
        return server_id
