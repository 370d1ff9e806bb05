"""What moderators can change about the FAQ; its language is the server's."""

from __future__ import annotations

from bot.settings.model import Channels, Toggle

ENABLED = Toggle(key="faq.enabled", default=True)
"""Whether members can ask here."""

CHANNELS = Channels(key="faq.channels", default=())
"""Where members can ask, threads of these channels included; none means everywhere."""
