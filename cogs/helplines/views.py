"""How helplines look: the numbers of a country, matches to choose from, and moderators' forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

import discord
from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from discord import ui

from bot.views import Form, Panel, button, clip, field, link, menu, plain, row
from cogs.helplines import countries
from cogs.helplines.model import (
    ALWAYS,
    DAILY,
    HOURS_LIMIT,
    NAME_LIMIT,
    NUMBER_LIMIT,
    URL_LIMIT,
    Answer,
    Emergency,
    Grade,
    Helpline,
    PageDate,
    ServerRow,
)
from cogs.helplines.service import Typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.client import Alongside, Interaction
    from bot.texts import Words

Submitted = Callable[["Interaction", Typed], Awaitable[None]]
"""What happens with a moderator's filled form."""

COUNTRY = "helplines:country"
"""Shows a country's numbers; the argument is its code."""

ANOTHER = "helplines:another"
"""Opens the form that asks for a country, from a message that may be replaced by the answer."""

LOOK_AGAIN = "helplines:look_again"
"""Argument: the line."""
RESTORE = "helplines:restore"
"""Shows a shipped line as it ships again."""

MATCHES = 5
"""How many countries are offered for words that name none exactly."""

_ROOM = 3_200
"""Characters for lines in one message, of the 4,000 Discord takes; the rest is for the finder."""


def reader_locale(interaction: Interaction, words: Words) -> str:
    """Give the locale for dates and names: the person's own where the words speak its language."""
    own = interaction.locale.value
    return own if own.split("-")[0] == words.locale.split("-")[0] else words.locale


def numbers_panel(words: Words, answer: Answer, locale: str) -> Panel:
    """Show a country: emergency numbers first, the finder last."""
    country = countries.name(answer.country, locale)
    parts: list[str] = [f"### {words('helplines.title', country=country)}"]
    if answer.emergency:
        told = [_emergency(words, number, locale) for number in answer.emergency]
        parts.append("\n".join([words("helplines.emergency"), *told]))
    elif answer.helplines:
        parts.append(words("helplines.no_emergency", country=country))
    if not answer.listed:
        parts.append(words("helplines.not_listed", country=country))
    elif not answer.helplines:
        parts.append(words("helplines.no_helpline", country=country))
    for shown, helpline in enumerate(answer.helplines):
        text = helpline_text(words, helpline, locale)
        if sum(map(len, parts)) + len(text) > _ROOM:
            parts.append(words("helplines.more", count=len(answer.helplines) - shown))
            break
        parts.append(text)
    if answer.emergency and answer.checked is not None:
        parts.append(
            "-# "
            + words(
                "helplines.emergency_checked",
                date=format_date(answer.checked, "long", locale=_babel(locale)),
            )
        )
    return Panel(
        *parts,
        row(button(words("helplines.another"), ANOTHER)),
        ui.Separator(),
        *finder(words, answer.finder),
    )


def matches_panel(words: Words, codes: Sequence[str], locale: str, url: str) -> Panel:
    """Offer countries whose names are near to what was typed, and the finder last."""
    found = [button(clip(countries.name(code, locale), 80), COUNTRY, code) for code in codes]
    return Panel(
        words("helplines.which" if found else "helplines.no_match"),
        row(*found[:MATCHES]) if found else None,
        row(button(words("helplines.again"), ANOTHER)),
        ui.Separator(),
        *finder(words, url),
    )


def finder(words: Words, url: str) -> tuple[str, ui.ActionRow[Any]]:
    """Make the way to more lines, that every reply ends with."""
    return words("helplines.finder"), row(link(words("helplines.finder_button"), url))


def helpline_text(words: Words, helpline: Helpline, locale: str) -> str:
    """Say everything about one line, in sentences that need no picture."""
    ways: list[str] = []
    if helpline.phone:
        key = "helplines.call_from_mobile" if helpline.mobile_only else "helplines.call"
        ways.append(words(key, number=plain(helpline.phone)))
    if helpline.text and helpline.text_word:
        ways.append(
            words("helplines.text_word", word=helpline.text_word, number=plain(helpline.text))
        )
    elif helpline.text:
        ways.append(words("helplines.text", number=plain(helpline.text)))
    if helpline.whatsapp:
        ways.append(words("helplines.whatsapp", number=plain(helpline.whatsapp)))
    if helpline.chat:
        ways.append(words("helplines.chat", url=helpline.chat))
    facts = [words("helplines.hours", hours=_hours(words, helpline.hours))]
    if helpline.hours is None:
        facts = [] if helpline.grade is Grade.SERVER else [words("helplines.hours_unknown")]
    if helpline.languages:
        facts.append(words("helplines.languages", languages=language_names(helpline, locale)))
    if helpline.free is not None:
        facts.append(words("helplines.free" if helpline.free else "helplines.not_free"))
    if helpline.site:
        facts.append(words("helplines.site", url=helpline.site))
    return "\n".join(
        [
            f"**{plain(helpline.name)}**",
            *ways,
            " ".join(facts),
            f"-# {_provenance(words, helpline, locale)}",
        ]
    ).replace("\n\n", "\n")


