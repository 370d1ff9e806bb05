"""Who takes part in pairing: joined, changed, paused and left by members themselves."""

from __future__ import annotations

from bot.privacy import Holding, Kind

HOLDINGS = (
    Holding(table="pairing_members", person="user_id", kind=Kind.OWN),
    Holding(table="pairing_topics"),
    Holding(table="pairing_plans"),
    Holding(table="pairing_rounds", kept_days=364, kept_since="ends_at"),
    Holding(
        table="pairing_answers",
        person="user_id",
        kind=Kind.OWN,
        kept_days=30,
        kept_since="answered_at",
    ),
    Holding(table="pairing_introductions", kept_days=30, kept_since="ended_at"),
    Holding(
        table="pairing_places", person="user_id", kind=Kind.OWN, kept_days=30, kept_since="ended_at"
    ),
    Holding(
        table="pairing_met",
        person="first_user_id",
        kind=Kind.OWN,
        kept_days=364,
        kept_since="met_at",
    ),
    Holding(
        table="pairing_met",
        person="second_user_id",
        kind=Kind.OWN,
        kept_days=364,
        kept_since="met_at",
    ),
)
"""Who met whom is kept for as long as a repeat is dear, a year of weekly rounds, and no longer."""
