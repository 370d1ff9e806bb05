"""Wires pairing: what members do, and the rounds in which they are brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.threads import Steps
from cogs.pairing import introductions_views
from cogs.pairing.drawing_cog import Drawer
from cogs.pairing.drawing_service import Drawing, Draws
from cogs.pairing.introducing_service import Introducing
from cogs.pairing.introductions_cog import (
    CloseCarrier,
    FollowupCarrier,
    IntroductionCarrier,
    Taps,
    TellCarrier,
)
from cogs.pairing.introductions_service import SCENE, Introductions
from cogs.pairing.member_cog import Pair, RenewalCarrier
from cogs.pairing.model import CONSENT
from cogs.pairing.process_service import draw_apart
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
from cogs.pairing.rounds_service import Opening, Rounds
from cogs.pairing.service import HOLDINGS, RENEWAL, Members, Renewing, shipped_content
from cogs.pairing.settings import ENABLED
from cogs.pairing.telling_service import Telling

if TYPE_CHECKING:
    from bot.client import Alongside


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    database, settings, notices = runtime.database, runtime.settings, runtime.notices
    clock, wake = runtime.clock, runtime.jobs.wake
    shipped = shipped_content()
    members = Members(database, settings, shipped, clock, wake)
    telling = Telling(settings, runtime.texts.speaks)
    introductions = Introductions(
        database, settings, notices, members, telling, shipped, clock, wake
    )
    rounds = Rounds(database, settings, notices, members, introductions, telling, clock, wake)
    draws = Draws(database, members, introductions, telling, clock, wake)

    settings.declare(ENABLED, rounds.switched)
    runtime.privacy.register(*HOLDINGS)
    runtime.privacy.when_erasing(introductions.erased)
    members.when_leaving(rounds.leaving)
    runtime.consents.when_withdrawn(CONSENT, members.end)
    runtime.membership.register(members.held, members.left)
    runtime.membership.register(None, rounds.left)
    runtime.blocks.when_parted(introductions.parted)
    runtime.blocks.when_suggesting(introductions.recent)
    runtime.scenes.register(SCENE, introductions.scene)

    steps = Steps()
    drawer = Drawer(bot, draws, draw_apart)
    introducing = Introducing(settings, notices, telling)
    opening = Opening(settings, notices, rounds)
    drawing = Drawing(settings, notices, rounds, draws, telling)
    jobs = runtime.jobs
    asking = AskCarrier(bot, rounds)
    jobs.register(RENEWAL, Renewing(), RenewalCarrier(bot))
    jobs.register(OPEN, opening, asking)
    jobs.register(ASK, opening, asking)
    jobs.register(DRAW, drawing, drawer)
    jobs.register(AGAIN, drawing, drawer)
    jobs.register(INTRODUCTION, introducing, IntroductionCarrier(bot, introductions, steps))
    jobs.register(FOLLOWUP, introducing, FollowupCarrier(bot, introductions, steps))
    jobs.register(CLOSE, introducing, CloseCarrier(bot, introductions, steps))
    jobs.register(TELL, telling, TellCarrier(bot, introductions, rounds))

    pair = Pair(bot, members, introductions)
    pair.register()
    manage = ManagePairing(bot, rounds, members, drawer)
    manage.register()
    Taps(bot, introductions, rounds).register()
    runtime.actions.on(introductions_views.MINE, pair.show)
    bot.tree.add_command(pair)
    runtime.manage.add_command(manage)
    await bot.add_cog(drawer)