def language_names(helpline: Helpline, locale: str) -> str:
    """List the languages that a line speaks, in the reader's language."""
    babel = _babel(locale)
    known = cast("Mapping[str, str]", babel.languages)
    names = [known.get(code, code) for code in helpline.languages]
    return format_list(names, locale=babel)


def rows_panel(
    words: Words, rows: Sequence[ServerRow], names: dict[str, str], locale: str
) -> Panel:
    """List what a server added, changed or hid; shipped lines can be put back."""
    if not rows:
        return Panel(words("helplines.rows.title"), words("helplines.rows.none"))
    told: list[str] = []
    options: list[discord.SelectOption] = []
    for kept in rows:
        country = countries.name(kept.country, locale)
        shipped = names.get(kept.id)
        name = kept.helpline.name if kept.helpline else shipped or kept.id
        state = "added" if shipped is None else "changed" if kept.helpline else "hidden"
        told.append(words(f"helplines.rows.{state}", country=country, name=plain(clip(name, 40))))
        if shipped is not None and len(options) < 25:
            options.append(
                discord.SelectOption(label=clip(f"{country}: {shipped}", 100), value=kept.id)
            )
    back = menu(RESTORE, placeholder=words("helplines.rows.restore"), options=options)
    return Panel(words("helplines.rows.title"), "\n".join(told), row(back) if options else None)


class CountryForm(Form):
    """Asks for a country in the member's own words; nothing is filled in beforehand."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        submitted: Callable[[Interaction, str], Awaitable[None]],
    ) -> None:
        self._field: ui.TextInput[Any] = ui.TextInput(
            max_length=countries.LONGEST, placeholder=words("helplines.form.example")
        )

        async def hand_over(interaction: Interaction) -> None:
            await submitted(interaction, self._field.value)

        super().__init__(client, words("helplines.form.title"), hand_over)
        self.add_item(
            field(
                words("helplines.form.country"),
                self._field,
                description=words("helplines.form.meaning"),
            )
        )


class LineForm(Form):
    """A moderator's form for one line, filled with what the line says now."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        line: Helpline | None,
        locale: str,
        submitted: Submitted,
    ) -> None:
        own = line if line is not None and line.grade is Grade.SERVER else None
        self._name = _field(NAME_LIMIT, line.name if line else "", minimum=2)
        self._phone = _field(NUMBER_LIMIT, (line.phone or "") if line else "", required=False)
        self._written = _field(
            URL_LIMIT, (line.text or line.chat or "") if line else "", required=False
        )
        self._hours = _field(
            HOURS_LIMIT, _hours_and_languages(words, line, locale) if line else "", required=False
        )
        # Who changes a shipped line vouches for it with a page of their own.
        self._source = _field(URL_LIMIT, own.sources[0].url if own else "")

        async def hand_over(interaction: Interaction) -> None:
            await submitted(
                interaction,
                Typed(
                    self._name.value,
                    self._phone.value,
                    self._written.value,
                    self._hours.value,
                    self._source.value,
                ),
            )

        super().__init__(client, words("helplines.line.title"), hand_over, moderators=True)
        for key, typed in (
            ("name", self._name),
            ("phone", self._phone),
            ("written", self._written),
            ("hours", self._hours),
            ("source", self._source),
        ):
            self.add_item(
                ui.Label(
                    text=words(f"helplines.line.{key}"),
                    description=words(f"helplines.line.{key}_meaning"),
                    component=typed,
                )
            )


def _field(
    longest: int, now: str, *, required: bool = True, minimum: int | None = None
) -> ui.TextInput[Any]:
    return ui.TextInput(
        max_length=longest,
        min_length=minimum,
        default=clip(now, longest) or None,
        required=required,
    )


def _emergency(words: Words, emergency: Emergency, locale: str) -> str:
    services = [words(f"helplines.service.{service}") for service in emergency.services]
    return words(
        "helplines.emergency_number",
        number=emergency.number,
        services=format_list(services, locale=_babel(locale)),
    )


def _hours(words: Words, hours: str | None) -> str:
    if hours is None:
        return ""
    if hours == ALWAYS:
        return words("helplines.hours_always")
    daily = DAILY.fullmatch(hours)
    if daily:
        return words("helplines.hours_daily", opens=daily["opens"], closes=daily["closes"])
    return plain(hours)


def _hours_and_languages(words: Words, line: Helpline, locale: str) -> str:
    if line.grade is Grade.SERVER or not line.languages:
        return line.hours or ""
    return "; ".join(filter(None, [line.hours, language_names(line, locale)]))


def _provenance(words: Words, line: Helpline, locale: str) -> str:
    newest, details = line.newest_page, line.newest_details
    shown = _date(newest, locale) if newest else ""
    if line.grade is Grade.SERVER:
        return words("helplines.by_server", date=shown)
    told = words("helplines.from_pages", date=shown)
    if not line.has_details or details == newest:
        return told
    if details is None:
        return f"{told} {words('helplines.details_undated')}"
    return f"{told} {words('helplines.details_dated', date=_date(details, locale))}"


def _date(dated: PageDate, locale: str) -> str:
    if dated.month is None:
        return str(dated.year)
    if dated.day is None:
        return format_date(dated.earliest, "LLLL y", locale=_babel(locale))
    return format_date(dated.earliest, "long", locale=_babel(locale))


def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")
