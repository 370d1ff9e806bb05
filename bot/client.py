"""The bot itself: opens what it needs, loads the features, speaks to Discord, closes cleanly."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot import logs
from bot.audit import HOLDING as AUDIT
from bot.blocks.model import HOLDINGS as BLOCKS
from bot.commands import CommandWords, describe
from bot.consent.model import HOLDING as CONSENTS
from bot.consent.service import WITHDRAWN
from bot.counting.model import HOLDINGS as COUNTS
from bot.errors import StartError
from bot.gateway import State
from bot.identifying import Identifying, take_shards
from bot.jobs.model import HOLDINGS as JOBS
from bot.membership.looking import keep_looking
from bot.membership.model import HOLDING as MEMBERSHIP
from bot.membership.service import GONE
from bot.memory import give_back
from bot.news.model import HOLDING as NEWS
from bot.notices.carrier import NoticeCarrier
from bot.notices.model import HOLDING as NOTICES
from bot.notices.model import KIND as POST_NOTICE
from bot.outside.handling import begun
from bot.outside.requests import counted
from bot.permissions import NEEDED, require_moderator
from bot.privacy import Holding
from bot.reports.model import HOLDINGS as REPORTS
from bot.runtime import Runtime
from bot.servers import Servers
from bot.settings.core import CORE, PAUSED
from bot.views import (
    FORM_AGAIN,
    MODERATING,
    answer_error,
    give_words_back,
    open_again,
    pressed,
)

if TYPE_CHECKING:
    Interaction = discord.Interaction["Alongside"]

_log = logs.get(__name__)

FEATURES = Path(__file__).resolve().parent.parent / "cogs"

SWEEP_SECONDS = 6 * 60 * 60
"""How often retention is enforced."""

ANSWER_SECONDS = 3.0
"""How long the end waits for what is being answered: no longer would Discord take the answer."""

COLLECTING = (5_000, 40, 40)
"""Objects after which the collector looks at new ones, and after how many looks at older ones.

An answer makes some hundred that hold each other, so that Python's own 700 had it look at every few
answers, which took a twelfth of their CPU. With 20,000 it was up to 55 ms at once, in which nobody
is answered, and gained no more. What waits for it is some MB at most."""

INTENTS = discord.Intents(guilds=True)
"""Servers, channels and roles: no privileged intent, no messages, no list of members."""


class Tree(app_commands.CommandTree["Alongside"]):
    """Checks moderators' commands again when they are used, and answers every error."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Refuse a moderators' command to everybody else, whatever Discord showed them."""
        try:
            command: Any = interaction.command
            suggesting = interaction.type is discord.InteractionType.autocomplete
            kind = "suggestion" if suggesting else "command"
            begun(interaction, kind, getattr(command, "qualified_name", "unknown"))
            root = getattr(command, "root_parent", None) or command
            if getattr(root, "default_permissions", None) is not None:
                await require_moderator(interaction)
                interaction.extras[MODERATING] = True
        except Exception as error:  # noqa: BLE001 - the boundary: it is answered and logged
            await answer_error(interaction, error)
            return False
        return True

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer through the one funnel."""
        await answer_error(interaction, error)


