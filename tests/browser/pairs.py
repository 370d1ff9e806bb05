"""What people do in the playground to meet a peer: steps of a test, and of the pictures."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.using import (
    answers,
    choose,
    clock,
    conversation,
    inside,
    look_as,
    pick,
    press,
    says,
    section,
    send,
    use,
)

MODERATOR = "Robin (Moderator, 18+)"
PLACE = "meet-a-peer"


def fill(page: Page, option: str, words: str, suggestion: str) -> None:
    inside(page).get_by_label(f"{option}, required").press_sequentially(words)
    inside(page).get_by_role("option").filter(has_text=suggestion).first.click()
    expect(inside(page).get_by_role("option")).to_have_count(0)


def join(page: Page, topic: str, role: str) -> None:
    """Walk through /pair join as a person does: the words, the form, and the yes."""
    pick(page, "pair join")
    fill(page, "zone", "berlin", "Berlin")
    send(page)
    expect(says(page, "Who can look in")).to_be_visible()
    press(page, "Go on")
    form = inside(page).get_by_role("dialog")
    form.get_by_role("combobox", name="Topics you like").click()
    inside(page).get_by_role("option", name=topic, exact=True).click()
    inside(page).get_by_role("button", name="Apply").click()
    form.get_by_role("radio", name=role, exact=True).check()
    form.get_by_role("button", name="Submit").click()
    expect(says(page, "Until then nothing is kept")).to_be_visible()
    press(page, "Yes, I agree")
    expect(says(page, "You take part now")).to_be_visible()


def threads(page: Page) -> list[str]:
    """The threads that the person who looks can see, by name."""
    found = page.get_by_role("navigation").get_by_role("button", name=re.compile("Hello · "))
    names = [re.search(r"Hello · \w+", text) for text in found.all_inner_texts()]
    return [name.group() for name in names if name]


def say_who_is_of_age(page: Page) -> None:
    """In the settings, choose the role of those who are of age, and agree to what follows."""
    section(page, "Who may meet", "Everybody is an adult")
    conversation(page).get_by_role("button", name="Change", exact=True).first.click()
    form = inside(page).get_by_role("dialog")
    choose(page, form.get_by_role("combobox"), "18+", several=True)
    form.get_by_role("button", name="Submit").click()
    expect(form).to_have_count(0)
    press(page, "Yes, change it")
    expect(says(page, "Saved")).to_be_visible()


def set_up(page: Page) -> None:
    """A moderator decides who may meet, switches pairing on, and makes a plan."""
    look_as(page, MODERATOR, PLACE)
    use(page, "manage pairing status", "Not ready yet")
    use(page, "settings", "Settings")
    say_who_is_of_age(page)
    section(page, "Pairing", "Settings: Pairing")
    press(page, "Switch on")
    expect(conversation(page).get_by_role("button", name="Switch off")).to_be_visible()
    pick(page, "manage pairing plan")
    fill(page, "channel", "meet", "meet-a-peer")
    fill(page, "day", "fri", "Friday")
    inside(page).get_by_label("at, required").press_sequentially("18")
    fill(page, "zone", "berlin", "Berlin")
    send(page)
    expect(says(page, "every 2 weeks, on Friday")).to_be_visible()


def run_round(page: Page, people: list[str]) -> dict[str, list[str]]:
    """Run a round in which everybody is in; the new threads, and who is in each."""
    before = set(seen_by(page, MODERATOR))
    look_as(page, MODERATOR, PLACE)
    use(page, "manage pairing run", "In one hour I draw")
    press(page, "Run a round")
    expect(says(page, "I am asking now")).to_be_visible()
    for person in people:
        look_as(page, person, PLACE)
        count = answers(page).count()
        press(page, "I'm in")
        expect(answers(page)).to_have_count(count + 1)
        expect(says(page, "You are in.")).to_be_visible()
    for _ in range(2):
        # One thread after the other: in the second hour all of them are there.
        later = clock(page)
        page.get_by_role("button", name="+1 hour").click()
        expect(page.locator("#now")).not_to_have_attribute("datetime", later)
    rooms: dict[str, list[str]] = {}
    for person in people:
        for name in seen_by(page, person) if person != MODERATOR else []:
            if name not in before:
                rooms.setdefault(name, []).append(person)
    # Who may manage threads sees them all, and is in the one where only one other is.
    for room in rooms.values():
        if len(room) == 1:
            room.append(MODERATOR)
    return rooms


def seen_by(page: Page, person: str) -> list[str]:
    look_as(page, person, PLACE)
    return threads(page)
