"""What moderators can change about the FAQ; its language is the server's."""

from __future__ import annotations

from typing import Any

from bot.settings.model import Channels, Number, Setting, Toggle

ENABLED = Toggle(key="faq.enabled", default=True)
"""Whether members can ask here."""

CHANNELS = Channels(key="faq.channels", default=())
"""Where members can ask, threads of these channels included; none means everywhere."""

QUESTIONS_ENABLED = Toggle(key="faq.questions_enabled", default=True)
"""Whether members can send the moderators a question that was not found."""

QUESTIONS_DAYS = Number(key="faq.questions_days", default=14, minimum=3, maximum=30)
"""After how many days without an answer such a question is deleted."""

SETTINGS: tuple[Setting[Any], ...] = (ENABLED, CHANNELS, QUESTIONS_ENABLED, QUESTIONS_DAYS)
"""All of them, in the order in which the panel shows them."""
