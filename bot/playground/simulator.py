"""Everything that leans on private parts of simcord, and the check that they are still there.

simcord is made for tests that live for a second. A playground lives for an hour and comes back the
next day, so it needs three things that simcord keeps to itself: timers that wait for the buttons,
a language for each person, and a world that can be written down. They are here and nowhere else;
`verify` refuses to start when a release of simcord has moved them.
"""

from __future__ import annotations

import inspect
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import discord
import simcord
from aiohttp import web
from discord import app_commands
from simcord import preview as preview_package
from simcord.backend import Backend
from simcord.backend.access import channel_accessible, message_accessible
from simcord.enums import ChannelType, MessageType
from simcord.preview import Preview
from simcord.preview import _server as preview_server  # pyright: ignore[reportPrivateUsage]

from bot.errors import StartError, UserError
from bot.playground import HOW_TO_INSTALL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simcord.backend.models import Channel, Message

# What a world consists of. The rest of the backend is made anew: listeners, logs, and interactions,
# whose tokens die with the process that was answering them.
KEPT = (
    "_reserved_ids",
    "application_emojis",
    "application_id",
    "channels",
    "command_permissions",
    "commands",
    "dm_channels",
    "entitlements",
    "guilds",
    "invites",
    "messages",
    "skus",
    "stage_instances",
    "users",
    "webhook_tokens",
    "webhooks",
)
MADE_ANEW = (
    "_sequences",
    "bot_user",
    "cdn",
    "clock",
    "faults",
    "http_requests",
    "interaction_tokens",
    "interactions",
    "subscribers",
    "transcript",
)

_REFUSALS = (UserError, app_commands.CheckFailure)
_SETTLED_AFTER = 0.002
# simcord's five seconds are short where drawing a round starts a process on a small machine.
_PATIENCE = 20.0
# Longer than anything that simcord itself waits for.
LONGEST_ANSWER = 2 * _PATIENCE
_CLOSING = 0.1
_PREVIEW_MARKS = ('id="toolbar"', 'id="messages-sidebar"', 'id="channel-layout"', "</head>")


def verify() -> None:
    """Raise StartError when simcord is not shaped as this file expects, or only half there."""
    moved = [
        what
        for what, there in {
            "the parts of a world": set(vars(Backend())) == {*KEPT, *MADE_ANEW},
            "the clock": hasattr(Backend().clock, "elapsed"),
            "stored files": hasattr(Backend().cdn, "_blobs"),
            "settling": _takes_idle(),
            "recorded errors": callable(getattr(simcord.Env, "_record_error", None)),
            "what threads announce": "self).create_system_message("
            in inspect.getsource(Backend.create_thread),
            "timers": "_work" in inspect.getsource(simcord.Env.__init__),
            "the preview's page": all(mark in preview_page() for mark in _PREVIEW_MARKS),
            "the preview's needs": callable(_require_preview()),
            "the preview's key": "capability" in inspect.getsource(Preview.__init__),
            "the preview's end": _can_be_hurried(),
        }.items()
        if not there
    ]
    if moved:
        raise StartError(
            f"The installed simcord {simcord.__version__} is not the one the playground knows "
            f"({', '.join(moved)}): install the version named in pyproject.toml."
        )
    try:
        _require_preview()()
    except simcord.SetupError as error:
        raise StartError(HOW_TO_INSTALL, os.EX_UNAVAILABLE) from error


def _require_preview() -> Any:
    # The preview asks for its libraries when it opens; by then a world would have been made.
    return getattr(preview_package, "_require_preview_runtime", None)


def _can_be_hurried() -> bool:
    server: Any = getattr(preview_server, "PreviewServer", None)
    return (
        server is not None
        and "self._server = PreviewServer(" in inspect.getsource(Preview.__init__)
        and "self.runner = web.AppRunner(" in inspect.getsource(server.start)
        and hasattr(web.AppRunner, "_shutdown_timeout")
    )


def _takes_idle() -> bool:
    settling = getattr(simcord.Env, "_settle_internal", None)
    return settling is not None and "idle" in inspect.signature(settling).parameters


def preview_page() -> str:
    """The HTML that simcord's preview is served as."""
    return (
        Path(preview_server.__file__).with_name("static").joinpath("index.html").read_text("utf-8")
    )


