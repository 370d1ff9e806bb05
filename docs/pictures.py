"""Takes the pictures of the documentation from the running bot, so that they cannot go stale.

`python -m docs.pictures` opens the playground in a temporary folder, uses the bot in a headless
Chromium as a member would, and writes docs/pictures/*.png.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import (
    Browser,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser import company
from tests.browser.pairs import MODERATOR, PLACE, join, run_round, set_up
from tests.browser.using import conversation, go_to, inside, look_as, pick, press, says, use

PICTURES = Path(__file__).resolve().parent / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
DESKTOP = ViewportSize(width=1280, height=800)
TALL = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
COLOURS = 64
PATIENCE = 60_000
QUESTION = "what is peer sup"
UNKNOWN = {
    "Alex (18+)": "when does the choir sing",
    "Noor (18+)": "when does the choir sing next",
}
PEERS = {"Alex (18+)": "Talk", "Noor (18+)": "Listen"}


def main() -> None:
    expect.set_options(timeout=PATIENCE)
    PICTURES.mkdir(exist_ok=True)
    with browsing() as (browser, address):
        page = opened(browser, address, DESKTOP)
        go_to(page, "general")
        pick(page, "faq ask")
        field = inside(page).get_by_role("combobox", name="question")
        field.press_sequentially(QUESTION)
        suggestion = inside(page).get_by_role("option").filter(has_text="peer support").first
        expect(suggestion).to_be_visible()
        take(page, "suggestions")
        suggestion.click()
        expect(field).not_to_have_value(QUESTION)
        send(page)
        take(page, "playground")

        page.get_by_label("Viewing as").select_option(label=MODERATOR)
        go_to(page, "moderators-only")
        pick(page, "settings")
        send(page)
        take(page, "settings")
        page.context.close()

        phone = opened(browser, address, PHONE)
        phone.get_by_role("button", name="Time, people").click()
        phone.get_by_label("Viewing as").select_option(label="Alex (18+)")
        phone.get_by_role("button", name="Time, people").click()
        phone.get_by_role("button", name=re.compile("^Channels")).click()
        go_to(phone, "general")
        expect(inside(phone).get_by_text("Only you can see this")).to_be_visible()
        take(phone, "phone")
        phone.context.close()

        page = opened(browser, address, TALL)
        schedule_check_in(page)
        look_as(page, "Noor (18+)", "check-ins")
        answer(page, "Drizzle")
        conversation(page).get_by_role("button", name="Post it here").click()
        expect(conversation(page).get_by_text("Noor checks in.")).to_be_visible()
        look_as(page, "Alex (18+)", "check-ins")
        answer(page, "Tired")
        take(page, "checkin")

        introduce(page)
        take(page, "introduction")
    with browsing() as (browser, address):
        accompany(opened(browser, address, TALL))
    with browsing() as (browser, address):
        wonder(opened(browser, address, TALL))


@contextmanager
def browsing() -> Generator[tuple[Browser, str]]:
    """A playground of its own, and a browser to use it with."""
    with (
        tempfile.TemporaryDirectory() as state,
        playground(Path(state)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser, address
        browser.close()


def accompany(page: Page) -> None:
    """Let somebody ask for a person, a supporter come, and it be closed."""
    company.set_up(page)
    room = company.ask(page, partial(take, page))
    company.come(page, partial(take, page))
    company.close(page, room)
    go_to(page, room)
    take(page, "company-closed")


def wonder(page: Page) -> None:
    """Let two members ask what the FAQ does not know, and a moderator see both together."""
    for person, question in UNKNOWN.items():
        look_as(page, person, "general")
        pick(page, "faq ask")
        inside(page).get_by_role("combobox", name="question").press_sequentially(question)
        inside(page).get_by_role("option").filter(has_text=question).first.click()
        send(page)
        press(page, "Ask the moderators")
        expect(says(page, "Nothing has gone yet.")).to_be_visible()
        take(page, "question-sending")
        press(page, "Send it")
        expect(says(page, "It is with the moderators.")).to_be_visible()
    look_as(page, MODERATOR, "moderators-only")
    use(page, "manage faq questions", "Questions from members")
    take(page, "questions")


def schedule_check_in(page: Page) -> None:
    """Have one about today come in its channel, on Monday at half past nine."""
    page.get_by_role("button", name="Next Monday 9:01").click()
    expect(page.locator("#now")).to_contain_text("09:01")
    look_as(page, MODERATOR, "check-ins")
    pick(page, "manage checkins add")
    for option, words, suggestion in (
        ("channel", "check", "check-ins"),
        ("at", "9:30", None),
        ("zone", "berlin", "Berlin"),
    ):
        inside(page).get_by_label(f"{option}, required").press_sequentially(words)
        if suggestion:
            inside(page).get_by_role("option").filter(has_text=suggestion).first.click()
            expect(inside(page).get_by_role("option")).to_have_count(0)
    send(page)
    conversation(page).get_by_role("button", name="Edit", exact=True).click()
    form = inside(page).get_by_role("dialog")
    form.get_by_role("combobox", name="About").click()
    inside(page).get_by_role("option", name="How is today").click()
    inside(page).get_by_role("button", name="Apply").click()
    form.get_by_role("button", name="Submit").click()
    expect(conversation(page).get_by_text("About: How is today")).to_be_visible()
    page.get_by_role("button", name="+1 hour").click()
    expect(conversation(page).get_by_role("button", name="Check in", exact=True)).to_be_visible()


def introduce(page: Page) -> None:
    """Let two members ask for a peer, and a moderator run a round; one of them looks into it."""
    set_up(page)
    for person, role in PEERS.items():
        look_as(page, person, PLACE)
        join(page, "Music", role)
    [room] = run_round(page, list(PEERS))
    look_as(page, "Alex (18+)", PLACE)
    go_to(page, room)
    expect(conversation(page).get_by_role("button", name="Leave", exact=True)).to_be_enabled()


def answer(page: Page, word: str) -> None:
    conversation(page).get_by_role("button", name="Check in", exact=True).click()
    conversation(page).get_by_role("combobox", name="A word or a weather").click()
    inside(page).get_by_role("option", name=word).click()
    expect(conversation(page).get_by_text(f"Today: {word}")).to_be_visible()


@contextmanager
def playground(state: Path) -> Generator[str]:
    hidden = {"DISCORD_TOKEN", "DISCORD_TOKEN_FILE", "DATABASE_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "play", "--fresh"],
        cwd=PICTURES.parents[1],
        env={**environment, "STATE_DIR": str(state), "LOG_LEVEL": "error"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101
    try:
        address = re.search(r"http://\S+", process.stdout.readline())
        if address is None:
            raise SystemExit("The playground did not start.")
        yield address.group()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        process.stdout.close()


def opened(browser: Browser, address: str, size: ViewportSize) -> Page:
    page = browser.new_page(viewport=size, timezone_id="Europe/Berlin")
    page.goto(address)
    expect(inside(page).get_by_role("heading", level=1).first).to_be_visible()
    return page


def send(page: Page) -> None:
    inside(page).get_by_role("button", name="Send").click()
    expect(inside(page).get_by_text("Only you can see this").last).to_be_visible()


def take(page: Page, name: str) -> None:
    # What was said last in our bar is of the moment; fonts and fades must have come to rest.
    for frame in page.frames:
        frame.evaluate("document.fonts.ready.then(() => null)")
    page.mouse.move(5, 5)
    expect(page.locator("#said")).to_be_empty()
    # While the page fetches what is new, it shows every button as one that cannot be pressed.
    expect(conversation(page).locator("button[aria-disabled='true']")).to_have_count(0)
    path = PICTURES / f"{name}.png"
    picture = Image.open(BytesIO(page.screenshot(animations="disabled")))
    # A page of few colours loses nothing that an eye can see, and the repository stays small.
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
