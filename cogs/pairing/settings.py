"""What moderators can change about pairing."""

from __future__ import annotations

from bot.settings.model import Toggle

ENABLED = Toggle(key="pairing.enabled", default=False)
"""Whether members can join, and rounds are drawn. Members and plan stay while it is off."""
