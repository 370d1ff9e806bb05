"""What a new moderator does in the playground with /setup: steps of a test, and of pictures."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.pairs import MODERATOR
from tests.browser.using import choose, conversation, inside, look_as, press, says, take, use

WHERE = "moderators-only"
QUESTION = "When does the reading group meet?"
ANSWER = "Every Tuesday at seven in the evening, in the channel for books. Everybody is welcome."
WAYS = "reading group when\nbook club time\nwhen do we read together"

Seen = Callable[[str], None]


def begin(page: Page, seen: Seen) -> None:
    """Open it, and read what the bot is."""
    look_as(page, MODERATOR, WHERE)
    use(page, "setup", "What it is")
    seen("setup-1-welcome")
    press(page, "Begin")
    expect(heading(page, "Language and time")).to_be_visible()


def heading(page: Page, name: str) -> Locator:
    return conversation(page).get_by_role("heading", name=name).last


def go_on(page: Page, title: str) -> None:
    press(page, "Go on")
    expect(heading(page, title)).to_be_visible()


def change(page: Page, number: int) -> Locator:
    """Open the form of a setting of this page, by its place among those that are not switches."""
    conversation(page).get_by_role("button", name="Change", exact=True).nth(number).click()
    form = inside(page).get_by_role("dialog")
    expect(form).to_be_visible()
    return form


def submit(page: Page, form: Locator, saved: str) -> None:
    form.get_by_role("button", name="Submit").click()
    expect(form).to_have_count(0)
    expect(says(page, saved)).to_be_visible()


def pick_one(page: Page, number: int, option: str, saved: str, *, several: bool = False) -> None:
    """Choose a role or a channel for a setting."""
    form = change(page, number)
    choose(page, form.get_by_role("combobox"), option, several=several)
    submit(page, form, saved)


def decide(page: Page, seen: Seen) -> None:
    """Walk through the pages, and decide what there is to decide."""
    form = change(page, 1)
    form.get_by_role("textbox").fill("berlin")
    submit(page, form, "Time zone is now: Berlin")
    seen("setup-2-server")
    go_on(page, "People")
    pick_one(page, 0, "Moderator", "Moderator roles is now", several=True)
    pick_one(page, 1, "Supporter", "Roles for supporters is now", several=True)
    pick_one(page, 2, WHERE, "Channel for notices is now")
    seen("setup-3-people")
    go_on(page, "FAQ")
    seen("setup-4-faq")
    go_on(page, "Check-ins")
    seen("setup-5-checkins")
    go_on(page, "Who may meet")
    form = change(page, 0)
    choose(page, form.get_by_role("combobox"), "18+", several=True)
    form.get_by_role("button", name="Submit").click()
    expect(says(page, "Is that right?")).to_be_visible()
    seen("setup-6-asked")
    press(page, "Yes, change it")
    expect(says(page, "Roles for adults is now")).to_be_visible()
    seen("setup-6-meeting")
    go_on(page, "Pairing")
    press(page, "Switch on")
    expect(says(page, "Pairing is now: on")).to_be_visible()
    seen("setup-7-pairing")
    go_on(page, "Company")
    pick_one(page, 0, "supporters", "Channel for calls is now")
    pick_one(page, 1, "general", "Channel for rooms is now")
    form = change(page, 2)
    seen("setup-8-hours")
    for day in ("Monday", "Tuesday"):
        form.get_by_role("checkbox", name=day).check()
    form.get_by_role("textbox", name="From and to").fill("18:00-22:00")
    submit(page, form, "Mon-Tue 18:00-22:00; Europe/Berlin")
    press(page, "Switch on")
    expect(says(page, "Asking for a person is now: on")).to_be_visible()
    seen("setup-8-company")
    go_on(page, "Helplines")
    form = change(page, 0)
    form.get_by_role("textbox").fill("Germany")
    submit(page, form, "Country listed first is now: Germany")
    seen("setup-9-helplines")
    go_on(page, "How it stands")
    seen("setup-10-ready")


def first_check_in(page: Page, seen: Seen) -> None:
    """Two taps: the channel, and how often."""
    press(page, "First check-in")
    expect(heading(page, "The first check-in")).to_be_visible()
    seen("setup-11-checkin-where")
    take(page, conversation(page).get_by_role("combobox").last, "check-ins")
    expect(says(page, "What it could say")).to_be_visible()
    seen("setup-11-checkin-how-often")
    press(page, "Every day")
    expect(heading(page, "It is planned")).to_be_visible()
    seen("setup-11-checkin-made")
    back(page)


def first_answer(page: Page, seen: Seen) -> None:
    """The form, a look at it, and it is there."""
    press(page, "First own answer")
    form = inside(page).get_by_role("dialog")
    for number, typed in enumerate((QUESTION, ANSWER, WAYS)):
        form.get_by_role("textbox").nth(number).fill(typed)
    form.get_by_role("combobox").click()
    inside(page).get_by_role("option", name="Groups", exact=True).click()
    seen("setup-12-faq-form")
    form.get_by_role("button", name="Submit").click()
    expect(form).to_have_count(0)
    expect(says(page, ANSWER)).to_be_visible()
    seen("setup-12-faq-preview")
    press(page, "Save")
    expect(conversation(page).get_by_role("button", name="Back to setup")).to_be_visible()
    seen("setup-12-faq-saved")
    back(page)


def first_round(page: Page, seen: Seen) -> None:
    """Two taps: the channel, and how often."""
    press(page, "First pairing round")
    expect(heading(page, "The first pairing round")).to_be_visible()
    take(page, conversation(page).get_by_role("combobox").last, "meet-a-peer")
    expect(says(page, "How often?")).to_be_visible()
    seen("setup-13-round-how-often")
    press(page, "Every 2 weeks")
    expect(heading(page, "Rounds are planned")).to_be_visible()
    seen("setup-13-round-made")
    back(page)


def back(page: Page) -> None:
    press(page, "Back to setup")
    expect(heading(page, "How it stands")).to_be_visible()
