"""What a report is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.pace import Limit
from bot.privacy.model import Holding, Kind

WORDS_LENGTH = 1_500
"""Characters of one report."""

HOLDINGS = (
    Holding(
        table="reports",
        person="reporter_user_id",
        kind=Kind.OWN,
        kept_days=90,
        kept_since="made_at",
    ),
    Holding(
        table="reports",
        person="about_user_id",
        kind=Kind.ABOUT,
        kept_days=30,
        kept_since="handled_at",
    ),
)

MEMBER_LIMITS = (Limit(5, timedelta(hours=1)), Limit(10, timedelta(days=1)))
"""Reports of one person, in all servers together."""

SERVER_LIMITS = (Limit(60, timedelta(hours=1)),)
"""Reports in one server: many at once are one flood, and moderators read each."""

NOTICE = "report_waiting"
"""The notice that something waits; it is about all that does, so that many raise one."""


@dataclass(frozen=True, slots=True)
class Report:
    """One member's words to the moderators of a server.

    `about_user_id` is None where it is about the bot's own words, or about nobody in particular.
    `named` says whether moderators may see who reports. `scene` is where it was made
    (`safety.scene.<scene>`); `reference` the ids of channel and message, as far as there are any.
    """

    id: str
    server_id: int
    reporter_user_id: int
    about_user_id: int | None
    named: bool
    scene: str
    reference: str | None
    words: str
    made_at: datetime
    handled_at: datetime | None = None
