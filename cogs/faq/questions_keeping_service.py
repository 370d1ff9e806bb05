"""What the clock does about questions to moderators: the runner of `bot.jobs` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.jobs.model import State
from bot.privacy import store as privacy
from cogs.faq import questions_store as store
from cogs.faq.questions_model import Hear

if TYPE_CHECKING:
    from bot.database import Transaction
    from bot.jobs.model import Draft, Message, Timer
    from cogs.faq.questions_service import Questions

GONE = "gone"
"""Why something is not sent: its asker has erased it or left, or the bot has."""

QUIET = "quiet"
"""Why something is not sent: its asker does not want to be written to any more."""


class Keeping:
    """Keeps the promises about questions: bot.jobs.runner.Promises."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """End what has waited long enough."""
        await self._questions.expire(tx, [timer.subject for timer in timers], now)
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look once more whether each asker still wants to be written to."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        for message in messages:
            one = await store.question(tx, message.subject)
            if one is None or message.server_id in departed:
                reasons[message.id] = GONE
            elif one.hear is not Hear.DM:
                reasons[message.id] = QUIET
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: State, reason: str | None, now: datetime
    ) -> None:
        """Have them told another way what could not be written to them."""
        if state is not State.SENT and reason != GONE:
            refused = state is State.REFUSED
            await self._questions.not_written(tx, message.subject, now, refused=refused)
