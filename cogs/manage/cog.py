"""/settings, /pause and /manage audit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError, in_field
from bot.notices.carrier import SEEN
from bot.permissions import MODERATOR_DEFAULT, server_of
from bot.settings.core import CORE
from bot.settings.model import Setting, Toggle
from bot.shelf import Shelf
from bot.views import Form, reply, turn, words_for
from cogs.manage import views
from cogs.manage.audit_cog import AuditList
from cogs.manage.exchange_cog import Exchange
from cogs.manage.pause_cog import Pause
from cogs.manage.today_cog import Today
from cogs.manage.today_views import AGAIN

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.runtime import Runtime
    from bot.settings.service import Change


FIRST_SECTION = "server"

QUESTIONS = 200
"""How many questions whether somebody is sure can be open at once, in all servers."""

QUESTION_KEPT = timedelta(hours=1)


class Manage(commands.Cog):
    """Steers the settings of this server."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._asked: Shelf[tuple[int, str], tuple[Setting[Any], Any, Any]] = Shelf(
            most=QUESTIONS, weight=QUESTIONS, unused=QUESTION_KEPT
        )

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(MODERATOR_DEFAULT)
    async def settings(self, interaction: Interaction) -> None:
        """Open the panel."""
        await reply(interaction, await self._panel(interaction, FIRST_SECTION))

    async def open(self, interaction: Interaction) -> None:
        """Show the settings on the message that was tapped."""
        await turn(interaction, await self._panel(interaction, FIRST_SECTION))

    async def section(self, interaction: Interaction, section: str) -> None:
        """Show another section."""
        await turn(interaction, await self._panel(interaction, section))

    async def switch(self, interaction: Interaction, key: str, wanted: str) -> None:
        """Switch on or off, as the button said, whatever it is by now."""
        setting = self._runtime.settings.by_key(key)
        if setting.asks_first:
            await self._ask(interaction, setting, wanted == views.ON)
        else:
            await self._save(interaction, setting, wanted == views.ON, seen=None)

    async def sure(self, interaction: Interaction, question: str, then: str = "") -> None:
        """Change what was asked about; `then` may say to ask about what overrules it as well."""
        asked = self._asked.get((server_of(interaction), question), self._runtime.clock())
        if asked is None:
            raise UserError("settings.refused.asked_long_ago")
        setting, value, seen = asked
        overruling = self._overruling(setting)
        if overruling is None or then != views.TOO:
            await self._save(interaction, setting, value, seen=seen)
            return
        await self._change(interaction, setting, value, seen=seen)
        await self._ask(interaction, overruling, value=False)

    async def edit(self, interaction: Interaction, key: str) -> None:
        """Open a form with the right input."""
        setting = self._runtime.settings.by_key(key)
        if isinstance(setting, Toggle):
            raise UserError("errors.old_button")
        _require_right(interaction, setting)
        value = await self._runtime.settings.get(server_of(interaction), setting)
        words = await words_for(interaction)
        shown = views.input_for(setting, value, words)
        seen = value

        async def submitted(answer: Interaction) -> None:
            nonlocal seen
            given = shown.read()
            try:
                if setting.asks_first:
                    await self._ask(answer, setting, given, seen=seen)
                else:
                    await self._save(answer, setting, given, seen=seen)
            except UserError as error:
                if error.key == "settings.refused.changed_meanwhile":
                    # Told that somebody else has changed it, they may try again and overwrite it.
                    seen = await self._runtime.settings.get(server_of(answer), setting)
                raise

        await interaction.response.send_modal(
            Form(
                interaction.client,
                words(f"settings.{key}.name"),
                submitted,
                shown.help,
                shown.label,
                moderators=True,
            )
        )

    async def take_back(
        self, interaction: Interaction, setting: Setting[Any], before: Any, after: Any
    ) -> None:
        """Set it back to what it was, unless it has been changed since."""
        _require_right(interaction, setting)
        if setting.asks_first:
            await self._ask(interaction, setting, before, seen=after)
        else:
            await self._save(interaction, setting, before, seen=after)

    async def _ask(
        self, interaction: Interaction, setting: Setting[Any], value: Any, *, seen: Any = None
    ) -> None:
        """Say what would follow, and ask; a value that would be refused is refused now."""
        _require_right(interaction, setting)
        value = setting.check(value)
        question = uuid4().hex
        key = server_of(interaction), question
        self._asked.put(key, (setting, value, seen), 1, self._runtime.clock())
        overruling = self._overruling(setting)
        if overruling is not None and not await self._runtime.settings.get(key[0], overruling):
            overruling = None
        words = await words_for(interaction)
        await turn(interaction, views.ask_first(words, setting, value, question, overruling))

    def _overruling(self, setting: Setting[Any]) -> Setting[Any] | None:
        key = setting.overruled_by
        return None if key is None else self._runtime.settings.by_key(key)

    async def _save(
        self, interaction: Interaction, setting: Setting[Any], value: Any, *, seen: Any
    ) -> None:
        change = await self._change(interaction, setting, value, seen=seen)
        saved = change.key if change.before != change.after else None
        await turn(interaction, await self._panel(interaction, setting.section, saved=saved))

    async def _change(
        self, interaction: Interaction, setting: Setting[Any], value: Any, *, seen: Any
    ) -> Change:
        _require_right(interaction, setting)
        with in_field(f"settings.{setting.key}.name"):
            return await self._runtime.settings.change(
                server_of(interaction), setting, value, by=interaction.user.id, seen=seen
            )

    async def _panel(
        self, interaction: Interaction, section: str, *, saved: str | None = None
    ) -> discord.ui.LayoutView:
        settings = self._runtime.settings
        shown = [setting for setting in settings.declared if setting.section == section]
        if not shown:
            raise UserError("settings.refused.unknown")
        server_id = server_of(interaction)
        values = {setting.key: await settings.get(server_id, setting) for setting in shown}
        sections = list(dict.fromkeys(setting.section for setting in settings.declared))
        words = await words_for(interaction)
        # A section with many settings has no room for them: a message has 40 parts at most.
        first = section == FIRST_SECTION
        notices = await self._runtime.notices.open_in(server_id) if first else ()
        return views.panel(words, section, sections, shown, values, saved=saved, notices=notices)

    async def seen(
        self, interaction: Interaction, notice_id: str, promise: str | None = None
    ) -> None:
        """Take a notice off: from the panel, or on its message in the channel for notices."""
        notices = self._runtime.notices
        notice = await notices.notice(notice_id)
        await notices.see(server_of(interaction), notice_id)
        if promise is None:
            await turn(interaction, await self._panel(interaction, CORE[0].section))
        elif notice is not None and notice.server_id == interaction.guild_id:
            words = await words_for(interaction)
            none = discord.AllowedMentions.none()
            await interaction.response.edit_message(
                view=views.seen_notice(words, notice), allowed_mentions=none
            )
        else:
            raise UserError("errors.old_button")


def _require_right(interaction: Interaction, setting: Setting[Any]) -> None:
    """Let nobody whom the setting names as a moderator decide who else is one."""
    if setting.managers_only and not interaction.permissions.manage_guild:
        raise UserError("permissions.managers_only")


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    cog = Manage(bot.runtime)
    actions = bot.runtime.actions
    actions.on("settings:open", cog.open, moderators=True)
    actions.on("settings:section", cog.section, moderators=True)
    actions.on("settings:edit", cog.edit, moderators=True)
    actions.on("settings:switch", cog.switch, moderators=True)
    actions.on(views.SURE, cog.sure, moderators=True)
    actions.on(SEEN, cog.seen, moderators=True)
    AuditList(bot.runtime, cog.take_back).register()
    Exchange(bot).register()
    today = Today(bot.runtime)
    actions.on(AGAIN, today.again, moderators=True)
    await bot.add_cog(today)
    pause = Pause(bot.runtime)
    actions.on(views.PAUSE, pause.stop, moderators=True)
    actions.on(views.RESUME, pause.go_on, moderators=True)
    bot.tree.add_command(pause)
    await bot.add_cog(cog)
