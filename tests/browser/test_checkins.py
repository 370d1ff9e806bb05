from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE, Playground
from tests.browser.using import (
    answers,
    clock,
    conversation,
    go_to,
    inside,
    pick,
    send,
)

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


def look_as(page: Page, person: str) -> None:
    page.get_by_label("Viewing as").select_option(label=person)
    go_to(page, "check-ins")


def fill(page: Page, option: str, words: str, suggestion: str) -> None:
    """Type into an option that is asked for, and choose a suggestion."""
    inside(page).get_by_label(f"{option}, required").press_sequentially(words)
    inside(page).get_by_role("option").filter(has_text=suggestion).first.click()
    expect(inside(page).get_by_role("option")).to_have_count(0)


def press(page: Page, name: str) -> None:
    conversation(page).get_by_role("button", name=name, exact=True).last.click()


def press_check_in(page: Page) -> None:
    """Press the button of the prompt, and see the private answer to it."""
    before = answers(page).count()
    prompts(page).click()
    expect(answers(page)).to_have_count(before + 1)


def prompts(page: Page) -> Locator:
    return conversation(page).get_by_role("button", name="Check in", exact=True)


def choose(page: Page, word: str) -> None:
    conversation(page).get_by_role("combobox", name="A word or a weather").last.click()
    inside(page).get_by_role("option", name=word).click()
    expect(conversation(page).get_by_text(f"Today: {word}")).to_be_visible()


def test_a_scheduled_check_in_comes_and_two_members_answer_it_also_after_a_restart(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    # From nine on a Monday, a day holds exactly one ten o'clock, whenever this runs.
    page.get_by_role("button", name="Next Monday 9:01").click()
    expect(page.locator("#now")).to_contain_text("09:01", timeout=4 * PATIENCE)
    monday = clock(page)

    look_as(page, "Robin (Moderator, 18+)")
    pick(page, "manage checkins add")
    fill(page, "channel", "check", "check-ins")
    inside(page).get_by_label("at, required").press_sequentially("10")
    fill(page, "zone", "berlin", "Berlin")
    send(page)
    expect(answers(page)).to_have_count(1)
    expect(conversation(page).get_by_text("every day, 10:00")).to_be_visible()
    expect(prompts(page)).to_have_count(0)

    page.get_by_role("button", name="+1 day").click()
    expect(page.get_by_role("status").filter(has_text="It is now")).to_be_visible()
    assert clock(page)[:10] > monday[:10]
    expect(prompts(page)).to_have_count(1)

    look_as(page, "Alex (18+)")
    press_check_in(page)
    choose(page, "Tired")
    press(page, "Keep it to myself")
    expect(
        conversation(page).get_by_text("Nothing was stored, and nothing was sent")
    ).to_be_visible()

    look_as(page, "Noor (18+)")
    expect(answers(page)).to_have_count(0)
    press_check_in(page)
    choose(page, "Drizzle")
    press(page, "Post it here")
    expect(conversation(page).get_by_role("button", name="Take back")).to_be_visible()
    expect(conversation(page).get_by_text("Noor checks in.")).to_be_visible()

    page.get_by_role("button", name="Restart the bot").click()
    expect(page.get_by_text("The bot was restarted.")).to_be_visible()
    look_as(page, "Alex (18+)")
    expect(conversation(page).get_by_text("Noor checks in.")).to_be_visible()
    expect(conversation(page)).not_to_contain_text("Tired")
    expect(prompts(page)).to_have_count(1)
    press_check_in(page)
    choose(page, "Calm")
    press(page, "Post it here")
    expect(conversation(page).get_by_text("Alex checks in.")).to_be_visible()
    press(page, "Take back")
    expect(conversation(page).get_by_text("It is no longer there.")).to_be_visible()
    expect(conversation(page).get_by_text("Alex checks in.")).to_have_count(0)
    expect(page.locator("#errors")).to_be_hidden()
