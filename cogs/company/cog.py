"""Wires company: /company, its buttons, and what is promised because of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.errors import UserError
from bot.guide import Chapter
from bot.news.telling import news_lines
from bot.threads import Steps
from bot.views import turn, words_for
from cogs.company import views
from cogs.company.agenda_cog import CompanyAgenda
from cogs.company.keeping_service import Keeping
from cogs.company.request_cog import Asking, held_roles
from cogs.company.service import (
    CALL,
    CLOSE,
    END,
    HOLDINGS,
    JOIN,
    OPEN,
    SAY,
    SCENE,
    SHOW,
    UNCALL,
    WAIT,
    Requests,
)
from cogs.company.settings import (
    CALL_CHANNEL,
    ENABLED,
    SETTINGS,
    STAFFED,
    SUPPORTER_ROLES,
    THREAD_CHANNEL,
)
from cogs.company.threads_cog import CompanyCarrier

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction


class OnDuty(app_commands.Group):
    """/company duty: for supporters, who say themselves when they are called."""

    def __init__(self, bot: Alongside, requests: Requests) -> None:
        super().__init__(name="duty", description="-")
        self._bot = bot
        self._requests = requests

    @app_commands.command(name="on", description="-")
    async def on(
        self, interaction: Interaction, hours: app_commands.Range[int, 1, 12] | None = None
    ) -> None:
        """Be called."""
        server_id = _server(interaction)
        _, waiting = await self._requests.go_on_duty(
            server_id, interaction.user.id, held_roles(interaction), hours
        )
        await self._show(interaction, server_id, waiting)

    @app_commands.command(name="off", description="-")
    async def off(self, interaction: Interaction) -> None:
        """Be called no more."""
        await self._off(interaction)

    @app_commands.command(name="status", description="-")
    async def status(self, interaction: Interaction) -> None:
        """Show whether one is called now."""
        await self._show(interaction, _server(interaction), 0)

    async def button(self, interaction: Interaction) -> None:
        """Go off duty from a button."""
        await self._off(interaction)

    async def _off(self, interaction: Interaction) -> None:
        server_id = _server(interaction)
        await self._requests.go_off_duty(server_id, interaction.user.id)
        await self._show(interaction, server_id, 0)

    async def _show(self, interaction: Interaction, server_id: int, waiting: int) -> None:
        words = await words_for(interaction)
        duty, open_now = await self._requests.duty(server_id, interaction.user.id)
        channels = await self._bot.runtime.settings.get(server_id, CALL_CHANNEL)
        news = await news_lines(interaction, words)
        panel = views.duty(
            words,
            duty,
            waiting=waiting,
            open_now=open_now,
            channel_id=next(iter(channels), None),
            news=news,
        )
        await turn(interaction, panel)


class Company(app_commands.Group):
    """/company."""

    def __init__(self, asking: Asking, duty: OnDuty) -> None:
        super().__init__(name="company", description="-")
        self._asking = asking
        self.add_command(duty)

    @app_commands.command(name="ask", description="-")
    async def ask(self, interaction: Interaction) -> None:
        """Ask for a person."""
        await self._asking.begin(interaction)


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("company.cannot.in_server")
    return interaction.guild_id


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    jobs = runtime.jobs
    requests = Requests(
        runtime.database,
        runtime.settings,
        runtime.notices,
        runtime.clock,
        jobs.wake,
        runtime.counting,
    )
    runtime.settings.declare(ENABLED, requests.switched)
    for setting in SETTINGS:
        runtime.settings.declare(setting)
    runtime.privacy.register(*HOLDINGS)
    runtime.privacy.when_erasing(requests.erased)
    runtime.membership.register(requests.held, requests.left)
    runtime.blocks.when_parted(requests.parted)
    runtime.blocks.when_suggesting(requests.recent)
    runtime.scenes.register(SCENE, requests.scene)

    keeping = Keeping(runtime.notices, requests)
    carrier = CompanyCarrier(bot, requests, Steps())
    for kind in (OPEN, CALL, UNCALL, SHOW, JOIN, SAY, CLOSE, WAIT, END):
        # Nobody asks anew while a server is paused; but whoever waits already is not left alone.
        jobs.register(kind, keeping, carrier, goes_on=True)

    agenda = CompanyAgenda(runtime.settings, requests)
    runtime.agenda.register(agenda.tell)
    runtime.guide.register(
        Chapter(
            name="company",
            rank=50,
            settings=(CALL_CHANNEL, THREAD_CHANNEL, STAFFED, ENABLED),
            people=(SUPPORTER_ROLES,),
            look=agenda.look,
        )
    )
    asking = Asking(bot, requests)
    asking.register()
    duty = OnDuty(bot, requests)
    runtime.actions.on(views.OFF_DUTY, duty.button)
    bot.tree.add_command(Company(asking, duty))
