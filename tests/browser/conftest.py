"""A browser, and a playground started as a person starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # simcord brings 30 MB along, read anew with every view; the machine's own say the same.
    "--disable-remote-fonts",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
ROOT = Path(__file__).parents[2]


class Playground:
    """`alongside play`, in a process of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> str:
        """Start it; the address it printed."""
        hidden = {"DISCORD_TOKEN", "DISCORD_TOKEN_FILE", "DATABASE_URL"}
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        with (self.state / "log").open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "bot", "play", *arguments],
                cwd=ROOT,
                env={
                    **environment,
                    "STATE_DIR": str(self.state),
                    "LOG_FORMAT": "text",
                    "FAQ_SEARCH": "lexical",
                },
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address is not None, (self.state / "log").read_text()
        return address.group()

    def stop(self) -> int:
        """Stop it as Ctrl-C does, within ten seconds; its exit status."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(timeout=10)
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    # Playwright holds the event loop of its thread: no test of another file may come between,
    # so the browser lives as long as one file, and a file stays in one process (Makefile).
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    playground = Playground(tmp_path)
    yield playground
    if playground.process is not None:
        playground.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults
