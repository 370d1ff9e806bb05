"""What one piece of news is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.privacy.model import Holding, Kind

HOLDING = Holding(table="news", person="user_id", kind=Kind.OWN, kept_days=90, kept_since="made_at")

SHOWN = 5
"""Told at once; of more, the latest."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell; its words are `news.<key>`, filled with `params` and the server's name.

    `params` hold what the bot itself wrote, never what a member typed.
    """

    id: str
    user_id: int
    server_id: int
    key: str
    params: Mapping[str, str | int]
    made_at: datetime
