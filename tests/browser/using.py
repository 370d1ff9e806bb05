"""What a person does on the playground's page."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotSeen

ANSWER = "Only you can see this"

TRIES, LOADING = 4, 15_000
"""How often a command is typed, and how many milliseconds its suggestion may take each time."""


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def conversation(page: Page) -> Locator:
    return inside(page).get_by_role("region", name="Conversation")


def go_to(page: Page, place: str) -> None:
    page.get_by_role("navigation").get_by_role("button", name=place).click()
    expect(inside(page).get_by_role("heading", name=place, level=1)).to_be_visible()


def look_as(page: Page, person: str, place: str) -> None:
    page.get_by_label("Viewing as").select_option(label=person)
    # What stands beside the conversation is theirs by then.
    view = page.locator(f"iframe[title$='as {person.split(' ')[0]} sees it']")
    expect(view).to_be_visible()
    if (view.get_attribute("title") or "").startswith(f"{place}, "):
        # Whoever looks, the place stays; going there would open it a second time.
        expect(inside(page).get_by_role("heading", name=place, level=1)).to_be_visible()
    else:
        go_to(page, place)


def says(page: Page, words: str) -> Locator:
    return conversation(page).get_by_text(words).last


def press(page: Page, name: str) -> None:
    conversation(page).get_by_role("button", name=name, exact=True).last.click()


def use(page: Page, command: str, words: str) -> None:
    """Use a command without options, and see its answer."""
    pick(page, command)
    send(page)
    expect(says(page, words)).to_be_visible()


def section(page: Page, name: str, words: str) -> None:
    """Open another section of the settings, and see it."""
    conversation(page).get_by_role("combobox").last.click()
    inside(page).get_by_role("option", name=name, exact=True).click()
    expect(says(page, words)).to_be_visible()


def take(page: Page, field: Locator, option: str) -> None:
    """Take a role or a channel from a menu; on a message, which may be another one by then."""
    field.click()
    # While the page looks for what can be chosen, it shows a choice and does not take it.
    expect(inside(page).get_by_role("listbox")).to_have_attribute("aria-busy", "false")
    inside(page).get_by_role("option", name=option).first.click()


def choose(page: Page, field: Locator, option: str, *, several: bool = False) -> None:
    """Choose a role or a channel in a form; of several, by saying that this is all."""
    take(page, field, option)
    if several:
        inside(page).get_by_role("button", name="Apply").click()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_contain_text(option)


def pick(page: Page, command: str) -> None:
    """Type a slash and the beginning of a command, and choose it from the list."""
    composer = inside(page).get_by_role("textbox", name="Message")
    option = inside(page).get_by_role("option", name=f"/{command}").first
    for _ in range(TRIES):
        composer.click()
        composer.fill("")
        composer.press_sequentially(f"/{command}")
        try:
            option.wait_for(timeout=LOADING)
        except NotSeen:
            # The commands were being loaded anew, as after a restart: a person types it again.
            continue
        break
    option.click()
    expect(inside(page).get_by_label(f"Command /{command}", exact=True)).to_be_visible()


def type_option(page: Page, option: str, words: str, suggestion: re.Pattern[str]) -> str:
    """Type into an option, choose a suggestion; what was chosen."""
    field = inside(page).get_by_role("combobox", name=option)
    if not field.is_visible():
        inside(page).get_by_role("option", name=option).click()
    field.press_sequentially(words)
    chosen = inside(page).get_by_role("option").filter(has_text=suggestion).first
    text = chosen.inner_text()
    chosen.click()
    expect(field).not_to_have_value(words)
    return text


def send(page: Page) -> None:
    inside(page).get_by_role("button", name="Send").click()


def answers(page: Page) -> Locator:
    return inside(page).get_by_text(ANSWER)


def run(page: Page, command: str) -> None:
    before = answers(page).count()
    pick(page, command)
    send(page)
    expect(answers(page)).to_have_count(before + 1)


def clock(page: Page) -> str:
    return page.locator("#now").get_attribute("datetime") or ""
