"""How taking part in pairing looks: the words to agree to, the two forms, and what is on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import discord
from babel import Locale, UnknownLocaleError
from discord import ui

from bot.views import Form, Panel, button, clip, field, helplines_button, plain, row
from bot.zones import place_name
from cogs.pairing.draft import Draft, pack, with_languages
from cogs.pairing.model import (
    CONSENT_VERSION,
    MOST_LANGUAGES,
    MOST_TOPICS,
    Block,
    Member,
    Often,
    Role,
    Shown,
    Topic,
    Why,
    Wishes,
)

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction
    from bot.texts import Words

# What the buttons ask for. A draft is the four arguments that `cogs.pairing.draft.pack` gives.

ABOUT = "pairing:about"
"""Shows the words again; the arguments are a draft, as for the next three."""

FORM = "pairing:form"
MORE = "pairing:more"
YES = "pairing:yes"
"""Says yes; before the draft stands the version of the words."""

NO = "pairing:no"
CHANGE = "pairing:change"
"""Shows what somebody wishes, to be changed; the argument is the member's id, as for all below."""

PAUSE = "pairing:pause"
RESUME = "pairing:resume"
SKIP = "pairing:skip"
UNSKIP = "pairing:unskip"
LEAVE = "pairing:leave"
ANOTHER = "pairing:another"
"""Where another peer is offered; arguments: the introduction's id, and the id of the message."""
PRIVATE = "private"
"""Stands for the id of the message on private answers, which are never looked for."""

SPOKEN = {
    "en": "English",
    "es": "Español",
    "pt": "Português",
    "fr": "Français",
    "de": "Deutsch",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "ru": "Русский",
    "uk": "Українська",
    "tr": "Türkçe",
    "ar": "العربية",
    "hi": "हिन्दी",
    "id": "Bahasa Indonesia",
    "ja": "日本語",
    "ko": "한국어",
    "zh": "中文",
    "vi": "Tiếng Việt",
    "th": "ไทย",
    "sv": "Svenska",
    "fi": "Suomi",
    "cs": "Čeština",
    "hu": "Magyar",
    "ro": "Română",
    "el": "Ελληνικά",
}
"""Languages that the form offers to everybody; any other is an option of the command.

Their own names stand here because looking one up reads a file of its language, and a form would
keep everybody waiting for all of them.
"""

OPTIONS = 25
"""Options of a menu at most (Discord)."""

SERVERS_SHOWN = 4
"""Memberships in one message; few people have more, and each has its own server's command."""


# Words for single things


@lru_cache(maxsize=1_024)
def language_name(code: str) -> str:
    """A language by its own name."""
    if code in SPOKEN:
        return SPOKEN[code]
    try:
        name = Locale.parse(code).get_language_name(code) or code
    except (UnknownLocaleError, ValueError):
        english: Any = Locale("en").languages
        name = str(english.get(code, code))
    return name[:1].upper() + name[1:]


def own_language(locale: str) -> str:
    """The language of a Discord locale, as the forms name it."""
    return locale.split("-")[0]


def wishes_lines(
    words: Words, wishes: Wishes, zone: str, topics: Sequence[Topic], *, dms: bool
) -> list[str]:
    """Everything somebody wishes, a line each."""
    named = {topic.id: topic.name or topic.id for topic in topics}

    def listed(ids: frozenset[str]) -> str:
        return ", ".join(plain(named[topic.id]) for topic in topics if topic.id in ids)

    lines = [
        words("pairing.wishes.languages", languages=_spoken(words, wishes.languages)),
        words("pairing.wishes.topics", topics=listed(wishes.topics))
        if listed(wishes.topics)
        else words("pairing.wishes.topics_any"),
        words(f"pairing.wishes.role_{wishes.role.value}"),
        words(
            "pairing.wishes.hours",
            hours="; ".join(words(_block_key(one)) for one in Block if one in wishes.hours),
            zone=place_name(zone, words.locale),
        )
        if wishes.hours
        else words("pairing.wishes.hours_any", zone=place_name(zone, words.locale)),
        words(f"pairing.wishes.often_{wishes.often.value}"),
        words("pairing.wishes.threesome" if wishes.threesome else "pairing.wishes.no_threesome"),
        words("pairing.wishes.avoid", topics=listed(wishes.avoid))
        if listed(wishes.avoid)
        else None,
        words(
            "pairing.wishes.shown",
            shown=", ".join(
                words(f"pairing.shown.{one.value}") for one in Shown if one in wishes.shown
            ),
        )
        if wishes.shown
        else words("pairing.wishes.shown_nothing"),
        words("pairing.wishes.dms" if dms else "pairing.wishes.no_dms"),
    ]
    return [line for line in lines if line is not None]


