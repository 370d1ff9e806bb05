"""The picture: drawn elsewhere, and legible on a phone."""

from __future__ import annotations

import struct
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text

from bot.apart import ApartFailed
from bot.counting import Figures, Span, Speed, What
from bot.texts import Texts, Words
from cogs.insights import views
from cogs.insights.drawing_service import drawing_apart
from cogs.insights.picture.drawing import BLUE, INK, PALE, figure_of, looks
from cogs.insights.picture.page import Bar, Chart, Page

TEXTS = Texts.load()

PAGE = Page("A title", ("Nov",), (Chart("A chart", (Bar("<5"),), ("1 h",)),), ("A note.",))


def test_a_page_is_the_same_after_it_was_sent() -> None:
    assert Page.from_json(PAGE.to_json()) == PAGE


async def test_a_picture_is_drawn_in_another_process_which_is_told_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    drawn = await drawing_apart(tmp_path / "fonts")(PAGE)
    assert drawn.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", drawn[16:24])
    assert width == 1080
    assert len(drawn) < 300_000
    assert (tmp_path / "fonts").is_dir()


async def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ApartFailed, match="longer than 0"):
        await drawing_apart(tmp_path, 0.01)(PAGE)


async def test_where_nothing_can_draw_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ApartFailed, match="ValueError"):
        await drawing_apart(tmp_path)(Page("", ("Nov", "Dec"), PAGE.charts, ()))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ApartFailed, match="could not be started"):
        await drawing_apart(tmp_path)(PAGE)


def widest(locale: str) -> Page:
    spans = {what: Span(995, 999) for what in What}
    months = [
        Figures(date(2026, month, 1), {} if month == 7 else spans, speed)
        for month, speed in zip(range(7, 13), [None, *Speed, None], strict=True)
    ]
    return views.page(Words(TEXTS, locale), months)


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_nothing_on_the_picture_is_cut_off_or_on_top_of_something_else(locale: str) -> None:
    with looks():
        figure = figure_of(widest(locale))
        figure.canvas.draw()
    whole = figure.bbox
    texts = [one for one in figure.findobj(Text) if one.get_text() and one.get_visible()]
    boxes: list[tuple[str, Any]] = [(one.get_text(), one.get_window_extent()) for one in texts]
    for said, box in boxes:
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, said
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, said
    for number, (said, box) in enumerate(boxes):
        for other, beside in boxes[number + 1 :]:
            assert not box.overlaps(beside), (said, other)


def test_letters_are_large_enough_on_a_phone() -> None:
    # 1,080 dots are shown on about 360: a third. Nine points there are what small print has.
    smallest = 9.5 / 72 * 200 / 3
    with looks():
        figure = figure_of(widest("en"))
    assert min(one.get_fontsize() / 72 * figure.dpi / 3 for one in figure.findobj(Text)) >= smallest


def _light(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_is_drawn_stands_out_by_its_light_alone() -> None:
    lights = sorted(map(_light, (INK, BLUE, PALE, "#ffffff")))
    assert (_light(PALE) + 0.05) / (_light(BLUE) + 0.05) > 4.5
    assert (1 + 0.05) / (_light(INK) + 0.05) > 7
    assert all(one < other for one, other in pairwise(lights))
