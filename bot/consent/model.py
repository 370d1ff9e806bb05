"""What a yes is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.privacy.model import Holding, Kind

HALF_A_YEAR = timedelta(days=182)
"""After this long a person is asked again: 26 weeks, so at the same hour of the same weekday."""

HOLDING = Holding(table="consents", person="user_id", kind=Kind.OWN)


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's yes to one feature in one server, to the words of a version."""

    user_id: int
    server_id: int
    feature: str
    version: int
    given_at: datetime
    renew_at: datetime
