"""Handing a member's words to the moderators, and dealing with them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from bot import audit
from bot.clock import Clock
from bot.database import Database
from bot.errors import UserError
from bot.notices.service import Notices
from bot.pace import Pace, take
from bot.reports import store
from bot.reports.model import MEMBER_LIMITS, NOTICE, SERVER_LIMITS, WORDS_LENGTH, Report


class Reports:
    """What waits for the moderators of all servers."""

    def __init__(
        self, database: Database, notices: Notices, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock
        self._wake = wake
        self._of_member = Pace(*MEMBER_LIMITS)
        self._in_server = Pace(*SERVER_LIMITS)

    async def make(
        self,
        server_id: int,
        reporter: int,
        words: str,
        *,
        about: int | None,
        named: bool,
        scene: str,
        reference: str | None = None,
    ) -> Report:
        """Keep a report and tell the moderators that one waits.

        Raises UserError for no words or too many, for a report about oneself, and past the pace.
        """
        words = words.strip()
        if not words or len(words) > WORDS_LENGTH:
            raise UserError("safety.report.length", limit=WORDS_LENGTH)
        if about == reporter:
            raise UserError("safety.report.yourself")
        now = self._clock()
        if take(now, (self._of_member, reporter), (self._in_server, server_id)):
            raise UserError("safety.report.too_many")
        made = Report(uuid4().hex, server_id, reporter, about, named, scene, reference, words, now)
        async with self._database.transaction() as tx:
            await store.add_report(tx, made)
            await self._notices.raise_notice(tx, server_id, NOTICE, NOTICE, now)
        self._wake()
        return made

    async def waiting(self, server_id: int, *, seen_by: int) -> tuple[Report, ...]:
        """Give what waits, the oldest first, without what is about the moderator who looks."""
        async with self._database.read() as read:
            return await store.reports(read, server_id, handled=False, seen_by=seen_by)

    async def handled(self, server_id: int, *, seen_by: int) -> tuple[Report, ...]:
        """Give what was dealt with and is kept, the latest first, without what is about them."""
        async with self._database.read() as read:
            return await store.reports(read, server_id, handled=True, seen_by=seen_by)

    async def handle(self, server_id: int, report_id: str, *, by: int) -> bool:
        """Say that a report was dealt with; gives False where it does not wait for this person."""
        now = self._clock()
        async with self._database.transaction() as tx:
            if not await store.mark_handled(tx, server_id, report_id, now, seen_by=by):
                return False
            line = audit.Line.of(server_id, by, now, "safety.handle_report", report_id[:8])
            await audit.record(tx, line)
            if not await store.count_waiting(tx, server_id):
                await self._notices.close(tx, server_id, NOTICE, now)
        return True
