"""How moderators see rounds: one panel with everything, in numbers and without anybody's wishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import discord
from babel import Locale
from babel.dates import format_datetime, get_day_names
from discord import ui

from bot.views import Form, Panel, button, clip, field, menu, plain, row
from bot.zones import ZoneGone, zone_info
from cogs.pairing.content import LONGEST_NAME
from cogs.pairing.course import WAITING
from cogs.pairing.model import Counts, Plan, PlanState, Round, RoundState, Topic

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words
    from cogs.pairing.rounds_service import Status

PANEL = "pairing:rounds"
PREVIEW = "pairing:preview"
RUN = "pairing:run"
RUN_YES = "pairing:run_yes"
"""Argument: the id of the round that is to be drawn, or NEW."""
POSTPONE = "pairing:postpone"
POSTPONE_BY = "pairing:postpone_by"
"""Argument: days."""
STOP = "pairing:stop"
STOP_YES = "pairing:stop_yes"
"""Argument: the id of the round that is to be stopped."""
PAUSE_ROUNDS = "pairing:pause_rounds"
RESUME_ROUNDS = "pairing:resume_rounds"
DETAILS = "pairing:details"
TOPICS = "pairing:topics"
TOPIC_REMOVE = "pairing:topic_remove"
TOPIC_ADD = "pairing:topic_add"
TOPICS_CHOOSE = "pairing:topics_choose"
TOPICS_RESET = "pairing:topics_reset"

SETTINGS = "settings:section"
"""Opens the settings, which another feature answers; the argument is the section."""

NEW = "new"
"""Stands for a round that is to be opened."""

POSTPONED = (1, 2, 7)
"""Days by which a round can be put off with one tap."""

OPTIONS = 25
"""Options that Discord takes in one menu."""


# The panel


def panel(
    words: Words, status: Status, missing: Sequence[str] = (), *, done: str | None = None
) -> Panel:
    """Everything about a server's rounds, and everything that can be done with them.

    `missing` are the names of rights that the bot lacks in the plan's channel.
    """
    plan = status.plan
    head = f"## {words('pairing.rounds.title')}"
    if plan is None:
        return Panel(
            head,
            done,
            "\n\n".join(_cautions(words, status, ())) or None,
            words("pairing.rounds.no_plan"),
            row(button(words("pairing.topics.button"), TOPICS)),
        )
    on = plan.state is PlanState.ON
    under_way = status.round is not None and can_stop(status.round)
    return Panel(
        head,
        done,
        "\n\n".join(_cautions(words, status, missing)) or None,
        described(words, plan),
        now_text(words, status),
        row(
            button(words("pairing.rounds.preview"), PREVIEW),
            button(words("pairing.rounds.run"), RUN)
            if cannot_run(status) is None
            else button(
                words("pairing.rounds.switch_on"),
                SETTINGS,
                "pairing" if status.bounds.decided else "meeting",
            ),
            button(words("pairing.rounds.postpone"), POSTPONE),
            button(words("pairing.rounds.stop"), STOP, disabled=not under_way),
        ),
        row(
            button(words("pairing.rounds.pause"), PAUSE_ROUNDS)
            if on
            else button(words("pairing.rounds.resume"), RESUME_ROUNDS),
            button(words("pairing.rounds.details"), DETAILS),
            button(words("pairing.topics.button"), TOPICS),
        ),
    )


def cannot_run(status: Status) -> str | None:
    """The key of why no round can be run at all, and what to do about it."""
    if not status.bounds.decided:
        return "pairing.rounds.undecided"
    return None if status.enabled else "pairing.rounds.off"


def can_stop(one: Round) -> bool:
    """Whether there is anything of a round left to stop."""
    return one.state not in {RoundState.ENDED, RoundState.STOPPED}


def day_name(words: Words, day: int) -> str:
    """A day of the week, 0 for Monday."""
    return str(get_day_names("wide", locale=_babel(words))[day])


def _cautions(words: Words, status: Status, missing: Sequence[str]) -> list[str]:
    """What stands in the way, each with what to do about it."""
    reason = cannot_run(status)
    found = [] if reason is None else [words(reason)]
    if missing and status.plan is not None:
        rights = ", ".join(words(f"rights.{name}") for name in missing)
        channel = f"<#{status.plan.channel_id}>"
        found.append(words("pairing.rounds.missing", rights=rights, channel=channel))
    return found


def described(words: Words, plan: Plan) -> str:
    """What the plan is, line by line."""
    rule = plan.rule
    lines = [
        words(
            "pairing.plan.when",
            count=rule.weeks,
            day=day_name(words, min(rule.days)),
            time=f"{rule.at:%H:%M}",
            zone=rule.zone,
        ),
        words("pairing.plan.where", channel=f"<#{plan.channel_id}>"),
        words("pairing.plan.asks", count=plan.lead_hours)
        if plan.confirm_first
        else words("pairing.plan.asks_nobody"),
        words("pairing.plan.followup", count=plan.followup_days)
        if plan.followup_days
        else words("pairing.plan.no_followup"),
        words("pairing.plan.closes", count=plan.period_days),
    ]
    return "\n".join(lines)


def now_text(words: Words, status: Status) -> str:
    """How it stands now, in numbers."""
    lines = [words("pairing.rounds.members", count=status.members)]
    if status.paused:
        lines[0] += " " + words("pairing.rounds.paused_members", count=status.paused)
    one, plan = status.round, status.plan
    if one is not None:
        lines.append(_round_text(words, one, status))
    if plan is not None and plan.state is not PlanState.ON:
        why = "zone" if plan.state is PlanState.OFF else "paused"
        lines.append(words(f"pairing.rounds.state_{why}"))
    elif status.next_draw is not None and plan is not None and not _is_under_way(one):
        lines.append(
            words(
                "pairing.rounds.next",
                there=_wall_time(words, status.next_draw, plan),
                here=discord.utils.format_dt(status.next_draw, "F"),
            )
        )
    if status.threads:
        lines.append(words("pairing.rounds.threads", count=status.threads))
    return "\n".join(lines)


def _is_under_way(one: Round | None) -> bool:
    return one is not None and one.state in {RoundState.ASKING, RoundState.DRAWING}


def _round_text(words: Words, one: Round, status: Status) -> str:
    if one.state is RoundState.ASKING:
        if not one.confirm:
            return words("pairing.rounds.round_drawing", number=one.number)
        moment = discord.utils.format_dt(one.draw_at, "F")
        return words(
            "pairing.rounds.round_asking", number=one.number, moment=moment, count=status.yes
        )
    if one.state is RoundState.DRAWING:
        return words("pairing.rounds.round_drawing", number=one.number)
    if one.state is RoundState.STOPPED:
        return words("pairing.rounds.round_stopped", number=one.number)
    told = "; ".join(counts_lines(words, one.counts))
    return words("pairing.rounds.round_drawn", number=one.number, counts=told)


def counts_lines(words: Words, counts: Counts) -> list[str]:
    """What a draw came to, in numbers; why somebody waits, in general words."""
    lines = [words("pairing.counts.pairs", count=counts.pairs)]
    if counts.threesomes:
        lines.append(words("pairing.counts.threesomes", count=counts.threesomes))
    return lines + [
        words(f"pairing.counts.waiting_{why.value}", count=counts.waiting[why.value])
        for why in WAITING
        if counts.waiting.get(why.value)
    ]


def preview(words: Words, counts: Counts, one: Round | None) -> Panel:
    """What a round would come to now."""
    lines = [f"- {line}" for line in counts_lines(words, counts)]
    nobody = not counts.pairs and not counts.threesomes and not counts.waiting
    asked = one is not None and one.state is RoundState.ASKING and one.confirm
    return Panel(
        f"## {words('pairing.preview.title')}",
        words("pairing.preview.of_yes" if asked else "pairing.preview.of_all"),
        words("pairing.preview.nobody") if nobody else "\n".join(lines),
        f"-# {words('pairing.preview.numbers_only')}",
        _back(words),
    )


def ask_run(words: Words, plan: Plan, one: Round | None) -> Panel:
    """Say exactly what a tap would do."""
    asking = one is not None and one.state is RoundState.ASKING and one.confirm
    key = "draw" if asking else "ask" if plan.confirm_first else "all"
    return Panel(
        f"## {words('pairing.run.title')}",
        words(f"pairing.run.{key}", channel=f"<#{plan.channel_id}>"),
        row(
            button(
                words("pairing.run.yes_draw" if asking else "pairing.run.yes"),
                RUN_YES,
                NEW if one is None else one.id,
                style=discord.ButtonStyle.primary,
            ),
            button(words("pairing.back"), PANEL),
        ),
    )


def ask_postpone(words: Words, next_draw: datetime | None) -> Panel:
    """Ask by how much."""
    if next_draw is None:
        return Panel(words("pairing.cannot.nothing_planned"), _back(words))
    return Panel(
        f"## {words('pairing.postpone.title')}",
        words("pairing.postpone.body", moment=discord.utils.format_dt(next_draw, "F")),
        row(
            *(
                button(words("pairing.postpone.by", count=days), POSTPONE_BY, days)
                for days in POSTPONED
            ),
            button(words("pairing.back"), PANEL),
        ),
    )


def ask_stop(words: Words, one: Round) -> Panel:
    """Say what stopping does at this point, and ask once."""
    key = "drawn" if one.state is RoundState.DRAWN else "asking"
    return Panel(
        f"## {words('pairing.stop.title')}",
        words(f"pairing.stop.{key}"),
        row(
            button(words("pairing.stop.yes"), STOP_YES, one.id, style=discord.ButtonStyle.danger),
            button(words("pairing.back"), PANEL),
        ),
    )


def _back(words: Words) -> ui.ActionRow[Any]:
    return row(button(words("pairing.back"), PANEL))


# Topics


def topics(words: Words, offered: Sequence[Topic], *, done: str | None = None) -> Panel:
    """The topics that members choose from, and why none of them is a diagnosis."""
    names = ", ".join(plain(topic.name or topic.id) for topic in offered)
    return Panel(
        f"## {words('pairing.topics.title')}",
        done,
        words("pairing.topics.why"),
        names,
        row(
            menu(
                TOPIC_REMOVE,
                # Another menu than before: one that stays goes on showing what was last chosen.
                len(offered),
                placeholder=words("pairing.topics.remove"),
                options=[
                    discord.SelectOption(label=clip(one.name or one.id, 100), value=one.id)
                    for one in offered[:OPTIONS]
                ],
            )
        ),
        row(
            button(words("pairing.topics.choose"), TOPICS_CHOOSE),
            button(words("pairing.topics.write"), TOPIC_ADD),
            button(words("pairing.topics.reset"), TOPICS_RESET),
            button(words("pairing.back"), PANEL),
        ),
    )


class TopicForm(Form):
    """A topic in a moderator's own words."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        self._name: ui.TextInput[Any] = ui.TextInput(max_length=LONGEST_NAME)

        async def read(interaction: Interaction) -> None:
            await submitted(interaction, self._name.value)

        super().__init__(
            client,
            words("pairing.topics.write_title"),
            read,
            ui.TextDisplay(words("pairing.topics.why")),
            field(words("pairing.topics.name"), self._name),
            moderators=True,
        )


