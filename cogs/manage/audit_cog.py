"""/manage audit: who changed what, when; filtered, as a file, and undone."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot import audit
from bot.audit import Wanted
from bot.errors import UserError
from bot.permissions import server_of
from bot.views import Panel, number_of, reply, turn, words_for
from cogs.manage import audit_views as views
from cogs.manage.exchange_cog import require_here

if TYPE_CHECKING:
    from bot.client import Interaction
    from bot.runtime import Runtime
    from bot.settings.model import Setting

IN_FILE = 5_000
"""Lines of a file at most; the newest."""

TakeBack = Callable[["Interaction", "Setting[Any]", Any, Any], Awaitable[None]]
"""Sets a setting back to a value, if it still is what the third one says."""


class AuditList:
    """The list of who changed what in this server."""

    def __init__(self, runtime: Runtime, take_back: TakeBack) -> None:
        self._runtime = runtime
        self._take_back = take_back

    def register(self) -> None:
        """Answer its command and its buttons."""
        actions = self._runtime.actions
        actions.on(views.AUDIT, self.page, moderators=True)
        actions.on(views.ABOUT, self.about, moderators=True)
        actions.on(views.BY, self.by, moderators=True)
        actions.on(views.FILE, self.file, moderators=True)
        actions.on(views.UNDO, self.undo, moderators=True)
        self._runtime.manage.add_command(
            app_commands.Command(name="audit", description="-", callback=self.command)
        )

    async def command(self, interaction: Interaction) -> None:
        """Answer /manage audit."""
        await reply(interaction, await self._list(interaction, 0, Wanted()))

    async def page(
        self, interaction: Interaction, page: str, feature: str = views.ALL, person: str = "0"
    ) -> None:
        """Turn to a page."""
        wanted = _wanted(feature, number_of(person))
        await turn(interaction, await self._list(interaction, number_of(page), wanted))

    async def about(self, interaction: Interaction, person: str, feature: str) -> None:
        """Show what was changed of one feature, or of all."""
        wanted = _wanted(feature, number_of(person))
        await turn(interaction, await self._list(interaction, 0, wanted))

    async def by(self, interaction: Interaction, feature: str, person: object = 0) -> None:
        """Show what one person changed, as the menu gives them; nobody chosen is everybody."""
        wanted = _wanted(feature, number_of(str(getattr(person, "id", person))))
        await turn(interaction, await self._list(interaction, 0, wanted))

    async def file(self, interaction: Interaction, feature: str, person: str) -> None:
        """Give what the list shows, and what stands on its other pages, as a file."""
        wanted = _wanted(feature, number_of(person))
        async with self._runtime.database.read() as read:
            found = await audit.lines(read, server_of(interaction), limit=IN_FILE, wanted=wanted)
        words = await words_for(interaction)
        await interaction.response.defer(ephemeral=True)
        written, count = await asyncio.to_thread(views.written, words, found, self._settings())
        file = discord.File(io.BytesIO(written), filename="alongside-changes.csv")
        note = words("audit.file", count=count)
        if count < len(found) or len(found) == IN_FILE:
            note += f"\n{words('audit.file_part')}"
        panel = Panel(note, discord.ui.File[Any](f"attachment://{file.filename}"))
        await reply(interaction, panel, files=[file])

    async def undo(self, interaction: Interaction, line_id: str) -> None:
        """Take one change of a setting back."""
        async with self._runtime.database.read() as read:
            line = await audit.line(read, server_of(interaction), line_id)
        if line is None or line.action != views.CHANGE:
            raise UserError("audit.gone")
        setting = self._runtime.settings.by_key(line.target)
        before, after = (
            setting.default if text is None else setting.decode(text)
            for text in (line.before, line.after)
        )
        require_here(interaction.guild, setting, before)
        try:
            await self._take_back(interaction, setting, before, after)
        except UserError as error:
            if error.key == "settings.refused.changed_meanwhile":
                raise UserError("audit.changed_since") from error
            raise

    def _settings(self) -> dict[str, Setting[Any]]:
        return {setting.key: setting for setting in self._runtime.settings.declared}

    async def _list(self, interaction: Interaction, page: int, wanted: Wanted) -> Panel:
        server_id = server_of(interaction)
        async with self._runtime.database.read() as read:
            features = await audit.features(read, server_id)
            found = await audit.lines(
                read, server_id, limit=views.LINES + 1, offset=page * views.LINES, wanted=wanted
            )
        return views.audit_list(
            await words_for(interaction),
            found[: views.LINES],
            self._settings(),
            page,
            wanted,
            features,
            more=len(found) > views.LINES,
        )


def _wanted(feature: str, person: int) -> Wanted:
    return Wanted(None if feature == views.ALL else feature, person or None)
