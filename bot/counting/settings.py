"""What moderators can change about counts."""

from __future__ import annotations

from bot.settings.model import Toggle

ENABLED = Toggle(key="insights.enabled", default=False, asks_first=True)
"""Whether anything is counted. Months begin and end in the server's own zone."""
