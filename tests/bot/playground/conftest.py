"""A playground on a folder of its own, with a small bot in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord
import pytest
from discord import app_commands
from discord.ext import commands, tasks
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle, UserHandle

from bot.errors import UserError
from bot.playground.play import Place, Play
from bot.playground.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


_log = logging.getLogger(__name__)


class Again(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"test:(?P<n>\d+)"
):
    """A button that counts in its custom_id."""

    def __init__(self, n: int) -> None:
        super().__init__(discord.ui.Button(label=f"Pressed {n}", custom_id=f"test:{n}"))
        self.n = n

    @classmethod
    async def from_custom_id(cls, _interaction: object, _item: object, match: object, /) -> Again:
        return cls(int(match["n"]))  # type: ignore[index]

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=counting(self.n + 1))


def counting(n: int) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(Again(n))
    return view


class Lodger(commands.AutoShardedBot):
    """Speaks on command, and by itself every six hours."""

    def __init__(self, place: Place) -> None:
        super().__init__(commands.when_mentioned, intents=discord.Intents(guilds=True))
        self.place = place
        self.gone = False
        self.tree.error(self.answered)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)

        @self.tree.command(description="Says hello")
        async def hello(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"hello in {interaction.locale}")

        @self.tree.command(description="Whispers")
        async def whisper(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("psst", ephemeral=True)

        @self.tree.command(description="Posts a button")
        async def post(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("press", view=counting(0))

        @self.tree.command(description="Opens a private thread and a direct message")
        async def apart(interaction: discord.Interaction) -> None:
            assert isinstance(interaction.channel, discord.TextChannel)
            thread = await interaction.channel.create_thread(
                name="apart", type=discord.ChannelType.private_thread
            )
            await thread.add_user(interaction.user)
            await interaction.user.send("also here")
            await interaction.response.send_message("done")

        @self.tree.command(description="Breaks")
        async def broken(interaction: discord.Interaction) -> None:
            raise ZeroDivisionError

        @self.tree.command(description="Refuses")
        async def refuse(interaction: discord.Interaction) -> None:
            raise UserError("test.no")

        _ = hello, whisper, post, apart, broken, refuse
        await self.tree.sync()
        self.chime.start()

    @tasks.loop(hours=6)
    async def chime(self) -> None:
        if self.guilds:
            await self.guilds[0].text_channels[1].send(f"{self.place.clock():%d %H:%M}")

    async def answered(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        if not isinstance(error.__cause__, UserError):
            _log.error("unexpected", exc_info=error.__cause__)
        await interaction.response.send_message("no", ephemeral=True)

    async def close(self) -> None:
        self.chime.cancel()
        await super().close()
        self.gone = True


class House:
    """Opens stages on one folder, as starting the playground again does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lodgers: list[Lodger] = []
        self.stage: Stage | None = None

    async def build(self, place: Place) -> Lodger:
        lodger = Lodger(place)
        self.lodgers.append(lodger)
        return lodger

    def play(self, *, fresh: bool = False) -> Play:
        return Play(build=self.build, folder=self.folder, announce=print, port=0, fresh=fresh)

    async def open(self, *, fresh: bool = False) -> Stage:
        await self.close()
        self.stage = Stage(self.play(fresh=fresh))
        await self.stage.open()
        return self.stage

    async def close(self) -> None:
        if self.stage is not None:
            stage, self.stage = self.stage, None
            await stage.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "playground")
    yield house
    await house.close()


@pytest.fixture
async def stage(house: House) -> Stage:
    return await house.open()


def person(stage: Stage, name: str) -> int:
    """The id of somebody of the community."""
    return next(int(each["id"]) for each in stage.state()["people"] if each["name"] == name)


def member(stage: Stage, name: str) -> MemberActor:
    """Somebody of the community, to act as."""
    env = stage.env
    guild = GuildHandle(env, next(iter(env.backend.guilds.values())))
    return MemberActor(env, guild, UserHandle(env, env.backend.get_user(person(stage, name))))


def channel(stage: Stage, name: str) -> ChannelHandle:
    """A channel of the server."""
    env = stage.env
    guild = GuildHandle(env, next(iter(env.backend.guilds.values())))
    return guild.channels[name]


def said(stage: Stage, name: str) -> list[str]:
    """What stands in a channel, oldest first."""
    messages = stage.env.backend.messages[channel(stage, name).id]
    return [messages[each].content for each in sorted(messages)]


async def use(stage: Stage, who: str, where: str, command: str) -> None:
    """Use a command as a member does."""
    async with stage.acting():
        await member(stage, who).slash(channel(stage, where), command)
