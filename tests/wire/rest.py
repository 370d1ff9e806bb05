"""The double's REST routes: what the bot uses of them, with the errors that Discord documents."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.wire.world import (
    EPHEMERAL,
    MANAGE_MESSAGES,
    ApiError,
    Channel,
    Json,
    Person,
    Posted,
    World,
    unknown,
)

INTERACTION_SECONDS = 3.0
"""Within this time an interaction must be acknowledged."""

TOKEN_SECONDS = 15 * 60.0
"""For so long an interaction's token may be used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests Discord takes."""

    messages: tuple[int, float] = (5, 5.0)
    """Messages in one channel: so many in so many seconds."""
    others: tuple[int, float] = (50, 1.0)
    """Requests of any other route and place."""
    everywhere: int = 50
    """Requests of the whole bot in one second, answers to interactions not counted."""


@dataclass(slots=True)
class Asked:
    """What a person did, and how the bot answered."""

    id: int
    token: str
    type: int
    person: Person
    channel: Channel
    at: float
    reached: bool = False
    """Whether a socket was open to tell the bot of it at once."""
    answer_type: int | None = None
    answered_at: float | None = None
    data: Json = field(default_factory=dict[str, Any])
    """The data of the answer: a modal, the choices of an autocompletion, a message."""
    message: Posted | None = None
    """The message that answered, or the one that the tap was on when it was changed."""
    followups: list[Posted] = field(default_factory=list[Posted])
    on: Posted | None = None

    @property
    def done(self) -> bool:
        """Whether there is something to read: not only "is thinking"."""
        return self.message is not None or bool(self.followups) or self.answer_type in {8, 9}

    @property
    def text(self) -> str:
        """All words of the answer."""
        told = [self.message, *self.followups]
        return "\n".join(posted.text for posted in told if posted is not None)


@dataclass(slots=True)
class Bucket:
    """A window of one route and place."""

    limit: int
    seconds: float
    ends: float = 0.0
    used: int = 0

    def take(self, now: float) -> bool:
        """Count one request; False when the window is full."""
        if now >= self.ends:
            self.ends, self.used = now + self.seconds, 0
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def headers(self, name: str, now: float) -> dict[str, str]:
        """The headers that Discord sends with every answer."""
        left = max(self.ends - now, 0.0)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "X-RateLimit-Reset": f"{now + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": name,
        }


def refusal(seconds: float, scope: str) -> tuple[dict[str, str], Json]:
    """The headers and the body of a 429; scope is user, global or shared."""
    everywhere = scope == "global"
    headers = {
        "Retry-After": str(math.ceil(seconds)),
        "X-RateLimit-Scope": scope,
        "Via": "1.1 google",
    }
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(seconds, 3),
        "global": everywhere,
    }
    return headers, body


Answer = tuple[int, Any]
Route = Callable[["Rest", Json, Mapping[str, str], tuple[str, ...]], Answer]

_ROUTES: list[tuple[str, re.Pattern[str], str, Route]] = []


def _on(method: str, template: str) -> Callable[[Route], Route]:
    pattern = re.compile(re.sub(r"\{[a-z]+\}", r"([^/]+)", template))

    def add(route: Route) -> Route:
        _ROUTES.append((method, pattern, template, route))
        return route

    return add