class Simulator(simcord.Env):
    """A simulated Discord whose time stands still and whose people have languages."""

    def __init__(
        self, language_of: Callable[[int], str], on_fault: Callable[[BaseException], None]
    ) -> None:
        # simcord wants a bot at once, but the bot wants the clock of the world it will live in.
        super().__init__(cast("discord.Client", None), check_errors=False, settle_timeout=_PATIENCE)
        self._on_fault = on_fault
        self._language_of = language_of
        self._emit = self.backend.emit
        self.backend.emit = self._emit_in_their_language
        self._announce = self.backend.create_system_message
        self.backend.create_system_message = cast("Any", self._announce_what_all_may_see)

    def _emit_in_their_language(self, event: str, payload: Mapping[str, Any]) -> None:
        # simcord says "en-US" for everybody, in one literal inside the builder of interactions.
        # Changing what leaves the backend touches less than replacing that builder would.
        if event == "INTERACTION_CREATE":
            person: Mapping[str, Any] = payload.get("member") or payload
            spoken = {"locale": self._language_of(int(person["user"]["id"]))}
            guild = self.backend.guilds.get(int(payload.get("guild_id") or 0))
            if guild is not None:
                spoken["guild_locale"] = guild.preferred_locale
            payload = {**payload, **spoken}
        self._emit(event, payload)

    def _announce_what_all_may_see(
        self, channel_id: int, kind: MessageType, author_id: int, **about: int | None
    ) -> Message | None:
        # Discord says nothing in a channel where a private thread begins; simcord says it to all.
        thread = self.backend.channels.get(about.get("target_channel_id") or 0)
        private = thread is not None and thread.type == ChannelType.PRIVATE_THREAD
        if kind == MessageType.THREAD_CREATED and private:
            return None
        return self._announce(channel_id, kind, author_id, **about)

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109
        idle: float = _SETTLED_AFTER,
        dispatch: str | None = None,
        _deadline: float | None = None,
    ) -> None:
        # simcord looks every 50 ms whether the bot has come to rest; a day moved in steps has
        # hundreds of such rests, so the playground looks more often.
        await super()._settle_internal(
            timeout=timeout, idle=idle, dispatch=dispatch, _deadline=_deadline
        )

    def _record_error(self, error: BaseException) -> None:
        # A refusal that the bot answered is an answer; simcord records it like a fault.
        cause = cause_of(error)
        if not isinstance(cause, _REFUSALS):
            super()._record_error(error)
            self._on_fault(cause)

    async def raise_curtain(self, bot: discord.Client) -> None:
        """Start the simulation, with this bot in it."""
        self.bot = bot
        sharded = isinstance(bot, discord.AutoShardedClient)
        if sharded and getattr(bot, "shard_count", None) is None:
            self.requested_shard_count = 1
        await self.start()

    def hold_timers(self) -> None:
        """Leave every waiting timer to the buttons; simcord also fires it by the real clock."""
        for record in self._work.callbacks:
            if record.real_handle is not None:
                record.real_handle.cancel()

    def forget_logs(self) -> None:
        """Drop simcord's records of every request and event, which only tests read."""
        self.backend.transcript.clear()
        self.backend.http_requests.clear()

    def set_clock(self, moment: datetime) -> None:
        """Set the clock before the simulation starts; simcord's own begins on 2026-01-01."""
        clock = self.backend.clock
        clock.elapsed += (moment - clock.now()) / timedelta(seconds=1)

    def sees(self, channel: Channel, user_id: int) -> bool:
        """Whether this person can open and read this channel now."""
        return channel_accessible(self.backend, channel.id, user_id, history=True)

    def reads(self, message: Message, user_id: int) -> bool:
        """Whether this person can read this message now."""
        return message_accessible(self.backend, message.channel_id, message, user_id, history=True)


async def enter(preview: Preview) -> None:
    """Open a preview so that it also closes at once, whatever its page is asking meanwhile.

    aiohttp never answers a connection that it accepted in the moment in which its server closes,
    and then waits a minute for the end of it; nothing that is asked of a closing view is needed.
    """
    await preview.__aenter__()
    runner: Any = preview._server.runner  # pyright: ignore[reportPrivateUsage]
    runner._shutdown_timeout = _CLOSING


def cause_of(error: BaseException) -> BaseException:
    """The error as the bot's own code raised it, without discord.py's wrapping."""
    while isinstance(original := getattr(error, "original", None), BaseException):
        error = original
    return error


def is_overlap(error: Exception) -> bool:
    """Whether simcord refused because another operation was under way; trying again is right."""
    return isinstance(error, simcord.SetupError) and "operation overlaps" in str(error)


def files_of(backend: Backend) -> dict[str, bytes]:
    """Attachments and pictures of a world, by address."""
    return backend.cdn._blobs  # pyright: ignore[reportPrivateUsage]
