from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE, Playground
from tests.browser.using import conversation, go_to, inside, pick, send

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

ASKER = "Alex (18+)"
SUPPORTER = "Sam (Supporter, 18+)"
MODERATOR = "Robin (Moderator, 18+)"
LINE = "It has been a long evening."


def look_as(page: Page, person: str, place: str) -> None:
    page.get_by_label("Viewing as").select_option(label=person)
    # What stands beside the conversation is theirs by then.
    expect(page.locator(f"iframe[title$='as {person.split(' ')[0]} sees it']")).to_be_visible()
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
    conversation(page).get_by_role("combobox").last.click()
    inside(page).get_by_role("option", name=name, exact=True).click()
    expect(says(page, words)).to_be_visible()


def choose(page: Page, number: int, option: str, shown: str) -> None:
    """Choose a role or a channel in the form of one setting."""
    conversation(page).get_by_role("button", name="Change", exact=True).nth(number).click()
    form = inside(page).get_by_role("dialog")
    form.get_by_role("combobox").click()
    inside(page).get_by_role("option", name=option).first.click()
    if number == 0:
        # Several roles can be chosen, and one channel.
        inside(page).get_by_role("button", name="Apply").click()
    form.get_by_role("button", name="Submit").click()
    expect(form).to_have_count(0)
    if option == "18+":
        press(page, "Yes, change it")
    expect(says(page, shown)).to_be_visible()


def set_up(page: Page) -> None:
    """A moderator says who is of age, who supports, and where."""
    look_as(page, MODERATOR, "general")
    use(page, "settings", "Settings")
    section(page, "Who may meet", "Everybody is an adult")
    choose(page, 0, "18+", "Saved")
    section(page, "Company", "Asking for a person")
    for number, option in enumerate(("Supporter", "supporters", "general")):
        choose(page, number, option, "Saved")
    press(page, "Switch on")
    expect(conversation(page).get_by_role("button", name="Switch off")).to_be_visible()


def room(page: Page) -> str:
    """The private thread that the person who looks can see, by name."""
    found = page.get_by_role("navigation").get_by_role("button", name=re.compile("Room · "))
    expect(found).to_have_count(1)
    name = re.search(r"Room · \w+", found.inner_text())
    assert name is not None
    return name.group()


def test_a_request_goes_from_asker_to_supporter_to_closed(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    set_up(page)
    look_as(page, SUPPORTER, "supporters")
    use(page, "company duty on", "You are on duty until")

    look_as(page, ASKER, "general")
    use(page, "company ask", "Who can look in")
    press(page, "Go on")
    form = inside(page).get_by_role("dialog")
    form.get_by_role("radio", name="Something else to think about").check()
    form.get_by_role("textbox").fill(LINE)
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Submit").click()
    expect(says(page, "Your thread opens now")).to_be_visible()
    name = room(page)
    go_to(page, name)
    expect(says(page, "I have called supporters who are on duty")).to_be_visible()
    expect(says(page, LINE)).to_be_visible()

    look_as(page, SUPPORTER, "supporters")
    expect(says(page, "Somebody would like company")).to_be_visible()
    expect(conversation(page)).not_to_contain_text("Alex")
    expect(conversation(page)).not_to_contain_text(LINE)
    press(page, "I can be there")
    expect(says(page, "Thank you for being there")).to_be_visible()
    expect(says(page, "Somebody is there")).to_be_visible()
    go_to(page, room(page))
    expect(says(page, LINE)).to_be_visible()
    expect(says(page, "thank you for coming")).to_be_visible()

    look_as(page, ASKER, name)
    press(page, "Close")
    expect(says(page, "has come to its end")).to_be_visible()
    expect(conversation(page).get_by_text(LINE)).to_have_count(0)
    look_as(page, SUPPORTER, "supporters")
    expect(conversation(page).get_by_text("Somebody is there")).to_have_count(0)
    expect(page.locator("#errors")).to_be_hidden()