class Rest:
    """Answers requests out of the world."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits
        self.gateway_url = ""
        self.shards = 1
        self.max_concurrency = 1
        self.commands: list[Json] = []
        self.syncs = 0
        self.asked: dict[int, Asked] = {}
        self.by_token: dict[str, Asked] = {}
        self.events: list[tuple[str, Json, int | None]] = []
        """What the gateway must tell the bot of, in order."""
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._everywhere = Bucket(limits.everywhere, 1.0)

    @staticmethod
    def find(method: str, path: str) -> tuple[str, Route, tuple[str, ...]] | None:
        """The route of a path below /api/v10."""
        for wanted, pattern, template, route in _ROUTES:
            found = pattern.fullmatch(path)
            if wanted == method and found is not None:
                return f"{method} {template}", route, found.groups()
        return None

    def bucket(self, template: str, ids: tuple[str, ...]) -> Bucket:
        """The window that a request counts in."""
        key = (template, *ids[:1])
        if key not in self._buckets:
            messages = template == "POST /channels/{channel}/messages"
            self._buckets[key] = Bucket(*(self.limits.messages if messages else self.limits.others))
        return self._buckets[key]

    def take_everywhere(self, now: float) -> float:
        """Count a request of the whole bot; gives how long to wait when it is too many."""
        return 0.0 if self._everywhere.take(now) else self._everywhere.ends - now

    def tell(self, name: str, event: Json, guild_id: int | None) -> None:
        """Let the bot hear of something."""
        self.events.append((name, event, guild_id))

    def asked_by(self, token: str) -> Asked:
        """The interaction of a token that may still be used."""
        found = self.by_token.get(token)
        if found is None or self.world.now() - found.at > TOKEN_SECONDS:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return found


# The bot itself


@_on("GET", "/users/@me")
def _me(rest: Rest, _body: Json, _query: Mapping[str, str], _ids: tuple[str, ...]) -> Answer:
    return 200, {**rest.world.bot.json(), "verified": True, "mfa_enabled": False}


@_on("GET", "/gateway/bot")
def _gateway(rest: Rest, _body: Json, _query: Mapping[str, str], _ids: tuple[str, ...]) -> Answer:
    starts = {
        "total": 1000,
        "remaining": 999,
        "reset_after": 86_400_000,
        "max_concurrency": rest.max_concurrency,
    }
    return 200, {"url": rest.gateway_url, "shards": rest.shards, "session_start_limit": starts}


@_on("GET", "/oauth2/applications/@me")
@_on("GET", "/applications/@me")
def _application(
    rest: Rest, _body: Json, _query: Mapping[str, str], _ids: tuple[str, ...]
) -> Answer:
    return 200, {
        "id": str(rest.world.application_id),
        "name": rest.world.bot.name,
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "owner": {**Person(1, "host").json()},
        "team": None,
    }


@_on("PUT", "/applications/{application}/commands")
def _sync(rest: Rest, body: Any, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    if int(ids[0]) != rest.world.application_id:
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    known = {command["name"]: command["id"] for command in rest.commands}
    rest.syncs += 1
    rest.commands = [
        {
            "type": 1,
            # Commands of a menu have none, and Discord shows it as empty.
            "description": "",
            "default_member_permissions": None,
            "nsfw": False,
            **command,
            "id": known.get(command["name"]) or str(rest.world.new_id()),
            "application_id": ids[0],
            "version": "1",
        }
        for command in body
    ]
    return 200, rest.commands


@_on("GET", "/applications/{application}/commands")
def _commands(rest: Rest, _body: Json, _query: Mapping[str, str], _ids: tuple[str, ...]) -> Answer:
    return 200, rest.commands


# Servers and people

_GATEWAY_ONLY = {
    *("channels", "threads", "members", "member_count", "large", "unavailable", "presences"),
    *("voice_states", "stage_instances", "guild_scheduled_events"),
}
"""What only GUILD_CREATE tells of a server."""


@_on("GET", "/guilds/{guild}")
def _guild(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    guild = rest.world.guilds.get(int(ids[0]))
    if guild is None:
        raise unknown(10004, "Guild")
    shown = rest.world.guild_json(guild)
    return 200, {name: value for name, value in shown.items() if name not in _GATEWAY_ONLY}


@_on("GET", "/guilds/{guild}/members/{user}")
def _member(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    guild = rest.world.guilds.get(int(ids[0]))
    if guild is None:
        raise unknown(10004, "Guild")
    member = guild.members.get(int(ids[1]))
    if member is None:
        raise unknown(10007, "Member")
    return 200, rest.world.member_json(guild, member)


@_on("GET", "/guilds/{guild}/threads/active")
def _active(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    if int(ids[0]) not in rest.world.guilds:
        raise unknown(10004, "Guild")
    return 200, _threads(rest, rest.world.active_threads(int(ids[0])))


@_on("GET", "/channels/{channel}/users/@me/threads/archived/private")
def _archived(rest: Rest, _body: Json, query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    parent = rest.world.channel(int(ids[0]))
    found, more = rest.world.archived_threads(parent, dict(query))
    return 200, {**_threads(rest, found), "has_more": more}


def _threads(rest: Rest, found: list[Channel]) -> Json:
    own = rest.world.bot.id
    members = [
        {
            "id": str(thread.id),
            "user_id": str(own),
            "join_timestamp": "2026-01-01T00:00:00+00:00",
            "flags": 1,
        }
        for thread in found
        if own in thread.members
    ]
    return {"threads": [rest.world.channel_json(each) for each in found], "members": members}


@_on("GET", "/users/{user}")
def _user(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    person = rest.world.people.get(int(ids[0]))
    if person is None:
        raise unknown(10013, "User")
    return 200, person.json()


@_on("POST", "/users/@me/channels")
def _dm(rest: Rest, body: Json, _query: Mapping[str, str], _ids: tuple[str, ...]) -> Answer:
    return 200, rest.world.channel_json(rest.world.open_dm(int(body["recipient_id"])))


# Channels and messages


@_on("GET", "/channels/{channel}")
def _channel(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    rest.world.require(channel)
    return 200, rest.world.channel_json(channel)


@_on("PATCH", "/channels/{channel}")
def _edit_channel(
    rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]
) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    rest.world.edit_thread(channel, body)
    _tell_of(rest, channel)
    return 200, rest.world.channel_json(channel)


@_on("DELETE", "/channels/{channel}")
def _delete_thread(
    rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]
) -> Answer:
    thread = rest.world.channel(int(ids[0]))
    shown = rest.world.channel_json(thread)
    rest.world.delete_thread(thread)
    rest.tell("THREAD_DELETE", shown, thread.guild_id)
    return 200, shown


def _tell_of(rest: Rest, thread: Channel) -> None:
    rest.tell("THREAD_UPDATE", rest.world.channel_json(thread), thread.guild_id)


@_on("POST", "/channels/{channel}/messages")
def _post(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    slept = channel.archived
    posted, new = rest.world.post(channel, body)
    if slept and not channel.archived:
        _tell_of(rest, channel)
    shown = rest.world.message_json(posted, nonce=True)
    if new:
        guild_id = channel.guild_id
        extra = {} if guild_id is None else {"guild_id": str(guild_id)}
        rest.tell("MESSAGE_CREATE", {**shown, **extra}, guild_id)
    return 200, shown


@_on("GET", "/channels/{channel}/messages")
def _history(rest: Rest, _body: Json, query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    found = rest.world.history(channel, dict(query))
    return 200, [rest.world.message_json(posted) for posted in found]


@_on("GET", "/channels/{channel}/messages/{message}")
def _message(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    rest.world.require(channel)
    return 200, rest.world.message_json(rest.world.message(channel, int(ids[1])))


@_on("PATCH", "/channels/{channel}/messages/{message}")
def _edit(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    rest.world.require(channel)
    posted = rest.world.message(channel, int(ids[1]))
    if posted.author_id != rest.world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    posted.payload = {**posted.payload, **body}
    posted.edits += 1
    return 200, rest.world.message_json(posted)


@_on("DELETE", "/channels/{channel}/messages/{message}")
def _delete(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    channel = rest.world.channel(int(ids[0]))
    posted = rest.world.message(channel, int(ids[1]))
    own = posted.author_id == rest.world.bot.id
    rest.world.require(channel, *([] if own else [MANAGE_MESSAGES]))
    posted.deleted = True
    return 204, None


@_on("POST", "/channels/{channel}/messages/{message}/threads")
def _thread_on(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    parent = rest.world.channel(int(ids[0]))
    on = rest.world.message(parent, int(ids[1]))
    return _opened(rest, rest.world.open_thread(parent, body, on=on))


@_on("POST", "/channels/{channel}/threads")
def _thread(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    return _opened(rest, rest.world.open_thread(rest.world.channel(int(ids[0])), body))


def _opened(rest: Rest, thread: Channel) -> Answer:
    shown = rest.world.channel_json(thread)
    rest.tell("THREAD_CREATE", {**shown, "newly_created": True}, thread.guild_id)
    return 201, shown


@_on("PUT", "/channels/{channel}/thread-members/{user}")
def _add_to_thread(
    rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]
) -> Answer:
    thread = rest.world.channel(int(ids[0]))
    rest.world.add_to_thread(thread, rest.world.bot.id if ids[1] == "@me" else int(ids[1]))
    return 204, None


@_on("DELETE", "/channels/{channel}/thread-members/{user}")
def _remove_from_thread(
    rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]
) -> Answer:
    thread = rest.world.channel(int(ids[0]))
    rest.world.require(thread)
    thread.members.discard(rest.world.bot.id if ids[1] == "@me" else int(ids[1]))
    return 204, None


# Interactions


@_on("POST", "/interactions/{interaction}/{token}/callback")
def _callback(rest: Rest, body: Json, query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    asked = rest.asked.get(int(ids[0]))
    now = rest.world.now()
    if asked is None or asked.token != ids[1]:
        raise unknown(10062, "interaction")
    if asked.answer_type is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    if now - asked.at > INTERACTION_SECONDS:
        raise unknown(10062, "interaction")
    asked.answer_type, asked.answered_at = int(body["type"]), now
    asked.data = body.get("data") or {}
    match asked.answer_type:
        case 4:
            asked.message = rest.world.answer(asked.channel, asked.data)
        case 7 if asked.on is not None:
            asked.on.payload = {**asked.on.payload, **asked.data}
            asked.on.edits += 1
            asked.message = asked.on
        case _:
            pass
    if query.get("with_response") not in {"1", "true"}:
        return 204, None
    interaction: Json = {"id": ids[0], "type": asked.type}
    shown: Json = {"interaction": interaction}
    if asked.message is not None:
        interaction["response_message_id"] = str(asked.message.id)
        interaction["response_message_loading"] = False
        interaction["response_message_ephemeral"] = bool(asked.data.get("flags", 0) & EPHEMERAL)
        message = rest.world.message_json(asked.message)
        shown["resource"] = {"type": asked.answer_type, "message": message}
    return 200, shown


@_on("POST", "/webhooks/{application}/{token}")
def _follow_up(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    asked = rest.asked_by(ids[1])
    if asked.answer_type is None:
        raise unknown(10015, "Webhook")
    posted = rest.world.answer(asked.channel, body)
    asked.followups.append(posted)
    return 200, rest.world.message_json(posted)


def _of_interaction(rest: Rest, ids: tuple[str, ...]) -> tuple[Asked, Posted | None]:
    asked = rest.asked_by(ids[1])
    if ids[2] == "@original":
        return asked, asked.message or (asked.on if asked.answer_type == 6 else None)
    for posted in [asked.message, *asked.followups]:
        if posted is not None and posted.id == int(ids[2]) and not posted.deleted:
            return asked, posted
    raise unknown(10008, "Message")


@_on("GET", "/webhooks/{application}/{token}/messages/{message}")
def _answered(rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    _, posted = _of_interaction(rest, ids)
    if posted is None:
        raise unknown(10008, "Message")
    return 200, rest.world.message_json(posted)


@_on("PATCH", "/webhooks/{application}/{token}/messages/{message}")
def _edit_answer(rest: Rest, body: Json, _query: Mapping[str, str], ids: tuple[str, ...]) -> Answer:
    asked, posted = _of_interaction(rest, ids)
    if posted is None:
        # "Is thinking" becomes the answer by its first edit.
        posted = asked.message = rest.world.answer(asked.channel, {**asked.data, **body})
    else:
        posted.payload = {**posted.payload, **body}
        posted.edits += 1
        asked.message = asked.message or posted
    return 200, rest.world.message_json(posted)


@_on("DELETE", "/webhooks/{application}/{token}/messages/{message}")
def _delete_answer(
    rest: Rest, _body: Json, _query: Mapping[str, str], ids: tuple[str, ...]
) -> Answer:
    _, posted = _of_interaction(rest, ids)
    if posted is not None:
        posted.deleted = True
    return 204, None


def new_token() -> str:
    """Make the token of an interaction."""
    return secrets.token_urlsafe(32)
