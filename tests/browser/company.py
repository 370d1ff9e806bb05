"""What people do in the playground when one asks for a person: steps of a test, and of pictures."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.pairs import MODERATOR, say_who_is_of_age
from tests.browser.using import (
    choose,
    conversation,
    go_to,
    inside,
    look_as,
    press,
    says,
    section,
    use,
)

ASKER = "Alex (18+)"
SUPPORTER = "Sam (Supporter, 18+)"
SETTINGS = {
    "Roles for supporters": "Supporter",
    "Channel for calls": "supporters",
    "Channel for rooms": "general",
}
LINE = "It has been a long evening."


def set_up(page: Page) -> None:
    """A moderator says who is of age, who supports, and where."""
    look_as(page, MODERATOR, "general")
    use(page, "settings", "Settings")
    say_who_is_of_age(page)
    section(page, "Company", "Asking for a person")
    form = inside(page).get_by_role("dialog")
    for number, (name, option) in enumerate(SETTINGS.items()):
        conversation(page).get_by_role("button", name="Change", exact=True).nth(number).click()
        choose(page, form.get_by_role("combobox"), option, several=option == "Supporter")
        form.get_by_role("button", name="Submit").click()
        expect(form).to_have_count(0)
        expect(says(page, f"Saved. {name} is now")).to_be_visible()
    press(page, "Switch on")
    expect(conversation(page).get_by_role("button", name="Switch off")).to_be_visible()


def room(page: Page) -> str:
    """The private thread that the person who looks can see, by name."""
    found = page.get_by_role("navigation").get_by_role("button", name=re.compile("Room · "))
    expect(found).to_have_count(1)
    name = re.search(r"Room · \w+", found.inner_text())
    assert name is not None
    return name.group()


def ask(page: Page, seen: Callable[[str], None]) -> str:
    """A supporter is on duty, and somebody asks; gives the name of their room."""
    look_as(page, SUPPORTER, "supporters")
    use(page, "company duty on", "You are on duty until")
    look_as(page, ASKER, "general")
    use(page, "company ask", "Who can look in")
    seen("company-asking")
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
    seen("company-waiting")
    return name


def come(page: Page, seen: Callable[[str], None]) -> None:
    """The supporter reads the call, which says neither who asks nor what they wrote, and comes."""
    look_as(page, SUPPORTER, "supporters")
    expect(says(page, "Somebody would like company")).to_be_visible()
    expect(conversation(page)).not_to_contain_text("Alex")
    expect(conversation(page)).not_to_contain_text(LINE)
    seen("company-call")
    press(page, "I can be there")
    expect(says(page, "Thank you for being there")).to_be_visible()
    expect(says(page, "Somebody is there")).to_be_visible()
    go_to(page, room(page))
    expect(says(page, LINE)).to_be_visible()
    expect(says(page, "thank you for coming")).to_be_visible()
    seen("company-accepted")


def close(page: Page, name: str) -> None:
    """Whoever asked ends it, and the line is gone."""
    look_as(page, ASKER, name)
    press(page, "Close")
    expect(says(page, "has come to its end")).to_be_visible()
    expect(conversation(page).get_by_text(LINE)).to_have_count(0)
