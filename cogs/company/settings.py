"""What moderators can change about company."""

from __future__ import annotations

from typing import Any

from bot.settings.model import Channels, Hours, Number, Roles, Setting, Toggle
from cogs.company.model import MOST_HOURS

ENABLED = Toggle(key="company.enabled", default=False)
"""Whether members can ask for a person. Switching it off ends what is open."""

SUPPORTER_ROLES = Roles(key="company.supporter_roles", default=())
"""Who may go on duty."""

CALL_CHANNEL = Channels(key="company.call_channel", default=(), maximum=1)
"""Where supporters are called."""

THREAD_CHANNEL = Channels(key="company.thread_channel", default=(), maximum=1)
"""In which channel the private threads are made; askers and supporters must see it."""

STAFFED = Hours(key="company.staffed", default="")
"""When somebody is usually on duty."""

DUTY_HOURS = Number(key="company.duty_hours", default=3, minimum=1, maximum=12)
"""After how many hours a duty ends by itself."""

LIMIT = Number(key="company.limit", default=1, minimum=1, maximum=3)
"""Open conversations of one supporter at a time."""

WAIT_MINUTES = Number(key="company.wait_minutes", default=20, minimum=5, maximum=240)
"""After how long asker and moderators are told that nobody has come."""

ENDS_HOURS = Number(key="company.ends_hours", default=12, minimum=1, maximum=MOST_HOURS)
"""After how many hours a request ends by itself."""

SETTINGS: tuple[Setting[Any], ...] = (
    SUPPORTER_ROLES,
    CALL_CHANNEL,
    THREAD_CHANNEL,
    STAFFED,
    DUTY_HOURS,
    LIMIT,
    WAIT_MINUTES,
    ENDS_HOURS,
)
"""All but the switch, which does something when it is moved."""
