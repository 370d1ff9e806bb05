"""What a notice is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.privacy.model import Holding

HOLDING = Holding(table="notices", kept_days=90, kept_since="raised_at")

KIND = "notices.post"
"""The kind of the promise to post a notice."""

POST_GRACE = timedelta(days=1)
"""How late a notice is still posted; after that it stands on the panel alone."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that moderators must know; its words are `notices.<key>`, filled with `params`.

    `subject` is what it is about. Channels in `params` are ids, written as mentions where they are
    shown; a notice never names a member.
    """

    id: str
    server_id: int
    key: str
    subject: str
    params: Mapping[str, str | int]
    raised_at: datetime
    seen_at: datetime | None = None