def _spoken(words: Words, codes: Sequence[str]) -> str:
    names = [language_name(code) for code in codes]
    if len(names) == 1:
        return names[0]
    return words("pairing.wishes.first", first=names[0], others=", ".join(names[1:]))


def _block_key(block: Block) -> str:
    return f"pairing.block.{block.value}"


# Before the yes


def about(
    words: Words, news: Sequence[str], server: str, draft: Draft, offered: Sequence[str]
) -> Panel:
    """Say in words what it is, before anything is asked or kept."""
    return Panel(
        *news,
        f"### {words('pairing.about.title')}",
        words("pairing.about.what"),
        words("pairing.about.seen", server=plain(server)),
        words("pairing.about.kept"),
        words("pairing.about.ends", server=plain(server)),
        row(
            button(words("pairing.about.go_on"), FORM, *pack(draft, offered)),
            button(words("pairing.about.no"), NO),
            helplines_button(words),
        ),
    )


def summary(
    words: Words, draft: Draft, topics: Sequence[Topic], *, note: str | None = None
) -> Panel:
    """Show what they would agree to; only *Yes, I agree* keeps any of it."""
    packed = pack(draft, [topic.id for topic in topics])
    lines = wishes_lines(words, draft.wishes, draft.zone, topics, dms=draft.dms)
    return Panel(
        note,
        f"### {words('pairing.summary.title')}",
        "\n".join(lines),
        words("pairing.summary.yes_means"),
        row(
            # No louder than the no.
            button(words("pairing.summary.yes"), YES, CONSENT_VERSION, *packed),
            button(words("pairing.summary.more"), MORE, *packed),
            button(words("pairing.summary.change"), FORM, *packed),
        ),
        row(
            button(words("pairing.summary.read_again"), ABOUT, *packed),
            button(words("pairing.about.no"), NO),
            helplines_button(words),
        ),
    )


Given = Callable[["Interaction", Draft], Awaitable[None]]
"""Is handed the draft that a submitted form makes."""


