"""Draws in processes of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cogs.pairing import process_service
from cogs.pairing.matching.rounds import Drawn, Round
from cogs.pairing.process_service import draw_apart

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOBODY = Round((), frozenset(), (), seed=1)
ALONE = """
import os, sys, time
os.mkdir({place!r})
sys.stdin.read()
time.sleep(0.2)
os.rmdir({place!r})
print('{{"groups": [], "waiting": []}}')
"""
"""A draw that fails where another one is under way."""


async def test_one_draw_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = ALONE.format(place=str(tmp_path / "drawing"))
    monkeypatch.setattr(process_service, "_COMMAND", ("-c", script))
    drawn = await asyncio.gather(*(draw_apart(NOBODY) for _ in range(4)))
    assert drawn == [Drawn((), ())] * 4
