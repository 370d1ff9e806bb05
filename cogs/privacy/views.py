"""How /privacy looks."""

from __future__ import annotations

import discord
from discord import ui

from bot.texts import Words
from bot.views import Panel, button, helplines_button, row


def page(words: Words, kept: dict[str, list[dict[str, object]]]) -> Panel:
    """What is kept about this person, and what they can do about it."""
    if kept:
        held = "\n".join(
            f"- {words(f'privacy.holds.{table}')}: " + words("privacy.rows", count=len(rows))
            for table, rows in kept.items()
        )
    else:
        held = words("privacy.nothing")
    return Panel(
        f"## {words('privacy.title')}",
        held,
        words("privacy.never"),
        "-# " + words("privacy.about_you"),
        row(
            button(words("privacy.export"), "privacy:export"),
            button(words("privacy.erase"), "privacy:ask_erase", style=discord.ButtonStyle.danger),
            helplines_button(words),
        ),
    )


def exported(words: Words) -> Panel:
    """The file goes with it."""
    return Panel(words("privacy.exported"), ui.File("attachment://alongside-my-data.json"))


def confirm(words: Words) -> Panel:
    """Ask once before erasing."""
    return Panel(
        f"## {words('privacy.confirm.title')}",
        words("privacy.confirm.body"),
        row(
            button(words("privacy.confirm.yes"), "privacy:erase", style=discord.ButtonStyle.danger),
            button(words("privacy.confirm.no"), "privacy:show"),
        ),
    )


def erased(words: Words, count: int) -> Panel:
    """The receipt."""
    if not count:
        return Panel(words("privacy.erased.nothing"))
    return Panel(f"## {words('privacy.erased.title')}", words("privacy.erased.body", count=count))