class WishesForm(Form):
    """Languages, topics, role, hours and how often."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        draft: Draft,
        topics: Sequence[Topic],
        given: Given,
    ) -> None:
        wishes = draft.wishes
        languages: ui.Select[Any] = ui.Select(
            min_values=1,
            max_values=MOST_LANGUAGES,
            required=True,
            options=[
                discord.SelectOption(
                    label=clip(language_name(code), 100),
                    value=code,
                    default=code in wishes.languages,
                )
                for code in _offered_languages(wishes)
            ],
        )
        chosen: ui.Select[Any] = _topics(topics, wishes.topics)
        role: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for one in Role:
            role.add_option(
                label=words(f"pairing.role.{one.value}"),
                value=one.value,
                default=one is wishes.role,
            )
        hours: ui.CheckboxGroup[Any] = ui.CheckboxGroup(
            required=False, min_values=0, max_values=len(Block)
        )
        for block in Block:
            hours.add_option(
                label=words(_block_key(block)),
                value=block.value,
                default=block in wishes.hours,
            )
        often: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
        for one in Often:
            often.add_option(
                label=words(f"pairing.often.{one.value}"),
                value=one.value,
                default=one is wishes.often,
            )

        async def read(interaction: Interaction) -> None:
            own = own_language(interaction.locale.value)
            wanted = frozenset(chosen.values)
            changed = replace(
                with_languages(wishes, languages.values, own),
                topics=wanted,
                avoid=wishes.avoid - wanted,
                role=Role(role.value or wishes.role.value),
                hours=frozenset(map(Block, hours.values)),
                often=Often(often.value or wishes.often.value),
            )
            await given(interaction, replace(draft, wishes=changed))

        super().__init__(
            client,
            words("pairing.form.title"),
            read,
            field(
                words("pairing.form.languages"),
                languages,
                description=words("pairing.form.languages_meaning"),
            ),
            field(
                words("pairing.form.topics"),
                chosen,
                description=words("pairing.form.topics_meaning", count=MOST_TOPICS),
            ),
            field(words("pairing.form.role"), role),
            field(
                words("pairing.form.hours"),
                hours,
                description=words("pairing.form.hours_meaning"),
            ),
            field(words("pairing.form.often"), often),
            again=True,
        )


class MoreForm(Form):
    """First language, threesomes, topics to avoid, what may be shown, and direct messages."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        draft: Draft,
        topics: Sequence[Topic],
        given: Given,
    ) -> None:
        wishes = draft.wishes
        first: ui.RadioGroup[Any] | None = None
        if len(wishes.languages) > 1:
            first = ui.RadioGroup(required=True)
            for code in wishes.languages:
                first.add_option(
                    label=clip(language_name(code), 100),
                    value=code,
                    default=code == wishes.languages[0],
                )
        others = [topic for topic in topics if topic.id not in wishes.topics]
        avoid = _topics(others, wishes.avoid) if others else None
        threesome = _yes_or_no(words, "threesome", on=wishes.threesome)
        shown: ui.CheckboxGroup[Any] = ui.CheckboxGroup(
            required=False, min_values=0, max_values=len(Shown)
        )
        for one in Shown:
            shown.add_option(
                label=words(f"pairing.form.shown_{one.value}"),
                value=one.value,
                default=one in wishes.shown,
            )
        dms = _yes_or_no(words, "dms", on=draft.dms)

        async def read(interaction: Interaction) -> None:
            languages = list(wishes.languages)
            if first is not None and first.value in languages:
                languages.remove(first.value)
                languages.insert(0, first.value)
            changed = replace(
                wishes,
                languages=tuple(languages),
                avoid=frozenset(avoid.values) if avoid is not None else frozenset(),
                threesome=threesome.value == _ON,
                shown=frozenset(map(Shown, shown.values)),
            )
            await given(interaction, replace(draft, wishes=changed, dms=dms.value == _ON))

        parts = [
            field(
                words("pairing.form.threesome"),
                threesome,
                description=words("pairing.form.threesome_meaning"),
            ),
            field(
                words("pairing.form.shown"),
                shown,
                description=words("pairing.form.shown_meaning"),
            ),
            field(words("pairing.form.dms"), dms, description=words("pairing.form.dms_meaning")),
        ]
        if avoid is not None:
            label = field(
                words("pairing.form.avoid"), avoid, description=words("pairing.form.avoid_meaning")
            )
            parts.insert(1, label)
        if first is not None:
            parts.insert(0, field(words("pairing.form.first"), first))
        super().__init__(client, words("pairing.form.more_title"), read, *parts, again=True)


_ON = "yes"


def _yes_or_no(words: Words, what: str, *, on: bool) -> ui.RadioGroup[Any]:
    group: ui.RadioGroup[Any] = ui.RadioGroup(required=True)
    group.add_option(label=words(f"pairing.form.{what}_yes"), value=_ON, default=on)
    group.add_option(label=words(f"pairing.form.{what}_no"), value="no", default=not on)
    return group


def _topics(topics: Sequence[Topic], chosen: frozenset[str]) -> ui.Select[Any]:
    return ui.Select(
        min_values=0,
        max_values=min(MOST_TOPICS, len(topics)),
        required=False,
        options=[
            discord.SelectOption(
                label=clip(topic.name or topic.id, 100),
                value=topic.id,
                default=topic.id in chosen,
            )
            for topic in topics
        ],
    )


def _offered_languages(wishes: Wishes) -> list[str]:
    """What somebody has chosen comes first, so that a rarer language has its place."""
    return list(dict.fromkeys([*wishes.languages, *SPOKEN]))[:OPTIONS]


# Taking part


