"""A new moderator sets the bot up without reading anything, and members use what came of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import setting_up
from tests.browser.conftest import PATIENCE, Playground
from tests.browser.pairs import PLACE, join, run_round
from tests.browser.using import (
    conversation,
    go_to,
    look_as,
    pick,
    press,
    says,
    send,
    type_option,
    use,
)

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


def unseen(_name: str) -> None:
    """Takes no picture."""


def test_a_new_moderator_comes_from_setup_to_a_first_check_in_answer_and_round(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    page.get_by_role("button", name="Next Monday 9:01").click()
    expect(page.locator("#now")).to_contain_text("09:01", timeout=4 * PATIENCE)

    setting_up.begin(page, unseen)
    setting_up.decide(page, unseen)
    page.get_by_role("button", name="Restart the bot").click()
    expect(page.get_by_text("The bot was restarted.")).to_be_visible()
    use(page, "setup", "Step 9 of 9")
    setting_up.first_check_in(page, unseen)
    setting_up.first_answer(page, unseen)
    setting_up.first_round(page, unseen)
    expect(says(page, "Pairing: on")).to_be_visible()
    expect(conversation(page)).to_contain_text("check-in in #check-ins")

    page.get_by_role("button", name="+1 hour").click()
    look_as(page, "Alex (18+)", "check-ins")
    press(page, "Check in")
    expect(says(page, "Only you can see this")).to_be_visible()

    look_as(page, "Noor (18+)", "general")
    pick(page, "faq ask")
    type_option(page, "question", "reading gr", re.compile("When does the reading"))
    send(page)
    expect(says(page, setting_up.ANSWER)).to_be_visible()

    for person, role in (("Alex (18+)", "Talk"), ("Noor (18+)", "Listen")):
        look_as(page, person, PLACE)
        join(page, "Music", role)
    [(room, people)] = run_round(page, ["Alex (18+)", "Noor (18+)"]).items()
    assert len(people) == 2
    look_as(page, "Alex (18+)", PLACE)
    go_to(page, room)
    expect(says(page, "You meet as equals")).to_be_visible()
    expect(page.locator("#errors")).to_be_hidden()
