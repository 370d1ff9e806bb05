"""Work in processes of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import apart
from bot.apart import Apart, ApartFailed

ONE = """
import os, sys, time
os.mkdir("busy")
given = sys.stdin.read()
time.sleep(0.2)
os.rmdir("busy")
print(sorted(os.environ.keys() - {"LC_CTYPE"}), given)
"""
"""Fails where another one is under way."""


Ours = Callable[[str], Apart]


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ours:
    """Gives what runs a module of these words."""
    monkeypatch.setattr(apart, "_ROOT", tmp_path)

    def make(words: str) -> Apart:
        (tmp_path / "ours.py").write_text(words, encoding="utf-8")
        return Apart("ours", seconds=60, environment={"PLACE": str(tmp_path)})

    return make


async def test_one_runs_at_a_time_and_is_given_nothing_but_its_input(
    ours: Ours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    made = ours(ONE)
    assert await asyncio.gather(*(made.run(b"x") for _ in range(4))) == [b"['PLACE'] x\n"] * 4


async def test_what_goes_wrong_is_said_in_one_line(ours: Ours) -> None:
    with pytest.raises(ApartFailed, match=r"^ValueError: no ink$"):
        await ours("raise ValueError('no ink')").run(b"")
    with pytest.raises(ApartFailed, match="status 3"):
        await ours("raise SystemExit(3)").run(b"")
