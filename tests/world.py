"""A simulated server with the real bot in it, to act in as a member would.

The fixtures are in `tests/conftest.py`; a test says `world: World` and acts: `await
world.member.slash(world.channel, "about")`, then reads `text_of(...)`.
"""

from __future__ import annotations

import functools
import importlib
import pickle
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

import discord
import simcord
from discord import app_commands
from simcord import gateway
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle
from simcord.http import router
from simcord.results import InteractionResult, ResponseMessage

from bot.client import Alongside
from bot.config import Config
from bot.content import Load, load_yaml
from bot.errors import UserError
from bot.jobs.model import LEASE
from bot.opening import open_runtime
from bot.runtime import Runtime
from bot.texts import SHIPPED, Texts
from cogs.checkins import service as checkins
from cogs.faq import catalogs_service as faq
from cogs.helplines import service as helplines
from cogs.pairing import service as pairing
from tests.stores import KEY, copy_migrated

T = TypeVar("T")

DAY = 24 * 60 * 60


def _read_once(read: Callable[..., T], *shipped: Path) -> Callable[..., T]:
    """Keep what is read of the project itself; another folder may change under a test."""
    kept = functools.cache(read)

    def once(*folder: Path, load: Load = load_yaml, **how: bool) -> T:
        return kept(**how) if folder in ((), shipped) else read(*folder, load=load, **how)

    return once


# What ships is the same in every world, and reading it takes half the time of making one.
checkins.shipped_prompts = _read_once(checkins.shipped_prompts)
faq.shipped_entries = _read_once(faq.shipped_entries)
helplines.shipped_helplines = _read_once(helplines.shipped_helplines)
pairing.shipped_content = _read_once(pairing.shipped_content)
Texts.read = _read_once(Texts.read, SHIPPED)


