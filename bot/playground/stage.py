"""The running playground: one simulated Discord, the bot in it, and what the page is looking at.

Everything that changes the simulation goes through one lock, because simcord refuses operations
that overlap. After each change the world is kept, so nothing is lost however the process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo, available_timezones

import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.enums import ChannelType

from bot import logs
from bot.clock import system_clock
from bot.errors import StartError
from bot.playground import community
from bot.playground.faults import Faults
from bot.playground.play import Place, Play
from bot.playground.simulator import Simulator, enter, is_overlap, verify
from bot.playground.world import UnreadableError, WorldFile, capture, restore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from discord.ext import commands
    from simcord.backend.models import Channel, Guild
    from simcord.preview import Preview

    from bot.playground.calendar import Jump

_log = logs.get(__name__)

LANGUAGES = {
    "en-US": "English",
    "es-ES": "Español",
    "de": "Deutsch",
    "fr": "Français",
    "pt-BR": "Português (Brasil)",
}
_SHOWN = (ChannelType.TEXT, ChannelType.NEWS)
# A step of a jump; a day in steps shows the clock moving, and each step has the whole patience.
_STEP = timedelta(hours=1)
_CLOSING = 6.0
_TRIES = 40
_BETWEEN_TRIES = 0.05


class RefusedError(Exception):
    """What the page asked for cannot be done; `str()` is a sentence for the person at the page."""


@dataclass(slots=True)
class Gaze:
    """What the page looks at, and what was seen. Kept with the world."""

    key: str
    viewer: int = 0
    channel: int = 0
    zone: str = "UTC"
    port: int = 0
    languages: dict[int, str] = field(default_factory=dict[int, str])
    seen: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "key": self.key,
            "viewer": self.viewer,
            "channel": self.channel,
            "zone": self.zone,
            "port": self.port,
            "languages": {str(person): code for person, code in self.languages.items()},
            "seen": [[person, place, last] for (person, place), last in self.seen.items()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Gaze:
        """From what `to_json` made; raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            key=str(data["key"]),
            viewer=int(data["viewer"]),
            channel=int(data["channel"]),
            zone=str(data["zone"]),
            port=int(data["port"]),
            languages={int(person): str(code) for person, code in data["languages"].items()},
            seen={(int(person), int(place)): int(last) for person, place, last in data["seen"]},
        )


