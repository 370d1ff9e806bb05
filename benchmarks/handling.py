"""What answering costs: CPU time of one interaction, beside an empty command, in one run.

`python -m benchmarks.handling` prints a table, `--json` the figures. Processes of both bots answer
one interaction after the other over HTTP: their CPU time, and how long each reply took. The least
bot has what discord.py brings along; beside it stands the same bot with orjson, which ours has.

What is ours of it is seen without the network: the real bot, with all its
features and an encrypted store, and discord.py's least bot, whose one command answers a fixed
text, get the same INTERACTION_CREATE payloads at discord.py's parser. Nothing goes over a network:
where discord.py would send, the answer is made into JSON and acknowledged at once. What both pay
for the network in the same way is therefore left out, and the ratios are larger than they
would be with it; and both have orjson.

Each answer of ours is also sent by the least bot, as a finished message of the same texts and
buttons: what that costs is discord.py's price of such a message, what is above it is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import discord
import discord.webhook.async_ as webhooks
from discord import ui

from benchmarks import double
from benchmarks.double import LATER, Payload
from benchmarks.peers import Running, empty_bot, started
from bot.client import Alongside
from bot.config import Config
from bot.opening import open_runtime
from cogs.faq.service import TOKEN

if TYPE_CHECKING:
    from discord.ext import commands

ROUNDS = 24
EACH_ROUND = 40
WARM_UP = 60
QUICK_ROUNDS = 1
QUICK_EACH = 3
GOAL_RATIO = 1.5
EMPTY = "the empty command"
FITTED = "the empty command, with orjson"
SAME = "same as "
QUESTION = "what is peer support"
TYPED = (
    "what is pe",
    "w",
    "how do i lea",
    "peer sup",
    "can mods re",
    "i feel so alo",
    "who can see my ans",
    "does it co",
    "chekc in",
    "is this anonym",
    "what happens if i mi",
    "talk to a pers",
    "how",
    "my friend is",
    "stop the che",
    "how do i chan",
    "pairin",
    "i dont want to be pai",
    "why did i g",
    "no one repl",
    "what if we dont get al",
    "rules",
    "delete my da",
    "is the bot a re",
    "ca",
    "when is the next rou",
    "how to reprot som",
    "do you store my mes",
    "i",
    "cant sleep and my",
    "how can i help someone wh",
    "what do i say to",
    "langu",
    "where do i find a helpl",
    "am i too ol",
    "is it only for peopl",
    "tell me abuot",
    "block som",
    "who is be",
    "i need to talk to somebody ri",
    "",
)
"""Half-typed questions, each keystroke another one: first letters, half words, slips, words that
no entry has. One that always came again would flatter whatever remembers."""


class Line(webhooks.AsyncWebhookAdapter):
    """Takes what discord.py would send, and says at once that it has arrived.

    The reply is composed once for each kind of interaction, and from then on only read, as from
    a network: what Discord does to compose it is no work of the bot's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.told: Payload = {}
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.reply: str | None = None

    def expect(self, told: Payload, reply: str | None = None) -> asyncio.Future[str]:
        """Get ready for the answer to an interaction; gives what will hold its JSON."""
        self.told, self.reply = told, reply
        self.answer = asyncio.get_running_loop().create_future()
        return self.answer

    async def request(self, *args: Any, payload: Any = None, **options: Any) -> Any:
        """Stand in for discord.py's HTTP request."""
        sent = discord.utils._to_json(payload)  # pyright: ignore[reportPrivateUsage]
        if self.reply is not None:
            self.answer.set_result(sent)
            return json.loads(self.reply)
        answer = json.loads(sent)
        if answer.get("type") in LATER:
            return double.acknowledged(self.told, answer)
        if "data" in answer:
            made = double.acknowledged(self.told, answer)
        else:
            made = double.sent_message(answer)
            sent = json.dumps({"type": 4, "data": answer})
        self.reply = json.dumps(made)
        self.answer.set_result(sent)
        return made


