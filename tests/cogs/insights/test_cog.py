"""What moderators see of their server's months, and what members read of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from simcord.backend.errors import SetupError

from bot.apart import ApartFailed
from bot.counting import Figures, Span, Speed, What
from bot.counting.service import Overview
from bot.texts import Texts, Words
from bot.views import MAX_TEXT
from cogs.insights import views
from cogs.insights.picture.page import Page
from tests.cogs.insights.months import counted_from, put
from tests.world import World, answer_of, buttons_of, text_of

TEXTS = Texts.load()
SEPTEMBER, OCTOBER, NOVEMBER = date(2025, 9, 1), date(2025, 10, 1), date(2025, 11, 1)
DRAWN = b"\x89PNG drawn"
"""Worlds begin on the first of January 2026."""


class Drawer:
    """Draws nothing, and keeps what it was to draw."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.broken = False

    async def __call__(self, page: Page) -> bytes:
        if self.broken:
            raise ApartFailed("there is no ink")
        self.pages.append(page)
        return DRAWN


def drawer_of(world: World) -> Drawer:
    cog: Any = world.bot.cogs["Insights"]
    cog._draw = Drawer()
    return cog._draw


@pytest.fixture
async def months(world: World) -> World:
    """Three months have been counted; the second was quiet."""
    runtime, server = world.bot.runtime, world.guild.id
    await counted_from(runtime.database, runtime.settings, server, SEPTEMBER)
    many = {What.ROUNDS: 2, What.INTRODUCTIONS: 13, What.ANSWERED: 7, What.FAQ_USED: 21}
    await put(runtime.database, server, SEPTEMBER, {**many, Speed.HOUR: 7})
    await put(runtime.database, server, OCTOBER, {What.INTRODUCTIONS: 4, What.FAQ_MISSED: 3})
    await put(runtime.database, server, NOVEMBER, {What.FAQ_USED: 44}, five=False)
    return world


async def test_while_it_is_off_it_says_so_and_leads_to_the_settings(world: World) -> None:
    shown = await world.moderator.slash(world.channel, "insights")
    assert shown.ephemeral
    assert "No counts are kept in this server." in text_of(shown)
    there = await world.moderator.click(answer_of(shown).message, label="Settings")
    assert "Counts by month" in text_of(there)


async def test_before_it_is_switched_on_and_off_it_is_said_what_follows(world: World) -> None:
    shown = await world.moderator.slash(world.channel, "insights")
    shown = await world.moderator.click(answer_of(shown).message, label="Settings")
    switch = next(one for name, one in buttons_of(shown).items() if name == "Switch on")
    asked = await world.moderator.click(answer_of(shown).message, custom_id=switch)
    assert "never who, with whom or at what time" in text_of(asked)
    await world.moderator.click(answer_of(asked).message, label="Yes, change it")
    shown = await world.moderator.slash(world.channel, "insights")
    assert "The first month that is counted is February 2026" in text_of(shown)
    assert "<t:1772366400:f>" in text_of(shown)  # 1 March 2026, 12:00 UTC
    asked = await world.moderator.click(
        answer_of(await open_section(world)).message, label="Switch off"
    )
    assert "all counts of this server are deleted at once" in text_of(asked)


async def open_section(world: World) -> Any:
    shown = await world.moderator.slash(world.channel, "insights")
    return await world.moderator.click(answer_of(shown).message, label="Settings")


async def test_the_months_that_are_over_stand_there_in_words(months: World) -> None:
    drawer_of(months)
    shown = text_of(await months.moderator.slash(months.channel, "insights"))
    assert "September 2025 – November 2025" in shown
    assert "**Pairing rounds:** Sep: 2 · Oct–Nov: not told" in shown
    assert "**Introductions that came about:** Sep: 10 to 14 · Oct–Nov: fewer than five" in shown
    assert "**Requests that somebody came to:** Sep: 5 to 9 · Oct–Nov: fewer than five" in shown
    assert "**Half of them, how soon:** Sep: within an hour · Oct–Nov: not told" in shown
    assert "**Answers read in the FAQ:** Sep: 20 to 24 · Oct–Nov: fewer than five" in shown
    assert "**Questions without an entry:** Sep–Nov: fewer than five" in shown


async def test_the_picture_says_what_the_words_say_also_to_who_does_not_see_it(
    months: World,
) -> None:
    drawer = drawer_of(months)
    shown = answer_of(await months.moderator.slash(months.channel, "insights"))
    [file] = shown.attachments
    assert file.filename == "insights.png"
    assert await file.read() == DRAWN
    [page] = drawer.pages
    rounds, introductions, answered, *_ = page.charts
    assert [bar.label for bar in rounds.bars] == ["2", "–", "–"]
    assert [bar.label for bar in introductions.bars] == ["10–14", "<5", "<5"]
    assert answered.under == ("1 h", "–", "–")
    [described] = _descriptions(shown.components)
    assert "Introductions that came about: Sep: 10 to 14 · Oct–Nov: fewer than five" in described