class Stage:
    """The simulation and everything the page can ask of it."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.boot = secrets.token_hex(4)
        self.version = 0
        self.view = 0
        self.gaze = Gaze(key=secrets.token_urlsafe(24))
        self.preview: Preview | None = None
        self.faults = Faults()
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lock = asyncio.Lock()
        self._file = WorldFile(play.folder / "world.json")
        self._bot: commands.Bot | commands.AutoShardedBot | None = None
        self._env: Simulator | None = None
        self._occupied: TextIO | None = None
        self._unsaved = ""
        self._is_open = False

    # ------------------------------------------------------------------ life

    async def open(self) -> None:
        """Bring the kept world back, or make a new one, and log the bot in. Raises StartError."""
        verify()
        self._occupy()
        logging.getLogger().addHandler(self.faults)
        if self.play.fresh:
            self._begin_anew()
        kept = self._file.read()
        self._env = env = Simulator(self._language_of, self.faults.note)
        if kept is None:
            self.gaze.languages = community.settle_in(env)
            env.set_clock(system_clock().replace(second=0, microsecond=0))
            community.say_welcome(env)
        else:
            try:
                restore(env.backend, kept["world"])
                self.gaze = Gaze.from_json(kept["gaze"])
                self._check_world()
            except (UnreadableError, KeyError, TypeError, ValueError, AttributeError) as error:
                raise self._file.refusal() from error
        if self.play.permissions is not None:
            role = community.own_role(self._guild, env.backend.bot_user.id)
            self._guild.roles[role].permissions = self.play.permissions.value
        self._bot = await self.play.build(self._place())
        await env.raise_curtain(self._bot)
        self._is_open = True
        await self._show(self.gaze.viewer, self.gaze.channel)
        await self._after()

    async def close(self) -> None:
        """Keep the world, then let go of everything, the bot's own resources included."""
        async with contextlib.AsyncExitStack() as leaving:
            leaving.callback(self._vacate)
            leaving.callback(logging.getLogger().removeHandler, self.faults)
            if self._env is None:
                return
            self._env.settle_timeout = 1.0
            leaving.push_async_callback(self._leave)
            if self._bot is not None:
                leaving.push_async_callback(self._close_bot)
            if self.preview is not None:
                leaving.push_async_callback(self.preview.close)
            if self._is_open:
                await self._keep()

    def _place(self) -> Place:
        folder = self.play.folder / "bot"
        folder.mkdir(mode=0o700, exist_ok=True)
        return Place(folder, self.env.now, self._wait)

    async def _wait(self, awaitable: Awaitable[object], /, *, reason: str) -> object:
        return await self.env.external_wait(awaitable, reason=reason)

    async def _close_bot(self) -> None:
        bot, self._bot = self._bot, None
        if bot is not None:
            with self.env.time_context():
                try:
                    await asyncio.wait_for(bot.close(), _CLOSING)
                except TimeoutError:
                    _log.error("bot_did_not_close", seconds=_CLOSING)

    async def _leave(self) -> None:
        try:
            await self.env.shutdown()
        except TimeoutError:
            _log.error("simulation_did_not_close")

    def _occupy(self) -> None:
        try:
            self.play.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._occupied = (self.play.folder / "lock").open("w")
        except OSError as error:
            raise StartError(
                f"The playground cannot write to {self.play.folder} ({error.strerror}): make it "
                "writable, or name another folder.",
                os.EX_CANTCREAT,
            ) from error
        try:
            fcntl.flock(self._occupied, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._vacate()
            raise StartError(
                f"Another playground is running on {self.play.folder}: stop it first.",
                os.EX_TEMPFAIL,
            ) from error

    def _vacate(self) -> None:
        if self._occupied is not None:
            self._occupied.close()
            self._occupied = None

    def _begin_anew(self) -> None:
        self._file.path.unlink(missing_ok=True)
        folder = self.play.folder / "bot"
        if folder.exists():
            shutil.rmtree(folder)

    def _check_world(self) -> None:
        if self.gaze.viewer not in self._guild.members:
            raise UnreadableError("nobody is looking")

    # -------------------------------------------------------------- questions

    @property
    def env(self) -> Simulator:
        """The simulation; only once it is open."""
        if self._env is None:
            raise RefusedError("The playground is not open yet.")
        return self._env

    @property
    def _guild(self) -> Guild:
        return next(iter(self.env.backend.guilds.values()))

    def _language_of(self, user_id: int) -> str:
        return self.gaze.languages.get(user_id, "en-US")

    def _places_of(self, viewer: int) -> list[Channel]:
        backend = self.env.backend
        channels = sorted(
            (backend.channels[each] for each in self._guild.channel_ids),
            key=lambda channel: (channel.position, channel.id),
        )
        shown = [each for each in channels if each.type in _SHOWN and self.env.sees(each, viewer)]
        return [*shown, backend.get_dm_channel(viewer)]

    def _threads_of(self, viewer: int) -> list[Channel]:
        threads = (self.env.backend.channels[each] for each in self._guild.thread_ids)
        return [each for each in threads if self.env.sees(each, viewer)]

    def _news(self, viewer: int, channel: Channel) -> int:
        last = self.gaze.seen.get((viewer, channel.id), 0)
        messages = self.env.backend.messages.get(channel.id, {}).values()
        return sum(
            message.id > last and message.author_id != viewer and self.env.reads(message, viewer)
            for message in messages
        )

    def state(self) -> dict[str, Any]:
        """All that our page shows around the conversation, as JSON data."""
        viewer = self.gaze.viewer
        guild, users = self._guild, self.env.backend.users

        def item(channel: Channel, name: str) -> dict[str, Any]:
            return {
                "id": str(channel.id),
                "name": name,
                "parent": str(channel.parent_id) if channel.is_thread else None,
                "closed": bool(channel.thread_metadata and channel.thread_metadata.archived),
                "new": self._news(viewer, channel),
            }

        *channels, direct = self._places_of(viewer)
        return {
            "boot": self.boot,
            "version": self.version,
            "view": self.view,
            "server": guild.name,
            "viewer": str(viewer),
            "channel": str(self.gaze.channel),
            "language": self._language_of(viewer),
            "languages": [{"code": code, "name": name} for code, name in LANGUAGES.items()],
            "people": [
                {
                    "id": str(person),
                    "name": users[person].global_name or users[person].name,
                    "about": ", ".join(
                        guild.roles[role].name
                        for role in guild.members[person].role_ids
                        if role in guild.roles
                    ),
                }
                for person in self.gaze.languages
                if person in guild.members
            ],
            "channels": [item(each, each.name or "") for each in channels],
            "threads": [item(each, each.name or "") for each in self._threads_of(viewer)],
            "direct": [item(direct, self.env.backend.bot_user.name)],
            "now": self.env.now().isoformat(),
            "zone": self.gaze.zone,
            "errors": {"count": self.faults.count, "last": self.faults.last},
            "unsaved": self._unsaved,
        }

    # ---------------------------------------------------------------- actions

    async def look(self, viewer: int, channel: int, zone: str) -> None:
        """Look through somebody's eyes at a place; at their first place when that one is closed."""
        if viewer not in self.gaze.languages or viewer not in self._guild.members:
            raise RefusedError("That person is not here any more.")
        async with self._alone():
            if zone in available_timezones():
                self.gaze.zone = zone
            await self._show(viewer, channel)

    async def speak(self, viewer: int, language: str) -> None:
        """Set the language of somebody's Discord."""
        if viewer not in self.gaze.languages or language not in LANGUAGES:
            raise RefusedError("That language is not offered here.")
        async with self._alone():
            self.gaze.languages[viewer] = language
            await self._show(self.gaze.viewer, self.gaze.channel)

    async def jump(self, jump: Jump) -> None:
        """Move the clock as a button says, in steps, so that what becomes due happens in order."""
        async with self._alone():
            target = jump.target(self.env.now(), ZoneInfo(self.gaze.zone))
            try:
                while (ahead := target - self.env.now()) > timedelta(0):
                    seconds = min(ahead, _STEP) / timedelta(seconds=1)
                    await self._attempt(lambda seconds=seconds: self.env.advance_time(seconds))
                    self.version += 1
            except TimeoutError as error:
                raise RefusedError(
                    "The bot was still busy after 20 seconds, so the clock stopped on the way. "
                    "Press again to go on."
                ) from error

    async def restart(self) -> None:
        """Close the bot as a stop of its process would, and start it again in the same world."""
        async with self._alone():
            try:
                await self._close_bot()
                with self.env.time_context():
                    bot = await self.play.build(self._place())
                await self._attempt(lambda: self.env.restart_bot(bot))
                self._bot = bot
            except Exception as error:
                # Without a bot there is nothing left to look at: the whole playground ends.
                if not self.broken.done():
                    self.broken.set_exception(error)
                raise

    @contextlib.asynccontextmanager
    async def acting(self) -> AsyncGenerator[None]:
        """Hold the simulation while the conversation itself carries out what somebody did in it."""
        async with self._alone(refresh=False):
            yield

    @contextlib.asynccontextmanager
    async def undisturbed(self) -> AsyncGenerator[None]:
        """Hold the simulation for a question that changes nothing, such as a suggestion."""
        async with self._lock:
            try:
                yield
            finally:
                self.env.hold_timers()
                self.env.forget_logs()

    @contextlib.asynccontextmanager
    async def _alone(self, *, refresh: bool = True) -> AsyncGenerator[None]:
        async with self._lock:
            try:
                yield
            finally:
                await self._after(refresh=refresh)

    async def _after(self, *, refresh: bool = True) -> None:
        env = self.env
        env.hold_timers()
        env.forget_logs()
        self.faults.next_action()
        if refresh and self.preview is not None:
            with contextlib.suppress(TimeoutError, simcord.SetupError):
                await self._attempt(self.preview.refresh)
        here = (self.gaze.viewer, self.gaze.channel)
        self.gaze.seen[here] = max(env.backend.messages.get(here[1], {}), default=0)
        self.version += 1
        await self._keep()

    async def _keep(self) -> None:
        kept = {"gaze": self.gaze.to_json(), "world": capture(self.env.backend)}
        try:
            await asyncio.to_thread(self._file.write, kept)
            self._unsaved = ""
        except OSError as error:
            self._unsaved = f"The world could not be kept on disk ({error.strerror})."

    async def _attempt(self, operation: Callable[[], Awaitable[object]]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                await operation()
            except simcord.SetupError as error:
                if not is_overlap(error) or not left:
                    raise
                await asyncio.sleep(_BETWEEN_TRIES)
            else:
                return

    async def _show(self, viewer: int, channel: int) -> None:
        env = self.env
        people = self.gaze.languages
        viewer = viewer if viewer in people else next(iter(people))
        places = [*self._places_of(viewer), *self._threads_of(viewer)]
        place = next((each for each in places if each.id == channel), places[0])
        if self.preview is not None:
            await self.preview.close()
        user = UserHandle(env, env.backend.get_user(viewer))
        guild = GuildHandle(env, self._guild) if place.guild_id is not None else None
        self.preview = env.preview(
            ChannelHandle(env, guild, place),
            viewers=[user if guild is None else MemberActor(env, guild, user)],
            layout="channel",
            locale=self._language_of(viewer),
            timezone=self.gaze.zone,
        )
        await enter(self.preview)
        self.gaze.viewer, self.gaze.channel = viewer, place.id
        self.view += 1


async def perform(play: Play) -> None:
    """Open the stage and its page, and stay until cancelled or until the bot cannot come back."""
    from bot.playground.server import serving

    stage = Stage(play)
    try:
        await stage.open()
        async with serving(stage) as address:
            play.announce(address)
            await stage.broken
    finally:
        await stage.close()
