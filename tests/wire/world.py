"""What the double's Discord knows: servers, channels, people, messages, and who may do what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from bot.clock import Clock

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
"""Discord's snowflakes count from 2015."""

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12

VIEW, SEND, HISTORY = 1 << 10, 1 << 11, 1 << 16
MANAGE_SERVER, MANAGE_MESSAGES, ADMINISTRATOR = 1 << 5, 1 << 13, 1 << 3
MANAGE_THREADS, PUBLIC_THREADS, PRIVATE_THREADS, SEND_IN_THREADS = (
    1 << 34,
    1 << 35,
    1 << 36,
    1 << 38,
)
EVERYONE = VIEW | SEND | HISTORY | PUBLIC_THREADS | PRIVATE_THREADS | SEND_IN_THREADS
ALL = (1 << 52) - 1

EPHEMERAL = 1 << 6

MOST_THREADS = 1_000
"""Active threads that a server may have."""


class ApiError(Exception):
    """An error that Discord documents."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def unknown(code: int, what: str) -> ApiError:
    """Something that is not there."""
    return ApiError(404, code, f"Unknown {what}")


MISSING_ACCESS = (403, 50001, "Missing Access")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
ARCHIVED = (400, 50083, "Thread is archived")
CLOSED_DMS = (403, 50007, "Cannot send messages to this user")


@dataclass(slots=True)
class Person:
    """A user, human or bot."""

    id: int
    name: str
    bot: bool = False
    takes_dms: bool = True
    locale: str = "en-US"
    """The language of their Discord."""

    def json(self) -> Json:
        """As Discord shows a user."""
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name,
            "avatar": None,
            "bot": self.bot,
        }


@dataclass(slots=True)
class Channel:
    """A text channel, a thread or a direct-message channel."""

    id: int
    type: int
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    recipient_id: int | None = None
    owner_id: int | None = None
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """Allowed and denied permission bits, by the id of a member or of @everyone (the server's)."""
    archived: bool = False
    archived_at: float = 0.0
    """When it was archived or opened again last, in UTC seconds."""
    locked: bool = False
    invitable: bool = True
    members: set[int] = field(default_factory=set[int])
    entered_at: dict[int, float] = field(default_factory=dict[int, float])
    """When people were let into a thread, in UTC seconds."""

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread."""
        return self.type in {PUBLIC_THREAD, PRIVATE_THREAD}


@dataclass(slots=True)
class Member:
    """Somebody in a server, and what they may do there beyond @everyone."""

    person: Person
    permissions: int = 0


@dataclass(slots=True)
class Guild:
    """A server."""

    id: int
    name: str
    everyone: int = EVERYONE
    locale: str = "en-US"
    members: dict[int, Member] = field(default_factory=dict[int, Member])


@dataclass(slots=True)
class Posted:
    """A message as it was stored. It stays here when it is deleted, so that it can be counted."""

    id: int
    channel_id: int
    author_id: int
    nonce: str | None
    at: float
    """UTC seconds."""
    payload: Json
    deleted: bool = False
    edits: int = 0

    @property
    def custom_ids(self) -> list[str]:
        """The custom ids of everything that can be tapped in it, in reading order."""
        found = [part.get("custom_id") for part in parts(self.payload.get("components"))]
        return [one for one in found if one]

    @property
    def text(self) -> str:
        """All its words, in reading order."""
        tree = list(parts(self.payload.get("components")))
        said = [self.payload.get("content")]
        said += [part.get("content") or part.get("label") for part in tree]
        return "\n".join(word for word in said if word)


def parts(components: Any) -> Iterator[Json]:
    """Every component, those inside others too, in reading order."""
    for component in cast(list[Json], components or []):
        yield component
        yield from parts(component.get("components"))
        yield from parts([component[key] for key in ("accessory", "component") if key in component])


class World:
    """All of it. Every change goes through a method; whoever must hear of it is told by `tell`."""

    def __init__(self, clock: Clock, *, nonce_seconds: float) -> None:
        self._clock = clock
        self.nonce_seconds = nonce_seconds
        self._counter = 0
        self.people: dict[int, Person] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self._of_guild: defaultdict[int, dict[int, Channel]] = defaultdict(dict)
        self.posted: list[Posted] = []
        self._in_channel: dict[int, list[Posted]] = {}
        self._dms: dict[int, Channel] = {}
        self._by_nonce: dict[tuple[int, str], Posted] = {}
        self.refused_doubles = 0
        self.bot = self.add_person("Alongside", bot=True)

    @property
    def application_id(self) -> int:
        """The bot's application has the id of its user, as with every bot made since 2016."""
        return self.bot.id

    def now(self) -> float:
        """UTC seconds."""
        return self._clock().timestamp()

    def new_id(self) -> int:
        """Make a snowflake of now."""
        self._counter += 1
        return (int(self.now() * 1000) - EPOCH_MS) << 22 | (self._counter & 0x3FFFFF)

    # Arranging

    def add_person(self, name: str, *, bot: bool = False) -> Person:
        """Let somebody exist."""
        person = Person(self.new_id(), name, bot)
        self.people[person.id] = person
        return person

    def add_guild(self, name: str, *, shard: tuple[int, int] | None = None) -> Guild:
        """Make a server that the bot is in; `shard` says in which one of how many it is."""
        id_ = self.new_id()
        if shard is not None:
            number, count = shard
            id_ += ((number - (id_ >> 22)) % count) << 22
        guild = Guild(id_, name)
        self.guilds[guild.id] = guild
        self.join(guild, self.bot)
        return guild

    def join(self, guild: Guild, person: Person, permissions: int = 0) -> Member:
        """Let somebody join a server."""
        member = guild.members[person.id] = Member(person, permissions)
        return member

    def add_channel(self, guild: Guild, name: str) -> Channel:
        """Make a text channel."""
        return self.put_channel(Channel(self.new_id(), TEXT, name, guild.id))

    def put_channel(self, channel: Channel) -> Channel:
        """Put a channel into its server."""
        self.channels[channel.id] = self._of_guild[cast(int, channel.guild_id)][channel.id] = (
            channel
        )
        return channel

    # Who may do what

    def permissions(self, channel: Channel, person_id: int) -> int:
        """What somebody may do in a channel of a server, as Discord computes it."""
        guild = self.guilds[cast(int, channel.guild_id)]
        member = guild.members.get(person_id)
        if member is None:
            return 0
        base = guild.everyone | member.permissions
        if base & ADMINISTRATOR:
            return ALL
        place = self.channels.get(channel.parent_id or 0, channel) if channel.is_thread else channel
        for key in (guild.id, person_id):
            allowed, denied = place.overwrites.get(key, (0, 0))
            base = base & ~denied | allowed
        return base

    def require(self, channel: Channel, *bits: int, person_id: int | None = None) -> None:
        """Refuse what the bot may not do there."""
        if channel.guild_id is None:
            return
        if channel.guild_id not in self.guilds:
            raise unknown(10003, "Channel")
        granted = self.permissions(channel, person_id or self.bot.id)
        if not granted & VIEW:
            raise ApiError(*MISSING_ACCESS)
        if channel.type == PRIVATE_THREAD:
            inside = (person_id or self.bot.id) in channel.members
            if not inside and not granted & MANAGE_THREADS:
                raise ApiError(*MISSING_ACCESS)
        for bit in bits:
            if not granted & bit:
                raise ApiError(*MISSING_PERMISSIONS)

    def channel(self, id_: int) -> Channel:
        """A channel by id, or 10003."""
        found = self.channels.get(id_)
        if found is None:
            raise unknown(10003, "Channel")
        return found

    # Messages

    def post(self, channel: Channel, payload: Json) -> tuple[Posted, bool]:
        """Store a message of the bot's; gives it, and whether it is new.

        With `enforce_nonce` a nonce used within the window gives the first message again.
        """
        self.require(channel, SEND_IN_THREADS if channel.is_thread else SEND)
        if channel.recipient_id is not None and not self.people[channel.recipient_id].takes_dms:
            raise ApiError(*CLOSED_DMS)
        if channel.locked:
            self._require_unlocked(channel)
        if not (payload.get("content") or payload.get("components") or payload.get("embeds")):
            raise ApiError(400, 50006, "Cannot send an empty message")
        nonce = None if payload.get("nonce") is None else str(payload["nonce"])
        if nonce is not None and len(nonce) > 25:
            raise ApiError(400, 50035, "Invalid Form Body")
        now = self.now()
        if nonce is not None and payload.get("enforce_nonce"):
            first = self._by_nonce.get((self.bot.id, nonce))
            if first is not None and now - first.at < self.nonce_seconds:
                self.refused_doubles += 1
                return first, False
        channel.archived = False
        posted = Posted(self.new_id(), channel.id, self.bot.id, nonce, now, payload)
        self._remember(posted)
        if nonce is not None:
            self._by_nonce[self.bot.id, nonce] = posted
        return posted, True

    def say(self, channel: Channel, person: Person, content: str) -> Posted:
        """Let a person write a message."""
        posted = Posted(
            self.new_id(), channel.id, person.id, None, self.now(), {"content": content}
        )
        self._remember(posted)
        return posted

    def answer(self, channel: Channel, payload: Json) -> Posted:
        """Store a message that answers an interaction: no permission is asked for that."""
        posted = Posted(self.new_id(), channel.id, self.bot.id, None, self.now(), payload)
        self._remember(posted)
        return posted

    def _remember(self, posted: Posted) -> None:
        self.posted.append(posted)
        self._in_channel.setdefault(posted.channel_id, []).append(posted)

    def in_channel(self, channel: Channel) -> list[Posted]:
        """All that was ever posted there, deleted messages too."""
        return list(self._in_channel.get(channel.id, []))

    def message(self, channel: Channel, id_: int) -> Posted:
        """A message that is still there, or 10008."""
        for posted in reversed(self._in_channel.get(channel.id, [])):
            if posted.id == id_ and not posted.deleted:
                return posted
        raise unknown(10008, "Message")

    def history(self, channel: Channel, query: dict[str, str]) -> list[Posted]:
        """Messages as GET gives them: the newest first, at most 100."""
        self.require(channel, HISTORY)
        limit = int(query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise ApiError(400, 50035, "Invalid Form Body")
        there = [
            each
            for each in self._in_channel.get(channel.id, [])
            if not each.deleted and not each.payload.get("flags", 0) & EPHEMERAL
        ]
        if "after" in query:
            found = [each for each in there if each.id > int(query["after"])][:limit]
        elif "before" in query:
            found = [each for each in there if each.id < int(query["before"])][-limit:]
        elif "around" in query:
            middle = int(query["around"])
            found = sorted(there, key=lambda each: abs(each.id - middle))[:limit]
        else:
            found = there[-limit:]
        return sorted(found, key=lambda each: -each.id)

    def open_dm(self, person_id: int) -> Channel:
        """The direct-message channel with somebody; the same one each time."""
        person = self.people.get(person_id)
        if person is None or person.bot:
            raise ApiError(400, 50035, "Invalid Form Body")
        channel = self.dm_with(person_id)
        if channel is None:
            channel = Channel(self.new_id(), DM, "", recipient_id=person_id)
            self.channels[channel.id] = self._dms[person_id] = channel
        return channel

    def dm_with(self, person_id: int) -> Channel | None:
        """The direct-message channel with somebody, if it was ever opened."""
        return self._dms.get(person_id)

    def open_thread(self, parent: Channel, payload: Json, *, on: Posted | None = None) -> Channel:
        """Make a thread, on a message (then with its id) or by itself."""
        kind = PUBLIC_THREAD if on is not None else int(payload.get("type", PRIVATE_THREAD))
        self.require(parent, PRIVATE_THREADS if kind == PRIVATE_THREAD else PUBLIC_THREADS)
        name = str(payload.get("name") or "")
        if not 1 <= len(name) <= 100:
            raise ApiError(400, 50035, "Invalid Form Body")
        if on is not None and on.id in self.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        if len(self.active_threads(cast(int, parent.guild_id))) >= MOST_THREADS:
            raise ApiError(400, 160006, "Maximum number of active threads reached")
        thread = Channel(
            self.new_id() if on is None else on.id,
            kind,
            name,
            parent.guild_id,
            parent_id=parent.id,
            owner_id=self.bot.id,
            invitable=bool(payload.get("invitable", True)),
            members={self.bot.id},
        )
        return self.put_channel(thread)

    def active_threads(self, guild_id: int) -> list[Channel]:
        """The active threads of a server that the bot may see, the newest first."""
        found = [c for c in self._threads(guild_id) if not c.archived and self._sees(c)]
        return sorted(found, key=lambda thread: -thread.id)

    def archived_threads(
        self, parent: Channel, query: dict[str, str]
    ) -> tuple[list[Channel], bool]:
        """Archived private threads that the bot is in, the newest first; whether there are more."""
        self.require(parent, HISTORY)
        limit, before = int(query.get("limit", 50)), int(query.get("before", 1 << 63))
        found = [
            thread
            for thread in self._threads(cast(int, parent.guild_id))
            if thread.parent_id == parent.id
            and thread.type == PRIVATE_THREAD
            and thread.archived
            and self.bot.id in thread.members
            and thread.id < before
        ]
        found.sort(key=lambda thread: -thread.id)
        return found[:limit], len(found) > limit

    def edit_thread(self, thread: Channel, payload: Json) -> None:
        """Archive, lock or rename a thread.

        Its owner may archive and rename it; a lock, and what is locked, takes MANAGE_THREADS.
        """
        own = thread.owner_id == self.bot.id
        opens = payload.get("archived") is False and set(payload) == {"archived"}
        if thread.archived and payload.get("archived") is not False:
            raise ApiError(*ARCHIVED)
        if "locked" in payload or thread.locked or not (own or opens):
            self.require(thread, MANAGE_THREADS)
        else:
            self.require(thread, SEND_IN_THREADS)
        archived = bool(payload.get("archived", thread.archived))
        if archived != thread.archived:
            thread.archived, thread.archived_at = archived, self.now()
        thread.locked = bool(payload.get("locked", thread.locked))
        thread.name = str(payload.get("name", thread.name))

    def delete_thread(self, thread: Channel) -> None:
        """Delete a thread with all that is in it."""
        self.require(thread, MANAGE_THREADS)
        self.remove_channel(thread)

    def remove_channel(self, channel: Channel) -> None:
        """Have somebody else delete a channel or thread."""
        del self.channels[channel.id], self._of_guild[cast(int, channel.guild_id)][channel.id]

    def add_to_thread(self, thread: Channel, person_id: int) -> bool:
        """Let somebody into a thread; gives whether they are new there."""
        self.require(thread, SEND_IN_THREADS)
        if thread.archived:
            raise ApiError(*ARCHIVED)
        if person_id not in self.guilds[cast(int, thread.guild_id)].members:
            raise ApiError(*MISSING_ACCESS)
        new = person_id not in thread.members
        thread.members.add(person_id)
        thread.entered_at.setdefault(person_id, self.now())
        return new

    def open_threads(self, guild_id: int | None = None) -> list[Channel]:
        """Threads that are not archived, of a server or of all."""
        among = self.channels if guild_id is None else self._of_guild[guild_id]
        return [one for one in among.values() if one.is_thread and not one.archived]

    def _threads(self, guild_id: int) -> list[Channel]:
        return [c for c in self._of_guild[guild_id].values() if c.is_thread]

    def _sees(self, thread: Channel) -> bool:
        granted = self.permissions(thread, self.bot.id)
        inside = thread.type != PRIVATE_THREAD or self.bot.id in thread.members
        return bool(granted & VIEW) and (inside or bool(granted & MANAGE_THREADS))

    def _require_unlocked(self, thread: Channel) -> None:
        if not self.permissions(thread, self.bot.id) & MANAGE_THREADS:
            raise ApiError(400, 160005, "Thread is locked")

    # As Discord writes them

    def channel_json(self, channel: Channel) -> Json:
        """As Discord shows a channel."""
        shown: Json = {"id": str(channel.id), "type": channel.type, "flags": 0}
        if channel.type == DM:
            person = self.people[cast(int, channel.recipient_id)]
            return {**shown, "last_message_id": None, "recipients": [person.json()]}
        shown |= {
            "guild_id": str(channel.guild_id),
            "name": channel.name,
            "parent_id": None if channel.parent_id is None else str(channel.parent_id),
            "rate_limit_per_user": 0,
        }
        if channel.is_thread:
            metadata = {
                "archived": channel.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": datetime.fromtimestamp(channel.archived_at, UTC).isoformat(),
                "locked": channel.locked,
                "invitable": channel.invitable,
            }
            return {
                **shown,
                "owner_id": str(channel.owner_id),
                "message_count": len(self._in_channel.get(channel.id, [])),
                "member_count": len(channel.members),
                "thread_metadata": metadata,
            }
        overwrites = [
            {
                "id": str(key),
                "type": 0 if key == channel.guild_id else 1,
                "allow": str(allowed),
                "deny": str(denied),
            }
            for key, (allowed, denied) in channel.overwrites.items()
        ]
        return {
            **shown,
            "position": 0,
            "nsfw": False,
            "topic": None,
            "permission_overwrites": overwrites,
        }

    def member_json(self, guild: Guild, member: Member) -> Json:
        """As Discord shows a member; permissions of their own are a role of their own."""
        return {
            "user": member.person.json(),
            "nick": None,
            "roles": [str(_own_role(member.person.id))] if member.permissions else [],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
        }

    def guild_json(self, guild: Guild) -> Json:
        """As GUILD_CREATE shows a server to a bot without the members intent."""
        own = list(self._of_guild[guild.id].values())
        roles = [_role(guild.id, "@everyone", guild.everyone, 0)]
        for position, member in enumerate(guild.members.values(), 1):
            if member.permissions:
                name = member.person.name
                roles.append(_role(_own_role(member.person.id), name, member.permissions, position))
        return {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "owner_id": "1",
            "preferred_locale": guild.locale,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_progress_bar_enabled": False,
            "system_channel_flags": 0,
            "features": [],
            "roles": roles,
            "emojis": [],
            "stickers": [],
            "member_count": len(guild.members),
            "large": False,
            "unavailable": False,
            "members": [self.member_json(guild, guild.members[self.bot.id])],
            "channels": [self.channel_json(c) for c in own if not c.is_thread],
            "threads": [self.channel_json(c) for c in self.active_threads(guild.id)],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }

    def message_json(self, posted: Posted, *, nonce: bool = False) -> Json:
        """As Discord shows a message; its nonce only to who has just sent it."""
        moment = datetime.fromtimestamp(posted.at, UTC).isoformat()
        shown: Json = {
            "id": str(posted.id),
            "channel_id": str(posted.channel_id),
            "author": self.people[posted.author_id].json(),
            "content": posted.payload.get("content") or "",
            "timestamp": moment,
            "edited_timestamp": moment if posted.edits else None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": posted.payload.get("embeds") or [],
            "components": _numbered(posted.payload.get("components") or []),
            "pinned": False,
            "type": 0,
            "flags": posted.payload.get("flags") or 0,
        }
        if nonce and posted.nonce is not None:
            shown["nonce"] = posted.nonce
        return shown


def _own_role(person_id: int) -> int:
    # Another half of the ids' counter, so that it meets no other id.
    return person_id ^ 1 << 21


def _role(id_: int, name: str, permissions: int, position: int) -> Json:
    return {
        "id": str(id_),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": position,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def _numbered(components: list[Json]) -> list[Json]:
    """Give components the ids that Discord gives them."""
    shown: list[Json] = []
    for number, component in enumerate(components, 1):
        copy: Json = {"id": number, **component}
        if "components" in copy:
            copy["components"] = _numbered(copy["components"])
        shown.append(copy)
    return shown
