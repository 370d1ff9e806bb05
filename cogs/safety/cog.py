"""Wires /block, /report, their menus, and what moderators do for safety."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.bounds import ADULT_ROLES, ALL_ADULTS, SETTINGS
from bot.guide import Chapter
from bot.reports.model import NOTICE
from bot.texts import BASE
from cogs.safety import views
from cogs.safety.apart_cog import KeepApart
from cogs.safety.block_cog import Block
from cogs.safety.report_cog import Reporting
from cogs.safety.service import Places

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction


class Safety(commands.Cog):
    """The command that stands alone."""

    def __init__(self, reporting: Reporting) -> None:
        self._reporting = reporting

    @app_commands.command()
    async def report(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Open the form."""
        await self._reporting.report(interaction, member)


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    for setting in SETTINGS:
        runtime.settings.declare(setting)
    runtime.guide.register(Chapter(name="meeting", rank=30, settings=(ADULT_ROLES, ALL_ADULTS)))
    places = Places(runtime.membership, runtime.blocks)
    block = Block(bot, places)
    reporting = Reporting(bot, places)
    keep_apart = KeepApart(bot)
    for part in (block, reporting, keep_apart):
        part.register()
    runtime.notices.lead(NOTICE, views.REPORTS)
    runtime.agenda.register(reporting.tell)
    runtime.manage.add_command(keep_apart)
    runtime.manage.add_command(
        app_commands.Command(name="reports", description="-", callback=reporting.reports)
    )
    bot.tree.add_command(block)
    for key, callback in (
        ("safety.menu.block", block.menu),
        ("safety.menu.report_person", reporting.report_person),
        ("safety.menu.report_message", reporting.report_message),
    ):
        name = app_commands.locale_str(runtime.texts.say(key, BASE), key=key)
        bot.tree.add_command(app_commands.ContextMenu(name=name, callback=callback))
    await bot.add_cog(Safety(reporting))
