"""Who is there when a playground starts for the first time.

Everything is made at one fixed moment and in one order, so the ids are the same in every
playground: a store filled in one of them fits the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord
from simcord.backend.models import Overwrite
from simcord.enums import ChannelType, OverwriteType

if TYPE_CHECKING:
    from simcord import Env
    from simcord.backend.models import Guild

NAME = "Harbour"
BOT = "Alongside"
WELCOME = (
    "Welcome to **Harbour**, a small server to try the bot in. Nothing here leaves this computer.\n"
    "Type `/` to see what the bot can do. Look at it through somebody else's eyes with "
    "*Viewing as*, and let time pass with the buttons of the clock."
)

_MODERATOR = discord.Permissions(
    manage_guild=True,
    manage_channels=True,
    manage_roles=True,
    manage_messages=True,
    manage_threads=True,
    kick_members=True,
    ban_members=True,
    moderate_members=True,
    mention_everyone=True,
    view_audit_log=True,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to look through the eyes of."""

    name: str
    roles: tuple[str, ...] = ()
    language: str = "en-US"


PEOPLE = (
    Person("Alex", ("18+",)),
    Person("Sam", ("Supporter", "18+")),
    Person("Noor", ("18+",)),
    Person("Luz", language="es-ES"),
    Person("Robin", ("Moderator", "18+")),
    Person("Kim", ("18+",)),
)


def settle_in(env: Env) -> dict[int, str]:
    """Fill an empty simulated Discord with the community; the language of each person by id."""
    backend = env.backend
    backend.bot_user.name = BOT
    guild = backend.create_guild(NAME)
    backend.get_user(guild.owner_id).global_name = "Harbour's owner"
    roles = {
        "Moderator": backend.create_role(
            guild.id, name="Moderator", permissions=_MODERATOR.value, color=0x1F8B4C
        ),
        "Supporter": backend.create_role(guild.id, name="Supporter", color=0x3498DB),
        "18+": backend.create_role(guild.id, name="18+"),
    }
    languages: dict[int, str] = {}
    for person in PEOPLE:
        user = backend.make_user(person.name.lower(), global_name=person.name)
        backend.add_member(guild.id, user.id, roles=[roles[name].id for name in person.roles])
        backend.get_dm_channel(user.id)
        languages[user.id] = person.language
    flag = discord.Permissions
    everyone, moderator = guild.everyone_role.id, roles["Moderator"].id
    speak = flag(send_messages=True).value
    see = flag(view_channel=True).value
    bot_role = own_role(guild, backend.bot_user.id)
    places: tuple[tuple[str, str, list[Overwrite]], ...] = (
        ("welcome", "Start here", [_role(everyone, deny=speak), _role(moderator, allow=speak)]),
        ("general", "Everyday talk", []),
        ("check-ins", "How are you arriving today?", []),
        ("meet-a-peer", "Find company", []),
        (
            "moderators-only",
            "For the moderators",
            [_role(everyone, deny=see), _role(moderator, allow=see), _role(bot_role, allow=see)],
        ),
        (
            "supporters",
            "For those who keep others company",
            [
                _role(everyone, deny=see),
                _role(roles["Supporter"].id, allow=see),
                _role(moderator, allow=see),
                _role(bot_role, allow=see),
            ],
        ),
    )
    for name, topic, overwrites in places:
        backend.create_channel(
            guild.id, name, type=ChannelType.TEXT, topic=topic, overwrites=overwrites
        )
    return languages


def say_welcome(env: Env) -> None:
    """Post the moderator's first message, dated by the clock as it stands."""
    backend = env.backend
    guild = next(iter(backend.guilds.values()))
    moderator = next(user for user in backend.users.values() if user.global_name == "Robin")
    backend.create_message(guild.channel_ids[0], moderator.id, WELCOME)


def own_role(guild: Guild, bot_user_id: int) -> int:
    """The id of the role that the bot's invitation made."""
    return next(role for role in guild.members[bot_user_id].role_ids if guild.roles[role].managed)


def _role(role_id: int, *, allow: int = 0, deny: int = 0) -> Overwrite:
    return Overwrite(target_id=role_id, type=OverwriteType.ROLE, allow=allow, deny=deny)
