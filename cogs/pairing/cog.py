"""Wires pairing: what members do, and the rounds in which they are brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.guide import Chapter, First
from bot.threads import Steps
from cogs.pairing import first_views, introductions_views
from cogs.pairing.agenda_cog import PairingAgenda
from cogs.pairing.drawing_cog import Drawer
from cogs.pairing.first_cog import FirstRound
from cogs.pairing.introductions_cog import (
    CloseCarrier,
    FollowupCarrier,
    IntroductionCarrier,
    Taps,
    TellCarrier,
)
from cogs.pairing.introductions_service import SCENE
from cogs.pairing.member_cog import Pair, RenewalCarrier
from cogs.pairing.model import CONSENT
from cogs.pairing.pairing_service import Pairing
from cogs.pairing.process_service import drawing_apart
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
from cogs.pairing.rounds_cog import AskCarrier, ManagePairing
from cogs.pairing.service import RENEWAL, Ground, Renewing, shipped_content
from cogs.pairing.settings import ENABLED

if TYPE_CHECKING:
    from bot.client import Alongside


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    ground = Ground(
        runtime.database,
        runtime.settings,
        runtime.notices,
        shipped_content(load=runtime.load, judged=False),
        runtime.texts.speaks,
        runtime.clock,
        runtime.jobs.wake,
        runtime.counting,
    )
    pairing = Pairing(ground)
    pairing.listen(runtime.privacy, runtime.membership, runtime.blocks)
    members, introductions, rounds = pairing.members, pairing.introductions, pairing.rounds
    runtime.consents.when_withdrawn(CONSENT, members.end)
    runtime.blocks.when_suggesting(introductions.recent)
    runtime.scenes.register(SCENE, introductions.scene)

    steps = Steps()
    drawer = Drawer(bot, pairing.draws, drawing_apart())
    asking = AskCarrier(bot, rounds)
    pairing.keep(
        runtime.jobs,
        {
            OPEN: asking,
            ASK: asking,
            DRAW: drawer,
            AGAIN: drawer,
            INTRODUCTION: IntroductionCarrier(bot, introductions, steps),
            FOLLOWUP: FollowupCarrier(bot, introductions, steps),
            CLOSE: CloseCarrier(bot, introductions, steps),
            TELL: TellCarrier(bot, introductions, rounds),
        },
    )
    runtime.jobs.register(RENEWAL, Renewing(), RenewalCarrier(bot))

    agenda = PairingAgenda(bot, rounds)
    runtime.agenda.register(agenda.tell)
    runtime.guide.register(
        Chapter(
            name="pairing",
            rank=40,
            settings=(ENABLED,),
            look=agenda.look,
            first=First("pairing.first.button", first_views.FIRST),
        )
    )

    pair = Pair(bot, members, introductions)
    pair.register()
    manage = ManagePairing(bot, rounds, members, drawer)
    manage.register()
    FirstRound(bot, rounds).register()
    Taps(bot, introductions, rounds).register()
    runtime.actions.on(introductions_views.MINE, pair.show)
    bot.tree.add_command(pair)
    runtime.manage.add_command(manage)
    await bot.add_cog(drawer)
