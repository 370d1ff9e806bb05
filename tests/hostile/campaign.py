"""Thousands of hostile inputs through everything the bot takes, and what came of them.

What it takes is read off the bot itself: the commands and options that it tells Discord, the
actions that are registered, the forms that it opens and the files that it reads. What is added
later is tried without a word here.
"""

from __future__ import annotations

import io
import json
import logging
import re
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

from discord import app_commands
from simcord import interactions
from simcord.backend import serializers
from simcord.components import walk_components
from simcord.enums import ComponentType, OptionType
from simcord.results import InteractionResult

from bot import logs
from bot.config import Config
from bot.content import load_yaml
from bot.errors import ContentError, UserError
from bot.texts import Sentence, Texts
from cogs.checkins import prompts
from cogs.faq import model as faq
from cogs.helplines import model as helplines
from cogs.pairing import content as pairing
from tests.hostile import words
from tests.hostile.arguments import known, parameters
from tests.hostile.ground import SECRET, Ground, Person, close_forms, make_ground, send, tap

MOST_CHOICES, MOST_CHOICE, MOST_THREAD_NAME = 25, 100, 100
"""Discord's limits that the simulated one lets pass."""

SLOW_SECONDS = 2.0
"""How long a file may take before it is refused."""

SEEN = 400
"""Buttons of earlier messages that are remembered, to be tapped when they are stale."""

ID_OPTIONS = {
    OptionType.USER: "users",
    OptionType.ROLE: "roles",
    OptionType.CHANNEL: "channels",
    OptionType.MENTIONABLE: "users",
}

LIVE = re.compile(rf"<(?:@[!&]?|#){words.SOMEBODY}>|@everyone|@here")
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@dataclass(slots=True)
class Tally:
    """What was tried and what went wrong; everything but `inputs` should be empty."""

    inputs: Counter[str] = field(default_factory=Counter[str])
    unanswered: Counter[str] = field(default_factory=Counter[str])
    failures: Counter[str] = field(default_factory=Counter[str])
    mentions: Counter[str] = field(default_factory=Counter[str])
    logged: Counter[str] = field(default_factory=Counter[str])
    limits: Counter[str] = field(default_factory=Counter[str])
    untried: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def wrong(self) -> int:
        """How much went wrong."""
        found = (self.unanswered, self.failures, self.mentions, self.logged, self.limits)
        return sum(one.total() for one in found) + len(self.untried)

    def to_json(self) -> dict[str, Any]:
        """The figures, as JSON takes them."""
        return {
            "inputs": self.inputs.total(),
            "by_kind": dict(sorted(self.inputs.items())),
            "unanswered": dict(self.unanswered),
            "failures": dict(self.failures),
            "mentions": dict(self.mentions),
            "logged": dict(self.logged),
            "limits": dict(self.limits),
            "untried": self.untried,
            "seconds": round(self.seconds, 1),
        }


async def run(inputs: int, seed: int, *, longest: bool = False) -> Tally:
    """Make a server, and try; it takes the log of the whole process.

    With `longest` every sentence is as long as in the language that takes most room for it, and
    people type as much as they are let: what is shown must stay within Discord's limits all the
    same, in whatever language.
    """
    dice = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    log = _take_log()
    with tempfile.TemporaryDirectory() as folder:
        async with make_ground(Path(folder) / "state") as ground:
            if longest:
                _lengthen(ground.world.bot.runtime.texts)
            campaign = Campaign(ground, dice, log, Path(folder), longest=longest)
            await campaign.prepare()
            began = time.monotonic()
            await campaign.run(inputs)
            campaign.tally.seconds = time.monotonic() - began
            # They were counted, and are not to end the world with an error as well.
            _ = ground.world.env.errors
            ground.world.env._errors.clear()  # pyright: ignore[reportPrivateUsage]
    return campaign.tally


