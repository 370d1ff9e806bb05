"""/report and its menus, and what moderators do with what was reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.agenda import Asked, Item, Part
from bot.errors import UserError
from bot.views import number_of, reply, turn, words_for
from cogs.safety import views
from cogs.safety.service import Places

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

COMMAND = "command"
"""The scene of a report made by command."""

PERSON = "person"
"""The scene of one made from the menu of a person."""

MESSAGE = "message"
"""The scene of one made from the menu of a message."""

BOT = "bot"
"""The scene of one about a message of the bot's own."""


class Reporting:
    """Opens the form wherever it was asked for, and shows moderators what waits."""

    def __init__(self, bot: Alongside, places: Places) -> None:
        self._bot = bot
        self._reports = bot.runtime.reports
        self._places = places

    def register(self) -> None:
        """Answer the buttons."""
        actions = self._bot.runtime.actions
        actions.on(views.REPORT, self.report_scene)
        actions.on(views.REPORTS, self.page, moderators=True)
        actions.on(views.HANDLE, self.handle, moderators=True)

    async def tell(self, asked: Asked) -> list[Item]:
        """Tell of the day how many reports wait that this moderator may see."""
        waiting = await self._reports.waiting(asked.server_id, seen_by=asked.by)
        lead = ("safety.today.lead", views.REPORTS, views.WAITING, 0)
        counted = {"count": len(waiting)}
        return [Item(Part.NEED, "safety.today.reports", counted, lead=lead)] if waiting else []

    # What members do

    async def report(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Open the form, about somebody or about nobody in particular."""
        await self._open(interaction, COMMAND, None if member is None else member.id)

    async def report_person(
        self, interaction: Interaction, user: discord.User | discord.Member
    ) -> None:
        """Open the form from the menu of a person."""
        await self._open(interaction, PERSON, user.id)

    async def report_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Open the form from the menu of a message; what it says is not kept."""
        reference = None
        if interaction.guild_id is not None:
            reference = f"{message.channel.id}/{message.id}"
        where = message.channel
        of_few = isinstance(where, discord.Thread) and where.is_private()
        if self._bot.user is not None and message.author.id == self._bot.user.id:
            await self._open(interaction, BOT, None, reference, of_few=of_few)
        else:
            await self._open(interaction, MESSAGE, message.author.id, reference, of_few=of_few)

    async def report_scene(
        self, interaction: Interaction, scene: str, reference: str, about: str | None = None
    ) -> None:
        """Open the form from an introduction or request; ask who is meant unless one is there.

        Who it is about never reads it, so a report must say about whom it is. Where nobody is known
        any more, those met lately are offered, and a report about none of them.
        """
        scenes = self._bot.runtime.scenes
        found = await scenes.find(scene, reference, interaction.user.id)
        other = found.about_user_id
        if other is None and (found.others or found.forgotten):
            others = found.others
            if found.forgotten:
                others = await self._bot.runtime.blocks.met(found.server_id, interaction.user.id)
            if about is None:
                words = await words_for(interaction)
                view = views.whom(words, scene, reference, others, known=bool(found.others))
                await reply(interaction, view)
                return
            if found.others or about != views.ELSE:
                other = number_of(about)
                if other not in others:
                    raise UserError("errors.old_button")
        channel = None if found.channel_id is None else str(found.channel_id)
        await self._open(interaction, scene, other, channel, server_id=found.server_id, of_few=True)

    async def _open(
        self,
        interaction: Interaction,
        scene: str,
        about: int | None,
        reference: str | None = None,
        *,
        server_id: int | None = None,
        of_few: bool = False,
    ) -> None:
        """`of_few`: where only a few people are, the place alone would name who reports."""
        if about == interaction.user.id:
            raise UserError("safety.report.yourself")
        words = await words_for(interaction)
        servers = (
            (server_id,)
            if server_id is not None
            else await self._places.some(interaction.guild_id, interaction.user.id)
        )

        async def submitted(then: Interaction, text: str, named: bool, chosen: int | None) -> None:
            where = next((one for one in servers if one == chosen), servers[0])
            said = await words_for(then)
            hidden = of_few and not named
            try:
                await self._reports.make(
                    where,
                    then.user.id,
                    text,
                    about=about,
                    named=named,
                    scene=COMMAND if hidden else scene,
                    reference=None if hidden else reference,
                )
            except UserError as error:
                await reply(then, views.not_reported(said, error.key, error.params, text))
            else:
                await reply(then, views.reported(said, where, about))

        names = None
        if len(servers) > 1:
            found = await self._bot.servers.names(servers)
            names = {one: found.get(one, words("news.a_server")) for one in servers}
        form = views.ReportForm(
            self._bot, words, submitted, about=about, servers=names, of_few=of_few
        )
        await interaction.response.send_modal(form)

    # What moderators do

    async def reports(self, interaction: Interaction) -> None:
        """Show what waits, to whoever asked alone."""
        await reply(interaction, await self._page(interaction, views.WAITING, 0))

    async def page(
        self, interaction: Interaction, state: str = views.WAITING, place: str = "0"
    ) -> None:
        """Turn to another report, or open the first from the channel for notices."""
        state = views.HANDLED if state == views.HANDLED else views.WAITING
        await turn(interaction, await self._page(interaction, state, number_of(place)))

    async def handle(self, interaction: Interaction, report_id: str) -> None:
        """Say that one was dealt with, and show the next."""
        done = await self._reports.handle(
            views.server_of(interaction), report_id, by=interaction.user.id
        )
        key = "safety.reports.handled_now" if done else "safety.reports.handled_before"
        await turn(interaction, await self._page(interaction, views.WAITING, 0, note=key))

    async def _page(
        self, interaction: Interaction, state: str, place: int, *, note: str | None = None
    ) -> discord.ui.LayoutView:
        words = await words_for(interaction)
        read = self._reports.handled if state == views.HANDLED else self._reports.waiting
        found = await read(views.server_of(interaction), seen_by=interaction.user.id)
        said = None if note is None else words(note)
        return views.report(words, found, state, place, note=said)
