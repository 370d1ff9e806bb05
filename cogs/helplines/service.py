"""What a member and a moderator can do with helplines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from bot import audit, logs
from bot.content import DATA, Load, load_yaml
from bot.errors import UserError
from cogs.helplines import store
from cogs.helplines.model import (
    RECHECK,
    ROWS_PER_COUNTRY,
    ROWS_PER_SERVER,
    Answer,
    Helpline,
    Helplines,
    ServerRow,
    answer,
    parse,
    row_from_form,
)
from cogs.helplines.settings import FIRST_COUNTRY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.clock import Clock
    from bot.database import Database
    from bot.settings.service import Settings

T = TypeVar("T")

_log = logs.get(__name__)

PATIENCE_SECONDS = 1.0
"""How long the store may take before a member is answered without it: Discord waits 3 s in all."""


CONTENT = DATA / "content" / "helplines.yaml"
"""What ships."""


def shipped_helplines(*, load: Load = load_yaml) -> Helplines:
    """Read what ships; raises ContentError. That its numbers can exist, the doctor checks."""
    document = load(CONTENT)
    return parse(document.data, file=document.file, line=document.line)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a moderator typed into the form."""

    name: str
    phone: str
    written: str
    hours: str
    source: str


class HelplineDesk:
    """Answers by country, and keeps what each server made of the shipped rows."""

    def __init__(
        self,
        shipped: Helplines,
        database: Database,
        settings: Settings,
        clock: Clock,
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._shipped = shipped
        self._database = database
        self._settings = settings
        self._clock = clock
        self._patience = patience

    async def look_up(self, server_id: int | None, country: str) -> Answer:
        """Give what is known for a country; without the server's rows if the store cannot say.

        The store is asked for all rows of the server: which country was meant, it never learns.
        """

        async def own() -> tuple[ServerRow, ...]:
            if server_id is None:
                return ()
            return await self.rows(server_id)

        return answer(self._shipped, country, await self._or_else(own, ()))

    async def first_country(self, server_id: int | None) -> str | None:
        """Give the country that the server lists first; None if none, or if nobody can say."""

        async def own() -> str | None:
            if server_id is None:
                return None
            return await self._settings.get(server_id, FIRST_COUNTRY) or None

        return await self._or_else(own, None)

    async def rows(self, server_id: int) -> tuple[ServerRow, ...]:
        """Give everything that a server added, changed or hid."""
        async with self._database.read() as read:
            return await store.rows(read, server_id)

    async def lines(self, server_id: int) -> tuple[Helpline, ...]:
        """Give every line that moderators can edit or remove, by country: shipped and own."""
        own = {row.id: row for row in await self.rows(server_id)}
        found: list[Helpline] = []
        for country in self._shipped.countries.values():
            for helpline in country.helplines:
                row = own.pop(helpline.id, None)
                found.append(row.helpline if row and row.helpline else helpline)
        found += [row.helpline for row in own.values() if row.helpline]
        return tuple(sorted(found, key=lambda line: (line.country, line.name, line.id)))

    async def stale(self, server_id: int) -> tuple[Helpline, ...]:
        """Give the lines that were checked too long ago to rely on, the oldest first.

        Those that the server vouches for, and those of the country that it lists first.
        """
        rows = {row.id: row for row in await self.rows(server_id)}
        first = await self._settings.get(server_id, FIRST_COUNTRY)
        country = self._shipped.countries.get(first)
        shipped = [] if country is None else [o for o in country.helplines if o.id not in rows]
        own = [row.helpline for row in rows.values() if row.helpline is not None]
        today = self._clock().date()
        return tuple(
            sorted(
                (line for line in (*own, *shipped) if today - line.checked > RECHECK),
                key=lambda line: (line.checked, line.id),
            )
        )

    async def line(self, server_id: int, row_id: str) -> Helpline:
        """Give the line with this id as it stands; raises UserError when there is none."""
        for line in await self.lines(server_id):
            if line.id == row_id:
                return line
        raise UserError("helplines.refused.unknown")

    def is_shipped(self, row_id: str) -> bool:
        """Tell whether the id is that of a shipped line."""
        return self._shipped.helpline(row_id) is not None

    async def add(self, server_id: int, country: str, typed: Typed, *, by: int) -> Helpline:
        """Add a line for a country; raises UserError for what shipped data would be refused for."""
        line = self._checked(f"{country.lower()}-own-{uuid4().hex[:12]}", country, typed)
        async with self._database.transaction() as tx:
            kept = await store.rows(tx, server_id)
            added = [r for r in kept if r.country == country and not self.is_shipped(r.id)]
            if len(kept) >= ROWS_PER_SERVER:
                raise UserError("helplines.refused.too_many", limit=ROWS_PER_SERVER)
            if len(added) >= ROWS_PER_COUNTRY:
                raise UserError("helplines.refused.too_many_here", limit=ROWS_PER_COUNTRY)
            row = ServerRow(line.id, country, line)
            await store.put_row(tx, server_id, row, self._clock())
            await audit.record(tx, self._audited(server_id, by, "add", None, row))
        return line

    async def edit(self, server_id: int, row_id: str, typed: Typed, *, by: int) -> Helpline:
        """Change a line for this server; raises UserError when it is refused or gone."""
        country = (await self.line(server_id, row_id)).country
        line = self._checked(row_id, country, typed)
        async with self._database.transaction() as tx:
            kept = {row.id: row for row in await store.rows(tx, server_id)}
            self._expect(kept, row_id)
            row = ServerRow(row_id, country, line)
            await store.put_row(tx, server_id, row, self._clock())
            await audit.record(tx, self._audited(server_id, by, "edit", kept.get(row_id), row))
        return line

    async def remove(self, server_id: int, row_id: str, *, by: int) -> None:
        """Delete a line that the server added, or hide a shipped one here."""
        async with self._database.transaction() as tx:
            kept = {row.id: row for row in await store.rows(tx, server_id)}
            before = kept.get(row_id)
            shipped = self._shipped.helpline(row_id)
            if shipped is not None:
                self._expect(kept, row_id)
                hidden = ServerRow(row_id, shipped.country, None)
                await store.put_row(tx, server_id, hidden, self._clock())
                line = self._audited(server_id, by, "hide", before, hidden)
            elif before is not None:
                await store.delete_row(tx, server_id, row_id)
                line = self._audited(server_id, by, "remove", before, None)
            else:
                raise UserError("helplines.refused.unknown")
            await audit.record(tx, line)

    async def restore(self, server_id: int, row_id: str, *, by: int) -> None:
        """Show a changed or hidden shipped line as it ships again."""
        async with self._database.transaction() as tx:
            kept = {row.id: row for row in await store.rows(tx, server_id)}
            before = kept.get(row_id)
            if before is None or not self.is_shipped(row_id):
                raise UserError("helplines.refused.unknown")
            await store.delete_row(tx, server_id, row_id)
            await audit.record(tx, self._audited(server_id, by, "restore", before, None))

    def _expect(self, kept: dict[str, ServerRow], row_id: str) -> None:
        if row_id not in kept:
            if not self.is_shipped(row_id):
                raise UserError("helplines.refused.unknown")
            if len(kept) >= ROWS_PER_SERVER:
                raise UserError("helplines.refused.too_many", limit=ROWS_PER_SERVER)

    def _checked(self, row_id: str, country: str, typed: Typed) -> Helpline:
        # The number library takes a while to load, and only moderators' forms need it.
        from cogs.helplines.numbers import check_row

        line = row_from_form(
            row_id=row_id,
            country=country,
            name=typed.name,
            phone=typed.phone,
            written=typed.written,
            hours=typed.hours,
            source=typed.source,
            today=self._clock().date(),
        )
        check_row(line)
        return line

    def _audited(
        self, server_id: int, by: int, verb: str, before: ServerRow | None, after: ServerRow | None
    ) -> audit.Line:
        return audit.Line.of(
            server_id,
            by,
            self._clock(),
            f"helplines.{verb}",
            self._named(after or before),
            store.body(before) if before else None,
            store.body(after) if after else None,
        )

    def _named(self, row: ServerRow | None) -> str:
        """Say which line that is, as the list of changes shows it: its country and name."""
        if row is None:
            return ""
        line = row.helpline or self._shipped.helpline(row.id)
        return f"{row.country}: {line.name if line else row.id}"

    async def _or_else(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        try:
            async with asyncio.timeout(self._patience):
                return await ask()
        except Exception as error:  # noqa: BLE001 - no fault of the store may hide a number
            _log.warning("helplines_without_store", error=logs.describe(error))
            return otherwise