@dataclass(frozen=True, slots=True)
class Standing:
    """One membership as it is shown."""

    member: Member
    server: str
    next_round: datetime | None
    topics: Sequence[Topic]
    switched_off: bool
    to_renew: bool
    here: bool
    """Whether it is of the server that the answer is in; only there wishes can be changed."""
    offer: str | None = None
    """The introduction after which another peer can be asked for."""


def status(
    words: Words,
    news: Sequence[str],
    told: Sequence[Standing],
    now: datetime,
    *,
    note: str | None = None,
) -> Panel:
    """Show what is on, and the ways to change it."""
    parts: list[ui.Item[Any] | str | None] = [*news, note]
    if not told:
        parts.append(words("pairing.status.nothing"))
    for one in told[:SERVERS_SHOWN]:
        parts.append(_standing(words, one, now))
        if len(told) == 1:
            member = one.member
            lines = wishes_lines(
                words,
                member.wishes,
                member.zone,
                one.topics,
                dms=member.dm_channel_id is not None,
            )
            parts.append("\n".join(lines))
        parts.append(_ways(words, one, now))
        if one.offer is not None:
            another = button(words("pairing.another.button"), ANOTHER, one.offer, PRIVATE)
            parts.append(row(another))
    return Panel(*parts, row(helplines_button(words)))


def _standing(words: Words, one: Standing, now: datetime) -> str:
    member = one.member
    lines: list[str] = []
    server = plain(one.server)
    if one.switched_off:
        lines.append(words("pairing.status.switched_off", server=server))
    elif not member.is_in(now):
        why = member.paused_why or Why.OWN
        if why is Why.OWN and member.paused_until is not None:
            until = discord.utils.format_dt(member.paused_until, "D")
            lines.append(words("pairing.status.paused_until", server=server, until=until))
        else:
            lines.append(words(f"pairing.status.paused_{why.value}", server=server))
    else:
        lines.append(words("pairing.status.taking_part", server=server))
        lines.append(_next_round(words, one))
    if one.to_renew and member.is_in(now):
        lines.append(words("pairing.status.to_renew"))
    return "\n".join(lines)


def _next_round(words: Words, one: Standing) -> str:
    if one.next_round is None:
        return words("pairing.status.no_round")
    key = "pairing.status.next_skipped" if one.member.skip_next else "pairing.status.next"
    return words(
        key,
        moment=discord.utils.format_dt(one.next_round, "F"),
        away=discord.utils.format_dt(one.next_round, "R"),
    )


def _ways(words: Words, one: Standing, now: datetime) -> ui.ActionRow[Any]:
    member = one.member
    taking_part = member.is_in(now)
    change = button(words("pairing.change"), CHANGE, member.id) if one.here else None
    leave = button(words("pairing.leave"), LEAVE, member.id)
    resume = button(words("pairing.resume"), RESUME, member.id)
    if not taking_part:
        return row(resume, change, leave)
    skip = (
        button(words("pairing.unskip"), UNSKIP, member.id)
        if member.skip_next
        else button(words("pairing.skip"), SKIP, member.id)
    )
    pause = button(words("pairing.pause"), PAUSE, member.id)
    return row(resume if one.to_renew else None, change, skip, pause, leave)


def confirmation(words: Words, server: str, member: Member) -> Panel:
    """The one direct message that is sent at once, to see that they arrive."""
    return Panel(
        words("pairing.dm.first_line"),
        words("pairing.dm.confirmed", server=plain(server)),
        row(
            button(words("pairing.pause"), PAUSE, member.id),
            button(words("pairing.leave"), LEAVE, member.id),
            helplines_button(words),
        ),
    )


def renewal(words: Words, server: str, member_id: str, message_id: str) -> Panel:
    """Ask a member whether pairing shall go on."""
    return Panel(
        words("pairing.dm.first_line"),
        words("pairing.renewal.body", server=plain(server)),
        row(
            button(words("pairing.resume"), RESUME, member_id, message_id),
            button(words("pairing.leave"), LEAVE, member_id, message_id),
            helplines_button(words),
        ),
    )


def note(words: Words, key: str, news: Sequence[str] = (), **params: object) -> Panel:
    """One sentence, what there is to tell before it, and the helplines."""
    return Panel(*news, words(key, **params), row(helplines_button(words)))