class ChooseForm(Form):
    """Topics out of those that ship, in two menus, for one takes 25."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        every: Sequence[Topic],
        offered: Sequence[Topic],
        submitted: Callable[[Interaction, list[str]], Awaitable[None]],
    ) -> None:
        chosen = {topic.id for topic in offered}
        parts = [every[:OPTIONS], every[OPTIONS : 2 * OPTIONS]]
        self._menus = [_choice(part, chosen) for part in parts if part]

        async def read(interaction: Interaction) -> None:
            picked = {value for one in self._menus for value in one.values}
            await submitted(interaction, [topic.id for topic in every if topic.id in picked])

        super().__init__(
            client,
            words("pairing.topics.choose"),
            read,
            *(
                field(words("pairing.topics.part", number=number), one)
                for number, one in enumerate(self._menus, 1)
            ),
            moderators=True,
        )


def _choice(part: Sequence[Topic], chosen: set[str]) -> ui.Select[Any]:
    return ui.Select(
        min_values=0,
        max_values=len(part),
        required=False,
        options=[
            discord.SelectOption(
                label=clip(topic.name or topic.id, 100), value=topic.id, default=topic.id in chosen
            )
            for topic in part
        ],
    )


# How rounds go


@dataclass(frozen=True, slots=True)
class TypedDetails:
    """What a moderator typed about how rounds go."""

    confirm_first: bool
    lead_hours: str
    followup_days: str
    period_days: str


class DetailsForm(Form):
    """Whether members are asked first, and how long things take."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        plan: Plan,
        submitted: Callable[[Interaction, TypedDetails], Awaitable[None]],
    ) -> None:
        self._confirm: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for value, on in (("yes", True), ("no", False)):
            self._confirm.add_option(
                label=words(f"pairing.details.confirm_{value}"),
                value=value,
                default=plan.confirm_first is on,
            )
        self._lead = _number(plan.lead_hours)
        self._followup = _number(plan.followup_days)
        self._period = _number(plan.period_days)

        async def read(interaction: Interaction) -> None:
            typed = TypedDetails(
                self._confirm.value != "no",
                self._lead.value,
                self._followup.value,
                self._period.value,
            )
            await submitted(interaction, typed)

        super().__init__(
            client,
            words("pairing.details.title"),
            read,
            field(
                words("pairing.details.confirm"),
                self._confirm,
                description=words("pairing.details.confirm_meaning"),
            ),
            field(words("pairing.details.lead"), self._lead),
            field(
                words("pairing.details.followup"),
                self._followup,
                description=words("pairing.details.followup_meaning"),
            ),
            field(
                words("pairing.details.period"),
                self._period,
                description=words("pairing.details.period_meaning"),
            ),
            moderators=True,
        )


def _number(value: int) -> ui.TextInput[Any]:
    return ui.TextInput(default=str(value), max_length=4)


def _wall_time(words: Words, moment: datetime, plan: Plan) -> str:
    try:
        there = moment.astimezone(zone_info(plan.rule.zone))
    except ZoneGone:
        there = moment
    return format_datetime(there, "EEE d MMM, HH:mm", locale=_babel(words))


def _babel(words: Words) -> Locale:
    return Locale.parse(words.locale, sep="-")