def _descriptions(components: Sequence[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for part in components:
        found += [item["description"] for item in part.get("items", ())]
        found += _descriptions(part.get("components") or ())
    return found


async def test_where_the_picture_cannot_be_drawn_the_words_are_there(months: World) -> None:
    drawer_of(months).broken = True
    shown = await months.moderator.slash(months.channel, "insights")
    assert "Sep: 10 to 14" in text_of(shown)
    assert answer_of(shown).attachments == []


def test_it_speaks_the_language_of_who_looks() -> None:
    told = [Figures(SEPTEMBER, {What.INTRODUCTIONS: Span(10, 14)}), Figures(OCTOBER, {})]
    said = views.alt(Words(TEXTS, "es"), told)
    assert "Presentaciones que se hicieron: sept: de 10 a 14 · oct: menos de cinco" in said


async def test_the_table_has_a_number_only_where_one_is_told(months: World) -> None:
    drawer_of(months)
    shown = await months.moderator.slash(months.channel, "insights")
    given_ = answer_of(await months.moderator.click(answer_of(shown).message, label="As a table"))
    [file] = given_.attachments
    rows = list(csv.reader(io.StringIO((await file.read()).decode("utf-8-sig"))))
    assert rows[0] == ["month", "what", "at least", "at most", "in words"]
    assert ["2025-09", "Introductions that came about", "10", "14", "10 to 14"] in rows
    assert ["2025-10", "Introductions that came about", "", "", "fewer than five"] in rows
    assert ["2025-11", "Answers read in the FAQ", "", "", "fewer than five"] in rows
    assert ["2025-09", "Half of them, how soon", "", "", "within an hour"] in rows
    assert len(rows) == 1 + 3 * 6


async def test_a_cell_of_the_table_is_never_run(months: World) -> None:
    class Formula(Texts):
        def say(self, key: str, locale: str, **params: object) -> str:
            return "=1+1"

    figures = Figures(SEPTEMBER, {What.ROUNDS: Span(1, 1)})
    words = Words(Formula({"en": {}}), "en")
    made = views.table(words, Overview(SEPTEMBER, (figures,))).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(made)) for cell in line]
    assert not [cell for cell in cells if cell.startswith("=")]
    assert "'=1+1" in cells


async def test_members_are_neither_offered_it_nor_given_the_table(months: World) -> None:
    with pytest.raises(SetupError, match="not visible"):
        await months.member.slash(months.channel, "insights")
    _, moderators = months.bot.runtime.actions._handlers[views.FILE]  # pyright: ignore[reportPrivateUsage]
    assert moderators


async def test_members_read_in_about_that_counts_are_kept_while_they_are(world: World) -> None:
    def told(shown: Any) -> bool:
        return "counts by month" in text_of(shown)

    assert not told(await world.member.slash(world.channel, "about"))
    await world.settings("insights.enabled", value=True)
    assert told(await world.member.slash(world.channel, "about"))
    await world.settings("insights.enabled", value=False)
    assert not told(await world.member.slash(world.channel, "about"))


async def test_the_file_of_a_server_does_not_tell_what_is_kept_back(months: World) -> None:
    kept = await months.bot.runtime.privacy.export_server(months.guild.id)
    assert not [table for table in kept if table.startswith("insights")]


async def test_an_erased_server_has_no_counts(months: World) -> None:
    await months.bot.runtime.privacy.erase_server(months.guild.id)
    async with months.bot.runtime.database.read() as read:
        assert await read.fetch("SELECT * FROM insights_counts") == []
        assert await read.fetch("SELECT * FROM insights_starts") == []


def half_a_year(largest: int) -> tuple[Figures, ...]:
    """Months of which no two that follow each other say the same."""
    wide = {what: Span(largest - 4, largest) for what in What}
    return tuple(
        Figures(date(2025, month, 1), {} if month % 2 else wide, None if month % 2 else speed)
        for month, speed in zip(range(7, 13), [*Speed, *Speed], strict=False)
    )


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_everything_that_can_be_told_fits_into_one_message(locale: str) -> None:
    words, months = Words(TEXTS, locale), half_a_year(99_999)
    panel = views.overview(words, Overview(months[0].month, months), "insights.png")
    assert panel.content_length() <= MAX_TEXT
    assert len(views.alt(words, half_a_year(999))) < views.MOST_ALT


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_what_is_long_in_a_language_still_stands_on_the_picture(locale: str) -> None:
    words = Words(TEXTS, locale)
    page = views.page(words, [Figures(NOVEMBER, {})])
    assert all(len(chart.title) <= 48 for chart in page.charts)
    assert len(page.title) <= 44
