"""How settings look that come from a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.settings.exchange import Refusal
from bot.settings.model import Setting
from bot.texts import Words
from bot.views import Form, Panel, button, clip, field, plain, row
from cogs.manage.views import spoken

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

GIVE = "settings:give"
TAKE = "settings:take"
APPLY = "settings:apply"

SHOWN = 12
"""Changes, and refusals, that are shown at once: more than a phone screen is not read."""

VALUE = 120
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One setting that a file would change: what it is, and what it would be."""

    setting: Setting[Any]
    now: Any
    then: Any


def given(words: Words, filename: str) -> Panel:
    """The file goes with it."""
    return Panel(words("settings.file.given"), ui.File[Any](f"attachment://{filename}"))


def preview(words: Words, coming: Sequence[Coming], same: int, kept: str) -> Panel:
    """What a file would change, before it does."""
    lines = [_change(words, each) for each in coming[:SHOWN]]
    more = len(coming) - len(lines)
    follows = [
        words(f"settings.{each.setting.key}.follows" + ("_on" if each.then else "_off"))
        for each in coming
        if each.setting.asks_first
    ]
    if not coming:
        return Panel(words("settings.file.nothing"), row(_back(words)))
    return Panel(
        f"## {words('settings.file.title')}",
        "\n".join(lines),
        words("settings.file.more", count=more) if more else None,
        *follows,
        "-# " + words("settings.file.same", count=same),
        row(
            button(words("settings.file.apply"), APPLY, kept, style=discord.ButtonStyle.primary),
            _back(words),
        ),
    )


def refused(words: Words, refusals: Sequence[Refusal]) -> Panel:
    """Why a file was not taken, line by line; nothing was changed."""
    lines = [
        "- "
        + words(
            "settings.file.line",
            line=refusal.line or 0,
            name=plain(clip(refusal.name, 60)),
            reason=words(refusal.key, **refusal.params),
        )
        for refusal in refusals[:SHOWN]
    ]
    more = len(refusals) - len(lines)
    return Panel(
        f"## {words('settings.file.refused')}",
        "\n".join(lines),
        words("settings.file.more", count=more) if more else None,
        row(button(words("settings.file.again"), TAKE), _back(words)),
    )


def applied(words: Words, count: int) -> Panel:
    """It holds now."""
    return Panel(words("settings.file.applied", count=count), row(_back(words)))


def _change(words: Words, each: Coming) -> str:
    now, then = (clip(spoken(each.setting, value, words), VALUE) for value in (each.now, each.then))
    name = words(f"settings.{each.setting.key}.name")
    return f"- **{name}**: " + words("audit.change", before=now, after=then)


def _back(words: Words) -> ui.Button[Any]:
    return button(words("audit.settings_button"), "settings:open")


class FileForm(Form):
    """Takes one file."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        taken: Callable[[Interaction, discord.Attachment], Awaitable[None]],
    ) -> None:
        self._file: ui.FileUpload[Any] = ui.FileUpload(max_values=1)

        async def hand_over(interaction: Interaction) -> None:
            await taken(interaction, self._file.values[0])

        super().__init__(
            client,
            words("settings.file.form"),
            hand_over,
            field(
                words("settings.file.field"),
                self._file,
                description=words("settings.file.field_meaning"),
            ),
            moderators=True,
        )
