"""A server in which everything is under way, and people who have no part in it.

Ash, Birch, Fern and the moderator use every feature and leave something in every table; what they
write carries `SECRET`. A stranger, somebody who was a moderator, the moderator of another server
and somebody who was banned have no business with any of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import discord
from simcord import interactions
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle, GuildHandle
from simcord.components import walk_components
from simcord.results import InteractionResult

from bot.database import Database
from cogs.pairing import drawing_cog
from cogs.pairing.matching import draw
from cogs.pairing.matching.rounds import Drawn, Round
from cogs.pairing.model import Wishes
from tests.cogs.faq.samples import TYPED
from tests.world import World, answer_of, custom_ids_of, make_world

SECRET = "the kettle sang to nobody"

EPHEMERAL, COMPONENTS_V2 = 1 << 6, 1 << 15
BUTTON, MENU = 2, 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who taps, and where: in a server's channel, or in their direct messages."""

    name: str
    id: int
    channel: int
    server: int | None


@dataclass(slots=True)
class Ground:
    """The server, and who is there."""

    world: World
    calls: ChannelHandle
    fern: MemberActor
    stranger: Person
    former: Person
    outsider: Person
    banned: Person
    elsewhere: GuildHandle
    drafts: list[str]
    uploads: list[str]
    replies: list[str]
    forms: list[str]
    posts: list[tuple[str, ...]]
    _read: tuple[tuple[Database, int], dict[str, list[dict[str, Any]]]] | None = None

    @property
    def members(self) -> list[Person]:
        """Those who belong here and use what there is."""
        there = self.world.channel.id, self.world.guild.id
        actors = (self.world.member, self.world.other, self.fern, self.world.moderator)
        return [Person(actor.name, actor.id, *there) for actor in actors]

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table; not read again when nothing was written since."""
        database = self.world.bot.runtime.database
        async with database.read() as read:
            # Another one after each commit of the writer (sqlite.org/pragma.html).
            [version] = await read.fetch("PRAGMA data_version")
            known = database, version["data_version"]
            if self._read is not None and self._read[0] == known:
                return self._read[1]
            tables = await read.fetch(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                "ORDER BY name"
            )
            rows = {
                table["name"]: [
                    {key: row[key] for key in row.keys()}  # noqa: SIM118 - iterates over values
                    for row in await read.fetch(
                        f"SELECT * FROM {table['name']} ORDER BY 1, 2"  # noqa: S608
                    )
                ]
                for table in tables
            }
        self._read = known, rows
        return rows

    def messages(self) -> dict[tuple[int, int], str]:
        """What everybody sees: all that the bot has said in channels and direct messages."""
        backend = self.world.env.backend
        return {
            (channel_id, message.id): str(message.components)
            for channel_id, said in backend.messages.items()
            for message in said.values()
            if not message.flags & EPHEMERAL
        }


@asynccontextmanager
async def make_ground(folder: Path, **settings: Any) -> AsyncGenerator[Ground]:
    """Open a world and let everything begin in it."""
    async with make_world(folder, **settings) as world:
        yield await _prepared(world)


async def _prepared(world: World) -> Ground:
    env, guild = world.env, world.guild
    role = guild.create_role("Supporter")
    helpers = guild.create_role("Helpers")
    calls = guild.create_text_channel("supporters")
    notices = guild.create_text_channel("moderators")
    fern = guild.add_member(env.create_user("fern"), roles=[role])
    stranger = guild.add_member(env.create_user("stranger"))
    former = guild.add_member(env.create_user("former"), roles=[helpers])
    elsewhere = env.create_guild("Meadow")
    there = elsewhere.create_text_channel("general")
    power = elsewhere.create_role("Power", permissions=discord.Permissions(manage_guild=True))
    outsider = elsewhere.add_member(env.create_user("outsider"), roles=[power])
    banned = env.create_user("banned")
    for key, value in (
        ("meeting.all_adults", True),
        ("company.supporter_roles", [role.id]),
        ("company.call_channel", [calls.id]),
        ("company.thread_channel", [world.channel.id]),
        ("company.enabled", True),
        ("pairing.enabled", True),
        ("checkins.enabled", True),
        ("server.notice_channel", [notices.id]),
        ("server.moderator_roles", [helpers.id]),
    ):
        await world.settings(key, value)
    ground = Ground(
        world,
        calls,
        fern,
        Person("stranger", stranger.id, world.channel.id, guild.id),
        Person("former", former.id, world.channel.id, guild.id),
        Person("outsider", outsider.id, there.id, elsewhere.id),
        Person("banned", banned.id, banned.dm_channel.id, None),
        elsewhere,
        [],
        [],
        [],
        [],
        [],
    )
    _draw_here(world)
    await _content(ground)
    await _questions(ground)
    await _pairs(ground)
    await _own_checkin(world)
    await _company(ground)
    await _safety(ground)
    await _posts(ground)
    env.backend.remove_member_role(guild.id, former.id, helpers.id)
    await env.settle()
    return ground


def _draw_here(world: World) -> None:
    """Draw in this process: another one for each of thousands of previews takes minutes."""

    async def drawn(asked: Round) -> Drawn:
        return draw(asked)

    [drawer] = [c for c in world.bot.cogs.values() if isinstance(c, drawing_cog.Drawer)]
    drawer._draw = drawn  # pyright: ignore[reportPrivateUsage]


async def fill(who: MemberActor, form: InteractionResult, *given: object) -> InteractionResult:
    """Submit a form with values in the order of its inputs."""
    assert form.modal is not None
    inputs = [
        part["custom_id"]
        for part in walk_components(form.modal["components"])
        if part.get("custom_id")
    ]
    answer = await who.submit_modal(form, dict(zip(inputs, given, strict=False)))
    await who._env.settle()  # pyright: ignore[reportPrivateUsage]
    return answer


async def _content(ground: Ground) -> None:
    world = ground.world
    moderator, channel = world.moderator, world.channel
    await moderator.slash(
        channel, "manage checkins add", channel=channel, at="18:00", zone="Europe/Berlin"
    )
    for save in (True, False):
        form = await moderator.slash(channel, "manage faq add")
        typed = (TYPED.question, TYPED.answer, TYPED.phrasings, [TYPED.topic], TYPED.source)
        shown = await fill(moderator, form, *typed)
        made = next(one for one in custom_ids_of(shown) if one.startswith("faq:draft_save:"))
        if save:
            await moderator.click(answer_of(shown).message, custom_id=made)
        else:
            ground.drafts.append(made.split(":")[2])
    given = await moderator.slash(channel, "manage faq export")
    [file] = answer_of(given).attachments
    text = (await file.read()).decode().replace(TYPED.question, SECRET).encode()
    shown = await moderator.slash(channel, "manage faq import", file=("faq.yaml", text))
    made = next(one for one in custom_ids_of(shown) if one.startswith("faq:import_apply:"))
    ground.uploads.append(made.split(":")[2])
    form = await moderator.slash(channel, "manage helplines add", country="DE")
    refused = await fill(moderator, form, "Harbour line", SECRET, "", "", "nowhere")
    again = next(one for one in custom_ids_of(refused) if one.startswith("form:again:"))
    ground.forms.append(again.split(":")[2])
    form = await moderator.slash(channel, "manage helplines add", country="DE")
    await fill(moderator, form, "Harbour line", "0800 111 0 111", "", "", "https://example.org/us")
    await moderator.slash(channel, "manage faq hide", entry="other-words")
    await moderator.slash(channel, "manage checkins veto", prompt="hello-one-word")
    form = await moderator.slash(channel, "manage checkins prompt", category="hello")
    await fill(moderator, form, "What did the morning sound like?")


async def _questions(ground: Ground) -> None:
    """Ash has sent one to the moderators, Birch has one to be sent, and another was answered."""
    world = ground.world
    for who, label in ((world.member, "Send it"), (world.other, None), (ground.fern, "Send it")):
        shown = await who.slash(world.channel, "faq ask", question=f"{SECRET} {who.name}")
        shown = await who.click(answer_of(shown).message, label="Ask the moderators")
        menu = next(one for one in custom_ids_of(shown) if one.startswith("faq:question_hear:"))
        ground.drafts.append(menu.split(":")[2])
        shown = await who.select(answer_of(shown).message, ["dm"], custom_id=menu)
        if label:
            await who.click(answer_of(shown).message, label=label)
    [group] = [one for one in world.bot.runtime.manage.commands if one.name == "faq"]
    questions = cast(Any, group)._questions
    mine = await questions.mine(ground.fern.id, world.guild.id)
    await questions.hand_over(world.guild.id, [one.id for one in mine], by=world.moderator.id)


async def _pairs(ground: Ground) -> None:
    world = ground.world
    moderator, channel = world.moderator, world.channel
    await moderator.slash(
        channel,
        "manage pairing plan",
        channel=channel,
        day="Friday",
        at="18:00",
        zone="Europe/Berlin",
    )
    [pair] = [one for one in world.bot.tree.get_commands() if one.name == "pair"]
    members = cast(Any, pair)._members
    for one in (world.member, world.other):
        wishes = Wishes(("en",), frozenset({"music"}))
        await members.join(world.guild.id, one.id, wishes, "Europe/Berlin")
    shown = await moderator.slash(channel, "manage pairing status")
    form = await moderator.click(answer_of(shown).message, label="How rounds go")
    await fill(moderator, form, "no", "48", "4", "12")
    shown = await moderator.slash(channel, "manage pairing run")
    await moderator.click(answer_of(shown).message, label="Run a round")
    await world.env.settle()
    shown = await moderator.slash(channel, "manage pairing topics")
    form = await moderator.click(answer_of(shown).message, custom_id="pairing:topic_add")
    await fill(moderator, form, "Lighthouses")


async def _own_checkin(world: World) -> None:
    shown = await world.member.slash(
        world.channel, "checkin schedule", days="every day", time="9", zone="Europe/Berlin"
    )
    await world.member.click(answer_of(shown).message, label="Yes, start")


async def _company(ground: Ground) -> None:
    world = ground.world
    await ground.fern.slash(ground.calls, "company duty on")
    for who, come in ((world.other, True), (world.member, False)):
        shown = await who.slash(world.channel, "company ask")
        form = await who.click(answer_of(shown).message, label="Go on")
        await fill(who, form, "listen", SECRET, True)
        if come:
            [call] = ground.calls.history()
            await ground.fern.click(call, label="I can be there")
            await world.env.settle()


async def _safety(ground: Ground) -> None:
    world = ground.world
    form = await world.member.slash(world.channel, "report", member=ground.fern)
    await fill(world.member, form, SECRET, "no")
    await world.bot.runtime.blocks.block(
        world.guild.id, world.member.id, ground.former.id, stays=True
    )
    await world.moderator.slash(
        world.channel, "manage apart add", first=world.other, second=ground.fern
    )


async def _posts(ground: Ground) -> None:
    """An answer that Ash shared: others may read it, and only Ash takes it back."""
    world = ground.world
    shown = await world.member.slash(world.channel, "faq ask", question="What is peer support?")
    for action in ("faq:share:", "faq:post:"):
        found = next(one for one in custom_ids_of(shown) if one.startswith(action))
        shown = await world.member.click(answer_of(shown).message, custom_id=found)
    back = next(one for one in custom_ids_of(shown) if one.startswith("faq:take_back:"))
    ground.posts.append(tuple(back.split(":")[2:]))
    asked = await world.other.send(world.channel, "What is peer support?")
    shown = await world.member.context_menu(world.channel, "Answer with FAQ", asked)
    choose = next(one for one in custom_ids_of(shown) if one.startswith("faq:reply_choose:"))
    shown = await world.member.click(answer_of(shown).message, custom_id=choose)
    post = next(one for one in custom_ids_of(shown) if one.startswith("faq:reply_post:"))
    ground.replies.append(post.split(":")[2])


# What is sent as it is, whatever Discord's own program would let somebody do


async def tap(
    ground: Ground,
    who: Person,
    custom_id: str,
    *,
    chosen: Sequence[str] | None = None,
    said: str = "-",
    ephemeral: bool = True,
) -> InteractionResult:
    """Tap what a message of the bot's would hold if somebody could write one in its name."""
    backend = ground.world.env.backend
    part: dict[str, Any] = {"type": BUTTON, "style": 2, "label": "x", "custom_id": custom_id}
    if chosen is not None:
        options = [{"label": "x", "value": value} for value in chosen]
        part = {"type": MENU, "custom_id": custom_id, "options": options}
    made = backend.create_message(
        who.channel,
        backend.bot_user.id,
        "",
        components=[{"type": 10, "content": said}, {"type": 1, "components": [part]}],
        flags=COMPONENTS_V2 | (EPHEMERAL if ephemeral else 0),
        broadcast=False,
    )
    data: dict[str, Any] = {"custom_id": custom_id, "component_type": part["type"]}
    if chosen is not None:
        data["values"] = list(chosen)
    return await send(ground, who, 3, data, message=made)


async def send(
    ground: Ground, who: Person, kind: int, data: Mapping[str, Any], *, message: Any = None
) -> InteractionResult:
    """Hand the bot an interaction of a kind, with any data at all."""
    env = ground.world.env
    record, payload = interactions.base_payload(
        env.backend,
        type=kind,
        channel_id=who.channel,
        guild_id=who.server,
        user_id=who.id,
        data=dict(data),
    )
    if message is not None:
        payload["message"] = dict(serializers.message_payload(env.backend, message))
        record.source_message_id = message.id
    env.backend.emit("INTERACTION_CREATE", payload)
    await env._settle_internal(dispatch="INTERACTION_CREATE")  # pyright: ignore[reportPrivateUsage]
    return InteractionResult(env, record)


def close_forms(ground: Ground) -> None:
    """Let go of the forms that are open: simcord looks through all of them after each step."""
    forms = ground.world.bot._connection._view_store._modals  # pyright: ignore[reportPrivateUsage]
    for form in list(forms.values()):
        form.stop()
    ground.world.bot.runtime.open_forms.clear()
