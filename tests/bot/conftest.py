"""The log of a test, to read."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import structlog

from bot import logs
from bot.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator


class LogTo:
    """Turns the log on as the command line does, and into a stream of the test's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(
        self,
        form: Literal["auto", "text", "json"] = "json",
        stream: io.StringIO | None = None,
        level: Literal["debug", "info", "warning", "error"] = "info",
    ) -> io.StringIO:
        """Give the stream that the log is written to from now on."""
        out = stream or io.StringIO()
        self._monkeypatch.setattr(sys, "stderr", out)
        logs.configure(Config(Path("unused"), log_format=form, log_level=level))
        return out


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogTo]:
    """Everything is put back at the end."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield LogTo(monkeypatch)
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