def _copied(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own, of a moment ago


for _module in (gateway, router):
    # simcord copies whatever is sent and received, step by step.
    vars(_module)["copy"] = SimpleNamespace(deepcopy=_copied)


_told: dict[tuple[object, ...], dict[str, Any]] = {}
"""What Discord is told of the commands; what ships is the same in every world."""


def _tell_once(kind: Any) -> None:
    tell = kind.get_translated_payload

    async def told(command: Any, tree: Any, translator: Any) -> dict[str, Any]:
        said = getattr(getattr(translator, "_texts", None), "_catalogs", None)
        if said is not Texts.read() or not str(command.module).startswith("cogs."):
            return await tell(command, tree, translator)
        key = kind, command.module, command.qualified_name
        if key not in _told:
            _told[key] = await tell(command, tree, translator)
        return _told[key]

    kind.get_translated_payload = told


for _kind in (app_commands.Command, app_commands.Group, app_commands.ContextMenu):
    _tell_once(_kind)


class Bot(Alongside):
    """The bot, whose features discord.py would otherwise read from their files in every world."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._features: dict[str, ModuleType] = {}

    @property
    def extensions(self) -> Mapping[str, ModuleType]:
        return self._features

    async def load_extension(self, name: str, *, package: str | None = None) -> None:
        self._features[name] = importlib.import_module(name)
        await self._features[name].setup(self)


class Discord(simcord.Env):
    """The simulated Discord, without the wait of 50 ms that simcord makes after each action.

    It looks at every task each time whether all are done; oftener, that is most of what it does.
    """

    async def _settle_internal(self, **given: Any) -> None:
        given["idle"] = 0.005
        await super()._settle_internal(**given)


@dataclass(slots=True)
class World:
    """One server with two members, a moderator, and the bot."""

    env: simcord.Env
    config: Config
    bot: Alongside
    guild: GuildHandle
    channel: ChannelHandle
    member: MemberActor
    other: MemberActor
    moderator: MemberActor

    async def restart(self) -> None:
        """Stop the bot's process and start it again on the same store."""
        await self.bot.runtime.jobs.stop()
        await self.bot.runtime.database.close()
        self.bot = await make_bot(self.config)
        await self.env.restart_bot(self.bot)

    async def settings(self, key: str, value: object) -> None:
        """Set a setting as the moderator would, without walking through the panel."""
        settings = self.bot.runtime.settings
        await settings.change(self.guild.id, settings.by_key(key), value, by=self.moderator.id)


async def make_bot(config: Config) -> Alongside:
    """Build the real bot as the command line does, with the simulated clock."""
    runtime = await open_runtime(config, discord.utils.utcnow)
    # What is due wakes the runner by itself. The looks in between are for a store that others
    # write to as well, and are hundreds in a simulated day.
    runtime.jobs._longest_sleep = DAY  # pyright: ignore[reportPrivateUsage]
    return Bot(runtime)


@asynccontextmanager
async def make_world(folder: Path, **settings: Any) -> AsyncGenerator[World]:
    """Open a world whose store is in `folder`; everything is closed at the end."""
    config = Config(state_dir=folder, database_key=KEY, faq_search="lexical", **settings)
    await copy_migrated(config.database_path)
    bot = await make_bot(config)
    # `simcord.run` keeps a context variable, which a fixture cannot give back in its own context.
    # So long, for a busy machine: whoever waits for a process of the bot's waits by its clock. And
    # shorter than a lease, for simcord waits by that clock for every shorter sleep to end as well.
    env = Discord(bot, shard_count=1, settle_timeout=LEASE.total_seconds() - 15)
    await env.start()
    guild = env.create_guild("Harbour")
    channel = guild.create_text_channel("general")
    moderators = guild.create_role("Moderator", permissions=discord.Permissions(manage_guild=True))
    world = World(
        env,
        config,
        bot,
        guild,
        channel,
        member=guild.add_member(env.create_user("ash")),
        other=guild.add_member(env.create_user("birch")),
        moderator=guild.add_member(env.create_user("cedar"), roles=[moderators]),
    )
    try:
        yield world
    finally:
        await env.shutdown()
        await world.bot.close()
    raised = [e for e in env.errors if not isinstance(getattr(e, "original", e), UserError)]
    if raised:
        raise BaseExceptionGroup("the bot raised what it did not refuse", raised)


def answer_of(result: InteractionResult) -> ResponseMessage:
    """The message that answered; fails when there was none."""
    found = result.followups[-1] if result.followups else result.response
    assert found is not None, "the bot did not answer"
    return found


Answer = InteractionResult | ResponseMessage | discord.Message


def text_of(answer: Answer) -> str:
    """All the words of an answer, in reading order, the labels of its buttons included."""
    words = [part.get("content") or part.get("label") for part in _parts(_components(answer))]
    return "\n".join(word for word in words if word)


def buttons_of(answer: Answer) -> dict[str, str]:
    """The custom ids of an answer's buttons, by label."""
    return {
        part["label"]: part["custom_id"]
        for part in _parts(_components(answer))
        if part.get("type") == 2 and part.get("custom_id")
    }


def custom_ids_of(answer: Answer) -> list[str]:
    """The custom ids of everything that can be tapped in an answer, in reading order."""
    return [part["custom_id"] for part in _parts(_components(answer)) if part.get("custom_id")]


def inputs_of(form: InteractionResult) -> list[str]:
    """The custom ids of a form's inputs, in reading order."""
    assert form.modal is not None, "the bot opened no form"
    return [part["custom_id"] for part in _parts(form.modal["components"]) if "custom_id" in part]


def _components(answer: Answer) -> list[dict[str, Any]]:
    if isinstance(answer, InteractionResult):
        answer = answer_of(answer)
    if isinstance(answer, ResponseMessage):
        return answer.components
    return [component.to_dict() for component in answer.components]  # pyright: ignore[reportReturnType]


def _parts(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _parts(component.get("components") or [])
        yield from _parts(
            [component[key] for key in ("accessory", "component") if key in component]
        )