@dataclass(slots=True)
class Bot:
    """A bot that believes to be connected."""

    client: commands.AutoShardedBot
    line: Line

    @classmethod
    async def joined(cls, client: commands.AutoShardedBot, line: Line) -> Self:
        """Set a bot up and let it know of one server."""

        async def request(route: Any, **options: Any) -> Any:
            return double.registered(options["json"])

        state: Any = client._connection  # pyright: ignore[reportPrivateUsage]
        state.application_id = int(double.BOT)
        state.user = discord.ClientUser(state=state, data=cast(Any, double.bot_user()))
        state.shard_count = 1
        cast(Any, client.http).request = request
        await client.setup_hook()
        state.parse_guild_create(double.server(0))
        return cls(client, line)

    async def use(self, told: Payload, reply: str | None = None) -> str:
        """Hand an interaction over as the gateway would; gives the answer's JSON."""
        answer = self.line.expect(told, reply)
        state: Any = self.client._connection  # pyright: ignore[reportPrivateUsage]
        state.parse_interaction_create(told)
        sent = await answer
        # What follows the answer in discord.py and in the handler belongs to the interaction.
        for _ in range(4):
            await asyncio.sleep(0)
        return sent

    async def answer(self, told: Payload) -> Payload:
        """Use the bot once, and read what it answers."""
        return json.loads(await self.use(told))

    async def cpu_us(self, tell: Callable[[], Payload], count: int) -> float:
        """Microseconds of CPU that one such interaction takes, over `count` of them."""
        before = asyncio.all_tasks()
        await self.use(tell())
        reply = self.line.reply
        texts = [json.dumps(tell()) for _ in range(count)]
        start = time.process_time()
        for text in texts:
            await self.use(json.loads(text), reply)
        took = time.process_time() - start
        # Messages that wait for a tap would pile up as they never do in a minute of real use.
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.sleep(0)
        return took / count * 1e6


def same_message(components: list[Payload]) -> ui.LayoutView:
    """A finished message of the same texts and buttons, in discord.py's own items."""
    view = ui.LayoutView()
    for part in components:
        view.add_item(_item(part))
    return view


def _item(part: Payload) -> ui.Item[Any]:
    inner = [_item(one) for one in part.get("components", ())]
    match part["type"]:
        case 1:
            return ui.ActionRow(*inner)
        case 2:
            return ui.Button(
                style=discord.ButtonStyle(part["style"]),
                label=part.get("label"),
                custom_id=part.get("custom_id"),
                url=part.get("url"),
            )
        case 3:
            options = [
                discord.SelectOption(label=one["label"], value=one["value"])
                for one in part["options"]
            ]
            return ui.Select(custom_id=part["custom_id"], options=options)
        case 9:
            return ui.Section(*inner, accessory=_item(part["accessory"]))
        case 10:
            return ui.TextDisplay(part["content"])
        case 14:
            return ui.Separator()
        case 17:
            return ui.Container(*inner, accent_colour=part.get("accent_color"))
        case other:
            raise ValueError(f"a message has a part of type {other}, which is not known here")


def find_button(answer: Payload, action: str) -> str:
    """The custom id of the first button that asks for `action`."""

    def search(parts: list[Payload]) -> str | None:
        for part in parts:
            if str(part.get("custom_id", "")).startswith(action):
                return str(part["custom_id"])
            found = search(part.get("components", []))
            if found:
                return found
        return None

    found = search(answer["data"]["components"])
    assert found is not None, f"no button asks for {action}"
    return found


Tell = Callable[[], Payload]


async def cases(answer: Callable[[Payload], Awaitable[Payload]]) -> dict[str, Tell]:
    """What members do, by name, ready to be told to our bot as often as wanted."""
    ask = double.command("faq ask", question=QUESTION)
    found = await answer(double.interaction(2, ask))
    message = double.sent_message(found["data"])
    pressed = double.press(find_button(found, "faq:show"))
    keystrokes = [double.keystroke("faq ask", "question", typed) for typed in TYPED]
    offered = await answer(double.interaction(4, keystrokes[0]))
    typed = cycle(keystrokes)
    # The first choice repeats what was typed; a suggestion is what names an entry.
    values = [choice["value"] for choice in offered["data"]["choices"]]
    suggestion = next(value for value in values if value.startswith(TOKEN))
    chosen = double.command("faq ask", question=suggestion)
    return {
        "/about": lambda: double.interaction(2, double.command("about")),
        "/faq ask, a suggestion": lambda: double.interaction(2, chosen),
        "/faq ask, own words": lambda: double.interaction(2, ask),
        "a button, faq:show": lambda: double.interaction(3, pressed, message),
        "a keystroke of /faq ask": lambda: double.interaction(4, next(typed)),
        "/settings": lambda: double.interaction(2, double.command("settings")),
    }


def empty() -> Payload:
    """The use of the empty command."""
    return double.interaction(2, double.command("empty"))


