"""Where a button stands that reaches the moderators, or blocks: what brought people together there.

A button on an introduction or a request carries the name of its feature and a reference. Who is
behind it is looked up at the moment of the tap, for the person who taps: a reference that somebody
made up, or that has nothing to do with them, leads nowhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class Scene:
    """What one person may report about, or whom they may block, from where they tapped.

    `about_user_id` is the one other person there, None where there are several or none;
    `channel_id` is the thread or channel, None for direct messages; `others` are the people there
    where there are several, so that it can be asked who is meant.
    """

    server_id: int
    about_user_id: int | None = None
    channel_id: int | None = None
    others: tuple[int, ...] = ()
    forgotten: bool = False
    """Whether there was somebody of whom nothing is known any more."""


Finding = Callable[[str, int], Awaitable[Scene | None]]
"""Gives what a reference stands for to a person; None where they have no part in it."""


class Scenes:
    """The features that bring people together; each name has the words `safety.scene.<name>`."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding] = {}

    def register(self, name: str, find: Finding) -> None:
        """Make a feature's references known."""
        if name in self._findings:
            raise ValueError(f"the scene {name} is registered twice")
        self._findings[name] = find

    async def find(self, name: str, reference: str, user_id: int) -> Scene:
        """Give what stands behind a button for this person; raises UserError for nothing."""
        finding = self._findings.get(name)
        scene = None if finding is None else await finding(reference, user_id)
        if scene is None:
            raise UserError("errors.old_button")
        return scene
