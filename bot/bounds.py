"""Whom the roles of a server let meet: adults among adults, and nobody outside chosen roles.

Roles are read at the moment they are needed and never stored. Whose roles cannot be read now is
brought together with nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.settings.model import Roles, Setting, Toggle

if TYPE_CHECKING:
    from bot.settings.service import Settings

ALL_ADULTS = Toggle(key="meeting.all_adults", default=False, managers_only=True, asks_first=True)
"""Whether everybody in the server is of age."""

ADULT_ROLES = Roles(
    key="meeting.adult_roles",
    default=(),
    managers_only=True,
    asks_first=True,
    overruled_by=ALL_ADULTS.key,
)
"""Roles that say that somebody is of age."""

OTHERS_MEET = Toggle(
    key="meeting.others_meet",
    default=False,
    managers_only=True,
    asks_first=True,
    overruled_by=ALL_ADULTS.key,
)
"""Whether people without such a role are brought together with each other.

Off, because an adult can do without the role as easily as a minor: it keeps them from nobody.
"""

WITHIN_ROLES = Roles(key="meeting.within_roles", default=())
"""Only people who share one of these roles meet; without any, roles draw no further line."""

SETTINGS: tuple[Setting[Any], ...] = (ADULT_ROLES, ALL_ADULTS, OTHERS_MEET, WITHIN_ROLES)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person's roles put them at this moment.

    `admitted` is False for whom the server's rules let meet nobody.
    """

    adult: bool
    circles: frozenset[str]
    admitted: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a server decided about who may meet, as ids of roles."""

    all_adults: bool
    adult_roles: frozenset[int]
    within: frozenset[int] = frozenset()
    others_meet: bool = False

    @property
    def decided(self) -> bool:
        """Whether it is known who is of age; before that nobody is brought together."""
        return self.all_adults or bool(self.adult_roles)

    def place(self, role_ids: Collection[int]) -> Standing:
        """Say where the roles that a person has now put them."""
        adult = self.all_adults or not self.adult_roles.isdisjoint(role_ids)
        circles = frozenset(str(role_id) for role_id in self.within.intersection(role_ids))
        admitted = self.decided and (adult or self.others_meet)
        return Standing(adult, circles, admitted and (not self.within or bool(circles)))


def may_meet(one: Standing, other: Standing) -> bool:
    """Whether roles let two people meet; what they wish and whom they block is asked elsewhere."""
    if not (one.admitted and other.admitted) or one.adult is not other.adult:
        return False
    return one.circles == other.circles == frozenset() or not one.circles.isdisjoint(other.circles)


async def bounds_of(settings: Settings, server_id: int) -> Bounds:
    """Give what a server decided."""
    return Bounds(
        await settings.get(server_id, ALL_ADULTS),
        frozenset(await settings.get(server_id, ADULT_ROLES)),
        frozenset(await settings.get(server_id, WITHIN_ROLES)),
        await settings.get(server_id, OTHERS_MEET),
    )
