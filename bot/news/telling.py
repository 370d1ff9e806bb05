"""Puts news into words, for the top of a private answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import clip, plain

if TYPE_CHECKING:
    from bot.client import Interaction
    from bot.texts import Words


async def news_lines(interaction: Interaction, words: Words) -> list[str]:
    """Give what this person is to be told, each in a sentence; it is told once.

    Call it where the answer is private and sure to be sent.
    """
    found = await interaction.client.runtime.news.take(interaction.user.id)
    lines: list[str] = []
    for item in found:
        server = interaction.client.get_guild(item.server_id)
        name = plain(clip(server.name, 60)) if server else words("news.a_server")
        lines.append(words(f"news.{item.key}", **item.params, server=name))
    return lines
