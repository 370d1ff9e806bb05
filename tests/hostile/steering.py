"""Everything that is a moderator's to do, done one after the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from discord import AppCommandType
from simcord import interactions
from simcord.results import InteractionResult

from tests.hostile.arguments import custom_ids, known
from tests.hostile.ground import Ground, Person, close_forms, send, tap

MOST = 3
"""Custom ids that are tried of each action."""


def moderator(ground: Ground) -> Person:
    return next(one for one in ground.members if one.id == ground.world.moderator.id)


async def submit(ground: Ground, who: Person, form: InteractionResult) -> InteractionResult:
    """Fill a form in: what can be chosen with the last choice, and what is typed as it was."""
    assert form.modal is not None
    given: list[dict[str, Any]] = []
    for number, part in enumerate(form.modal["components"], 1):
        inner: dict[str, Any] = part.get("component") or {}
        if "custom_id" not in inner:
            continue
        kept = {"type": inner["type"], "custom_id": inner["custom_id"]}
        options = [one["value"] for one in inner.get("options", ())]
        match inner["type"]:
            case 4:
                kept["value"] = _typed(inner)
            case 21:
                kept["value"] = options[-1]
            case 23:
                kept["value"] = True
            case _:
                kept["values"] = options[-1:]
        given.append({"type": 18, "id": number, "component": kept})
    data = {"custom_id": form.modal["custom_id"], "components": given}
    return await send(ground, who, 5, data)


def _typed(field: Mapping[str, Any]) -> str:
    value = str(field.get("value") or "")
    if value.isdecimal():
        return str(int(value) + 1)
    return value or "12"


def commands(ground: Ground) -> Iterator[tuple[str, dict[str, Any]]]:
    """The commands for moderators that can be used without an option."""
    tree = ground.world.bot.tree
    for command in tree.get_commands(type=AppCommandType.chat_input):
        if command.default_permissions is None:
            continue
        root: Any = command.to_dict(tree)
        for path, leaf in interactions.command_leaves(root):
            if not any(one.get("required") for one in leaf.get("options") or ()):
                nested = interactions.nest_options(root, path[1:], [])
                yield (
                    " ".join(path),
                    {"id": "1", "name": root["name"], "type": 1, "options": nested},
                )


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, and what came of it."""

    name: str
    shown: InteractionResult

    @property
    def can_be_filled_in(self) -> bool:
        """Whether a form opened without channel, role or file: Discord sends more of those."""
        modal = self.shown.modal
        parts: list[dict[str, Any]] = modal["components"] if modal is not None else []
        kinds = {int((part.get("component") or {"type": 0})["type"]) for part in parts}
        return bool(parts) and kinds <= {0, 3, 4, 21, 22, 23}


async def steps(ground: Ground, who: Person) -> AsyncGenerator[Step]:
    """Use every command without an option, and tap every button."""
    for name, data in commands(ground):
        shown = await send(ground, who, 2, data)
        yield Step(f"/{name}", shown)
    handlers = ground.world.bot.runtime.actions._handlers  # pyright: ignore[reportPrivateUsage]
    for action, (_, moderators) in sorted(handlers.items()):
        if not moderators or action == "privacy:server_erase":
            continue
        for custom_id in custom_ids(
            ground.world.bot.runtime.actions, action, known(ground, await ground.rows()), MOST
        ):
            shown = await tap(ground, who, custom_id)
            yield Step(custom_id, shown)
        close_forms(ground)
