"""What moderators can change about check-ins."""

from __future__ import annotations

from bot.settings.model import Toggle

ENABLED = Toggle(key="checkins.enabled", default=True)
"""Whether check-ins are sent in this server and to its members. Schedules stay while it is off."""
