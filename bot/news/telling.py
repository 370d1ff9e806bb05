"""Puts news into words, for the top of a private answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.news.model import SHOWN
from bot.views import plain, when_answered

if TYPE_CHECKING:
    from bot.client import Interaction
    from bot.texts import Words


async def news_lines(interaction: Interaction, words: Words) -> list[str]:
    """Give what this person is to be told, each in a sentence; it is forgotten once they have it.

    Call it where the answer is private.
    """
    news = interaction.client.runtime.news
    found = await news.unheard(interaction.user.id)
    if found:
        when_answered(interaction, lambda: news.heard(found))
    names = await interaction.client.servers.names(item.server_id for item in found[-SHOWN:])
    lines: list[str] = []
    for item in found[-SHOWN:]:
        server = names.get(item.server_id)
        name = plain(server) if server else words("news.a_server")
        lines.append(words(f"news.{item.key}", **item.params, server=name))
    return lines
