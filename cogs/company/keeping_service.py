"""What the clock does about requests for company: the runner of `bot.jobs` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.database import Transaction
from bot.jobs import store as jobs
from bot.jobs.model import Draft, Message, Timer
from bot.jobs.model import State as Sent
from bot.news.service import tell
from bot.notices.service import Notices
from bot.privacy import store as privacy
from cogs.company import store
from cogs.company.model import Ending, Request, State
from cogs.company.service import (
    CALL,
    CALL_NOTICE,
    CLOSE,
    JOIN,
    OPEN,
    THREAD_NOTICE,
    UNCALL,
    WAIT,
    WAITING_NOTICE,
    Closing,
    Requests,
    delete_call,
    seal,
)

OVER = "over"
"""Why something is not sent: its request is over, or has moved on."""

DEPARTED = "left"
"""Why something is not sent: the bot is no longer in the server."""


class Keeping:
    """Keeps every promise about requests: bot.jobs.runner.Promises."""

    def __init__(self, notices: Notices, requests: Requests) -> None:
        self._notices = notices
        self._requests = requests

    async def due(
        self, tx: Transaction, timers: Sequence[Timer], now: datetime
    ) -> tuple[list[Draft], list[Timer]]:
        """End what has reached its time; say where nobody has come for long."""
        for timer in timers:
            one = await store.hold_request(tx, timer.subject)
            if one is None or not one.is_open:
                continue
            if timer.kind == WAIT:
                await self._waited(tx, one, now)
            else:
                came = one.state is State.ACCEPTED
                await self._requests.end(tx, one, now, Ending.OVER if came else Ending.UNMET)
        return [], []

    async def unwanted(
        self, tx: Transaction, messages: Sequence[Message], now: datetime
    ) -> dict[str, str]:
        """Look once more whether each is still wanted."""
        reasons: dict[str, str] = {}
        departed = frozenset(await privacy.departed(tx))
        for message in messages:
            if message.server_id in departed:
                reasons[message.id] = DEPARTED
            elif message.kind not in {CLOSE, UNCALL}:
                one = await store.request(tx, subject_of(message))
                if one is None or not _is_wanted(message, one):
                    reasons[message.id] = OVER
        return reasons

    async def settled(
        self, tx: Transaction, message: Message, state: Sent, reason: str | None, now: datetime
    ) -> None:
        """Go on from what was sent, or see to what could not be."""
        if message.kind not in {OPEN, CALL, JOIN} or reason == OVER:
            return
        sent = await jobs.message(tx, message.id) if state is Sent.SENT else None
        one = await store.hold_request(tx, subject_of(message))
        if message.kind == OPEN and one is not None:
            await self._opened(tx, one, message, None if sent is None else sent.message_id, now)
        elif message.kind == CALL:
            await self._called(tx, one, message, sent, state, now)
        elif message.kind == JOIN and one is not None and sent is None:
            await self._not_joined(tx, one, message, now)

    # Inside

    async def _waited(self, tx: Transaction, one: Request, now: datetime) -> None:
        if one.state is not State.WAITING:
            return
        await self._requests.say(tx, one, "late", now)
        waiting = await store.open_in(tx, one.server_id)
        await self._notices.raise_notice(
            tx,
            one.server_id,
            "company_waiting",
            WAITING_NOTICE,
            now,
            count=sum(each.state is State.WAITING for each in waiting),
            channel=one.call_channel_id or one.channel_id,
        )

    async def _opened(
        self, tx: Transaction, one: Request, message: Message, panel: int | None, now: datetime
    ) -> None:
        if one.state is State.ENDED and one.thread_id is not None and panel is not None:
            # It ended while its panel was on the way, so closing did not know of that.
            body = Closing(Ending.TAKEN_BACK, one.language, panel)
            await seal(tx, f"{one.id}.panel", one.server_id, one.thread_id, body, now)
        if one.state is not State.OPENING:
            return
        if panel is not None:
            await self._requests.call(tx, replace(one, panel_message_id=panel), now)
            await self._notices.close(tx, one.server_id, THREAD_NOTICE, now)
            return
        await self._requests.end(tx, one, now, Ending.TAKEN_BACK)
        await tell(tx, one.asker_user_id, one.server_id, "company.not_opened", now)
        await self._no_thread(tx, one, now)

    async def _called(
        self,
        tx: Transaction,
        one: Request | None,
        message: Message,
        sent: Message | None,
        state: Sent,
        now: datetime,
    ) -> None:
        call = int(message.subject.split(".")[1])
        if sent is not None:
            wanted = one is not None and one.is_open and one.calls == call
            if one is None or not wanted:
                if sent.message_id is not None:
                    await delete_call(
                        tx,
                        message.server_id,
                        subject_of(message),
                        message.channel_id,
                        sent.message_id,
                        now,
                    )
                return
            await self._requests.uncall(tx, one, now)
            after = replace(
                one, call_channel_id=message.channel_id, call_message_id=sent.message_id
            )
            await store.put_request(tx, after)
            await self._requests.show(tx, after, now)
            await self._notices.close(tx, one.server_id, CALL_NOTICE, now)
        elif one is not None and one.state is State.WAITING and one.calls == call:
            after = replace(one, heard=False)
            await store.put_request(tx, after)
            await self._requests.show(tx, after, now)
            if state is not Sent.SKIPPED:
                await self._notices.raise_notice(
                    tx,
                    one.server_id,
                    "company_no_call",
                    CALL_NOTICE,
                    now,
                    channel=message.channel_id,
                )

    async def _not_joined(
        self, tx: Transaction, one: Request, message: Message, now: datetime
    ) -> None:
        if one.state is State.ACCEPTED and message.subject == f"{one.id}.{one.calls}":
            await self._requests.wait_again(tx, one, now)
            await self._no_thread(tx, one, now)

    async def _no_thread(self, tx: Transaction, one: Request, now: datetime) -> None:
        await self._notices.raise_notice(
            tx, one.server_id, "company_no_thread", THREAD_NOTICE, now, channel=one.channel_id
        )


def subject_of(message: Message) -> str:
    """The id of the request that a message is about."""
    return message.subject.split(".")[0]


def _is_wanted(message: Message, one: Request) -> bool:
    if message.kind == OPEN:
        return one.state is State.OPENING
    if message.kind == CALL:
        return one.state is State.WAITING and message.subject == f"{one.id}.{one.calls}"
    if message.kind == JOIN:
        return one.state is State.ACCEPTED and message.subject == f"{one.id}.{one.calls}"
    return one.is_open
