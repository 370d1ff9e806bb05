"""/manage faq import and export: a server's own entries as files."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp
import discord
from discord import app_commands

from bot.errors import UserError
from bot.pace import Limit, Pace
from bot.shelf import Shelf
from bot.suggesting import choice
from bot.views import Panel, reply, server_language, turn, words_for
from cogs.faq import transfer_views as views
from cogs.faq.transfer_service import FILE_BYTES, KINDS, Transfer, Upload

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

READING = Limit(6, timedelta(minutes=10))
"""How many files of a server are read: each takes a while of what all servers share."""

KEPT = timedelta(hours=1)
UPLOADS_BYTES = 20 * FILE_BYTES
"""Files that wait to be applied, those of all servers together."""

MOST_FILES = 10
"""Files that Discord takes with one message."""


class Transferring:
    """Answers the commands and buttons."""

    def __init__(self, bot: Alongside, transfer: Transfer) -> None:
        self._bot = bot
        self._transfer = transfer
        self._clock = bot.runtime.clock
        self._pace = Pace(READING)
        self._uploads: Shelf[str, tuple[int, Upload]] = Shelf(
            most=200, weight=UPLOADS_BYTES, unused=KEPT
        )

    def register(self, group: app_commands.Group) -> None:
        """Add the commands to the moderators' group, and answer what is tapped."""
        group.add_command(
            app_commands.Command(name="import", description="-", callback=self.take_in)
        )
        export: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="export", description="-", callback=self.give_out
        )
        export.autocomplete("kind")(self.suggest_kind)
        group.add_command(export)
        actions = self._bot.runtime.actions
        actions.on(views.APPLY, self.apply, moderators=True)
        actions.on(views.DROP, self.drop, moderators=True)

    async def give_out(self, interaction: Interaction, kind: str = KINDS[0]) -> None:
        """Give all of the server's own entries as files."""
        wanted = kind.strip().casefold()
        if wanted not in KINDS:
            raise UserError("faq.export.what_kind")
        await interaction.response.defer(ephemeral=True)
        parts = await self._transfer.export(_server(interaction), wanted)
        names = [
            f"faq.{wanted}" if len(parts) == 1 else f"faq-{number}.{wanted}"
            for number in range(1, len(parts) + 1)
        ]
        words = await words_for(interaction)
        for first in range(0, len(parts), MOST_FILES):
            given = names[first : first + MOST_FILES]
            files = [
                discord.File(io.BytesIO(part), filename=name)
                for name, part in zip(given, parts[first : first + MOST_FILES], strict=True)
            ]
            await reply(interaction, views.exported(words, given), files=files)

    async def suggest_kind(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the kinds of files."""
        del interaction
        return [choice(kind.upper(), kind) for kind in KINDS if current.casefold() in kind]

    async def take_in(self, interaction: Interaction, file: discord.Attachment) -> None:
        """Read a file, and say what it would change."""
        server_id = _server(interaction)
        if file.size > FILE_BYTES:
            raise UserError("faq.import.too_big", limit=FILE_BYTES // 1_000)
        wait = self._pace.take(server_id, self._clock())
        if wait:
            raise UserError("faq.import.wait", count=max(1, round(wait.total_seconds() / 60)))
        await interaction.response.defer(ephemeral=True)
        try:
            content = await file.read()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            raise UserError("faq.import.not_read") from error
        language = await server_language(interaction)
        upload = await self._transfer.read(server_id, language or "", file.filename, content)
        await self._preview(interaction, upload, len(content))

    async def apply(self, interaction: Interaction, upload_id: str) -> None:
        """Do what was previewed."""
        upload = self._upload(interaction, upload_id)
        try:
            await self._transfer.apply(upload, by=interaction.user.id)
        except UserError as error:
            if error.key != "faq.import.changed_meanwhile":
                raise
            fresh = await self._transfer.again(upload)
            self._uploads.let_go(upload_id)
            await self._preview(interaction, fresh, 0, meanwhile=True)
            return
        self._uploads.let_go(upload_id)
        await turn(interaction, views.applied(await words_for(interaction), upload.plan))

    async def drop(self, interaction: Interaction, upload_id: str) -> None:
        """Let go of what was read."""
        self._uploads.let_go(upload_id)
        await turn(interaction, Panel((await words_for(interaction))("faq.preview.dropped")))

    async def _preview(
        self, interaction: Interaction, upload: Upload, weight: int, *, meanwhile: bool = False
    ) -> None:
        upload_id = uuid4().hex[:12]
        if upload.plan.ready:
            self._uploads.put(upload_id, (interaction.user.id, upload), weight, self._clock())
        words = await words_for(interaction)
        await turn(interaction, views.preview(words, upload.plan, upload_id, meanwhile=meanwhile))

    def _upload(self, interaction: Interaction, upload_id: str) -> Upload:
        person, upload = self._uploads.get(upload_id, self._clock()) or (0, None)
        if (
            upload is None
            or upload.server_id != interaction.guild_id
            or person != interaction.user.id
        ):
            raise UserError("faq.import.gone")
        return upload


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id