class Alongside(commands.AutoShardedBot):
    """The Discord client. Features reach what they need through `runtime`.

    `mentions_commands` is off where nothing turns the mention of a command into its name.
    """

    def __init__(self, runtime: Runtime, *, mentions_commands: bool = True, **options: Any) -> None:
        # It never speaks in voice channels; nobody need read at each start that it could not.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        if runtime.figures.counting:
            options["http_trace"] = counted(runtime.figures)
        shard_ids = runtime.config.shard_ids
        if shard_ids is not None:
            options["shard_ids"] = list(shard_ids)
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=Tree,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=runtime.config.shard_count,
            **options,
        )
        self.runtime = runtime
        self.servers = Servers(self)
        self._identifying: Identifying | None = None
        if runtime.config.database_url is not None:
            self._identifying = Identifying(runtime.database.line, self._concurrency)
        self._mentions_commands = mentions_commands
        self._chores: list[asyncio.Task[None]] = []
        self.answering: set[asyncio.Task[Any]] = set()
        """The tasks in which interactions are being answered."""

    async def setup_hook(self) -> None:
        """Load the features, then tell Discord the commands, in all languages."""
        self.runtime.database.line.start()
        if self.runtime.config.database_url is not None:
            await take_shards(self.runtime.database.line, self._own_shards())
        await self.load_features()
        await self.tree.set_translator(CommandWords(self.runtime.texts))
        synced = await self.tree.sync()
        if self._mentions_commands:
            chat = [one for one in synced if one.type is discord.AppCommandType.chat_input]
            self.runtime.texts.know_commands({command.name: command.id for command in chat})
        self.runtime.jobs.start()

    def _own_shards(self) -> Iterable[int]:
        config = self.runtime.config
        # Where Discord says how many there are, shard 0 is one of them.
        return config.shard_ids or range(config.shard_count or 1)

    async def _concurrency(self) -> int:
        return (await self.fetch_session_start_limits()).max_concurrency

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until this shard may introduce itself: Discord takes few of a bot at once."""
        if self._identifying is None:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            await self._identifying.wait(shard_id or 0)

    def _get_state(self, **options: Any) -> State:
        return State(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    async def load_features(self) -> None:
        """Load every feature folder, and give their commands their words."""
        self.runtime.settings.declare(PAUSED, self.runtime.jobs.switched)
        for setting in CORE:
            self.runtime.settings.declare(setting)
        self.runtime.privacy.register(
            AUDIT,
            Holding(table="settings_values"),
            Holding(table="privacy_departures", working=True),
            *JOBS,
            CONSENTS,
            NOTICES,
            *BLOCKS,
            *REPORTS,
            NEWS,
            MEMBERSHIP,
            *COUNTS,
        )
        self.runtime.membership.register(self.runtime.blocks.held, self.runtime.blocks.left)
        self.runtime.membership.register(None, self.runtime.news.left)
        replays = self.runtime.replays
        self.runtime.privacy.replay_with(replays)
        self.runtime.blocks.replay_with(replays)
        replays.on(GONE, self.runtime.membership.replay)
        replays.on(WITHDRAWN, self.runtime.consents.replay)
        self.runtime.actions.on(FORM_AGAIN, open_again)
        notices = self.runtime.notices
        self.runtime.jobs.register(POST_NOTICE, notices, NoticeCarrier(self, notices), goes_on=True)
        self.runtime.privacy.when_server_erased(self.runtime.settings.forget)
        self.tree.add_command(self.runtime.manage)
        for feature in feature_names():
            try:
                await self.load_extension(f"cogs.{feature}.cog")
            except commands.ExtensionFailed as error:
                if isinstance(error.original, StartError):
                    # A content file, say: the host reads its sentence, not a traceback.
                    raise error.original from error
                raise
        describe(self.tree, self.runtime.texts)

    async def on_ready(self) -> None:
        """Say so in the log, once all servers are known."""
        if not self._chores:
            # What start-up made lives as long as the process; the collector need not look at it,
            # not even once: of 200,000 objects it would free 600, and nobody is answered meanwhile.
            gc.freeze()
            gc.enable()
            gc.set_threshold(*COLLECTING)
        invite = discord.utils.oauth_url(
            self.application_id or 0, permissions=NEEDED, scopes=("bot", "applications.commands")
        )
        _log.info("ready", servers=len(self.guilds), shards=self.shard_count, invite=invite)
        if not self._chores:
            # Not sooner: before all servers are known, one that is here would look like one left.
            self._chores = [
                asyncio.create_task(self._keep_house(), name="housekeeping"),
                asyncio.create_task(keep_looking(self), name="membership"),
            ]

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep the data of a server that has come back."""
        await self.runtime.privacy.server_returned(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Remember when the bot was removed, so that the server's data goes in time."""
        await self.runtime.privacy.server_left(guild.id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer a press, and give words back that were typed into a form of an earlier process."""
        if interaction.type is discord.InteractionType.component:
            await pressed(interaction)
            return
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Any = interaction.data
        custom_id = str(data["custom_id"])
        if not custom_id.startswith("form:") or custom_id in self.runtime.open_forms:
            return
        begun(interaction, "form", "expired")
        if not interaction.response.is_done():
            await give_words_back(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what an event handler raised; the next event comes all the same."""
        _log.error("event_failed", event_name=event_method, exc_info=True)

    async def close(self) -> None:
        """Stop what is under way, say goodbye to Discord, then close the store."""
        for chore in self._chores:
            chore.cancel()
        await self.runtime.jobs.stop()
        # Not sooner: for as long as promises are being settled, people go on pressing.
        await self._let_answer()
        try:
            await super().close()
        finally:
            await self.runtime.database.close()

    async def _let_answer(self) -> None:
        """Let those have their answer who are waiting for it, who came meanwhile too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                while self.answering:
                    await asyncio.wait(self.answering)

    async def _keep_house(self) -> None:
        while True:
            try:
                await self._compare_servers()
                await self.runtime.blocks.remind()
                swept = await self.runtime.privacy.sweep()
                if self.runtime.journal is not None:
                    await self.runtime.journal.tidy()
                # What went meanwhile lies between what stays; the C library keeps it otherwise.
                await asyncio.to_thread(give_back)
                if swept.rows or swept.servers:
                    _log.info("swept", rows=swept.rows, servers=swept.servers)
            except Exception as error:  # noqa: BLE001 - the next sweep tries again
                _log.error("sweep_failed", error=logs.describe(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _compare_servers(self) -> None:
        """Notice who came and went while no event could tell, because the bot was not running."""
        missing = await self.runtime.privacy.compare(frozenset(guild.id for guild in self.guilds))
        for server_id in missing:
            if self.servers.is_ours(server_id) and await self._is_gone(server_id):
                await self.runtime.privacy.server_left(server_id)

    async def _is_gone(self, server_id: int) -> bool:
        try:
            await self.fetch_guild(server_id, with_counts=False)
        except (discord.NotFound, discord.Forbidden):
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("server_not_asked", error=logs.describe(error))
        return False


def feature_names() -> list[str]:
    """The feature folders: adding one adds a feature, deleting one deletes it."""
    return sorted(cog.parent.name for cog in FEATURES.glob("*/cog.py"))
