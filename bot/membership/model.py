"""When somebody counts as gone."""

from __future__ import annotations

from datetime import timedelta

from bot.privacy.model import Holding, Kind

SURE_AFTER = timedelta(days=1)
"""Somebody is gone when they are not found twice, at least so far apart."""

HOLDING = Holding(
    table="membership_missing",
    person="user_id",
    kind=Kind.OWN,
    kept_days=90,
    kept_since="since_at",
)
