"""/settings, /setup, /today, /pause and /manage audit: steers the bot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import discord
from discord import app_commands
from discord.ext import commands

from bot import suggesting
from bot.errors import UserError, in_field
from bot.notices.carrier import SEEN
from bot.permissions import MODERATOR_DEFAULT, server_of
from bot.settings.core import CORE, ZONE
from bot.settings.model import Setting, Toggle, Zone
from bot.shelf import Shelf
from bot.views import Form, reply, turn, words_for
from cogs.manage import views
from cogs.manage.audit_cog import AuditList
from cogs.manage.exchange_cog import Exchange
from cogs.manage.pause_cog import Pause
from cogs.manage.setup_cog import Setup
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A change about which somebody is asked; `back` is the page of /setup they came from."""

    setting: Setting[Any]
    value: Any
    seen: Any
    back: str | None


class Manage(commands.Cog):
    """Steers the settings of this server."""

    def __init__(self, runtime: Runtime, setup: Setup) -> None:
        self._runtime = runtime
        self._setup = setup
        self._asked: Shelf[tuple[int, str], _Asked] = Shelf(
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

    async def switch(
        self, interaction: Interaction, key: str, wanted: str, back: str | None = None
    ) -> None:
        """Switch on or off, as the button said, whatever it is by now."""
        setting = self._runtime.settings.by_key(key)
        asked = _Asked(setting, wanted == views.ON, None, back)
        await (self._ask if setting.asks_first else self._save)(interaction, asked)

    async def sure(self, interaction: Interaction, question: str, then: str = "") -> None:
        """Change what was asked about; `then` may say to ask about what overrules it as well."""
        asked = self._kept(interaction, question)
        overruling = self._overruling(asked.setting)
        if overruling is None or then != views.TOO:
            await self._save(interaction, asked)
            return
        await self._change(interaction, asked)
        await self._ask(interaction, _Asked(overruling, False, None, asked.back))

    async def edit(self, interaction: Interaction, key: str, back: str | None = None) -> None:
        """Open a form with the right input."""
        setting = self._runtime.settings.by_key(key)
        if isinstance(setting, Toggle):
            raise UserError("errors.old_button")
        _require_right(interaction, setting)
        value = await self._runtime.settings.get(server_of(interaction), setting)
        words = await words_for(interaction)
        zone = await self._runtime.settings.get(server_of(interaction), ZONE)
        shown = views.input_for(setting, value, words, zone)
        seen = value

        async def submitted(answer: Interaction) -> None:
            nonlocal seen
            # Beside the loop, as all that searches for a place: hours have a city.
            asked = _Asked(setting, await asyncio.to_thread(shown.read), seen, back)
            try:
                await self._took(answer, asked)
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
                *shown.parts,
                moderators=True,
            )
        )

    async def _took(self, interaction: Interaction, asked: _Asked) -> None:
        """Do what a form was filled in for: save it, or ask what is meant first."""
        if asked.setting.asks_first:
            await self._ask(interaction, asked)
        elif isinstance(asked.setting, Zone):
            await self._save_zone(interaction, asked)
        else:
            await self._save(interaction, asked)

    async def _save_zone(self, interaction: Interaction, asked: _Asked) -> None:
        typed = str(asked.value).strip()
        found = await suggesting.zones_found(interaction, typed) if typed else []
        try:
            zone = await suggesting.zone_typed(interaction, typed) if typed else ""
        except UserError:
            if not found:
                raise UserError("settings.refused.zone") from None
            question = self._keep(interaction, asked)
            words, now = await words_for(interaction), self._runtime.clock()
            panel = views.which_zone(words, asked.setting, question, found, now, back=asked.back)
            await turn(interaction, panel)
            return
        await self._save(interaction, replace(asked, value=zone))

    async def choose_zone(self, interaction: Interaction, question: str, zone: str) -> None:
        """Take one of the places that were found."""
        await self._save(interaction, replace(self._kept(interaction, question), value=zone))

    async def take_back(
        self, interaction: Interaction, setting: Setting[Any], before: Any, after: Any
    ) -> None:
        """Set it back to what it was, unless it has been changed since."""
        _require_right(interaction, setting)
        asked = _Asked(setting, before, after, None)
        await (self._ask if setting.asks_first else self._save)(interaction, asked)

    async def _ask(self, interaction: Interaction, asked: _Asked) -> None:
        """Say what would follow, and ask; a value that would be refused is refused now."""
        _require_right(interaction, asked.setting)
        asked = replace(asked, value=await asyncio.to_thread(asked.setting.check, asked.value))
        question, server_id = self._keep(interaction, asked), server_of(interaction)
        overruling = self._overruling(asked.setting)
        if overruling is not None and not await self._runtime.settings.get(server_id, overruling):
            overruling = None
        words = await words_for(interaction)
        panel = views.ask_first(
            words, asked.setting, asked.value, question, overruling, back=asked.back
        )
        await turn(interaction, panel)

    def _keep(self, interaction: Interaction, asked: _Asked) -> str:
        question = uuid4().hex
        self._asked.put((server_of(interaction), question), asked, 1, self._runtime.clock())
        return question

    def _kept(self, interaction: Interaction, question: str) -> _Asked:
        asked = self._asked.get((server_of(interaction), question), self._runtime.clock())
        if asked is None:
            raise UserError("settings.refused.asked_long_ago")
        return asked

    def _overruling(self, setting: Setting[Any]) -> Setting[Any] | None:
        key = setting.overruled_by
        return None if key is None else self._runtime.settings.by_key(key)

    async def _save(self, interaction: Interaction, asked: _Asked) -> None:
        change = await self._change(interaction, asked)
        saved = change.key if change.before != change.after else None
        if asked.back is not None:
            panel: discord.ui.LayoutView = await self._setup.panel(
                interaction, asked.back, saved=saved
            )
        else:
            panel = await self._panel(interaction, asked.setting.section, saved=saved)
        await turn(interaction, panel)

    async def _change(self, interaction: Interaction, asked: _Asked) -> Change:
        setting = asked.setting
        _require_right(interaction, setting)
        with in_field(f"settings.{setting.key}.name"):
            return await self._runtime.settings.change(
                server_of(interaction),
                setting,
                asked.value,
                by=interaction.user.id,
                seen=asked.seen,
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
        await notices.see(server_of(interaction), notice_id, by=interaction.user.id)
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
    setup = Setup(bot)
    setup.register()
    await bot.add_cog(setup)
    cog = Manage(bot.runtime, setup)
    actions = bot.runtime.actions
    actions.on("settings:open", cog.open, moderators=True)
    actions.on("settings:section", cog.section, moderators=True)
    actions.on("settings:edit", cog.edit, moderators=True)
    actions.on("settings:switch", cog.switch, moderators=True)
    actions.on(views.ZONE, cog.choose_zone, moderators=True)
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
