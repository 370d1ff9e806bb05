"""Settings as a file, and from one."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp
import discord

from bot.content import parse_yaml
from bot.errors import ContentError, UserError
from bot.pace import Limit, Pace
from bot.permissions import server_of
from bot.settings.exchange import MOST_BYTES, read, written
from bot.settings.model import Channels, Language, Roles, Setting
from bot.shelf import Shelf
from bot.views import reply, turn, words_for
from cogs.manage import exchange_views as views
from cogs.manage.exchange_views import Coming

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

READING = Limit(10, timedelta(minutes=10))
"""How many files of a server are read."""

PREVIEWS = 200
"""Previews that wait to be applied, those of all servers together."""

KEPT = timedelta(hours=1)


class Exchange:
    """Gives the settings of this server as a file, and takes them from one."""

    def __init__(self, bot: Alongside) -> None:
        self._bot = bot
        self._runtime = bot.runtime
        self._pace = Pace(READING)
        self._previews: Shelf[tuple[int, str], tuple[Coming, ...]] = Shelf(
            most=PREVIEWS, weight=PREVIEWS, unused=KEPT
        )

    def register(self) -> None:
        """Answer the buttons."""
        actions = self._runtime.actions
        actions.on(views.GIVE, self.give, moderators=True)
        actions.on(views.TAKE, self.open, moderators=True)
        actions.on(views.APPLY, self.apply, moderators=True)

    async def give(self, interaction: Interaction) -> None:
        """Give all settings as a file."""
        server_id = server_of(interaction)
        settings = self._runtime.settings
        values = {each.key: await settings.get(server_id, each) for each in settings.declared}
        words = await words_for(interaction)

        def explained(setting: Setting[Any]) -> str:
            return (
                words(f"settings.{setting.key}.name")
                + ": "
                + words(f"settings.{setting.key}.meaning")
            )

        text = written(settings.declared, values, explained)
        file = discord.File(io.BytesIO(text.encode()), filename="alongside-settings.yaml")
        await reply(interaction, views.given(words, file.filename), files=[file])

    async def open(self, interaction: Interaction) -> None:
        """Open the form that takes a file."""
        server_of(interaction)
        words = await words_for(interaction)
        await interaction.response.send_modal(views.FileForm(self._bot, words, self._take))

    async def _take(self, interaction: Interaction, file: discord.Attachment) -> None:
        server_id = server_of(interaction)
        if file.size > MOST_BYTES:
            raise UserError("settings.file.too_big", limit=MOST_BYTES // 1_000)
        if self._pace.take(server_id, self._runtime.clock()):
            raise UserError("settings.file.wait")
        await interaction.response.defer(ephemeral=True)
        try:
            text = (await file.read()).decode("utf-8-sig")
            document = parse_yaml(text, "settings")
        except UnicodeDecodeError as error:
            raise UserError("settings.file.not_text") from error
        except ContentError as error:
            raise UserError("settings.file.not_yaml", line=error.line or 1) from error
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            raise UserError("settings.file.not_read") from error
        words = await words_for(interaction)
        settings = self._runtime.settings
        declared = {setting.key: setting for setting in settings.declared}

        def accept(setting: Setting[Any], value: Any) -> None:
            self._accept(interaction, setting, value)

        # In a worker thread: a file may name a place, and the first time all names are read.
        given, refused = await asyncio.to_thread(read, document, declared, accept)
        if refused:
            await reply(interaction, views.refused(words, refused))
            return
        coming: list[Coming] = []
        for each in given:
            now = await settings.get(server_id, each.setting)
            if now != each.value:
                coming.append(Coming(each.setting, now, each.value))
        kept = uuid4().hex
        self._previews.put((server_id, kept), tuple(coming), 1, self._runtime.clock())
        same = len(given) - len(coming)
        await reply(interaction, views.preview(words, coming, same, kept))

    def _accept(self, interaction: Interaction, setting: Setting[Any], value: Any) -> None:
        """Refuse what means nothing in this server, or is not theirs to change."""
        if isinstance(setting, Language) and value not in self._runtime.texts.locales:
            raise UserError("settings.refused.choice")
        require_here(interaction.guild, setting, value)

    async def apply(self, interaction: Interaction, kept: str) -> None:
        """Change all that was previewed, or nothing."""
        server_id = server_of(interaction)
        coming = self._previews.get((server_id, kept), self._runtime.clock())
        if coming is None:
            raise UserError("settings.refused.asked_long_ago")
        manages = interaction.permissions.manage_guild
        if any(each.setting.managers_only for each in coming) and not manages:
            raise UserError("permissions.managers_only")
        await self._runtime.settings.change_all(
            server_id,
            [(each.setting, each.then, each.now) for each in coming],
            by=interaction.user.id,
        )
        self._previews.let_go((server_id, kept))
        await turn(interaction, views.applied(await words_for(interaction), len(coming)))


def require_here(server: discord.Guild | None, setting: Setting[Any], value: Any) -> None:
    """Refuse channels and roles that this server has not, or of a kind that no form offers."""
    if server is None:
        raise UserError("permissions.moderators_only")
    if isinstance(setting, Channels) and not all(
        isinstance(server.get_channel(each), discord.TextChannel | discord.ForumChannel)
        for each in value
    ):
        raise UserError("settings.file.not_here")
    if isinstance(setting, Roles) and not all(map(server.get_role, value)):
        raise UserError("settings.file.not_here")
