"""All use cases of pairing, made once from what the process has, and who keeps which promise."""

from __future__ import annotations

from collections.abc import Mapping

from bot.blocks.service import Blocks
from bot.jobs.runner import Carrier, Promises, Runner
from bot.membership.service import Membership
from bot.privacy import Privacy
from cogs.pairing.drawing_service import Drawing, Draws
from cogs.pairing.introducing_service import Introducing
from cogs.pairing.introductions_service import Introductions
from cogs.pairing.promises_service import (
    AGAIN,
    ASK,
    CLOSE,
    DRAW,
    FOLLOWUP,
    INTRODUCTION,
    OPEN,
    TELL,
)
from cogs.pairing.rounds_service import Opening, Rounds
from cogs.pairing.service import HOLDINGS, Ground, Members
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling


class Pairing:
    """The use cases, each made once."""

    def __init__(self, ground: Ground) -> None:
        """Declare what switches it on; who may meet has been declared before."""
        settings, notices = ground.settings, ground.notices
        self.members = Members(ground)
        self.telling = Telling(settings, ground.speaks)
        self.introductions = Introductions(ground, self.members, self.telling)
        self.rounds = Rounds(ground, self.members, self.introductions, self.telling)
        self.draws = Draws(ground, self.members, self.introductions, self.telling)
        settings.declare(ENABLED, self.rounds.switched)
        self.members.when_leaving(self.rounds.leaving)
        opening = Opening(settings, notices, self.rounds)
        drawing = Drawing(settings, notices, self.rounds, self.draws, self.telling)
        introducing = Introducing(settings, notices, self.telling, ground.counting)
        self._promises: dict[str, Promises] = {
            OPEN: opening,
            ASK: opening,
            DRAW: drawing,
            AGAIN: drawing,
            INTRODUCTION: introducing,
            FOLLOWUP: introducing,
            CLOSE: introducing,
            TELL: self.telling,
        }

    def keep(self, runner: Runner, carriers: Mapping[str, Carrier]) -> None:
        """Keep the promises of rounds; `carriers` are who carries each kind to Discord."""
        for kind, promises in self._promises.items():
            # A draw that has begun is ended: it posts nothing, and those it brings together wait.
            runner.register(kind, promises, carriers[kind], goes_on=kind in {CLOSE, DRAW})

    def listen(self, privacy: Privacy, membership: Membership, blocks: Blocks) -> None:
        """Be told of whoever erases what is theirs, is gone from a server, or is parted."""
        privacy.register(*HOLDINGS)
        privacy.when_erasing(self.introductions.erased)
        membership.register(self.members.held, self.members.left)
        membership.register(None, self.rounds.left)
        blocks.when_parted(self.introductions.parted)
