"""The double's Discord without the wire: discord.py's own client, answered in its own process.

For tests that turn the clock themselves, and stop a process between two requests: what `rest.py`
does for a socket is done here by a call, so that a whole round takes a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import discord
from discord.http import Route

from tests.wire.rest import Rest
from tests.wire.world import ApiError

_ERRORS = {403: discord.Forbidden, 404: discord.NotFound}

Between = Callable[[str, bool], None]
"""Called with a request's name before something is changed by it, and (True) when it is done."""


class DirectClient(discord.Client):
    """As it is after READY: it knows its servers, and asks the double for everything else."""

    def __init__(self, rest: Rest, between: Between) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self._rest = rest
        self._between = between
        state: Any = self._connection
        state.user = discord.ClientUser(state=state, data=rest.world.bot.json())  # pyright: ignore
        for guild in rest.world.guilds.values():
            state._add_guild_from_data(rest.world.guild_json(guild))
        http: Any = self.http
        http.request = self._request

    async def _request(self, route: Route, **given: Any) -> Any:
        path = route.url.removeprefix(Route.BASE)
        found = self._rest.find(route.method, path)
        if found is None:
            raise LookupError(f"the double has no {route.method} {path}")
        template, answer, ids = found
        changes = route.method != "GET"
        if changes:
            self._between(template, False)
        params: dict[str, Any] = given.get("params") or {}
        query = {name: str(value) for name, value in params.items()}
        try:
            _, data = answer(self._rest, given.get("json") or {}, query, ids)
        except ApiError as error:
            response: Any = SimpleNamespace(status=error.status, reason=error.message)
            refused = _ERRORS.get(error.status, discord.HTTPException)
            raise refused(response, {"code": error.code, "message": error.message}) from None
        # A process that has just started is told of all that there is; this one asks.
        self._rest.events.clear()
        if changes:
            self._between(template, True)
        return data
