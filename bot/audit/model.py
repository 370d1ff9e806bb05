"""What an audit line says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from bot.privacy.model import Holding, Kind

HOLDING = Holding(
    table="audit_lines",
    person="actor_user_id",
    kind=Kind.ABOUT,
    kept_days=365,
    kept_since="changed_at",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for: all, or those of one feature, of one moderator, of both."""

    feature: str | None = None
    actor_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One change: `action` is `<feature>.<verb>`, `target` what it was done to.

    `before` and `after` are what moderators themselves wrote or chose, never a member's words.
    """

    id: str
    server_id: int
    actor_user_id: int
    changed_at: datetime
    action: str
    target: str
    before: str | None
    after: str | None

    @classmethod
    def of(
        cls,
        server_id: int,
        actor_user_id: int,
        changed_at: datetime,
        action: str,
        target: str,
        before: str | None = None,
        after: str | None = None,
    ) -> Line:
        """Make a line with an id of its own."""
        return cls(uuid4().hex, server_id, actor_user_id, changed_at, action, target, before, after)
