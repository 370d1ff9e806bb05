"""How a member's own check-ins look: the words they agree to, what is on, and one-tap ways out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.recurrence import Rule
from bot.views import Panel, button, clip, helplines_button, plain, row
from bot.zones import place_name
from cogs.checkins import views
from cogs.checkins.model import CONSENT_VERSION, Off, Schedule, State

if TYPE_CHECKING:
    from bot.texts import Words

START = "checkins:own_start"
"""Says yes; the arguments are days, time, zone, the version of the words, and a nonce."""

NO = "checkins:own_no"
UNSKIP = "checkins:own_unskip"
"""Lets the next one come after all; the argument is the schedule's id."""

_ANYWHERE = "status"
"""Stands for the id of a message on buttons that are on none of the messages sent."""

SHOWN = 5
"""Schedules in one message: one for each server, and few are in more."""


def when(words: Words, rule: Rule) -> str:
    """Say when a rule comes: days, time and place, as one reads it."""
    days, at = views.days_text(words, rule), f"{rule.at:%H:%M}"
    return words("checkin.when", days=days, time=at, zone=place_name(rule.zone, words.locale))


def asking(
    words: Words,
    news: Sequence[str],
    server: str,
    rule: Rule,
    first: datetime,
    *,
    nonce: str,
) -> Panel:
    """Ask for consent in words; only *Yes, start* writes to the person."""
    told = "".join(str(day) for day in sorted(rule.days))
    return Panel(
        *news,
        f"### {words('checkin.consent.title')}",
        words(
            "checkin.consent.what",
            when=when(words, rule),
            first=discord.utils.format_dt(first, "F"),
        ),
        words("checkin.consent.kept"),
        words("checkin.consent.seen", server=plain(server)),
        words("checkin.consent.stop", server=plain(server)),
        row(
            button(
                words("checkin.consent.yes"),
                START,
                told,
                rule.at.strftime("%H%M"),
                rule.zone,
                CONSENT_VERSION,
                nonce,
            ),
            button(words("checkin.consent.no"), NO),
            helplines_button(words),
        ),
    )


def confirmation(words: Words, server: str, schedule: Schedule, nonce: str) -> Panel:
    """The one message that is sent at once, to see that direct messages arrive."""
    return Panel(
        words("checkins.own.first_line"),
        words("checkin.dm.confirmed", server=plain(server), when=when(words, schedule.plan.rule)),
        views.own_row(words, schedule.id, nonce),
        row(helplines_button(words)),
    )


def status(
    words: Words,
    news: Sequence[str],
    told: Sequence[tuple[Schedule, str, Sequence[datetime], bool]],
    *,
    note: str | None = None,
) -> Panel:
    """Show what is on. `told` has for each schedule its server, next moment, and whether it is
    switched off there.
    """
    parts: list[ui.Item[Any] | str | None] = [*news, note]
    if not told:
        parts.append(words("checkin.status.nothing"))
    for schedule, server, coming, switched_off in told[:SHOWN]:
        parts.append(_standing(words, schedule, server, coming, switched_off=switched_off))
        parts.append(_buttons(words, schedule))
    return Panel(*parts, row(helplines_button(words)))


def _standing(
    words: Words, schedule: Schedule, server: str, coming: Sequence[datetime], *, switched_off: bool
) -> str:
    lines = [
        words("checkin.status.plan", server=plain(server), when=when(words, schedule.plan.rule))
    ]
    if switched_off:
        lines.append(words("checkin.status.switched_off"))
    elif schedule.state is State.OFF:
        lines.append(news(words, schedule, server))
    elif schedule.state is State.PAUSED and schedule.paused_until is None:
        lines.append(words("checkin.status.paused"))
    elif schedule.state is State.PAUSED and schedule.paused_until is not None:
        until = discord.utils.format_dt(schedule.paused_until, "D")
        lines.append(words("checkin.status.paused_until", until=until))
    if coming and not switched_off:
        moment = coming[0]
        lines.append(
            words(
                "checkin.status.after_next" if schedule.skip_next else "checkin.status.next",
                moment=discord.utils.format_dt(moment, "F"),
                away=discord.utils.format_dt(moment, "R"),
            )
        )
    return "\n".join(lines)


def _buttons(words: Words, schedule: Schedule) -> ui.ActionRow[Any]:
    if schedule.state is State.ON and not schedule.skip_next:
        return views.own_row(words, schedule.id, _ANYWHERE)
    again = (
        button(words("checkin.unskip"), UNSKIP, schedule.id)
        if schedule.state is State.ON
        else button(words("checkins.own.resume"), views.OWN_RESUME, schedule.id)
    )
    stop = button(words("checkins.own.stop"), views.OWN_STOP, schedule.id, _ANYWHERE)
    return row(again, stop)


def news(words: Words, schedule: Schedule, server: str) -> str:
    """Say what ended without the member, and what they can do."""
    reason = schedule.off_reason or Off.REFUSED
    return words(
        f"checkin.news.{reason.value}", server=plain(server), zone=clip(schedule.plan.rule.zone, 40)
    )


def note(words: Words, key: str, news: Sequence[str] = (), **params: object) -> Panel:
    """One sentence, what there is to tell before it, and the helplines."""
    return Panel(*news, words(key, **params), row(helplines_button(words)))
