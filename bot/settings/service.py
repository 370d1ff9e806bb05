"""Reads and changes settings."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from bot import audit
from bot.clock import Clock
from bot.database import Database, Transaction
from bot.errors import UserError
from bot.settings import store
from bot.settings.core import PAUSED
from bot.settings.model import Change, Setting

T = TypeVar("T")
Reaction = Callable[[Transaction, int, T], Awaitable[None]]
"""What a feature does with a server's new value, in the transaction that saves it."""

_CACHED_SERVERS = 2_000

_NOTHING: Mapping[str, str] = MappingProxyType({})
"""What most servers have set: one for all of them."""

_COMING: ContextVar[tuple[int, dict[str, str]] | None] = ContextVar("settings_coming", default=None)
"""What a server's values will be when the transaction ends in which features react to them."""


class Settings:
    """The settings of all servers; the ones in use are kept in memory, at most 2,000 servers.

    What another process changes is dropped here as soon as it is told; while nothing can be told,
    nothing is kept.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._declared: dict[str, Setting[Any]] = {}
        self._reactions: dict[str, Reaction[Any]] = {}
        self._cache: OrderedDict[int, Mapping[str, str]] = OrderedDict()
        self._forgotten = 0
        database.line.hear(store.TOPIC, self.forget)

    def declare(self, setting: Setting[T], react: Reaction[T] | None = None) -> None:
        """Make a setting known; `react` runs inside the transaction that changes it."""
        if setting.key in self._declared:
            raise ValueError(f"the setting {setting.key} is declared twice")
        self._declared[setting.key] = setting
        if react is not None:
            self._reactions[setting.key] = react

    @property
    def declared(self) -> tuple[Setting[Any], ...]:
        """Every declared setting, in the order of declaration."""
        return tuple(self._declared.values())

    def by_key(self, key: str) -> Setting[Any]:
        """Find a declared setting; raises UserError when there is none (an old button, say)."""
        try:
            return self._declared[key]
        except KeyError:
            raise UserError("settings.refused.unknown") from None

    async def get(self, server_id: int, setting: Setting[T]) -> T:
        """Give the value that holds for a server."""
        stored = await self._stored(server_id)
        text = stored.get(setting.key)
        return setting.default if text is None else setting.decode(text)

    async def require_running(self, server_id: int | None) -> None:
        """Refuse what would go out to others where moderators paused everything; UserError."""
        if server_id is not None and await self.get(server_id, PAUSED):
            raise UserError("errors.paused")

    async def paused_among(self, tx: Transaction, server_ids: Collection[int]) -> Collection[int]:
        """Of some servers, those where everything is paused; they stay so until `tx` ends."""
        return await store.hold_servers_with(tx, PAUSED.key, PAUSED.encode(True), server_ids)

    async def change(
        self,
        server_id: int,
        setting: Setting[T],
        value: object,
        *,
        by: int,
        seen: T | None = None,
    ) -> Change:
        """Check, save, write the audit line and let the feature react: all of it, or nothing.

        `seen` is the value the moderator was shown. When somebody else has changed it since, a
        UserError says so and nothing is saved.
        """
        [change] = await self.change_all(server_id, [(setting, value, seen)], by=by)
        return change

    async def change_all(
        self, server_id: int, values: Sequence[tuple[Setting[Any], Any, Any]], *, by: int
    ) -> list[Change]:
        """Change many, each with what it was when it was looked at: all of them, or none.

        Features react to them when all are written, and read what will hold. Raises UserError as
        `change` does.
        """
        # In a worker thread: a place may be searched for, which the first time reads all names.
        checked = await asyncio.to_thread(
            lambda: [(setting, setting.check(value), seen) for setting, value, seen in values]
        )
        try:
            async with self._database.transaction() as tx:
                # In one order, lest two who change the same wait for each other.
                ordered = sorted(checked, key=lambda each: each[0].key)
                changes = [await self._write(tx, server_id, *each, by) for each in ordered]
                changed = {change.key for change in changes if change.before != change.after}
                coming = _COMING.set((server_id, await store.values(tx, server_id)))
                try:
                    for setting, value, _ in ordered:
                        reaction = self._reactions.get(setting.key)
                        if reaction is not None and setting.key in changed:
                            await reaction(tx, server_id, value)
                finally:
                    _COMING.reset(coming)
        finally:
            # Also when this was cancelled: by then it may have been committed.
            self.forget(server_id)
        return changes

    async def _write(
        self,
        tx: Transaction,
        server_id: int,
        setting: Setting[T],
        checked: T,
        seen: T | None,
        by: int,
    ) -> Change:
        after = None if checked == setting.default else setting.encode(checked)
        before = await store.hold_value(tx, server_id, setting.key)
        current = setting.default if before is None else setting.decode(before)
        if seen is not None and current != seen:
            raise UserError("settings.refused.changed_meanwhile")
        if current == checked:
            if before is None:
                await store.clear_value(tx, server_id, setting.key)
            return Change(setting.key, before, before)
        if after is None:
            await store.clear_value(tx, server_id, setting.key)
        else:
            await store.set_value(tx, server_id, setting.key, after)
        line = audit.Line.of(
            server_id, by, self._clock(), "settings.change", setting.key, before, after
        )
        await audit.record(tx, line)
        return Change(setting.key, before, after)

    def forget(self, server_id: int | None) -> None:
        """Drop what is in memory of a server, or of all, so that the next read asks the store."""
        if server_id is None:
            self._cache.clear()
        else:
            self._cache.pop(server_id, None)
        self._forgotten += 1

    async def _stored(self, server_id: int) -> Mapping[str, str]:
        coming = _COMING.get()
        if coming is not None and coming[0] == server_id:
            return coming[1]
        found = self._cache.get(server_id)
        if found is None:
            forgotten = self._forgotten
            async with self._database.read() as read:
                found = await store.values(read, server_id) or _NOTHING
            # A change committed while this read was under way must not be hidden by what it read.
            if forgotten == self._forgotten and self._database.line.up:
                self._cache[server_id] = found
            if len(self._cache) > _CACHED_SERVERS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(server_id)
        return found
