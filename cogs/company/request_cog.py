"""Asking for a person, and what is tapped in the thread and on the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot import logs
from bot.errors import UserError
from bot.news.telling import news_lines
from bot.settings.core import MODERATOR_ROLES, PAUSED
from bot.standing import Gone, role_ids
from bot.threads import LATER
from bot.views import number_of, reply, turn, words_for
from cogs.company import views
from cogs.company.service import Asked, Requests

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

_log = logs.get(__name__)

SERVERS_SHOWN = 5
"""Servers offered by direct message."""


class Asking:
    """From the first tap to the last."""

    def __init__(self, bot: Alongside, requests: Requests) -> None:
        self._bot = bot
        self._requests = requests

    def register(self) -> None:
        """Answer the buttons."""
        for action, handler in {
            views.ASK: self.begin,
            views.CHOOSE: self.chosen,
            views.FORM: self.form,
            views.TAKE_BACK: self.take_back,
            views.ACCEPT: self.accept,
            views.CLOSE: self.close,
            views.HAND_OVER: self.hand_over,
            views.HANDED: self.handed,
            views.KEEP: self.keep,
        }.items():
            self._bot.runtime.actions.on(action, handler)

    # Before the tap

    async def begin(self, interaction: Interaction, source: str = views.PRIVATE) -> None:
        """Say what would happen; a new message, so that what was tapped stays where it is."""
        if interaction.guild_id is not None:
            await reply(interaction, await self._about(interaction, interaction.guild_id))
            return
        known = await self._bot.runtime.membership.servers_of(interaction.user.id)
        servers = [server_id for server_id in known if await self._requests.is_on(server_id)]
        words = await words_for(interaction)
        if len(servers) > 1:
            found = await self._bot.servers.names(servers[:SERVERS_SHOWN])
            unnamed = words("news.a_server")
            named = [(one, found.get(one, unnamed)) for one in servers[:SERVERS_SHOWN]]

            await reply(interaction, views.choose(words, named))
        elif servers:
            await reply(interaction, await self._about(interaction, servers[0]))
        else:
            await reply(interaction, views.unavailable(words, ()))

    async def chosen(self, interaction: Interaction, server: str) -> None:
        """Say what would happen in a server that was chosen."""
        await turn(interaction, await self._about(interaction, number_of(server)))

    async def form(self, interaction: Interaction, server: str) -> None:
        """Open the form."""
        server_id = number_of(server)
        words = await words_for(interaction)

        async def given(then: Interaction, asked: Asked) -> None:
            # Made here, so that no word of it outlives the tap.
            await self._ask(then, server_id, asked)

        await interaction.response.send_modal(views.AskForm(self._bot, words, given))

    async def _ask(self, interaction: Interaction, server_id: int, asked: Asked) -> None:
        words = await words_for(interaction)
        roles = await self._roles(interaction, server_id)
        if roles is None or not await self._is_open_to(interaction, server_id, roles):
            await turn(interaction, await self._unavailable(interaction, server_id, asked.line))
            return
        try:
            one = await self._requests.ask(
                server_id, interaction.user.id, asked, role_ids=roles, language=words.locale
            )
        except UserError as error:
            await reply(interaction, views.not_asked(words, error, asked.line))
        else:
            await turn(interaction, views.asked(words, one))

    async def _about(self, interaction: Interaction, server_id: int) -> discord.ui.LayoutView:
        words = await words_for(interaction)
        roles = await self._roles(interaction, server_id)
        if roles is None or not await self._is_open_to(interaction, server_id, roles):
            return await self._unavailable(interaction, server_id)
        mine = await self._requests.mine(interaction.user.id, server_id)
        if mine:
            return views.asked(words, mine[0], before=True)
        outlook = await self._requests.outlook(server_id)
        news = await news_lines(interaction, words)
        return views.about(words, await self._name(server_id, words), server_id, outlook, news)

    async def _unavailable(
        self, interaction: Interaction, server_id: int, line: str = ""
    ) -> discord.ui.LayoutView:
        roles: tuple[int, ...] = ()
        if interaction.guild_id == server_id:
            roles = await self._bot.runtime.settings.get(server_id, MODERATOR_ROLES)
        return views.unavailable(await words_for(interaction), roles, line)

    async def _is_open_to(
        self, interaction: Interaction, server_id: int, roles: frozenset[int]
    ) -> bool:
        """Whether it is on, somebody with these roles may meet anybody, and a thread can open."""
        paused = await self._bot.runtime.settings.get(server_id, PAUSED)
        if paused or not await self._requests.is_on(server_id):
            return False
        return await self._requests.admits(server_id, roles) and await self._has_room(
            interaction, server_id
        )

    async def _has_room(self, interaction: Interaction, server_id: int) -> bool:
        """Whether the bot may make threads where this person can see them; else say so."""
        channel_id = await self._requests.thread_channel(server_id)
        if channel_id is None:
            return False
        servers = self._bot.servers
        try:
            server = await servers.get(server_id)
            if server is None and not servers.is_ours(server_id):
                raise UserError("errors.not_now")
            channel = None if server is None else await servers.channel(server, channel_id)
            own = None if channel is None else await servers.own_rights(channel)
        except LATER as error:
            _log.warning("room_not_looked_at", error=logs.describe(error))
            raise UserError("errors.not_now") from error
        if isinstance(channel, discord.TextChannel) and own is not None:
            asker = interaction.user
            sees = (
                not isinstance(asker, discord.Member) or channel.permissions_for(asker).view_channel
            )
            if sees and own.create_private_threads and own.send_messages_in_threads:
                return True
        await self._requests.cannot_open(server_id, channel_id)
        return False

    # What the asker and the supporter tap

    async def take_back(self, interaction: Interaction, request_id: str, message_id: str) -> None:
        """End one's own request."""
        await self._requests.take_back(interaction.user.id, request_id)
        await turn(interaction, views.said(await words_for(interaction), "company.taken_back"))

    async def accept(self, interaction: Interaction, request_id: str, message_id: str) -> None:
        """Come, if nobody else has."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        one = await self._requests.asker_for(request_id, interaction.guild_id)
        asker = await role_ids(self._bot, one.server_id, one.asker_user_id)
        if asker is None:
            raise UserError("errors.not_now")
        accepted = await self._requests.accept(
            interaction.user.id,
            request_id,
            interaction.guild_id,
            role_ids=held_roles(interaction),
            asker_role_ids=None if isinstance(asker, Gone) else asker,
        )
        await reply(interaction, views.accepted(await words_for(interaction), accepted))

    async def close(self, interaction: Interaction, request_id: str, message_id: str) -> None:
        """End it, with thanks."""
        rest = await self._requests.close(interaction.user.id, request_id)
        await reply(interaction, views.closed(await words_for(interaction), rest=rest))

    async def hand_over(self, interaction: Interaction, request_id: str) -> None:
        """Ask to whom."""
        await self._requests.check_supporter(interaction.user.id, request_id)
        await reply(interaction, views.to_whom(await words_for(interaction), request_id))

    async def handed(self, interaction: Interaction, request_id: str, whom: str) -> None:
        """Hand over."""
        to_moderators = whom == views.MODERATORS
        await self._requests.hand_over(interaction.user.id, request_id, to_moderators=to_moderators)
        key = "company.hand_over.to_moderators" if to_moderators else "company.hand_over.done"
        await turn(interaction, views.said(await words_for(interaction), key))

    async def keep(self, interaction: Interaction) -> None:
        """Let it be."""
        await turn(interaction, views.said(await words_for(interaction), "company.hand_over.kept"))

    # Inside

    async def _roles(self, interaction: Interaction, server_id: int) -> frozenset[int] | None:
        """The roles somebody has in a server now; None for who is not in it."""
        if interaction.guild_id == server_id:
            return held_roles(interaction)
        found = await role_ids(self._bot, server_id, interaction.user.id)
        if found is None:
            raise UserError("errors.not_now")
        return None if isinstance(found, Gone) else found

    async def _name(self, server_id: int, words: Words) -> str:
        return await self._bot.servers.name(server_id) or words("news.a_server")


def held_roles(interaction: Interaction) -> frozenset[int]:
    """The roles of whoever tapped, as they are at the moment of the tap."""
    user = interaction.user
    if not isinstance(user, discord.Member):
        return frozenset()
    return frozenset(role.id for role in user.roles if role.id != interaction.guild_id)