def add_same(bare: Bot, name: str, answer: Payload) -> Tell | None:
    """Let the least bot send what ours answered, if it is a message; gives how to ask for it."""
    components = answer["data"].get("components")
    if components is None:
        return None
    path = f"same{len(bare.client.tree.get_commands())}"

    async def send(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(view=same_message(components), ephemeral=True)

    bare.client.tree.command(name=path, description=name)(send)
    return lambda: double.interaction(2, double.command(path))


Took = dict[str, list[float]]


async def without_network(rounds: int, each: int) -> Took:
    """Microseconds of CPU by name, `same as ...` for the least bot's message; in turns."""
    async with AsyncExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-bench-"))
        line = Line()
        webhooks.async_context.set(line)
        runtime = await open_runtime(Config(state_dir=Path(place)))
        alongside = await stack.enter_async_context(Alongside(runtime))
        ours = await Bot.joined(alongside, line)
        bare = await Bot.joined(await stack.enter_async_context(empty_bot()), line)
        measured: dict[str, tuple[Bot, Tell]] = {EMPTY: (bare, empty)}
        for name, tell in (await cases(ours.answer)).items():
            measured[name] = (ours, tell)
            same = add_same(bare, name, await ours.answer(tell()))
            if same is not None:
                measured[SAME + name] = (bare, same)
        for bot, tell in measured.values():
            await bot.cpu_us(tell, each * WARM_UP // EACH_ROUND)
        # As the bot does when it is ready.
        gc.collect()
        gc.freeze()
        took: Took = {name: [] for name in measured}
        for _ in range(rounds):
            for name, (bot, tell) in measured.items():
                took[name].append(await bot.cpu_us(tell, each))
        gc.unfreeze()
    return took


async def whole_process(rounds: int, each: int) -> tuple[Took, Took]:
    """What real processes take over HTTP and WebSocket, by name; in turns, one use at a time.

    Microseconds of CPU by round; milliseconds from each interaction to its reply.
    """
    async with AsyncExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-bench-"))

        async def join(name: str) -> tuple[double.Discord, Running]:
            world = await stack.enter_async_context(double.Discord([double.server(0)]))
            process = started(name, world.url, Path(place))
            return world, await stack.enter_async_context(process)

        ours, bare, fitted = await join("ours"), await join("bare"), await join("fitted")
        told = await cases(ours[0].use)
        peers = {EMPTY: (*bare, empty), FITTED: (*fitted, empty)}
        measured = peers | {name: (*ours, tell) for name, tell in told.items()}
        took: Took = {name: [] for name in measured}
        waits: Took = {name: [] for name in measured}
        for number in range(rounds + 1):
            for name, (world, process, tell) in measured.items():
                before = await process.cpu_now()
                waited: list[float] = []
                for _ in range(each):
                    began = time.perf_counter()
                    await world.use(tell())
                    waited.append((time.perf_counter() - began) * 1e3)
                used = (await process.cpu_now() - before) / each * 1e6
                if number:  # the first warms up
                    took[name].append(used)
                    waits[name] += waited
    return took, waits


def _ratio(mine: list[float], theirs: list[float]) -> float:
    pairs = zip(mine, theirs, strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)


def figures(took: Took) -> dict[str, Any]:
    """Medians, and ratios taken round by round."""
    found: dict[str, Any] = {}
    for name, times in took.items():
        if name.startswith(SAME):
            continue
        found[name] = {
            "cpu_us": round(statistics.median(times)),
            "ratio": _ratio(times, took[EMPTY]),
        }
        same = took.get(SAME + name)
        if same is not None:
            found[name] |= {
                "same_message_cpu_us": round(statistics.median(same)),
                "same_message_ratio": _ratio(times, same),
            }
    return found


def not_exceeded(waits: list[float], share: float) -> float:
    """The wait that so large a share of them did not exceed, by the nearest rank."""
    return sorted(waits)[math.ceil(share * len(waits)) - 1]


async def run(rounds: int, each: int) -> dict[str, Any]:
    """Measure both ways, each so often a round."""
    took, waits = await whole_process(rounds, each)
    whole = figures(took)
    for name, row in whole.items():
        row["p50_ms"] = round(not_exceeded(waits[name], 0.5), 1)
        row["p99_ms"] = round(not_exceeded(waits[name], 0.99), 1)
    return {
        "goal_ratio": GOAL_RATIO,
        "rounds": rounds,
        "whole_process": whole,
        "without_network": figures(await without_network(rounds, each)),
    }


def table(found: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    whole, bare = found["whole_process"], found["without_network"]
    rows = [
        f"{'':<32}{'whole process':>36}{'without network':>18}{'same message, bare':>20}",
        f"{'interaction':<32}{'CPU µs':>10}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}"
        f"{'CPU µs':>10}{'ratio':>8}"
        f"{'CPU µs':>12}{'ratio':>8}",
    ]
    for name, row in whole.items():
        inside = bare.get(name, {"cpu_us": "", "ratio": ""})
        rows.append(
            f"{name:<32}{row['cpu_us']:>10}{row['ratio']:>8}{row['p50_ms']:>9}{row['p99_ms']:>9}"
            f"{inside['cpu_us']:>10}{inside['ratio']:>8}"
            f"{inside.get('same_message_cpu_us', ''):>12}{inside.get('same_message_ratio', ''):>8}"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure answers beside an empty command.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    options = parser.parse_args()
    measured = (QUICK_ROUNDS, QUICK_EACH) if options.quick else (ROUNDS, EACH_ROUND)
    found = asyncio.run(run(*measured))
    sys.stdout.write(f"{json.dumps(found, indent=2) if options.json else table(found)}\n")


if __name__ == "__main__":
    main()