def _lengthen(texts: Texts) -> None:
    """Say everything in the language that takes most room for it, except what commands are called.

    It is done once everything is under way, which English labels are tapped for.
    """
    catalogs = texts._catalogs  # pyright: ignore[reportPrivateUsage]

    def most(key: str) -> str:
        said = [catalog[key] for catalog in catalogs.values()]
        forms = [[one] if isinstance(one, str) else list(one.values()) for one in said]
        return max((form for each in forms for form in each), key=len)

    def long(key: str, sentence: Sentence) -> Sentence:
        if key.startswith("commands."):
            return sentence
        return most(key) if isinstance(sentence, str) else dict.fromkeys(sentence, most(key))

    texts._catalogs = {  # pyright: ignore[reportPrivateUsage]
        locale: {key: long(key, sentence) for key, sentence in catalog.items()}
        for locale, catalog in catalogs.items()
    }


def _take_log() -> io.StringIO:
    """Let the log say as much as it ever does, into memory."""
    logs.configure(Config(state_dir=Path(), log_level="debug", log_format="json"))
    log = io.StringIO()
    [handler] = logging.getLogger().handlers
    cast("logging.StreamHandler[io.StringIO]", handler).setStream(log)
    return log


class Campaign:
    """One server, and what is done to it."""

    def __init__(
        self,
        ground: Ground,
        dice: Random,
        log: io.StringIO,
        folder: Path,
        *,
        longest: bool = False,
    ) -> None:
        self.tally = Tally()
        self._longest = longest
        self._ground = ground
        self._dice = dice
        self._log = log
        self._folder = folder
        self._number = 0
        self._what = ""
        self._seen: list[tuple[str, list[str] | None]] = []
        self._requests = 0
        self._errors = 0
        self._values: dict[str, list[str]] = {}
        self._untried: set[str] = set()
        world = ground.world
        self._tree: list[Any] = [
            one.to_dict(world.bot.tree) for one in world.bot.tree.get_commands()
        ]
        self._ids = frozenset(str(one.id) for one in (*ground.members, *self._strangers()))
        self._mentioned: set[str] = set()
        self._people = [*ground.members, *self._strangers()]
        # The same people by direct message.
        self._people += [
            Person(f"{one.name} by message", one.id, self._dm(one.id), None)
            for one in ground.members
        ]
        self._kinds: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self._command),
            (8, self._suggestion),
            (6, self._menu),
            (30, self._tap),
            (14, self._stale),
            (6, self._expired),
            (6, self._file),
        ]

    async def prepare(self) -> None:
        """Give people names that are hostile themselves."""
        world = self._ground.world
        backend = world.env.backend
        self._log.seek(0)
        self._log.truncate()
        for server, one in ((s, m) for s in backend.guilds.values() for m in s.members.values()):
            if one.user_id != backend.bot_user.id and server.id == world.guild.id:
                one.nick = self._name()
        for server in world.bot.guilds:
            server.name = self._name() * 3
        self._requests = len(world.env.http_requests)
        self._untried = {
            *(f"/{' '.join(path)}" for one in self._tree for path, _ in _leaves(one)),
            *(one["name"] for one in self._tree if one["type"] != 1),
            *world.bot.runtime.actions.known,
        }

    async def run(self, inputs: int) -> None:
        """Try each thing once, then by dice."""
        for once in self._each():
            if self.tally.inputs.total() >= inputs:
                break
            await self._try(once)
        weights, kinds = zip(*self._kinds, strict=True)
        while self.tally.inputs.total() < inputs:
            [kind] = self._dice.choices(kinds, weights)
            await self._try(kind)
        self.tally.untried = sorted(self._untried)

    def _each(self) -> Iterator[Callable[[], Awaitable[None]]]:
        for root in self._tree:
            for path, leaf in _leaves(root):
                yield lambda r=root, p=path, f=leaf: self._command(r, p, f)
            if root["type"] != 1:
                yield lambda r=root: self._menu(r)
        for action in sorted(self._ground.world.bot.runtime.actions.known):
            yield lambda a=action: self._tap(a)

    async def _try(self, kind: Callable[[], Awaitable[None]]) -> None:
        if self._number % 200 == 0:
            self._values = known(self._ground, await self._ground.rows())
        self._number += 1
        await kind()
        close_forms(self._ground)
        self._judge_log()
        self._judge_errors()

    # What is tried

    async def _command(self, root: Any = None, path: Any = None, leaf: Any = None) -> None:
        if root is None:
            root = self._dice.choice([one for one in self._tree if one["type"] == 1])
            path, leaf = self._dice.choice(_leaves(root))
        self._begin("command", f"/{' '.join(path)}")
        resolved: dict[str, Any] = {}
        options = [
            {"name": one["name"], "type": one["type"], "value": self._option(one, resolved)}
            for one in _options(leaf)
            if one.get("required") or self._dice.random() < 0.7
        ]
        await self._use(2, root, path, options, resolved)

    async def _suggestion(self) -> None:
        leaves = [
            (root, path, one)
            for root in self._tree
            for path, leaf in _leaves(root)
            for one in _options(leaf)
            if one.get("autocomplete")
        ]
        root, path, asked = self._dice.choice(leaves)
        self._begin("suggestion", f"/{' '.join(path)} {asked['name']}")
        option = {"name": asked["name"], "type": asked["type"], "value": self._words(6_000)}
        answer = await self._use(4, root, path, [{**option, "focused": True}], {})
        for choice in answer.autocomplete_choices or []:
            if len(choice["name"]) > MOST_CHOICE or len(str(choice["value"])) > MOST_CHOICE:
                self.tally.limits[f"{self._what}: a long choice"] += 1
        if len(answer.autocomplete_choices or []) > MOST_CHOICES:
            self.tally.limits[f"{self._what}: too many choices"] += 1

    async def _menu(self, root: Any = None) -> None:
        root = root or self._dice.choice([one for one in self._tree if one["type"] != 1])
        self._begin("menu", root["name"])
        who, backend = self._who(), self._ground.world.env.backend
        resolved: dict[str, Any] = {}
        if root["type"] == 2:
            target = str(self._user(resolved))
        else:
            said = [
                one for one in backend.messages.get(who.channel, {}).values() if not one.flags & 64
            ]
            if not said:
                # Discord takes no message without words.
                words = f".{self._words(1_999)}"
                backend.create_message(
                    who.channel, self._ground.world.other.id, words, broadcast=False
                )
                said = list(backend.messages[who.channel].values())
            message = self._dice.choice(said)
            target = str(message.id)
            resolved["messages"] = {target: dict(serializers.message_payload(backend, message))}
        data = {"id": "1", "name": root["name"], "type": root["type"]}
        data |= {"target_id": target, "resolved": resolved}
        await self._answered(who, await send(self._ground, who, 2, data))

    async def _tap(self, action: str | None = None) -> None:
        actions = self._ground.world.bot.runtime.actions
        action = action or self._dice.choice(sorted(actions.known))
        self._begin("tap", action)
        given = [
            self._argument(one.name)
            for one in parameters(actions, action)
            if one.default is one.empty or self._dice.random() < 0.5
            for _ in range(4 if one.kind is one.VAR_POSITIONAL else 1)
        ]
        chosen = None
        if self._dice.random() < 0.3:
            chosen = [self._argument("chosen") for _ in range(self._dice.randrange(1, 4))]
            given = given[: self._dice.randrange(len(given) + 1)]
        elif self._dice.random() < 0.2:
            given = [self._argument("any") for _ in range(self._dice.randrange(7))]
        custom_id = ":".join([action, *given])[:100].rstrip(":")
        await self._tapped(custom_id, chosen)

    async def _stale(self) -> None:
        if not self._seen:
            return
        custom_id, options = self._dice.choice(self._seen)
        self._begin("stale", ":".join(custom_id.split(":")[:2]))
        chosen = None
        if options is not None:
            one = self._dice.choice(options) if options and self._dice.random() < 0.8 else "x"
            chosen = [one]
        await self._tapped(custom_id, chosen)

    async def _tapped(self, custom_id: str, chosen: Sequence[str] | None) -> None:
        who = self._who()
        chosen = None if chosen is None else list(dict.fromkeys(one[:100] or "x" for one in chosen))
        answer = await tap(
            self._ground,
            who,
            custom_id,
            chosen=chosen,
            said=self._words(3_000) or "-",
            ephemeral=self._dice.random() < 0.7,
        )
        await self._answered(who, answer)

    async def _expired(self) -> None:
        """A form that no process knows, full of words."""
        self._begin("form", "expired")
        name = self._dice.choice(["form:deadbeef", "form:", "nonsense", words.MARK, "form:x:y"])
        typed = [
            {
                "type": 18,
                "id": number,
                "component": {"type": 4, "id": 9 + number, "custom_id": "x", "value": value},
            }
            for number, value in enumerate(self._words(4_000) for _ in range(3))
        ]
        who = self._who()
        answer = await send(self._ground, who, 5, {"custom_id": name, "components": typed})
        if name.startswith("form:"):
            await self._answered(who, answer)

    async def _file(self) -> None:
        readers: dict[str, Callable[[Path], object]] = {
            "faq": lambda path: faq.parse((one := load_yaml(path)).data, "en", one.error),
            "prompts": lambda path: prompts.parse((one := load_yaml(path)).data, "en", one.error),
            "pairing": lambda path: pairing.parse((one := load_yaml(path)).data, one.error),
            "helplines": lambda path: helplines.parse(
                (one := load_yaml(path)).data, file=one.file, line=one.line
            ),
            "texts": lambda path: Texts.load(path.parent),
        }
        name = self._dice.choice(sorted(readers))
        self._begin("file", name)
        path = self._folder / "files" / "en.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(words.yaml(self._dice, self._mark))
        began = time.monotonic()
        try:
            readers[name](path)
        except ContentError:
            pass
        except Exception as error:  # noqa: BLE001 - what is counted
            self.tally.failures[f"{self._what}: {logs.describe(error)}"] += 1
        if time.monotonic() - began > SLOW_SECONDS:
            self.tally.failures[f"{self._what}: slow"] += 1

    async def _submit(self, who: Person, shown: InteractionResult) -> None:
        """Fill in a form: mostly whoever opened it, and mostly within its limits."""
        modal = shown.modal
        assert modal is not None
        self._begin("form", self._what.split(" ", 1)[1])
        resolved: dict[str, Any] = {}
        within = self._dice.random() < 0.6
        sent = [self._node(part, resolved, within=within) for part in modal["components"]]
        if self._dice.random() < 0.1:
            who = self._who()
        data = {"custom_id": modal["custom_id"], "components": sent, "resolved": resolved}
        source = shown._interaction.source_message_id  # pyright: ignore[reportPrivateUsage]
        message = None
        if source is not None and self._dice.random() < 0.8:
            message = self._ground.world.env.backend.messages.get(who.channel, {}).get(source)
        await self._answered(who, await send(self._ground, who, 5, data, message=message))

    # What is chosen by dice

    def _begin(self, kind: str, what: str) -> None:
        self.tally.inputs[kind] += 1
        self._what = f"{kind} {what}"
        self._untried.discard(what)
        self._mark = words.mark_of(self.tally.inputs.total())

    def _words(self, most: int) -> str:
        if self._longest and self._dice.random() < 0.7:
            return words.long(self._mark, most)
        return words.text(self._dice, self._mark)[:most]

    def _name(self) -> str:
        self._mark = words.mark_of(0)
        return (self._words(32) or "x")[:32]

    def _who(self) -> Person:
        return self._dice.choice(self._people)

    def _strangers(self) -> list[Person]:
        ground = self._ground
        return [ground.stranger, ground.former, ground.outsider, ground.banned]

    def _dm(self, user_id: int) -> int:
        return self._ground.world.env.backend.get_dm_channel(user_id).id

    def _argument(self, name: str) -> str:
        kind = self._dice.random()
        held = self._values.get(name) or self._dice.choice(list(self._values.values()))
        if kind < 0.6 and held:
            return self._dice.choice(held)
        if kind < 0.8:
            return self._dice.choice(words.BARE)[:60].replace(":", "") or "0"
        return self._words(60).replace(":", "") or "0"

    def _option(self, asked: Any, resolved: dict[str, Any]) -> Any:
        kind = OptionType(asked["type"])
        if kind is OptionType.STRING:
            if self._dice.random() < 0.3:
                return self._argument(asked["name"])
            return self._words(asked.get("max_length") or 6_000)
        if kind in {OptionType.INTEGER, OptionType.NUMBER}:
            least, most = asked.get("min_value", -5), asked.get("max_value", 5)
            return self._dice.choice([least, most, least - 1, most + 1, 0, -1, 2**53 - 1, -(2**53)])
        if kind is OptionType.BOOLEAN:
            return self._dice.random() < 0.5
        if kind is OptionType.ATTACHMENT:
            return self._attachment(resolved)
        if kind is OptionType.CHANNEL:
            return self._channel(resolved)
        return self._user(resolved)

    def _user(self, resolved: dict[str, Any]) -> str:
        backend = self._ground.world.env.backend
        user = self._dice.choice(list(backend.users.values()))
        payload = dict(serializers.user_payload(user))
        if self._dice.random() < 0.3:
            payload["username"] = payload["global_name"] = self._name()
        resolved.setdefault("users", {})[str(user.id)] = payload
        return str(user.id)

    def _channel(self, resolved: dict[str, Any]) -> str:
        backend = self._ground.world.env.backend
        one = self._dice.choice([each for each in backend.channels.values() if each.guild_id])
        payload = dict(serializers.channel_payload(backend, one))
        payload |= {"permissions": "0", "name": self._name()}
        resolved.setdefault("channels", {})[str(one.id)] = payload
        return str(one.id)

    def _attachment(self, resolved: dict[str, Any]) -> str:
        """A file that is broken, or said to be larger than anything."""
        backend = self._ground.world.env.backend
        blob = words.yaml(self._dice, self._mark)
        name = self._name() + self._dice.choice([".yaml", ".json", ".csv", ".zip", ""])
        number = interactions.store_interaction_attachment(
            backend, self._ground.world.channel.id, name, blob, resolved
        )
        if self._dice.random() < 0.3:
            resolved["attachments"][str(number)]["size"] = 2**40
        return str(number)

    def _node(self, part: Any, resolved: dict[str, Any], *, within: bool) -> dict[str, Any]:
        if part["type"] == ComponentType.LABEL:
            inner = self._node(part["component"], resolved, within=within)
            return {"type": part["type"], "id": part.get("id", 1), "component": inner}
        sent = {"type": part["type"], "id": part.get("id", 1)}
        if "custom_id" not in part:
            return sent
        sent["custom_id"] = part["custom_id"]
        match ComponentType(part["type"]):
            case ComponentType.TEXT_INPUT:
                longest = part.get("max_length", 4_000) if within else 4_500
                typed = self._words(longest)
                if within and self._dice.random() < 0.5 and part.get("value"):
                    typed = part["value"]
                sent["value"] = typed
            case ComponentType.RADIO_GROUP:
                options = [one["value"] for one in part["options"]]
                sent["value"] = self._dice.choice([*options, "x"] if not within else options)
            case ComponentType.CHECKBOX:
                sent["value"] = self._dice.random() < 0.5
            case ComponentType.CHANNEL_SELECT:
                sent["values"] = [self._channel(resolved)]
            case ComponentType.USER_SELECT:
                sent["values"] = [self._user(resolved)]
            case ComponentType.ROLE_SELECT:
                backend = self._ground.world.env.backend
                roles = list(backend.guilds[self._ground.world.guild.id].roles.values())
                role = self._dice.choice(roles)
                payload = dict(serializers.role_payload(role))
                resolved.setdefault("roles", {})[str(role.id)] = payload
                sent["values"] = [str(role.id)]
            case ComponentType.FILE_UPLOAD:
                sent["values"] = [self._attachment(resolved)]
            case _:
                options = [one["value"] for one in part.get("options", [])]
                count = min(len(options), part.get("max_values", 1))
                sent["values"] = self._dice.sample(options, self._dice.randint(0, count))
                if not within:
                    sent["values"] = [self._argument("any")]
        return sent

    # What came of it

    async def _use(
        self, kind: int, root: Any, path: Any, options: list[Any], resolved: dict[str, Any]
    ) -> InteractionResult:
        nested = interactions.nest_options(root, path[1:], options)
        data = {"id": "1", "name": root["name"], "type": 1, "options": nested}
        if resolved:
            data["resolved"] = resolved
        who = self._who()
        answer = await send(self._ground, who, kind, data)
        await self._answered(who, answer)
        return answer

    async def _answered(self, who: Person, answer: InteractionResult) -> None:
        record = answer._interaction  # pyright: ignore[reportPrivateUsage]
        if not record.responded or record.loading:
            self.tally.unanswered[self._what] += 1
        for sent in self._sent():
            await self._judge(sent)
        if record.modal is not None and self.tally.inputs.total() > 0:
            await self._submit(who, answer)

    def _sent(self) -> Iterator[dict[str, Any]]:
        """What the bot has sent since it was last asked."""
        requests = self._ground.world.env.http_requests
        new, self._requests = requests[self._requests :], len(requests)
        for one in new:
            body = cast("dict[str, Any]", one.json)
            if body and one.method in {"POST", "PATCH"}:
                yield body.get("data") or body

    async def _judge(self, sent: dict[str, Any]) -> None:
        allowed = sent.get("allowed_mentions")
        says = sent.get("components") is not None or sent.get("content")
        if says and "title" not in sent and allowed is None:
            self.tally.mentions[f"{self._what}: nothing says who is mentioned"] += 1
        if allowed is not None:
            people = {str(one) for one in cast("list[Any]", allowed.get("users") or [])}
            if people - self._mentioned:
                self._mentioned |= await self._consented()
            if allowed.get("parse") or allowed.get("roles") or people - self._mentioned:
                self.tally.mentions[f"{self._what}: {sorted(allowed)}"] += 1
        if len(str(sent.get("name") or "")) > MOST_THREAD_NAME:
            self.tally.limits[f"{self._what}: a long name"] += 1
        for part in walk_components(sent.get("components") or []):
            said = str(part.get("content") or "")
            if LIVE.search(_FENCED.sub("", said)):
                self.tally.mentions[f"{self._what}: a live mention"] += 1
            if _HIDDEN.search(_FENCED.sub("", said)):
                self.tally.mentions[f"{self._what}: hidden signs"] += 1
            if "went wrong" in said:
                self.tally.failures[f"{self._what}: went wrong"] += 1
            if "title" not in sent and part.get("custom_id") and part.get("type") in {2, 3}:
                options = [one["value"] for one in part.get("options", [])]
                self._seen.append((part["custom_id"], options if part["type"] == 3 else None))
        if len(self._seen) > SEEN:
            del self._seen[self._dice.randrange(SEEN // 2)]

    async def _consented(self) -> set[str]:
        """Who asked to be mentioned: on duty, introduced, or in a thread of their own."""
        rows = await self._ground.rows()
        return {
            str(value)
            for table in ("company_duties", "company_places", "company_requests", "pairing_places")
            for row in rows[table]
            for name, value in row.items()
            if name.endswith("user_id")
        }

    def _judge_log(self) -> None:
        said = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        for line in said.splitlines():
            if words.MARK in line or SECRET in line:
                self.tally.logged[f"{self._what}: words"] += 1
            elif any(one in line for one in self._ids):
                self.tally.logged[f"{self._what}: an id"] += 1
            try:
                event = json.loads(line)
            except ValueError:
                event = {"level": "error", "event": "no event"}
            if event["level"] in {"error", "critical"}:
                told = f"{event['event']} {event.get('error', '')}".strip()
                self.tally.failures[f"{self._what}: {told}"] += 1

    def _judge_errors(self) -> None:
        raised = self._ground.world.env._errors  # pyright: ignore[reportPrivateUsage]
        for error in raised[self._errors :]:
            cause = getattr(error, "original", error)
            if not isinstance(cause, UserError | app_commands.AppCommandError):
                self.tally.failures[f"{self._what}: {logs.describe(cause)}"] += 1
        self._errors = len(raised)


def _leaves(root: Any) -> list[tuple[list[str], Any]]:
    found: Any = interactions.command_leaves(root) if root["type"] == 1 else []
    return found


def _options(leaf: Any) -> list[Any]:
    return leaf.get("options") or []
